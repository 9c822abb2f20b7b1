//! Transactions on threads that may block, and what becomes of redb's errors.

use std::sync::{Arc, Mutex, PoisonError};

use redb::{Database, DatabaseError, Durability, ReadTransaction, TableDefinition, WriteTransaction};
use tenantry::store::{StoreError, StoreErrorKind};

/// By tenant: incarnation, whether it is a tombstone, number, the snapshot's number, the header's text.
pub(crate) const LEDGERS: TableDefinition<'_, &str, (&str, bool, u64, u64, &[u8])> =
    TableDefinition::new("ledgers");
/// By tenant.
pub(crate) const SNAPSHOTS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("snapshots");
/// By tenant and number: whether it changed the header, and its text.
pub(crate) const COMMITS: TableDefinition<'_, (&str, u64), (bool, &[u8])> = TableDefinition::new("commits");
/// By tenant, area and name: the upload that made it, and its length.
pub(crate) const BLOBS: TableDefinition<'_, (&str, &str, &str), (u64, u64)> = TableDefinition::new("blobs");
/// By upload and number.
pub(crate) const CHUNKS: TableDefinition<'_, (u64, u64), &[u8]> = TableDefinition::new("chunks");
/// Those under way, with their tenant; and how many there were, by the number that no upload has.
pub(crate) const UPLOADS: TableDefinition<'_, u64, &str> = TableDefinition::new("uploads");
/// How many uploads there ever were.
pub(crate) const COUNTERS: TableDefinition<'_, &str, u64> = TableDefinition::new("counters");
/// By tenant, place and file name.
pub(crate) const VIEWS: TableDefinition<'_, (&str, u8, &str), &[u8]> = TableDefinition::new("views");

/// What ends a transaction early: a refusal of ours, or an error of redb's.
pub(crate) enum Trouble {
    Refused(StoreErrorKind, &'static str),
    Redb(redb::Error),
    /// Nobody knows whether it happened.
    CommitFailed,
}

/// One `From` for each of redb's errors, so that `?` takes them all.
macro_rules! of_redb {
    ($($error:ty),*) => {
        $(impl From<$error> for Trouble {
            fn from(error: $error) -> Self {
                Self::Redb(error.into())
            }
        })*
    };
}
of_redb!(redb::StorageError, redb::TableError, redb::TransactionError, redb::DatabaseError);
of_redb!(redb::SetDurabilityError);

impl Trouble {
    fn into_error(self, operation: &'static str) -> StoreError {
        // redb's own texts are not passed on: they may name the file, which is the host's.
        let (kind, detail) = match self {
            Self::Refused(kind, detail) => (kind, detail),
            Self::CommitFailed => (StoreErrorKind::OutcomeUnknown, "the database did not say that it did it"),
            Self::Redb(redb::Error::Corrupted(_)) => (StoreErrorKind::Corrupt, "the database is damaged"),
            Self::Redb(redb::Error::DatabaseAlreadyOpen) => (StoreErrorKind::Locked, "it is open elsewhere"),
            Self::Redb(redb::Error::Io(io)) if io.kind() == std::io::ErrorKind::StorageFull => {
                (StoreErrorKind::Full, "the disk is full")
            }
            Self::Redb(_) => (StoreErrorKind::Unavailable, "the database did not do it"),
        };
        StoreError::new(kind, operation, detail)
    }
}

pub(crate) type Tried<T> = Result<T, Trouble>;

/// How a transaction that changes something ends.
pub(crate) enum Transaction<T> {
    /// With what it did.
    Commit(T),
    /// Without: it did nothing that has to stay.
    Abort(T),
}

type Open = dyn Fn() -> Result<Database, DatabaseError> + Send + Sync;

/// The database, shared by all stores over it.
///
/// After an error of its file redb wants to be opened again, and until then answers from what it had meant to
/// write. So it is let go with the first such error, and the next call opens it: what it then says is true.
pub(crate) struct Shared {
    open: Box<Open>,
    opened: Mutex<Option<Arc<Database>>>,
}

impl Shared {
    fn database(&self) -> Tried<Arc<Database>> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(database) = &*opened {
            return Ok(Arc::clone(database));
        }
        let database = Arc::new((self.open)()?);
        Ok(Arc::clone(opened.insert(database)))
    }

    /// Lets the database go if that was an error of its file.
    fn after<T>(&self, tried: Tried<T>) -> Tried<T> {
        if let Err(Trouble::Redb(redb::Error::Io(_) | redb::Error::PreviousIo) | Trouble::CommitFailed) =
            &tried
        {
            *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        tried
    }

    /// Opens it and makes the tables.
    pub(crate) async fn open(
        open: impl Fn() -> Result<Database, DatabaseError> + Send + Sync + 'static,
    ) -> Result<Arc<Self>, StoreError> {
        let opened = Arc::new(Self { open: Box::new(open), opened: Mutex::default() });
        let make = |writing: &WriteTransaction| {
            writing.open_table(LEDGERS)?;
            writing.open_table(SNAPSHOTS)?;
            writing.open_table(COMMITS)?;
            writing.open_table(BLOBS)?;
            writing.open_table(CHUNKS)?;
            writing.open_table(UPLOADS)?;
            writing.open_table(COUNTERS)?;
            writing.open_table(VIEWS)?;
            Ok(Transaction::Commit(()))
        };
        opened.write("open", make).await?;
        Ok(opened)
    }

    /// Reads one state of the whole database.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        operation: &'static str,
        work: impl FnOnce(&ReadTransaction) -> Tried<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        use redb::ReadableDatabase;
        let shared = Arc::clone(self);
        blocking(operation, move || {
            let database = shared.database()?;
            let read = || work(&database.begin_read()?);
            shared.after(read())
        })
        .await
    }

    /// Changes something, durably and wholly; one transaction after the other.
    ///
    /// An error of another kind than [`OutcomeUnknown`](StoreErrorKind::OutcomeUnknown) means that it did not
    /// happen: a transaction that is dropped is undone.
    pub(crate) async fn write<T: Send + 'static>(
        self: &Arc<Self>,
        operation: &'static str,
        work: impl FnOnce(&WriteTransaction) -> Tried<Transaction<T>> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.change(operation, Durability::Immediate, work).await
    }

    /// The same for what may be lost as long as nothing durable came after it.
    pub(crate) async fn write_ahead<T: Send + 'static>(
        self: &Arc<Self>,
        operation: &'static str,
        work: impl FnOnce(&WriteTransaction) -> Tried<Transaction<T>> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.change(operation, Durability::None, work).await
    }

    async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        operation: &'static str,
        durability: Durability,
        work: impl FnOnce(&WriteTransaction) -> Tried<Transaction<T>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(self);
        blocking(operation, move || {
            let database = shared.database()?;
            let write = || {
                let mut writing = database.begin_write()?;
                writing.set_durability(durability)?;
                match work(&writing)? {
                    Transaction::Abort(answer) => Ok(answer),
                    Transaction::Commit(answer) => match writing.commit() {
                        Ok(()) => Ok(answer),
                        Err(_) => Err(Trouble::CommitFailed),
                    },
                }
            };
            shared.after(write())
        })
        .await
    }
}

/// Runs what blocks where it may.
async fn blocking<T: Send + 'static>(
    operation: &'static str,
    work: impl FnOnce() -> Tried<T> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(tried) => tried.map_err(|trouble| trouble.into_error(operation)),
        // The runtime shuts down, or the work panicked: nobody knows how far it got.
        Err(_) => Err(StoreError::new(StoreErrorKind::OutcomeUnknown, operation, "it was cut off")),
    }
}
