//! The record that all sides keep: a video as the first application's database had it, and from a number the same one
//! each time, so that what a side holds in the end can be compared with what it was given.

use serde::{Deserialize, Serialize};
use tenantry::paths::CollectionName;
use tenantry::record::Entity;

/// A video's own fields. With id, owner, author and two times beside them a record has about 370 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LegacyVideo {
    title: String,
    filename: String,
    original_filename: String,
    thumbnail: Option<String>,
    date_added: String,
    source: String,
}

impl LegacyVideo {
    /// The same with another title.
    pub(crate) fn titled(self, title: String) -> Self {
        Self { title, ..self }
    }
}

impl Entity for LegacyVideo {
    fn collection() -> CollectionName {
        CollectionName::parse("legacy_videos").unwrap_or_else(|_| unreachable!("a valid name"))
    }
}

/// The record of that number.
pub(crate) fn record(number: u64) -> LegacyVideo {
    LegacyVideo {
        title: format!("rain sounds {number}"),
        filename: format!("{}.mp4", uuid(number, 1)),
        original_filename: format!("rain_sounds_{number}.mp4"),
        thumbnail: Some(format!("{}.jpg", uuid(number, 2))),
        date_added: "2025-11-04 10:00:00".to_owned(),
        source: "local".to_owned(),
    }
}

/// Its id, in no order, as ids are.
pub(crate) fn id(number: u64) -> String {
    uuid(number, 0)
}

/// A text in the form of a random UUID.
fn uuid(number: u64, salt: u64) -> String {
    let (high, low) = (scattered(number * 4 + salt), scattered(!(number * 4 + salt)));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | ((low >> 48) & 0x3fff),
        low & 0xffff_ffff_ffff
    )
}

/// A number that looks like a random one (the end of SplitMix64): each belongs to one other.
pub(crate) const fn scattered(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// How many records, and a digest of them in whatever order: what a side has to hold in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Held {
    records: u64,
    digest: u64,
}

impl Held {
    /// Adds a record.
    pub(crate) fn add(&mut self, video: &LegacyVideo) {
        self.records += 1;
        self.digest = self.digest.wrapping_add(digest(video));
    }

    /// Takes a record away again.
    pub(crate) fn take(&mut self, video: &LegacyVideo) {
        self.records -= 1;
        self.digest = self.digest.wrapping_sub(digest(video));
    }

    /// Both together.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self { records: self.records + other.records, digest: self.digest.wrapping_add(other.digest) }
    }

    /// The records of the numbers below that.
    pub(crate) fn first(count: u64) -> Self {
        let mut held = Self::default();
        (0..count).for_each(|number| held.add(&record(number)));
        held
    }
}

fn digest(video: &LegacyVideo) -> u64 {
    let text = serde_json::to_vec(video).unwrap_or_default();
    let hash = blake3::hash(&text);
    hash.as_bytes()[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
