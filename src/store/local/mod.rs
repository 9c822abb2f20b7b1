//! The local disk: [`LocalStore`].
//!
//! Everything goes through the seam in [`disk`], by the kernel (`linux`, `asking`) or a simulated disk.
//! `root` opens the folder and refuses what is none; `handles` bounds what is open; `locks` runs
//! what blocks and keeps changes apart; `ledger_file` is the truth of one tenant, `ledgers` what
//! the store does with it; `blobs`, `views` and `upkeep` are the rest. The layout is a contract.

#[cfg(target_os = "linux")]
mod asking;
mod blobs;
pub mod disk;
mod failure;
mod handles;
mod layout;
mod ledger_file;
mod ledgers;
#[cfg(target_os = "linux")]
mod linux;
mod locks;
mod memory;
mod options;
mod pieces;
mod root;
mod store;
mod temporary;
mod upkeep;
mod views;

#[cfg(feature = "migrate")]
pub(crate) use layout::is_temporary;
pub use options::{LocalOptions, NetworkFileSystems, Processes, Step};
pub use store::LocalStore;
