//! What is true of a legacy tree, computed from its data.
//!
//! Whose something is, is decided by the first of these that says it:
//!
//! 1. the record's own `owner` (a row's, in the workbook); for a file that of the records that name it as their own,
//!    and these may be several;
//! 2. the user's folder that it lies in: `data/<user>/`, `videos/<user>/`, …; for a record in the root and the stream
//!    keys of a token, the one that its file lies in. `videos/done` is no user's;
//! 3. [`Owners::assigned`], by the record's id or by the name of the file;
//! 4. [`Owners::default`].
//!
//! A record in a user's database means the file in that user's folder, one in the root the file in the root; only
//! where that is not there, the file in its owner's folder, then one in the root, then the only one there is.
//!
//! What the expectation does not decide is what a migration makes of it: new names, merged duplicates, users that the
//! application does not know.

mod files;
mod references;

use std::collections::{BTreeMap, BTreeSet};

use super::database::{Database, DatabaseKind, field};
use super::json::{Fields, Value};
use super::workbook::Cell;
use super::{Content, LegacyTree};
use files::Files;

/// Who owns what does not say whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owners {
    /// Who owns what nothing else tells.
    pub default: String,
    /// Users, by the id of a record or the name of a file.
    pub assigned: BTreeMap<String, String>,
}

impl Owners {
    /// All to one user.
    #[must_use]
    pub fn all_to(user: &str) -> Self {
        Self { default: user.to_owned(), assigned: BTreeMap::new() }
    }
}

/// What is true of a tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// All records of databases that can be read, in the order of the databases and their own.
    pub records: Vec<ExpectedRecord>,
    /// The stream keys of each token, in the same order: the database is the mapping, the id the token's file name,
    /// and the field of that name holds them.
    pub stream_keys: Vec<ExpectedRecord>,
    /// All rows of the workbook.
    pub rows: Vec<ExpectedRow>,
    /// The files that are somebody's.
    pub files: Vec<ExpectedFile>,
    /// What is nobody's, in the order of paths.
    pub no_place: Vec<(Vec<u8>, NoPlace)>,
    /// What names something that its owner does not have.
    pub dangling: Vec<Dangling>,
    /// Records of one owner, kind and id, at least two each; in the order of their first.
    pub same_id: Vec<Vec<Place>>,
    /// Files of one owner and area whose names are the same but for case and normal form, at least two each.
    pub same_name: Vec<Vec<Vec<u8>>>,
    /// Owners that `users.json` does not have.
    pub unknown_users: BTreeSet<String>,
}

/// Where a record stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The path of the database, or of the workbook.
    pub path: String,
    /// The position in it, from 0.
    pub position: usize,
}

/// A record and whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedRecord {
    /// Where it stands.
    pub place: Place,
    /// What it is of.
    pub kind: DatabaseKind,
    /// Its id, if it has one.
    pub id: Option<String>,
    /// Whose it is.
    pub owner: String,
    /// All its fields, in their order.
    pub fields: Fields,
}

/// A row of the workbook and whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedRow {
    /// The position, from 0, beneath the header.
    pub position: usize,
    /// Whose it is.
    pub owner: String,
    /// The cells that are not empty, by the names of their columns.
    pub cells: Vec<(String, Cell)>,
}

/// A file and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedFile {
    /// Where it is.
    pub path: Vec<u8>,
    /// `videos`, `thumbnails` or `tokens`.
    pub area: &'static str,
    /// Whose it is; several where records of several owners name it.
    pub owners: BTreeSet<String>,
    /// Its content.
    pub bytes: Vec<u8>,
    /// The records that name it as their own.
    pub records: Vec<Place>,
}

/// Why something is nobody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NoPlace {
    /// It is the application's: users, configuration, its own client secret.
    Application,
    /// Something that other programs or earlier attempts left: `.gitkeep`, `*.backup`, logs.
    Leftover,
    /// A link, which is not followed.
    Link,
    /// It may not be read.
    Unreadable,
    /// Its name is no UTF-8.
    NameNotUtf8,
    /// A database that ends in the middle.
    Damaged,
    /// Nobody knows what it is.
    Unknown,
}

/// A field that names something which its owner does not have, or which is nobody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dangling {
    /// The record or row.
    pub place: Place,
    /// The field or column.
    pub field: String,
    /// What it names.
    pub named: String,
    /// Whether another has it.
    pub is_anothers: bool,
}

impl Expectation {
    pub(super) fn of(tree: &LegacyTree, owners: &Owners) -> Self {
        let files = Files::of(tree);
        let mut records = Vec::new();
        let mut stream_keys = Vec::new();
        for database in &tree.databases {
            records.extend(of_database(database, &files, owners));
            if let (DatabaseKind::StreamMapping, Content::Object(tokens)) = (database.kind, &database.content)
            {
                stream_keys.extend(of_mapping(database, tokens, &files, owners));
            }
        }
        let rows = rows(tree, owners);
        let (owned, no_place) = files.owned(tree, &records, owners);
        let dangling = references::dangling(&records, &stream_keys, &rows, &owned);
        let of_records = records.iter().chain(&stream_keys).map(|record| &record.owner);
        let of_files = owned.iter().flat_map(|file| &file.owners);
        let all = of_records.chain(of_files).chain(rows.iter().map(|row| &row.owner));
        let is_unknown = |owner: &&String| !tree.users.iter().any(|user| user.name == **owner);
        Self {
            unknown_users: all.filter(is_unknown).cloned().collect(),
            same_id: same_id(&records),
            same_name: files::same_name(&owned),
            records,
            stream_keys,
            rows,
            files: owned,
            no_place,
            dangling,
        }
    }
}

fn of_database<'a>(
    database: &'a Database,
    files: &'a Files,
    owners: &'a Owners,
) -> impl Iterator<Item = ExpectedRecord> + 'a {
    database.records().iter().enumerate().map(move |(position, record)| {
        let id = field(record, "id").and_then(Value::as_text);
        let file = database.kind.own_file().and_then(|(name, folder)| {
            let file = field(record, name)?.as_text()?;
            Some((folder, file))
        });
        let in_folder = || {
            let (folder, file) = file?;
            files.only_user(folder, file)
        };
        let said = field(record, "owner").and_then(Value::as_text).or(database.user.as_deref());
        let names = id.into_iter().chain(file.map(|(_, file)| file));
        let owner = said.or_else(in_folder).unwrap_or_else(|| owners.of(names));
        ExpectedRecord {
            place: Place { path: database.path(), position },
            kind: database.kind,
            id: id.map(str::to_owned),
            owner: owner.to_owned(),
            fields: record.clone(),
        }
    })
}

fn of_mapping<'a>(
    database: &'a Database,
    tokens: &'a Fields,
    files: &'a Files,
    owners: &'a Owners,
) -> impl Iterator<Item = ExpectedRecord> + 'a {
    tokens.iter().enumerate().map(move |(position, (token, keys))| {
        let said = database.user.as_deref().or_else(|| files.only_user("tokens", token));
        ExpectedRecord {
            place: Place { path: database.path(), position },
            kind: database.kind,
            id: Some(token.clone()),
            owner: said.unwrap_or_else(|| owners.of([token.as_str()])).to_owned(),
            fields: vec![(token.clone(), keys.clone())],
        }
    })
}

fn rows(tree: &LegacyTree, owners: &Owners) -> Vec<ExpectedRow> {
    let row = |(position, row): (usize, &Vec<Cell>)| {
        let cells = tree.workbook.columns.iter().cloned().zip(row.iter().cloned());
        let owner = match tree.workbook.cell(position, "owner") {
            Some(Cell::Text(owner)) if !owner.is_empty() => owner.clone(),
            _ => owners.default.clone(),
        };
        ExpectedRow { position, owner, cells: cells.filter(|(_, cell)| *cell != Cell::Empty).collect() }
    };
    tree.workbook.rows.iter().enumerate().map(row).collect()
}

fn same_id(records: &[ExpectedRecord]) -> Vec<Vec<Place>> {
    let mut places: BTreeMap<_, Vec<Place>> = BTreeMap::new();
    for record in records {
        if let Some(id) = &record.id {
            places.entry((record.kind, &record.owner, id)).or_default().push(record.place.clone());
        }
    }
    let mut same: Vec<_> = places.into_values().filter(|places| places.len() > 1).collect();
    same.sort();
    same
}

impl Owners {
    /// The owner that the first of these names has, or else the default.
    fn of<'a>(&'a self, names: impl IntoIterator<Item = &'a str>) -> &'a str {
        names.into_iter().find_map(|name| self.assigned.get(name)).unwrap_or(&self.default)
    }
}
