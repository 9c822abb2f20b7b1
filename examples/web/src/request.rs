//! What a request names and brings: a record, a file, a form. What can't be one leads nowhere, and is
//! answered like all else that goes wrong.

use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use tenantry::ListOptions;
use tenantry::paths::FileName;
use tenantry::record::{RecordId, Revision};

use crate::App;
use crate::failure::Failure;

/// A part of the path, by its name in the route.
async fn part(parts: &mut Parts, app: &App, name: &str) -> Result<String, Response> {
    let path = RawPathParams::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
    let found = path.iter().find(|(found, _)| *found == name).map(|(_, value)| value.to_owned());
    found.ok_or_else(|| Failure::missing().into_response())
}

/// The record that the path names as `{id}`.
pub struct Item(pub RecordId);

impl FromRequestParts<App> for Item {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let id = RecordId::parse(&part(parts, app, "id").await?);
        id.map(Self).map_err(|_| Failure::missing().into_response())
    }
}

/// The file that the path names as `{file}`.
pub struct File(pub FileName);

impl FromRequestParts<App> for File {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let name = FileName::parse(&part(parts, app, "file").await?);
        name.map(Self).map_err(|_| Failure::missing().into_response())
    }
}

/// What need not be escaped in a part of a path, nor in a parameter of RFC 8187.
pub const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A name or an id as a part of a path. Those that earlier tools gave can hold anything.
pub fn segment(name: &str) -> String {
    utf8_percent_encode(name, PLAIN).to_string()
}

/// A form that was filled in. What is wrong in it is not repeated: it may be a secret.
pub struct Form<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        match axum::Form::from_request(request, state).await {
            Ok(axum::Form(form)) => Ok(Self(form)),
            Err(_) => Err(Failure::bad_request("the form is not filled in as it should be")),
        }
    }
}

/// Which state of a record its page showed: nothing is done to another.
#[derive(Deserialize)]
pub struct Shown {
    /// The record's revision.
    pub revision: Revision,
}

/// Where a list goes on.
#[derive(Deserialize)]
pub struct From {
    after: Option<String>,
}

impl From {
    /// The page of a list that is asked for.
    ///
    /// # Errors
    /// For a cursor that is none.
    pub fn options(&self) -> Result<ListOptions, Failure> {
        let options = ListOptions::new().limit(24);
        Ok(match &self.after {
            Some(after) => options.after(after.parse()?),
            None => options,
        })
    }
}

/// For fields of forms: an empty one is no value.
///
/// # Errors
/// The deserializer's, and for a text that can't be the value.
pub fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr,
{
    let text = String::deserialize(deserializer)?;
    match text.is_empty() {
        true => Ok(None),
        false => text.parse().map(Some).map_err(|_| D::Error::custom("not a value")),
    }
}
