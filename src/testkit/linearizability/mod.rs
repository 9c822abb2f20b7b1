//! Whether what several callers were told can be explained by one order of their operations.
//!
//! A history is linearizable if every operation can be given a moment between its call and its
//! answer such that, done one by one in the order of those moments, a simple sequential [`Model`]
//! would have given the very same answers (Herlihy and Wing, 1990). [`check`] searches for such an
//! order as Wing and Gong (1993) do, and remembers where it has been as Lowe (2017) does.
//!
//! Histories over independent objects (records of different ids, say) are checked one object at a
//! time: together they are linearizable exactly if each is.

use std::collections::HashSet;
use std::fmt;
use std::hash::Hash;

#[cfg(test)]
mod tests;

/// What an object would do if it was asked by one caller at a time.
pub trait Model: Clone + Eq + Hash {
    /// An operation together with the answer that its caller got.
    type Operation;

    /// The object after the operation, if it could have answered that; `None` if it could not.
    #[must_use]
    fn after(&self, operation: &Self::Operation) -> Option<Self>;

    /// Whether an operation with that answer never changes the object, whatever it was before. (A
    /// write of what is there already does not count: elsewhere it would change something.)
    #[must_use]
    fn only_reads(operation: &Self::Operation) -> bool;
}

/// An operation of one caller. Moments may be numbers of any one clock that all callers share and
/// that never goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call<O> {
    /// When it was called.
    pub begun: u64,
    /// When it was answered; `None` if it never was. Such a call may have happened at any later
    /// time, or not at all.
    pub ended: Option<u64>,
    /// What it was, and what it was told.
    pub operation: O,
}

/// Why a history was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No order explains the answers. The position is that of a call that was answered before any
    /// order that goes furthest could place it.
    NotLinearizable {
        /// The position in the history.
        stuck_at: usize,
    },
    /// The search was given up after that many steps, without an answer.
    Undecided {
        /// How many.
        steps: u64,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLinearizable { stuck_at } => {
                write!(f, "no order of the calls explains the answers; call {stuck_at} fits nowhere")
            }
            Self::Undecided { steps } => write!(f, "not decided after {steps} steps"),
        }
    }
}

impl std::error::Error for Refusal {}

/// After how many steps a search is given up.
const STEPS: u64 = 2_000_000;

/// Searches for an order that explains a history, and returns it as positions in the history.
///
/// Calls that could come next are tried in the order in which the history lists them: who knows a
/// likely order lists them so, and saves the search. It is no more than a hint.
///
/// # Errors
/// [`Refusal::NotLinearizable`] if there is none; [`Refusal::Undecided`] if the search took too long.
pub fn check<M: Model>(initial: M, history: &[Call<M::Operation>]) -> Result<Vec<usize>, Refusal> {
    let mut search = Search::new(history);
    let mut model = initial;
    let mut steps = 0;
    let mut from = 0;
    loop {
        steps += 1;
        if steps > STEPS {
            return Err(Refusal::Undecided { steps: STEPS });
        }
        let Some(limit) = search.earliest_answer() else { return Ok(search.order()) };
        if let Some((at, after)) = search.next_from(&model, from, limit) {
            let before = std::mem::replace(&mut model, after);
            search.place(at, before);
            from = 0;
            continue;
        }
        search.note_stuck(limit);
        let Some((at, before)) = search.take_back() else {
            return Err(Refusal::NotLinearizable { stuck_at: search.stuck_at });
        };
        model = before;
        from = at + 1;
    }
}

/// The path that the search has taken, and where it has been.
struct Search<'a, M: Model> {
    history: &'a [Call<M::Operation>],
    /// The answered calls, the earliest answer first: what is not placed of them bounds what may
    /// come next.
    by_answer: Vec<usize>,
    placed: Set,
    path: Vec<Placed<M>>,
    seen: HashSet<(Set, M)>,
    furthest: usize,
    stuck_at: usize,
}

struct Placed<M> {
    at: usize,
    before: M,
    /// No other choice in its place could have been better.
    forced: bool,
}

impl<'a, M: Model> Search<'a, M> {
    fn new(history: &'a [Call<M::Operation>]) -> Self {
        let mut by_answer: Vec<_> = (0..history.len()).filter(|&at| history[at].ended.is_some()).collect();
        by_answer.sort_by_key(|&at| history[at].ended);
        let placed = Set::for_members(history.len());
        Self { history, by_answer, placed, path: Vec::new(), seen: HashSet::new(), furthest: 0, stuck_at: 0 }
    }

    /// The first answer among the calls not placed; `None` if all that were answered are placed.
    fn earliest_answer(&self) -> Option<u64> {
        let at = self.by_answer.iter().find(|&&at| !self.placed.contains(at))?;
        self.history[*at].ended
    }

    /// The calls at `from` or later that can come next, with the model after each. A call can come
    /// next if no other that is not placed was answered before it was called.
    fn candidates(&self, model: &M, from: usize, limit: u64) -> impl Iterator<Item = (usize, M)> {
        (from..self.history.len())
            .filter(move |&at| !self.placed.contains(at) && self.history[at].begun <= limit)
            .filter_map(|at| Some((at, model.after(&self.history[at].operation)?)))
    }

    /// The first of them that leads where the search has not been.
    fn next_from(&mut self, model: &M, from: usize, limit: u64) -> Option<(usize, M)> {
        if from == 0 {
            // What only reads and may come now is never worse to have now.
            let forced = self.candidates(model, 0, limit).find(|(at, _)| self.is_forced(*at));
            if forced.is_some() {
                return forced;
            }
        }
        let candidates: Vec<_> = self.candidates(model, from, limit).collect();
        candidates.into_iter().find(|(at, after)| {
            let mut placed = self.placed.clone();
            placed.insert(*at);
            self.seen.insert((placed, after.clone()))
        })
    }

    fn is_forced(&self, at: usize) -> bool {
        self.history[at].ended.is_some() && M::only_reads(&self.history[at].operation)
    }

    fn place(&mut self, at: usize, before: M) {
        self.placed.insert(at);
        self.path.push(Placed { at, before, forced: self.is_forced(at) });
    }

    /// Takes back the last choice that could have been another.
    fn take_back(&mut self) -> Option<(usize, M)> {
        loop {
            let Placed { at, before, forced } = self.path.pop()?;
            self.placed.remove(at);
            if !forced {
                return Some((at, before));
            }
        }
    }

    fn note_stuck(&mut self, limit: u64) {
        if self.path.len() >= self.furthest {
            self.furthest = self.path.len();
            let blocking = self.by_answer.iter().find(|&&at| self.history[at].ended == Some(limit));
            self.stuck_at = blocking.copied().unwrap_or(self.stuck_at);
        }
    }

    fn order(self) -> Vec<usize> {
        self.path.into_iter().map(|placed| placed.at).collect()
    }
}

/// A set of positions.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Set(Box<[u64]>);

impl Set {
    fn for_members(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)].into_boxed_slice())
    }

    const fn contains(&self, at: usize) -> bool {
        self.0[at / 64] >> (at % 64) & 1 == 1
    }

    const fn insert(&mut self, at: usize) {
        self.0[at / 64] |= 1 << (at % 64);
    }

    const fn remove(&mut self, at: usize) {
        self.0[at / 64] &= !(1 << (at % 64));
    }
}
