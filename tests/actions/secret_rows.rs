//! The rows of tokens and stream keys, and the records that they act upon.

use tenantry::ownership::{Action, Resource};
use tenantry::paths::{CollectionName, FileName};
use tenantry::record::{OnReferenced, SecretText};
use tenantry::{
    Cdn, Expected, FetchedStreamKey, ListOptions, SourceError, StreamKeySource, Token, TokenContent,
    Workspace,
};

use crate::perform::{Row, direct};

/// The token that each tenant has, and the one that the rows create.
fn known() -> FileName {
    FileName::parse("known.json").unwrap()
}

fn fresh() -> FileName {
    FileName::parse("fresh.json").unwrap()
}

fn content() -> TokenContent {
    TokenContent::parse(r#"{"refresh_token": "synthetic"}"#).unwrap()
}

/// A service with one stream.
struct Service;

#[async_trait::async_trait]
impl StreamKeySource for Service {
    async fn stream_keys(&self, _: &Token) -> Result<Vec<FetchedStreamKey>, SourceError> {
        let cdn = Cdn::new("rtmp://ingest.example/live", SecretText::new("synthetic"));
        Ok(vec![FetchedStreamKey::new("stream-1", "Main").cdn(cdn)])
    }
}

/// Gives a tenant its token and its stream key, anew.
pub(crate) async fn furnish(own: &Workspace) {
    for file in [known(), fresh()] {
        let _ = own.tokens().delete_with(&file, Expected::Any, OnReferenced::Cascade).await;
    }
    own.tokens().create(&known(), content()).await.unwrap();
    own.stream_keys().fetch(&known(), &Service).await.unwrap();
}

/// Sees that an action of this kind is possible.
pub(crate) async fn prepare(own: &Workspace, action: Action) {
    // An export asks for each secret that there is.
    if is_secret(action) || action == Action::ExportTenant {
        furnish(own).await;
    }
    if action == Action::DeleteToken {
        // What goes with it is decided too, as actions of their own.
        own.stream_keys().delete_by_token(&known(), OnReferenced::Refuse).await.unwrap();
    }
}

pub(crate) fn is_secret(action: Action) -> bool {
    ["tokens.", "stream_keys."].iter().any(|area| action.as_str().starts_with(area))
}

/// What such an action is about.
pub(crate) fn resource(action: Action) -> Resource {
    match action {
        Action::ListTokens | Action::CreateToken => Resource::Collection(CollectionName::TOKENS),
        Action::ListStreamKeys => Resource::Collection(CollectionName::STREAM_MAPPING),
        _ if action.as_str().starts_with("tokens.") => Resource::token(&known()),
        _ => Resource::stream_key(&known(), None),
    }
}

pub(crate) fn rows(action: Action) -> Vec<Row> {
    match action {
        Action::ListTokens => {
            vec![direct!("Tokens::list", |call| call.workspace().tokens().list(&ListOptions::new()))]
        }
        Action::ReadToken => {
            vec![direct!("Tokens::read", |call| call.workspace().tokens().read(&known()))]
        }
        Action::CreateToken => {
            vec![direct!("Tokens::create", |call| call.workspace().tokens().create(&fresh(), content()))]
        }
        Action::ReplaceToken => vec![direct!("Tokens::replace", |call| {
            call.workspace().tokens().replace(&known(), Expected::Any, content())
        })],
        Action::DeleteToken => vec![
            direct!("Tokens::delete", |call| call.workspace().tokens().delete(&known(), Expected::Any)),
            direct!("Tokens::delete_with", |call| {
                call.workspace().tokens().delete_with(&known(), Expected::Any, OnReferenced::Clear)
            }),
        ],
        Action::ListStreamKeys => vec![
            direct!("StreamKeys::list", |call| call.workspace().stream_keys().list(&ListOptions::new())),
            direct!("StreamKeys::find_by_token", |call| {
                call.workspace().stream_keys().find_by_token(&known())
            }),
        ],
        Action::ReadStreamKey => vec![direct!("StreamKeys::read", |call| {
            call.workspace().stream_keys().read(&known(), "stream-1")
        })],
        // Decided before the service is asked, and again in the state that changes.
        Action::FetchStreamKeys => vec![Row {
            before: &[Action::FetchStreamKeys],
            ..direct!("StreamKeys::fetch", |call| call.workspace().stream_keys().fetch(&known(), &Service))
        }],
        Action::DeleteStreamKey => vec![
            direct!("StreamKeys::delete", |call| {
                call.workspace().stream_keys().delete(&known(), "stream-1", Expected::Any)
            }),
            direct!("StreamKeys::delete_with", |call| {
                call.workspace().stream_keys().delete_with(
                    &known(),
                    "stream-1",
                    Expected::Any,
                    OnReferenced::Clear,
                )
            }),
            direct!("StreamKeys::delete_by_token", |call| {
                call.workspace().stream_keys().delete_by_token(&known(), OnReferenced::Refuse)
            }),
        ],
        action => panic!("{action} has no row"),
    }
}
