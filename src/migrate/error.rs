//! Why there is no plan.

use std::io;

use super::TreePath;
use crate::paths::NameError;

/// What kept a plan from being made. What is wrong with the data is no error but a
/// [`Problem`](super::Problem) of the plan.
///
/// No variant carries the root's own path, nor what stands in a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// The root can't be read as a folder.
    #[error("the root can't be read: {0}")]
    Root(io::ErrorKind),
    /// An option names an owner that can't be a tenant.
    #[error("the option {option:?} names an owner that can't be one: {reason}")]
    Owner {
        /// The option.
        option: &'static str,
        /// Why.
        reason: NameError,
    },
    /// The option is no IANA name of a time zone.
    #[error("the time zone is not known")]
    TimeZone,
    /// The file was not as the survey had found it when it was read: something is at work in the tree.
    #[error("{0} changed while it was read")]
    Changed(TreePath),
    /// The file could not be read, and had been read before.
    #[error("{path} can't be read: {kind}")]
    Read {
        /// Where it lies.
        path: TreePath,
        /// What the system said.
        kind: io::ErrorKind,
    },
    /// A record is not where the plan says, or not as it was.
    #[error("{0} does not hold what the plan says")]
    NotAsPlanned(TreePath),
    /// The workbook for people could not be made.
    #[error("the plan can't be written as a workbook")]
    Workbook(#[source] rust_xlsxwriter::XlsxError),
}
