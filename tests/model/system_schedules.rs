//! What the system does with schedules.

use tenantry::record::{LocalTime, Record, RecordId};
use tenantry::{PrivacyStatus, Schedule, ScheduleStatus, Workspace};

use super::planned::{By, Move, PlanDeed, PlanKind, Tweak, start};
use super::reference_planned::day;
use super::secrets::STREAMS;
use super::step::{Seen, Step};
use super::system::{Result, System};
use super::system_records::{both, file_name, record_id, text, texts, token_name};

const COLLECTION: &str = PlanKind::Schedule.collection();

fn tweak(schedule: &mut Schedule, tweak: &Tweak<String>) {
    match tweak {
        Tweak::Title(title) => schedule.title.clone_from(title),
        Tweak::Start(hours) => {
            schedule.scheduled_start_time = hours.map(|hours| LocalTime::new(start(hours)));
        }
        Tweak::Video(video) => schedule.video_file = video.as_deref().map(file_name),
        Tweak::Thumbnail(image) => schedule.thumbnail_file = image.as_deref().map(file_name),
        Tweak::Token(token) => schedule.token_file = token.map(token_name),
        Tweak::StreamId(id) => schedule.stream_id_existing = id.map(|id| STREAMS[id].to_owned()),
        Tweak::Repeat(repeat) => schedule.repeat_daily = *repeat,
        Tweak::Details(there) => {
            schedule.description = if *there { "two\nlines" } else { "" }.to_owned();
            schedule.privacy_status = there.then_some(PrivacyStatus::Unlisted);
            schedule.stream_name_existing = there.then(|| "Main".to_owned());
        }
        Tweak::Status => schedule.success = true,
        Tweak::Process => schedule.run_now = true,
        Tweak::Series => schedule.repeat_of = Some(record_id("r0")),
    }
}

impl System {
    pub(crate) async fn schedule(&mut self, step: &Step, workspace: &Workspace, deed: &PlanDeed) -> Result {
        let schedules = workspace.schedules();
        let id = |which| self.remembered.made(step.on, COLLECTION, which);
        match deed {
            PlanDeed::Add(tweaks) => {
                let mut schedule = Schedule::new("Rain", LocalTime::new(start(0)));
                let tweaks = self.remembered.tweaks(step.on, tweaks);
                tweaks.iter().for_each(|one| tweak(&mut schedule, one));
                let record = schedules.add(schedule).await?;
                let id = record.id().as_str();
                self.note_made(id, 0);
                self.remembered.note_made(step.on, COLLECTION, id);
                Ok(self.note_text(step.on, COLLECTION, id, text(&record)))
            }
            PlanDeed::Get(which) => {
                Ok(Seen::Texts(vec![text(&schedules.get(&record_id(&id(*which))).await?)]))
            }
            PlanDeed::Edit(which, meant, tweaks) => {
                let (id, tweaks) = (id(*which), self.remembered.tweaks(step.on, tweaks));
                let meant = self.meant(step.on, COLLECTION, &id, *meant);
                let change =
                    move |schedule: &mut Schedule| tweaks.iter().for_each(|one| tweak(schedule, one));
                let record = schedules.update(&record_id(&id), meant, change).await?;
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
                Ok(Seen::Texts(vec![text(&schedules.delete_with(&record_id(&id), meant, *chosen).await?)]))
            }
            PlanDeed::Find(by) => Ok(Seen::Texts(texts(&match by {
                By::Day(days) => schedules.find_by_date(day(*days)).await?,
                By::Token(token) => schedules.find_by_token(&token_name(*token)).await?,
                By::Status(status) => schedules.find_by_status(ScheduleStatus::ALL[status % 3]).await?,
                By::Video(_) => panic!("schedules are not found by videos"),
            }))),
        }
    }
}

/// Takes a step; the record after it, and its successor if there is one.
async fn take(workspace: &Workspace, id: &RecordId, taken: &Move) -> Result<Vec<Record<Schedule>>> {
    let schedules = workspace.schedules();
    Ok(match taken {
        Move::RunNow => vec![schedules.run_now(id).await?],
        Move::Succeed(stream, link) => both(schedules.mark_succeeded(id, stream, link).await?),
        Move::FailFor(reason) => both(schedules.mark_failed(id, *reason).await?),
        Move::Overwrite { status, repeat } => {
            let (status, repeat) = (status.map(|status| ScheduleStatus::ALL[status % 3]), *repeat);
            let change = move |old: &Schedule| {
                let mut new = old.clone();
                if let Some(status) = status {
                    new.success = status == ScheduleStatus::Succeeded;
                    new.failure = (status == ScheduleStatus::Failed).then(|| "it rained".to_owned());
                }
                new.repeat_daily = repeat.unwrap_or(old.repeat_daily);
                Ok(new)
            };
            vec![workspace.collection().modify(id, tenantry::Expected::Any, change).await?]
        }
        other => panic!("{other:?} is no step of a schedule"),
    })
}
