//! An entry where it stands in a state: looked at without a copy of it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::kept::{Kept, KeptValue};
use super::{Entry, IndexKey, LazyState};
use crate::store::StoreError;

/// An entry above the base, and what is kept of it.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) entry: Entry,
    pub(super) kept: KeptValue,
}

/// Where an entry stands.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// In the base, at that position, and what was kept of it when it was found.
    Below(usize, Option<&'a Kept>),
    /// Above it.
    Above(&'a Arc<Stored>),
}

/// An entry where it stands in a state. What can be asked of it was read and checked when it was found.
#[derive(Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(super) state: &'a LazyState,
    pub(super) place: Place<'a>,
}

impl fmt::Debug for Found<'_> {
    /// The text is left out: it may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Found").field("order", &self.order()).field("id", &self.id()).finish_non_exhaustive()
    }
}

impl<'a> Found<'a> {
    /// Where it stands in its section.
    pub(crate) fn order(&self) -> u64 {
        match self.place {
            Place::Below(at, _) => self.state.base.order(at).unwrap_or_default(),
            Place::Above(stored) => stored.entry.order,
        }
    }

    /// Its id.
    pub(crate) fn id(&self) -> Cow<'_, str> {
        match self.place {
            Place::Below(at, _) => self.state.base.id(at).unwrap_or_default(),
            Place::Above(stored) => Cow::Borrowed(&stored.entry.id),
        }
    }

    /// Its text; it shares the buffer in which it was read.
    pub(crate) fn text(&self) -> Bytes {
        match self.place {
            Place::Below(at, _) => self.state.base.text(at).unwrap_or_default(),
            Place::Above(stored) => stored.entry.text.clone(),
        }
    }

    /// The keys under which it is found.
    pub(crate) fn keys(&self) -> Result<Vec<IndexKey>, StoreError> {
        match self.place {
            Place::Below(at, _) => self.state.base.keys(at),
            Place::Above(stored) => {
                Ok(stored.entry.keys.iter().flat_map(|keys| keys.iter().cloned()).collect())
            }
        }
    }

    /// The same where they came after the base.
    pub(super) fn changed_keys(&self) -> Option<Arc<[IndexKey]>> {
        match self.place {
            Place::Below(..) => None,
            Place::Above(stored) => stored.entry.keys.clone(),
        }
    }

    /// The entry apart from its state.
    pub(crate) fn entry(&self) -> Entry {
        match self.place {
            Place::Below(..) => {
                Entry { order: self.order(), id: self.id().into(), keys: None, text: self.text() }
            }
            Place::Above(stored) => stored.entry.clone(),
        }
    }

    /// What is kept of it.
    #[inline]
    pub(crate) fn kept(&self) -> Option<&'a Kept> {
        match self.place {
            Place::Below(_, kept) => kept,
            Place::Above(stored) => stored.kept.get(),
        }
    }

    /// Keeps what was made of its text and takes so many bytes, if there is room, and nothing yet. A text that says
    /// another id than the entry has is read anew each time.
    pub(crate) fn keep(&self, value: Kept, bytes: usize) {
        match self.place {
            Place::Below(at, _) if self.state.base.id(at).is_ok_and(|id| value.is_of(&id)) => {
                self.state.kept.keep(at, value, bytes);
            }
            Place::Above(stored) if value.is_of(&stored.entry.id) => {
                stored.kept.keep(value, bytes, self.state.kept.memory());
            }
            _ => {}
        }
    }
}
