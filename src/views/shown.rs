//! Which records a view shows, each with a digest of what it says: what an edit of the view is compared
//! with.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::record::{RecordText, Revision};

/// The records of a view's text, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Shown(BTreeMap<String, Revision>);

impl Shown {
    /// The records of these ids and texts; one that can't be read is not shown.
    pub(crate) fn of<'a>(records: impl IntoIterator<Item = (&'a str, &'a Bytes)>) -> Self {
        let digest = |text: &Bytes| RecordText::from_stored(text.clone()).meaning().ok();
        let records = records.into_iter();
        Self(records.filter_map(|(id, text)| Some((id.to_owned(), digest(text)?))).collect())
    }

    /// Reads what [`write`](Self::write) wrote. What can't be read says of no record that it was shown.
    pub(crate) fn read(text: Option<&[u8]>) -> Self {
        text.and_then(|text| serde_json::from_slice(text).ok()).unwrap_or_default()
    }

    /// A file's text.
    pub(crate) fn write(&self) -> Bytes {
        let mut text = serde_json::to_vec_pretty(self).unwrap_or_default();
        text.push(b'\n');
        text.into()
    }

    /// The digest of what a record said that was shown.
    pub(crate) fn get(&self, id: &str) -> Option<Revision> {
        self.0.get(id).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_damaged_shows_nothing() {
        let [one, other] = [r#"{"id":1,"t":"\u00f6"}"#, r#"{"t":"ö","id":1}"#].map(Bytes::from);
        let shown = Shown::of([("a", &one), ("b", &Bytes::from("[]"))]);
        let text = shown.write();
        assert_eq!(Shown::read(Some(&text)), shown);
        assert_eq!(shown.get("a"), RecordText::from_stored(other).meaning().ok());
        assert_eq!(shown.get("b"), None);
        assert_eq!(Shown::read(Some(&text[..text.len() / 2])), Shown::default());
        assert_eq!(Shown::read(None), Shown::default());
    }
}
