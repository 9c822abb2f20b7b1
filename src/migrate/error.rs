//! Why there is no plan.

use std::io;

use super::TreePath;
use super::counts::{ByteCount, counted};
use crate::paths::{NameError, TenantId};

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
    /// The plan, or that of a journal, is of a form that this version does not know: it was made by another one. A plan is
    /// to be made anew; a migration that was begun is to be ended by the version that began it.
    #[error(
        "the plan is of form {format}, and this version knows form {known}: make it anew, or go on with the version that \
         made it",
        known = super::Plan::FORMAT
    )]
    PlanFormat {
        /// The form that it says.
        format: u32,
    },
    /// The text is no plan.
    #[error("the text is no plan")]
    NoPlan,
    /// The plan can't be applied: so many of its problems are in the way.
    #[error("{} in the way", counted(*problems as u64, "problem"))]
    Blocked {
        /// How many.
        problems: usize,
    },
    /// The tree is another than the one that was planned for. Nothing was changed.
    #[error("the tree has changed since it was planned for")]
    TreeChanged,
    /// There is not enough room. Nothing was changed.
    #[error("{} needed, and {} free", ByteCount(*needed), ByteCount(*free))]
    Space {
        /// How much is needed, in bytes.
        needed: u64,
        /// How much there is, in bytes.
        free: u64,
    },
    /// A migration of another plan, of other tenants or to another store is under way, or not finished.
    #[error("another migration of this root is not finished")]
    OtherMigration,
    /// The migration is being rolled back: that is to be gone on with first.
    #[error("the migration is being rolled back")]
    RollingBack,
    /// Somebody else is at work in the root: a migration, or an application.
    #[error("somebody else is at work in the root")]
    Busy,
    /// There is no migration.
    #[error("there is no migration of this root")]
    NoMigration,
    /// The migration is not applied to its end.
    #[error("the migration is not applied to its end")]
    NotApplied,
    /// The migration was finished, and can't be rolled back any more.
    #[error("the migration was finished")]
    Finished,
    /// Tenants went on since they were migrated, and a rollback would throw that away.
    #[error("{} went on since the migration", counted(.0.len() as u64, "tenant"))]
    ChangedSince(Vec<TenantId>),
    /// These tenants are in the other store already, or were there, and don't come from this migration; or files lie
    /// there under their names, which would become theirs and go with them. Nothing was changed.
    #[error("of {} there is something in the other store already", counted(.0.len() as u64, "tenant"))]
    TenantsExist(Vec<TenantId>),
    /// These tenants are being erased from the other store, where a request that is still under way could bring a file
    /// again: the rollback has not ended, and goes on with a call after that.
    #[error("{} being erased until {until}", counted(.tenants.len() as u64, "tenant"))]
    Erasing {
        /// Whose records and files are gone, but for what may still come.
        tenants: Vec<TenantId>,
        /// When nothing can come any more.
        until: jiff::Timestamp,
    },
    /// These lie in the folders of tenants, and the library has not written them, or not as they are. They are to be
    /// moved away; or what is changed in the library's own is to be thrown away on purpose, and the others stay.
    #[error("{} files in tenants' folders are not the library's, or were changed since", .0.len())]
    PutSince(Vec<TreePath>),
    /// Something stands where the migration has to put something back, or to set something aside once more: it was
    /// written since, and would be lost. It is to be moved away by hand, or to be thrown away on purpose.
    #[error("{0} was written since the migration began")]
    Occupied(TreePath),
    /// What holds records lies on another file system, and what is needed to put it back just as it was can't be had
    /// by copying it. Nothing was taken away.
    #[error("{path} lies on another file system, and a copy would not be the same: {why}")]
    OtherFileSystem {
        /// Where it lies.
        path: TreePath,
        /// What a copy would not have.
        why: &'static str,
    },
    /// The journal can't be read.
    #[error("the journal of the migration is damaged")]
    Journal,
    /// Stopped by whoever was told of the progress.
    #[error("stopped")]
    Stopped,
    /// Something could not be written, moved or removed.
    #[error("{path} can't be written: {kind}")]
    Write {
        /// What it was about.
        path: TreePath,
        /// What the system said.
        kind: io::ErrorKind,
    },
    /// The library refused something of a tenant.
    #[error("the tenant {tenant} could not be brought, or taken away")]
    Tenant {
        /// Whose it is.
        tenant: TenantId,
        /// What it refused.
        source: crate::Error,
    },
    /// The library could not be opened over the store in which the tenants are to be, or be closed again.
    #[error("the library can't work on the store of the tenants")]
    Library(#[source] crate::Error),
    /// The store of the root could not be opened.
    #[error("the store can't be opened")]
    Store(#[source] crate::store::StoreError),
    /// The plan as a workbook, or the workbook with the owners, could not be made.
    #[error("the workbook can't be made")]
    Workbook(#[source] rust_xlsxwriter::XlsxError),
}

impl MigrateError {
    /// What the library refused of that tenant.
    pub(super) fn of(tenant: &TenantId) -> impl Fn(crate::Error) -> Self {
        |source| Self::Tenant { tenant: tenant.clone(), source }
    }
}
