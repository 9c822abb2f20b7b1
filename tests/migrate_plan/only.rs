//! The part of a plan that is some tenants' alone.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tenantry::migrate::{Plan, PlannedFile, PlannedRecord, ProblemKind, Texts};
use tenantry::paths::TenantId;
use tenantry::testkit::legacy_trees::trees;

use crate::tree::{Tree, left, placed, problems, tenants};
use crate::whole::{check_complete, check_consistent};

pub(crate) fn set(names: &[&str]) -> BTreeSet<TenantId> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// Two videos of two tenants, one that both have, and a file that is only the admin's.
fn shared() -> Tree {
    let tree = Tree::new();
    tree.videos(
        r#"[{"id": "1", "filename": "a.mp4", "owner": "ana"}, {"id": "2", "filename": "both.mp4", "owner": "ana"},
            {"id": "3", "filename": "both.mp4"}, {"id": "4", "filename": "b.mp4"}]"#,
    );
    tree.write("videos/a.mp4", "a").write("videos/b.mp4", "bb").write("videos/both.mp4", "both");
    tree.write("tokens/c.json", "{}").write("thumbnail_database.json", "[]").write("notes.txt", "");
    tree
}

#[test]
fn what_is_shared_is_copied_and_what_is_anothers_stays() {
    let plan = shared().plan();
    let ana = plan.clone().only(&set(&["ana"]));
    assert_eq!(tenants(&ana), ["ana"]);
    assert_eq!(placed(&ana), ["videos/a.mp4 -> videos/ana/a.mp4", "videos/both.mp4 -> videos/ana/both.mp4"]);
    assert_eq!(ana.files.iter().map(PlannedFile::is_moved).collect::<Vec<_>>(), [true, false]);
    let sources: Vec<_> =
        ana.sources.iter().map(|source| (source.path.to_string(), source.set_aside)).collect();
    assert_eq!(sources, [("video_database.json".to_owned(), false)]);
    assert_eq!(
        left(&ana),
        [
            "notes.txt",
            "thumbnail_database.json",
            "tokens/c.json",
            "video_database.json, record 3",
            "video_database.json, record 4",
            "videos/b.mp4"
        ]
    );
    assert_eq!((ana.totals.files, ana.totals.moved_bytes, ana.totals.copied_bytes), (2, 1, 4));
    assert_eq!(ana.totals.tenants.keys().map(TenantId::as_str).collect::<Vec<_>>(), ["ana"]);
    assert_eq!(ana.fingerprint, plan.fingerprint);
    assert!(ana.can_be_applied());
    let admin = plan.only(&set(&["admin"]));
    assert_eq!(
        admin.files.iter().map(|file| (file.from.to_string(), file.is_moved())).collect::<Vec<_>>(),
        [("videos/b.mp4".to_owned(), true), ("videos/both.mp4".to_owned(), false)]
    );
}

#[test]
fn all_alone_are_all() {
    let plan = shared().plan();
    assert!(plan.sources.iter().all(|source| source.set_aside));
    assert_eq!(plan.clone().only(&set(&["admin", "ana"])), plan);
}

#[test]
fn problems_of_others_are_not_in_the_way() {
    let tree = Tree::new();
    tree.write("data/ana/video_database.json", "[{").write("data/budi/video_database.json", "[7]");
    tree.write("videos/ana/a.mp4", "a").write("videos/budi/b.mp4", "b").write("videos/c.mp4", "c");
    let plan = tree.plan();
    assert!(!plan.can_be_applied());
    assert!(plan.clone().only(&set(&["admin"])).can_be_applied(), "{plan}");
    for (one, kind) in [("ana", ProblemKind::Damaged), ("budi", ProblemKind::RefusedRecord)] {
        let only = plan.clone().only(&set(&[one]));
        assert!(!only.can_be_applied());
        assert_eq!(problems(&only, kind).len(), 1, "{only}");
    }
}

#[test]
fn a_problem_that_may_be_anybody_s_is_in_everybody_s_way() {
    let tree = Tree::new();
    tree.write("live_streams.json", "[{").write("videos/ana/a.mp4", "a");
    assert!(!tree.plan().only(&set(&["ana"])).can_be_applied());
}

#[test]
fn what_lies_in_anothers_folder_has_to_be_fetched_before_or_along() {
    let tree = Tree::new();
    let records = r#"[{"id": "1", "filename": "a.mp4", "owner": "budi"}, {"id": "2", "filename": "b.mp4"}]"#;
    tree.write("data/ana/video_database.json", records);
    tree.write("videos/ana/a.mp4", "a").write("videos/ana/b.mp4", "b");
    let plan = tree.plan();
    let ana = plan.clone().only(&set(&["ana"]));
    let found: Vec<_> = problems(&ana, ProblemKind::InTheWay)
        .iter()
        .map(|problem| problem.path.as_ref().unwrap().to_string())
        .collect();
    assert_eq!(found, ["data/ana/video_database.json", "videos/ana/a.mp4"]);
    assert!(!ana.can_be_applied());
    let budi = plan.clone().only(&set(&["budi"]));
    assert!(budi.can_be_applied(), "{budi}");
    assert!(!budi.sources[0].set_aside);
    assert!(plan.only(&set(&["ana", "budi"])).can_be_applied());
}

fn of(plan: &Plan, tenant: &TenantId) -> Vec<PlannedRecord> {
    plan.records.iter().filter(|record| record.tenant == *tenant).cloned().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn each_alone_gets_what_the_whole_plan_gives_it(legacy in trees(0..=2)) {
        let tree = Tree::new();
        legacy.write_to(tree.root()).unwrap();
        let plan = tree.plan();
        prop_assert_eq!(&plan.clone().only(&plan.tenants.iter().map(|tenant| tenant.id.clone()).collect()), &plan);
        for tenant in &plan.tenants {
            let only = plan.clone().only(&BTreeSet::from([tenant.id.clone()]));
            check_complete(&tree, &only);
            check_consistent(&tree, &only);
            prop_assert_eq!(of(&only, &tenant.id), of(&plan, &tenant.id));
            prop_assert_eq!(only.records.len(), of(&plan, &tenant.id).len());
            let mut texts = Texts::new(tree.root(), &only);
            for record in &only.records {
                prop_assert!(texts.of(record).is_ok());
            }
            let placed: Vec<_> = plan.files.iter().filter_map(|file| {
                let to: Vec<_> = file.to.iter().filter(|to| to.tenant == tenant.id).cloned().collect();
                (!to.is_empty()).then(|| (file.from.clone(), file.digest, to, file.to.len() > 1))
            }).collect();
            let alone: Vec<_> = only.files.iter()
                .map(|file| (file.from.clone(), file.digest, file.to.clone(), file.keeps_original)).collect();
            prop_assert_eq!(alone, placed);
            prop_assert_eq!(only.totals.tenants.get(&tenant.id), plan.totals.tenants.get(&tenant.id));
        }
    }
}
