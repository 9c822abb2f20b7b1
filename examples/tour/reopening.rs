//! Everything is closed and opened again, and has to be as it was.

use serde_json::{Value, json};
use tenantry::{Session, Tenantry, Verification};

use crate::Outcome;
use crate::people::{self, PATIENCE, People, Place};
use crate::report::{Report, count};
use crate::uploads::all_videos;

/// Closes, opens again, and compares.
pub(crate) async fn reopen(
    tenantry: Tenantry,
    people: People,
    place: &Place,
    report: &mut Report,
) -> Outcome<(Tenantry, People)> {
    report.section("Closed, and opened again");
    let mut before = Vec::new();
    for (_, session) in people.all() {
        before.push(contents(session).await?);
    }
    tenantry.close(PATIENCE).await?;
    drop((tenantry, people));

    let tenantry = people::open(place).await?;
    let people = people::sessions(&tenantry).await?;
    for ((name, session), before) in people.all().into_iter().zip(before) {
        let same = contents(session).await? == before;
        let videos = all_videos(&session.own()).await?;
        let mut intact = true;
        for video in &videos {
            intact &= session.own().videos().verify(video.id()).await? == Verification::Intact;
        }
        let videos = count(videos.len(), "video");
        let text = format!("{name} finds profile, records and usage as they were, and {videos} intact.");
        report.check(same && intact, text);
    }
    Ok((tenantry, people))
}

/// What a tenant holds; a revision is a digest of a record.
async fn contents(session: &Session) -> Outcome<Value> {
    let own = session.own();
    let videos = all_videos(&own).await?;
    let videos: Vec<_> = videos.iter().map(|video| format!("{} {}", video.id(), video.revision())).collect();
    let (usage, limits) = own.usage().await?;
    Ok(json!({ "profile": own.profile().await?, "usage": usage, "limits": limits, "videos": videos }))
}
