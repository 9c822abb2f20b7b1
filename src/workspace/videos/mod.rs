//! A tenant's videos: records in the ledger, bytes in the store.
//!
//! A video is uploaded under a fresh name that is never used again, and never changes: a new
//! content is a new video. What is done to records in general is [`records`]; what holds quota for
//! files is [`files`](super::files).

pub(super) mod across;
mod local_path;
mod reading;
mod reserved;
mod upload;
mod video;

pub use across::AllVideosCursor;
pub use local_path::LocalPath;
pub use reading::{ByteRange, Verification, VideoStream};
pub use upload::{Progress, Upload};
pub use video::{Video, VideoRef, VideoSource};

use bytes::Bytes;
use futures::Stream;
use tokio::io::AsyncRead;

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, State};
use crate::ownership::{Action, Resource};
use crate::paths::{Area, CollectionName};
use crate::record::{Entity, OnReferenced, Record, RecordId};

use super::access::{Access, Author, missing};
use super::dooms;
use super::page::{ListOptions, Page};
use super::records::{self, Expected};

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
    pub async fn get(&self, video: impl Into<VideoRef>) -> Result<Record<Video>> {
        let video = video.into();
        let admitted = self.access.admit(Action::GetVideo, &video.resource()).await?;
        find(&admitted.state, self.access, Action::GetVideo, &video)
    }

    /// A page of the videos' records.
    ///
    /// # Errors
    /// See [`Videos`]; [`InvalidInput`](ErrorKind::InvalidInput) for a limit out of range or a cursor of
    /// another list.
    pub async fn list(&self, options: &ListOptions) -> Result<Page<Record<Video>>> {
        let action = Action::ListVideos;
        let admitted = self.access.admit(action, &Resource::Collection(CollectionName::VIDEOS)).await?;
        records::list(&admitted.state, self.access.tenant(), action, options)
    }

    /// Uploads a video from a stream of bytes; await the result. See [`Upload`].
    pub fn upload(
        &self,
        original_name: &str,
        body: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static,
    ) -> Upload {
        Upload::new(self.access.clone(), original_name, Box::pin(body))
    }

    /// Uploads a video from a reader; await the result. See [`Upload`].
    pub fn upload_from(&self, original_name: &str, reader: impl AsyncRead + Send + 'static) -> Upload {
        self.upload(original_name, upload::chunks(reader))
    }

    /// Gives a video another title: 1 to [`Video::MAX_TITLE`] bytes without control characters.
    ///
    /// # Errors
    /// See [`Videos`]; [`InvalidInput`](ErrorKind::InvalidInput) if the title is refused;
    /// [`RevisionMismatch`](ErrorKind::RevisionMismatch).
    pub async fn rename(
        &self,
        video: impl Into<VideoRef>,
        expected: impl Into<Expected>,
        title: &str,
    ) -> Result<Record<Video>> {
        let action = Action::RenameVideo;
        let title = Video::checked_title(action.as_str(), title)?;
        let (video, expected) = (video.into(), expected.into());
        let (resource, access) = (video.resource(), self.access.clone());
        let run = move |draft: &mut Draft, author: &Author<'_>| {
            let id = find(draft.state(), &access, action, &video)?.id().clone();
            let change = |old: &Video| Ok(Video { title: title.clone(), ..old.clone() });
            records::update(draft, author, action, &id, expected, change)
        };
        Ok(self.access.transact(action, &resource, run).await?.0)
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
        video: impl Into<VideoRef>,
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
        video: impl Into<VideoRef>,
        expected: impl Into<Expected>,
        named: OnReferenced,
    ) -> Result<Record<Video>> {
        let action = Action::DeleteVideo;
        let (video, expected) = (video.into(), expected.into());
        let (resource, access) = (video.resource(), self.access.clone());
        let run = move |draft: &mut Draft, author: &Author<'_>| {
            let id = find(draft.state(), &access, action, &video)?.id().clone();
            records::remove::<Video>(draft, author, action, &id, expected, named)
        };
        let (record, permit, _) = self.access.transact(action, &resource, run).await?;
        let core = &self.access.core;
        dooms::clear(core, core.guarded.ledger(&permit), &permit, &record.value().blobs()).await;
        Ok(record)
    }
}

/// The record that is meant.
fn find(state: &State, access: &Access, action: Action, video: &VideoRef) -> Result<Record<Video>> {
    match video {
        VideoRef::Id(id) => records::get(state, access.tenant(), action, id),
        VideoRef::File(name) => {
            let key = name.folded();
            let found = records::find(state, access.tenant(), action, video::FILE_INDEX, &key)?;
            found.into_iter().next().ok_or_else(|| missing(action.as_str(), &video.resource()))
        }
    }
}

/// An id for a new record.
fn fresh_id(access: &Access, action: Action) -> Result<RecordId> {
    RecordId::parse(&access.core.fresh_uuid())
        .map_err(|error| Error::new(ErrorKind::InvalidInput, action.as_str()).with_source(error))
}

/// Where videos lie.
const AREA: Area = Area::Videos;
