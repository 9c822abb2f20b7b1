//! The plan: a document that says of everything in a tree where it goes and why, and of what can't go
//! anywhere what could be done.
//!
//! It carries no secret. Of a record it has the place from which it comes and what is changed of it, with
//! digests of both texts; whoever applies it reads the text there and changes it
//! ([`Texts`](super::Texts)). It has no time and no randomness, so that planning twice gives the same.

mod file;
mod only;
mod problem;
mod record;
mod sheet;
mod tenant;
mod text;
mod totals;

pub use file::{Left, Placement, PlannedFile, SourceFile};
pub use problem::{Problem, ProblemKind};
pub use record::{Edit, PlannedRecord, Position};
pub use tenant::PlannedTenant;
pub use totals::{TenantTotals, Totals};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Digest, MigrateError, PlanOptions};
use crate::quota::Limits;

/// What a migration would do. It displays as a text for people, serialises as one JSON document, and is
/// [written](Self::to_workbook) as a workbook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Plan {
    /// The form of this document: [`Plan::FORMAT`]. One of another form can't be read, in whatever way.
    pub(super) format: PlanForm,
    /// How it was made.
    pub options: PlanOptions,
    /// What tells the state of the tree that was planned for from any other: paths and kinds of all that was
    /// looked at, and of what was read length, time of change and content.
    pub fingerprint: Digest,
    /// How much there is of everything.
    pub totals: Totals,
    /// Who there will be.
    pub tenants: Vec<PlannedTenant>,
    /// The plans that the tenants' profiles name, with the limits that the roles of those names had. The
    /// application has to be given plans of all these names.
    pub plans: BTreeMap<String, Limits>,
    /// The files that hold records.
    pub sources: Vec<SourceFile>,
    /// The files that become stored ones.
    pub files: Vec<PlannedFile>,
    /// The records.
    pub records: Vec<PlannedRecord>,
    /// What stays as it is, where it is.
    pub left: Vec<Left>,
    /// What is wrong, with a proposed answer each.
    pub problems: Vec<Problem>,
}

impl Plan {
    /// The form that this version writes and reads.
    pub const FORMAT: u32 = 1;

    /// Whether it can be applied: no problem is in the way.
    #[must_use]
    pub fn can_be_applied(&self) -> bool {
        !self.problems.iter().any(|problem| problem.blocking)
    }

    /// Reads a plan that was written as JSON.
    ///
    /// # Errors
    /// [`MigrateError::PlanFormat`] if its form is another than [`FORMAT`](Self::FORMAT);
    /// [`MigrateError::NoPlan`] if the text is none.
    pub fn from_json(text: &[u8]) -> Result<Self, MigrateError> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        // Seen to be a text once, and not each string of it.
        let plan = std::str::from_utf8(text).ok().and_then(|text| serde_json::from_str(text).ok());
        if let Some(plan) = plan {
            return Ok(plan);
        }
        // What else is in one of another form, nobody knows.
        let Format { format } = serde_json::from_slice(text).map_err(|_| MigrateError::NoPlan)?;
        PlanForm::try_from(format)?;
        Err(MigrateError::NoPlan)
    }

    /// Reads the plan of a journal.
    pub(super) fn of_journal(text: &[u8]) -> Result<Self, MigrateError> {
        Self::from_json(text).map_err(|error| match error {
            MigrateError::NoPlan => MigrateError::Journal,
            other => other,
        })
    }

    /// The plan as an Excel workbook with sheets for the totals, tenants, files, records, what is left,
    /// and the problems.
    ///
    /// # Errors
    /// [`MigrateError::Workbook`].
    pub fn to_workbook(&self) -> Result<Vec<u8>, MigrateError> {
        sheet::workbook(self).map_err(MigrateError::Workbook)
    }
}

/// The form of a plan that is known here, and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub(super) struct PlanForm;

impl TryFrom<u32> for PlanForm {
    type Error = MigrateError;

    fn try_from(format: u32) -> Result<Self, MigrateError> {
        match format {
            Plan::FORMAT => Ok(Self),
            format => Err(MigrateError::PlanFormat { format }),
        }
    }
}

impl From<PlanForm> for u32 {
    fn from(_: PlanForm) -> Self {
        Plan::FORMAT
    }
}
