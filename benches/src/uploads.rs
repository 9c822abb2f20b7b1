//! Files that are stored durably: ours with checksum, quota and record, the peer's and the floor's alone.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStoreExt, WriteMultipart};
use tenantry::record::RecordId;
use tenantry::{Expected, Workspace};
use tokio::runtime::Runtime;

use crate::body;
use crate::place::Place;
use crate::side::{Group, Make, Outcome, Side};

/// The groups. Of the longest an operation is a MiB, and a round one file.
pub(crate) fn groups() -> [Group; 3] {
    let group = |name, operations, turns, sides: [Make; 3]| {
        let [ours, peer, floor] = sides;
        let sides = vec![("tenantry", ours, 1), ("object_store", peer, 1), ("floor", floor, 1)];
        Group { name, operations, turns, sides }
    };
    [
        group(
            "upload-1k",
            [200, 50],
            5,
            [
                |at| ours(at, Size::Each(1 << 10)),
                |at| peer(at, Size::Each(1 << 10)),
                |at| floor(at, Size::Each(1 << 10)),
            ],
        ),
        group(
            "upload-1m",
            [50, 20],
            5,
            [
                |at| ours(at, Size::Each(1 << 20)),
                |at| peer(at, Size::Each(1 << 20)),
                |at| floor(at, Size::Each(1 << 20)),
            ],
        ),
        group(
            "upload-1g",
            [1024, 128],
            1,
            [|at| ours(at, Size::Together), |at| peer(at, Size::Together), |at| floor(at, Size::Together)],
        ),
    ]
}

/// What an operation is.
#[derive(Clone, Copy)]
enum Size {
    /// A file of that length.
    Each(usize),
    /// A MiB of the one file of a turn.
    Together,
}

impl Size {
    /// How many files that are, and how long each.
    const fn files(self, operations: u64) -> (u64, usize) {
        match self {
            Self::Each(length) => (operations, length),
            Self::Together => (1, (operations as usize) << 20),
        }
    }
}

struct Ours {
    place: Place,
    workspace: Workspace,
    size: Size,
    /// The files of the last turn, and how long each is.
    stored: (Vec<RecordId>, usize),
}

fn ours(folder: &Path, size: Size) -> Outcome<Box<dyn Side>> {
    let place = Place::new(folder, 1)?;
    let workspace = place.workspace(0)?;
    Ok(Box::new(Ours { place, workspace, size, stored: (Vec::new(), 0) }))
}

impl Side for Ours {
    fn prepare(&mut self, _: u64) -> Outcome<()> {
        let (workspace, stored) = (self.workspace.clone(), std::mem::take(&mut self.stored.0));
        self.place.task(async move {
            for video in &stored {
                workspace.videos().delete(video, Expected::Any).await?;
            }
            Ok(())
        })
    }

    fn run(&mut self, operations: u64) -> Outcome<()> {
        let (workspace, (files, length)) = (self.workspace.clone(), self.size.files(operations));
        let stored = self.place.task(async move {
            let mut stored = Vec::new();
            for _ in 0..files {
                let upload = workspace.videos().upload("rain.mp4", body::stream(length));
                stored.push(upload.length(length as u64).await?.id().clone());
            }
            Ok(stored)
        })?;
        self.stored = (stored, length);
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        for video in &self.stored.0 {
            let path = self.place.runtime.block_on(self.workspace.videos().local_path(video))?;
            body::check_read(File::open(path.path())?, self.stored.1)?;
        }
        Ok(())
    }
}

struct Peer {
    runtime: Runtime,
    store: LocalFileSystem,
    folder: PathBuf,
    size: Size,
    stored: (u64, usize),
}

fn peer(folder: &Path, size: Size) -> Outcome<Box<dyn Side>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
    Ok(Box::new(Peer { runtime, store, folder: folder.to_owned(), size, stored: (0, 0) }))
}

fn file_name(number: u64) -> String {
    format!("{number}.mp4")
}

impl Side for Peer {
    fn prepare(&mut self, _: u64) -> Outcome<()> {
        remove(&self.folder, self.stored.0)
    }

    fn run(&mut self, operations: u64) -> Outcome<()> {
        let (store, (files, length)) = (self.store.clone(), self.size.files(operations));
        let task = async move {
            for number in 0..files {
                let path = ObjectPath::from(file_name(number));
                if length <= body::PART {
                    store.put(&path, body::part(length).into()).await?;
                } else {
                    let mut upload = WriteMultipart::new(store.put_multipart(&path).await?);
                    for part in body::parts(length) {
                        upload.wait_for_capacity(4).await?;
                        upload.put(part);
                    }
                    upload.finish().await?;
                }
            }
            Outcome::Ok(())
        };
        self.runtime.block_on(self.runtime.spawn(task))??;
        self.stored = (files, length);
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        check(&self.folder, self.stored)
    }
}

struct Floor {
    folder: PathBuf,
    size: Size,
    stored: (u64, usize),
}

fn floor(folder: &Path, size: Size) -> Outcome<Box<dyn Side>> {
    Ok(Box::new(Floor { folder: folder.to_owned(), size, stored: (0, 0) }))
}

impl Side for Floor {
    fn prepare(&mut self, _: u64) -> Outcome<()> {
        remove(&self.folder, self.stored.0)
    }

    fn run(&mut self, operations: u64) -> Outcome<()> {
        let (files, length) = self.size.files(operations);
        let folder = File::open(&self.folder)?;
        for number in 0..files {
            let temporary = self.folder.join("temporary");
            let mut file = File::create_new(&temporary)?;
            for part in body::parts(length) {
                file.write_all(&part)?;
            }
            file.sync_all()?;
            std::fs::rename(&temporary, self.folder.join(file_name(number)))?;
            folder.sync_all()?;
        }
        self.stored = (files, length);
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        check(&self.folder, self.stored)
    }
}

fn remove(folder: &Path, files: u64) -> Outcome<()> {
    Ok((0..files).try_for_each(|number| std::fs::remove_file(folder.join(file_name(number))))?)
}

fn check(folder: &Path, (files, length): (u64, usize)) -> Outcome<()> {
    (0..files).try_for_each(|number| body::check_read(File::open(folder.join(file_name(number)))?, length))
}
