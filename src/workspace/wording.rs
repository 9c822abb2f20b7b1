//! Texts that people give to things.

/// The longest title, in bytes.
pub(super) const MAX_TITLE: usize = 500;

/// Whether a text can be a title: one line in which something is seen, and not too long.
pub(super) fn is_title(text: &str) -> bool {
    !text.trim().is_empty() && is_line(text, MAX_TITLE)
}

/// Whether a text is one line of at most that many bytes.
pub(super) fn is_line(text: &str, most: usize) -> bool {
    text.len() <= most && !text.chars().any(char::is_control)
}
