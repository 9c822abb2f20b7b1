//! A migration from beginning to end, and back.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tenantry::migrate::{MigrateError, MigrationPhase, Verification};
use tenantry::paths::TenantId;
use tenantry::testkit::legacy_trees::{LegacyTree, Trap};

use crate::expected::assert_as_expected;
use crate::place::{Place, is_damage, sound_trees};

/// Plans, applies, verifies, looks at everything as each user, and rolls back.
pub(crate) async fn there_and_back(tree: &LegacyTree) -> Verification {
    let place = Place::of(tree);
    let (plan, migration) = (place.plan(), place.migration());
    assert!(plan.can_be_applied(), "{tree:?}: {plan}");
    let applied = migration.apply(&plan).await.unwrap();
    assert!(!applied.was_done && !applied.went_on);
    assert_eq!((applied.files, applied.records), (plan.totals.files, plan.totals.records));
    let verified = migration.verify().await.unwrap();
    assert!(verified.is_clean(), "{tree:?}: {verified}");
    let status = migration.status().unwrap();
    assert_eq!((status.done.len() as u64, status.to_come.len()), (applied.tenants, 0));
    let after = place.image();
    assert!(migration.apply(&plan).await.unwrap().was_done);
    assert_eq!(after.difference(&place.image()), None, "{tree:?}: applied twice");
    assert_as_expected(tree, &place.observed(&plan).await);
    migration.rollback().await.unwrap();
    assert_eq!(place.before.difference(&place.image()), None, "{tree:?}");
    assert_eq!(migration.status().unwrap().phase, MigrationPhase::NotBegun);
    verified
}

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(16) })]

    #[test]
    fn of_every_tree_each_user_has_what_is_its_and_rolled_back_it_is_the_tree_that_it_was(tree in sound_trees()) {
        run(there_and_back(&tree));
    }
}

#[test]
fn of_a_tree_with_each_trap_alone_each_user_has_what_is_its_and_rolled_back_it_is_what_it_was() {
    run(async {
        let mut failed = Vec::new();
        for trap in Trap::ALL {
            let tree = LegacyTree::only(*trap);
            if !is_damage(&tree, *trap)
                && tokio::spawn(async move { there_and_back(&tree).await }).await.is_err()
            {
                failed.push(trap.name());
            }
        }
        assert!(failed.is_empty(), "{failed:?}");
    });
}

#[test]
fn of_a_tree_with_all_traps_each_user_has_what_is_its_and_rolled_back_it_is_what_it_was() {
    for seed in 0..2 {
        let all: BTreeSet<Trap> = Trap::ALL.iter().copied().collect();
        let tree = LegacyTree::build(3, &all, 2 * seed);
        run(there_and_back(&crate::place::mended(&tree)));
    }
}

#[test]
fn a_tree_that_changed_since_it_was_planned_for_is_not_touched() {
    run(async {
        let place = Place::of(&LegacyTree::build(2, &BTreeSet::new(), 1));
        let plan = place.plan();
        for change in ["videos/late.mp4", "tokens/late.json", "stream_timers.json"] {
            std::fs::write(place.root().join(change), "{}").unwrap();
            let changed = place.image();
            let refused = place.migration().apply(&plan).await.unwrap_err();
            assert!(matches!(refused, MigrateError::TreeChanged), "{change}: {refused:?}");
            assert_eq!(changed.difference(&place.image()), None, "{change}");
            std::fs::remove_file(place.root().join(change)).unwrap();
        }
        assert_eq!(place.plan(), plan);
    });
}

#[test]
fn what_is_done_can_be_done_again_after_it_was_rolled_back() {
    run(async {
        let place = Place::of(&LegacyTree::build(2, &BTreeSet::from([Trap::UserFolders]), 1));
        let (plan, migration) = (place.plan(), place.migration());
        let mut found = Vec::new();
        for _ in 0..2 {
            assert!(!migration.apply(&plan).await.unwrap().went_on);
            assert!(migration.verify().await.unwrap().is_clean());
            found.push(place.observed(&plan).await);
            migration.rollback().await.unwrap();
            place.assert_as_before();
        }
        assert_eq!(found[0], found[1]);
    });
}

#[test]
fn the_workbook_is_written_anew_and_says_of_each_row_whose_it_is() {
    run(async {
        let traps = [
            Trap::WorkbookOwners,
            Trap::WorkbookMixedTimes,
            Trap::WorkbookOlderNames,
            Trap::WorkbookEmptyRow,
        ];
        let place = Place::of(&LegacyTree::build(2, &BTreeSet::from(traps), 2));
        let (plan, migration) = (place.plan(), place.migration());
        let workbook = || std::fs::read(place.root().join("live_stream_data.xlsx")).unwrap();
        let before = workbook();
        migration.apply(&plan).await.unwrap();
        let written = workbook();
        assert!(before != written);
        let found = place.observed(&plan).await;
        for (tenant, own) in &found {
            let preview = place.at_work(&plan, async |tenantry| {
                let own = tenantry.session(tenant).await.unwrap().own();
                own.schedules().preview_workbook(written.clone()).await.unwrap()
            });
            let schedules = own.of("schedules").len();
            assert!(schedules > 0, "{tenant}");
            assert!(preview.added.is_empty() && preview.refused.is_empty(), "{preview:?}");
            assert_eq!(preview.unchanged, schedules, "{tenant}");
        }
        migration.rollback().await.unwrap();
        assert!(workbook() == before);
    });
}

#[test]
fn tenants_migrated_one_after_the_other_have_what_they_have_when_all_are_migrated_at_once() {
    run(async {
        let traps = [Trap::RecordWithOwner, Trap::FileOfTwoOwners, Trap::UserFolders, Trap::WorkbookOwners];
        let tree = LegacyTree::build(2, &BTreeSet::from(traps), 2);
        let place = Place::of(&tree);
        let whole = place.plan();
        place.migration().apply(&whole).await.unwrap();
        let at_once = place.observed(&whole).await;

        let place = Place::of(&tree);
        for tenant in ["user123", "admin"] {
            let migration = place.migration().only([TenantId::parse(tenant).unwrap()]);
            let plan = migration.plan().unwrap();
            assert!(plan.can_be_applied(), "{plan}");
            migration.apply(&plan).await.unwrap();
            let verified = migration.verify().await.unwrap();
            assert!(verified.is_clean(), "{tenant}: {verified}");
            migration.finish().await.unwrap();
        }
        let found = place.observed(&whole).await;
        assert_eq!(found, at_once);
        assert_as_expected(&tree, &found);
    });
}

#[test]
fn a_journal_of_another_form_is_not_gone_on_with() {
    run(async {
        let place = Place::of(&LegacyTree::build(1, &BTreeSet::new(), 1));
        let plan = place.plan();
        place.migration().apply(&plan).await.unwrap();
        let journal = |of: &str| place.root().join(".tenantry").join(of).join("plan.json");
        let as_form = |path: &std::path::Path, form: u32| {
            let mut plan: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            plan["format"] = form.into();
            std::fs::write(path, plan.to_string()).unwrap();
        };
        as_form(&journal("migration"), 2);
        let (migration, applied) = (place.migration(), place.image());
        for refused in [
            migration.apply(&plan).await.map(drop),
            migration.verify().await.map(drop),
            migration.status().map(drop),
            migration.planned().map(drop),
            migration.rollback().await.map(drop),
            migration.finish().await.map(drop),
        ] {
            assert!(matches!(refused, Err(MigrateError::PlanFormat { format: 2 })), "{refused:?}");
        }
        assert_eq!(applied.difference(&place.image()), None);
        as_form(&journal("migration"), 1);
        migration.finish().await.unwrap();
        // Those that are finished tell what they took.
        as_form(&journal("migrations/1"), 2);
        assert!(matches!(migration.plan(), Err(MigrateError::PlanFormat { format: 2 })));
    });
}
