//! Files that lie where others are to be: chains of them, and such that go round.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use tenantry::Tenantry;
use tenantry::migrate::{MigrateError, Migration, MigrationPhase, Next, Placement, Plan, ProblemKind};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::testkit::TreeImage;

use crate::place::{close, open};
use crate::tree::{Tree, placed, problems};
use crate::whole::run;

pub(crate) fn migration(tree: &Tree) -> Migration {
    Migration::new(tree.root(), tree.planner()).clock(crate::place::clock())
}

/// One that is stopped at a step, from 0 on.
pub(crate) fn stopped_at(tree: &Tree, step: u64) -> Migration {
    let steps = AtomicU64::new(0);
    let stop = move |_: &_| if steps.fetch_add(1, Ordering::SeqCst) == step { Next::Stop } else { Next::Go };
    migration(tree).progress(stop)
}

fn image(tree: &Tree) -> TreeImage {
    TreeImage::of(tree.root()).unwrap()
}

/// What each file of a plan holds, by where it goes; before it went.
fn contents(tree: &Tree, plan: &Plan) -> Vec<(Placement, Vec<u8>)> {
    let mut all = Vec::new();
    for file in &plan.files {
        let bytes = std::fs::read(tree.root().join(file.from.to_string())).unwrap();
        all.extend(file.to.iter().map(|to| (to.clone(), bytes.clone())));
    }
    all
}

/// Lets the application be at work in the root, and end.
pub(crate) fn at_work<T: Send>(root: &Path, plan: &Plan, work: impl AsyncFnOnce(&Tenantry) -> T + Send) -> T {
    let application = || {
        run(async {
            let store = LocalStore::open(root, LocalOptions::default()).await.unwrap();
            let tenantry = open(Tenantry::builder(store), plan).await;
            let done = work(&tenantry).await;
            close(tenantry).await;
            done
        })
    };
    std::thread::scope(|scope| scope.spawn(application).join().unwrap())
}

/// Applies, and sees that every file is where it is to be, with what stood in it.
async fn assert_applied(tree: &Tree, plan: &Plan, wanted: &[(Placement, Vec<u8>)]) {
    migration(tree).apply(plan).await.unwrap();
    let verified = migration(tree).verify().await.unwrap();
    assert!(verified.is_clean(), "{verified}\n{plan}");
    let names: Vec<_> = std::fs::read_dir(tree.root().join("videos")).unwrap().collect();
    let is_aside = |entry: &std::io::Result<std::fs::DirEntry>| {
        entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".migrating")
    };
    assert!(!names.iter().any(is_aside), "{names:?}");
    at_work(tree.root(), plan, async |tenantry| {
        for (to, bytes) in wanted {
            let own = tenantry.session(&to.tenant).await.unwrap().own();
            let found = own.videos().open(&to.name).await.unwrap().bytes().await.unwrap();
            assert!(found == *bytes, "{to:?}\n{plan}");
        }
    });
}

/// There and back, undisturbed, and stopped at each step: gone on with, or rolled back.
async fn there_and_back(tree: &Tree) {
    let (before, plan) = (image(tree), migration(tree).plan().unwrap());
    assert!(plan.can_be_applied(), "{plan}");
    let wanted = contents(tree, &plan);
    let steps = counted(async |migration| _ = migration.apply(&plan).await.unwrap(), tree).await;
    assert_applied(tree, &plan, &wanted).await;
    let back = counted(async |migration| _ = migration.rollback().await.unwrap(), tree).await;
    assert_eq!(before.difference(&image(tree)), None, "{plan}");
    for step in 0..steps {
        let stopped = stopped_at(tree, step).apply(&plan).await;
        assert!(matches!(stopped, Err(MigrateError::Stopped)), "step {step}: {stopped:?}");
        if step % 2 == 0 {
            assert_applied(tree, &plan, &wanted).await;
        }
        if migration(tree).status().unwrap().phase != MigrationPhase::NotBegun {
            let stopped = stopped_at(tree, step % back).rollback().await;
            assert!(matches!(stopped, Err(MigrateError::Stopped) | Ok(_)), "step {step}: {stopped:?}");
            if stopped.is_err() {
                let told = migration(tree).rollback().await.unwrap();
                assert!(told.lost.is_empty(), "{told:?}");
            }
        }
        assert_eq!(before.difference(&image(tree)), None, "stopped at step {step}: {plan}");
    }
}

pub(crate) async fn counted(work: impl AsyncFnOnce(Migration), tree: &Tree) -> u64 {
    let steps = std::sync::Arc::new(AtomicU64::new(0));
    let counter = std::sync::Arc::clone(&steps);
    let migration = migration(tree).progress(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        Next::Go
    });
    work(migration).await;
    steps.load(Ordering::SeqCst)
}

fn set_owner(tree: Tree, files: &[(&str, &str)]) -> Tree {
    files.iter().fold(tree, |tree, (path, owner)| {
        tree.write(path, format!("what lay at {path}"));
        tree.owner(path, owner)
    })
}

/// Files with their owners, and where they go.
fn assert_goes(files: &[(&str, &str)], places: &[&str]) {
    let tree = set_owner(Tree::new(), files);
    let plan = tree.plan();
    assert_eq!(placed(&plan), places, "{plan}");
    assert!(problems(&plan, ProblemKind::NewName).is_empty(), "{plan}");
    run(there_and_back(&tree));
}

#[test]
fn a_file_goes_where_one_lies_that_goes_to_a_tenant_who_comes_later() {
    assert_goes(
        &[("videos/done/x.mp4", "ana"), ("videos/ana/x.mp4", "budi"), ("videos/budi/x.mp4", "carla")],
        &[
            "videos/ana/x.mp4 -> videos/budi/x.mp4",
            "videos/budi/x.mp4 -> videos/carla/x.mp4",
            "videos/done/x.mp4 -> videos/ana/x.mp4",
        ],
    );
}

#[test]
fn two_files_get_the_places_of_each_other() {
    assert_goes(
        &[("videos/ana/x.mp4", "budi"), ("videos/budi/x.mp4", "ana")],
        &["videos/ana/x.mp4 -> videos/budi/x.mp4", "videos/budi/x.mp4 -> videos/ana/x.mp4"],
    );
}

#[test]
fn three_files_go_round() {
    assert_goes(
        &[("videos/ana/x.mp4", "budi"), ("videos/budi/x.mp4", "carla"), ("videos/carla/x.mp4", "ana")],
        &[
            "videos/ana/x.mp4 -> videos/budi/x.mp4",
            "videos/budi/x.mp4 -> videos/carla/x.mp4",
            "videos/carla/x.mp4 -> videos/ana/x.mp4",
        ],
    );
}

#[test]
fn a_file_that_has_the_name_of_a_tenant_makes_room_for_its_folder() {
    assert_goes(
        &[("videos/ana", "ana"), ("videos/budi", "ana"), ("videos/x.mp4", "budi")],
        &[
            "videos/ana -> videos/ana/ana",
            "videos/budi -> videos/ana/budi",
            "videos/x.mp4 -> videos/budi/x.mp4",
        ],
    );
}

#[test]
fn a_file_that_has_the_name_of_a_tenant_without_files_makes_room_for_its_folder() {
    assert_goes(&[("videos/admin", "ana")], &["videos/admin -> videos/ana/admin"]);
}

#[test]
fn a_folder_of_another_spelling_has_what_the_tenant_s_own_has_under_another_name() {
    let tree = Tree::new();
    tree.write("videos/Ana/x.mp4", "of Ana").write("videos/=41na/x.mp4", "of its own");
    let plan = tree.plan();
    assert_eq!(problems(&plan, ProblemKind::NewName).len(), 1, "{plan}");
    run(there_and_back(&tree));
}

#[test]
fn a_file_of_several_that_lies_in_the_folder_of_one_goes_to_all() {
    let tree = Tree::new();
    for tenant in ["admin", "ana", "budi"] {
        let record =
            format!(r#"{{"id": "{tenant}", "title": "t", "filename": "x.mp4", "owner": "{tenant}"}}"#);
        tree.write(format!("data/{tenant}/video_database.json"), format!("[{record}]"));
    }
    tree.write("video_database.json", r#"[{"id": "1", "title": "t", "filename": "y.mp4", "owner": "ana"},
        {"id": "2", "title": "t", "filename": "y.mp4"}, {"id": "3", "title": "t", "filename": "y.mp4", "owner": "budi"}]"#);
    tree.write("videos/admin/y.mp4", "of three").write("videos/x.mp4", "of three, too");
    let plan = tree.plan();
    assert_eq!(
        placed(&plan),
        [
            "videos/admin/y.mp4 -> videos/budi/y.mp4, videos/ana/y.mp4, videos/admin/y.mp4",
            "videos/x.mp4 -> videos/budi/x.mp4, videos/ana/x.mp4, videos/admin/x.mp4"
        ]
    );
    run(there_and_back(&tree));
}

#[test]
fn a_name_that_is_made_is_no_other_file_s() {
    let tree = Tree::new();
    tree.write("videos/x.mp4", "shared").write("videos/admin/x.mp4", "own");
    let made = tree.plan().files.iter().find(|file| file.from.to_string() == "videos/x.mp4").unwrap().to[0]
        .name
        .clone();
    tree.write(format!("videos/admin/{made}"), "called just so");
    let plan = tree.plan();
    let places: BTreeSet<_> = plan.files.iter().flat_map(|file| &file.to).collect();
    assert_eq!(places.len(), 3, "{plan}");
    run(there_and_back(&tree));
}

/// What can't go away is told beforehand.
#[test]
fn what_stays_in_the_place_of_a_tenant_s_folder_is_in_the_way() {
    for folder in ["videos", "thumbnails", "tokens", "data"] {
        for link in [false, true] {
            let tree = Tree::new();
            tree.write("videos/x.mp4", "x").folder(folder);
            let path = format!("{folder}/admin");
            match link {
                true => std::os::unix::fs::symlink("/nowhere", tree.root().join(&path)).unwrap(),
                false => {
                    tree.write(&path, "no media");
                }
            }
            let before = image(&tree);
            let plan = tree.plan();
            let told: Vec<_> = plan.problems.iter().filter(|problem| problem.blocking).collect();
            assert_eq!(told.len(), 1, "{plan}");
            assert_eq!(told[0].path.as_ref().unwrap().to_string(), path);
            assert_eq!(told[0].tenant.as_ref().unwrap().as_str(), "admin");
            let refused = run(migration(&tree).apply(&plan));
            assert!(matches!(refused, Err(MigrateError::Blocked { problems: 1 })), "{refused:?}");
            assert_eq!(before.difference(&image(&tree)), None);
        }
    }
}

/// Refused before anything was changed, for ana, and for nobody else.
fn assert_in_the_way(tree: &Tree, path: &str) {
    let (before, plan) = (image(tree), migration(tree).plan().unwrap());
    let told: Vec<_> = plan.problems.iter().filter(|problem| problem.blocking).collect();
    assert_eq!(told.len(), 1, "{path}: {plan}");
    assert_eq!(told[0].path.as_ref().unwrap().to_string(), path);
    assert_eq!(told[0].tenant.as_ref().unwrap().as_str(), "ana");
    let refused = run(migration(tree).apply(&plan));
    assert!(matches!(refused, Err(MigrateError::Blocked { problems: 1 })), "{refused:?}");
    assert_eq!(before.difference(&image(tree)), None);
    let others = BTreeSet::from(["admin".parse().unwrap()]);
    assert!(plan.only(&others).can_be_applied());
}

#[test]
fn what_stays_where_the_library_writes_something_of_its_own_is_in_the_way() {
    let view = "data/ana/video_database.json";
    let link = |path: &str| {
        let tree = Tree::new();
        tree.write("videos/x.mp4", "x").folder("data/ana");
        std::os::unix::fs::symlink("/nowhere", tree.root().join(path)).unwrap();
        tree
    };
    assert_in_the_way(&link(view), view);
    assert_in_the_way(&link("data/ana/ledger.word"), "data/ana/ledger.word");
    for path in [".views", "ledger.word", ".fold-1", ".view-1"].map(|name| format!("data/ana/{name}")) {
        let tree = Tree::new();
        tree.write("videos/x.mp4", "x").write(&path, "left over");
        assert_in_the_way(&tree, &path);
    }
    for path in ["data/ana/schedules.json", view] {
        let tree = Tree::new();
        tree.write("videos/x.mp4", "x").folder(path);
        assert_in_the_way(&tree, path);
    }
}

#[test]
fn a_token_that_stays_keeps_its_name_and_another_gets_a_new_one() {
    let damaged = |tree: &Tree| {
        tree.write("tokens/ana/c.json", "{");
    };
    let link = |tree: &Tree| {
        tree.folder("tokens/ana");
        std::os::unix::fs::symlink("/nowhere", tree.root().join("tokens/ana/c.json")).unwrap();
    };
    for stays in [&damaged as &dyn Fn(&Tree), &link] {
        let tree = Tree::new().owner("tokens/c.json", "ana");
        tree.write("tokens/c.json", "{}").write("videos/x.mp4", "x");
        stays(&tree);
        assert_eq!(problems(&tree.plan(), ProblemKind::NewName).len(), 1, "{}", tree.plan());
        run(there_and_back(&tree));
    }
}

#[test]
fn what_lies_where_it_would_be_put_aside_keeps_anything_from_being_begun() {
    let tree = set_owner(Tree::new(), &[("videos/ana/x.mp4", "budi"), ("videos/budi/x.mp4", "ana")]);
    let plan = tree.plan();
    // Where it is put aside is seen from a migration that was stopped.
    let mut asides = Vec::new();
    for step in 0.. {
        let done = run(stopped_at(&tree, step).apply(&plan));
        let names = std::fs::read_dir(tree.root().join("videos")).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        asides.extend(names.filter(|name| name.starts_with('.')));
        if done.is_ok() || !asides.is_empty() {
            break;
        }
    }
    run(migration(&tree).rollback()).unwrap();
    tree.write(format!("videos/{}", asides[0]), "somebody's");
    let (before, plan) = (image(&tree), tree.plan());
    let refused = run(migration(&tree).apply(&plan));
    assert!(matches!(refused, Err(MigrateError::Write { .. })), "{refused:?}");
    assert_eq!(before.difference(&image(&tree)), None);
    assert_eq!(migration(&tree).status().unwrap().phase, MigrationPhase::NotBegun);
}

/// Files of few names in many places, each somebody's, and records of several that name them.
fn trees() -> impl Strategy<Value = [Vec<(usize, usize, usize)>; 2]> {
    let files = prop::collection::vec((0..PLACES.len(), 0..NAMES.len(), 0..TENANTS.len()), 1..9);
    let records = prop::collection::vec((0..=TENANTS.len(), 0..NAMES.len(), 0..TENANTS.len()), 0..6);
    (files, records).prop_map(|(files, records)| [files, records])
}

const TENANTS: [&str; 4] = ["admin", "ana", "budi", "Carla"];
const PLACES: [&str; 7] =
    ["videos", "videos/done", "videos/admin", "videos/ana", "videos/budi", "videos/Carla", "videos/ana/done"];
const NAMES: [&str; 4] = ["x.mp4", "X.mp4", "y.mp4", "ana"];

fn build(files: &[(usize, usize, usize)], records: &[(usize, usize, usize)]) -> Tree {
    let mut tree = Tree::new().leaving();
    let mut taken = BTreeSet::new();
    for (place, name, owner) in files {
        let path = format!("{}/{}", PLACES[*place], NAMES[*name]);
        // Where there is a folder there is no file.
        let is_folder = path == "videos/ana" && files.iter().any(|(place, ..)| [3, 6].contains(place));
        if !is_folder && taken.insert(path.clone()) {
            tree.write(&path, format!("what lay at {path}"));
            tree = tree.owner(&path, TENANTS[*owner]);
        }
    }
    for (folder, name, owner) in records {
        let path = match TENANTS.get(*folder) {
            Some(tenant) => format!("data/{tenant}/video_database.json"),
            None => "video_database.json".to_owned(),
        };
        let before = std::fs::read_to_string(tree.root().join(&path)).unwrap_or_else(|_| "[]".to_owned());
        let mut all: Vec<serde_json::Value> = serde_json::from_str(&before).unwrap();
        let (name, owner) = (NAMES[*name], TENANTS[*owner]);
        all.push(serde_json::json!({"id": format!("{path} {}", all.len()).replace(['/', ' '], "-"), "title": "t", "filename": name, "owner": owner}));
        tree.write(&path, serde_json::to_vec(&all).unwrap());
    }
    tree
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(6) })]

    #[test]
    fn whatever_lies_in_whose_place_all_get_theirs_and_all_goes_back([files, records] in trees()) {
        run(there_and_back(&build(&files, &records)));
    }
}

#[test]
fn what_could_not_make_room_by_a_rename_is_refused_before_anything_is_changed() {
    let files = [("videos/ana/x.mp4", "budi"), ("videos/x.mp4", "ana"), ("videos/budi/y.mp4", "budi")];
    let tree = set_owner(Tree::new(), &files);
    let (before, plan) = (image(&tree), tree.plan());
    let refused = run(migration(&tree).across_file_systems().apply(&plan)).unwrap_err();
    let kind = std::io::ErrorKind::CrossesDevices;
    let is_it = matches!(&refused, MigrateError::Write { path, kind: found }
        if path.to_string() == "videos/ana/x.mp4" && *found == kind);
    assert!(is_it, "{refused:?}");
    assert_eq!(before.difference(&image(&tree)), None);
    assert_eq!(migration(&tree).status().unwrap().phase, MigrationPhase::NotBegun);
    // On one file system it makes room.
    run(there_and_back(&tree));
}
