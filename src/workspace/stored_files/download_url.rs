//! URLs by which files are read without going through the application.

use std::fmt::Write;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::error::{Error, ErrorKind, Result};
use crate::ownership::Action;
use crate::store::{SignedUrl, UrlPurpose, UrlRequest};

use super::super::access::{Access, Core};
use super::reading::locate;
use super::{FileRef, StoredFile};

/// The longest life of a URL: seven days, as S3 has it.
pub(in crate::workspace) const LONGEST_URL: Duration = Duration::from_secs(7 * 24 * 3600);

/// A URL that makes one request possible without credentials.
///
/// Whoever knows it can make that request until it expires, and nothing can be done about it before: it is a
/// secret, and `Debug` shows nothing of it.
#[derive(Clone)]
pub struct PresignedUrl {
    pub(super) method: &'static str,
    pub(super) signed: SignedUrl,
    pub(super) expires_at: Timestamp,
}

impl std::fmt::Debug for PresignedUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PresignedUrl")
            .field("method", &self.method)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl PresignedUrl {
    /// The method with which the request is made: `GET` or `PUT`.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        self.method
    }

    /// The URL itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.signed.url.expose()
    }

    /// The headers that the request has to have, by name and value: without them, or with others, it is refused.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.signed.headers.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// When it expires, by this process's clock.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

/// For how long a URL may be good that was asked for so long: in whole seconds.
pub(super) fn checked_life(operation: &'static str, asked: Duration, longest: Duration) -> Result<Duration> {
    let life = Duration::from_secs(asked.as_secs());
    if life.is_zero() || asked > longest {
        return Err(Error::new(ErrorKind::InvalidInput, operation).about("expires_in"));
    }
    Ok(life)
}

/// Refuses where no URL is ever signed. Asked once the operation is decided.
pub(super) fn check_signs(core: &Core, action: Action) -> Result<()> {
    if core.guarded.capabilities().signs_urls {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unsupported, action.as_str()))
}

/// A moment so much later.
pub(super) fn later(moment: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    moment.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// A URL by which a file's bytes are read.
pub(in crate::workspace) async fn download_url<E: StoredFile>(
    access: &Access,
    file: FileRef,
    expires_in: Duration,
) -> Result<PresignedUrl> {
    let action = E::DOWNLOAD_URL;
    let expires_in = checked_life(action.as_str(), expires_in, LONGEST_URL)?;
    let found = locate::<E>(access, action, &file).await?;
    check_signs(&access.core, action)?;
    let record = found.record.value();
    let purpose = UrlPurpose::Get {
        content_type: record.content_type().to_owned(),
        content_disposition: disposition(record.original_name()),
    };
    let core = &access.core;
    let expires_at = later(core.clock.now(), expires_in);
    let signed = core.guarded.store(&found.permit).sign_url(&found.key, UrlRequest { purpose, expires_in });
    let signed = signed.await.map_err(|error| Error::store(action.as_str(), error))?;
    Ok(PresignedUrl { method: "GET", signed, expires_at })
}

/// `Content-Disposition` for a file to be shown, with its name as RFC 8187 writes it.
fn disposition(name: &str) -> String {
    let mut text = "inline; filename*=UTF-8''".to_owned();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a text does not fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn a_name_can_add_nothing_to_a_header() {
        let written = disposition("hujan \"a\";\r\nx: é.mp4");
        assert_eq!(written, "inline; filename*=UTF-8''hujan%20%22a%22%3B%0D%0Ax%3A%20%C3%A9.mp4");
    }
}
