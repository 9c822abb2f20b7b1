//! A tenant's thumbnails: small images, of which a video may have one. What is done to the file of a record
//! in general is [`stored_files`].

mod thumbnail;

pub use thumbnail::Thumbnail;

use bytes::Bytes;
use futures::Stream;
use tokio::io::AsyncRead;

use crate::error::Result;
use crate::ownership::Action;
use crate::record::{OnReferenced, Record};

use super::access::Access;
use super::operations;
use super::page::{ListOptions, Page};
use super::records::Expected;
use super::stored_files::{self, ByteRange, FileHead, FileRef, FileStream, LocalPath, Upload, Verification};

/// A tenant's thumbnails: images in JPEG, PNG, GIF or WebP.
///
/// # Errors
/// Every operation answers [`NotFound`](crate::ErrorKind::NotFound) for what is missing or foreign,
/// [`Denied`](crate::ErrorKind::Denied) for what may be seen and not done, and the store's errors.
#[derive(Debug, Clone, Copy)]
pub struct Thumbnails<'a> {
    access: &'a Access,
}

impl<'a> Thumbnails<'a> {
    pub(super) fn new(access: &'a Access) -> Self {
        Self { access }
    }

    /// One thumbnail's record.
    ///
    /// # Errors
    /// See [`Thumbnails`].
    pub async fn get(&self, thumbnail: impl Into<FileRef>) -> Result<Record<Thumbnail>> {
        stored_files::get(self.access, Action::GetThumbnail, &thumbnail.into()).await
    }

    /// What is known of a thumbnail's bytes without opening them: length, digest, media type.
    ///
    /// # Errors
    /// See [`Thumbnails`]; [`Corrupt`](crate::ErrorKind::Corrupt) if the ledger says nothing of them.
    pub async fn head(&self, thumbnail: impl Into<FileRef>) -> Result<FileHead<Thumbnail>> {
        stored_files::head(self.access, Action::GetThumbnail, thumbnail.into()).await
    }

    /// A page of the thumbnails' records.
    ///
    /// # Errors
    /// See [`Thumbnails`]; [`InvalidInput`](crate::ErrorKind::InvalidInput) for a limit out of range or a
    /// cursor of another list.
    pub async fn list(&self, options: &ListOptions) -> Result<Page<Record<Thumbnail>>> {
        operations::list(self.access, Action::ListThumbnails, options).await
    }

    /// Uploads a thumbnail from a stream of bytes; await the result. See [`Upload`]. Its name ends in jpg,
    /// jpeg, png, gif or webp, its content begins as such an image does, and it is no longer than
    /// [`thumbnail_bytes`](crate::Settings::thumbnail_bytes).
    pub fn upload(
        &self,
        original_name: &str,
        body: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static,
    ) -> Upload<Thumbnail> {
        Upload::new(self.access.clone(), original_name, Box::pin(body))
    }

    /// Uploads a thumbnail from a reader; await the result. See [`upload`](Self::upload).
    pub fn upload_from(
        &self,
        original_name: &str,
        reader: impl AsyncRead + Send + 'static,
    ) -> Upload<Thumbnail> {
        self.upload(original_name, stored_files::chunks(reader))
    }

    /// Deletes a thumbnail and returns the record that it had. Videos that had it have none from then on, in
    /// the same transaction. Its quota is free at once; its bytes stay readable for those who have them
    /// open.
    ///
    /// # Errors
    /// See [`Thumbnails`]; [`RevisionMismatch`](crate::ErrorKind::RevisionMismatch);
    /// [`Referenced`](crate::ErrorKind::Referenced) if a live stream or a schedule names it.
    pub async fn delete(
        &self,
        thumbnail: impl Into<FileRef>,
        expected: impl Into<Expected>,
    ) -> Result<Record<Thumbnail>> {
        self.delete_with(thumbnail, expected, OnReferenced::Refuse).await
    }

    /// The same, saying what becomes of the records that name it; see
    /// [`Collection::remove_with`](super::Collection::remove_with).
    ///
    /// # Errors
    /// As for [`delete`](Self::delete) and there.
    pub async fn delete_with(
        &self,
        thumbnail: impl Into<FileRef>,
        expected: impl Into<Expected>,
        named: OnReferenced,
    ) -> Result<Record<Thumbnail>> {
        let (action, thumbnail, expected) = (Action::DeleteThumbnail, thumbnail.into(), expected.into());
        stored_files::delete(self.access, action, thumbnail, expected, named).await
    }

    /// Opens a thumbnail's bytes, whole.
    ///
    /// # Errors
    /// See [`Thumbnails`]; [`Corrupt`](crate::ErrorKind::Corrupt) if the store has lost them.
    pub async fn open(&self, thumbnail: impl Into<FileRef>) -> Result<FileStream<Thumbnail>> {
        self.open_range(thumbnail, ByteRange::All).await
    }

    /// Opens a range of a thumbnail's bytes.
    ///
    /// # Errors
    /// See [`Thumbnails`]; [`RangeNotSatisfiable`](crate::ErrorKind::RangeNotSatisfiable);
    /// [`Corrupt`](crate::ErrorKind::Corrupt) if the store has lost them.
    pub async fn open_range(
        &self,
        thumbnail: impl Into<FileRef>,
        range: ByteRange,
    ) -> Result<FileStream<Thumbnail>> {
        stored_files::open(self.access, thumbnail.into(), range).await
    }

    /// Compares a thumbnail's bytes with the checksum that was computed when they were uploaded.
    ///
    /// # Errors
    /// See [`Thumbnails`]. That the bytes are damaged or missing is an answer, not an error.
    pub async fn verify(&self, thumbnail: impl Into<FileRef>) -> Result<Verification> {
        stored_files::verify::<Thumbnail>(self.access, Action::VerifyThumbnail, thumbnail.into()).await
    }

    /// A path at which other programs can read a thumbnail.
    ///
    /// # Errors
    /// See [`Thumbnails`]; [`Corrupt`](crate::ErrorKind::Corrupt) if the bytes that would be copied are not
    /// those that were uploaded, or the store has lost them; [`Unavailable`](crate::ErrorKind::Unavailable)
    /// if the copy can't be written.
    pub async fn local_path(&self, thumbnail: impl Into<FileRef>) -> Result<LocalPath> {
        let action = Action::ThumbnailLocalPath;
        stored_files::local_path::<Thumbnail>(self.access, action, thumbnail.into()).await
    }
}
