//! Reading what is not migrated yet, for hosts that run over a tree that is not, or half, migrated.
//!
//! What is whose is told by the plan's own rules, so that a tenant sees before its migration what it will see after
//! it; what can't be placed is nobody's. Each look is decided by the library's policy as the same action, and
//! recorded with all others: what is another's looks missing. Nothing can be written through it.
//!
//! What the tree was like is held: records with their texts, and where each file lies. A session begins with a glance
//! at what there is, how long and how old, and reads anew what changed; a workspace goes on seeing what its session
//! found. A file that was changed or replaced since is noticed when it is opened.

mod file;
mod reading;
mod workspace;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::{MigrateError, Planner};
use crate::error::{Error, ErrorKind, Result};
use crate::paths::TenantId;
use crate::workspace::onlooker::{self, Onlooker};
use crate::workspace::{Tenantry, Workspace};

pub use file::LegacyFile;
use reading::Reading;
pub use workspace::{LegacySession, LegacyWorkspace};

/// What is still in the application's old places, to be read until it is migrated. A clone is another handle to the
/// same.
///
/// ```
/// # async fn of(user: &tenantry::paths::TenantId, tenantry: &tenantry::Tenantry, legacy: &tenantry::migrate::Legacy)
/// # -> tenantry::Result<usize> {
/// use tenantry::{ErrorKind, ListOptions, Video};
///
/// match tenantry.session(user).await {
///     Ok(session) => Ok(session.own().videos().list(&ListOptions::default()).await?.items.len()),
///     Err(error) if error.kind() == ErrorKind::NotFound => {
///         Ok(legacy.session(user).await?.own().list::<Video>().await?.len())
///     }
///     Err(error) => Err(error),
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Legacy {
    tenantry: Tenantry,
    tree: Arc<Tree>,
    held: Arc<Mutex<Arc<Reading>>>,
}

/// Where it is and how it is read.
struct Tree {
    root: PathBuf,
    planner: Planner,
}

impl std::fmt::Debug for Legacy {
    /// The path is left out: it is the host's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Legacy").field("planner", &self.tree.planner).finish_non_exhaustive()
    }
}

impl Legacy {
    /// Reads the tree at that root, as the planner would plan for it, for whoever asks the library first. As for a
    /// plan every file is read once; later only what changed. To be called within a tokio runtime.
    ///
    /// # Errors
    /// As for [`Planner::plan`]. What is wrong with the data is none.
    pub async fn open(
        tenantry: &Tenantry,
        root: impl Into<PathBuf>,
        planner: Planner,
    ) -> std::result::Result<Self, MigrateError> {
        let tree = Arc::new(Tree { root: root.into(), planner });
        let reading = Arc::new(read(&tree, None).await?);
        Ok(Self { tenantry: tenantry.clone(), tree, held: Arc::new(Mutex::new(reading)) })
    }

    /// Begins to work as a tenant that the host has authenticated and that is not migrated, with the role that the
    /// plan gives it.
    ///
    /// # Errors
    /// [`Gone`](ErrorKind::Gone) if the library has or had that tenant: its session is the library's;
    /// [`NotFound`](ErrorKind::NotFound) if the tree has none such; [`Unavailable`](ErrorKind::Unavailable) if the
    /// tree can't be read, or changes while it is; the store's.
    pub async fn session(&self, tenant: &TenantId) -> Result<LegacySession> {
        const OPERATION: &str = "legacy session";
        if onlooker::is_known(&self.tenantry, OPERATION, tenant).await? {
            return Err(Error::new(ErrorKind::Gone, OPERATION));
        }
        let reading = self.current(OPERATION).await?;
        let role = reading.role(tenant).ok_or_else(|| Error::new(ErrorKind::NotFound, OPERATION))?;
        let onlooker = Onlooker::planned(&self.tenantry, tenant.clone(), role);
        Ok(LegacySession::new(LegacyWorkspace::new(self.clone(), onlooker, reading), role))
    }

    /// What the tenant of a workspace still has in the shared places: a token that is not migrated, or a video. For
    /// the workspace's principal, by the role that the library has of it; whatever the workspace is shared with,
    /// this is not.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) if the tree can't be read, or changes while it is.
    pub async fn beside(&self, workspace: &Workspace) -> Result<LegacyWorkspace> {
        let reading = self.current("legacy workspace").await?;
        Ok(LegacyWorkspace::new(self.clone(), Onlooker::of(workspace), reading))
    }

    /// The tree as it is now, read anew if it is not as it was.
    async fn current(&self, operation: &'static str) -> Result<Arc<Reading>> {
        let mut held = self.held.lock().await;
        let tree = Arc::clone(&self.tree);
        let now =
            aside(move || tree.planner.glance(&tree.root)).await.map_err(|error| told(operation, &error))?;
        if now != held.stamp {
            let known = Arc::clone(&held);
            *held = Arc::new(read(&self.tree, Some(known)).await.map_err(|error| told(operation, &error))?);
        }
        Ok(Arc::clone(&held))
    }
}

async fn read(tree: &Arc<Tree>, known: Option<Arc<Reading>>) -> std::result::Result<Reading, MigrateError> {
    let tree = Arc::clone(tree);
    aside(move || Reading::take(&tree.root, &tree.planner, known.as_deref())).await
}

/// Does what waits for the disk where nobody else's task waits for it.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> std::result::Result<T, MigrateError> + Send + 'static,
) -> std::result::Result<T, MigrateError> {
    let interrupted = |_| MigrateError::Root(std::io::ErrorKind::Interrupted);
    tokio::task::spawn_blocking(work).await.map_err(interrupted)?
}

/// An error of the tree, as a user may see it: what it is about may be another's, and goes to the log.
fn told(operation: &'static str, error: &MigrateError) -> Error {
    tracing::warn!(target: "tenantry::legacy", %error, "what is not migrated could not be read");
    Error::new(ErrorKind::Unavailable, operation)
}
