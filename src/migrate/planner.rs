//! Who makes plans.

use std::path::Path;
use std::sync::Arc;

use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::planning::Planning;
use super::survey::Survey;
use super::{MigrateError, Plan, PlanOptions, documented};
use crate::record::{Entity, RecordLimits};
use crate::workspace::Tellers;

/// Makes plans of trees.
pub struct Planner {
    options: PlanOptions,
    limits: RecordLimits,
    kinds: Tellers,
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
        Self { options, limits, kinds: Tellers::own(), progress: Arc::new(|_| {}) }
    }

    /// Makes a kind of the application's own known, so that the database `<collection>.json` is carried. The
    /// types for `looped_videos`, `stream_timers` and `bulk_upload_queue` are the application's.
    #[must_use]
    pub fn kind<E: Entity>(mut self) -> Self {
        self.kinds.add::<E>();
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
    /// can't be; [`MigrateError::Changed`] and [`MigrateError::Read`] if something is at work in the tree.
    /// What is wrong with the data is in the plan.
    pub fn plan(&self, root: &Path) -> Result<Plan, MigrateError> {
        let zone = zone(&self.options.time_zone)?;
        let is_database = |name: &str| {
            let known = documented::collection_of(name)
                .is_some_and(|collection| self.kinds.get(&collection).is_some());
            known || [documented::WORKBOOK, documented::USERS].contains(&name)
        };
        let planning = Planning::new(&self.options, &self.limits, &self.kinds, &zone)?;
        let survey = Survey::take(root, &is_database, &*self.progress)?;
        planning.run(&survey)
    }
}

fn zone(name: &str) -> Result<TimeZone, MigrateError> {
    let zone = TimeZoneDatabase::bundled().get(name).map_err(|_| MigrateError::TimeZone)?;
    if zone.is_unknown() { Err(MigrateError::TimeZone) } else { Ok(zone) }
}
