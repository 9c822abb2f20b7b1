//! Who decides what a crash leaves behind: [`Chooser`], and the two ways of going through its
//! answers, exhaustively and by seed.

/// Answers questions of the kind "which of these `options`?".
pub trait Chooser {
    /// A number below `options`, which is at least 1.
    fn choose(&mut self, options: usize) -> usize;
}

/// Answers 0 always: after a crash, everything that was written is there.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeepAll;

impl Chooser for KeepAll {
    fn choose(&mut self, _options: usize) -> usize {
        0
    }
}

/// Answers with 1 where it can: after a crash, only what was synced is there.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoseAll;

impl Chooser for LoseAll {
    fn choose(&mut self, options: usize) -> usize {
        usize::from(options > 1)
    }
}

/// Answers from a seed (splitmix64); the same seed gives the same answers.
#[derive(Debug, Clone, Copy)]
pub struct Seeded(u64);

impl Seeded {
    /// A chooser whose answers follow from `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }
}

impl Chooser for Seeded {
    fn choose(&mut self, options: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % options.max(1) as u64).unwrap_or(0)
    }
}

/// Walks through every sequence of answers, depth first: ask it during one run, then
/// [`advance`](Self::advance) it for the next.
#[derive(Debug, Default)]
pub struct Exhaustive {
    path: Vec<(usize, usize)>,
    position: usize,
}

impl Exhaustive {
    /// Moves on to the next sequence; `false` if there is none.
    pub fn advance(&mut self) -> bool {
        self.position = 0;
        while let Some((choice, options)) = self.path.pop() {
            if choice + 1 < options {
                self.path.push((choice + 1, options));
                return true;
            }
        }
        false
    }
}

impl Chooser for Exhaustive {
    fn choose(&mut self, options: usize) -> usize {
        if self.position == self.path.len() {
            self.path.push((0, options));
        }
        let (choice, _) = self.path[self.position];
        self.position += 1;
        choice
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exhaustive_chooser_gives_every_sequence_once() {
        let mut chooser = Exhaustive::default();
        let mut seen = Vec::new();
        loop {
            let first = chooser.choose(2);
            // The second question is asked only after one of the answers.
            let second = if first == 1 { chooser.choose(3) } else { 9 };
            seen.push((first, second));
            if !chooser.advance() {
                break;
            }
        }
        assert_eq!(seen, [(0, 9), (1, 0), (1, 1), (1, 2)]);
    }

    #[test]
    fn a_seed_gives_the_same_answers_again() {
        let answers = |seed| {
            let mut chooser = Seeded::new(seed);
            (0..20).map(|_| chooser.choose(7)).collect::<Vec<_>>()
        };
        assert_eq!(answers(5), answers(5));
        assert_ne!(answers(5), answers(6));
    }
}
