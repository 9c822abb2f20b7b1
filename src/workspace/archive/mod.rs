//! A tenant out as an archive, and in from one. What an archive looks like is for
//! [`archive`](crate::archive); what becomes of what it holds is decided here.

mod arriving;
mod export;
mod import;
mod restored;

pub use export::Export;
pub use import::{Import, Imported};

pub(super) use export::export;
