//! What a command says in the end, on the standard output: a text for people, or one JSON document.

use std::fmt::Display;
use std::io::Write;

use serde::Serialize;

use crate::failure::Failure;

/// Says it in one of the two forms.
pub(crate) fn give(text: &impl Display, document: &impl Serialize, json: bool) -> Result<(), Failure> {
    let mut output = std::io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut output, document).map_err(std::io::Error::from)?;
        writeln!(output)?;
    } else {
        write!(output, "{text}")?;
    }
    output.flush()?;
    Ok(())
}
