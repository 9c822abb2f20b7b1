//! What the tour is asked for on its command line.

use std::ffi::OsString;
use std::path::PathBuf;

pub(crate) const USAGE: &str = "\
Usage: cargo run --example tour -- [--root DIR] [--store s3] [--json]

  --root DIR   work in DIR and keep it; without it, in a temporary folder.
               A folder that the tour was in before is taken up as it is.
  --store s3   keep the tenants in the bucket that TENANTRY_S3 names, such as
               s3://bucket/prefix?region=eu-central-1; credentials come from
               AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Where it names none, on
               a server that `cargo xtask s3 up` starts and the tour stops again.
               Needs --features s3 before the --.
  --json       print one JSON document in place of text
  --help       print this
";

#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) root: Option<PathBuf>,
    /// Whether the tenants are kept in a bucket.
    pub(crate) bucket: bool,
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
            Some("--store") => match given.next().as_deref().and_then(std::ffi::OsStr::to_str) {
                Some("s3") if !cfg!(feature = "s3") => {
                    return Err("--store s3 needs --features s3 before the --.".to_owned());
                }
                Some("s3") => arguments.bucket = true,
                _ => return Err("--store takes s3.".to_owned()),
            },
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
