//! Views, as they are written: [`writing`] brings a tenant's files up to its ledger, [`writer`] says
//! when, and [`content`] what they should be. How files are called and written is for
//! [`crate::views`].
//!
//! The way back is taken only when it is asked for: [`edits`] is where, [`comparison`] what an edited
//! file means, and [`plan`] how that is told.

mod comparison;
mod content;
mod edits;
mod plan;
mod report;
mod writer;
mod writing;

pub use edits::{EditName, EditedViews, SetAsideView};
pub use plan::{Adoption, AdoptionPlan, EditRefusal, RefusedEdit, RefusedEdits};
pub use report::{EditedView, ViewReport};
pub use writer::ViewMode;
pub(super) use writer::{Rules, ViewWriter};
pub(super) use writing::{Scope, edited, write};
