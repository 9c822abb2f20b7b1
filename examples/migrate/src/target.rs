//! Another place for the tenants than the root: a folder, or a bucket.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use tenantry::migrate::{MigrateError, MigrationPhase, Plan};
use tenantry::paths::TenantId;
use tenantry::store::TenantStore;
use tenantry::store::local::{LocalOptions, LocalStore};

use crate::carrying;
use crate::failure::Failure;

/// The folders of the layout in which each tenant has one.
const FOLDERS: [&str; 4] = ["videos", "thumbnails", "tokens", "data"];

/// What `--to` names. Nothing of it is made before that is agreed to.
#[derive(Debug)]
pub(crate) enum Target {
    /// A folder, by its whole path without links.
    Folder(PathBuf),
    /// A bucket, by its URL.
    Bucket(String),
}

impl Target {
    /// Reads what `--to` says; refuses what would lie in the tree that is migrated, or have that tree in it.
    pub(crate) fn parse(text: &str, root: &Path) -> Result<Self, Failure> {
        if text.starts_with("s3://") {
            check_bucket(text)?;
            return Ok(Self::Bucket(text.to_owned()));
        }
        let (folder, root) = (whole(folder(text)?)?, whole(root)?);
        if folder.starts_with(&root) || root.starts_with(&folder) {
            return Err(Failure::InTheTree { what: "what --to names would lie in, or hold," });
        }
        Ok(Self::Folder(folder))
    }

    /// What it is called in the journal: the same from wherever it is named, and of a bucket's URL nothing but the
    /// bucket and its prefix, since an option, such as an endpoint, makes it no other one.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Folder(folder) => folder.display().to_string(),
            Self::Bucket(url) => {
                let place = url.split(['?', '#']).next().unwrap_or_default();
                place.trim_end_matches('/').to_owned()
            }
        }
    }

    /// Refuses a folder in which something lies in the folders of tenants that are to come, and the library has not
    /// put it there; and one that is in the middle of a migration of its own.
    pub(crate) fn see_free(&self, plan: &Plan) -> Result<(), Failure> {
        let Self::Folder(folder) = self else { return Ok(()) };
        if !matches!(
            carrying::phase(folder),
            None | Some(MigrationPhase::NotBegun | MigrationPhase::Finished)
        ) {
            return Err(refused("the migration of that folder itself is not finished"));
        }
        let has_any = |place: PathBuf| fs::read_dir(place).is_ok_and(|mut entries| entries.next().is_some());
        let is_taken = |tenant: &TenantId| {
            let of = |name: &str| folder.join(name).join(tenant.as_str());
            !of("data").join("ledger").exists() && FOLDERS.iter().any(|name| has_any(of(name)))
        };
        let to_come = plan.tenants.iter().filter(|tenant| !tenant.exists).map(|tenant| tenant.id.clone());
        match to_come.filter(is_taken).collect::<Vec<_>>() {
            taken if taken.is_empty() => Ok(()),
            taken => Err(MigrateError::TenantsExist(taken).into()),
        }
    }

    /// Opens the store there; a folder that is missing is made.
    pub(crate) async fn open(&self) -> Result<Arc<dyn TenantStore>, Failure> {
        match self {
            Self::Folder(folder) => {
                let store = LocalStore::open(folder, LocalOptions::default()).await;
                Ok(Arc::new(store.map_err(Failure::Opening)?))
            }
            Self::Bucket(url) => bucket(url),
        }
    }
}

fn refused(why: impl Into<String>) -> Failure {
    Failure::Target { why: why.into() }
}

/// The folder that a path or a URL of one names.
fn folder(text: &str) -> Result<&Path, Failure> {
    let path = match text.strip_prefix("file://") {
        Some(path) if !path.starts_with('/') || path.contains(['%', '?', '#']) => {
            return Err(refused("after file:// there has to be a whole path, without escapes"));
        }
        Some(path) => path,
        None if text.contains("://") => return Err(refused("it is neither a folder, nor file:// or s3://")),
        None => text,
    };
    Ok(Path::new(path))
}

/// The whole path without links, also of what is not there yet.
fn whole(path: &Path) -> Result<PathBuf, Failure> {
    let absolute = std::path::absolute(path).map_err(|_| refused("the path is empty"))?;
    for there in absolute.ancestors() {
        let Ok(whole) = there.canonicalize() else { continue };
        let missing = absolute.strip_prefix(there).unwrap_or(Path::new(""));
        if missing.components().all(|part| matches!(part, Component::Normal(_))) {
            // Without a separator at the end, which joining nothing would leave.
            return Ok(whole.join(missing).components().collect());
        }
        break;
    }
    Err(refused("the path leads out of a folder that is not there"))
}

#[cfg(feature = "s3")]
fn options(url: &str) -> Result<tenantry::store::s3::S3Options, Failure> {
    tenantry::store::s3::S3Options::from_url(url).map_err(|error| refused(error.to_string()))
}

#[cfg(feature = "s3")]
fn check_bucket(url: &str) -> Result<(), Failure> {
    options(url).map(drop)
}

#[cfg(feature = "s3")]
fn bucket(url: &str) -> Result<Arc<dyn TenantStore>, Failure> {
    let store = tenantry::store::s3::S3Store::new(options(url)?);
    Ok(Arc::new(store.map_err(|error| refused(error.to_string()))?))
}

#[cfg(not(feature = "s3"))]
fn check_bucket(url: &str) -> Result<(), Failure> {
    bucket(url).map(drop)
}

#[cfg(not(feature = "s3"))]
fn bucket(_: &str) -> Result<Arc<dyn TenantStore>, Failure> {
    Err(refused("for a bucket the tool has to be built with --features s3"))
}
