//! What an archive's records become: under the tenant's own name, with the fresh names of its files, by
//! the rules of their types.

use std::collections::BTreeMap;

use super::super::access::Author;
use super::super::files;
use super::super::kinds::Kind;

use super::super::records::{self, MissingFiles};
use crate::archive::{ArchiveError, ArchivedFile};
use crate::error::{Error, Result};
use crate::ledger::Draft;
use crate::ownership::Action;
use crate::paths::{CollectionName, FileName, TenantId};
use crate::record::named::FILE_INDEX;
use crate::record::{RecordLimits, RecordText, Reference, Target};

/// The field in which a video's or a thumbnail's record names its own file.
const OWN_FILE: &str = "filename";

/// A collection as it came.
pub(super) struct Arrived {
    pub(super) collection: CollectionName,
    pub(super) kind: Kind,
    pub(super) records: Vec<RecordText>,
}

/// The names that the archive's files get: by the folded name that each has there.
#[derive(Default)]
pub(super) struct FreshNames(BTreeMap<String, FileName>);

impl FreshNames {
    pub(super) fn insert(&mut self, old: &FileName, new: FileName) {
        self.0.insert(old.folded(), new);
    }

    pub(super) fn get(&self, old: &FileName) -> Option<&FileName> {
        self.0.get(&old.folded())
    }
}

/// Why a record is refused, for the report.
fn refused(arrived: &Arrived, line: usize, reason: impl ToString) -> ArchiveError {
    let (collection, line) = (arrived.collection.clone(), line as u64 + 1);
    ArchiveError::Record { collection, line, reason: reason.to_string() }
}

/// The lines of a collection's entry as what is to be stored; they have to be as many as was told.
pub(super) fn read(
    text: &[u8],
    (collection, kind): (&CollectionName, Kind),
    told: u64,
    limits: &RecordLimits,
    tenants: (&TenantId, &TenantId),
    names: &FreshNames,
) -> std::result::Result<Vec<RecordText>, ArchiveError> {
    let lines = text.split_inclusive(|&byte| byte == b'\n');
    // Before any of them takes more than its text does.
    if lines.clone().count() as u64 != told {
        return Err(ArchiveError::Manifest { reason: "it does not count its records" });
    }
    let record = |line: &[u8]| {
        let line = line.strip_suffix(b"\n").ok_or("its line has no end")?;
        let text = RecordText::parse(line, limits).map_err(|error| error.to_string())?;
        renamed(text, (collection, kind), tenants, names)
    };
    let wrong = |line, reason| ArchiveError::Record { collection: collection.clone(), line, reason };
    lines.zip(1..).map(|(line, at)| record(line).map_err(|reason| wrong(at, reason))).collect()
}

/// A record with the tenant's name and the files' fresh ones in place of those that it had.
fn renamed(
    text: RecordText,
    (collection, kind): (&CollectionName, Kind),
    (from, to): (&TenantId, &TenantId),
    names: &FreshNames,
) -> std::result::Result<RecordText, String> {
    let owner = text.envelope().map_err(|error| error.to_string())?.owner().map(str::to_owned);
    if owner.is_some_and(|owner| owner != from.as_str()) {
        return Err("it names another owner".to_owned());
    }
    let owned = |_: &str| (from != to).then(|| to.to_string());
    let renamed = |old: &str| names.get(&FileName::parse(old).ok()?).map(ToString::to_string);
    let changed = |text: RecordText, fields: &[&'static str], change: &dyn Fn(&str) -> Option<String>| {
        let changed = text.with_texts(fields, change).map_err(|error| error.to_string())?;
        Ok::<_, String>(changed.unwrap_or(text))
    };
    let text = changed(text, &["owner"], &owned)?;
    let files = [CollectionName::VIDEOS, CollectionName::THUMBNAILS];
    let is_old = |named: &Reference| match named.target() {
        Target::Key(index, key) => {
            files.contains(named.collection()) && *index == FILE_INDEX && names.0.contains_key(key)
        }
        Target::Id(_) => false,
    };
    let fields = |text: &RecordText| {
        let references = (kind.references)(text).map_err(|error| error.to_string())?;
        Ok::<_, String>(references.iter().filter(|named| is_old(named)).map(Reference::field).collect())
    };
    let mut naming: Vec<&'static str> = fields(&text)?;
    naming.extend(files.contains(collection).then_some(OWN_FILE));
    let text = changed(text, &naming, &renamed)?;
    // What goes on naming what is there no more is written elsewhere than its kind says.
    match fields(&text)?.first() {
        Some(field) => Err(format!("what it names is not in its field {field}")),
        None => Ok(text),
    }
}

/// Puts everything into an empty tenant: its files, which are reserved, and its records.
pub(super) fn restore(
    draft: &mut Draft,
    author: &Author<'_>,
    action: Action,
    arrived: &[Arrived],
    stored: &[(FileName, ArchivedFile)],
) -> Result<()> {
    let operation = action.as_str();
    for (name, file) in stored {
        let blob = files::Blob::new(file.bytes, file.blake3.clone());
        files::settle(draft, author.core, operation, file.area, name, &blob)?;
    }
    for each in arrived {
        for (line, text) in each.records.iter().enumerate() {
            (each.kind.restore)(draft, author, action, text, MissingFiles::Refused)
                .map_err(|error| super::import::refused(refused(each, line, why(&error))))?;
        }
    }
    let unreferenced = stored
        .iter()
        .find(|(name, file)| draft.state().find_everywhere(&records::blob_key(file.area, name)).is_empty());
    match unreferenced {
        Some((_, file)) => Err(super::import::refused(ArchiveError::Unreferenced { entry: file.entry() })),
        None => Ok(()),
    }
}

/// What an error says of a record, without the operation.
fn why(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => source.to_string(),
        None => error.kind().to_string(),
    }
}
