//! The schedules of a workspace, each with what can be done to it now.

use axum::extract::{Path, Query};
use axum::response::Redirect;
use maud::{Markup, html};
use serde::Deserialize;
use tenantry::ownership::Action;
use tenantry::paths::CollectionName;
use tenantry::record::Record;
use tenantry::{PrivacyStatus, Schedule, ScheduleStep as Step};

use crate::failure::{Answer, Failure};
use crate::planning::{self, Edited, Fields, Options, Plan, StepName};
use crate::request::{Form, From, Item, Shown, optional, segment};
use crate::{Here, page};

const ALL: CollectionName = CollectionName::SCHEDULES;
const PAGE: &str = "/schedules";

/// What the visitor may do to the schedules, and what the forms for that can name.
struct Allowed {
    path: String,
    steps: Vec<Step>,
    update: bool,
    delete: bool,
    options: Options,
}

/// The list.
pub async fn show(here: Here, Query(from): Query<From>) -> Answer<Markup> {
    let schedules = here.workspace.schedules().list(&from.options()?).await?;
    let allowed = Allowed {
        path: format!("{}{PAGE}", here.base),
        steps: here.permitted(&Step::ALL, Step::action, ALL).await?,
        update: here.may(Action::UpdateSchedule, ALL).await?,
        delete: here.may(Action::DeleteSchedule, ALL).await?,
        options: Options::of(&here).await?,
    };
    let may_add = here.may(Action::AddSchedule, ALL).await?;
    let content = html! {
        @if may_add {
            form.new method="post" action=(allowed.path) {
                (allowed.options.fields(&Fields::default()))
                (own_fields("", None))
                button { "Add" }
            }
        }
        ul.list { @for schedule in &schedules.items { li { (row(schedule, &allowed)) } } }
        @if let Some(next) = &schedules.next { a href={ "?after=" (next) } { "Older" } }
    };
    Ok(page::of(&here, "Schedules", content).await?)
}

fn row(record: &Record<Schedule>, allowed: &Allowed) -> Markup {
    let schedule = record.value();
    let path = format!("{}/{}", allowed.path, segment(record.id().as_str()));
    let revision = html! { input type="hidden" name="revision" value=(record.revision()); };
    let possible = allowed.steps.iter().copied().filter(|step| schedule.allows(*step));
    html! {
        h2 { (schedule.title) }
        p {
            strong { (schedule.status()) }
            @if schedule.run_now { " · to be run now" }
            @if let Some(start) = schedule.scheduled_start_time { " · " (start) }
            @if schedule.repeat_daily { " · daily" }
            @if let Some(token) = &schedule.token_file { " · " (token) }
            @if let Some(privacy) = schedule.privacy_status { " · " (privacy) }
            @if let Some(failure) = &schedule.failure { " · " (failure) }
            @if let Some(by) = record.created_by() { " · by " (by) }
        }
        @if let Some(link) = &schedule.broadcast_link { p { (address(link)) } }
        (planning::steps(&path, possible, Step::as_str, step_fields))
        @if allowed.update {
            details {
                summary { "Edit" }
                form method="post" action={ (path) "/update" } {
                    (revision)
                    (allowed.options.fields(&Fields {
                        title: &schedule.title,
                        start: schedule.scheduled_start_time,
                        video: schedule.video_file.as_ref(),
                        thumbnail: schedule.thumbnail_file.as_ref(),
                        token: schedule.token_file.as_ref(),
                        repeat_daily: schedule.repeat_daily,
                    }))
                    (own_fields(&schedule.description, schedule.privacy_status))
                    button { "Save" }
                }
            }
        }
        @if allowed.delete { form method="post" action={ (path) "/delete" } { (revision) button { "Delete" } } }
    }
}

/// Where a broadcast is found. What earlier tools wrote there may be anything: only an address of the web can be
/// followed.
fn address(link: &str) -> Markup {
    let web = ["https://", "http://"].iter().any(|scheme| link.starts_with(scheme));
    html! { @if web { a href=(link) rel="noopener noreferrer" { (link) } } @else { (link) } }
}

fn own_fields(description: &str, privacy: Option<PrivacyStatus>) -> Markup {
    let choices = [PrivacyStatus::Public, PrivacyStatus::Unlisted, PrivacyStatus::Private];
    html! {
        label { "Description" textarea name="description" { (description) } }
        label {
            "For"
            select name="privacy" {
                option value="" { "not said" }
                @for choice in choices { option selected[privacy == Some(choice)] { (choice) } }
            }
        }
    }
}

fn step_fields(step: Step) -> Option<Markup> {
    match step {
        Step::MarkSucceeded => Some(html! {
            input name="stream_id" aria-label="Stream id" placeholder="stream id" required;
            input name="link" type="url" aria-label="Address" placeholder="https://…" required;
        }),
        Step::MarkFailed => Some(html! { input name="reason" aria-label="Reason" placeholder="reason"; }),
        _ => None,
    }
}

/// What is planned.
#[derive(Deserialize)]
pub struct Planned {
    #[serde(flatten)]
    plan: Plan,
    #[serde(default)]
    description: String,
    #[serde(default, deserialize_with = "optional")]
    privacy: Option<PrivacyStatus>,
}

impl Planned {
    fn apply(&self, schedule: &mut Schedule) {
        let plan = &self.plan;
        // A stream key of the token that it had is none of another.
        if schedule.token_file != plan.token {
            (schedule.stream_name_existing, schedule.stream_id_existing) = (None, None);
        }
        schedule.title.clone_from(&plan.title);
        schedule.scheduled_start_time = Some(plan.start);
        schedule.video_file.clone_from(&plan.video);
        schedule.thumbnail_file.clone_from(&plan.thumbnail);
        schedule.token_file.clone_from(&plan.token);
        schedule.repeat_daily = plan.repeats_daily();
        schedule.description.clone_from(&self.description);
        schedule.privacy_status = self.privacy;
    }
}

/// Adds a schedule.
pub async fn add(here: Here, Form(planned): Form<Planned>) -> Answer<Redirect> {
    let mut schedule = Schedule::new("", planned.plan.start);
    planned.apply(&mut schedule);
    here.workspace.schedules().add(schedule).await?;
    Ok(here.back(PAGE))
}

/// Changes what is planned.
pub async fn update(here: Here, Item(id): Item, Form(form): Form<Edited<Planned>>) -> Answer<Redirect> {
    let change = move |schedule: &mut Schedule| form.planned.apply(schedule);
    here.workspace.schedules().update(&id, form.revision, change).await?;
    Ok(here.back(PAGE))
}

/// Deletes a schedule.
pub async fn delete(here: Here, Item(id): Item, Form(shown): Form<Shown>) -> Answer<Redirect> {
    here.workspace.schedules().delete(&id, shown.revision).await?;
    Ok(here.back(PAGE))
}

/// What a step takes.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct StepForm {
    stream_id: String,
    link: String,
    reason: Option<String>,
}

/// Takes a step.
pub async fn step(
    here: Here,
    Item(id): Item,
    Path(name): Path<StepName>,
    Form(form): Form<StepForm>,
) -> Answer<Redirect> {
    let schedules = here.workspace.schedules();
    match name.step.parse()? {
        Step::RunNow => drop(schedules.run_now(&id).await?),
        Step::MarkSucceeded => drop(schedules.mark_succeeded(&id, &form.stream_id, &form.link).await?),
        Step::MarkFailed => drop(schedules.mark_failed(&id, form.reason.as_deref()).await?),
        _ => return Err(Failure::missing()),
    }
    Ok(here.back(PAGE))
}
