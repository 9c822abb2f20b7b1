//! The rows of live streams and schedules, and the records that they act upon.

use tenantry::ownership::{Action, Resource};
use tenantry::paths::{CollectionName, FileName};
use tenantry::record::{LocalTime, OnReferenced, RecordId};
use tenantry::{Expected, ListOptions, LiveStream, LiveStreamStatus, Schedule, ScheduleStatus, Workspace};

use crate::perform::{Row, direct};

/// The live stream and the schedule that each tenant has.
fn known() -> RecordId {
    RecordId::parse("planned").unwrap()
}

fn time() -> LocalTime {
    LocalTime::parse("2025-11-05T10:00").unwrap()
}

fn file() -> FileName {
    FileName::parse("any.file").unwrap()
}

fn stream() -> LiveStream {
    let mut stream = LiveStream::new("A stream", time());
    stream.stream_key = Some(crate::world::stream_key());
    stream
}

fn schedule() -> Schedule {
    Schedule::new("A schedule", time())
}

/// Gives a tenant what it plans, anew.
pub(crate) async fn furnish(own: &Workspace) {
    let _ = own.live_streams().delete(&known(), Expected::Any).await;
    let _ = own.schedules().delete(&known(), Expected::Any).await;
    own.collection::<LiveStream>().insert_as(&known(), stream()).await.unwrap();
    own.collection::<Schedule>().insert_as(&known(), schedule()).await.unwrap();
}

/// Sees that an action of this kind is possible.
pub(crate) async fn prepare(own: &Workspace, action: Action) {
    if !is_planned(action) {
        return;
    }
    furnish(own).await;
    let streams = own.live_streams();
    if action == Action::StopLiveStream {
        streams.mark_live(&known(), 1).await.unwrap();
    }
    if action == Action::RestartLiveStream {
        streams.cancel(&known()).await.unwrap();
    }
}

pub(crate) fn is_planned(action: Action) -> bool {
    ["live_streams.", "schedules."].iter().any(|area| action.as_str().starts_with(area))
}

/// What such an action is about.
pub(crate) fn resource(action: Action) -> Resource {
    let streams = action.as_str().starts_with("live_streams.");
    let collection = if streams { CollectionName::LIVE_STREAMS } else { CollectionName::SCHEDULES };
    match action {
        Action::ListLiveStreams | Action::AddLiveStream | Action::ListSchedules | Action::AddSchedule => {
            Resource::Collection(collection)
        }
        _ => Resource::Record(collection, known()),
    }
}

pub(crate) fn rows(action: Action) -> Vec<Row> {
    match action.as_str().starts_with("live_streams.") {
        true => live_streams(action),
        false => schedules(action),
    }
}

fn live_streams(action: Action) -> Vec<Row> {
    match action {
        Action::ListLiveStreams => vec![
            direct!("LiveStreams::list", |call| call.workspace().live_streams().list(&ListOptions::new())),
            direct!("LiveStreams::find_by_status", |call| {
                call.workspace().live_streams().find_by_status(LiveStreamStatus::Scheduled)
            }),
            direct!("LiveStreams::find_by_date", |call| {
                call.workspace().live_streams().find_by_date(time().civil().date())
            }),
            direct!("LiveStreams::find_by_video", |call| {
                call.workspace().live_streams().find_by_video(&file())
            }),
        ],
        Action::GetLiveStream => {
            vec![direct!("LiveStreams::get", |call| call.workspace().live_streams().get(&known()))]
        }
        Action::AddLiveStream => {
            vec![direct!("LiveStreams::add", |call| call.workspace().live_streams().add(stream()))]
        }
        Action::EditLiveStream => vec![direct!("LiveStreams::edit", |call| {
            call.workspace().live_streams().edit(&known(), Expected::Any, |stream| stream.duration = Some(5))
        })],
        Action::StartLiveStream => vec![direct!("LiveStreams::start_now", |call| {
            call.workspace().live_streams().start_now(&known())
        })],
        Action::MarkLiveStreamLive => vec![direct!("LiveStreams::mark_live", |call| {
            call.workspace().live_streams().mark_live(&known(), 4711)
        })],
        Action::StopLiveStream => {
            vec![direct!("LiveStreams::stop", |call| call.workspace().live_streams().stop(&known()))]
        }
        Action::FailLiveStream => {
            vec![direct!("LiveStreams::fail", |call| call.workspace().live_streams().fail(&known()))]
        }
        Action::CancelLiveStream => {
            vec![direct!("LiveStreams::cancel", |call| call.workspace().live_streams().cancel(&known()))]
        }
        Action::RestartLiveStream => vec![
            direct!("LiveStreams::restart", |call| call.workspace().live_streams().restart(&known())),
            direct!("LiveStreams::reschedule", |call| {
                call.workspace().live_streams().reschedule(&known(), time())
            }),
        ],
        Action::DeleteLiveStream => vec![
            direct!("LiveStreams::delete", |call| {
                call.workspace().live_streams().delete(&known(), Expected::Any)
            }),
            direct!("LiveStreams::delete_with", |call| {
                call.workspace().live_streams().delete_with(&known(), Expected::Any, OnReferenced::Clear)
            }),
        ],
        action => panic!("{action} has no row"),
    }
}

/// A workbook with one schedule.
fn workbook() -> Vec<u8> {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_string(0, 0, "title").unwrap();
    sheet.write_string(1, 0, "Rain").unwrap();
    workbook.save_to_buffer().unwrap()
}

fn schedules(action: Action) -> Vec<Row> {
    match action {
        Action::ListSchedules => vec![
            direct!("Schedules::list", |call| call.workspace().schedules().list(&ListOptions::new())),
            direct!("Schedules::find_by_status", |call| {
                call.workspace().schedules().find_by_status(ScheduleStatus::Pending)
            }),
            direct!("Schedules::find_by_date", |call| {
                call.workspace().schedules().find_by_date(time().civil().date())
            }),
            direct!("Schedules::find_by_token", |call| call.workspace().schedules().find_by_token(&file())),
        ],
        Action::GetSchedule => {
            vec![direct!("Schedules::get", |call| call.workspace().schedules().get(&known()))]
        }
        Action::AddSchedule => {
            vec![direct!("Schedules::add", |call| call.workspace().schedules().add(schedule()))]
        }
        Action::UpdateSchedule => vec![direct!("Schedules::update", |call| {
            call.workspace()
                .schedules()
                .update(&known(), Expected::Any, |schedule| schedule.auto_start = true)
        })],
        Action::ExportSchedules => vec![direct!("Schedules::export_workbook", |call| {
            call.workspace().schedules().export_workbook()
        })],
        Action::ImportSchedules => vec![
            direct!("Schedules::preview_workbook", |call| {
                call.workspace().schedules().preview_workbook(workbook())
            }),
            // Decided before the workbook is read, and again in the state that changes.
            Row {
                before: &[Action::ImportSchedules],
                ..direct!("Schedules::import_workbook", |call| {
                    call.workspace().schedules().import_workbook(workbook())
                })
            },
        ],
        Action::RunSchedule => {
            vec![direct!("Schedules::run_now", |call| call.workspace().schedules().run_now(&known()))]
        }
        Action::MarkScheduleSucceeded => vec![direct!("Schedules::mark_succeeded", |call| {
            call.workspace().schedules().mark_succeeded(&known(), "stream", "https://example.org/1")
        })],
        Action::MarkScheduleFailed => vec![direct!("Schedules::mark_failed", |call| {
            call.workspace().schedules().mark_failed(&known(), Some("no token"))
        })],
        Action::DeleteSchedule => vec![
            direct!("Schedules::delete", |call| {
                call.workspace().schedules().delete(&known(), Expected::Any)
            }),
            direct!("Schedules::delete_with", |call| {
                call.workspace().schedules().delete_with(&known(), Expected::Any, OnReferenced::Clear)
            }),
        ],
        action => panic!("{action} has no row"),
    }
}
