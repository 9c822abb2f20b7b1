//! The tenants' ledgers as the store offers them: reading without the lock, changing with it.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::handles::{Opened, Slot};
use super::layout;
use super::ledger_file::{self, Folding, Freshness, Ledger, Look, Recovery, Site};
use super::locks::permit;
use super::options::NetworkFileSystems;
use super::root::{Root, take_back};
use crate::blocking::in_background;
use crate::paths::TenantId;
use crate::store::{self, Commit, Fold, Header, Outcome, StoreError, StoreErrorKind, Version};

/// How often a reader looks again before it takes the lock.
const LOOKS: usize = 2;

/// What a reader found.
enum Seen {
    Missing,
    Ledger(Opened),
    /// Not settled: the lock's holder must say what counts.
    Unsettled,
}

impl Opened {
    /// Where it lies, and what is needed to work on it.
    pub(super) fn site<'a>(&'a self, root: &'a Root, tenant: &'a TenantId) -> Site<'a> {
        site(root, &self.directory, tenant)
    }
}

fn site<'a>(
    root: &'a Root,
    directory: &'a Arc<dyn super::disk::Directory>,
    tenant: &'a TenantId,
) -> Site<'a> {
    Site { directory, tenant, steps: &root.steps, entropy: &*root.entropy, resident: false }
}

impl Root {
    /// The header as of now; `None` if the tenant never existed.
    pub(super) async fn header(self: &Arc<Self>, slot: &Arc<Slot>) -> Result<Option<Header>, StoreError> {
        if let Some(opened) = self.unchanged(slot) {
            return Ok(Some(opened.ledger.known().header));
        }
        self.with_current(slot, |_, opened| Ok(opened.ledger.known().header)).await
    }

    /// An open ledger, if nothing is new.
    ///
    /// One short read; handing it to another thread would take longer than the read itself.
    pub(super) fn unchanged(&self, slot: &Slot) -> Option<Opened> {
        let opened = slot.opened()?;
        let freshness = opened.ledger.freshness(opened.site(self, &slot.tenant));
        matches!(freshness, Ok(Freshness::Same)).then_some(opened)
    }

    /// The ledger opened on the spot, if it is short but for its snapshot and the system has all of that in memory: then
    /// it takes less than handing it to another thread would. `None` says nothing: whatever the reason, the ordinary way
    /// tells it.
    pub(super) fn open_resident(
        &self,
        slot: &Slot,
        open: Option<OwnedSemaphorePermit>,
    ) -> Option<store::Opened> {
        if self.network == NetworkFileSystems::Allowed {
            // Who may have to ask another machine waits even for what is in memory.
            return None;
        }
        let _permit = self.openers.try_acquire().ok()?;
        let opened = self.see_resident(slot)?;
        let read = opened.ledger.open(opened.site(self, &slot.tenant).resident(), open).ok();
        self.slots.close_if_crowded(slot);
        read
    }

    /// The open ledger if nothing is new, or the one at the path.
    fn see_resident(&self, slot: &Slot) -> Option<Opened> {
        if let Some(opened) = slot.opened() {
            let freshness = opened.ledger.freshness(opened.site(self, &slot.tenant));
            return matches!(freshness, Ok(Freshness::Same)).then_some(opened);
        }
        let directory = self.folder(layout::DATA).open_resident_directory(slot.tenant.as_str())?;
        match ledger_file::look(site(self, &directory, &slot.tenant).resident()) {
            Ok(Look::Settled(ledger)) => {
                let opened = Opened { directory, ledger };
                slot.set_opened(Some(opened.clone()));
                Some(opened)
            }
            _ => None,
        }
    }

    /// Does something with the ledger as of now; `None` if the tenant never existed.
    ///
    /// The ledger is not handed out: who waits for a thread keeps no file open.
    pub(super) async fn with_current<T: Send + 'static>(
        self: &Arc<Self>,
        slot: &Arc<Slot>,
        task: impl FnOnce(Site<'_>, &Opened) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        let read = self.run(slot, move |root, slot| {
            Ok(match root.see(slot)? {
                Seen::Missing => Ok(None),
                Seen::Ledger(opened) => Ok(Some(task(opened.site(root, &slot.tenant), &opened)?)),
                Seen::Unsettled => Err(task),
            })
        });
        match read.await? {
            Ok(answer) => Ok(answer),
            Err(task) => {
                let held = self.locked(slot, move |root, slot| {
                    let current = root.hold_current(slot, 0)?;
                    current.map(|opened| task(opened.site(root, &slot.tenant), &opened)).transpose()
                });
                held.await
            }
        }
    }

    /// Reads what is there without the lock.
    fn see(&self, slot: &Slot) -> Result<Seen, StoreError> {
        if let Some(opened) = self.follow(slot)? {
            return Ok(Seen::Ledger(opened));
        }
        for _ in 0..LOOKS {
            let Some(directory) = self.tenant_folder("read ledger", layout::DATA, &slot.tenant)? else {
                return Ok(Seen::Missing);
            };
            match ledger_file::look(site(self, &directory, &slot.tenant))? {
                Look::Missing => return Ok(Seen::Missing),
                Look::Settled(ledger) => {
                    let opened = Opened { directory, ledger };
                    slot.set_opened(Some(opened.clone()));
                    return Ok(Seen::Ledger(opened));
                }
                Look::Unsettled => {}
            }
        }
        Ok(Seen::Unsettled)
    }

    /// The open ledger, moved on to where the word is; `None` if it must be opened again.
    fn follow(&self, slot: &Slot) -> Result<Option<Opened>, StoreError> {
        let Some(opened) = slot.opened() else { return Ok(None) };
        let site = opened.site(self, &slot.tenant);
        match opened.ledger.freshness(site)? {
            Freshness::Same => return Ok(Some(opened)),
            Freshness::Longer(end) => {
                opened.ledger.advance(site, &end)?;
                return Ok(Some(opened));
            }
            Freshness::Other => slot.set_opened(None),
        }
        Ok(None)
    }

    /// The ledger as of now, for the holder of the lock, recovered where that is needed; nothing
    /// lies in the `ahead` bytes after its end.
    pub(super) fn hold_current(&self, slot: &Slot, ahead: usize) -> Result<Option<Opened>, StoreError> {
        if let Some(opened) = self.follow(slot)? {
            if opened.ledger.is_untouched(opened.site(self, &slot.tenant), ahead)? {
                return Ok(Some(opened));
            }
            slot.set_opened(None);
        }
        let Some(directory) = self.tenant_folder("read ledger", layout::DATA, &slot.tenant)? else {
            return Ok(None);
        };
        let recovered = ledger_file::recover(site(self, &directory, &slot.tenant), Recovery::WhereNeeded)
            .map_err(not_begun)?;
        let opened = recovered.map(|ledger| Opened { directory, ledger: Arc::new(ledger) });
        slot.set_opened(opened.clone());
        Ok(opened)
    }

    /// Adds a commit, by the holder of the lock.
    pub(super) fn append(
        &self,
        slot: &Slot,
        base: Option<&Version>,
        commit: &Commit,
    ) -> Result<Outcome, StoreError> {
        let current = self.hold_current(slot, Ledger::line_length(commit))?;
        match (current, base) {
            (None, None) => self.first(slot, commit),
            (Some(_), None) => Ok(Outcome::Conflict),
            (None, Some(_)) => Err(missing(&slot.tenant)),
            (Some(opened), Some(base)) => self.next(slot, opened, base, commit),
        }
    }

    /// The first commit of a tenant that never existed.
    fn first(&self, slot: &Slot, commit: &Commit) -> Result<Outcome, StoreError> {
        let header = commit.header.as_ref().ok_or_else(|| refused("a first commit needs a header"))?;
        let made = self.make_tenant_folders(&slot.tenant)?;
        let begun = self.tenant_folder("append", layout::DATA, &slot.tenant).and_then(|directory| {
            let directory = directory.ok_or_else(|| missing(&slot.tenant))?;
            let ledger = ledger_file::begin(site(self, &directory, &slot.tenant), header, &commit.text)?;
            Ok(Opened { directory, ledger: Arc::new(ledger) })
        });
        if begun.as_ref().is_err_and(|error| error.kind() != StoreErrorKind::OutcomeUnknown) {
            take_back(&made, &slot.tenant);
        }
        Ok(committed(slot, begun?))
    }

    /// A commit after `base`.
    fn next(
        &self,
        slot: &Slot,
        opened: Opened,
        base: &Version,
        commit: &Commit,
    ) -> Result<Outcome, StoreError> {
        let known = opened.ledger.known();
        if !known.is(base) {
            return Ok(Outcome::Conflict);
        }
        if commit.header.as_ref().is_some_and(|header| header.tombstone) {
            return Err(refused("a tombstone is made by a fold that replaces"));
        }
        let site = opened.site(self, &slot.tenant);
        let ledger = match &commit.header {
            Some(header) if header.incarnation != base.incarnation => {
                if !known.header.tombstone {
                    return Err(refused("only a tombstone can be followed by another life"));
                }
                self.make_tenant_folders(&slot.tenant)?;
                ledger_file::next_life(site, &opened.ledger, header, &commit.text).map(Arc::new)
            }
            _ if known.header.tombstone => return Err(refused("a tombstone stays as it is")),
            _ => opened.ledger.clone().commit(site, commit),
        };
        // Whatever failed, the handle is not trusted again.
        let ledger = ledger.inspect_err(|_| slot.set_opened(None))?;
        Ok(committed(slot, Opened { directory: opened.directory, ledger }))
    }

    /// Replaces snapshot and commits: the long part beside running commits, the end under the lock.
    pub(super) async fn fold(
        self: &Arc<Self>,
        slot: &Arc<Slot>,
        base: &Version,
        fold: Fold,
    ) -> Result<Outcome, StoreError> {
        // A fold keeps files open from its beginning to its end, waiting in between.
        let _fold = permit(&self.folds).await?;
        let base = base.clone();
        let begun = self.with_current(slot, move |site, opened| {
            in_background(|| Folding::begin(site, opened.ledger.clone(), &base, &fold))
        });
        let begun = begun.await?.ok_or_else(|| missing(&slot.tenant))?;
        let Some(folding) = begun else { return Ok(Outcome::Conflict) };
        let finish = move |root: &Self, slot: &Slot| root.finish_fold(slot, folding);
        // To close the file that was replaced may give back all that it took: no commit from here waits for that.
        let close = |_: &Self, (outcome, before)| {
            drop(before);
            Ok(outcome)
        };
        self.locked_then(slot, Box::new((finish, close))).await
    }

    /// The outcome, and the ledger that stood before.
    fn finish_fold(&self, slot: &Slot, folding: Folding) -> Result<(Outcome, Arc<Ledger>), StoreError> {
        let Some(opened) = self.hold_current(slot, 0)? else { return Err(missing(&slot.tenant)) };
        let before = opened.ledger.clone();
        let finished = folding.finish(opened.site(self, &slot.tenant), opened.ledger.clone());
        let outcome = match finished.inspect_err(|_| slot.set_opened(None))? {
            None => Outcome::Conflict,
            Some((ledger, version)) => {
                slot.set_opened(Some(Opened { directory: opened.directory, ledger: Arc::new(ledger) }));
                Outcome::Committed(version)
            }
        };
        Ok((outcome, before))
    }

    /// The header, by the holder of the lock, of a tenant that lives; `None` if it does not.
    pub(super) fn hold_living(&self, slot: &Slot) -> Result<Option<Header>, StoreError> {
        let current = self.hold_current(slot, 0)?;
        Ok(current.map(|opened| opened.ledger.known().header).filter(|header| !header.tombstone))
    }
}

/// Keeps what stands now, and says what version it is.
fn committed(slot: &Slot, opened: Opened) -> Outcome {
    let version = opened.ledger.version(&opened.ledger.known());
    slot.set_opened(Some(opened));
    Outcome::Committed(version)
}

/// What an error with an unknown outcome says as an answer.
pub(super) fn answer(result: Result<Outcome, StoreError>) -> Result<Outcome, StoreError> {
    match result {
        Err(error) if error.kind() == StoreErrorKind::OutcomeUnknown => Ok(Outcome::Unknown(error)),
        other => other,
    }
}

/// A recovery that may or may not have ended well leaves nothing unknown about what was asked, which
/// had not begun.
fn not_begun(error: StoreError) -> StoreError {
    match error.kind() {
        StoreErrorKind::OutcomeUnknown => {
            StoreError::new(StoreErrorKind::Unavailable, "recover ledger", error.detail().to_owned())
                .with_source(error)
        }
        _ => error,
    }
}

/// The error for a ledger that is gone although somebody holds a version of it.
pub(super) fn missing(tenant: &TenantId) -> StoreError {
    let text = format!("{}/{tenant}/{}: missing where one was", layout::DATA, layout::LEDGER);
    StoreError::new(StoreErrorKind::Corrupt, "read ledger", text)
}

fn refused(text: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Unsupported, "append", text)
}
