//! Views, as they are written: [`writing`] brings a tenant's files up to its ledger, [`writer`] says
//! when. Which files there are and what stands in them is for [`crate::views`].

mod writer;
mod writing;

pub use writer::ViewMode;
pub(super) use writer::{Rules, ViewWriter};
pub use writing::{EditedView, ViewReport};
pub(super) use writing::{Scope, edited, write};
