//! A tenant that is moved while it works: nothing of what it did is lost, and nobody is erased for it.

use std::time::Duration;

use futures::StreamExt;
use tenantry::{CopyError, ErrorKind, Expected, Grace, ListOptions};

use crate::observed::observe;
use crate::world::{Kind, Place, Unheard, clock, copy, ensure_unseen, id, refusal, upload};

#[tokio::test]
async fn what_happens_while_it_is_copied_comes_along() {
    for (from, to) in Kind::ways() {
        for suspending in [true, false] {
            let clock = clock();
            let (from, to) = (Place::new(from, &clock).await, Place::new(to, &clock).await);
            let own = from.furnished().await;
            let videos = upload(&own, 6, 100).await;
            to.gates.close(&id("ana"));
            let going = copy(&from, &to).await;
            let going = if suspending { going.suspending_source() } else { going };
            let going = tokio::spawn(going.into_future());
            // All has been read of the source by now, and nothing is written.
            to.gates.hanging(&id("ana"), 1).await;
            own.videos().delete(&videos[0], Expected::Any).await.unwrap();
            upload(&own, 2, 50).await;
            let notes = own.collection::<Unheard>();
            notes.insert(Unheard { text: "late".to_owned(), number: 9 }).await.unwrap();
            to.gates.open(&id("ana"));
            let copied = going.await.unwrap().unwrap();
            assert_eq!((copied.files, copied.suspended), (10, suspending));
            assert_eq!(observe(&to.ana().await).await, observe(&own).await);
            // Of the deleted one nothing stays there.
            to.clear().await;
            let report = to.admin().await.tenants().check(&id("ana")).await.unwrap();
            assert!(report.findings.is_empty(), "{:?}", report.findings);
            assert_eq!(report.files, 10);
        }
    }
}

#[tokio::test]
async fn a_source_that_is_suspended_can_be_read_and_not_be_changed() {
    for kind in Kind::ALL {
        let clock = clock();
        let (from, to) = (Place::new(kind, &clock).await, Place::new(Kind::Memory, &clock).await);
        let own = from.furnished().await;
        let copied = copy(&from, &to).await.suspending_source().await.unwrap();
        assert!(copied.suspended);
        let refused = own.collection().insert(Unheard { text: String::new(), number: 0 }).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Suspended);
        assert_eq!(observe(&own).await, observe(&to.ana().await).await);
        assert_eq!(copied.version, own.snapshot().await.unwrap().version());
        // The copy is in use.
        upload(&to.tenantry.session(&id("ana")).await.unwrap().own(), 1, 10).await;
        let again = copy(&from, &to).await.suspending_source().await.unwrap();
        assert_eq!((again.version, again.suspended), (copied.version, true));
    }
}

#[tokio::test]
async fn a_source_is_not_erased_because_it_was_suspended() {
    for kind in Kind::ALL {
        let clock = clock();
        let (from, to) = (Place::new(kind, &clock).await, Place::new(Kind::Memory, &clock).await);
        let own = from.furnished().await;
        copy(&from, &to).await.suspending_source().await.unwrap();
        let before = observe(&own).await;
        clock.advance(Duration::from_secs(50 * 365 * 24 * 3600));
        from.clear().await;
        let admin = from.admin().await;
        let early = admin.tenants().erase(&id("ana"), Grace::Respect).await.unwrap_err();
        assert_eq!(early.kind(), ErrorKind::InvalidInput);
        assert_eq!(observe(&own).await, before);
        admin.tenants().restore(&id("ana")).await.unwrap();
        own.collection().insert(Unheard { text: String::new(), number: 0 }).await.unwrap();
    }
}

#[tokio::test]
async fn a_source_that_was_suspended_can_be_deleted_as_any_other() {
    for kind in Kind::ALL {
        let clock = clock();
        let (from, to) = (Place::new(kind, &clock).await, Place::new(Kind::Memory, &clock).await);
        from.furnished().await;
        copy(&from, &to).await.suspending_source().await.unwrap();
        let admin = from.admin().await;
        let until = admin.tenants().delete(&id("ana")).await.unwrap();
        assert_eq!(admin.tenants().delete(&id("ana")).await.unwrap(), until);
        clock.advance(Duration::from_secs(365 * 24 * 3600));
        admin.tenants().erase(&id("ana"), Grace::Respect).await.unwrap();
    }
}

#[tokio::test]
async fn a_copy_that_was_made_before_does_for_a_move_if_nothing_came_since() {
    let clock = clock();
    let (from, to) = (Place::new(Kind::Local, &clock).await, Place::new(Kind::Objects, &clock).await);
    let own = from.furnished().await;
    copy(&from, &to).await.await.unwrap();
    let copied = copy(&from, &to).await.suspending_source().await.unwrap();
    assert!(copied.suspended);
    let refused = own.videos().upload_from("late.mp4", &b"late"[..]).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Suspended);
    assert_eq!(observe(&own).await, observe(&to.ana().await).await);
    // Whoever lets it be changed again is told by the next call.
    from.admin().await.tenants().restore(&id("ana")).await.unwrap();
    upload(&own, 1, 1).await;
    let went_on = copy(&from, &to).await.suspending_source().await.unwrap_err();
    assert_eq!(refusal(&went_on), Some(&CopyError::SourceWentOn), "{went_on:?}");
    upload(&own, 1, 1).await;
}

#[tokio::test]
async fn a_tenant_that_is_being_deleted_can_still_be_saved_elsewhere() {
    let clock = clock();
    let (from, to) = (Place::new(Kind::Objects, &clock).await, Place::new(Kind::Local, &clock).await);
    let own = from.furnished().await;
    let until = from.admin().await.tenants().delete(&id("ana")).await.unwrap();
    let copied = copy(&from, &to).await.await.unwrap();
    assert!(copied.suspended);
    assert_eq!(from.admin().await.tenants().delete(&id("ana")).await.unwrap(), until, "its grace stays");
    assert_eq!(observe(&own).await, observe(&to.ana().await).await);
    let there = to.tenantry.session(&id("ana")).await.unwrap().own();
    there.videos().list(&ListOptions::new()).await.unwrap();
    upload(&there, 1, 10).await;
}

#[tokio::test]
async fn a_tenant_that_is_being_deleted_is_not_moved() {
    let clock = clock();
    let (from, to) = (Place::new(Kind::Objects, &clock).await, Place::new(Kind::Local, &clock).await);
    from.furnished().await;
    let admin = from.admin().await;
    let until = admin.tenants().delete(&id("ana")).await.unwrap();
    let refused = copy(&from, &to).await.suspending_source().await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::WrongState);
    assert_eq!(refusal(&refused), Some(&CopyError::SourceIsDeleted));
    assert_eq!(to.puts(), 0);
    ensure_unseen(&to).await;
    assert_eq!(admin.tenants().delete(&id("ana")).await.unwrap(), until, "its grace stays");
    admin.tenants().restore(&id("ana")).await.unwrap();
    assert!(copy(&from, &to).await.suspending_source().await.unwrap().suspended);
}

#[tokio::test]
async fn a_tenant_that_is_deleted_while_it_is_moved_does_not_live_on_there() {
    for (from, to) in Kind::ways() {
        let clock = clock();
        let (from, to) = (Place::new(from, &clock).await, Place::new(to, &clock).await);
        from.furnished().await;
        to.gates.close(&id("ana"));
        let going = tokio::spawn(copy(&from, &to).await.suspending_source().into_future());
        to.gates.hanging(&id("ana"), 1).await;
        from.admin().await.tenants().delete(&id("ana")).await.unwrap();
        to.gates.open(&id("ana"));
        let refused = going.await.unwrap().unwrap_err();
        assert_eq!(refusal(&refused), Some(&CopyError::SourceIsDeleted), "{refused:?}");
        let again = copy(&from, &to).await.suspending_source().await.unwrap_err();
        assert_eq!(refusal(&again), Some(&CopyError::SourceIsDeleted), "{again:?}");
        ensure_unseen(&to).await;
    }
}

#[tokio::test]
async fn a_move_that_was_made_stays_made_when_its_source_is_deleted() {
    let clock = clock();
    let (from, to) = (Place::new(Kind::Local, &clock).await, Place::new(Kind::Objects, &clock).await);
    from.furnished().await;
    let moved = copy(&from, &to).await.suspending_source().await.unwrap();
    from.admin().await.tenants().delete(&id("ana")).await.unwrap();
    let again = copy(&from, &to).await.suspending_source().await.unwrap();
    assert_eq!((again.files, again.suspended), (moved.files, true));
}

#[tokio::test]
async fn what_is_deleted_at_the_last_moment_leaves_nothing_there() {
    for (from, to) in Kind::ways() {
        let clock = clock();
        let (from, to) = (Place::new(from, &clock).await, Place::new(to, &clock).await);
        let own = from.furnished().await;
        let video = upload(&own, 6, 100).await.remove(3);
        let gates = from.gates.clone();
        let going = copy(&from, &to).await.progress(move |progress| {
            // Once all bytes have been read, the source is asked for nothing but whether it went on.
            if Some(progress.bytes) == progress.length {
                gates.close(&id("ana"));
            }
        });
        let going = tokio::spawn(going.into_future());
        from.gates.hanging(&id("ana"), 1).await;
        let elsewhere = from.elsewhere().await;
        let own = elsewhere.session(&id("ana")).await.unwrap().own();
        own.videos().delete(&video, Expected::Any).await.unwrap();
        from.gates.open(&id("ana"));
        assert_eq!(going.await.unwrap().unwrap().files, 8);
        assert_eq!(observe(&to.ana().await).await, observe(&own).await);
        to.clear().await;
        let report = to.admin().await.tenants().check(&id("ana")).await.unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }
}

#[tokio::test]
async fn what_is_not_whole_in_the_source_stays_behind() {
    for kind in Kind::ALL {
        let clock = clock();
        // There, what was deleted is still to be cleared, too.
        let (from, to) = (Place::new(Kind::Objects, &clock).await, Place::new(kind, &clock).await);
        let own = from.furnished().await;
        let (sender, rest) = futures::channel::oneshot::channel::<()>();
        let first = futures::stream::iter([Ok(bytes::Bytes::from_static(b"the first half"))]);
        let body = first.chain(futures::stream::once(async move {
            rest.await.unwrap();
            Ok(bytes::Bytes::from_static(b", and the second"))
        }));
        let uploading = tokio::spawn(own.videos().upload("slow.mp4", body).into_future());
        while own.usage().await.unwrap().0.reserved_files == 0 {
            tokio::task::yield_now().await;
        }
        copy(&from, &to).await.await.unwrap();
        let there = to.ana().await;
        let (usage, _) = there.usage().await.unwrap();
        assert_eq!((usage.files, usage.reserved_files, usage.reserved_bytes), (3, 0, 0));
        clock.advance(Duration::from_secs(30 * 60));
        let swept = to.tenantry.operator("test").sweep(&id("ana")).await.unwrap();
        assert_eq!(swept, tenantry::Swept::default(), "it has nothing of its own to clear");
        sender.send(()).unwrap();
        uploading.await.unwrap().unwrap();
        assert_eq!(own.usage().await.unwrap().0.files, 4);
    }
}
