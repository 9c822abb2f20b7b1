//! A tenant's stream keys: by which token, and under which secret, a stream is sent.
//!
//! What the service says is fetched through the application ([`StreamKeySource`]) and merged here.

mod fetch;
mod mapping;
mod stream_key;

pub use fetch::{FetchReport, FetchedStreamKey, SourceError, StreamKeySource};
pub(super) use mapping::mapping;
pub use stream_key::{Cdn, IngestionInfo, StreamKey};

use crate::error::Result;
use crate::ledger::{Draft, State};
use crate::ownership::{Action, Resource};
use crate::paths::{FileName, TenantId};
use crate::record::{OnReferenced, Record, named};

use super::access::{Access, Author, missing};
use super::operations;
use super::page::{ListOptions, Page};
use super::records::{self, Expected};
use stream_key::TOKEN_INDEX;

/// A tenant's stream keys, each known by its token's file name and its own id.
///
/// To the policy one is the record `<token file>/<stream id>` of the collection `stream_mapping`, and what
/// concerns all keys of a token the record `<token file>`. The default policy shows them to their owner
/// and to admins only, also in a shared workspace.
///
/// # Errors
/// Every operation answers [`NotFound`](crate::ErrorKind::NotFound) for what is missing or foreign,
/// [`Denied`](crate::ErrorKind::Denied) for what may be seen and not done, and the store's errors.
#[derive(Debug, Clone, Copy)]
pub struct StreamKeys<'a> {
    access: &'a Access,
}

impl<'a> StreamKeys<'a> {
    pub(super) fn new(access: &'a Access) -> Self {
        Self { access }
    }

    /// A page of the stream keys of all tokens.
    ///
    /// # Errors
    /// See [`StreamKeys`]; [`InvalidInput`](crate::ErrorKind::InvalidInput) for a limit out of range or a
    /// cursor of another list.
    pub async fn list(&self, options: &ListOptions) -> Result<Page<Record<StreamKey>>> {
        operations::list(self.access, Action::ListStreamKeys, options).await
    }

    /// The stream keys of a token, in order of insertion.
    ///
    /// # Errors
    /// See [`StreamKeys`].
    pub async fn find_by_token(&self, token_file: &FileName) -> Result<Vec<Record<StreamKey>>> {
        let key = token_file.folded();
        operations::find(self.access, Action::ListStreamKeys, TOKEN_INDEX, &key).await
    }

    /// One stream key, with its secret.
    ///
    /// # Errors
    /// See [`StreamKeys`].
    pub async fn read(&self, token_file: &FileName, stream_id: &str) -> Result<Record<StreamKey>> {
        let action = Action::ReadStreamKey;
        let admitted = self.access.admit(action, &Resource::stream_key(token_file, Some(stream_id))).await?;
        find(&admitted.state, self.access.tenant(), action, token_file, stream_id)
    }

    /// Asks the source for the stream keys of a token and merges its answer: new ones are added, known ones
    /// get the title and delivery that they have now, and those that it does not name stay.
    ///
    /// # Errors
    /// See [`StreamKeys`], where the token is what may be missing;
    /// [`Unavailable`](crate::ErrorKind::Unavailable), with its error as the cause, if the source could not
    /// answer; [`InvalidInput`](crate::ErrorKind::InvalidInput) for an id or title that is none;
    /// [`RevisionMismatch`](crate::ErrorKind::RevisionMismatch) if another token got that name meanwhile.
    /// Nothing is changed then.
    pub async fn fetch(&self, token_file: &FileName, source: &dyn StreamKeySource) -> Result<FetchReport> {
        fetch::fetch(self.access, token_file, source).await
    }

    /// Deletes a stream key and returns the record that it had. The service is not told.
    ///
    /// # Errors
    /// See [`StreamKeys`]; [`RevisionMismatch`](crate::ErrorKind::RevisionMismatch);
    /// [`Referenced`](crate::ErrorKind::Referenced) if another record names it.
    pub async fn delete(
        &self,
        token_file: &FileName,
        stream_id: &str,
        expected: impl Into<Expected>,
    ) -> Result<Record<StreamKey>> {
        self.delete_with(token_file, stream_id, expected, OnReferenced::Refuse).await
    }

    /// The same, saying what becomes of the records that name it; see
    /// [`Collection::remove_with`](super::Collection::remove_with).
    ///
    /// # Errors
    /// As for [`delete`](Self::delete) and there.
    pub async fn delete_with(
        &self,
        token_file: &FileName,
        stream_id: &str,
        expected: impl Into<Expected>,
        named: OnReferenced,
    ) -> Result<Record<StreamKey>> {
        let (action, expected) = (Action::DeleteStreamKey, expected.into());
        let resource = Resource::stream_key(token_file, Some(stream_id));
        let (file, stream_id) = (token_file.clone(), stream_id.to_owned());
        let run = move |draft: &mut Draft, author: &Author<'_>| {
            let id = find(draft.state(), author.tenant, action, &file, &stream_id)?.id().clone();
            records::remove::<StreamKey>(draft, author, action, &id, expected, named)
        };
        Ok(self.access.transact(action, &resource, run).await?.0)
    }

    /// Deletes all stream keys of a token, saying what becomes of the records that name them, and returns
    /// the records that they had: all of them, or none. The token stays.
    ///
    /// # Errors
    /// See [`StreamKeys`]; as for [`delete_with`](Self::delete_with). That there are none is no error.
    pub async fn delete_by_token(
        &self,
        token_file: &FileName,
        named: OnReferenced,
    ) -> Result<Vec<Record<StreamKey>>> {
        let (action, resource, key) =
            (Action::DeleteStreamKey, Resource::stream_key(token_file, None), token_file.folded());
        let run = move |draft: &mut Draft, author: &Author<'_>| {
            let keys: Vec<Record<StreamKey>> =
                records::find(draft.state(), author.tenant, action, TOKEN_INDEX, &key)?;
            for key in &keys {
                records::remove::<StreamKey>(draft, author, action, key.id(), Expected::Any, named)?;
            }
            Ok(keys)
        };
        Ok(self.access.transact(action, &resource, run).await?.0)
    }
}

fn find(
    state: &State,
    tenant: &TenantId,
    action: Action,
    token_file: &FileName,
    stream_id: &str,
) -> Result<Record<StreamKey>> {
    let key = named::stream(token_file, stream_id);
    let found = records::find(state, tenant, action, named::STREAM_INDEX, &key)?;
    found
        .into_iter()
        .next()
        .ok_or_else(|| missing(action.as_str(), &Resource::stream_key(token_file, Some(stream_id))))
}
