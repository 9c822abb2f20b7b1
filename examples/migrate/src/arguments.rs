//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, value_parser};

/// What is wanted.
#[derive(Debug)]
pub(crate) enum Command {
    Plan(PlanWish),
}

/// Of which tree a plan is wanted, and how it is to be shown.
#[derive(Debug)]
pub(crate) struct PlanWish {
    pub(crate) root: PathBuf,
    pub(crate) default_owner: Option<String>,
    pub(crate) owners: Option<PathBuf>,
    pub(crate) demo: Option<String>,
    pub(crate) time_zone: Option<String>,
    pub(crate) leave: bool,
    pub(crate) json: bool,
    pub(crate) xlsx: Option<PathBuf>,
}

/// Reads the command line.
pub(crate) fn parse(given: impl Iterator<Item = OsString>) -> Result<Command, clap::Error> {
    let matches = command().try_get_matches_from(given)?;
    match matches.subcommand() {
        Some(("plan", matches)) => Ok(Command::Plan(plan(matches))),
        _ => Err(command().error(clap::error::ErrorKind::MissingSubcommand, "a command is needed")),
    }
}

fn command() -> clap::Command {
    let codes = "It ends with 0 if the plan can be applied, 1 if something could not be read or written, \
                 2 if it was called wrongly, and 3 if the plan can't be applied.";
    let plan = clap::Command::new("plan")
        .about("Shows what a migration would do, and changes nothing")
        .after_help(codes)
        .arg(path("root", "DIR", "The folder in which the application keeps its data").required(true))
        .arg(text("default-owner", "NAME", "Whose what has no owner becomes [default: admin]"))
        .arg(path(
            "owners",
            "FILE",
            "A JSON object: file name, path or record id to owner, for what has none",
        ))
        .arg(text("demo", "NAME", "Who is the read-only demonstration"))
        .arg(text("time-zone", "NAME", "The zone whose clock the records show [default: Asia/Jakarta]"))
        .arg(flag("leave", "Leave records that can't be placed where they are"))
        .arg(flag("json", "Print one JSON document in place of text"))
        .arg(path("xlsx", "FILE", "Write the plan as a workbook, too; outside the root"));
    clap::Command::new("migrate")
        .about("From one shared folder to tenants")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(plan)
}

fn text(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

fn path(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    text(name, value, help).value_parser(value_parser!(PathBuf))
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).help(help).action(ArgAction::SetTrue)
}

fn plan(matches: &ArgMatches) -> PlanWish {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let path = |name: &str| matches.get_one::<PathBuf>(name).cloned();
    PlanWish {
        // It is required.
        root: path("root").unwrap_or_default(),
        default_owner: text("default-owner"),
        owners: path("owners"),
        demo: text("demo"),
        time_zone: text("time-zone"),
        leave: matches.get_flag("leave"),
        json: matches.get_flag("json"),
        xlsx: path("xlsx"),
    }
}
