//! A record of the model: its fields with their JSON texts, in order.

use super::contents::Author;

#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) collection: &'static str,
    pub(crate) id: String,
    /// Where it stands among all that was ever inserted.
    pub(crate) place: u64,
    pub(crate) fields: Vec<(&'static str, String)>,
}

/// Fields as a type writes them.
pub(crate) type Written = Vec<(&'static str, String)>;

impl Record {
    /// One that somebody makes, with these fields after those that every record has.
    pub(crate) fn new(author: &Author, collection: &'static str, id: &str, own: Written) -> Self {
        let mut fields = vec![
            ("id", quoted(id)),
            ("owner", quoted(&author.on)),
            ("created_by", quoted(&author.by)),
            ("created_at", quoted(&author.time)),
            ("updated_at", quoted(&author.time)),
        ];
        fields.extend(own);
        Self { collection, id: id.to_owned(), place: 0, fields }
    }

    /// The fields that only it has.
    pub(crate) fn own(&self) -> Written {
        let shared = ["id", "owner", "created_by", "created_at", "updated_at"];
        self.fields.iter().filter(|(name, _)| !shared.contains(name)).cloned().collect()
    }

    pub(crate) fn text(&self) -> String {
        let fields: Vec<_> = self.fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", fields.join(","))
    }

    /// How long its text is.
    pub(crate) fn length(&self) -> usize {
        1 + self.fields.iter().map(|(name, value)| name.len() + value.len() + 4).sum::<usize>()
    }

    pub(crate) fn field(&self, name: &str) -> Option<&String> {
        self.fields.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// A field's text, if it has one.
    pub(crate) fn said(&self, name: &str) -> Option<String> {
        self.field(name).and_then(|value| serde_json::from_str::<Option<String>>(value).unwrap())
    }

    pub(crate) fn set(&mut self, name: &'static str, value: String) {
        match self.fields.iter_mut().find(|(own, _)| *own == name) {
            Some(field) => field.1 = value,
            None => self.fields.push((name, value)),
        }
    }

    /// Changes it from what a type wrote of the old value to what it writes of the new one.
    pub(crate) fn rewrite(&mut self, author: &Author, before: &Written, after: &Written) {
        let names = |written: &Written, name: &str| written.iter().any(|(own, _)| *own == name);
        self.fields.retain(|(name, _)| !names(before, name) || names(after, name));
        for (name, value) in after {
            if !before.contains(&(name, value.clone())) {
                self.set(name, value.clone());
            }
        }
        self.set("updated_at", quoted(&author.time));
    }
}

pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}
