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

/// What a task did and was told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// All states that explain every answer.
    pub(crate) states: BTreeSet<State>,
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
        Self { states: BTreeSet::from([State::default()]), ..Self::default() }
    }

    /// Takes an answer in: only the states that explain it are left.
    pub(crate) fn hear(&mut self, act: &Act, aim: Option<&RecordId>, answer: Result<&String, ErrorKind>) {
        let title = aim.and_then(|aim| self.titles.get(aim));
        let afters: Vec<_> = self.states.iter().map(|state| (state, state.after(act, title))).collect();
        let next: BTreeSet<State> = match answer {
            Ok(seen) => {
                if matches!(act, Act::VerifyVideo(_)) {
                    assert_eq!(seen, "Intact");
                }
                afters.into_iter().filter_map(|(_, after)| after.ok()).collect()
            }
            Err(ErrorKind::OutcomeUnknown) => {
                let both = |(before, after): (&State, Result<State, _>)| [Some(before.clone()), after.ok()];
                afters.into_iter().flat_map(both).flatten().collect()
            }
            // These say only that nothing happened; of an upload, whatever its error.
            Err(kind) if is_silent(kind) || matches!(act, Act::Upload { .. }) => self.states.clone(),
            Err(kind) => {
                let told = |(before, after): (&State, Result<State, _>)| {
                    (after == Err(kind)).then(|| before.clone())
                };
                afters.into_iter().filter_map(told).collect()
            }
        };
        assert!(!next.is_empty(), "{act}: told {answer:?} while only {:?} are possible", self.states);
        self.states = next;
        match answer {
            Ok(_) => self.succeeded += 1,
            Err(kind) => self.errors.push(kind),
        }
    }
}

const fn is_silent(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Unavailable | ErrorKind::Contended | ErrorKind::QuotaExceeded)
}
