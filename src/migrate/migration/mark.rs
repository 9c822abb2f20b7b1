//! What the root's folder says of itself, in an attribute, as long as no file in it could.
//!
//! The first change of a migration makes a folder in the root and the last one removes it, and with each the root's
//! own time is another. Between that and its being set back there is nothing in the root that could tell; so it is
//! said by the root. Where a file system has no such attributes, a process that ends in just that instant leaves the
//! root with that time.

use serde::{Deserialize, Serialize};

use super::before::Folder;
use super::disk::Root;
use crate::migrate::MigrateError;

/// What the two folders were like that change first and last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// The root's own.
    pub(super) root: Folder,
    /// The library's own, if there was one.
    pub(super) own: Option<Folder>,
}

#[cfg(target_os = "linux")]
const NAME: &str = "user.tenantry.before";

impl Mark {
    /// What the root says; `None` if nothing, or nothing that can be read.
    #[cfg(target_os = "linux")]
    pub(super) fn read(root: &Root) -> Option<Self> {
        let mut text = [0; 512];
        let length = rustix::fs::fgetxattr(root.folder(), NAME, &mut text).ok()?;
        serde_json::from_slice(text.get(..length)?).ok()
    }

    /// Has the root say it, if it can.
    #[cfg(target_os = "linux")]
    pub(super) fn set(self, root: &Root) -> Result<(), MigrateError> {
        use rustix::fs::{XattrFlags, fsetxattr};
        root.change(&crate::migrate::TreePath::root())?;
        if let Ok(text) = serde_json::to_vec(&self) {
            // Without it there is one instant in which the root's time can be lost, and nothing else.
            let _ = fsetxattr(root.folder(), NAME, &text, XattrFlags::empty());
        }
        Ok(())
    }

    /// Has the root say nothing any more.
    #[cfg(target_os = "linux")]
    pub(super) fn clear(root: &Root) -> Result<(), MigrateError> {
        if Self::read(root).is_some() {
            root.change(&crate::migrate::TreePath::root())?;
            let _ = rustix::fs::fremovexattr(root.folder(), NAME);
        }
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn read(_: &Root) -> Option<Self> {
        None
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn set(self, _: &Root) -> Result<(), MigrateError> {
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn clear(_: &Root) -> Result<(), MigrateError> {
        Ok(())
    }
}
