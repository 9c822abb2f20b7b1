//! Files of tokens that somebody else wrote, and others that are in the way.

use std::os::unix::fs::symlink;

use tenantry::store::TenantStore;
use tenantry::{EditName, ErrorKind, Token, ViewMode};

use crate::support::{Place, id, only_edit};
use crate::token_folder::{content, create, delete, file, names, replace, text};
use crate::tokens::LIVE;

#[tokio::test]
async fn a_file_that_somebody_edited_is_set_aside_when_its_token_is_replaced_or_deleted() {
    let place = Place::new();
    let (tenantry, ana) = place.begin(ViewMode::Soon).await;
    create(&ana, "a.json", 1).await;
    create(&ana, "b.json", 1).await;
    place.write_token("a.json", "my a.json");
    replace(&ana, "a.json", 2).await;
    place.write_token("b.json", "my b.json");
    delete(&ana, "b.json").await;
    assert_eq!(place.token("a.json"), text(2));
    assert_eq!(ana.tokens().read(&file("a.json")).await.unwrap().value().content, content(2));
    let edits = ana.edited_views().list().await.unwrap();
    let found: Vec<_> = edits.iter().map(|edit| (edit.view.as_str(), edit.bytes)).collect();
    assert_eq!(found, [("tokens/a.json", 9), ("tokens/b.json", 9)]);
    for (edit, name) in edits.iter().zip(["a.json", "b.json"]) {
        let kept = edit.name.as_str().strip_prefix("tokens/").unwrap();
        assert!(kept.starts_with(&format!("{name}.edited-")), "{kept}");
        assert_eq!(place.token(kept), format!("my {name}"));
        let refused = ana.edited_views().adopt::<Token>(&edit.name).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unsupported);
        assert_eq!(EditName::parse(edit.name.as_str()).unwrap(), edit.name);
    }
    let ben = tenantry.session(&id("ben")).await.unwrap().own();
    assert_eq!(ben.edited_views().list().await.unwrap(), []);
    ana.edited_views().discard(&edits[0].name).await.unwrap();
    assert_eq!(only_edit(&ana).await, edits[1].name);
    ana.edited_views().discard(&edits[1].name).await.unwrap();
    assert_eq!(names(&place), ["a.json"]);
}

#[tokio::test]
async fn an_edit_that_nobody_asked_about_is_told_by_a_check_and_reported_when_it_is_set_aside() {
    let place = Place::new();
    let (tenantry, ana) = place.begin(ViewMode::Soon).await;
    create(&ana, "a.json", 1).await;
    place.write_token("a.json", "mine");
    let operator = tenantry.operator("test");
    let report = operator.check(&id("ana")).await.unwrap();
    let expected = tenantry::Finding::EditedView { view: "tokens/a.json".to_owned() };
    assert_eq!(report.findings, [expected]);
    assert_eq!(place.token("a.json"), "mine", "a check changes nothing");
    let report = operator.write_views(&id("ana")).await.unwrap();
    let [edited] = &report.edited[..] else { panic!("{report:?}") };
    assert_eq!(
        (edited.view.as_str(), &report.written[..]),
        ("tokens/a.json", &["tokens/a.json".to_owned()][..])
    );
    assert_eq!(place.token(edited.kept_as.strip_prefix("tokens/").unwrap()), "mine");
    assert_eq!(place.token("a.json"), text(1));
    assert!(operator.check(&id("ana")).await.unwrap().is_clean());
}

#[tokio::test]
async fn files_that_no_token_names_are_left_alone() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::Soon).await;
    let strangers = ["client_secret.json", "older.json", "a.json.bak", "b.json"];
    for name in strangers {
        place.write_token(name, name);
    }
    create(&ana, "a.json", 1).await;
    replace(&ana, "a.json", 2).await;
    delete(&ana, "a.json").await;
    // What lies there now under that name was never the library's.
    place.write_token("a.json", "a.json");
    create(&ana, "c.json", 1).await;
    ana.write_views().await.unwrap();
    assert_eq!(
        names(&place),
        ["a.json", "a.json.bak", "b.json", "c.json", "client_secret.json", "older.json"]
    );
    for name in strangers.iter().chain(&["a.json"]) {
        assert_eq!(place.token(name), *name);
    }
    assert_eq!(ana.edited_views().list().await.unwrap(), []);
}

#[tokio::test]
async fn a_file_that_was_there_before_a_token_of_that_name_is_set_aside() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::Soon).await;
    place.write_token("a.json", "older");
    create(&ana, "a.json", 1).await;
    assert_eq!(place.token("a.json"), text(1));
    let edit = only_edit(&ana).await;
    assert_eq!(place.token(edit.as_str().strip_prefix("tokens/").unwrap()), "older");
}

#[tokio::test]
async fn a_file_that_says_what_the_token_does_is_its_file_whoever_wrote_it() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::AtClose).await;
    place.write_token("a.json", text(1));
    create(&ana, "a.json", 1).await;
    let report = ana.write_views().await.unwrap();
    assert_eq!((report.written.iter().any(|name| name.contains("a.json")), report.edited), (false, vec![]));
    delete(&ana, "a.json").await;
    assert_eq!(ana.write_views().await.unwrap().removed, ["tokens/a.json"]);
}

#[tokio::test]
async fn the_applications_own_credentials_are_left_alone_whatever_the_digests_say() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::AtClose).await;
    place.write_token("client_secret.json", "theirs");
    let digest = blake3::hash(b"theirs").to_hex();
    let label = format!(r#""views": {{ "tokens/client_secret.json": ["{digest}"],"#);
    let digests = place.read(".views").replacen("\"views\": {", &label, 1);
    assert!(digests.contains("client_secret"));
    place.write(".views", digests);
    create(&ana, "a.json", 1).await;
    ana.write_views().await.unwrap();
    assert_eq!(
        (names(&place), place.token("client_secret.json")),
        (vec!["a.json".into(), "client_secret.json".into()], "theirs".into())
    );
}

#[tokio::test]
async fn a_file_that_can_not_be_written_keeps_no_commit_from_standing_and_comes_later() {
    for mode in LIVE {
        let place = Place::new();
        let (_tenantry, ana) = place.begin(mode).await;
        create(&ana, "b.json", 1).await;
        std::fs::create_dir_all(place.token_path("a.json/within")).unwrap();
        create(&ana, "a.json", 1).await;
        assert_eq!(ana.tokens().read(&file("a.json")).await.unwrap().value().content, content(1));
        delete(&ana, "b.json").await;
        assert_eq!(names(&place), ["a.json"], "one that fails holds up no other");
        std::fs::remove_dir_all(place.token_path("a.json")).unwrap();
        create(&ana, "c.json", 1).await;
        if mode == ViewMode::EveryCommit {
            assert_eq!(
                (names(&place), place.token("a.json")),
                (vec!["a.json".into(), "c.json".into()], text(1))
            );
        }
        ana.write_views().await.unwrap();
        assert_eq!(place.token("a.json"), text(1));
    }
}

#[tokio::test]
async fn a_link_in_the_place_of_a_token_is_neither_followed_nor_taken_for_it() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::EveryCommit).await;
    let outside = place.folder.path().join("outside.json");
    std::fs::write(&outside, "theirs").unwrap();
    symlink(&outside, place.token_path("a.json")).unwrap();
    create(&ana, "a.json", 1).await;
    delete(&ana, "a.json").await;
    create(&ana, "a.json", 2).await;
    assert_eq!(std::fs::read_to_string(&outside).unwrap(), "theirs");
    assert!(place.token_path("a.json").is_symlink());
    std::fs::remove_file(place.token_path("a.json")).unwrap();
    create(&ana, "b.json", 1).await;
    assert_eq!((place.token("a.json"), place.token("b.json")), (text(2), text(1)));
}

#[tokio::test]
async fn a_record_that_names_another_owner_or_a_name_that_no_token_has_has_no_file() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::EveryCommit).await;
    create(&ana, "a.json", 1).await;
    let store = place.store().await;
    // Beneath the library, by a broken tool.
    for (number, owner, name) in [(1000, "ben", "ben.json"), (1001, "ana", "client_secret.json")] {
        let base = store.load(&id("ana")).await.unwrap().unwrap().version;
        let record = format!(r#"{{"id":"{number}","owner":"{owner}","filename":"{name}","content":"{{}}"}}"#);
        let text = format!(r#"[["tokens","{number}",{number},[],{record}]]"#);
        let commit = tenantry::store::Commit { header: None, text: text.into() };
        store.append(&id("ana"), Some(&base), commit).await.unwrap();
    }
    ana.write_views().await.unwrap();
    assert_eq!(names(&place), ["a.json"]);
}
