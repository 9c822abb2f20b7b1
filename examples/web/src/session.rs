//! Who is asking. A stand-in for the application's own login: it believes any name.
//!
//! A visitor has a cookie with a random number, which this process remembers with the name. The
//! cookie is sent with requests from the application's own pages only, so that no other site can have a
//! form filled in by a visitor of this one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Form;
use axum::extract::{FromRequestParts, RawPathParams, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use maud::{Markup, html};
use serde::Deserialize;
use tenantry::environment::{Entropy, SystemEntropy};
use tenantry::paths::TenantId;
use tenantry::{Session, Workspace};

use crate::App;
use crate::failure::Failure;
use crate::page;

const COOKIE: &str = "session";

/// Who is logged in.
#[derive(Clone, Default)]
pub struct Sessions(Arc<Mutex<HashMap<u128, TenantId>>>);

impl Sessions {
    fn begin(&self, tenant: TenantId) -> u128 {
        let mut bytes = [0; 16];
        SystemEntropy.fill(&mut bytes);
        let session = u128::from_be_bytes(bytes);
        self.all(|all| all.insert(session, tenant));
        session
    }

    fn all<T>(&self, f: impl FnOnce(&mut HashMap<u128, TenantId>) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn session_of(jar: &CookieJar) -> Option<u128> {
    u128::from_str_radix(jar.get(COOKIE)?.value(), 16).ok()
}

/// A visitor who is logged in.
pub struct Visitor(pub Session);

impl FromRequestParts<App> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let known = session_of(&CookieJar::from_headers(&parts.headers));
        let tenant = known.and_then(|session| app.sessions.all(|all| all.get(&session).cloned()));
        let tenant = tenant.ok_or_else(|| Redirect::to("/login").into_response())?;
        let session = app.tenantry.session(&tenant).await;
        session.map(Self).map_err(|error| Failure::from(error).into_response())
    }
}

/// A workspace to work in: the visitor's own, or under `/of/<tenant>/` that tenant's.
pub struct Here {
    /// Who is working.
    pub session: Session,
    /// Where.
    pub workspace: Workspace,
    /// What the paths of its pages begin with.
    pub base: String,
}

impl FromRequestParts<App> for Here {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let refused = |failure: Failure| failure.into_response();
        let Visitor(session) = Visitor::from_request_parts(parts, app).await?;
        let path =
            RawPathParams::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        let named = path.iter().find(|(name, _)| *name == "tenant").map(|(_, value)| value);
        match named.map(TenantId::parse) {
            None => Ok(Self { workspace: session.own(), session, base: String::new() }),
            Some(Ok(tenant)) => {
                let base = format!("/of/{tenant}");
                Ok(Self { workspace: session.workspace(&tenant), session, base })
            }
            // What can't be a name is nobody's.
            Some(Err(_)) => Err(refused(Failure::missing())),
        }
    }
}

/// The page with the login.
pub async fn form() -> Markup {
    page::bare(
        "Log in",
        html! {
            form method="post" action="/login" {
                label { "Name " input name="name" required autofocus; }
                button { "Log in" }
            }
        },
    )
}

/// A name, as it is typed.
#[derive(Deserialize)]
pub struct Login {
    name: String,
}

/// Logs in. The tenant appears with the first login.
pub async fn login(
    State(app): State<App>,
    jar: CookieJar,
    Form(login): Form<Login>,
) -> Result<(CookieJar, Redirect), Failure> {
    let tenant = TenantId::encode(&login.name)?;
    app.tenantry.ensure(&tenant, &login.name).await?;
    let session = app.sessions.begin(tenant);
    let cookie = Cookie::build((COOKIE, format!("{session:032x}")))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict);
    Ok((jar.add(cookie), Redirect::to("/")))
}

/// Logs out.
pub async fn logout(State(app): State<App>, jar: CookieJar) -> (CookieJar, Redirect) {
    if let Some(session) = session_of(&jar) {
        app.sessions.all(|all| all.remove(&session));
    }
    (jar.remove(Cookie::build(COOKIE).path("/")), Redirect::to("/login"))
}
