//! Trees of the generator.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRng, TestRunner};
use tempfile::tempdir;
use tenantry::testkit::TreeImage;
use tenantry::testkit::legacy_trees::{LegacyTree, Owners, Trap, trees};

use crate::found;
use crate::reader::Tree;

/// What is met in a tree once it is written.
fn met(tree: &LegacyTree) -> BTreeSet<Trap> {
    let folder = tempdir().unwrap();
    tree.write_to(folder.path()).unwrap();
    found::traps(&Tree::read(folder.path()))
}

/// What a trap can't be without, or brings along.
fn brought(trap: Trap) -> &'static [Trap] {
    match trap {
        Trap::FileOfTwoOwners | Trap::VideoOfAnother | Trap::UserNameNotPlain => &[Trap::RecordWithOwner],
        Trap::TimerWithoutStream => &[Trap::StreamTimers],
        Trap::QueueTagsAsText => &[Trap::UploadQueue],
        Trap::WorkbookOwners => &[Trap::WorkbookWide],
        Trap::UserDatabases | Trap::ForeignOwnerInside | Trap::DemoData | Trap::OldAndNew => {
            &[Trap::UserFolders, Trap::UserDatabases, Trap::ThumbnailNull]
        }
        Trap::SameNameInTwoPlaces => &[Trap::UserFolders],
        // What lies there is no record's any more.
        Trap::DatabaseMissing | Trap::DatabaseEmpty | Trap::DatabaseIsObject | Trap::DatabaseTruncated => {
            &[Trap::FileWithoutRecord]
        }
        _ => &[],
    }
}

#[test]
fn a_tree_without_traps_has_none() {
    assert_eq!(met(&LegacyTree::build(3, &BTreeSet::new(), 7)), BTreeSet::new());
}

#[test]
fn each_trap_can_be_had_alone() {
    for trap in Trap::ALL {
        let met = met(&LegacyTree::only(*trap));
        assert!(met.contains(trap), "{trap:?}: {met:?}");
        let others: Vec<_> =
            met.iter().filter(|other| *other != trap && !brought(*trap).contains(other)).collect();
        assert!(others.is_empty(), "{trap:?} brings {others:?}");
    }
}

#[test]
fn all_traps_but_one_can_be_had_together() {
    let tree = LegacyTree::build(1, &Trap::ALL.iter().copied().collect(), 0);
    let mut all: BTreeSet<Trap> = Trap::ALL.iter().copied().collect();
    all.remove(&Trap::WorkbookNarrow);
    assert_eq!(tree.traps, all);
    assert_eq!(met(&tree), all);
}

/// Sixty-four trees of one seed, whatever the machine.
#[test]
fn the_strategys_trees_have_each_trap_that_they_say_and_together_all() {
    let rng = TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let seen = std::cell::RefCell::new(BTreeSet::new());
    let done = runner.run(&trees(0..=3), |tree| {
        let met = met(&tree);
        let missing: Vec<_> = tree.traps.difference(&met).collect();
        prop_assert!(missing.is_empty(), "{missing:?} is not met");
        seen.borrow_mut().extend(tree.traps);
        Ok(())
    });
    done.unwrap();
    assert_eq!(seen.into_inner(), Trap::ALL.iter().copied().collect());
}

#[test]
fn a_large_tree_has_as_many_files_and_records_as_are_asked_for_each_its_owner_s_and_no_trap_but_owners() {
    let tree = LegacyTree::large(60, 400);
    let expectation = tree.expectation(&Owners::all_to("nobody"));
    let files = expectation.files.iter().filter(|file| file.area != "tokens");
    assert_eq!(files.count(), 60);
    assert_eq!((expectation.records.len(), expectation.rows.len()), (396, 4));
    let of = expectation.records.iter().map(|record| &record.owner);
    let owners: BTreeSet<_> = of.chain(expectation.rows.iter().map(|row| &row.owner)).collect();
    assert_eq!(owners.len(), 10);
    assert!(owners.iter().all(|owner| *owner != "nobody"));
    let traps = [Trap::RecordWithOwner, Trap::WorkbookOwners];
    assert_eq!(met(&tree).difference(&traps.into()).collect::<Vec<_>>(), Vec::<&Trap>::new());
}

#[test]
fn a_tree_is_shown_as_the_call_that_makes_it() {
    let tree = LegacyTree::build(2, &BTreeSet::from([Trap::GitKeep, Trap::NotANumber]), 5);
    assert_eq!(format!("{tree:?}"), "LegacyTree::build(2, {NotANumber, GitKeep}, 5)");
}

#[test]
fn what_is_built_from_the_same_is_written_the_same() {
    let traps: BTreeSet<Trap> = Trap::ALL.iter().copied().collect();
    let [one, two] = [7, 7].map(|seed| LegacyTree::build(2, &traps, seed));
    assert_eq!(one, two);
    assert_ne!(one, LegacyTree::build(2, &traps, 8));
    assert_eq!(one.workbook.written().unwrap(), two.workbook.written().unwrap());
    // But for the times of what has none of its own.
    let paths = |tree: &LegacyTree| {
        let folder = tempdir().unwrap();
        tree.write_to(folder.path()).unwrap();
        TreeImage::of(folder.path()).unwrap().paths().map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    assert_eq!(paths(&one), paths(&two));
}
