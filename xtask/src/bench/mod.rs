//! `cargo xtask bench`: the library beside what a user would pick instead and beside the bare system, in one run, in
//! turn, on the same disk.
//!
//! `benches/` does and times what is compared, a process for each group of sides that take turns; here is what makes
//! lines of it, and what is asked of cargo itself ([`mod@build`]). [`cases`] says what is compared and what is to be reached, [`judge`] sets the one against the other,
//! [`show`] prints, [`plot`] draws, [`syncs`] counts.

mod arguments;
mod build;
mod cases;
mod judge;
mod measured;
mod plot;
mod show;
mod syncs;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use arguments::Arguments;
use cases::Case;
use measured::Measured;

use crate::cargo::Cargo;
use crate::counts;
use crate::program::output;
use crate::project::Project;
use crate::report::Failure;
use crate::seaweed::Server;
use crate::test::{PEERS, PYTHON};
use crate::{python, s3};

/// Runs what the arguments ask for. It succeeds if all was measured, whether or not the targets are met.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let arguments = Arguments::parse(arguments)?;
    let cases = arguments.chosen(&cases::all())?;
    let project = Project::read()?;
    let program = Measuring::new(&project, &arguments);
    let tracer = syncs::Tracer::find();
    // One that the groups on a server share.
    let mut server = None;
    show::head(&arguments, &program.folder, tracer.is_some());
    let (mut failed, mut rows) = (Vec::new(), Vec::new());
    for group in groups(&cases) {
        if cases::needs_server(group) && server.is_none() {
            server = Some(s3::start(&project)?.0);
        }
        let measured = match group {
            build::GROUP => build::measure(&project, program.emptied()?, arguments.builds()),
            group if cases::is_counted(group) => program.count(group),
            group => program.measure(group, server.as_ref()),
        };
        let measured = measured.map(|measured| {
            let mut syncs = |side: &str| match &tracer {
                Some(tracer) if cases::is_durable(group) => {
                    let counted = tracer.count(&program, group, side);
                    counted
                        .map_err(|failure| failed.push(format!("syncs of {group}, {side}: {failure}")))
                        .ok()
                }
                _ => None,
            };
            let counted: Vec<_> = measured.sides().map(|side| (side.to_owned(), syncs(side))).collect();
            (measured, counted)
        });
        match measured {
            Ok((measured, counted)) => {
                for case in cases.iter().filter(|case| case.group == group) {
                    let line = judge::line(case, &measured)?;
                    show::line(&arguments, &line, &counted);
                    rows.extend(plot::Row::of(case, &line));
                }
            }
            Err(failure) => failed.push(format!("{group}: {failure}")),
        }
    }
    if program.folder.exists() {
        std::fs::remove_dir_all(&program.folder)?;
    }
    if let Some(path) = &arguments.plot {
        std::fs::write(path, plot::svg(&rows, &show::summary(&arguments, &program.folder)))?;
    }
    for failure in &failed {
        eprintln!("FAILED: {failure}");
    }
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The groups that the cases need, in order, each once.
fn groups(cases: &[Case]) -> Vec<&'static str> {
    let mut groups: Vec<&'static str> = Vec::new();
    for case in cases {
        if !groups.contains(&case.group) {
            groups.push(case.group);
        }
    }
    groups
}

/// The measuring programs, and where they work.
struct Measuring<'a> {
    project: &'a Project,
    folder: PathBuf,
    rounds: usize,
    scale: &'static str,
}

impl<'a> Measuring<'a> {
    fn new(project: &'a Project, arguments: &Arguments) -> Self {
        Self {
            project,
            // Its own, so that another run takes nothing from under it.
            folder: project.target.join("bench").join(std::process::id().to_string()),
            rounds: arguments.rounds(),
            scale: if arguments.quick { "quick" } else { "full" },
        }
    }

    /// A call of the program that measures a group, which is built unless it is.
    fn program(&self, group: &str) -> Result<Command, Failure> {
        let package = cases::program(group);
        let build = ["build", "--quiet", "--release", "--package", package];
        // What cargo says must not come between JSON lines.
        let _ = Cargo::at(&self.project.root).output(&build)?;
        let mut command = Command::new(self.project.target.join("release").join(package));
        if cases::needs_python(group) {
            command.env(PYTHON, python::environment(self.project, "python", PEERS.1)?);
        }
        Ok(command)
    }

    /// An empty folder, on the disk on which the build lies.
    fn emptied(&self) -> Result<&Path, Failure> {
        if self.folder.exists() {
            std::fs::remove_dir_all(&self.folder)?;
        }
        std::fs::create_dir_all(&self.folder)?;
        Ok(&self.folder)
    }

    /// Lets the sides of a group take turns.
    fn measure(&self, group: &str, server: Option<&Server>) -> Result<Measured, Failure> {
        let (mut command, folder) = (self.program(group)?, self.emptied()?);
        command.envs(server.map(Server::environment).into_iter().flatten());
        command.args(["measure", group]).arg(folder).args([&self.rounds.to_string(), self.scale]);
        let measured = Measured::read(&output(&mut command)?);
        std::fs::remove_dir_all(folder)?;
        measured
    }

    /// Has the program count that is built for it, in which allocating takes a little longer; once, since it counts the
    /// same each time.
    fn count(&self, group: &str) -> Result<Measured, Failure> {
        let (program, folder) = (counts::build(self.project)?.join(counts::ALLOCATIONS), self.emptied()?);
        let measured = Measured::read(&output(Command::new(program).arg(group).arg(folder).arg(self.scale))?);
        std::fs::remove_dir_all(folder)?;
        measured
    }
}
