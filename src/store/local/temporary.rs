//! Files that are being written and have no name that counts yet.
//!
//! Unnamed where the file system can, so that a dead writer leaves nothing; hidden elsewhere. A
//! hidden file is locked as long as its writer lives: whoever gets the lock may remove it.

use std::io;
use std::sync::Arc;

use super::disk::{Access, Directory, File};
use super::failure::if_there;
use super::layout;
use crate::environment::Entropy;

/// How often a hidden file is made that somebody who tidies takes away at once.
const ATTEMPTS: usize = 16;

/// A file on its way to its name; dropped without having got it, it is gone.
pub(super) struct Temporary {
    directory: Arc<dyn Directory>,
    file: Arc<dyn File>,
    /// The hidden name, if it has one.
    hidden: Option<String>,
}

/// How publishing went wrong.
#[derive(Debug)]
pub(super) enum NotPublished {
    /// The name was taken.
    Taken,
    /// It did not happen.
    Failed(io::Error),
    /// It may have happened.
    Unclear(io::Error),
}

impl Temporary {
    /// A file that had better not have a name.
    pub(super) fn unnamed(
        directory: Arc<dyn Directory>,
        prefix: &str,
        mode: u32,
        entropy: &dyn Entropy,
    ) -> io::Result<Self> {
        match directory.create_unnamed(mode)? {
            Some(file) => Ok(Self { directory, file, hidden: None }),
            None => Self::hidden(directory, prefix, mode, entropy),
        }
    }

    /// A file under a hidden name, for replacing another.
    pub(super) fn hidden(
        directory: Arc<dyn Directory>,
        prefix: &str,
        mode: u32,
        entropy: &dyn Entropy,
    ) -> io::Result<Self> {
        for _ in 0..ATTEMPTS {
            let name = random_name(prefix, entropy);
            let file = directory.create_file(&name, mode)?;
            let made = Self { directory: directory.clone(), file, hidden: Some(name.clone()) };
            // Who tidies may take it for a dead writer's until it is locked, and then it is made anew.
            let kept = made.file.try_lock()? && if_there(directory.metadata(&name))?.is_some();
            if kept {
                return Ok(made);
            }
        }
        Err(io::Error::other("new files are cleared away as soon as they are made"))
    }

    /// The file itself.
    pub(super) const fn file(&self) -> &Arc<dyn File> {
        &self.file
    }

    /// The directory in which it lies.
    pub(super) const fn directory(&self) -> &Arc<dyn Directory> {
        &self.directory
    }

    /// Gives it a name that must be free.
    pub(super) fn publish_new(mut self, name: &str) -> Result<(), NotPublished> {
        let tried = match &self.hidden {
            None => self.directory.link(&*self.file, name),
            Some(hidden) => self.directory.rename_new(hidden, name),
        };
        self.settle(tried, name)
    }

    /// Gives it a name and replaces what bore it.
    pub(super) fn replace(mut self, name: &str) -> Result<(), NotPublished> {
        let tried = match &self.hidden {
            None => Err(io::Error::from(io::ErrorKind::Unsupported)),
            Some(hidden) => self.directory.rename(hidden, name),
        };
        self.settle(tried, name)
    }

    /// An error is no proof that nothing happened: the name tells.
    fn settle(&mut self, tried: io::Result<()>, name: &str) -> Result<(), NotPublished> {
        let Err(error) = tried else {
            self.hidden = None;
            return Ok(());
        };
        let there = if_there(self.directory.metadata(name));
        match (self.file.metadata(), there) {
            (Ok(own), Ok(Some(there))) if own.identity == there.identity => {
                self.hidden = None;
                Ok(())
            }
            (Ok(_), Ok(Some(_))) if error.kind() == io::ErrorKind::AlreadyExists => Err(NotPublished::Taken),
            (Ok(_), Ok(_)) => Err(NotPublished::Failed(error)),
            _ => {
                self.hidden = None;
                Err(NotPublished::Unclear(error))
            }
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(hidden) = &self.hidden {
            // What can't be removed now is cleared by tidying.
            let _ = self.directory.remove_file(hidden);
        }
    }
}

/// `prefix` and 128 random bits.
pub(super) fn random_name(prefix: &str, entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    format!("{prefix}{:032x}", u128::from_be_bytes(bytes))
}

/// Removes the hidden files whose writers are dead. What is no plain file under such a name, no writer
/// left: it stays, and keeps nobody from clearing the rest.
pub(super) fn clear_dead(directory: &dyn Directory) -> io::Result<()> {
    for (name, _) in directory.entries()? {
        let Some(name) = name.to_str().filter(|name| layout::is_temporary(name)) else { continue };
        let file = match if_there(directory.open_file(name, Access::ReadWrite)) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => None,
            opened => opened?,
        };
        let Some(file) = file else { continue };
        if file.try_lock()? {
            if_there(directory.remove_file(name))?;
        }
    }
    Ok(())
}
