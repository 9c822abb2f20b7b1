//! A tenant's thumbnails: small images, of which a video may have one. What is done to the file of a record
//! in general is [`stored_files`].

mod thumbnail;

pub use thumbnail::Thumbnail;

use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use tokio::io::AsyncRead;

use crate::error::Result;
use crate::ownership::Action;
use crate::paths::FileName;
use crate::record::{OnReferenced, Record};

use super::access::Access;
use super::operations;
use super::page::{ListOptions, Page};
use super::records::Expected;
use super::stored_files::{
    self, ByteRange, FileHead, FileRef, FileStream, LocalPath, PresignedUrl, Upload, UploadByUrl,
    UploadTicket, Verification,
};

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

    /// Gives out a URL by which a thumbnail is uploaded without going through the application, and reserves its largest
    /// length until well after the URL expired. Nothing is seen of it before [`complete_upload`](Self::complete_upload).
    ///
    /// What was given out can't be taken back: until it expires, the URL writes its one name, whatever becomes of
    /// the upload, the user, or the tenant. What it writes then is deleted.
    ///
    /// # Errors
    /// See [`Thumbnails`]; [`Unsupported`](crate::ErrorKind::Unsupported) if the store signs no such URLs;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an extension that is not allowed, an original name of more than
    /// 1024 bytes, a refused title, or an `expires_in` out of range; [`TooLarge`](crate::ErrorKind::TooLarge) for more bytes than a thumbnail
    /// may have; [`QuotaExceeded`](crate::ErrorKind::QuotaExceeded).
    pub async fn upload_url(&self, upload: UploadByUrl) -> Result<UploadTicket> {
        stored_files::upload_url::<Thumbnail>(self.access, upload).await
    }

    /// Makes a thumbnail of what was uploaded by URL, once it was read and found to be what was announced; in
    /// whatever process, and as often as is liked: once it is done, the record is the answer. Who began the
    /// upload completes it. The digest is that of BLAKE3, in hexadecimal digits, if it is known beforehand.
    ///
    /// # Errors
    /// See [`Thumbnails`]; [`NotFound`](crate::ErrorKind::NotFound) also once it was given up;
    /// [`WrongState`](crate::ErrorKind::WrongState) if nothing was uploaded yet; [`Expired`](crate::ErrorKind::Expired);
    /// [`Contended`](crate::ErrorKind::Contended) if another process is completing it.
    /// After these it is [given up](Self::abandon_upload): [`TooLarge`](crate::ErrorKind::TooLarge) for more
    /// bytes than were reserved; [`InvalidInput`](crate::ErrorKind::InvalidInput) for another length than the exact one,
    /// another digest, or, where it is looked at, a content that is not what the extension says.
    pub async fn complete_upload(
        &self,
        upload: &FileName,
        digest: Option<&str>,
    ) -> Result<Record<Thumbnail>> {
        stored_files::complete::<Thumbnail>(self.access, upload, digest).await
    }

    /// Gives up an upload by URL. What was or will be uploaded by it is deleted, and counts until it can't come any
    /// more: its quota is free [so long](crate::Settings::late_upload) after the URL expired.
    ///
    /// # Errors
    /// See [`Thumbnails`]; [`WrongState`](crate::ErrorKind::WrongState) if it was completed.
    pub async fn abandon_upload(&self, upload: &FileName) -> Result<()> {
        stored_files::abandon::<Thumbnail>(self.access, upload).await
    }

    /// A URL by which a thumbnail's bytes are read without going through the application, for at least a second and at most
    /// seven days. It answers with the thumbnail's media type and original name.
    ///
    /// What was given out can't be taken back: until it expires it shows the bytes to whoever has it, whatever
    /// becomes of the user's role, of sharing, or of the tenant, as long as the file is stored.
    ///
    /// # Errors
    /// See [`Thumbnails`]; [`Unsupported`](crate::ErrorKind::Unsupported) if the store signs no URLs;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if `expires_in` is out of range.
    pub async fn download_url(
        &self,
        thumbnail: impl Into<FileRef>,
        expires_in: Duration,
    ) -> Result<PresignedUrl> {
        stored_files::download_url::<Thumbnail>(self.access, thumbnail.into(), expires_in).await
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
