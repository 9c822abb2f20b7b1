//! The application before may still be at work: what it changes is noticed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tenantry::migrate::Legacy;
use tenantry::{ByteRange, ErrorKind, Video};

use crate::host::{Host, file, id, tree};

#[tokio::test]
async fn a_session_sees_what_there_is_when_it_begins_and_goes_on_seeing_it() {
    let host = Host::over(tree()).await;
    let before = host.own("ana").await;
    host.tree.videos(r#"[{"id": "1", "title": "other", "filename": "a.mp4", "owner": "ana"}, {"id": "5", "title": "new", "filename": "n.mp4", "owner": "ana"}]"#);
    assert_eq!(before.list::<Video>().await.unwrap()[0].value().title, "ana's");
    let titles: Vec<String> = host
        .own("ana")
        .await
        .list::<Video>()
        .await
        .unwrap()
        .iter()
        .map(|video| video.value().title.clone())
        .collect();
    assert_eq!(titles, ["other", "new"]);
}

#[tokio::test]
async fn a_file_in_the_place_of_another_is_read_as_what_it_is_now() {
    let host = Host::over(tree()).await;
    let before = host.own("ana").await;
    std::fs::write(host.tree.root().join("videos/a.mp4"), "newer").unwrap();
    let opened = before.open_video(&file("a.mp4"), ByteRange::All).await.unwrap();
    assert_eq!((opened.length(), opened.bytes().await.unwrap()), (5, b"newer".to_vec()));
    std::fs::remove_file(host.tree.root().join("videos/a.mp4")).unwrap();
    let gone = before.open_video(&file("a.mp4"), ByteRange::All).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::Corrupt);
}

#[tokio::test]
async fn a_file_that_became_another_s_is_not_read_by_who_had_it() {
    let host = Host::over(tree()).await;
    let before = host.own("ana").await;
    host.tree.videos(r#"[{"id": "1", "filename": "a.mp4", "owner": "budi"}]"#);
    std::fs::write(host.tree.root().join("videos/a.mp4"), "budi's now").unwrap();
    let refused = before.open_video(&file("a.mp4"), ByteRange::All).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    let own = host.own("budi").await.open_video(&file("a.mp4"), ByteRange::All).await.unwrap();
    assert_eq!(own.bytes().await.unwrap(), b"budi's now");
}

#[tokio::test]
async fn a_file_that_becomes_shorter_while_it_is_read_does_not_look_whole() {
    let host = Host::over(tree()).await;
    let opened = host.own("ana").await.open_video(&file("a.mp4"), ByteRange::All).await.unwrap();
    std::fs::File::options()
        .write(true)
        .open(host.tree.root().join("videos/a.mp4"))
        .unwrap()
        .set_len(3)
        .unwrap();
    assert_eq!(opened.bytes().await.unwrap_err().kind(), ErrorKind::Unavailable);
}

/// Else a tree of many videos would be read again for each record that is added.
#[tokio::test]
async fn of_a_tree_that_changed_only_what_changed_is_read_again() {
    let tree = tree();
    tree.write("videos/long.mp4", vec![7; 1 << 20]);
    let read = Arc::new(AtomicU64::new(0));
    let told = Arc::clone(&read);
    let planner = tree.planner().progress(move |progress| {
        told.fetch_max(progress.total_bytes, Ordering::SeqCst);
    });
    let host = Host::over(tree).await;
    let legacy = Legacy::open(&host.tenantry, host.tree.root(), planner).await.unwrap();
    assert!(read.swap(0, Ordering::SeqCst) > 1 << 20);
    legacy.session(&id("ana")).await.unwrap();
    assert_eq!(read.swap(0, Ordering::SeqCst), 0);
    host.tree.videos("[]");
    legacy.session(&id("ana")).await.unwrap();
    let again = read.swap(0, Ordering::SeqCst);
    assert!((1..1 << 20).contains(&again), "{again}");
}

#[tokio::test]
async fn a_tree_that_is_gone_is_unavailable_and_says_nothing_of_where_it_was() {
    let host = Host::over(tree()).await;
    host.tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    let own = host.tenantry.session(&id("root")).await.unwrap().own();
    let elsewhere = tempfile::tempdir().unwrap();
    let moved = elsewhere.path().join("moved");
    std::fs::rename(host.tree.root(), &moved).unwrap();
    let error = host.legacy.beside(&own).await.unwrap_err();
    std::fs::rename(&moved, host.tree.root()).unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(!format!("{error:?} {:?}", host.legacy).contains(host.tree.root().to_str().unwrap()));
}
