//! Every backend and wrapper does what a store has to do.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

#[path = "conformance/losing.rs"]
mod losing;
#[path = "conformance/objects.rs"]
mod objects;

use std::sync::Arc;

use async_trait::async_trait;
use tenantry::store::{MemoryStore, StoreError, TenantStore};
use tenantry::testkit::conformance::{Medium, Subject, Verdict, conformance};
use tenantry::testkit::{CountingStore, HangingStore};

use self::objects::Objects;

struct Memory(MemoryStore);

#[async_trait]
impl Medium for Memory {
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError> {
        Ok(Arc::new(self.0.reopen()))
    }
}

tenantry::conformance_tests!(the_memory_store_conforms, || Memory(MemoryStore::new()));

tenantry::conformance_tests!(the_object_store_conforms_under_a_prefix_with_everything_small, Objects::small);

struct Wrapped(MemoryStore);

#[async_trait]
impl Medium for Wrapped {
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError> {
        let (counting, _) = CountingStore::new(Arc::new(self.0.reopen()));
        let (hanging, _) = HangingStore::new(Arc::new(counting));
        Ok(Arc::new(hanging))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wrappers_conform() {
    conformance(|| Wrapped(MemoryStore::new())).await.ensure().unwrap();
}

#[tokio::test]
async fn a_report_is_a_list_of_sentences_that_says_what_was_not_run_and_why() {
    let report = conformance(|| Memory(MemoryStore::new())).await;
    let text = report.to_string();
    println!("{text}");
    for subject in Subject::ALL {
        assert!(text.lines().any(|line| line == subject.to_string()), "no section {subject}");
    }
    let (hold, not_run) = (report.holding().count(), report.not_run().count());
    let last = format!("{} sentences: {hold} hold, 0 fail, {not_run} not run", report.findings().len());
    assert_eq!(text.lines().last(), Some(last.as_str()));
    // A memory can neither crash nor be linked to, and says that it is not fenced.
    let reasons: std::collections::BTreeSet<&str> = report.not_run().map(|(_, reason)| reason).collect();
    assert_eq!(
        reasons.into_iter().collect::<Vec<_>>(),
        [
            "the medium gives no way to damage a ledger",
            "the medium gives no way to lose an answer",
            "the medium gives no way to make it crash",
            "the medium knows no links",
            "the store does not say that it is fenced",
            "the store leaves it to the caller to remove all blobs",
        ]
    );
    let mut sentences: Vec<_> = report.findings().iter().map(|finding| finding.sentence).collect();
    sentences.sort_unstable();
    let count = sentences.len();
    sentences.dedup();
    assert_eq!(sentences.len(), count, "a sentence stands there twice");
}

struct Nothing;

#[async_trait]
impl Medium for Nothing {
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError> {
        Err(StoreError::new(tenantry::store::StoreErrorKind::Unavailable, "open", "nobody is there"))
    }
}

#[tokio::test]
async fn a_store_that_can_not_be_opened_has_failed() {
    let report = conformance(|| Nothing).await;
    let all_fail = report.findings().iter().all(|finding| matches!(finding.verdict, Verdict::Fails(_)));
    assert!(all_fail && !report.findings().is_empty(), "{report}");
    let refused = report.ensure().unwrap_err();
    assert!(format!("{refused:?}").contains("the medium could not be opened: open: nobody is there"));
}
