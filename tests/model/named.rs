//! The model's references: which records name which others, and what becomes of them.

use tenantry::record::OnReferenced;

use super::record::Record;

/// That a record names another one by one of its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Naming {
    pub(crate) field: &'static str,
    pub(crate) collection: &'static str,
    pub(crate) name: String,
    /// What becomes of the one that names when the other goes; where it refuses, one may choose.
    pub(crate) rule: OnReferenced,
}

impl Naming {
    pub(crate) fn means(&self, other: &Record) -> bool {
        other.collection == self.collection && name(other).as_ref() == Some(&self.name)
    }
}

/// A name without its case.
pub(crate) fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// The name by which others name a record.
pub(crate) fn name(record: &Record) -> Option<String> {
    match record.collection {
        "videos" | "thumbnails" | "tokens" => record.said("filename").map(|name| folded(&name)),
        "stream_mapping" => Some(key_name(&record.said("token_file")?, &record.said("stream_id")?)),
        _ => None,
    }
}

/// How a stream key is named: the service's own ids keep their case.
pub(crate) fn key_name(token: &str, stream: &str) -> String {
    format!("{}/{stream}", folded(token))
}

/// What a record names.
pub(crate) fn names(record: &Record) -> Vec<Naming> {
    let by = |field, collection, rule| {
        let name = record.said(field)?;
        Some(Naming { field, collection, name: folded(&name), rule })
    };
    let refuse = |field, collection| by(field, collection, OnReferenced::Refuse);
    let key = |token, field| {
        let name = key_name(&record.said(token)?, &record.said(field)?);
        Some(Naming { field, collection: "stream_mapping", name, rule: OnReferenced::Refuse })
    };
    let named = match record.collection {
        "videos" => vec![by("thumbnail", "thumbnails", OnReferenced::Clear)],
        "stream_mapping" => vec![by("token_file", "tokens", OnReferenced::Cascade)],
        "live_streams" => vec![
            refuse("video_file", "videos"),
            refuse("thumbnail", "thumbnails"),
            refuse("token_file", "tokens"),
            key("token_file", "stream_id"),
        ],
        "schedules" => vec![
            refuse("videoFile", "videos"),
            refuse("thumbnailFile", "thumbnails"),
            refuse("tokenFile", "tokens"),
            key("tokenFile", "streamIdExisting"),
        ],
        _ => Vec::new(),
    };
    named.into_iter().flatten().collect()
}
