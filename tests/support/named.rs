//! Records that live streams and schedules name.

use tenantry::paths::FileName;
use tenantry::record::{Record, RecordId};
use tenantry::{FetchedStreamKey, SourceError, StreamKeySource, Thumbnail, Token, TokenContent, Workspace};

/// Adds a thumbnail.
pub(crate) async fn add_thumbnail(own: &Workspace) -> Record<Thumbnail> {
    own.thumbnails().upload_from("rain.png", &b"\x89PNG\r\n\x1a\nsynthetic"[..]).await.unwrap()
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
