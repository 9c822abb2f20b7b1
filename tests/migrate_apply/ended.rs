//! How migrations end: finished, refused to be undone, or undone all the same.

use std::collections::BTreeSet;
use std::fs;

use tenantry::migrate::{MigrateError, MigrationPhase};
use tenantry::paths::TenantId;
use tenantry::record::LocalTime;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::testkit::TreeImage;
use tenantry::testkit::legacy_trees::{LegacyTree, Trap};
use tenantry::{ListOptions, Schedule};

use crate::place::Place;
use crate::whole::run;

fn tree() -> LegacyTree {
    LegacyTree::build(2, &BTreeSet::from([Trap::RecordWithOwner]), 2)
}

fn user() -> TenantId {
    TenantId::parse("user123").unwrap()
}

#[test]
fn what_is_finished_can_t_be_rolled_back_and_its_originals_are_kept() {
    run(async {
        let place = Place::of(&tree());
        let old = fs::read(place.root().join("video_database.json")).unwrap();
        let book = fs::read(place.root().join("live_stream_data.xlsx")).unwrap();
        let (plan, migration) = (place.plan(), place.migration());
        migration.apply(&plan).await.unwrap();
        let finished = migration.finish().await.unwrap();
        let originals = place.root().join(finished.originals.clone().unwrap().to_string());
        assert_eq!(fs::read(originals.join("video_database.json")).unwrap(), old);
        assert_eq!(fs::read(originals.join("live_stream_data.xlsx")).unwrap(), book);
        assert!(matches!(migration.rollback().await, Err(MigrateError::Finished)));
        assert_eq!(migration.finish().await.unwrap(), finished);
        let status = migration.status().unwrap();
        assert_eq!((status.phase, status.earlier), (MigrationPhase::Finished, 1));
        assert_eq!(place.observed(&plan).await.len(), plan.tenants.len());
    });
}

#[test]
fn a_second_migration_does_not_touch_what_is_kept_of_the_first() {
    run(async {
        let place = Place::of(&tree());
        let migration = place.migration();
        migration.apply(&place.plan()).await.unwrap();
        let first = migration.finish().await.unwrap().originals.unwrap().to_string();
        let kept = TreeImage::of(&place.root().join(&first)).unwrap();
        let record = r#"[{"id": "late", "title": "late", "filename": "late.mp4", "owner": "late"}]"#;
        fs::write(place.root().join("video_database.json"), record).unwrap();
        fs::write(place.root().join("videos/late.mp4"), "late").unwrap();
        let plan = place.plan();
        assert!(plan.can_be_applied(), "{plan}");
        migration.apply(&plan).await.unwrap();
        assert!(migration.verify().await.unwrap().is_clean());
        assert_eq!(
            place.observed(&plan).await.into_keys().collect::<Vec<_>>(),
            [TenantId::parse("late").unwrap()]
        );
        let second = migration.finish().await.unwrap().originals.unwrap().to_string();
        assert_ne!(first, second);
        assert_eq!(
            fs::read(place.root().join(&second).join("video_database.json")).unwrap(),
            record.as_bytes()
        );
        assert_eq!(kept.difference(&TreeImage::of(&place.root().join(&first)).unwrap()), None);
    });
}

#[test]
fn a_second_migration_that_is_rolled_back_leaves_what_the_first_made() {
    run(async {
        let place = Place::of(&tree());
        let (first, migration) = (place.plan(), place.migration());
        migration.apply(&first).await.unwrap();
        migration.finish().await.unwrap();
        let found = place.observed(&first).await;
        fs::write(place.root().join("videos/late.mp4"), "late").unwrap();
        let record = r#"[{"id": "late", "title": "late", "filename": "late.mp4", "owner": "late"}]"#;
        fs::write(place.root().join("video_database.json"), record).unwrap();
        let before = place.image();
        migration.apply(&place.plan()).await.unwrap();
        migration.rollback().await.unwrap();
        assert_eq!(before.difference(&place.image()), None);
        assert_eq!(place.observed(&first).await, found);
    });
}

#[test]
fn what_tenants_did_since_is_thrown_away_only_if_that_is_said() {
    run(async {
        let place = Place::of(&tree());
        let (plan, migration) = (place.plan(), place.migration());
        migration.apply(&plan).await.unwrap();
        place.at_work(&plan, async |tenantry| {
            let own = tenantry.session(&user()).await.unwrap().own();
            let schedule = Schedule::new("since", LocalTime::parse("2025-12-01T10:00").unwrap());
            own.schedules().add(schedule).await.unwrap();
            let body = futures::stream::iter([Ok(bytes::Bytes::from_static(b"uploaded since"))]);
            own.videos().upload("since.mp4", body).await.unwrap();
        });
        let after = place.observed(&plan).await;
        match migration.rollback().await {
            Err(MigrateError::ChangedSince(tenants)) => assert_eq!(tenants, [user()]),
            other => panic!("{other:?}"),
        }
        assert_eq!(place.observed(&plan).await, after);
        place.migration().discarding_changes().rollback().await.unwrap();
        place.assert_as_before();
    });
}

#[test]
fn looking_at_everything_is_no_change() {
    run(async {
        let place = Place::of(&tree());
        let (plan, migration) = (place.plan(), place.migration());
        migration.apply(&plan).await.unwrap();
        for _ in 0..2 {
            place.observed(&plan).await;
        }
        place.at_work(&plan, async |tenantry| drop(tenantry.operator("upkeep").round().await.unwrap()));
        migration.rollback().await.unwrap();
        place.assert_as_before();
    });
}

#[test]
fn where_no_migration_is_there_is_nothing_to_verify_undo_or_finish() {
    run(async {
        let place = Place::of(&tree());
        let migration = place.migration();
        assert!(matches!(migration.verify().await, Err(MigrateError::NoMigration)));
        assert!(matches!(migration.rollback().await, Err(MigrateError::NoMigration)));
        assert!(matches!(migration.finish().await, Err(MigrateError::NoMigration)));
        assert_eq!(migration.status().unwrap().phase, MigrationPhase::NotBegun);
        place.assert_as_before();
    });
}

#[test]
fn what_is_not_applied_to_its_end_is_neither_verified_nor_finished() {
    run(async {
        let place = Place::of(&tree());
        let stopped = place.stopped_at(5).apply(&place.plan()).await;
        assert!(matches!(stopped, Err(MigrateError::Stopped)));
        let status = place.migration().status().unwrap();
        assert_eq!((status.phase, status.done.len()), (MigrationPhase::Applying, 0));
        assert_eq!(status.to_come.len(), 2);
        assert!(matches!(place.migration().verify().await, Err(MigrateError::NotApplied)));
        assert!(matches!(place.migration().finish().await, Err(MigrateError::NotApplied)));
        place.migration().rollback().await.unwrap();
        place.assert_as_before();
    });
}

#[test]
fn another_plan_is_refused_as_long_as_one_is_not_finished() {
    run(async {
        let place = Place::of(&tree());
        let plan = place.plan();
        let mut other = plan.clone();
        other.options.default_owner = "somebody".to_owned();
        place.migration().apply(&plan).await.unwrap();
        let after = place.image();
        assert!(matches!(place.migration().apply(&other).await, Err(MigrateError::OtherMigration)));
        assert_eq!(after.difference(&place.image()), None);
    });
}

#[test]
fn where_somebody_is_at_work_in_the_root_nothing_is_done() {
    run(async {
        let place = Place::of(&tree());
        let (plan, migration) = (place.plan(), place.migration());
        migration.apply(&plan).await.unwrap();
        let store = LocalStore::open(place.root(), LocalOptions::default()).await.unwrap();
        let busy = place.image();
        assert!(matches!(migration.verify().await, Err(MigrateError::Busy)));
        assert!(matches!(migration.rollback().await, Err(MigrateError::Busy)));
        assert_eq!(busy.difference(&place.image()), None);
        drop(store);
        migration.rollback().await.unwrap();
        place.assert_as_before();
    });
}

#[test]
fn after_it_all_is_the_application_s_as_if_it_had_never_been_otherwise() {
    run(async {
        let place = Place::of(&tree());
        let plan = place.plan();
        place.migration().apply(&plan).await.unwrap();
        place.at_work(&plan, async |tenantry| {
            let own = tenantry.session(&user()).await.unwrap().own();
            let video = own.videos().list(&ListOptions::new()).await.unwrap().items.remove(0);
            own.videos().rename(video.id(), video.revision(), "another title").await.unwrap();
            let again = own.videos().get(video.id()).await.unwrap();
            assert_eq!(again.value().title, "another title");
            let kept = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).unwrap();
            let (mut before, after) = (kept(video.text().as_bytes()), kept(again.text().as_bytes()));
            before["title"] = after["title"].clone();
            before["updated_at"] = after["updated_at"].clone();
            assert_eq!(before, after);
        });
    });
}

#[test]
fn what_was_written_since_at_the_old_places_is_thrown_away_only_on_purpose() {
    run(async {
        let moved = {
            let plan = Place::of(&tree()).plan();
            plan.files.iter().find(|file| file.is_moved()).unwrap().from.to_string()
        };
        for path in [moved.as_str(), "video_database.json", "live_stream_data.xlsx"] {
            let place = Place::of(&tree());
            let (plan, migration) = (place.plan(), place.migration());
            migration.apply(&plan).await.unwrap();
            fs::write(place.root().join(path), "written since").unwrap();
            let refused = migration.rollback().await.unwrap_err();
            assert!(matches!(&refused, MigrateError::Occupied(at) if at.to_string() == path), "{refused:?}");
            assert_eq!(migration.status().unwrap().phase, MigrationPhase::Applied);
            assert_eq!(fs::read(place.root().join(path)).unwrap(), b"written since");
            let told = place.migration().discarding_changes().rollback().await.unwrap();
            assert!(told.lost.is_empty(), "{told:?}");
            place.assert_as_before();
        }
    });
}

#[test]
fn a_folder_that_is_gone_by_then_is_made_again() {
    run(async {
        let place = Place::of(&LegacyTree::build(2, &BTreeSet::from([Trap::LoopedVideos]), 2));
        place.migration().apply(&place.plan()).await.unwrap();
        fs::remove_dir(place.root().join("videos/done")).unwrap();
        place.migration().rollback().await.unwrap();
        place.assert_as_before();
    });
}

#[test]
fn where_files_lie_on_other_file_systems_they_are_copied() {
    run(async {
        let place = Place::of(&tree());
        let (plan, migration) = (place.plan(), place.migration().across_file_systems());
        migration.apply(&plan).await.unwrap();
        let verification = migration.verify().await.unwrap();
        assert!(verification.is_clean(), "{verification}");
        assert!(plan.files.iter().all(|file| place.root().join(file.from.to_string()).exists()));
        migration.rollback().await.unwrap();
        place.assert_as_before();
    });
}
