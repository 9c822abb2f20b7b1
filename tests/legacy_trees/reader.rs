//! Reads a legacy tree from a disk, as leniently as its traps demand.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use calamine::{Data, Reader, Xlsx};
use serde_json::{Map, Value};

/// What lies in a folder.
pub(crate) struct Tree {
    pub(crate) root: PathBuf,
    /// Everything beneath it, by its path; links are not followed.
    pub(crate) entries: BTreeMap<Vec<u8>, Metadata>,
    pub(crate) databases: Vec<Database>,
    pub(crate) users: Map<String, Value>,
    pub(crate) sheets: usize,
    /// The first sheet, its header in the first row.
    pub(crate) cells: Vec<Vec<Data>>,
}

pub(crate) struct Database {
    /// Whose folder it lies in, if not in the root.
    pub(crate) user: Option<String>,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// What it says; `None` if that can't be read.
    pub(crate) json: Option<Value>,
}

const DATABASES: [&str; 7] = [
    "video_database",
    "thumbnail_database",
    "live_streams",
    "stream_mapping",
    "stream_timers",
    "looped_videos",
    "bulk_upload_queue",
];

impl Tree {
    pub(crate) fn read(root: &Path) -> Self {
        let mut entries = BTreeMap::new();
        list(root, root, &mut entries);
        let mut databases = Vec::new();
        for path in entries.keys().filter_map(|path| std::str::from_utf8(path).ok()) {
            let parts: Vec<&str> = path.split('/').collect();
            let (user, file) = match parts.as_slice() {
                [file] => (None, *file),
                ["data", user, file] => (Some((*user).to_owned()), *file),
                _ => continue,
            };
            let Some(name) = file.strip_suffix(".json").filter(|name| DATABASES.contains(name)) else {
                continue;
            };
            let bytes = fs::read(root.join(path)).unwrap();
            databases.push(Database { user, name: name.to_owned(), json: parse(&bytes), bytes });
        }
        let users = fs::read(root.join("users.json")).unwrap();
        let mut book: Xlsx<_> = calamine::open_workbook(root.join("live_stream_data.xlsx")).unwrap();
        let range = book.worksheet_range_at(0).unwrap().unwrap();
        Self {
            root: root.to_owned(),
            entries,
            databases,
            users: serde_json::from_slice(&users).unwrap(),
            sheets: book.sheet_names().len(),
            cells: range.rows().map(<[Data]>::to_vec).collect(),
        }
    }

    /// All records of databases of that name, with their databases.
    pub(crate) fn records<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a Database, &'a Value)> {
        let named = self.databases.iter().filter(move |database| database.name == name);
        named.flat_map(|database| database.records().map(move |record| (database, record)))
    }

    /// The paths as text, of those that are some.
    pub(crate) fn paths(&self) -> impl Iterator<Item = (&str, &Metadata)> {
        self.entries.iter().filter_map(|(path, metadata)| Some((std::str::from_utf8(path).ok()?, metadata)))
    }

    /// The cells beneath the column of that name.
    pub(crate) fn column(&self, name: &str) -> Option<Vec<&Data>> {
        let (header, rows) = self.cells.split_first()?;
        let at = header.iter().position(|cell| *cell == Data::String(name.to_owned()))?;
        Some(rows.iter().filter_map(|row| row.get(at)).collect())
    }
}

impl Database {
    pub(crate) fn records(&self) -> impl Iterator<Item = &Value> {
        self.json.as_ref().and_then(Value::as_array).into_iter().flatten()
    }

    pub(crate) fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
}

fn list(root: &Path, folder: &Path, entries: &mut BTreeMap<Vec<u8>, Metadata>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        if metadata.is_dir() {
            list(root, &path, entries);
        }
        entries.insert(path.strip_prefix(root).unwrap().as_os_str().as_bytes().to_vec(), metadata);
    }
}

/// JSON, with `null` for each bare `NaN` and a question mark for each half of a pair.
fn parse(bytes: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(bytes).ok()?.replace(": NaN", ": null");
    let mut mended = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find("\\ud") {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let is_pair = escape[6..].starts_with("\\ud") && "89ab".contains(&escape[3..4]);
        let length = if is_pair { 12 } else { 6 };
        mended.push_str(if is_pair { &escape[..length] } else { "?" });
        rest = &escape[length..];
    }
    mended.push_str(rest);
    serde_json::from_str(&mended).ok()
}
