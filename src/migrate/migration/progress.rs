//! How far a migration is, for whoever wants to be told, and to stop it.

use crate::paths::TenantId;

/// What is about to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationProgress {
    /// Of which kind it is.
    pub stage: MigrationStage,
    /// Whose it is, where it is somebody's.
    pub tenant: Option<TenantId>,
    /// How many steps of this stage are done: files of a tenant, say.
    pub done: u64,
    /// How many there are.
    pub total: u64,
    /// How many bytes of files are done, over all tenants.
    pub bytes: u64,
    /// How many there are.
    pub total_bytes: u64,
}

/// The kinds of steps, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum MigrationStage {
    /// The tree is compared with the plan.
    Comparing,
    /// The journal is written: the first change.
    Journal,
    /// The originals of what holds records are set aside.
    SettingAside,
    /// A tenant begins.
    Beginning,
    /// Its files are moved or copied.
    Files,
    /// Its records are stored and read back.
    Records,
    /// What remains once all tenants are there: the workbook with the owners.
    Ending,
    /// All is read back and compared.
    Verifying,
    /// What was made is removed, and what was moved is moved back.
    RollingBack,
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Go on.
    Go,
    /// Stop here, with [`MigrateError::Stopped`](crate::migrate::MigrateError::Stopped).
    Stop,
}
