//! The members of an object in the spelling in which texts are made here: found by looking for where each ends.
//!
//! Whether a text is JSON is not seen by this. It is for texts that serde wrote or has read, and for those that it
//! reads before anything comes of what was found.

use memchr::{memchr, memchr2};

/// The members of an object, as names and values; `None` if it is none.
pub(super) fn members(object: &str) -> Option<Members<'_>> {
    let rest = object.strip_prefix('{')?.strip_suffix('}')?;
    Some(Members { rest, is_first: true })
}

/// The members of an object one after the other; `None` in place of one where a name has an escape, or white space
/// stands between tokens, or something is not as it is in an object.
pub(super) struct Members<'a> {
    rest: &'a str,
    is_first: bool,
}

impl<'a> Iterator for Members<'a> {
    type Item = Option<(&'a str, &'a str)>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        (!self.rest.is_empty()).then(|| self.member())
    }
}

impl<'a> Members<'a> {
    fn member(&mut self) -> Option<(&'a str, &'a str)> {
        if !std::mem::replace(&mut self.is_first, false) {
            self.rest = self.rest.strip_prefix(',')?;
        }
        let (name, after) = split_at_quote(self.rest.strip_prefix('"')?)?;
        let after = after.strip_prefix(':')?;
        let (value, after) = after.split_at_checked(length(after.as_bytes())?)?;
        self.rest = after;
        Some((name, value))
    }
}

/// What stands before a string's end, unless there is an escape in it, and what stands behind that.
fn split_at_quote(text: &str) -> Option<(&str, &str)> {
    let (before, end) = text.split_at_checked(memchr2(b'"', b'\\', text.as_bytes())?)?;
    Some((before, end.strip_prefix('"')?))
}

/// How long the value is with which a text begins.
fn length(text: &[u8]) -> Option<usize> {
    match text.first()? {
        b'"' => string(text),
        b'{' | b'[' => nested(text),
        _ => {
            let end = memchr(b',', text).unwrap_or(text.len());
            text[..end].iter().all(|byte| *byte > b' ').then_some(end)
        }
    }
}

/// How long the string is with which a text begins.
fn string(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        match text[at] {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

/// How long the array or object is with which a text begins.
fn nested(text: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        match text.get(at)? {
            b'"' => at += string(&text[at..])? - 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            byte if *byte <= b' ' => return None,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}
