//! Would the records be taken; what do they name that is not there; who would have too much.

use std::collections::HashSet;

use crate::migrate::edit::{edited, set};
use crate::migrate::{Digest, Position, ProblemKind, Totals};
use crate::paths::{Area, CollectionName, TenantId};
use crate::record::{RecordText, Target};
use crate::workspace::{Facts, title_of};

use super::Planning;
use super::draft::{Draft, Named};
use super::findings::Place;
use super::identity::made_id;

/// What stands for one of a tenant's records, by its id or by a key of an index.
fn key(tenant: &TenantId, collection: &CollectionName, index: &str, key: &str) -> u128 {
    let parts = [tenant.as_str(), collection.as_str(), index, key];
    Digest::of_parts(parts.iter().map(|part| part.as_bytes())).half()
}

/// The index of ids: no other has that name.
const ID: &str = "@id";

impl Planning<'_> {
    /// Checks all records, makes those that are missing now, and looks for what names nothing.
    pub(super) fn check(&mut self) {
        let mut unique = HashSet::new();
        self.check_records(&mut unique);
        // Where a record was refused its file is without one.
        self.make_records();
        self.check_records(&mut unique);
        self.find_dangling();
    }

    /// Checks those that were not checked before.
    fn check_records(&mut self, unique: &mut HashSet<u128>) {
        for mut draft in std::mem::take(&mut self.drafts) {
            match if draft.bytes > 0 { Ok(()) } else { self.check_record(&mut draft, unique) } {
                Ok(()) => self.drafts.push(draft),
                Err(reason) => {
                    let proposal = "mend it by hand, or have it left";
                    let kind = ProblemKind::RefusedRecord;
                    self.findings.refuse(kind, draft.place(), reason, proposal);
                }
            }
        }
    }

    fn check_record(&self, draft: &mut Draft, unique: &mut HashSet<u128>) -> Result<(), String> {
        let text = {
            let fields = edited(&draft.base, &draft.edits).map_err(|error| error.to_string())?;
            RecordText::of(&fields, self.limits).map_err(|error| error.to_string())?
        };
        let teller = self.kinds.get(&draft.collection).ok_or("its kind is not known")?;
        let facts = (teller.tell)(&text, self.limits).map_err(|error| error.to_string())?;
        let (tenant, collection) = (&draft.tenant, &draft.collection);
        let keys: Vec<(&str, u128)> =
            facts.keys.iter().map(|(index, value)| (*index, key(tenant, collection, index, value))).collect();
        let claims = || keys.iter().filter(|(index, _)| facts.unique.contains(index));
        if let Some((index, _)) = claims().find(|(_, key)| unique.contains(key)) {
            return Err(format!("another record has the same {index}, of which each may have but one"));
        }
        unique.extend(claims().map(|(_, key)| *key));
        draft.names = names(tenant, &facts);
        draft.keys = keys.into_iter().map(|(_, key)| key).collect();
        draft.keys.extend(draft.id.as_ref().map(|id| key(tenant, collection, ID, id.as_str())));
        draft.is_active = facts.is_active() && *collection == CollectionName::LIVE_STREAMS;
        (draft.text, draft.bytes) = (Digest::of(text.as_bytes()), text.as_bytes().len() as u64);
        Ok(())
    }

    /// Makes records for the files that are a tenant's and have none with it.
    pub(super) fn make_records(&mut self) {
        let (mut own, mut in_records) = (HashSet::new(), HashSet::new());
        for draft in &self.drafts {
            for (field, named) in &draft.files {
                let Named::Media(file) = *named else { continue };
                in_records.insert(file);
                if *field == "filename" {
                    own.insert((draft.tenant.clone(), file));
                }
            }
        }
        for at in 0..self.media.len() {
            let owners: Vec<TenantId> = self.media[at].owners.keys().cloned().collect();
            for tenant in owners {
                if !own.contains(&(tenant.clone(), at)) {
                    let made = self.made(at, &tenant);
                    let reason = format!("no record of {tenant} is its own; one is made");
                    let proposal = match in_records.contains(&at) {
                        true => {
                            "if it is another's, name in the owners' file whose the records are that name it"
                        }
                        false => "name its owner in the owners' file if it is another's",
                    };
                    let place = Place::of(&tenant, Some(&made.from), None);
                    self.findings.know(ProblemKind::NoRecord, place, reason, proposal);
                    self.drafts.push(made);
                }
            }
        }
    }

    /// The record of a file that has none.
    fn made(&self, at: usize, tenant: &TenantId) -> Draft {
        let file = &self.media[at];
        let (collection, original) = (file.collection(), file.original_name());
        let name = file.name_for(tenant).map(ToString::to_string).unwrap_or_default();
        let parts = [b"file".as_slice(), tenant.as_str().as_bytes(), file.path.as_bytes()];
        let id = made_id(&parts);
        let time = self.local(file.modified).to_string();
        let edits = vec![
            set("id", id.as_str()),
            set("owner", tenant.as_str()),
            set("created_by", tenant.as_str()),
            set("created_at", time.as_str()),
            set("updated_at", time.as_str()),
            set("title", title_of(&original)),
            set("filename", name),
            set("original_filename", original),
            set("date_added", time),
            set("bytes", file.bytes),
            set("hash", file.digest.to_string()),
        ];
        Draft {
            from: file.path.clone(),
            at: Position::Whole,
            form: None,
            is_taken: false,
            scope: None,
            collection,
            base: "{}".to_owned(),
            modified: file.modified,
            tenant: tenant.clone(),
            why: "it is made for a file that has none".into(),
            old_id: None,
            id: Some(id),
            files: vec![("filename", Named::Media(at))],
            edits,
            text: Digest::of(b""),
            bytes: 0,
            is_active: false,
            keys: Vec::new(),
            names: Vec::new(),
        }
    }

    fn find_dangling(&mut self) {
        let there: HashSet<u128> = self.drafts.iter().flat_map(|draft| draft.keys.iter().copied()).collect();
        for draft in &self.drafts {
            for (field, key) in &draft.names {
                if !there.contains(key) {
                    let reason = format!("the field {field:?} names nothing that {} has", draft.tenant);
                    let proposal = "it is carried as it is; mend or clear it by the application";
                    self.findings.know(ProblemKind::Dangling, draft.place(), reason, proposal);
                }
            }
            if draft.files.contains(&("filename", Named::Missing)) {
                let is_image = draft.collection == CollectionName::THUMBNAILS;
                let area = if is_image { Area::Thumbnails } else { Area::Videos };
                let reason = format!("its file is not in {area}");
                let proposal = "it is carried without; restore the file before, or delete the record after";
                self.findings.know(ProblemKind::NoFile, draft.place(), reason, proposal);
            }
            if draft.files.contains(&("video_path", Named::Missing)) {
                let reason = "the path in \"video_path\" leads to no file that there is";
                let proposal = "it is carried as it is; it means nothing on this machine";
                self.findings.know(ProblemKind::Dangling, draft.place(), reason, proposal);
            }
        }
    }

    /// Who would have more than the plan or the profile allows.
    pub(super) fn check_limits(&mut self, totals: &Totals) {
        for (id, tenant) in &self.tenants {
            let of_plan = tenant.plan.as_ref().and_then(|plan| self.plans.get(plan));
            let limits = of_plan.cloned().unwrap_or_default().overridden(&tenant.limits);
            let Some(has) = totals.tenants.get(id) else { continue };
            let measures = [
                ("active streams", has.active_streams, limits.active_streams),
                ("bytes of files", has.file_bytes, limits.blob_bytes),
            ];
            for (what, has, limit) in measures {
                if let Some(limit) = limit.filter(|limit| has > *limit) {
                    let reason = format!("{id} would have {has} {what}; its limit is {limit}");
                    let proposal =
                        "all is carried, and nothing can be added until there is less or the limit is raised";
                    self.findings.know(ProblemKind::OverLimit, Place::of(id, None, None), reason, proposal);
                }
            }
        }
    }
}

/// What a record names.
fn names(tenant: &TenantId, facts: &Facts) -> Vec<(&'static str, u128)> {
    let named = facts.references.iter().map(|reference| {
        let key = match reference.target() {
            Target::Id(id) => key(tenant, reference.collection(), ID, id),
            Target::Key(index, value) => key(tenant, reference.collection(), index, value),
        };
        (reference.field(), key)
    });
    named.collect()
}
