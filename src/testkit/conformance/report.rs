//! What the suite found: a list of sentences by subject, each with its verdict.

use std::error::Error;
use std::fmt;

/// What a sentence is about; the sections of a [`Report`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Subject {
    /// Files: written once and whole, read in ranges.
    Blobs,
    /// Listings of blobs and of tenants: complete, in order, page by page.
    Listings,
    /// Commits: in order, by number, byte for byte.
    Ledger,
    /// The same state written shorter, or another in its place.
    Folds,
    /// Tombstones, and the lives that begin on them.
    Lives,
    /// The probe, clearing, views, and what a store says of itself.
    Upkeep,
    /// Several writers at once.
    Races,
    /// What is done under one id changes nothing under another.
    Isolation,
    /// Names that someone might send to get out of a tenant.
    Names,
    /// Answers that are lost on their way.
    UnknownOutcomes,
    /// What is left after everything was closed, and after a crash.
    Durability,
}

impl Subject {
    /// Every subject, in the order of a report.
    pub const ALL: [Self; 11] = [
        Self::Blobs,
        Self::Listings,
        Self::Ledger,
        Self::Folds,
        Self::Lives,
        Self::Upkeep,
        Self::Races,
        Self::Isolation,
        Self::Names,
        Self::UnknownOutcomes,
        Self::Durability,
    ];
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blobs => "blobs",
            Self::Listings => "listings",
            Self::Ledger => "ledger",
            Self::Folds => "folds",
            Self::Lives => "lives",
            Self::Upkeep => "upkeep",
            Self::Races => "races",
            Self::Isolation => "isolation",
            Self::Names => "names",
            Self::UnknownOutcomes => "unknown outcomes",
            Self::Durability => "durability",
        })
    }
}

/// What was found of one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The store does what it says.
    Holds,
    /// It does not; with what was found.
    Fails(String),
    /// Nobody knows; with the reason: what the store says that it lacks, or what the medium gives no
    /// way to bring about.
    NotRun(String),
}

/// One sentence of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What it is about.
    pub subject: Subject,
    /// What a store has to do. It is the sentence's name, and unique.
    pub sentence: &'static str,
    /// Whether it does.
    pub verdict: Verdict,
}

/// The sentences of the suite, each with what was found.
///
/// As text it is a list of them, a section for each subject, and a last line that counts.
#[derive(Debug, Clone, Default)]
pub struct Report {
    findings: Vec<Finding>,
}

impl Report {
    pub(super) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// All sentences, in order.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The sentences that hold.
    pub fn holding(&self) -> impl Iterator<Item = &'static str> {
        let holds = |finding: &&Finding| finding.verdict == Verdict::Holds;
        self.findings.iter().filter(holds).map(|finding| finding.sentence)
    }

    /// The sentences that do not hold, each with what was found.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.findings.iter().filter_map(|finding| match &finding.verdict {
            Verdict::Fails(found) => Some((finding.sentence, found.as_str())),
            _ => None,
        })
    }

    /// The sentences that were not run, each with the reason.
    pub fn not_run(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.findings.iter().filter_map(|finding| match &finding.verdict {
            Verdict::NotRun(reason) => Some((finding.sentence, reason.as_str())),
            _ => None,
        })
    }

    /// Goes on only if no sentence fails and at least one holds. Those that were not run stay in the
    /// report that is handed back: to see that they are the expected ones is up to the caller.
    ///
    /// # Errors
    /// The whole report, readable as [`Debug`](fmt::Debug) too, which is how a test shows an error.
    pub fn ensure(self) -> Result<Self, NotConforming> {
        let conforms = self.failures().next().is_none() && self.holding().next().is_some();
        if conforms { Ok(self) } else { Err(NotConforming(self)) }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut section = None;
        for Finding { subject, sentence, verdict } in &self.findings {
            if section.replace(*subject) != Some(*subject) {
                writeln!(f, "{subject}")?;
            }
            match verdict {
                Verdict::Holds => writeln!(f, "  holds    {sentence}")?,
                Verdict::Fails(found) => writeln!(f, "  FAILS    {sentence}: {found}")?,
                Verdict::NotRun(reason) => writeln!(f, "  not run  {sentence}: {reason}")?,
            }
        }
        let (hold, fail, not_run) = (self.holding().count(), self.failures().count(), self.not_run().count());
        write!(f, "{} sentences: {hold} hold, {fail} fail, {not_run} not run", self.findings.len())
    }
}

/// A store does not do what a store has to do; the text is the report.
pub struct NotConforming(Report);

impl NotConforming {
    /// What was found.
    #[must_use]
    pub const fn report(&self) -> &Report {
        &self.0
    }
}

impl fmt::Display for NotConforming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store does not conform\n{}", self.0)
    }
}

impl fmt::Debug for NotConforming {
    /// As text: a test that ends with this error shows it so.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for NotConforming {}
