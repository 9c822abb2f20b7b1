//! Files that can't be renamed, since the place where they are to be lies on another file system: copied with all
//! that is known of them, made durable, read back, and only then taken away where they were.
//!
//! What a copy could not have is refused before anything is changed.

use std::fs::{self, File, FileTimes, Metadata, OpenOptions};
use std::io;

use super::disk::Root;
use crate::migrate::{Digest, MigrateError, TreePath};

/// What is known of a file beside its bytes, as far as a copy has to have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Facts {
    #[cfg(unix)]
    mode: u32,
    #[cfg(unix)]
    owner: (u32, u32),
    modified: std::time::SystemTime,
}

impl Facts {
    fn of(metadata: &Metadata) -> io::Result<Self> {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        Ok(Self {
            #[cfg(unix)]
            mode: metadata.mode() & 0o7777,
            #[cfg(unix)]
            owner: (metadata.uid(), metadata.gid()),
            modified: metadata.modified()?,
        })
    }

    /// Gives them to a file.
    fn give(self, file: &File, accessed: std::time::SystemTime) -> io::Result<()> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
            let metadata = file.metadata()?;
            if (metadata.uid(), metadata.gid()) != self.owner {
                fchown(file, Some(self.owner.0), Some(self.owner.1))?;
            }
            // After the owner, with whom some of it goes.
            file.set_permissions(fs::Permissions::from_mode(self.mode))?;
        }
        file.set_times(FileTimes::new().set_accessed(accessed).set_modified(self.modified))
    }
}

/// What of a file a copy would not have.
pub(super) fn refusal(root: &Root, path: &TreePath) -> Result<Option<&'static str>, MigrateError> {
    let file = root.open(path)?;
    let failed = |error: io::Error| MigrateError::Read { path: path.clone(), kind: error.kind() };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if file.metadata().map_err(failed)?.nlink() > 1 {
            return Ok(Some("it has another name, too"));
        }
    }
    if root.mount_of(path) != root.mount_of(&path.folder()) {
        return Ok(Some("it is mounted itself"));
    }
    Ok(has_attributes(&file).map_err(failed)?.then_some("it has an access list or other attributes"))
}

/// Whether a file has attributes but those that the system gives to each.
#[cfg(target_os = "linux")]
fn has_attributes(file: &File) -> io::Result<bool> {
    let mut names = vec![0; 1 << 16];
    match rustix::fs::flistxattr(file, &mut names) {
        // The file system has none.
        Err(rustix::io::Errno::OPNOTSUPP) => Ok(false),
        Err(error) => Err(error.into()),
        Ok(length) => {
            let mut names = names.get(..length).unwrap_or_default().split(|byte| *byte == 0);
            Ok(names.any(|name| !name.is_empty() && name != b"security.selinux"))
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn has_attributes(_: &File) -> io::Result<bool> {
    Ok(false)
}

/// Copies a file over what is at another place, by way of `new` beside that, if it has the digest that it is to have.
/// The copy is durable and read back when it gets its name.
pub(super) fn copy(
    root: &Root,
    from: &TreePath,
    to: &TreePath,
    new: &TreePath,
    digest: Digest,
) -> Result<(), MigrateError> {
    let read = |error: io::Error| MigrateError::Read { path: from.clone(), kind: error.kind() };
    let mut source = root.open(from)?;
    let metadata = source.metadata().map_err(read)?;
    let facts = Facts::of(&metadata).map_err(read)?;
    let accessed = metadata.accessed().unwrap_or(facts.modified);
    let place = root.at(new)?;
    root.change(to)?;
    let write = |error: io::Error| MigrateError::Write { path: to.clone(), kind: error.kind() };
    let mut file = create(&place).map_err(write)?;
    io::copy(&mut source, &mut file).map_err(write)?;
    let unlike = || MigrateError::OtherFileSystem {
        path: from.clone(),
        why: "its owner, mode or time can't be given to a copy",
    };
    facts.give(&file, accessed).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => unlike(),
        _ => write(error),
    })?;
    file.sync_all().map_err(write)?;
    if digest_of(root, new)? != digest {
        return Err(MigrateError::Changed(from.clone()));
    }
    let there = fs::symlink_metadata(&place).and_then(|metadata| Facts::of(&metadata));
    if there.map_err(read)? != facts {
        return Err(unlike());
    }
    root.move_over(new, to)?;
    root.sync_folder(&to.folder())
}

fn create(place: &std::path::Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    options.open(place)
}

/// The digest of what a file holds now.
pub(super) fn digest_of(root: &Root, path: &TreePath) -> Result<Digest, MigrateError> {
    let mut hasher = blake3::Hasher::new();
    let read = hasher.update_reader(root.open(path)?);
    read.map_err(|error| MigrateError::Read { path: path.clone(), kind: error.kind() })?;
    Ok(hasher.finalize().into())
}
