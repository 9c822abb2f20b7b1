//! A bucket for whoever names none: SeaweedFS, as `cargo xtask s3 up` starts it. The tour is run once more, with
//! what that prints in its environment, and the server is stopped.

use std::ffi::OsString;
use std::process::{Command, ExitCode, Output, Stdio};

use crate::Outcome;

/// The variable that names the bucket.
pub(crate) const BUCKET: &str = "TENANTRY_S3";

/// Whether nobody said which bucket to take.
pub(crate) fn wanted() -> bool {
    cfg!(feature = "s3") && std::env::var_os(BUCKET).is_none()
}

/// Starts a server, runs the tour on it and stops it.
pub(crate) fn tour() -> Outcome<ExitCode> {
    eprintln!("{BUCKET} names no bucket: `cargo xtask s3 up` starts a server.");
    let started = xtask("up")?;
    let variables = String::from_utf8_lossy(&started.stdout);
    let toured = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .envs(variables.lines().filter_map(exported))
        .status();
    xtask("down")?;
    Ok(if toured?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Name and value of a line `export NAME='value'`.
fn exported(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
    Some((name, value.trim_matches('\'')))
}

fn xtask(what: &str) -> Outcome<Output> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let output = Command::new(cargo)
        .args(["xtask", "s3", what])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("`cargo xtask s3 {what}` ended with {}.", output.status).into());
    }
    Ok(output)
}
