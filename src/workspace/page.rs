//! Lists in pages.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use crate::ledger::Direction;

use crate::error::{Error, ErrorKind, Result};
use crate::paths::CollectionName;
use crate::store::Incarnation;

/// What part of a list is wanted.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ListOptions {
    /// The order; the newest first unless said otherwise.
    pub direction: Direction,
    /// The most records of one page: 1 to [`MAX`](Self::MAX), 100 unless said otherwise.
    pub limit: usize,
    /// Where to go on: the last page's [`next`](Page::next). Its direction goes before this one's.
    pub after: Option<Cursor>,
}

impl Default for ListOptions {
    fn default() -> Self {
        Self { direction: Direction::NewestFirst, limit: 100, after: None }
    }
}

impl ListOptions {
    /// The most records of a page.
    pub const MAX: usize = 1000;

    /// The first page, the newest first.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// In the order of insertion.
    #[must_use]
    pub const fn in_order(mut self) -> Self {
        self.direction = Direction::InOrder;
        self
    }

    /// At most that many records.
    #[must_use]
    pub const fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// After that point.
    #[must_use]
    pub fn after(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor);
        self
    }

    /// The direction and the order after which the page begins.
    pub(super) fn start(
        &self,
        operation: &'static str,
        collection: &CollectionName,
        life: Incarnation,
    ) -> Result<(Direction, Option<u64>, usize)> {
        let refuse = |what: &str| Err(Error::new(ErrorKind::InvalidInput, operation).about(what));
        if self.limit == 0 || self.limit > Self::MAX {
            return refuse("limit");
        }
        match &self.after {
            None => Ok((self.direction, None, self.limit)),
            Some(cursor) if cursor.collection == *collection && cursor.life == life => {
                Ok((cursor.direction, Some(cursor.order), self.limit))
            }
            Some(_) => refuse("cursor"),
        }
    }
}

/// One page of a list.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Page<T> {
    /// What it holds.
    pub items: Vec<T>,
    /// Where to go on, if there may be more.
    pub next: Option<Cursor>,
}

/// A point in a list: opaque, serialisable as text, and valid for the list that gave it as long as
/// the tenant lives, whatever is inserted or removed meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub(super) collection: CollectionName,
    pub(super) life: Incarnation,
    pub(super) direction: Direction,
    pub(super) order: u64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = match self.direction {
            Direction::InOrder => 'o',
            Direction::NewestFirst => 'n',
        };
        write!(f, "{direction}{:x}.{}.{}", self.order, self.life, self.collection)
    }
}

impl FromStr for Cursor {
    type Err = Error;

    /// Reads what [`Display`](fmt::Display) wrote.
    fn from_str(text: &str) -> Result<Self> {
        let read = || {
            let mut parts = text.splitn(3, '.');
            let (place, life, collection) = (parts.next()?, parts.next()?, parts.next()?);
            let (direction, order) = match place.split_at_checked(1)? {
                ("o", order) => (Direction::InOrder, order),
                ("n", order) => (Direction::NewestFirst, order),
                _ => return None,
            };
            Some(Self {
                collection: CollectionName::parse(collection).ok()?,
                life: Incarnation::parse(life)?,
                direction,
                order: u64::from_str_radix(order, 16).ok()?,
            })
        };
        read().ok_or_else(|| Error::new(ErrorKind::InvalidInput, "cursor"))
    }
}

impl Serialize for Cursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| serde::de::Error::custom("not a cursor"))
    }
}
