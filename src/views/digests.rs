//! The digests by which a view is known to be the library's own.
//!
//! They lie in the file `.views` beside the views, as
//! `{"version": 1, "views": {"video_database.json": ["<digest>", …]}, "shown": {…}}`. It is replaced
//! before the views are, and so holds for each the digest of what lies there and of what is about to:
//! whichever a crash leaves, it is known. A few before them are kept too, since another process may be
//! about to write one. `shown` has for each view what the records of its newest text say, as digests:
//! `{"video_database.json": {"<id>": "<digest>"}}`.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Shown;
use crate::store::{ViewKey, ViewName, ViewPlace};

/// A BLAKE3 digest of a view's text, in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Digest(String);

impl Digest {
    /// The digest of a text.
    pub(crate) fn of(text: &[u8]) -> Self {
        Self(blake3::hash(text).to_hex().to_string())
    }

    /// The digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// How many digests are kept of a view.
const KEPT: usize = 8;

/// What counts as the library's own, by view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Digests {
    own: BTreeMap<String, Vec<Digest>>,
    shown: BTreeMap<String, Shown>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    views: BTreeMap<String, Vec<Digest>>,
    #[serde(default)]
    shown: BTreeMap<String, Shown>,
}

/// How a view is called in the file; a file name has no slash.
fn label(view: &ViewKey) -> Option<String> {
    match (&view.name, view.place) {
        (ViewName::File(name), ViewPlace::Data) => Some(name.as_str().to_owned()),
        (ViewName::File(name), ViewPlace::Tokens) => Some(format!("tokens/{name}")),
        _ => None,
    }
}

impl Digests {
    /// Reads the file. What can't be read vouches for nothing: views are then set aside once, rather
    /// than overwritten.
    pub(crate) fn read(text: Option<&[u8]>) -> Self {
        let stored = text.and_then(|text| serde_json::from_slice::<Stored>(text).ok());
        let stored = stored.filter(|stored| stored.version == 1);
        stored.map(|stored| Self { own: stored.views, shown: stored.shown }).unwrap_or_default()
    }

    /// The file's text.
    pub(crate) fn write(&self) -> Bytes {
        let stored = Stored { version: 1, views: self.own.clone(), shown: self.shown.clone() };
        let mut text = serde_json::to_vec_pretty(&stored).unwrap_or_default();
        text.push(b'\n');
        text.into()
    }

    /// Whether a text of that digest is the library's own.
    pub(crate) fn knows(&self, view: &ViewKey, digest: &Digest) -> bool {
        label(view).and_then(|label| self.own.get(&label)).is_some_and(|own| own.contains(digest))
    }

    /// Lets these count as own from now on, the last one longest.
    pub(crate) fn add(&mut self, view: &ViewKey, own: impl IntoIterator<Item = Digest>) {
        let Some(label) = label(view) else { return };
        let digests = self.own.entry(label).or_default();
        for digest in own {
            digests.retain(|known| *known != digest);
            digests.push(digest);
        }
        digests.drain(..digests.len().saturating_sub(KEPT));
    }

    /// Which records the newest text of a view shows, as far as that is known.
    pub(crate) fn shown(&self, view: &ViewKey) -> Option<&Shown> {
        self.shown.get(&label(view)?)
    }

    /// Says which records the newest text of a view shows.
    pub(crate) fn show(&mut self, view: &ViewKey, shown: Shown) {
        if let Some(label) = label(view) {
            self.shown.insert(label, shown);
        }
    }

    /// The names of the views of the data folder that it knows.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        self.own.keys().map(String::as_str).filter(|label| !label.contains('/'))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::super::view_of;
    use super::*;
    use crate::paths::CollectionName;

    #[test]
    fn what_is_written_is_read_and_what_is_damaged_vouches_for_nothing() {
        let view = view_of(&CollectionName::VIDEOS).unwrap();
        let (old, new) = (Digest::of(b"old"), Digest::of(b"new"));
        let mut digests = Digests::default();
        digests.add(&view, [old.clone(), new.clone(), old.clone()]);
        let shown = Shown::of([("1", &Bytes::from("{}"))]);
        digests.show(&view, shown.clone());
        let text = digests.write();
        let again = Digests::read(Some(&text));
        assert_eq!(again, digests);
        assert!(again.knows(&view, &old) && again.knows(&view, &new));
        assert!(!again.knows(&view, &Digest::of(b"other")));
        assert_eq!(again.shown(&view), Some(&shown));
        assert_eq!(again.files().collect::<Vec<_>>(), ["video_database.json"]);
        assert_eq!(Digests::read(Some(&text[..text.len() / 2])), Digests::default());
        assert_eq!(Digests::read(None), Digests::default());
    }

    #[test]
    fn the_digests_of_a_view_do_not_grow_without_end() {
        let view = view_of(&CollectionName::VIDEOS).unwrap();
        let mut digests = Digests::default();
        let all: Vec<_> = (0..100_u8).map(|at| Digest::of(&[at])).collect();
        for pair in all.windows(2) {
            digests.add(&view, pair.iter().cloned());
        }
        let known = all.iter().filter(|digest| digests.knows(&view, digest)).count();
        assert_eq!(known, KEPT);
        assert!(digests.knows(&view, &all[98]) && digests.knows(&view, &all[99]));
    }
}
