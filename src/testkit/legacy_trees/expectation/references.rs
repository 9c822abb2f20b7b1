//! What records and rows name, and whether their owners have it.

use super::super::Value;
use super::super::database::{DatabaseKind, Referent, field};
use super::super::workbook::{self, Cell};
use super::{Dangling, ExpectedFile, ExpectedRecord, ExpectedRow, Place};

/// The columns that name files, the older names among them.
const COLUMNS: [(&str, &str); 5] = [
    ("tokenFile", "tokens"),
    ("token_file", "tokens"),
    ("thumbnailFile", "thumbnails"),
    ("thumbnail", "thumbnails"),
    ("videoFile", "videos"),
];

/// All that is named and that the one who names it does not have.
pub(super) fn dangling(
    records: &[ExpectedRecord],
    stream_keys: &[ExpectedRecord],
    rows: &[ExpectedRow],
    files: &[ExpectedFile],
) -> Vec<Dangling> {
    let known = Known { records, files };
    let mut all = Vec::new();
    for record in records {
        let own = record.kind.own_file().map(|(name, folder)| (name, Referent::File(folder)));
        for (name, referent) in own.into_iter().chain(record.kind.references().iter().copied()) {
            let named = field(&record.fields, name).and_then(Value::as_text);
            all.extend(
                named.and_then(|named| known.missing(&record.place, name, named, referent, &record.owner)),
            );
        }
    }
    for keys in stream_keys {
        let token = keys.id.as_deref().unwrap_or_default();
        all.extend(known.missing(&keys.place, token, token, Referent::File("tokens"), &keys.owner));
    }
    for row in rows {
        let place = Place { path: workbook::FILE_NAME.to_owned(), position: row.position };
        for (column, cell) in &row.cells {
            let folder = COLUMNS.iter().find(|(name, _)| name == column).map(|(_, folder)| *folder);
            let (Some(folder), Cell::Text(text)) = (folder, cell) else { continue };
            let named = text.strip_prefix(&format!("{folder}/")).unwrap_or(text);
            all.extend(known.missing(&place, column, named, Referent::File(folder), &row.owner));
        }
    }
    all
}

struct Known<'a> {
    records: &'a [ExpectedRecord],
    files: &'a [ExpectedFile],
}

impl Known<'_> {
    /// What dangles, if it does.
    fn missing(
        &self,
        place: &Place,
        field: &str,
        named: &str,
        referent: Referent,
        owner: &str,
    ) -> Option<Dangling> {
        let owners: Vec<&str> = match referent {
            Referent::File(folder) => self.owners_of_file(folder, named),
            Referent::Record(kind) => self.owners_of_record(kind, named),
        };
        let is_anothers = !owners.is_empty();
        let (place, field, named) = (place.clone(), field.to_owned(), named.to_owned());
        (!owners.contains(&owner)).then_some(Dangling { place, field, named, is_anothers })
    }

    /// The owners of files of that name: beneath `videos/done` where that is meant, and else not there.
    fn owners_of_file(&self, folder: &str, name: &str) -> Vec<&str> {
        let is_done = |path: &[u8]| path.starts_with(b"videos/done/");
        let is_named = |file: &&ExpectedFile| {
            let last = file.path.rsplit(|byte| *byte == b'/').next();
            let is_there = file.path.starts_with(format!("{folder}/").as_bytes());
            is_there && is_done(&file.path) == (folder == "videos/done") && last == Some(name.as_bytes())
        };
        let found = self.files.iter().filter(is_named);
        found.flat_map(|file| &file.owners).map(String::as_str).collect()
    }

    fn owners_of_record(&self, kind: DatabaseKind, id: &str) -> Vec<&str> {
        let is_named = |record: &&ExpectedRecord| record.kind == kind && record.id.as_deref() == Some(id);
        self.records.iter().filter(is_named).map(|record| record.owner.as_str()).collect()
    }
}
