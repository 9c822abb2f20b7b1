//! A tenant's life: created, deleted, restored, erased, and made again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tenantry::environment::ManualClock;
use tenantry::ownership::{Role, Visibility};
use tenantry::paths::{CollectionName, TenantId};
use tenantry::record::{Entity, RecordId};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::memory::MemoryStore;
use tenantry::{
    Builder, Erasure, ErrorKind, Expected, Grace, ListOptions, NewTenant, ProfileChange, Session, Settings,
    Tenantry,
};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    text: String,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }
}

fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

struct Place {
    tenantry: Tenantry,
    clock: Arc<ManualClock>,
    admin: Session,
    root: Option<tempfile::TempDir>,
}

async fn place(builder: Builder, root: Option<tempfile::TempDir>) -> Place {
    let clock = Arc::new(ManualClock::new(Timestamp::from_second(1_700_000_000).unwrap()));
    let mut settings = Settings::default();
    settings.free_space_reserve = 0;
    let tenantry = builder.clock(clock.clone()).settings(settings).open().await.unwrap();
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    let admin = tenantry.session(&id("root")).await.unwrap();
    Place { tenantry, clock, admin, root }
}

async fn places() -> [Place; 2] {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::open(folder.path(), LocalOptions::default()).await.unwrap();
    [
        place(Tenantry::builder(MemoryStore::new()), None).await,
        place(Tenantry::builder(store), Some(folder)).await,
    ]
}

/// A user with a record and a video.
async fn with_data(place: &Place) -> Session {
    place.admin.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.unwrap();
    let ana = place.tenantry.session(&id("ana")).await.unwrap();
    ana.own().collection::<Note>().insert(Note { text: "secret plan".into() }).await.unwrap();
    ana.own().videos().upload("a.mp4", stream::iter([Ok(Bytes::from_static(b"moving"))])).await.unwrap();
    ana
}

async fn erase(place: &Place) -> tenantry::Receipt {
    loop {
        match place.admin.tenants().erase(&id("ana"), Grace::Skip).await.unwrap() {
            Erasure::Done(receipt) => return receipt,
            Erasure::Waiting { .. } => place.clock.advance(Duration::from_secs(600)),
            _ => unreachable!("there are no other ways to end"),
        }
    }
}

/// Every file below a folder whose name or content has that text in it.
fn traces(folder: &Path, of: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(traces(&path, of));
        } else if String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(of) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test]
async fn a_deleted_tenant_is_read_not_written_and_can_be_restored() {
    for place in places().await {
        let ana = with_data(&place).await;
        let until = place.admin.tenants().delete(&id("ana")).await.unwrap();
        assert_eq!(place.admin.tenants().delete(&id("ana")).await.unwrap(), until);
        assert_eq!(ana.own().videos().list(&ListOptions::new()).await.unwrap().items.len(), 1);
        let refused = ana.own().collection::<Note>().insert(Note { text: "more".into() }).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Suspended);
        let early = place.admin.tenants().erase(&id("ana"), Grace::Respect).await.unwrap_err();
        assert_eq!(early.kind(), ErrorKind::InvalidInput);
        place.admin.tenants().restore(&id("ana")).await.unwrap();
        ana.own().collection::<Note>().insert(Note { text: "more".into() }).await.unwrap();
    }
}

#[tokio::test]
async fn nothing_is_left_of_an_erased_tenant_and_its_handles_are_gone() {
    for place in places().await {
        let ana = with_data(&place).await;
        place.admin.tenants().delete(&id("ana")).await.unwrap();
        let receipt = erase(&place).await;
        assert_eq!((receipt.records, receipt.files, receipt.bytes), (2, 1, 6));
        let gone = ana.own().collection::<Note>().list(&ListOptions::new()).await.unwrap_err();
        assert_eq!(gone.kind(), ErrorKind::Gone);
        assert_eq!(place.tenantry.session(&id("ana")).await.unwrap_err().kind(), ErrorKind::NotFound);
        let (entries, _) = place.admin.tenants().list(None, 10).await.unwrap();
        assert_eq!(entries.len(), 1);
        if let Some(root) = &place.root {
            assert_eq!(traces(root.path(), "secret plan"), Vec::<String>::new());
            assert!(!root.path().join("videos/ana").exists());
            assert!(!root.path().join("tokens/ana").exists());
        }
    }
}

#[tokio::test]
async fn a_handle_keeps_to_the_life_that_it_met_first_though_nothing_came_of_that_use() {
    for place in places().await {
        with_data(&place).await;
        let handle = place.admin.workspace(&id("ana"));
        let missing = RecordId::parse("missing").unwrap();
        let missed = handle.collection::<Note>().remove(&missing, Expected::Any).await.unwrap_err();
        assert_eq!(missed.kind(), ErrorKind::NotFound);
        place.admin.tenants().delete(&id("ana")).await.unwrap();
        erase(&place).await;
        assert_eq!(handle.profile().await.unwrap_err().kind(), ErrorKind::Gone);
    }
}

#[tokio::test]
async fn a_tenant_made_again_starts_empty_and_old_handles_stay_gone() {
    for place in places().await {
        let before = with_data(&place).await;
        place.admin.tenants().delete(&id("ana")).await.unwrap();
        erase(&place).await;
        place.admin.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.unwrap();
        let after = place.tenantry.session(&id("ana")).await.unwrap();
        assert!(after.own().collection::<Note>().list(&ListOptions::new()).await.unwrap().items.is_empty());
        assert_eq!(after.own().usage().await.unwrap().0.files, 0);
        let old = before.own().collection::<Note>().insert(Note { text: "old".into() }).await.unwrap_err();
        assert_eq!(old.kind(), ErrorKind::Gone);
        after.own().collection::<Note>().insert(Note { text: "new".into() }).await.unwrap();
    }
}

#[tokio::test]
async fn an_upload_under_way_does_not_survive_the_erasure() {
    for place in places().await {
        let ana = with_data(&place).await;
        let (sender, receiver) = futures::channel::mpsc::unbounded();
        let (started, begun) = tokio::sync::oneshot::channel();
        let mut started = Some(started);
        sender.unbounded_send(Ok(Bytes::from_static(b"late"))).unwrap();
        let upload = ana.own().videos().upload("late.mp4", receiver).progress(move |_| {
            if let Some(started) = started.take() {
                started.send(()).unwrap();
            }
        });
        let upload = tokio::spawn(upload.into_future());
        begun.await.unwrap();
        place.admin.tenants().delete(&id("ana")).await.unwrap();
        let erased = erase(&place).await;
        assert_eq!(erased.files, 1);
        drop(sender);
        assert!(upload.await.unwrap().is_err());
        place.admin.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.unwrap();
        let again = place.tenantry.session(&id("ana")).await.unwrap();
        assert!(again.own().videos().list(&ListOptions::new()).await.unwrap().items.is_empty());
        if let Some(root) = &place.root {
            assert_eq!(std::fs::read_dir(root.path().join("videos/ana")).unwrap().count(), 0);
        }
    }
}

#[tokio::test]
async fn a_changed_role_holds_from_the_next_operation_on() {
    for place in places().await {
        let ana = with_data(&place).await;
        place.admin.tenants().change(&id("ana"), ProfileChange::new().role(Role::Demo)).await.unwrap();
        let refused = ana.own().collection::<Note>().insert(Note { text: "x".into() }).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Denied);
        let own = ana.own().change_profile(ProfileChange::new().role(Role::Admin)).await.unwrap_err();
        assert_eq!(own.kind(), ErrorKind::Denied);
    }
}

#[tokio::test]
async fn a_shared_workspace_is_read_by_others_and_changed_by_none() {
    for place in places().await {
        let ana = with_data(&place).await;
        place.tenantry.ensure(&id("ben"), "Ben").await.unwrap();
        let ben = place.tenantry.session(&id("ben")).await.unwrap();
        let seen = ben.workspace(&id("ana"));
        assert_eq!(seen.videos().list(&ListOptions::new()).await.unwrap_err().kind(), ErrorKind::NotFound);
        let share = ProfileChange::new().visibility(Visibility::Shared);
        place.admin.tenants().change(&id("ana"), share).await.unwrap();
        let page = seen.videos().list(&ListOptions::new()).await.unwrap();
        let video = page.items[0].id().clone();
        assert_eq!(seen.videos().open(&video).await.unwrap().bytes().await.unwrap(), b"moving"[..]);
        let refused = seen.videos().delete(&video, Expected::Any).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Denied);
        drop(ana);
    }
}

#[tokio::test]
async fn only_the_first_admin_is_made_without_one() {
    for place in places().await {
        place.tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
        let second = place.tenantry.bootstrap_admin(&id("eve"), "Eve").await.unwrap_err();
        assert_eq!(second.kind(), ErrorKind::AlreadyExists);
        place.tenantry.ensure(&id("eve"), "Eve").await.unwrap();
        let second = place.tenantry.bootstrap_admin(&id("eve"), "Eve").await.unwrap_err();
        assert_eq!(second.kind(), ErrorKind::AlreadyExists);
        let eve = place.tenantry.session(&id("eve")).await.unwrap();
        assert_eq!(eve.tenants().list(None, 10).await.unwrap_err().kind(), ErrorKind::Denied);
        let create = eve.tenants().create(&id("mallory"), NewTenant::new(Role::Admin)).await.unwrap_err();
        assert_eq!(create.kind(), ErrorKind::NotFound);
    }
}

#[tokio::test]
async fn an_operator_appoints_an_admin_where_the_last_one_is_gone() {
    for place in places().await {
        place.tenantry.ensure(&id("eve"), "Eve").await.unwrap();
        place.admin.tenants().change(&id("root"), ProfileChange::new().role(Role::User)).await.unwrap();
        let refused = place.admin.tenants().list(None, 10).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Denied);
        let operator = place.tenantry.operator("no admin is left");
        let missing = operator.change(&id("mallory"), ProfileChange::new().role(Role::Admin)).await;
        assert_eq!(missing.unwrap_err().kind(), ErrorKind::NotFound);
        let unknown = operator.change(&id("eve"), ProfileChange::new().plan("none such")).await;
        assert_eq!(unknown.unwrap_err().kind(), ErrorKind::InvalidInput);
        let profile = operator.change(&id("eve"), ProfileChange::new().role(Role::Admin)).await.unwrap();
        assert_eq!((profile.role, profile.display_name.as_str()), (Role::Admin, "Eve"));
        let eve = place.tenantry.session(&id("eve")).await.unwrap();
        assert_eq!(eve.tenants().list(None, 10).await.unwrap().0.len(), 2);
    }
}
