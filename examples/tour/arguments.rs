//! What the tour is asked for on its command line.

use std::ffi::OsString;
use std::path::PathBuf;

pub(crate) const USAGE: &str = "\
Usage: cargo run --example tour -- [--root DIR] [--json]

  --root DIR   work in DIR and keep it; without it, in a temporary folder.
               A folder that the tour was in before is taken up as it is.
  --json       print one JSON document in place of text
  --help       print this
";

#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) root: Option<PathBuf>,
    pub(crate) json: bool,
}

pub(crate) enum Wish {
    Tour(Arguments),
    Help,
}

/// Reads the arguments; the error says what is wrong with them.
pub(crate) fn parse(mut given: impl Iterator<Item = OsString>) -> Result<Wish, String> {
    let mut arguments = Arguments::default();
    while let Some(argument) = given.next() {
        match argument.to_str() {
            Some("--help" | "-h") => return Ok(Wish::Help),
            Some("--json") => arguments.json = true,
            Some("--root") if arguments.root.is_some() => return Err("--root was given twice.".to_owned()),
            Some("--root") => match given.next() {
                Some(folder) if !folder.is_empty() => arguments.root = Some(folder.into()),
                _ => return Err("--root needs a folder.".to_owned()),
            },
            _ => return Err(format!("Unknown argument: {}", argument.display())),
        }
    }
    Ok(Wish::Tour(arguments))
}
