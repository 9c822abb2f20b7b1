//! What went wrong, and how that is told.

use std::error::Error;
use std::io;

use tenantry::migrate::MigrateError;

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    #[error("{what}")]
    File { what: &'static str, source: io::Error },
    #[error("the owners' file is no JSON object of names (line {line}, column {column})")]
    Owners { line: usize, column: usize },
    #[error("the workbook would lie in the tree itself")]
    InTheTree,
    #[error("the plan could not be printed")]
    Printing(#[from] io::Error),
}

impl Failure {
    /// What the program ends with.
    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::Migrate(MigrateError::Owner { .. } | MigrateError::TimeZone)
            | Self::Owners { .. }
            | Self::InTheTree => 2,
            _ => 1,
        }
    }
}

/// Says what went wrong: for people on the standard error, as one JSON document on the standard output.
pub(crate) fn tell(failure: &Failure, json: bool) {
    let mut told = failure.to_string();
    let mut source = failure.source();
    while let Some(cause) = source {
        told = format!("{told}: {cause}");
        source = cause.source();
    }
    if json {
        println!("{}", serde_json::json!({ "error": told }));
    } else {
        eprintln!("{told}");
    }
}
