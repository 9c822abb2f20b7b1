//! Tenants in another place than the root.

use crate::tree::{Tree, assert_same};

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
