//! Python with the packages that the tests need, in environments of their own under `target`, so that
//! nothing of the machine is changed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::run;
use crate::project::Project;
use crate::report::Failure;

const NEEDED: &str = "the tests need Python 3.11 or later with venv, as `python3` or as PYTHON names it";

/// The Python of an environment in a folder under `target`; made and filled unless it has the very
/// packages already that `requirements` names, each at one version, in a file under the project's root.
pub(crate) fn environment(project: &Project, folder: &str, requirements: &str) -> Result<PathBuf, Failure> {
    let folder = project.target.join(folder);
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let requirements = project.root.join(requirements);
    let (wanted, installed) = (std::fs::read_to_string(&requirements)?, folder.join("installed.txt"));
    if std::fs::read_to_string(&installed).is_ok_and(|text| text == wanted) && python.is_file() {
        return Ok(python);
    }
    let system = std::env::var_os("PYTHON").unwrap_or_else(|| OsString::from("python3"));
    let version = "import sys; sys.exit(sys.version_info < (3, 11))";
    run(Command::new(&system).args(["-c", version]))
        .map_err(|failure| Failure::new(format!("{NEEDED}: {failure}")))?;
    run(Command::new(&system).args(["-m", "venv", "--clear"]).arg(&folder))
        .map_err(|failure| Failure::new(format!("{NEEDED}: {failure}")))?;
    run(pip(&python).arg("--requirement").arg(&requirements))?;
    std::fs::write(installed, wanted)?;
    Ok(python)
}

fn pip(python: &Path) -> Command {
    let mut command = Command::new(python);
    command.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--only-binary",
        ":all:",
    ]);
    command
}
