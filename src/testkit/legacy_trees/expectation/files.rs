//! Which files of a legacy tree are whose.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization;

use super::super::database::field;
use super::super::entry::{Entry, EntryKind};
use super::super::{Content, LegacyTree, Value};
use super::{ExpectedFile, ExpectedRecord, NoPlace, Owners, Place};

/// Where files of users lie, `videos/done` apart.
const AREAS: [&str; 3] = ["videos", "thumbnails", "tokens"];
/// Looped videos; no user's folder.
const DONE: &str = "videos/done";

/// The files that are somebody's, by their folder, their user and their name.
pub(super) struct Files {
    places: BTreeMap<(&'static str, Option<String>, String), Vec<u8>>,
}

impl Files {
    pub(super) fn of(tree: &LegacyTree) -> Self {
        let place = |entry: &Entry| Some((place(entry)?, entry.path.clone()));
        Self { places: tree.entries.iter().filter_map(place).collect() }
    }

    /// The user in whose folder the file is, if it is in that of one and not in the root.
    pub(super) fn only_user(&self, folder: &str, name: &str) -> Option<&str> {
        let mut found = self.places.keys().filter(|(at, _, file)| *at == folder && file == name);
        match (found.next(), found.next()) {
            (Some((_, user, _)), None) => user.as_deref(),
            _ => None,
        }
    }

    /// The file that a record means by a name.
    fn resolve(&self, folder: &'static str, name: &str, record: &ExpectedRecord) -> Option<&Vec<u8>> {
        let database = record.place.path.strip_prefix("data/").and_then(|path| path.split('/').next());
        let places = [database, Some(&record.owner), None];
        let of = |user: Option<&str>| self.places.get(&(folder, user.map(str::to_owned), name.to_owned()));
        let only = || of(Some(self.only_user(folder, name)?));
        places.into_iter().find_map(of).or_else(only)
    }

    /// All files with their owners, and all that is nobody's.
    pub(super) fn owned(
        &self,
        tree: &LegacyTree,
        records: &[ExpectedRecord],
        owners: &Owners,
    ) -> (Vec<ExpectedFile>, Vec<(Vec<u8>, NoPlace)>) {
        let mut named: BTreeMap<&[u8], Vec<&ExpectedRecord>> = BTreeMap::new();
        for record in records {
            let Some((name, folder)) = record.kind.own_file() else { continue };
            let file = field(&record.fields, name).and_then(Value::as_text);
            if let Some(path) = file.and_then(|file| self.resolve(folder, file, record)) {
                named.entry(path).or_default().push(record);
            }
        }
        let of_file = |((folder, user, name), path): (&(&'static str, Option<String>, String), &Vec<u8>)| {
            let records = named.get(path.as_slice()).map(Vec::as_slice).unwrap_or_default();
            let mut whose: BTreeSet<String> = records.iter().map(|record| record.owner.clone()).collect();
            if whose.is_empty() {
                whose.insert(user.as_deref().unwrap_or_else(|| owners.of([name.as_str()])).to_owned());
            }
            ExpectedFile {
                path: path.clone(),
                area: if *folder == DONE { AREAS[0] } else { folder },
                owners: whose,
                bytes: bytes(tree, path),
                records: records.iter().map(|record| record.place.clone()).collect::<Vec<Place>>(),
            }
        };
        (self.places.iter().map(of_file).collect(), no_place(tree))
    }
}

fn bytes(tree: &LegacyTree, path: &[u8]) -> Vec<u8> {
    let entry = tree.entries.iter().find(|entry| entry.path == path);
    match entry.map(|entry| &entry.kind) {
        Some(EntryKind::File(bytes)) => bytes.clone(),
        _ => Vec::new(),
    }
}

/// Folder, user and name of a file that is somebody's.
fn place(entry: &Entry) -> Option<(&'static str, Option<String>, String)> {
    if nobodys(entry).is_some() {
        return None;
    }
    let path = std::str::from_utf8(&entry.path).ok()?;
    let parts: Vec<&str> = path.split('/').collect();
    let area = |name: &str| AREAS.into_iter().find(|area| *area == name);
    match (&entry.kind, parts.as_slice()) {
        (EntryKind::File(_), ["videos", "done", name]) => Some((DONE, None, (*name).to_owned())),
        (EntryKind::File(_), [first, name]) => Some((area(first)?, None, (*name).to_owned())),
        (EntryKind::File(_), [first, user, name]) => {
            Some((area(first)?, Some((*user).to_owned()), (*name).to_owned()))
        }
        _ => None,
    }
}

/// Why a file or link is nobody's, if it is; a folder by itself is nothing.
fn nobodys(entry: &Entry) -> Option<NoPlace> {
    match entry.kind {
        EntryKind::Folder => return None,
        EntryKind::Link(_) => return Some(NoPlace::Link),
        EntryKind::File(_) => {}
    }
    let Ok(path) = std::str::from_utf8(&entry.path) else { return Some(NoPlace::NameNotUtf8) };
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let ends = |end: &str| name.ends_with(end);
    let is_leftover = matches!(name, ".gitkeep" | ".DS_Store" | "Thumbs.db");
    if is_leftover || ends(".backup") || ends(".tmp") || folder == "ffmpeg_logs" {
        Some(NoPlace::Leftover)
    } else if name == "client_secret.json" || path == "schedule_config.json" {
        Some(NoPlace::Application)
    } else if !AREAS.iter().any(|area| folder.split('/').next() == Some(area)) {
        Some(NoPlace::Unknown)
    } else if entry.mode.is_some_and(|mode| mode & 0o400 == 0) {
        Some(NoPlace::Unreadable)
    } else {
        None
    }
}

fn no_place(tree: &LegacyTree) -> Vec<(Vec<u8>, NoPlace)> {
    let entries = tree.entries.iter().filter_map(|entry| Some((entry.path.clone(), nobodys(entry)?)));
    let is_cut = |bytes: &[u8]| !bytes.is_empty() && bytes != b"{}";
    let damaged = tree.databases.iter().filter_map(|database| match &database.content {
        Content::Damaged(bytes) if is_cut(bytes) => Some((database.path().into(), NoPlace::Damaged)),
        _ => None,
    });
    let users = (b"users.json".to_vec(), NoPlace::Application);
    let mut all: Vec<_> = entries.chain(damaged).chain([users]).collect();
    all.sort();
    all
}

/// The groups of files that would be one in a folder that ignores case and normal form.
pub(super) fn same_name(files: &[ExpectedFile]) -> Vec<Vec<Vec<u8>>> {
    let mut places: BTreeMap<_, Vec<Vec<u8>>> = BTreeMap::new();
    for file in files {
        let name = file.path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let folded: String = String::from_utf8_lossy(name).nfc().flat_map(char::to_lowercase).collect();
        for owner in &file.owners {
            places.entry((file.area, owner, folded.clone())).or_default().push(file.path.clone());
        }
    }
    let mut same: Vec<_> = places.into_values().filter(|paths| paths.len() > 1).collect();
    same.sort();
    same.dedup();
    same
}
