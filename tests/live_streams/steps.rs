//! The steps of a live stream's status: those of the table, and no others.

use tenantry::record::RecordId;
use tenantry::{Error, ErrorKind, Expected, LiveStream, LiveStreamStatus, LiveStreamStep, LiveStreams};

use crate::planned::{Place, documented, table, time};

/// Does what a step is called after.
async fn take(
    streams: LiveStreams<'_>,
    step: LiveStreamStep,
    id: &RecordId,
) -> Result<LiveStreamStatus, Error> {
    let record = match step {
        LiveStreamStep::StartNow => streams.start_now(id).await?,
        LiveStreamStep::MarkLive => streams.mark_live(id, 4711).await?,
        LiveStreamStep::Stop => streams.stop(id).await?.record,
        LiveStreamStep::Fail => streams.fail(id).await?.record,
        LiveStreamStep::Cancel => streams.cancel(id).await?,
        LiveStreamStep::Restart => streams.restart(id).await?,
        LiveStreamStep::Reschedule => streams.reschedule(id, time("2025-12-01T10:00")).await?,
        step => panic!("{step:?} is no operation"),
    };
    Ok(record.value().status)
}

/// A new stream of that status.
async fn stream(streams: LiveStreams<'_>, status: LiveStreamStatus) -> RecordId {
    let added = streams.add(LiveStream::new("Rain", time("2025-11-05T10:00"))).await.unwrap();
    let steps: &[LiveStreamStep] = match status {
        LiveStreamStatus::Scheduled => &[],
        LiveStreamStatus::Live => &[LiveStreamStep::MarkLive],
        LiveStreamStatus::Completed => &[LiveStreamStep::MarkLive, LiveStreamStep::Stop],
        LiveStreamStatus::Failed => &[LiveStreamStep::Fail],
        LiveStreamStatus::Cancelled => &[LiveStreamStep::Cancel],
        status => panic!("{status} has no way to it"),
    };
    for step in steps {
        take(streams, *step, added.id()).await.unwrap();
    }
    added.id().clone()
}

#[tokio::test]
async fn every_operation_does_what_the_table_says_and_refuses_what_it_does_not() {
    let place = Place::new().await;
    let streams = place.own.live_streams();
    for status in LiveStreamStatus::ALL {
        for step in LiveStreamStep::ALL {
            let id = stream(streams, status).await;
            let before = streams.get(&id).await.unwrap();
            let done = take(streams, step, &id).await;
            match status.after(step) {
                Some(after) => assert_eq!(done.unwrap(), after, "{step:?} of {status}"),
                None => {
                    let refused = done.unwrap_err();
                    assert_eq!(refused.kind(), ErrorKind::WrongState, "{step:?} of {status}");
                    assert_eq!(refused.kind().http_status(), 409);
                    assert_eq!(streams.get(&id).await.unwrap(), before, "{step:?} of {status}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_process_is_known_only_while_its_stream_is_live() {
    let place = Place::new().await;
    let streams = place.own.live_streams();
    let id = stream(streams, LiveStreamStatus::Scheduled).await;
    assert_eq!(streams.start_now(&id).await.unwrap().value().process_pid, None);
    assert_eq!(streams.mark_live(&id, 4711).await.unwrap().value().process_pid, Some(4711));
    // Begun again after the machine was.
    assert_eq!(streams.mark_live(&id, 815).await.unwrap().value().process_pid, Some(815));
    assert_eq!(streams.stop(&id).await.unwrap().record.value().process_pid, None);
    assert_eq!(streams.restart(&id).await.unwrap().value().process_pid, None);
}

#[test]
fn a_step_is_read_by_its_name_and_no_other() {
    for step in LiveStreamStep::ALL {
        assert_eq!(step.as_str().parse::<LiveStreamStep>().unwrap(), step);
    }
    for text in ["", "StartNow", "stop ", "delete"] {
        assert_eq!(text.parse::<LiveStreamStep>().unwrap_err().kind(), ErrorKind::InvalidInput, "{text}");
    }
}

#[test]
fn the_documented_table_is_that_of_the_code() {
    let names = (LiveStreamStatus::as_str as fn(_) -> _, LiveStreamStep::as_str as fn(_) -> _);
    let table = table(&LiveStreamStatus::ALL, &LiveStreamStep::ALL, names, LiveStreamStatus::after);
    assert!(documented().contains(&table), "docs/statuses.md lacks:\n{table}");
}

/// Changes a stream's status by the general operations.
async fn become_by_hand(place: &Place, id: &RecordId, next: LiveStreamStatus) -> Result<(), Error> {
    let change = move |old: &LiveStream| {
        let mut new = old.clone();
        new.status = next;
        Ok(new)
    };
    place.own.collection().modify(id, Expected::Any, change).await?;
    Ok(())
}

#[tokio::test]
async fn the_general_operations_keep_to_the_table() {
    let place = Place::new().await;
    let streams = place.own.live_streams();
    for status in LiveStreamStatus::ALL {
        for next in LiveStreamStatus::ALL {
            let id = stream(streams, status).await;
            let done = become_by_hand(&place, &id, next).await.map_err(|error| error.kind());
            let possible = if status.may_become(next) { Ok(()) } else { Err(ErrorKind::WrongState) };
            assert_eq!(done, possible, "{status} to {next}");
            let inside = place.own.transaction(move |transaction| {
                let old = transaction.collection::<LiveStream>().get(&id)?;
                assert_eq!(old.value().status, if possible.is_ok() { next } else { status });
                Ok(())
            });
            inside.await.unwrap();
        }
    }
}
