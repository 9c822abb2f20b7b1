//! How what goes to and from a store is written for debugging: without its texts, which hold whole
//! records, secrets included (I10).

use std::fmt;

use bytes::Bytes;

use super::{Commit, Fold, Loaded, Refreshed};

/// A text of which only the length is shown.
struct Text<'a>(&'a Bytes);

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({} bytes)", self.0.len())
    }
}

fn texts(commits: &[Bytes]) -> Vec<Text<'_>> {
    commits.iter().map(Text).collect()
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded")
            .field("version", &self.version)
            .field("header", &self.header)
            .field("snapshot_number", &self.snapshot_number)
            .field("snapshot", &Text(&self.snapshot))
            .field("commits", &texts(&self.commits))
            .finish()
    }
}

impl fmt::Debug for Refreshed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unchanged => f.write_str("Unchanged"),
            Self::Commits { version, header, commits } => f
                .debug_struct("Commits")
                .field("version", version)
                .field("header", header)
                .field("commits", &texts(commits))
                .finish(),
            Self::StartOver => f.write_str("StartOver"),
        }
    }
}

impl fmt::Debug for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Commit").field("header", &self.header).field("text", &Text(&self.text)).finish()
    }
}

impl fmt::Debug for Fold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fold")
            .field("kind", &self.kind)
            .field("header", &self.header)
            .field("snapshot", &Text(&self.snapshot))
            .field("index", &Text(&self.index))
            .finish()
    }
}
