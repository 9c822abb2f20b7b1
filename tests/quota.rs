//! Limits hold exactly, whatever is done at once; and those near a limit are told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::future::IntoFuture;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::future::join_all;
use futures::stream;
use serde::{Deserialize, Serialize};
use tenantry::ownership::Role;
use tenantry::paths::{CollectionName, TenantId};
use tenantry::quota::{Limits, Plans, QuotaSink, Threshold};
use tenantry::record::{Entity, RecordId};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::memory::MemoryStore;
use tenantry::{Builder, ErrorKind, Expected, NewTenant, ProfileChange, Session, Settings, Tenantry};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    text: String,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<(String, u64, u64)>>>);

impl QuotaSink for Heard {
    fn passed(&self, threshold: &Threshold) {
        let note = (threshold.dimension.clone(), threshold.percent, threshold.used);
        self.0.lock().unwrap().push(note);
    }
}

fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

fn note() -> Note {
    Note { text: "x".to_owned() }
}

/// An admin, and a user of that plan.
async fn with_user(builder: Builder, plan: Limits) -> (Session, Session) {
    let plans = Plans::new().with_plan("small", plan).with_default(Role::User, "small");
    let tenantry: Tenantry = builder.plans(plans).open().await.unwrap();
    tenantry.bootstrap_admin(&id("root"), "").await.unwrap();
    tenantry.ensure(&id("ana"), "Ana").await.unwrap();
    (tenantry.session(&id("root")).await.unwrap(), tenantry.session(&id("ana")).await.unwrap())
}

#[tokio::test]
async fn sixty_four_inserts_at_once_fill_a_count_and_no_more() {
    let plan = Limits::unlimited().with_count(&Note::collection(), 10);
    let (_, ana) = with_user(Tenantry::builder(MemoryStore::new()), plan).await;
    let own = ana.own();
    let inserts = (0..64).map(|_| async { own.collection::<Note>().insert(note()).await });
    let results = join_all(inserts).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 10);
    for error in results.into_iter().filter_map(Result::err) {
        assert_eq!(error.kind(), ErrorKind::QuotaExceeded);
        let quota = error.quota().unwrap();
        assert_eq!((quota.dimension(), quota.limit(), quota.used()), ("notes", 10, 10));
    }
    assert_eq!(own.usage().await.unwrap().0.counts["notes"], 10);
}

#[tokio::test]
async fn the_bytes_of_records_count_as_they_are_stored() {
    let (admin, ana) = with_user(Tenantry::builder(MemoryStore::new()), Limits::unlimited()).await;
    let own = ana.own();
    let first = own.collection::<Note>().insert(note()).await.unwrap();
    let stored = first.text().as_bytes().len() as u64;
    assert_eq!(own.usage().await.unwrap().0.record_bytes, stored);
    let exact = Limits::unlimited().with_record_bytes(2 * stored);
    admin.tenants().change(&id("ana"), ProfileChange::new().limits(exact)).await.unwrap();
    let second = own.collection::<Note>().insert(note()).await.unwrap();
    assert_eq!(own.usage().await.unwrap().0.record_bytes, 2 * stored);
    let longer =
        own.collection::<Note>().update(second.id(), Expected::Any, Note { text: "xy".into() }).await;
    assert_eq!(longer.unwrap_err().quota().unwrap().requested(), 1);
    own.collection::<Note>().remove(first.id(), Expected::Any).await.unwrap();
    own.collection::<Note>().update(second.id(), Expected::Any, Note { text: "xy".into() }).await.unwrap();
}

#[tokio::test]
async fn what_a_lowered_limit_left_above_it_may_shrink_and_not_grow() {
    let (admin, ana) = with_user(Tenantry::builder(MemoryStore::new()), Limits::unlimited()).await;
    let own = ana.own();
    let mut notes = Vec::new();
    for _ in 0..3 {
        notes.push(own.collection::<Note>().insert(note()).await.unwrap());
    }
    let low = Limits::unlimited().with_count(&Note::collection(), 1);
    admin.tenants().change(&id("ana"), ProfileChange::new().limits(low)).await.unwrap();
    let more = own.collection::<Note>().insert(note()).await.unwrap_err();
    assert_eq!(more.kind(), ErrorKind::QuotaExceeded);
    own.collection::<Note>().remove(notes[0].id(), Expected::Any).await.unwrap();
    assert_eq!(own.usage().await.unwrap().0.counts["notes"], 2);
}

#[tokio::test]
async fn files_are_limited_by_number_uploads_under_way_included() {
    let (_, ana) = with_user(Tenantry::builder(MemoryStore::new()), Limits::unlimited().with_files(1)).await;
    let own = ana.own();
    let (sender, receiver) = futures::channel::mpsc::unbounded();
    let (started, begun) = tokio::sync::oneshot::channel();
    let mut started = Some(started);
    sender.unbounded_send(Ok(Bytes::from_static(b"a"))).unwrap();
    let upload = own.videos().upload("a.mp4", receiver).progress(move |_| {
        if let Some(started) = started.take() {
            started.send(()).unwrap();
        }
    });
    let running = tokio::spawn(upload.into_future());
    begun.await.unwrap();
    let second = own.videos().upload("b.mp4", stream::iter([Ok(Bytes::from_static(b"b"))])).await;
    assert_eq!(second.unwrap_err().quota().unwrap().dimension(), "files");
    drop(sender);
    running.await.unwrap().unwrap();
    assert_eq!(own.usage().await.unwrap().0.files, 1);
}

#[tokio::test]
async fn all_that_is_limited_or_used_is_measured() {
    let plan = Limits::unlimited().with_count(&Note::collection(), 10).with_count(&CollectionName::TOKENS, 2);
    let plan = plan.with_blob_bytes(5000).with_active_streams(3);
    let (_, ana) = with_user(Tenantry::builder(MemoryStore::new()), plan).await;
    let own = ana.own();
    own.collection::<Note>().insert(note()).await.unwrap();
    own.videos().upload_from("rain.mp4", &b"moving"[..]).await.unwrap();
    let (usage, limits) = own.usage().await.unwrap();
    let measures: Vec<_> = usage.measures(&limits).map(|it| (it.dimension, it.used, it.limit)).collect();
    let expected = [
        ("blob_bytes", 6, Some(5000)),
        ("files", 1, None),
        ("active_streams", 0, Some(3)),
        ("record_bytes", usage.record_bytes, None),
        ("notes", 1, Some(10)),
        ("tokens", 0, Some(2)),
        ("videos", 1, None),
    ];
    assert_eq!(measures, expected);
}

#[tokio::test]
async fn a_dropped_upload_gives_its_quota_back() {
    let (_, ana) = with_user(Tenantry::builder(MemoryStore::new()), Limits::unlimited().with_files(1)).await;
    let own = ana.own();
    let (sender, receiver) = futures::channel::mpsc::unbounded();
    let (started, begun) = tokio::sync::oneshot::channel();
    let mut started = Some(started);
    sender.unbounded_send(Ok(Bytes::from_static(b"a"))).unwrap();
    let upload = own.videos().upload("a.mp4", receiver).progress(move |_| {
        if let Some(started) = started.take() {
            started.send(()).unwrap();
        }
    });
    let running = tokio::spawn(upload.into_future());
    begun.await.unwrap();
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    while own.usage().await.unwrap().0.reserved_files > 0 {
        tokio::task::yield_now().await;
    }
    own.videos().upload("b.mp4", stream::iter([Ok(Bytes::from_static(b"b"))])).await.unwrap();
}

#[tokio::test]
async fn each_threshold_is_announced_once_on_the_way_up() {
    let heard = Heard::default();
    let plan = Limits::unlimited().with_count(&Note::collection(), 20);
    let builder = Tenantry::builder(MemoryStore::new()).quota_sink(heard.clone());
    let (_, ana) = with_user(builder, plan).await;
    let own = ana.own();
    for at in 0..20 {
        own.collection::<Note>().insert_as(&RecordId::parse(&at.to_string()).unwrap(), note()).await.unwrap();
    }
    let expected = [("notes".to_owned(), 80, 16), ("notes".to_owned(), 95, 19)];
    assert_eq!(*heard.0.lock().unwrap(), expected);
}

#[tokio::test]
async fn uploads_stop_at_the_free_space_reserve_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let open = |reserve| {
        let folder = folder.path().to_owned();
        async move {
            let mut settings = Settings::default();
            settings.free_space_reserve = reserve;
            let store = LocalStore::open(folder, LocalOptions::default()).await.unwrap();
            Tenantry::builder(store).settings(settings).open().await.unwrap()
        }
    };
    let roomy = open(0).await;
    roomy.ensure(&id("ana"), "Ana").await.unwrap();
    let own = roomy.session(&id("ana")).await.unwrap().own();
    let video = own.videos().upload("a.mp4", stream::iter([Ok(Bytes::from_static(b"a"))])).await.unwrap();
    let tight = open(u64::MAX).await;
    let own = tight.session(&id("ana")).await.unwrap().own();
    let refused = own.videos().upload("b.mp4", stream::iter([Ok(Bytes::from_static(b"b"))])).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::StorageFull);
    assert_eq!(own.usage().await.unwrap().0.reserved_files, 0);
    own.collection::<Note>().insert(note()).await.unwrap();
    own.videos().delete(video.id(), Expected::Any).await.unwrap();
}

#[tokio::test]
async fn an_admin_sees_what_every_tenant_holds_and_a_user_its_own() {
    let (admin, ana) =
        with_user(Tenantry::builder(MemoryStore::new()), Limits::unlimited().with_files(3)).await;
    ana.own().videos().upload("a.mp4", stream::iter([Ok(Bytes::from_static(b"abc"))])).await.unwrap();
    let (usage, limits) = ana.own().usage().await.unwrap();
    assert_eq!((usage.blob_bytes, limits.files), (3, Some(3)));
    let (all, _) = admin.tenants().usage(None, 10).await.unwrap();
    let held: Vec<_> = all.iter().map(|entry| (entry.tenant.as_str(), entry.usage.blob_bytes)).collect();
    assert_eq!(held, [("ana", 3), ("root", 0)]);
    assert_eq!(ana.tenants().usage(None, 10).await.unwrap_err().kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn a_plan_that_is_not_known_is_refused() {
    let (admin, _) = with_user(Tenantry::builder(MemoryStore::new()), Limits::unlimited()).await;
    let new = NewTenant::new(Role::User).plan("gold");
    let refused = admin.tenants().create(&id("ben"), new).await.unwrap_err();
    assert_eq!((refused.kind(), refused.subject()), (ErrorKind::InvalidInput, Some("plan gold")));
    let plans = Plans::new().with_default(Role::User, "gold");
    let refused = Tenantry::builder(MemoryStore::new()).plans(plans).open().await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn a_length_beyond_all_bounds_is_refused_and_passes_for_nothing_less() {
    let body = |bytes: &'static [u8]| stream::iter([Ok(Bytes::from_static(bytes))]);
    let plan = Limits::unlimited().with_blob_bytes(10);
    let (admin, ana) = with_user(Tenantry::builder(MemoryStore::new()), plan).await;
    ana.own().videos().upload("a.mp4", body(b"12345")).await.unwrap();
    let refused = ana.own().videos().upload("b.mp4", body(b"1234567890")).length(u64::MAX).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::QuotaExceeded);
    assert_eq!(ana.own().usage().await.unwrap().0.reserved_bytes, 0);
    // Where nothing is limited, any number of them is held at once.
    let wait = futures::future::pending::<()>();
    let endless = stream::once(async move {
        wait.await;
        Ok(Bytes::new())
    });
    let own = admin.own();
    let held = tokio::spawn(own.videos().upload("c.mp4", endless).length(u64::MAX).into_future());
    while own.usage().await.unwrap().0.reserved_files == 0 {
        tokio::task::yield_now().await;
    }
    own.videos().upload("d.mp4", body(b"123")).length(u64::MAX).await.unwrap();
    let usage = own.usage().await.unwrap().0;
    assert_eq!((usage.blob_bytes, usage.reserved_bytes, usage.reserved_files), (3, u64::MAX, 1));
    held.abort();
}
