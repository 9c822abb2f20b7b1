//! In which states a task's part of its tenant may be, by what the task was told.

use std::collections::{BTreeMap, BTreeSet};

use tenantry::ErrorKind;
use tenantry::record::RecordId;
use tenantry::testkit::histories::{Act, Deed};

/// Notes by their numbers, and the lengths of videos by their titles.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct State {
    pub(crate) notes: BTreeMap<u8, String>,
    pub(crate) videos: BTreeMap<String, u64>,
}

/// A state that explains every answer, and the one that a change of which nobody knows would still make of
/// it. That a read does not show such a change says nothing: it can come after the read. It comes no more
/// once the tenant has another commit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct World {
    now: State,
    later: Option<State>,
}

impl World {
    /// It, and what it becomes if what is still to come comes now.
    fn with_what_comes(&self) -> impl Iterator<Item = Self> {
        let came = self.later.clone().map(|now| Self { now, later: None });
        [Some(self.clone()), came].into_iter().flatten()
    }
}

/// What a task did and was told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    worlds: BTreeSet<World>,
    /// The titles of the videos whose ids the task was told.
    pub(crate) titles: BTreeMap<RecordId, String>,
    pub(crate) succeeded: u64,
    pub(crate) errors: Vec<ErrorKind>,
}

impl State {
    fn deed(&mut self, deed: &Deed) -> Result<(), ErrorKind> {
        match deed {
            Deed::Insert(id, _) if self.notes.contains_key(id) => Err(ErrorKind::AlreadyExists),
            Deed::Insert(id, note) => {
                self.notes.insert(*id, note.text.clone());
                Ok(())
            }
            Deed::Get(id) | Deed::Update(id, _) | Deed::Remove(id) if !self.notes.contains_key(id) => {
                Err(ErrorKind::NotFound)
            }
            Deed::Update(id, note) => {
                self.notes.insert(*id, note.text.clone());
                Ok(())
            }
            Deed::Remove(id) => {
                self.notes.remove(id);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The state after an operation, or why it is refused, if only this state mattered.
    fn after(&self, act: &Act, title: Option<&String>) -> Result<Self, ErrorKind> {
        let mut after = self.clone();
        match act {
            Act::Note(deed) => after.deed(deed)?,
            Act::Together { deeds, gives_up } => {
                deeds.iter().try_for_each(|deed| after.deed(deed))?;
                if *gives_up {
                    return Err(ErrorKind::InvalidInput);
                }
            }
            Act::Upload { breaks: true, .. } => return Err(ErrorKind::BodyFailed),
            Act::Upload { original, pieces, .. } => {
                let title = original.trim_end_matches(".mp4").to_owned();
                after.videos.insert(title, pieces.iter().copied().map(u64::from).sum());
            }
            Act::DeleteVideo(_) => {
                title.and_then(|title| after.videos.remove(title)).ok_or(ErrorKind::NotFound)?;
            }
            Act::OpenVideo { first, .. } => {
                let length = title.and_then(|title| after.videos.get(title)).ok_or(ErrorKind::NotFound)?;
                if first >= length {
                    return Err(ErrorKind::RangeNotSatisfiable);
                }
            }
            Act::VerifyVideo(_) => {
                title.and_then(|title| after.videos.get(title)).ok_or(ErrorKind::NotFound)?;
            }
            Act::ListVideos(0) => return Err(ErrorKind::InvalidInput),
            _ => {}
        }
        Ok(after)
    }
}

impl Told {
    pub(crate) fn new() -> Self {
        Self { worlds: BTreeSet::from([World::default()]), ..Self::default() }
    }

    /// All states in which the task's part may be once everything has come.
    pub(crate) fn states(&self) -> BTreeSet<State> {
        self.worlds.iter().flat_map(World::with_what_comes).map(|world| world.now).collect()
    }

    /// Takes an answer in: only what explains it is left.
    pub(crate) fn hear(&mut self, act: &Act, aim: Option<&RecordId>, answer: Result<&String, ErrorKind>) {
        let title = aim.and_then(|aim| self.titles.get(aim));
        let worlds = self.worlds.iter().flat_map(World::with_what_comes);
        let mut next = BTreeSet::new();
        for world in worlds {
            let after = world.now.after(act, title);
            match answer {
                Ok(seen) => {
                    assert!(!matches!(act, Act::VerifyVideo(_)) || seen == "Intact", "{act}: {seen}");
                    // What changes something is a commit.
                    let later = world.later.filter(|_| after.as_ref() == Ok(&world.now));
                    next.extend(after.ok().map(|now| World { now, later }));
                }
                Err(ErrorKind::OutcomeUnknown) => {
                    if let Ok(after) = after {
                        next.insert(World { now: world.now.clone(), later: Some(after.clone()) });
                        next.insert(World { now: after, later: None });
                    }
                    next.insert(world);
                }
                // These say only that nothing happened; of an upload, whatever its error.
                Err(kind) if is_silent(kind) || matches!(act, Act::Upload { .. }) => drop(next.insert(world)),
                Err(kind) => next.extend((after == Err(kind)).then_some(world)),
            }
        }
        assert!(!next.is_empty(), "{act}: told {answer:?} while only {:?} are possible", self.worlds);
        self.worlds = next;
        match answer {
            Ok(_) => self.succeeded += 1,
            Err(kind) => self.errors.push(kind),
        }
    }
}

const fn is_silent(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Unavailable | ErrorKind::Contended | ErrorKind::QuotaExceeded)
}
