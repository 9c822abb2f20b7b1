//! Some tenants are the library's already, and may have left something in the old places.

use tenantry::ownership::Role;
use tenantry::{ByteRange, ErrorKind, NewTenant, TokenContent, Video};

use crate::host::{Host, file, id, tree};

/// The tree, with budi in the library, whose token and video were left behind.
async fn with_budi() -> Host {
    let tree = tree();
    tree.write("tokens/left.json", r#"{"refresh": "of budi"}"#)
        .write("tokens/other.json", r#"{"refresh": "of root"}"#);
    let host = Host::over(tree.owner("left.json", "budi")).await;
    host.tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    let root = host.tenantry.session(&id("root")).await.unwrap();
    root.tenants().create(&id("budi"), NewTenant::new(Role::User)).await.unwrap();
    host
}

#[tokio::test]
async fn who_is_migrated_has_its_session_in_the_library() {
    let host = with_budi().await;
    assert_eq!(host.legacy.session(&id("budi")).await.unwrap_err().kind(), ErrorKind::Gone);
    assert_eq!(host.legacy.session(&id("nobody")).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(host.legacy.session(&id("ana")).await.is_ok());
    assert_eq!(host.tenantry.session(&id("ana")).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn what_a_migrated_tenant_left_behind_is_found_by_it_and_by_nobody_else() {
    let host = with_budi().await;
    let session = host.tenantry.session(&id("budi")).await.unwrap();
    let own = session.own();
    let missing = own.tokens().read(&file("left.json")).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    let beside = host.legacy.beside(&own).await.unwrap();
    assert_eq!(
        beside.token(&file("left.json")).await.unwrap().value().content.expose(),
        r#"{"refresh": "of budi"}"#
    );
    let video = beside.open_video(&file("b.mp4"), ByteRange::All).await.unwrap();
    assert_eq!(video.bytes().await.unwrap(), b"bytes of budi");
    for (name, theirs) in [("other.json", "a.mp4"), ("channel.json", "d.mp4")] {
        assert_eq!(beside.token(&file(name)).await.unwrap_err().kind(), ErrorKind::NotFound);
        let video = beside.open_video(&file(theirs), ByteRange::All).await.unwrap_err();
        assert_eq!(video.kind(), ErrorKind::NotFound);
    }
    // Nor does it see another's, migrated or not; nor another its.
    for other in ["ana", "root"] {
        let foreign = host.legacy.beside(&session.workspace(&id(other))).await.unwrap();
        assert_eq!(foreign.list::<Video>().await.unwrap_err().kind(), ErrorKind::NotFound);
    }
    let foreign = host.seen("ana", "budi").await;
    assert_eq!(foreign.token(&file("left.json")).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_migrated_admin_sees_those_who_are_not() {
    let host = with_budi().await;
    let root = host.tenantry.session(&id("root")).await.unwrap();
    let seen = host.legacy.beside(&root.workspace(&id("ana"))).await.unwrap();
    assert_eq!(seen.list::<Video>().await.unwrap()[0].value().title, "ana's");
}

#[tokio::test]
async fn what_the_library_has_of_a_tenant_is_not_read_as_the_application_s() {
    let host = with_budi().await;
    let own = host.tenantry.session(&id("budi")).await.unwrap().own();
    own.tokens().create(&file("new.json"), TokenContent::parse("{}").unwrap()).await.unwrap();
    own.write_views().await.unwrap();
    let beside = host.legacy.beside(&own).await.unwrap();
    assert_eq!(beside.token(&file("new.json")).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn who_becomes_the_library_s_meanwhile_is_sent_there() {
    let host = with_budi().await;
    let own = host.own("ana").await;
    let root = host.tenantry.session(&id("root")).await.unwrap();
    root.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.unwrap();
    assert_eq!(own.list::<Video>().await.unwrap_err().kind(), ErrorKind::Gone);
}
