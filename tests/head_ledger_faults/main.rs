//! The ledger over an object store that delays, duplicates and loses (I2, I3): two nodes with
//! short histories, run request by request, in every order with a few switches between them and
//! with every fault at every request. No commit may be lost or invented, no state unreadable, and
//! every answer must be true once nothing is under way any more.
//!
//! Each step of the protocol that is left out has to be noticed by one of these histories.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub, reason = "tests")]

mod node;
mod truth;
mod world;

use tenantry::environment::Entropy;
use tenantry::store::head_ledger::Step;
use tenantry::testkit::SeededEntropy;
use tenantry::testkit::faulty_objects::{Effect, Status};

use self::node::Act::{self, Append, Create, Erase, Fold, Follow, Load, Recreate, Replace, Tidy};
use self::node::Sizes;
use self::world::{Chooser, History, Limits, World};

/// Commits stay in the head, and all their ids are known.
const ROOMY: Sizes = Sizes { tail_bytes: 1000, ids_kept: 100 };
/// Every second commit makes a segment.
const TIGHT: Sizes = Sizes { tail_bytes: 3, ids_kept: 100 };
/// Only the last commit's id is known.
const FORGETFUL: Sizes = Sizes { tail_bytes: 1000, ids_kept: 1 };

const APPENDS: History<'_> =
    History { before: &[Create], nodes: [&[Append, Append], &[Append, Follow, Append]], sizes: ROOMY };
const FORGOTTEN: History<'_> =
    History { before: &[Create], nodes: [&[Append], &[Follow, Append, Append]], sizes: FORGETFUL };
const SEGMENTS: History<'_> =
    History { before: &[Create, Append], nodes: [&[Append, Append], &[Append, Append, Tidy]], sizes: TIGHT };
const CREATIONS: History<'_> =
    History { before: &[], nodes: [&[Create, Append], &[Create, Load, Append]], sizes: ROOMY };
const LIVES: History<'_> =
    History { before: &[], nodes: [&[Create], &[Load, Erase, Tidy, Recreate]], sizes: ROOMY };
const LIFE_ENDED: History<'_> =
    History { before: &[], nodes: [&[Create], &[Load, Erase, Load]], sizes: ROOMY };
const SHORT_FOLDS: History<'_> =
    History { before: &[Create], nodes: [&[Fold], &[Append, Fold]], sizes: ROOMY };
const FOLDS: History<'_> =
    History { before: &[Create, Append], nodes: [&[Fold, Append], &[Append, Fold]], sizes: TIGHT };
const CLEARED_FOLD: History<'_> =
    History { before: &[Create, Append], nodes: [&[Fold], &[Append, Tidy]], sizes: ROOMY };
const READ_PAST: History<'_> =
    History { before: &[Create, Fold], nodes: [&[Load, Follow], &[Fold, Append, Fold, Tidy]], sizes: ROOMY };
const REPLACED: History<'_> =
    History { before: &[Create, Append], nodes: [&[Replace, Append], &[Fold, Append]], sizes: TIGHT };
const ERASED: History<'_> =
    History { before: &[Create, Append], nodes: [&[Fold, Append], &[Erase, Tidy, Load]], sizes: TIGHT };
const ERASED_TWICE: History<'_> = History {
    before: &[Create],
    nodes: [&[Erase, Follow, Recreate, Append], &[Erase, Follow, Recreate]],
    sizes: ROOMY,
};

const ONE_FAULT: Limits = Limits { switches: 2, faults: 1 };
const TWO_FAULTS: Limits = Limits { switches: 1, faults: 2 };

/// Walks all sequences of choices, one after the other.
#[derive(Default)]
struct Enumeration {
    /// For each fork of the present run: what was chosen, of how many.
    path: Vec<(usize, usize)>,
    at: usize,
}

impl Enumeration {
    /// Goes on to the next sequence; false if there is none.
    fn advance(&mut self) -> bool {
        self.at = 0;
        while let Some((chosen, options)) = self.path.pop() {
            if chosen + 1 < options {
                self.path.push((chosen + 1, options));
                return true;
            }
        }
        false
    }
}

impl Chooser for Enumeration {
    fn choose(&mut self, options: usize) -> usize {
        if self.at == self.path.len() {
            self.path.push((0, options));
        }
        let (chosen, before) = self.path[self.at];
        assert_eq!(before, options, "the same choices led elsewhere");
        self.at += 1;
        chosen
    }
}

/// Runs a history in every way within the limits; how many there were, or the first violation.
fn explore(history: &History<'_>, limits: Limits, without: Option<Step>) -> Result<u64, String> {
    let mut choices = Enumeration::default();
    let mut runs = 0;
    loop {
        let outcome = World::new(history, limits, without).run(&mut choices);
        outcome.map_err(|violation| format!("{violation}\nin run {runs}, by {:?}", choices.path))?;
        runs += 1;
        if !choices.advance() {
            return Ok(runs);
        }
    }
}

fn ensure_holds(history: &History<'_>, limits: Limits) {
    let runs = explore(history, limits, None).unwrap_or_else(|violation| panic!("{violation}"));
    println!("{runs} runs of {history:?} within {limits:?}");
    assert!(runs > 100, "hardly anything was explored");
}

/// Each history holds as it is, so that what is found is due to the step left out; and what is found
/// is what the step is there to prevent.
fn ensure_noticed(history: &History<'_>, limits: Limits, step: Step, as_violation: &str) {
    match explore(history, limits, Some(step)) {
        Ok(runs) => panic!("{runs} runs, and nobody noticed that {step:?} was left out"),
        Err(found) => {
            assert!(found.contains(as_violation), "{step:?} was noticed as something else: {found}")
        }
    }
}

macro_rules! holds {
    ($($name:ident: $history:ident within $limits:ident;)*) => {
        $(#[test]
        fn $name() {
            ensure_holds(&$history, $limits);
        })*
    };
}

holds! {
    appends_hold_with_one_fault: APPENDS within ONE_FAULT;
    appends_hold_with_two_faults: APPENDS within TWO_FAULTS;
    appends_whose_ids_are_forgotten_hold: FORGOTTEN within ONE_FAULT;
    appends_that_make_segments_hold: SEGMENTS within ONE_FAULT;
    creations_hold: CREATIONS within ONE_FAULT;
    lives_hold_with_one_fault: LIVES within ONE_FAULT;
    lives_hold_with_two_faults: LIVES within TWO_FAULTS;
    an_end_of_a_life_holds: LIFE_ENDED within ONE_FAULT;
    folds_hold_with_one_fault: FOLDS within ONE_FAULT;
    folds_hold_with_two_faults: SHORT_FOLDS within TWO_FAULTS;
    a_fold_while_another_clears_holds: CLEARED_FOLD within ONE_FAULT;
    a_read_past_two_folds_holds: READ_PAST within ONE_FAULT;
    a_replacement_beside_a_fold_holds: REPLACED within ONE_FAULT;
    erasing_beside_a_writer_holds: ERASED within ONE_FAULT;
    two_erasures_and_re_creations_hold: ERASED_TWICE within ONE_FAULT;
}

macro_rules! noticed {
    ($($name:ident: $step:ident by $history:ident as $violation:literal;)*) => {
        $(#[test]
        fn $name() {
            ensure_noticed(&$history, ONE_FAULT, Step::$step, $violation);
        })*
    };
}

noticed! {
    not_looking_for_the_own_id_is_noticed: OwnIdAfterConflict by APPENDS as "was refused, and landed";
    not_knowing_the_id_at_its_number_is_noticed: IdAtItsNumber by FORGOTTEN as "was refused, and landed";
    names_without_a_random_part_are_noticed: RandomInName by FOLDS as "the ledger can't be read";
    names_without_a_count_are_noticed: CountInName by CLEARED_FOLD as "the ledger can't be read";
    not_reading_twice_before_saying_corruption_is_noticed: SecondRead by READ_PAST as "told StoreError";
    a_missing_tombstone_is_noticed: Tombstone by LIFE_ENDED as "an ended life came back";
    numbers_that_begin_again_are_noticed: NumbersGoOn by LIVES as "was refused, and landed";
}

#[test]
fn answers_stay_true_when_the_object_store_fails_from_some_request_on() {
    let history = History {
        before: &[Create],
        nodes: [&[Append, Fold, Replace, Erase, Recreate, Follow], &[Follow, Append, Tidy, Load]],
        sizes: TIGHT,
    };
    let mut runs = 0;
    for from in 0..24 {
        for effect in [
            Effect::FailBefore(Status::Unavailable),
            Effect::FailBefore(Status::Precondition),
            Effect::FailBefore(Status::Forbidden),
            Effect::FailAfter(Status::Unavailable),
            Effect::Delay,
        ] {
            let mut choices = Enumeration::default();
            loop {
                let limits = Limits { switches: 1, faults: 0 };
                let world = World::new(&history, limits, None).with_outage(from, effect);
                world.run(&mut choices).unwrap_or_else(|found| panic!("{effect:?} from {from}: {found}"));
                runs += 1;
                if !choices.advance() {
                    break;
                }
            }
        }
    }
    assert!(runs > 1000, "hardly anything was explored");
}

/// Choices drawn from a seed.
struct Drawn(SeededEntropy);

impl Chooser for Drawn {
    fn choose(&mut self, options: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        // Half of the time all goes its way, so that long histories get somewhere.
        if bytes[7] & 1 == 0 { 0 } else { (u64::from_be_bytes(bytes) >> 8) as usize % options }
    }
}

#[test]
fn long_histories_drawn_from_seeds_hold() {
    const ACTS: [Act; 12] =
        [Append, Append, Append, Append, Follow, Load, Fold, Fold, Replace, Erase, Recreate, Tidy];
    for seed in 0..200 {
        let mut drawn = Drawn(SeededEntropy::new(seed));
        let script = || (0..14).map(|_| ACTS[draw(&drawn.0, ACTS.len())]).collect::<Vec<_>>();
        let scripts = [script(), script()];
        let sizes = Sizes { tail_bytes: draw(&drawn.0, 12), ids_kept: 1 + draw(&drawn.0, 6) };
        let history = History { before: &[Create], nodes: [&scripts[0], &scripts[1]], sizes };
        let world = World::new(&history, Limits { switches: 30, faults: 8 }, None);
        world.run(&mut drawn).unwrap_or_else(|found| panic!("seed {seed}, {history:?}: {found}"));
    }
}

fn draw(entropy: &SeededEntropy, options: usize) -> usize {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    (u64::from_be_bytes(bytes) % options as u64) as usize
}
