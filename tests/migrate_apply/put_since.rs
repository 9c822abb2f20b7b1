//! What a rollback finds in tenants' folders that the library has not left there: it is named, and never removed
//! unless the library had written it. And a root that is being rolled back is nobody's to open.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use tenantry::migrate::{MigrateError, MigrationPhase, MigrationStage, Next};
use tenantry::paths::TenantId;
use tenantry::store::StoreErrorKind;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::testkit::legacy_trees::{LegacyTree, Trap};

use crate::place::Place;
use crate::whole::run;

const USER: &str = "user123";

/// One whose user has databases and files in folders of its own.
fn migrated() -> Place {
    let traps = [Trap::RecordWithOwner, Trap::UserDatabases];
    let place = Place::of(&LegacyTree::build(1, &BTreeSet::from(traps), 2));
    run(place.migration().apply(&place.plan())).unwrap();
    place
}

/// Asserts that a rollback refuses and names just these, and that nothing is another then. (In the library's own folder
/// it has seen what the medium can.)
fn assert_refused(place: &Place, paths: &[&str]) {
    let image = || place.image().without(".tenantry");
    let before = image();
    match run(place.migration().rollback()) {
        Err(MigrateError::PutSince(found)) => {
            assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), paths);
        }
        other => panic!("{paths:?}: {other:?}"),
    }
    assert_eq!(before.difference(&image()), None, "{paths:?}");
    assert_eq!(place.migration().status().unwrap().phase, MigrationPhase::Applied);
}

/// Asserts that everything is as it was, but for a folder that something was left in.
fn assert_as_before_beside(place: &Place, folder: &str) {
    let (before, after) = (place.before.clone().without(folder), place.image().without(folder));
    assert_eq!(before.difference(&after), None, "{folder}");
}

#[test]
fn what_people_put_into_a_tenant_s_folders_is_named_and_stays() {
    for (folder, name) in [
        ("videos", "holiday.mp4"),
        ("videos", "a folder"),
        ("thumbnails", "cover.png"),
        ("tokens", "channel9.json"),
        ("tokens", "client_secret.json"),
        ("data", "notes.txt"),
        ("data", "schedules.json.mine"),
    ] {
        let place = migrated();
        let path = format!("{folder}/{USER}/{name}");
        let at = place.root().join(&path);
        match name {
            "a folder" => fs::create_dir(&at).and_then(|()| fs::write(at.join("within"), "mine")).unwrap(),
            _ => fs::write(&at, "mine").unwrap(),
        }
        assert_refused(&place, &[&path]);
        let told = run(place.migration().discarding_changes().rollback()).unwrap();
        assert_eq!(told.left.iter().map(ToString::to_string).collect::<Vec<_>>(), [path.as_str()]);
        let kept = if at.is_dir() { at.join("within") } else { at };
        assert_eq!(fs::read(kept).unwrap(), b"mine", "{path}");
        assert_as_before_beside(&place, &format!("{folder}/{USER}"));
    }
}

#[test]
fn what_people_changed_in_the_library_s_own_files_is_thrown_away_only_on_purpose() {
    let paths = [
        format!("data/{USER}/schedules.json"),
        // Where an original has to be put back.
        format!("data/{USER}/video_database.json"),
        format!("data/{USER}/schedules.json.edited-1762747200"),
    ];
    for path in paths {
        let place = migrated();
        fs::write(place.root().join(&path), "[]").unwrap();
        assert_refused(&place, &[&path]);
        let told = run(place.migration().discarding_changes().rollback()).unwrap();
        assert!(told.left.is_empty(), "{told:?}");
        place.assert_as_before();
    }
}

#[test]
fn a_token_s_file_that_was_changed_is_named_without_what_is_in_it() {
    let place = migrated();
    let folder = place.root().join("tokens/admin");
    let file = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().file_name().into_string().unwrap();
    fs::write(folder.join(&file), "{\"token\": \"secret\"}").unwrap();
    assert_refused(&place, &[&format!("tokens/admin/{file}")]);
    let refused = run(place.migration().rollback()).unwrap_err();
    assert!(!format!("{refused} {refused:?}").contains("secret"));
}

#[test]
fn what_systems_leave_in_every_folder_is_no_reason_to_refuse_and_stays_too() {
    let place = migrated();
    fs::write(place.root().join("videos").join(USER).join(".DS_Store"), "system").unwrap();
    let told = run(place.migration().rollback()).unwrap();
    assert_eq!(told.left.iter().map(ToString::to_string).collect::<Vec<_>>(), ["videos/user123/.DS_Store"]);
    assert_as_before_beside(&place, &format!("videos/{USER}"));
}

#[test]
fn what_was_uploaded_since_goes_also_when_the_rollback_is_cut_off_anywhere() {
    let place = Place::of(&LegacyTree::build(0, &BTreeSet::from([Trap::RecordWithOwner]), 2));
    let plan = place.plan();
    for step in 0.. {
        run(place.migration().apply(&plan)).unwrap();
        place.at_work(&plan, async |tenantry| {
            let own = tenantry.session(&TenantId::parse("admin").unwrap()).await.unwrap().own();
            let body = futures::stream::iter([Ok(bytes::Bytes::from_static(b"uploaded since"))]);
            own.videos().upload("since.mp4", body).await.unwrap();
        });
        fs::write(place.root().join("data/admin/schedules.json"), "changed by hand").unwrap();
        let done = run(place.stopped_at(step).discarding_changes().rollback());
        if done.is_ok() {
            assert!(step > 3, "{step}");
            break;
        }
        // What is to go was decided when it began.
        let told = match place.migration().status().unwrap().phase {
            MigrationPhase::RollingBack => run(place.migration().rollback()).unwrap(),
            _ => run(place.migration().discarding_changes().rollback()).unwrap(),
        };
        assert!(told.left.is_empty(), "step {step}: {told:?}");
        place.assert_as_before();
    }
    place.assert_as_before();
}

/// What kept a root from being opened.
fn refusal(root: &Path) -> Option<StoreErrorKind> {
    let open = || run(async { LocalStore::open(root, LocalOptions::default()).await.err() });
    std::thread::scope(|scope| scope.spawn(open).join().unwrap()).map(|error| error.kind())
}

#[test]
fn as_long_as_a_root_is_being_rolled_back_nobody_can_open_it() {
    let place = migrated();
    // So that something is written before all else: what is to go.
    fs::write(place.root().join("data/admin/schedules.json"), "[]").unwrap();
    let (root, tried) = (place.root(), std::sync::Arc::new(AtomicU64::new(0)));
    let counted = std::sync::Arc::clone(&tried);
    // Before each change as long as there is a journal: from the first one on, by which it begins.
    let rollback = place.migration().discarding_changes().before_change(move || {
        if root.join(".tenantry/migration/state.json").exists() {
            assert_eq!(refusal(&root), Some(StoreErrorKind::Locked));
            counted.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    });
    run(rollback.rollback()).unwrap();
    assert!(tried.load(Ordering::SeqCst) > 10);
    place.assert_as_before();

    run(place.migration().apply(&place.plan())).unwrap();
    assert!(run(place.stopped_at(3).rollback()).is_err());
    let stopped = place.image();
    assert_eq!(refusal(&place.root()), Some(StoreErrorKind::Locked));
    assert_eq!(stopped.difference(&place.image()), None);
    run(place.migration().rollback()).unwrap();
    place.assert_as_before();
    assert_eq!(refusal(&place.root()), None);
}

#[test]
fn a_rollback_that_goes_on_waits_for_nobody_who_still_holds_the_store() {
    let place = migrated();
    assert!(run(place.stopped_at(1).rollback()).is_err());
    let lock = fs::File::open(place.root().join(".tenantry/lock")).unwrap();
    lock.try_lock_shared().unwrap();
    let stopped = place.image();
    assert!(matches!(run(place.migration().rollback()), Err(MigrateError::Busy)));
    assert_eq!(stopped.difference(&place.image()), None);
    drop(lock);
    run(place.migration().rollback()).unwrap();
    place.assert_as_before();
}

#[test]
fn what_is_put_where_a_file_is_to_go_while_it_is_applied_is_not_written_over() {
    run(async {
        let place = Place::of(&LegacyTree::build(1, &BTreeSet::from([Trap::RecordWithOwner]), 2));
        let plan = place.plan();
        let file = plan.files.iter().find(|file| file.is_moved()).unwrap();
        let to = place.root().join(file.to[0].path().to_string());
        let put = to.clone();
        let putting = place.migration().progress(move |progress| {
            if progress.stage == MigrationStage::Beginning && !put.exists() {
                std::fs::create_dir_all(put.parent().unwrap()).unwrap();
                std::fs::write(&put, "somebody's").unwrap();
            }
            Next::Go
        });
        let refused = putting.apply(&plan).await.unwrap_err();
        let kind = std::io::ErrorKind::AlreadyExists;
        assert!(matches!(&refused, MigrateError::Write { kind: found, .. } if *found == kind), "{refused:?}");
        assert_eq!(std::fs::read(&to).unwrap(), b"somebody's");
        assert!(place.root().join(file.from.to_string()).exists());
        // Moved away, it goes on.
        std::fs::rename(&to, place.beside("somebody's")).unwrap();
        place.migration().apply(&plan).await.unwrap();
        assert!(place.migration().verify().await.unwrap().is_clean());
    });
}
