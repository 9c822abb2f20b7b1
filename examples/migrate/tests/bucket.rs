//! The tool on a bucket of a server that speaks like S3: tenants are made there, read back, and taken away.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "carrying_out/tree.rs"]
#[allow(dead_code, reason = "each test that shares it uses a part")]
mod tree;

use std::time::Duration;

use tenantry::paths::TenantId;
use tenantry::store::s3::{S3Options, S3Store};
use tenantry::{ErrorKind, Expected, ListOptions, Tenantry};

use crate::tree::{Tree, assert_same};

/// A place in the server's bucket that nobody else has: its name, and its URL.
///
/// # Panics
/// Without a server: the tests are run by `cargo xtask test`, which starts one.
fn place(name: &str) -> (String, String) {
    let url = std::env::var("TENANTRY_S3").expect("TENANTRY_S3 names no server: run `cargo xtask test`");
    let (bucket, options) = url.split_once('?').unwrap();
    let place = format!("{bucket}migrate-{}/{name}", std::process::id());
    let url = format!("{place}?{options}");
    (place, url)
}

async fn open(url: &str) -> Tenantry {
    let store = S3Store::new(S3Options::from_url(url).unwrap()).unwrap();
    Tenantry::builder(store).open().await.unwrap()
}

async fn close(tenantry: Tenantry) {
    tenantry.close(Duration::from_secs(60)).await.unwrap();
}

fn id(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

/// The root but for the journal, and its own time, which the journal's folder changed.
fn assert_untouched(before: &tenantry::testkit::TreeImage, tree: &Tree) {
    let beside = |image: tenantry::testkit::TreeImage| image.without(".tenantry").without("");
    assert_same(&beside(before.clone()), &beside(tree.image()));
}

#[test]
fn a_folder_is_migrated_into_a_bucket_and_taken_back() {
    let (tree, (place, url)) = (Tree::new(), place("tenants"));
    let before = tree.image();
    let to = ["--to", url.as_str()];
    assert!(tree.migrate("plan", &[&to[..], &["--leave"]].concat()).succeeds().out.contains("8 tenants"));
    assert_same(&before, &tree.image());

    for (command, yes) in [("apply", &["--yes", "--leave"][..]), ("verify", &[])] {
        tree.migrate(command, &[&to[..], yes].concat()).succeeds();
        assert_untouched(&before, &tree);
    }
    let status = tree.migrate("status", &["--json"]).succeeds().document();
    assert_eq!(status["to"], place.as_str());
    // Where the tenants are has to be said again, in whatever spelling.
    tree.migrate("verify", &[]).is_refused(2, &format!("say where they are: --to {place}\n"));
    let other = url.replace("/tenants?", "/others?");
    tree.migrate("rollback", &["--yes", "--to", &other]).is_refused(2, "are in another store");
    let slash = url.replace('?', "/?");
    let verified = tree.migrate("verify", &["--json", "--to", &slash]).succeeds().document();
    assert_eq!(verified["tenants"].as_object().unwrap().len(), 8);

    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let tenantry = open(&url).await;
        let own = tenantry.session(&id("user123")).await.unwrap().own();
        let videos = own.videos().list(&ListOptions::new()).await.unwrap().items;
        assert_eq!(videos.len() as u64, verified["tenants"]["user123"]["records"]["videos"]);
        own.videos().rename(videos[0].id(), Expected::Any, "renamed since").await.unwrap();
        close(tenantry).await;
    });
    let differs = tree.migrate("verify", &to);
    assert_eq!(differs.code, 4, "{differs:?}");
    assert!(differs.out.ends_with("NOT CLEAN: 1 difference\n"), "{differs:?}");
    tree.migrate("rollback", &[&to[..], &["--yes"]].concat()).is_refused(6, "--discard-changes: user123");
    let discarding = ["--yes", "--discard-changes"];
    // As long as something could still write there, it is not over, and nobody is made of these names.
    tree.migrate("rollback", &[&to[..], &discarding].concat()).is_refused(5, "call rollback again after");
    assert_untouched(&before, &tree);
    runtime.block_on(async {
        let tenantry = open(&url).await;
        for name in ["admin", "ana", "user123"] {
            let refused = tenantry.session(&id(name)).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::NotFound, "{name}");
        }
        close(tenantry).await;
    });

    tree.migrate("apply", &[&to[..], &["--yes", "--leave"]].concat()).is_refused(6, "being rolled back");
    tree.migrate("rollback", &[&to[..], &["--yes"]].concat()).is_refused(5, "call rollback again after");
    assert_eq!(tree.phase(), "rolling_back");
}

#[test]
fn a_folder_is_migrated_into_a_bucket_for_good() {
    let (tree, (_, url)) = (Tree::new(), place("others"));
    let before = tree.image();
    let to = ["--to", url.as_str()];
    tree.migrate("apply", &[&to[..], &["--yes", "--leave"]].concat()).succeeds();
    tree.migrate("verify", &to).succeeds();
    tree.migrate("finish", &[&to[..], &["--yes"]].concat()).succeeds();
    assert_untouched(&before, &tree);
    assert_eq!(tree.phase(), "finished");
}

#[test]
fn a_server_that_is_not_there_is_told_and_nothing_is_begun() {
    let (tree, (_, url)) = (Tree::new(), place("nowhere"));
    let before = tree.image();
    let (options, _) = url.rsplit_once(':').unwrap();
    // Nobody listens there.
    let url = format!("{options}:1");
    let said = tree.migrate("apply", &["--yes", "--leave", "--to", &url]);
    assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
    assert!(said.error.contains("nothing was changed"), "{said:?}");
    assert!(!said.error.contains("127.0.0.1"), "{said:?}");
    assert_same(&before, &tree.image());
}
