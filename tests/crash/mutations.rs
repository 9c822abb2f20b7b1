//! That the explorers can tell: with a step of the protocol left out, or a sync, they find what
//! goes wrong. That they find nothing otherwise is what the other tests say.

use tenantry::store::StoreErrorKind;
use tenantry::store::local::Step;
use tenantry::testkit::simulated_disk::SimulatedDisk;

use crate::explore::{Moment, Seen, Setting};
use crate::machine::{Node, observe, put_too_late};
use crate::model::{Act, Answer};
use crate::{BLOBS, KNOWN, LEDGER, VIEWS};

#[track_caller]
fn fails(explored: Result<Seen, String>) {
    if let Ok(seen) = explored {
        panic!("nothing was found in {seen:?}");
    }
}

#[test]
fn a_word_that_covers_an_unsynced_line_is_found_out() {
    fails(Setting::of(LEDGER).without(Step::SyncBeforeWord).crash_everywhere());
}

#[test]
fn an_unsynced_file_in_place_of_the_ledger_is_found_out() {
    fails(Setting::of(LEDGER).without(Step::SyncBeforeRename).crash_everywhere());
}

#[test]
fn an_answer_before_the_folder_is_synced_is_found_out() {
    fails(Setting::of(LEDGER).without(Step::FolderSyncBeforeAnswer).crash_everywhere());
}

#[test]
fn a_commit_to_a_file_that_is_no_longer_the_ledger_is_found_out() {
    let after = [Act::Commit("after")];
    fails(Setting::of(LEDGER).without(Step::InodeCheck).kill_everywhere(&after));
}

#[test]
fn a_fold_that_does_not_look_again_at_its_end_is_found_out() {
    let others = [Act::Commit("two"), Act::Fold];
    fails(Setting::of(KNOWN).without(Step::FoldRecheck).interleave_everywhere(Act::Fold, &others));
}

#[test]
fn a_reader_that_believes_more_than_the_word_is_found_out() {
    fails(Setting::of(LEDGER).without(Step::BelieveOnlyWord).kill_everywhere(&[]));
}

#[test]
fn new_folders_that_are_not_synced_are_found_out() {
    fails(Setting::of(LEDGER).without(Step::NewFolderSync).crash_everywhere());
}

#[test]
fn a_blob_that_is_not_synced_is_found_out() {
    for step in [Step::BlobSync, Step::BlobFolderSync] {
        fails(Setting::of(BLOBS).without(step).crash_everywhere());
    }
}

#[test]
fn a_view_that_is_not_synced_is_found_out() {
    for step in [Step::ViewSync, Step::ViewFolderSync] {
        fails(Setting::of(VIEWS).without(step).crash_everywhere());
    }
}

#[test]
fn a_blob_whose_right_to_be_published_ended_is_published_only_without_the_check() {
    for (omitted, published) in [(vec![], 0), (vec![Step::PublishCheck], 1)] {
        let node = Node::start(&SimulatedDisk::new(), &omitted).unwrap();
        assert_eq!(node.perform(Act::Create), Answer::Done);
        let refused = put_too_late(&node.store, "late.mp4").err().map(|error| error.kind());
        assert_eq!(refused, omitted.is_empty().then_some(StoreErrorKind::DeadlinePassed));
        assert_eq!(observe(&node.store).unwrap().blobs.len(), published);
    }
}

/// Each act is followed by one on other files, so that no later sync does the work of its own.
const EVERY_SYNC: &[Moment] = &[
    (0, Act::Create),
    (0, Act::Commit("one")),
    (1, Act::Long(9_000)),
    (1, Act::Fold),
    (0, Act::Commit("two")),
    (0, Act::Put("a.mp4", 600)),
    (0, Act::View("schedules.json", "[]")),
    (1, Act::Delete("a.mp4")),
    (1, Act::RemoveView("schedules.json")),
];

#[test]
fn each_sync_left_out_is_found_out_but_two_that_save_only_time() {
    let needless = Setting::of(EVERY_SYNC).needless_syncs().unwrap();
    let expected = [
        // Where the format is not stated, the next who opens the root states it.
        "SyncDirectory of .tenantry",
        // Zeros written ahead: so that a commit's own sync has no length to write.
        "SyncFile of data/ana/ledger",
    ];
    assert_eq!(needless, expected);
}
