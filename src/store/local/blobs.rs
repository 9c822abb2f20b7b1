//! Blobs: written aside, published under the tenant's lock, read by ranges, deleted, listed.

use std::io::{self, IoSlice};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use futures::future::join;
use futures::stream;

use super::disk::{Access, Directory, EntryKind, File, Metadata};
use super::failure::{failed_to_find as failed, if_there, unknown};
use super::handles::Slot;
use super::layout;
use super::options::Step;
use super::pieces::{PIECE, Piece};
use super::root::Root;
use super::temporary::{NotPublished, Temporary};
use crate::paths::{Area, BlobKey, FileName, TenantId};
use crate::store::{BlobInfo, ByteStream, Found, Page, Put, StoreError, StoreErrorKind};

/// How much is written at a time: so much that to wake a thread up for it does not count.
const WRITTEN: u64 = 512 * 1024;
/// After how much the system is asked to begin writing out.
const WRITEBACK: u64 = 8 * 1024 * 1024;

/// A blob's name, relative to the root.
fn place(key: &BlobKey) -> String {
    format!("{}/{}/{}", key.area(), key.tenant(), key.name())
}

fn not_found(operation: &'static str, key: &BlobKey) -> StoreError {
    StoreError::new(StoreErrorKind::NotFound, operation, format!("{}: not there", place(key)))
}

fn not_plain(operation: &'static str, key: &BlobKey) -> StoreError {
    failed(operation, place(key), io::ErrorKind::InvalidData.into())
}

impl Root {
    /// Writes a blob and publishes it.
    ///
    /// The tenant's slot is asked for at each step, so that a long upload keeps no handles but its own.
    pub(super) async fn put(self: &Arc<Self>, key: &BlobKey, put: Put) -> Result<BlobInfo, StoreError> {
        let Put { incarnation, body, length_hint, deadline } = put;
        let slot = || self.slots.get(key.tenant());
        let current = self.header(&slot()).await?;
        if current.is_none_or(|header| header.incarnation != incarnation || header.tombstone) {
            return Err(not_found("put", key));
        }
        let upload = self.receive(key, body, length_hint).await?;
        let length = upload.written;
        let publish = move |root: &Self, slot: &Slot| {
            if !root.steps.skips(Step::PublishCheck) {
                // What was true before the body came may have changed since; under the lock it can't.
                if deadline.has_passed() {
                    let text = format!("{}: the right to publish had ended", place(&upload.key));
                    return Err(StoreError::new(StoreErrorKind::DeadlinePassed, "put", text));
                }
                let living = root.hold_living(slot)?;
                if living.is_none_or(|header| header.incarnation != incarnation) {
                    return Err(not_found("put", &upload.key));
                }
            }
            upload.publish()
        };
        let owned = key.clone();
        let sync = move |root: &Self, directory: Arc<dyn Directory>| {
            let skipped = root.steps.skips(Step::BlobFolderSync);
            if skipped { Ok(()) } else { sync_published(&*directory, &owned) }
        };
        self.locked_then(&slot(), Box::new((publish, sync))).await?;
        Ok(BlobInfo { length })
    }

    /// Writes a body, durably, under no name yet.
    async fn receive(
        self: &Arc<Self>,
        key: &BlobKey,
        mut body: ByteStream,
        announced: Option<u64>,
    ) -> Result<Upload, StoreError> {
        let slot = || self.slots.get(key.tenant());
        let failed = |error| {
            StoreError::new(StoreErrorKind::Body, "put", format!("{}: the body failed", place(key)))
                .with_source(error)
        };
        let mut upload = Upload::new(key.clone());
        let mut taken = Taken::from(&mut body, 0, announced).await.map_err(failed)?;
        loop {
            let (ended, length) = (taken.ended, upload.written + taken.length);
            if !ended && announced != Some(length) {
                // The next is taken, and so hashed, while this one is written: on another thread.
                crate::blocking::leave().await;
                let slot = slot();
                let write = self.write(&slot, upload, taken, false);
                let next = Taken::from(&mut body, length, announced);
                let (written, next) = join(write, next).await;
                (upload, taken) = (written?, next.map_err(failed)?);
                continue;
            }
            // All that was announced is made durable before its end is seen: the end may have to wait for what is
            // under way beside this.
            if !upload.whole || taken.length > 0 {
                upload = self.write(&slot(), upload, taken, true).await?;
            }
            if ended {
                return Ok(upload);
            }
            taken = Taken::from(&mut body, length, announced).await.map_err(failed)?;
        }
    }

    /// Writes what was taken of a body; if that is the whole of it, durably.
    async fn write(
        self: &Arc<Self>,
        slot: &Arc<Slot>,
        upload: Upload,
        taken: Taken,
        whole: bool,
    ) -> Result<Upload, StoreError> {
        let synced = whole && !self.steps.skips(Step::BlobSync);
        let write = move |upload: Upload| {
            let upload = upload.write(taken)?;
            let mut upload = if synced { upload.sync()? } else { upload };
            upload.whole = whole;
            Ok(upload)
        };
        if upload.temporary.is_none() {
            return self.run(slot, move |root, _| write(upload.begin(root)?)).await;
        }
        self.run_on_open(slot, move || write(upload)).await
    }

    /// Opens a blob to read a range of it.
    pub(super) async fn get(
        self: &Arc<Self>,
        key: &BlobKey,
        range: Range<u64>,
    ) -> Result<ByteStream, StoreError> {
        let folder = self.folder(key.area().as_str());
        let (file, metadata) =
            match folder.open_resident(&[key.tenant().as_str(), key.name().as_str()], Access::Read) {
                // Opening what is in memory takes less than handing it to another thread would.
                Some(opened) => opened,
                None => {
                    let owned = key.clone();
                    self.run(&self.slots.get(key.tenant()), move |root, _| root.open_blob(&owned)).await?
                }
            };
        if range.start > range.end || range.end > metadata.length {
            let text =
                format!("{}: bytes {} to {} of {}", place(key), range.start, range.end, metadata.length);
            return Err(StoreError::new(StoreErrorKind::OutOfRange, "get", text));
        }
        let state = (self.clone(), key.tenant().clone(), file, range);
        Ok(stream::try_unfold(state, |(root, tenant, file, rest)| async move {
            if rest.is_empty() {
                return Ok(None);
            }
            let length = usize::try_from(rest.end - rest.start).unwrap_or(PIECE).min(PIECE);
            let (at, mut piece) = (rest.start, root.pieces.take(length));
            // Reading what is in memory takes less than handing it to another thread would.
            let resident = file.read_resident(piece.filling(), at);
            let piece = if resident < length {
                let reader = file.clone();
                let rest = move || Ok(read_rest(&*reader, at, piece, resident));
                // The outer result is the store's, the inner one the disk's.
                let read = root.run_on_open(&root.slots.get(&tenant), rest).await;
                read.map_err(io::Error::other)??
            } else {
                piece
            };
            let piece = piece.filled();
            let rest = at + piece.len() as u64..rest.end;
            Ok(Some((piece, (root, tenant, file, rest))))
        })
        .boxed())
    }

    fn open_blob(&self, key: &BlobKey) -> Result<(Arc<dyn File>, Metadata), StoreError> {
        let fail = |error| failed("get", place(key), error);
        let directory = self
            .tenant_folder("get", key.area().as_str(), key.tenant())?
            .ok_or_else(|| not_found("get", key))?;
        let file = directory.open_file(key.name().as_str(), Access::Read).map_err(fail)?;
        let metadata = file.metadata().map_err(fail)?;
        Ok((file, metadata))
    }

    /// What is known of a blob.
    pub(super) fn head(&self, key: &BlobKey) -> Result<Option<BlobInfo>, StoreError> {
        let Some(directory) = self.tenant_folder("head", key.area().as_str(), key.tenant())? else {
            return Ok(None);
        };
        let found = if_there(directory.metadata(key.name().as_str()))
            .map_err(|error| failed("head", place(key), error))?;
        match found {
            Some(found) if found.kind != EntryKind::File => Err(not_plain("head", key)),
            found => Ok(found.map(|found| BlobInfo { length: found.length })),
        }
    }

    /// Deletes a blob, by the holder of the lock.
    pub(super) fn delete(&self, key: &BlobKey) -> Result<(), StoreError> {
        let fail = |error| failed("delete", place(key), error);
        let Some(directory) = self.tenant_folder("delete", key.area().as_str(), key.tenant())? else {
            return Ok(());
        };
        if_there(directory.remove_file(key.name().as_str())).map_err(fail)?;
        // Also when it was gone: whoever removed it may not have got so far.
        directory.sync().map_err(fail)
    }

    /// One page of an area.
    pub(super) fn list(
        &self,
        tenant: &TenantId,
        area: Area,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Found>, StoreError> {
        let folder = format!("{area}/{tenant}");
        let fail = |error| failed("list", &folder, error);
        let Some(directory) = self.tenant_folder("list", area.as_str(), tenant)? else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        let entries = directory.entries().map_err(fail)?;
        let names = entries
            .into_iter()
            .map(|(name, kind)| (name.to_string_lossy().into_owned(), kind))
            .filter(|(name, _)| !layout::is_temporary(name));
        let (names, next) = page_of(names.collect(), after, limit);
        let mut items = Vec::new();
        for (name, kind) in names {
            let file = FileName::parse(&name).ok().filter(|_| kind == EntryKind::File);
            // A name whose bytes were replaced can't be asked for; what is gone by now is left out.
            let metadata = if_there(directory.metadata(&name)).map_err(fail)?;
            match metadata {
                Some(found) => items.push(Found { name, file, length: found.length }),
                None if name.contains(char::REPLACEMENT_CHARACTER) => {
                    items.push(Found { name, file: None, length: 0 });
                }
                None => {}
            }
        }
        Ok(Page { items, next })
    }

    /// Where other programs find a blob.
    pub(super) fn local_path(&self, key: &BlobKey) -> Result<PathBuf, StoreError> {
        let Some(path) = &self.path else {
            let text = "this root has no path";
            return Err(StoreError::new(StoreErrorKind::Unsupported, "local path", text));
        };
        // Others go by the path, and follow links on their way: so it is gone by from the root on.
        let fail = |error| failed("local path", place(key), error);
        let area = self.directory.open_directory(key.area().as_str());
        let folder = area.and_then(|area| area.open_directory(key.tenant().as_str()));
        let found = if_there(folder.and_then(|folder| folder.metadata(key.name().as_str()))).map_err(fail)?;
        match found {
            None => return Err(not_found("local path", key)),
            Some(found) if found.kind != EntryKind::File => return Err(not_plain("local path", key)),
            Some(_) => {}
        }
        Ok(path.join(key.area().as_str()).join(key.tenant().as_str()).join(key.name().as_str()))
    }
}

/// Sorts by name and cuts out one page; answers it and where to go on.
pub(super) fn page_of<T>(
    mut names: Vec<(String, T)>,
    after: Option<&str>,
    limit: usize,
) -> (Vec<(String, T)>, Option<String>) {
    names.retain(|(name, _)| after.is_none_or(|after| name.as_str() > after));
    names.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    let more = names.len() > limit;
    names.truncate(limit);
    let next = if more { names.last().map(|(name, _)| name.clone()) } else { None };
    (names, next)
}

/// Fills a piece of which the first bytes are read.
fn read_rest(file: &dyn File, at: u64, mut piece: Piece, read: usize) -> io::Result<Piece> {
    let rest = &mut piece.filling()[read..];
    if file.read_at(rest, at + read as u64)? == rest.len() {
        Ok(piece)
    } else {
        Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter while it was read"))
    }
}

/// Makes a new name durable, for which the others need not wait under the lock.
fn sync_published(directory: &dyn Directory, key: &BlobKey) -> Result<(), StoreError> {
    directory.sync().map_err(|error| {
        // A name that a crash may take away must not be taken for a stored blob by who looks again.
        let _ = directory.remove_file(key.name().as_str());
        unknown(failed("put", place(key), error))
    })
}

/// What is to be said of a name that is taken: whoever gave it may not have got so far as to make it durable.
fn taken(directory: &dyn Directory, key: &BlobKey) -> StoreError {
    let synced = directory.sync().err().unwrap_or_else(|| io::ErrorKind::AlreadyExists.into());
    failed("put", place(key), synced)
}

/// What was taken of a body, to be written at a time.
#[derive(Default)]
struct Taken {
    chunks: Vec<Bytes>,
    length: u64,
    /// Nothing comes after it.
    ended: bool,
}

impl Taken {
    /// Takes what is written at a time, after so much; less where the body ends, or what was announced of it.
    async fn from(body: &mut ByteStream, before: u64, announced: Option<u64>) -> io::Result<Self> {
        let mut taken = Self::default();
        while taken.length < WRITTEN {
            let Some(chunk) = body.next().await.transpose()? else {
                taken.ended = true;
                break;
            };
            taken.length += chunk.len() as u64;
            taken.chunks.push(chunk);
            if announced == Some(before + taken.length) {
                break;
            }
        }
        Ok(taken)
    }
}

/// A blob on its way.
struct Upload {
    key: BlobKey,
    /// Its file, once there is something to be written.
    temporary: Option<Temporary>,
    written: u64,
    /// Up to where the system was asked to write out.
    flushing: u64,
    /// What was written last was all of it, as far as was known, and was made as durable as is to be.
    whole: bool,
}

impl Upload {
    const fn new(key: BlobKey) -> Self {
        Self { key, temporary: None, written: 0, flushing: 0, whole: false }
    }

    /// Makes the file.
    fn begin(self, root: &Root) -> Result<Self, StoreError> {
        let key = &self.key;
        let directory = root
            .tenant_folder("put", key.area().as_str(), key.tenant())?
            .ok_or_else(|| not_found("put", key))?;
        if if_there(directory.metadata(key.name().as_str())).map_err(|error| self.failed(error))?.is_some() {
            return Err(taken(&*directory, key));
        }
        let (prefix, mode, entropy) = (layout::UPLOAD_PREFIX, layout::OPEN_FILE, &*root.entropy);
        let temporary = if root.unnamed_files {
            Temporary::unnamed(directory, prefix, mode, entropy)
        } else {
            Temporary::hidden(directory, prefix, mode, entropy)
        };
        let temporary = Some(temporary.map_err(|error| self.failed(error))?);
        Ok(Self { temporary, ..self })
    }

    fn failed(&self, error: io::Error) -> StoreError {
        failed("put", place(&self.key), error)
    }

    fn begun(&self) -> Result<&Temporary, StoreError> {
        // Whoever writes has begun before.
        self.temporary.as_ref().ok_or_else(|| self.failed(io::ErrorKind::NotFound.into()))
    }

    /// Writes what was taken.
    fn write(mut self, taken: Taken) -> Result<Self, StoreError> {
        let file = self.begun()?.file().clone();
        let mut parts: Vec<_> = taken.chunks.iter().map(|chunk| IoSlice::new(chunk)).collect();
        file.write_parts_at(&mut parts, self.written).map_err(|error| self.failed(error))?;
        self.written += taken.length;
        if self.written - self.flushing >= WRITEBACK {
            // Early, so that the sync at the end is short.
            file.start_writeback(self.flushing, self.written - self.flushing);
            self.flushing = self.written;
        }
        Ok(self)
    }

    /// Makes what was written durable.
    fn sync(self) -> Result<Self, StoreError> {
        self.begun()?.file().sync_data().map_err(|error| self.failed(error))?;
        Ok(self)
    }

    /// Gives the blob its name; answers the folder, which is yet to be synced.
    fn publish(mut self) -> Result<Arc<dyn Directory>, StoreError> {
        let directory = self.begun()?.directory().clone();
        let Some(temporary) = self.temporary.take() else { return Ok(directory) };
        match temporary.publish_new(self.key.name().as_str()) {
            Ok(()) => Ok(directory),
            Err(NotPublished::Taken) => Err(taken(&*directory, &self.key)),
            Err(NotPublished::Failed(error)) => Err(self.failed(error)),
            Err(NotPublished::Unclear(error)) => Err(unknown(self.failed(error))),
        }
    }
}
