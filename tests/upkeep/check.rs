//! What a check finds, and what a repair makes of it.

use std::sync::Arc;

use tenantry::paths::{Area, CollectionName};
use tenantry::store::{MemoryStore, StoreMethod};
use tenantry::{ErrorKind, Expected, Finding, Tenantry};

use crate::meanwhile::Meanwhile;
use crate::support::{Note, Place, both, clock, file, id, local, memory, open};

async fn findings(place: &Place) -> Vec<Finding> {
    place.tenantry.operator("test").check(&id("ana")).await.unwrap().findings
}

/// Repairs all that is found, and returns what is found then.
async fn repaired(place: &Place, found: &[Finding]) -> Vec<Finding> {
    let report = place.tenantry.operator("test").repair(&id("ana"), found).await.unwrap();
    assert_eq!(report.repaired, found);
    assert_eq!(report.left, []);
    findings(place).await
}

fn notes() -> CollectionName {
    CollectionName::parse("notes").unwrap()
}

#[tokio::test]
async fn nothing_is_found_after_ordinary_use() {
    for place in both().await {
        let (kept, gone) = (place.upload().await, place.upload().await);
        let ana = place.ana().await;
        ana.videos().rename(kept.id(), Expected::Any, "another").await.unwrap();
        ana.videos().delete(gone.id(), Expected::Any).await.unwrap();
        let note = ana.collection::<Note>().insert(Note { text: "one".into() }).await.unwrap();
        ana.collection::<Note>().update(note.id(), Expected::Any, Note { text: "two".into() }).await.unwrap();
        let report = place.tenantry.operator("test").check(&id("ana")).await.unwrap();
        assert_eq!(report.findings, []);
        assert_eq!((report.files, report.records), (1, 2));
    }
}

#[tokio::test]
async fn a_file_that_is_gone_is_found_and_repair_removes_its_record_and_frees_its_quota() {
    for place in both().await {
        let (kept, lost) = (place.upload().await, place.upload().await);
        let name = lost.value().filename.clone();
        place.beside.delete(&Place::key(&name)).await.unwrap();
        let found = findings(&place).await;
        assert_eq!(found, [Finding::MissingFile { area: Area::Videos, name }]);
        assert_eq!(repaired(&place, &found).await, []);
        let ana = place.ana().await;
        assert_eq!(ana.videos().get(lost.id()).await.unwrap_err().kind(), ErrorKind::NotFound);
        ana.videos().get(kept.id()).await.unwrap();
        assert_eq!(ana.usage().await.unwrap().0.blob_bytes, 10);
    }
}

#[tokio::test]
async fn nothing_is_repaired_when_the_store_lists_nothing_at_all() {
    for place in both().await {
        let lost = place.upload().await;
        place.beside.delete(&Place::key(&lost.value().filename)).await.unwrap();
        let found = findings(&place).await;
        let refused = place.tenantry.operator("test").repair(&id("ana"), &found).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unavailable);
        place.ana().await.videos().get(lost.id()).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_no_longer_as_it_was_found_is_left_alone() {
    for place in both().await {
        let (_kept, lost) = (place.upload().await, place.upload().await);
        let name = lost.value().filename.clone();
        place.beside.delete(&Place::key(&name)).await.unwrap();
        let found = findings(&place).await;
        place.put(&name, b"0123456789").await;
        let report = place.tenantry.operator("test").repair(&id("ana"), &found).await.unwrap();
        assert_eq!((report.repaired, report.left), (vec![], found));
        place.ana().await.videos().get(lost.id()).await.unwrap();
    }
}

#[tokio::test]
async fn a_file_of_another_length_is_found_and_repair_clears_it() {
    for place in both().await {
        let video = place.upload().await;
        let name = video.value().filename.clone();
        place.beside.delete(&Place::key(&name)).await.unwrap();
        place.put(&name, b"cut").await;
        let found = findings(&place).await;
        let expected = Finding::WrongLength { area: Area::Videos, name, expected: 10, found: 3 };
        assert_eq!(found, [expected]);
        assert_eq!(repaired(&place, &found).await, []);
        assert_eq!(place.ana().await.usage().await.unwrap().0.blob_bytes, 0);
    }
}

#[tokio::test]
async fn what_no_ledger_named_is_reported_and_never_touched() {
    let place = local().await;
    let name = file("found.mp4");
    place.put(&name, b"whose").await;
    let stray = place.folder.as_ref().unwrap().path().join("root/videos/ana/folder");
    std::fs::create_dir(&stray).unwrap();
    let found = findings(&place).await;
    let unknown = Finding::UnknownFile { area: Area::Videos, name: name.clone(), length: 5 };
    let entry = Finding::StrayEntry { area: Area::Videos, name: "folder".into() };
    assert_eq!(found, [entry, unknown]);
    let report = place.tenantry.operator("test").repair(&id("ana"), &found).await.unwrap();
    assert_eq!((report.repaired, report.left), (vec![], found));
    assert!(place.has(&name).await && stray.exists());
}

#[tokio::test]
async fn of_many_files_those_are_unknown_to_which_no_upload_by_url_is_copied() {
    let place = memory().await;
    let (until, mut reserved, mut unknown) = (place.milliseconds() + 600_000, Vec::new(), Vec::new());
    for number in 0..30 {
        let (copy, other) = (file(&format!("copy-{number}.mp4")), file(&format!("other-{number}.mp4")));
        reserved.push(format!(
            r#"["@reservations","videos/url-{number}.mp4",{},[],{{"bytes":9,"until":{until},"by_url":{{"principal":"ana","title":"","original_name":"clip.mp4","exact":false,"creates_only":false,"copy":"{copy}"}}}}]"#,
            900 + number
        ));
        place.put(&copy, b"copied").await;
        place.put(&other, b"whose").await;
        unknown.push(Finding::UnknownFile { area: Area::Videos, name: other, length: 5 });
    }
    place.forge(&format!("[{}]", reserved.join(","))).await;
    let mut found = findings(&place).await;
    found.sort_by_key(ToString::to_string);
    unknown.sort_by_key(ToString::to_string);
    assert_eq!(found, unknown);
}

#[tokio::test]
async fn a_record_of_another_owner_or_none_that_can_be_read_is_found_and_removed() {
    for place in both().await {
        let note = place.ana().await.collection::<Note>().insert(Note { text: "mine".into() }).await.unwrap();
        place
            .forge(r#"[["notes","x",900,[],{"id":"x","owner":"ben","text":"t"}],["notes","y",901,[],[1]]]"#)
            .await;
        let found = findings(&place).await;
        let foreign = Finding::ForeignOwner { collection: notes(), id: "x".into() };
        let unreadable = Finding::UnreadableRecord { collection: notes(), id: "y".into() };
        assert_eq!(found, [foreign, unreadable]);
        assert!(!found[0].to_string().contains("ben"));
        assert_eq!(repaired(&place, &found).await, []);
        place.ana().await.collection::<Note>().get(note.id()).await.unwrap();
    }
}

#[tokio::test]
async fn a_removed_record_takes_the_files_with_it_to_which_it_alone_referred() {
    let place = memory().await;
    let (kept, name) = (place.upload().await, file("theirs.mp4"));
    let shared = kept.value().filename.clone();
    place.put(&name, b"bytes").await;
    let keys = format!(r#"[["@blob","videos/theirs.mp4"],["@blob","videos/{shared}"]]"#);
    place
        .forge(
            &format!(
                r#"[["@blobs","videos/theirs.mp4",900,[],{{"bytes":5,"hash":"h"}}],
                ["notes","x",901,{keys},{{"id":"x","owner":"ben"}}]]"#
            )
            .replace('\n', ""),
        )
        .await;
    let found = findings(&place).await;
    assert_eq!(found, [Finding::ForeignOwner { collection: notes(), id: "x".into() }]);
    assert_eq!(repaired(&place, &found).await, []);
    let (usage, _) = place.ana().await.usage().await.unwrap();
    assert_eq!((usage.files, usage.blob_bytes), (1, 10));
    assert!(place.has(&shared).await);
}

#[tokio::test]
async fn a_file_to_which_no_record_refers_is_found_and_repair_deletes_it() {
    let place = local().await;
    let name = file("alone.mp4");
    place.put(&name, b"bytes").await;
    place.forge(r#"[["@blobs","videos/alone.mp4",900,[],{"bytes":5,"hash":"h"}]]"#).await;
    let found = findings(&place).await;
    assert_eq!(found, [Finding::UnreferredFile { area: Area::Videos, name: name.clone() }]);
    assert_eq!(repaired(&place, &found).await, []);
    assert!(!place.has(&name).await);
}

#[tokio::test]
async fn what_is_overdue_is_found_and_a_repair_is_a_sweep() {
    for place in both().await {
        let now = place.milliseconds();
        place
            .forge(&format!(
                r#"[["@reservations","videos/r.mp4",900,[],{{"bytes":9,"until":{now}}}],["@dooms","videos/d.mp4",901,[],{{"since":0,"until":0}}]]"#
            ))
            .await;
        let found = findings(&place).await;
        let area = Area::Videos;
        let expired = Finding::ExpiredReservation { area, name: file("r.mp4") };
        let doomed = Finding::OverdueDoom { area, name: file("d.mp4") };
        assert_eq!(found, [expired, doomed]);
        assert_eq!(repaired(&place, &found).await, []);
    }
}

#[tokio::test]
async fn an_edited_view_is_found_and_a_check_changes_nothing() {
    let place = local().await;
    let view = place.folder.as_ref().unwrap().path().join("root/data/ana/schedules.json");
    std::fs::write(&view, "[1]").unwrap();
    let found = findings(&place).await;
    assert_eq!(found, [Finding::EditedView { view: "schedules.json".into() }]);
    assert_eq!(std::fs::read(&view).unwrap(), b"[1]");
    assert_eq!(repaired(&place, &found).await, []);
    assert_eq!(std::fs::read(&view).unwrap(), b"[]\n");
}

#[tokio::test]
async fn checks_and_repairs_take_an_admin() {
    let place = memory().await;
    let ana = place.tenantry.session(&id("ana")).await.unwrap();
    assert_eq!(ana.tenants().check(&id("ana")).await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(ana.tenants().repair(&id("ana"), &[]).await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(ana.tenants().sweep(&id("ana")).await.unwrap_err().kind(), ErrorKind::Denied);
    let foreign = ana.tenants().check(&id("ben")).await.unwrap_err();
    let missing = ana.tenants().check(&id("nobody")).await.unwrap_err();
    assert_eq!(foreign.kind(), ErrorKind::NotFound);
    assert_eq!(foreign.to_string(), missing.to_string());
    let admin = place.tenantry.session(&id("root")).await.unwrap();
    assert!(admin.tenants().check(&id("ana")).await.unwrap().is_clean());
    admin.tenants().repair(&id("ana"), &[]).await.unwrap();
    admin.tenants().sweep(&id("ana")).await.unwrap();
    assert_eq!(admin.tenants().check(&id("nobody")).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_tenant_that_is_being_deleted_is_checked_and_not_repaired() {
    let place = memory().await;
    let admin = place.tenantry.session(&id("root")).await.unwrap();
    admin.tenants().delete(&id("ana")).await.unwrap();
    assert!(admin.tenants().check(&id("ana")).await.unwrap().is_clean());
    let refused = admin.tenants().repair(&id("ana"), &[]).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Suspended);
}

#[tokio::test]
async fn nothing_is_found_while_files_come_and_go() {
    for place in both().await {
        let come_and_go = async {
            for _ in 0..20 {
                let video = place.upload().await;
                place.ana().await.videos().delete(video.id(), Expected::Any).await.unwrap();
            }
        };
        let look = async {
            for _ in 0..20 {
                let mut found = findings(&place).await;
                // Between the commit that dooms a file and its deletion that is what it is.
                found.retain(|finding| !matches!(finding, Finding::OverdueDoom { .. }));
                assert_eq!(found, []);
            }
        };
        futures::join!(come_and_go, look);
    }
}

#[tokio::test]
async fn what_a_listing_missed_is_asked_for_by_name() {
    let memory = MemoryStore::new();
    let beside = Arc::new(memory.reopen());
    let (store, meanwhile) = Meanwhile::before(memory);
    let clock = clock();
    let place = Arc::new(Place { tenantry: open(store, &clock).await, beside, clock, folder: None });
    let video = place.upload().await;
    let name = video.value().filename.clone();
    place.beside.delete(&Place::key(&name)).await.unwrap();
    let inside = Arc::clone(&place);
    // As if it had been there all the time.
    meanwhile.at(StoreMethod::Head, 1, move || async move { inside.put(&name, b"0123456789").await });
    assert_eq!(findings(&place).await, []);
    assert!(meanwhile.is_over());
}

#[tokio::test]
async fn what_the_ledger_no_longer_names_by_then_is_not_found() {
    let memory = MemoryStore::new();
    let (beside, other) = (Arc::new(memory.reopen()), memory.reopen());
    let (store, meanwhile) = Meanwhile::before(memory);
    let clock = clock();
    let place = Place { tenantry: open(store, &clock).await, beside, clock, folder: None };
    let video = place.upload().await;
    place.beside.delete(&Place::key(&video.value().filename)).await.unwrap();
    let id = video.id().clone();
    meanwhile.at(StoreMethod::Head, 1, move || async move {
        let two = Tenantry::builder(other).open().await.unwrap();
        let ana = two.session(&crate::support::id("ana")).await.unwrap().own();
        ana.videos().delete(&id, Expected::Any).await.unwrap();
    });
    assert_eq!(findings(&place).await, []);
    assert!(meanwhile.is_over());
}
