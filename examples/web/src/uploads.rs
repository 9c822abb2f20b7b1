//! Files that a form brings, whatever they are for.

use axum::body::Bytes;
use axum::extract::Multipart;
use axum::extract::multipart::MultipartError;
use futures::SinkExt;
use futures::channel::mpsc;
use maud::{Markup, html};

use crate::failure::Failure;

/// The bytes of a file on their way.
pub type Body = mpsc::Receiver<std::io::Result<Bytes>>;

/// The form to upload a file. Without scripts it is a form like any other; with them it shows how far it is.
pub fn form(action: &str, label: &str, accept: &str) -> Markup {
    html! {
        form.new.upload method="post" action=(action) enctype="multipart/form-data" {
            label { (label) " " input type="file" name="file" accept=(accept) required; }
            button { "Upload" }
            progress value="0" hidden {}
            output {}
        }
        script src="/upload.js" defer {}
    }
}

/// Hands the form's file to `upload`, by its name, as it comes in.
///
/// # Errors
/// For a form without a file; what `upload` says.
pub async fn take<T, U>(mut form: Multipart, upload: impl FnOnce(&str, Body) -> U) -> Result<T, Failure>
where
    U: IntoFuture<Output = tenantry::Result<T>>,
{
    let unreadable = |error: MultipartError| Failure::bad_request(error.body_text());
    let Some(mut field) = form.next_field().await.map_err(unreadable)? else {
        return Err(Failure::bad_request("the form has no file"));
    };
    let name = field.file_name().unwrap_or_default().to_owned();
    // The library takes the bytes from a stream of its own while the form is read.
    let (mut sender, body) = mpsc::channel(1);
    let read = async move {
        loop {
            let chunk = match field.chunk().await {
                Ok(Some(chunk)) => Ok(chunk),
                Ok(None) => break,
                Err(error) => Err(error),
            };
            let broken = chunk.is_err();
            // Once the upload was refused nobody takes them any more. They are read all the same, for a browser
            // shows no answer before it has sent everything.
            drop(sender.send(chunk.map_err(std::io::Error::other)).await);
            if broken {
                break;
            }
        }
    };
    let (uploaded, ()) = futures::join!(upload(&name, body).into_future(), read);
    Ok(uploaded?)
}
