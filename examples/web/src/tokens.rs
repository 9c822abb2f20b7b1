//! The tokens of a workspace, by their names. What they hold is taken from a form and never shown.

use axum::extract::Query;
use axum::response::Redirect;
use maud::{Markup, html};
use serde::Deserialize;
use tenantry::TokenContent;
use tenantry::ownership::Action;
use tenantry::paths::{CollectionName, FileName};

use crate::failure::Answer;
use crate::request::{File, Form, From, Shown, segment};
use crate::{Here, page};

/// All tokens.
pub async fn show(here: Here, Query(from): Query<From>) -> Answer<Markup> {
    let tokens = here.workspace.tokens().list(&from.options()?).await?;
    let may_create = here.may(Action::CreateToken, CollectionName::TOKENS).await?;
    let may_delete = here.may(Action::DeleteToken, CollectionName::TOKENS).await?;
    let path = format!("{}/tokens", here.base);
    let content = html! {
        @if may_create {
            form.new method="post" action=(path) {
                label { "Name" input name="name" placeholder="channel.json" required; }
                label { "Content" textarea name="content" autocomplete="off" placeholder="JSON" required {} }
                button { "Create" }
            }
        }
        ul.list {
            @for token in &tokens.items {
                li {
                    h2 { (token.value().filename) }
                    @if may_delete {
                        form method="post"
                            action={ (path) "/" (segment(token.value().filename.as_str())) "/delete" } {
                            input type="hidden" name="revision" value=(token.revision());
                            button { "Delete, with its stream keys" }
                        }
                    }
                }
            }
        }
        @if let Some(next) = &tokens.next { a href={ "?after=" (next) } { "Older" } }
    };
    Ok(page::of(&here, "Tokens", content).await?)
}

/// The form to create a token.
#[derive(Deserialize)]
pub struct Create {
    name: String,
    content: String,
}

/// Creates a token.
pub async fn create(here: Here, Form(form): Form<Create>) -> Answer<Redirect> {
    let (name, content) = (FileName::parse(&form.name)?, TokenContent::parse(form.content)?);
    here.workspace.tokens().create(&name, content).await?;
    Ok(here.back("/tokens"))
}

/// Deletes a token, and its stream keys with it.
pub async fn delete(here: Here, File(name): File, Form(shown): Form<Shown>) -> Answer<Redirect> {
    here.workspace.tokens().delete(&name, shown.revision).await?;
    Ok(here.back("/tokens"))
}
