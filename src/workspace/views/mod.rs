//! Views, as they are written: [`writing`] brings a tenant's files up to its ledger, [`writer`] says
//! when. Which files there are and what stands in them is for [`crate::views`].
//!
//! The way back is taken only when it is asked for: [`edits`] is where, [`comparison`] what an edited
//! file means, and [`plan`] how that is told.

mod comparison;
mod edits;
mod plan;
mod writer;
mod writing;

pub use edits::{EditName, EditedViews, SetAsideView};
pub use plan::{Adoption, AdoptionPlan, EditRefusal, RefusedEdit, RefusedEdits};
pub use writer::ViewMode;
pub(super) use writer::{Rules, ViewWriter};
pub use writing::{EditedView, ViewReport};
pub(super) use writing::{Scope, edited, write};
