//! A path at which programs such as ffmpeg can read a file.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::StreamExt;

use crate::error::{Error, ErrorKind, Result};
use crate::ownership::Action;
use crate::paths::BlobKey;

use super::super::access::{Access, Core, missing};
use super::super::files;
use super::reading::{Found, explain_missing, locate};
use super::{FileRef, StoredFile};

/// A path at which a file can be read as long as this is held.
///
/// On the local disk it is the stored file itself: reading it is fine, writing to it would damage the
/// tenant's data. (No link lies on the way when it is handed out; later, whoever can write to the root's
/// folders could lead those who go by the path elsewhere.) Elsewhere it is a verified copy in the system's temporary folder, removed with this.
/// While it is held, this process does not delete the file, though its record be deleted; another
/// process that works on the same root may.
#[must_use = "the path is valid only as long as this is held"]
pub struct LocalPath {
    path: PathBuf,
    hold: HoldOn,
}

impl std::fmt::Debug for LocalPath {
    /// The path is left out: what is written for debugging carries none that is absolute (I10).
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalPath").field("hold", &self.hold).finish_non_exhaustive()
    }
}

enum HoldOn {
    Stored(Arc<Core>, BlobKey),
    Copy(PathBuf),
}

impl std::fmt::Debug for HoldOn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Stored(..) => "Stored",
            Self::Copy(_) => "Copy",
        })
    }
}

impl LocalPath {
    /// The path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl AsRef<Path> for LocalPath {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

impl Drop for LocalPath {
    fn drop(&mut self) {
        match &self.hold {
            HoldOn::Stored(core, key) => core.pins.let_go(key),
            // What can't be removed is left to the system, as all temporary files are.
            HoldOn::Copy(folder) => drop(std::fs::remove_dir_all(folder)),
        }
    }
}

/// A path at which other programs can read a file.
pub(in crate::workspace) async fn local_path<E: StoredFile>(
    access: &Access,
    action: Action,
    file: FileRef,
) -> Result<LocalPath> {
    let found = locate::<E>(access, action, &file).await?;
    let core = &access.core;
    let store = core.guarded.store(&found.permit);
    if store.capabilities().local_path {
        // Kept from now on; if it was deleted just before, the path is not found.
        core.pins.keep(&found.key);
        let mut kept =
            LocalPath { path: PathBuf::new(), hold: HoldOn::Stored(Arc::clone(core), found.key.clone()) };
        // A delete that began before it was kept may not know of that: what it dooms is missing.
        let state = core.guarded.ledger(&found.permit).read(action.as_str(), access.tenant()).await?;
        if files::blob(&state, E::AREA, found.key.name()).is_none() {
            return Err(missing(action.as_str(), &file.resource::<E>()));
        }
        return match store.local_path(&found.key).await {
            Ok(path) => {
                kept.path = path;
                Ok(kept)
            }
            Err(error) => Err(explain_missing::<E>(access, action, &file, error).await),
        };
    }
    match store.get(&found.key, 0..found.blob.bytes).await {
        Ok(body) => copy(core, action, &found, body).await,
        Err(error) => Err(explain_missing::<E>(access, action, &file, error).await),
    }
}

/// Copies a body into a folder of its own, and sees that it is what was uploaded.
async fn copy<E: StoredFile>(
    core: &Core,
    action: Action,
    found: &Found<E>,
    mut body: crate::store::ByteStream,
) -> Result<LocalPath> {
    let failed =
        |error: std::io::Error| Error::new(ErrorKind::Unavailable, action.as_str()).with_source(error);
    let folder = std::env::temp_dir().join(format!("tenantry-{}", core.fresh_uuid()));
    let path = folder.join(found.key.name().as_str());
    let copy = LocalPath { path: path.clone(), hold: HoldOn::Copy(folder.clone()) };
    let mut file = run(core, move || create(&folder, &path)).await.map_err(failed)?;
    let mut hasher = blake3::Hasher::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(failed)?;
        hasher.update(&chunk);
        file = run(core, move || file.write_all(&chunk).map(|()| file)).await.map_err(failed)?;
    }
    if hasher.finalize().to_hex().as_str() != found.blob.hash {
        let about = format!("{}/{}", E::collection(), found.record.id());
        return Err(Error::new(ErrorKind::Corrupt, action.as_str()).about(about));
    }
    Ok(copy)
}

async fn run<T: Send + 'static>(
    core: &Core,
    function: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    core.runtime.spawn_blocking(function).await.map_err(std::io::Error::other)?
}

/// Makes a file that only this user can read.
fn create(folder: &Path, path: &Path) -> std::io::Result<File> {
    let (mut folders, mut files) = (DirBuilder::new(), OpenOptions::new());
    files.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        folders.mode(0o700);
        files.mode(0o600);
    }
    folders.create(folder)?;
    files.open(path)
}
