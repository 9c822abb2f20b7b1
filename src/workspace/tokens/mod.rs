//! A tenant's OAuth tokens: small secrets, whose content is in the ledger, so that a refresh is the old
//! one or the new one and nothing between.
//!
//! Asking the service for tokens is the application's.

mod token;

pub use token::{Token, TokenContent};

use crate::error::Result;
use crate::ledger::{Draft, Entry, State};
use crate::ownership::{Action, Resource};
use crate::paths::{FileName, TenantId};
use crate::record::{OnReferenced, Record, RecordText, named};

use super::access::{Access, Author, missing};
use super::operations;
use super::page::{ListOptions, Page};
use super::records::{self, Expected};

/// A tenant's OAuth tokens, each known by its file name, ignoring case.
///
/// Each has a file `tokens/<tenant>/<name>` for other programs, where the store keeps views up (the local
/// disk): its content to the byte, there, replaced whole, or gone before the change of the token is answered,
/// unless views are written [at close](super::ViewMode::AtClose) only. A change stands also if its file
/// could not be written; then that is logged, and done later. What somebody else wrote into one is never
/// read: it is [set aside](super::EditedViews) when the token is replaced or deleted.
///
/// To the policy one is the record of that name in the collection `tokens`. The default policy shows
/// tokens to their owner and to admins only, also in a shared workspace.
///
/// # Errors
/// Every operation answers [`NotFound`](crate::ErrorKind::NotFound) for what is missing or foreign,
/// [`Denied`](crate::ErrorKind::Denied) for what may be seen and not done, and the store's errors.
#[derive(Debug, Clone, Copy)]
pub struct Tokens<'a> {
    access: &'a Access,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(access: &'a Access) -> Self {
        Self { access }
    }

    /// A page of the tokens.
    ///
    /// # Errors
    /// See [`Tokens`]; [`InvalidInput`](crate::ErrorKind::InvalidInput) for a limit out of range or a cursor
    /// of another list.
    pub async fn list(&self, options: &ListOptions) -> Result<Page<Record<Token>>> {
        operations::list(self.access, Action::ListTokens, options).await
    }

    /// One token, with its content.
    ///
    /// # Errors
    /// See [`Tokens`].
    pub async fn read(&self, file: &FileName) -> Result<Record<Token>> {
        let action = Action::ReadToken;
        let admitted = self.access.admit(action, &Resource::token(file)).await?;
        find(&admitted.state, self.access.tenant(), action, file)
    }

    /// Stores a new token.
    ///
    /// # Errors
    /// See [`Tokens`]; [`AlreadyExists`](crate::ErrorKind::AlreadyExists) if there is one of that name;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a token [can't be called](Token::is_name) so;
    /// [`TooLarge`](crate::ErrorKind::TooLarge).
    pub async fn create(&self, file: &FileName, content: TokenContent) -> Result<Record<Token>> {
        operations::insert(self.access, Action::CreateToken, Token::new(file.clone(), content)).await
    }

    /// Replaces a token's content, whole. Give the revision that was read, so that of two refreshes at
    /// once one is told of the other.
    ///
    /// # Errors
    /// See [`Tokens`]; [`RevisionMismatch`](crate::ErrorKind::RevisionMismatch), and the other content
    /// stays; [`TooLarge`](crate::ErrorKind::TooLarge).
    pub async fn replace(
        &self,
        file: &FileName,
        expected: impl Into<Expected>,
        content: TokenContent,
    ) -> Result<Record<Token>> {
        let (action, resource, expected) = (Action::ReplaceToken, Resource::token(file), expected.into());
        let file = file.clone();
        let run = move |draft: &mut Draft, author: &Author<'_>| {
            let id = find(draft.state(), author.tenant, action, &file)?.id().clone();
            let change = |old: &Token| Ok(Token { content: content.clone(), ..old.clone() });
            records::update(draft, author, action, &id, expected, change)
        };
        Ok(self.access.transact(action, &resource, run).await?.0)
    }

    /// Deletes a token and returns the record that it had. Its stream keys go with it, in the same
    /// transaction.
    ///
    /// # Errors
    /// See [`Tokens`]; [`RevisionMismatch`](crate::ErrorKind::RevisionMismatch);
    /// [`Referenced`](crate::ErrorKind::Referenced) if a schedule names it, or something else one of its
    /// stream keys.
    pub async fn delete(&self, file: &FileName, expected: impl Into<Expected>) -> Result<Record<Token>> {
        self.delete_with(file, expected, OnReferenced::Refuse).await
    }

    /// The same, saying what becomes of the records that name it; see
    /// [`Collection::remove_with`](super::Collection::remove_with).
    ///
    /// # Errors
    /// As for [`delete`](Self::delete) and there.
    pub async fn delete_with(
        &self,
        file: &FileName,
        expected: impl Into<Expected>,
        named: OnReferenced,
    ) -> Result<Record<Token>> {
        let (action, resource, expected) = (Action::DeleteToken, Resource::token(file), expected.into());
        let file = file.clone();
        let run = move |draft: &mut Draft, author: &Author<'_>| {
            let id = find(draft.state(), author.tenant, action, &file)?.id().clone();
            records::remove::<Token>(draft, author, action, &id, expected, named)
        };
        Ok(self.access.transact(action, &resource, run).await?.0)
    }
}

/// The files of these tokens: names, and contents as they were given. One that can't be read, or whose
/// name a token can't have, has none.
pub(super) fn files(entries: &[Entry]) -> Vec<(FileName, String)> {
    let read = |entry: &Entry| Record::<Token>::read(&RecordText::from_stored(entry.text.clone())).ok();
    let tokens = entries.iter().filter_map(read).map(Record::into_value);
    let named = tokens.filter(|token| Token::is_name(&token.filename));
    named.map(|token| (token.filename, token.content.expose().to_owned())).collect()
}

pub(super) fn find(
    state: &State,
    tenant: &TenantId,
    action: Action,
    file: &FileName,
) -> Result<Record<Token>> {
    let found = records::find(state, tenant, action, named::FILE_INDEX, &file.folded())?;
    found.into_iter().next().ok_or_else(|| missing(action.as_str(), &Resource::token(file)))
}
