//! The part of a plan that is some tenants' alone.
//!
//! What the others have stays where it is, for a later migration: their records in the shared databases, these
//! databases, and every file that one of them needs. So each of several migrations finds what the one before left.
//! The exception is what lies in the folder of a tenant that is migrated, or in that folder's place, where its views and
//! blobs are to be: if another needs any of it, that one has to come before, or along.

use std::collections::{BTreeMap, BTreeSet};

use super::{Left, Plan, PlannedFile, Problem, ProblemKind, Totals};
use crate::migrate::documented::scope_of;
use crate::migrate::{Digest, TreePath};
use crate::paths::TenantId;

/// Why something stays.
const LATER: &str = "it belongs to a tenant that is migrated later";

impl Plan {
    /// The same plan for these tenants alone. What is the others' is [left](Self::left); what they share is
    /// [copied](PlannedFile::keeps_original); and a shared database [stays](super::SourceFile::set_aside) until the
    /// last tenant that has anything is migrated. Of the problems those remain that may concern the chosen. The
    /// fingerprint is still the whole tree's.
    ///
    /// If something of another's lies in the folder of a chosen tenant, that is a problem in the way
    /// ([`ProblemKind::InTheWay`]): both have to be chosen, or the other one before.
    #[must_use]
    pub fn only(mut self, tenants: &BTreeSet<TenantId>) -> Self {
        let later = self.later(tenants);
        self.find_in_the_way(tenants, &later);
        self.problems.retain(|problem| problem.tenant.as_ref().is_none_or(|of| tenants.contains(of)));
        self.leave_files(tenants);
        self.leave_records(tenants, &later);
        self.left.sort_by(|one, other| (&one.path, one.at).cmp(&(&other.path, other.at)));
        self.tenants.retain(|tenant| tenants.contains(&tenant.id));
        let named: BTreeSet<_> = self.tenants.iter().filter_map(|tenant| tenant.plan.as_ref()).collect();
        self.plans.retain(|name, _| named.contains(name));
        let active: BTreeMap<_, _> = std::mem::take(&mut self.totals.tenants)
            .into_iter()
            .filter(|(tenant, had)| tenants.contains(tenant) && had.active_streams > 0)
            .map(|(tenant, had)| (tenant, had.active_streams))
            .collect();
        self.totals = Totals::of(&self.files, &self.records, &self.sources, &active);
        self
    }

    /// Who is still to come, and has anything.
    fn later(&self, tenants: &BTreeSet<TenantId>) -> BTreeSet<TenantId> {
        let of_records = self.records.iter().map(|record| &record.tenant);
        let of_files = self.files.iter().flat_map(|file| &file.to).map(|to| &to.tenant);
        of_records.chain(of_files).filter(|tenant| !tenants.contains(*tenant)).cloned().collect()
    }

    /// What another needs of that which lies in the folder of a chosen tenant.
    fn find_in_the_way(&mut self, tenants: &BTreeSet<TenantId>, later: &BTreeSet<TenantId>) {
        let of_records = self.records.iter().map(|record| (&record.from, &record.tenant));
        let of_files =
            self.files.iter().flat_map(|file| file.to.iter().map(move |to| (&file.from, &to.tenant)));
        let mut whose = BTreeMap::<(&TreePath, TenantId), BTreeSet<&TenantId>>::new();
        for (path, tenant) in of_records.chain(of_files).filter(|(_, tenant)| later.contains(*tenant)) {
            if let Some(folder) = folder_of(path).filter(|folder| tenants.contains(folder)) {
                whose.entry((path, folder)).or_default().insert(tenant);
            }
        }
        let found = whose.into_iter().map(|((path, folder), whose)| {
            let names: Vec<_> = whose.iter().map(|tenant| tenant.as_str()).collect();
            Problem {
                kind: ProblemKind::InTheWay,
                blocking: true,
                reason: format!("it lies in a folder of {folder}, and {} needs it, too", names.join(", ")),
                tenant: Some(folder),
                path: Some(path.clone()),
                at: None,
                proposal: "migrate that tenant before, or along".into(),
            }
        });
        let found: Vec<_> = found.collect();
        self.problems.extend(found);
        let key =
            |problem: &Problem| (problem.kind, problem.path.clone(), problem.at, problem.reason.clone());
        self.problems.sort_by_cached_key(key);
    }

    /// Leaves the files of others, and keeps the originals of those that they need, too.
    fn leave_files(&mut self, tenants: &BTreeSet<TenantId>) {
        for file in &mut self.files {
            let all = file.to.len();
            file.to.retain(|to| tenants.contains(&to.tenant));
            file.keeps_original |= file.to.len() < all;
        }
        let is_others = |file: &PlannedFile| file.to.is_empty();
        let left = self.files.iter().filter(|file| is_others(file));
        let left = left.map(|file| stays(&file.from, None, Some(file.digest)));
        self.left.extend(left);
        self.files.retain(|file| !is_others(file));
    }

    /// Leaves the records of others, and the sources that hold nothing else.
    fn leave_records(&mut self, tenants: &BTreeSet<TenantId>, later: &BTreeSet<TenantId>) {
        if later.is_empty() {
            return;
        }
        let used: BTreeSet<TreePath> = self
            .records
            .iter()
            .filter(|record| tenants.contains(&record.tenant))
            .map(|record| record.from.clone())
            .collect();
        let mut whole = BTreeMap::new();
        for source in &mut self.sources {
            source.set_aside = scope_of(&source.path).is_some_and(|folder| tenants.contains(&folder));
            if !source.set_aside && !used.contains(&source.path) {
                whole.insert(source.path.clone(), source.digest);
            }
        }
        self.sources.retain(|source| !whole.contains_key(&source.path));
        self.left.retain(|left| !whole.contains_key(&left.path));
        self.left.extend(whole.iter().map(|(path, digest)| stays(path, None, Some(*digest))));
        let in_sources: BTreeSet<_> = self.sources.iter().map(|source| &source.path).collect();
        let others = self.records.iter().filter(|record| !tenants.contains(&record.tenant));
        // A record that is made for a file has no place of its own.
        let left = others.filter(|record| in_sources.contains(&record.from));
        self.left.extend(left.map(|record| stays(&record.from, Some(record.at), None)));
        self.records.retain(|record| tenants.contains(&record.tenant));
    }
}

/// The tenant in whose folder something lies, or whose folder is to be where it lies.
fn folder_of(path: &TreePath) -> Option<TenantId> {
    let in_its_place = || match path.parts().count() {
        2 => TenantId::parse(path.name().as_str()?).ok(),
        _ => None,
    };
    scope_of(path).or_else(in_its_place)
}

fn stays(path: &TreePath, at: Option<super::Position>, digest: Option<Digest>) -> Left {
    Left { path: path.clone(), at, digest, why: LATER.into() }
}
