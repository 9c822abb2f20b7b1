//! Trees that an earlier script has moved already, wholly or in part, and tenants that are there.

use tenantry::migrate::ProblemKind;

use crate::tree::{Tree, left, placed, problems, records, tenants};

const OLD: &str = r#"[{"id": "1", "title": "a", "filename": "a.mp4"}, {"id": "2", "title": "b", "filename": "b.mp4", "owner": "ana"}]"#;
const NEW: &str = r#"[
  {"id": "1", "title": "a", "filename": "a.mp4", "owner": "admin", "created_by": "admin", "updated_at": "2025-11-05 10:00:00"},
  {"id": "2", "title": "b", "filename": "b.mp4", "owner": "ana"}
]"#;

#[test]
fn what_the_script_moved_is_adopted_and_what_it_left_behind_stays() {
    let tree = Tree::new();
    tree.write("video_database.json", OLD).write("video_database.json.backup", OLD);
    tree.write("data/admin/video_database.json", NEW).write("data/admin/stream_mapping.json", "{}");
    tree.write("data/demo/video_database.json", "[]").folder("videos/demo").folder("tokens/demo");
    tree.write("videos/admin/a.mp4", "a").write("videos/admin/b.mp4", "b").write("videos/admin/.gitkeep", "");
    let plan = tree.plan();
    assert!(plan.can_be_applied(), "{plan}");
    assert_eq!(tenants(&plan), ["admin", "ana", "demo"]);
    // The script left the foreign owner in the admin's folder.
    assert_eq!(
        placed(&plan),
        ["videos/admin/a.mp4 -> videos/admin/a.mp4", "videos/admin/b.mp4 -> videos/ana/b.mp4"]
    );
    assert!(plan.files[0].stays());
    let from: Vec<_> = records(&plan, "videos").iter().map(|record| record.from.to_string()).collect();
    assert_eq!(from, ["data/admin/video_database.json", "data/admin/video_database.json"]);
    assert_eq!(
        left(&plan),
        [
            "video_database.json, record 1",
            "video_database.json, record 2",
            "video_database.json.backup",
            "videos/admin/.gitkeep",
        ]
    );
    assert_eq!(tree.values(&plan, "videos")[0].1["updated_at"], "2025-11-05 10:00:00");
}

#[test]
fn two_states_of_one_record_are_in_the_way_until_one_is_to_be_left() {
    let new = NEW.replace(r#""title": "a""#, r#""title": "new""#);
    let tree = Tree::new();
    tree.videos(OLD).write("data/admin/video_database.json", &new);
    assert!(!tree.plan().can_be_applied());
    assert_eq!(problems(&tree.plan(), ProblemKind::Conflict).len(), 1);

    let tree = Tree::new().leaving();
    tree.videos(OLD).write("data/admin/video_database.json", &new);
    let plan = tree.plan();
    assert!(plan.can_be_applied());
    assert_eq!(tree.values(&plan, "videos")[0].1["title"], "new");
}

#[test]
fn a_script_that_broke_off_left_files_in_both_places() {
    let tree = Tree::new();
    tree.videos(r#"[{"id": "1", "filename": "a.mp4"}, {"id": "2", "filename": "b.mp4"}, {"id": "3", "filename": "c.mp4"}]"#);
    tree.write("videos/admin/a.mp4", "a").write("videos/admin/b.mp4", "b");
    // The same once more, and another one of the same name.
    tree.write("videos/b.mp4", "b")
        .write("videos/c.mp4", "c")
        .write("videos/admin/d.mp4", "d")
        .write("videos/d.mp4", "dd");
    let plan = tree.plan();
    let placed = placed(&plan);
    assert_eq!(placed.len(), 5, "{plan}");
    for stays in [
        "videos/admin/a.mp4 -> videos/admin/a.mp4",
        "videos/admin/b.mp4 -> videos/admin/b.mp4",
        "videos/c.mp4 -> videos/admin/c.mp4",
        "videos/admin/d.mp4 -> videos/admin/d.mp4",
    ] {
        assert!(placed.contains(&stays.to_owned()), "{placed:?}");
    }
    assert_eq!(left(&plan), ["videos/b.mp4"]);
    assert_eq!(problems(&plan, ProblemKind::Duplicate).len(), 1);
    // The record made for the second file of that name says what it was called.
    assert_eq!(problems(&plan, ProblemKind::NewName).len(), 1);
}

/// The files were moved, and the databases not yet written.
#[test]
fn what_the_script_moved_is_still_theirs_whose_records_name_it() {
    let tree = Tree::new();
    tree.videos(OLD).write("videos/admin/a.mp4", "a").write("videos/admin/b.mp4", "b");
    tree.write("data/budi/video_database.json", r#"[{"id": "3", "title": "c", "filename": "a.mp4"}]"#);
    let plan = tree.plan();
    // What lies in a user's own folder names no file of the admin's.
    assert_eq!(
        placed(&plan),
        ["videos/admin/a.mp4 -> videos/admin/a.mp4", "videos/admin/b.mp4 -> videos/ana/b.mp4"]
    );
    assert_eq!(problems(&plan, ProblemKind::NoFile).len(), 1, "{plan}");
}

#[test]
fn a_record_without_an_owner_is_the_tenant_s_in_whose_folder_alone_its_file_lies() {
    let tree = Tree::new();
    tree.videos(
        r#"[{"id": "1", "title": "a", "filename": "a.mp4"}, {"id": "2", "title": "b", "filename": "b.mp4"}]"#,
    );
    tree.write("videos/ana/a.mp4", "a").write("videos/ana/b.mp4", "b").write("videos/b.mp4", "bb");
    let plan = tree.plan();
    let tenants: Vec<_> = records(&plan, "videos").iter().map(|record| record.tenant.as_str()).collect();
    // Of the second nobody can tell which it means but by its place; a record is made for the other.
    assert_eq!(tenants, ["ana", "admin", "ana"]);
    assert!(placed(&plan).contains(&"videos/b.mp4 -> videos/admin/b.mp4".to_owned()), "{plan}");
}

#[test]
fn the_views_of_a_folder_without_a_ledger_are_databases() {
    let tree = Tree::new();
    tree.write("data/ana/schedules.json", r#"[{"id": "1", "title": "t", "owner": "ana"}]"#);
    tree.write("data/ana/notes.json", "[]");
    tree.write("data/ana/stream_mapping.json", r#"{"c.json": {"s": {"title": "Main"}}}"#)
        .write("tokens/ana/c.json", "{}");
    let plan = tree.plan();
    assert_eq!(plan.records.iter().filter(|record| record.tenant.as_str() == "ana").count(), 3, "{plan}");
    assert_eq!(left(&plan), ["data/ana/notes.json"]);
}

#[test]
fn a_tenant_with_a_ledger_is_left_alone() {
    let tree = Tree::new();
    tree.write("data/ana/ledger", "-")
        .write("data/ana/video_database.json", "[{}]")
        .write("videos/ana/a.mp4", "a");
    tree.write("tokens/ana/c.json", "{}").write(".tenantry/format", "1");
    tree.videos(r#"[{"id": "1", "filename": "b.mp4", "owner": "ana"}, {"id": "2", "filename": "c.mp4"}]"#);
    tree.write("videos/b.mp4", "b").write("videos/c.mp4", "c");
    let plan = tree.plan();
    assert!(plan.tenants.iter().find(|tenant| tenant.id.as_str() == "ana").unwrap().exists);
    assert_eq!(placed(&plan), ["videos/c.mp4 -> videos/admin/c.mp4"]);
    assert_eq!(
        left(&plan),
        ["data/ana", "tokens/ana", "video_database.json, record 1", "videos/ana", "videos/b.mp4"]
    );
    assert_eq!(problems(&plan, ProblemKind::ExistingTenant).len(), 1);
    assert!(plan.can_be_applied());
}

#[test]
fn a_folder_whose_name_only_stands_for_one_is_the_tenant_s() {
    let tree = Tree::new();
    tree.write("videos/Ana Banu/a.mp4", "a")
        .write("videos/.cache/b.mp4", "b")
        .write("thumbnails/done/c.png", "c");
    let plan = tree.plan();
    assert_eq!(placed(&plan), ["videos/Ana Banu/a.mp4 -> videos/=41na=20=42anu/a.mp4"]);
    // That of looped videos is nobody's, wherever it lies.
    assert_eq!(left(&plan), ["thumbnails/done", "videos/.cache"]);
    assert_eq!(tenants(&plan), ["=41na=20=42anu", "admin"]);
}

#[test]
fn a_record_is_whose_folder_alone_has_its_file_also_once_that_tenant_is_there() {
    let old = r#"[{"id": "1", "filename": "a.mp4"}, {"id": "2", "filename": "b.mp4"}, {"id": "3", "filename": "c.mp4"}]"#;
    let tree = Tree::new();
    tree.videos(old).write("stream_mapping.json", r#"{"c.json": {"s": {"title": "Main"}}}"#);
    tree.write("videos/ana/a.mp4", "a").write("videos/ana/b.mp4", "b").write("videos/b.mp4", "other");
    tree.write("videos/c.mp4", "c").write("tokens/ana/c.json", "{}");
    let plan = tree.plan();
    let whose = |plan: &tenantry::migrate::Plan, collection| {
        let of = |record: &&tenantry::migrate::PlannedRecord| format!("{} {}", record.tenant, record.from);
        records(plan, collection).iter().map(of).collect::<Vec<_>>()
    };
    let shared = |tenant: &str| format!("{tenant} video_database.json");
    assert_eq!(whose(&plan, "videos")[..3], ["ana", "admin", "admin"].map(shared));
    assert_eq!(whose(&plan, "stream_mapping"), ["ana stream_mapping.json"]);
    tree.write("data/ana/ledger", "-");
    let plan = tree.plan();
    assert_eq!(whose(&plan, "videos"), ["admin", "admin"].map(shared));
    assert!(records(&plan, "stream_mapping").is_empty(), "{plan}");
    assert!(left(&plan).contains(&"video_database.json, record 1".to_owned()), "{plan}");
}

#[test]
fn of_two_files_of_one_name_a_record_means_the_one_beside_its_database() {
    let tree = Tree::new();
    tree.videos(r#"[{"id": "1", "filename": "a.mp4"}]"#);
    tree.write("data/admin/video_database.json", r#"[{"id": "2", "filename": "a.mp4"}]"#);
    tree.write("videos/a.mp4", "shared").write("videos/admin/a.mp4", "own");
    let plan = tree.plan();
    let stored = tree.values(&plan, "videos");
    let named = |id: &str| stored.iter().find(|(_, video)| video["id"] == id).unwrap().1["filename"].clone();
    let place = |from: &str| {
        let file = plan.files.iter().find(|file| file.from.to_string() == from).unwrap();
        file.to[0].name.to_string()
    };
    assert_eq!((named("1"), named("2")), (place("videos/a.mp4").into(), place("videos/admin/a.mp4").into()));
    assert_ne!(named("1"), named("2"));
}
