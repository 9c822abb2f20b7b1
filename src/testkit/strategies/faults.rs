//! Plans of faults for a store that fails.

use proptest::prelude::*;
use proptest::sample::select;

use crate::paths::TenantId;
use crate::store::StoreMethod;
use crate::testkit::faulty_store::{Fault, Truthful, Until};

/// Plans of up to eight [truthful](Truthful) faults of calls for these tenants or for all, which whatever
/// is built on a store has to survive.
///
/// Some calls are held or come late until the test says so: run the work within
/// [`release_when_stuck`](crate::testkit::faulty_store::Faults::release_when_stuck), and call
/// [`deliver_all`](crate::testkit::faulty_store::Faults::deliver_all) before looking at what became of it.
pub fn faults(tenants: &[TenantId]) -> impl Strategy<Value = Vec<Fault>> + use<> {
    let tenants: Vec<_> = tenants.iter().cloned().map(Some).chain([None]).collect();
    let methods = [
        (3, None),
        (6, Some(StoreMethod::Append)),
        (5, Some(StoreMethod::Put)),
        (2, Some(StoreMethod::Get)),
        (2, Some(StoreMethod::Delete)),
        (2, Some(StoreMethod::Refresh)),
        (1, Some(StoreMethod::Load)),
        (1, Some(StoreMethod::Header)),
        (1, Some(StoreMethod::Head)),
        (2, Some(StoreMethod::Fold)),
    ];
    let methods: Vec<_> =
        methods.into_iter().flat_map(|(times, method)| std::iter::repeat_n(method, times)).collect();
    let spare = prop_oneof![2 => 0..4_u64, 1 => 0..20_u64];
    let affect = prop_oneof![4 => Just(1), 2 => 2..5_u64];
    let fault = (select(methods), select(tenants), spare, affect, truthful());
    let fault = fault.prop_map(|(method, tenant, spare, affect, effect)| Fault {
        method,
        tenant,
        spare,
        affect,
        effect: effect.into(),
    });
    let suitable = fault
        .prop_filter("it can happen", |fault| fault.method.is_none_or(|method| fault.effect.suits(method)));
    prop::collection::vec(suitable, 0..8)
}

fn truthful() -> impl Strategy<Value = Truthful> {
    let until =
        || prop_oneof![Just(Until::Released), (0..6_u64).prop_map(Until::Calls), Just(Until::Overtaken)];
    prop_oneof![
        2 => Just(Truthful::FailBefore),
        4 => Just(Truthful::FailAfter),
        2 => until().prop_map(Truthful::Hold),
        4 => until().prop_map(Truthful::Delay),
        2 => Just(Truthful::Repeat),
        3 => until().prop_map(Truthful::DuplicateLate),
        2 => (0..24_u64).prop_map(Truthful::CutShort),
        2 => Just(Truthful::Conflict),
    ]
}
