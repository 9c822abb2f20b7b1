//! Legacy trees: folders as the first application left them, before it knew tenants.
//!
//! A [`LegacyTree`] is data, with no disk behind it until [`LegacyTree::write_to`]: the databases with the very text
//! they will have, the workbook cell by cell, users, files with their bytes, links, modes and times. It is made from a
//! size, a seed and a set of [traps](Trap), each of which is one way to lose, misplace or mix up data;
//! [`trees`] is a strategy for `proptest` over all three, and shrinks to few traps. [`LegacyTree::only`] has one trap
//! alone; [`LegacyTree::large`] is one to measure with. [`committed`] makes a copy of the tree with real files that the repository has in `examples/legacy`.
//!
//! What is true of a tree is told by its [`Expectation`]: which records, rows and files are whose, what has no place,
//! what dangles. It is computed from the data and never by reading the tree back, so that a migration can be compared
//! with it.
//!
//! Only with the features `testkit` and `xlsx`, since a legacy tree has a workbook.

mod committed;
mod database;
mod entry;
mod expectation;
mod json;
mod large;
mod maker;
mod plain;
mod plant;
mod strategy;
mod trap;
mod workbook;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::Path;

pub use committed::{TREE, committed};
pub use database::{Content, Database, DatabaseKind};
pub use entry::{Entry, EntryKind};
pub use expectation::{
    Dangling, Expectation, ExpectedFile, ExpectedRecord, ExpectedRow, NoPlace, Owners, Place,
};
pub use json::{Fields, Style, Value};
pub use strategy::trees;
pub use trap::Trap;
pub use workbook::{Cell, Workbook};

use maker::Maker;

/// Everything that lies in one folder of the first application.
///
/// Its `Debug` is the call that makes it again, if it was [built](Self::build) and nothing in it was changed since.
#[derive(Clone, PartialEq)]
pub struct LegacyTree {
    /// How many videos, thumbnails, live streams and rows it has beside those of the traps.
    pub size: usize,
    /// What is planted in it.
    pub traps: BTreeSet<Trap>,
    /// Where its values come from.
    pub seed: u64,
    /// The JSON databases.
    pub databases: Vec<Database>,
    /// `users.json`.
    pub users: Vec<User>,
    /// `live_stream_data.xlsx`.
    pub workbook: Workbook,
    /// All else.
    pub entries: Vec<Entry>,
}

/// A user as `users.json` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name by which records and folders name it.
    pub name: String,
    /// admin, demo, silver, gold or platinum.
    pub role: String,
    /// How many live streams may be active and how many megabytes stored, where a later version says so.
    pub limits: Option<(u32, u32)>,
}

impl LegacyTree {
    /// A tree of `size` videos, with as many thumbnails, live streams and rows, and these traps. The same arguments
    /// make the same tree.
    ///
    /// Of traps that can't be in one tree ([`Trap::WorkbookNarrow`] and what needs more columns) the later ones are
    /// planted; what only Unix knows is left out elsewhere. [`traps`](Self::traps) says what came of it.
    #[must_use]
    pub fn build(size: usize, traps: &BTreeSet<Trap>, seed: u64) -> Self {
        let mut maker = Maker::new(seed);
        let mut tree = plain::tree(size, &mut maker);
        (tree.seed, tree.traps) = (seed, plant::possible(traps));
        plant::plant(&mut tree, &mut maker);
        tree
    }

    /// A small tree with this trap and no other, but for those without which it can't be.
    #[must_use]
    pub fn only(trap: Trap) -> Self {
        Self::build(2, &BTreeSet::from([trap]), 0)
    }

    /// A tree to measure with: so many files and records in all, each with its owner, one of ten, and no trap. Every
    /// file has a record; the others are live streams, and of a hundred one is a row of the workbook. There are at
    /// least as many records as files, and a stream key or two besides.
    #[must_use]
    pub fn large(files: usize, records: usize) -> Self {
        large::tree(files, records)
    }

    /// What is true of it, if these are the owners of what does not say whose it is.
    #[must_use]
    pub fn expectation(&self, owners: &Owners) -> Expectation {
        Expectation::of(self, owners)
    }

    /// Writes it into a folder, which is made if it is not there.
    ///
    /// # Errors
    /// The disk's; and that a name, a link or a mode can't be had on this system.
    pub fn write_to(&self, folder: &Path) -> io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut all: Vec<Entry> = Vec::new();
        for database in &self.databases {
            all.push(Entry::file(database.path(), database.written()));
        }
        all.push(Entry::file("users.json", plain::users_text(&self.users)));
        let workbook = self.workbook.written().map_err(io::Error::other)?;
        all.push(Entry::file(workbook::FILE_NAME, workbook));
        all.extend(self.entries.iter().cloned());
        entry::write(&all, folder)
    }

    /// Adds a record to a database, which is made if there is none.
    fn push(&mut self, user: Option<&str>, kind: DatabaseKind, record: Fields) {
        if let Content::Records(records) = &mut self.database(user, kind).content {
            records.push(record);
        }
    }

    /// Adds a token's stream keys to a mapping, which is made if there is none.
    fn map(&mut self, user: Option<&str>, token: &str, keys: Value) {
        if let Content::Object(fields) = &mut self.database(user, DatabaseKind::StreamMapping).content {
            fields.push((token.to_owned(), keys));
        }
    }

    /// A database, made if there is none; a new one is empty and whole.
    fn database(&mut self, user: Option<&str>, kind: DatabaseKind) -> &mut Database {
        let same = |database: &Database| database.user.as_deref() == user && database.kind == kind;
        let at = self.databases.iter().position(same).unwrap_or_else(|| {
            let empty = match kind {
                DatabaseKind::StreamMapping => Content::Object(Vec::new()),
                _ => Content::Records(Vec::new()),
            };
            let style = Style { indent: 4, escaped: true };
            self.databases.push(Database { user: user.map(str::to_owned), kind, content: empty, style });
            self.databases.len() - 1
        });
        &mut self.databases[at]
    }
}

impl fmt::Debug for LegacyTree {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let traps = self.traps.iter().map(|trap| trap.name()).collect::<Vec<_>>().join(", ");
        write!(formatter, "LegacyTree::build({}, {{{traps}}}, {})", self.size, self.seed)
    }
}
