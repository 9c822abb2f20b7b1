//! The rows of URLs, and what is uploaded by them.

use std::time::Duration;

use tenantry::ownership::{Action, Resource};
use tenantry::paths::{Area, CollectionName, FileName};
use tenantry::{ErrorKind, Result, UploadByUrl, UploadLength, Workspace};

use crate::perform::{Call, Row, row};

const MINUTE: Duration = Duration::from_secs(60);

pub(crate) const fn is_by_url(action: Action) -> bool {
    matches!(
        action,
        Action::DownloadVideoByUrl
            | Action::UploadVideoByUrl
            | Action::CompleteVideoUpload
            | Action::DownloadThumbnailByUrl
            | Action::UploadThumbnailByUrl
            | Action::CompleteThumbnailUpload
    )
}

pub(crate) const fn is_completing(action: Action) -> bool {
    matches!(action, Action::CompleteVideoUpload | Action::CompleteThumbnailUpload)
}

/// What such an action is about.
pub(crate) fn resource(action: Action, call: &Call) -> Resource {
    match action {
        Action::DownloadVideoByUrl => Resource::File(Area::Videos, call.video.1.clone()),
        Action::UploadVideoByUrl => Resource::Collection(CollectionName::VIDEOS),
        Action::CompleteVideoUpload => Resource::File(Area::Videos, call.uploads.0.clone()),
        Action::DownloadThumbnailByUrl => Resource::File(Area::Thumbnails, call.thumbnail.1.clone()),
        Action::UploadThumbnailByUrl => Resource::Collection(CollectionName::THUMBNAILS),
        _ => Resource::File(Area::Thumbnails, call.uploads.1.clone()),
    }
}

fn video() -> UploadByUrl {
    UploadByUrl::new("holiday.mp4", UploadLength::AtMost(100), MINUTE)
}

fn thumbnail() -> UploadByUrl {
    UploadByUrl::new("rain.png", UploadLength::AtMost(100), MINUTE)
}

/// What stands in the place of uploads where none can be begun.
pub(crate) fn nothing() -> (FileName, FileName) {
    let name = |extension| FileName::parse(&format!("00000000-0000-4000-8000-000000000000.{extension}"));
    (name("mp4").unwrap(), name("png").unwrap())
}

/// Begins both uploads, where the principal may and the store can.
pub(crate) async fn begin(at: &Workspace) -> Result<(FileName, FileName)> {
    let (video, thumbnail) =
        (at.videos().upload_url(video()).await?, at.thumbnails().upload_url(thumbnail()).await?);
    Ok((video.upload().clone(), thumbnail.upload().clone()))
}

/// A method that is done where the store signs URLs, and elsewhere says that it does not.
macro_rules! by_url {
    ($method:literal, $before:expr, |$call:ident| $run:expr) => {
        row($method, $before, |call| {
            Box::pin(async move {
                let ($call, signs) = (call.clone(), call.signs);
                match $run.await {
                    Err(error) if !signs && error.kind() == ErrorKind::Unsupported => {
                        Ok(format!("{error:?}"))
                    }
                    Ok(done) => {
                        assert!(signs, "{done:?}");
                        Ok(format!("{done:?}"))
                    }
                    Err(error) => Err(error),
                }
            })
        })
    };
}

pub(crate) fn rows(action: Action) -> Vec<Row> {
    match action {
        Action::DownloadVideoByUrl => vec![by_url!("Videos::download_url", &[], |call| call
            .workspace()
            .videos()
            .download_url(&call.video.0, MINUTE))],
        // Decided before the URL is signed, and again, with its name, in the state that changes.
        Action::UploadVideoByUrl => {
            vec![by_url!("Videos::upload_url", &[Action::UploadVideoByUrl], |call| call
                .workspace()
                .videos()
                .upload_url(video()))]
        }
        // Decided before anything is read, and again in the state that changes.
        Action::CompleteVideoUpload => vec![
            by_url!("Videos::complete_upload", &[Action::CompleteVideoUpload], |call| call
                .workspace()
                .videos()
                .complete_upload(&call.uploads.0, None)),
            by_url!("Videos::abandon_upload", &[], |call| call
                .workspace()
                .videos()
                .abandon_upload(&call.uploads.0)),
        ],
        Action::DownloadThumbnailByUrl => vec![by_url!("Thumbnails::download_url", &[], |call| call
            .workspace()
            .thumbnails()
            .download_url(&call.thumbnail.0, MINUTE))],
        Action::UploadThumbnailByUrl => {
            vec![by_url!("Thumbnails::upload_url", &[Action::UploadThumbnailByUrl], |call| call
                .workspace()
                .thumbnails()
                .upload_url(thumbnail()))]
        }
        Action::CompleteThumbnailUpload => vec![
            by_url!("Thumbnails::complete_upload", &[Action::CompleteThumbnailUpload], |call| call
                .workspace()
                .thumbnails()
                .complete_upload(&call.uploads.1, None)),
            by_url!("Thumbnails::abandon_upload", &[], |call| call
                .workspace()
                .thumbnails()
                .abandon_upload(&call.uploads.1)),
        ],
        action => panic!("{action} has no row"),
    }
}
