//! How new a state has to be that is only read.

use std::time::Duration;

/// How new what is read has to be. Changes are not concerned: a transaction runs on the newest state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Freshness {
    /// What was committed anywhere before the read began is seen: each read asks the store, on an object
    /// store by one request. What is committed while it runs may be seen or not, and nothing of it in part.
    #[default]
    Strict,
    /// What this process knows will do, if it was the newest so short a time ago; else the store is
    /// asked.
    ///
    /// A process in which all reads are strict does not note when it asked, so the first read that is not asks, too.
    ///
    /// What this process itself has committed is always seen. What another one has is seen after that time
    /// at the latest, and what was seen once stays seen. That holds for roles and for the end of a tenant,
    /// too: for so long somebody may still read whose right to it was taken away by another process.
    /// Decisions on foreign tenants still ask for what is known of the tenant without its records.
    Within(Duration),
}
