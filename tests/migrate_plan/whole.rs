//! What holds of every tree: planning changes nothing, is the same each time, and forgets nothing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use tenantry::migrate::{MigrateError, Plan, Refused, Texts, TreePath};

use crate::tree::{Tree, copy, snapshot};

/// A file of a tree: where, and what is in it.
type Content = (String, String);

fn owner() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        r#","owner":"ana""#,
        r#","owner":"Budi""#,
        r#","owner":null"#,
        r#","owner":[]"#,
    ])
}

fn id() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![r#""1""#, r#""2""#, "3", "null", r#""a\nb""#, "[]"])
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "a.mp4",
        "A.mp4",
        "b.mp4",
        "cafe\u{301}.mp4",
        "c.json",
        "con.mp4",
        "",
        "🎬 x.png",
        "x.txt",
    ])
}

fn record() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (id(), name(), name(), owner()).prop_map(|(id, file, other, owner)| format!(
            r#"{{"id":{id},"filename":"{file}","thumbnail":"{other}","video_file":"{file}","token_file":"{other}","status":"live"{owner}}}"#
        )),
        1 => Just("7".to_owned()),
        1 => Just("{}".to_owned()),
    ]
}

fn database() -> impl Strategy<Value = Content> {
    let folders = prop::sample::select(vec!["", "data/admin/", "data/ana/"]);
    let names = prop::sample::select(vec![
        "video_database.json",
        "thumbnail_database.json",
        "live_streams.json",
        "stream_timers.json",
    ]);
    let content = prop_oneof![
        9 => prop::collection::vec(record(), 0..5).prop_map(|records| format!("[{}]", records.join(","))),
        1 => prop::sample::select(vec!["", "{}", "[{"]).prop_map(str::to_owned),
    ];
    (folders, names, content).prop_map(|(folder, name, content)| (format!("{folder}{name}"), content))
}

fn file() -> impl Strategy<Value = Content> {
    let folders = prop::sample::select(vec![
        "videos",
        "videos/admin",
        "videos/ana",
        "videos/done",
        "videos/ana/done",
        "thumbnails",
        "thumbnails/Budi",
        "tokens",
        "tokens/ana",
        "ffmpeg_logs",
    ]);
    let names = prop_oneof![
        name().prop_filter("a name", |name| !name.is_empty()),
        Just(".gitkeep"),
        Just("x.backup")
    ];
    (folders, names, prop::sample::select(vec!["{}", "x", "yy"]))
        .prop_map(|(folder, name, content)| (format!("{folder}/{name}"), content.to_owned()))
}

fn contents() -> impl Strategy<Value = BTreeMap<String, String>> {
    let mapping = Just((
        "stream_mapping.json".to_owned(),
        r#"{"c.json": {"s": {}, "n": "t", "x": []}, "d.json": 1}"#.to_owned(),
    ));
    let one = prop_oneof![4 => database(), 8 => file(), 1 => mapping];
    prop::collection::vec(one, 0..14).prop_map(|contents| contents.into_iter().collect())
}

fn tree_of(contents: &BTreeMap<String, String>) -> Tree {
    let tree = Tree::new();
    for (path, content) in contents {
        tree.write(path, content);
    }
    tree
}

/// Every file and every record is in the plan once: placed, a source, or left.
pub(crate) fn check_complete(tree: &Tree, plan: &Plan) {
    let bytes = |path: &TreePath| path.as_bytes().to_vec();
    let mut files: Vec<Vec<u8>> = plan.files.iter().map(|file| bytes(&file.from)).collect();
    files.extend(plan.sources.iter().map(|source| bytes(&source.path)));
    files.extend(plan.left.iter().filter(|left| left.at.is_none()).map(|left| bytes(&left.path)));
    files.sort();
    let unlike: std::collections::BTreeSet<_> = files.iter().cloned().collect();
    assert_eq!(unlike.len(), files.len(), "{plan}");
    for (path, _, _, _) in snapshot(tree.root()).into_iter().filter(|(path, ..)| path.is_file()) {
        let path = path.strip_prefix(tree.root()).unwrap();
        let within = path.as_os_str().as_encoded_bytes();
        let is_in = |named: &Vec<u8>| {
            within.strip_prefix(&**named).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
        };
        assert_eq!(files.iter().filter(|named| is_in(named)).count(), 1, "{path:?}: {plan}");
    }
    for source in &plan.sources {
        let placed = plan.records.iter().filter(|record| record.from == source.path).map(|record| record.at);
        let left = plan.left.iter().filter(|left| left.path == source.path).filter_map(|left| left.at);
        let mut places: Vec<_> = placed.chain(left).collect();
        let all = places.len();
        places.sort();
        places.dedup();
        assert_eq!((places.len(), all), (source.records, source.records), "{}: {plan}", source.path);
    }
}

/// Every text that is planned is had again, fits its id, and every file has a record of whoever gets it.
pub(crate) fn check_consistent(tree: &Tree, plan: &Plan) {
    let mut texts = Texts::new(tree.root(), plan);
    let mut ids = std::collections::BTreeSet::new();
    let mut own = std::collections::BTreeSet::new();
    for record in &plan.records {
        let text = texts.of(record).unwrap();
        let envelope = text.envelope().unwrap();
        assert_eq!((envelope.id(), envelope.owner()), (&record.id, Some(record.tenant.as_str())));
        assert!(
            envelope.created_at().is_some()
                && envelope.updated_at().is_some()
                && envelope.created_by().is_some()
        );
        assert!(ids.insert((&record.tenant, &record.collection, &record.id)), "{plan}");
        let value: serde_json::Value = serde_json::from_slice(text.as_bytes()).unwrap();
        if let Some(name) = value["filename"].as_str() {
            own.insert((record.collection.to_string(), record.tenant.to_string(), name.to_owned()));
        }
    }
    let mut places = std::collections::BTreeSet::new();
    let left: std::collections::BTreeSet<_> =
        plan.left.iter().filter(|left| left.at.is_none()).map(|left| left.path.to_string()).collect();
    for to in plan.files.iter().flat_map(|file| &file.to) {
        assert!(places.insert((to.area, &to.tenant, to.name.folded())), "{plan}");
        let key = (to.area.to_string(), to.tenant.to_string(), to.name.to_string());
        assert!(own.contains(&key), "{key:?}: {plan}");
        assert!(!left.contains(&to.path().to_string()), "{plan}");
    }
    assert!(plan.files.iter().all(|file| !file.to.is_empty()));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn of_every_tree_everything_is_in_the_plan_and_nothing_is_changed(contents in contents(), leave in any::<bool>()) {
        let mut tree = tree_of(&contents);
        tree.options.refused = if leave { Refused::Leave } else { Refused::Block };
        let before = snapshot(tree.root());
        let plan = tree.plan();
        check_complete(&tree, &plan);
        check_consistent(&tree, &plan);
        prop_assert_eq!(snapshot(tree.root()), before);
        let elsewhere = tempfile::tempdir().unwrap();
        copy(tree.root(), elsewhere.path());
        let json = |plan: &Plan| serde_json::to_string(plan).unwrap();
        prop_assert_eq!(json(&tree.planner().plan(elsewhere.path()).unwrap()), json(&plan));
        prop_assert_eq!(json(&tree.plan()), json(&plan));
        prop_assert_eq!(&serde_json::from_str::<Plan>(&json(&plan)).unwrap(), &plan);
    }
}

#[test]
fn whatever_matters_and_changes_is_told_by_the_fingerprint() {
    let tree = Tree::new();
    tree.videos("[]").write("videos/a.mp4", "a").write("app.log", "1").write("tokens/c.json", "{}");
    let first = tree.plan().fingerprint;
    tree.write("app.log", "12");
    assert_eq!(tree.plan().fingerprint, first);
    tree.write("videos/a.mp4", "bb");
    let second = tree.plan().fingerprint;
    tree.write("videos/.gitkeep", "");
    let third = tree.plan().fingerprint;
    tree.write("video_database.json", "[ ]");
    let fourth = tree.plan().fingerprint;
    std::fs::remove_file(tree.root().join("tokens/c.json")).unwrap();
    let unlike: std::collections::BTreeSet<_> =
        [first, second, third, fourth, tree.plan().fingerprint].into();
    assert_eq!(unlike.len(), 5);
}

#[test]
fn the_texts_of_a_tree_that_changed_are_not_had() {
    let tree = Tree::new();
    tree.videos(r#"[{"id": "1", "filename": "a.mp4"}]"#);
    let plan = tree.plan();
    tree.videos(r#"[{"id": "1", "filename": "b.mp4"}]"#);
    let error = Texts::new(tree.root(), &plan).of(&plan.records[0]).unwrap_err();
    assert!(matches!(error, MigrateError::NotAsPlanned(_)));
}

#[test]
fn what_changes_while_it_is_read_is_an_error() {
    let tree = Tree::new();
    tree.videos("[]");
    let database = tree.root().join("video_database.json");
    let planner = tree.planner().progress(move |progress| {
        if progress.files == progress.total_files {
            std::fs::write(&database, "[{}]").unwrap();
        }
    });
    let error = planner.plan(tree.root()).unwrap_err();
    assert!(
        matches!(&error, MigrateError::Changed(path) if path.to_string() == "video_database.json"),
        "{error}"
    );
}

#[test]
fn it_is_told_how_far_the_reading_is() {
    let tree = Tree::new();
    tree.write("videos/a.mp4", vec![7; 700_000]).write("videos/b.mp4", "b");
    let (last, most) = (Arc::new(Mutex::new(None)), Arc::new(AtomicU64::new(0)));
    let (told, seen) = (Arc::clone(&last), Arc::clone(&most));
    let planner = tree.planner().progress(move |progress| {
        seen.fetch_max(progress.bytes, Ordering::SeqCst);
        *told.lock().unwrap() = Some(progress);
    });
    planner.plan(tree.root()).unwrap();
    let last = last.lock().unwrap().unwrap();
    assert_eq!((last.bytes, last.total_bytes, last.files, last.total_files), (700_001, 700_001, 2, 2));
    assert_eq!(most.load(Ordering::SeqCst), 700_001);
}
