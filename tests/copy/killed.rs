//! A process that is killed in the middle of a copy, and another that goes on with it.

use std::path::Path;
use std::sync::{Arc, Mutex};

use tenantry::environment::ManualClock;
use tenantry::ownership::Role;
use tenantry::{NewTenant, Tenantry};

use crate::child::{Process, hear, say, told};
use crate::observed::observe;
use crate::world::{admin, clock, configured, copy_between, furnish, id, local, upload};

async fn open(root: &Path, clock: &Arc<ManualClock>) -> Tenantry {
    let tenantry = configured(Tenantry::builder(local(root).await), clock).open().await.unwrap();
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    tenantry
}

/// Copies, and asks after each step whether to go on.
#[tokio::test]
async fn the_part_of_a_process_that_copies() {
    let Some((root, _)) = told() else { return };
    let clock = clock();
    let (from, to) = (open(&root.join("from"), &clock).await, open(&root.join("to"), &clock).await);
    let going = copy_between(&from, &to).await.suspending_source().progress(|progress| {
        say(&format!("{}", progress.bytes));
        hear();
    });
    going.await.unwrap();
    say("done");
}

#[tokio::test]
async fn what_a_killed_process_began_another_brings_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    for part in ["from", "to"] {
        std::fs::create_dir(folder.path().join(part)).unwrap();
    }
    let clock = clock();
    let from = open(&folder.path().join("from"), &clock).await;
    admin(&from).await.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.unwrap();
    let own = from.session(&id("ana")).await.unwrap().own();
    furnish(&own).await;
    upload(&own, 20, 100).await;
    let to = open(&folder.path().join("to"), &clock).await;
    let mut arrived = 0;
    for steps in [0, 1, 5, 8, 9] {
        let mut process = Process::start("killed::the_part_of_a_process_that_copies", folder.path(), 0);
        for _ in 0..steps {
            process.next_line().unwrap();
            process.tell("go on");
        }
        process.next_line().unwrap();
        process.kill();
        process.finish();
        assert!(to.session(&id("ana")).await.is_err(), "after {steps} steps");
        arrived += steps;
    }
    assert!(arrived > 10);
    let sent = Arc::new(Mutex::new(None));
    let first = sent.clone();
    let going = copy_between(&from, &to).await.suspending_source().progress(move |progress| {
        first.lock().unwrap().get_or_insert(progress.bytes);
    });
    let copied = going.await.unwrap();
    assert_eq!((copied.files, copied.read_back), (23, 23));
    assert!(copied.already_there >= 5, "{copied:?}");
    assert!(sent.lock().unwrap().is_some_and(|bytes| bytes > 500));
    let there = to.session(&id("ana")).await.unwrap().own();
    assert_eq!(observe(&there).await, observe(&own).await);
    assert!(admin(&to).await.tenants().check(&id("ana")).await.unwrap().is_clean());
}
