//! What an archive says of itself.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ArchiveError, END, header, padding};
use crate::paths::{Area, CollectionName, FileName, TenantId};
use crate::workspace::Profile;

/// The name of the manifest's entry.
pub(crate) const MANIFEST: &str = "manifest.json";

/// The name of the entry with its digest.
pub(crate) const MANIFEST_SUM: &str = "manifest.json.b3";

/// The content of that entry.
pub(crate) fn sum(manifest: &[u8]) -> String {
    format!("{}  {MANIFEST}\n", blake3::hash(manifest).to_hex())
}

/// The longest manifest that is written or read, in bytes: room for some 200,000 files.
pub(crate) const MAX_MANIFEST: u64 = 32 << 20;

/// What archives call themselves.
const FORMAT: &str = "tenantry archive";

/// The version that is written, and the only one there is.
const VERSION: u64 = 1;

/// What an archive holds: the tenant's name and profile, and every other entry in order.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ArchiveManifest {
    /// Whose archive it is.
    pub tenant: TenantId,
    /// When it was made.
    pub exported_at: Timestamp,
    /// The profile that the tenant had.
    pub profile: Profile,
    /// The collections.
    pub records: Vec<ArchivedRecords>,
    /// The files.
    pub files: Vec<ArchivedFile>,
}

/// A collection's entry in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ArchivedRecords {
    /// The collection.
    pub collection: CollectionName,
    /// How many records there are.
    pub records: u64,
    /// The length of the entry in bytes.
    pub bytes: u64,
    /// The BLAKE3 digest of the entry, as `b3sum` writes it.
    pub blake3: String,
}

/// A file's entry in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ArchivedFile {
    /// Where it lies.
    #[serde(with = "area")]
    pub area: Area,
    /// Its name.
    pub name: FileName,
    /// Its length in bytes.
    pub bytes: u64,
    /// The BLAKE3 digest of its bytes, as `b3sum` writes it.
    pub blake3: String,
}

/// Areas, by their folders.
mod area {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::paths::Area;

    pub(super) fn serialize<S: Serializer>(area: &Area, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(area.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Area, D::Error> {
        let name = String::deserialize(deserializer)?;
        Area::from_name(&name).ok_or_else(|| serde::de::Error::custom("no such area"))
    }
}

impl ArchivedRecords {
    /// The name of the entry.
    #[must_use]
    pub fn entry(&self) -> String {
        format!("records/{}.jsonl", self.collection)
    }
}

impl ArchivedFile {
    /// The name of the entry.
    #[must_use]
    pub fn entry(&self) -> String {
        format!("{}/{}", self.area, self.name)
    }
}

/// The manifest's text.
#[derive(Serialize, Deserialize)]
struct Written {
    format: String,
    version: u64,
    tenant: TenantId,
    exported_at: String,
    profile: Profile,
    records: Vec<ArchivedRecords>,
    files: Vec<ArchivedFile>,
}

/// What is read first: the rest depends on it.
#[derive(Deserialize)]
struct Kind {
    format: String,
    version: u64,
}

const fn wrong(reason: &'static str) -> ArchiveError {
    ArchiveError::Manifest { reason }
}

impl ArchiveManifest {
    /// How many bytes the records' entries have together; `None` for more than can be.
    pub(crate) fn record_bytes(&self) -> Option<u64> {
        self.records.iter().try_fold(0_u64, |sum, entry| sum.checked_add(entry.bytes))
    }

    /// How many bytes the files have together; `None` for more than can be.
    pub(crate) fn file_bytes(&self) -> Option<u64> {
        self.files.iter().try_fold(0_u64, |sum, entry| sum.checked_add(entry.bytes))
    }

    /// How long the whole archive is in bytes, whose manifest's text is so long.
    pub(crate) fn archive_bytes(&self, text: u64) -> u64 {
        let records = self.records.iter().map(|entry| (entry.entry(), entry.bytes));
        let files = self.files.iter().map(|entry| (entry.entry(), entry.bytes));
        let sum = sum(&[]).len() as u64;
        let first = [(MANIFEST.to_owned(), text), (MANIFEST_SUM.to_owned(), sum)];
        let entries = first.into_iter().chain(records).chain(files);
        let lengths = entries.map(|(entry, bytes)| {
            let around = header(&entry, bytes, self.exported_at).len() + padding(bytes);
            bytes.saturating_add(around as u64)
        });
        lengths.fold(END.len() as u64, u64::saturating_add)
    }

    /// Its text, indented for people.
    pub(crate) fn write(&self) -> Vec<u8> {
        let written = Written {
            format: FORMAT.to_owned(),
            version: VERSION,
            tenant: self.tenant.clone(),
            exported_at: self.exported_at.to_string(),
            profile: self.profile.clone(),
            records: self.records.clone(),
            files: self.files.clone(),
        };
        // Names, numbers and texts always serialise.
        let mut text = serde_json::to_vec_pretty(&written).unwrap_or_default();
        text.push(b'\n');
        text
    }

    /// Reads what [`write`](Self::write) wrote, or somebody who wants to harm.
    pub(crate) fn read(text: &[u8]) -> Result<Self, ArchiveError> {
        let kind: Kind = serde_json::from_slice(text).map_err(|_| ArchiveError::NotAnArchive)?;
        if kind.format != FORMAT {
            return Err(ArchiveError::NotAnArchive);
        }
        if kind.version != VERSION {
            return Err(ArchiveError::Version { version: kind.version });
        }
        let written: Written =
            serde_json::from_slice(text).map_err(|_| wrong("a field is missing or can't be read"))?;
        let Written { tenant, exported_at, profile, records, files, .. } = written;
        let exported_at = exported_at.parse().map_err(|_| wrong("exported_at is no time"))?;
        let manifest = Self { tenant, exported_at, profile, records, files };
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), ArchiveError> {
        let mut entries = BTreeSet::new();
        // Two names that differ in case only are one file on some disks, and one to the library.
        let names = self.files.iter().map(|file| format!("{}/{}", file.area, file.name.folded()));
        if !self.records.iter().map(ArchivedRecords::entry).chain(names).all(|entry| entries.insert(entry)) {
            return Err(wrong("an entry is named twice"));
        }
        match (self.record_bytes(), self.file_bytes()) {
            (Some(_), Some(_)) => Ok(()),
            _ => Err(wrong("it is more than can be")),
        }
    }
}
