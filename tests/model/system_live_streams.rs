//! What the system does with live streams.

use tenantry::record::{LocalTime, Record, RecordId, SecretText};
use tenantry::{LiveStream, LiveStreamStatus, RtmpServer, Workspace};

use super::planned::{By, Move, PlanDeed, PlanKind, Tweak, start};
use super::reference_planned::day;
use super::secrets::STREAMS;
use super::step::{Seen, Step};
use super::system::{Result, System};
use super::system_records::{both, file_name, record_id, text, texts, token_name};

const COLLECTION: &str = PlanKind::LiveStream.collection();

fn tweak(stream: &mut LiveStream, tweak: &Tweak<String>) {
    match tweak {
        Tweak::Title(title) => stream.title.clone_from(title),
        Tweak::Start(hours) => stream.start_date = hours.map(|hours| LocalTime::new(start(hours))),
        Tweak::Video(video) => stream.video_file = video.as_deref().map(file_name),
        Tweak::Thumbnail(image) => stream.thumbnail = image.as_deref().map(file_name),
        Tweak::Token(token) => stream.token_file = token.map(token_name),
        Tweak::StreamId(id) => stream.stream_id = id.map(|id| STREAMS[id].to_owned()),
        Tweak::Repeat(repeat) => stream.repeat_daily = *repeat,
        Tweak::Details(there) => {
            stream.rtmp_server = there.then_some(RtmpServer::Youtube);
            stream.stream_key = there.then(|| SecretText::new("synthetic"));
            stream.duration = there.then_some(90);
        }
        Tweak::Status => stream.status = LiveStreamStatus::Completed,
        Tweak::Process => stream.process_pid = Some(7),
        Tweak::Series => stream.repeat_of = Some(record_id("r0")),
    }
}

impl System {
    pub(crate) async fn live_stream(
        &mut self,
        step: &Step,
        workspace: &Workspace,
        deed: &PlanDeed,
    ) -> Result {
        let streams = workspace.live_streams();
        let id = |which| self.remembered.made(step.on, COLLECTION, which);
        match deed {
            PlanDeed::Add(tweaks) => {
                let mut stream = LiveStream::new("Rain", LocalTime::new(start(0)));
                let tweaks = self.remembered.tweaks(step.on, tweaks);
                tweaks.iter().for_each(|one| tweak(&mut stream, one));
                let record = streams.add(stream).await?;
                let id = record.id().as_str();
                self.note_made(id, 0);
                self.remembered.note_made(step.on, COLLECTION, id);
                Ok(self.note_text(step.on, COLLECTION, id, text(&record)))
            }
            PlanDeed::Get(which) => Ok(Seen::Texts(vec![text(&streams.get(&record_id(&id(*which))).await?)])),
            PlanDeed::Edit(which, meant, tweaks) => {
                let (id, tweaks) = (id(*which), self.remembered.tweaks(step.on, tweaks));
                let meant = self.meant(step.on, COLLECTION, &id, *meant);
                let change = move |stream: &mut LiveStream| tweaks.iter().for_each(|one| tweak(stream, one));
                let record = streams.edit(&record_id(&id), meant, change).await?;
                Ok(self.note_text(step.on, COLLECTION, &id, text(&record)))
            }
            PlanDeed::Take(which, taken) => {
                let id = id(*which);
                let records = take(workspace, &record_id(&id), taken).await?;
                Ok(self.taken(step.on, COLLECTION, &id, &records))
            }
            PlanDeed::Delete(which, meant, chosen) => {
                let id = id(*which);
                let meant = self.meant(step.on, COLLECTION, &id, *meant);
                Ok(Seen::Texts(vec![text(&streams.delete_with(&record_id(&id), meant, *chosen).await?)]))
            }
            PlanDeed::Find(by) => Ok(Seen::Texts(texts(&match by {
                By::Day(days) => streams.find_by_date(day(*days)).await?,
                By::Video(which) => {
                    let video = self.remembered.file(step.on, super::files::FileKind::Video, *which);
                    streams.find_by_video(&file_name(&video)).await?
                }
                By::Status(status) => streams.find_by_status(LiveStreamStatus::ALL[status % 5]).await?,
                By::Token(_) => panic!("live streams are not found by tokens"),
            }))),
        }
    }
}

/// Takes a step; the record after it, and its successor if there is one.
async fn take(workspace: &Workspace, id: &RecordId, taken: &Move) -> Result<Vec<Record<LiveStream>>> {
    let streams = workspace.live_streams();
    Ok(match taken {
        Move::StartNow => vec![streams.start_now(id).await?],
        Move::MarkLive(process) => vec![streams.mark_live(id, *process).await?],
        Move::Stop => both(streams.stop(id).await?),
        Move::Fail => both(streams.fail(id).await?),
        Move::Cancel => vec![streams.cancel(id).await?],
        Move::Restart => vec![streams.restart(id).await?],
        Move::Reschedule(hours) => vec![streams.reschedule(id, LocalTime::new(start(*hours))).await?],
        Move::Overwrite { status, repeat } => {
            let (status, repeat) = (*status, *repeat);
            let change = move |old: &LiveStream| {
                let mut new = old.clone();
                new.status = status.map_or(old.status, |status| LiveStreamStatus::ALL[status % 5]);
                new.repeat_daily = repeat.unwrap_or(old.repeat_daily);
                Ok(new)
            };
            vec![workspace.collection().modify(id, tenantry::Expected::Any, change).await?]
        }
        other => panic!("{other:?} is no step of a live stream"),
    })
}
