//! What was taken out is there again where it is taken in, on each store.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use proptest::prelude::*;
use serde_json::{Map, Value};
use tenantry::ownership::Role;
use tenantry::paths::CollectionName;
use tenantry::record::{Entity, OnReferenced};
use tenantry::testkit::strategies;
use tenantry::{
    ErrorKind, Expected, LiveStream, LiveStreamStatus, NewTenant, Schedule, ScheduleStatus, StreamKey,
    Thumbnail, Token, Verification, Video, Workspace,
};

use crate::forged::Forged;
use crate::world::{Looped, PNG, Place, exported, furnish, id, name, record, texts};

/// All records of all kinds, with the names of the files by what they were called before.
async fn all(workspace: &Workspace) -> BTreeMap<&'static str, Vec<String>> {
    BTreeMap::from([
        ("videos", texts::<Video>(workspace).await),
        ("thumbnails", texts::<Thumbnail>(workspace).await),
        ("live_streams", texts::<LiveStream>(workspace).await),
        ("schedules", texts::<Schedule>(workspace).await),
        ("tokens", texts::<Token>(workspace).await),
        ("stream_mapping", texts::<StreamKey>(workspace).await),
        ("looped_videos", texts::<Looped>(workspace).await),
    ])
}

/// Which file each file of the one became in the other.
async fn became(from: &Workspace, to: &Workspace) -> Vec<(String, String)> {
    let mut names = Vec::new();
    for video in from.videos().list(&Default::default()).await.unwrap().items {
        let now = to.videos().get(video.id()).await.unwrap();
        names.push((video.value().filename.to_string(), now.value().filename.to_string()));
    }
    for thumbnail in from.thumbnails().list(&Default::default()).await.unwrap().items {
        let now = to.thumbnails().get(thumbnail.id()).await.unwrap();
        names.push((thumbnail.value().filename.to_string(), now.value().filename.to_string()));
    }
    names
}

/// Sees that two workspaces say the same, but for the names of files.
async fn ensure_same(from: &Workspace, to: &Workspace) {
    let names = became(from, to).await;
    let mut expected = all(from).await;
    for text in expected.values_mut().flatten() {
        for (old, new) in &names {
            assert_ne!(old, new, "a file's name is never used twice");
            *text = text.replace(old.as_str(), new);
        }
        *text = text
            .replace(&format!(r#""owner":"{}""#, from.tenant()), &format!(r#""owner":"{}""#, to.tenant()));
    }
    assert_eq!(all(to).await, expected);
    for (old, new) in &names {
        if old.ends_with(".png") {
            let bytes = to.thumbnails().open(&name(new)).await.unwrap().bytes().await.unwrap();
            assert_eq!(bytes, PNG);
            assert_eq!(to.thumbnails().verify(&name(new)).await.unwrap(), Verification::Intact);
        } else {
            let before = from.videos().open(&name(old)).await.unwrap().bytes().await.unwrap();
            assert_eq!(to.videos().open(&name(new)).await.unwrap().bytes().await.unwrap(), before);
            assert_eq!(to.videos().verify(&name(new)).await.unwrap(), Verification::Intact);
        }
    }
    // The names have the same length, and so has everything else.
    let (before, after) = (from.usage().await.unwrap().0, to.usage().await.unwrap().0);
    if from.tenant() == to.tenant() {
        assert_eq!(before, after);
    }
    let (before, after) = (from.profile().await.unwrap(), to.profile().await.unwrap());
    assert_eq!((before.display_name, before.time_zone), (after.display_name, after.time_zone));
}

#[tokio::test]
async fn a_tenant_moves_whole_between_any_two_stores() {
    for from in Place::both().await {
        let berlin = NewTenant::new(Role::User).display_name("Ana 🌧").time_zone("Europe/Berlin");
        from.create("ana", berlin).await;
        let own = from.tenantry.session(&id("ana")).await.unwrap().own();
        furnish(&own).await;
        let archive = exported(&own).await;
        for to in Place::both().await {
            to.user("ana").await;
            let imported = to.import("ana", archive.clone()).await.unwrap();
            assert_eq!((imported.files, imported.bytes), (3, 15 + PNG.len() as u64));
            ensure_same(&own, &to.workspace("ana").await).await;
            let report = to.admin().await.tenants().check(&id("ana")).await.unwrap();
            assert!(report.findings.is_empty(), "{:?}", report.findings);
        }
    }
}

#[tokio::test]
async fn what_was_taken_in_is_found_and_named_as_before() {
    for place in Place::both().await {
        let own = place.user("ana").await;
        furnish(&own).await;
        place.user("moved").await;
        let archive = exported(&own).await;
        let admin = place.admin().await;
        let import = admin.tenants().import(&id("moved"), crate::world::in_chunks(archive, 77));
        import.of(&id("ana")).await.unwrap();
        let moved = place.workspace("moved").await;
        ensure_same(&own, &moved).await;
        let streams = moved.live_streams();
        for (status, count) in [(LiveStreamStatus::Completed, 1), (LiveStreamStatus::Scheduled, 1)] {
            assert_eq!(streams.find_by_status(status).await.unwrap().len(), count, "{status}");
        }
        assert_eq!(moved.usage().await.unwrap().0.active_streams, 1);
        let done = moved.schedules().find_by_status(ScheduleStatus::Succeeded).await.unwrap();
        assert_eq!(done.len(), 1);
        assert_eq!(moved.collection::<Looped>().find("times", "3").await.unwrap().len(), 1);
        let token = moved.tokens().read(&name("CHANNEL1.json")).await.unwrap();
        assert_eq!(token.value().content.expose(), r#"{"refresh_token": "1//synthetic"}"#);
        // What is named can't go, or takes along what names it.
        let video = moved.videos().list(&Default::default()).await.unwrap().items.pop().unwrap();
        let refused = moved.videos().delete(video.id(), Expected::Any).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Referenced);
        assert_eq!(video.created_by(), Some("ana"), "who made it stays");
        // A stream that carries on its series is not planned twice.
        let next = streams.find_by_status(LiveStreamStatus::Scheduled).await.unwrap().pop().unwrap();
        assert!(next.value().repeat_of.is_some());
    }
}

#[tokio::test]
async fn an_empty_tenant_moves_too() {
    let (from, to) = (Place::memory().await, Place::local().await);
    let own = from.user("ana").await;
    to.user("ana").await;
    let imported = to.import("ana", exported(&own).await).await.unwrap();
    assert_eq!((imported.records, imported.files), (0, 0));
}

#[tokio::test]
async fn a_tenant_that_was_erased_is_there_again_from_its_archive() {
    for place in Place::both().await {
        let own = place.user("ana").await;
        furnish(&own).await;
        let (archive, before) = (exported(&own).await, all(&own).await);
        let admin = place.admin().await;
        admin.tenants().delete(&id("ana")).await.unwrap();
        while admin.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.is_err() {
            admin.tenants().erase(&id("ana"), tenantry::Grace::Skip).await.unwrap();
            place.clock.advance(std::time::Duration::from_secs(3600));
        }
        place.import("ana", archive).await.unwrap();
        let again = all(&place.workspace("ana").await).await;
        let counts = |all: &BTreeMap<_, Vec<String>>| all.values().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(counts(&again), counts(&before));
        assert_eq!(again["tokens"], before["tokens"]);
    }
}

/// A kind with any fields.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Form(Map<String, Value>);

impl Entity for Form {
    fn collection() -> CollectionName {
        CollectionName::parse("forms").unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_record_comes_back_to_the_letter_and_in_its_place(forms in prop::collection::vec(strategies::fields(), 0..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut texts_of = Vec::new();
            let mut archive = None;
            for tenant in ["ana", "ben"] {
                let store = tenantry::store::MemoryStore::new();
                let tenantry = tenantry::Tenantry::builder(store).kind::<Form>().open().await.unwrap();
                tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
                let admin = tenantry.session(&id("root")).await.unwrap();
                admin.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.unwrap();
                let own = admin.workspace(&id("ana"));
                match archive.take() {
                    None => {
                        for (at, form) in forms.iter().enumerate() {
                            let id = record(&format!("{}", at * 7 % 12));
                            own.collection::<Form>().insert_as(&id, Form(form.clone())).await.unwrap();
                        }
                        let body = own.export().await.unwrap().into_body();
                        archive = Some(body.try_collect::<Vec<_>>().await.unwrap().concat());
                    }
                    Some(archive) => {
                        let body = crate::world::in_chunks(archive, 100);
                        admin.tenants().import(&id("ana"), body).await.unwrap();
                    }
                }
                texts_of.push((tenant, texts::<Form>(&own).await));
            }
            assert_eq!(texts_of[0].1, texts_of[1].1);
            assert_eq!(texts_of[0].1.len(), forms.len());
        });
    }
}

#[tokio::test]
async fn what_dangles_is_shared_or_names_nobody_goes_along() {
    for place in Place::both().await {
        let own = place.user("42").await;
        furnish(&own).await;
        let mut forged = Forged::of(&exported(&own).await);
        // Two records share a file, whose name one of them spells otherwise; owners are a number, and nobody.
        let mut videos = forged.lines("videos");
        let file = own.videos().list(&Default::default()).await.unwrap().items.pop().unwrap();
        let file = file.value().filename.to_string();
        let of_file = videos.iter().find(|line| line.contains(&file)).unwrap();
        let other = of_file.replacen(r#""id":""#, r#""id":"other-"#, 1).replace(&file, &file.to_uppercase());
        videos.push(other);
        let numbered = |line: &String| line.replace(r#""owner":"42""#, r#""owner":42"#);
        forged.records("videos", &videos.iter().map(numbered).collect::<Vec<_>>());
        let nobodys = |line: &String| line.replace(r#""owner":"42","#, "");
        let thumbnails: Vec<_> = forged.lines("thumbnails").iter().map(nobodys).collect();
        forged.records("thumbnails", &thumbnails);
        let empty = own.schedules().list(&Default::default()).await.unwrap().items.pop().unwrap();
        let named = empty.value().video_file.clone().unwrap().to_string();
        let dangling = |line: &String| line.replace(&named, "gone.mp4");
        let schedules: Vec<_> = forged.lines("schedules").iter().map(dangling).collect();
        forged.records("schedules", &schedules);

        place.user("ana").await;
        let admin = place.admin().await;
        let import = admin.tenants().import(&id("ana"), crate::world::in_chunks(forged.build(), 512));
        import.of(&id("42")).await.unwrap();
        let ana = place.workspace("ana").await;
        let videos = ana.videos().list(&Default::default()).await.unwrap().items;
        assert_eq!(videos.len(), 3);
        assert!(videos.iter().all(|video| video.owner() == Some("ana")));
        let shared = videos.iter().find(|video| video.id().as_str().starts_with("other-")).unwrap();
        let users = videos.iter().filter(|video| video.value().filename == shared.value().filename);
        assert_eq!(users.count(), 2);
        assert_eq!(ana.usage().await.unwrap().0.files, 3);
        assert_eq!(ana.thumbnails().list(&Default::default()).await.unwrap().items.len(), 1);
        let schedule = ana.schedules().list(&Default::default()).await.unwrap().items.pop().unwrap();
        assert_eq!(schedule.value().video_file, Some(name("gone.mp4")));
        // The file stays as long as one of them does.
        ana.videos().delete_with(shared.id(), Expected::Any, OnReferenced::Clear).await.unwrap();
        let same = videos.iter().filter(|video| video.value().filename == shared.value().filename);
        let left = same.into_iter().find(|video| video.id() != shared.id());
        assert_eq!(ana.videos().verify(left.unwrap().id()).await.unwrap(), Verification::Intact);
        exported(&ana).await;
    }
}
