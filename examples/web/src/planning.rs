//! What the forms for live streams and schedules have in common.

use maud::{Markup, html};
use serde::Deserialize;
use tenantry::paths::FileName;
use tenantry::record::{LocalTime, Revision};

use crate::Here;
use crate::choices::{Choices, choice};
use crate::failure::Answer;
use crate::request::optional;

/// What is planned, as a form says it.
#[derive(Deserialize)]
pub struct Plan {
    /// What people call it.
    pub title: String,
    /// When it is to begin, by the tenant's clock.
    pub start: LocalTime,
    /// The video that it shows.
    #[serde(default, deserialize_with = "optional")]
    pub video: Option<FileName>,
    /// Its thumbnail.
    #[serde(default, deserialize_with = "optional")]
    pub thumbnail: Option<FileName>,
    /// The token with whose channel it is made.
    #[serde(default, deserialize_with = "optional")]
    pub token: Option<FileName>,
    /// A box that is sent if it is ticked: whether it repeats daily.
    repeat_daily: Option<String>,
}

impl Plan {
    /// Whether it repeats daily.
    pub const fn repeats_daily(&self) -> bool {
        self.repeat_daily.is_some()
    }
}

/// What is planned in place of what was shown.
#[derive(Deserialize)]
pub struct Edited<T> {
    /// Which state was shown.
    pub revision: Revision,
    /// What is planned.
    #[serde(flatten)]
    pub planned: T,
}

/// What a form shows of a plan.
#[derive(Default)]
pub struct Fields<'a> {
    /// What people call it.
    pub title: &'a str,
    /// When it is to begin.
    pub start: Option<LocalTime>,
    /// The video that it shows.
    pub video: Option<&'a FileName>,
    /// Its thumbnail.
    pub thumbnail: Option<&'a FileName>,
    /// The token with whose channel it is made.
    pub token: Option<&'a FileName>,
    /// Whether it repeats daily.
    pub repeat_daily: bool,
}

/// What the fields of a plan can name.
pub struct Options {
    videos: Choices,
    thumbnails: Choices,
    tokens: Choices,
}

impl Options {
    /// Those of a workspace.
    ///
    /// # Errors
    /// Those of listing them.
    pub async fn of(here: &Here) -> Answer<Self> {
        Ok(Self {
            videos: Choices::videos(here).await?,
            thumbnails: Choices::thumbnails(here).await?,
            tokens: Choices::tokens(here).await?,
        })
    }

    /// The fields of a plan's form.
    pub fn fields(&self, shown: &Fields<'_>) -> Markup {
        html! {
            label { "Title" input name="title" value=(shown.title) required; }
            (moment(shown.start))
            (choice("video", "Video", &self.videos, shown.video))
            (choice("thumbnail", "Thumbnail", &self.thumbnails, shown.thumbnail))
            (choice("token", "Token", &self.tokens, shown.token))
            label { input type="checkbox" name="repeat_daily" checked[shown.repeat_daily]; "daily" }
        }
    }
}

/// A field for a time.
pub fn moment(shown: Option<LocalTime>) -> Markup {
    let value = shown.map(|time| time.to_string().replace(' ', "T"));
    html! { label { "Start" input type="datetime-local" step="1" name="start" value=[value] required; } }
}

/// A button for each step, with the fields that it takes.
pub fn steps<S: Copy>(
    path: &str,
    steps: impl Iterator<Item = S>,
    name: fn(S) -> &'static str,
    fields: fn(S) -> Option<Markup>,
) -> Markup {
    html! {
        div.steps {
            @for step in steps {
                form method="post" action={ (path) "/" (name(step)) } {
                    @if let Some(fields) = fields(step) { (fields) }
                    button { (name(step).replace('_', " ")) }
                }
            }
        }
    }
}

/// Which step a path names.
#[derive(Deserialize)]
pub struct StepName {
    /// Its name.
    pub step: String,
}
