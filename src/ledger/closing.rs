//! Ending the ledgers: what is under way is waited for, and what has grown long is left short.

use std::time::Duration;

use super::cache::Ledger;
use crate::error::{Error, ErrorKind, Result};

impl Ledger {
    /// Refuses what comes from now on and waits until all that was taken is answered.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] if that takes longer than `deadline`; what is under way goes on.
    pub(crate) async fn close(&self, deadline: Duration) -> Result<()> {
        self.shared().refuse_more();
        let idle = self.shared().idle();
        tokio::time::timeout(deadline, idle).await.map_err(|_| Error::new(ErrorKind::Busy, "close"))
    }

    /// Folds the ledgers to which this process has committed so much that it pays for whoever opens them: one after
    /// the other, so that it takes no more memory than folding one. What is under way when this is dropped goes on.
    pub(crate) async fn leave_short(&self) {
        for cell in self.shared().all_cells() {
            cell.leave_short();
            self.shared().idle().await;
        }
    }
}
