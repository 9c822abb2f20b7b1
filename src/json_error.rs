//! What went wrong with a JSON text, without serde's words for it, which quote the values (I10).

/// Where a JSON text could not be read, or that a value could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} at line {line}, column {column}")]
pub(crate) struct JsonError {
    what: &'static str,
    line: usize,
    column: usize,
}

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        let what = match error.classify() {
            serde_json::error::Category::Data => "a value is not what is expected",
            serde_json::error::Category::Eof => "the text ends too early",
            _ => "not JSON",
        };
        Self { what, line: error.line(), column: error.column() }
    }
}
