//! A ledger that is opened without its snapshot being read: [`Opened`].

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::{Header, Loaded, StoreError, Version};

/// A ledger as it was opened: all of it but, where the store can, the snapshot.
pub struct Opened {
    /// The version that all of it together makes.
    pub version: Version,
    /// The header as of that version.
    pub header: Header,
    /// The snapshot.
    pub snapshot: OpenedSnapshot,
    /// The texts of the commits since, oldest first.
    pub commits: Vec<Bytes>,
}

/// A snapshot as it is handed out where a ledger is opened.
pub enum OpenedSnapshot {
    /// Its lines, all of them.
    Whole(Bytes),
    /// Its lines and their [index](super::Fold::index), to be read part by part.
    Parts(Arc<dyn SnapshotParts>),
}

/// The lines of a snapshot and, behind them, the index that came with its fold: cut into parts of one length, of which
/// the last one may be shorter. What is read stays what it is, whatever becomes of the ledger meanwhile.
///
/// Reading blocks, and is called wherever something is looked at: so it has to be short.
pub trait SnapshotParts: Send + Sync + 'static {
    /// How many bytes the lines have.
    fn text_length(&self) -> usize;

    /// How many bytes the index has.
    fn index_length(&self) -> usize;

    /// How many bytes a part has.
    fn part_length(&self) -> usize;

    /// Reads parts that lie one behind the other and sees that each is as it was written. Several are asked for where
    /// those beside them were read before, and never more than 2 MiB; none that is damaged is handed out.
    ///
    /// # Errors
    /// [`Corrupt`](super::StoreErrorKind::Corrupt) if one is not; whatever kept the store from reading them.
    fn read(&self, parts: Range<usize>) -> Result<Bytes, StoreError>;

    /// Reads all lines, and all of the index, and sees that they are as they were written.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    fn read_all(&self) -> Result<(Bytes, Bytes), StoreError>;
}

impl From<Loaded> for Opened {
    fn from(loaded: Loaded) -> Self {
        let Loaded { version, header, snapshot, commits, .. } = loaded;
        Self { version, header, snapshot: OpenedSnapshot::Whole(snapshot), commits }
    }
}

impl fmt::Debug for Opened {
    /// The texts are left out: they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("version", &self.version)
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for OpenedSnapshot {
    /// The same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(lines) => write!(f, "Whole({} bytes)", lines.len()),
            Self::Parts(parts) => write!(f, "Parts({} bytes)", parts.text_length()),
        }
    }
}
