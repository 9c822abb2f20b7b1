//! A tenant's schedules: broadcasts that are to be made, and what came of them.
//!
//! Making a broadcast is the application's: it says here whether it could. The statuses and the steps
//! between them are [`status`]'s; what repeats daily is [`daily`]'s.

mod schedule;
mod status;
#[cfg(feature = "xlsx")]
pub(super) mod workbook;

pub use schedule::{PrivacyStatus, Schedule};
pub use status::{ScheduleStatus, ScheduleStep};
#[cfg(feature = "xlsx")]
pub use workbook::{WorkbookImport, WorkbookPreview};

use jiff::civil::Date;

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::Draft;
use crate::ownership::Action;
use crate::paths::FileName;
use crate::record::{OnReferenced, Record, RecordId};

use super::access::{Access, Author};
use super::daily::{self, Daily as _, Ended};
use super::page::{ListOptions, Page};
use super::records::{self, Expected};
use super::{operations, wording};
use schedule::{DATE_INDEX, STATUS_INDEX, TOKEN_INDEX};

/// A tenant's schedules. Each is known by its id, whatever others are added or deleted.
///
/// # Errors
/// Every operation answers [`NotFound`](ErrorKind::NotFound) for what is missing or foreign,
/// [`Denied`](ErrorKind::Denied) for what may be seen and not done, and the store's errors. Steps also
/// answer [`WrongState`](ErrorKind::WrongState) where [`ScheduleStatus::after`] does not allow them.
#[derive(Debug, Clone, Copy)]
pub struct Schedules<'a> {
    access: &'a Access,
}

/// The longest address of a broadcast and reason of a failure, in bytes.
const MAX_TEXT: usize = 2000;

impl<'a> Schedules<'a> {
    pub(super) fn new(access: &'a Access) -> Self {
        Self { access }
    }

    /// A page of the schedules.
    ///
    /// # Errors
    /// See [`Schedules`]; [`InvalidInput`](ErrorKind::InvalidInput) for a limit out of range or a cursor of
    /// another list.
    pub async fn list(&self, options: &ListOptions) -> Result<Page<Record<Schedule>>> {
        operations::list(self.access, Action::ListSchedules, options).await
    }

    /// One schedule.
    ///
    /// # Errors
    /// See [`Schedules`].
    pub async fn get(&self, id: &RecordId) -> Result<Record<Schedule>> {
        operations::get(self.access, Action::GetSchedule, id).await
    }

    /// The schedules of a status, in order of insertion.
    ///
    /// # Errors
    /// See [`Schedules`].
    pub async fn find_by_status(&self, status: ScheduleStatus) -> Result<Vec<Record<Schedule>>> {
        self.find(STATUS_INDEX, status.as_str()).await
    }

    /// The schedules of a day of the tenant's calendar, in order of insertion.
    ///
    /// # Errors
    /// See [`Schedules`].
    pub async fn find_by_date(&self, date: Date) -> Result<Vec<Record<Schedule>>> {
        self.find(DATE_INDEX, &date.to_string()).await
    }

    /// The schedules that use a token, in order of insertion.
    ///
    /// # Errors
    /// See [`Schedules`].
    pub async fn find_by_token(&self, token_file: &FileName) -> Result<Vec<Record<Schedule>>> {
        self.find(TOKEN_INDEX, &token_file.folded()).await
    }

    async fn find(&self, index: &str, key: &str) -> Result<Vec<Record<Schedule>>> {
        operations::find(self.access, Action::ListSchedules, index, key).await
    }

    /// Adds a schedule.
    ///
    /// # Errors
    /// See [`Schedules`]; [`QuotaExceeded`](ErrorKind::QuotaExceeded);
    /// [`InvalidInput`](ErrorKind::InvalidInput), naming the field, for a title that is blank, longer than
    /// [`Video::MAX_TITLE`](super::Video::MAX_TITLE) or not in one line, for anything that only comes of
    /// a schedule, for a daily one without a time, and for a video, thumbnail, token or stream key that there
    /// is not.
    pub async fn add(&self, schedule: Schedule) -> Result<Record<Schedule>> {
        let action = Action::AddSchedule;
        check(&schedule, None, action)?;
        operations::insert(self.access, action, schedule).await
    }

    /// Changes what a schedule plans: anything but what came of it. The function may run again.
    ///
    /// # Errors
    /// See [`Schedules`]; [`RevisionMismatch`](ErrorKind::RevisionMismatch);
    /// [`InvalidInput`](ErrorKind::InvalidInput) as for [`add`](Self::add), and if what is done is to repeat
    /// daily; [`WrongState`](ErrorKind::WrongState) if it is to, and another of its series does.
    pub async fn update(
        &self,
        id: &RecordId,
        expected: impl Into<Expected>,
        mut change: impl FnMut(&mut Schedule) + Send + 'static,
    ) -> Result<Record<Schedule>> {
        let (action, expected) = (Action::UpdateSchedule, expected.into());
        let run = move |draft: &mut Draft, author: &Author<'_>, id: &RecordId| {
            daily::edit(draft, author, action, id, expected, &mut change, check)
        };
        operations::change::<Schedule, _>(self.access, action, id, run).await
    }

    /// Asks for a schedule to be run now, one that failed also again. Its time stays, so that a daily one
    /// goes on at its own. Whoever runs schedules finds it [pending](Self::find_by_status) with
    /// [`run_now`](Schedule::run_now).
    ///
    /// # Errors
    /// See [`Schedules`]. One for which that was asked already is refused until it is marked as succeeded
    /// or failed: a broadcast is not made twice.
    pub async fn run_now(&self, id: &RecordId) -> Result<Record<Schedule>> {
        let step = ScheduleStep::RunNow;
        let action = step.action();
        let run = move |draft: &mut Draft, author: &Author<'_>, id: &RecordId| {
            records::update(draft, author, action, id, Expected::Any, |old: &Schedule| {
                allow(old, step)?;
                // What failed has handed its repetition on.
                let repeat_daily = old.repeat_daily && !old.is_over();
                Ok(Schedule { run_now: true, repeat_daily, ..old.afresh() })
            })
        };
        operations::change::<Schedule, _>(self.access, action, id, run).await
    }

    /// Says that a schedule's broadcast was made: by which stream key it is sent, and at which address
    /// it is found (`http://` or `https://`). If the schedule repeats daily, its successor is planned at
    /// the same local time of the next day, or of the first day on which that is not over.
    ///
    /// # Errors
    /// See [`Schedules`]; [`InvalidInput`](ErrorKind::InvalidInput) for a stream id or an address that is
    /// none.
    pub async fn mark_succeeded(
        &self,
        id: &RecordId,
        stream_id: &str,
        broadcast_link: &str,
    ) -> Result<Ended<Schedule>> {
        let step = ScheduleStep::MarkSucceeded;
        let action = step.action();
        let refuse = |field: &str| Err(Error::new(ErrorKind::InvalidInput, action.as_str()).about(field));
        if !wording::is_title(stream_id) {
            return refuse("streamId");
        }
        let is_address = ["https://", "http://"].iter().any(|scheme| broadcast_link.starts_with(scheme));
        if !is_address || !wording::is_line(broadcast_link, MAX_TEXT) {
            return refuse("broadcastLink");
        }
        let (stream_id, broadcast_link) = (Some(stream_id.to_owned()), Some(broadcast_link.to_owned()));
        let run = move |draft: &mut Draft, author: &Author<'_>, id: &RecordId| {
            daily::end(draft, author, action, id, |old: &Schedule| {
                allow(old, step)?;
                let (stream_id, broadcast_link) = (stream_id.clone(), broadcast_link.clone());
                Ok(Schedule { success: true, stream_id, broadcast_link, ..old.afresh() })
            })
        };
        operations::change::<Schedule, _>(self.access, action, id, run).await
    }

    /// Says that a schedule's broadcast could not be made, and why. If the schedule repeats daily, its
    /// successor is planned as by [`mark_succeeded`](Self::mark_succeeded).
    ///
    /// # Errors
    /// See [`Schedules`]; [`InvalidInput`](ErrorKind::InvalidInput) for a reason of more than one line or
    /// 2,000 bytes.
    pub async fn mark_failed(&self, id: &RecordId, reason: Option<&str>) -> Result<Ended<Schedule>> {
        let step = ScheduleStep::MarkFailed;
        let action = step.action();
        let reason = reason.filter(|reason| !reason.trim().is_empty()).unwrap_or("no reason was given");
        if !wording::is_line(reason, MAX_TEXT) {
            return Err(Error::new(ErrorKind::InvalidInput, action.as_str()).about("failure"));
        }
        let failure = Some(reason.to_owned());
        let run = move |draft: &mut Draft, author: &Author<'_>, id: &RecordId| {
            daily::end(draft, author, action, id, |old: &Schedule| {
                allow(old, step)?;
                Ok(Schedule { failure: failure.clone(), ..old.afresh() })
            })
        };
        operations::change::<Schedule, _>(self.access, action, id, run).await
    }

    /// Deletes a schedule, and with it its repetition, and returns the record that it had.
    ///
    /// # Errors
    /// See [`Schedules`]; [`RevisionMismatch`](ErrorKind::RevisionMismatch).
    pub async fn delete(&self, id: &RecordId, expected: impl Into<Expected>) -> Result<Record<Schedule>> {
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
    ) -> Result<Record<Schedule>> {
        operations::remove(self.access, Action::DeleteSchedule, id, expected.into(), named).await
    }
}

fn allow(schedule: &Schedule, step: ScheduleStep) -> Result<()> {
    if schedule.allows(step) {
        return Ok(());
    }
    let status = schedule.status();
    let reason = if status.after(step).is_some() { "runNow" } else { status.as_str() };
    Err(Error::new(ErrorKind::WrongState, step.action().as_str()).about(reason))
}

fn check(schedule: &Schedule, before: Option<&Schedule>, action: Action) -> Result<()> {
    match schedule.unplannable(before).first() {
        None => Ok(()),
        Some(field) => Err(Error::new(ErrorKind::InvalidInput, action.as_str()).about(*field)),
    }
}
