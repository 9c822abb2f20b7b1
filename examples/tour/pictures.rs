//! A video's thumbnail: looked at, shown, hidden, gone.

use tenantry::{ErrorKind, Expected, FileRef, ListOptions};

use crate::Outcome;
use crate::people::People;
use crate::report::Report;
use crate::uploads::all_videos;

/// A picture of one dot.
const DOT: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// Ana gives a video a thumbnail.
pub(crate) async fn thumbnails(people: &People, report: &mut Report) -> Outcome {
    report.section("Ana's thumbnail");
    let own = people.ana.own();
    let thumbnails = own.thumbnails();
    // What an earlier tour left in this root.
    for thumbnail in thumbnails.list(&ListOptions::new().limit(1000)).await?.items {
        thumbnails.delete(thumbnail.id(), Expected::Any).await?;
    }
    let page = thumbnails.upload_from("dot.gif", &b"<html><script>"[..]).await;
    let refused = page.is_err_and(|error| error.kind() == ErrorKind::InvalidInput);
    report.check(refused, "A page that calls itself a picture is refused.");
    let dot = thumbnails.upload_from("dot.gif", DOT).await?;
    let video = all_videos(&own).await?.into_iter().next().ok_or("Ana has no video")?;
    let meant = Some(FileRef::from(dot.id()));
    let shown = own.videos().set_thumbnail(video.id(), Expected::Any, meant).await?;
    let shown = shown.value().thumbnail.as_ref() == Some(&dot.value().filename);
    let bytes = thumbnails.open(&dot.value().filename).await?.bytes().await?;
    report.check(shown && bytes == DOT, "Her video has a thumbnail, byte for byte what she uploaded.");
    let foreign = people.ben.workspace(people.ana.tenant());
    let hidden = foreign.thumbnails().open(&dot.value().filename).await;
    let hidden = hidden.is_err_and(|error| error.kind() == ErrorKind::NotFound);
    report.check(hidden, "To Ben there is no such file.");
    thumbnails.delete(dot.id(), dot.revision()).await?;
    let left = own.videos().get(video.id()).await?.value().thumbnail.is_none();
    report.check(left, "Deleted, it is her video's no more.");
    Ok(())
}
