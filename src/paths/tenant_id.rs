//! The name of a tenant, and how any other name becomes one.

use std::borrow::Cow;
use std::sync::Arc;

use super::NameError;
use super::reserved::{is_device_name, is_reserved_tenant};
use super::text::text_traits;

/// A tenant's name: plain, or the encoding of a name that is not.
///
/// A *plain* id is `[a-z0-9][a-z0-9._-]*`, at most 64 bytes, without a trailing dot, no Windows
/// device name, and none that the layout reserves (`done`). Any other name goes through
/// [`encode`](Self::encode), which writes `=` and two lower-case hexadecimal digits for each byte
/// of UTF-8 that has no place in a plain id.
///
/// Invariants: there is one id for each name and one spelling for each id, so ids that differ by
/// case, normal form or escapes do not exist side by side; an id is one harmless component of a
/// path, whatever the name it encodes.
///
/// ```
/// use tenantry::paths::{NameError, TenantId};
///
/// assert_eq!(TenantId::parse("ana.banu-2")?.as_str(), "ana.banu-2");
/// assert_eq!(TenantId::encode("Ana@Example.com")?.as_str(), "=41na=40=45xample.com");
/// assert_eq!(TenantId::encode("con")?.as_str(), "=63on");
///
/// assert_eq!(TenantId::parse(""), Err(NameError::Empty));
/// assert_eq!(TenantId::parse("Ana"), Err(NameError::Character { character: 'A', at: 0 }));
/// assert_eq!(TenantId::parse("ana/budi"), Err(NameError::Character { character: '/', at: 3 }));
/// assert_eq!(TenantId::parse(".."), Err(NameError::EdgeDot));
/// assert_eq!(TenantId::parse("ana."), Err(NameError::EdgeDot));
/// assert_eq!(TenantId::parse("nul.txt"), Err(NameError::DeviceName));
/// assert_eq!(TenantId::parse("done"), Err(NameError::Reserved));
/// assert_eq!(TenantId::parse("=61na"), Err(NameError::BadEscape)); // it would be a second `ana`
/// assert_eq!(TenantId::parse(&"a".repeat(65)), Err(NameError::TooLong { bytes: 65, limit: 64 }));
/// # Ok::<(), NameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(Arc<str>);

text_traits!(TenantId);

impl TenantId {
    /// The text, shared with this.
    pub(crate) fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }

    /// The longest id, in bytes.
    pub const MAX_BYTES: usize = 64;

    /// Parses an id: a plain one, or exactly what [`encode`](Self::encode) would have written.
    ///
    /// # Errors
    /// [`NameError`] with the reason of the refusal.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        check_length(text)?;
        if text.starts_with('.') || text.ends_with('.') {
            return Err(NameError::EdgeDot);
        }
        let refused = |&(at, c): &(usize, char)| {
            let fits = u8::try_from(c).is_ok_and(|byte| is_plain_at(at, byte));
            !fits && c != '='
        };
        if let Some((at, character)) = text.char_indices().find(refused) {
            return Err(NameError::Character { character, at });
        }
        if is_device_name(text) {
            return Err(NameError::DeviceName);
        }
        if is_reserved_tenant(text) {
            return Err(NameError::Reserved);
        }
        // Only the one encoding of a name is an id; anything else would be its second spelling.
        if text.contains('=') && unescape(text).is_none_or(|name| escape(&name) != text) {
            return Err(NameError::BadEscape);
        }
        Ok(Self(text.into()))
    }

    /// The id of any name at all: injective, reversed by [`decode`](Self::decode), and the name
    /// itself where that is a plain id.
    ///
    /// ```
    /// # use tenantry::paths::{NameError, TenantId};
    /// assert_eq!(TenantId::encode("budi")?.as_str(), "budi");
    /// assert_eq!(TenantId::encode("Budi")?.as_str(), "=42udi");
    /// assert_eq!(TenantId::encode("..")?.as_str(), "=2e=2e");
    /// assert_eq!(TenantId::encode("=2e=2e")?.as_str(), "=3d2e=3d2e");
    /// assert_eq!(TenantId::encode(""), Err(NameError::Empty));
    /// # Ok::<(), NameError>(())
    /// ```
    ///
    /// # Errors
    /// [`NameError::Empty`], and [`NameError::TooLong`] if the encoding is longer than an id may be.
    pub fn encode(name: &str) -> Result<Self, NameError> {
        // An encoding is never shorter than its name, so no long name is encoded first.
        check_length(name)?;
        let text = escape(name);
        check_length(&text)?;
        Ok(Self(text.into()))
    }

    /// The name that [`encode`](Self::encode) was given; a plain id itself.
    #[must_use]
    #[allow(clippy::expect_used, reason = "an id with escapes is a canonical encoding, and decodes")]
    pub fn decode(&self) -> String {
        unescape(&self.0).expect("every id decodes")
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check_length(text: &str) -> Result<(), NameError> {
    match text.len() {
        0 => Err(NameError::Empty),
        bytes if bytes > TenantId::MAX_BYTES => Err(NameError::TooLong { bytes, limit: TenantId::MAX_BYTES }),
        _ => Ok(()),
    }
}

/// Whether a byte stands for itself at this place of an id.
const fn is_plain_at(at: usize, byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9') || (at > 0 && matches!(byte, b'.' | b'_' | b'-'))
}

/// Writes a name with the escapes it needs, and no more.
fn escape(name: &str) -> String {
    let last = name.len().saturating_sub(1);
    let has_no_place = |at: usize, byte: u8| !is_plain_at(at, byte) || (at == last && byte == b'.');
    let text = escape_where(name, has_no_place);
    // Asked of the text as it would stand on disk: `con.É` is a device name there, `con=` is none.
    if is_device_name(&text) || is_reserved_tenant(&text) {
        return escape_where(name, |at, byte| at == 0 || has_no_place(at, byte));
    }
    text
}

fn escape_where(name: &str, escaped: impl Fn(usize, u8) -> bool) -> String {
    let one = |(at, byte)| {
        if escaped(at, byte) {
            Cow::from(format!("={byte:02x}"))
        } else {
            char::from(byte).to_string().into()
        }
    };
    name.bytes().enumerate().map(one).collect()
}

/// The name behind a text with escapes; `None` if it has a malformed one or is not UTF-8.
fn unescape(text: &str) -> Option<String> {
    let mut name = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'=' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            let value = digit()? * 16 + digit()?;
            name.push(u8::try_from(value).ok()?);
        } else {
            name.push(byte);
        }
    }
    String::from_utf8(name).ok()
}
