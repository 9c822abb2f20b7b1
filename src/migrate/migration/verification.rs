//! What was read back, as a text for people.

use std::fmt;

use super::{Differs, Verification};
use crate::migrate::plan::bytes;
use crate::paths::visible;

impl fmt::Display for Verification {
    /// A line for each tenant, the differences, and last whether all is as planned.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (tenant, found) in &self.tenants {
            let (files, size, records) =
                (found.files, bytes(found.file_bytes), found.records.values().sum::<u64>());
            write!(f, "{tenant}: {files} files of {size}, {records} records")?;
            let kinds = found.records.iter().map(|(collection, records)| format!("{collection} {records}"));
            let kinds: Vec<_> = kinds.collect();
            if !kinds.is_empty() {
                write!(f, " ({})", kinds.join(", "))?;
            }
            match self.differences.iter().filter(|difference| difference.tenant == *tenant).count() {
                0 => writeln!(f, " as planned")?,
                others => writeln!(f, " as planned; DIFFERENCES: {others}")?,
            }
        }
        if self.is_clean() {
            return writeln!(f, "CLEAN: all is as planned");
        }
        writeln!(f, "\nDIFFERENCES")?;
        for difference in &self.differences {
            writeln!(f, "  {}{}: {}", difference.tenant, difference.of, difference.reason)?;
        }
        writeln!(f, "NOT CLEAN: {} differences", self.differences.len())
    }
}

impl fmt::Display for Differs {
    /// As it stands behind a tenant's name: with a comma before it, or nothing for the tenant itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant => Ok(()),
            Self::File(to) => write!(f, ", {}/{}", to.area, visible(to.name.as_str())),
            Self::Record { collection, id } => write!(f, ", {collection}/{}", visible(id.as_str())),
            Self::Order(collection) => write!(f, ", {collection}"),
            Self::Path(path) => write!(f, ", {path}"),
        }
    }
}
