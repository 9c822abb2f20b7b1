//! The rows leave out no public method: the sources are read, so that a new one fails here until it
//! has a row.

use std::collections::BTreeSet;
use std::path::Path;

use crate::perform::walk;

/// Handles through which a principal works.
const HANDLES: &[&str] = &[
    "Workspace",
    "Collection",
    "Snapshot",
    "SnapshotCollection",
    "Transaction",
    "TransactionCollection",
    "Tenants",
    "Videos",
    "Thumbnails",
    "LiveStreams",
    "Schedules",
    "Tokens",
    "StreamKeys",
    "EditedViews",
];

/// Methods that reach neither ledger nor store: they name what is there or lead to those that do, or
/// ask without doing.
const WITHOUT_A_DECISION: &[&str] = &[
    "Workspace::tenant",
    "Workspace::can",
    "Workspace::reading",
    "Workspace::collection",
    "Workspace::videos",
    "Workspace::thumbnails",
    "Workspace::live_streams",
    "Workspace::schedules",
    "Workspace::tokens",
    "Workspace::stream_keys",
    "Workspace::edited_views",
    "Snapshot::version",
    "Snapshot::collection",
    "Transaction::collection",
    "Transaction::now",
];

fn sources(folder: &Path, texts: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, texts);
        } else {
            texts.push(std::fs::read_to_string(&path).unwrap());
        }
    }
}

fn workspace_sources() -> Vec<String> {
    let mut texts = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/workspace"), &mut texts);
    texts
}

/// The type of a line that begins its own methods: `impl<'a, E: Entity> Collection<'a, E> {`.
fn type_of(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("impl")?;
    if rest.contains(" for ") {
        return Some("");
    }
    let rest = if rest.starts_with('<') { rest.split_once("> ")?.1 } else { rest.trim_start() };
    Some(rest.split(['<', ' ']).next().unwrap_or(rest))
}

fn public_methods() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in workspace_sources() {
        let mut current = "";
        for line in text.lines() {
            if let Some(name) = type_of(line) {
                current = name;
            }
            let Some(rest) = line.strip_prefix("    pub ") else { continue };
            let Some((_, signature)) = rest.split_once("fn ") else { continue };
            let name: String = signature.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if HANDLES.contains(&current) {
                found.insert(format!("{current}::{name}"));
            }
        }
    }
    found
}

#[test]
fn every_public_method_has_a_row() {
    let found = public_methods();
    let listed: BTreeSet<String> = walk()
        .map(|(_, row)| row.method.to_owned())
        .chain(WITHOUT_A_DECISION.iter().map(|&name| name.to_owned()))
        .collect();
    assert_eq!(found, listed);
}
