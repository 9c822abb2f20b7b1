//! The tenant that is copied, as it is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::File;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, Ledger, Lifecycle, ProfileText, Section, State, TenantHeader};
use crate::ownership::{Action, Permit, Principal, Resource};
use crate::paths::{BlobKey, Incarnation};
use crate::store::TenantStore;
use crate::workspace::access::{Access, missing};
use crate::workspace::dooms::Pinned;
use crate::workspace::files::{self, Blob};
use crate::workspace::profile::{Profile, is_alive};

pub(super) const ACTION: Action = Action::CopyTenant;

/// A tenant whose copying was decided.
pub(super) struct Source {
    access: Access,
    permit: Permit,
    /// The ledgers during this copy.
    ledger: Ledger,
    life: Incarnation,
}

/// The tenant as it was at one moment.
pub(in crate::workspace) struct Seen {
    pub(super) life: Incarnation,
    /// How many commits there were.
    pub(super) number: u64,
    pub(super) suspended: bool,
    /// Whether it is on its way to be erased.
    pub(super) is_being_deleted: bool,
    pub(super) profile: Profile,
    /// Everything that goes along.
    pub(super) state: State,
    /// A digest of that.
    pub(super) digest: String,
    pub(super) files: BTreeMap<File, Blob>,
    /// The profile that the tenant has while it arrives, if that is another: without limits, where what it has
    /// from before there were any is not held against it.
    pub(super) arriving: Option<ProfileText>,
    /// As long as this is held, this process deletes none of them.
    pub(super) _pinned: Pinned,
}

impl Seen {
    /// The header with which this state was seen.
    pub(super) fn profile_text(&self) -> ProfileText {
        self.state.header().map_or_else(|| "{}".into(), |header| header.profile.clone())
    }

    /// The profile with which it arrives.
    pub(super) fn arriving_text(&self) -> ProfileText {
        self.arriving.clone().unwrap_or_else(|| self.profile_text())
    }

    pub(super) fn bytes(&self) -> u64 {
        self.files.values().fold(0, |sum, blob| sum.saturating_add(blob.bytes))
    }
}

fn gone() -> Error {
    Error::new(ErrorKind::Gone, ACTION.as_str())
}

/// The header of the life that is copied.
fn living(life: Incarnation, header: Option<&Arc<TenantHeader>>) -> Result<&TenantHeader> {
    let header = header.filter(|header| header.incarnation == life && is_alive(&header.lifecycle));
    header.map(|header| &**header).ok_or_else(gone)
}

impl Source {
    /// Decides whether the tenant may be copied.
    pub(super) async fn admit(access: Access) -> Result<Self> {
        let work = access.begin(ACTION)?;
        let admitted = access.admit(ACTION, &Resource::Tenant).await?;
        let header = admitted.state.header().filter(|header| is_alive(&header.lifecycle));
        let life = header.ok_or_else(|| missing(ACTION.as_str(), &Resource::Tenant))?.incarnation;
        let ledger = access.core.guarded.ledger_during(&admitted.permit, &work);
        Ok(Self { access, permit: admitted.permit, ledger, life })
    }

    /// The tenant as it is now; what was seen `before`, if it still is that.
    pub(super) async fn see(&self, before: Option<Arc<Seen>>) -> Result<Arc<Seen>> {
        let state = self.ledger.read(ACTION.as_str(), self.access.tenant()).await?;
        let header = living(self.life, state.header())?;
        if let Some(before) = before.filter(|before| before.number == state.number()) {
            return Ok(before);
        }
        let suspended = header.lifecycle != Lifecycle::Active;
        let is_being_deleted = header.lifecycle.is_being_deleted();
        let profile = Profile::read(ACTION.as_str(), header)?;
        let (life, number) = (self.life, state.number());
        let core = Arc::clone(&self.access.core);
        let tenant = self.access.tenant().clone();
        let see = move || {
            let files = stored(&state)?;
            let keys = files.keys().map(|(area, name)| BlobKey::new(tenant.clone(), *area, name.clone()));
            let pinned = Pinned::new(&core, keys.collect());
            let state = state.portable(files::portable);
            let digest = state.digest();
            let seen = Seen {
                life,
                number,
                suspended,
                is_being_deleted,
                profile,
                state,
                digest,
                files,
                arriving: None,
                _pinned: pinned,
            };
            Ok(seen)
        };
        self.access.core.aside(ACTION, see).await?.map(Arc::new)
    }

    /// Refuses changes from now on, without an end: whoever lets a tenant be copied must not lose it
    /// because that takes long.
    pub(super) async fn suspend(&self) -> Result<()> {
        let life = self.life;
        let run = move |draft: &mut Draft, _: &Principal| {
            let header = living(life, draft.state().header())?.clone();
            if header.lifecycle == Lifecycle::Active {
                draft.set_header(TenantHeader { lifecycle: Lifecycle::SUSPENDED, ..header });
            }
            Ok(())
        };
        self.access.transact_in_any_life(Action::DeleteTenant, &Resource::Tenant, run).await?;
        Ok(())
    }

    /// How often it is looked at again, while it is changed, before that is given up.
    pub(super) fn attempts(&self) -> u32 {
        self.access.core.settings.attempts
    }

    pub(super) fn store(&self) -> &dyn TenantStore {
        &**self.access.core.guarded.store(&self.permit)
    }

    pub(super) fn key(&self, (area, name): &File) -> BlobKey {
        BlobKey::new(self.access.tenant().clone(), *area, name.clone())
    }
}

/// The files that a state names; each of them has to be read.
fn stored(state: &State) -> Result<BTreeMap<File, Blob>> {
    let entries = files::entries::<Blob>(state, &Section::BLOBS).into_iter();
    let files: BTreeMap<File, Blob> = entries
        .filter_map(|(address, blob)| Some((files::of_address(&address)?, blob.elsewhere())))
        .collect();
    match files.len() as u64 == state.tallies().of(&Section::BLOBS).count {
        true => Ok(files),
        false => Err(Error::new(ErrorKind::Corrupt, ACTION.as_str()).about(Section::BLOBS.as_str())),
    }
}
