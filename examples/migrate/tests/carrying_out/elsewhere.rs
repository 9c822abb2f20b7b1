//! Tenants in another place than the root.

use std::fs;
use std::process::Stdio;

use crate::tree::{Said, Tree, assert_same};

#[test]
fn in_another_folder_there_are_the_tenants_and_the_root_stays_as_it_was() {
    let tree = Tree::new();
    let before = tree.image();
    let to = tree.beside("tenants");
    let to = to.to_str().unwrap();
    tree.apply(&["--to", to]);
    assert_same(&before.clone().without(""), &tree.image().without(".tenantry").without(""));
    assert!(tree.beside("tenants/data/admin/ledger").is_file());
    tree.migrate("verify", &["--to", &format!("file://{to}")]).succeeds();

    // Without it nobody knows where they are.
    tree.migrate("verify", &[]).is_refused(2, "say where they are: --to ");
    tree.migrate("rollback", &["--yes", "--to", tree.beside("others").to_str().unwrap()])
        .is_refused(2, "are in another store");
    tree.migrate("rollback", &["--yes", "--to", to]).succeeds();
    assert_same(&before, &tree.image());
    assert!(!tree.beside("tenants/videos/admin").exists());
}

#[test]
fn a_folder_is_known_again_however_it_is_named() {
    let tree = Tree::new();
    fs::create_dir_all(tree.beside("other/deep")).unwrap();
    std::os::unix::fs::symlink(tree.beside(""), tree.beside("other/link")).unwrap();
    let whole = tree.beside("tenants").to_str().unwrap().to_owned();
    let folder = tree.beside("").to_str().unwrap().trim_end_matches('/').to_owned();
    let spellings = [
        whole.clone(),
        format!("{whole}/"),
        format!("{whole}//."),
        "tenants".to_owned(),
        "./tenants/".to_owned(),
        "other/../tenants".to_owned(),
        "other/deep/../../tenants/".to_owned(),
        "other/link/tenants".to_owned(),
        format!("file://{whole}"),
        format!("file://{whole}/"),
        format!("file://{folder}/other/../tenants/"),
    ];
    let call = |command: &str, arguments: &[&str]| {
        let mut call = tree.call(command, arguments);
        Said::of(call.current_dir(tree.beside("")).stdin(Stdio::null()).output().unwrap())
    };
    // Before there is that folder, and once there is.
    for first in [0, 2, 6, 9].map(|at| &spellings[at]) {
        call("apply", &["--yes", "--leave", "--to", first]).succeeds();
        for again in &spellings {
            let status = call("apply", &["--yes", "--to", again, "--json"]).succeeds().document();
            assert_eq!(status["was_done"], true, "{first} as {again}");
        }
        call("verify", &["--to", &spellings[3]]).succeeds();
        call("rollback", &["--yes", "--to", &spellings[7]]).succeeds();
        fs::remove_dir_all(tree.beside("tenants")).unwrap();
    }
}

#[test]
fn a_place_within_the_root_around_it_or_of_another_kind_is_refused() {
    let tree = Tree::new();
    let (within, around) = (tree.root().join("videos/tenants"), tree.beside(""));
    for to in
        [within.to_str().unwrap(), around.to_str().unwrap(), "file://here", "ftp://host/path", "s3://bucket"]
    {
        let said = tree.migrate("apply", &["--yes", "--leave", "--to", to]);
        said.is_refused(2, "--to");
    }
    assert!(!tree.root().join(".tenantry").exists());
    tree.apply(&[]);
    tree.migrate("verify", &["--to", tree.beside("tenants").to_str().unwrap()])
        .is_refused(2, "leave --to out");
}

#[test]
fn a_folder_in_which_users_folders_lie_already_is_refused_and_nothing_in_it_is_touched() {
    let (tree, other) = (Tree::new(), Tree::new());
    let (before, theirs) = (tree.image(), other.image());
    let to = other.root();
    let to = ["--yes", "--leave", "--to", to.to_str().unwrap()];
    tree.migrate("apply", &to).is_refused(6, "another place by --to: admin, demo, user123");
    assert_same(&before, &tree.image());
    assert_same(&theirs, &other.image());

    // Nor where its own migration has not ended, whatever is there by then.
    other.apply(&["--tenant", "ana"]);
    let theirs = other.image();
    tree.migrate("apply", &to).is_refused(2, "the migration of that folder itself is not finished");
    assert_same(&theirs, &other.image());
    other.migrate("finish", &["--yes"]).succeeds();
    tree.migrate("apply", &to).is_refused(6, "another place by --to: admin, demo, user123");
    assert_same(&before, &tree.image());
}

#[test]
fn a_place_from_which_it_was_rolled_back_lately_is_to_be_waited_for() {
    let tree = Tree::new();
    let before = tree.image();
    let to = tree.beside("tenants");
    let to = ["--yes", "--to", to.to_str().unwrap()];
    tree.apply(&to[1..]);
    tree.migrate("rollback", &to).succeeds();
    tree.migrate("apply", &[&to[..], &["--leave"]].concat()).is_refused(5, "apply again after 2");
    assert_same(&before, &tree.image());
}
