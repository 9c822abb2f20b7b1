//! `cargo xtask counts`: how many instructions an operation takes and how often it allocates, which are the same on an
//! idle machine and on a busy one, so that what made an operation dearer is seen in every run of `cargo xtask test`.
//!
//! `benches/counts` does the operations, optimised; [`valgrind`] counts. What was counted is compared with what was
//! accepted before ([`mod@accepted`]), and more is refused until `--accept` says that it is meant.

mod accepted;
mod valgrind;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use accepted::{Accepted, Count};
use valgrind::Valgrind;

use crate::cargo::Cargo;
use crate::program::output;
use crate::project::Project;
use crate::report::Failure;

/// The package that does what is counted.
const PACKAGE: &str = "tenantry-counts";
/// Its program whose instructions are counted, and the function of it that is counted.
const INSTRUCTIONS: (&str, &str) = ("tenantry-instructions", "tenantry_instructions::counted");
/// Its program that counts allocations.
pub(crate) const ALLOCATIONS: &str = "tenantry-allocations";

/// How often one that takes more than was accepted is counted: what else the machine does changes which threads meet, and
/// so what those take that many do together.
const TRIES: usize = 4;

/// What was accepted; in the project's root.
const ACCEPTED: &str = "benches/counts/accepted.json";

/// Whether what is counted becomes what is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Compare,
    Accept,
}

/// Counts, and compares or accepts.
pub(crate) fn run(project: &Project, then: Then) -> Result<(), Failure> {
    let valgrind = Valgrind::find(project)?;
    let programs = build(project)?;
    let (file, compiler) = (project.root.join(ACCEPTED), compiler()?);
    if then == Then::Accept {
        let accepted = Accepted { compiler, operations: count(project, &valgrind, &programs, None)? };
        std::fs::write(file, accepted.to_text()?)?;
        println!("accepted, in {ACCEPTED}");
        return Ok(());
    }
    let accepted = Accepted::read(&std::fs::read_to_string(file)?)?;
    if accepted.compiler != compiler {
        println!("accepted were the counts of {}, these are those of {compiler}", accepted.compiler);
    }
    let more = accepted.exceeded_by(&count(project, &valgrind, &programs, Some(&accepted))?);
    if more.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{}; what takes them is shown by callgrind_annotate of target/counts/<operation>; if it has to be so, \
         `cargo xtask counts --accept` makes it what is accepted",
        more.join("; ")
    )))
}

/// Builds the programs, optimised, and says in which folder they are.
pub(crate) fn build(project: &Project) -> Result<PathBuf, Failure> {
    // What cargo says must not come between JSON lines.
    let _ = Cargo::at(&project.root).output(&["build", "--quiet", "--release", "--package", PACKAGE])?;
    Ok(project.target.join("release"))
}

/// Counts each operation, in a folder below the target; those that take more than was accepted some times, of which the
/// least counts.
fn count(
    project: &Project,
    valgrind: &Valgrind,
    programs: &Path,
    accepted: Option<&Accepted>,
) -> Result<BTreeMap<String, Count>, Failure> {
    let folder = project.target.join("counts");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let emptied = |name: &str| -> Result<PathBuf, Failure> {
        let work = folder.join("work").join(name);
        std::fs::create_dir_all(&work)?;
        Ok(work)
    };
    let mut command = Command::new(programs.join(ALLOCATIONS));
    let allocations: serde_json::Value =
        serde_json::from_str(&output(command.arg("allocations").arg(emptied("allocations")?))?)?;
    let program = programs.join(INSTRUCTIONS.0);
    let mut counted = BTreeMap::new();
    for name in output(Command::new(&program).arg("names"))?.lines() {
        let side = allocations["sides"].as_array().and_then(|sides| sides.iter().find(|s| s["side"] == name));
        let allocations = side.and_then(|side| side["rounds"][0].as_f64());
        let allocations = allocations.ok_or_else(|| Failure::new(format!("no allocations of {name}")))?;
        let mut least = Count { instructions: f64::INFINITY, allocations };
        for _ in 0..TRIES {
            let mut call = valgrind.call(INSTRUCTIONS.1, &folder.join(name));
            let times = output(call.arg(&program).arg(name).arg(emptied(name)?))?;
            let times: f64 =
                times.trim().parse().map_err(|_| Failure::new(format!("{name} says not how often")))?;
            let instructions = valgrind::total(&folder.join(name), INSTRUCTIONS.1)? as f64 / times;
            println!("{name}: {instructions:.0} instructions, {allocations:.2} allocations");
            least.instructions = least.instructions.min(instructions);
            if accepted.is_none_or(|accepted| accepted.exceeded(name, &least).is_empty()) {
                break;
            }
            std::fs::remove_dir_all(emptied(name)?)?;
        }
        counted.insert(name.to_owned(), least);
    }
    std::fs::remove_dir_all(folder.join("work"))?;
    Ok(counted)
}

/// The compiler, with its version.
fn compiler() -> Result<String, Failure> {
    let program = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    Ok(output(Command::new(program).arg("--version"))?.trim().to_owned())
}
