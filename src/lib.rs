//! Isolated worlds for the users of a host application.

pub mod environment;
pub mod error;
mod ledger;
pub mod ownership;
pub mod paths;
pub mod quota;
pub mod record;
pub mod store;
#[cfg(feature = "testkit")]
pub mod testkit;
mod views;
mod workspace;

pub use error::{Error, ErrorKind, QuotaRefusal, Result};
pub use workspace::*;
