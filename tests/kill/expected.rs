//! What must be there after a kill, kept in plain maps: what was acknowledged, and for each worker
//! the one step that may have been taken or not.

use std::collections::{BTreeMap, BTreeSet};

use super::story::{Step, is_token};

/// The notes of the first tenant by their ids, and its tokens by their names.
pub(crate) type Notes = BTreeMap<String, String>;
/// The titles of the second tenant's videos.
pub(crate) type Titles = BTreeSet<String>;

/// The third tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Life {
    #[default]
    None,
    /// There, perhaps about to be deleted, with a video and then a note of those titles.
    There { video: Option<String>, note: Option<String>, leaving: bool },
}

/// What is known of the root.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    notes: Notes,
    titles: Titles,
    life: Life,
    /// The third tenant's end was acknowledged, and no new beginning.
    erased: bool,
    /// The steps that were announced and not acknowledged.
    under_way: Vec<Step>,
    /// How many were acknowledged so far.
    pub(crate) acknowledged: u64,
}

/// Which of the workers takes a step; each takes one at a time.
const fn worker(step: &Step) -> u8 {
    match step {
        Step::Write { .. } | Step::Remove { .. } => 0,
        Step::Upload { .. } | Step::Delete { .. } => 1,
        Step::Create | Step::Fill { .. } | Step::Leave | Step::Erase => 2,
    }
}

fn after_notes(mut notes: Notes, step: &Step) -> Notes {
    match step {
        Step::Write { key, text } => drop(notes.insert(key.clone(), text.clone())),
        Step::Remove { key } => drop(notes.remove(key)),
        _ => {}
    }
    notes
}

fn after_titles(mut titles: Titles, step: &Step) -> Titles {
    match step {
        Step::Upload { title } => drop(titles.insert(title.clone())),
        Step::Delete { title } => drop(titles.remove(title)),
        _ => {}
    }
    titles
}

/// The stages that a step of the third tenant goes through, its end last.
fn stages(life: &Life, step: &Step) -> Vec<Life> {
    let there = |video: Option<&String>, note: Option<&String>, leaving| Life::There {
        video: video.cloned(),
        note: note.cloned(),
        leaving,
    };
    match (step, life) {
        (Step::Create, Life::None) => vec![there(None, None, false)],
        (Step::Fill { title }, Life::There { .. }) => {
            vec![there(Some(title), None, false), there(Some(title), Some(title), false)]
        }
        (Step::Leave, Life::There { video, note, .. }) => vec![there(video.as_ref(), note.as_ref(), true)],
        (Step::Erase, _) => vec![Life::None],
        _ => panic!("{step:?} does not follow on {life:?}"),
    }
}

impl Expected {
    pub(crate) fn will(&mut self, step: Step) {
        assert!(self.under_way.iter().all(|other| worker(other) != worker(&step)), "{step:?}");
        self.under_way.push(step);
    }

    pub(crate) fn did(&mut self, step: Step) {
        let at = self.under_way.iter().position(|other| *other == step);
        self.under_way.remove(at.expect("what was done was announced"));
        self.acknowledged += 1;
        self.notes = after_notes(std::mem::take(&mut self.notes), &step);
        self.titles = after_titles(std::mem::take(&mut self.titles), &step);
        if worker(&step) == 2 {
            self.life = stages(&self.life, &step).pop().unwrap();
            self.erased = step == Step::Erase;
        }
    }

    /// Whether the third tenant's end was acknowledged, so that nothing of it may be left.
    pub(crate) const fn is_erased(&self) -> bool {
        self.erased
    }

    /// The notes and tokens that there may be.
    fn possible_notes(&self) -> Vec<Notes> {
        let mut possible = vec![self.notes.clone()];
        possible.extend(self.under_way.iter().map(|step| after_notes(self.notes.clone(), step)));
        possible
    }

    /// Compares the files of the tokens with what they may be: as acknowledged, or one step further.
    pub(crate) fn compare_files(&self, files: &Notes) {
        let mut possible = self.possible_notes();
        possible.iter_mut().for_each(|notes| notes.retain(|key, _| is_token(key)));
        assert!(possible.contains(files), "{files:#?}\nis none of {possible:#?}");
    }

    /// Compares with what was found, which from now on is what is expected.
    pub(crate) fn settle(&mut self, notes: Notes, titles: Titles, life: Life) {
        let possible_notes = self.possible_notes();
        let under_way = std::mem::take(&mut self.under_way);
        assert!(possible_notes.contains(&notes), "{notes:#?}\nis none of {possible_notes:#?}");
        let mut possible_titles = vec![self.titles.clone()];
        possible_titles.extend(under_way.iter().map(|step| after_titles(self.titles.clone(), step)));
        assert!(possible_titles.contains(&titles), "{titles:#?}\nis none of {possible_titles:#?}");
        let mut possible_lives = vec![self.life.clone()];
        for step in under_way.iter().filter(|step| worker(step) == 2) {
            possible_lives.extend(stages(&self.life, step));
        }
        assert!(possible_lives.contains(&life), "{life:?}\nis none of {possible_lives:?}");
        self.erased &= life == Life::None;
        (self.notes, self.titles, self.life) = (notes, titles, life);
    }
}
