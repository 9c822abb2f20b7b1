//! Planning: from what was surveyed and read to what is to be done. Pure but for reading the databases.
//!
//! In this order: what is each entry of the tree; who are the users; whose is each record; which records stand
//! twice, and what are their ids; whose is each file, and what is it called; what is changed of each text, and
//! would it be taken; what is left naming nothing, and who would have too much.

mod checks;
mod draft;
mod edits;
mod existing;
mod files;
mod findings;
mod identity;
mod lookup;
mod names;
mod owners;
mod places;
mod reading;
mod sorting;
mod users;

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use self::draft::Draft;
use self::files::Media;
use self::findings::Findings;
use super::plan::PlanForm;
use super::survey::Survey;
use super::{
    MigrateError, Plan, PlanOptions, PlannedTenant, ProblemKind, SourceFile, Totals, TreePath, documented,
};
use crate::ownership::Role;
use crate::paths::TenantId;
use crate::quota::Limits;
use crate::record::RecordLimits;
use crate::workspace::Tellers;

/// A plan in the making.
pub(super) struct Planning<'a> {
    options: &'a PlanOptions,
    limits: &'a RecordLimits,
    kinds: &'a Tellers,
    zone: &'a TimeZone,
    default_owner: TenantId,
    /// The owners that were given, and which of them were of use.
    given: BTreeMap<&'a str, TenantId>,
    used: BTreeSet<&'a str>,
    tenants: BTreeMap<TenantId, PlannedTenant>,
    plans: BTreeMap<String, Limits>,
    sources: Vec<SourceFile>,
    drafts: Vec<Draft>,
    media: Vec<Media>,
    /// Which of the four folders there are.
    folders: BTreeSet<&'static str>,
    findings: Findings,
    /// Whether tenants that have a ledger are planned for like the others.
    with_existing: bool,
    /// What holds records of theirs that no migration carried.
    theirs: BTreeSet<TreePath>,
}

impl<'a> Planning<'a> {
    pub(super) fn new(
        options: &'a PlanOptions,
        limits: &'a RecordLimits,
        kinds: &'a Tellers,
        zone: &'a TimeZone,
    ) -> Result<Self, MigrateError> {
        let owner = |option, name: &str| {
            documented::tenant(name).map_err(|reason| MigrateError::Owner { option, reason })
        };
        let given = options.owners.iter().map(|(of, name)| Ok((of.as_str(), owner("owners", name)?)));
        let mut planning = Self {
            options,
            limits,
            kinds,
            zone,
            default_owner: owner("default_owner", &options.default_owner)?,
            given: given.collect::<Result<_, MigrateError>>()?,
            used: BTreeSet::new(),
            tenants: BTreeMap::new(),
            plans: BTreeMap::new(),
            sources: Vec::new(),
            drafts: Vec::new(),
            media: Vec::new(),
            folders: BTreeSet::new(),
            findings: Findings::new(options.refused),
            with_existing: false,
            theirs: BTreeSet::new(),
        };
        planning.tenant("default_owner", &options.default_owner, "the default owner")?;
        for name in options.owners.values() {
            planning.tenant("owners", name, "an owner that was given")?;
        }
        if let Some(name) = &options.demo {
            let id = planning.tenant("demo", name, "the demonstration")?;
            if let Some(demo) = planning.tenants.get_mut(&id) {
                demo.role = Role::Demo;
            }
        }
        Ok(planning)
    }

    /// Plans for tenants that have a ledger like for the others, as far as what they have lies in the shared
    /// places.
    pub(super) const fn with_existing(mut self) -> Self {
        self.with_existing = true;
        self
    }

    /// The tenant that an option names.
    fn tenant(
        &mut self,
        option: &'static str,
        name: &str,
        why: &'static str,
    ) -> Result<TenantId, MigrateError> {
        self.add_tenant(name, why).map_err(|reason| MigrateError::Owner { option, reason })
    }

    pub(super) fn run(mut self, survey: &Survey) -> Result<Plan, MigrateError> {
        self.sort(survey);
        self.read_users(survey)?;
        self.ensure_admin();
        self.read_records(survey)?;
        self.find_identities();
        self.leave_existing(&survey.earlier);
        self.note_duplicates();
        self.find_files();
        self.write_edits();
        self.check();
        self.check_places(survey);
        if self.drafts.is_empty() && self.media.is_empty() && self.sources.is_empty() {
            self.findings.block(
                ProblemKind::NothingFound,
                (None, None),
                "there is no database, no workbook and no file of the application",
                "name the folder in which the application keeps its data",
            );
        }
        self.forget_existing(survey);
        for of in self.given.keys().filter(|of| !self.used.contains(*of)) {
            let reason = format!(
                "an owner was given for {of:?}, which names its owner itself, goes where the records go that name \
                 it, or is not there"
            );
            let proposal = "name those records, correct the name, or leave it out";
            self.findings.know(ProblemKind::UnusedOwner, (None, None), reason, proposal);
        }
        Ok(self.into_plan(survey))
    }

    fn into_plan(mut self, survey: &Survey) -> Plan {
        let files = self.planned_files();
        let mut active = BTreeMap::<TenantId, u64>::new();
        for draft in self.drafts.iter().filter(|draft| draft.is_active) {
            *active.entry(draft.tenant.clone()).or_default() += 1;
        }
        let mut records: Vec<_> =
            std::mem::take(&mut self.drafts).into_iter().map(Draft::into_planned).collect();
        // Collected in the place of what they were made of, they would keep its room.
        records.shrink_to_fit();
        let totals = Totals::of(&files, &records, &self.sources, &active);
        self.check_limits(&totals);
        self.sources.sort_by(|one, other| one.path.cmp(&other.path));
        let (mut left, problems) = self.findings.sorted();
        for left in left.iter_mut().filter(|left| left.at.is_none()) {
            left.digest = survey.entry(&left.path).and_then(|entry| entry.digest);
        }
        Plan {
            format: PlanForm,
            options: self.options.clone(),
            fingerprint: survey.fingerprint(),
            totals,
            tenants: self.tenants.into_values().collect(),
            plans: self.plans,
            sources: self.sources,
            files,
            records,
            left,
            problems,
        }
    }
}
