//! What all processes were told, against what one caller alone would have seen.

use std::collections::{BTreeMap, BTreeSet};

use tenantry::testkit::linearizability::{Call, Model, check};

use crate::words::{Did, KEYS, ROOM, Told, content};

/// Something that was done, or may have been.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) begun: u64,
    /// When it was told; never, if it is not known whether it was done.
    pub(crate) ended: Option<u64>,
    pub(crate) did: Did,
}

/// What is known of everything that was done.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) events: Vec<Event>,
    /// What began and was not told of, by process and task.
    under_way: BTreeMap<(u64, u64), Event>,
    /// How often an answer was that it is not known.
    pub(crate) unknown: u64,
    /// How often an answer was that nothing happened.
    pub(crate) nothing: u64,
}

impl History {
    pub(crate) fn will(&mut self, task: (u64, u64), at: u64, did: Did) {
        let before = self.under_way.insert(task, Event { begun: at, ended: None, did });
        assert!(before.is_none(), "{before:?} was never answered");
    }

    pub(crate) fn was(&mut self, task: (u64, u64), at: u64, told: Told) {
        let event = self.under_way.remove(&task).expect("what was told was announced");
        match told {
            Told::This(did) => self.events.push(Event { did, ended: Some(at), ..event }),
            Told::Unknown => {
                self.unknown += 1;
                self.events.push(event);
            }
            Told::Nothing => self.nothing += 1,
        }
    }

    /// Adds what another process was told. What was under way when it ended may have been done.
    pub(crate) fn add(&mut self, other: Self) {
        self.events.extend(other.events);
        self.events.extend(other.under_way.into_values());
        self.unknown += other.unknown;
        self.nothing += other.nothing;
    }

    /// The titles of all files that may have been uploaded.
    fn titles(&self) -> BTreeSet<&String> {
        let titles = self.events.iter().filter_map(|event| match &event.did {
            Did::Upload { title } => Some(title),
            _ => None,
        });
        titles.collect()
    }

    /// Sees that there is one order of all that explains what each was told.
    pub(crate) fn examine(&self) {
        for key in 0..KEYS {
            let calls = self.calls(|did| OfNote::of(did, key));
            check(Note(None), &calls)
                .unwrap_or_else(|refusal| refused(&format!("note {key}"), &refusal, &calls));
        }
        let known = self.titles();
        for title in &known {
            let calls = self.calls(|did| OfFile::of(did, title));
            check(File::Never, &calls).unwrap_or_else(|refusal| refused(title, &refusal, &calls));
        }
        for event in &self.events {
            match &event.did {
                Did::See { titles } => {
                    assert!(titles.iter().all(|title| known.contains(title)), "{titles:?} came from nowhere");
                    let bytes: usize = titles.iter().map(|title| content(title).len()).sum();
                    assert!(bytes as u64 <= ROOM, "there is no room for {titles:?}");
                }
                Did::Use { bytes } => assert!(*bytes <= ROOM, "{bytes} are in use"),
                _ => {}
            }
        }
    }

    fn calls<O>(&self, of: impl Fn(&Did) -> Option<O>) -> Vec<Call<O>> {
        let mut calls: Vec<_> = self
            .events
            .iter()
            .filter_map(|event| {
                let Event { begun, ended, .. } = *event;
                Some(Call { begun, ended, operation: of(&event.did)? })
            })
            .collect();
        // A likely order: that of the answers.
        calls.sort_by_key(|call| call.ended.unwrap_or(call.begun));
        calls
    }
}

fn refused<O: std::fmt::Debug, T>(of: &str, refusal: &dyn std::fmt::Display, calls: &[Call<O>]) -> T {
    panic!("{of}: {refusal}\n{calls:#?}")
}

/// A record's value, if it is there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Note(Option<u64>);

#[derive(Debug, Clone)]
enum OfNote {
    Read(Option<u64>),
    Insert { value: u64, done: bool },
    Swap { from: u64, to: Option<u64>, done: bool },
}

impl OfNote {
    fn of(did: &Did, of: u64) -> Option<Self> {
        match *did {
            Did::Read { key, value } if key == of => Some(Self::Read(value)),
            Did::Insert { key, value, done } if key == of => Some(Self::Insert { value, done }),
            Did::Swap { key, from, to, done } if key == of => Some(Self::Swap { from, to, done }),
            _ => None,
        }
    }
}

impl Model for Note {
    type Operation = OfNote;

    fn after(&self, did: &OfNote) -> Option<Self> {
        let (fits, after) = match *did {
            OfNote::Read(value) => (self.0 == value, self.0),
            OfNote::Insert { value, done: true } => (self.0.is_none(), Some(value)),
            OfNote::Insert { done: false, .. } => (self.0.is_some(), self.0),
            OfNote::Swap { from, to, done: true } => (self.0 == Some(from), to),
            OfNote::Swap { from, done: false, .. } => (self.0 != Some(from), self.0),
        };
        fits.then_some(Self(after))
    }

    fn only_reads(did: &OfNote) -> bool {
        matches!(did, OfNote::Read(_) | OfNote::Insert { done: false, .. } | OfNote::Swap { done: false, .. })
    }
}

/// A file: what was deleted never comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum File {
    Never,
    There,
    Gone,
}

#[derive(Debug, Clone)]
enum OfFile {
    Upload,
    Seen(bool),
    Delete,
}

impl OfFile {
    fn of(did: &Did, of: &String) -> Option<Self> {
        match did {
            Did::Upload { title } if title == of => Some(Self::Upload),
            Did::See { titles } => Some(Self::Seen(titles.contains(of))),
            Did::Open { title, done } if title == of => Some(Self::Seen(*done)),
            Did::Delete { title, done: true } if title == of => Some(Self::Delete),
            Did::Delete { title, done: false } if title == of => Some(Self::Seen(false)),
            _ => None,
        }
    }
}

impl Model for File {
    type Operation = OfFile;

    fn after(&self, did: &OfFile) -> Option<Self> {
        match (did, self) {
            (OfFile::Upload, Self::Never) => Some(Self::There),
            (OfFile::Delete, Self::There) => Some(Self::Gone),
            (OfFile::Seen(there), state) if *there == (*state == Self::There) => Some(*state),
            _ => None,
        }
    }

    fn only_reads(did: &OfFile) -> bool {
        matches!(did, OfFile::Seen(_))
    }
}
