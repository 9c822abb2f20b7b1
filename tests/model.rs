//! Random histories against a model made of plain maps (I1, I4, I5).
//!
//! Several principals work in several tenants, from two nodes over one store, with nodes that close
//! and open in between. Everything that is answered (contents, order, revisions, usage, kinds of
//! errors, refusals of quotas) has to be what the model answers. And for isolation itself: a
//! tenant's answers are the same when everything that other principals did is taken out.
//!
//! The model ([`reference`], [`contents`]) shares with the library the names of kinds and roles, and
//! no code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "model/actions.rs"]
mod actions;
#[path = "model/alone.rs"]
mod alone;
#[path = "model/contents.rs"]
mod contents;
#[path = "model/coverage.rs"]
mod coverage;
#[path = "model/ending.rs"]
mod ending;
#[path = "model/entities.rs"]
mod entities;
#[path = "model/files.rs"]
mod files;
#[path = "model/generate.rs"]
mod generate;
#[path = "model/generate_files.rs"]
mod generate_files;
#[path = "model/generate_plans.rs"]
mod generate_plans;
#[path = "model/generate_secrets.rs"]
mod generate_secrets;
#[path = "model/lenses.rs"]
mod lenses;
#[path = "model/limits.rs"]
mod limits;
#[path = "model/machine.rs"]
mod machine;
#[path = "model/named.rs"]
mod named;
#[path = "model/place.rs"]
mod place;
#[path = "model/planned.rs"]
mod planned;
#[path = "model/plans.rs"]
mod plans;
#[path = "model/record.rs"]
mod record;
#[path = "model/reference.rs"]
mod reference;
#[path = "model/reference_files.rs"]
mod reference_files;
#[path = "model/reference_planned.rs"]
mod reference_planned;
#[path = "model/reference_records.rs"]
mod reference_records;
#[path = "model/reference_secrets.rs"]
mod reference_secrets;
#[path = "model/remembered.rs"]
mod remembered;
#[path = "model/rules.rs"]
mod rules;
#[path = "model/secrets.rs"]
mod secrets;
#[path = "model/step.rs"]
mod step;
#[path = "model/system.rs"]
mod system;
#[path = "model/system_files.rs"]
mod system_files;
#[path = "model/system_lists.rs"]
mod system_lists;
#[path = "model/system_live_streams.rs"]
mod system_live_streams;
#[path = "model/system_records.rs"]
mod system_records;
#[path = "model/system_schedules.rs"]
mod system_schedules;
#[path = "model/system_secrets.rs"]
mod system_secrets;
