//! What a section holds, counted as it changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::state::Section;

/// How much lies in one section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// How many entries.
    pub(crate) count: u64,
    /// The bytes of their texts.
    pub(crate) text_bytes: u64,
    /// The sum of the amounts that they stand for (see [`amount`]); wide enough for any number of them.
    pub(crate) amount: u128,
}

impl Tally {
    /// Adds an entry of that section.
    pub(super) fn add(&mut self, section: &str, text: &[u8]) {
        self.count += 1;
        self.text_bytes += text.len() as u64;
        self.amount += amount(section, text);
    }
}

/// The tally of every section that holds anything; a clone of it is a clone of a pointer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tallies(Arc<BTreeMap<Section, Tally>>);

impl Tallies {
    /// The tally of one section.
    pub(crate) fn of(&self, section: &Section) -> Tally {
        self.0.get(section).copied().unwrap_or_default()
    }

    /// How many entries a section has.
    pub(super) fn count(&self, section: &str) -> u64 {
        self.0.get(section).map_or(0, |tally| tally.count)
    }

    /// All of them, in order of section.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Section, &Tally)> {
        self.0.iter()
    }

    /// The sections of which two tallies say something different.
    pub(super) fn differing(&self, other: &Self) -> Vec<Section> {
        let sections: std::collections::BTreeSet<&Section> = self.0.keys().chain(other.0.keys()).collect();
        sections.into_iter().filter(|section| self.of(section) != other.of(section)).cloned().collect()
    }

    fn change(&mut self, section: &Section, change: impl FnOnce(&mut Tally)) {
        let tallies = Arc::make_mut(&mut self.0);
        // Its entry would take a copy of the name, which is there nearly every time.
        match tallies.get_mut(section) {
            Some(tally) => change(tally),
            None => change(tallies.entry(section.clone()).or_default()),
        }
    }

    pub(super) fn add(&mut self, section: &Section, text: &[u8]) {
        self.change(section, |tally| tally.add(section.as_str(), text));
    }

    /// Says what a section holds of which nothing was said yet.
    pub(super) fn begin(&mut self, section: &Section, tally: Tally) {
        Arc::make_mut(&mut self.0).insert(section.clone(), tally);
    }

    pub(super) fn subtract(&mut self, section: &Section, text: &[u8]) {
        self.change(section, |tally| {
            // What is subtracted was added before; saturation only keeps a defect from wrapping.
            tally.count = tally.count.saturating_sub(1);
            tally.text_bytes = tally.text_bytes.saturating_sub(text.len() as u64);
            tally.amount = tally.amount.saturating_sub(amount(section.as_str(), text));
        });
    }
}

/// What an entry of the ledger's own sections stands for: its field `bytes`.
fn amount(section: &str, text: &[u8]) -> u128 {
    #[derive(Deserialize)]
    struct Amount {
        #[serde(default)]
        bytes: u64,
    }
    if !Section::is_internal_name(section) {
        return 0;
    }
    serde_json::from_slice::<Amount>(text).map_or(0, |amount| amount.bytes.into())
}
