//! Tenants that have a ledger, and what of theirs is still in the old places.

use std::collections::BTreeSet;

use crate::migrate::documented::{self, LOOPED_VIDEOS};
use crate::migrate::earlier::Earlier;
use crate::migrate::survey::Survey;
use crate::migrate::{Digest, ProblemKind, TreePath};
use crate::paths::{Area, CollectionName, TenantId};

use super::Planning;
use super::findings::Place;
use super::lookup::Index;

impl Planning<'_> {
    /// Whether a tenant is left alone, since it has a ledger.
    pub(super) fn is_left_alone(&self, tenant: &TenantId) -> bool {
        !self.with_existing && self.tenants.get(tenant).is_some_and(|tenant| tenant.exists)
    }

    /// Records of tenants that have a ledger already stay where they are; and what is not there any more has told
    /// whose other things are, and is told of no more.
    pub(super) fn leave_existing(&mut self, earlier: &Earlier) {
        let default_owner = self.default_owner.clone();
        let index = Index::of(&self.media, &default_owner);
        let mut told = BTreeSet::new();
        for draft in std::mem::take(&mut self.drafts) {
            let left_alone = self.is_left_alone(&draft.tenant);
            if !left_alone && !draft.is_taken {
                self.drafts.push(draft);
                continue;
            }
            for (area, name, done) in named_media(&draft) {
                let whose = (&draft.tenant, draft.scope.as_ref());
                if let Some(at) = index.find(&self.media, (area, &name), whose, done) {
                    self.media[at].existing |= left_alone;
                }
            }
            if draft.is_taken {
                continue;
            }
            if earlier.carried(&draft.from, Digest::of(draft.base.as_bytes())) {
                self.findings.leave(&draft.from, Some(draft.at), "it was migrated before");
                continue;
            }
            self.findings.leave(&draft.from, Some(draft.at), "its tenant has a ledger, and is left alone");
            self.theirs.insert(draft.from.clone());
            if told.insert((draft.tenant.clone(), draft.from.clone())) {
                let reason = format!("it has records of {}, which has a ledger already", draft.tenant);
                let proposal = "they stay; add by the application what of them is not there yet";
                let place = Place::of(&draft.tenant, Some(&draft.from), None);
                self.findings.know(ProblemKind::ExistingTenant, place, reason, proposal);
            }
        }
    }

    /// Says no more of what is not there, nor of what is wrong with the records of tenants that are left alone; and
    /// sets nothing aside that is only theirs and was not carried, nor anything where nothing is to be done.
    pub(super) fn forget_existing(&mut self, survey: &Survey) {
        let is_taken = |path: &TreePath| survey.entry(path).is_some_and(|entry| entry.is_taken);
        let mut problems = std::mem::take(&mut self.findings.problems);
        problems.retain(|problem| {
            let alone = problem.tenant.as_ref().is_some_and(|tenant| self.is_left_alone(tenant));
            let is_told = !alone || problem.kind == ProblemKind::ExistingTenant;
            is_told && !problem.path.as_ref().is_some_and(is_taken)
        });
        self.findings.problems = problems;
        self.findings.left.retain(|left| !is_taken(&left.path));
        self.sources.retain(|source| !is_taken(&source.path));
        // Where everybody is there already, nothing is done.
        let is_done = self.drafts.is_empty() && self.media.is_empty() && !survey.ledgers.is_empty();
        let used: BTreeSet<&TreePath> = self.drafts.iter().map(|draft| &draft.from).collect();
        for source in &mut self.sources {
            let only_theirs = self.theirs.contains(&source.path) && !used.contains(&source.path);
            source.set_aside = !only_theirs && !is_done;
        }
    }
}

/// The files that a record names, each with its area, and whether looped ones are meant.
fn named_media(draft: &super::Draft) -> Vec<(Area, String, bool)> {
    let fields = documented::file_fields(&draft.collection).iter();
    let media = fields.filter_map(|(field, of)| {
        let area = if *of == CollectionName::VIDEOS {
            Area::Videos
        } else if *of == CollectionName::THUMBNAILS {
            Area::Thumbnails
        } else {
            return None;
        };
        let name = documented::file_named(&draft.text_of(field)?).to_owned();
        Some((area, name, draft.collection.as_str() == LOOPED_VIDEOS))
    });
    media.collect()
}
