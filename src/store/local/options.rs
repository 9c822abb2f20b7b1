//! How a local store is opened.

use std::time::Duration;

/// Settings of a [`LocalStore`](super::LocalStore).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocalOptions {
    /// About how many files may be open at once for ledgers, locks and folders; files that are
    /// being uploaded or read come on top, and an eighth for ledgers of which not all was read yet. A tenant at work
    /// takes up to eight, and one whose files had to
    /// be closed reads its ledger again before it can commit. Default: half of those that the process may
    /// have open, and 512 at the most, with which 64 tenants at once keep theirs.
    pub handles: usize,
    /// Whether a network file system is accepted, on whose locks and syncs nobody can rely.
    /// Default: refused.
    pub network: NetworkFileSystems,
    /// Whether other processes may work on the same root. Default: they may.
    pub processes: Processes,
    /// How long a tenant's lock is waited for while another process holds it. Default: 30 s.
    pub patience: Duration,
    /// The file system on which a test pretends to be, by `statfs` type.
    #[cfg(feature = "testkit")]
    #[doc(hidden)]
    pub file_system: Option<u32>,
    /// Steps that a test leaves out on purpose.
    #[cfg(feature = "testkit")]
    #[doc(hidden)]
    pub omit: Vec<Step>,
}

impl Default for LocalOptions {
    fn default() -> Self {
        Self {
            handles: default_handles(),
            network: NetworkFileSystems::Refused,
            processes: Processes::Shared,
            patience: Duration::from_secs(30),
            #[cfg(feature = "testkit")]
            file_system: None,
            #[cfg(feature = "testkit")]
            omit: Vec::new(),
        }
    }
}

/// What [`LocalOptions::handles`] is unless told.
fn default_handles() -> usize {
    const MOST: usize = 512;
    #[cfg(unix)]
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    let limit = None;
    limit.and_then(|limit| usize::try_from(limit / 2).ok()).map_or(MOST, |half| half.min(MOST))
}

impl LocalOptions {
    /// The file system on which a test pretends to be.
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, reason = "constant without the testkit")]
    pub(super) fn pretended_file_system(&self) -> Option<u32> {
        #[cfg(feature = "testkit")]
        return self.file_system;
        #[cfg(not(feature = "testkit"))]
        return None;
    }
}

/// Whether a root may lie on a network file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkFileSystems {
    /// Opening fails.
    Refused,
    /// The host vouches for its locks and syncs.
    Allowed,
}

/// Who works on the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Processes {
    /// Any number of processes: each change takes its tenant's lock.
    Shared,
    /// This process alone: the root's lock is held instead, and opening fails if others are there.
    Only,
}

/// A step of the protocol without which something is lost; tests leave them out one by one to see
/// that they notice.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Seeing under the lock that the open file is still the one at the path.
    InodeCheck,
    /// Seeing under the lock that nothing lies beyond the word.
    ZeroCheck,
    /// Syncing a line before the word covers it.
    SyncBeforeWord,
    /// Syncing a new file before it takes the ledger's name.
    SyncBeforeRename,
    /// Syncing the folder after a fold, before the answer.
    FolderSyncBeforeAnswer,
    /// Seeing at the end of a fold that the ledger is the one it began from.
    FoldRecheck,
    /// Believing nothing beyond the word.
    BelieveOnlyWord,
    /// Syncing the folders in which a tenant's folders are made.
    NewFolderSync,
    /// Syncing a blob before it gets its name.
    BlobSync,
    /// Syncing a blob's folder before the answer.
    BlobFolderSync,
    /// Looking at deadline and incarnation before a blob gets its name.
    PublishCheck,
    /// Syncing a view before it takes its name.
    ViewSync,
    /// Syncing a view's folder before the answer.
    ViewFolderSync,
}

/// Which steps are left out: none, unless a test says so.
#[derive(Debug, Clone, Default)]
pub(super) struct Steps {
    #[cfg(feature = "testkit")]
    omitted: Vec<Step>,
}

impl Steps {
    /// The steps as the options have them.
    #[allow(
        unused_variables,
        clippy::missing_const_for_fn,
        reason = "without the testkit there is nothing to read"
    )]
    pub(super) fn of(options: &LocalOptions) -> Self {
        Self {
            #[cfg(feature = "testkit")]
            omitted: options.omit.clone(),
        }
    }

    /// Whether a test leaves this step out.
    #[allow(unused_variables, clippy::unused_self, reason = "constant without the testkit")]
    pub(super) fn skips(&self, step: Step) -> bool {
        #[cfg(feature = "testkit")]
        return self.omitted.contains(&step);
        #[cfg(not(feature = "testkit"))]
        return false;
    }
}
