//! Which of the calls that fit something happens to: the part that [`faulty_store`](super::faulty_store)
//! and [`faulty_objects`](super::faulty_objects) have in common.

use std::ops::Range;

/// A fault, as far as the choice of calls goes.
pub(super) trait Rule {
    /// What is decided about.
    type Call;
    /// What can happen to it.
    type Effect: Copy;

    /// Whether it is about such a call.
    fn fits(&self, call: &Self::Call) -> bool;
    /// Which of the calls that fit are affected, counted from 0.
    fn affected(&self) -> Range<u64>;
    /// What happens to them.
    fn effect(&self) -> Self::Effect;
}

/// The calls from `spare` on, `affect` of them.
pub(super) const fn window(spare: u64, affect: u64) -> Range<u64> {
    spare..spare.saturating_add(affect)
}

/// Faults, each with the number of calls that have fitted it so far.
pub(super) struct Rules<R>(Vec<(R, u64)>);

impl<R> Default for Rules<R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<R: Rule> Rules<R> {
    pub(super) fn add(&mut self, rule: R) {
        self.0.push((rule, 0));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Counts the call with every rule that it fits. Of several that affect it, the first added decides.
    pub(super) fn decide(&mut self, call: &R::Call) -> Option<R::Effect> {
        let mut decided = None;
        for (rule, seen) in &mut self.0 {
            if !rule.fits(call) {
                continue;
            }
            if rule.affected().contains(seen) && decided.is_none() {
                decided = Some(rule.effect());
            }
            *seen += 1;
        }
        decided
    }
}
