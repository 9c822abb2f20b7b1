//! What of a workspace a form can name.

use maud::{Markup, html};
use tenantry::ListOptions;
use tenantry::ownership::Action;
use tenantry::paths::{CollectionName, FileName};

use crate::Here;
use crate::failure::Answer;

/// Files that can be chosen, with their titles: the newest hundred.
pub struct Choices(Vec<(FileName, String)>);

impl Choices {
    /// The videos.
    ///
    /// # Errors
    /// Those of listing them.
    pub async fn videos(here: &Here) -> Answer<Self> {
        let videos = here.workspace.videos().list(&ListOptions::new()).await?.items.into_iter();
        Ok(Self(videos.map(|it| it.into_value()).map(|it| (it.filename, it.title)).collect()))
    }

    /// The thumbnails.
    ///
    /// # Errors
    /// Those of listing them.
    pub async fn thumbnails(here: &Here) -> Answer<Self> {
        let thumbnails = here.workspace.thumbnails().list(&ListOptions::new()).await?.items.into_iter();
        Ok(Self(thumbnails.map(|it| it.into_value()).map(|it| (it.filename, it.title)).collect()))
    }

    /// The tokens, by their names; none for a visitor who may not see them.
    ///
    /// # Errors
    /// Those of listing them.
    pub async fn tokens(here: &Here) -> Answer<Self> {
        if !here.may(Action::ListTokens, CollectionName::TOKENS).await? {
            return Ok(Self(Vec::new()));
        }
        let tokens = here.workspace.tokens().list(&ListOptions::new()).await?.items.into_iter();
        Ok(Self(tokens.map(|it| it.into_value().filename).map(|it| (it.clone(), it.to_string())).collect()))
    }
}

/// A field in which one of them or none is chosen; what is chosen stays, also if it is not among them.
pub fn choice(name: &str, label: &str, choices: &Choices, chosen: Option<&FileName>) -> Markup {
    let other = chosen.filter(|chosen| choices.0.iter().all(|(file, _)| file != *chosen));
    html! {
        label {
            (label)
            select name=(name) {
                option value="" { "none" }
                @if let Some(file) = other { option value=(file) selected { (file) } }
                @for (file, title) in &choices.0 {
                    option value=(file) selected[Some(file) == chosen] { (title) }
                }
            }
        }
    }
}
