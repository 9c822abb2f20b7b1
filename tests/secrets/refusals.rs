//! What is refused though nothing is broken: bad input, conflicts, limits, stages of life.

use std::future::IntoFuture;
use std::time::Duration;

use tenantry::ownership::Role;
use tenantry::paths::{FileName, TenantId};
use tenantry::quota::{Limits, Plans};
use tenantry::record::{RecordId, Revision, SecretText};
use tenantry::store::local::{LocalOptions, LocalStore, Processes};
use tenantry::testkit::SeededEntropy;
use tenantry::{
    ByteRange, Cursor, ErrorKind, Expected, Grace, ListOptions, MaintenanceOptions, NewTenant, ProfileChange,
    Settings, Tenantry,
};

use crate::caught::{CONTENTS, Caught, Hearer, PLACE, SECRET};
use crate::perform::walk;
use crate::world::{Medium, Misread, Note, World, body, fresh, id, known, name, note, video_name};

pub(crate) async fn all(world: &World, caught: &mut Caught) {
    names(caught);
    records(world, caught).await;
    transactions(world, caught).await;
    uploads(world, caught).await;
    limits(world, caught).await;
    profiles(world, caught).await;
    lives(world, caught).await;
    builders(world, caught).await;
}

/// Names are refused without being repeated.
fn names(caught: &mut Caught) {
    let host = Hearer::of("names", &[]);
    let bad = format!("/{PLACE}/../{}/{SECRET}", name("ben"));
    caught.cause(&host, &TenantId::parse(&bad).unwrap_err());
    caught.cause(&host, &FileName::parse(&bad).unwrap_err());
    caught.cause(&host, &RecordId::parse(&format!("{bad}\n")).unwrap_err());
    caught.cause(&host, &bad.parse::<Revision>().unwrap_err());
    caught.error(&host, &bad.parse::<Cursor>().unwrap_err());
}

async fn records(world: &World, caught: &mut Caught) {
    let ana = Hearer::of("records of ana", &[&name("ana")]);
    world.prepare("ana").await;
    let own = world.session("ana").await.own();
    let notes = own.collection::<Note>();
    caught.failure(&ana, notes.insert_as(&known(), note("again")).await);
    caught.failure(&ana, notes.get(&fresh()).await);
    let stale = notes.get(&known()).await.unwrap().revision();
    notes.update(&known(), stale, note("changed")).await.unwrap();
    let error = caught.failure(&ana, notes.update(&known(), stale, note("late")).await);
    assert_eq!(error.kind(), ErrorKind::RevisionMismatch);
    caught.failure(&ana, notes.remove(&known(), stale).await);
    let long = Note { contents: SECRET.repeat(10_000), ..note("long") };
    caught.failure(&ana, notes.insert(long).await);
    let half = SECRET.repeat(2500);
    let long = Note { contents: half.clone(), token: half.clone(), ..note(&half) };
    assert_eq!(caught.failure(&ana, notes.insert(long).await).kind(), ErrorKind::TooLarge);
    let redacted = Note { key: SecretText::new(SecretText::REDACTED), ..note("redacted") };
    caught.failure(&ana, notes.insert(redacted).await);
    caught.failure(&ana, own.collection::<Misread>().get(&known()).await);
    caught.outcome(&ana, &own.collection::<Misread>().list(&ListOptions::new()).await);
    caught.failure(&ana, notes.list(&ListOptions::new().limit(0)).await);
    notes.insert(note("second")).await.unwrap();
    let next = notes.list(&ListOptions::new().limit(1)).await.unwrap().next.unwrap();
    caught.failure(&ana, own.videos().list(&ListOptions::new().after(next.clone())).await);
    let ben = Hearer::of("ben with a cursor of ana", &[&name("ben")]);
    let bens = world.session("ben").await.own();
    caught.failure(&ben, bens.collection::<Note>().list(&ListOptions::new().after(next)).await);
}

async fn transactions(world: &World, caught: &mut Caught) {
    let ana = Hearer::of("transactions of ana", &[&name("ana")]);
    let own = world.session("ana").await.own();
    let aborted = own.transaction(|_| Err::<(), _>(tenantry::Error::new(ErrorKind::InvalidInput, "own")));
    caught.failure(&ana, aborted.await);
    caught.failure(&ana, own.transaction_once("", |_| Ok(())).await);
    own.transaction_once("a key", |_| Ok(SECRET.to_owned())).await.unwrap();
    caught.failure(&ana, own.transaction_once("a key", |_| Ok(0_u64)).await);
    let no_json = || Ok(std::collections::BTreeMap::from([(vec![SECRET.to_owned()], 1)]));
    let no_json = own.transaction_once("another key", move |_| no_json());
    caught.failure(&ana, no_json.await.map(drop));
}

async fn uploads(world: &World, caught: &mut Caught) {
    let ana = Hearer::of("uploads of ana", &[&name("ana")]);
    let video = world.prepare("ana").await;
    let own = world.session("ana").await.own();
    let videos = own.videos();
    // What was begun by URL before is over.
    world.clock.advance(Duration::from_secs(24 * 3600));
    caught.outcome(&ana, &world.tenantry.operator("test").sweep(&id("ana")).await);
    caught.failure(&ana, videos.upload(&format!("/{PLACE}/{SECRET}.exe"), body(b"x")).await);
    caught.failure(&ana, videos.upload(&format!("{}.mp4", SECRET.repeat(200)), body(b"x")).await);
    caught.failure(&ana, videos.upload(&video_name(), body(b"x")).title(format!("{SECRET}\n")).await);
    let cut = || Err::<bytes::Bytes, _>(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
    let parts = futures::stream::iter([Ok(bytes::Bytes::from_static(b"half")), cut()]);
    let error = caught.failure(&ana, videos.upload(&video_name(), parts).await);
    assert_eq!(error.kind(), ErrorKind::BodyFailed);
    caught.failure(&ana, videos.open_range(video.id(), ByteRange::From(1 << 30)).await);
    caught.failure(&ana, videos.rename(video.id(), Expected::Any, "").await);
    let stale = videos.get(video.id()).await.unwrap().revision();
    videos.rename(video.id(), Expected::Any, CONTENTS.to_uppercase().as_str()).await.unwrap();
    caught.failure(&ana, videos.rename(video.id(), stale, "late").await);
    caught.failure(&ana, videos.delete(video.id(), stale).await);
    let bens = world.prepare("ben").await;
    caught.failure(&ana, videos.open(&bens.value().filename).await);
    caught.failure(&ana, videos.get(bens.id()).await);
    // An upload whose reservation is over before its bytes have come.
    let (send, receive) = futures::channel::mpsc::unbounded::<std::io::Result<bytes::Bytes>>();
    let late = tokio::spawn(videos.upload(&video_name(), receive).into_future());
    while own.usage().await.unwrap().0.reserved_files == 0 {
        tokio::task::yield_now().await;
    }
    world.clock.advance(Duration::from_secs(7200));
    caught.outcome(&ana, &world.tenantry.operator("test").sweep(&id("ana")).await);
    send.unbounded_send(Ok(bytes::Bytes::from_static(b"late"))).unwrap();
    drop(send);
    assert_eq!(caught.failure(&ana, late.await.unwrap()).kind(), ErrorKind::Expired);
    // And one that is dropped on the way.
    let (send, receive) = futures::channel::mpsc::unbounded::<std::io::Result<bytes::Bytes>>();
    send.unbounded_send(Ok(bytes::Bytes::from_static(b"begun"))).unwrap();
    let begun = tokio::time::timeout(Duration::from_millis(50), videos.upload(&video_name(), receive)).await;
    assert!(begun.is_err(), "an upload whose body goes on does not end");
    caught.outcome(&ana, &world.tenantry.operator("test").sweep(&id("ana")).await);
}

async fn limits(world: &World, caught: &mut Caught) {
    let ana = Hearer::of("limits of ana", &[&name("ana")]);
    world.prepare("ana").await;
    let own = world.session("ana").await.own();
    let used = own.usage().await.unwrap().0;
    world.limit("ana", Limits::unlimited().with_blob_bytes(used.blob_bytes + 10)).await;
    own.videos().upload(&video_name(), body(b"nine byte")).await.unwrap();
    caught.failure(&ana, own.videos().upload(&video_name(), body(b"two more")).await);
    caught.failure(&ana, own.videos().upload(&video_name(), body(b"two more")).length(1000).await);
    world.limit("ana", Limits::unlimited().with_count(&"notes".parse_name(), 1)).await;
    let error = caught.failure(&ana, own.collection::<Note>().insert(note("one more")).await);
    assert_eq!(error.kind(), ErrorKind::QuotaExceeded);
    world.limit("ana", Limits::unlimited()).await;
    let full = world
        .elsewhere(|builder| {
            let mut settings = Settings::default();
            settings.free_space_reserve = u64::MAX / 2;
            builder.settings(settings)
        })
        .await;
    let own = full.session(&id("ana")).await.unwrap().own();
    caught.outcome(&ana, &own.videos().upload(&video_name(), body(b"x")).await);
}

/// So that a collection's name reads as one.
trait ParseName {
    fn parse_name(&self) -> tenantry::paths::CollectionName;
}

impl ParseName for str {
    fn parse_name(&self) -> tenantry::paths::CollectionName {
        tenantry::paths::CollectionName::parse(self).unwrap()
    }
}

async fn profiles(world: &World, caught: &mut Caught) {
    let (ana, root) = (Hearer::of("profile of ana", &[&name("ana")]), Hearer::of_all("admin"));
    let (own, admin) = (world.session("ana").await.own(), world.session("root").await);
    let change = ProfileChange::new();
    caught.value(&ana, &change.clone().display_name(CONTENTS));
    let names = [format!("{SECRET}\n"), SECRET.repeat(30)];
    for name in names {
        caught.failure(&ana, own.change_profile(change.clone().display_name(name)).await);
    }
    let zone = change.clone().time_zone(format!("/{PLACE}/{SECRET}"));
    caught.failure(&ana, own.change_profile(zone).await);
    caught.failure(&ana, own.change_profile(change.clone().role(Role::Admin)).await);
    caught.failure(&root, admin.tenants().change(&id("ana"), change.clone().plan("no such")).await);
    let mut many = Limits::unlimited();
    for number in 0..1000 {
        many.counts.insert(format!("collection-{number}"), 1);
    }
    let error = caught.failure(&root, admin.tenants().change(&id("ana"), change.limits(many)).await);
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    caught.failure(&root, admin.tenants().list(None, 0).await);
    caught.failure(&root, admin.tenants().create(&id("new"), NewTenant::new(Role::User).plan("none")).await);
}

async fn lives(world: &World, caught: &mut Caught) {
    let root = Hearer::of_all("admin");
    let admin = world.session("root").await;
    caught.failure(&root, admin.tenants().erase(&id("ana"), Grace::Skip).await);
    caught.failure(&root, admin.tenants().erase(&id("leaving"), Grace::Respect).await);
    caught.failure(&root, admin.tenants().restore(&id("erased")).await);
    caught.failure(&root, admin.tenants().create(&id("leaving"), NewTenant::new(Role::User)).await);
    caught.failure(&root, world.tenantry.ensure(&id("leaving"), "L").await);
    let host = Hearer::of("the host", &[]);
    caught.failure(&host, world.tenantry.session(&id("nobody")).await);
    caught.failure(&host, world.tenantry.session(&id("erased")).await);
    caught.failure(&host, world.tenantry.bootstrap_admin(&id("ben"), "B").await);
    caught.failure(&host, world.tenantry.operator("test").sweep(&id("nobody")).await);
    world.prepare("ana").await;
    let before = world.session("ana").await.own();
    before.profile().await.unwrap();
    admin.tenants().delete(&id("ana")).await.unwrap();
    let ana = Hearer::of("ana in another life", &[&name("ana")]);
    caught.failure(&ana, before.collection::<Note>().insert(note("late")).await);
    caught.outcome(&root, &admin.tenants().erase(&id("ana"), Grace::Skip).await);
    caught.outcome(&root, &world.tenantry.operator("test").erase_due().await);
    world.clock.advance(Duration::from_secs(3600));
    caught.outcome(&root, &world.tenantry.operator("test").round().await);
    world.prepare("ana").await;
    assert_eq!(caught.failure(&ana, before.profile().await).kind(), ErrorKind::Gone);
}

async fn builders(world: &World, caught: &mut Caught) {
    let host = Hearer::of_all("the host");
    let change: [fn(&mut Settings); 5] = [
        |settings| settings.time_zone = format!("/{PLACE}/{SECRET}"),
        |settings| settings.queue = 0,
        |settings| settings.attempts = 0,
        |settings| settings.reservation_step = 0,
        |settings| settings.video_extensions = vec![format!("/{PLACE}")],
    ];
    for change in change {
        let mut settings = Settings::default();
        change(&mut settings);
        caught.failure(&host, world.builder().await.settings(settings).open().await);
    }
    let plans = Plans::new().with_default(Role::User, "none");
    caught.failure(&host, world.builder().await.plans(plans).open().await);
    let never = {
        let mut options = MaintenanceOptions::default();
        options.at_once = 0;
        options
    };
    caught.failure(&host, world.tenantry.maintenance(never));
    if let Medium::Local(_) = world.medium {
        local(world, caught, &host).await;
    }
}

/// Roots that are refused: the root's path is in none of it.
async fn local(world: &World, caught: &mut Caught, host: &Hearer) {
    let root = world.medium.root();
    let mut alone = LocalOptions::default();
    alone.processes = Processes::Only;
    let beside = root.with_file_name("file");
    std::fs::write(&beside, b"no folder").unwrap();
    for (path, options) in [
        (root.clone(), alone),
        (beside.clone(), LocalOptions::default()),
        (beside.join("root"), LocalOptions::default()),
        (root.with_file_name("missing").join("root"), LocalOptions::default()),
        (root.join("data/\0"), LocalOptions::default()),
    ] {
        caught.cause(host, &LocalStore::open(&path, options).await.unwrap_err());
    }
    let own = root.join(".tenantry/format");
    let format = std::fs::read(&own).unwrap();
    for text in [&b"tenantry 9\n"[..], b"zq9secretq9z\n"] {
        std::fs::write(&own, text).unwrap();
        let error = LocalStore::open(&root, LocalOptions::default()).await.unwrap_err();
        caught.error(host, &tenantry::Error::new(ErrorKind::Configuration, "open").with_source(error));
    }
    std::fs::write(&own, format).unwrap();
    let disk = tenantry::testkit::simulated_disk::SimulatedDisk::new();
    disk.set_capacity(0);
    let entropy = std::sync::Arc::new(SeededEntropy::new(1));
    let full = LocalStore::on(disk.process().root().unwrap(), LocalOptions::default(), entropy).await;
    if let Ok(store) = full {
        caught.outcome(host, &Tenantry::builder(store).open().await);
    }
}

/// The last of all: nothing is done any more.
pub(crate) async fn closed(world: &World, caught: &mut Caught) {
    let host = Hearer::of_all("the host");
    let calls = [("ana", "ana"), ("ben", "ana"), ("ben", "nobody")];
    let mut sessions = Vec::new();
    for (who, tenant) in calls {
        sessions.push((who, world.call(world.session(who).await, tenant).await));
    }
    world.tenantry.maintenance(MaintenanceOptions::default()).unwrap();
    caught.failure(&host, world.tenantry.maintenance(MaintenanceOptions::default()));
    caught.outcome(&host, &world.tenantry.close(Duration::from_secs(60)).await);
    for (who, call) in sessions {
        let hearer = Hearer::of(format!("{who}, closed"), &[&name(who)]);
        for (_, row) in walk() {
            caught.failure(&hearer, row.perform(call.clone()).await);
        }
    }
    caught.failure(&host, world.tenantry.maintenance(MaintenanceOptions::default()));
    caught.failure(&host, world.tenantry.session(&id("ana")).await);
}
