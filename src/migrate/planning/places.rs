//! Is there room for what the library will write: does nothing stay where a tenant's folders, views and ledger are to
//! be. Files and tokens get other names where one is taken; these can't.

use std::collections::HashSet;

use crate::migrate::documented::{self, FOLDERS};
use crate::migrate::survey::{Kind, Survey};
use crate::migrate::tree_path::TreeName;
use crate::migrate::{ProblemKind, TreePath};
use crate::paths::{FileName, TenantId};

use super::Planning;
use super::findings::Place;
use super::sorting::unfit;

impl Planning<'_> {
    /// The names, but for case, of what stays in the tenants' folders in one of the four. What goes is in nobody's way.
    pub(super) fn stay_in(&self, folder: &str) -> impl Iterator<Item = (TenantId, String)> {
        let stays = self.findings.left.iter().filter(|left| left.at.is_none()).map(|left| &left.path);
        stays.filter_map(move |path| {
            let parts: Vec<&str> = path.parts().filter_map(TreeName::as_str).collect();
            let [_, _, name] = *parts else { return None };
            let name = FileName::parse(name).ok().filter(|_| parts.first() == Some(&folder))?;
            Some((documented::scope_of(path)?, name.folded()))
        })
    }

    /// Sees that nothing stays in the place of a folder of a tenant's, nor in one under a name that the library gives to
    /// something of its own.
    pub(super) fn check_places(&mut self, survey: &Survey) {
        let goes =
            self.media.iter().map(|file| &file.path).chain(self.sources.iter().map(|source| &source.path));
        let goes: HashSet<&TreePath> = goes.collect();
        let mut in_place = Vec::new();
        for id in self.tenants.keys().filter(|id| self.is_to_come(id)) {
            for folder in FOLDERS {
                let path = TreePath::root().join(folder).join(id.as_str());
                let entry = survey.entry(&path).filter(|entry| entry.kind != Kind::Folder && !entry.is_taken);
                if let Some(entry) = entry.filter(|_| !goes.contains(&path)) {
                    let reason = format!("{}; it is in the place of a folder of {id}", unfit(entry));
                    in_place.push((id.clone(), path, reason));
                }
            }
        }
        for path in self.findings.left.iter().filter(|left| left.at.is_none()).map(|left| &left.path) {
            let parts: Vec<&str> = path.parts().filter_map(TreeName::as_str).collect();
            let [folder, tenant, name] = *parts else { continue };
            let Some(id) = TenantId::parse(tenant).ok().filter(|id| self.is_to_come(id)) else { continue };
            if documented::is_of_library(name) || folder == "data" && self.is_view(name) {
                let reason = format!("it is in the place of something that is written for {id}");
                in_place.push((id, path.clone(), reason));
            }
        }
        // What is damaged is told as that: mended, it is read and goes.
        let told: HashSet<TreePath> = self.findings.blocked().cloned().collect();
        for (id, path, reason) in in_place.into_iter().filter(|(_, path, _)| !told.contains(path)) {
            let proposal = "give it another name, or move it away";
            self.findings.block(ProblemKind::Unreadable, Place::of(&id, Some(&path), None), reason, proposal);
        }
    }

    fn is_to_come(&self, tenant: &TenantId) -> bool {
        self.tenants.get(tenant).is_some_and(|tenant| !tenant.exists)
    }

    /// Whether a file of that name shows the records of a kind.
    fn is_view(&self, name: &str) -> bool {
        documented::collection_of(name).is_some_and(|collection| self.kinds.get(&collection).is_some())
    }
}
