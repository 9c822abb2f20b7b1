//! What went wrong, and how that is told: each with what to do next.

use std::error::Error;
use std::io;

use tenantry::migrate::{MigrateError, MigrationPhase, Problem};
use tenantry::paths::TenantId;
use tenantry::store::{StoreError, StoreErrorKind};
use tenantry::{CopyError, ErrorKind};

use crate::{answer, beside};

/// What the program ends with, for its help.
pub(crate) const CODES: &str = "\
Ends with:
  0  done; after plan: it can be applied
  1  something could not be read or written
  2  called wrongly, or not confirmed; nothing was changed
  3  the plan can't be applied: something is in the way, the tree has changed
     since, or there is not enough space; nothing was changed
  4  verify found differences
  5  stopped, or to be waited for; the same command goes on
  6  the root is not at that point: no migration, another one, not applied to its
     end, finished, in use, or gone on with since; nothing was changed
  7  it is done, and nobody read the answer to its end: the standard output was
     closed";

/// What the program ends with if the plan can't be applied.
pub(crate) const IN_THE_WAY: u8 = 3;
/// And if what was read back is not as the plan says.
pub(crate) const DIFFERENT: u8 = 4;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    #[error("{what}")]
    File { what: &'static str, source: io::Error },
    #[error("the owners' file is no JSON object of names, each once (line {line}, column {column})")]
    Owners { line: usize, column: usize },
    #[error("{what} the tree itself")]
    InTheTree { what: &'static str },
    #[error("--to is not something that a store can be at: {why}")]
    Target { why: String },
    #[error("the store of --to can't be opened")]
    Opening(#[source] StoreError),
    #[error("the tenants of this migration are in another store: {name}")]
    Elsewhere { name: String },
    #[error("the tenants of this migration are in the root itself")]
    Here,
    #[error("{0} is not one of the tenants that there would be")]
    NoSuchTenant(String),
    #[error("nothing was confirmed, and there is no terminal to ask at")]
    NotConfirmed,
    #[error("not confirmed")]
    Declined,
    #[error("the plan can't be applied")]
    InTheWay(Vec<Problem>),
    #[error("the program could not be started")]
    Starting(#[source] io::Error),
    #[error("nobody could be asked")]
    Asking(#[source] io::Error),
    #[error("it is done, and the answer could not be printed")]
    Printing(#[source] io::Error),
    #[error("it is done, and nobody read the answer")]
    Unread,
}

impl Failure {
    /// What the program ends with.
    pub(crate) fn code(&self) -> u8 {
        use MigrateError as E;
        match self {
            Self::Migrate(E::Owner { .. } | E::TimeZone)
            | Self::Owners { .. }
            | Self::InTheTree { .. }
            | Self::Target { .. }
            | Self::Elsewhere { .. }
            | Self::Here
            | Self::NoSuchTenant(_)
            | Self::NotConfirmed
            | Self::Declined
            | Self::Asking(_) => 2,
            Self::Migrate(E::Blocked { .. } | E::TreeChanged | E::Changed(_) | E::Space { .. })
            | Self::InTheWay(_) => IN_THE_WAY,
            Self::Migrate(E::Stopped | E::Erasing { .. }) => 5,
            Self::Migrate(error) if free_after(error).is_some() => 5,
            Self::Migrate(
                E::OtherMigration
                | E::RollingBack
                | E::Busy
                | E::NoMigration
                | E::NotApplied
                | E::Finished
                | E::ChangedSince(_)
                | E::TenantsExist(_)
                | E::PutSince(_)
                | E::Occupied(_),
            ) => 6,
            Self::Unread => 7,
            _ => 1,
        }
    }

    /// What is in the way of the plan.
    pub(crate) fn problems(&self) -> &[Problem] {
        match self {
            Self::InTheWay(problems) => problems,
            _ => &[],
        }
    }

    /// What it is, with its causes.
    pub(crate) fn told(&self) -> String {
        let mut told = self.to_string();
        let mut source = self.source();
        while let Some(cause) = source {
            told = format!("{told}: {cause}");
            source = cause.source();
        }
        told
    }

    /// What to do next.
    pub(crate) fn next(&self) -> Option<String> {
        match self {
            Self::Migrate(error) => of_migration(error),
            Self::File { source, .. } | Self::Printing(source) => of_system(source.kind()).map(str::to_owned),
            Self::Opening(error) => {
                let next = of_store(error.kind());
                Some(next.unwrap_or("it has to be a folder, new or not, in one that is there").to_owned())
            }
            Self::Owners { .. } => Some(r#"it has to be like {"rain.mp4": "ana"}"#.to_owned()),
            Self::InTheTree { .. } => Some("name a place beside it".to_owned()),
            Self::Elsewhere { name } => Some(format!("say where they are: --to {name}")),
            Self::Here => Some("leave --to out".to_owned()),
            Self::NoSuchTenant(_) => Some("a plan without --tenant lists them".to_owned()),
            Self::NotConfirmed => Some("say --yes to have it done without being asked".to_owned()),
            Self::InTheWay(_) => {
                Some("mend what is named, or have records left by --leave, and apply again".to_owned())
            }
            Self::Target { .. } | Self::Declined | Self::Asking(_) | Self::Unread | Self::Starting(_) => None,
        }
    }
}

fn of_migration(error: &MigrateError) -> Option<String> {
    use MigrateError as E;
    if let Some(until) = free_after(error) {
        return Some(format!("apply again after {until}, or choose another place by --to"));
    }
    let next = match error {
        E::Root(io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            "--root has to be the application's folder"
        }
        E::Root(kind) | E::Read { kind, .. } | E::Write { kind, .. } => of_system(*kind)?,
        E::TimeZone => "it has to be a name such as Asia/Jakarta",
        E::Changed(_) | E::TreeChanged => "stop the application, look at the plan, and apply again",
        E::Space { .. } => "make room, or choose another place by --to",
        E::OtherMigration => "see status; finish it or roll it back before another one",
        E::RollingBack => "rollback goes on with that; then apply again",
        E::Busy => "stop the application, and any other migration of this root",
        E::NoMigration => "apply begins one",
        E::NotApplied => "apply goes on with it",
        E::Finished => "what was there before is kept beneath .tenantry/migrations",
        E::ChangedSince(tenants) => {
            return Some(format!("to throw that away say --discard-changes: {}", names(tenants)));
        }
        E::TenantsExist(tenants) => {
            return Some(format!("choose another place by --to: {}", names(tenants)));
        }
        E::Erasing { tenants, until } => {
            return Some(format!("call rollback again after {until}, for: {}", names(tenants)));
        }
        E::PutSince(paths) => {
            let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
            return Some(format!("{MOVE_AWAY}: {}", paths.join(", ")));
        }
        E::Occupied(_) => "move it away, or say --discard-changes to throw it away",
        E::OtherFileSystem { .. } => {
            "move it to the file system of the root, or take from it what a copy can't have"
        }
        E::Journal => "restore .tenantry/migration from a copy",
        E::Stopped => "call it again to go on",
        E::Tenant { source, .. } | E::Library(source) => of_library(source.kind())?,
        E::Store(error) => of_store(error.kind())?,
        _ => return None,
    };
    Some(next.to_owned())
}

/// From when on a name is free again of a tenant that was erased where it is to be brought.
fn free_after(error: &MigrateError) -> Option<String> {
    let MigrateError::Tenant { source, .. } = error else { return None };
    match source.source()?.downcast_ref()? {
        CopyError::ErasedLately { until } => Some(until.to_string()),
        _ => None,
    }
}

fn names(tenants: &[TenantId]) -> String {
    let names: Vec<&str> = tenants.iter().map(TenantId::as_str).collect();
    names.join(", ")
}

const MOVE_AWAY: &str = "\
move them away; or say --discard-changes: what is changed in the library's own files is thrown away then, and what is
not the library's stays where it is";
const MAKE_ROOM: &str = "make room";
const BE_ALLOWED: &str = "call it as the user whose files they are, or set their modes";
const TRY_AGAIN: &str = "see that the store can be reached and has room, and call it again";

const fn of_system(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(MAKE_ROOM),
        io::ErrorKind::ReadOnlyFilesystem => Some("mount it so that it can be written"),
        io::ErrorKind::PermissionDenied => Some(BE_ALLOWED),
        _ => None,
    }
}

const fn of_store(kind: StoreErrorKind) -> Option<&'static str> {
    match kind {
        StoreErrorKind::Full => Some(MAKE_ROOM),
        StoreErrorKind::PermissionDenied => Some(BE_ALLOWED),
        StoreErrorKind::Locked => Some("stop the application, and any other migration"),
        StoreErrorKind::Unavailable | StoreErrorKind::OutcomeUnknown => Some(TRY_AGAIN),
        _ => None,
    }
}

const fn of_library(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::StorageFull => Some(MAKE_ROOM),
        ErrorKind::Busy | ErrorKind::Contended => Some("stop the application, and any other migration"),
        ErrorKind::Unavailable | ErrorKind::OutcomeUnknown => Some(TRY_AGAIN),
        ErrorKind::Suspended => {
            Some("wait until the upkeep of that store has erased it; or roll back, and choose another place")
        }
        ErrorKind::Configuration => Some("see whether the store can be written, and its credentials"),
        _ => None,
    }
}

/// Says what went wrong: for people on the standard error, as one JSON document on the standard output. With it
/// goes how far the migration is, which tells what can be done. Whoever closed both is not told.
pub(crate) fn tell(failure: &Failure, phase: Option<MigrationPhase>, json: bool) {
    if matches!(failure, Failure::Unread) {
        // Whoever wanted only the beginning knows.
        return;
    }
    let (told, next) = (failure.told(), failure.next());
    if json {
        let mut document = serde_json::json!({ "error": told, "next": next, "phase": phase });
        if !failure.problems().is_empty() {
            document["problems"] = serde_json::json!(failure.problems());
        }
        let _ = answer::print_document(&document);
        return;
    }
    beside::say(told);
    if let Some(next) = next {
        beside::say(next);
    }
    match phase {
        Some(MigrationPhase::NotBegun) => beside::say("nothing was changed"),
        Some(MigrationPhase::Applying) => {
            beside::say("apply goes on with what was begun; rollback undoes it")
        }
        Some(MigrationPhase::RollingBack) => beside::say("rollback goes on with what was begun"),
        _ => {}
    }
}
