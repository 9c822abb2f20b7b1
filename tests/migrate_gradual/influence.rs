//! Whose something is can depend on another's: also when that is migrated already.

use tenantry::migrate::ProblemKind;

use crate::migrated::{migrate, set};
use crate::tree::{Tree, placed, problems, records};

#[tokio::test]
async fn the_stream_keys_of_a_token_that_is_migrated_stay_its_owner_s() {
    let tree = Tree::new();
    tree.write("tokens/ana/c.json", "{}")
        .write("stream_mapping.json", r#"{"c.json": {"s": {"title": "Main"}}}"#);
    tree.videos(r#"[{"id": "1", "title": "t", "filename": "a.mp4"}]"#).write("videos/a.mp4", "a");
    assert_eq!(records(&tree.plan(), "stream_mapping")[0].tenant.as_str(), "ana");
    migrate(&tree, Some(&set(&["ana"]))).await;
    let rest = tree.plan();
    assert!(records(&rest, "stream_mapping").is_empty(), "{rest}");
    assert!(problems(&rest, ProblemKind::ExistingTenant).is_empty());
    migrate(&tree, None).await;
    assert!(tree.plan().records.is_empty());
}

#[tokio::test]
async fn a_token_that_one_who_is_migrated_uses_too_is_the_default_owner_s_still() {
    let tree = Tree::new();
    let stream =
        |id: &str| format!(r#"[{{"id": "{id}", "title": "t", "status": "live", "token_file": "c.json"}}]"#);
    tree.write("tokens/c.json", "{}");
    tree.write("data/ana/live_streams.json", stream("1")).write("data/budi/live_streams.json", stream("2"));
    assert_eq!(records(&tree.plan(), "tokens")[0].tenant.as_str(), "admin");
    migrate(&tree, Some(&set(&["ana"]))).await;
    assert_eq!(records(&tree.plan(), "tokens")[0].tenant.as_str(), "admin");
}

#[tokio::test]
async fn a_record_whose_file_lay_in_the_folder_of_who_is_migrated_is_still_that_one_s() {
    let tree = Tree::new();
    tree.videos(
        r#"[{"id": "1", "title": "t", "filename": "a.mp4"}, {"id": "2", "title": "t", "filename": "b.mp4"}]"#,
    );
    tree.write("videos/ana/a.mp4", "a").write("videos/b.mp4", "b");
    migrate(&tree, Some(&set(&["ana"]))).await;
    let of: Vec<_> =
        records(&tree.plan(), "videos").iter().map(|record| record.id.as_str().to_owned()).collect();
    assert_eq!(of, ["2"]);
}

#[tokio::test]
async fn a_name_means_no_other_file_since_the_one_that_was_meant_is_gone() {
    let tree = Tree::new();
    tree.videos(
        r#"[{"id": "1", "title": "t", "filename": "A.mp4", "owner": "ana"}, {"id": "2", "title": "t", "filename": "A.MP4", "owner": "budi"},
            {"id": "3", "title": "t", "filename": "a.mp4"}]"#,
    );
    tree.write("videos/A.mp4", "1").write("videos/a.mp4", "2");
    let whole = placed(&tree.plan());
    assert_eq!(whole, ["videos/A.mp4 -> videos/ana/A.mp4", "videos/a.mp4 -> videos/admin/a.mp4"]);
    migrate(&tree, Some(&set(&["ana"]))).await;
    assert_eq!(placed(&tree.plan()), ["videos/a.mp4 -> videos/admin/a.mp4"]);
}

#[tokio::test]
async fn what_came_after_a_tenant_was_migrated_is_named_and_left() {
    let tree = Tree::new();
    let one = r#"{"id": "1", "title": "t", "filename": "a.mp4", "owner": "ana"}"#;
    let admins = r#"{"id": "2", "title": "t", "filename": "b.mp4"}"#;
    tree.videos(&format!("[{one}, {admins}]"));
    migrate(&tree, Some(&set(&["ana"]))).await;
    let new = one.replace(r#""1""#, r#""3""#);
    tree.videos(&format!("[{one}, {admins}, {new}]"));
    let plan = tree.plan();
    assert_eq!(problems(&plan, ProblemKind::ExistingTenant).len(), 1, "{plan}");
    assert!(plan.can_be_applied());
    let whys: Vec<_> = plan.left.iter().filter(|left| left.at.is_some()).map(|left| &*left.why).collect();
    assert_eq!(whys, ["it was migrated before", "its tenant has a ledger, and is left alone"]);
}

#[tokio::test]
async fn a_file_goes_where_another_s_lies_once_that_one_is_fetched() {
    let tree = Tree::new().owner("videos/done/x.mp4", "ana").owner("videos/ana/x.mp4", "budi");
    tree.write("videos/ana/x.mp4", "budi's").write("videos/done/x.mp4", "ana's");
    let whole = placed(&tree.plan());
    assert_eq!(whole, ["videos/ana/x.mp4 -> videos/budi/x.mp4", "videos/done/x.mp4 -> videos/ana/x.mp4"]);
    let ana = tree.plan().only(&set(&["ana"]));
    assert_eq!(problems(&ana, ProblemKind::InTheWay).len(), 1, "{ana}");
    migrate(&tree, Some(&set(&["budi"]))).await;
    assert_eq!(placed(&tree.plan()), [&*whole[1]]);
    migrate(&tree, Some(&set(&["ana"]))).await;
}

#[tokio::test]
async fn a_file_in_the_place_of_a_tenant_s_folder_has_to_be_fetched_before_or_along() {
    let tree = Tree::new().owner("videos/ana", "budi").owner("videos/x.mp4", "ana");
    tree.write("videos/ana", "budi's").write("videos/x.mp4", "ana's");
    let ana = tree.plan().only(&set(&["ana"]));
    assert_eq!(problems(&ana, ProblemKind::InTheWay).len(), 1, "{ana}");
    assert!(tree.plan().only(&set(&["ana", "budi"])).can_be_applied());
    migrate(&tree, Some(&set(&["budi"]))).await;
    migrate(&tree, Some(&set(&["ana"]))).await;
}
