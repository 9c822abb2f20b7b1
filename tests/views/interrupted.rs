//! Adoptions that are cut off at some step, and begun again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use object_store::memory::InMemory;
use serde_json::json;
use tenantry::store::object::ObjectTenantStore;
use tenantry::store::{SetAside, StoreMethod, TenantStore, ViewPlace};
use tenantry::testkit::faulty_objects::{Effect, Fault, FaultyObjects, RequestKind, Status};
use tenantry::testkit::{HangingStore, Moment, ObservedStore};
use tenantry::{Expected, Tenantry, ViewMode, Workspace};

use crate::support::{Note, Place, id, note, notes, only_edit, pairs, record};
use crate::token_folder::{content, file, names, text};

/// Runs something in a process whose store answers nothing any more from the first call of a method on;
/// whether it came so far.
async fn cut_off_at<F: Future<Output = ()>>(
    place: &Place,
    method: StoreMethod,
    run: impl FnOnce(Workspace) -> F,
) -> bool {
    cut_off_at_call(place, method, 1, run).await
}

/// The same from the call of that number on.
async fn cut_off_at_call<F: Future<Output = ()>>(
    place: &Place,
    method: StoreMethod,
    call: usize,
    run: impl FnOnce(Workspace) -> F,
) -> bool {
    let (store, gates) = HangingStore::new(Arc::new(place.store().await));
    let (closing, calls) = (gates.clone(), AtomicUsize::new(0));
    let observer = move |called: StoreMethod, _: Option<&_>, moment| {
        if (called, moment) == (method, Moment::Begin) && calls.fetch_add(1, Ordering::SeqCst) + 1 == call {
            closing.close(&id("ana"));
        }
    };
    let tenantry = place.open_on(ObservedStore::new(Arc::new(store), observer), ViewMode::AtClose).await;
    let ana = tenantry.session(&id("ana")).await.unwrap().own();
    let tenant = id("ana");
    tokio::select! {
        () = run(ana) => false,
        () = gates.hanging(&tenant, 1) => true,
    }
}

async fn own(tenantry: &Tenantry) -> Workspace {
    tenantry.session(&id("ana")).await.unwrap().own()
}

/// An edit that changes a, removes b, and adds d.
async fn edited(place: &Place) {
    let (_tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    let edit = |rows: &mut crate::support::Rows| {
        rows.set("a", "text", "edited");
        rows.remove("b");
        rows.add(json!({"id": "d", "text": "new"}));
    };
    place.edited_notes(&ana, edit).await;
}

async fn adopt(ana: Workspace) {
    let edit = only_edit(&ana).await;
    ana.edited_views().adopt::<Note>(&edit).await.unwrap();
}

#[tokio::test]
async fn an_adoption_that_is_cut_off_at_any_step_is_repeated_without_harm() {
    use StoreMethod::{Append, ListEdited, PutView, ReadView, RemoveView};
    for (method, committed) in
        [(ListEdited, false), (ReadView, false), (Append, false), (RemoveView, true), (PutView, true)]
    {
        let place = Place::new();
        edited(&place).await;
        assert!(cut_off_at(&place, method, adopt).await, "{method:?} is never called");
        let tenantry = place.open(ViewMode::AtClose).await;
        let ana = own(&tenantry).await;
        let adopted = pairs(&[("a", "edited"), ("c", "cc"), ("d", "new")]);
        assert_eq!(notes(&ana).await == adopted, committed, "{method:?}");
        // Where it is gone, only the view was left to be written.
        if method == PutView {
            ana.write_views().await.unwrap();
        } else {
            let edit = only_edit(&ana).await;
            let adoption = ana.edited_views().adopt::<Note>(&edit).await.unwrap();
            assert_eq!((adoption.inserted, adoption.updated, adoption.removed), (1, 1, 1), "{method:?}");
        }
        assert_eq!(notes(&ana).await, adopted, "{method:?}");
        assert_eq!(place.edits(), Vec::<String>::new(), "{method:?}");
        assert_eq!(crate::support::texts(&place.read("notes.json")), ["edited", "cc", "new"]);
    }
}

#[tokio::test]
async fn what_was_committed_after_an_adoption_that_was_cut_off_is_not_taken_back() {
    let place = Place::new();
    edited(&place).await;
    assert!(cut_off_at(&place, StoreMethod::RemoveView, adopt).await);
    let tenantry = place.open(ViewMode::AtClose).await;
    let ana = own(&tenantry).await;
    let collection = ana.collection::<Note>();
    collection.remove(&record("d"), Expected::Any).await.unwrap();
    collection.update(&record("a"), Expected::Any, note("newer")).await.unwrap();
    collection.insert_as(&record("b"), note("again")).await.unwrap();
    adopt(ana.clone()).await;
    assert_eq!(notes(&ana).await, pairs(&[("a", "newer"), ("b", "again"), ("c", "cc")]));
    assert_eq!(place.edits(), Vec::<String>::new());
}

#[tokio::test]
async fn an_adoption_whose_answer_was_forgotten_adds_nothing_twice() {
    let place = Place::new();
    edited(&place).await;
    assert!(cut_off_at(&place, StoreMethod::RemoveView, adopt).await);
    let tenantry = place.open(ViewMode::AtClose).await;
    let ana = own(&tenantry).await;
    for request in 0..300 {
        ana.transaction_once(&request.to_string(), |_| Ok(())).await.unwrap();
    }
    let edit = only_edit(&ana).await;
    let adoption = ana.edited_views().adopt::<Note>(&edit).await.unwrap();
    assert_eq!(adoption, tenantry::Adoption::default());
    assert_eq!(notes(&ana).await, pairs(&[("a", "edited"), ("c", "cc"), ("d", "new")]));
}

#[tokio::test]
async fn a_view_that_was_being_set_aside_when_all_ended_is_set_aside_with_all_it_takes() {
    for method in [StoreMethod::PutView, StoreMethod::RenameView] {
        let place = Place::new();
        drop(place.with_notes(ViewMode::AtClose).await);
        place.edit_notes(|rows| rows.set("a", "text", "edited"));
        let write = async |ana: Workspace| drop(ana.write_views().await.unwrap());
        assert!(cut_off_at(&place, method, write).await, "{method:?} is never called");
        let tenantry = place.open(ViewMode::AtClose).await;
        let ana = own(&tenantry).await;
        ana.write_views().await.unwrap();
        adopt(ana.clone()).await;
        assert_eq!(notes(&ana).await, pairs(&[("a", "edited"), ("b", "bb"), ("c", "cc")]), "{method:?}");
        assert_eq!(place.edits(), Vec::<String>::new(), "{method:?}");
    }
}

/// An edit without what the view showed could not be adopted any more.
#[tokio::test]
async fn a_discard_that_is_cut_off_leaves_the_edit_whole_or_nothing_of_it() {
    for (call, is_left) in [(1, true), (2, false)] {
        let place = Place::new();
        edited(&place).await;
        let discard = async |ana: Workspace| {
            ana.edited_views().discard(&only_edit(&ana).await).await.unwrap();
        };
        assert!(cut_off_at_call(&place, StoreMethod::RemoveView, call, discard).await);
        let tenantry = place.open(ViewMode::AtClose).await;
        let ana = own(&tenantry).await;
        assert_eq!(ana.edited_views().list().await.unwrap().len(), usize::from(is_left));
        if is_left {
            adopt(ana).await;
        }
    }
}

#[tokio::test]
async fn an_adoption_whose_file_could_not_be_removed_is_done_all_the_same() {
    let memory = Arc::new(InMemory::new());
    let (objects, faults) = FaultyObjects::new(memory.clone());
    let tenantry = Tenantry::builder(ObjectTenantStore::new(Arc::new(objects))).open().await.unwrap();
    tenantry.ensure(&id("ana"), "Ana").await.unwrap();
    let ana = own(&tenantry).await;
    let set_aside = SetAside::of_name(ViewPlace::Data, "notes.json.edited-1", 0).unwrap().key();
    let text = json!([{"id": "d", "text": "new"}]).to_string();
    ObjectTenantStore::new(memory).put_view(&id("ana"), &set_aside, text.into()).await.unwrap();
    let (kind, key_contains) = (Some(RequestKind::Delete), ".edited-".to_owned());
    let effect = Effect::FailBefore(Status::Forbidden);
    faults.inject(Fault { kind, key_contains, spare: 0, affect: u64::MAX, effect });
    let edit = only_edit(&ana).await;
    for _ in 0..2 {
        assert_eq!(ana.edited_views().adopt::<Note>(&edit).await.unwrap().inserted, 1);
        assert_eq!(only_edit(&ana).await, edit, "it is still there");
        assert_eq!(notes(&ana).await, pairs(&[("d", "new")]));
    }
    faults.clear();
    adopt(ana.clone()).await;
    assert!(ana.edited_views().list().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_files_of_tokens_are_old_or_new_wherever_it_is_cut_off_and_none_looks_edited() {
    for (method, call) in [(StoreMethod::RemoveView, 1), (StoreMethod::PutView, 1), (StoreMethod::PutView, 2)]
    {
        let place = Place::new();
        let (_tenantry, ana) = place.begin(ViewMode::AtClose).await;
        for name in ["a.json", "b.json"] {
            ana.tokens().create(&file(name), content(1)).await.unwrap();
        }
        ana.write_views().await.unwrap();
        ana.tokens().replace(&file("a.json"), Expected::Any, content(2)).await.unwrap();
        ana.tokens().delete(&file("b.json"), Expected::Any).await.unwrap();
        let write = async |ana: Workspace| drop(ana.write_views().await.unwrap());
        assert!(cut_off_at_call(&place, method, call, write).await, "{method:?} {call}");
        assert_eq!(place.token("a.json"), text(1), "{method:?} {call}");
        let tenantry = place.open(ViewMode::AtClose).await;
        let report = own(&tenantry).await.write_views().await.unwrap();
        assert_eq!((report.edited, names(&place)), (vec![], vec!["a.json".to_owned()]));
        assert_eq!(place.token("a.json"), text(2));
    }
}

#[tokio::test]
async fn a_tokens_file_that_was_being_set_aside_when_all_ended_is_set_aside_then() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::AtClose).await;
    ana.tokens().create(&file("a.json"), content(1)).await.unwrap();
    ana.write_views().await.unwrap();
    place.write_token("a.json", "mine");
    let write = async |ana: Workspace| drop(ana.write_views().await.unwrap());
    assert!(cut_off_at(&place, StoreMethod::RenameView, write).await);
    assert_eq!(names(&place), ["a.json"]);
    let tenantry = place.open(ViewMode::AtClose).await;
    let ana = own(&tenantry).await;
    ana.write_views().await.unwrap();
    let edit = only_edit(&ana).await;
    assert_eq!(place.token("a.json"), text(1));
    assert_eq!(place.token(edit.as_str().strip_prefix("tokens/").unwrap()), "mine");
}
