//! Which records are the same one, and what each is called.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::migrate::{Digest, Form, ProblemKind};
use crate::paths::{CollectionName, TenantId};
use crate::record::fields::respelled;
use crate::record::{Envelope, RecordId};

use super::Planning;
use super::draft::Draft;

/// The id that something gets that has none: made of what it is, so that it is the same each time.
pub(super) fn made_id(of: &[&[u8]]) -> RecordId {
    let digest = Digest::of_parts([b"id".as_slice()].into_iter().chain(of.iter().copied()));
    RecordId::of_uuid(uuid::Builder::from_custom_bytes(digest.half().to_be_bytes()).into_uuid())
}

impl Planning<'_> {
    /// Leaves those that stand once more in a tenant's own folder, and gives every other an id of its own.
    pub(super) fn find_identities(&mut self) {
        self.leave_superseded();
        self.give_ids();
    }

    /// An earlier script copied the databases into the tenants' folders and left the old ones: what stands in
    /// both is the folder's.
    fn leave_superseded(&mut self) {
        let mut own: HashMap<(TenantId, CollectionName, String), Vec<usize>> = HashMap::new();
        for (at, draft) in self.drafts.iter().enumerate().filter(|(_, draft)| draft.scope.is_some()) {
            let key = (draft.tenant.clone(), draft.collection.clone(), identity(draft));
            own.entry(key).or_default().push(at);
        }
        if own.is_empty() {
            return;
        }
        for places in own.values_mut() {
            places.reverse();
        }
        let mut gone = HashSet::new();
        for (at, draft) in self.drafts.iter().enumerate().filter(|(_, draft)| draft.scope.is_none()) {
            let key = (draft.tenant.clone(), draft.collection.clone(), identity(draft));
            let Some(twin) = own.get_mut(&key).and_then(Vec::pop) else { continue };
            let Some(twin) = self.drafts.get(twin) else { continue };
            gone.insert(at);
            let why = format!("it stands in the tenant's own folder, too: {}, {}", twin.from, twin.at);
            if meaning(draft) == meaning(twin) {
                self.findings.leave(&draft.from, Some(draft.at), why);
            } else {
                let reason = format!("{why}, and there it says something else");
                let proposal = "the folder's is carried; have this one left, or bring that one up to date";
                self.findings.refuse(ProblemKind::Conflict, draft.place(), reason, proposal);
            }
        }
        let mut at = 0..;
        self.drafts.retain(|_| !at.next().is_some_and(|at| gone.contains(&at)));
    }

    /// Names the records that say the same as another one.
    pub(super) fn note_duplicates(&mut self) {
        let mut first = HashMap::new();
        for draft in &self.drafts {
            if draft.collection == CollectionName::TOKENS {
                continue;
            }
            let key = (&draft.tenant, &draft.collection, meaning(draft).half());
            match first.get(&key) {
                None => drop(first.insert(key, draft)),
                Some(twin) => {
                    let reason = format!("it says the same as {}, {}", twin.from, twin.at);
                    let proposal = "both are carried; delete one of them by the application";
                    self.findings.know(ProblemKind::Duplicate, draft.place(), reason, proposal);
                }
            }
        }
    }

    fn give_ids(&mut self) {
        let mut taken: HashSet<(TenantId, CollectionName, RecordId)> = HashSet::new();
        // What lies in a tenant's own folder comes first to its id.
        let (own, shared): (Vec<usize>, Vec<usize>) =
            (0..self.drafts.len()).partition(|at| self.drafts[*at].scope.is_some());
        let mut without = Vec::new();
        for at in own.into_iter().chain(shared) {
            let draft = &mut self.drafts[at];
            let old = draft.old_id.as_deref().and_then(|id| RecordId::parse(id).ok());
            let key = |id: &RecordId| (draft.tenant.clone(), draft.collection.clone(), id.clone());
            match old.filter(|id| taken.insert(key(id))) {
                Some(id) => draft.id = Some(id),
                None => without.push(at),
            }
        }
        for at in without {
            let id = self.free_id(&self.drafts[at], &mut taken);
            self.drafts[at].id = Some(id);
            let draft = &self.drafts[at];
            if draft.form != Some(Form::Array) && draft.old_id.is_none() {
                continue; // rows, tokens and stream keys never had one
            }
            let reason = match draft.old_id.as_deref().map(RecordId::parse) {
                None => "it has no id".to_owned(),
                Some(Ok(_)) => "another record has the same id".to_owned(),
                Some(Err(error)) => error.to_string(),
            };
            let proposal = "it gets a new one; what names it by the old one follows where no other has it";
            self.findings.know(ProblemKind::NewId, draft.place(), reason, proposal);
        }
    }

    /// An id that no other has: made of what the record says, and of how many say the same before it.
    fn free_id(&self, draft: &Draft, taken: &mut HashSet<(TenantId, CollectionName, RecordId)>) -> RecordId {
        let (tenant, collection) = (draft.tenant.clone(), draft.collection.clone());
        let says = identity_of_content(draft);
        for number in 0_u64.. {
            let parts = [tenant.as_str().as_bytes(), collection.as_str().as_bytes(), says.as_bytes()];
            let id = made_id(&[parts[0], parts[1], parts[2], &number.to_le_bytes()]);
            if taken.insert((tenant.clone(), collection.clone(), id.clone())) {
                return id;
            }
        }
        made_id(&[])
    }

    /// The new ids of records whose old one nobody has any more, by tenant, collection and old id.
    pub(super) fn changed_ids(&self) -> BTreeMap<(&TenantId, &CollectionName, &str), Option<&RecordId>> {
        let mut changed = BTreeMap::new();
        for draft in &self.drafts {
            let (Some(old), Some(id)) = (draft.old_id.as_deref(), draft.id.as_ref()) else { continue };
            let key = (&draft.tenant, &draft.collection, old);
            // Of several only the first may have kept it; then it is not theirs to be followed.
            changed.entry(key).and_modify(|known| *known = None).or_insert(Some(id));
        }
        changed.retain(|(.., old), id| id.is_some_and(|id| id.as_str() != *old));
        changed
    }
}

/// By what a record is known to be the same as another: its id, or what it says.
fn identity(draft: &Draft) -> String {
    match &draft.old_id {
        Some(id) => format!("id {id}"),
        None => identity_of_content(draft),
    }
}

fn identity_of_content(draft: &Draft) -> String {
    let part = |field| draft.text_of(field).unwrap_or_default();
    if draft.collection == CollectionName::TOKENS {
        format!("token {}", part("filename"))
    } else if draft.collection == CollectionName::STREAM_MAPPING {
        format!("stream {}\n{}", part("token_file"), part("stream_id"))
    } else {
        format!("says {}", meaning(draft))
    }
}

/// A digest of what a record says but for its envelope, whatever its order and spelling.
fn meaning(draft: &Draft) -> Digest {
    let fields = draft.fields();
    let own = fields.iter().filter(|(name, _)| !Envelope::has(name));
    let mut own: Vec<_> = own.map(|(name, value)| (name, respelled(value))).collect();
    own.sort_unstable();
    Digest::of_parts(own.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]))
}
