//! What all pages look like, and what a browser may do with them.

use axum::http::header::{self, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use tenantry::Result;
use tenantry::ownership::{Action, Resource};
use tenantry::paths::CollectionName;
use tenantry::quota::{Limits, Measure, Usage};

use crate::Here;

/// Text in a page is escaped; if it were not somewhere, no script in it would run all the same: those that run
/// come from files of this application. Nor can a page be framed, or its forms be sent elsewhere.
const HEADERS: [(HeaderName, &str); 3] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // After logging out, the way back shows nothing.
    (header::CACHE_CONTROL, "no-store"),
];

/// Sets the headers that an answer has unless it brings its own.
pub async fn headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// The style sheet.
pub async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css")], include_str!("../assets/page.css"))
}

/// The script that shows how far an upload is.
pub async fn upload_script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript")], include_str!("../assets/upload.js"))
}

/// A page for those who need not be logged in.
pub fn bare(title: &str, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="stylesheet" href="/page.css";
            }
            body { h1 { (title) } (content) }
        }
    }
}

/// A page of a workspace: with its usage, and a way to the others.
///
/// # Errors
/// Those of reading the usage and the profile.
pub async fn of(here: &Here, title: &str, content: Markup) -> Result<Markup> {
    let (usage, limits) = here.workspace.usage().await?;
    let own = here.session.own();
    let admin = own.can(Action::ListTenants, &Resource::AllTenants).await?.is_allowed();
    let tokens = here.may(Action::ListTokens, CollectionName::TOKENS).await?;
    Ok(bare(
        title,
        html! {
            nav {
                a href={ (here.base) "/" } { "Videos" }
                a href={ (here.base) "/thumbnails" } { "Thumbnails" }
                a href={ (here.base) "/live-streams" } { "Live streams" }
                a href={ (here.base) "/schedules" } { "Schedules" }
                @if tokens { a href={ (here.base) "/tokens" } { "Tokens" } }
                @if admin { a href="/admin" { "Administration" } }
                span.who { (own.tenant()) " in " (here.workspace.tenant()) }
                form method="post" action="/logout" { button { "Log out" } }
            }
            (used(&usage, &limits))
            (content)
        },
    ))
}

/// What is used, against what may be.
pub fn used(usage: &Usage, limits: &Limits) -> Markup {
    let told = usage.measures(limits).filter(|measure| measure.used > 0 || measure.limit.is_some());
    html! {
        ul.usage {
            @for Measure { dimension, used, limit, .. } in told {
                li {
                    @if let Some(limit) = limit {
                        meter value=(used) max=(limit) {} " " (amount(dimension, used)) " of "
                        (amount(dimension, limit))
                    } @else { (amount(dimension, used)) }
                    " " (named(dimension))
                }
            }
            @if usage.reserved_files > 0 { li { strong { (usage.reserved_files) " being uploaded" } } }
        }
    }
}

fn named(dimension: &str) -> String {
    match dimension {
        "blob_bytes" => "in files".to_owned(),
        "record_bytes" => "in records".to_owned(),
        "active_streams" => "active live streams".to_owned(),
        other => other.replace('_', " "),
    }
}

fn amount(dimension: &str, amount: u64) -> String {
    if dimension.ends_with("_bytes") { bytes(amount) } else { amount.to_string() }
}

/// A number of bytes as people read it: exactly as long as it is small.
pub fn bytes(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    match units.into_iter().find(|(shift, _)| bytes >= 10 << shift) {
        Some((shift, unit)) => format!("{} {unit}", bytes >> shift),
        None => format!("{bytes} bytes"),
    }
}
