//! A copy that was cut off: what has arrived is not sent again, nothing of it is shown, and whoever gives it
//! up gets the name back.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tenantry::ownership::Role;
use tenantry::{Copied, Erasure, ErrorKind, Expected, Grace, NewTenant, ProfileChange, Result, Settings};

use crate::observed::observe;
use crate::world::{
    Kind, Place, admin, clock, configured, copy, copy_between, ensure_unseen, id, local, upload,
};

type Going = Pin<Box<dyn Future<Output = Result<Copied>> + Send>>;

/// Copies until so many bytes have been passed on, and stops in the middle of what comes then.
async fn stopped(from: &Place, to: &Place, bytes: u64) -> Going {
    let (sender, reached) = futures::channel::oneshot::channel();
    let sender = Mutex::new(Some(sender));
    let going = copy(from, to).await.progress(move |progress| {
        if progress.bytes >= bytes
            && let Some(sender) = sender.lock().unwrap().take()
        {
            sender.send(()).unwrap();
        }
    });
    match futures::future::select(going.into_future(), reached).await {
        futures::future::Either::Right((_, going)) => going,
        futures::future::Either::Left((done, _)) => panic!("{done:?}"),
    }
}

/// A source with some videos of a hundred bytes, and a target.
async fn between(from: Kind, to: Kind) -> (Place, Place) {
    let clock = clock();
    let (from, to) = (Place::new(from, &clock).await, Place::new(to, &clock).await);
    let own = from.furnished().await;
    upload(&own, 12, 100).await;
    (from, to)
}

#[tokio::test]
async fn what_has_arrived_is_not_sent_again() {
    for (from, to) in Kind::ways() {
        let (from, to) = between(from, to).await;
        let before = observe(&from.ana().await).await;
        for bytes in [300, 700, 1000] {
            drop(stopped(&from, &to, bytes).await);
            ensure_unseen(&to).await;
        }
        let sent = to.puts();
        let copied = copy_between(&from.tenantry, &to.tenantry).await.await.unwrap();
        // But for what was on its way, four at a time at the most.
        assert!(copied.already_there >= 6, "{copied:?}");
        assert_eq!((copied.files, copied.read_back), (15, 15));
        assert_eq!(to.puts() - sent, copied.files - copied.already_there);
        assert_eq!(observe(&to.ana().await).await, before);
    }
}

#[tokio::test]
async fn how_far_it_is_counts_what_is_there() {
    for kind in Kind::ALL {
        let (from, to) = between(Kind::Memory, kind).await;
        let length = 1200 + 15 + crate::world::PNG.len() as u64;
        let told: Arc<Mutex<Vec<_>>> = Arc::default();
        for limit in [Some(500), None] {
            let inside = told.clone();
            let going = copy(&from, &to).await;
            if let Some(limit) = limit {
                drop(stopped(&from, &to, limit).await);
                continue;
            }
            let done = going.progress(move |progress| inside.lock().unwrap().push(progress)).await.unwrap();
            assert_eq!(done.bytes, length);
        }
        let told = told.lock().unwrap();
        assert!(told.first().unwrap().bytes > 100, "what was there counts: {:?}", told.first());
        assert!(told.windows(2).all(|pair| pair[0].bytes < pair[1].bytes));
        assert!(told.iter().all(|progress| progress.length == Some(length)));
        assert_eq!(told.last().unwrap().bytes, length);
    }
}

#[tokio::test]
async fn what_is_on_its_way_is_nobodys_yet() {
    for kind in Kind::ALL {
        let (from, to) = between(Kind::Memory, kind).await;
        drop(stopped(&from, &to, 600).await);
        ensure_unseen(&to).await;
        // The first login there must not find an empty tenant.
        for tenantry in [&to.tenantry, &to.elsewhere().await] {
            let ensured = tenantry.ensure(&id("ana"), "Ana").await.unwrap_err();
            assert_eq!(ensured.kind(), ErrorKind::Suspended);
        }
        let root = to.admin().await;
        let tenants = root.tenants();
        let created = tenants.create(&id("ana"), NewTenant::new(Role::User)).await.unwrap_err();
        assert_eq!(created.kind(), ErrorKind::Suspended);
        let kinds = [
            tenants.change(&id("ana"), ProfileChange::new().role(Role::Admin)).await.unwrap_err().kind(),
            tenants.delete(&id("ana")).await.unwrap_err().kind(),
            tenants.restore(&id("ana")).await.unwrap_err().kind(),
            tenants.sweep(&id("ana")).await.unwrap_err().kind(),
            tenants.check(&id("ana")).await.unwrap_err().kind(),
            tenants.repair(&id("ana"), &[]).await.unwrap_err().kind(),
            tenants.import(&id("ana"), futures::stream::empty()).await.unwrap_err().kind(),
            root.workspace(&id("ana")).usage().await.unwrap_err().kind(),
            root.workspace(&id("ana")).write_views().await.unwrap_err().kind(),
            to.tenantry.operator("test").check(&id("ana")).await.unwrap_err().kind(),
        ];
        assert_eq!(kinds, [ErrorKind::NotFound; 10]);
        let (videos, _) = tenants.videos(None, 100).await.unwrap();
        assert!(videos.is_empty());
        copy(&from, &to).await.await.unwrap();
    }
}

#[tokio::test]
async fn time_and_upkeep_take_nothing_away_from_what_is_on_its_way() {
    for kind in Kind::ALL {
        let (from, to) = between(Kind::Memory, kind).await;
        let before = observe(&from.ana().await).await;
        drop(stopped(&from, &to, 600).await);
        // The reservations have expired long since.
        to.clear().await;
        to.clock.advance(Duration::from_secs(400 * 24 * 3600));
        to.clear().await;
        let copied = copy(&from, &to).await.await.unwrap();
        assert!(copied.already_there >= 1, "{copied:?}");
        to.clear().await;
        assert_eq!(observe(&to.ana().await).await, before);
    }
}

#[tokio::test]
async fn a_copy_that_takes_longer_than_a_reservation_holds_goes_on() {
    for (from, to) in Kind::ways() {
        let (from, to) = between(from, to).await;
        let (clock, sweeper) = (to.clock.clone(), to.tenantry.clone());
        let going = copy(&from, &to).await.progress(move |_| {
            clock.advance(Duration::from_secs(9 * 60));
        });
        going.await.unwrap();
        sweeper.operator("test").round().await.unwrap();
        assert_eq!(observe(&from.ana().await).await, observe(&to.ana().await).await);
    }
}

#[tokio::test]
async fn who_gives_it_up_gets_the_name_and_the_room_back() {
    for kind in Kind::ALL {
        let (from, to) = between(Kind::Memory, kind).await;
        drop(stopped(&from, &to, 600).await);
        let root = to.admin().await;
        // Nobody had it, so there is no grace.
        while let Erasure::Waiting { .. } = root.tenants().erase(&id("ana"), Grace::Respect).await.unwrap() {
            to.clock.advance(Duration::from_secs(3600));
        }
        if kind == Kind::Local {
            assert!(to.files().is_empty());
        }
        let own = to.user("ana").await;
        assert_eq!(own.usage().await.unwrap().0, Default::default());
        upload(&own, 1, 10).await;
        assert!(root.tenants().check(&id("ana")).await.unwrap().is_clean());
    }
}

#[tokio::test]
async fn what_was_deleted_meanwhile_is_not_brought() {
    for (from, kind) in Kind::ways() {
        let (from, to) = between(from, kind).await;
        drop(stopped(&from, &to, 600).await);
        let own = from.tenantry.session(&id("ana")).await.unwrap().own();
        for video in own.videos().list(&Default::default()).await.unwrap().items {
            if video.value().title.len() < 3 {
                own.videos().delete(video.id(), Expected::Any).await.unwrap();
            }
        }
        let more = upload(&own, 1, 7).await;
        let copied = copy(&from, &to).await.await.unwrap();
        assert_eq!(copied.files, 4);
        let there = to.tenantry.session(&id("ana")).await.unwrap().own();
        there.videos().get(&more[0]).await.unwrap();
        assert_eq!(observe(&there).await, observe(&own).await);
        to.clear().await;
        let report = admin(&to.tenantry).await.tenants().check(&id("ana")).await.unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
        if kind == Kind::Local {
            assert_eq!(to.files().len(), 4);
        }
    }
}

#[tokio::test]
async fn closing_waits_for_a_copy_on_both_sides() {
    let (from, to) = between(Kind::Memory, Kind::Objects).await;
    let going = stopped(&from, &to, 300).await;
    for tenantry in [&from.tenantry, &to.tenantry] {
        let busy = tenantry.close(Duration::from_millis(20)).await.unwrap_err();
        assert_eq!(busy.kind(), ErrorKind::Busy);
    }
    going.await.unwrap();
    for tenantry in [&from.tenantry, &to.tenantry] {
        tenantry.close(Duration::from_secs(10)).await.unwrap();
    }
    assert_eq!(
        to.elsewhere().await.session(&id("ana")).await.unwrap().own().usage().await.unwrap().0.files,
        15
    );
}

#[tokio::test]
async fn a_disk_that_is_full_is_told_and_the_copy_goes_on_when_it_is_not() {
    let (from, to) = between(Kind::Memory, Kind::Local).await;
    let store = local(to.root()).await;
    let mut settings = Settings::default();
    settings.free_space_reserve = u64::MAX;
    let full = configured(tenantry::Tenantry::builder(store), &to.clock).settings(settings);
    let full = full.open().await.unwrap();
    let refused = copy_between(&from.tenantry, &full).await.await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::StorageFull);
    assert!(to.files().is_empty());
    copy(&from, &to).await.await.unwrap();
}
