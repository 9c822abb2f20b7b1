//! A web application in small: what embedding the library takes.
//!
//! Each page works in a [`Workspace`](tenantry::Workspace), which the extractor [`Here`] makes from who is
//! logged in and from the path: the visitor's own, or under `/of/<tenant>/` that tenant's. No handler
//! looks at an owner; what may be done is decided by the library, and what it answers becomes a status in
//! one place ([`failure`]).
//!
//! - [`session`]: who is asking, and whether the application's own page asks. A stand-in for the application's
//!   own login.
//! - [`gallery`], [`thumbnails`], [`live_streams`], [`schedules`], [`tokens`], [`admin`]: the pages and the forms
//!   behind them. They offer what the library says is possible and allowed.
//! - [`request`]: what a request names and brings. [`planning`] and [`choices`]: what forms have in common.
//! - [`files`]: stored files over HTTP, with conditions and ranges. [`uploads`]: files that forms bring.
//! - [`page`]: what all pages look like.

pub mod admin;
pub mod choices;
pub mod failure;
pub mod files;
pub mod gallery;
pub mod here;
pub mod live_streams;
pub mod page;
pub mod planning;
pub mod request;
pub mod schedules;
pub mod session;
pub mod thumbnails;
pub mod tokens;
pub mod uploads;

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, map_response};
use axum::routing::{get, post};
use tenantry::Tenantry;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use here::Here;
use session::Sessions;

/// What all requests share.
#[derive(Clone)]
pub struct App {
    tenantry: Tenantry,
    sessions: Sessions,
}

/// The pages of one workspace; the same under `/` and under `/of/<tenant>/`.
fn workspace() -> Router<App> {
    // The library stops an upload at its limits; one of the server's own would only be another.
    let uploads = Router::new()
        .route("/videos", post(gallery::upload))
        .route("/thumbnails", post(thumbnails::upload))
        .layer(DefaultBodyLimit::disable());
    Router::new()
        .merge(uploads)
        .route("/videos/{file}", get(gallery::play))
        .route("/videos/{id}/rename", post(gallery::rename))
        .route("/videos/{id}/thumbnail", post(gallery::set_thumbnail))
        .route("/videos/{id}/delete", post(gallery::delete))
        .route("/thumbnails", get(thumbnails::show))
        .route("/thumbnails/{file}", get(thumbnails::open))
        .route("/thumbnails/{id}/delete", post(thumbnails::delete))
        .route("/live-streams", get(live_streams::show).post(live_streams::add))
        .route("/live-streams/{id}/edit", post(live_streams::edit))
        .route("/live-streams/{id}/delete", post(live_streams::delete))
        .route("/live-streams/{id}/{step}", post(live_streams::step))
        .route("/schedules", get(schedules::show).post(schedules::add))
        .route("/schedules/{id}/update", post(schedules::update))
        .route("/schedules/{id}/delete", post(schedules::delete))
        .route("/schedules/{id}/{step}", post(schedules::step))
        .route("/tokens", get(tokens::show).post(tokens::create))
        .route("/tokens/{file}/delete", post(tokens::delete))
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
        .route("/page.css", get(page::style))
        .route("/upload.js", get(page::upload_script))
        .fallback(failure::no_such_page)
        .layer(from_fn(session::own_forms_only))
        .layer(map_response(page::headers))
        .with_state(App { tenantry, sessions: Sessions::default() })
}

/// How long the library may take to end what is under way.
const CLOSE: Duration = Duration::from_secs(10);

/// Serves until `stop`; then lets requests under way end, for as long as `patience` lasts, and closes the library.
/// A browser that has paused a video would otherwise keep the application from ending.
///
/// # Errors
/// What the listener or the library say.
pub async fn serve(
    tenantry: Tenantry,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
    patience: Duration,
) -> Result<(), Box<dyn std::error::Error>> {
    let (tell, told) = oneshot::channel();
    let stopping = async move {
        stop.await;
        // Nobody listens any more if the listener failed.
        tell.send(()).ok();
    };
    let serving = axum::serve(listener, router(tenantry.clone())).with_graceful_shutdown(stopping);
    let impatient = async {
        if told.await.is_ok() {
            tokio::time::sleep(patience).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! { ended = serving => ended?, () = impatient => {} }
    Ok(tenantry.close(CLOSE).await?)
}
