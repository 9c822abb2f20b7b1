//! Requests and answers that are lost between a store and its objects.

use tenantry::testkit::conformance::Loss;
use tenantry::testkit::faulty_objects::{Effect, Fault, Faults, RequestKind, Status};

/// The kinds of requests that change something.
const CHANGES: [RequestKind; 3] = [RequestKind::Put, RequestKind::Delete, RequestKind::Copy];

/// Loses what a sentence of the suite is about.
pub(crate) fn losing(faults: &Faults, loss: Loss) {
    let (affect, effect) = match loss {
        Loss::FirstRequest => (1, Effect::FailBefore(Status::Unavailable)),
        Loss::FirstAnswer => (1, Effect::FailAfter(Status::Unavailable)),
        Loss::Requests => (u64::MAX, Effect::FailBefore(Status::Unavailable)),
        _ => (u64::MAX, Effect::FailAfter(Status::Unavailable)),
    };
    let kinds: Vec<_> = match loss {
        Loss::AllAnswers => vec![None],
        _ => CHANGES.into_iter().map(Some).collect(),
    };
    for kind in kinds {
        faults.inject(Fault { kind, key_contains: String::new(), spare: 0, affect, effect });
    }
}
