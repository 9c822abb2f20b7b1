//! A live stream and a schedule: their steps, and what repeats daily.

use std::path::Path;

use tenantry::record::{LocalTime, Record, SecretText};
use tenantry::{
    Error, ErrorKind, Expected, ListOptions, LiveStream, ProfileChange, Schedule, Session, Workspace,
};

use crate::Outcome;
use crate::people::People;
use crate::report::{Report, Table};
use crate::uploads::all_videos;

/// Where Ana's schedules are left for a spreadsheet.
const WORKBOOK: &str = "schedules.xlsx";

fn is_wrong_state<T>(result: tenantry::Result<T>) -> bool {
    result.is_err_and(|error| error.kind() == ErrorKind::WrongState)
}

/// A time far enough ahead that no tour comes after it.
fn new_year() -> Result<LocalTime, Box<dyn std::error::Error>> {
    Ok(LocalTime::parse("2100-01-01T22:00")?)
}

/// Ana plans, sends and ends a daily stream.
pub(crate) async fn live_streams(people: &People, report: &mut Report) -> Outcome {
    report.section("Ana's live streams");
    let own = people.ana.own();
    let streams = own.live_streams();
    // What an earlier tour left in this root.
    for stream in streams.list(&ListOptions::new().limit(1000)).await?.items {
        streams.delete(stream.id(), Expected::Any).await?;
    }
    let video = all_videos(&own).await?.into_iter().next().ok_or("Ana has no video")?;
    let mut rain = LiveStream::new("Rain, all night", new_year()?);
    rain.video_file = Some(video.value().filename.clone());
    rain.stream_key = Some(SecretText::new("abcd-efgh-ijkl"));
    rain.duration = Some(480);
    rain.repeat_daily = true;
    let rain = streams.add(rain).await?;
    let shown = serde_json::to_string(&rain)?;
    report.check(!shown.contains("abcd"), "A response that shows the stream leaves its key out.");

    streams.start_now(rain.id()).await?;
    report.check(is_wrong_state(streams.start_now(rain.id()).await), "Begun once, it is not begun twice.");
    streams.mark_live(rain.id(), std::process::id()).await?;
    let next = streams.stop(rain.id()).await?.next.ok_or("it repeats daily")?;
    report.check(is_wrong_state(streams.stop(rain.id()).await), "Stopped once, it is not stopped twice.");
    let day = next.value().start_date.map(|start| start.to_string());
    let right = day.as_deref() == Some("2100-01-02 22:00:00");
    report.check(right, "With its end, the next day's stream was planned, at the same time.");

    let foreign = people.ben.workspace(people.ana.tenant());
    let hidden = foreign.live_streams().stop(next.id()).await;
    let hidden = hidden.is_err_and(|error| error.kind() == ErrorKind::NotFound);
    report.check(hidden, "To Ben, none of it exists.");
    limit(&people.admin, &own, report).await?;

    let mut table = Table::new(&["stream", "begins", "status", "repeats daily"]);
    for stream in streams.list(&ListOptions::new().in_order()).await?.items {
        let LiveStream { title, start_date, status, repeat_daily, .. } = stream.value();
        let begins = start_date.map_or_else(String::new, |start| start.to_string());
        table.row(vec![title.clone(), begins, status.to_string(), repeat_daily.to_string()]);
    }
    report.table(table);
    Ok(())
}

/// The admin allows Ana one active stream; the next day's is one.
async fn limit(admin: &Session, own: &Workspace, report: &mut Report) -> Outcome {
    let change = |limits| ProfileChange::new().limits(limits);
    let mut before = own.profile().await?.limits;
    // Where an earlier tour was cut off, it is limited already.
    before.active_streams = None;
    let one = before.clone().with_active_streams(1);
    admin.tenants().change(own.tenant(), change(one)).await?;
    let second = own.live_streams().add(LiveStream::new("One too many", new_year()?)).await;
    let text = second.as_ref().map_or_else(Error::to_string, |_| "it was taken".to_owned());
    let refused = second.is_err_and(|error| error.kind() == ErrorKind::QuotaExceeded);
    report.check(refused, format!("Where one may be active, a second is refused. {text}"));
    admin.tenants().change(own.tenant(), change(before)).await?;
    Ok(())
}

/// Ana adds a schedule, has it run, and learns what came of it.
pub(crate) async fn schedules(people: &People, root: &Path, report: &mut Report) -> Outcome {
    report.section("Ana's schedules");
    let own = people.ana.own();
    let schedules = own.schedules();
    for schedule in schedules.list(&ListOptions::new().limit(1000)).await?.items {
        schedules.delete(schedule.id(), Expected::Any).await?;
    }
    let mut news = Schedule::new("News", new_year()?);
    news.repeat_daily = true;
    let news = schedules.add(news).await?;
    let edited = schedules.update(news.id(), news.revision(), |news| news.made_for_kids = true).await?;
    let stale = schedules.update(news.id(), news.revision(), |news| news.made_for_kids = false).await;
    let stale = stale.is_err_and(|error| error.kind() == ErrorKind::RevisionMismatch);
    report.check(stale && edited.value().made_for_kids, "An update of what changed meanwhile is refused.");
    schedules.run_now(news.id()).await?;
    let twice = is_wrong_state(schedules.run_now(news.id()).await);
    report.check(twice, "Asked for once, its broadcast is not made twice.");
    let failed = schedules.mark_failed(news.id(), Some("the channel was closed")).await?;
    report.check(failed.next.is_some(), "It failed, and the next day's was planned.");
    schedules.run_now(news.id()).await?;
    let again = schedules.mark_succeeded(news.id(), "stream-1", "https://example.org/watch/1").await?;
    report.check(again.next.is_none(), "Tried again it succeeded, and no second one was planned.");

    let mut table = Table::new(&["schedule", "begins", "status", "repeats daily", "address"]);
    let mut listed: Vec<Record<Schedule>> = schedules.list(&ListOptions::new().in_order()).await?.items;
    listed.sort_by_key(|schedule| schedule.value().scheduled_start_time);
    for schedule in &listed {
        let schedule = schedule.value();
        let begins = schedule.scheduled_start_time.map_or_else(String::new, |time| time.to_string());
        table.row(vec![
            schedule.title.clone(),
            begins,
            schedule.status().to_string(),
            schedule.repeat_daily.to_string(),
            schedule.broadcast_link.clone().unwrap_or_default(),
        ]);
    }
    report.table(table);

    let workbook = schedules.export_workbook().await?;
    std::fs::write(root.join(WORKBOOK), &workbook)?;
    report.line(format!("They are in {WORKBOOK} under the root too, for a spreadsheet."));
    let again = schedules.import_workbook(workbook.clone()).await?;
    let same = again.added.is_empty() && again.unchanged == listed.len();
    report.check(same, "Imported again, the workbook adds nothing.");
    let bens = people.ben.own();
    let shown = bens.schedules().preview_workbook(workbook).await?;
    let none = shown.added.is_empty() && shown.unchanged == 0 && shown.others == listed.len();
    report.check(none, "Ben, reading the same workbook, sees no row of hers.");
    Ok(())
}
