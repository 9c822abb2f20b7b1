//! Reads of stored files: one whole as a stream, and ranges of a MiB at random. The page cache is warm for all sides.

use std::fs::File;
use std::hint::black_box;
use std::io::{Read, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt};
use object_store::ObjectStoreExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use opendal::Operator;
use opendal::services::Fs;
use tenantry::record::RecordId;
use tenantry::{ByteRange, Workspace};
use tokio::runtime::Runtime;

use crate::body;
use crate::place::Place;
use crate::record::scattered;
use crate::side::{Group, Make, Outcome, Side, same, wrong};

const MIB: u64 = 1 << 20;
/// How long the file is from which ranges are read.
const RANGED: u64 = 256 * MIB;
const FILE: &str = "rain.mp4";

/// The groups. An operation is a MiB: of the whole file, which is as long as a round has operations, or a range.
pub(crate) fn groups() -> [Group; 2] {
    let group = |name, operations, turns, sides: [Make; 4]| {
        let [ours, object_store, opendal, floor] = sides;
        let sides = vec![
            ("tenantry", ours, 1),
            ("object_store", object_store, 1),
            ("opendal", opendal, 1),
            ("floor", floor, 1),
        ];
        Group { name, operations, turns, sides }
    };
    [
        group(
            "read-1g",
            [1024, 128],
            1,
            [
                |at| reader(at, Which::Ours, How::Whole),
                |at| reader(at, Which::ObjectStore, How::Whole),
                |at| reader(at, Which::Opendal, How::Whole),
                |at| reader(at, Which::Floor, How::Whole),
            ],
        ),
        group(
            "read-ranges",
            [400, 100],
            4,
            [
                |at| reader(at, Which::Ours, How::Ranges),
                |at| reader(at, Which::ObjectStore, How::Ranges),
                |at| reader(at, Which::Opendal, How::Ranges),
                |at| reader(at, Which::Floor, How::Ranges),
            ],
        ),
    ]
}

#[derive(Clone, Copy)]
enum Which {
    Ours,
    ObjectStore,
    Opendal,
    Floor,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Whole,
    Ranges,
}

/// Who reads.
enum Source {
    Ours(Place, Workspace, Option<RecordId>),
    ObjectStore(LocalFileSystem),
    Opendal(Operator),
    Floor(Vec<u8>),
}

struct Reader {
    runtime: Runtime,
    source: Source,
    how: How,
    folder: PathBuf,
    /// How long the file is, once it is there.
    length: u64,
    read: u64,
}

fn reader(folder: &Path, which: Which, how: How) -> Outcome<Box<dyn Side>> {
    let source = match which {
        Which::Ours => {
            let place = Place::new(folder, 1)?;
            let workspace = place.workspace(0)?;
            Source::Ours(place, workspace, None)
        }
        Which::ObjectStore => Source::ObjectStore(LocalFileSystem::new_with_prefix(folder)?),
        Which::Opendal => {
            let folder = folder.to_str().ok_or_else(|| wrong("the folder's name is no text"))?;
            Source::Opendal(Operator::new(Fs::default().root(folder))?.finish())
        }
        Which::Floor => Source::Floor(vec![0; MIB as usize]),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(Box::new(Reader { runtime, source, how, folder: folder.to_owned(), length: 0, read: 0 }))
}

/// The range that is read as the so many-th, which begins anywhere.
fn range(read: u64, length: u64) -> Range<u64> {
    let first = scattered(read) % (length - MIB);
    first..first + MIB
}

/// Takes a stream's parts and keeps none.
async fn consume<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    mut stream: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Outcome<u64> {
    let mut length = 0;
    while let Some(part) = stream.next().await {
        length += black_box(part.map_err(Into::into)?).len() as u64;
    }
    Ok(length)
}

impl Reader {
    /// Makes the file.
    fn store(&mut self, length: u64) -> Outcome<()> {
        if let Source::Ours(place, workspace, stored) = &mut self.source {
            let upload = workspace.videos().upload(FILE, body::stream(length as usize));
            *stored = Some(place.runtime.block_on(upload.into_future())?.id().clone());
        } else {
            let mut file = File::create_new(self.folder.join(FILE))?;
            body::parts(length as usize).try_for_each(|part| file.write_all(&part))?;
        }
        self.length = length;
        Ok(())
    }

    /// Reads all of it.
    fn whole(&mut self) -> Outcome<u64> {
        let path = ObjectPath::from(FILE);
        match &mut self.source {
            Source::Ours(place, workspace, stored) => {
                let (workspace, stored) = (workspace.clone(), there(stored)?);
                place.task(async move { consume(workspace.videos().open(&stored).await?.into_body()).await })
            }
            Source::ObjectStore(store) => {
                let store = store.clone();
                let task = async move { consume(store.get(&path).await?.into_stream()).await };
                self.runtime.block_on(self.runtime.spawn(task))?
            }
            Source::Opendal(operator) => {
                let operator = operator.clone();
                let task = async move {
                    let reader = operator.reader_with(FILE).chunk(MIB as usize).await?;
                    consume(reader.into_bytes_stream(..).await?).await
                };
                self.runtime.block_on(self.runtime.spawn(task))?
            }
            Source::Floor(buffer) => {
                let (mut file, mut length) = (File::open(self.folder.join(FILE))?, 0);
                loop {
                    match file.read(buffer)? {
                        0 => return Ok(length),
                        read => length += read as u64,
                    }
                    black_box(&buffer);
                }
            }
        }
    }

    /// Reads ranges; of the last one the bytes.
    fn ranges(&mut self, reads: Range<u64>) -> Outcome<Vec<u8>> {
        let (path, length) = (ObjectPath::from(FILE), self.length);
        match &mut self.source {
            Source::Ours(place, workspace, stored) => {
                let (workspace, stored) = (workspace.clone(), there(stored)?);
                place.task(async move {
                    let mut bytes = Bytes::new();
                    for range in reads.map(|read| range(read, length)) {
                        let range = ByteRange::Between(range.start, range.end - 1);
                        bytes =
                            black_box(workspace.videos().open_range(&stored, range).await?.bytes().await?);
                    }
                    Ok(bytes.into())
                })
            }
            Source::ObjectStore(store) => {
                let store = store.clone();
                let task = async move {
                    let mut bytes = Bytes::new();
                    for range in reads.map(|read| range(read, length)) {
                        bytes = black_box(store.get_range(&path, range).await?);
                    }
                    Outcome::Ok(bytes.to_vec())
                };
                self.runtime.block_on(self.runtime.spawn(task))?
            }
            Source::Opendal(operator) => {
                let operator = operator.clone();
                let task = async move {
                    let mut bytes = Bytes::new();
                    for range in reads.map(|read| range(read, length)) {
                        bytes = black_box(operator.read_with(FILE).range(range).await?.to_bytes());
                    }
                    Outcome::Ok(bytes.to_vec())
                };
                self.runtime.block_on(self.runtime.spawn(task))?
            }
            Source::Floor(buffer) => {
                for range in reads.map(|read| range(read, length)) {
                    File::open(self.folder.join(FILE))?.read_exact_at(buffer, range.start)?;
                    black_box(&buffer);
                }
                Ok(buffer.clone())
            }
        }
    }

    /// The whole file as whoever reads it gets it.
    fn content(&mut self) -> Outcome<Vec<u8>> {
        let path = ObjectPath::from(FILE);
        match &mut self.source {
            Source::Ours(place, workspace, stored) => {
                let stored = there(stored)?;
                Ok(place
                    .runtime
                    .block_on(async { workspace.videos().open(&stored).await?.bytes().await })?
                    .into())
            }
            Source::ObjectStore(store) => {
                let get = async { store.get(&path).await?.bytes().await };
                Ok(self.runtime.block_on(get)?.into())
            }
            Source::Opendal(operator) => {
                let reader = operator.reader_with(FILE).chunk(MIB as usize);
                let parts =
                    async { reader.await?.into_bytes_stream(..).await?.try_collect::<Vec<_>>().await };
                Ok(self.runtime.block_on(async { Outcome::Ok(parts.await?) })?.concat())
            }
            Source::Floor(_) => Ok(std::fs::read(self.folder.join(FILE))?),
        }
    }
}

fn there(stored: &Option<RecordId>) -> Outcome<RecordId> {
    stored.clone().ok_or_else(|| wrong("the file is not there"))
}

impl Side for Reader {
    fn prepare(&mut self, operations: u64) -> Outcome<()> {
        let length = if self.how == How::Whole { operations * MIB } else { RANGED };
        if self.length == 0 { self.store(length) } else { Ok(()) }
    }

    fn run(&mut self, operations: u64) -> Outcome<()> {
        match self.how {
            How::Whole => {
                let read = self.whole()?;
                same(&read, &self.length)
            }
            How::Ranges => {
                let reads = self.read..self.read + operations;
                self.read = reads.end;
                self.ranges(reads).map(drop)
            }
        }
    }

    fn check(&mut self) -> Outcome<()> {
        match self.how {
            How::Whole => body::check(&self.content()?, 0, self.length as usize),
            How::Ranges => {
                let bytes = self.ranges(self.read..self.read + 1)?;
                body::check(&bytes, range(self.read, self.length).start, MIB as usize)
            }
        }
    }
}
