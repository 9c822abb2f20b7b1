//! A tenant's live streams: what is planned, what is on the air, and what came of it.
//!
//! Sending is the application's: it says here what it began and what ended. The statuses and the steps
//! between them are [`status`]'s; what repeats daily is [`daily`]'s.

mod live_stream;
mod status;

pub use live_stream::{LiveStream, RtmpServer};
pub use status::{LiveStreamStatus, LiveStreamStep};

use jiff::civil::Date;

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::Draft;
use crate::ownership::Action;
use crate::paths::FileName;
use crate::record::{LocalTime, OnReferenced, Record, RecordId};

use super::access::{Access, Author};
use super::daily::{self, Daily as _, Ended};
use super::operations;
use super::page::{ListOptions, Page};
use super::records::{self, Expected};
use live_stream::{DATE_INDEX, STATUS_INDEX, VIDEO_INDEX};

/// A tenant's live streams.
///
/// Each step of a stream's status is an operation of its own, and is possible as
/// [`LiveStreamStatus::after`] says.
///
/// # Errors
/// Every operation answers [`NotFound`](ErrorKind::NotFound) for what is missing or foreign,
/// [`Denied`](ErrorKind::Denied) for what may be seen and not done, and the store's errors. Steps also
/// answer [`WrongState`](ErrorKind::WrongState) where the status does not allow them. What makes a
/// stream scheduled or live also answers [`QuotaExceeded`](ErrorKind::QuotaExceeded).
#[derive(Debug, Clone, Copy)]
pub struct LiveStreams<'a> {
    access: &'a Access,
}

impl<'a> LiveStreams<'a> {
    pub(super) fn new(access: &'a Access) -> Self {
        Self { access }
    }

    /// A page of the live streams.
    ///
    /// # Errors
    /// See [`LiveStreams`]; [`InvalidInput`](ErrorKind::InvalidInput) for a limit out of range or a cursor of
    /// another list.
    pub async fn list(&self, options: &ListOptions) -> Result<Page<Record<LiveStream>>> {
        operations::list(self.access, Action::ListLiveStreams, options).await
    }

    /// One live stream.
    ///
    /// # Errors
    /// See [`LiveStreams`].
    pub async fn get(&self, id: &RecordId) -> Result<Record<LiveStream>> {
        operations::get(self.access, Action::GetLiveStream, id).await
    }

    /// The live streams of a status, in order of insertion.
    ///
    /// # Errors
    /// See [`LiveStreams`].
    pub async fn find_by_status(&self, status: LiveStreamStatus) -> Result<Vec<Record<LiveStream>>> {
        self.find(STATUS_INDEX, status.as_str()).await
    }

    /// The live streams that are to begin on a day of the tenant's calendar, in order of insertion.
    ///
    /// # Errors
    /// See [`LiveStreams`].
    pub async fn find_by_date(&self, date: Date) -> Result<Vec<Record<LiveStream>>> {
        self.find(DATE_INDEX, &date.to_string()).await
    }

    /// The live streams that show a video, in order of insertion.
    ///
    /// # Errors
    /// See [`LiveStreams`].
    pub async fn find_by_video(&self, video: &FileName) -> Result<Vec<Record<LiveStream>>> {
        self.find(VIDEO_INDEX, &video.folded()).await
    }

    async fn find(&self, index: &str, key: &str) -> Result<Vec<Record<LiveStream>>> {
        operations::find(self.access, Action::ListLiveStreams, index, key).await
    }

    /// Plans a live stream.
    ///
    /// # Errors
    /// See [`LiveStreams`]; [`InvalidInput`](ErrorKind::InvalidInput), naming the field, for a title that
    /// is blank, longer than [`Video::MAX_TITLE`](super::Video::MAX_TITLE) or not in one line, for a status
    /// other than scheduled, for a daily stream without a time, and for a video, thumbnail, token or stream
    /// key that there is not.
    pub async fn add(&self, stream: LiveStream) -> Result<Record<LiveStream>> {
        let action = Action::AddLiveStream;
        check(&stream, None, action)?;
        operations::insert(self.access, action, stream).await
    }

    /// Changes what is planned of a live stream: anything but its status and its process. The function
    /// may run again.
    ///
    /// # Errors
    /// See [`LiveStreams`]; [`RevisionMismatch`](ErrorKind::RevisionMismatch);
    /// [`InvalidInput`](ErrorKind::InvalidInput) as for [`add`](Self::add), and if what is over is to repeat
    /// daily; [`WrongState`](ErrorKind::WrongState) if it is to, and another of its series does.
    pub async fn edit(
        &self,
        id: &RecordId,
        expected: impl Into<Expected>,
        mut change: impl FnMut(&mut LiveStream) + Send + 'static,
    ) -> Result<Record<LiveStream>> {
        let (action, expected) = (Action::EditLiveStream, expected.into());
        let run = move |draft: &mut Draft, author: &Author<'_>, id: &RecordId| {
            daily::edit(draft, author, action, id, expected, &mut change, check)
        };
        operations::change::<LiveStream, _>(self.access, action, id, run).await
    }

    /// Begins a scheduled stream now, whatever time it is planned for. That time stays, so that a daily
    /// stream goes on at its own.
    ///
    /// # Errors
    /// See [`LiveStreams`]. One that is live already is refused: of two that begin it, one does.
    pub async fn start_now(&self, id: &RecordId) -> Result<Record<LiveStream>> {
        self.step(LiveStreamStep::StartNow, id, |stream| stream).await
    }

    /// Says that a stream is on the air, and by which process it is sent. For one that is live already
    /// it says that another process sends it now.
    ///
    /// # Errors
    /// See [`LiveStreams`].
    pub async fn mark_live(
        &self,
        id: &RecordId,
        process_pid: impl Into<Option<u32>>,
    ) -> Result<Record<LiveStream>> {
        let process_pid = process_pid.into();
        let sent = move |stream| LiveStream { process_pid, ..stream };
        self.step(LiveStreamStep::MarkLive, id, sent).await
    }

    /// Ends a stream that is live as completed. If it repeats daily, its successor is planned at the same
    /// local time of the next day, or of the first day on which that is not over.
    ///
    /// # Errors
    /// See [`LiveStreams`]. The limit of active streams refuses no successor, since one takes the other's
    /// place.
    pub async fn stop(&self, id: &RecordId) -> Result<Ended<LiveStream>> {
        self.end(LiveStreamStep::Stop, id).await
    }

    /// Ends a stream that could not be begun or broke off as failed. If it repeats daily, its successor
    /// is planned as by [`stop`](Self::stop).
    ///
    /// # Errors
    /// See [`LiveStreams`].
    pub async fn fail(&self, id: &RecordId) -> Result<Ended<LiveStream>> {
        self.end(LiveStreamStep::Fail, id).await
    }

    /// Calls a stream off that is scheduled or live, and with it its repetition.
    ///
    /// # Errors
    /// See [`LiveStreams`].
    pub async fn cancel(&self, id: &RecordId) -> Result<Record<LiveStream>> {
        self.step(LiveStreamStep::Cancel, id, LiveStream::unrepeated).await
    }

    /// Begins a stream again now that is over, for once: it repeats no more.
    ///
    /// # Errors
    /// See [`LiveStreams`].
    pub async fn restart(&self, id: &RecordId) -> Result<Record<LiveStream>> {
        self.step(LiveStreamStep::Restart, id, LiveStream::unrepeated).await
    }

    /// Plans a stream again that is over, for once, at that time.
    ///
    /// # Errors
    /// See [`LiveStreams`].
    pub async fn reschedule(&self, id: &RecordId, start_date: LocalTime) -> Result<Record<LiveStream>> {
        let planned =
            move |stream: LiveStream| LiveStream { start_date: Some(start_date), ..stream.unrepeated() };
        self.step(LiveStreamStep::Reschedule, id, planned).await
    }

    /// Deletes a stream, and with it its repetition, and returns the record that it had. If it was live,
    /// its process is the application's to end.
    ///
    /// # Errors
    /// See [`LiveStreams`]; [`RevisionMismatch`](ErrorKind::RevisionMismatch).
    pub async fn delete(&self, id: &RecordId, expected: impl Into<Expected>) -> Result<Record<LiveStream>> {
        self.delete_with(id, expected, OnReferenced::Refuse).await
    }

    /// The same, saying what becomes of the records that name it; see
    /// [`Collection::remove_with`](super::Collection::remove_with).
    ///
    /// # Errors
    /// As for [`delete`](Self::delete) and there.
    pub async fn delete_with(
        &self,
        id: &RecordId,
        expected: impl Into<Expected>,
        named: OnReferenced,
    ) -> Result<Record<LiveStream>> {
        operations::remove(self.access, Action::DeleteLiveStream, id, expected.into(), named).await
    }

    /// Takes a step that the stream's status allows; `change` says what else changes with it.
    async fn step(
        &self,
        step: LiveStreamStep,
        id: &RecordId,
        change: impl Fn(LiveStream) -> LiveStream + Send + 'static,
    ) -> Result<Record<LiveStream>> {
        let action = step.action();
        let run = move |draft: &mut Draft, author: &Author<'_>, id: &RecordId| {
            records::update(draft, author, action, id, Expected::Any, |old: &LiveStream| {
                Ok(change(stepped(old, step)?))
            })
        };
        operations::change::<LiveStream, _>(self.access, action, id, run).await
    }

    /// Takes a step with which the stream is over.
    async fn end(&self, step: LiveStreamStep, id: &RecordId) -> Result<Ended<LiveStream>> {
        let action = step.action();
        let run = move |draft: &mut Draft, author: &Author<'_>, id: &RecordId| {
            daily::end(draft, author, action, id, |old: &LiveStream| stepped(old, step))
        };
        operations::change::<LiveStream, _>(self.access, action, id, run).await
    }
}

fn stepped(stream: &LiveStream, step: LiveStreamStep) -> Result<LiveStream> {
    let refused = || Error::new(ErrorKind::WrongState, step.action().as_str()).about(stream.status.as_str());
    let status = stream.status.after(step).ok_or_else(refused)?;
    Ok(stream.at(status))
}

fn check(stream: &LiveStream, before: Option<&LiveStream>, action: Action) -> Result<()> {
    match stream.unplannable(before).first() {
        None => Ok(()),
        Some(field) => Err(Error::new(ErrorKind::InvalidInput, action.as_str()).about(*field)),
    }
}
