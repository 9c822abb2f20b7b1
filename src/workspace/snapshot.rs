//! A workspace's state at one version.

use std::marker::PhantomData;

use crate::error::Result;
use crate::ledger::State;
use crate::ownership::{Action, Permit, Principal, Resource};
use crate::quota::{Usage, usage_of};
use crate::record::{Entity, Record, RecordId};

use super::access::{Access, Admitted, Sight};
use super::page::{ListOptions, Page};
use super::records;

/// A workspace's state at one version: immutable, cheap to clone and hold, read without waiting.
/// What is read from it is decided by the role and visibility that hold in it.
#[derive(Clone)]
pub struct Snapshot {
    access: Access,
    principal: Principal,
    state: State,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("tenant", self.access.tenant()).finish_non_exhaustive()
    }
}

impl Snapshot {
    pub(super) fn new(access: Access, admitted: Admitted) -> Self {
        Self { access, principal: admitted.principal, state: admitted.state }
    }

    /// How many commits the state rests on. It rises with every commit of the tenant.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.state.number()
    }

    /// The records of one kind.
    #[must_use]
    pub fn collection<E: Entity>(&self) -> SnapshotCollection<'_, E> {
        SnapshotCollection { snapshot: self, entity: PhantomData }
    }

    /// What the tenant holds.
    ///
    /// # Errors
    /// [`Denied`](crate::ErrorKind::Denied), [`NotFound`](crate::ErrorKind::NotFound).
    pub fn usage(&self) -> Result<Usage> {
        self.permit(Action::ReadUsage, &Resource::Tenant)?;
        Ok(usage_of(&self.state))
    }

    fn sight(&self) -> Result<Sight> {
        self.access.sight(&self.principal, &self.state)
    }

    fn permit(&self, action: Action, resource: &Resource) -> Result<Permit> {
        self.access.permit_in(&self.principal, &self.state, action, resource)
    }
}

/// The records of one kind, as they were. The operations are those of
/// [`Collection`](super::Collection), at once.
#[derive(Debug, Clone, Copy)]
pub struct SnapshotCollection<'a, E> {
    snapshot: &'a Snapshot,
    entity: PhantomData<fn() -> E>,
}

impl<E: Entity> SnapshotCollection<'_, E> {
    /// One record.
    ///
    /// # Errors
    /// See [`Collection::get`](super::Collection::get).
    pub fn get(&self, id: &RecordId) -> Result<Record<E>> {
        self.snapshot.permit(Action::GetRecord, &records::resource::<E>(id))?;
        let at = self.snapshot;
        let record = records::get(&at.state, at.access.tenant(), Action::GetRecord, id)?;
        at.sight()?.of(Action::GetRecord, record)
    }

    /// A page of the records.
    ///
    /// # Errors
    /// See [`Collection::list`](super::Collection::list).
    pub fn list(&self, options: &ListOptions) -> Result<Page<Record<E>>> {
        self.snapshot.permit(Action::ListRecords, &Resource::Collection(E::collection()))?;
        let (at, action) = (self.snapshot, Action::ListRecords);
        let page = records::list(&at.state, at.access.tenant(), action, options)?;
        let sight = at.sight()?;
        let items = page.items.into_iter().map(|record| sight.of(action, record));
        Ok(Page { items: items.collect::<Result<_>>()?, next: page.next })
    }

    /// The records that an index finds under a key.
    ///
    /// # Errors
    /// See [`Collection::find`](super::Collection::find).
    pub fn find(&self, index: &str, key: &str) -> Result<Vec<Record<E>>> {
        self.snapshot.permit(Action::ListRecords, &Resource::Collection(E::collection()))?;
        let (at, action) = (self.snapshot, Action::ListRecords);
        let found = records::find(&at.state, at.access.tenant(), action, index, key)?;
        let sight = at.sight()?;
        found.into_iter().map(|record| sight.of(action, record)).collect()
    }
}
