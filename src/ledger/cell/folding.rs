//! Folds: new snapshots, written beside running commits, and how the committer comes to rest on them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::FutureExt;
use jiff::Timestamp;

use super::{Cell, aside, lock, unreadable};
use crate::blocking::{self, in_background};
use crate::ledger::state::{BadLine, State};
use crate::store::{Fold, FoldKind, Outcome, StoreError, StoreErrorKind};

impl Cell {
    /// Moves on from a state that still rests on the snapshot before the last fold. Commits that landed
    /// while the fold was made or read keep to the old one, and each would fold again. Here none lands, so
    /// what is missing in the new one can be read.
    pub(super) async fn move_to_fold(&self) {
        let Some(folded) = lock(&self.folded).take() else { return };
        let minimum = self.shared.settings.fold_minimum;
        if self.known().is_some_and(|known| known.wants_fold(minimum)) && self.refresh(folded).await.is_err()
        {
            self.forget();
        }
    }

    /// Folds if commits are more than whoever opens the ledger should have to read beside the snapshot, and something
    /// was committed from here: who only reads changes nothing.
    pub(in crate::ledger) fn leave_short(self: &Arc<Self>) {
        if !self.committed.load(Ordering::Relaxed) {
            return;
        }
        let state = self.known().filter(|known| known.is_whole()).and_then(|known| known.whole().ok());
        if let Some(state) = state.filter(|state| state.is_long(self.shared.settings.fold_minimum)) {
            self.fold(state);
        }
    }

    /// Writes a new snapshot beside running commits. If it does not work out, the next commit
    /// that finds the tail long tries again.
    pub(super) fn fold(self: &Arc<Self>, state: State) {
        if self.folding.swap(true, Ordering::SeqCst) {
            return;
        }
        let cell = Arc::clone(self);
        let work = self.shared.begin_work();
        let fold = async move {
            let folded = std::panic::AssertUnwindSafe(cell.fold_now(&state)).catch_unwind().await;
            cell.folding.store(false, Ordering::SeqCst);
            let tenant = cell.tenant.as_str();
            match folded {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(target: "tenantry::ledger", tenant, %error, "fold failed"),
                Err(_) => tracing::error!(target: "tenantry::ledger", tenant, "fold panicked"),
            }
            drop(work);
        };
        match self.shared.store.capabilities().blocks {
            true => blocking::begin(&self.shared.runtime, Box::pin(fold)),
            false => drop(self.shared.runtime.spawn(fold)),
        }
    }

    async fn fold_now(&self, state: &State) -> Result<(), StoreError> {
        let (Some(version), Some(known)) = (state.version(), state.header()) else { return Ok(()) };
        let header = known.write().map_err(unreadable)?;
        let written = state.clone();
        // What is written need not be read again; what came since does.
        let folded =
            aside(state.weight(), move || in_background(|| written.folded().map_err(too_long))).await?;
        let (snapshot, index) = folded.base_bytes();
        let fold = Fold { kind: FoldKind::Same, header, snapshot, index };
        match self.shared.store.fold(&self.tenant, version, fold).await? {
            Outcome::Committed(_) => {
                let newest = self.refresh(folded.shared()).await?;
                // When it was the newest, refreshing has noted.
                self.publish(&newest, Timestamp::MIN);
                // A commit that is under way rests on the old one, and publishes what comes after that.
                *lock(&self.folded) = Some(newest);
                self.shared.store.tidy(&self.tenant).await
            }
            Outcome::Conflict => Ok(()),
            Outcome::Unknown(error) => Err(error),
        }
    }
}

/// What a state wrote can be read, unless it is too long.
fn too_long(error: BadLine) -> StoreError {
    let detail = "the snapshot would be longer than can be read again";
    StoreError::new(StoreErrorKind::Unsupported, "fold", detail).with_source(error)
}
