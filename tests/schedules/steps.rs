//! The steps of a schedule's status: those of the table, and no others.

use tenantry::record::RecordId;
use tenantry::{Error, ErrorKind, Schedule, ScheduleStatus, ScheduleStep, Schedules};

use crate::planned::{Place, documented, table, time};

const LINK: &str = "https://example.org/broadcast/1";

async fn take(schedules: Schedules<'_>, step: ScheduleStep, id: &RecordId) -> Result<ScheduleStatus, Error> {
    let record = match step {
        ScheduleStep::RunNow => schedules.run_now(id).await?,
        ScheduleStep::MarkSucceeded => schedules.mark_succeeded(id, "stream", LINK).await?.record,
        ScheduleStep::MarkFailed => schedules.mark_failed(id, Some("no token")).await?.record,
        step => panic!("{step:?} is no operation"),
    };
    Ok(record.value().status())
}

async fn schedule(schedules: Schedules<'_>, status: ScheduleStatus) -> RecordId {
    let added = schedules.add(Schedule::new("Rain", time("2025-11-05T10:00"))).await.unwrap();
    let step = match status {
        ScheduleStatus::Succeeded => Some(ScheduleStep::MarkSucceeded),
        ScheduleStatus::Failed => Some(ScheduleStep::MarkFailed),
        _ => None,
    };
    if let Some(step) = step {
        take(schedules, step, added.id()).await.unwrap();
    }
    added.id().clone()
}

#[tokio::test]
async fn every_operation_does_what_the_table_says_and_refuses_what_it_does_not() {
    let place = Place::new().await;
    let schedules = place.own.schedules();
    for status in ScheduleStatus::ALL {
        for step in ScheduleStep::ALL {
            let id = schedule(schedules, status).await;
            let before = schedules.get(&id).await.unwrap();
            let done = take(schedules, step, &id).await;
            match status.after(step) {
                Some(after) => assert_eq!(done.unwrap(), after, "{step:?} of {status}"),
                None => {
                    assert_eq!(done.unwrap_err().kind(), ErrorKind::WrongState, "{step:?} of {status}");
                    assert_eq!(schedules.get(&id).await.unwrap(), before, "{step:?} of {status}");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_a_schedule_says_it_allows_is_what_is_done() {
    let place = Place::new().await;
    let schedules = place.own.schedules();
    for status in ScheduleStatus::ALL {
        for asked in [false, true] {
            for step in ScheduleStep::ALL {
                let id = schedule(schedules, status).await;
                if asked && schedules.run_now(&id).await.is_err() {
                    continue; // it can't be asked for
                }
                let allowed = schedules.get(&id).await.unwrap().value().allows(step);
                let done = take(schedules, step, &id).await;
                assert_eq!(allowed, done.is_ok(), "{step:?} of {status}, asked for: {asked}");
            }
        }
    }
}

#[test]
fn a_step_is_read_by_its_name_and_no_other() {
    for step in ScheduleStep::ALL {
        assert_eq!(step.as_str().parse::<ScheduleStep>().unwrap(), step);
    }
    for text in ["", "RunNow", "run_now ", "delete"] {
        assert_eq!(text.parse::<ScheduleStep>().unwrap_err().kind(), ErrorKind::InvalidInput, "{text}");
    }
}

#[test]
fn the_documented_table_is_that_of_the_code() {
    let names = (ScheduleStatus::as_str as fn(_) -> _, ScheduleStep::as_str as fn(_) -> _);
    let table = table(&ScheduleStatus::ALL, &ScheduleStep::ALL, names, ScheduleStatus::after);
    assert!(documented().contains(&table), "docs/statuses.md lacks:\n{table}");
}

#[tokio::test]
async fn a_schedule_is_asked_to_run_once_until_its_outcome_is_known() {
    let place = Place::new().await;
    let schedules = place.own.schedules();
    let id = schedule(schedules, ScheduleStatus::Pending).await;
    let asked = schedules.run_now(&id).await.unwrap();
    assert!(asked.value().run_now);
    assert_eq!(asked.value().scheduled_start_time, Some(time("2025-11-05T10:00")));
    let again = schedules.run_now(&id).await.unwrap_err();
    assert_eq!((again.kind(), again.subject()), (ErrorKind::WrongState, Some("runNow")));

    let failed = schedules.mark_failed(&id, Some("no token")).await.unwrap().record;
    assert_eq!((failed.value().failure.as_deref(), failed.value().run_now), (Some("no token"), false));
    assert_eq!(schedules.run_now(&id).await.unwrap().value().failure, None);
    let done = schedules.mark_succeeded(&id, "stream", LINK).await.unwrap().record.into_value();
    assert!(done.success && !done.run_now);
    assert_eq!((done.stream_id.as_deref(), done.broadcast_link.as_deref()), (Some("stream"), Some(LINK)));
}

#[tokio::test]
async fn an_outcome_that_can_be_none_is_refused() {
    let place = Place::new().await;
    let schedules = place.own.schedules();
    let id = schedule(schedules, ScheduleStatus::Pending).await;
    for (stream, link, field) in [
        ("", LINK, "streamId"),
        (" ", LINK, "streamId"),
        ("two\nlines", LINK, "streamId"),
        ("stream", "", "broadcastLink"),
        ("stream", "javascript:alert(1)", "broadcastLink"),
        ("stream", "https://example.org/\n", "broadcastLink"),
    ] {
        let error = schedules.mark_succeeded(&id, stream, link).await.unwrap_err();
        assert_eq!((error.kind(), error.subject()), (ErrorKind::InvalidInput, Some(field)));
    }
    let error = schedules.mark_failed(&id, Some("two\nlines")).await.unwrap_err();
    assert_eq!((error.kind(), error.subject()), (ErrorKind::InvalidInput, Some("failure")));
    let failed = schedules.mark_failed(&id, Some(" ")).await.unwrap().record;
    assert_eq!(failed.value().failure.as_deref(), Some("no reason was given"));
}
