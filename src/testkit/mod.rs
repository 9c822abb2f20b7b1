//! What tests of hosts and of other backends need: the conformance suite, wrappers that count and
//! hang, injected faults, a disk that crashes, randomness that can be had again. Only with the feature `testkit`.

pub mod conformance;
mod counting_store;
mod fault_rules;
pub mod faulty_objects;
pub mod faulty_store;
mod hanging_store;
pub mod histories;
pub mod hostile_names;
pub mod linearizability;
pub mod non_interference;
mod observed_store;
mod seeded_entropy;
pub mod simulated_disk;
mod store_layer;
pub mod strategies;

pub use counting_store::{CallCounts, CountingStore, Counts};
pub use hanging_store::{Gates, HangingStore};
pub use observed_store::{Moment, ObservedStore, Observer};
pub use seeded_entropy::SeededEntropy;
pub use store_layer::{Layered, StoreLayer};
