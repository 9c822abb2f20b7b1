//! Trees for tests that say "for every".

use std::ops::RangeInclusive;

use proptest::prelude::{Strategy, any};
use proptest::sample::subsequence;

use super::{LegacyTree, Trap};

/// Trees of a size within the range, with any number of [traps](Trap) up to all of them.
///
/// What fails shrinks to few traps and a small size; the values in it come from a seed that stays.
pub fn trees(size: RangeInclusive<usize>) -> impl Strategy<Value = LegacyTree> {
    let traps = subsequence(Trap::ALL.to_vec(), 0..=Trap::ALL.len());
    (size, traps, any::<u64>().no_shrink())
        .prop_map(|(size, traps, seed)| LegacyTree::build(size, &traps.into_iter().collect(), seed))
}
