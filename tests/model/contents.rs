//! The model of one tenant's contents: records in the order in which they came, counted anew at every look.

use std::collections::BTreeMap;

use tenantry::ErrorKind;
use tenantry::record::OnReferenced;

use super::named;
use super::record::{Record, quoted};
use super::rules;
use super::step::{Answer, UsageSeen, settings};

/// Every collection that histories know.
pub(crate) const COLLECTIONS: [&str; 8] =
    ["live_streams", "notes", "schedules", "stream_mapping", "tasks", "thumbnails", "tokens", "videos"];

/// The fields that hold times.
const TIMES: [&str; 5] = ["created_at", "updated_at", "date_added", "start_date", "scheduledStartTime"];

/// Who changes, where and when.
#[derive(Debug, Clone)]
pub(crate) struct Author {
    pub(crate) by: String,
    pub(crate) on: String,
    /// The tenant's own time.
    pub(crate) time: String,
}

/// What a tenant holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Contents {
    records: Vec<Record>,
    inserted: u64,
    /// Answers to requests with a key, the oldest first.
    requests: Vec<(String, Vec<Answer>)>,
    /// The bytes of each stored file.
    files: BTreeMap<String, Vec<u8>>,
    /// Until when a request for a file that is gone may still come, in milliseconds since 1970.
    pub(crate) late_until: i64,
}

impl Contents {
    /// The records of a collection, in order.
    pub(crate) fn of(&self, collection: &str) -> impl DoubleEndedIterator<Item = &Record> {
        self.records.iter().filter(move |record| record.collection == collection)
    }

    /// The texts of a collection's records with their places, in order.
    pub(crate) fn places(&self, collection: &str) -> Vec<(u64, String)> {
        self.of(collection).map(|record| (record.place, record.text())).collect()
    }

    /// The texts beyond a place, in a direction.
    pub(crate) fn beyond(
        &self,
        collection: &str,
        newest_first: bool,
        after: Option<u64>,
    ) -> Vec<(u64, String)> {
        let mut places = self.places(collection);
        if newest_first {
            places.reverse();
        }
        places.retain(|(place, _)| match after {
            None => true,
            Some(after) if newest_first => *place < after,
            Some(after) => *place > after,
        });
        places
    }

    pub(crate) fn get(&self, collection: &str, id: &str) -> Option<String> {
        self.position(collection, id).map(|at| self.records[at].text())
    }

    /// The texts of the records for which something holds, in order.
    pub(crate) fn with(&self, collection: &str, holds: impl Fn(&Record) -> bool) -> Vec<String> {
        self.of(collection).filter(|record| holds(record)).map(Record::text).collect()
    }

    pub(crate) fn position(&self, collection: &str, id: &str) -> Option<usize> {
        self.records.iter().position(|record| record.collection == collection && record.id == id)
    }

    pub(crate) fn at(&self, at: usize) -> &Record {
        &self.records[at]
    }

    /// The record of a file, a token or a stream key that others name so.
    pub(crate) fn named(&self, collection: &str, name: &str) -> Option<&Record> {
        self.of(collection).find(|record| named::name(record).as_deref() == Some(name))
    }

    /// Where the record stands that is meant, if its text is the one that is meant.
    pub(crate) fn meant(
        &self,
        collection: &str,
        id: &str,
        text: Option<&String>,
    ) -> Result<usize, ErrorKind> {
        let at = self.position(collection, id).ok_or(ErrorKind::NotFound)?;
        match text {
            Some(text) if *text != self.records[at].text() => Err(ErrorKind::RevisionMismatch),
            _ => Ok(at),
        }
    }

    pub(crate) fn usage(&self) -> UsageSeen {
        let mut usage = UsageSeen {
            files: self.files.len() as u64,
            blob_bytes: self.files.values().map(|bytes| bytes.len() as u64).sum(),
            ..UsageSeen::default()
        };
        for collection in COLLECTIONS {
            let count = self.of(collection).count() as u64;
            usage.record_bytes += self.of(collection).map(|record| record.length() as u64).sum::<u64>();
            if count > 0 {
                usage.counts.push((collection.to_owned(), count));
            }
        }
        let is_active = |record: &&Record| {
            ["\"scheduled\"", "\"live\""]
                .iter()
                .any(|status| record.field("status").is_some_and(|own| own == status))
        };
        usage.active_streams = self.of("live_streams").filter(is_active).count() as u64;
        usage
    }

    /// Sets every time by so many hours ahead: the clock by which they are read was.
    pub(crate) fn ahead(&mut self, hours: i64) {
        for record in &mut self.records {
            let times = record.fields.iter_mut().filter(|(name, _)| TIMES.contains(name));
            for (_, value) in times.filter(|(_, value)| value != "null") {
                let form = match (value.contains('T'), value.len() < "\"2025-11-04 10:00:00\"".len()) {
                    (false, _) => "\"%Y-%m-%d %H:%M:%S\"",
                    (true, false) => "\"%Y-%m-%dT%H:%M:%S\"",
                    (true, true) => "\"%Y-%m-%dT%H:%M\"",
                };
                let time = jiff::civil::DateTime::strptime(form, &*value).unwrap();
                let time = time.checked_add(jiff::SignedDuration::from_hours(hours)).unwrap();
                *value = time.strftime(form).to_string();
            }
        }
    }

    /// What is against a record, in place of the one that stands `at` some place or as a new one.
    fn check(&self, record: &Record, at: Option<usize>) -> Result<(), ErrorKind> {
        if record.length() > settings::RECORD_BYTES {
            return Err(ErrorKind::TooLarge);
        }
        rules::check(record, at.map(|at| &self.records[at]))?;
        let stood = at.map_or_else(Vec::new, |at| named::names(&self.records[at]));
        let stands = |naming: &named::Naming| self.named(naming.collection, &naming.name).is_some();
        if !named::names(record).iter().all(|naming| stood.contains(naming) || stands(naming)) {
            return Err(ErrorKind::InvalidInput);
        }
        let taken = named::name(record).filter(|_| at.is_none());
        match taken.and_then(|name| self.named(record.collection, &name)) {
            Some(_) => Err(ErrorKind::AlreadyExists),
            None => Ok(()),
        }
    }

    pub(crate) fn push(&mut self, mut record: Record) -> Result<String, ErrorKind> {
        self.check(&record, None)?;
        record.place = self.inserted;
        self.inserted += 1;
        let text = record.text();
        self.records.push(record);
        Ok(text)
    }

    pub(crate) fn replace(&mut self, at: usize, record: Record) -> Result<String, ErrorKind> {
        self.check(&record, Some(at))?;
        let text = record.text();
        self.records[at] = record;
        Ok(text)
    }

    /// Removes a record with its file, and does with those that name it as they say, or as is chosen.
    pub(crate) fn remove(
        &mut self,
        author: &Author,
        at: usize,
        chosen: OnReferenced,
    ) -> Result<String, ErrorKind> {
        let text = self.records[at].text();
        let (mut gone, mut cleared, mut refusing) = (vec![at], Vec::new(), Vec::new());
        let mut next = 0;
        while let Some(going) = gone.get(next).map(|at| &self.records[*at]) {
            next += 1;
            for (at, record) in
                self.records.iter().enumerate().filter(|(at, _)| !gone.contains(at)).collect::<Vec<_>>()
            {
                for naming in named::names(record).into_iter().filter(|naming| naming.means(going)) {
                    match if naming.rule == OnReferenced::Refuse { chosen } else { naming.rule } {
                        OnReferenced::Cascade if gone.contains(&at) => {}
                        OnReferenced::Cascade => gone.push(at),
                        OnReferenced::Clear => cleared.push((at, naming.field)),
                        _ => refusing.push(at),
                    }
                }
            }
        }
        if refusing.iter().any(|at| !gone.contains(at)) {
            return Err(ErrorKind::Referenced);
        }
        for (at, field) in cleared {
            self.records[at].set(field, "null".to_owned());
            self.records[at].set("updated_at", quoted(&author.time));
        }
        let file = |at: &usize| self.records[*at].said("filename");
        for file in gone.iter().filter_map(file).collect::<Vec<_>>() {
            self.files.remove(&file);
        }
        gone.sort_unstable();
        for at in gone.into_iter().rev() {
            self.records.remove(at);
        }
        Ok(text)
    }

    pub(crate) fn store_file(&mut self, file: &str, bytes: Vec<u8>) {
        self.files.insert(file.to_owned(), bytes);
    }

    /// A stored file's bytes.
    pub(crate) fn file(&self, file: &str) -> Option<&Vec<u8>> {
        self.files.get(file)
    }

    /// The answer that was given to a request.
    pub(crate) fn answer(&self, key: &str) -> Option<Vec<Answer>> {
        self.requests.iter().find(|(own, _)| own == key).map(|(_, answer)| answer.clone())
    }

    pub(crate) fn remember(&mut self, key: String, answer: Vec<Answer>) {
        self.requests.push((key, answer));
        let over = self.requests.len().saturating_sub(settings::KEPT_REQUESTS);
        self.requests.drain(..over);
    }
}
