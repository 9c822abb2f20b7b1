//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use crate::failure::CODES;

/// What is wanted.
#[derive(Debug)]
pub(crate) enum Command {
    Plan(PlanWish),
    Apply(ApplyWish),
    Verify(Wish),
    Status(Wish),
    Rollback(RollbackWish),
    Finish(FinishWish),
}

impl Command {
    /// What it has in common with all others.
    pub(crate) const fn of(&self) -> &Wish {
        match self {
            Self::Plan(PlanWish { of, .. })
            | Self::Apply(ApplyWish { of, .. })
            | Self::Rollback(RollbackWish { of, .. })
            | Self::Finish(FinishWish { of, .. }) => of,
            Self::Verify(of) | Self::Status(of) => of,
        }
    }
}

/// What all commands have.
#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) root: PathBuf,
    /// Where the tenants are to be, or are, if not in the root.
    pub(crate) to: Option<String>,
    pub(crate) json: bool,
    /// Whether nothing is to be asked.
    pub(crate) yes: bool,
}

/// How a plan is made.
#[derive(Debug)]
pub(crate) struct PlanningWish {
    pub(crate) default_owner: Option<String>,
    pub(crate) owners: Option<PathBuf>,
    pub(crate) demo: Option<String>,
    pub(crate) time_zone: Option<String>,
    pub(crate) leave: bool,
    /// Of which tenants alone; all of them if empty.
    pub(crate) tenants: Vec<String>,
}

/// Of which tree a plan is wanted, and how it is to be shown.
#[derive(Debug)]
pub(crate) struct PlanWish {
    pub(crate) of: Wish,
    pub(crate) planning: PlanningWish,
    pub(crate) xlsx: Option<PathBuf>,
}

/// What is to be applied.
#[derive(Debug)]
pub(crate) struct ApplyWish {
    pub(crate) of: Wish,
    pub(crate) planning: PlanningWish,
}

/// What is to be rolled back.
#[derive(Debug)]
pub(crate) struct RollbackWish {
    pub(crate) of: Wish,
    pub(crate) discard_changes: bool,
}

/// What is to be ended.
#[derive(Debug)]
pub(crate) struct FinishWish {
    pub(crate) of: Wish,
    pub(crate) drop_originals: bool,
}

/// Reads the command line.
pub(crate) fn parse(given: impl Iterator<Item = OsString>) -> Result<Command, clap::Error> {
    let matches = command().try_get_matches_from(given)?;
    match matches.subcommand() {
        Some(("plan", matches)) => {
            let xlsx = matches.get_one::<PathBuf>("xlsx").cloned();
            Ok(Command::Plan(PlanWish { of: wish(matches), planning: planning(matches), xlsx }))
        }
        Some(("apply", matches)) => {
            Ok(Command::Apply(ApplyWish { of: wish(matches), planning: planning(matches) }))
        }
        Some(("verify", matches)) => Ok(Command::Verify(wish(matches))),
        Some(("status", matches)) => Ok(Command::Status(wish(matches))),
        Some(("rollback", matches)) => {
            let discard_changes = matches.get_flag("discard-changes");
            Ok(Command::Rollback(RollbackWish { of: wish(matches), discard_changes }))
        }
        Some(("finish", matches)) => {
            let drop_originals = matches.get_flag("drop-originals");
            Ok(Command::Finish(FinishWish { of: wish(matches), drop_originals }))
        }
        _ => Err(command().error(clap::error::ErrorKind::MissingSubcommand, "a command is needed")),
    }
}

fn command() -> clap::Command {
    let plan = planned(subcommand("plan", "Shows what a migration would do, and changes nothing"))
        .arg(to())
        .arg(path("xlsx", "FILE", "Write the plan as a workbook, too; outside the root"));
    let apply = subcommand("apply", "Does what a plan says, or goes on with what was begun");
    let verify = subcommand("verify", "Reads everything back and compares it with the plan");
    let status = subcommand("status", "Says how far a migration is, and changes nothing");
    let rollback = subcommand("rollback", "Puts everything back as it was before");
    let finish = subcommand("finish", "Ends a migration: it can't be rolled back any more");
    let discard = flag("discard-changes", "Throw away what tenants did since they were migrated");
    let drop = flag("drop-originals", "Remove the databases of before, which hold all secrets in clear");
    clap::Command::new("migrate")
        .about("From one shared folder to tenants")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help(CODES)
        .subcommand(plan)
        .subcommand(planned(apply).arg(to()).arg(yes()))
        .subcommand(verify.arg(to()))
        .subcommand(status)
        .subcommand(rollback.arg(discard).arg(to()).arg(yes()))
        .subcommand(finish.arg(drop).arg(to()).arg(yes()))
}

fn subcommand(name: &'static str, about: &'static str) -> clap::Command {
    clap::Command::new(name)
        .about(about)
        .after_help(CODES)
        .arg(path("root", "DIR", "The folder in which the application keeps its data").required(true))
        .arg(flag("json", "Print one JSON document in place of text"))
}

/// With the options that a plan rests on.
fn planned(command: clap::Command) -> clap::Command {
    let tenant = text("tenant", "NAME", "This tenant alone; may be given several times");
    command
        .arg(text("default-owner", "NAME", "Whose what has no owner becomes [default: admin]"))
        .arg(path(
            "owners",
            "FILE",
            "A JSON object: file name, path or record id to owner, for what has none",
        ))
        .arg(text("demo", "NAME", "Who is the read-only demonstration"))
        .arg(text("time-zone", "NAME", "The zone whose clock the records show [default: Asia/Jakarta]"))
        .arg(flag("leave", "Leave records that can't be placed where they are"))
        .arg(tenant.action(ArgAction::Append))
}

fn to() -> Arg {
    text(
        "to",
        "URL",
        "Where the tenants are to be, if not in the root: a folder, file://…, s3://bucket/prefix",
    )
}

fn yes() -> Arg {
    flag("yes", "Do it without asking")
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

fn wish(matches: &ArgMatches) -> Wish {
    // Not every command has each.
    let to = matches.try_get_one::<String>("to").ok().flatten();
    let yes = matches.try_get_one::<bool>("yes").ok().flatten();
    Wish {
        // It is required.
        root: matches.get_one::<PathBuf>("root").cloned().unwrap_or_default(),
        to: to.cloned(),
        json: matches.get_flag("json"),
        yes: yes.is_some_and(|yes| *yes),
    }
}

fn planning(matches: &ArgMatches) -> PlanningWish {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    PlanningWish {
        default_owner: text("default-owner"),
        owners: matches.get_one::<PathBuf>("owners").cloned(),
        demo: text("demo"),
        time_zone: text("time-zone"),
        leave: matches.get_flag("leave"),
        tenants: matches.get_many::<String>("tenant").into_iter().flatten().cloned().collect(),
    }
}
