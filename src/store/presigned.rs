//! What a URL is signed for, and the URL.

use std::fmt;
use std::time::Duration;

use crate::record::SecretText;

/// What a URL is to be good for, and for how long.
#[derive(Clone)]
pub struct UrlRequest {
    /// What may be done with it.
    pub purpose: UrlPurpose,
    /// For how long from now on: whole seconds, at least one.
    pub expires_in: Duration,
}

/// What may be done with a URL.
#[derive(Clone)]
#[non_exhaustive]
pub enum UrlPurpose {
    /// Read the blob, answered with these headers where the signer can fix them.
    Get {
        /// `Content-Type`.
        content_type: String,
        /// `Content-Disposition`.
        content_disposition: String,
    },
    /// Write the blob once, whole.
    Put,
}

impl fmt::Debug for UrlRequest {
    /// What is to be answered is left out: it holds names that people chose.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = match self.purpose {
            UrlPurpose::Get { .. } => "GET",
            UrlPurpose::Put => "PUT",
        };
        f.debug_struct("UrlRequest")
            .field("method", &method)
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

/// A URL by which a request is made without credentials. Whoever knows it can make that request until it
/// expires, so it is a secret until then.
#[derive(Debug, Clone)]
pub struct SignedUrl {
    /// The URL.
    pub url: SecretText,
    /// The headers without which the request is refused.
    pub headers: Vec<(&'static str, String)>,
    /// Whether the request creates the blob and never replaces one: that is part of what was signed, and the
    /// object store keeps to it.
    pub creates_only: bool,
}
