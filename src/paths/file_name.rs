//! The name of a stored file.

use std::sync::Arc;

/// A file's name, parsed once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileName(Arc<str>);

impl FileName {
    /// Parses a file name.
    ///
    /// # Errors
    /// [`NameError`](super::NameError) with the reason of the refusal.
    pub fn parse(text: &str) -> Result<Self, super::NameError> {
        Ok(Self(text.into()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for FileName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
