//! The first thing that was seen otherwise.

use std::fmt;

use super::run::{Observation, Place, Run};
use crate::testkit::histories::Step;

/// How many characters are shown before the first that differs, and from there on.
const BEFORE: usize = 60;
const FROM: usize = 240;

/// What one run showed and the other did not.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// The history that shows it.
    pub history: Vec<Step>,
    /// When it was seen, as a sentence.
    pub when: String,
    /// What was seen there with the others.
    pub together: String,
    /// What was seen there without them.
    pub alone: String,
}

impl Difference {
    /// The first difference between two runs of a history.
    pub(super) fn first(history: &[Step], together: &Run, alone: &Run) -> Option<Self> {
        let pairs = together.observed.iter().zip(&alone.observed);
        let (one, other) = pairs.into_iter().find(|(one, other)| one != other)?;
        let seen = |observation: &Observation| match observation.succeeded {
            true => observation.seen.clone(),
            false => format!("an error, {}", observation.seen),
        };
        let when = match &one.at {
            Place::Before => "when the tenant of user 0 was made".to_owned(),
            Place::Step(at) => {
                let step = history.get(*at).map(Step::to_string).unwrap_or_default();
                format!("at step {} of {}, \"{step}\"", at + 1, history.len())
            }
            Place::After(what) => format!("after the history, \"{what}\""),
        };
        Some(Self { history: history.to_vec(), when, together: seen(one), alone: seen(other) })
    }
}

/// A long text from a little before the character at `from`.
fn excerpt(text: &str, from: usize) -> String {
    let start = from.saturating_sub(BEFORE);
    let shown: String = text.chars().skip(start).take(BEFORE + FROM).collect();
    let (before, after) = (start > 0, text.chars().count() > start + BEFORE + FROM);
    format!("{}{shown}{}", if before { "…" } else { "" }, if after { "…" } else { "" })
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let same = self.together.chars().zip(self.alone.chars()).take_while(|(one, other)| one == other);
        let from = same.count();
        writeln!(f, "It was seen {}:", self.when)?;
        writeln!(f, "  with the others: {}", excerpt(&self.together, from))?;
        writeln!(f, "  without them:    {}", excerpt(&self.alone, from))?;
        f.write_str("The history:")?;
        for (number, step) in self.history.iter().enumerate() {
            write!(f, "\n  {}. {step}", number + 1)?;
        }
        Ok(())
    }
}
