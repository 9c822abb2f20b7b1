//! What is refused, with which code, and that nothing is changed by it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use tenantry::paths::TenantId;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{Expected, ListOptions, Tenantry};
use tokio::runtime::Runtime;

use crate::tree::{Said, Tree, assert_same};

#[test]
fn where_nobody_can_be_asked_nothing_is_changed_without_yes() {
    let tree = Tree::new();
    let before = tree.image();
    tree.migrate("apply", &["--leave"]).is_refused(2, "--yes");
    assert_same(&before, &tree.image());
    tree.apply(&[]);
    let applied = tree.image();
    for command in ["rollback", "finish"] {
        tree.migrate(command, &[]).is_refused(2, "--yes");
    }
    let told = tree.migrate("rollback", &["--json"]);
    assert_eq!(told.code, 2);
    assert!(told.document()["next"].as_str().unwrap().contains("--yes"));
    assert_same(&applied, &tree.image());
}

#[test]
fn what_is_in_the_way_is_named_and_nothing_changed() {
    let tree = Tree::unsolved();
    let before = tree.image();
    let said = tree.migrate("apply", &["--yes"]);
    said.is_refused(3, "data/user123/live_streams.json: the text ends too early");
    assert!(said.error.contains("nothing was changed"), "{said:?}");
    let said = tree.migrate("apply", &["--yes", "--json", "--leave"]);
    assert_eq!(said.code, 3);
    let problems = said.document()["problems"].as_array().unwrap().clone();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0]["path"], "data/user123/live_streams.json");
    assert_same(&before, &tree.image());
}

#[test]
fn without_a_migration_there_is_nothing_to_verify_roll_back_or_finish() {
    let tree = Tree::new();
    let before = tree.image();
    for command in ["verify", "rollback", "finish"] {
        let yes: &[&str] = if command == "verify" { &[] } else { &["--yes"] };
        tree.migrate(command, yes).is_refused(6, "there is no migration");
    }
    assert_same(&before, &tree.image());
}

#[test]
fn what_was_finished_is_not_rolled_back() {
    let tree = Tree::new();
    tree.apply(&[]);
    tree.migrate("finish", &["--yes"]).succeeds();
    let finished = tree.image();
    tree.migrate("rollback", &["--yes"]).is_refused(6, ".tenantry/migrations");
    assert_same(&finished, &tree.image());
}

#[test]
fn what_can_t_be_read_ends_with_1_and_a_wrong_call_with_2() {
    let tree = Tree::new();
    fs::rename(tree.root(), tree.beside("moved")).unwrap();
    for command in ["plan", "apply", "verify", "status", "rollback", "finish"] {
        let yes: &[&str] = if ["apply", "rollback", "finish"].contains(&command) { &["--yes"] } else { &[] };
        let said = tree.migrate(command, yes);
        said.is_refused(1, "the root can't be read");
        assert!(!said.error.contains(tree.root().to_str().unwrap()), "{said:?}");
        let wrong = tree.migrate(command, &["--unknown", "--json"]);
        assert_eq!(wrong.code, 2);
        assert!(wrong.document()["error"].as_str().unwrap().contains("--unknown"));
    }
}

#[test]
fn a_file_that_was_changed_since_is_a_difference_and_ends_with_4() {
    let tree = Tree::new();
    tree.apply(&[]);
    let changed = tree.root().join("videos/admin/rain on the roof.mp4");
    fs::set_permissions(&changed, PermissionsExt::from_mode(0o600)).unwrap();
    fs::write(&changed, "another content").unwrap();
    let said = tree.migrate("verify", &[]);
    assert_eq!(said.code, 4, "{said:?}");
    assert!(said.out.ends_with("NOT CLEAN: 1 difference\n"), "{said:?}");
    assert!(said.out.contains("admin, videos/rain on the roof.mp4: "), "{said:?}");
    let differences = tree.migrate("verify", &["--json"]).document()["differences"].clone();
    assert_eq!(differences.as_array().unwrap().len(), 1);
}

/// An application at work in the root, and the runtime with which it ends for certain.
fn application(tree: &Tree) -> (Runtime, Tenantry) {
    let runtime = Runtime::new().unwrap();
    let opened = runtime.block_on(async {
        let store = LocalStore::open(tree.root(), LocalOptions::default()).await.unwrap();
        Tenantry::builder(store).open().await.unwrap()
    });
    (runtime, opened)
}

fn close((runtime, application): (Runtime, Tenantry)) {
    runtime.block_on(application.close(Duration::from_secs(60))).unwrap();
    drop(application);
    drop(runtime);
}

#[test]
fn where_somebody_is_at_work_nothing_is_begun() {
    let tree = Tree::new();
    tree.apply(&["--tenant", "demo"]);
    tree.migrate("finish", &["--yes"]).succeeds();
    let application = application(&tree);
    let before = tree.image();
    tree.migrate("apply", &["--yes", "--leave"]).is_refused(6, "stop the application");
    assert_same(&before.without(".tenantry"), &tree.image().without(".tenantry"));
    close(application);
    tree.apply(&[]);
}

#[test]
fn what_tenants_did_since_is_not_thrown_away_unless_that_is_said() {
    let tree = Tree::new();
    let before = tree.image();
    tree.apply(&[]);
    let (runtime, opened) = application(&tree);
    runtime.block_on(async {
        let workspace = opened.session(&TenantId::parse("user123").unwrap()).await.unwrap().own();
        let videos = workspace.videos().list(&ListOptions::new().limit(1)).await.unwrap();
        workspace.videos().rename(videos.items[0].id(), Expected::Any, "renamed since").await.unwrap();
    });
    close((runtime, opened));
    let went_on = tree.image();
    tree.migrate("rollback", &["--yes"]).is_refused(6, "--discard-changes: user123\n");
    assert_same(&went_on.without(".tenantry"), &tree.image().without(".tenantry"));
    tree.migrate("rollback", &["--yes", "--discard-changes"]).succeeds();
    assert_same(&before, &tree.image());
}

#[test]
fn a_root_that_may_not_be_written_is_left_as_it_was() {
    let tree = Tree::new();
    let open = PermissionsExt::from_mode(0o755);
    // Where the binary lies, the other user may not go.
    let beside = tempfile::Builder::new().permissions(open).tempdir().unwrap();
    let (tool, root) = (beside.path().join("migrate"), beside.path().join("root"));
    fs::copy(env!("CARGO_BIN_EXE_migrate"), &tool).unwrap();
    fs::rename(tree.root(), &root).unwrap();
    for folder in ["tokens", "."] {
        fs::set_permissions(root.join(folder), PermissionsExt::from_mode(0o555)).unwrap();
    }
    for file in ["videos/unreadable.mp4", "videos/read-only.mp4"] {
        fs::set_permissions(root.join(file), PermissionsExt::from_mode(0o444)).unwrap();
    }
    let before = tenantry::testkit::TreeImage::of(&root).unwrap();
    let mut call = Command::new(tool);
    call.args(["apply", "--yes", "--leave", "--root"]).arg(&root).current_dir("/");
    if fs::metadata(beside.path()).unwrap().uid() == 0 {
        call.uid(65_534).gid(65_534);
    }
    let said = Said::of(call.output().unwrap());
    said.is_refused(1, "call it as the user whose files they are");
    assert!(said.error.contains("nothing was changed"), "{said:?}");
    assert_same(&before, &tenantry::testkit::TreeImage::of(&root).unwrap());
}
