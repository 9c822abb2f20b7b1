//! Who makes plans.

use std::path::Path;
use std::sync::Arc;

use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::planning::Planning;
use super::survey::{Reading, Survey};
use super::{MigrateError, Plan, PlanOptions, documented};
use crate::environment::Clock;
use crate::quota::Plans;
use crate::record::{Entity, RecordLimits};
use crate::store::TenantStore;
use crate::workspace::{Builder, Settings, Tellers, Tenantry};

/// Makes plans of trees.
pub struct Planner {
    options: PlanOptions,
    limits: RecordLimits,
    kinds: Tellers,
    /// How the application's own kinds are made known to the library.
    known: Vec<fn(Builder) -> Builder>,
    progress: Arc<dyn Fn(SurveyProgress) + Send + Sync>,
}

/// How far the reading of a tree's files is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SurveyProgress {
    /// The bytes that were read.
    pub bytes: u64,
    /// All that are to be read.
    pub total_bytes: u64,
    /// The files that were read.
    pub files: u64,
    /// All that are to be read.
    pub total_files: u64,
}

impl std::fmt::Debug for Planner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Planner").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Planner {
    /// Makes plans in that way, for the library's own kinds of records.
    #[must_use]
    pub fn new(options: PlanOptions) -> Self {
        let limits = crate::Settings::default().record_limits;
        Self { options, limits, kinds: Tellers::own(), known: Vec::new(), progress: Arc::new(|_| {}) }
    }

    /// Makes a kind of the application's own known, so that the database `<collection>.json` is carried. The
    /// types for `looped_videos`, `stream_timers` and `bulk_upload_queue` are the application's.
    #[must_use]
    pub fn kind<E: Entity>(mut self) -> Self {
        self.kinds.add::<E>();
        self.known.push(|builder| builder.kind::<E>());
        self
    }

    /// Sets what a record may be: the same as [`Settings::record_limits`](crate::Settings::record_limits).
    #[must_use]
    pub const fn record_limits(mut self, limits: RecordLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Has itself told how far the reading of the files is: by several threads, at every piece that was read.
    #[must_use]
    pub fn progress(mut self, progress: impl Fn(SurveyProgress) + Send + Sync + 'static) -> Self {
        self.progress = Arc::new(progress);
        self
    }

    /// Makes the plan of a tree. Every file of it that matters is read, and nothing is changed.
    ///
    /// # Errors
    /// [`MigrateError::Root`]; [`MigrateError::Owner`] and [`MigrateError::TimeZone`] for options that
    /// can't be; [`MigrateError::Changed`] and [`MigrateError::Read`] if something is at work in the tree;
    /// [`MigrateError::Journal`] and [`MigrateError::PlanFormat`] for what an earlier migration left.
    /// What is wrong with the data is in the plan.
    pub fn plan(&self, root: &Path) -> Result<Plan, MigrateError> {
        let zone = zone(&self.options.time_zone)?;
        let planning = Planning::new(&self.options, &self.limits, &self.kinds, &zone)?;
        planning.run(&self.survey(root, Reading::All, None)?)
    }

    /// The plan as who serves the tree meanwhile needs it: what lies in the shared places is planned for also
    /// where its tenant has a ledger. Of a file that is as it was in a known survey nothing is read.
    pub(super) fn plan_to_serve(
        &self,
        root: &Path,
        known: Option<&Survey>,
    ) -> Result<(Survey, Plan), MigrateError> {
        let zone = zone(&self.options.time_zone)?;
        let planning = Planning::new(&self.options, &self.limits, &self.kinds, &zone)?;
        let survey = self.survey(root, Reading::All, known)?;
        let plan = planning.with_existing().run(&survey)?;
        Ok((survey, plan))
    }

    /// What tells the tree from what it was, of which nothing is read: by what there is, how long and how old.
    pub(super) fn glance(&self, root: &Path) -> Result<super::Digest, MigrateError> {
        Ok(self.survey(root, Reading::Nothing, None)?.fingerprint())
    }

    /// What tells the tree from what it was or will be, as a plan has it; of the files' bytes nothing is read.
    pub(super) fn fingerprint(&self, root: &Path) -> Result<super::Digest, MigrateError> {
        Ok(self.survey(root, Reading::Records, None)?.fingerprint())
    }

    fn survey(&self, root: &Path, reading: Reading, known: Option<&Survey>) -> Result<Survey, MigrateError> {
        let is_database = |name: &str| {
            let known = documented::collection_of(name)
                .is_some_and(|collection| self.kinds.get(&collection).is_some());
            known || [documented::WORKBOOK, documented::USERS].contains(&name)
        };
        Survey::take(root, reading, known, &is_database, &*self.progress)
    }

    /// What a record may be.
    pub(super) const fn limits(&self) -> RecordLimits {
        self.limits
    }

    /// Opens the library over a store as this planner planned for it.
    pub(super) async fn open(
        &self,
        store: Arc<dyn TenantStore>,
        clock: Arc<dyn Clock>,
        plan: &Plan,
    ) -> crate::Result<Tenantry> {
        let mut settings = Settings::default();
        (settings.record_limits, settings.time_zone) = (self.limits, plan.options.time_zone.clone());
        let plans = plan.plans.iter();
        let plans = plans.fold(Plans::new(), |plans, (name, limits)| plans.with_plan(name, limits.clone()));
        let builder = Builder::over(store).settings(settings).plans(plans).clock(clock);
        self.known.iter().fold(builder, |builder, kind| kind(builder)).open().await
    }
}

fn zone(name: &str) -> Result<TimeZone, MigrateError> {
    let zone = TimeZoneDatabase::bundled().get(name).map_err(|_| MigrateError::TimeZone)?;
    if zone.is_unknown() { Err(MigrateError::TimeZone) } else { Ok(zone) }
}
