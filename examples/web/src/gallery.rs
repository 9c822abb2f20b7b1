//! The videos of a workspace: looked at, played, uploaded, renamed, deleted.

use axum::Form;
use axum::body::Body;
use axum::extract::{Multipart, Path, Query};
use axum::http::{HeaderMap, Response};
use axum::response::Redirect;
use futures::SinkExt;
use futures::channel::mpsc;
use maud::{Markup, html};
use serde::Deserialize;
use tenantry::ownership::{Action, Resource};
use tenantry::paths::{CollectionName, FileName};
use tenantry::record::{Record, RecordId, Revision};
use tenantry::{ListOptions, Video};

use crate::failure::Failure;
use crate::files::{self, Described};
use crate::{Here, page};

type Answer<T> = Result<T, Failure>;

/// Where a list goes on.
#[derive(Deserialize)]
pub struct From {
    after: Option<String>,
}

/// The gallery.
pub async fn show(here: Here, Query(from): Query<From>) -> Answer<Markup> {
    let mut options = ListOptions::new().limit(24);
    if let Some(after) = from.after {
        options = options.after(after.parse()?);
    }
    let videos = here.workspace.videos().list(&options).await?;
    let may_upload = here.may(Action::UploadVideo, CollectionName::VIDEOS).await?;
    let content = html! {
        @if may_upload { (upload_form(&here.base)) }
        ul.cards { @for video in &videos.items { li { (card(&here.base, video)) } } }
        @if let Some(next) = &videos.next { a href={ "?after=" (next) } { "Older" } }
    };
    Ok(page::of(&here, "Videos", content).await?)
}

fn card(base: &str, video: &Record<Video>) -> Markup {
    let (file, id) = (&video.value().filename, video.id());
    html! {
        video controls preload="none" src={ (base) "/videos/" (file) } {}
        form method="post" action={ (base) "/videos/" (id) "/rename" } {
            input type="hidden" name="revision" value=(video.revision());
            input name="title" value=(video.value().title) aria-label="Title" required;
            button { "Rename" }
        }
        form method="post" action={ (base) "/videos/" (id) "/delete" } {
            input type="hidden" name="revision" value=(video.revision());
            button { "Delete" }
        }
    }
}

/// Without scripts it is a form like any other; with them it shows how far it is.
fn upload_form(base: &str) -> Markup {
    const PROGRESS: &str = "document.querySelector('#upload').addEventListener('submit',e=>{e.preventDefault();\
        const r=new XMLHttpRequest();r.upload.onprogress=p=>{e.target.querySelector('progress').value=p.loaded/p.total};\
        r.onload=()=>{if(r.status<400)location.reload();else document.body.innerHTML=r.responseText};\
        r.open('POST',e.target.action);r.send(new FormData(e.target))})";
    html! {
        form id="upload" method="post" action={ (base) "/videos" } enctype="multipart/form-data" {
            input type="file" name="video" required;
            button { "Upload" }
            progress value="0" {}
        }
        script { (maud::PreEscaped(PROGRESS)) }
    }
}

/// Takes a video from a form.
pub async fn upload(here: Here, mut form: Multipart) -> Answer<Redirect> {
    let unreadable =
        |error: axum::extract::multipart::MultipartError| Failure::bad_request(error.body_text());
    let Some(mut field) = form.next_field().await.map_err(unreadable)? else {
        return Err(Failure::bad_request("the form has no file"));
    };
    let name = field.file_name().unwrap_or_default().to_owned();
    // The library takes the bytes from a stream of its own while the form is read.
    let (mut sender, body) = mpsc::channel(1);
    let read = async move {
        while let Some(chunk) = field.chunk().await.transpose() {
            // Nobody takes them any more once the upload was refused.
            if sender.send(chunk.map_err(std::io::Error::other)).await.is_err() {
                break;
            }
        }
    };
    let (video, ()) = futures::join!(here.workspace.videos().upload(&name, body).into_future(), read);
    video?;
    Ok(here.back())
}

/// A video's bytes, by its file name.
pub async fn play(here: Here, Path(path): Path<NamedPath>, headers: HeaderMap) -> Answer<Response<Body>> {
    let videos = here.workspace.videos();
    let name = FileName::parse(&path.name)?;
    let record = videos.get(&name).await?;
    let video = record.value();
    let file = Described {
        length: video.bytes.unwrap_or(0),
        hash: video.hash.as_deref().unwrap_or_default(),
        stored_name: video.filename.as_str(),
        original_name: &video.original_filename,
    };
    let open = async |range| Ok(videos.open_range(record.id(), range).await?.into_body());
    files::serve(&headers, &file, open).await
}

/// What a path names.
#[derive(Deserialize)]
pub struct NamedPath {
    name: String,
}

/// The form to rename a video: which state of it was shown, and the title.
#[derive(Deserialize)]
pub struct Rename {
    revision: Revision,
    title: String,
}

/// Renames a video.
pub async fn rename(here: Here, Path(path): Path<NamedPath>, Form(form): Form<Rename>) -> Answer<Redirect> {
    let id = RecordId::parse(&path.name)?;
    here.workspace.videos().rename(&id, form.revision, &form.title).await?;
    Ok(here.back())
}

/// The form to delete a video: which state of it was shown.
#[derive(Deserialize)]
pub struct Delete {
    revision: Revision,
}

/// Deletes a video.
pub async fn delete(here: Here, Path(path): Path<NamedPath>, Form(form): Form<Delete>) -> Answer<Redirect> {
    let id = RecordId::parse(&path.name)?;
    here.workspace.videos().delete(&id, form.revision).await?;
    Ok(here.back())
}

impl Here {
    /// Whether a button is worth showing.
    async fn may(&self, action: Action, collection: CollectionName) -> Answer<bool> {
        Ok(self.workspace.can(action, &Resource::Collection(collection)).await?.is_allowed())
    }

    /// To the list, after something was done.
    fn back(&self) -> Redirect {
        Redirect::to(&format!("{}/", self.base))
    }
}
