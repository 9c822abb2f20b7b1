//! The store does what a store has to do, also when the machine crashes; and the program says so.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::collections::BTreeSet;

use tenantry::testkit::conformance::conformance;
use tenantry_example_custom_backend::medium::CrashingDisk;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_conforms_on_a_disk_that_crashes() {
    let report = conformance(CrashingDisk::default).await.ensure().unwrap();
    let reasons: BTreeSet<&str> = report.not_run().map(|(_, reason)| reason).collect();
    // A database has neither links nor a file for each ledger.
    let expected = ["the medium gives no way to damage a ledger", "the medium knows no links"];
    assert_eq!(reasons, BTreeSet::from(expected), "{report}");
}

#[test]
fn the_program_prints_the_report_and_what_the_host_did() {
    let program = env!("CARGO_BIN_EXE_tenantry-example-custom-backend");
    let shown = std::process::Command::new(program).output().unwrap();
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    let text = String::from_utf8(shown.stdout).unwrap();
    for line in [
        "  holds    each commit that was answered survives a crash",
        "  not run  a link in a blob's place leads nowhere: the medium knows no links",
        "Ana reads her video: 19 bytes.",
        "And again from the file: 3 tenants.",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}
