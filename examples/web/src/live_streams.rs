//! The live streams of a workspace, each with what can be done to it now.

use axum::extract::{Path, Query};
use axum::response::Redirect;
use maud::{Markup, html};
use serde::Deserialize;
use tenantry::ownership::Action;
use tenantry::paths::CollectionName;
use tenantry::record::{LocalTime, Record, SecretText};
use tenantry::{LiveStream, LiveStreamStep as Step};

use crate::failure::{Answer, Failure};
use crate::planning::{self, Edited, Fields, Options, Plan, StepName};
use crate::request::{Form, From, Item, Shown, optional, segment};
use crate::{Here, page};

const ALL: CollectionName = CollectionName::LIVE_STREAMS;
const PAGE: &str = "/live-streams";

/// What the visitor may do to the live streams, and what the forms for that can name.
struct Allowed {
    path: String,
    steps: Vec<Step>,
    edit: bool,
    delete: bool,
    options: Options,
}

/// The list.
pub async fn show(here: Here, Query(from): Query<From>) -> Answer<Markup> {
    let streams = here.workspace.live_streams().list(&from.options()?).await?;
    let allowed = Allowed {
        path: format!("{}{PAGE}", here.base),
        steps: here.permitted(&Step::ALL, Step::action, ALL).await?,
        edit: here.may(Action::EditLiveStream, ALL).await?,
        delete: here.may(Action::DeleteLiveStream, ALL).await?,
        options: Options::of(&here).await?,
    };
    let may_add = here.may(Action::AddLiveStream, ALL).await?;
    let content = html! {
        @if may_add {
            form.new method="post" action=(allowed.path) {
                (allowed.options.fields(&Fields::default()))
                (key_field("none"))
                button { "Plan" }
            }
        }
        ul.list { @for stream in &streams.items { li { (row(stream, &allowed)) } } }
        @if let Some(next) = &streams.next { a href={ "?after=" (next) } { "Older" } }
    };
    Ok(page::of(&here, "Live streams", content).await?)
}

fn row(record: &Record<LiveStream>, allowed: &Allowed) -> Markup {
    let stream = record.value();
    let path = format!("{}/{}", allowed.path, segment(record.id().as_str()));
    let revision = html! { input type="hidden" name="revision" value=(record.revision()); };
    let possible = allowed.steps.iter().copied().filter(|step| stream.status.after(*step).is_some());
    html! {
        h2 { (stream.title) }
        p {
            strong { (stream.status) }
            @if let Some(start) = stream.start_date { " · " (start) }
            @if stream.repeat_daily { " · daily" }
            @if let Some(token) = &stream.token_file { " · " (token) }
            @if stream.stream_key.is_some() { " · has a stream key" }
            @if let Some(by) = record.created_by() { " · by " (by) }
        }
        (planning::steps(&path, possible, Step::as_str, |step| {
            (step == Step::Reschedule).then(|| planning::moment(None))
        }))
        @if allowed.edit {
            details {
                summary { "Edit" }
                form method="post" action={ (path) "/edit" } {
                    (revision)
                    (allowed.options.fields(&Fields {
                        title: &stream.title,
                        start: stream.start_date,
                        video: stream.video_file.as_ref(),
                        thumbnail: stream.thumbnail.as_ref(),
                        token: stream.token_file.as_ref(),
                        repeat_daily: stream.repeat_daily,
                    }))
                    (key_field("as it is"))
                    button { "Save" }
                }
            }
        }
        @if allowed.delete { form method="post" action={ (path) "/delete" } { (revision) button { "Delete" } } }
    }
}

/// A stream key is typed and never shown.
fn key_field(kept: &str) -> Markup {
    html! {
        label {
            "Stream key"
            input type="password" name="stream_key" autocomplete="off" placeholder=(kept);
        }
    }
}

/// What is planned, and the key if one was typed.
#[derive(Deserialize)]
pub struct Planned {
    #[serde(flatten)]
    plan: Plan,
    #[serde(default, deserialize_with = "optional")]
    stream_key: Option<String>,
}

impl Planned {
    fn apply(&self, stream: &mut LiveStream) {
        let plan = &self.plan;
        // What was known of the one that it had does not fit another.
        if stream.video_file != plan.video {
            stream.video_title = None;
        }
        if stream.token_file != plan.token {
            stream.stream_id = None;
        }
        stream.title.clone_from(&plan.title);
        stream.start_date = Some(plan.start);
        stream.video_file.clone_from(&plan.video);
        stream.thumbnail.clone_from(&plan.thumbnail);
        stream.token_file.clone_from(&plan.token);
        stream.repeat_daily = plan.repeats_daily();
        if let Some(key) = &self.stream_key {
            stream.stream_key = Some(SecretText::new(key));
        }
    }
}

/// Plans a live stream.
pub async fn add(here: Here, Form(planned): Form<Planned>) -> Answer<Redirect> {
    let mut stream = LiveStream::new("", planned.plan.start);
    planned.apply(&mut stream);
    here.workspace.live_streams().add(stream).await?;
    Ok(here.back(PAGE))
}

/// Changes what is planned.
pub async fn edit(here: Here, Item(id): Item, Form(form): Form<Edited<Planned>>) -> Answer<Redirect> {
    let change = move |stream: &mut LiveStream| form.planned.apply(stream);
    here.workspace.live_streams().edit(&id, form.revision, change).await?;
    Ok(here.back(PAGE))
}

/// Deletes a live stream.
pub async fn delete(here: Here, Item(id): Item, Form(shown): Form<Shown>) -> Answer<Redirect> {
    here.workspace.live_streams().delete(&id, shown.revision).await?;
    Ok(here.back(PAGE))
}

/// What a step takes.
#[derive(Deserialize)]
pub struct StepForm {
    start: Option<LocalTime>,
}

/// Takes a step.
pub async fn step(
    here: Here,
    Item(id): Item,
    Path(name): Path<StepName>,
    Form(form): Form<StepForm>,
) -> Answer<Redirect> {
    let streams = here.workspace.live_streams();
    match (name.step.parse()?, form.start) {
        (Step::StartNow, _) => drop(streams.start_now(&id).await?),
        (Step::MarkLive, _) => drop(streams.mark_live(&id, None).await?),
        (Step::Stop, _) => drop(streams.stop(&id).await?),
        (Step::Fail, _) => drop(streams.fail(&id).await?),
        (Step::Cancel, _) => drop(streams.cancel(&id).await?),
        (Step::Restart, _) => drop(streams.restart(&id).await?),
        (Step::Reschedule, Some(start)) => drop(streams.reschedule(&id, start).await?),
        _ => return Err(Failure::bad_request("the form does not say for when")),
    }
    Ok(here.back(PAGE))
}
