//! What all pages look like.

use maud::{DOCTYPE, Markup, html};
use tenantry::Result;
use tenantry::ownership::{Action, Resource};

use crate::Here;

const STYLE: &str = "body{font-family:sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
    ul.cards{list-style:none;padding:0;display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(16rem,1fr))}\
    ul.cards>li{border:1px solid #ccc;border-radius:.5rem;padding:1rem}video,img{max-width:100%}\
    form{display:inline}meter{width:20rem}table{border-collapse:collapse}td,th{padding:.2rem .8rem;text-align:left}";

/// A page for those who need not be logged in.
pub fn bare(title: &str, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (maud::PreEscaped(STYLE)) }
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
    let used = usage.blob_bytes + usage.reserved_bytes;
    let own = here.session.own();
    let admin = own.can(Action::ListTenants, &Resource::AllTenants).await?.is_allowed();
    Ok(bare(
        title,
        html! {
            nav {
                a href={ (here.base) "/" } { "Videos" } " · "
                @if admin { a href="/admin" { "Administration" } " · " }
                span { (own.tenant()) " in " (here.workspace.tenant()) " " }
                form method="post" action="/logout" { button { "Log out" } }
            }
            p {
                @match limits.blob_bytes {
                    Some(limit) => { meter value=(used) max=(limit) {} " " (used) " of " (limit) " bytes" },
                    None => { (used) " bytes" },
                }
            }
            (content)
        },
    ))
}
