//! A tenant's history: state, transactions over it, the committer that makes them durable, and
//! the cache that bounds what all of it takes.
//!
//! Above this module are the rules of records, uploads and quotas; below it a store that keeps
//! opaque commits. Nothing here knows who asks: callers come with a permit.

mod cache;
mod cell;
mod closing;
mod commit_text;
mod draft;
mod freshness;
mod header;
mod memory;
mod reading;
mod state;
mod tally;
mod transaction;

pub(crate) use cache::{CommitRule, Ledger, LedgerSettings, Work};
pub(crate) use draft::Draft;
pub use freshness::Freshness;
pub(crate) use header::{Lifecycle, ProfileText, TenantHeader};
pub use state::Direction;
pub(crate) use state::{Entry, Found, IndexKey, Kept, LazyState, OfEntry, Section, State, kept_as};
pub(crate) use transaction::Meanwhile;
