//! With `--json` there is one document on the standard output, whatever comes of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::tree::{Said, Tree};

/// Calls it with `--json`; that it ended with that code, and printed one document.
#[track_caller]
fn printed(tree: &Tree, command: &str, arguments: &[&str], code: i32) -> serde_json::Value {
    let said: Said = tree.migrate(command, &[arguments, &["--json"]].concat());
    assert_eq!(said.code, code, "{said:?}");
    said.document()
}

/// That it is a failure's.
#[track_caller]
fn failed(tree: &Tree, command: &str, arguments: &[&str], code: i32, told: &str) {
    let document = printed(tree, command, arguments, code);
    let keys: Vec<&str> = document.as_object().unwrap().keys().map(String::as_str).collect();
    assert!(document["error"].as_str().unwrap().contains(told), "{document}");
    let usual = ["error", "next", "phase"];
    assert!(usual.iter().all(|key| keys.contains(key)) && keys.len() <= 4, "{document}");
    assert!(document["next"].is_null() || document["next"].is_string(), "{document}");
}

#[test]
fn of_each_command_that_succeeds() {
    let tree = Tree::new();
    assert!(printed(&tree, "plan", &["--leave"], 0)["fingerprint"].is_string());
    assert_eq!(printed(&tree, "status", &[], 0)["phase"], "not_begun");
    assert_eq!(printed(&tree, "apply", &["--yes", "--leave"], 0)["was_done"], false);
    assert_eq!(printed(&tree, "apply", &["--yes"], 0)["was_done"], true);
    assert_eq!(printed(&tree, "verify", &[], 0)["differences"], serde_json::json!([]));
    assert_eq!(printed(&tree, "status", &[], 0)["phase"], "applied");
    assert!(printed(&tree, "rollback", &["--yes"], 0)["moved_back"].is_u64());
    tree.apply(&[]);
    assert!(printed(&tree, "finish", &["--yes"], 0)["originals"].is_string());
    assert!(printed(&tree, "finish", &["--yes"], 0)["originals"].is_string());
}

#[test]
fn of_a_plan_that_can_t_be_applied_and_of_what_differs_it_is_what_was_found() {
    let tree = Tree::unsolved();
    assert!(printed(&tree, "plan", &[], 3)["problems"].as_array().unwrap().len() > 1);
    let tree = Tree::new();
    tree.apply(&[]);
    fs::write(tree.root().join("users.json"), "{}").unwrap();
    let differences = printed(&tree, "verify", &[], 4)["differences"].clone();
    assert_eq!(differences.as_array().unwrap().len(), 1);
    assert_eq!(differences[0]["of"]["path"], "users.json");
    assert!(differences[0]["tenant"].is_null());
}

#[test]
fn of_each_failure() {
    let tree = Tree::new();
    for command in ["plan", "apply", "verify", "status", "rollback", "finish"] {
        failed(&tree, command, &["--unknown"], 2, "--unknown");
    }
    failed(&tree, "apply", &["--leave"], 2, "nothing was confirmed");
    failed(&tree, "apply", &["--yes", "--leave", "--tenant", "nobody"], 2, "nobody is not one");
    failed(&tree, "plan", &["--time-zone", "Nowhere"], 2, "time zone");
    failed(&tree, "plan", &["--default-owner", ""], 2, "default_owner");
    failed(&tree, "plan", &["--owners", "missing.json"], 1, "owners' file");
    let owners = tree.beside("owners.json");
    fs::write(&owners, "[]").unwrap();
    failed(&tree, "plan", &["--owners", owners.to_str().unwrap()], 2, "no JSON object");
    let within = tree.root().join("videos/x");
    failed(&tree, "apply", &["--yes", "--to", within.to_str().unwrap()], 2, "the tree itself");
    failed(&tree, "plan", &["--to", "ftp://host"], 2, "--to");
    failed(&tree, "plan", &["--xlsx", within.to_str().unwrap()], 2, "lie in the tree itself");
    failed(&tree, "apply", &["--yes"], 3, "can't be applied");
    for (command, yes) in [("verify", &[][..]), ("rollback", &["--yes"]), ("finish", &["--yes"])] {
        failed(&tree, command, yes, 6, "there is no migration");
    }

    tree.apply(&["--tenant", "demo"]);
    failed(&tree, "apply", &["--yes", "--tenant", "admin"], 6, "another migration");
    failed(&tree, "verify", &["--to", tree.beside("x").to_str().unwrap()], 2, "in the root itself");
    for command in ["rollback", "finish"] {
        failed(&tree, command, &[], 2, "nothing was confirmed");
    }
    let state = tree.root().join(".tenantry/migration/state.json");
    let written = fs::read(&state).unwrap();
    fs::write(&state, "{").unwrap();
    for (command, yes) in
        [("status", &[][..]), ("verify", &[]), ("rollback", &["--yes"]), ("finish", &["--yes"])]
    {
        failed(&tree, command, yes, 1, "the journal of the migration is damaged");
    }
    fs::write(&state, written).unwrap();
    tree.migrate("finish", &["--yes"]).succeeds();
    for (command, yes) in [("verify", &[][..]), ("rollback", &["--yes"])] {
        failed(&tree, command, yes, 6, "was finished");
    }

    fs::rename(tree.root(), tree.beside("moved")).unwrap();
    for (command, yes) in [("plan", &[][..]), ("apply", &["--yes"]), ("verify", &[]), ("status", &[])] {
        failed(&tree, command, yes, 1, "the root can't be read");
    }
}

#[test]
fn of_a_place_for_tenants_that_can_t_be_made() {
    let tree = Tree::new();
    fs::write(tree.beside("file"), "no folder").unwrap();
    let to = tree.beside("file");
    fs::set_permissions(&to, PermissionsExt::from_mode(0o444)).unwrap();
    failed(&tree, "apply", &["--yes", "--leave", "--to", to.to_str().unwrap()], 1, "--to can't be opened");
}
