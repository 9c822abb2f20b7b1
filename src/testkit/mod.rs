//! What tests of hosts and of other backends need. Only with the feature `testkit`.
//!
//! | to see that | use |
//! |---|---|
//! | an application keeps its users apart, whatever its policy, store and settings | [`non_interference`] |
//! | it survives a store that fails, repeats and loses answers | [`faulty_store`], with plans from [`strategies::faults`] |
//! | one user's store that hangs, or is slow, holds up nobody else | [`HangingStore`], [`ObservedStore`] |
//! | a request asks no more of the store than it should | [`CountingStore`] |
//! | names and records are taken in as they come, and hostile ones refused | [`strategies`], [`hostile_names`] |
//! | what several callers were told fits one order | [`linearizability`] |
//! | everything can be had again from a seed | [`SeededEntropy`], [`ManualClock`](crate::environment::ManualClock), [`strategies::sample`] |
//! | a backend of one's own does what a store has to do | [`conformance`], then [`non_interference`] |
//! | a backend over an object store settles what it was not answered | [`faulty_objects`] |
//! | what is made of an application's one shared folder loses nothing | `legacy_trees` (with `xlsx`), [`TreeImage`] |
//! | the store on the local disk survives a crash at any instant | [`simulated_disk`] |
//! | something else that a store of the test's own does or sees | [`StoreLayer`], which forwards all that it does not say |
//!
//! Nothing here sleeps, and nothing is left to chance that a seed does not give back. A wrapper is made of
//! any `Arc<dyn TenantStore>` and given to [`Tenantry::builder`](crate::Tenantry::builder) in its place; what
//! controls it stays with the test.

pub mod conformance;
mod counting_store;
mod fault_rules;
pub mod faulty_objects;
pub mod faulty_store;
mod hanging_store;
pub mod histories;
pub mod hostile_names;
#[cfg(feature = "xlsx")]
pub mod legacy_trees;
pub mod linearizability;
pub mod non_interference;
mod observed_store;
mod seeded_entropy;
pub mod simulated_disk;
mod store_layer;
pub mod strategies;
mod tree_image;

pub use counting_store::{CallCounts, CountingStore, Counts};
pub use hanging_store::{Gates, HangingStore};
pub use observed_store::{Moment, ObservedStore, Observer};
pub use seeded_entropy::SeededEntropy;
pub use store_layer::{Layered, StoreLayer};
pub use tree_image::TreeImage;
