//! Roots whose folders lie on several file systems, so that nothing can be renamed from one to another.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use tenantry::migrate::{MigrateError, Migration, MigrationPhase, MigrationStage, Next};
use tenantry::testkit::legacy_trees::{LegacyTree, Trap};

use crate::expected::assert_as_expected;
use crate::place::{Place, sound_trees};
use crate::whole::run;

fn tree() -> LegacyTree {
    let traps = [Trap::UserDatabases, Trap::OddTimes, Trap::OddModes, Trap::WorkbookOwners];
    LegacyTree::build(2, &BTreeSet::from(traps), 2)
}

fn across(place: &Place) -> Migration {
    place.migration().across_file_systems()
}

async fn there_and_back(tree: &LegacyTree) {
    let place = Place::of(tree);
    let plan = place.plan();
    across(&place).apply(&plan).await.unwrap();
    let verified = across(&place).verify().await.unwrap();
    assert!(verified.is_clean(), "{tree:?}: {verified}");
    assert_as_expected(tree, &place.observed(&plan).await);
    across(&place).rollback().await.unwrap();
    assert_eq!(place.before.difference(&place.image()), None, "{tree:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(6) })]

    #[test]
    fn of_every_tree_on_several_file_systems_each_user_has_what_is_its_and_rolled_back_it_is_what_it_was(
        tree in sound_trees(),
    ) {
        run(there_and_back(&tree));
    }
}

#[test]
fn what_holds_records_is_copied_from_another_file_system_and_back_with_its_owner_mode_and_times() {
    run(async {
        let place = Place::of(&tree());
        let plan = place.plan();
        let aside: Vec<_> = plan.sources.iter().filter(|source| source.set_aside).collect();
        let at = |path: &str| fs::symlink_metadata(place.root().join(path)).unwrap();
        let facts = |path: &str| {
            let found = at(path);
            (found.mode(), found.uid(), found.gid(), found.mtime(), found.mtime_nsec(), found.len())
        };
        let before: Vec<_> = aside.iter().map(|source| facts(&source.path.to_string())).collect();
        let numbers: Vec<_> = aside.iter().map(|source| at(&source.path.to_string()).ino()).collect();
        across(&place).apply(&plan).await.unwrap();
        for (source, facts_before) in aside.iter().zip(&before) {
            let original = format!(".tenantry/migration/originals/{}", source.path);
            assert_eq!(facts(&original), *facts_before, "{}", source.path);
        }
        across(&place).rollback().await.unwrap();
        place.assert_as_before();
        let after: Vec<_> = aside.iter().map(|source| facts(&source.path.to_string())).collect();
        assert_eq!(after, before);
        // They are copies: the others are there as long as these are written.
        assert!(
            aside.iter().zip(numbers).any(|(source, number)| at(&source.path.to_string()).ino() != number)
        );
    });
}

/// Asserts that a migration over several file systems is refused for that file, and that nothing is changed.
async fn assert_refused(place: &Place, path: &str, why: &str) {
    let before = place.image();
    let plan = place.plan();
    let refused = across(place).apply(&plan).await.unwrap_err();
    assert!(refused.to_string().contains(path) && refused.to_string().contains(why), "{refused}");
    assert!(matches!(refused, MigrateError::OtherFileSystem { .. }), "{refused:?}");
    assert_eq!(before.difference(&place.image()), None, "{path}");
    assert_eq!(place.migration().status().unwrap().phase, MigrationPhase::NotBegun);
    // Where it can be renamed that is no matter.
    place.migration().apply(&plan).await.unwrap();
    place.migration().rollback().await.unwrap();
    assert_eq!(before.difference(&place.image()), None, "{path}");
}

#[test]
fn what_a_copy_would_not_have_is_refused_before_anything_is_changed() {
    run(async {
        let path = "video_database.json";
        let place = Place::of(&tree());
        fs::hard_link(place.root().join(path), place.beside("another name")).unwrap();
        assert_refused(&place, path, "another name").await;

        let place = Place::of(&tree());
        let flags = rustix::fs::XattrFlags::empty();
        match rustix::fs::setxattr(place.root().join(path), "user.note", b"mine", flags) {
            Ok(()) => assert_refused(&place, path, "other attributes").await,
            // Where files have no attributes, none is lost.
            Err(error) => assert_eq!(error, rustix::io::Errno::OPNOTSUPP),
        }
    });
}

#[test]
fn what_is_stopped_while_originals_are_copied_goes_on_and_is_not_undone_by_itself() {
    run(async {
        let place = Place::of(&tree());
        let plan = place.plan();
        let stopping = across(&place).progress(|progress| match progress.stage {
            MigrationStage::SettingAside | MigrationStage::RollingBack => Next::Stop,
            _ => Next::Go,
        });
        assert!(matches!(stopping.apply(&plan).await, Err(MigrateError::Stopped)));
        assert_eq!(place.migration().status().unwrap().phase, MigrationPhase::Applying);
        assert!(across(&place).apply(&plan).await.unwrap().went_on);
        assert!(across(&place).verify().await.unwrap().is_clean());
    });
}

#[test]
fn what_was_written_after_an_original_was_copied_and_before_it_was_taken_away_is_not_lost() {
    run(async {
        let place = Place::of(&tree());
        let plan = place.plan();
        // All are copied, and none is taken away.
        let copied = plan.sources.iter().filter(|source| source.set_aside).count() as u64;
        let steps = AtomicU64::new(0);
        let stopping = across(&place).progress(move |progress| match progress.stage {
            MigrationStage::SettingAside if steps.fetch_add(1, Ordering::SeqCst) == copied => Next::Stop,
            _ => Next::Go,
        });
        assert!(matches!(stopping.apply(&plan).await, Err(MigrateError::Stopped)));
        let path = "video_database.json";
        let before = fs::read(place.root().join(path)).unwrap();
        fs::write(place.root().join(path), "written since").unwrap();
        for refused in
            [across(&place).apply(&plan).await.unwrap_err(), across(&place).rollback().await.unwrap_err()]
        {
            assert!(matches!(&refused, MigrateError::Occupied(at) if at.to_string() == path), "{refused:?}");
            assert_eq!(fs::read(place.root().join(path)).unwrap(), b"written since");
        }
        across(&place).discarding_changes().rollback().await.unwrap();
        assert_eq!(fs::read(place.root().join(path)).unwrap(), before);
        place.assert_as_before();
    });
}

#[test]
fn what_was_written_since_at_the_place_of_a_copied_original_is_thrown_away_only_on_purpose() {
    run(async {
        for path in ["video_database.json", "live_stream_data.xlsx"] {
            let place = Place::of(&tree());
            across(&place).apply(&place.plan()).await.unwrap();
            fs::write(place.root().join(path), "written since").unwrap();
            let refused = across(&place).rollback().await.unwrap_err();
            assert!(matches!(&refused, MigrateError::Occupied(at) if at.to_string() == path), "{refused:?}");
            assert_eq!(fs::read(place.root().join(path)).unwrap(), b"written since");
            across(&place).discarding_changes().rollback().await.unwrap();
            place.assert_as_before();
        }
    });
}

#[test]
fn what_changed_just_before_it_was_copied_is_not_taken_for_what_was_planned() {
    run(async {
        let place = Place::of(&tree());
        let (plan, path) = (place.plan(), place.root().join("video_database.json"));
        let changed = path.clone();
        let changing = across(&place).progress(move |progress| {
            if progress.stage == MigrationStage::Journal {
                fs::write(&changed, "[]").unwrap();
            }
            Next::Go
        });
        let refused = changing.apply(&plan).await.unwrap_err();
        let is_it = matches!(&refused, MigrateError::Changed(at) if at.to_string() == "video_database.json");
        assert!(is_it, "{refused:?}");
        assert_eq!(fs::read(&path).unwrap(), b"[]");
        assert_eq!(place.migration().status().unwrap().phase, MigrationPhase::NotBegun);
    });
}
