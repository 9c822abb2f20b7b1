//! URLs by which a user's browser reads and uploads, past the application: where a store signs some.

use std::time::Duration;

use tenantry::{ErrorKind, Expected, PresignedUrl, UploadByUrl, UploadLength};

use crate::Outcome;
use crate::people::{People, Place};
use crate::report::Report;
use crate::uploads::{all_videos, sample};

const MINUTE: Duration = Duration::from_secs(60);

/// Ana's browser reads a video and uploads one.
pub(crate) async fn browse(people: &People, place: &Place, report: &mut Report) -> Outcome {
    report.section("Past the application: URLs for Ana's browser");
    let own = people.ana.own();
    let videos = own.videos();
    let video = all_videos(&own).await?.into_iter().next().ok_or("Ana has no video")?;
    if matches!(place, Place::Disk(_)) {
        let refused = videos.download_url(video.id(), MINUTE).await;
        let refused = refused.is_err_and(|error| error.kind() == ErrorKind::Unsupported);
        report.check(
            refused,
            "A store on the disk or in memory signs no URLs, and says so; `--store s3` does.",
        );
        return Ok(());
    }
    let url = videos.download_url(video.id(), MINUTE).await?;
    let (status, bytes) = request(&url, Vec::new()).await?;
    let stored = videos.open(video.id()).await?.bytes().await?;
    report.check(status == 200 && bytes == stored, "By a URL her browser reads a video, byte for byte.");
    let foreign = people.ben.workspace(people.ana.tenant());
    let hidden = foreign.videos().download_url(video.id(), MINUTE).await;
    let hidden = hidden.is_err_and(|error| error.kind() == ErrorKind::NotFound);
    report.check(hidden, "To Ben there is no such video to give a URL for.");

    let bytes = std::fs::read(sample("noise.mov"))?;
    let length = UploadLength::Exactly(bytes.len().try_into()?);
    let ticket = videos.upload_url(UploadByUrl::new("noise.mov", length, MINUTE)).await?;
    let held = own.usage().await?.0.reserved_bytes;
    report.check(
        held >= bytes.len() as u64,
        format!("Of her quota {held} bytes are held for an upload by URL."),
    );
    let (first, _) = request(ticket.url(), bytes.clone()).await?;
    let (second, _) = request(ticket.url(), b"replaced".to_vec()).await?;
    report.check((first, second) == (200, 412), "The URL uploads once, and replaces nothing.");
    let digest = blake3::hash(&bytes).to_hex();
    let made = videos.complete_upload(ticket.upload(), Some(&digest)).await?;
    let same = videos.open(made.id()).await?.bytes().await? == bytes;
    report.check(same, "Completed, it is a video like any other.");
    videos.delete(made.id(), Expected::Any).await?;
    Ok(())
}

/// Makes the request that a URL is for, as a browser would; status and body.
#[cfg(feature = "s3")]
async fn request(url: &PresignedUrl, body: Vec<u8>) -> Outcome<(u16, Vec<u8>)> {
    use object_store::ClientOptions;
    use object_store::client::{HttpConnector, HttpRequest, ReqwestConnector};
    use object_store::signer::{HeaderName, HeaderValue, Method};

    let client = ReqwestConnector::default().connect(&ClientOptions::new().with_allow_http(true))?;
    let mut request = HttpRequest::new(body.into());
    *request.method_mut() = Method::from_bytes(url.method().as_bytes())?;
    *request.uri_mut() = url.expose().parse()?;
    for (name, value) in url.headers() {
        request.headers_mut().insert(HeaderName::try_from(name)?, HeaderValue::from_str(value)?);
    }
    let answer = client.execute(request).await?;
    Ok((answer.status().as_u16(), answer.into_body().bytes().await?.to_vec()))
}

#[cfg(not(feature = "s3"))]
#[allow(clippy::unused_async, reason = "with the feature it waits")]
async fn request(_url: &PresignedUrl, _body: Vec<u8>) -> Outcome<(u16, Vec<u8>)> {
    Err("This was built without the feature s3.".into())
}
