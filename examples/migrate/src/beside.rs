//! What is said beside the answer, on the standard error: how far it is, and what went wrong. If nobody listens there
//! any more, what is done goes on all the same.

use std::fmt::Display;
use std::io::Write;

/// Says a line, or several.
pub(crate) fn say(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
