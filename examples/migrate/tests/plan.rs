//! The tool, called as from a shell.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;
use tenantry::migrate::Plan;

fn tree() -> TempDir {
    let tree = tempfile::tempdir().unwrap();
    fs::create_dir(tree.path().join("videos")).unwrap();
    fs::write(tree.path().join("videos/a.mp4"), "bytes").unwrap();
    fs::write(tree.path().join("video_database.json"), r#"[{"id": "1", "filename": "a.mp4"}]"#).unwrap();
    fs::write(tree.path().join("stream_timers.json"), "[]").unwrap();
    tree
}

fn migrate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_migrate")).args(arguments).output().unwrap()
}

fn plan(root: &Path, arguments: &[&str]) -> Output {
    migrate(&[&["plan", "--root", root.to_str().unwrap()], arguments].concat())
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn a_plan_that_can_be_applied_is_printed_as_a_text_with_lines_of_progress_beside_it() {
    let tree = tree();
    let output = plan(tree.path(), &["--default-owner", "ana", "--demo", "demo"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("videos/a.mp4 (5 bytes) moved to videos/ana/a.mp4"));
    assert!(text(&output.stdout).contains("ana: admin, 1 record, 1 file of 5 bytes; "));
    assert!(text(&output.stderr).contains("files read: 3 of 3, "), "{}", text(&output.stderr));
}

#[test]
fn as_json_it_is_one_document_and_nothing_else() {
    let tree = tree();
    let owners = tempfile::NamedTempFile::new().unwrap();
    fs::write(&owners, r#"{"a.mp4": "ben"}"#).unwrap();
    let output = plan(tree.path(), &["--json", "--owners", owners.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    let plan: Plan = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(plan.records[0].tenant.as_str(), "ben");
}

#[test]
fn what_is_in_the_way_is_shown_and_ends_with_3_unless_it_is_to_be_left() {
    let tree = tree();
    fs::write(tree.path().join("live_streams.json"), "[7]").unwrap();
    let output = plan(tree.path(), &[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stdout).contains("IN THE WAY"));
    assert_eq!(plan(tree.path(), &["--leave"]).status.code(), Some(0));
}

#[test]
fn what_can_t_be_read_ends_with_1_and_a_wrong_call_with_2() {
    let tree = tree();
    let output = plan(&tree.path().join("missing"), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!text(&output.stderr).contains(tree.path().to_str().unwrap()));
    let output = plan(&tree.path().join("missing"), &["--json"]);
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(told["error"].as_str().unwrap().contains("root"));
    for wrong in [&["plan"][..], &["undo"], &[]] {
        assert_eq!(migrate(wrong).status.code(), Some(2), "{wrong:?}");
    }
    assert_eq!(plan(tree.path(), &["--time-zone", "Nowhere"]).status.code(), Some(2));
    assert_eq!(plan(tree.path(), &["--default-owner", ""]).status.code(), Some(2));
    let owners = tempfile::NamedTempFile::new().unwrap();
    for wrong in ["[]", "", r#"{"a.mp4": 1}"#, r#"{"a.mp4": "ana", "a.mp4": "ben"}"#] {
        fs::write(&owners, wrong).unwrap();
        let output = plan(tree.path(), &["--owners", owners.path().to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
    }
    assert_eq!(migrate(&["plan", "--help"]).status.code(), Some(0));
}

/// The tool, run by somebody for whom modes hold.
#[cfg(unix)]
fn as_anybody(root: &Path) -> Output {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;

    // Where the binary lies, the other user may not go.
    let open = PermissionsExt::from_mode(0o755);
    let beside = tempfile::Builder::new().permissions(open).tempdir().unwrap();
    let tool = beside.path().join("migrate");
    assert!(
        Command::new("cp")
            .args([env!("CARGO_BIN_EXE_migrate"), tool.to_str().unwrap()])
            .status()
            .unwrap()
            .success()
    );
    let mut command = Command::new(tool);
    command.args(["plan", "--root"]).arg(root).current_dir("/");
    if fs::metadata(beside.path()).unwrap().uid() == 0 {
        command.uid(65_534).gid(65_534);
    }
    command.output().unwrap()
}

#[cfg(unix)]
#[test]
fn a_file_or_folder_that_may_not_be_read_is_in_the_way() {
    use std::os::unix::fs::PermissionsExt;
    let tree = tree();
    let mode = |path: &str, mode| {
        fs::set_permissions(tree.path().join(path), fs::Permissions::from_mode(mode)).unwrap()
    };
    fs::create_dir(tree.path().join("thumbnails")).unwrap();
    mode("", 0o755);
    assert_eq!(as_anybody(tree.path()).status.code(), Some(0));
    mode("videos/a.mp4", 0);
    mode("thumbnails", 0);
    let output = as_anybody(tree.path());
    assert_eq!(output.status.code(), Some(3));
    for told in
        ["videos/a.mp4: can't be read: permission denied", "thumbnails: can't be listed: permission denied"]
    {
        assert!(text(&output.stdout).contains(told), "{}", text(&output.stdout));
    }
    mode("thumbnails", 0o755);
    mode("", 0);
    assert_eq!(as_anybody(tree.path()).status.code(), Some(1));
    mode("", 0o755);
}

#[test]
fn the_workbook_is_written_outside_the_tree_only() {
    let (tree, beside) = (tree(), tempfile::tempdir().unwrap());
    let file = beside.path().join("plan.xlsx");
    let output = plan(tree.path(), &["--xlsx", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    assert!(fs::read(file).unwrap().starts_with(b"PK"));
    let inside = tree.path().join("videos/../plan.xlsx");
    assert_eq!(plan(tree.path(), &["--xlsx", inside.to_str().unwrap()]).status.code(), Some(2));
    assert!(!inside.exists());
}
