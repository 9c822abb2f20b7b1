//! Blobs: written aside, published under the tenant's lock, read by ranges, deleted, listed.

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream;

use super::disk::{Access, Directory, EntryKind, File};
use super::failure::{failed_to_find as failed, if_there, unknown};
use super::layout;
use super::options::Step;
use super::pieces::{PIECE, Piece};
use super::root::Root;
use super::temporary::{NotPublished, Temporary};
use crate::paths::{Area, BlobKey, FileName, TenantId};
use crate::store::{BlobInfo, ByteStream, Found, Page, Put, StoreError, StoreErrorKind};

/// How much is written at a time.
const WRITTEN: usize = 256 * 1024;
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
        let Put { incarnation, mut body, deadline, .. } = put;
        let slot = || self.slots.get(key.tenant());
        let current = self.header(&slot()).await?;
        if current.is_none_or(|header| header.incarnation != incarnation || header.tombstone) {
            return Err(not_found("put", key));
        }
        let owned = key.clone();
        let mut upload = self.run(&slot(), move |root, _| Upload::begin(root, owned)).await?;
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|error| {
                StoreError::new(StoreErrorKind::Body, "put", format!("{}: the body failed", place(key)))
                    .with_source(error)
            })?;
            upload.pending.push(piece);
            if upload.pending.iter().map(Bytes::len).sum::<usize>() >= WRITTEN {
                upload = self.run_on_open(&slot(), move || upload.write()).await?;
            }
        }
        let synced = !self.steps.skips(Step::BlobSync);
        let upload = self.run_on_open(&slot(), move || upload.write()?.finish(synced)).await?;
        let length = upload.written;
        let last = slot();
        let published = self.locked(&last, move |root, slot| {
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
        });
        let directory = published.await?;
        if !self.steps.skips(Step::BlobFolderSync) {
            let owned = key.clone();
            self.run_on_open(&slot(), move || sync_published(&*directory, &owned)).await?;
        }
        Ok(BlobInfo { length })
    }

    /// Opens a blob to read a range of it.
    pub(super) async fn get(
        self: &Arc<Self>,
        key: &BlobKey,
        range: Range<u64>,
    ) -> Result<ByteStream, StoreError> {
        let (owned, wanted) = (key.clone(), range.clone());
        let slot = self.slots.get(key.tenant());
        let file = self.run(&slot, move |root, _| root.open_blob(&owned, &wanted)).await?;
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

    fn open_blob(&self, key: &BlobKey, range: &Range<u64>) -> Result<Arc<dyn File>, StoreError> {
        let fail = |error| failed("get", place(key), error);
        let directory = self
            .tenant_folder("get", key.area().as_str(), key.tenant())?
            .ok_or_else(|| not_found("get", key))?;
        let file = directory.open_file(key.name().as_str(), Access::Read).map_err(fail)?;
        let length = file.metadata().map_err(fail)?.length;
        if range.start > range.end || range.end > length {
            let text = format!("{}: bytes {} to {} of {length}", place(key), range.start, range.end);
            return Err(StoreError::new(StoreErrorKind::OutOfRange, "get", text));
        }
        Ok(file)
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

/// A blob on its way.
struct Upload {
    key: BlobKey,
    temporary: Temporary,
    pending: Vec<Bytes>,
    written: u64,
    /// Up to where the system was asked to write out.
    flushing: u64,
}

impl Upload {
    fn begin(root: &Root, key: BlobKey) -> Result<Self, StoreError> {
        let directory = root
            .tenant_folder("put", key.area().as_str(), key.tenant())?
            .ok_or_else(|| not_found("put", &key))?;
        let fail = |error| failed("put", place(&key), error);
        if if_there(directory.metadata(key.name().as_str())).map_err(fail)?.is_some() {
            return Err(taken(&*directory, &key));
        }
        let (prefix, mode, entropy) = (layout::UPLOAD_PREFIX, layout::OPEN_FILE, &*root.entropy);
        let temporary = if root.unnamed_files {
            Temporary::unnamed(directory, prefix, mode, entropy)
        } else {
            Temporary::hidden(directory, prefix, mode, entropy)
        };
        let temporary = temporary.map_err(fail)?;
        Ok(Self { key, temporary, pending: Vec::new(), written: 0, flushing: 0 })
    }

    fn failed(&self, error: io::Error) -> StoreError {
        failed("put", place(&self.key), error)
    }

    /// Writes what is pending.
    fn write(mut self) -> Result<Self, StoreError> {
        let file = self.temporary.file().clone();
        for piece in std::mem::take(&mut self.pending) {
            file.write_at(&piece, self.written).map_err(|error| self.failed(error))?;
            self.written += piece.len() as u64;
        }
        if self.written - self.flushing >= WRITEBACK {
            // Early, so that the sync at the end is short.
            file.start_writeback(self.flushing, self.written - self.flushing);
            self.flushing = self.written;
        }
        Ok(self)
    }

    /// Makes what was written durable.
    fn finish(self, synced: bool) -> Result<Self, StoreError> {
        if synced {
            self.temporary.file().sync_data().map_err(|error| self.failed(error))?;
        }
        Ok(self)
    }

    /// Gives the blob its name; answers the folder, which is yet to be synced.
    fn publish(self) -> Result<Arc<dyn Directory>, StoreError> {
        let fail = |error| failed("put", place(&self.key), error);
        let directory = self.temporary.directory().clone();
        match self.temporary.publish_new(self.key.name().as_str()) {
            Ok(()) => Ok(directory),
            Err(NotPublished::Taken) => Err(taken(&*directory, &self.key)),
            Err(NotPublished::Failed(error)) => Err(fail(error)),
            Err(NotPublished::Unclear(error)) => Err(unknown(fail(error))),
        }
    }
}
