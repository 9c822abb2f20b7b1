//! All tenants and what they hold, for admins.

use axum::Form;
use axum::response::Redirect;
use maud::{Markup, html};
use serde::Deserialize;
use tenantry::NewTenant;
use tenantry::ownership::Role;
use tenantry::paths::TenantId;

use crate::failure::Failure;
use crate::page;
use crate::session::Visitor;

/// How many are shown at a time.
const PAGE: usize = 100;

/// The list of tenants.
pub async fn show(Visitor(session): Visitor) -> Result<Markup, Failure> {
    let tenants = session.tenants().usage(None, PAGE).await?.0;
    Ok(page::bare(
        "Tenants",
        html! {
            table {
                tr { th { "tenant" } th { "role" } th { "files" } th { "bytes" } th { "limit" } }
                @for entry in &tenants {
                    tr {
                        td { a href={ "/of/" (entry.tenant) "/" } { (entry.tenant) } }
                        td { (entry.profile.role) }
                        td { (entry.usage.files) }
                        td { (entry.usage.blob_bytes) }
                        td { @if let Some(limit) = entry.limits.blob_bytes { (limit) } @else { "none" } }
                    }
                }
            }
            form method="post" action="/admin/tenants" {
                input name="name" aria-label="Name" required;
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
pub async fn create(Visitor(session): Visitor, Form(form): Form<Create>) -> Result<Redirect, Failure> {
    let tenant = TenantId::encode(&form.name)?;
    session.tenants().create(&tenant, NewTenant::new(Role::User).display_name(&form.name)).await?;
    Ok(Redirect::to("/admin"))
}
