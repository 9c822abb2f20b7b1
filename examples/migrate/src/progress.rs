//! How far the reading of a tree is: a bar with rate and time left on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use tenantry::migrate::SurveyProgress;

/// How many lines are written where there is no terminal.
const LINES: u64 = 10;

/// Who shows it.
pub(crate) enum Shown {
    Bar(ProgressBar),
    /// How many lines were written.
    Lines(AtomicU64),
}

impl Shown {
    /// On the standard error.
    pub(crate) fn new() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::Lines(AtomicU64::new(0));
        }
        let template = "reading {msg} [{bar:30}] {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
        let style = ProgressStyle::with_template(template).map(|style| style.progress_chars("=> "));
        let bar = ProgressBar::new(0);
        Self::Bar(style.map_or(bar.clone(), |style| bar.with_style(style)))
    }

    pub(crate) fn show(&self, progress: SurveyProgress) {
        match self {
            Self::Bar(bar) => {
                bar.set_length(progress.total_bytes);
                bar.set_position(progress.bytes);
                bar.set_message(format!("{} of {} files", progress.files, progress.total_files));
                if progress.files == progress.total_files {
                    bar.finish_and_clear();
                }
            }
            Self::Lines(written) => {
                let is_done = progress.files == progress.total_files;
                let tenths = progress.bytes.saturating_mul(LINES) / progress.total_bytes.max(1);
                let line = if is_done { LINES + 1 } else { tenths };
                if written.fetch_max(line, Ordering::SeqCst) < line {
                    let (bytes, all) = (HumanBytes(progress.bytes), HumanBytes(progress.total_bytes));
                    eprintln!("read {} of {} files, {bytes} of {all}", progress.files, progress.total_files);
                }
            }
        }
    }
}
