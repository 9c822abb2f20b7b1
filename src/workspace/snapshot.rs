//! A workspace's state at one version.

#[cfg(feature = "migrate")]
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::ledger::{LazyState, State};
use crate::ownership::{Action, Principal, Resource, Visibility};
use crate::paths::CollectionName;
use crate::quota::{Usage, usage_of};
#[cfg(feature = "migrate")]
use crate::record::RecordText;
use crate::record::{Entity, Record, RecordId};

#[cfg(feature = "migrate")]
use super::access::missing;
use super::access::{Access, Admitted, Sight};
use super::page::{ListOptions, Page};
use super::records;

/// The ids and texts of a collection's records.
#[cfg(feature = "migrate")]
type Texts = Vec<(Arc<str>, RecordText)>;

/// A workspace's state at one version: immutable, cheap to clone and hold, read without waiting.
/// What is read from it is decided by the role and visibility that hold in it; whether it shows secrets, when it is
/// taken.
#[derive(Clone)]
pub struct Snapshot {
    access: Access,
    principal: Principal,
    state: Arc<LazyState>,
    /// What the state says of the tenant, and how the principal may see its records therefore.
    visibility: Visibility,
    sight: Sight,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("tenant", self.access.tenant()).finish_non_exhaustive()
    }
}

impl Snapshot {
    pub(super) fn new(access: Access, admitted: Admitted<Arc<LazyState>>) -> Result<Self> {
        let Admitted { principal, state, .. } = admitted;
        let visibility = Access::visibility(Action::ReadProfile, &state)?;
        let sight = access.sight(&principal, &state)?;
        Ok(Self { access, principal, state, visibility, sight })
    }

    /// How many commits the state rests on. It rises with every commit of the tenant.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.state.number()
    }

    /// The records of one kind.
    #[must_use]
    pub fn collection<E: Entity>(&self) -> SnapshotCollection<'_, E> {
        SnapshotCollection { snapshot: self, collection: E::collection(), entity: PhantomData }
    }

    /// What the tenant holds.
    ///
    /// # Errors
    /// [`Denied`](crate::ErrorKind::Denied), [`NotFound`](crate::ErrorKind::NotFound).
    pub fn usage(&self) -> Result<Usage> {
        self.allow(Action::ReadUsage, &Resource::Tenant)?;
        Ok(usage_of(&self.whole(Action::ReadUsage)?))
    }

    /// The ids and texts of all records, by collection and in their order, whatever is known of their kinds: for
    /// those who see them whole.
    ///
    /// # Errors
    /// [`Denied`](crate::ErrorKind::Denied), [`NotFound`](crate::ErrorKind::NotFound).
    #[cfg(feature = "migrate")]
    pub(crate) fn texts(&self) -> Result<BTreeMap<CollectionName, Texts>> {
        let (action, mut texts) = (Action::ListRecords, BTreeMap::new());
        let state = self.whole(action)?;
        let held =
            state.tallies().iter().filter(|(section, tally)| !section.is_internal() && tally.count > 0);
        for collection in held.filter_map(|(section, _)| CollectionName::parse(section.as_str()).ok()) {
            let resource = Resource::Collection(collection.clone());
            self.allow(action, &resource)?;
            if self.sight != Sight::Whole {
                return Err(missing(action.as_str(), &resource));
            }
            let own = records::own_texts(&state, self.access.tenant(), &collection).into_iter();
            let own = own.map(|entry| (entry.id, RecordText::from_stored(entry.text)));
            texts.insert(collection, own.collect());
        }
        Ok(texts)
    }

    /// The state with all of it read.
    fn whole(&self, action: Action) -> Result<State> {
        self.state.whole().map_err(|error| Error::store(action.as_str(), error))
    }

    fn allow(&self, action: Action, resource: &Resource) -> Result<()> {
        self.access.allow_in(&self.principal, &self.state, self.visibility, action, resource)
    }
}

/// The records of one kind, as they were. The operations are those of
/// [`Collection`](super::Collection), at once.
#[derive(Debug, Clone)]
pub struct SnapshotCollection<'a, E> {
    snapshot: &'a Snapshot,
    collection: CollectionName,
    entity: PhantomData<fn() -> E>,
}

impl<E: Entity> SnapshotCollection<'_, E> {
    /// One record.
    ///
    /// # Errors
    /// See [`Collection::get`](super::Collection::get).
    pub fn get(&self, id: &RecordId) -> Result<Record<E>> {
        let (at, action) = (self.snapshot, Action::GetRecord);
        at.allow(action, &records::resource_in(&self.collection, id))?;
        let record = records::get_of(&at.state, at.access.tenant(), action, &self.collection, id)?;
        at.sight.of(action, record)
    }

    /// A page of the records.
    ///
    /// # Errors
    /// See [`Collection::list`](super::Collection::list).
    pub fn list(&self, options: &ListOptions) -> Result<Page<Record<E>>> {
        let (at, action) = (self.snapshot, Action::ListRecords);
        at.allow(action, &Resource::Collection(self.collection.clone()))?;
        let page = records::list_of(&at.state, at.access.tenant(), action, self.collection.clone(), options)?;
        Ok(Page { items: at.sight.of_all(action, page.items)?, next: page.next })
    }

    /// The records that an index finds under a key.
    ///
    /// # Errors
    /// See [`Collection::find`](super::Collection::find).
    pub fn find(&self, index: &str, key: &str) -> Result<Vec<Record<E>>> {
        let (at, action) = (self.snapshot, Action::ListRecords);
        at.allow(action, &Resource::Collection(self.collection.clone()))?;
        let found = records::find(&at.state, at.access.tenant(), action, index, key)?;
        at.sight.of_all(action, found)
    }
}
