//! The documented files that are derived from a tenant's ledger, for people and other programs: which
//! file shows which collection or token, its text, the digests by which a file is known to be the
//! library's own, and digests of the records that it shows.
//!
//! Everything here is a pure rule. When views are written, and what happens to one that somebody else
//! edited, is for the workspace.
//!
//! Secrets stand in views as they stand in the documented format: a view lies on its owner's own disk,
//! in folders of mode 0700 and files of mode 0600.

mod digests;
mod layout;
mod shown;
mod text;

pub(crate) use digests::{Digest, Digests};
pub(crate) use layout::{STANDING, Shape, collection_of, shape, token_view, view_of};
pub(crate) use shown::Shown;
pub(crate) use text::text;
