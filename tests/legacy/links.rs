//! No link leads anywhere, whenever it was put there: what a record names is then lost, as the library says of it, too.

use std::fs;
use std::os::unix::fs::symlink;

use tenantry::{ByteRange, ErrorKind, Token, Video};

use crate::host::{Host, file, tree};

#[tokio::test]
async fn links_that_are_there_before_lead_nowhere() {
    let tree = tree();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("x.mp4"), "outside").unwrap();
    symlink(outside.path().join("x.mp4"), tree.root().join("videos/linked.mp4")).unwrap();
    fs::create_dir_all(tree.root().join("tokens/budi")).unwrap();
    symlink(tree.root().join("tokens/ana/channel.json"), tree.root().join("tokens/budi/channel.json"))
        .unwrap();
    symlink(outside.path(), tree.root().join("thumbnails/budi")).unwrap();
    tree.videos(r#"[{"id": "9", "title": "t", "filename": "linked.mp4", "owner": "budi"}]"#);
    let host = Host::over(tree).await;
    let own = host.own("budi").await;
    assert_eq!(own.list::<Video>().await.unwrap().len(), 1);
    assert_eq!(
        own.open_video(&file("linked.mp4"), ByteRange::All).await.unwrap_err().kind(),
        ErrorKind::Corrupt
    );
    assert!(own.list::<Token>().await.unwrap().is_empty());
}

#[tokio::test]
async fn links_that_are_put_into_the_place_of_a_file_or_a_folder_lead_nowhere() {
    let host = Host::over(tree()).await;
    let (own, root) = (host.own("ana").await, host.tree.root());
    let outside = tempfile::tempdir().unwrap();
    // Even where what they lead to is as long and as old.
    fs::rename(root.join("videos/a.mp4"), outside.path().join("a.mp4")).unwrap();
    symlink(outside.path().join("a.mp4"), root.join("videos/a.mp4")).unwrap();
    let linked = own.open_video(&file("a.mp4"), ByteRange::All).await.unwrap_err();
    assert_eq!(linked.kind(), ErrorKind::Corrupt);
    fs::rename(root.join("thumbnails"), outside.path().join("thumbnails")).unwrap();
    symlink(outside.path().join("thumbnails"), root.join("thumbnails")).unwrap();
    // This one had no record but the one that was made of it.
    let linked = own.open_thumbnail(&file("a.png"), ByteRange::All).await.unwrap_err();
    assert_eq!(linked.kind(), ErrorKind::NotFound);
}
