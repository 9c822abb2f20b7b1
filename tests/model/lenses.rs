//! The model's notes and tasks: what is done to records through a type that knows some of their fields.

use tenantry::ErrorKind;
use tenantry::record::OnReferenced;

use super::contents::{Author, Contents};
use super::record::{Record, Written, quoted};
use super::step::{Deed, Lens, Meant, RecordDeed, Value};

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

/// The fields of a value as a lens writes them.
fn written(lens: Lens, value: &Value) -> Written {
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

/// The fields of a record that a lens sees, as it would write them.
fn through(lens: Lens, record: &Record) -> Written {
    let own = |name| record.field(name).map(|value| (name, value.clone()));
    match lens {
        Lens::Notes => {
            let stars = own("stars").unwrap_or(("stars", "0".into()));
            [own("text"), own("tag"), Some(stars)].into_iter().flatten().collect()
        }
        Lens::Briefs => [own("text"), own("tag")].into_iter().flatten().collect(),
        Lens::Tasks => [own("title"), own("done")].into_iter().flatten().collect(),
    }
}

impl Contents {
    pub(crate) fn with_tag(&self, collection: &str, tag: &str) -> Vec<String> {
        self.with(collection, |record| record.field("tag") == Some(&quoted(tag)))
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
                let at = self.meant(collection, &task.id, task.meant.as_ref())?;
                let mut record = self.at(at).clone();
                record.rewrite(author, &through(task.lens, &record), &written(task.lens, value));
                self.replace(at, record).map(|text| vec![text])
            }
            Deed::Remove(_) => {
                let at = self.meant(collection, &task.id, task.meant.as_ref())?;
                self.remove(author, at, OnReferenced::Refuse).map(|text| vec![text])
            }
        }
    }

    pub(crate) fn insert(
        &mut self,
        author: &Author,
        lens: Lens,
        id: &str,
        value: &Value,
    ) -> Result<String, ErrorKind> {
        if self.position(lens.collection(), id).is_some() {
            return Err(ErrorKind::AlreadyExists);
        }
        self.push(Record::new(author, lens.collection(), id, written(lens, value)))
    }
}
