//! What goes wrong, as HTTP says it: in one place, for all pages.

use std::error::Error as _;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::html;
use tenantry::paths::NameError;
use tenantry::{Error, ErrorKind};

use crate::page;

/// What a handler answers.
pub type Answer<T> = Result<T, Failure>;

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

    /// The request comes from a page of somebody else's.
    #[must_use]
    pub fn another_site() -> Self {
        Self { status: StatusCode::FORBIDDEN, text: "this form is not one of this application".to_owned() }
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
            // What is to be corrected, the cause says.
            (ErrorKind::InvalidName | ErrorKind::InvalidInput, _) => match error.source() {
                Some(cause) => format!("{error}: {cause}"),
                None => error.to_string(),
            },
            (_, Some(quota)) => format!("that would be more than {} {}", quota.limit(), quota.dimension()),
            _ => error.to_string(),
        };
        Self { status, text }
    }
}

/// What somebody typed as a name and can't be one.
impl From<NameError> for Failure {
    fn from(error: NameError) -> Self {
        Error::new(ErrorKind::InvalidName, "name").with_source(error).into()
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
