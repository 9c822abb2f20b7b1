//! Asking a service for a token's stream keys, and merging its answer.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::Draft;
use crate::ownership::{Action, Resource};
use crate::paths::{CollectionName, FileName};
use crate::record::{Record, named};

use super::super::access::{Access, Author};
use super::super::records::{self, Expected};
use super::super::tokens::{self, Token};
use super::stream_key::TOKEN_INDEX;
use super::{Cdn, StreamKey};

const ACTION: Action = Action::FetchStreamKeys;

/// Where stream keys come from: the application asks its service, with a token, for the keys of the
/// token's channel.
///
/// ```
/// use tenantry::record::SecretText;
/// use tenantry::{Cdn, FetchedStreamKey, SourceError, StreamKeySource, Token};
///
/// struct Service;
///
/// #[async_trait::async_trait]
/// impl StreamKeySource for Service {
///     async fn stream_keys(&self, token: &Token) -> Result<Vec<FetchedStreamKey>, SourceError> {
///         let _credentials = token.content.expose(); // for the request to the service
///         let cdn = Cdn::new("rtmp://ingest.example/live", SecretText::new("synthetic"));
///         Ok(vec![FetchedStreamKey::new("stream-1", "Main").cdn(cdn)])
///     }
/// }
/// ```
#[async_trait::async_trait]
pub trait StreamKeySource: Send + Sync {
    /// The keys of the channel to which a token gives access.
    ///
    /// # Errors
    /// Whatever hindered it: nothing is changed then. It is shown as the cause of the error, so it must
    /// not quote the token.
    async fn stream_keys(&self, token: &Token) -> std::result::Result<Vec<FetchedStreamKey>, SourceError>;
}

/// Why a [`StreamKeySource`] could not answer.
pub type SourceError = Box<dyn std::error::Error + Send + Sync>;

/// A stream key as a [`StreamKeySource`] tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FetchedStreamKey {
    /// The id that the service gave it.
    pub stream_id: String,
    /// What people call it.
    pub title: String,
    /// How a stream is delivered.
    pub cdn: Option<Cdn>,
}

impl FetchedStreamKey {
    /// A key with that id and title.
    #[must_use]
    pub fn new(stream_id: impl Into<String>, title: impl Into<String>) -> Self {
        Self { stream_id: stream_id.into(), title: title.into(), cdn: None }
    }

    /// Says how a stream is delivered.
    #[must_use]
    pub fn cdn(mut self, cdn: Cdn) -> Self {
        self.cdn = Some(cdn);
        self
    }
}

/// What merging an answer did, by the ids of the streams.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FetchReport {
    /// Those that were not known.
    pub added: Vec<String>,
    /// Those whose title or delivery is another one now.
    pub changed: Vec<String>,
    /// Those that are as they were.
    pub unchanged: Vec<String>,
    /// Those that the service did not name. They are kept: something may still use them.
    pub absent: Vec<String>,
}

/// Asks the source and merges what it says. The source is asked outside any transaction, so nobody waits
/// for it.
pub(super) async fn fetch(
    access: &Access,
    file: &FileName,
    source: &dyn StreamKeySource,
) -> Result<FetchReport> {
    let resource = Resource::stream_key(file, None);
    let admitted = access.admit(ACTION, &resource).await?;
    let token = tokens::find(&admitted.state, access.tenant(), ACTION, file)?;
    let fetched = source.stream_keys(token.value()).await.map_err(|error| {
        Error::new(ErrorKind::Unavailable, ACTION.as_str()).about(resource.to_string()).with_source(error)
    })?;
    if fetched.iter().any(|key| !StreamKey::is_id(&key.stream_id)) {
        return Err(Error::new(ErrorKind::InvalidInput, ACTION.as_str()).about("stream_id"));
    }
    let asked = token.id().clone();
    let file = token.value().filename.clone();
    let run = move |draft: &mut Draft, author: &Author<'_>| {
        let token = tokens::find(draft.state(), author.tenant, ACTION, &file)?;
        if *token.id() != asked {
            // Another channel's, perhaps: what was fetched is not its.
            let about = format!("{}/{file}", CollectionName::TOKENS);
            return Err(Error::new(ErrorKind::RevisionMismatch, ACTION.as_str()).about(about));
        }
        merge(draft, author, &file, &fetched)
    };
    Ok(access.transact(ACTION, &resource, run).await?.0)
}

fn merge(
    draft: &mut Draft,
    author: &Author<'_>,
    file: &FileName,
    fetched: &[FetchedStreamKey],
) -> Result<FetchReport> {
    let mut report = FetchReport::default();
    for key in fetched {
        let index = named::stream(file, &key.stream_id);
        let known: Vec<Record<StreamKey>> =
            records::find(draft.state(), author.tenant, ACTION, named::STREAM_INDEX, &index)?;
        let FetchedStreamKey { stream_id, title, cdn } = key.clone();
        let Some(known) = known.first() else {
            report.added.push(stream_id.clone());
            let new = StreamKey { token_file: file.clone(), stream_id, title, cdn };
            records::insert(draft, author, ACTION, &author.core.fresh_id(), &new)?;
            continue;
        };
        let merged = StreamKey { title, cdn, ..known.value().clone() };
        if merged == *known.value() {
            report.unchanged.push(stream_id);
            continue;
        }
        report.changed.push(stream_id);
        let change = |_: &StreamKey| Ok(merged);
        records::update(draft, author, ACTION, known.id(), Expected::Any, change)?;
    }
    let all: Vec<Record<StreamKey>> =
        records::find(draft.state(), author.tenant, ACTION, TOKEN_INDEX, &file.folded())?;
    let named = |id: &str| fetched.iter().any(|key| key.stream_id == id);
    let absent = all.into_iter().map(|key| key.value().stream_id.clone()).filter(|id| !named(id));
    report.absent = absent.collect();
    Ok(report)
}
