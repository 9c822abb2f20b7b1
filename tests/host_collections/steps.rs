//! Every step of the tables, and no other.

use tenantry::{ErrorKind, Expected};

use crate::bulk_upload_queue::{QueuedUpload, UploadStatus};
use crate::looped_videos::{LoopStatus, LoopedVideo};
use crate::support::{Place, id};

#[tokio::test]
async fn a_loop_takes_the_steps_of_its_table_and_no_others() {
    use LoopStatus::{Completed, Failed, Pending, Processing};
    let steps = [
        (Pending, vec![Processing, Failed]),
        (Processing, vec![Pending, Completed, Failed]),
        (Completed, vec![]),
        (Failed, vec![Pending]),
    ];
    let place = Place::new().await;
    let loops = place.own.collection::<LoopedVideo>();
    for (from, allowed) in steps {
        for to in [Pending, Processing, Completed, Failed] {
            let name = id(&format!("{} {}", from.as_str(), to.as_str()));
            loops.insert_as(&name, LoopedVideo { status: from, ..LoopedVideo::default() }).await.unwrap();
            let next = LoopedVideo { status: to, ..LoopedVideo::default() };
            let done = loops.update(&name, Expected::Any, next.clone()).await;
            let possible = from == to || allowed.contains(&to);
            assert_eq!(
                done.as_ref().err().map(tenantry::Error::kind),
                (!possible).then_some(ErrorKind::WrongState),
                "{name}"
            );
            let found = loops.get(&name).await.unwrap().value().status;
            assert_eq!(found, if possible { to } else { from }, "{name}");
            if !possible {
                // Whichever way it comes.
                let again = name.clone();
                let change = move |run: &mut tenantry::Transaction<'_>| {
                    let mut loops = run.collection::<LoopedVideo>();
                    loops.modify(&again, Expected::Any, |_| Ok(next.clone())).map(drop)
                };
                let refused = place.own.transaction(change).await.unwrap_err();
                assert_eq!(refused.kind(), ErrorKind::WrongState, "{name}");
            }
        }
    }
}

#[tokio::test]
async fn an_upload_takes_the_steps_of_its_table_and_no_others() {
    use UploadStatus::{Completed, Failed, Queued, Uploading};
    let steps = [
        (Queued, vec![Uploading, Failed]),
        (Uploading, vec![Queued, Completed, Failed]),
        (Completed, vec![]),
        (Failed, vec![Queued]),
    ];
    let place = Place::new().await;
    let queue = place.own.collection::<QueuedUpload>();
    for (from, allowed) in steps {
        for to in [Queued, Uploading, Completed, Failed] {
            let name = id(&format!("{} {}", from.as_str(), to.as_str()));
            queue.insert_as(&name, QueuedUpload { status: from, ..QueuedUpload::default() }).await.unwrap();
            let next = QueuedUpload { status: to, ..QueuedUpload::default() };
            let done = queue.update(&name, Expected::Any, next).await;
            let possible = from == to || allowed.contains(&to);
            assert_eq!(
                done.as_ref().err().map(tenantry::Error::kind),
                (!possible).then_some(ErrorKind::WrongState),
                "{name}"
            );
            assert_eq!(
                queue.get(&name).await.unwrap().value().status,
                if possible { to } else { from },
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn a_progress_beyond_the_whole_is_refused() {
    let place = Place::new().await;
    let loops = place.own.collection::<LoopedVideo>();
    let at = |progress| LoopedVideo { progress: Some(progress), ..LoopedVideo::default() };
    let refused = loops.insert(at(101)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    let full = loops.insert(at(100)).await.unwrap();
    let refused = loops.update(full.id(), Expected::Any, at(101)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
}
