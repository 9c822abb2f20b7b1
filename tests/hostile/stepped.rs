//! Links that appear between two steps of an operation: when a call to the store begins or ends, for every
//! method of the store and every place that it goes through.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use futures::{StreamExt, stream};
use tenantry::paths::TenantId;
use tenantry::store::StoreMethod;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::testkit::{Moment, ObservedStore};

use crate::links::{Attacked, Kind, Original, plant, put_back};
use crate::operations::{Answer, everything};
use crate::world::{close, open};

/// A step: the first call of a method for the tenant, or its end.
type Step = (StoreMethod, Moment);

/// Does everything, calling `at` with each step for `ana`.
async fn run(
    attacked: &Attacked,
    original: &Original,
    at: impl Fn(Step) + Send + Sync + 'static,
) -> Vec<Answer> {
    let store = LocalStore::open(attacked.path("root"), LocalOptions::default()).await.unwrap();
    let observer = move |method: StoreMethod, tenant: Option<&TenantId>, moment: Moment| {
        if tenant.is_some_and(|tenant| tenant.as_str() == "ana") {
            at((method, moment));
        }
    };
    let tenantry = open(ObservedStore::new(Arc::new(store), observer), 14).await;
    let mut answers = everything(&tenantry, &original.known).await.0;
    let said = close(tenantry).await.map(|()| String::new());
    answers.push(Answer { operation: "close", own: false, said });
    answers
}

/// Every step that there is.
async fn steps(original: &Original) -> Vec<Step> {
    let (attacked, seen) = (original.copy(), Arc::new(Mutex::new((BTreeSet::new(), Vec::new()))));
    let noted = Arc::clone(&seen);
    run(&attacked, original, move |step| {
        let (known, steps) = &mut *noted.lock().unwrap();
        if known.insert(format!("{step:?}")) {
            steps.push(step);
        }
    })
    .await;
    seen.lock().unwrap().1.clone()
}

/// Plants a link at one step.
async fn attack(original: &Original, place: &'static str, kind: Kind, step: Step) {
    let attacked = Arc::new(original.copy());
    let paths = original.paths.clone();
    let (planted, inside) = (Arc::new(AtomicBool::new(false)), Arc::clone(&attacked));
    let once = Arc::clone(&planted);
    let answers = run(&attacked, original, move |now| {
        if now == step && !once.swap(true, Ordering::SeqCst) {
            // Once the tenant is erased, its folder of tokens is gone.
            assert_eq!(plant(&inside, &paths, place, kind), inside.has_folder_of(place));
        }
    });
    let mut answers = answers.await;
    // A path that was handed out is a mere text, and it is other programs that go by it.
    if step == (StoreMethod::LocalPath, Moment::End) {
        answers.retain(|answer| answer.operation != "local path");
    }
    assert!(planted.load(Ordering::SeqCst), "{step:?} came");
    put_back(&attacked, place);
    attacked.assert_sound(original, &answers, &format!("{kind:?} at {place}, {step:?}")).await;
}

#[tokio::test]
async fn a_link_that_appears_between_two_steps_is_not_followed() {
    const PLACES: &[&str] = &[
        "data",
        "data/ana",
        "videos",
        "videos/ana",
        "tokens/ana",
        "tokens/ana/channel.json",
        "data/ana/ledger",
        "data/ana/ledger.word",
        "data/ana/.views",
        "data/ana/video_database.json",
    ];
    let original = Original::new().await;
    let steps = steps(&original).await;
    assert!(steps.len() > 20, "{steps:?}");
    let cases = PLACES.iter().flat_map(|place| steps.iter().map(move |step| (*place, *step)));
    let cases = cases.flat_map(|(place, step)| [(place, Kind::Double, step), (place, Kind::Dangling, step)]);
    let attacks = stream::iter(cases).map(|(place, kind, step)| attack(&original, place, kind, step));
    attacks.buffer_unordered(16).collect::<Vec<()>>().await;
}
