//! What each command does and says.

use std::fs;

use crate::tree::{Tree, assert_same};

#[test]
fn a_folder_is_applied_verified_and_finished() {
    let tree = Tree::new();
    assert_eq!(tree.phase(), "not_begun");
    let applied = tree.apply(&[]);
    assert!(applied.out.starts_with("APPLIED\n  8 tenants: "), "{applied:?}");
    assert_eq!(tree.phase(), "applied");
    let verified = tree.migrate("verify", &[]).succeeds();
    assert!(verified.out.ends_with("CLEAN: all is as planned\n"), "{verified:?}");
    let finished = tree.migrate("finish", &["--yes"]).succeeds();
    assert_eq!(tree.phase(), "finished");
    let originals = finished.out.lines().find_map(|line| line.strip_prefix("  originals: ")).unwrap();
    let kept = fs::read(tree.root().join(originals).join("video_database.json")).unwrap();
    assert_eq!(kept, fs::read(Tree::new().root().join("video_database.json")).unwrap());
}

#[test]
fn originals_are_dropped_at_the_end_or_later() {
    let tree = Tree::new();
    tree.apply(&[]);
    tree.migrate("finish", &["--drop-originals"]).is_refused(2, "--yes");
    tree.migrate("finish", &["--yes"]).succeeds();
    let kept = tree.root().join(".tenantry/migrations/1");
    assert!(kept.join("originals/video_database.json").is_file());
    let dropped = tree.migrate("finish", &["--yes", "--drop-originals"]).succeeds();
    assert!(dropped.out.ends_with("  no originals are kept\n"), "{dropped:?}");
    assert!(!kept.join("originals").exists() && kept.join("plan.json").is_file());
}

#[test]
fn what_was_put_into_a_tenant_s_folder_is_named_and_stays() {
    let tree = Tree::new();
    tree.apply(&[]);
    let put = tree.root().join("videos/admin/holiday.mp4");
    fs::write(&put, "mine").unwrap();
    tree.migrate("rollback", &["--yes"]).is_refused(6, "videos/admin/holiday.mp4");
    let rolled_back = tree.migrate("rollback", &["--yes", "--discard-changes"]).succeeds();
    assert!(rolled_back.out.contains("not the library's: videos/admin/holiday.mp4"), "{rolled_back:?}");
    assert_eq!(fs::read(put).unwrap(), b"mine");
}

#[test]
fn of_a_migration_that_ended_before_its_first_change_nothing_is_left() {
    let tree = Tree::new();
    fs::create_dir_all(tree.root().join(".tenantry/migration")).unwrap();
    fs::write(tree.root().join(".tenantry/migration/.before.json.new"), "{\"ro").unwrap();
    assert_eq!(tree.phase(), "not_begun");
    tree.migrate("rollback", &["--yes"]).succeeds();
    assert!(!tree.root().join(".tenantry").exists());
    tree.migrate("rollback", &["--yes"]).is_refused(6, "there is no migration");
}

#[test]
fn one_of_something_is_told_as_one() {
    let tree = Tree::of_one_video();
    let told = |said: crate::tree::Said, text: &str| {
        let said = said.succeeds();
        assert!(said.out.contains(text) || said.error.contains(text), "{said:?}");
    };
    told(tree.migrate("plan", &[]), "  1 file of 5 bytes for 1 tenant\n  1 record of ");
    told(tree.migrate("apply", &["--yes"]), "APPLIED\n  1 tenant: 1 file of 5 bytes, 1 record\n");
    told(tree.migrate("verify", &[]), "admin: 1 file of 5 bytes, 1 record (videos 1) as planned\n");
    fs::write(tree.root().join("users.json"), r#"{"ana": {}}"#).unwrap();
    let said = tree.migrate("verify", &[]);
    assert!(said.out.ends_with("NOT CLEAN: 1 difference\n"), "{said:?}");
}

#[test]
fn a_number_of_bytes_is_told_alike_wherever_it_stands() {
    let tree = Tree::new();
    let applied = tree.apply(&[]);
    let told = |line: &str| line.split(" of ").nth(1).unwrap().split([',', ' ']).next().unwrap().to_owned();
    let planned = applied.error.lines().find(|line| line.contains(" for 8 tenants")).unwrap();
    let done = applied.out.lines().find(|line| line.contains("8 tenants: ")).unwrap();
    assert_eq!(told(planned), told(done), "{applied:?}");
    let verified = tree.migrate("verify", &[]);
    let last = verified.error.lines().rfind(|line| line.starts_with("reading back")).unwrap();
    assert!(last.contains(&format!("of {} KiB of all tenants", told(done))), "{last}");
}

#[test]
fn rolled_back_the_folder_is_as_it_was_to_the_byte_the_name_the_time_and_the_mode() {
    let tree = Tree::new();
    let before = tree.image();
    tree.apply(&[]);
    assert!(before.difference(&tree.image()).is_some());
    let rolled_back = tree.migrate("rollback", &["--yes"]).succeeds();
    assert!(rolled_back.out.starts_with("ROLLED BACK"), "{rolled_back:?}");
    assert_same(&before, &tree.image());
    assert_eq!(tree.phase(), "not_begun");
}

#[test]
fn applied_again_nothing_is_changed() {
    let tree = Tree::new();
    tree.apply(&[]);
    let applied = tree.image();
    let again = tree.apply(&[]);
    assert!(again.out.starts_with("APPLIED BEFORE: nothing was changed"), "{again:?}");
    assert_same(&applied.without(".tenantry"), &tree.image().without(".tenantry"));
}

#[test]
fn with_json_each_command_prints_one_document_and_progress_goes_elsewhere() {
    let tree = Tree::new();
    let applied = tree.apply(&["--json"]);
    assert!(applied.error.contains("files read: "), "{applied:?}");
    let applied = applied.document();
    assert_eq!((&applied["tenants"], &applied["was_done"]), (&8.into(), &false.into()));
    let status = tree.migrate("status", &["--json"]).succeeds().document();
    assert_eq!(status["done"].as_array().unwrap().len(), 8);
    let verified = tree.migrate("verify", &["--json"]).succeeds().document();
    assert_eq!(verified["differences"], serde_json::json!([]));
    let tenants = verified["tenants"].as_object().unwrap();
    let files: u64 = tenants.values().map(|tenant| tenant["files"].as_u64().unwrap()).sum();
    assert_eq!(files, applied["files"]);
    let rolled_back = tree.migrate("rollback", &["--yes", "--json"]).succeeds().document();
    assert!(rolled_back["moved_back"].as_u64().unwrap() > 50);
    tree.apply(&[]);
    let finished = tree.migrate("finish", &["--yes", "--json"]).succeeds().document();
    assert!(tree.root().join(finished["originals"].as_str().unwrap()).is_dir());
}
