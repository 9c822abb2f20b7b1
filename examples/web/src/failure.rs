//! What goes wrong, as HTTP says it: in one place, for all pages.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::html;
use tenantry::paths::NameError;
use tenantry::record::RecordError;
use tenantry::{Error, ErrorKind};

use crate::page;

/// What a handler answers if it can't do what it was asked.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    text: String,
}

impl Failure {
    /// There is no such thing; nothing more is said.
    #[must_use]
    pub fn missing() -> Self {
        Self { status: StatusCode::NOT_FOUND, text: "not found".to_owned() }
    }

    /// The request is not what a page of this application sends.
    #[must_use]
    pub fn bad_request(text: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, text: text.into() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = StatusCode::from_u16(error.kind().http_status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // The library's errors name nothing that the visitor may not know.
        let text = match (error.kind(), error.quota()) {
            (ErrorKind::NotFound, _) => return Self::missing(),
            (_, Some(quota)) => format!("that would be more than {} {}", quota.limit(), quota.dimension()),
            _ => error.to_string(),
        };
        Self { status, text }
    }
}

/// What can't be a name leads to nothing.
impl From<NameError> for Failure {
    fn from(_: NameError) -> Self {
        Self::missing()
    }
}

/// The same for an id or a revision.
impl From<RecordError> for Failure {
    fn from(_: RecordError) -> Self {
        Self::missing()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let page = page::bare("That did not work", html! { p { (self.text) } p { a href="/" { "Back" } } });
        (self.status, page).into_response()
    }
}

/// For paths that lead nowhere.
pub async fn no_such_page() -> Failure {
    Failure::missing()
}
