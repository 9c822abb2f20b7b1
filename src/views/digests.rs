//! The digests by which a view is known to be the library's own.
//!
//! They lie in the file `.views` beside the views, as
//! `{"version": 1, "views": {"video_database.json": ["<digest>", …]}, "shown": {…}}`. It is replaced
//! before the views are, and so holds for each the digest of what lies there and of what is about to:
//! whichever a crash leaves, it is known. A few before them are kept too, since another process may be
//! about to write one. `shown` has for each view what the records of its newest text say, as digests:
//! `{"video_database.json": {"<id>": "<digest>"}}`. A token's file stands there as `tokens/<name>`, and
//! shows nothing that could be adopted.
//!
//! A digest of a secret, without salt, lets those who have it see whether they guessed the secret. What
//! services give as tokens can't be guessed, and who can read this file can read the ledger beside it.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Shown;
use crate::paths::FileName;
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

#[derive(Deserialize)]
struct Stored {
    version: u32,
    views: BTreeMap<String, Vec<Digest>>,
    #[serde(default)]
    shown: BTreeMap<String, Shown>,
}

/// The same as it is written.
#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    views: &'a BTreeMap<String, Vec<Digest>>,
    shown: &'a BTreeMap<String, Shown>,
}

/// The view that is called so in the file; a file name has no slash.
fn called(label: &str) -> Option<ViewKey> {
    let tokens = label.strip_prefix(ViewPlace::Tokens.prefix());
    let (place, name) = tokens.map_or((ViewPlace::Data, label), |name| (ViewPlace::Tokens, name));
    Some(ViewKey { place, name: ViewName::File(FileName::parse(name).ok()?) })
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
        let written = Written { version: 1, views: &self.own, shown: &self.shown };
        let mut text = serde_json::to_vec_pretty(&written).unwrap_or_default();
        text.push(b'\n');
        text.into()
    }

    /// Whether a text of that digest is the library's own.
    pub(crate) fn knows(&self, view: &ViewKey, digest: &Digest) -> bool {
        self.own.get(&view.to_string()).is_some_and(|own| own.contains(digest))
    }

    /// Lets these count as own from now on, the last one longest.
    pub(crate) fn add(&mut self, view: &ViewKey, own: impl IntoIterator<Item = Digest>) {
        let digests = self.own.entry(view.to_string()).or_default();
        for digest in own {
            digests.retain(|known| *known != digest);
            digests.push(digest);
        }
        digests.drain(..digests.len().saturating_sub(KEPT));
    }

    /// Which records the newest text of a view shows, as far as that is known.
    pub(crate) fn shown(&self, view: &ViewKey) -> Option<&Shown> {
        self.shown.get(&view.to_string())
    }

    /// Says which records the newest text of a view shows.
    pub(crate) fn show(&mut self, view: &ViewKey, shown: Shown) {
        self.shown.insert(view.to_string(), shown);
    }

    /// Knows nothing of a view any more.
    pub(crate) fn forget(&mut self, view: &ViewKey) {
        self.own.remove(&view.to_string());
        self.shown.remove(&view.to_string());
    }

    /// The views that it knows.
    pub(crate) fn views(&self) -> impl Iterator<Item = ViewKey> {
        self.own.keys().filter_map(|label| called(label))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::super::{token_view, view_of};
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
        assert_eq!(again.views().collect::<Vec<_>>(), [view]);
        assert_eq!(Digests::read(Some(&text[..text.len() / 2])), Digests::default());
        assert_eq!(Digests::read(None), Digests::default());
    }

    #[test]
    fn a_token_and_a_database_of_one_name_are_two_views_and_can_be_forgotten_each() {
        let token = token_view(FileName::parse("schedules.json").unwrap());
        let database = view_of(&CollectionName::SCHEDULES).unwrap();
        let digest = Digest::of(b"token");
        let mut digests = Digests::default();
        digests.add(&token, [digest.clone()]);
        assert!(digests.knows(&token, &digest) && !digests.knows(&database, &digest));
        digests.add(&database, [digest.clone()]);
        assert_eq!(digests.views().collect::<Vec<_>>(), [database.clone(), token.clone()]);
        digests.forget(&token);
        assert!(!digests.knows(&token, &digest) && digests.knows(&database, &digest));
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_no_view() {
        for label in ["tokens/../ana.json", "tokens/", "../ledger", "tokens/a/b.json", "ledger"] {
            let text = format!(r#"{{"version": 1, "views": {{"{label}": []}}}}"#);
            assert_eq!(Digests::read(Some(text.as_bytes())).views().count(), 0, "{label}");
        }
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
