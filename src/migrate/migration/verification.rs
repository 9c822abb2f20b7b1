//! What was done and read back, as texts for people.

use std::fmt;

use super::{Applied, Difference, Differs, Verification};
use crate::migrate::counts::{ByteCount, counted};
use crate::paths::visible;

impl fmt::Display for Applied {
    /// How much it was, in one line without an end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tenants, files) = (counted(self.tenants, "tenant"), counted(self.files, "file"));
        let records = counted(self.records, "record");
        write!(f, "{tenants}: {files} of {}, {records}", ByteCount(self.file_bytes))
    }
}

impl fmt::Display for Verification {
    /// A line for each tenant, the differences, and last whether all is as planned.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (tenant, found) in &self.tenants {
            let (files, size) = (counted(found.files, "file"), ByteCount(found.file_bytes));
            let records = counted(found.records.values().sum(), "record");
            write!(f, "{tenant}: {files} of {size}, {records}")?;
            let kinds = found.records.iter().map(|(collection, records)| format!("{collection} {records}"));
            let kinds: Vec<_> = kinds.collect();
            if !kinds.is_empty() {
                write!(f, " ({})", kinds.join(", "))?;
            }
            let is_its = |difference: &&Difference| difference.tenant.as_ref() == Some(tenant);
            match self.differences.iter().filter(is_its).count() {
                0 => writeln!(f, " as planned")?,
                others => writeln!(f, " as planned; DIFFERENCES: {others}")?,
            }
        }
        if self.is_clean() {
            return writeln!(f, "CLEAN: all is as planned");
        }
        writeln!(f, "\nDIFFERENCES")?;
        for difference in &self.differences {
            writeln!(f, "  {difference}")?;
        }
        writeln!(f, "NOT CLEAN: {}", counted(self.differences.len() as u64, "difference"))
    }
}

impl fmt::Display for Difference {
    /// Whose it is, what it is, and what is wrong with it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.tenant, &self.of) {
            (None, of) => write!(f, "{of}: {}", self.reason),
            (Some(tenant), Differs::Tenant) => write!(f, "{tenant}: {}", self.reason),
            (Some(tenant), of) => write!(f, "{tenant}, {of}: {}", self.reason),
        }
    }
}

impl fmt::Display for Differs {
    /// As it stands behind a tenant's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant => f.write_str("the tenant"),
            Self::File(to) => write!(f, "{}/{}", to.area, visible(to.name.as_str())),
            Self::Record { collection, id } => write!(f, "{collection}/{}", visible(id.as_str())),
            Self::Order(collection) => write!(f, "{collection}"),
            Self::Path(path) => write!(f, "{path}"),
        }
    }
}
