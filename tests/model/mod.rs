//! The model, what drives it and the library beside it, and what compares them; on which stores, is for
//! others to say: those of this package in `stores`, a server in the package of servers.
//!
//! The model ([`reference`], [`contents`]) shares with the library the names of kinds and roles, and
//! no code.

pub(crate) mod actions;
pub(crate) mod alone;
pub(crate) mod contents;
pub(crate) mod ending;
pub(crate) mod entities;
pub(crate) mod files;
pub(crate) mod generate;
pub(crate) mod generate_files;
pub(crate) mod generate_plans;
pub(crate) mod generate_secrets;
pub(crate) mod lenses;
pub(crate) mod limits;
pub(crate) mod machine;
pub(crate) mod named;
pub(crate) mod place;
pub(crate) mod planned;
pub(crate) mod plans;
pub(crate) mod record;
pub(crate) mod reference;
pub(crate) mod reference_files;
pub(crate) mod reference_planned;
pub(crate) mod reference_records;
pub(crate) mod reference_secrets;
pub(crate) mod remembered;
pub(crate) mod rules;
pub(crate) mod secrets;
pub(crate) mod step;
pub(crate) mod system;
pub(crate) mod system_files;
pub(crate) mod system_lists;
pub(crate) mod system_live_streams;
pub(crate) mod system_records;
pub(crate) mod system_schedules;
pub(crate) mod system_secrets;
