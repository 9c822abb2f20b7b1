//! The rules of references: that what is named is there, and what becomes of those who name it when
//! it goes. Pure functions over a tenant's state.
//!
//! A record's references stand among its keys, in an index for each rule, under a key made of what is
//! named. So those who name a record are found without looking at any other. What is named by a key of an
//! index counts as gone when no record with that key is left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, Entry, IndexKey, Section, State};
use crate::ownership::{Action, Resource};
use crate::paths::{CollectionName, TenantId};
use crate::record::{OnReferenced, RecordId, RecordText, Reference, Target};

use super::access::Author;
use super::files;
use super::records;

/// The index of the references with a rule.
const fn index_of(rule: OnReferenced) -> &'static str {
    match rule {
        OnReferenced::Refuse => "@refuse",
        OnReferenced::Cascade => "@cascade",
        OnReferenced::Clear => "@clear",
    }
}

const RULES: [OnReferenced; 3] = [OnReferenced::Refuse, OnReferenced::Cascade, OnReferenced::Clear];

/// What is named, as a key. A collection's name has no colon, and neither has an index's that is
/// the library's own; a host's may, but then it only shares its own keys.
fn target_key(collection: &str, target: &Target) -> String {
    match target {
        Target::Id(id) => format!("{collection}:id:{id}"),
        Target::Key(index, key) => format!("{collection}:by {index}:{key}"),
    }
}

/// The key by which a reference is found.
pub(super) fn key(reference: &Reference) -> (&'static str, String) {
    let named = target_key(reference.collection().as_str(), reference.target());
    (index_of(reference.standing_rule()), named)
}

/// Whether a record is one that can be seen: its owner, if it names one, is the tenant.
pub(super) fn is_own(tenant: &TenantId, entry: &Entry) -> bool {
    RecordText::from_stored(entry.text.clone()).is_own(tenant)
}

/// Whether what a reference names is there.
pub(super) fn holds(state: &State, tenant: &TenantId, reference: &Reference) -> bool {
    let section = records::section(reference.collection());
    match reference.target() {
        Target::Id(id) => state.get(&section, id).is_some_and(|entry| is_own(tenant, &entry)),
        Target::Key(index, key) => {
            state.find(&section, &IndexKey::new(index, key)).iter().any(|entry| is_own(tenant, entry))
        }
    }
}

/// The first field among the references that names nothing, those aside that stood before.
pub(super) fn dangling(
    state: &State,
    tenant: &TenantId,
    references: &[Reference],
    before: &[IndexKey],
) -> Option<&'static str> {
    let stood = |reference: &&Reference| {
        let (index, key) = key(reference);
        before.contains(&IndexKey::new(index, &key))
    };
    let fresh = references.iter().filter(|reference| !stood(reference));
    fresh.into_iter().find(|reference| !holds(state, tenant, reference)).map(Reference::field)
}

/// A record's place: its section and id.
type Place = (Section, Arc<str>);

/// What a removal brings with it.
#[derive(Default)]
struct Consequences {
    /// What is removed, in the order in which it was come upon.
    removed: Vec<Place>,
    /// The same, to be looked up.
    gone: BTreeSet<Place>,
    /// What is cleared: of which record, the keys of what it names no more.
    cleared: BTreeMap<Place, BTreeSet<String>>,
    /// Those that would be left naming nothing.
    refusing: Vec<Place>,
}

/// Whoever removes a record, or changes the keys by which it is found, has to let this see to those
/// who name it, before anything is changed. Returns what is to be done then.
struct Search<'a> {
    state: &'a State,
    tenant: &'a TenantId,
    chosen: OnReferenced,
    found: Consequences,
}

impl Search<'_> {
    /// The keys under which a record is named that is about to go.
    fn lost_with(&self, (section, id): &Place) -> Vec<String> {
        let mut lost = vec![target_key(section.as_str(), &Target::Id(id.to_string()))];
        lost.extend(self.state.keys(section, id).iter().filter_map(|key| self.lost_key(section, key)));
        lost
    }

    /// How a key of an index is named, if no record is left that has it.
    fn lost_key(&self, section: &Section, key: &IndexKey) -> Option<String> {
        if key.index().starts_with('@') {
            return None;
        }
        let mut holders = self.state.find(section, key).into_iter();
        let left = holders.any(|entry| !self.found.gone.contains(&(section.clone(), entry.id)));
        (!left).then(|| format!("{}:by {}:{}", section.as_str(), key.index(), key.key()))
    }

    fn follow(&mut self, named: &str) -> Vec<Place> {
        let mut gone = Vec::new();
        for rule in RULES {
            for (section, entry) in self.state.find_everywhere(&IndexKey::new(index_of(rule), named)) {
                let place = (section, Arc::clone(&entry.id));
                if self.found.gone.contains(&place) || !is_own(self.tenant, &entry) {
                    continue;
                }
                match if rule == OnReferenced::Refuse { self.chosen } else { rule } {
                    OnReferenced::Refuse => self.found.refusing.push(place),
                    OnReferenced::Clear => {
                        self.found.cleared.entry(place).or_default().insert(named.to_owned());
                    }
                    OnReferenced::Cascade => gone.push(place),
                }
            }
        }
        gone
    }

    /// Marks records as gone, and all that goes with them.
    fn remove(&mut self, first: Vec<Place>) {
        let mut waiting = first;
        while let Some(place) = waiting.pop() {
            if self.found.gone.insert(place.clone()) {
                let lost = self.lost_with(&place);
                self.found.removed.push(place);
                for named in lost {
                    let more = self.follow(&named);
                    waiting.extend(more);
                }
            }
        }
    }
}

/// Sees to those who name a record that is removed, and removes it. The record's own blobs are
/// released with the others'.
///
/// # Errors
/// [`ErrorKind::Referenced`] about the first that would be left naming nothing; what the policy says of
/// the changes of others; and nothing is changed.
pub(super) fn remove(
    draft: &mut Draft,
    author: &Author<'_>,
    action: Action,
    place: (Section, Arc<str>),
    chosen: OnReferenced,
) -> Result<()> {
    let state = draft.state().clone();
    let found = Consequences::default();
    let mut search = Search { state: &state, tenant: author.tenant, chosen, found };
    search.remove(vec![place]);
    search.found.carry_out(draft, author, action)
}

/// Sees to those who name a record by keys that it loses.
///
/// # Errors
/// As for [`remove`].
pub(super) fn lose_keys(
    draft: &mut Draft,
    author: &Author<'_>,
    action: Action,
    section: &Section,
    id: &str,
    lost: &[IndexKey],
) -> Result<()> {
    if lost.is_empty() {
        return Ok(());
    }
    let state = draft.state().clone();
    let found = Consequences::default();
    let mut search = Search { state: &state, tenant: author.tenant, chosen: OnReferenced::Refuse, found };
    // It is there no more under these keys, and goes on under others.
    search.found.gone.insert((section.clone(), id.into()));
    let lost: Vec<_> = lost.iter().filter_map(|key| search.lost_key(section, key)).collect();
    for named in lost {
        let gone = search.follow(&named);
        search.remove(gone);
    }
    search.found.carry_out(draft, author, action)
}

fn resource((section, id): &Place, action: Action) -> Result<(CollectionName, Resource)> {
    let collection = CollectionName::parse(section.as_str())
        .map_err(|error| Error::new(ErrorKind::Corrupt, action.as_str()).with_source(error))?;
    Ok((collection.clone(), Resource::Record(collection, RecordId::addressed(id))))
}

impl Consequences {
    fn carry_out(self, draft: &mut Draft, author: &Author<'_>, action: Action) -> Result<()> {
        if let Some(left) = self.refusing.iter().find(|place| !self.gone.contains(place)) {
            let about = resource(left, action)?.1.to_string();
            return Err(Error::new(ErrorKind::Referenced, action.as_str()).about(about));
        }
        // All is decided, and every new text made, before anything is changed.
        for place in self.removed.iter().skip(1) {
            author.permit(draft.state(), Action::RemoveRecord, &resource(place, action)?.1)?;
        }
        let mut rewritten = Vec::new();
        for (place, named) in self.cleared.into_iter().filter(|(place, _)| !self.gone.contains(place)) {
            let (collection, resource) = resource(&place, action)?;
            author.permit(draft.state(), Action::UpdateRecord, &resource)?;
            let cleared = clear(draft, author, &collection, &place, &named);
            let (keys, text) = cleared.map_err(|source| {
                let error = Error::new(ErrorKind::Referenced, action.as_str()).about(resource.to_string());
                match source {
                    Some(source) => error.with_source(source),
                    None => error,
                }
            })?;
            rewritten.push((place, keys, text));
        }
        let mut released = Vec::new();
        for (section, id) in &self.removed {
            released.extend(draft.state().keys(section, id).iter().filter_map(records::file_of_key));
            draft.remove(section, id);
        }
        for ((section, id), keys, text) in rewritten {
            released.extend(draft.state().keys(&section, &id).iter().filter_map(records::file_of_key));
            draft.put(&section, &id, keys, text.into_bytes());
        }
        files::release(draft, author.core, &released);
        Ok(())
    }
}

/// The text and the keys of a record without what it names no more. A kind that is not known, or that
/// can't do without, is not cleared.
fn clear(
    draft: &Draft,
    author: &Author<'_>,
    collection: &CollectionName,
    (section, id): &Place,
    named: &BTreeSet<String>,
) -> std::result::Result<(Vec<IndexKey>, RecordText), Option<crate::record::RecordError>> {
    let kind = author.core.kinds.get(collection).ok_or(None)?;
    let entry = draft.state().get(section, id).ok_or(None)?;
    let text = RecordText::from_stored(entry.text);
    let references = (kind.references)(&text)?;
    let fields: Vec<&str> = references
        .iter()
        .filter(|reference| named.contains(&key(reference).1))
        .map(Reference::field)
        .collect();
    let now = author.profile.local_time(draft.now());
    let cleared = text.cleared(&fields, now, &author.core.settings.record_limits)?;
    Ok(((kind.keys)(&cleared)?, cleared))
}
