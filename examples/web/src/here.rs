//! The workspace in which a page works, and what the visitor may do there.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use tenantry::ownership::{Action, Resource};
use tenantry::paths::{CollectionName, TenantId};
use tenantry::{Session, Workspace};

use crate::App;
use crate::failure::Failure;
use crate::session::Visitor;

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

impl Here {
    /// Whether a button is worth showing.
    ///
    /// # Errors
    /// Those of [`Workspace::can`].
    pub async fn may(&self, action: Action, collection: CollectionName) -> tenantry::Result<bool> {
        Ok(self.workspace.can(action, &Resource::Collection(collection)).await?.is_allowed())
    }

    /// Those of several steps of a collection's records that the visitor may take at all.
    ///
    /// # Errors
    /// Those of [`Workspace::can`].
    pub async fn permitted<S: Copy>(
        &self,
        steps: &[S],
        action: impl Fn(S) -> Action,
        collection: CollectionName,
    ) -> tenantry::Result<Vec<S>> {
        let mut permitted = Vec::new();
        for step in steps {
            if self.may(action(*step), collection.clone()).await? {
                permitted.push(*step);
            }
        }
        Ok(permitted)
    }

    /// To one of its pages, after something was done.
    pub fn back(&self, page: &str) -> Redirect {
        Redirect::to(&format!("{}{page}", self.base))
    }
}
