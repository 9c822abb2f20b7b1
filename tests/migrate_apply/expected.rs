//! What users find, compared with what is true of the tree from which it came.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use tenantry::paths::TenantId;
use tenantry::record::LocalTime;
use tenantry::testkit::legacy_trees::{
    Cell, DatabaseKind, EntryKind, Expectation, ExpectedRecord, LegacyTree, NoPlace, Owners, Place, Style,
    Value,
};

use crate::observed::{Observed, Own};

/// Asserts that everybody has what is everybody's, and nothing else.
pub(crate) fn assert_as_expected(tree: &LegacyTree, found: &Observed) {
    let expectation = tree.expectation(&Owners::all_to("admin"));
    let mut matched = BTreeMap::new();
    let all: Vec<&Json> = found.values().flat_map(|own| own.records.values().flatten()).collect();
    for (tenant, own) in found {
        for (kind, collection) in COLLECTIONS {
            let wanted = records(&expectation, tenant, kind);
            matched.extend(match_records(tenant, own, collection, &wanted));
        }
        files(tree, &expectation, tenant, own, (&matched, &all));
        tokens(&expectation, tenant, own);
        stream_keys(&expectation, tenant, own);
        schedules(&expectation, tenant, own);
    }
    let of = expectation.records.iter().map(|record| &record.owner);
    for owner in of.chain(expectation.rows.iter().map(|row| &row.owner)) {
        assert!(found.contains_key(&tenant(owner)), "{owner} is nobody");
    }
}

/// The collections whose records are a database's, one for one.
const COLLECTIONS: [(DatabaseKind, &str); 6] = [
    (DatabaseKind::Videos, "videos"),
    (DatabaseKind::Thumbnails, "thumbnails"),
    (DatabaseKind::LiveStreams, "live_streams"),
    (DatabaseKind::StreamTimers, "stream_timers"),
    (DatabaseKind::LoopedVideos, "looped_videos"),
    (DatabaseKind::BulkUploadQueue, "bulk_upload_queue"),
];

fn tenant(owner: &str) -> TenantId {
    TenantId::parse(owner).or_else(|_| TenantId::encode(owner)).unwrap()
}

/// A tenant's records, but for those of which a newer one is in its own folder.
fn records<'a>(expectation: &'a Expectation, of: &TenantId, kind: DatabaseKind) -> Vec<&'a ExpectedRecord> {
    let is_new = |place: &&Place| place.path.starts_with("data/");
    let is_old = |record: &ExpectedRecord| {
        let group = expectation.same_id.iter().find(|group| group.contains(&record.place));
        group.is_some_and(|group| !is_new(&&record.place) && group.iter().any(|place| is_new(&place)))
    };
    let records = expectation.records.iter().filter(|record| record.kind == kind);
    records.filter(|record| tenant(&record.owner) == *of && !is_old(record)).collect()
}

/// Which of the found records each of the wanted is.
fn match_records(
    tenant: &TenantId,
    own: &Own,
    collection: &'static str,
    wanted: &[&ExpectedRecord],
) -> BTreeMap<Place, Json> {
    let found = own.of(collection);
    let (mut used, mut matched) = (BTreeSet::new(), BTreeMap::new());
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    for record in wanted {
        let mut free = (0..found.len()).filter(|at| !used.contains(at));
        let at = free.find(|at| agrees(record, &found[*at], tenant));
        let at = at.unwrap_or_else(|| panic!("{tenant} has no {collection} that is {record:?}\n{found:#?}"));
        used.insert(at);
        matched.insert(record.place.clone(), found[at].clone());
        if let Some(before) = last.insert(&record.place.path, at) {
            assert!(before < at, "{tenant}: the {collection} are in another order");
        }
    }
    for (_, other) in found.iter().enumerate().filter(|(at, _)| !used.contains(at)) {
        // The record of a file that had none; whose the file is, is seen with the files.
        let is_made = ["videos", "thumbnails"].contains(&collection) && other["hash"].is_string();
        assert!(is_made, "{tenant} has {collection} that are not its: {other}");
    }
    matched
}

/// Whether a record has all fields that it had, under their names or kept beside what replaced them.
fn agrees(wanted: &ExpectedRecord, found: &Json, tenant: &TenantId) -> bool {
    let is_kept = |(name, value): &(String, Value)| {
        let value = parsed(value);
        let kept = found.get(format!("legacy_{name}"));
        let base = value.as_str().map(|text| text.rsplit(['/', '\\']).next().unwrap_or(text));
        let is_base =
            ["filename", "output_filename"].contains(&name.as_str()) && found[name].as_str() == base;
        found.get(name) == Some(&value) || kept == Some(&value) || is_base
    };
    found["owner"].as_str() == Some(tenant.as_str()) && wanted.fields.iter().all(is_kept)
}

/// A value as JSON, where it is JSON; and else what takes its place.
fn parsed(value: &Value) -> Json {
    let text = value.written(Style { indent: 0, escaped: false });
    let text = if text == "NaN" { "null".to_owned() } else { text };
    serde_json::from_str(&text).unwrap_or_else(|_| {
        let whole = text.replace("\\ud83c\"", "\\ufffd\"");
        serde_json::from_str(&whole).unwrap_or_else(|error| panic!("{text}: {error}"))
    })
}

fn files(
    tree: &LegacyTree,
    expectation: &Expectation,
    of: &TenantId,
    own: &Own,
    (matched, all): (&BTreeMap<Place, Json>, &[&Json]),
) {
    let found: BTreeSet<&[u8]> = own.files.values().map(Vec::as_slice).collect();
    let mut allowed = BTreeSet::new();
    for file in expectation.files.iter().filter(|file| file.area != "tokens") {
        let shown = String::from_utf8_lossy(&file.path);
        let name = shown.rsplit('/').next().unwrap_or_default();
        // One without a record of its own is whose records name it, if there are any.
        let is_named = file.records.is_empty()
            && all.iter().any(|record| record["hash"].is_null() && names(record, name));
        if !is_named && file.owners.iter().any(|owner| tenant(owner) == *of) {
            assert!(found.contains(file.bytes.as_slice()), "{of} has no file with the bytes of {shown}");
            allowed.insert(file.bytes.as_slice());
        }
        for record in file.records.iter().filter_map(|place| matched.get(place)) {
            if record["owner"].as_str() == Some(of.as_str()) {
                let name = record.get("output_filename").unwrap_or(&record["filename"]).as_str().unwrap();
                let bytes = own.files.get(&(file.area, name.to_owned()));
                assert!(bytes == Some(&file.bytes), "{of}: {name} is not what {shown} was");
            }
        }
        // What a user's records name it could see before, whosever it is.
        if own.records.values().flatten().any(|record| names(record, name)) {
            allowed.insert(file.bytes.as_slice());
        }
    }
    if of.as_str() == "admin" {
        // Of these nothing is said of whose they are, and they can be had all the same.
        let is_there = |path: &[u8]| {
            let said = expectation.no_place.iter().find(|(place, _)| place == path).map(|(_, reason)| reason);
            matches!(said, Some(NoPlace::NameNotUtf8 | NoPlace::Unreadable))
        };
        allowed.extend(tree.entries.iter().filter(|entry| is_there(&entry.path)).filter_map(|entry| {
            match &entry.kind {
                EntryKind::File(bytes) => Some(bytes.as_slice()),
                _ => None,
            }
        }));
    }
    for ((area, name), bytes) in &own.files {
        assert!(allowed.contains(bytes.as_slice()), "{of} has a file that is not its: {area}/{name}");
    }
}

/// Whether a record names a file of that name.
fn names(record: &Json, name: &str) -> bool {
    let fields = ["filename", "thumbnail", "video_file", "thumbnailFile", "videoFile"];
    fields.iter().any(|field| record[*field] == name)
}

fn tokens(expectation: &Expectation, of: &TenantId, own: &Own) {
    let is_token = |bytes: &[u8]| serde_json::from_slice::<Json>(bytes).is_ok_and(|json| json.is_object());
    let wanted = expectation.files.iter().filter(|file| file.area == "tokens" && is_token(&file.bytes));
    let wanted = wanted.filter(|file| file.owners.iter().any(|owner| tenant(owner) == *of));
    let wanted = wanted.map(|file| {
        let name = file.path.rsplit(|byte| *byte == b'/').next().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (text(name), text(&file.bytes))
    });
    assert_eq!(own.tokens, wanted.collect(), "{of}");
}

fn stream_keys(expectation: &Expectation, of: &TenantId, own: &Own) {
    let mut found: Vec<&Json> = own.of("stream_mapping").iter().collect();
    for keys in expectation.stream_keys.iter().filter(|keys| tenant(&keys.owner) == *of) {
        let [(token, Value::Object(streams))] = keys.fields.as_slice() else { panic!("{keys:?}") };
        for (name, value) in streams {
            let is_it = |found: &&Json| {
                let is_named = found["token_file"] == token.as_str();
                is_named
                    && match parsed(value) {
                        Json::Object(fields) => {
                            let kept = fields.iter().all(|(field, value)| found.get(field) == Some(value));
                            found["stream_id"] == name.as_str() && kept
                        }
                        older => found["stream_id"] == older && found["title"] == name.as_str(),
                    }
            };
            let at = found.iter().position(is_it);
            found.remove(at.unwrap_or_else(|| panic!("{of} has no key {token}/{name}: {found:#?}")));
        }
    }
    assert!(found.is_empty(), "{of} has stream keys that are not its: {found:#?}");
}

fn schedules(expectation: &Expectation, of: &TenantId, own: &Own) {
    let rows = expectation.rows.iter().filter(|row| !row.cells.is_empty() && tenant(&row.owner) == *of);
    let rows: Vec<_> = rows.collect();
    let found = own.of("schedules");
    assert_eq!(found.len(), rows.len(), "{of}: {found:#?}");
    for (row, found) in rows.iter().zip(found) {
        for (column, cell) in &row.cells {
            assert!(is_cell(column, cell, found, of), "{of}: {column} is not {cell:?}: {found:#}");
        }
    }
}

/// Whether a schedule says what a cell said.
fn is_cell(column: &str, cell: &Cell, found: &Json, of: &TenantId) -> bool {
    let time = |value: &Json| value.as_str().and_then(|text| LocalTime::parse(text).ok());
    let column = match column {
        "token_file" => "tokenFile",
        "thumbnail" => "thumbnailFile",
        same => same,
    };
    let value = &found[column];
    match (column, cell) {
        ("owner", _) => *value == of.as_str(),
        ("scheduledStartTime" | "updated_at", Cell::Text(text)) => time(value) == LocalTime::parse(text).ok(),
        ("scheduledStartTime", Cell::Time(at)) => time(value) == Some(LocalTime::new(*at)),
        ("thumbnailFile", Cell::Text(text)) => *value == text.trim_start_matches("thumbnails/"),
        ("privacyStatus", Cell::Text(text)) if text == "nan" => value.is_null(),
        (_, Cell::Flag(flag)) => *value == *flag,
        ("madeForKids", Cell::Number(number)) => *value == (*number == 1.0),
        ("madeForKids", Cell::Text(text)) => *value == (text == "TRUE"),
        (_, Cell::Text(text)) => *value == text.as_str(),
        other => panic!("{other:?}"),
    }
}
