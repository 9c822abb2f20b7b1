//! Whose turn it is to send a part of an upload, where only so many requests may be under way at once.
//!
//! A request waits here and not in its client, so that its deadline is looked at after the wait: what would be
//! sent too late is not sent.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::environment::Deadline;
use crate::store::{StoreError, StoreErrorKind};

/// The turns of all uploads of a store; clones share them.
#[derive(Clone, Default)]
pub(super) struct Turns(Option<Arc<Semaphore>>);

/// The turn of one request, as long as it is under way.
pub(super) struct Turn {
    _one: Option<OwnedSemaphorePermit>,
}

impl Turns {
    /// So many at once, and one at least.
    pub(super) fn at_once(most: usize) -> Self {
        Self(Some(Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS)))))
    }

    /// Waits for a turn to send something that has no deadline.
    pub(super) async fn next(&self) -> Turn {
        let one = match &self.0 {
            // It is never closed; if it were, nothing would be limited.
            Some(turns) => Arc::clone(turns).acquire_owned().await.ok(),
            None => None,
        };
        Turn { _one: one }
    }

    /// Waits for a turn to send a part of a put.
    ///
    /// # Errors
    /// [`StoreErrorKind::DeadlinePassed`], if it came too late.
    pub(super) async fn next_before(&self, deadline: &Deadline) -> Result<Turn, StoreError> {
        let turn = self.next().await;
        if deadline.has_passed() {
            let detail = "the right to publish the blob has ended";
            return Err(StoreError::new(StoreErrorKind::DeadlinePassed, "put", detail));
        }
        Ok(turn)
    }
}
