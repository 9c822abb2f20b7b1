//! A workspace's state at one version.

use std::marker::PhantomData;

use crate::error::Result;
use crate::ledger::State;
use crate::ownership::{Action, Permit, Principal, Resource};
use crate::quota::{Usage, usage_of};
use crate::record::{Entity, Record, RecordId};

use super::access::{Access, Admitted};
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
        records::get(&self.snapshot.state, self.snapshot.access.tenant(), Action::GetRecord, id)
    }

    /// A page of the records.
    ///
    /// # Errors
    /// See [`Collection::list`](super::Collection::list).
    pub fn list(&self, options: &ListOptions) -> Result<Page<Record<E>>> {
        self.snapshot.permit(Action::ListRecords, &Resource::Collection(E::collection()))?;
        records::list(&self.snapshot.state, self.snapshot.access.tenant(), Action::ListRecords, options)
    }

    /// The records that an index finds under a key.
    ///
    /// # Errors
    /// See [`Collection::find`](super::Collection::find).
    pub fn find(&self, index: &str, key: &str) -> Result<Vec<Record<E>>> {
        self.snapshot.permit(Action::ListRecords, &Resource::Collection(E::collection()))?;
        records::find(&self.snapshot.state, self.snapshot.access.tenant(), Action::ListRecords, index, key)
    }
}
