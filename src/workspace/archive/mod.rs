//! A tenant out as an archive, and in from one. What an archive looks like is for
//! [`archive`](crate::archive); what becomes of what it holds is decided here.

mod arriving;
mod export;
mod import;
mod restored;

pub use export::Export;
pub use import::{Import, Imported};

pub(super) use export::export;

use super::access::Core;
use super::stored_files::written::joined;
use crate::error::Result;
use crate::ownership::Action;

/// Does what takes long where records are many, so that nobody else's task waits for it.
async fn aside<T: Send + 'static>(
    core: &Core,
    action: Action,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    joined(action, core.runtime.spawn_blocking(work).await)
}
