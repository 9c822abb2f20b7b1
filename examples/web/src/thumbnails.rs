//! The thumbnails of a workspace: looked at, uploaded, deleted.

use axum::body::Body;
use axum::extract::{Multipart, Query};
use axum::http::{HeaderMap, Response};
use axum::response::Redirect;
use maud::{Markup, html};
use tenantry::ownership::Action;
use tenantry::paths::CollectionName;

use crate::failure::Answer;
use crate::request::{File, Form, From, Item, Shown, segment};
use crate::{Here, files, page, uploads};

/// All thumbnails.
pub async fn show(here: Here, Query(from): Query<From>) -> Answer<Markup> {
    let thumbnails = here.workspace.thumbnails().list(&from.options()?).await?;
    let may_upload = here.may(Action::UploadThumbnail, CollectionName::THUMBNAILS).await?;
    let may_delete = here.may(Action::DeleteThumbnail, CollectionName::THUMBNAILS).await?;
    let path = format!("{}/thumbnails", here.base);
    let content = html! {
        @if may_upload { (uploads::form(&path, "Image", "image/*")) }
        ul.cards {
            @for thumbnail in &thumbnails.items {
                li {
                    h2 { (thumbnail.value().title) }
                    img src={ (path) "/" (segment(thumbnail.value().filename.as_str())) } alt="" loading="lazy";
                    @if may_delete {
                        form method="post" action={ (path) "/" (segment(thumbnail.id().as_str())) "/delete" } {
                            input type="hidden" name="revision" value=(thumbnail.revision());
                            button { "Delete" }
                        }
                    }
                }
            }
        }
        @if let Some(next) = &thumbnails.next { a href={ "?after=" (next) } { "Older" } }
    };
    Ok(page::of(&here, "Thumbnails", content).await?)
}

/// Takes a thumbnail from a form.
pub async fn upload(here: Here, form: Multipart) -> Answer<Redirect> {
    uploads::take(form, |name, body| here.workspace.thumbnails().upload(name, body)).await?;
    Ok(here.back("/thumbnails"))
}

/// A thumbnail's bytes.
pub async fn open(here: Here, File(name): File, headers: HeaderMap) -> Answer<Response<Body>> {
    let thumbnails = here.workspace.thumbnails();
    let head = thumbnails.head(&name).await?;
    let open = async |range| Ok(thumbnails.open_range(&name, range).await?.into_body());
    files::serve(&headers, &head, open).await
}

/// Deletes a thumbnail; videos that had it have none from then on.
pub async fn delete(here: Here, Item(id): Item, Form(shown): Form<Shown>) -> Answer<Redirect> {
    here.workspace.thumbnails().delete(&id, shown.revision).await?;
    Ok(here.back("/thumbnails"))
}
