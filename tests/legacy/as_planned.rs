//! What is seen of one's own is what the plan has for it.

use std::collections::BTreeMap;

use futures::StreamExt;
use proptest::prelude::*;
use tenantry::migrate::{Legacy, Texts};
use tenantry::ownership::Role;
use tenantry::store::MemoryStore;
use tenantry::testkit::legacy_trees::trees;
use tenantry::{ByteRange, ErrorKind, LiveStream, Schedule, StreamKey, Tenantry, Thumbnail, Token, Video};

use crate::bulk_upload_queue::QueuedUpload;
use crate::host::{Host, file, id, record, tree};
use crate::looped_videos::LoopedVideo;
use crate::stream_timers::StreamTimer;
use crate::tree::{Tree, snapshot};

#[tokio::test]
async fn records_tokens_and_files_are_had_before_they_are_migrated() {
    let host = Host::over(tree()).await;
    let before = snapshot(host.tree.root());
    let own = host.own("ana").await;
    let videos = own.list::<Video>().await.unwrap();
    assert_eq!(videos.len(), 1);
    assert_eq!(videos[0].value().title, "ana's");
    assert_eq!(videos[0].extra("odd").unwrap().get(), "1.10");
    assert_eq!(own.get::<Video>(&record("1")).await.unwrap(), videos[0]);
    assert_eq!(own.video(&file("A.MP4")).await.unwrap(), videos[0]);
    let token = own.token(&file("channel.json")).await.unwrap();
    assert_eq!(token.value().content.expose(), r#"{"refresh": "of ana"}"#);
    assert_eq!(own.list::<Thumbnail>().await.unwrap().len(), 1);
    let image = own.open_thumbnail(&file("a.png"), ByteRange::All).await.unwrap();
    assert_eq!(image.bytes().await.unwrap(), b"an image");
    let part = own.open_video(&file("a.mp4"), ByteRange::Between(6, 7)).await.unwrap();
    assert_eq!((part.length(), part.range()), (12, 6..8));
    let pieces: Vec<_> = part.into_body().collect().await;
    assert_eq!(pieces.into_iter().map(Result::unwrap).collect::<Vec<_>>().concat(), b"of");
    let beyond = own.open_video(&file("a.mp4"), ByteRange::From(12)).await.unwrap_err();
    assert_eq!(beyond.kind(), ErrorKind::RangeNotSatisfiable);
    assert_eq!(snapshot(host.tree.root()), before);
}

#[tokio::test]
async fn the_demonstration_and_the_admin_have_the_roles_that_they_will_have() {
    let host = Host::over(tree()).await;
    assert_eq!(host.legacy.session(&id("show")).await.unwrap().role(), Role::Demo);
    let admin = host.legacy.session(&id("root")).await.unwrap();
    assert_eq!(admin.role(), Role::Admin);
    let seen = admin.workspace(&id("ana"));
    assert_eq!(seen.list::<Video>().await.unwrap().len(), 1);
    assert_eq!(
        seen.list::<LiveStream>().await.unwrap()[0].value().stream_key.as_ref().unwrap().expose(),
        "key of ana"
    );
    // By default what nobody owns becomes the default owner's, whoever the admin is.
    assert_eq!(host.own("admin").await.list::<Video>().await.unwrap()[0].value().title, "nobody's");
}

#[tokio::test]
async fn what_is_in_the_way_of_a_migration_is_not_in_the_way_of_reading() {
    let tree = tree();
    tree.write("thumbnail_database.json", "[{")
        .write("data/ana/live_streams.json", r#"[7, {"id": "s2", "title": "u", "status": "live"}]"#);
    assert!(!tree.plan().can_be_applied());
    let host = Host::over(tree).await;
    assert_eq!(host.own("ana").await.list::<LiveStream>().await.unwrap().len(), 2);
}

/// What each tenant has of each kind, as texts.
type Seen = BTreeMap<(String, String), Vec<String>>;

fn planned(tree: &Tree) -> Seen {
    let plan = tree.plan();
    let (mut texts, mut seen) = (Texts::new(tree.root(), &plan), Seen::new());
    for record in &plan.records {
        let text = texts.of(record).unwrap();
        let key = (record.tenant.to_string(), record.collection.to_string());
        seen.entry(key).or_default().push(String::from_utf8(text.as_bytes().to_vec()).unwrap());
    }
    seen
}

/// One tenant's of each kind.
async fn looked_at(legacy: &Legacy, tenant: &tenantry::paths::TenantId) -> Seen {
    let (own, mut seen) = (legacy.session(tenant).await.unwrap().own(), Seen::new());
    macro_rules! look {
        ($($kind:ty),*) => {$(
            let texts: Vec<String> = own.list::<$kind>().await.unwrap().iter()
                .map(|record| String::from_utf8(record.text().as_bytes().to_vec()).unwrap()).collect();
            if !texts.is_empty() {
                let collection = <$kind as tenantry::record::Entity>::collection();
                seen.insert((tenant.to_string(), collection.to_string()), texts);
            }
        )*};
    }
    look!(Video, Thumbnail, LiveStream, Schedule, Token, StreamKey, LoopedVideo, QueuedUpload, StreamTimer);
    seen
}

async fn check_files(tree: &Tree, legacy: &Legacy) {
    let plan = tree.plan();
    for (from, to) in plan.files.iter().flat_map(|file| file.to.iter().map(move |to| (&file.from, to))) {
        use std::os::unix::ffi::OsStrExt;
        let own = legacy.session(&to.tenant).await.unwrap().own();
        let opened = if to.area == tenantry::paths::Area::Videos {
            own.open_video(&to.name, ByteRange::All).await
        } else {
            own.open_thumbnail(&to.name, ByteRange::All).await
        };
        let bytes = opened.unwrap().bytes().await.unwrap();
        let at = tree.root().join(std::ffi::OsStr::from_bytes(from.as_bytes()));
        assert_eq!(bytes, std::fs::read(at).unwrap(), "{to:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(16) })]

    #[test]
    fn each_sees_of_every_tree_what_the_plan_has_for_it(legacy_tree in trees(0..=2)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let tree = Tree::new();
            legacy_tree.write_to(tree.root()).unwrap();
            let tenantry = Tenantry::builder(MemoryStore::new()).open().await.unwrap();
            let legacy = Legacy::open(&tenantry, tree.root(), tree.planner()).await.unwrap();
            let mut seen = Seen::new();
            for tenant in tree.plan().tenants {
                seen.extend(looked_at(&legacy, &tenant.id).await);
            }
            assert_eq!(seen, planned(&tree));
            check_files(&tree, &legacy).await;
        });
    }
}
