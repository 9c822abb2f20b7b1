//! The videos of a workspace: looked at, played, uploaded, renamed, given a thumbnail, deleted.

use axum::body::Body;
use axum::extract::{Multipart, Query};
use axum::http::{HeaderMap, Response};
use axum::response::Redirect;
use maud::{Markup, html};
use serde::Deserialize;
use tenantry::ownership::Action;
use tenantry::paths::{CollectionName, FileName};
use tenantry::record::{Record, Revision};
use tenantry::{FileRef, Video};

use crate::choices::{Choices, choice};
use crate::failure::Answer;
use crate::request::{File, Form, From, Item, Shown, optional, segment};
use crate::{Here, files, page, uploads};

/// What the visitor may do to the videos.
struct Allowed {
    rename: bool,
    set_thumbnail: bool,
    delete: bool,
}

/// The gallery.
pub async fn show(here: Here, Query(from): Query<From>) -> Answer<Markup> {
    let videos = here.workspace.videos().list(&from.options()?).await?;
    let allowed = Allowed {
        rename: here.may(Action::RenameVideo, CollectionName::VIDEOS).await?,
        set_thumbnail: here.may(Action::SetThumbnail, CollectionName::VIDEOS).await?,
        delete: here.may(Action::DeleteVideo, CollectionName::VIDEOS).await?,
    };
    let thumbnails = Choices::thumbnails(&here).await?;
    let may_upload = here.may(Action::UploadVideo, CollectionName::VIDEOS).await?;
    let content = html! {
        @if may_upload { (uploads::form(&format!("{}/videos", here.base), "Video", "video/*")) }
        ul.cards { @for video in &videos.items { li { (card(&here.base, video, &allowed, &thumbnails)) } } }
        @if let Some(next) = &videos.next { a href={ "?after=" (next) } { "Older" } }
    };
    Ok(page::of(&here, "Videos", content).await?)
}

fn card(base: &str, record: &Record<Video>, allowed: &Allowed, thumbnails: &Choices) -> Markup {
    let video = record.value();
    let path = format!("{base}/videos/{}", segment(record.id().as_str()));
    let revision = html! { input type="hidden" name="revision" value=(record.revision()); };
    html! {
        h2 { (video.title) }
        @if let Some(thumbnail) = &video.thumbnail {
            img src={ (base) "/thumbnails/" (segment(thumbnail.as_str())) } alt="" loading="lazy";
        }
        video controls preload="none" src={ (base) "/videos/" (segment(video.filename.as_str())) } {}
        p {
            @if let Some(added) = video.date_added { (added) " · " }
            (page::bytes(video.bytes.unwrap_or(0)))
            @if let Some(by) = record.created_by() { " · by " (by) }
        }
        @if allowed.rename {
            form method="post" action={ (path) "/rename" } {
                (revision)
                input name="title" value=(video.title) aria-label="Title" required;
                button { "Rename" }
            }
        }
        @if allowed.set_thumbnail {
            form method="post" action={ (path) "/thumbnail" } {
                (revision)
                (choice("thumbnail", "Thumbnail", thumbnails, video.thumbnail.as_ref()))
                button { "Set" }
            }
        }
        @if allowed.delete {
            form method="post" action={ (path) "/delete" } { (revision) button { "Delete" } }
        }
    }
}

/// Takes a video from a form.
pub async fn upload(here: Here, form: Multipart) -> Answer<Redirect> {
    uploads::take(form, |name, body| here.workspace.videos().upload(name, body)).await?;
    Ok(here.back("/"))
}

/// A video's bytes.
pub async fn play(here: Here, File(name): File, headers: HeaderMap) -> Answer<Response<Body>> {
    let videos = here.workspace.videos();
    let head = videos.head(&name).await?;
    let open = async |range| Ok(videos.open_range(&name, range).await?.into_body());
    files::serve(&headers, &head, open).await
}

/// The form to rename a video.
#[derive(Deserialize)]
pub struct Rename {
    revision: Revision,
    title: String,
}

/// Renames a video.
pub async fn rename(here: Here, Item(id): Item, Form(form): Form<Rename>) -> Answer<Redirect> {
    here.workspace.videos().rename(&id, form.revision, &form.title).await?;
    Ok(here.back("/"))
}

/// The form to give a video a thumbnail, or to take it away.
#[derive(Deserialize)]
pub struct SetThumbnail {
    revision: Revision,
    #[serde(default, deserialize_with = "optional")]
    thumbnail: Option<FileName>,
}

/// Gives a video a thumbnail, or takes it away.
pub async fn set_thumbnail(here: Here, Item(id): Item, Form(form): Form<SetThumbnail>) -> Answer<Redirect> {
    let thumbnail = form.thumbnail.as_ref().map(FileRef::from);
    here.workspace.videos().set_thumbnail(&id, form.revision, thumbnail).await?;
    Ok(here.back("/"))
}

/// Deletes a video.
pub async fn delete(here: Here, Item(id): Item, Form(shown): Form<Shown>) -> Answer<Redirect> {
    here.workspace.videos().delete(&id, shown.revision).await?;
    Ok(here.back("/"))
}
