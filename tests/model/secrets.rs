//! What histories do with tokens and stream keys: the words that model and system share.

use tenantry::record::OnReferenced;

use super::step::Meant;

/// What tokens are called, or are not.
pub(crate) const TOKENS: [&str; 5] = ["a.json", "A.JSON", "b.json", "client_secret.json", "a.txt"];

/// What tokens hold.
pub(crate) const CONTENTS: [&str; 3] =
    [r#"{"refresh_token": "synthetic-1"}"#, r#"{ "refresh_token": "synthetic-2", "ü": [] }"#, "{}"];

/// The ids of streams.
pub(crate) const STREAMS: [&str; 4] = ["main", "Main", "ü ✓", "none"];

/// Names under which streams are delivered.
pub(crate) const DELIVERIES: [&str; 2] = ["synthetic-key-1", "synthetic-key-2"];

/// Where all are delivered.
pub(crate) const ADDRESS: &str = "rtmp://ingest.example/live";

/// What is done to a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenDeed {
    Create(usize, usize),
    Read(usize),
    Replace(usize, Meant, usize),
    Delete(usize, Meant, OnReferenced),
}

/// A stream as a service tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) delivery: Option<usize>,
}

/// What becomes of the token while the service is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meanwhile {
    Nothing,
    Refreshed,
    Deleted,
    /// Deleted, and another one of its name is made.
    Another,
}

/// What a service does when it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) told: Vec<Told>,
    pub(crate) fails: bool,
    pub(crate) meanwhile: Meanwhile,
}

/// What is done to stream keys, of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyDeed {
    Fetch(usize, Script),
    Read(usize, usize),
    Find(usize),
    Delete(usize, usize, Meant, OnReferenced),
    DeleteAll(usize, OnReferenced),
}
