//! What a command says in the end, on the standard output: a text for people, or one JSON document.

use std::fmt::Display;
use std::io::{BufWriter, ErrorKind, Result, Write};

use serde::Serialize;

use crate::failure::Failure;

/// Says it in one of the two forms.
pub(crate) fn give(
    text: &impl Display,
    document: &impl Serialize,
    json: bool,
) -> std::result::Result<(), Failure> {
    let printed = if json { print_document(document) } else { print(text) };
    printed.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::Unread,
        _ => Failure::Printing(error),
    })
}

/// Prints one JSON document.
pub(crate) fn print_document(document: &impl Serialize) -> Result<()> {
    let mut output = BufWriter::new(std::io::stdout().lock());
    serde_json::to_writer_pretty(&mut output, document)?;
    writeln!(output)?;
    output.flush()
}

fn print(text: &impl Display) -> Result<()> {
    let mut output = BufWriter::new(std::io::stdout().lock());
    write!(output, "{text}")?;
    output.flush()
}
