//! What was done to a tenant's views, as it is told.

use serde::Serialize;

/// What was done to a tenant's views.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct ViewReport {
    /// The names of the files that were written; that of a token's begins with `tokens/`.
    pub written: Vec<String>,
    /// The names of the files that were removed, since their tokens are gone.
    pub removed: Vec<String>,
    /// The files that somebody else had written over, and where they are kept.
    pub edited: Vec<EditedView>,
}

/// A view that somebody else edited: the library never believes it, and never overwrites it either.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EditedView {
    /// The name of the view.
    pub view: String,
    /// The name of the file beside it that holds what was found.
    pub kept_as: String,
}
