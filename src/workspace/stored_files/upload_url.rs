//! URLs by which files are uploaded without going through the application: giving them out, and giving up
//! what was begun. Completing is [`complete`](super::complete()).
//!
//! The largest size is reserved in the commit that makes the URL known, under a fresh name of which it can write
//! nothing else. All that is needed to complete the upload stands in the ledger, so any process can.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::Draft;
use crate::ownership::Resource;
use crate::paths::{BlobKey, FileName};
use crate::store::{UrlPurpose, UrlRequest};

use super::super::access::{Access, Author};
use super::super::files::{self, ByUrl};
use super::complete::{Standing, standing};
use super::download_url::{check_signs, checked_life, later};
use super::upload::checked;
use super::{PresignedUrl, StoredFile, written};

/// How long a file is that is to be uploaded by URL. So many bytes are reserved for it.
///
/// A URL does not bind its user to a length: who sends more than that has used the network in vain, since
/// completing refuses it and the bytes are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadLength {
    /// Exactly so many bytes.
    Exactly(u64),
    /// At most so many bytes.
    AtMost(u64),
}

impl UploadLength {
    const fn largest(self) -> u64 {
        match self {
            Self::Exactly(bytes) | Self::AtMost(bytes) => bytes,
        }
    }
}

/// What is to be uploaded by URL.
#[derive(Clone)]
#[non_exhaustive]
pub struct UploadByUrl {
    /// The name that it has where it comes from, of at most 1024 bytes; its extension says of which kind it is.
    pub original_name: String,
    /// How long it is.
    pub length: UploadLength,
    /// For how long the URL is to be good: at least a second, and at most
    /// [`upload_url_life`](crate::Settings::upload_url_life).
    pub expires_in: Duration,
    /// Its title; from the original name otherwise.
    pub title: Option<String>,
}

impl std::fmt::Debug for UploadByUrl {
    /// The names are left out, as for a record.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UploadByUrl")
            .field("length", &self.length)
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

impl UploadByUrl {
    /// A file of that name and length, by a URL that is good for so long.
    #[must_use]
    pub fn new(original_name: impl Into<String>, length: UploadLength, expires_in: Duration) -> Self {
        Self { original_name: original_name.into(), length, expires_in, title: None }
    }

    /// The same with a title.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }
}

/// An upload by URL that was begun.
#[derive(Debug, Clone)]
pub struct UploadTicket {
    upload: FileName,
    url: PresignedUrl,
}

impl UploadTicket {
    /// By what the upload is completed or given up, in whatever process. It is no secret: only who began the
    /// upload can do either.
    #[must_use]
    pub const fn upload(&self) -> &FileName {
        &self.upload
    }

    /// The URL, for whoever has the bytes.
    #[must_use]
    pub const fn url(&self) -> &PresignedUrl {
        &self.url
    }
}

/// Gives out a URL to upload a file by.
pub(in crate::workspace) async fn upload_url<E: StoredFile>(
    access: &Access,
    upload: UploadByUrl,
) -> Result<UploadTicket> {
    let (action, core) = (E::UPLOAD_URL, &access.core);
    let operation = action.as_str();
    let UploadByUrl { original_name, length, expires_in, title } = upload;
    let largest = length.largest();
    let (title, extension) = checked::<E>(core, operation, &original_name, title, Some(largest))?;
    let expires_in = checked_life(operation, expires_in, core.settings.upload_url_life)?;
    let name = FileName::parse(&format!("{}.{extension}", core.fresh_uuid()))
        .map_err(|error| Error::name(operation, error))?;
    let admitted = access.admit(action, &Resource::Collection(E::collection())).await?;
    check_signs(core, action)?;
    written::check_free_space(core, &admitted.permit, action, largest).await?;
    let key = BlobKey::new(access.tenant().clone(), E::AREA, name.clone());
    let expires_at = later(core.clock.now(), expires_in);
    let request = UrlRequest { purpose: UrlPurpose::Put, expires_in };
    // Signed before it is reserved, however long that takes, the URL ends before the reservation; and nobody
    // has it before that is durable.
    let signed = core.guarded.store(&admitted.permit).sign_url(&key, request).await;
    let signed = signed.map_err(|error| Error::store(operation, error))?;
    let by_url = ByUrl {
        principal: admitted.principal.tenant().to_string(),
        title,
        original_name,
        exact: matches!(length, UploadLength::Exactly(_)),
        creates_only: signed.creates_only,
        copy: None,
    };
    let (reserved, late) = (name.clone(), core.settings.late_upload);
    let run = move |draft: &mut Draft, _: &Author<'_>| {
        let until = later(later(draft.now(), expires_in), late);
        files::reserve_by_url(draft, E::AREA, &reserved, largest, until, by_url.clone());
        Ok(())
    };
    access.transact(action, &Resource::File(E::AREA, name.clone()), run).await?;
    Ok(UploadTicket { upload: name, url: PresignedUrl { method: "PUT", signed, expires_at } })
}

/// Gives up an upload by URL: what was uploaded goes, and its quota is held until the URL can write no more.
pub(in crate::workspace) async fn abandon<E: StoredFile>(access: &Access, upload: &FileName) -> Result<()> {
    let action = E::COMPLETE_UPLOAD;
    let (resource, name) = (Resource::File(E::AREA, upload.clone()), upload.clone());
    let inside = access.clone();
    let run = move |draft: &mut Draft, author: &Author<'_>| {
        check_signs(author.core, action)?;
        match standing::<E>(&inside, author.principal, draft.state(), &name) {
            Ok(Standing::Open(..)) => {
                files::abandon(draft, E::AREA, &name);
                Ok(())
            }
            Ok(Standing::Done(_)) => {
                Err(Error::new(ErrorKind::WrongState, action.as_str()).about("it was completed"))
            }
            // It was given up before.
            Err(_) if files::is_doomed(draft.state(), E::AREA, &name) => Ok(()),
            Err(error) => Err(error),
        }
    };
    access.transact(action, &resource, run).await.map(drop)
}
