//! The root: opening it, refusing what is none, and the folders in it.
//!
//! Everything is looked at before anything is made, so that a refused folder stays as it was. The
//! format file is written last: where it stands, the folders are durable.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::disk::{Access, Directory, EntryKind, File};
use super::failure::{corrupt, failed, if_there};
use super::handles::{Slots, tenants_for};
use super::layout;
use super::locks::open_or_create;
use super::options::{LocalOptions, NetworkFileSystems, Processes, Step, Steps};
use super::pieces::Pieces;
use super::temporary::{NotPublished, Temporary};
use crate::environment::Entropy;
use crate::paths::TenantId;
use crate::store::{StoreError, StoreErrorKind};

/// What a format file begins with; then follow the format's number and a line break.
const FORMAT_NAME: &str = "tenantry ";
/// What this version writes.
const FORMAT: &str = "tenantry 1\n";

/// An open root.
pub(super) struct Root {
    pub(super) directory: Arc<dyn Directory>,
    pub(super) own: Arc<dyn Directory>,
    pub(super) locks: Arc<dyn Directory>,
    /// Those that hold one folder per tenant.
    folders: Vec<(&'static str, Arc<dyn Directory>)>,
    /// Its path, where it has one.
    pub(super) path: Option<PathBuf>,
    pub(super) slots: Slots,
    /// How many calls may open files at a time.
    pub(super) openers: Arc<Semaphore>,
    /// How many folds may be under way at a time.
    pub(super) folds: Arc<Semaphore>,
    /// How many ledgers may stay open to be read part by part.
    pub(super) kept_open: Arc<Semaphore>,
    pub(super) pieces: Arc<Pieces>,
    pub(super) steps: Steps,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) processes: Processes,
    pub(super) network: NetworkFileSystems,
    pub(super) patience: Duration,
    /// Whether files without names can be had and given one here.
    pub(super) unnamed_files: bool,
    /// Held as long as the root is open: shared, or alone.
    _lock: Arc<dyn File>,
}

impl Root {
    /// Opens the root that `directory` is.
    pub(super) fn open(
        directory: Arc<dyn Directory>,
        path: Option<PathBuf>,
        options: &LocalOptions,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StoreError> {
        let new = inspect(&*directory)?;
        let mut made = Made::default();
        let own = made.folder(&directory, layout::OWN, layout::OWN, layout::PRIVATE_FOLDER)?;
        let mut folders = Vec::new();
        for (name, _) in layout::TENANT_FOLDERS {
            folders.push((name, made.folder(&directory, name, name, layout::OPEN_FOLDER)?));
        }
        if new {
            sync_new(&*directory)?;
        }
        let place = format!("{}/{}", layout::OWN, layout::LOCKS);
        let locks = made.folder(&own, layout::LOCKS, &place, layout::PRIVATE_FOLDER)?;
        // Written before there is a lock, which nobody takes away again: so a full disk stays as it was.
        let format = if new { Some(write_format(&own, &*entropy)?) } else { None };
        let taken = take_lock(&*own, options.processes);
        if taken.as_ref().err().is_none_or(|error| error.kind() == StoreErrorKind::Locked) {
            // Others are at work in these folders.
            made.0.clear();
        }
        let lock = taken?;
        // Who rolls back holds the lock until it says so.
        check_not_rolled_back(&*own)?;
        if let Some(format) = format {
            state_format(&*own, format)?;
        }
        let unnamed_files = has_unnamed_files(&*own, &*entropy);
        let tenants = tenants_for(options.handles);
        Ok(Self {
            directory,
            own,
            locks,
            folders,
            path,
            slots: Slots::new(tenants),
            openers: Arc::new(Semaphore::new(tenants)),
            folds: Arc::new(Semaphore::new(tenants.div_ceil(4))),
            kept_open: Arc::new(Semaphore::new(tenants)),
            pieces: Arc::default(),
            steps: Steps::of(options),
            entropy,
            processes: options.processes,
            network: options.network,
            patience: options.patience,
            unnamed_files,
            _lock: lock,
        })
    }

    /// One of the folders that hold one folder per tenant.
    #[allow(clippy::expect_used, reason = "the names are the layout's own constants")]
    pub(super) fn folder(&self, name: &str) -> &Arc<dyn Directory> {
        let found = self.folders.iter().find(|(folder, _)| *folder == name);
        &found.expect("every folder of the layout is open").1
    }

    /// A tenant's folder in one of them, if it is there.
    pub(super) fn tenant_folder(
        &self,
        operation: &'static str,
        folder: &str,
        tenant: &TenantId,
    ) -> Result<Option<Arc<dyn Directory>>, StoreError> {
        if_there(self.folder(folder).open_directory(tenant.as_str()))
            .map_err(|error| failed(operation, format!("{folder}/{tenant}"), error))
    }

    /// Makes the folders of a tenant durably, and answers in which they were not there.
    pub(super) fn make_tenant_folders(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<&Arc<dyn Directory>>, StoreError> {
        let mut made = Vec::new();
        for (folder, mode) in layout::TENANT_FOLDERS {
            let parent = self.folder(folder);
            let there = if_there(parent.metadata(tenant.as_str())).is_ok_and(|found| found.is_some());
            let place = format!("{folder}/{tenant}");
            let tried = make(&**parent, tenant.as_str(), &place, mode).and_then(|_| {
                let synced = if self.steps.skips(Step::NewFolderSync) { Ok(()) } else { parent.sync() };
                synced.map_err(|error| failed("create folder", &place, error))
            });
            if !there {
                made.push(parent);
            }
            if let Err(error) = tried {
                take_back(&made, tenant);
                return Err(error);
            }
        }
        Ok(made)
    }
}

/// Removes a tenant's folders where they were made. Empty ones that stay behind mean nothing: only a
/// ledger makes a tenant.
pub(super) fn take_back(made: &[&Arc<dyn Directory>], tenant: &TenantId) {
    for parent in made {
        let _ = parent.remove_directory(tenant.as_str());
    }
}

/// The folders that opening a root has made: gone again, unless this is cleared before.
#[derive(Default)]
struct Made(Vec<(Arc<dyn Directory>, &'static str)>);

impl Made {
    /// Opens a folder and makes it where it is missing.
    fn folder(
        &mut self,
        parent: &Arc<dyn Directory>,
        name: &'static str,
        place: &str,
        mode: u32,
    ) -> Result<Arc<dyn Directory>, StoreError> {
        let there = if_there(parent.metadata(name)).is_ok_and(|found| found.is_some());
        if !there {
            self.0.push((Arc::clone(parent), name));
        }
        make(&**parent, name, place, mode)
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for (parent, name) in self.0.iter().rev() {
            // Empty ones only: what somebody else put there meanwhile stays.
            let _ = parent.remove_directory(name);
        }
    }
}

/// Looks at all that is there without changing anything; answers whether the root is new.
fn inspect(root: &dyn Directory) -> Result<bool, StoreError> {
    let names = layout::TENANT_FOLDERS.iter().map(|(name, _)| *name).chain([layout::OWN]);
    let mut complete = true;
    for name in names {
        let fail = |error| failed("open root", name, error);
        match if_there(root.metadata(name)).map_err(fail)? {
            None => complete = false,
            Some(found) if found.kind == EntryKind::Directory => {
                root.open_directory(name).and_then(|directory| directory.entries()).map_err(fail)?;
            }
            Some(_) => {
                let text = format!("{name}: not a folder, but a folder of that name is needed");
                return Err(StoreError::new(StoreErrorKind::Unsupported, "open root", text));
            }
        }
    }
    let own = if_there(root.open_directory(layout::OWN))
        .map_err(|error| failed("open root", layout::OWN, error))?;
    let format = match own {
        Some(own) => {
            check_kind(&*own, layout::LOCKS, EntryKind::Directory, "not a folder")?;
            check_not_rolled_back(&*own)?;
            check_kind(&*own, layout::ROOT_LOCK, EntryKind::File, "not a plain file")?;
            check_format(&*own)?
        }
        None => false,
    };
    Ok(!(complete && format))
}

/// Refuses a root from which a migration is being taken away again.
fn check_not_rolled_back(own: &dyn Directory) -> Result<(), StoreError> {
    let place = format!("{}/{}", layout::OWN, layout::MIGRATION);
    let said = if_there(own.open_directory(layout::MIGRATION))
        .and_then(|migration| {
            migration.map_or(Ok(None), |folder| if_there(folder.metadata(layout::ROLLING_BACK)))
        })
        .map_err(|error| failed("open root", &place, error))?;
    match said {
        None => Ok(()),
        Some(_) => {
            let text = format!("{place}: it is being rolled back, and that has to end first");
            Err(StoreError::new(StoreErrorKind::Locked, "open root", text))
        }
    }
}

/// Refuses what stands in place of something of the library's own.
fn check_kind(own: &dyn Directory, name: &str, kind: EntryKind, text: &str) -> Result<(), StoreError> {
    let place = format!("{}/{name}", layout::OWN);
    let found = if_there(own.metadata(name)).map_err(|error| failed("open root", &place, error))?;
    match found.filter(|found| found.kind != kind) {
        None => Ok(()),
        Some(_) => Err(StoreError::new(StoreErrorKind::Unsupported, "open root", format!("{place}: {text}"))),
    }
}

/// Whether the format is stated, and known.
fn check_format(own: &dyn Directory) -> Result<bool, StoreError> {
    let place = format!("{}/{}", layout::OWN, layout::FORMAT);
    let fail = |error| failed("open root", &place, error);
    let Some(file) = if_there(own.open_file(layout::FORMAT, Access::Read)).map_err(fail)? else {
        return Ok(false);
    };
    let mut bytes = [0; 64];
    let count = file.read_at(&mut bytes, 0).map_err(fail)?;
    let text = String::from_utf8_lossy(&bytes[..count]);
    if text == FORMAT {
        return Ok(true);
    }
    let number = text.strip_prefix(FORMAT_NAME).and_then(|rest| rest.lines().next()?.parse::<u64>().ok());
    match number {
        Some(number) if number > 1 => {
            let text = format!("{place}: format {number}, this version knows 1");
            Err(StoreError::new(StoreErrorKind::NewerFormat, "open root", text))
        }
        _ => Err(corrupt("open root", &place, 0, "not a format that any version writes")),
    }
}

/// Opens a folder and makes it where it is missing.
fn make(
    parent: &dyn Directory,
    name: &str,
    place: &str,
    mode: u32,
) -> Result<Arc<dyn Directory>, StoreError> {
    match parent.create_directory(name, mode) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => parent.open_directory(name),
    }
    .map_err(|error| failed("create folder", place, error))
}

/// Makes the folders of a new root durable.
fn sync_new(root: &dyn Directory) -> Result<(), StoreError> {
    root.sync().map_err(|error| {
        // A later sync would not make up for this one: folders that are still empty go, to be made
        // again by the next who tries.
        for name in layout::TENANT_FOLDERS.iter().map(|(name, _)| *name).chain([layout::OWN]) {
            let _ = root.remove_directory(name);
        }
        failed("open root", "the root", error)
    })
}

/// Writes what the root is, not yet under its name.
fn write_format(own: &Arc<dyn Directory>, entropy: &dyn Entropy) -> Result<Temporary, StoreError> {
    let place = format!("{}/{}", layout::OWN, layout::FORMAT);
    let fail = |error| failed("open root", &place, error);
    let temporary =
        Temporary::hidden(own.clone(), ".format-", layout::PRIVATE_FILE, entropy).map_err(fail)?;
    let file = temporary.file();
    file.write_at(FORMAT.as_bytes(), 0).and_then(|()| file.sync_data()).map_err(fail)?;
    Ok(temporary)
}

/// Says, last of all, what the root is.
fn state_format(own: &dyn Directory, temporary: Temporary) -> Result<(), StoreError> {
    let place = format!("{}/{}", layout::OWN, layout::FORMAT);
    let fail = |error| failed("open root", &place, error);
    match temporary.replace(layout::FORMAT) {
        Ok(()) => own.sync().map_err(fail),
        Err(NotPublished::Failed(error) | NotPublished::Unclear(error)) => Err(fail(error)),
        Err(NotPublished::Taken) => Err(fail(std::io::ErrorKind::AlreadyExists.into())),
    }
}

/// Takes the root's lock: shared, or alone.
fn take_lock(own: &dyn Directory, processes: Processes) -> Result<Arc<dyn File>, StoreError> {
    let place = format!("{}/{}", layout::OWN, layout::ROOT_LOCK);
    let fail = |error| failed("open root", &place, error);
    let file = open_or_create(own, layout::ROOT_LOCK).map_err(fail)?;
    let (free, text) = match processes {
        Processes::Shared => (file.try_lock_shared(), "another process holds the root alone"),
        Processes::Only => (file.try_lock(), "another process works on the root"),
    };
    if free.map_err(fail)? {
        Ok(file)
    } else {
        Err(StoreError::new(StoreErrorKind::Locked, "open root", format!("{place}: {text}")))
    }
}

/// Whether a file without a name can be had, and be given one.
fn has_unnamed_files(own: &dyn Directory, entropy: &dyn Entropy) -> bool {
    let Ok(Some(file)) = own.create_unnamed(layout::PRIVATE_FILE) else { return false };
    let name = super::temporary::random_name(".unnamed-", entropy);
    own.link(&*file, &name).and_then(|()| own.remove_file(&name)).is_ok()
}
