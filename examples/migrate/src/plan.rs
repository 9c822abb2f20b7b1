//! `plan`: what a migration would do.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use tenantry::migrate::{PlanOptions, Planner, Refused};

use crate::arguments::PlanWish;
use crate::bulk_upload_queue::QueuedUpload;
use crate::failure::Failure;
use crate::looped_videos::LoopedVideo;
use crate::progress::Shown;
use crate::stream_timers::StreamTimer;

/// What the program ends with if the plan can't be applied.
const IN_THE_WAY: u8 = 3;

/// Makes the plan and shows it.
pub(crate) fn run(wish: &PlanWish) -> Result<ExitCode, Failure> {
    let options = options(wish)?;
    if let Some(file) = &wish.xlsx {
        check_outside(&wish.root, file)?;
    }
    let shown = Arc::new(Shown::new());
    let planner = Planner::new(options).kind::<LoopedVideo>().kind::<QueuedUpload>().kind::<StreamTimer>();
    let plan = planner.progress(move |progress| shown.show(progress)).plan(&wish.root)?;
    if let Some(file) = &wish.xlsx {
        let failed = |source| Failure::File { what: "the workbook could not be written", source };
        fs::write(file, plan.to_workbook()?).map_err(failed)?;
    }
    let mut output = std::io::stdout().lock();
    if wish.json {
        serde_json::to_writer_pretty(&mut output, &plan).map_err(std::io::Error::from)?;
        writeln!(output)?;
    } else {
        write!(output, "{plan}")?;
    }
    output.flush()?;
    Ok(if plan.can_be_applied() { ExitCode::SUCCESS } else { ExitCode::from(IN_THE_WAY) })
}

fn options(wish: &PlanWish) -> Result<PlanOptions, Failure> {
    let mut options = PlanOptions::default();
    options.default_owner = wish.default_owner.clone().unwrap_or(options.default_owner);
    options.time_zone = wish.time_zone.clone().unwrap_or(options.time_zone);
    options.demo.clone_from(&wish.demo);
    options.refused = if wish.leave { Refused::Leave } else { Refused::Block };
    if let Some(file) = &wish.owners {
        options.owners = owners(file)?;
    }
    Ok(options)
}

fn owners(file: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let failed = |source| Failure::File { what: "the owners' file could not be read", source };
    let text = fs::read(file).map_err(failed)?;
    serde_json::from_slice(&text)
        .map_err(|error| Failure::Owners { line: error.line(), column: error.column() })
}

/// Refuses a file that would be part of the tree that it tells of.
fn check_outside(root: &Path, file: &Path) -> Result<(), Failure> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_owned);
    let (Ok(root), Ok(folder)) = (root.canonicalize(), folder.canonicalize()) else { return Ok(()) };
    if folder.starts_with(root) { Err(Failure::InTheTree) } else { Ok(()) }
}
