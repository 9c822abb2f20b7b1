//! A tenant's videos: records in the ledger, bytes in the store. What is done to the file of a record in
//! general is [`stored_files`].

pub(super) mod across;
mod video;

pub use across::AllVideosCursor;
pub use video::{Video, VideoSource};

use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use tokio::io::AsyncRead;

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, State};
use crate::ownership::Action;
use crate::paths::{FileName, TenantId};
use crate::record::{OnReferenced, Record};

use super::access::Access;
use super::page::{ListOptions, Page};
use super::records::Expected;
use super::stored_files::{
    self, ByteRange, FileHead, FileRef, FileStream, LocalPath, PresignedUrl, StoredFile, Upload, UploadByUrl,
    UploadTicket, Verification,
};
use super::thumbnails::Thumbnail;
use super::{operations, records};

/// A tenant's videos.
///
/// # Errors
/// Every operation answers [`NotFound`](ErrorKind::NotFound) for what is missing or foreign,
/// [`Denied`](ErrorKind::Denied) for what may be seen and not done, and the store's errors.
#[derive(Debug, Clone, Copy)]
pub struct Videos<'a> {
    access: &'a Access,
}

impl<'a> Videos<'a> {
    pub(super) fn new(access: &'a Access) -> Self {
        Self { access }
    }

    /// One video's record.
    ///
    /// # Errors
    /// See [`Videos`].
    pub async fn get(&self, video: impl Into<FileRef>) -> Result<Record<Video>> {
        stored_files::get(self.access, Action::GetVideo, &video.into()).await
    }

    /// What is known of a video's bytes without opening them: length, digest, media type.
    ///
    /// # Errors
    /// See [`Videos`]; [`Corrupt`](ErrorKind::Corrupt) if the ledger says nothing of them.
    pub async fn head(&self, video: impl Into<FileRef>) -> Result<FileHead<Video>> {
        stored_files::head(self.access, Action::GetVideo, video.into()).await
    }

    /// A page of the videos' records.
    ///
    /// # Errors
    /// See [`Videos`]; [`InvalidInput`](ErrorKind::InvalidInput) for a limit out of range or a cursor of
    /// another list.
    pub async fn list(&self, options: &ListOptions) -> Result<Page<Record<Video>>> {
        operations::list(self.access, Action::ListVideos, options).await
    }

    /// Uploads a video from a stream of bytes; await the result. See [`Upload`].
    pub fn upload(
        &self,
        original_name: &str,
        body: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static,
    ) -> Upload<Video> {
        Upload::new(self.access.clone(), original_name, Box::pin(body))
    }

    /// Uploads a video from a reader; await the result. See [`Upload`].
    pub fn upload_from(&self, original_name: &str, reader: impl AsyncRead + Send + 'static) -> Upload<Video> {
        self.upload(original_name, stored_files::chunks(reader))
    }

    /// Gives a video another title: one line of at most [`Video::MAX_TITLE`] bytes, not of white space alone.
    ///
    /// # Errors
    /// See [`Videos`]; [`InvalidInput`](ErrorKind::InvalidInput) if the title is refused;
    /// [`RevisionMismatch`](ErrorKind::RevisionMismatch).
    pub async fn rename(
        &self,
        video: impl Into<FileRef>,
        expected: impl Into<Expected>,
        title: &str,
    ) -> Result<Record<Video>> {
        let action = Action::RenameVideo;
        let title = stored_files::checked_title(action.as_str(), title)?;
        let change = move |_: &Draft, old: &Video| Ok(Video { title: title.clone(), ..old.clone() });
        stored_files::update(self.access, action, video.into(), expected.into(), change).await
    }

    /// Gives a video a thumbnail of the same tenant, or none. Nothing is done to the thumbnail itself;
    /// when that is deleted, the video has none.
    ///
    /// # Errors
    /// See [`Videos`]; [`InvalidInput`](ErrorKind::InvalidInput) if there is no such thumbnail;
    /// [`RevisionMismatch`](ErrorKind::RevisionMismatch).
    pub async fn set_thumbnail(
        &self,
        video: impl Into<FileRef>,
        expected: impl Into<Expected>,
        thumbnail: Option<FileRef>,
    ) -> Result<Record<Video>> {
        let (action, tenant) = (Action::SetThumbnail, self.access.tenant().clone());
        let change = move |draft: &Draft, old: &Video| {
            let name = thumbnail.as_ref().map(|meant| thumbnail_name(draft.state(), &tenant, meant));
            Ok(Video { thumbnail: name.transpose()?, ..old.clone() })
        };
        stored_files::update(self.access, action, video.into(), expected.into(), change).await
    }

    /// Deletes a video and returns the record that it had. Its quota is free at once; its bytes go when
    /// no other record refers to them, and stay readable for those who have them open.
    ///
    /// # Errors
    /// See [`Videos`]; [`RevisionMismatch`](ErrorKind::RevisionMismatch);
    /// [`Referenced`](ErrorKind::Referenced) if another record names it. Once the record is gone, an
    /// error in deleting the bytes is not the caller's: the ledger dooms them, and upkeep goes on.
    pub async fn delete(
        &self,
        video: impl Into<FileRef>,
        expected: impl Into<Expected>,
    ) -> Result<Record<Video>> {
        self.delete_with(video, expected, OnReferenced::Refuse).await
    }

    /// The same, saying what becomes of the records that name it; see
    /// [`Collection::remove_with`](super::Collection::remove_with).
    ///
    /// # Errors
    /// As for [`delete`](Self::delete) and there.
    pub async fn delete_with(
        &self,
        video: impl Into<FileRef>,
        expected: impl Into<Expected>,
        named: OnReferenced,
    ) -> Result<Record<Video>> {
        stored_files::delete(self.access, Action::DeleteVideo, video.into(), expected.into(), named).await
    }

    /// Opens a video's bytes, whole.
    ///
    /// # Errors
    /// See [`Videos`]; [`Corrupt`](ErrorKind::Corrupt) if the store has lost them.
    pub async fn open(&self, video: impl Into<FileRef>) -> Result<FileStream<Video>> {
        self.open_range(video, ByteRange::All).await
    }

    /// Opens a range of a video's bytes.
    ///
    /// # Errors
    /// See [`Videos`]; [`RangeNotSatisfiable`](ErrorKind::RangeNotSatisfiable);
    /// [`Corrupt`](ErrorKind::Corrupt) if the store has lost them.
    pub async fn open_range(&self, video: impl Into<FileRef>, range: ByteRange) -> Result<FileStream<Video>> {
        stored_files::open(self.access, video.into(), range).await
    }

    /// Compares a video's bytes with the checksum that was computed when they were uploaded.
    ///
    /// # Errors
    /// See [`Videos`]. That the bytes are damaged or missing is an answer, not an error.
    pub async fn verify(&self, video: impl Into<FileRef>) -> Result<Verification> {
        stored_files::verify::<Video>(self.access, Action::VerifyVideo, video.into()).await
    }

    /// Gives out a URL by which a video is uploaded without going through the application, and reserves its largest
    /// length until well after the URL expired. Nothing is seen of it before [`complete_upload`](Self::complete_upload).
    ///
    /// What was given out can't be taken back: until it expires, the URL writes its one name, whatever becomes of
    /// the upload, the user, or the tenant. What it writes then is deleted.
    ///
    /// # Errors
    /// See [`Videos`]; [`Unsupported`](ErrorKind::Unsupported) if the store signs no such URLs;
    /// [`InvalidInput`](ErrorKind::InvalidInput) for an extension that is not allowed, an original name of more than
    /// 1024 bytes, a refused title, or an `expires_in` out of range; [`TooLarge`](ErrorKind::TooLarge) for more bytes than a video
    /// may have; [`QuotaExceeded`](ErrorKind::QuotaExceeded).
    pub async fn upload_url(&self, upload: UploadByUrl) -> Result<UploadTicket> {
        stored_files::upload_url::<Video>(self.access, upload).await
    }

    /// Makes a video of what was uploaded by URL, once it was read and found to be what was announced; in
    /// whatever process, and as often as is liked: once it is done, the record is the answer. Who began the
    /// upload completes it. The digest is that of BLAKE3, in hexadecimal digits, if it is known beforehand.
    ///
    /// # Errors
    /// See [`Videos`]; [`NotFound`](ErrorKind::NotFound) also once it was given up;
    /// [`WrongState`](ErrorKind::WrongState) if nothing was uploaded yet; [`Expired`](ErrorKind::Expired);
    /// [`Contended`](ErrorKind::Contended) if another process is completing it.
    /// After these it is [given up](Self::abandon_upload): [`TooLarge`](ErrorKind::TooLarge) for more
    /// bytes than were reserved; [`InvalidInput`](ErrorKind::InvalidInput) for another length than the exact one,
    /// another digest, or, where it is looked at, a content that is not what the extension says.
    pub async fn complete_upload(&self, upload: &FileName, digest: Option<&str>) -> Result<Record<Video>> {
        stored_files::complete::<Video>(self.access, upload, digest).await
    }

    /// Gives up an upload by URL. What was or will be uploaded by it is deleted, and counts until it can't come any
    /// more: its quota is free [so long](crate::Settings::late_upload) after the URL expired.
    ///
    /// # Errors
    /// See [`Videos`]; [`WrongState`](ErrorKind::WrongState) if it was completed.
    pub async fn abandon_upload(&self, upload: &FileName) -> Result<()> {
        stored_files::abandon::<Video>(self.access, upload).await
    }

    /// A URL by which a video's bytes are read without going through the application, for at least a second and at most
    /// seven days. It answers with the video's media type and original name.
    ///
    /// What was given out can't be taken back: until it expires it shows the bytes to whoever has it, whatever
    /// becomes of the user's role, of sharing, or of the tenant, as long as the file is stored.
    ///
    /// # Errors
    /// See [`Videos`]; [`Unsupported`](ErrorKind::Unsupported) if the store signs no URLs;
    /// [`InvalidInput`](ErrorKind::InvalidInput) if `expires_in` is out of range.
    pub async fn download_url(
        &self,
        video: impl Into<FileRef>,
        expires_in: Duration,
    ) -> Result<PresignedUrl> {
        stored_files::download_url::<Video>(self.access, video.into(), expires_in).await
    }

    /// A path at which other programs can read a video.
    ///
    /// # Errors
    /// See [`Videos`]; [`Corrupt`](ErrorKind::Corrupt) if the bytes that would be copied are not those
    /// that were uploaded, or the store has lost them; [`Unavailable`](ErrorKind::Unavailable) if the copy
    /// can't be written.
    pub async fn local_path(&self, video: impl Into<FileRef>) -> Result<LocalPath> {
        stored_files::local_path::<Video>(self.access, Action::LocalPath, video.into()).await
    }
}

/// The file name of a thumbnail. One that is told by name is looked for when the video is stored.
fn thumbnail_name(state: &State, tenant: &TenantId, meant: &FileRef) -> Result<FileName> {
    let action = Action::SetThumbnail;
    match meant {
        FileRef::File(name) => Ok(name.clone()),
        FileRef::Id(id) => match records::get::<Thumbnail>(state, tenant, action, id) {
            Ok(found) => Ok(found.value().filename().clone()),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(Error::new(ErrorKind::InvalidInput, action.as_str()).about("thumbnail"))
            }
            Err(error) => Err(error),
        },
    }
}
