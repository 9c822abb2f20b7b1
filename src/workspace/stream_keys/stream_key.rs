//! A stream key's record.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::paths::{CollectionName, FileName};
use crate::record::{ChangeRefusal, Entity, OnReferenced, Reference, SecretText, named};
use crate::workspace::wording;

/// The index by which the stream keys of a token are found.
pub(super) const TOKEN_INDEX: &str = "token";

/// A stream key: where a token's channel takes a stream, and the secret that opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StreamKey {
    /// The file name of the token to which it belongs, and with which it goes.
    pub token_file: FileName,
    /// The id that the service gave it; no two of a token have the same.
    pub stream_id: String,
    /// What people call it.
    #[serde(default)]
    pub title: String,
    /// How a stream is delivered. No response shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cdn: Option<Cdn>,
}

/// How a stream is delivered to the service. Fields that are not known are kept.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Cdn {
    /// Where to and under which name.
    #[serde(default)]
    pub ingestion_info: IngestionInfo,
    /// The other fields, such as `resolution` and `frameRate`.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

impl Cdn {
    /// What is delivered to that address under that name.
    #[must_use]
    pub fn new(ingestion_address: impl Into<String>, stream_name: SecretText) -> Self {
        let (ingestion_address, stream_name) = (Some(ingestion_address.into()), Some(stream_name));
        let ingestion_info = IngestionInfo { stream_name, ingestion_address, ..IngestionInfo::default() };
        Self { ingestion_info, ..Self::default() }
    }
}

/// Where a stream is sent. Fields that are not known are kept.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct IngestionInfo {
    /// The key itself: whoever has it can stream to the channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_name: Option<SecretText>,
    /// The address to which it is sent, such as `rtmp://…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ingestion_address: Option<String>,
    /// The other fields, such as `backupIngestionAddress`.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

impl fmt::Debug for Cdn {
    /// All is left out: an address may hold the key, and of the other fields nobody has said what they hold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cdn").finish_non_exhaustive()
    }
}

impl fmt::Debug for IngestionInfo {
    /// As for [`Cdn`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IngestionInfo").finish_non_exhaustive()
    }
}

impl StreamKey {
    /// Whether a text can be the id of a stream: what can be a title.
    pub(super) fn is_id(text: &str) -> bool {
        wording::is_title(text)
    }
}

impl Entity for StreamKey {
    fn collection() -> CollectionName {
        CollectionName::STREAM_MAPPING
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        vec![
            (named::STREAM_INDEX, named::stream(&self.token_file, &self.stream_id)),
            (TOKEN_INDEX, self.token_file.folded()),
        ]
    }

    fn unique_indexes() -> &'static [&'static str] {
        &[named::STREAM_INDEX]
    }

    fn secret_fields() -> &'static [&'static str] {
        &["cdn"]
    }

    fn references(&self) -> Vec<Reference> {
        let token = Reference::to_file("token_file", CollectionName::TOKENS, &self.token_file);
        vec![token.rule(OnReferenced::Cascade)]
    }

    fn check_change(&self, before: Option<&Self>) -> Result<(), ChangeRefusal> {
        let same_id = before.is_some_and(|before| before.stream_id == self.stream_id);
        let same_title = before.is_some_and(|before| before.title == self.title);
        if !same_id && !Self::is_id(&self.stream_id) {
            return Err(ChangeRefusal::Field { field: "stream_id" });
        }
        if !same_title && !wording::is_line(&self.title, wording::MAX_TITLE) {
            return Err(ChangeRefusal::Field { field: "title" });
        }
        Ok(())
    }
}
