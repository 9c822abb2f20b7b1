//! Walking a section in order, and writing the whole state as a new snapshot.

use bytes::Bytes;

use super::{Entry, Section, State};
use crate::ledger::commit_text::write_line;
use crate::ledger::tally::Tallies;

/// In which direction a section is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// As they were inserted.
    InOrder,
    /// The newest first.
    NewestFirst,
}

impl State {
    /// At most `limit` entries of a section beyond the order `after`, in that direction.
    pub(crate) fn list(
        &self,
        section: &Section,
        direction: Direction,
        after: Option<u64>,
        limit: usize,
    ) -> Vec<Entry> {
        let orders = match (direction, after) {
            (Direction::InOrder, Some(after)) => after.saturating_add(1)..u64::MAX,
            (Direction::NewestFirst, Some(after)) => 0..after,
            (_, None) => 0..u64::MAX,
        };
        let positions = self.base.range(section.as_str(), orders.clone());
        let range = (section.clone(), orders.start)..(section.clone(), orders.end);
        let above = self.by_order.range(range).filter_map(|((_, _), id)| self.get(section, id));
        let below = positions.filter(|&at| !self.hides(at)).map(|at| self.base.entry(at));
        match direction {
            Direction::InOrder => merge(below, above, |a, b| a.order < b.order, limit),
            Direction::NewestFirst => merge(below.rev(), above.rev(), |a, b| a.order > b.order, limit),
        }
    }

    /// All entries of a section in order.
    pub(crate) fn all(&self, section: &Section) -> Vec<Entry> {
        self.list(section, Direction::InOrder, None, usize::MAX)
    }

    /// The sections whose tallies, which are kept as entries change, are not those of the entries.
    pub(crate) fn miscounted(&self) -> Vec<Section> {
        let mut counted = Tallies::default();
        let below = self.base.positions().filter(|&at| !self.hides(at));
        for (name, text) in below.map(|at| (self.base.section(at), self.base.entry(at).text)) {
            if name != Section::META.as_str() {
                counted.add(&Section::named(name), &text);
            }
        }
        for ((section, _), id) in &self.by_order {
            if let Some(entry) = self.get(section, id) {
                counted.add(section, &entry.text);
            }
        }
        counted.differing(&self.tallies)
    }

    /// The state as a snapshot's text: unchanged lines of the base are copied as they stand.
    pub(in crate::ledger) fn write_snapshot(&self) -> Bytes {
        let mut text = Vec::with_capacity(self.base.text_length() + self.layer_bytes);
        let mut below = self
            .base
            .positions()
            .filter(|&at| self.base.section(at) != Section::META.as_str() && !self.hides(at))
            .peekable();
        for ((section, order), id) in &self.by_order {
            while let Some(at) =
                below.next_if(|&at| (self.base.section(at), self.base.order(at)) < (section.as_str(), *order))
            {
                push_line(&mut text, self.base.line(at));
            }
            let Some(entry) = self.get(section, id) else { continue };
            let keys = entry.keys.as_deref().unwrap_or_default();
            push_line(&mut text, &write_line(section, id, *order, keys, &entry.text));
        }
        for at in below {
            push_line(&mut text, self.base.line(at));
        }
        push_line(&mut text, &write_line(&Section::META, "next", self.next_order, &[], b"{}"));
        // It may be kept for long, so without the room for what was replaced.
        text.into_boxed_slice().into()
    }
}

fn push_line(text: &mut Vec<u8>, line: &[u8]) {
    text.extend_from_slice(line);
    text.push(b'\n');
}

/// Merges two sequences that are each in the order `first` says.
fn merge(
    a: impl Iterator<Item = Entry>,
    b: impl Iterator<Item = Entry>,
    first: impl Fn(&Entry, &Entry) -> bool,
    limit: usize,
) -> Vec<Entry> {
    let (mut a, mut b) = (a.peekable(), b.peekable());
    let mut merged = Vec::new();
    while merged.len() < limit {
        let next = match (a.peek(), b.peek()) {
            (Some(x), Some(y)) if first(x, y) => a.next(),
            (_, Some(_)) => b.next(),
            (_, None) => a.next(),
        };
        let Some(next) = next else { break };
        merged.push(next);
    }
    merged
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::ledger::commit_text::Change;

    #[test]
    fn a_wrong_tally_is_found() {
        let mut state = State::absent();
        let section = Section::named("notes");
        let put = |id: &str, order| Change::Put {
            section: section.clone(),
            id: id.into(),
            order,
            keys: [].into(),
            text: Bytes::from_static(b"{}"),
        };
        state.apply(&put("a", 1));
        state.apply(&put("b", 2));
        state.apply(&Change::Remove { section: section.clone(), id: "a".into() });
        assert_eq!(state.miscounted(), []);
        state.tallies.add(&section, b"{}");
        assert_eq!(state.miscounted(), [section]);
    }
}
