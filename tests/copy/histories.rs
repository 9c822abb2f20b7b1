//! For every history: what a tenant has come to be is what it is in the next store, from store to store.

use proptest::prelude::*;
use tenantry::{Expected, ListOptions, Workspace};

use crate::observed::observe;
use crate::world::{Kind, Place, Unheard, clock, copy, record};

/// One thing that a tenant does.
#[derive(Debug, Clone)]
enum Step {
    Note(u64, String),
    Change(usize, String),
    Remove(usize),
    Upload(usize),
    Delete(usize),
    Name(String),
    Copy(Kind, bool),
}

fn step() -> impl Strategy<Value = Step> {
    let kind = prop::sample::select(&Kind::ALL[..]);
    prop_oneof![
        4 => (any::<u64>(), ".{0,30}").prop_map(|(number, text)| Step::Note(number, text)),
        2 => (any::<usize>(), ".{0,60}").prop_map(|(at, text)| Step::Change(at, text)),
        2 => any::<usize>().prop_map(Step::Remove),
        3 => (0_usize..5000).prop_map(Step::Upload),
        1 => any::<usize>().prop_map(Step::Delete),
        1 => "[a-zA-Z🌧 ]{1,20}".prop_map(Step::Name),
        2 => (kind, any::<bool>()).prop_map(|(kind, suspending)| Step::Copy(kind, suspending)),
    ]
}

async fn done(own: &Workspace, step: &Step) {
    let notes = own.collection::<Unheard>();
    let all = ListOptions::new().limit(1000);
    match step {
        Step::Note(number, text) => {
            let id = record(&format!("n{number}"));
            let _ = notes.insert_as(&id, Unheard { text: text.clone(), number: *number }).await;
        }
        Step::Change(at, text) => {
            let found = notes.list(&all).await.unwrap().items;
            if let Some(note) = found.get(at % found.len().max(1)) {
                let changed = Unheard { text: text.clone(), number: note.value().number };
                notes.update(note.id(), note.revision(), changed).await.unwrap();
            }
        }
        Step::Remove(at) => {
            let found = notes.list(&all).await.unwrap().items;
            if let Some(note) = found.get(at % found.len().max(1)) {
                notes.remove(note.id(), Expected::Any).await.unwrap();
            }
        }
        Step::Upload(bytes) => {
            let body = std::io::Cursor::new(vec![7; *bytes]);
            own.videos().upload_from("some.mp4", body).await.unwrap();
        }
        Step::Delete(at) => {
            let found = own.videos().list(&all).await.unwrap().items;
            if let Some(video) = found.get(at % found.len().max(1)) {
                own.videos().delete(video.id(), Expected::Any).await.unwrap();
            }
        }
        Step::Name(name) => {
            let change = tenantry::ProfileChange::new().display_name(name);
            own.change_profile(change).await.unwrap();
        }
        Step::Copy(..) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_tenant_goes_from_store_to_store_and_stays_what_it_is(steps in prop::collection::vec(step(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let clock = clock();
            let mut place = Place::new(Kind::Memory, &clock).await;
            place.user("ana").await;
            for step in steps.iter().chain([&Step::Copy(Kind::Memory, false)]) {
                let own = place.tenantry.session(&crate::world::id("ana")).await.unwrap().own();
                done(&own, step).await;
                if let Step::Copy(kind, suspending) = step {
                    let next = Place::new(*kind, &clock).await;
                    let going = copy(&place, &next).await;
                    let going = if *suspending { going.suspending_source() } else { going };
                    going.await.unwrap();
                    let there = next.elsewhere().await.session(&crate::world::id("ana")).await.unwrap().own();
                    assert_eq!(observe(&there).await, observe(&own).await);
                    place = next;
                }
            }
        });
    }
}
