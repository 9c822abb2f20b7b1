//! Who is asking. A stand-in for the application's own login: it believes any name.
//!
//! A visitor has a cookie with a random number, which this process remembers with the name.
//!
//! # Forms of other sites
//! Whatever changes something is a POST. The cookie says `SameSite=Strict`, so that a browser sends it with
//! nothing that another site brings about; but to a browser, another port or a neighbouring subdomain is the
//! same site, and logging in needs no cookie. So a POST whose `Origin` is not this application is refused as well
//! ([`own_forms_only`]). Every browser of today sends that header with every POST; what sends none is no browser,
//! and has nobody's cookie. Behind a proxy, `Host` has to arrive as the browser sent it, and the cookie should
//! say `Secure`, which it does not here, since this example speaks plain HTTP.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use maud::{Markup, html};
use serde::Deserialize;
use tenantry::Session;
use tenantry::environment::{Entropy, SystemEntropy};
use tenantry::paths::TenantId;

use crate::App;
use crate::failure::Failure;
use crate::page;
use crate::request::Form;

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

/// Refuses forms that come from the page of another origin.
///
/// # Errors
/// Where it refuses.
pub async fn own_forms_only(request: Request, next: Next) -> Result<Response, Failure> {
    let headers = request.headers();
    let origin = headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = |origin: &'_ str| origin.split_once("://").map(|(_, authority)| authority.to_owned());
    let own = origin.is_none_or(|origin| authority(origin).is_some_and(|it| Some(it.as_str()) == host));
    if !request.method().is_safe() && !own {
        return Err(Failure::another_site());
    }
    Ok(next.run(request).await)
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
