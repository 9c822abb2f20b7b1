//! Whose everything becomes.

use tenantry::migrate::{MigrateError, PlanOptions, ProblemKind};
use tenantry::ownership::Role;

use crate::tree::{Tree, left, placed, problems, records, tenants};

const USERS: &str = r#"{
    "admin": {"username": "admin", "password_hash": "pbkdf2:HASH", "role": "admin"},
    "Budi": {"username": "Budi", "password_hash": "pbkdf2:HASH", "role": "gold", "max_streams": "12", "max_storage_mb": 5},
    "guest": {"password_hash": "pbkdf2:HASH", "role": "demo"},
    "vip": {"password_hash": "pbkdf2:HASH", "role": "diamond", "max_streams": -1}
}"#;

#[test]
fn users_become_tenants_with_their_roles_plans_and_limits_and_without_their_passwords() {
    let tree = Tree::new();
    tree.write("users.json", USERS)
        .write("live_streams.json", r#"[{"id": "1", "status": "live", "owner": "ana"}]"#);
    let plan = tree.plan();
    assert_eq!(tenants(&plan), ["=42udi", "admin", "ana", "guest", "vip"]);
    let roles: Vec<_> = plan.tenants.iter().map(|tenant| tenant.role).collect();
    assert_eq!(roles, [Role::User, Role::Admin, Role::User, Role::Demo, Role::User]);
    assert_eq!(plan.tenants[0].display_name, "Budi");
    assert_eq!(plan.tenants[0].plan.as_deref(), Some("gold"));
    assert_eq!(plan.tenants[0].limits.active_streams, Some(12));
    assert_eq!(plan.tenants[0].limits.blob_bytes, Some(5 << 20));
    assert_eq!(plan.plans["gold"].active_streams, Some(10));
    assert!(plan.plans.contains_key("diamond"));
    assert_eq!(problems(&plan, ProblemKind::Limits).len(), 2, "{plan}");
    assert_eq!(left(&plan), ["users.json"]);
    let whole = format!("{plan} {plan:?} {}", serde_json::to_string(&plan).unwrap());
    assert!(!whole.contains("HASH") && !whole.contains("pbkdf2"));
}

#[test]
fn the_default_owner_is_the_admin_where_no_user_is_one_and_the_demonstration_reads_only() {
    let mut tree = Tree::new();
    tree.options.default_owner = "studio".to_owned();
    tree.options.demo = Some("demo".to_owned());
    tree.videos(r#"[{"id": "1", "filename": "a.mp4"}]"#);
    let plan = tree.plan();
    let roles: Vec<_> = plan.tenants.iter().map(|tenant| (tenant.id.as_str(), tenant.role)).collect();
    assert_eq!(roles, [("demo", Role::Demo), ("studio", Role::Admin)]);
    assert_eq!(plan.records[0].tenant.as_str(), "studio");
}

#[test]
fn a_record_goes_to_its_owner_then_to_the_given_one_then_to_the_default() {
    let tree = Tree::new().owner("2", "ben").owner("c.mp4", "eva").owner("1", "eva").owner("nothing", "eva");
    tree.videos(
        r#"[{"id": "1", "filename": "a.mp4", "owner": "ana"}, {"id": "2", "filename": "b.mp4"},
            {"id": "3", "filename": "c.mp4", "owner": " "}, {"id": "4", "filename": "d.mp4"}]"#,
    );
    let plan = tree.plan();
    let whose: Vec<_> = records(&plan, "videos").iter().map(|record| record.tenant.as_str()).collect();
    assert_eq!(whose, ["ana", "ben", "eva", "admin"]);
    // What names its owner is not given away, and what is not there can't be.
    assert_eq!(problems(&plan, ProblemKind::UnusedOwner).len(), 2, "{plan}");
}

#[test]
fn an_owner_is_given_by_the_place_of_what_has_no_name() {
    let tree = Tree::new().owner("live_streams.json, record 2", "ana");
    tree.write("live_streams.json", r#"[{"status": "failed"}, {"status": "failed"}]"#);
    let plan = tree.plan();
    let whose: Vec<_> = plan.records.iter().map(|record| record.tenant.as_str()).collect();
    assert_eq!(whose, ["admin", "ana"]);
    assert!(problems(&plan, ProblemKind::UnusedOwner).is_empty());
}

#[test]
fn an_owner_given_by_a_file_s_path_is_that_of_its_record_too_and_comes_before_one_by_its_name() {
    let tree =
        Tree::new().owner("videos/a.mp4", "ana").owner("videos/ben/a.mp4", "eva").owner("a.mp4", "dan");
    let tree = tree.owner("thumbnails/b.jpg", "ben").owner("b.jpg", "dan");
    tree.videos(r#"[{"id": "1", "filename": "a.mp4"}]"#).write("videos/a.mp4", "shared");
    tree.write("data/ben/video_database.json", r#"[{"id": "2", "filename": "a.mp4"}]"#);
    tree.write("videos/ben/a.mp4", "of ben").write("thumbnails/a.mp4", "by its name alone");
    tree.write("thumbnails/b.jpg", "no record names it").write("videos/b.jpg", "nor this one");
    let plan = tree.plan();
    let whose: Vec<_> = records(&plan, "videos").iter().map(|record| record.tenant.as_str()).collect();
    assert_eq!(whose, ["eva", "ana", "dan"], "{plan}");
    let expected = [
        "thumbnails/a.mp4 -> thumbnails/dan/a.mp4",
        "thumbnails/b.jpg -> thumbnails/ben/b.jpg",
        "videos/a.mp4 -> videos/ana/a.mp4",
        "videos/b.jpg -> videos/dan/b.jpg",
        "videos/ben/a.mp4 -> videos/eva/a.mp4",
    ];
    assert_eq!(placed(&plan), expected);
    assert!(problems(&plan, ProblemKind::UnusedOwner).is_empty(), "{plan}");
}

#[test]
fn what_is_proposed_for_a_file_without_a_record_of_its_own_can_be_done() {
    let mut tree = Tree::new();
    tree.write("looped_videos.json", r#"[{"id": "l", "output_filename": "a.mp4"}]"#);
    tree.write("videos/done/a.mp4", "looped").write("videos/b.mp4", "nobody's");
    let plan = tree.plan();
    let proposals: Vec<_> =
        problems(&plan, ProblemKind::NoRecord).iter().map(|problem| &*problem.proposal).collect();
    assert_eq!(proposals.len(), 2, "{plan}");
    assert!(proposals.iter().any(|proposal| proposal.contains("records are that name it")), "{plan}");
    // Of the one the record is named, of the other the file.
    for of in ["l", "videos/b.mp4"] {
        tree = tree.owner(of, "ana");
    }
    let plan = tree.plan();
    let expected = ["videos/b.mp4 -> videos/ana/b.mp4", "videos/done/a.mp4 -> videos/ana/a.mp4"];
    assert_eq!(placed(&plan), expected);
    assert!(problems(&plan, ProblemKind::UnusedOwner).is_empty(), "{plan}");
}

#[test]
fn an_option_that_names_no_tenant_is_named() {
    let named = |change: fn(&mut PlanOptions)| {
        let mut tree = Tree::new();
        change(&mut tree.options);
        match tree.planner().plan(tree.root()) {
            Err(MigrateError::Owner { option, .. }) => option,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(named(|options| options.default_owner = String::new()), "default_owner");
    assert_eq!(named(|options| options.demo = Some(String::new())), "demo");
    assert_eq!(named(|options| options.owners = [("a".to_owned(), String::new())].into()), "owners");
}

#[test]
fn what_belongs_to_something_goes_where_that_goes() {
    let tree = Tree::new();
    tree.videos(r#"[{"id": "v", "filename": "a.mp4", "owner": "ana"}]"#);
    tree.write("live_streams.json", r#"[{"id": "s", "status": "live", "owner": "ben"}]"#);
    tree.write("stream_timers.json", r#"[{"id": "t", "stream_id": "s"}]"#);
    tree.write("bulk_upload_queue.json", r#"[{"id": "q", "video_path": "/old/app/videos/a.mp4"}]"#);
    tree.write("looped_videos.json", r#"[{"id": "l", "original_video_id": "v"}]"#);
    let plan = tree.plan();
    let whose = |collection| records(&plan, collection)[0].tenant.as_str();
    assert_eq!(["stream_timers", "bulk_upload_queue", "looped_videos"].map(whose), ["ben", "ana", "ana"]);
}

#[test]
fn an_owner_that_can_be_none_blocks_until_another_is_given_or_the_record_is_left() {
    let json = r#"[{"id": "1", "filename": "a.mp4", "owner": ["ana"]}, {"id": "2", "filename": "a.mp4", "owner": "LONG"}]"#;
    let json = json.replace("LONG", &"x".repeat(65));
    let tree = Tree::new();
    tree.videos(&json);
    let plan = tree.plan();
    assert_eq!(problems(&plan, ProblemKind::BadOwner).len(), 2, "{plan}");
    assert!(!plan.can_be_applied() && plan.records.is_empty());

    let tree = Tree::new().owner("1", "ana").leaving();
    tree.videos(&json);
    let plan = tree.plan();
    assert!(plan.can_be_applied());
    assert_eq!(records(&plan, "videos")[0].tenant.as_str(), "ana");
    assert_eq!(left(&plan), ["video_database.json, record 2"]);
}

#[test]
fn a_tenant_over_its_limits_is_named() {
    let tree = Tree::new();
    tree.write("users.json", r#"{"ana": {"role": "silver"}}"#);
    let streams: Vec<_> =
        (0..4).map(|at| format!(r#"{{"id": "{at}", "status": "scheduled", "owner": "ana"}}"#)).collect();
    tree.write("live_streams.json", format!("[{}]", streams.join(",")));
    let plan = tree.plan();
    assert_eq!(plan.totals.tenants.values().next().unwrap().active_streams, 4);
    let over = problems(&plan, ProblemKind::OverLimit);
    assert_eq!(over.len(), 1, "{plan}");
    assert!(over[0].reason.contains("4 active streams") && !over[0].blocking);
}
