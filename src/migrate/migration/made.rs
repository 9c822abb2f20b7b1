//! What in the tenants' folders is the library's, and goes with a rollback; what people put there stays.
//!
//! A blob is told by the plan and the ledgers that name it, a view by its digest, the rest by its name. A rollback
//! takes the ledgers away before it ends, so what only they name is written into the journal first.

use std::collections::BTreeSet;

use super::applying::Work;
use super::disk::Root;
use super::journal;
use crate::migrate::documented::{self, FOLDERS};
use crate::migrate::{MigrateError, Placement, TreeName, TreePath, survey};
use crate::paths::{FileName, TenantId};
use crate::store::local::is_temporary;
use crate::store::{SetAside, ViewKey, ViewName, ViewPlace};
use crate::views;

/// Whose something is that was not there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// The library wrote it.
    Library,
    /// The library wrote it, and somebody changed it since.
    Edited,
    /// Somebody else put it there.
    Others,
}

/// What is the library's in one tenant's folders.
pub(super) struct Made<'a> {
    root: &'a Root,
    /// The blobs, and what else is to go.
    named: &'a BTreeSet<TreePath>,
    views: views::Digests,
}

impl<'a> Made<'a> {
    pub(super) fn of(
        root: &'a Root,
        tenant: &TenantId,
        named: &'a BTreeSet<TreePath>,
    ) -> Result<Self, MigrateError> {
        let path = TreePath::root().join("data").join(tenant.as_str()).join(&ViewName::Digests.file_name());
        let text = if root.has(&path)? { Some(survey::read(root.path(), &path)?) } else { None };
        Ok(Self { root, named, views: views::Digests::read(text.as_deref()) })
    }

    /// Whose a file in one of the tenant's folders is.
    pub(super) fn whose(&self, path: &TreePath) -> Result<Whose, MigrateError> {
        let Some(name) = path.name().as_str() else { return Ok(Whose::Others) };
        if self.named.contains(path) || is_temporary(name) {
            return Ok(Whose::Library);
        }
        let place = match path.parts().next().and_then(TreeName::as_str) {
            Some("data") if ["ledger", "ledger.word", ".views"].contains(&name) => return Ok(Whose::Library),
            Some("data") => ViewPlace::Data,
            Some("tokens") => ViewPlace::Tokens,
            _ => return Ok(Whose::Others),
        };
        match SetAside::of_name(place, name.strip_suffix(".base").unwrap_or(name), 0) {
            Some(_) => Ok(Whose::Edited),
            None => self.of_view(path, place, name),
        }
    }

    fn of_view(&self, path: &TreePath, place: ViewPlace, name: &str) -> Result<Whose, MigrateError> {
        let Ok(file) = FileName::parse(name) else { return Ok(Whose::Others) };
        let view = ViewKey { place, name: ViewName::File(file) };
        if !self.views.views().any(|known| known == view) {
            return Ok(Whose::Others);
        }
        let text = match survey::read(self.root.path(), path) {
            // A link, say, in its place.
            Err(MigrateError::Read { .. }) => return Ok(Whose::Others),
            text => text?,
        };
        let is_own = self.views.knows(&view, &views::Digest::of(&text));
        Ok(if is_own { Whose::Library } else { Whose::Edited })
    }
}

/// What was found in the tenants' folders that the library did not leave there as it is.
#[derive(Default)]
pub(super) struct Since {
    /// The library's, changed by somebody.
    edited: Vec<TreePath>,
    /// What somebody put there.
    others: Vec<TreePath>,
}

impl Since {
    /// What a rollback must not remove or write over unasked. What systems leave in every folder is no matter.
    pub(super) fn in_the_way(&self) -> Vec<TreePath> {
        let others = self.others.iter().filter(|path| !documented::is_of_system(path.name()));
        let mut all: Vec<TreePath> = self.edited.iter().chain(others).cloned().collect();
        all.sort();
        all
    }

    /// What is the library's all the same.
    pub(super) fn edited(self) -> Vec<TreePath> {
        self.edited
    }
}

impl Work<'_> {
    /// Where the plan puts files.
    pub(super) fn placed(&self) -> BTreeSet<TreePath> {
        self.journal.plan.files.iter().flat_map(|file| file.to.iter().map(Placement::path)).collect()
    }

    /// Looks through the folders of these tenants for what the library did not leave there.
    pub(super) fn since(
        &self,
        tenants: &[TenantId],
        named: &BTreeSet<TreePath>,
    ) -> Result<Since, MigrateError> {
        let mut since = Since::default();
        for tenant in tenants {
            let made = Made::of(&self.root, tenant, named)?;
            for folder in FOLDERS {
                let folder = TreePath::root().join(folder).join(tenant.as_str());
                if !self.root.is_folder(&folder)? {
                    continue;
                }
                for (path, is_folder) in self.root.list(&folder)? {
                    // Where an original was, there may be a view.
                    let was_there = self.journal.before.has(&path) && !self.is_set_aside(&path)?;
                    match made.whose(&path)? {
                        _ if was_there => {}
                        _ if is_folder => since.others.push(path),
                        Whose::Library => {}
                        Whose::Edited => since.edited.push(path),
                        Whose::Others => since.others.push(path),
                    }
                }
            }
        }
        Ok(since)
    }

    fn is_set_aside(&self, path: &TreePath) -> Result<bool, MigrateError> {
        self.root.has(&super::originals::original(path))
    }

    /// Keeps in the journal what is the library's and can't be told by plan and tree.
    pub(super) fn keep_made(&self, made: &BTreeSet<TreePath>) -> Result<(), MigrateError> {
        if made.is_empty() { Ok(()) } else { journal::write_made(&self.root, made) }
    }
}
