//! The entry points leave out no public function that takes a text: the sources are read, so that a new
//! one fails here until it is attacked too, or said to take none from outside.

use std::collections::BTreeSet;
use std::path::Path;

use crate::entries;

/// Functions whose text is the host's own word, or is only compared with or carried.
const HARMLESS: &[&str] = &[
    // What it holds is never shown, nor part of anything.
    "SecretText::new",
    // Compared with the names of a record's own fields.
    "Fields::get",
    // Made by a backend of names that it parsed.
    "StoreError::new",
    // Tested by itself, since it names a place of the host's.
    "LocalStore::open",
];

/// The folders and files of the public functions that an application calls.
const SOURCES: &[&str] = &[
    "paths",
    "record",
    "quota",
    "ownership",
    "workspace",
    "store/error.rs",
    "store/local/store.rs",
    "error.rs",
];

fn texts(path: &Path, found: &mut Vec<String>) {
    if path.is_dir() {
        std::fs::read_dir(path).unwrap().for_each(|entry| texts(&entry.unwrap().path(), found));
    } else {
        found.push(std::fs::read_to_string(path).unwrap());
    }
}

/// Every `Type::function` that is public and takes a text.
fn taking_text() -> BTreeSet<String> {
    let mut sources = Vec::new();
    for part in SOURCES {
        texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(part), &mut sources);
    }
    let mut found = BTreeSet::new();
    for source in sources {
        let mut current = "";
        let mut lines = source.lines();
        while let Some(line) = lines.next() {
            if let Some(name) = line.strip_prefix("impl").filter(|rest| !rest.contains(" for ")) {
                let name = if name.starts_with('<') {
                    name.split_once("> ").map_or("", |pair| pair.1)
                } else {
                    name
                };
                current = name.trim_start().split(['<', ' ']).next().unwrap_or("");
            }
            let Some((_, rest)) = line.strip_prefix("    pub ").and_then(|rest| rest.split_once("fn "))
            else {
                continue;
            };
            let mut signature = rest.to_owned();
            while !signature.ends_with('{') {
                signature.push_str(lines.next().unwrap());
            }
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let taken = signature.split(" -> ").next().unwrap_or("");
            if ["&str", "Into<String>", ": String", "AsRef<Path>"].iter().any(|text| taken.contains(text)) {
                found.insert(format!("{current}::{name}"));
            }
        }
    }
    found
}

#[test]
fn every_public_function_that_takes_a_text_is_attacked() {
    let entries = [
        entries::names(),
        entries::tenants(),
        entries::contents(),
        entries::planned(),
        entries::secrets(),
        entries::uploads(),
        crate::by_url::by_url(),
    ];
    let attacked = entries.iter().flatten().flat_map(|entry| entry.methods);
    let attacked: BTreeSet<&str> = attacked.chain(HARMLESS).copied().collect();
    let found = taking_text();
    let left_out: Vec<_> = found.iter().filter(|name| !attacked.contains(name.as_str())).collect();
    assert!(left_out.is_empty(), "not attacked: {left_out:?}");
    assert!(found.len() > 25, "the sources are read: {found:?}");
}
