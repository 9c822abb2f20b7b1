//! The model of one tenant's contents: records as lists of fields, counted anew at every look.

use std::collections::BTreeMap;

use tenantry::ErrorKind;

use crate::step::{Answer, Caps, Deed, Lens, Meant, Over, RecordDeed, UsageSeen, Value, settings};

/// A record: its fields with their JSON texts, in order.
#[derive(Debug, Clone)]
struct Record {
    collection: &'static str,
    id: String,
    /// Where it stands among all that was ever inserted.
    place: u64,
    fields: Vec<(&'static str, String)>,
}

impl Record {
    fn text(&self) -> String {
        let fields: Vec<_> = self.fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", fields.join(","))
    }

    fn field(&self, name: &str) -> Option<&String> {
        self.fields.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    fn set(&mut self, name: &'static str, value: String) {
        match self.fields.iter_mut().find(|(own, _)| *own == name) {
            Some(field) => field.1 = value,
            None => self.fields.push((name, value)),
        }
    }

    /// The fields that a lens sees, as it would write them.
    fn through(&self, lens: Lens) -> Vec<(&'static str, String)> {
        let own = |name| self.field(name).map(|value| (name, value.clone()));
        match lens {
            Lens::Notes => {
                let stars = own("stars").unwrap_or(("stars", "0".into()));
                [own("text"), own("tag"), Some(stars)].into_iter().flatten().collect()
            }
            Lens::Briefs => [own("text"), own("tag")].into_iter().flatten().collect(),
            Lens::Tasks => [own("title"), own("done")].into_iter().flatten().collect(),
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// The fields of a value as a lens writes them.
fn written(lens: Lens, value: &Value) -> Vec<(&'static str, String)> {
    let tag = value.tag.as_ref().map(|tag| ("tag", quoted(tag)));
    match lens {
        Lens::Notes => {
            let ends = [("text", quoted(&value.text)), ("stars", value.stars.to_string())];
            let [text, stars] = ends;
            [Some(text), tag, Some(stars)].into_iter().flatten().collect()
        }
        Lens::Briefs => [Some(("text", quoted(&value.text))), tag].into_iter().flatten().collect(),
        Lens::Tasks => vec![("title", quoted(&value.text)), ("done", (value.stars > 0).to_string())],
    }
}

/// Who changes, where and when.
#[derive(Debug, Clone)]
pub(crate) struct Author {
    pub(crate) by: String,
    pub(crate) on: String,
    /// The tenant's own time.
    pub(crate) time: String,
}

/// A deed with its id found, and the text that it is meant for.
#[derive(Debug, Clone)]
pub(crate) struct Task<'a> {
    pub(crate) lens: Lens,
    pub(crate) id: String,
    pub(crate) meant: Option<String>,
    pub(crate) deed: &'a Deed,
}

impl<'a> Task<'a> {
    /// Of a deed, with those ways to find its id and the text that it is meant for.
    pub(crate) fn of(
        deed: &'a RecordDeed,
        id: impl FnOnce(&RecordDeed) -> String,
        shown: impl FnOnce(&str, usize) -> Option<String>,
    ) -> Self {
        let id = id(deed);
        let meant = match deed.deed {
            Deed::Update(Meant::Shown(back), _) | Deed::Remove(Meant::Shown(back)) => shown(&id, back),
            _ => None,
        };
        Self { lens: deed.lens, id, meant, deed: &deed.deed }
    }
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
    /// The texts of a collection's records with their places, in order.
    pub(crate) fn places(&self, collection: &str) -> Vec<(u64, String)> {
        let own = self.records.iter().filter(|record| record.collection == collection);
        own.map(|record| (record.place, record.text())).collect()
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

    /// Sets every time by so many hours ahead: the clock by which they are read was.
    pub(crate) fn ahead(&mut self, hours: i64) {
        const FORM: &str = "\"%Y-%m-%d %H:%M:%S\"";
        for record in &mut self.records {
            for (_, value) in record
                .fields
                .iter_mut()
                .filter(|(name, _)| ["created_at", "updated_at", "date_added"].contains(name))
            {
                let time = jiff::civil::DateTime::strptime(FORM, &*value).unwrap();
                let time = time.checked_add(jiff::SignedDuration::from_hours(hours)).unwrap();
                *value = time.strftime(FORM).to_string();
            }
        }
    }

    pub(crate) fn with_tag(&self, collection: &str, tag: &str) -> Vec<String> {
        let own = self.records.iter().filter(|record| record.collection == collection);
        own.filter(|record| record.field("tag") == Some(&quoted(tag))).map(Record::text).collect()
    }

    fn position(&self, collection: &str, id: &str) -> Option<usize> {
        self.records.iter().position(|record| record.collection == collection && record.id == id)
    }

    pub(crate) fn usage(&self) -> UsageSeen {
        let mut usage = UsageSeen {
            files: self.files.len() as u64,
            blob_bytes: self.files.values().map(|bytes| bytes.len() as u64).sum(),
            ..UsageSeen::default()
        };
        for collection in ["notes", "tasks", "videos"] {
            let own = self.places(collection);
            usage.record_bytes += own.iter().map(|(_, text)| text.len() as u64).sum::<u64>();
            if !own.is_empty() {
                usage.counts.push((collection.to_owned(), own.len() as u64));
            }
        }
        usage
    }

    /// Does one deed; the texts that it shows.
    pub(crate) fn perform(&mut self, author: &Author, task: &Task<'_>) -> Result<Vec<String>, ErrorKind> {
        let collection = task.lens.collection();
        match task.deed {
            Deed::Insert(value) => self.insert(author, task.lens, &task.id, value).map(|text| vec![text]),
            Deed::Get => self.get(collection, &task.id).map(|text| vec![text]).ok_or(ErrorKind::NotFound),
            Deed::List { newest_first, limit } => {
                let all = self.beyond(collection, *newest_first, None);
                Ok(all.into_iter().take(*limit).map(|(_, text)| text).collect())
            }
            Deed::Find(tag) => Ok(self.with_tag(collection, tag)),
            Deed::Update(_, value) => {
                let at = self.expect(task)?;
                self.update(author, task.lens, at, value).map(|text| vec![text])
            }
            Deed::Remove(_) => {
                let at = self.expect(task)?;
                Ok(vec![self.records.remove(at).text()])
            }
        }
    }

    fn expect(&self, task: &Task<'_>) -> Result<usize, ErrorKind> {
        self.meant(task.lens.collection(), &task.id, task.meant.as_ref())
    }

    /// Where the record stands that is meant, if its text is the one that is meant.
    fn meant(&self, collection: &str, id: &str, text: Option<&String>) -> Result<usize, ErrorKind> {
        let at = self.position(collection, id).ok_or(ErrorKind::NotFound)?;
        match text {
            Some(text) if *text != self.records[at].text() => Err(ErrorKind::RevisionMismatch),
            _ => Ok(at),
        }
    }

    pub(crate) fn insert(
        &mut self,
        author: &Author,
        lens: Lens,
        id: &str,
        value: &Value,
    ) -> Result<String, ErrorKind> {
        let collection = lens.collection();
        if self.position(collection, id).is_some() {
            return Err(ErrorKind::AlreadyExists);
        }
        self.push(author, collection, id, written(lens, value))
    }

    fn push(
        &mut self,
        author: &Author,
        collection: &'static str,
        id: &str,
        own: Vec<(&'static str, String)>,
    ) -> Result<String, ErrorKind> {
        let mut fields = vec![
            ("id", quoted(id)),
            ("owner", quoted(&author.on)),
            ("created_by", quoted(&author.by)),
            ("created_at", quoted(&author.time)),
            ("updated_at", quoted(&author.time)),
        ];
        fields.extend(own);
        let record = Record { collection, id: id.to_owned(), place: self.inserted, fields };
        let text = record.text();
        if text.len() > settings::RECORD_BYTES {
            return Err(ErrorKind::TooLarge);
        }
        self.inserted += 1;
        self.records.push(record);
        Ok(text)
    }

    fn update(&mut self, author: &Author, lens: Lens, at: usize, value: &Value) -> Result<String, ErrorKind> {
        let mut record = self.records[at].clone();
        let (before, after) = (record.through(lens), written(lens, value));
        let gone =
            |name: &str| before.iter().any(|(n, _)| *n == name) && !after.iter().any(|(n, _)| *n == name);
        record.fields.retain(|(name, _)| !gone(name));
        for (name, value) in &after {
            if !before.contains(&(name, value.clone())) {
                record.set(name, value.clone());
            }
        }
        record.set("updated_at", quoted(&author.time));
        self.replace(at, record)
    }

    /// Stores a video.
    pub(crate) fn store_video(
        &mut self,
        author: &Author,
        id: &str,
        file: &str,
        titles: (&str, &str),
        bytes: Vec<u8>,
    ) -> Result<String, ErrorKind> {
        let (title, original) = titles;
        let fields = vec![
            ("title", quoted(title)),
            ("filename", quoted(file)),
            ("original_filename", quoted(original)),
            ("thumbnail", "null".to_owned()),
            ("date_added", quoted(&author.time)),
            ("source", quoted("local")),
            ("bytes", bytes.len().to_string()),
            ("hash", quoted(blake3::hash(&bytes).to_hex().as_str())),
        ];
        self.files.insert(file.to_owned(), bytes);
        self.push(author, "videos", id, fields)
    }

    /// A video's bytes.
    pub(crate) fn file(&self, file: &str) -> Option<&Vec<u8>> {
        self.files.get(file)
    }

    pub(crate) fn rename_video(
        &mut self,
        author: &Author,
        id: &str,
        meant: Option<&String>,
        title: &str,
    ) -> Result<String, ErrorKind> {
        let at = self.meant("videos", id, meant)?;
        let mut record = self.records[at].clone();
        record.set("title", quoted(title));
        record.set("updated_at", quoted(&author.time));
        self.replace(at, record)
    }

    /// Deletes a video with its bytes.
    pub(crate) fn delete_video(
        &mut self,
        id: &str,
        file: &str,
        meant: Option<&String>,
    ) -> Result<String, ErrorKind> {
        let at = self.meant("videos", id, meant)?;
        self.files.remove(file);
        Ok(self.records.remove(at).text())
    }

    fn replace(&mut self, at: usize, record: Record) -> Result<String, ErrorKind> {
        let text = record.text();
        if text.len() > settings::RECORD_BYTES {
            return Err(ErrorKind::TooLarge);
        }
        self.records[at] = record;
        Ok(text)
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

/// The first limit that a change would pass, in the order in which they are checked.
pub(crate) fn over_limit(caps: &Caps, before: &UsageSeen, after: &UsageSeen) -> Option<Over> {
    let count = |usage: &UsageSeen, name: &str| {
        usage.counts.iter().find(|(own, _)| own == name).map_or(0, |(_, count)| *count)
    };
    let checks = [
        (
            "blob_bytes",
            caps.blob_bytes,
            before.blob_bytes + before.reserved.0,
            after.blob_bytes + after.reserved.0,
        ),
        ("files", caps.files, before.files + before.reserved.1, after.files + after.reserved.1),
        ("record_bytes", caps.record_bytes, before.record_bytes, after.record_bytes),
        ("notes", caps.notes, count(before, "notes"), count(after, "notes")),
        ("tasks", caps.tasks, count(before, "tasks"), count(after, "tasks")),
    ];
    let mut over = checks.into_iter().filter_map(|(dimension, limit, used, wanted)| {
        let limit = limit.filter(|limit| wanted > *limit && wanted > used)?;
        Some(Over { dimension: dimension.to_owned(), limit, used, requested: wanted - used })
    });
    over.next()
}
