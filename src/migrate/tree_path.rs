//! Where something lies beneath the root, whatever bytes its name has.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use crate::paths::visible;
use crate::record::serde_as_text;

/// A path relative to the root, with `/` between its parts. Names may be any bytes at all.
///
/// As text a byte that is no UTF-8 is written `\xff`, and a character that can't be seen `\u{202e}`; a
/// backslash is doubled, so that no two paths have the same text and the path can be had from it.
///
/// ```
/// use tenantry::migrate::TreePath;
/// let path: TreePath = r"videos/a\xff\u{202e}.mp4".parse().unwrap();
/// assert_eq!(path.to_string(), r"videos/a\xff\u{202e}.mp4");
/// assert_eq!(path.name().as_bytes().len(), 9);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TreePath(Arc<[u8]>);

/// The last part of a [`TreePath`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TreeName<'a>(&'a [u8]);

/// The text is not one that a [`TreePath`] is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a path beneath the root")]
pub struct TreePathError;

impl TreePath {
    /// The root itself.
    pub(super) fn root() -> Self {
        Self(Arc::from([]))
    }

    /// What has that name in this folder.
    pub(super) fn child(&self, name: &OsStr) -> Self {
        self.child_of_bytes(name.as_encoded_bytes())
    }

    /// The same for a name that is a text.
    pub(super) fn join(&self, name: &str) -> Self {
        self.child_of_bytes(name.as_bytes())
    }

    /// The same for the name of something that lies elsewhere.
    pub(super) fn child_named(&self, name: TreeName<'_>) -> Self {
        self.child_of_bytes(name.as_bytes())
    }

    fn child_of_bytes(&self, name: &[u8]) -> Self {
        let separator: &[u8] = if self.0.is_empty() { b"" } else { b"/" };
        Self([&*self.0, separator, name].concat().into())
    }

    /// Its parts, from the root on.
    pub(super) fn parts(&self) -> impl Iterator<Item = TreeName<'_>> {
        self.0.split(|byte| *byte == b'/').filter(|part| !part.is_empty()).map(TreeName)
    }

    /// Its last part.
    #[must_use]
    pub fn name(&self) -> TreeName<'_> {
        TreeName(self.0.rsplit(|byte| *byte == b'/').next().unwrap_or_default())
    }

    /// The folder in which it lies.
    pub(super) fn folder(&self) -> Self {
        let end = self.0.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        Self(self.0.get(..end).unwrap_or_default().into())
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As the system takes it, beneath a root; `None` where that can't name such bytes.
    pub(super) fn beneath(&self, root: &std::path::Path) -> Option<PathBuf> {
        let mut path = root.to_owned();
        for part in self.parts() {
            path.push(part.as_os()?);
        }
        Some(path)
    }
}

impl<'a> TreeName<'a> {
    /// The name, if it is a text.
    #[must_use]
    pub fn as_str(self) -> Option<&'a str> {
        std::str::from_utf8(self.0).ok()
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The name with a replacement character for each byte that is no text: as Python's databases have such
    /// names, once their lone surrogates are replaced.
    pub(super) fn replaced(self) -> String {
        let mut text = String::new();
        for chunk in self.0.utf8_chunks() {
            text.push_str(chunk.valid());
            text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
        }
        text
    }

    #[cfg(unix)]
    #[allow(clippy::unnecessary_wraps, reason = "elsewhere not all bytes are names")]
    fn as_os(self) -> Option<&'a OsStr> {
        Some(std::os::unix::ffi::OsStrExt::from_bytes(self.0))
    }

    #[cfg(not(unix))]
    fn as_os(self) -> Option<&'a OsStr> {
        self.as_str().map(OsStr::new)
    }
}

/// Bytes as they are, if they are a text in which nothing has to be escaped: most are.
fn plain(bytes: &[u8]) -> Option<&str> {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') & (*byte != b'\\');
    // All of them are looked at, so that it can be done many at a time.
    let all = bytes.iter().fold(true, |all, byte| all & is_plain(byte));
    std::str::from_utf8(bytes).ok().filter(|_| all)
}

/// Bytes as a text from which they can be had again.
fn escaped(bytes: &[u8]) -> Cow<'_, str> {
    if let Some(text) = plain(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\\' => text.push_str(r"\\"),
                plain => text.push_str(&visible(plain.encode_utf8(&mut [0; 4]))),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!(r"\x{byte:02x}"));
        }
    }
    Cow::Owned(text)
}

fn unescaped(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find('\\') {
        bytes.extend(rest.get(..at)?.as_bytes());
        let escape = rest.get(at + 1..)?;
        rest = if let Some(after) = escape.strip_prefix('\\') {
            bytes.push(b'\\');
            after
        } else if let Some(hex) = escape.strip_prefix('x') {
            bytes.push(u8::from_str_radix(hex.get(..2)?, 16).ok()?);
            hex.get(2..)?
        } else {
            let (hex, after) = escape.strip_prefix("u{")?.split_once('}')?;
            let character = char::from_u32(u32::from_str_radix(hex, 16).ok()?)?;
            bytes.extend(character.encode_utf8(&mut [0; 4]).as_bytes());
            after
        };
    }
    bytes.extend(rest.as_bytes());
    Some(bytes)
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escaped(&self.0))
    }
}

impl fmt::Display for TreeName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escaped(self.0))
    }
}

impl fmt::Debug for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for TreeName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for TreePath {
    type Err = TreePathError;

    /// Reads what is written; nothing that would lead out of the root.
    fn from_str(text: &str) -> Result<Self, TreePathError> {
        let is_part = |part: &[u8]| !part.is_empty() && part != b"." && part != b".." && !part.contains(&0);
        let path: Self = match plain(text.as_bytes()) {
            Some(plain) => Self(plain.as_bytes().into()),
            None => Self(unescaped(text).ok_or(TreePathError)?.into()),
        };
        let whole = path.0.split(|byte| *byte == b'/').all(is_part) && escaped(&path.0) == text;
        if whole { Ok(path) } else { Err(TreePathError) }
    }
}

serde_as_text!(TreePath);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

        #[test]
        fn every_path_is_had_again_from_its_text(
            parts in prop::collection::vec(
                prop_oneof![
                    prop::collection::vec(any::<u8>(), 1..12),
                    any::<String>().prop_map(String::into_bytes),
                ],
                1..4,
            ),
        ) {
            let clean = |part: Vec<u8>| -> Vec<u8> {
                part.into_iter().filter(|byte| *byte != b'/' && *byte != 0).collect()
            };
            let parts: Vec<_> = parts.into_iter().map(clean)
                .filter(|part| !part.is_empty() && part != b"." && part != b"..").collect();
            prop_assume!(!parts.is_empty());
            let path = parts.iter().fold(TreePath::root(), |path, part| path.child_of_bytes(part));
            prop_assert_eq!(&path.to_string().parse::<TreePath>().unwrap(), &path);
            prop_assert!(!path.to_string().chars().any(char::is_control));
        }
    }

    #[test]
    fn what_leads_elsewhere_is_no_path() {
        for text in
            ["", "/", "/etc/passwd", "a/../b", "./a", "a//b", r"a\", r"a\x2", r"a\q", r"\x61", r"a\x00"]
        {
            assert_eq!(text.parse::<TreePath>(), Err(TreePathError), "{text}");
        }
    }
}
