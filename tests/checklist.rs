//! The checklist that the first application's author wrote for its move to many users, line by line: a test is
//! named after its line. Where a line speaks of data or items, every kind is meant: videos, thumbnails,
//! schedules, live streams, tokens, stream keys, and collections that the application names.
//!
//! Two of the edge cases are about web pages, and are tested over real HTTP, in
//! `examples/web/tests/web/isolation.rs`:
//! - "What if user tries to access other user's video by direct URL?"
//!   is `another_users_video_by_its_address_looks_missing`;
//! - "What if user tries to delete other user's item by manipulating form?"
//!   is `a_form_with_another_users_item_changes_nothing`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "checklist/operations.rs"]
mod operations;
#[path = "checklist/world.rs"]
mod world;

use std::collections::BTreeMap;

use tenantry::ownership::Role;
use tenantry::{
    Erasure, ErrorKind, Expected, Grace, ListOptions, LiveStreamStatus, NewTenant, ScheduleStatus, Workspace,
};

use operations::{add, all_refused, delete, edit, none_refused, see};
use world::{Things, Timer, World, contents, tenant, time, token_name};

// Admin User

/// "Can see all users' data (optional feature)"
#[tokio::test]
async fn an_admin_can_see_all_users_data() {
    let world = World::new().await;
    let admin = world.session("admin").await;
    let mut videos = Vec::new();
    for name in ["user1", "user2"] {
        let own = world.own(name).await;
        let things = Things::make(&own).await;
        none_refused(&see(&admin.workspace(&tenant(name)), &things).await);
        assert_eq!(contents(&admin.workspace(&tenant(name))).await, contents(&own).await);
        videos.push((tenant(name), things.video.0));
    }
    // And of all at once.
    let (all, _) = admin.tenants().videos(None, 100).await.unwrap();
    assert_eq!(all.into_iter().map(|(of, video)| (of, video.id().clone())).collect::<Vec<_>>(), videos);
    let usage = admin.tenants().usage(None, 100).await.unwrap().0;
    let usage: Vec<_> = usage.iter().map(|one| (one.tenant.as_str(), one.usage.files)).collect();
    assert_eq!(usage, [("admin", 0), ("demo", 0), ("user1", 2), ("user2", 2)]);
    let workbook = admin.tenants().export_schedules().await.unwrap();
    let read = world.own("user1").await.schedules().preview_workbook(workbook).await.unwrap();
    assert_eq!((read.unchanged, read.others), (1, 1));
}

/// "Can manage own data"
#[tokio::test]
async fn an_admin_can_manage_own_data() {
    let world = World::new().await;
    let own = world.own("admin").await;
    let things = Things::make(&own).await;
    let workbook = own.schedules().export_workbook().await.unwrap();
    none_refused(&see(&own, &things).await);
    none_refused(&add(&own, workbook).await);
    none_refused(&edit(&own, &things).await);
    let video = own.videos().get(&things.video.0).await.unwrap();
    assert_eq!((video.owner(), video.created_by()), (Some("admin"), Some("admin")));
    assert_eq!(video.value().thumbnail.as_ref(), Some(&things.thumbnail.1));

    own.videos().delete(&things.video.0, Expected::Any).await.unwrap();
    own.thumbnails().delete(&things.thumbnail.0, Expected::Any).await.unwrap();
    own.live_streams().delete(&things.stream, Expected::Any).await.unwrap();
    own.schedules().delete(&things.schedule, Expected::Any).await.unwrap();
    own.tokens().delete(&token_name(), Expected::Any).await.unwrap();
    own.collection::<Timer>().remove(&things.timer, Expected::Any).await.unwrap();
    let gone = delete(&own, &things).await;
    let done: Vec<_> = gone.iter().filter(|(_, refused)| refused.is_none()).map(|(name, _)| *name).collect();
    assert_eq!(done, ["stream_keys.delete_by_token"], "that there is nothing to delete is no error there");
    let left = own.videos().list(&ListOptions::new()).await.unwrap().items;
    assert_eq!(left.iter().map(|video| video.value().title.as_str()).collect::<Vec<_>>(), ["new"]);
}

/// "Can create new users"
#[tokio::test]
async fn an_admin_can_create_new_users() {
    let world = World::new().await;
    let admin = world.session("admin").await;
    admin.tenants().create(&tenant("user3"), NewTenant::new(Role::User).display_name("Three")).await.unwrap();
    let profile = world.own("user3").await.profile().await.unwrap();
    assert_eq!((profile.display_name.as_str(), profile.role), ("Three", Role::User));
    Things::make(&world.own("user3").await).await;
    // Nobody else can.
    for name in ["user1", "demo"] {
        let session = world.session(name).await;
        session.tenants().create(&tenant("user4"), NewTenant::new(Role::User)).await.unwrap_err();
        session.tenants().create(&tenant("user4"), NewTenant::new(Role::Admin)).await.unwrap_err();
    }
    assert!(world.tenantry.session(&tenant("user4")).await.is_err());
    assert!(!world.path("data/user4").exists());
}

/// "New user folders created automatically"
#[tokio::test]
async fn new_user_folders_are_created_automatically() {
    let world = World::new().await;
    let folders = ["videos/user3", "thumbnails/user3", "tokens/user3", "data/user3"];
    assert!(folders.iter().all(|folder| !world.path(folder).exists()));
    let admin = world.session("admin").await;
    admin.tenants().create(&tenant("user3"), NewTenant::new(Role::User)).await.unwrap();
    for folder in folders {
        assert!(world.path(folder).is_dir(), "{folder}");
    }
    let data = world.files("data/user3");
    let text = |name: &str| String::from_utf8(data[name].clone()).unwrap();
    for array in ["video_database.json", "thumbnail_database.json", "live_streams.json", "schedules.json"] {
        assert_eq!(text(array).trim(), "[]", "{array}");
    }
    assert_eq!(text("stream_mapping.json").trim(), "{}");
}

// Regular User (user1)

/// user1's and user2's workspaces, with one of everything in each.
async fn two_users() -> (World, Things, Things) {
    let world = World::new().await;
    let first = Things::make(&world.own("user1").await).await;
    let second = Things::make(&world.own("user2").await).await;
    (world, first, second)
}

/// The ids of a page.
macro_rules! ids {
    ($page:expr) => {
        $page.await.unwrap().items.iter().map(|record| record.id().clone()).collect::<Vec<_>>()
    };
}

/// "Can only see own videos"
#[tokio::test]
async fn a_user_can_only_see_own_videos() {
    let (world, first, second) = two_users().await;
    let own = world.own("user1").await;
    assert_eq!(ids!(own.videos().list(&ListOptions::new())), [first.video.0]);
    for foreign in [own.videos().get(&second.video.0).await, own.videos().get(&second.video.1).await] {
        assert_eq!(foreign.unwrap_err().kind(), ErrorKind::NotFound);
    }
    assert_eq!(own.videos().open(&second.video.1).await.err().unwrap().kind(), ErrorKind::NotFound);
}

/// "Can only see own thumbnails"
#[tokio::test]
async fn a_user_can_only_see_own_thumbnails() {
    let (world, first, second) = two_users().await;
    let own = world.own("user1").await;
    assert_eq!(ids!(own.thumbnails().list(&ListOptions::new())), [first.thumbnail.0]);
    for foreign in
        [own.thumbnails().get(&second.thumbnail.0).await, own.thumbnails().get(&second.thumbnail.1).await]
    {
        assert_eq!(foreign.unwrap_err().kind(), ErrorKind::NotFound);
    }
    assert_eq!(own.thumbnails().open(&second.thumbnail.1).await.err().unwrap().kind(), ErrorKind::NotFound);
    // Nor by way of a video of one's own.
    let foreign = Some((&second.thumbnail.1).into());
    let shown = own.videos().set_thumbnail(&first.video.0, Expected::Any, foreign).await.unwrap_err();
    assert_eq!(shown.kind(), ErrorKind::InvalidInput);
}

/// "Can only see own schedules"
#[tokio::test]
async fn a_user_can_only_see_own_schedules() {
    let (world, first, second) = two_users().await;
    let schedules = world.own("user1").await;
    let schedules = schedules.schedules();
    let only = [first.schedule];
    assert_eq!(ids!(schedules.list(&ListOptions::new())), only);
    let pending = schedules.find_by_status(ScheduleStatus::Pending).await.unwrap();
    let of_that_day = schedules.find_by_date(time().civil().date()).await.unwrap();
    for found in [pending, of_that_day] {
        assert_eq!(found.iter().map(|one| one.id().clone()).collect::<Vec<_>>(), only);
    }
    assert_eq!(schedules.get(&second.schedule).await.unwrap_err().kind(), ErrorKind::NotFound);
    // Nor in a workbook: what user1 takes out holds nothing of user2, and of one with everybody's user1
    // is told how many rows are others'.
    let workbook = schedules.export_workbook().await.unwrap();
    let read = world.own("user2").await.schedules().preview_workbook(workbook).await.unwrap();
    assert_eq!((read.unchanged, read.added.len(), read.others), (0, 0, 1));
    let everybodys = world.session("admin").await.tenants().export_schedules().await.unwrap();
    let read = schedules.preview_workbook(everybodys).await.unwrap();
    assert_eq!((read.unchanged, read.added.len(), read.others), (1, 0, 1));
}

/// "Can only see own live streams"
#[tokio::test]
async fn a_user_can_only_see_own_live_streams() {
    let (world, first, second) = two_users().await;
    let own = world.own("user1").await;
    let streams = own.live_streams();
    let only = [first.stream];
    assert_eq!(ids!(streams.list(&ListOptions::new())), only);
    let scheduled = streams.find_by_status(LiveStreamStatus::Scheduled).await.unwrap();
    let of_that_day = streams.find_by_date(time().civil().date()).await.unwrap();
    for found in [scheduled, of_that_day] {
        assert_eq!(found.iter().map(|one| one.id().clone()).collect::<Vec<_>>(), only);
    }
    assert_eq!(streams.get(&second.stream).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(streams.find_by_video(&second.video.1).await.unwrap().is_empty());
}

/// "Cannot see user2's data"
#[tokio::test]
async fn a_user_cannot_see_another_users_data() {
    let (world, first, second) = two_users().await;
    let user = world.session("user1").await;
    // By its ids in the own workspace.
    let own = see(&user.own(), &second).await;
    let by_name = |name: &str| own.iter().find(|(called, _)| *called == name).unwrap().1;
    for name in
        ["videos.get", "videos.open", "thumbnails.get", "live_streams.get", "schedules.get", "collection.get"]
    {
        assert_eq!(by_name(name), Some(ErrorKind::NotFound), "{name}");
    }
    // A token of the same name is the own one.
    let (mine, other) = (world.own("user1").await, world.own("user2").await);
    let (mine, other) = (mine.tokens().read(&token_name()).await, other.tokens().read(&token_name()).await);
    assert_ne!(mine.unwrap().id(), other.unwrap().id());
    // By naming the other's workspace.
    all_refused(&see(&user.workspace(&tenant("user2")), &second).await, ErrorKind::NotFound);
    // It answers as one that there is not.
    let nobody = user.workspace(&tenant("nobody"));
    all_refused(&see(&nobody, &second).await, ErrorKind::NotFound);
    let text = |result: tenantry::Result<_>| Result::unwrap_err(result).to_string();
    let there = user.workspace(&tenant("user2")).videos().get(&second.video.0).await;
    assert_eq!(text(there), text(nobody.videos().get(&second.video.0).await));
    // Nor of all tenants at once.
    assert!(user.tenants().list(None, 100).await.is_err());
    assert!(user.tenants().usage(None, 100).await.is_err());
    assert!(user.tenants().videos(None, 100).await.is_err());
    assert!(user.tenants().export_schedules().await.is_err());
    none_refused(&see(&user.own(), &first).await);
}

/// "Cannot delete user2's items"
#[tokio::test]
async fn a_user_cannot_delete_another_users_items() {
    let (world, _, second) = two_users().await;
    let (user, other) = (world.session("user1").await, world.own("user2").await);
    let before = contents(&other).await;
    all_refused(&delete(&user.workspace(&tenant("user2")), &second).await, ErrorKind::NotFound);
    // By its ids in the own workspace, where a token of the same name and its keys are the own.
    let own = delete(&user.own(), &second).await;
    for (name, refused) in
        own.iter().filter(|(name, _)| !name.contains("tokens.") && !name.contains("stream_keys."))
    {
        assert_eq!(*refused, Some(ErrorKind::NotFound), "{name}");
    }
    assert!(user.tenants().delete(&tenant("user2")).await.is_err());
    assert_eq!(contents(&other).await, before);
}

/// "Cannot edit user2's items"
#[tokio::test]
async fn a_user_cannot_edit_another_users_items() {
    let (world, _, second) = two_users().await;
    let (user, other) = (world.session("user1").await, world.own("user2").await);
    let (before, profile) = (contents(&other).await, other.profile().await.unwrap());
    let foreign = user.workspace(&tenant("user2"));
    all_refused(&edit(&foreign, &second).await, ErrorKind::NotFound);
    let workbook = user.own().schedules().export_workbook().await.unwrap();
    all_refused(&add(&foreign, workbook).await, ErrorKind::NotFound);
    let own = edit(&user.own(), &second).await;
    let of_the_own = ["tokens.replace", "stream_keys.fetch", "change_profile"];
    for (name, refused) in own.iter().filter(|(name, _)| !of_the_own.contains(name)) {
        assert_eq!(*refused, Some(ErrorKind::NotFound), "{name}");
    }
    assert_eq!(contents(&other).await, before);
    assert_eq!(other.profile().await.unwrap(), profile);
}

// Demo User

/// The demo, whose folder an admin has filled; and a workbook with a schedule that it does not have.
struct Demo {
    world: World,
    own: Workspace,
    things: Things,
    before: (BTreeMap<String, String>, BTreeMap<String, Vec<u8>>),
}

impl Demo {
    async fn new() -> Self {
        let world = World::new().await;
        let filled = world.session("admin").await.workspace(&tenant("demo"));
        let things = Things::make(&filled).await;
        let own = world.own("demo").await;
        let before = (contents(&own).await, world.files(""));
        Self { world, own, things, before }
    }

    /// That no record and no file of it is another than before, nor is there one more or less.
    async fn is_as_it_was(&self) {
        assert_eq!(contents(&self.own).await, self.before.0);
        let of_the_demo = |all: &BTreeMap<String, Vec<u8>>| {
            let of = all.iter().filter(|(path, _)| path.split('/').nth(1) == Some("demo"));
            of.map(|(path, bytes)| (path.clone(), bytes.clone())).collect::<BTreeMap<_, _>>()
        };
        let before = of_the_demo(&self.before.1);
        assert!(before.contains_key(&format!("videos/demo/{}", self.things.video.1)));
        assert_eq!(of_the_demo(&self.world.files("")), before);
    }
}

/// "Can see demo folder content"
#[tokio::test]
async fn the_demo_can_see_the_demo_folders_content() {
    let demo = Demo::new().await;
    none_refused(&see(&demo.own, &demo.things).await);
    let video = demo.own.videos().get(&demo.things.video.0).await.unwrap();
    assert_eq!((video.owner(), video.created_by()), (Some("demo"), Some("admin")));
    // And nobody else's.
    let user = demo.world.own("user1").await;
    let things = Things::make(&user).await;
    let foreign = demo.world.session("demo").await.workspace(&tenant("user1"));
    all_refused(&see(&foreign, &things).await, ErrorKind::NotFound);
}

/// "Cannot upload anything"
#[tokio::test]
async fn the_demo_cannot_upload_anything() {
    let demo = Demo::new().await;
    let workbook = demo.own.schedules().export_workbook().await.unwrap();
    all_refused(&add(&demo.own, workbook).await, ErrorKind::Denied);
    demo.is_as_it_was().await;
}

/// "Cannot delete anything"
#[tokio::test]
async fn the_demo_cannot_delete_anything() {
    let demo = Demo::new().await;
    all_refused(&delete(&demo.own, &demo.things).await, ErrorKind::Denied);
    demo.is_as_it_was().await;
}

/// "Cannot edit anything"
#[tokio::test]
async fn the_demo_cannot_edit_anything() {
    let demo = Demo::new().await;
    all_refused(&edit(&demo.own, &demo.things).await, ErrorKind::Denied);
    demo.is_as_it_was().await;
}

// Edge Cases

/// "What happens when user is deleted? (cleanup folders)": first nothing can be changed any more, and it can be
/// taken back; when it is erased, nothing is left, and nothing of others is touched.
#[tokio::test]
async fn when_a_user_is_deleted_nothing_is_left_in_the_end_and_nothing_of_others_goes() {
    let world = World::new().await;
    let admin = world.session("admin").await;
    let (own, other) = (world.own("user1").await, world.own("user2").await);
    let things = Things::make(&own).await;
    Things::make(&other).await;
    let (mine, others) = (contents(&own).await, contents(&other).await);
    let workbook = own.schedules().export_workbook().await.unwrap();

    admin.tenants().delete(&tenant("user1")).await.unwrap();
    none_refused(&see(&own, &things).await);
    for answers in [add(&own, workbook).await, edit(&own, &things).await, delete(&own, &things).await] {
        all_refused(&answers, ErrorKind::Suspended);
    }
    assert_eq!(contents(&own).await, mine);
    admin.tenants().restore(&tenant("user1")).await.unwrap();
    own.videos().rename(&things.video.0, Expected::Any, "Restored").await.unwrap();

    admin.tenants().delete(&tenant("user1")).await.unwrap();
    let erased = admin.tenants().erase(&tenant("user1"), Grace::Skip).await.unwrap();
    let Erasure::Done(receipt) = erased else { panic!("{erased:?}") };
    assert_eq!((receipt.files, receipt.records), (2, 7));
    for folder in ["videos/user1", "thumbnails/user1", "tokens/user1"] {
        assert!(!world.path(folder).exists(), "{folder}");
    }
    // What is left of its data is the mark that it was: no view, no record, no secret.
    for (name, bytes) in world.files("data/user1") {
        assert!(["ledger", "ledger.word"].contains(&name.as_str()), "{name}");
        assert!(!String::from_utf8_lossy(&bytes).contains("Restored"), "{name}");
    }
    for trace in [things.video.1.as_str(), things.thumbnail.1.as_str(), "Restored"] {
        assert!(world.traces(trace).is_empty(), "{trace}: {:?}", world.traces(trace));
    }
    assert!(world.tenantry.session(&tenant("user1")).await.is_err());
    all_refused(&see(&own, &things).await, ErrorKind::Gone);
    assert_eq!(contents(&other).await, others);

    // Who gets the name next starts with nothing.
    admin.tenants().create(&tenant("user1"), NewTenant::new(Role::User)).await.unwrap();
    assert!(contents(&world.own("user1").await).await.is_empty());
    all_refused(&see(&own, &things).await, ErrorKind::Gone);
}
