//! What files and tokens are called that can't keep their name.

use crate::migrate::{Digest, TreePath};
use crate::paths::FileName;
use crate::workspace::Token;

/// The name of something that can't keep its own: made of what it is, with the extension that it has.
pub(super) fn made_name(path: &TreePath, of: &[&[u8]]) -> FileName {
    let name = path.name().replaced();
    named_like(&name, of)
}

/// The same for a name that nothing has.
pub(super) fn named_like(name: &str, of: &[&[u8]]) -> FileName {
    let digest = Digest::of_parts([b"name".as_slice()].into_iter().chain(of.iter().copied())).half();
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    let plain = |extension: &String| {
        (1..=8).contains(&extension.len()) && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let extension = extension.filter(plain).map(|extension| format!(".{extension}")).unwrap_or_default();
    FileName::of_digest(digest, &extension)
}

/// Whether a token can have a name.
pub(super) fn token_name(name: &str) -> Option<FileName> {
    FileName::parse(name).ok().filter(Token::is_name)
}
