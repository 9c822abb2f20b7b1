//! The files of tokens: each has its own, there and new before a call is answered, and gone with it.

use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};

use tenantry::paths::FileName;
use tenantry::record::OnReferenced;
use tenantry::store::{MemoryStore, StoreMethod, TenantStore, ViewKey, ViewName, ViewPlace};
use tenantry::{ErrorKind, Expected, ListOptions, Schedule, Tenantry, Token, ViewMode};

use crate::meanwhile::Meanwhile;
use crate::processes::other;
use crate::support::{CLOSE, Place, id, only_edit, record};
use crate::token_folder::{content, create, delete, file, names, replace, text};

pub(crate) const LIVE: [ViewMode; 2] = [ViewMode::Soon, ViewMode::EveryCommit];

#[tokio::test]
async fn a_token_has_its_file_when_its_change_is_answered() {
    for mode in LIVE {
        let place = Place::new();
        let (_tenantry, ana) = place.begin(mode).await;
        create(&ana, "Channel ö.json", 1).await;
        assert_eq!(place.token("Channel ö.json"), text(1), "as it was given, with nothing added");
        replace(&ana, "channel ö.json", 2).await;
        assert_eq!(names(&place), ["Channel ö.json"]);
        assert_eq!(place.token("Channel ö.json"), text(2));
        create(&ana, "other.json", 3).await;
        delete(&ana, "channel ö.json").await;
        assert_eq!(names(&place), ["other.json"], "{mode:?}");
        assert_eq!(place.token("other.json"), text(3));
    }
}

#[tokio::test]
async fn only_the_owner_of_the_disk_can_read_them() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::Soon).await;
    create(&ana, "a.json", 1).await;
    replace(&ana, "a.json", 2).await;
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(place.token_path("")), mode(place.token_path("a.json"))), (0o700, 0o600));
    place.write_token("a.json", "mine");
    replace(&ana, "a.json", 3).await;
    let edit = only_edit(&ana).await;
    assert_eq!(mode(place.token_path(edit.as_str().strip_prefix("tokens/").unwrap())), 0o600);
}

#[tokio::test]
async fn a_tokens_file_follows_whichever_way_its_record_changed() {
    for mode in LIVE {
        let place = Place::new();
        let (_tenantry, ana) = place.begin(mode).await;
        let all = ana.collection::<Token>();
        let first = all.insert(Token::new(file("a.json"), content(1))).await.unwrap();
        assert_eq!(place.token("a.json"), text(1));
        all.update(first.id(), Expected::Any, Token::new(file("b.json"), content(2))).await.unwrap();
        assert_eq!(names(&place), ["b.json"], "it was called something else");
        let id = first.id().clone();
        let both = ana.transaction(move |to| {
            to.collection::<Token>().remove(&id, Expected::Any)?;
            to.collection::<Token>().insert_as(&record("c"), &Token::new(file("c.json"), content(3)))?;
            to.collection::<Token>().insert_as(&record("d"), &Token::new(file("d.json"), content(4)))
        });
        both.await.unwrap();
        assert_eq!(names(&place), ["c.json", "d.json"], "{mode:?}");
        let mut schedule = Schedule::new("Rain", "2025-11-05T10:00".parse().unwrap());
        schedule.token_file = Some(file("c.json"));
        ana.schedules().add(schedule).await.unwrap();
        let refused = ana.tokens().delete(&file("c.json"), Expected::Any).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Referenced);
        assert_eq!(names(&place), ["c.json", "d.json"], "a refusal changes nothing");
        ana.tokens().delete_with(&file("c.json"), Expected::Any, OnReferenced::Clear).await.unwrap();
        assert_eq!(names(&place), ["d.json"]);
    }
}

#[tokio::test]
async fn a_name_in_other_capitals_leaves_one_file() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::Soon).await;
    let token = ana.tokens().create(&file("a.json"), content(1)).await.unwrap();
    let respelled = Token::new(file("A.JSON"), content(1));
    ana.collection::<Token>().update(token.id(), Expected::Any, respelled).await.unwrap();
    assert_eq!(names(&place), ["A.JSON"]);
    create(&ana, "b.json", 2).await;
    ana.write_views().await.unwrap();
    assert_eq!(names(&place), ["A.JSON", "b.json"]);
}

#[tokio::test]
async fn at_close_they_are_written_and_removed_like_other_views_and_not_before() {
    let place = Place::new();
    let (tenantry, ana) = place.begin(ViewMode::AtClose).await;
    create(&ana, "a.json", 1).await;
    create(&ana, "b.json", 1).await;
    assert_eq!(names(&place), Vec::<String>::new());
    ana.write_views().await.unwrap();
    delete(&ana, "a.json").await;
    assert_eq!(names(&place), ["a.json", "b.json"]);
    tenantry.close(CLOSE).await.unwrap();
    assert_eq!(names(&place), ["b.json"]);
}

#[tokio::test]
async fn after_reopening_the_first_commit_brings_the_files_up_to_the_ledger() {
    let place = Place::new();
    let (tenantry, ana) = place.begin(ViewMode::Soon).await;
    create(&ana, "a.json", 1).await;
    create(&ana, "b.json", 1).await;
    tenantry.close(CLOSE).await.unwrap();
    let tenantry = place.open(ViewMode::AtClose).await;
    let ana = tenantry.session(&id("ana")).await.unwrap().own();
    delete(&ana, "a.json").await;
    replace(&ana, "b.json", 2).await;
    // Ended without closing.
    drop((tenantry, ana));
    let tenantry = place.open(ViewMode::Soon).await;
    let ana = tenantry.session(&id("ana")).await.unwrap().own();
    assert_eq!(names(&place), ["a.json", "b.json"]);
    create(&ana, "c.json", 1).await;
    assert_eq!(names(&place), ["b.json", "c.json"]);
    assert_eq!(place.token("b.json"), text(2));
}

#[tokio::test]
async fn what_is_lost_is_written_again_and_what_is_left_over_is_removed_on_request() {
    let place = Place::new();
    let (tenantry, ana) = place.begin(ViewMode::Soon).await;
    create(&ana, "a.json", 1).await;
    let left = place.token("a.json");
    create(&ana, "b.json", 1).await;
    let digests = place.read(".views");
    delete(&ana, "a.json").await;
    // As a process that ended too early leaves it.
    place.write_token("a.json", left);
    place.write(".views", digests);
    std::fs::remove_file(place.token_path("b.json")).unwrap();
    let report = tenantry.operator("test").write_views(&id("ana")).await.unwrap();
    assert_eq!(
        (report.written, report.removed),
        (vec!["tokens/b.json".into()], vec!["tokens/a.json".into()])
    );
    assert_eq!((names(&place), report.edited), (vec!["b.json".to_owned()], vec![]));
}

#[tokio::test]
async fn the_digests_hold_nothing_of_a_tokens_content_and_nothing_of_one_that_is_gone() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::EveryCommit).await;
    create(&ana, "a.json", 1).await;
    let digests: serde_json::Value = serde_json::from_str(&place.read(".views")).unwrap();
    let digest = blake3::hash(text(1).as_bytes()).to_hex().to_string();
    assert_eq!(digests["views"]["tokens/a.json"], serde_json::json!([digest]));
    assert_eq!(digests["shown"].get("tokens/a.json"), None);
    assert!(!place.read(".views").contains("synthetic"));
    delete(&ana, "a.json").await;
    assert!(!place.read(".views").contains("a.json"));
}

#[tokio::test]
async fn an_erased_tenant_leaves_no_file_of_a_token_edited_ones_included() {
    let place = Place::new();
    let (tenantry, ana) = place.begin(ViewMode::Soon).await;
    create(&ana, "a.json", 1).await;
    create(&ana, "b.json", 1).await;
    place.write_token("a.json", "mine");
    place.write_token("client_secret.json", "mine");
    replace(&ana, "a.json", 2).await;
    only_edit(&ana).await;
    let admin = tenantry.session(&id("root")).await.unwrap();
    admin.tenants().delete(&id("ana")).await.unwrap();
    assert_eq!(place.token("b.json"), text(1), "until then it can be restored");
    admin.tenants().erase(&id("ana"), tenantry::Grace::Skip).await.unwrap();
    assert!(!place.token_path("").exists());
    tenantry.ensure(&id("ana"), "Ana").await.unwrap();
    assert_eq!(names(&place), Vec::<String>::new());
    let ana = tenantry.session(&id("ana")).await.unwrap().own();
    create(&ana, "a.json", 2).await;
    assert_eq!((names(&place), place.token("a.json")), (vec!["a.json".to_owned()], text(2)));
}

#[tokio::test]
async fn a_token_that_is_written_while_its_tenant_is_erased_does_not_come_back() {
    let memory = MemoryStore::new();
    let (beside, eraser) = (memory.reopen(), memory.reopen());
    let (store, meanwhile) = Meanwhile::before(memory);
    let tenantry = Tenantry::builder(store).open().await.unwrap();
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    tenantry.ensure(&id("ana"), "Ana").await.unwrap();
    let ana = tenantry.session(&id("ana")).await.unwrap().own();
    create(&ana, "a.json", 1).await;
    meanwhile.at(StoreMethod::PutView, 1, || async {
        let two = Tenantry::builder(eraser).open().await.unwrap();
        let admin = two.session(&id("root")).await.unwrap();
        admin.tenants().delete(&id("ana")).await.unwrap();
        admin.tenants().erase(&id("ana"), tenantry::Grace::Skip).await.unwrap();
    });
    assert_eq!(ana.write_views().await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(meanwhile.is_over());
    let name = ViewName::File(FileName::parse("a.json").unwrap());
    let view = ViewKey { place: ViewPlace::Tokens, name };
    assert_eq!(beside.read_view(&id("ana"), &view).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_a_token_while_it_is_refreshed_reads_the_old_or_the_new_one() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::Soon).await;
    create(&ana, "a.json", 0).await;
    let (path, is_over) = (place.token_path("a.json"), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut last, mut reads) = (0, 0);
            while !is_over.load(Ordering::SeqCst) || reads == 0 {
                let read = std::fs::read_to_string(&path).unwrap();
                let at =
                    (last..=100).find(|&at| text(at) == read).unwrap_or_else(|| panic!("{last}: {read}"));
                (last, reads) = (at, reads + 1);
            }
        });
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(async {
                for number in 1..=100 {
                    replace(&ana, "a.json", number).await;
                }
            });
        });
        is_over.store(true, Ordering::SeqCst);
        reader.join().unwrap();
    });
    assert_eq!(place.token("a.json"), text(100));
}

#[tokio::test]
async fn two_processes_that_change_one_tenants_tokens_take_nothing_of_each_other_for_edited() {
    let place = Place::new();
    let (one, ana) = place.begin(ViewMode::Soon).await;
    let two = place.open(ViewMode::Soon).await;
    let other = two.session(&id("ana")).await.unwrap().own();
    for name in ["a.json", "b.json"] {
        create(&ana, name, 0).await;
    }
    let change = |at: usize| {
        let workspace = if at.is_multiple_of(2) { ana.clone() } else { other.clone() };
        async move {
            replace(&workspace, "a.json", at).await;
            create(&workspace, &format!("{at}.json"), at).await;
            delete(&workspace, &format!("{at}.json")).await;
        }
    };
    futures::future::join_all((1..=8).map(change)).await;
    let stands = ana.tokens().read(&file("a.json")).await.unwrap().into_value().content;
    one.close(CLOSE).await.unwrap();
    two.close(CLOSE).await.unwrap();
    assert_eq!(names(&place), ["a.json", "b.json"]);
    assert_eq!(place.token("a.json"), stands.expose());
}

#[tokio::test]
async fn a_file_that_is_written_late_does_not_outlive_its_token() {
    for is_new in [true, false] {
        let place = Place::new();
        place.begin(ViewMode::AtClose).await;
        let (store, meanwhile) = Meanwhile::before(place.store().await);
        let tenantry = place.open_on(store, ViewMode::Soon).await;
        let ana = tenantry.session(&id("ana")).await.unwrap().own();
        create(&ana, "b.json", 1).await;
        if !is_new {
            create(&ana, "a.json", 1).await;
        }
        let (root, clock) = (place.folder.path().join("root"), place.clock.clone());
        // Between the digests and the file.
        meanwhile.at(StoreMethod::PutView, 2, || async move {
            let two = other(root, clock, ViewMode::Soon).await;
            let ana = two.session(&id("ana")).await.unwrap().own();
            delete(&ana, "a.json").await;
        });
        match is_new {
            true => create(&ana, "a.json", 2).await,
            false => replace(&ana, "a.json", 2).await,
        }
        assert!(meanwhile.is_over());
        assert_eq!(names(&place), ["b.json"], "new: {is_new}");
        assert!(ana.tokens().read(&file("a.json")).await.is_err());
    }
}

#[tokio::test]
async fn a_file_goes_with_its_token_though_the_digests_were_lost() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::Soon).await;
    create(&ana, "a.json", 1).await;
    std::fs::remove_file(place.path(".views")).unwrap();
    delete(&ana, "a.json").await;
    assert_eq!(names(&place), Vec::<String>::new());
}

/// A folder in the way, which no view replaces.

#[tokio::test]
async fn in_memory_they_are_written_and_removed_on_request_only() {
    let store = MemoryStore::new();
    let beside = store.reopen();
    let tenantry = Tenantry::builder(store).open().await.unwrap();
    tenantry.ensure(&id("ana"), "Ana").await.unwrap();
    let ana = tenantry.session(&id("ana")).await.unwrap().own();
    create(&ana, "a.json", 1).await;
    let view = ViewKey { place: ViewPlace::Tokens, name: ViewName::File(file("a.json")) };
    assert_eq!(beside.read_view(&id("ana"), &view).await.unwrap(), None);
    assert!(ana.write_views().await.unwrap().written.contains(&"tokens/a.json".to_owned()));
    assert_eq!(beside.read_view(&id("ana"), &view).await.unwrap().unwrap(), text(1));
    delete(&ana, "a.json").await;
    assert_eq!(ana.write_views().await.unwrap().removed, ["tokens/a.json"]);
    assert_eq!(beside.read_view(&id("ana"), &view).await.unwrap(), None);
    assert!(ana.tokens().list(&ListOptions::new()).await.unwrap().items.is_empty());
}
