//! Every decision reaches audit once, with its true reason.

use std::sync::atomic::{AtomicU32, Ordering};

use tenantry::ErrorKind;
use tenantry::ownership::Action;

use crate::expected::{CELLS, Cell, Say};
use crate::matrix::{call, prepare};
use crate::perform::{Row, is_about_all, walk};
use crate::world::{Event, Medium, Note, World, fresh, id, known, note, open};

fn event(cell: &Cell, action: Action, decision: String) -> Event {
    let tenant = (!is_about_all(action)).then(|| cell.tenant.to_owned());
    Event { actor: cell.who.to_owned(), action, tenant, decision }
}

/// What audit is to hear of a call: the decisions before the action, if the method asks for some, and
/// then the action's, unless it ended before.
fn events(cell: &Cell, action: Action, row: &Row) -> Vec<Event> {
    let mut events = Vec::new();
    for asked in row.before.iter().copied().chain([action]) {
        let said = cell.says(asked);
        events.extend(said.decision().map(|decision| event(cell, asked, decision)));
        if !matches!(said, Say::Allow(_)) {
            break;
        }
    }
    events.sort();
    events
}

#[tokio::test]
async fn audit_hears_every_decision_once_with_its_true_reason() {
    let mut world = World::new(Medium::memory()).await;
    for cell in CELLS {
        for (action, row) in walk() {
            prepare(&mut world, cell, action).await;
            let call = call(&world, cell).await;
            let done = row.perform(call).await;
            let context = format!("{} in {}: {action} by {}: {done:?}", cell.who, cell.tenant, row.method);
            assert_eq!(world.heard.take(), events(cell, action, &row), "{context}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_ran_again_is_heard_of_once() {
    let world = World::new(Medium::memory()).await;
    let (elsewhere, ..) = open(&world.medium, |builder| builder).await;
    let other = elsewhere.session(&id("ana")).await.unwrap().own();
    let own = world.session("ana").await.own();
    let runs = std::sync::Arc::new(AtomicU32::new(0));
    let (counted, runtime) = (runs.clone(), tokio::runtime::Handle::current());
    let result = own
        .transaction(move |transaction| {
            if counted.fetch_add(1, Ordering::SeqCst) == 0 {
                // Another process commits between this read and its commit.
                let (other, runtime) = (other.clone(), runtime.clone());
                let commit =
                    move || runtime.block_on(async { other.collection().insert(note("between")).await });
                std::thread::spawn(commit).join().unwrap().unwrap();
            }
            transaction.collection::<Note>().get(&known())?;
            transaction.collection::<Note>().insert_as(&fresh(), &note("new")).map(drop)
        })
        .await;
    result.unwrap();
    assert!(runs.load(Ordering::SeqCst) > 1, "it ran once only");
    let heard: Vec<_> = world.heard.take().into_iter().map(|event| (event.action, event.decision)).collect();
    let allow = |action| (action, "Allow(Own)".to_owned());
    assert_eq!(heard, [Action::GetRecord, Action::InsertRecord, Action::Transact].map(allow));
}

#[tokio::test]
async fn a_transaction_that_fails_is_heard_of_once() {
    let world = World::new(Medium::memory()).await;
    let own = world.session("ana").await.own();
    let failed = own
        .transaction(|transaction| {
            transaction.collection::<Note>().get(&known())?;
            Err::<(), _>(tenantry::Error::new(ErrorKind::InvalidInput, "the host's own"))
        })
        .await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::InvalidInput);
    let heard: Vec<_> = world.heard.take().into_iter().map(|event| event.action).collect();
    assert_eq!(heard, [Action::GetRecord, Action::Transact]);
}
