//! Records that live streams and schedules name.

use serde::{Deserialize, Serialize};
use tenantry::paths::{CollectionName, FileName};
use tenantry::record::{Entity, RecordId};
use tenantry::{FetchedStreamKey, SourceError, StreamKeySource, Token, TokenContent, Workspace};

/// A thumbnail's record, found as the library's own would be.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Image {
    key: String,
}

impl Entity for Image {
    fn collection() -> CollectionName {
        CollectionName::THUMBNAILS
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        vec![("file", self.key.clone())]
    }
}

impl Image {
    /// One that is found under that key.
    pub(crate) async fn add(own: &Workspace, key: &str) -> RecordId {
        let value = Self { key: key.to_owned() };
        own.collection().insert(value).await.unwrap().id().clone()
    }
}

/// Adds a token of that name.
pub(crate) async fn add_token(own: &Workspace, name: &str) -> RecordId {
    let (name, content) = (FileName::parse(name).unwrap(), TokenContent::parse("{}").unwrap());
    own.tokens().create(&name, content).await.unwrap().id().clone()
}

/// A service with one stream, of that id.
struct Service(&'static str);

#[async_trait::async_trait]
impl StreamKeySource for Service {
    async fn stream_keys(&self, _: &Token) -> Result<Vec<FetchedStreamKey>, SourceError> {
        Ok(vec![FetchedStreamKey::new(self.0, "Main")])
    }
}

/// Adds a stream key of a token.
#[allow(dead_code, reason = "not every test needs one")]
pub(crate) async fn add_stream_key(own: &Workspace, token: &str, id: &'static str) -> RecordId {
    let token = FileName::parse(token).unwrap();
    own.stream_keys().fetch(&token, &Service(id)).await.unwrap();
    own.stream_keys().read(&token, id).await.unwrap().id().clone()
}
