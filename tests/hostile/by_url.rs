//! The entry points of uploads and downloads by URL, where the store signs some.

use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use object_store::ObjectStoreExt;
use tenantry::paths::FileName;
use tenantry::record::Record;
use tenantry::{ErrorKind, Expected, UploadByUrl, UploadLength, Video};

use crate::entries::{AS_FILE, AS_TITLE, Entry, NEVER, entry, missing};
use crate::world::Place;

const MINUTE: Duration = Duration::from_secs(60);

/// Uploads by URL as far as the store goes: all the way, or until it says that it signs none.
async fn upload(place: &Place, upload: UploadByUrl) -> tenantry::Result<Option<Record<Video>>> {
    let own = place.own().await;
    let begun = own.videos().upload_url(upload).await;
    let Some((objects, _)) = place.signed() else {
        let error = begun.expect_err("the disk signs nothing");
        return if error.kind() == ErrorKind::Unsupported { Ok(None) } else { Err(error) };
    };
    let ticket = begun?;
    let location = format!("videos/ana/{}", ticket.upload());
    objects.put(&location.into(), Bytes::from_static(b"moving").into()).await.unwrap();
    own.videos().complete_upload(ticket.upload(), None).await.map(Some)
}

pub(crate) fn by_url() -> Vec<Entry> {
    vec![
        entry!("UploadByUrl::new", |_, text| text.len() + 4 <= 1024, |place, text| {
            let name = format!("{text}.mp4");
            let made = upload(place, UploadByUrl::new(&name, UploadLength::AtMost(100), MINUTE)).await?;
            let (Some(made), Some((_, urls))) = (made, place.signed()) else { return Ok(()) };
            assert_eq!(made.value().original_filename, name);
            let own = place.own().await;
            let url = own.videos().download_url(made.id(), MINUTE).await?;
            let disposition = urls.get(url.expose()).await.disposition;
            let written = disposition.strip_prefix("inline; filename*=UTF-8''").unwrap();
            assert!(written.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
            own.videos().delete(made.id(), Expected::Any).await?;
        }),
        entry!("UploadByUrl::title", AS_TITLE, |place, text| {
            let what = UploadByUrl::new("a.mp4", UploadLength::AtMost(100), MINUTE).title(text);
            let Some(made) = upload(place, what).await? else { return Ok(()) };
            assert_eq!(made.value().title, text);
            place.own().await.videos().delete(made.id(), Expected::Any).await?;
        }),
        // As the digest.
        entry!("Videos::complete_upload" "Thumbnails::complete_upload", NEVER, |place, text| {
            let (own, name) = (place.own().await, FileName::parse("some.mp4")?);
            let refused = own.thumbnails().complete_upload(&name, Some(text)).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidInput);
            own.videos().complete_upload(&name, Some(text)).await?;
        }),
        // As the name of the upload.
        entry!("Videos::complete_upload" "Videos::abandon_upload", AS_FILE, |place, text| {
            let (own, name) = (place.own().await, FileName::parse(text)?);
            let answers = [
                own.videos().complete_upload(&name, None).await.map(drop),
                own.videos().abandon_upload(&name).await,
                own.videos().download_url(&name, MINUTE).await.map(drop),
            ];
            for answer in answers {
                match (place.signed(), answer) {
                    (None, Err(error)) if error.kind() == ErrorKind::Unsupported => {}
                    (_, answer) => missing(answer)?,
                }
            }
        }),
    ]
}
