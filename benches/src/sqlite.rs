//! SQLite as a good engineer would set it up: WAL, `synchronous=FULL`, prepared statements, an index by which a tenant's
//! records are found and come in order, a cache and a map that hold all of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use crate::record::{Held, LegacyVideo, id, record};
use crate::side::{Outcome, wrong};

/// The record's own fields are one JSON text, as they would be where kinds and fields are the application's.
const SCHEMA: &str = "
    CREATE TABLE videos (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        owner TEXT NOT NULL,
        created_by TEXT NOT NULL,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        record TEXT NOT NULL
    );
    CREATE INDEX videos_by_owner ON videos (owner, number);
";

const INSERT: &str = "INSERT INTO videos (id, owner, created_by, created_at, updated_at, record)
    VALUES (?1, ?2, ?2, '2025-11-04 10:00:00', '2025-11-04 10:00:00', ?3)";
const UPDATE: &str =
    "UPDATE videos SET record = ?3, updated_at = '2025-11-04 10:00:01' WHERE id = ?1 AND owner = ?2";
const GET: &str =
    "SELECT created_by, created_at, updated_at, record FROM videos WHERE id = ?1 AND owner = ?2";
const PAGE: &str = "SELECT number, id, created_by, created_at, updated_at, record FROM videos
    WHERE owner = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3";

/// How long a writer waits for others.
const PATIENCE: Duration = Duration::from_secs(60);
/// After so many inserts during which the WAL did not grow it has its steady size. A checkpoint comes every 1,000 pages.
const STEADY: u64 = 400;
const INSERTS_AT_MOST: u64 = 20_000;

/// A record as it was read.
#[expect(dead_code, reason = "what a response needs has been read, also where only the value is looked at")]
pub(crate) struct Row {
    id: String,
    created_by: String,
    created_at: String,
    updated_at: String,
    pub(crate) value: LegacyVideo,
}

/// A connection to a database.
pub(crate) struct Sqlite {
    connection: Connection,
    path: PathBuf,
}

impl Sqlite {
    /// A new database.
    pub(crate) fn create(path: &Path) -> Outcome<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let sqlite = Self::open(path)?;
        sqlite.connection.execute_batch(SCHEMA)?;
        Ok(sqlite)
    }

    /// A connection to one that is there.
    pub(crate) fn open(path: &Path) -> Outcome<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(PATIENCE)?;
        let mode: String = connection.query_row("PRAGMA journal_mode = WAL", params![], |row| row.get(0))?;
        if mode != "wal" {
            return Err(wrong("SQLite has no WAL here"));
        }
        connection.execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA cache_size = -131072; PRAGMA mmap_size = 268435456;",
        )?;
        connection.set_prepared_statement_cache_capacity(16);
        Ok(Self { connection, path: path.to_owned() })
    }

    /// Another connection to the same database, which knows nothing of it yet.
    pub(crate) fn another(&self) -> Outcome<Self> {
        Self::open(&self.path)
    }

    /// Inserts the records of the numbers below that in one transaction.
    pub(crate) fn fill(&mut self, owner: &str, count: u64) -> Outcome<()> {
        self.together((0..count).map(|number| (id(number), owner, record(number))))
    }

    /// Inserts records in one transaction.
    pub(crate) fn together<'a>(
        &mut self,
        records: impl Iterator<Item = (String, &'a str, LegacyVideo)>,
    ) -> Outcome<()> {
        let transaction = self.connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached(INSERT)?;
            for (id, owner, record) in records {
                insert.execute(params![id, owner, serde_json::to_string(&record)?])?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Inserts records one by one until the WAL grows no more: from then on it is written over from its beginning.
    /// Says how many those were; their numbers begin at `first`.
    pub(crate) fn steady(&self, owner: &str, first: u64) -> Outcome<u64> {
        let wal = self.path.with_extension("sqlite-wal");
        let (mut length, mut grown) = (0, 0);
        for inserted in 0..INSERTS_AT_MOST {
            self.insert(&id(first + inserted), owner, &record(first + inserted))?;
            let now = std::fs::metadata(&wal)?.len();
            if now != length {
                (length, grown) = (now, inserted);
            }
            if inserted - grown > STEADY {
                return Ok(inserted + 1);
            }
        }
        Err(wrong("the WAL found no steady size"))
    }

    /// One record, durably.
    pub(crate) fn insert(&self, id: &str, owner: &str, video: &LegacyVideo) -> Outcome<()> {
        let mut insert = self.connection.prepare_cached(INSERT)?;
        insert.execute(params![id, owner, serde_json::to_string(video)?])?;
        Ok(())
    }

    /// Another content for a record, durably.
    pub(crate) fn update(&self, id: &str, owner: &str, video: &LegacyVideo) -> Outcome<()> {
        let mut update = self.connection.prepare_cached(UPDATE)?;
        match update.execute(params![id, owner, serde_json::to_string(video)?])? {
            1 => Ok(()),
            count => Err(wrong(format!("{count} records were updated"))),
        }
    }

    /// Reads within one transaction, which sees one state throughout.
    pub(crate) fn within<T>(&self, read: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
        let transaction = self.connection.unchecked_transaction()?;
        let read = read()?;
        transaction.commit()?;
        Ok(read)
    }

    /// A record by its id.
    pub(crate) fn get(&self, id: &str, owner: &str) -> Outcome<Row> {
        let mut get = self.connection.prepare_cached(GET)?;
        let row = get.query_row(params![id, owner], |row| {
            let columns = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((columns, serde_json::from_str(row.get_ref(3)?.as_str()?)))
        });
        let ((created_by, created_at, updated_at), value) =
            row.optional()?.ok_or_else(|| wrong("a record is missing"))?;
        Ok(Row { id: id.to_owned(), created_by, created_at, updated_at, value: value? })
    }

    /// The newest records below a number, and the last one's number.
    pub(crate) fn page(&self, owner: &str, below: i64, limit: usize) -> Outcome<(Vec<Row>, i64)> {
        let mut page = self.connection.prepare_cached(PAGE)?;
        let mut rows = page.query(params![owner, below, limit])?;
        let (mut items, mut last) = (Vec::with_capacity(limit.min(1000)), below);
        while let Some(row) = rows.next()? {
            last = row.get(0)?;
            let value = serde_json::from_str(row.get_ref(5)?.as_str()?)?;
            let (id, created_by) = (row.get(1)?, row.get(2)?);
            items.push(Row { id, created_by, created_at: row.get(3)?, updated_at: row.get(4)?, value });
        }
        Ok((items, last))
    }

    /// All that it holds, by a connection of its own.
    pub(crate) fn held(&self) -> Outcome<Held> {
        let other = self.another()?;
        let mut all = other.connection.prepare("SELECT record FROM videos")?;
        let mut rows = all.query(params![])?;
        let mut held = Held::default();
        while let Some(row) = rows.next()? {
            held.add(&serde_json::from_str(row.get_ref(0)?.as_str()?)?);
        }
        Ok(held)
    }
}
