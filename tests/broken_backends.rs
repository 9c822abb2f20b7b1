//! The conformance suite catches bad backends: each of these is right but for one thing, and exactly the
//! sentences that are about that thing fail.
#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

#[path = "broken_backends/blobs.rs"]
mod blobs;
#[path = "broken_backends/folder.rs"]
mod folder;
#[path = "broken_backends/ledgers.rs"]
mod ledgers;
#[path = "conformance/losing.rs"]
mod losing;
#[path = "broken_backends/medium.rs"]
mod medium;
#[path = "conformance/objects.rs"]
mod objects;

use tenantry::testkit::conformance::conformance;

use self::blobs::*;
use self::folder::FollowsLinks;
use self::ledgers::*;
use self::medium::{Break, Broken};

/// Runs the whole suite over what is broken, and compares the sentences that fail.
async fn ensure_caught(broken: Break, expected: &[&str]) {
    let report = conformance(|| Broken::new(broken)).await;
    let failed: Vec<_> = report.failures().map(|(sentence, _)| sentence).collect();
    assert_eq!(failed, expected, "{report}");
}

/// What is wrong, and the sentences that fail.
macro_rules! caught {
    ($($(#[$attribute:meta])* $what:ident: $broken:ident, [$($sentence:literal),* $(,)?];)*) => {
        $(
            // The clock stands still, so that whoever hangs is found out at once.
            #[tokio::test(start_paused = true)]
            async fn $what() {
                ensure_caught($broken::over, &[$($sentence),*]).await;
            }
        )*
    };
}

caught! {
    one_that_ignores_the_condition_on_an_append: IgnoresCondition, [
        "an append at a version that others went on from conflicts, and leaves no trace",
        "a commit that conflicts leaves the header as it is",
        "one goes on after a fold, from the version it answered and from that before",
        "a late commit of an earlier life never lands in a later one",
        "of two that begin a life on one tombstone one wins",
        "of appends at one version at once one is committed, the others conflict",
        "a version of one tenant changes nothing under another's id",
    ];
    one_that_opens_too_little: OpensTooLittle, [
        "what is opened says what is loaded, and goes on to while others fold",
    ];
    one_that_looks_first_and_then_writes: LooksThenWrites, [
        "of two that begin a life on one tombstone one wins",
        "of appends at one version at once one is committed, the others conflict",
    ];
    one_that_creates_a_tenant_twice: CreatesTwice, [
        "a tenant is made once",
        "of racing creations one wins",
    ];
    one_that_loses_a_commit_on_conflict: LosesCommitOnConflict, [
        "an append at a version that others went on from conflicts, and leaves no trace",
        "a commit that conflicts leaves the header as it is",
        "one goes on after a fold, from the version it answered and from that before",
        "a late commit of an earlier life never lands in a later one",
        "of two that begin a life on one tombstone one wins",
        "of appends at one version at once one is committed, the others conflict",
        "a version of one tenant changes nothing under another's id",
    ];
    one_that_reorders_commits: ReordersCommits, [
        "a tenant is made once",
        "what was appended is loaded byte for byte, by any store over the medium",
        "an append at a version that others went on from conflicts, and leaves no trace",
        "an append that is given up has happened wholly or not at all",
        "a header changes with a commit, and everyone learns it",
        "a commit may be far larger than others",
        "hundreds of commits are kept in order",
        "a version from one store serves in another",
        "commits that came after a fold's base are carried behind it",
        "commits and folds take turns without losing a line",
        "tidying keeps all that the ledger names",
        "of racing appends one wins for each number, and each winner is loaded once",
        "racing appends and folds and clearings lose and invent nothing",
        "of a commit whose request or answer was lost the truth is told, and it is there once at most",
        "of a fold whose request or answer was lost the truth is told, and no line is lost",
    ];
    one_that_never_refreshes: NeverRefreshes, [
        "a refresh tells what others committed, in order",
        "a refresh from far behind tells all, or says to start over",
        "a header changes with a commit, and everyone learns it",
        "a commit may be far larger than others",
        "commits that came after a fold's base are carried behind it",
        "a fold that replaces gets the next number and is the state",
        "who was behind a fold catches up",
        "who knew an earlier life is told to start over",
        "two tenants' ledgers have nothing in common",
        "of a commit whose request or answer was lost the truth is told, and it is there once at most",
    ];
    one_that_says_at_once_that_nothing_is_new: SaysNewestAtOnce, [
        "no version is said at once to be the newest that a refresh would find others after",
    ];
    one_whose_refresh_lags_behind: RefreshesLate, [
        "a refresh tells what others committed, in order",
        "a refresh from far behind tells all, or says to start over",
        "a header changes with a commit, and everyone learns it",
        "a commit may be far larger than others",
        "commits that came after a fold's base are carried behind it",
    ];
    one_whose_headers_are_stale: StaleHeaders, [
        "a header changes with a commit, and everyone learns it",
        "a tombstone is read as one and holds nothing",
    ];
    one_whose_fold_drops_later_commits: FoldDropsLaterCommits, [
        "commits that came after a fold's base are carried behind it",
        "a header changed after a fold's base stays changed",
    ];
    one_whose_fold_forgets_the_header: FoldForgetsHeader, [
        "a fold that replaces gets the next number and is the state",
    ];
    one_that_begins_a_life_on_the_living: BeginsLifeOnTheLiving, [
        "no life begins while another goes on",
        "of two that begin a life on one tombstone one wins",
    ];
    one_that_succeeds_and_says_it_failed: TakesUnknownForFailure, [
        "of a commit whose request or answer was lost the truth is told, and it is there once at most",
    ];
    one_that_succeeds_and_says_others_were_first: TakesUnknownForConflict, [
        "of a commit whose request or answer was lost the truth is told, and it is there once at most",
    ];
    one_that_claims_what_it_does_not_know: TakesUnknownForSuccess, [
        "of a commit whose request or answer was lost the truth is told, and it is there once at most",
    ];
    one_that_takes_damage_for_absence: TakesDamageForAbsence, [
        "a ledger that is damaged is said to be corrupt, and no neighbour notices",
    ];
    one_that_shows_a_blob_before_it_is_whole: ShowsUnfinishedBlobs, [
        "a blob is invisible until it is whole",
        "a failing body publishes nothing and its own error comes back",
        "a put that is given up publishes nothing",
        "of a blob whose request or answer was lost the truth is told, and it is whole or absent",
    ];
    one_that_overwrites_blobs: OverwritesBlobs, [
        "a blob's name is taken once and for all, and its content stays",
        "of two puts of one name at once one succeeds, and its content is there",
    ];
    one_that_ignores_the_deadline: IgnoresDeadline, [
        "after the deadline nothing is published",
        "a deadline that passes during the body publishes nothing",
    ];
    one_that_stores_failed_bodies: StoresFailedBodies, [
        "a failing body publishes nothing and its own error comes back",
    ];
    one_that_believes_hints: BelievesHints, [
        "a hint of another length than the body's changes nothing",
    ];
    one_that_truncates_ranges: TruncatesRanges, [
        "a range not within the blob is out of range",
    ];
    one_that_forgets_a_delete: ForgetsDeletes, [
        "deleting a blob again is no error, and it is gone",
        "what is stored or deleted between two pages moves nothing else",
        "tidying a tombstone leaves the blobs that are still there",
        "each name that parses as a file's is the name of a blob of its own",
        "names that differ in case alone are different names",
        "blobs named like parts of the layout leave the ledger and the views alone",
        "a delete whose request was lost does not claim success",
    ];
    one_that_lists_another_tenants_blobs: ListsNeighbours, [
        "a tenant whose id begins like another's lists its own alone",
        "commits and folds under one id change nothing that is read under its neighbours'",
        "blobs written and deleted under one id change nothing under its neighbours'",
        "views written, set aside and removed under one id change nothing under its neighbours'",
        "erasing a tenant, and beginning it again, changes nothing under its neighbours' ids",
        "a ledger that is damaged is said to be corrupt, and no neighbour notices",
    ];
    one_that_skips_at_the_edges_of_pages: SkipsAtPageEdges, [
        "pages follow each other without gap or repetition",
        "a page goes on from a name that is not there",
        "what is stored or deleted between two pages moves nothing else",
        "a file's name comes back from a listing as it went in",
        "each name that parses as a file's is the name of a blob of its own",
        "names that differ in case alone are different names",
        "the longest names fit, of tenants, of files and of what is set aside",
        "blobs named like parts of the layout leave the ledger and the views alone",
    ];
    one_that_marks_tenants_with_what_never_changes: MarksWithNames, [
        "a mark that tenants are listed with is another after each change of that tenant's ledger",
    ];
    one_that_lists_tenants_backwards: ListsTenantsBackwards, [
        "tenants are listed in order of name, page by page",
        "tenants that are made at once are all made",
        "each name that parses as a tenant's is the name of a tenant of its own",
    ];
    one_that_folds_case: FoldsCase, [
        "a file's name comes back from a listing as it went in",
        "each name that parses as a file's is the name of a blob of its own",
        "names that differ in case alone are different names",
    ];
    one_that_mixes_the_places_of_views: MixesPlaces, [
        "a view is read as it was written, and replaced whole",
        "what was set aside is listed by name, page by page, each tenant's alone",
        "two tenants' and two places' views of one name are different views",
        "a blob, a view and a record of one name are three things",
    ];
    one_that_clears_blobs_with_the_rest: TidiesBlobs, [
        "tidying leaves blobs and views of the living alone",
        "tidying a tombstone leaves the blobs that are still there",
    ];
    one_that_removes_only_what_it_lists: RemovesOnlyWhatItLists, [
        "a put that is under way when all blobs are removed publishes nothing",
    ];
    one_that_says_it_is_fenced_and_is_not: SaysFencedAndIsNot, [
        "a put into another life or a tenant that never was is refused as not found",
    ];
    one_that_boasts: Boasts, [
        "a path is given exactly if the backend says so, and leads to the blob",
        "free space is told exactly if the backend says so",
    ];
    one_that_takes_silence_for_stored: TakesSilenceForStored, [
        "of a blob whose request or answer was lost the truth is told, and it is whole or absent",
    ];
    one_that_does_one_thing_at_a_time: OneAtATime, [
        "an upload that stalls holds up neither its tenant's commits nor anything of a neighbour's",
    ];
    one_that_follows_links: FollowsLinks, [
        "a link in a blob's place leads nowhere",
        "a link in the place of a tenant's area leads nowhere",
    ];
}
