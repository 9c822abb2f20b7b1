//! Trees and roots with which nothing can be begun: they stay as they are.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;

use tenantry::migrate::{MigrateError, MigrationPhase, Plan, ProblemKind};
use tenantry::testkit::TreeImage;
use tenantry::testkit::legacy_trees::{LegacyTree, Trap};

use crate::place::{Place, is_damage};
use crate::whole::run;

/// Asserts that a plan says what is in the way, and that nothing is done in spite of it; the plan.
fn assert_blocked(place: &Place) -> Plan {
    let before = place.image();
    let plan = place.plan();
    let in_the_way = plan.problems.iter().filter(|problem| problem.blocking).count();
    assert!(in_the_way > 0 && plan.problems.iter().all(|problem| !problem.proposal.is_empty()), "{plan}");
    let refused = run(place.migration().apply(&plan)).unwrap_err();
    assert!(matches!(refused, MigrateError::Blocked { problems } if problems == in_the_way), "{refused:?}");
    assert_eq!(before.difference(&place.image()), None);
    assert_eq!(place.migration().status().unwrap().phase, MigrationPhase::NotBegun);
    plan
}

#[test]
fn a_tree_with_damage_is_not_touched() {
    let mut damages = 0;
    for trap in Trap::ALL {
        for seed in 0..2 {
            let tree = LegacyTree::build(2, &BTreeSet::from([*trap]), seed);
            if is_damage(&tree, *trap) {
                assert_blocked(&Place::of(&tree));
                damages += 1;
            }
        }
    }
    assert!(damages >= 3);
}

fn plain() -> Place {
    Place::of(&LegacyTree::build(2, &BTreeSet::new(), 1))
}

#[test]
fn what_is_cut_off_or_something_else_or_gone_is_told_and_nothing_is_touched() {
    let write = |place: &Place, path: &str, bytes: &[u8]| fs::write(place.root().join(path), bytes).unwrap();
    let has =
        |plan: &Plan, kind| plan.problems.iter().any(|problem| problem.blocking && problem.kind == kind);

    let place = plain();
    write(&place, "live_stream_data.xlsx", b"no workbook");
    assert!(has(&assert_blocked(&place), ProblemKind::Damaged));
    for name in ["users.json", "video_database.json", "stream_mapping.json"] {
        let place = plain();
        let text = fs::read(place.root().join(name)).unwrap();
        write(&place, name, &text[..text.len() / 2]);
        assert!(has(&assert_blocked(&place), ProblemKind::Damaged), "{name}");
    }
    for folder in ["videos", "thumbnails"] {
        let place = plain();
        fs::remove_dir_all(place.root().join(folder)).unwrap();
        assert!(has(&assert_blocked(&place), ProblemKind::MissingFolder), "{folder}");
        write(&place, folder, b"a file where a folder is meant");
        assert_blocked(&place);
    }
}

#[test]
fn a_root_that_is_not_there_is_told() {
    let place = plain();
    fs::remove_dir_all(place.root()).unwrap();
    assert!(matches!(place.migration().plan(), Err(MigrateError::Root(_))));
    assert!(matches!(place.migration().status(), Err(MigrateError::Root(_))));
}

const ROOT: &str = "TENANTRY_TEST_REFUSED_MIGRATION";
/// Somebody who owns nothing.
const NOBODY: u32 = 65_534;

/// The part of the child: plans and applies, and says what came of it.
#[test]
fn applies() {
    let Some(root) = std::env::var_os(ROOT) else { return };
    let migration = tenantry::migrate::Migration::new(root, crate::place::planner());
    let plan = migration.plan().unwrap();
    let done =
        if plan.can_be_applied() { format!("{:?}", run(migration.apply(&plan))) } else { plan.to_string() };
    println!("\n@ {}", done.replace('\n', " "));
}

/// What an ordinary user is told.
fn told(place: &Place) -> String {
    let beside = tempfile::Builder::new().permissions(PermissionsExt::from_mode(0o755)).tempdir().unwrap();
    let superuser = fs::metadata(beside.path()).unwrap().uid() == 0;
    let mut program = std::env::current_exe().unwrap();
    if superuser {
        // Where the binary lies, the other user may not go; and by a process of its own, since one that this process
        // had open for writing can't be run as long as another child has it open too.
        let copy = beside.path().join("applies");
        assert!(Command::new("cp").arg(&program).arg(&copy).status().unwrap().success());
        program = copy;
    }
    let mut command = Command::new(program);
    command.args(["damaged::applies", "--exact", "--nocapture"]).current_dir("/").env(ROOT, place.root());
    if superuser {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let line = text.lines().find_map(|line| line.strip_prefix("@ "));
    line.unwrap_or_else(|| panic!("nothing was said: {text}")).to_owned()
}

/// A place whose folder anybody may enter.
fn for_anybody(tree: &LegacyTree) -> Place {
    let place = Place::of(tree);
    fs::set_permissions(place.beside(""), PermissionsExt::from_mode(0o755)).unwrap();
    place
}

#[test]
fn a_root_that_can_t_be_written_stays_as_it_is() {
    let place = for_anybody(&LegacyTree::build(2, &BTreeSet::new(), 1));
    fs::set_permissions(place.root(), PermissionsExt::from_mode(0o555)).unwrap();
    let before = place.image();
    let told = told(&place);
    assert!(told.starts_with("Err(Write") && told.contains("PermissionDenied"), "{told}");
    assert_eq!(before.difference(&place.image()), None);
}

/// That a folder beneath the root can't be written is seen only when something is to be moved out of it.
#[test]
fn a_folder_that_can_t_be_written_stops_it_where_it_can_be_rolled_back() {
    let place = for_anybody(&LegacyTree::build(2, &BTreeSet::new(), 1));
    for path in ["", "videos", "thumbnails", "tokens"] {
        fs::set_permissions(place.root().join(path), PermissionsExt::from_mode(0o777)).unwrap();
    }
    fs::set_permissions(place.root().join("thumbnails"), PermissionsExt::from_mode(0o555)).unwrap();
    let before = place.image();
    let told = told(&place);
    assert!(told.starts_with("Err("), "{told}");
    let migration = place.migration();
    if migration.status().unwrap().phase != MigrationPhase::NotBegun {
        run(migration.rollback()).unwrap();
    }
    assert_eq!(before.difference(&TreeImage::of(&place.root()).unwrap()), None);
}

#[test]
fn a_file_that_can_t_be_read_is_told() {
    let place = for_anybody(&LegacyTree::only(Trap::Unreadable));
    let before = place.image();
    let told = told(&place);
    assert!(told.contains("IT CAN'T BE APPLIED") && told.contains("videos/unreadable.mp4"), "{told}");
    assert_eq!(before.difference(&place.image()), None);
}
