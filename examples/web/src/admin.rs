//! All tenants and what they hold, for admins.

use axum::extract::Query;
use axum::response::Redirect;
use maud::{Markup, html};
use serde::Deserialize;
use tenantry::NewTenant;
use tenantry::ownership::Role;
use tenantry::paths::TenantId;

use crate::failure::Answer;
use crate::page;
use crate::request::{Form, optional, segment};
use crate::session::Visitor;

/// How many are shown at a time.
const PAGE: usize = 100;

/// Where the list goes on.
#[derive(Deserialize)]
pub struct From {
    #[serde(default, deserialize_with = "optional")]
    after: Option<TenantId>,
}

/// The list of tenants.
pub async fn show(Visitor(session): Visitor, Query(from): Query<From>) -> Answer<Markup> {
    let (tenants, next) = session.tenants().usage(from.after.as_ref(), PAGE).await?;
    Ok(page::bare(
        "Tenants",
        html! {
            nav { a href="/" { "Back" } }
            table {
                tr { th { "tenant" } th { "name" } th { "role" } th { "usage" } }
                @for entry in &tenants {
                    tr {
                        td { a href={ "/of/" (segment(entry.tenant.as_str())) "/" } { (entry.tenant) } }
                        td { (entry.profile.display_name) }
                        td {
                            (entry.profile.role)
                            @if entry.deleting_until.is_some() { " · being deleted" }
                        }
                        td { (page::used(&entry.usage, &entry.limits)) }
                    }
                }
            }
            @if let Some(next) = next { p { a href={ "?after=" (segment(next.as_str())) } { "More" } } }
            form.new method="post" action="/admin/tenants" {
                label { "Name" input name="name" required; }
                button { "Create" }
            }
        },
    ))
}

/// The form to make a user.
#[derive(Deserialize)]
pub struct Create {
    name: String,
}

/// Makes a user; its folders and databases appear with it.
pub async fn create(Visitor(session): Visitor, Form(form): Form<Create>) -> Answer<Redirect> {
    let tenant = TenantId::encode(&form.name)?;
    session.tenants().create(&tenant, NewTenant::new(Role::User).display_name(&form.name)).await?;
    Ok(Redirect::to("/admin"))
}
