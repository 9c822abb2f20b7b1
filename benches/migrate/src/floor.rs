//! The floor: each file is renamed once and each database written once, without a sync.

use std::path::{Path, PathBuf};

use crate::side::{Outcome, Side, same};
use crate::tree::{DATABASES, FOLDERS, files_moved, write};

struct Floor {
    root: PathBuf,
    files: u64,
    /// From where to where.
    renames: Vec<(PathBuf, PathBuf)>,
    databases: Vec<(PathBuf, Vec<u8>)>,
}

/// What is timed is renaming and writing; what and where is known before.
pub(crate) fn floor(folder: &Path) -> Outcome<Box<dyn Side>> {
    let root = folder.join("root");
    Ok(Box::new(Floor { root, files: 0, renames: Vec::new(), databases: Vec::new() }))
}

impl Side for Floor {
    fn prepare(&mut self, files: u64) -> Outcome<()> {
        self.files = files;
        write(files, &self.root)?;
        (self.renames, self.databases) = (Vec::new(), Vec::new());
        for folder in FOLDERS.map(|folder| self.root.join(folder)) {
            for entry in std::fs::read_dir(&folder)? {
                let entry = entry?;
                let to = folder.join("admin").join(entry.file_name());
                self.renames.push((entry.path(), to));
            }
            std::fs::create_dir(folder.join("admin"))?;
        }
        let data = self.root.join("data/admin");
        std::fs::create_dir_all(&data)?;
        for (_, name) in DATABASES {
            self.databases.push((data.join(name), std::fs::read(self.root.join(name))?));
        }
        Ok(())
    }

    fn run(&mut self, _: u64) -> Outcome<()> {
        for (from, to) in &self.renames {
            std::fs::rename(from, to)?;
        }
        for (path, bytes) in &self.databases {
            std::fs::write(path, bytes)?;
        }
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        files_moved(self.files, &self.root)?;
        for (path, bytes) in &self.databases {
            same(&(std::fs::read(path)? == *bytes), &true)?;
        }
        Ok(())
    }
}
