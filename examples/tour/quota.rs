//! A quota filled to the byte, and not beyond.

use bytes::Bytes;
use futures::stream;
use tenantry::quota::Limits;
use tenantry::{ErrorKind, ProfileChange, Workspace};

use crate::Outcome;
use crate::people::People;
use crate::report::Report;
use crate::uploads::{all_videos, sample, upload};

const FILLER: &str = "noise.mov";
/// The title by which a later tour finds what this one filled the quota with.
const TITLE: &str = "the last byte";

/// Gives Ben exactly as much as one more video needs.
pub(crate) async fn fill(people: &People, report: &mut Report) -> Outcome {
    report.section("Ben's quota, filled to the byte");
    let own = people.ben.own();
    for video in all_videos(&own).await?.iter().filter(|video| video.value().title == TITLE) {
        own.videos().delete(video.id(), video.revision()).await?;
    }
    let size = std::fs::metadata(sample(FILLER))?.len();
    let limit = bytes_used(&own).await? + size;
    let limits = Limits::unlimited().with_blob_bytes(limit);
    people.admin.tenants().change(people.ben.tenant(), ProfileChange::new().limits(limits)).await?;
    report.line(format!("The admin allows Ben {limit} bytes; one more video needs {size} of them."));

    let video = upload(&own, FILLER).await?;
    let video = own.videos().rename(video.id(), video.revision(), TITLE).await?;
    let used = bytes_used(&own).await?;
    report.check(used == limit, format!("It fits: {used} of {limit} bytes are used."));

    let before = own.snapshot().await?.usage()?;
    let refused = one_byte(&own).await;
    let text = refused.as_ref().map_or_else(ToString::to_string, |()| "it was taken".to_owned());
    let refusal = refused.err().filter(|error| error.kind() == ErrorKind::QuotaExceeded);
    let right = refusal.and_then(|error| error.quota().map(|quota| (quota.limit(), quota.used())));
    report.check(right == Some((limit, limit)), format!("One byte more is refused. {text}"));
    report.check(own.snapshot().await?.usage()? == before, "The refused upload left nothing behind.");

    own.videos().delete(video.id(), video.revision()).await?;
    let freed = limit - bytes_used(&own).await?;
    report.check(freed == size, format!("Ben deletes the video, and {freed} bytes are free at once."));
    let again = upload(&own, FILLER).await?;
    own.videos().rename(again.id(), again.revision(), TITLE).await?;
    let used = bytes_used(&own).await?;
    report.check(used == limit, format!("Uploaded again, it fits again: {used} of {limit} bytes."));
    Ok(())
}

async fn bytes_used(workspace: &Workspace) -> tenantry::Result<u64> {
    let usage = workspace.usage().await?.0;
    Ok(usage.blob_bytes + usage.reserved_bytes)
}

async fn one_byte(workspace: &Workspace) -> tenantry::Result<()> {
    let body = stream::iter([Ok(Bytes::from_static(b"x"))]);
    workspace.videos().upload("one-byte.mp4", body).await.map(|_| ())
}
