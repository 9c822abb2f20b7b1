//! The types of records that histories use: two that see the same collection, and one of another.

use serde::{Deserialize, Serialize};
use tenantry::paths::CollectionName;
use tenantry::record::Entity;

use super::step::{Lens, Value};

/// Everything that a note has.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Note {
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    #[serde(default)]
    stars: u32,
}

/// A note as an older program knows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Brief {
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Task {
    title: String,
    done: bool,
}

fn named(lens: Lens) -> CollectionName {
    CollectionName::parse(lens.collection()).unwrap()
}

fn tag_key(tag: Option<&String>) -> Vec<(&'static str, String)> {
    tag.map(|tag| ("tag", tag.clone())).into_iter().collect()
}

impl Entity for Note {
    fn collection() -> CollectionName {
        named(Lens::Notes)
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        tag_key(self.tag.as_ref())
    }
}

impl Entity for Brief {
    fn collection() -> CollectionName {
        named(Lens::Briefs)
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        tag_key(self.tag.as_ref())
    }
}

impl Entity for Task {
    fn collection() -> CollectionName {
        named(Lens::Tasks)
    }
}

/// A type that is made of a value.
pub(crate) trait Sample: Entity + Clone {
    fn of(value: &Value) -> Self;
}

impl Sample for Note {
    fn of(value: &Value) -> Self {
        Self { text: value.text.clone(), tag: value.tag.clone(), stars: value.stars }
    }
}

impl Sample for Brief {
    fn of(value: &Value) -> Self {
        Self { text: value.text.clone(), tag: value.tag.clone() }
    }
}

impl Sample for Task {
    fn of(value: &Value) -> Self {
        Self { title: value.text.clone(), done: value.stars > 0 }
    }
}
