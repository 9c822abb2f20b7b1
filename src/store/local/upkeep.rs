//! Upkeep: clearing what counts for nothing, erasing, and asking what the medium can do.

use std::io;
use std::sync::Arc;

use super::blobs::page_of;
use super::disk::{Access, Directory, EntryKind};
use super::failure::{failed, if_there};
use super::handles::Slot;
use super::layout;
use super::root::Root;
use super::temporary::{clear_dead, random_name};
use crate::paths::{Area, TenantId};
use crate::store::{Page, Removed, StoreError, StoreErrorKind};

/// How deep a folder may go that somebody else put into an area.
const DEEPEST: usize = 64;

impl Root {
    /// The tenants that have a ledger, one page of them.
    pub(super) fn tenants(&self, after: Option<&str>, limit: usize) -> Result<Page<TenantId>, StoreError> {
        let data = self.folder(layout::DATA);
        let entries = data.entries().map_err(|error| failed("list tenants", layout::DATA, error))?;
        let mut names: Vec<(String, TenantId)> = Vec::new();
        for (name, kind) in entries {
            let Some(name) = name.to_str().filter(|_| kind == EntryKind::Directory) else { continue };
            if let Ok(tenant) = TenantId::parse(name) {
                names.push((name.to_owned(), tenant));
            }
        }
        let mut items = Vec::new();
        let mut after = after.map(str::to_owned);
        loop {
            let (page, next) = page_of(names.clone(), after.as_deref(), limit - items.len());
            for (_, tenant) in page {
                if self.has_ledger(&tenant)? {
                    items.push(tenant);
                }
            }
            match next {
                Some(next) if items.len() < limit => after = Some(next),
                next => return Ok(Page { items, next }),
            }
        }
    }

    fn has_ledger(&self, tenant: &TenantId) -> Result<bool, StoreError> {
        let Some(directory) = self.tenant_folder("list tenants", layout::DATA, tenant)? else {
            return Ok(false);
        };
        let found = if_there(directory.metadata(layout::LEDGER)).map_err(|error| {
            failed("list tenants", format!("{}/{tenant}/{}", layout::DATA, layout::LEDGER), error)
        })?;
        Ok(found.is_some())
    }

    /// Clears dead files and, on a tombstone, everything but it; by the holder of the lock.
    pub(super) fn tidy(&self, slot: &Slot) -> Result<(), StoreError> {
        let tenant = &slot.tenant;
        let Some(opened) = self.hold_current(slot, 0)? else { return Ok(()) };
        if opened.ledger.known().header.tombstone {
            return self.clear_tombstone(tenant, &*opened.directory);
        }
        for (folder, _) in layout::TENANT_FOLDERS {
            if let Some(directory) = self.tenant_folder("tidy", folder, tenant)? {
                clear_dead(&*directory)
                    .map_err(|error| failed("tidy", format!("{folder}/{tenant}"), error))?;
            }
        }
        Ok(())
    }

    fn clear_tombstone(&self, tenant: &TenantId, data: &dyn Directory) -> Result<(), StoreError> {
        let place = format!("{}/{tenant}", layout::DATA);
        let cleared = clear(data, &[layout::LEDGER, layout::WORD], &mut Removed::default(), DEEPEST)
            .and_then(|()| data.sync());
        cleared.map_err(|error| failed("tidy", place, error))?;
        self.remove_folder("tidy", layout::TOKENS, tenant)?;
        for area in Area::ALL {
            let parent = self.folder(area.as_str());
            let fail = |error| failed("tidy", format!("{area}/{tenant}"), error);
            if let Some(directory) = self.tenant_folder("tidy", area.as_str(), tenant)? {
                clear_dead(&*directory).map_err(fail)?;
            }
            match if_there(parent.remove_directory(tenant.as_str())) {
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
                tried => {
                    tried.and_then(|_| parent.sync()).map_err(fail)?;
                }
            }
        }
        Ok(())
    }

    /// Takes away all blobs and their folders, by the holder of the lock: a put under way finds no
    /// folder to publish in.
    pub(super) fn remove_areas(&self, tenant: &TenantId) -> Result<Removed, StoreError> {
        let mut removed = Removed::default();
        for area in Area::ALL {
            let one = self.remove_folder("remove areas", area.as_str(), tenant)?;
            removed.files += one.files;
            removed.bytes += one.bytes;
        }
        Ok(removed)
    }

    /// Removes a tenant's folder and all in it, durably.
    fn remove_folder(
        &self,
        operation: &'static str,
        folder: &str,
        tenant: &TenantId,
    ) -> Result<Removed, StoreError> {
        let fail = |error| failed(operation, format!("{folder}/{tenant}"), error);
        let parent = self.folder(folder);
        let mut removed = Removed::default();
        if let Some(found) = if_there(parent.metadata(tenant.as_str())).map_err(fail)? {
            remove(&**parent, tenant.as_str(), found.kind, &mut removed, DEEPEST).map_err(fail)?;
        }
        parent.sync().map_err(fail)?;
        Ok(removed)
    }

    /// What is free on the disk.
    pub(super) fn free_space(&self) -> Result<u64, StoreError> {
        self.directory.free_space().map_err(|error| failed("free space", "the root", error))
    }

    /// Finds out whether the disk keeps what the store rests on.
    pub(super) fn probe(&self) -> Result<(), StoreError> {
        let lacking = |text: &str| StoreError::new(StoreErrorKind::Unsupported, "probe", text);
        let fail = |error| failed("probe", layout::OWN, error);
        let names = [".probe-a-", ".probe-b-"].map(|prefix| random_name(prefix, &*self.entropy));
        let made = [0, 1].map(|at| Probe::make(&self.own, &names[at]));
        for probe in &made {
            probe.as_ref().map_err(|error| fail(io::Error::from(error.kind())))?;
        }
        let first = self.own.open_file(&names[0], Access::ReadWrite).map_err(fail)?;
        let second = self.own.open_file(&names[0], Access::ReadWrite).map_err(fail)?;
        if !first.try_lock().map_err(fail)? || second.try_lock().map_err(fail)? {
            return Err(lacking("a lock does not keep others out"));
        }
        match self.own.rename_new(&names[0], &names[1]) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            _ => return Err(lacking("a name that is taken can't be told from a free one")),
        }
        first.write_at(b"probe", 0).and_then(|()| first.sync_data()).map_err(fail)?;
        self.own.rename(&names[0], &names[1]).and_then(|()| self.own.sync()).map_err(fail)?;
        let found = self.own.metadata(&names[1]).map_err(fail)?;
        if found.identity != first.metadata().map_err(fail)?.identity {
            return Err(lacking("a file changes its identity when it is renamed"));
        }
        Ok(())
    }
}

/// A file made for probing, removed when dropped.
struct Probe<'a> {
    directory: &'a Arc<dyn Directory>,
    name: &'a str,
}

impl<'a> Probe<'a> {
    fn make(directory: &'a Arc<dyn Directory>, name: &'a str) -> io::Result<Self> {
        directory.create_file(name, layout::PRIVATE_FILE)?;
        Ok(Self { directory, name })
    }
}

impl Drop for Probe<'_> {
    fn drop(&mut self) {
        // One that was renamed away is gone already.
        let _ = self.directory.remove_file(self.name);
    }
}

/// Removes all in a directory but what is kept, without following a link.
fn clear(directory: &dyn Directory, keep: &[&str], removed: &mut Removed, depth: usize) -> io::Result<()> {
    for (name, kind) in directory.entries()? {
        let name = name
            .to_str()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidFilename, "a name that is no UTF-8"))?;
        if !keep.contains(&name) {
            remove(directory, name, kind, removed, depth)?;
        }
    }
    Ok(())
}

fn remove(
    parent: &dyn Directory,
    name: &str,
    kind: EntryKind,
    removed: &mut Removed,
    depth: usize,
) -> io::Result<()> {
    if kind == EntryKind::Directory {
        let depth = depth.checked_sub(1).ok_or_else(|| io::Error::other("folders within folders"))?;
        if let Some(directory) = if_there(parent.open_directory(name))? {
            clear(&*directory, &[], removed, depth)?;
        }
        if_there(parent.remove_directory(name))?;
        return Ok(());
    }
    let length = match if_there(parent.metadata(name))? {
        Some(found) if kind == EntryKind::File && !layout::is_temporary(name) => Some(found.length),
        _ => None,
    };
    if_there(parent.remove_file(name))?;
    if let Some(length) = length {
        removed.files += 1;
        removed.bytes += length;
    }
    Ok(())
}
