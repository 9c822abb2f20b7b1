//! The plan as a text for people: totals first, problems last.

use std::fmt;

use super::Plan;
use crate::migrate::counts::{ByteCount, counted};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show_totals(f)?;
        self.show_tenants(f)?;
        self.show_files(f)?;
        self.show_records(f)?;
        self.show_left(f)?;
        self.show_problems(f)
    }
}

/// The shorter text.
struct Summary<'a>(&'a Plan);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show_totals(f)?;
        self.0.show_tenants(f)?;
        self.0.show_some_problems(f, "IN THE WAY", true)
    }
}

impl Plan {
    /// A shorter text for people than the plan's own: the totals, the tenants, and what is in the way.
    pub fn summary(&self) -> impl fmt::Display + '_ {
        Summary(self)
    }

    fn show_totals(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let totals = &self.totals;
        writeln!(f, "PLAN {}", self.fingerprint)?;
        writeln!(
            f,
            "  {} of {} for {}",
            counted(totals.files, "file"),
            ByteCount(totals.file_bytes),
            counted(self.tenants.len() as u64, "tenant")
        )?;
        let records = counted(totals.records, "record");
        writeln!(f, "  {records} of {}", ByteCount(totals.record_bytes))?;
        writeln!(
            f,
            "  to move: {}; to copy: {}",
            ByteCount(totals.moved_bytes),
            ByteCount(totals.copied_bytes)
        )?;
        let elsewhere = ByteCount(totals.space_needed_elsewhere);
        writeln!(f, "  space needed: {} in place, {elsewhere} elsewhere", ByteCount(totals.space_needed))?;
        let blocking = self.problems.iter().filter(|problem| problem.blocking).count() as u64;
        match blocking {
            0 => {
                let known = counted(self.problems.len() as u64, "thing");
                writeln!(f, "  it can be applied; {known} to know")
            }
            _ => {
                writeln!(f, "  IT CAN'T BE APPLIED: {} in the way, see the end", counted(blocking, "problem"))
            }
        }
    }

    fn show_tenants(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nTENANTS")?;
        for tenant in &self.tenants {
            write!(f, "  {}", tenant.id)?;
            if tenant.display_name != tenant.id.as_str() {
                write!(f, " ({})", crate::paths::visible(&tenant.display_name))?;
            }
            write!(f, ": {}", tenant.role)?;
            if let Some(plan) = &tenant.plan {
                write!(f, ", plan {}", crate::paths::visible(plan))?;
            }
            if let Some(totals) = self.totals.tenants.get(&tenant.id) {
                let records: u64 = totals.records.values().sum();
                let (records, files) = (counted(records, "record"), counted(totals.files, "file"));
                write!(f, ", {records}, {files} of {}", ByteCount(totals.file_bytes))?;
            }
            writeln!(f, "; {}", tenant.why)?;
        }
        for (name, limits) in &self.plans {
            let streams = limits.active_streams.map_or("no limit".to_owned(), |most| most.to_string());
            writeln!(f, "  plan {}: active streams: {streams}", crate::paths::visible(name))?;
        }
        Ok(())
    }

    fn show_files(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nFILES")?;
        for file in &self.files {
            write!(f, "  {} ({})", file.from, ByteCount(file.bytes))?;
            for (at, to) in file.to.iter().enumerate() {
                let how = file.how(at);
                write!(f, "{} {how} to {}", if at > 0 { "," } else { "" }, to.path())?;
            }
            writeln!(f, ": {}", file.why)?;
        }
        Ok(())
    }

    fn show_records(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nRECORDS")?;
        for source in &self.sources {
            writeln!(f, "  {}: {} ({})", source.path, source.records, ByteCount(source.bytes))?;
        }
        for record in &self.records {
            let (tenant, id) = (&record.tenant, crate::paths::visible(record.id.as_str()));
            write!(f, "  {}, {} to {tenant}/{}/{id}", record.from, record.at, record.collection)?;
            writeln!(f, ": {}", record.why)?;
        }
        Ok(())
    }

    fn show_left(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nLEFT WHERE IT IS")?;
        for left in &self.left {
            write!(f, "  {}", left.path)?;
            if let Some(at) = left.at {
                write!(f, ", {at}")?;
            }
            writeln!(f, ": {}", left.why)?;
        }
        Ok(())
    }

    fn show_problems(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show_some_problems(f, "TO KNOW", false)?;
        self.show_some_problems(f, "IN THE WAY", true)
    }

    fn show_some_problems(&self, f: &mut fmt::Formatter<'_>, title: &str, blocking: bool) -> fmt::Result {
        let mut last = None;
        for problem in self.problems.iter().filter(|problem| problem.blocking == blocking) {
            if last.is_none() {
                writeln!(f, "\n{title}")?;
            }
            if last != Some(problem.kind) {
                writeln!(f, "  {}", problem.kind)?;
                last = Some(problem.kind);
            }
            write!(f, "    ")?;
            if let Some(path) = &problem.path {
                write!(f, "{path}")?;
                if let Some(at) = problem.at {
                    write!(f, ", {at}")?;
                }
                write!(f, ": ")?;
            }
            writeln!(f, "{}; {}", problem.reason, problem.proposal)?;
        }
        Ok(())
    }
}
