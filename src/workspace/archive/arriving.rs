//! The files of an archive between their reservation and their settlement: one transaction reserves them
//! all, under fresh names; one puts them into the tenant together with the records, or gives them all
//! back.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::super::access::{Access, Author, Judgements, missing};
use super::super::profile::Profile;
use super::super::stored_files::written::{self, joined};
use super::super::{dooms, files};
use super::import::refused;
use super::restored::{Arrived, restore};
use crate::archive::{ArchiveError, ArchivedFile};
use crate::environment::Deadline;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, Ledger, Lifecycle, Section, State, TenantHeader};
use crate::ownership::{Action, Permit, Principal, Resource};
use crate::paths::{BlobKey, FileName, Incarnation};
use crate::quota;

const ACTION: Action = Action::ImportTenant;

/// What an archive is to make of a tenant.
pub(super) struct Arrival {
    /// What is not the administration's of its profile.
    pub(super) display_name: String,
    pub(super) time_zone: String,
    pub(super) records: Vec<Arrived>,
    /// The files, each with its fresh name.
    pub(super) files: Vec<(FileName, ArchivedFile)>,
}

/// Whose tenant, and in which life of it, as it was decided when the import began.
pub(super) struct Decided {
    pub(super) access: Access,
    pub(super) permit: Permit,
    pub(super) principal: Principal,
    pub(super) life: Incarnation,
    /// The ledgers during this import.
    pub(super) ledger: Ledger,
}

/// An archive whose files are being written.
pub(super) struct Arriving {
    decided: Decided,
    arrival: Arrival,
    pub(super) deadline: Deadline,
    /// Until when the reservations hold, in milliseconds since 1970.
    until: AtomicI64,
}

impl Decided {
    /// Decides whether an archive may be imported into a tenant, and sees that it is empty.
    pub(super) async fn of(access: Access) -> Result<Self> {
        let work = access.begin(ACTION)?;
        let run = move |draft: &mut Draft, author: &Author<'_>| {
            let header = draft.state().header().cloned();
            let header = header.ok_or_else(|| missing(ACTION.as_str(), &Resource::Tenant))?;
            check_active(&header)?;
            check_empty(draft.state(), 0)?;
            Ok((header.incarnation, author.principal.clone()))
        };
        let ((life, principal), permit, _) = access.transact(ACTION, &Resource::Tenant, run).await?;
        let ledger = access.core.guarded.ledger_during(&permit, &work);
        Ok(Self { access, permit, principal, life, ledger })
    }

    /// The header of the life in which the import began.
    fn header(&self, draft: &Draft) -> Result<TenantHeader> {
        let header = draft.state().header().filter(|header| header.incarnation == self.life);
        let header = header.ok_or_else(|| Error::new(ErrorKind::Gone, ACTION.as_str()))?;
        check_active(header)?;
        Ok((**header).clone())
    }

    /// Makes of the tenant what the archive says, in a draft in which its files are reserved.
    fn settle(&self, draft: &mut Draft, arrival: &Arrival) -> Result<()> {
        let header = self.header(draft)?;
        check_empty(draft.state(), arrival.files.len() as u64)?;
        let mut profile = Profile::read(ACTION.as_str(), &header)?;
        profile.display_name.clone_from(&arrival.display_name);
        profile.time_zone.clone_from(&arrival.time_zone);
        draft.set_header(profile.clone().into_header(&header, ACTION.as_str())?);
        let (core, tenant) = (&*self.access.core, self.access.tenant());
        // Nothing is decided here: that was done when the import began.
        let (principal, profile, judged) = (&self.principal, &profile, &Judgements::default());
        let author = Author { core, tenant, principal, profile, judged };
        restore(draft, &author, ACTION, &arrival.records, &arrival.files)
    }
}

fn check_active(header: &TenantHeader) -> Result<()> {
    match header.lifecycle {
        Lifecycle::Active => Ok(()),
        _ => Err(Error::new(ErrorKind::Suspended, ACTION.as_str())),
    }
}

/// Refuses a tenant that holds anything, but for so many reservations.
fn check_empty(state: &State, reservations: u64) -> Result<()> {
    let holds = state.tallies().iter().any(|(section, tally)| !section.is_internal() && tally.count > 0);
    let files = state.tallies().of(&Section::BLOBS).count;
    if holds || files > 0 || state.tallies().of(&Section::RESERVATIONS).count != reservations {
        return Err(refused(ArchiveError::NotEmpty));
    }
    Ok(())
}

impl Arriving {
    /// Reserves room for all files, if everything would then be taken. In a task of its own, so that what
    /// lands after the import was dropped is given back too.
    pub(super) async fn begin(decided: Decided, arrival: Arrival) -> Result<Held> {
        let core = Arc::clone(&decided.access.core);
        let begun = core.runtime.spawn(async move {
            let core = Arc::clone(&decided.access.core);
            let deadline = Deadline::new(core.clock.now(), Arc::clone(&core.clock));
            let arriving = Arc::new(Self { decided, arrival, deadline, until: AtomicI64::new(0) });
            arriving.reserve(true).await?;
            let held = Held { arriving, armed: true };
            let files = held.files().iter();
            let needed = files.fold(0_u64, |sum, (_, file)| sum.saturating_add(file.bytes));
            match written::check_free_space(&core, held.permit(), ACTION, needed).await {
                Ok(()) => Ok(held),
                Err(full) => {
                    held.abandon().await;
                    Err(full)
                }
            }
        });
        joined(ACTION, begun.await)?
    }

    /// Holds room for all files from now on, newly or for longer.
    async fn reserve(self: &Arc<Self>, newly: bool) -> Result<()> {
        let this = Arc::clone(self);
        let run = move |draft: &mut Draft| {
            let core = &this.decided.access.core;
            this.decided.header(draft)?;
            let files = &this.arrival.files;
            check_empty(draft.state(), if newly { 0 } else { files.len() as u64 })?;
            let until = written::until(core, draft.now());
            for (name, file) in files {
                if !newly && files::reservation(draft.state(), file.area, name).is_none() {
                    return Err(Error::new(ErrorKind::Expired, ACTION.as_str()));
                }
                files::reserve(draft, file.area, name, file.bytes, until);
            }
            if newly {
                // What the types or the quota refuse is refused before a byte is written.
                let mut trial = draft.trial();
                this.decided.settle(&mut trial, &this.arrival)?;
                quota::check(&core.plans, draft.state(), trial.state())?;
            }
            Ok(until)
        };
        let tenant = self.decided.access.tenant();
        let (until, _) = self.decided.ledger.transact(ACTION.as_str(), tenant, run).await?;
        self.until.store(until.as_millisecond(), Ordering::SeqCst);
        self.deadline.extend(until);
        Ok(())
    }

    /// Renews the reservations if half of their time is over.
    pub(super) async fn keep(self: &Arc<Self>) -> Result<()> {
        let core = &self.decided.access.core;
        if !written::is_late(core, self.until.load(Ordering::SeqCst)) {
            return Ok(());
        }
        written::check_free_space(core, self.permit(), ACTION, 0).await?;
        self.reserve(false).await
    }

    pub(super) const fn files(&self) -> &Vec<(FileName, ArchivedFile)> {
        &self.arrival.files
    }

    pub(super) const fn life(&self) -> Incarnation {
        self.decided.life
    }

    pub(super) fn key(&self, name: &FileName, file: &ArchivedFile) -> BlobKey {
        BlobKey::new(self.decided.access.tenant().clone(), file.area, name.clone())
    }

    pub(super) const fn permit(&self) -> &Permit {
        &self.decided.permit
    }
}

/// The reservations; given back when this is dropped, unless they were settled.
pub(super) struct Held {
    arriving: Arc<Arriving>,
    armed: bool,
}

impl std::ops::Deref for Held {
    type Target = Arc<Arriving>;

    fn deref(&self) -> &Arc<Arriving> {
        &self.arriving
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.armed {
            let arriving = Arc::clone(&self.arriving);
            self.arriving.decided.access.core.runtime.spawn(async move { arriving.give_back().await });
        }
    }
}

impl Held {
    /// Makes everything there, in one commit.
    pub(super) async fn settle(&mut self) -> Result<()> {
        let this = Arc::clone(&self.arriving);
        let run = move |draft: &mut Draft| this.decided.settle(draft, &this.arrival);
        let Decided { ledger, access, .. } = &self.arriving.decided;
        ledger.transact(ACTION.as_str(), access.tenant(), run).await?;
        self.armed = false;
        Ok(())
    }

    /// Gives the reservations back, and deletes what was written. If the last commit landed after all,
    /// there are none.
    pub(super) async fn abandon(mut self) {
        self.arriving.give_back().await;
        self.armed = false;
    }
}

impl Arriving {
    async fn give_back(&self) {
        let Decided { access, permit, ledger, .. } = &self.decided;
        let names: Vec<_> = self.files().iter().map(|(name, file)| (file.area, name.clone())).collect();
        let inside = names.clone();
        let run = move |draft: &mut Draft| {
            Ok(inside.iter().filter(|(area, name)| files::abandon(draft, *area, name)).count())
        };
        match ledger.transact(ACTION.as_str(), access.tenant(), run).await {
            Ok((0, _)) => {}
            Ok(_) => dooms::clear(&access.core, ledger, permit, &names).await,
            // They expire by themselves.
            Err(error) => {
                let tenant = access.tenant().as_str();
                tracing::warn!(target: "tenantry::upload", tenant, %error, "reservations not given back");
            }
        }
    }
}
