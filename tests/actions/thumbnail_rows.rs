//! The rows of thumbnails, and the thumbnail that they act upon.

use bytes::Bytes;
use tenantry::ownership::{Action, Resource};
use tenantry::paths::{Area, CollectionName, FileName};
use tenantry::record::{OnReferenced, RecordId};
use tenantry::{ByteRange, Expected, ListOptions, Workspace};

use crate::perform::{Call, Row, direct};

/// What an image in the PNG format begins with.
const IMAGE: &[u8] = b"\x89PNG\r\n\x1a\nsynthetic";

fn body() -> impl futures::Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    futures::stream::iter([Ok(Bytes::from_static(IMAGE))])
}

/// Sees that a tenant has a thumbnail.
pub(crate) async fn furnish(own: &Workspace) -> (RecordId, FileName) {
    let kept = own.thumbnails().list(&ListOptions::new()).await.unwrap().items.into_iter().next();
    let thumbnail = match kept {
        Some(kept) => kept,
        None => own.thumbnails().upload("rain.png", body()).await.unwrap(),
    };
    (thumbnail.id().clone(), thumbnail.value().filename.clone())
}

pub(crate) fn is_thumbnail(action: Action) -> bool {
    action.as_str().starts_with("thumbnails.")
}

/// What such an action is about.
pub(crate) fn resource(action: Action, call: &Call) -> Resource {
    match action {
        Action::ListThumbnails | Action::UploadThumbnail => Resource::Collection(CollectionName::THUMBNAILS),
        _ => Resource::File(Area::Thumbnails, call.thumbnail.1.clone()),
    }
}

pub(crate) fn rows(action: Action) -> Vec<Row> {
    match action {
        Action::ListThumbnails => {
            vec![direct!("Thumbnails::list", |call| call.workspace().thumbnails().list(&ListOptions::new()))]
        }
        Action::GetThumbnail => vec![
            direct!("Thumbnails::get", |call| call.workspace().thumbnails().get(&call.thumbnail.0)),
            direct!("Thumbnails::get", |call| call.workspace().thumbnails().get(&call.thumbnail.1)),
            direct!("Thumbnails::head", |call| call.workspace().thumbnails().head(&call.thumbnail.0)),
        ],
        Action::UploadThumbnail => vec![
            direct!("Thumbnails::upload", |call| call.workspace().thumbnails().upload("rain.png", body())),
            direct!("Thumbnails::upload_from", |call| {
                call.workspace().thumbnails().upload_from("rain.png", IMAGE)
            }),
        ],
        Action::OpenThumbnail => vec![
            direct!("Thumbnails::open", |call| call.workspace().thumbnails().open(&call.thumbnail.0)),
            direct!("Thumbnails::open_range", |call| {
                call.workspace().thumbnails().open_range(&call.thumbnail.1, ByteRange::Last(3))
            }),
        ],
        Action::ThumbnailLocalPath => vec![direct!("Thumbnails::local_path", |call| {
            call.workspace().thumbnails().local_path(&call.thumbnail.0)
        })],
        Action::VerifyThumbnail => {
            vec![direct!("Thumbnails::verify", |call| call
                .workspace()
                .thumbnails()
                .verify(&call.thumbnail.0))]
        }
        Action::DeleteThumbnail => vec![
            direct!("Thumbnails::delete", |call| {
                call.workspace().thumbnails().delete(&call.thumbnail.1, Expected::Any)
            }),
            direct!("Thumbnails::delete_with", |call| {
                call.workspace().thumbnails().delete_with(
                    &call.thumbnail.0,
                    Expected::Any,
                    OnReferenced::Clear,
                )
            }),
        ],
        action => panic!("{action} has no row"),
    }
}

/// The row of a video that is given its thumbnail.
pub(crate) fn set() -> Row {
    direct!("Videos::set_thumbnail", |call| {
        call.workspace().videos().set_thumbnail(
            &call.video.0,
            Expected::Any,
            Some((&call.thumbnail.1).into()),
        )
    })
}
