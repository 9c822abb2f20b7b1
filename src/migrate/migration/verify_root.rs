//! What of a migration is not reached through the library, and so is compared where it lies: the originals, what was
//! left in its place, and the workbook with the owners.

use std::io;
use std::sync::Arc;

use super::Work;
use super::disk::Root;
use super::originals::original;
use super::{Difference, Differs, MigrationStage, Verification, copies, workbook};
use crate::migrate::{Digest, MigrateError, TreePath, survey};
use crate::paths::TenantId;

/// Something that is to be there still.
struct Kept {
    path: TreePath,
    /// What it holds, where that is known.
    digest: Option<Digest>,
}

impl Work<'_> {
    /// Adds what in the root is not as the plan says.
    ///
    /// # Errors
    /// [`MigrateError::Stopped`]; and for the workbook, if what it was made of can't be read any more.
    pub(super) async fn verify_root(&self, verification: &mut Verification) -> Result<(), MigrateError> {
        let (kept, bytes) = (self.kept(), self.journal.plan.totals.file_bytes);
        let mut differs = |tenant, path: &TreePath, reason| {
            let of = Differs::Path(path.clone());
            verification.differences.push(Difference { tenant, of, reason });
        };
        for (done, Kept { path, digest }) in kept.iter().enumerate() {
            let far = (done as u64, kept.len() as u64);
            self.migration.tell(MigrationStage::Verifying, None, far, (bytes, bytes))?;
            let difference = match digest {
                None if self.root.has(path).is_ok_and(|is_there| is_there) => None,
                None => Some("it is not there".to_owned()),
                Some(digest) => difference(Arc::clone(&self.root), path.clone(), *digest).await,
            };
            if let Some(reason) = difference {
                differs(None, path, reason);
            }
        }
        for (path, tenant, reason) in self.workbook_differences()? {
            differs(tenant, &path, reason);
        }
        Ok(())
    }

    /// What the migration is to leave as it is: originals of what held records, files that were copied alone, and all
    /// that is nobody's or somebody's who comes later.
    fn kept(&self) -> Vec<Kept> {
        let plan = &self.journal.plan;
        let sources = plan.sources.iter().map(|source| {
            let is_moved = source.set_aside && self.in_place();
            let path = if is_moved { original(&source.path) } else { source.path.clone() };
            Kept { path, digest: Some(source.digest) }
        });
        let files = plan.files.iter().filter(|file| file.keeps_original || !self.in_place());
        let files = files.map(|file| Kept { path: file.from.clone(), digest: Some(file.digest) });
        let left = plan.left.iter().filter(|left| left.at.is_none());
        let left = left.map(|left| Kept { path: left.path.clone(), digest: left.digest });
        sources.chain(files).chain(left).collect()
    }

    /// What the workbook with the owners does not say as it should, wherever it was written.
    fn workbook_differences(&self) -> Result<Vec<(TreePath, Option<TenantId>, String)>, MigrateError> {
        let mut differences = Vec::new();
        // If there is no old one any more, that was told already.
        let owned = match self.owned_workbook() {
            Err(MigrateError::NotAsPlanned(_) | MigrateError::Read { .. }) => return Ok(differences),
            owned => owned?,
        };
        let Some(owned) = owned else { return Ok(differences) };
        let places = [Some(workbook::kept()), self.replaces_workbook().then(workbook::place)];
        let mut before = None;
        for path in places.into_iter().flatten() {
            let found = match (survey::read(self.root.path(), &path), before.take()) {
                // The same bytes say the same.
                (Ok(bytes), Some((same, found))) if bytes == same => found,
                (Ok(bytes), _) => {
                    let found = owned.differences(&bytes);
                    before = Some((bytes, found.clone()));
                    found
                }
                (Err(_), _) => vec![(None, "it can't be read".to_owned())],
            };
            differences.extend(found.into_iter().map(|(tenant, reason)| (path.clone(), tenant, reason)));
        }
        Ok(differences)
    }
}

/// Reads a file where it lies; what of it is not as it was.
async fn difference(root: Arc<Root>, path: TreePath, digest: Digest) -> Option<String> {
    let read = tokio::task::spawn_blocking(move || copies::digest_of(&root, &path));
    match read.await {
        Ok(Ok(found)) => (found != digest).then(|| "its content is another than it was".to_owned()),
        Ok(Err(MigrateError::Read { kind: io::ErrorKind::NotFound, .. })) => {
            Some("it is not there".to_owned())
        }
        Ok(Err(MigrateError::Read { kind, .. })) => Some(format!("it can't be read: {kind}")),
        _ => Some("it can't be read".to_owned()),
    }
}
