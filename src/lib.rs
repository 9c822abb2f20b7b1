//! Isolated worlds for the users of a host application.

pub mod environment;
pub mod error;
pub mod ledger;
pub mod paths;
pub mod record;
pub mod store;
