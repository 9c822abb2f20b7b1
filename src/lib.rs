//! Isolated worlds for the users of a host application.
//!
//! **The tenant is the unit of isolation.** Every record, file and byte belongs to exactly one tenant.
//! What one tenant does commits atomically in that tenant's own ledger, and two tenants share nothing
//! that could be read, corrupted, locked or filled up. There is one way to the data: the application
//! says who asks ([`Tenantry::session`]), the session gives a [`Workspace`], every operation on it is
//! decided by an [`OwnershipPolicy`](ownership::OwnershipPolicy), and only the permit that this gives
//! opens the ledger and the store.
//!
//! # Two users
//!
//! What Ben may not see answers him exactly as what does not exist.
//!
//! ```
#![doc = include_str!("../examples/quickstart.rs")]
//! ```
//!
//! `cargo run --example tour` shows much more in one run. The [README] is a guide, task by task.
//!
//! [README]: https://docs.rs/crate/tenantry/latest/source/README.md
//!
//! # What it keeps
//!
//! - **Isolation.** Whatever others do, a tenant observes what it would have observed alone.
//! - **Durability.** What was acknowledged, or shown to anyone, survives a crash at any instant.
//! - **Atomicity.** A transaction is applied wholly or not at all; a file is absent or whole.
//! - **Quotas.** What is stored and what is being uploaded never exceed the limit together.
//! - **Names.** No name, link or path resolves outside its tenant.
//! - **Silence.** Errors, logs and `Debug` carry no secret, no foreign name and no absolute path.
//!
//! # What it does not protect
//!
//! - It does not authenticate: a session is as trustworthy as the application that begins it.
//! - It does not defend against the application itself, nor against who can read or write the root
//!   folder or the bucket: nothing is encrypted, and secrets are kept from others by file modes, or the
//!   bucket's own rules, alone.
//! - It does not hide how busy the machine is: a full disk is everybody's, and so is time.
//! - It can't take back a URL that was given out ([`Videos::download_url`], [`Videos::upload_url`]) before it expires.
//! - It can't keep more than the medium does: a disk that loses what it said was synced loses data.
//!
//! # Features
//!
//! | feature | default | what it brings |
//! |---|---|---|
//! | (none) | yes | everything here but the following: the stores on the local disk, in memory, and over any object store that the application brings |
//! | `archive` | no | everything of a tenant as one archive, out and in: [`Workspace::export`], [`Tenants::import`] |
//! | `migrate` | no | from one shared folder of the application before to tenants, and back: [`migrate`] |
//! | `s3` | no | tenants in a bucket of S3, or of a server that speaks like it: [`store::s3`] |
//! | `xlsx` | no | schedules as Excel workbooks: [`Schedules::export_workbook`], [`Schedules::import_workbook`] |
//! | `testkit` | no | for tests of applications and stores: non-interference, conformance, injected faults, generators, a disk that crashes |
//!
//! # Modules
//!
//! | where | what |
//! |---|---|
//! | here | what an application works with: [`Tenantry`], [`Session`], [`Workspace`], [`Snapshot`], [`Tenants`], [`Videos`], [`Thumbnails`], [`LiveStreams`], [`Schedules`], [`Tokens`], [`StreamKeys`] |
//! | [`paths`] | names that are safe by construction: [`TenantId`](paths::TenantId), [`FileName`](paths::FileName) |
//! | [`ownership`] | who may do what: roles, actions, the policy, the audit of every decision |
//! | [`record`] | records of the application's own types, revisions, secrets |
//! | [`quota`] | plans, limits, usage |
//! | [`error`] | the kinds of errors, what to do about each, and the HTTP status that fits |
//! | [`store`] | what a backend provides, and the backends: [`store::local`], [`store::memory`], [`store::object`], `store::s3` |
//! | `migrate` | from one shared folder to tenants |
//! | [`environment`] | the clock and the randomness, which a test can bring along |
//!
//! Who keeps data elsewhere implements [`store::TenantStore`]; [`docs/backends.md`] leads through it, and the suite in
//! `testkit::conformance` says whether it is right.
//!
//! [`docs/backends.md`]: https://docs.rs/crate/tenantry/latest/source/docs/backends.md
//!
//! `docs/design.md` in the repository says how all this is kept, and what was left out to see it break.

#[cfg(feature = "archive")]
mod archive;
mod blocking;
pub mod environment;
pub mod error;
mod json_error;
mod ledger;
#[cfg(feature = "migrate")]
pub mod migrate;
pub mod ownership;
pub mod paths;
pub mod quota;
pub mod record;
pub mod store;
#[cfg(feature = "testkit")]
pub mod testkit;
mod views;
#[cfg(feature = "xlsx")]
mod workbook;
mod workspace;

#[cfg(feature = "archive")]
pub use archive::{ArchiveError, ArchiveManifest, ArchivedFile, ArchivedRecords};
pub use error::{Error, ErrorKind, QuotaRefusal, Result};
pub use ledger::Freshness;
#[cfg(feature = "xlsx")]
pub use workbook::{CellRefusal, RefusedCell, RefusedCells, WorkbookError};
pub use workspace::*;

/// The guide's examples are compiled as tests.
#[cfg(all(doctest, target_os = "linux"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// And those of the guide to backends.
#[cfg(all(doctest, feature = "testkit"))]
#[doc = include_str!("../docs/backends.md")]
struct Backends;
