//! What a check can find.

use std::fmt;

use crate::paths::{Area, CollectionName, FileName};

/// Something about a tenant that is not as it should be.
///
/// It names no other tenant, and nothing that a record holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// The ledger names a file that the store does not have. Repair removes the records that refer to
    /// it, and gives its quota back.
    MissingFile {
        /// In which area.
        area: Area,
        /// Its name.
        name: FileName,
    },
    /// A file has another length than the ledger says: it was damaged from outside. Repair removes the
    /// records that refer to it, and deletes it.
    WrongLength {
        /// In which area.
        area: Area,
        /// Its name.
        name: FileName,
        /// Its length, as the ledger says.
        expected: u64,
        /// Its length, as the store says.
        found: u64,
    },
    /// A file to which no record refers, though the ledger counts it. Repair deletes it.
    UnreferredFile {
        /// In which area.
        area: Area,
        /// Its name.
        name: FileName,
    },
    /// A file that the ledger does not name. Only somebody who knows where it came from can say what is
    /// to become of it; repair does not touch it.
    UnknownFile {
        /// In which area.
        area: Area,
        /// Its name.
        name: FileName,
        /// Its length.
        length: u64,
    },
    /// Something in the tenant's area that is no file, or whose name is none. Repair does not touch it.
    StrayEntry {
        /// In which area.
        area: Area,
        /// The name as far as it can be read.
        name: String,
    },
    /// A record that names another owner than the tenant it is stored with; it is never shown. Repair
    /// removes it, and deletes the files to which it alone refers.
    ForeignOwner {
        /// Its collection.
        collection: CollectionName,
        /// Its id.
        id: String,
    },
    /// A record that can't be read. Repair removes it, and deletes the files to which it alone refers.
    UnreadableRecord {
        /// Its collection.
        collection: CollectionName,
        /// Its id.
        id: String,
    },
    /// An upload whose time is over still holds quota. Repair, or a sweep, gives it back.
    ExpiredReservation {
        /// In which area.
        area: Area,
        /// The file's name.
        name: FileName,
    },
    /// A file that is to be deleted, and could be by now. Repair, or a sweep, deletes it.
    OverdueDoom {
        /// In which area.
        area: Area,
        /// The file's name.
        name: FileName,
    },
    /// What is counted as it changes differs from what is there. Repair counts anew.
    WrongUsage {
        /// What is counted: a collection, or one of the ledger's own sections.
        section: String,
    },
    /// A view that somebody else edited. Repair sets it aside and writes the view.
    EditedView {
        /// The name of its file.
        view: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingFile { area, name } => write!(f, "{area}/{name} is missing"),
            Self::WrongLength { area, name, expected, found } => {
                write!(f, "{area}/{name} has {found} bytes instead of {expected}")
            }
            Self::UnreferredFile { area, name } => write!(f, "no record refers to {area}/{name}"),
            Self::UnknownFile { area, name, .. } => write!(f, "{area}/{name} is unknown to the ledger"),
            Self::StrayEntry { area, name } => write!(f, "{area}/{name:?} is no file of the library's"),
            Self::ForeignOwner { collection, id } => write!(f, "{collection}/{id:?} names another owner"),
            Self::UnreadableRecord { collection, id } => write!(f, "{collection}/{id:?} can't be read"),
            Self::ExpiredReservation { area, name } => write!(f, "the reservation of {area}/{name} is over"),
            Self::OverdueDoom { area, name } => write!(f, "{area}/{name} is still to be deleted"),
            Self::WrongUsage { section } => write!(f, "the count of {section} is wrong"),
            Self::EditedView { view } => write!(f, "{view} was edited by somebody else"),
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CheckReport {
    /// What is not as it should be.
    pub findings: Vec<Finding>,
    /// How many files the ledger names.
    pub files: u64,
    /// How many records were read.
    pub records: u64,
}

impl CheckReport {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}
