//! One tenant at a time.

use crate::tree::Tree;

#[test]
fn one_tenant_is_migrated_and_the_others_later() {
    let tree = Tree::new();
    let one = tree.apply(&["--tenant", "user123", "--json"]).document();
    assert_eq!(one["tenants"], 1);
    // What is of others is where it was, and so is what they share.
    assert!(tree.root().join("videos/rain on the roof.mp4").is_file());
    assert!(tree.root().join("video_database.json").is_file());
    assert!(tree.root().join("data/user123/ledger").is_file());
    assert!(!tree.root().join("data/admin/ledger").exists());
    tree.migrate("verify", &[]).succeeds();

    // Another one is not planned for, nor begun, before that one is done with.
    tree.migrate("plan", &["--leave"]).is_refused(6, "finish it or roll it back");
    tree.migrate("apply", &["--yes", "--leave", "--tenant", "demo"])
        .is_refused(6, "finish it or roll it back");
    tree.migrate("finish", &["--yes"]).succeeds();
    let rest = tree.apply(&["--json"]).document();
    assert_eq!(rest["tenants"], 7);
    tree.migrate("verify", &[]).succeeds();
    assert!(!tree.root().join("video_database.json").exists());
}

#[test]
fn a_tenant_is_also_known_by_the_name_that_its_id_is_made_of() {
    let tree = Tree::new();
    tree.apply(&["--tenant", "Budi Santoso@Example.com"]);
    let status = tree.migrate("status", &["--json"]).succeeds().document();
    assert_eq!(status["done"], serde_json::json!(["=42udi=20=53antoso=40=45xample.com"]));
}

#[test]
fn a_tenant_that_there_would_not_be_is_refused_and_nothing_changed() {
    let tree = Tree::new();
    tree.migrate("plan", &["--leave", "--tenant", "nobody"]).is_refused(2, "nobody is not one");
    tree.migrate("apply", &["--yes", "--leave", "--tenant", "nobody"]).is_refused(2, "nobody is not one");
    assert!(!tree.root().join(".tenantry").exists());
}
