//! Texts that are stored and never shown.

use std::cell::Cell;
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// A text that must not leave: a token, a password, a stream key.
///
/// `Debug`, and every serialisation but the library's own into storage, put `[secret]` in its place,
/// so that no response, log line or template can carry it by accident; there is no `Display`. The
/// text itself is had by [`expose`](Self::expose), which is easy to look for.
///
/// Reading works as for a `String`. Storing the very text `[secret]` is refused
/// ([`RedactedSecret`](super::RecordError::RedactedSecret)): it would mean that a response came back
/// as a new value, and the secret would be lost.
///
/// ```
/// use tenantry::record::SecretText;
/// let key = SecretText::new("live-123");
/// assert_eq!(serde_json::to_string(&key).unwrap(), r#""[secret]""#);
/// assert_eq!(format!("{key:?}"), "[secret]");
/// assert_eq!(key.expose(), "live-123");
/// ```
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct SecretText(String);

impl SecretText {
    /// What stands in the place of a secret.
    pub const REDACTED: &'static str = "[secret]";

    /// Wraps a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::REDACTED)
    }
}

impl PartialEq for SecretText {
    /// Takes a time that does not tell where the texts differ.
    fn eq(&self, other: &Self) -> bool {
        blake3::hash(self.0.as_bytes()) == blake3::hash(other.0.as_bytes())
    }
}

impl Eq for SecretText {}

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let scope = SCOPE.get();
        if !scope.reveal {
            return serializer.serialize_str(Self::REDACTED);
        }
        if self.0 == Self::REDACTED {
            SCOPE.set(Scope { redacted: true, ..scope });
        }
        serializer.serialize_str(&self.0)
    }
}

/// How secrets on this thread are being serialised. A value's `serialize` can't be given an argument
/// and a serializer of our own would be a hundred lines of forwarding, so it is a state of the
/// thread: hidden unless within [`revealed`], which never spans an `await`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Scope {
    reveal: bool,
    /// Whether a secret was met that is the text of a redacted one.
    redacted: bool,
}

const HIDDEN: Scope = Scope { reveal: false, redacted: false };

thread_local! {
    static SCOPE: Cell<Scope> = const { Cell::new(HIDDEN) };
}

/// Puts the former scope back, also when a host's `serialize` panics.
struct Restore(Scope);

impl Drop for Restore {
    fn drop(&mut self) {
        SCOPE.set(self.0);
    }
}

/// What a serialisation met.
pub(super) struct Revealed<R> {
    /// What it returned.
    pub(super) result: R,
    /// Whether one of the secrets was the text of a redacted one.
    pub(super) redacted: bool,
}

/// Runs a serialisation into storage: secrets are written as they are.
pub(super) fn revealed<R>(serialize: impl FnOnce() -> R) -> Revealed<R> {
    let _restore = Restore(SCOPE.replace(Scope { reveal: true, redacted: false }));
    let result = serialize();
    Revealed { result, redacted: SCOPE.get().redacted }
}

/// Runs a serialisation for a response, wherever it is called from.
pub(super) fn hidden<R>(serialize: impl FnOnce() -> R) -> R {
    let _restore = Restore(SCOPE.replace(HIDDEN));
    serialize()
}
