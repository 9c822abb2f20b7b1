//! How far it is: a bar with rate and time left on a terminal, a line now and then elsewhere. Always on the standard
//! error, beside what a program reads.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use tenantry::migrate::{ByteCount, MigrationProgress, MigrationStage, SurveyProgress};

use crate::beside;

/// How many lines are written of each thing that is done, where there is no terminal.
const LINES: u64 = 10;

const BYTES: &str = "{prefix}{msg} [{bar:30}] {done} of {all}, {rate} in a second, {eta} left";
const STEPS: &str = "{prefix}{msg} [{bar:30}] {pos} of {len}, {per_sec}, {eta} left";

/// Who shows it.
pub(crate) struct Shown {
    is_terminal: bool,
    now: Mutex<Now>,
}

/// What is shown at present.
#[derive(Default)]
struct Now {
    what: &'static str,
    bar: Option<ProgressBar>,
    /// The part of each thing that the last line was written for.
    lines: BTreeMap<&'static str, u64>,
}

/// How far something is.
struct Far<'a> {
    what: &'static str,
    of: String,
    /// By what it is measured.
    done: u64,
    total: u64,
    is_done: bool,
    template: &'a str,
    /// Where there is no terminal.
    line: Option<String>,
}

impl Shown {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self { is_terminal: std::io::stderr().is_terminal(), now: Mutex::default() }
    }

    /// Shows how far the reading of a tree is.
    pub(crate) fn reading(&self, progress: SurveyProgress) {
        let SurveyProgress { files, total_files, bytes, total_bytes, .. } = progress;
        let (read, all) = (ByteCount(bytes), ByteCount(total_bytes));
        self.show(Far {
            what: "reading",
            of: format!(" file {files} of {total_files}"),
            done: bytes,
            total: total_bytes,
            is_done: files == total_files,
            template: BYTES,
            line: Some(format!("files read: {files} of {total_files}, {read} of {all}")),
        });
    }

    /// Shows how far a migration is.
    pub(crate) fn migration(&self, progress: &MigrationProgress) {
        let MigrationProgress { stage, tenant, done, total, bytes, total_bytes, .. } = progress;
        if *stage == MigrationStage::Comparing {
            // All is read once more.
            self.clear();
        }
        let what = match (stage, tenant) {
            (MigrationStage::Verifying, None) => "comparing the folder",
            _ => name(*stage),
        };
        let of = tenant.as_ref().map_or(String::new(), |tenant| format!(" of {tenant}"));
        let mut line = format!("{what}{of}: {done} of {total}");
        let has_bytes = matches!(stage, MigrationStage::Files | MigrationStage::Verifying);
        let by_bytes = has_bytes && tenant.is_some() && *total_bytes > 0;
        if by_bytes {
            line = format!("{line}; {} of {} of all tenants", ByteCount(*bytes), ByteCount(*total_bytes));
        }
        self.show(Far {
            what,
            of,
            done: if by_bytes { *bytes } else { *done },
            total: if by_bytes { *total_bytes } else { *total },
            is_done: false,
            template: if by_bytes { BYTES } else { STEPS },
            // There could be thousands of tenants.
            line: (*stage != MigrationStage::Records).then_some(line),
        });
    }

    /// Takes away what is shown, before something else is.
    pub(crate) fn clear(&self) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = now.bar.take() {
            bar.finish_and_clear();
        }
        *now = Now::default();
    }

    fn show(&self, far: Far<'_>) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_terminal {
            if now.what != far.what
                && let Some(bar) = now.bar.take()
            {
                bar.finish_and_clear();
            }
            now.what = far.what;
            let bar = now.bar.get_or_insert_with(|| bar(far.template).with_prefix(far.what));
            bar.set_length(far.total);
            bar.set_position(far.done);
            bar.set_message(far.of);
            return;
        }
        let Some(line) = far.line else { return };
        let part = if far.is_done { LINES + 1 } else { far.done.saturating_mul(LINES) / far.total.max(1) };
        if now.lines.get(far.what).is_none_or(|last| *last < part) {
            now.lines.insert(far.what, part);
            beside::say(line);
        }
    }
}

fn bar(template: &str) -> ProgressBar {
    let bytes = |of: fn(&ProgressState) -> u64| {
        move |state: &ProgressState, to: &mut dyn std::fmt::Write| {
            // What can't be shown is not shown.
            let _ = write!(to, "{}", ByteCount(of(state)));
        }
    };
    let style = ProgressStyle::with_template(template).map(|style| {
        let style = style.progress_chars("=> ").with_key("done", bytes(ProgressState::pos));
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is no less than nothing"
        )]
        let style = style.with_key("rate", bytes(|state| state.per_sec() as u64));
        style.with_key("all", bytes(|state| state.len().unwrap_or_default()))
    });
    let bar = ProgressBar::new(0);
    style.map_or(bar.clone(), |style| bar.with_style(style))
}

const fn name(stage: MigrationStage) -> &'static str {
    match stage {
        MigrationStage::Comparing => "comparing with the plan",
        MigrationStage::Journal => "writing the journal",
        MigrationStage::SettingAside => "setting aside",
        MigrationStage::Beginning => "tenants, now that",
        MigrationStage::Files => "files",
        MigrationStage::Records => "records",
        MigrationStage::Ending => "ending",
        MigrationStage::Verifying => "reading back",
        MigrationStage::RollingBack => "rolling back",
        _ => "going on",
    }
}
