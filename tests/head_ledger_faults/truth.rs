//! What really happened to the ledger, seen step by step by a reader without faults, and what the
//! nodes may therefore have been told.
//!
//! Every change bears a mark that no other bears: the text of a commit, the line of a
//! replacement, the header of a tombstone.

use std::collections::BTreeMap;

use tenantry::store::Incarnation;

/// A ledger's state as anyone can read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub life: Incarnation,
    pub number: u64,
    pub tombstone: bool,
    pub header: String,
    pub lines: Vec<String>,
}

/// How a change was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Committed(Incarnation, u64),
    Refused,
    Unknown,
}

/// All states so far, and where each mark landed.
#[derive(Debug, Default)]
pub struct Truth {
    history: Vec<Option<State>>,
    landed: BTreeMap<String, (Incarnation, u64)>,
    told: Vec<(String, Told)>,
}

pub type Checked = Result<(), String>;

fn ensure(holds: bool, violation: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(violation()) }
}

impl Truth {
    /// Takes in the state that is there now.
    pub fn observe(&mut self, now: Option<State>) -> Checked {
        let before = self.history.last().cloned().flatten();
        if let Some(now) = &now {
            let begun_before = self.history.iter().flatten().any(|state| state.life == now.life);
            match &before {
                Some(before) if before.life == now.life => self.goes_on(before, now)?,
                Some(before) => {
                    ensure(before.tombstone, || format!("{now:?} began on {before:?}"))?;
                    ensure(!begun_before, || format!("an ended life came back: {now:?}"))?;
                    self.begins(now)?;
                }
                None => {
                    ensure(!begun_before, || format!("an ended life came back: {now:?}"))?;
                    self.begins(now)?;
                }
            }
        }
        self.history.push(now);
        Ok(())
    }

    fn begins(&mut self, now: &State) -> Checked {
        let [mark] = &now.lines[..] else { return Err(format!("a life began as {now:?}")) };
        self.land(mark.clone(), now)
    }

    fn goes_on(&mut self, before: &State, now: &State) -> Checked {
        if now.number == before.number {
            return ensure(now == before, || format!("{before:?} changed into {now:?}"));
        }
        ensure(now.number == before.number + 1, || format!("{now:?} came after {before:?}"))?;
        ensure(!before.tombstone, || format!("{now:?} came after a tombstone"))?;
        if now.tombstone {
            ensure(now.lines.is_empty(), || format!("a tombstone holds {now:?}"))?;
            return self.land(now.header.clone(), now);
        }
        let mark = match now.lines.split_last() {
            Some((last, rest)) if rest == before.lines => last,
            Some((last, [])) => last,
            _ => return Err(format!("{before:?} became {now:?}")),
        };
        self.land(mark.clone(), now)
    }

    fn land(&mut self, mark: String, now: &State) -> Checked {
        let earlier = self.landed.insert(mark.clone(), (now.life, now.number));
        ensure(earlier.is_none(), || format!("{mark} landed twice"))
    }

    /// Where in the history a read begins.
    pub fn moment(&self) -> usize {
        self.history.len().saturating_sub(1)
    }

    /// A read begun at that moment gave this.
    pub fn read(&self, begun: usize, found: Option<&State>) -> Checked {
        let seen = self.history.get(begun..).unwrap_or_default();
        let holds =
            seen.iter().any(|state| state.as_ref() == found) || (self.history.is_empty() && found.is_none());
        ensure(holds, || format!("read {found:?}, of {seen:?}"))
    }

    /// A change with that mark was answered so.
    pub fn told(&mut self, mark: &str, told: Told) {
        self.told.push((mark.to_owned(), told));
    }

    /// When nothing is under way any more: every answer was true.
    pub fn answers_were_true(&self) -> Checked {
        for (mark, told) in &self.told {
            let landed = self.landed.get(mark);
            match told {
                // Its own end is no state of a ledger that vanishes; only without tombstones.
                Told::Committed(life, _) if landed.is_none() && self.vanished(*life) => {}
                Told::Committed(life, number) => ensure(landed == Some(&(*life, *number)), || {
                    format!("{mark} was said to be commit {number}, and is {landed:?}")
                })?,
                Told::Refused => {
                    ensure(landed.is_none(), || format!("{mark} was refused, and landed: {landed:?}"))?;
                }
                Told::Unknown => {}
            }
        }
        Ok(())
    }

    /// Whether nothing at all came after a state of that life.
    fn vanished(&self, life: Incarnation) -> bool {
        let was_it = |state: &Option<State>| state.as_ref().is_some_and(|state| state.life == life);
        self.history.windows(2).any(|pair| was_it(&pair[0]) && pair[1].is_none())
    }

    /// How many answers left the outcome open.
    pub fn unknown(&self) -> usize {
        self.told.iter().filter(|(_, told)| *told == Told::Unknown).count()
    }

    pub fn last(&self) -> Option<&State> {
        self.history.last()?.as_ref()
    }
}
