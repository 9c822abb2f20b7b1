//! Clearing what the ledger dooms: first the bytes go, then the doom.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Result;
use crate::ledger::{Draft, Ledger};
use crate::ownership::Permit;
use crate::paths::{Area, BlobKey, FileName};

use super::access::Core;
use super::files;

/// Blobs whose paths were handed out in this process: they are not deleted as long as they are in use.
#[derive(Debug, Default)]
pub(super) struct Pins(Mutex<HashMap<BlobKey, usize>>);

impl Pins {
    fn held(&self) -> MutexGuard<'_, HashMap<BlobKey, usize>> {
        // Every section under this lock leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a blob until it is let go as often.
    pub(super) fn keep(&self, key: &BlobKey) {
        *self.held().entry(key.clone()).or_default() += 1;
    }

    pub(super) fn let_go(&self, key: &BlobKey) {
        let mut held = self.held();
        if let Some(count) = held.get_mut(key) {
            *count -= 1;
            if *count == 0 {
                held.remove(key);
            }
        }
    }

    pub(super) fn keeps(&self, key: &BlobKey) -> bool {
        self.held().contains_key(key)
    }
}

/// Files that this process does not delete as long as this is there.
pub(super) struct Pinned {
    core: Arc<Core>,
    keys: Vec<BlobKey>,
}

impl Pinned {
    /// Keeps these. A delete that began before may not know of that.
    pub(super) fn new(core: &Arc<Core>, keys: Vec<BlobKey>) -> Self {
        keys.iter().for_each(|key| core.pins.keep(key));
        Self { core: Arc::clone(core), keys }
    }

    #[cfg(feature = "archive")]
    pub(super) fn core(&self) -> &Arc<Core> {
        &self.core
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        self.keys.iter().for_each(|key| self.core.pins.let_go(key));
    }
}

/// Clears dooms that a commit has just made, where nothing needs to be waited for. What can't be
/// cleared now is left to the sweep.
pub(super) async fn clear(core: &Core, ledger: &Ledger, permit: &Permit, released: &[(Area, FileName)]) {
    if !core.guarded.store(permit).capabilities().fenced {
        return;
    }
    if let Err(error) = try_clear(core, ledger, permit, released).await {
        let tenant = permit.tenant().as_str();
        tracing::warn!(target: "tenantry::upkeep", tenant, %error, "a doomed file is left to the sweep");
    }
}

async fn try_clear(
    core: &Core,
    ledger: &Ledger,
    permit: &Permit,
    released: &[(Area, FileName)],
) -> Result<()> {
    let (operation, tenant) = (permit.action().as_str(), permit.tenant());
    // A blob is deleted only after the ledger, read from the store, dooms it.
    let read = core.clock.now();
    let state = ledger.read(operation, tenant).await?;
    let mut gone = Vec::new();
    for (area, name) in released {
        let key = BlobKey::new(tenant.clone(), *area, name.clone());
        if files::is_doomed(&state, *area, name) && !core.pins.keeps(&key) && !core.is_old(read) {
            let deleted = core.guarded.store(permit).delete(&key).await;
            deleted.map_err(|error| crate::Error::store(operation, error))?;
            gone.push((*area, name.clone()));
        }
    }
    if gone.is_empty() {
        return Ok(());
    }
    let forget = move |draft: &mut Draft| {
        for (area, name) in &gone {
            files::forget(draft, *area, name);
        }
        Ok(())
    };
    ledger.transact(operation, tenant, forget).await?;
    Ok(())
}
