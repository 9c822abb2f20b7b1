//! A web application in small: what embedding the library takes.
//!
//! Each page works in a [`Workspace`](tenantry::Workspace), which the extractor [`Here`] makes from who is
//! logged in and from the path: the visitor's own, or under `/of/<tenant>/` that tenant's. No handler
//! looks at an owner; what may be done is decided by the library, and what it answers becomes a status in
//! one place ([`failure`]).
//!
//! - [`session`]: who is asking. A stand-in for the application's own login.
//! - [`gallery`], [`admin`]: the pages and the forms behind them.
//! - [`files`]: stored files over HTTP, with conditions and ranges.
//! - [`page`]: what all pages look like.

pub mod admin;
pub mod failure;
pub mod files;
pub mod gallery;
pub mod page;
pub mod session;

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use tenantry::Tenantry;
use tokio::net::TcpListener;

pub use session::Here;
use session::Sessions;

/// What all requests share.
#[derive(Clone)]
pub struct App {
    tenantry: Tenantry,
    sessions: Sessions,
}

/// The pages of one workspace; the same under `/` and under `/of/<tenant>/`.
fn workspace() -> Router<App> {
    Router::new()
        // The library stops an upload at the quota; a limit of the server's own would only be another one.
        .route("/videos", post(gallery::upload).layer(DefaultBodyLimit::disable()))
        .route("/videos/{name}", get(gallery::play))
        .route("/videos/{name}/rename", post(gallery::rename))
        .route("/videos/{name}/delete", post(gallery::delete))
}

/// All pages.
pub fn router(tenantry: Tenantry) -> Router {
    Router::new()
        .route("/", get(gallery::show))
        .route("/of/{tenant}/", get(gallery::show))
        .merge(workspace())
        .nest("/of/{tenant}", workspace())
        .route("/login", get(session::form).post(session::login))
        .route("/logout", post(session::logout))
        .route("/admin", get(admin::show))
        .route("/admin/tenants", post(admin::create))
        .fallback(failure::no_such_page)
        .with_state(App { tenantry, sessions: Sessions::default() })
}

/// How long the library may take to end what is under way.
const CLOSE: Duration = Duration::from_secs(10);

/// Serves until `stop`; then lets requests under way end, and closes the library.
///
/// # Errors
/// What the listener or the library say.
pub async fn serve(
    tenantry: Tenantry,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Box<dyn std::error::Error>> {
    let app = router(tenantry.clone());
    axum::serve(listener, app).with_graceful_shutdown(stop).await?;
    Ok(tenantry.close(CLOSE).await?)
}
