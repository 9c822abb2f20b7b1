//! What tests of hosts and of other backends need: the conformance suite and injected faults.
//! Only with the feature `testkit`.

pub mod conformance;
