//! A token's record.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind, Result};
use crate::paths::{CollectionName, FileName};
use crate::record::{ChangeRefusal, Entity, RecordError, SecretText, named};

/// What the application's own credentials are called, whose file lies beside the tokens of the documented
/// layout and belongs to no tenant.
const RESERVED: &str = "client_secret";

/// An OAuth token: the file name by which schedules and stream keys name it, and its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Token {
    /// Its file name, which ends in `.json`; no two of a tenant have the same, ignoring case.
    pub filename: FileName,
    /// What the service gave. No response shows it.
    pub content: TokenContent,
}

impl Token {
    /// A token of that name. Whether the name is allowed is seen when it is stored.
    #[must_use]
    pub const fn new(filename: FileName, content: TokenContent) -> Self {
        Self { filename, content }
    }

    /// Whether a token can have that name: it ends in `.json`, ignoring case, and does not begin with
    /// `client_secret`, as the files with the application's own credentials do.
    #[must_use]
    pub fn is_name(name: &FileName) -> bool {
        let folded = name.folded();
        folded.ends_with(".json") && !folded.starts_with(RESERVED)
    }
}

impl Entity for Token {
    fn collection() -> CollectionName {
        CollectionName::TOKENS
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        vec![(named::FILE_INDEX, self.filename.folded())]
    }

    fn unique_indexes() -> &'static [&'static str] {
        &[named::FILE_INDEX]
    }

    fn secret_fields() -> &'static [&'static str] {
        &["content"]
    }

    fn check_change(&self, before: Option<&Self>) -> Result<(), ChangeRefusal> {
        // What stood before is left alone.
        let kept = before.is_some_and(|before| before.filename == self.filename);
        match kept || Self::is_name(&self.filename) {
            true => Ok(()),
            false => Err(ChangeRefusal::Field { field: "filename" }),
        }
    }
}

/// A token's content: the text of a JSON object, kept as it was given and never shown.
///
/// ```
/// use tenantry::TokenContent;
/// let content = TokenContent::parse(r#"{"refresh_token": "1//synthetic"}"#).unwrap();
/// assert_eq!(format!("{content:?}"), "[secret]");
/// assert_eq!(content.expose(), r#"{"refresh_token": "1//synthetic"}"#);
/// assert!(TokenContent::parse("not JSON").is_err());
/// assert!(TokenContent::parse("[]").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct TokenContent(SecretText);

impl TokenContent {
    /// Takes the text of a JSON object.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for anything else; the error says at which line and
    /// column, and quotes nothing.
    pub fn parse(text: impl Into<String>) -> Result<Self> {
        Self::checked(text.into()).map_err(|error| {
            Error::new(ErrorKind::InvalidInput, "token content").about("content").with_source(error)
        })
    }

    fn checked(text: String) -> std::result::Result<Self, RecordError> {
        let json: &RawValue = serde_json::from_str(&text)
            .map_err(|error| RecordError::NotJson { line: error.line(), column: error.column() })?;
        match json.get().starts_with('{') {
            true => Ok(Self(SecretText::new(text))),
            false => Err(RecordError::NotAnObject),
        }
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for TokenContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<'de> Deserialize<'de> for TokenContent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::checked(text).map_err(serde::de::Error::custom)
    }
}
