//! Where the benchmarks work: a tenantry on the local disk and one in memory, with one user.
//!
//! The disk is that of the build folder: a temporary folder may lie in memory, where being durable
//! costs nothing.

#![allow(dead_code, reason = "each benchmark uses a part")]

use std::io;
use std::path::Path;

use bytes::Bytes;
use futures::{Stream, stream};
use tempfile::TempDir;
use tenantry::ownership::Role;
use tenantry::paths::TenantId;
use tenantry::store::TenantStore;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::memory::MemoryStore;
use tenantry::{Expected, ListOptions, NewTenant, Tenantry, Workspace};
use tokio::runtime::Runtime;

/// What a benchmark may fail with; it stops then.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Which store is measured.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Local,
    Memory,
}

/// A store with a user in it.
pub(crate) struct Place {
    kind: Kind,
    runtime: Runtime,
    workspace: Workspace,
    folder: TempDir,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::Local, Self::Memory];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Memory => "memory",
        }
    }
}

impl Place {
    pub(crate) fn new(kind: Kind) -> Outcome<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let folder = folder()?;
        let workspace = runtime.block_on(user(kind, &folder.path().join("root")))?;
        Ok(Self { kind, runtime, workspace, folder })
    }

    pub(crate) const fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    pub(crate) const fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// The workspace of a user without videos. Memory gives deleted files back only after a while, so
    /// there it is that of a new store.
    pub(crate) fn emptied(&self) -> Outcome<Workspace> {
        self.runtime.block_on(async {
            match self.kind {
                Kind::Memory => user(self.kind, self.folder.path()).await,
                Kind::Local => {
                    for video in self.workspace.videos().list(&ListOptions::new()).await?.items {
                        self.workspace.videos().delete(video.id(), Expected::Any).await?;
                    }
                    Ok(self.workspace.clone())
                }
            }
        })
    }
}

/// A folder on the disk on which the build lies.
pub(crate) fn folder() -> io::Result<TempDir> {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
}

/// A body of that many bytes, in parts as they come from a network.
pub(crate) fn body(length: usize) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
    const PART: usize = 64 << 10;
    let part = Bytes::from(vec![7; PART]);
    stream::iter((0..length.div_ceil(PART)).map(move |at| Ok(part.slice(..PART.min(length - at * PART)))))
}

async fn user(kind: Kind, root: &Path) -> Outcome<Workspace> {
    match kind {
        Kind::Local => user_on(LocalStore::open(root, LocalOptions::default()).await?).await,
        Kind::Memory => user_on(MemoryStore::new()).await,
    }
}

async fn user_on(store: impl TenantStore) -> Outcome<Workspace> {
    let tenantry = Tenantry::builder(store).open().await?;
    let (admin, user) = (TenantId::parse("admin")?, TenantId::parse("ana")?);
    tenantry.bootstrap_admin(&admin, "Admin").await?;
    tenantry.session(&admin).await?.tenants().create(&user, NewTenant::new(Role::User)).await?;
    Ok(tenantry.session(&user).await?.own())
}
