//! What lies on the disk, and what each tenant takes of it.

use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

use serde_json::Value;
use tenantry::{TenantEntry, Tenantry};

use crate::Outcome;
use crate::report::{Report, Table, count};

/// The documented files that each tenant has, and whether each is a list of records.
const VIEWS: [(&str, bool); 5] = [
    ("video_database.json", true),
    ("thumbnail_database.json", true),
    ("live_streams.json", true),
    ("schedules.json", true),
    ("stream_mapping.json", false),
];

/// Brings the views up to date, and compares every ledger with what the store holds.
pub(crate) async fn check(tenantry: &Tenantry, entries: &[TenantEntry], report: &mut Report) -> Outcome {
    report.section("Ledgers and disk compared");
    let operator = tenantry.operator("the tour compares ledgers and disk");
    for entry in entries {
        let tenant = &entry.tenant;
        // In a kept root somebody may have removed or edited one.
        operator.write_views(tenant).await?;
        let found = operator.check(tenant).await?;
        let (files, records) = (count(found.files, "file"), count(found.records, "record"));
        report.check(found.is_clean(), format!("{tenant}: {files} and {records} are as the ledger says."));
        for finding in found.findings {
            report.line(finding.to_string());
        }
    }
    Ok(())
}

/// Prints the folder tree and the usage, and sees that folders, files and ledgers agree.
pub(crate) fn show(entries: &[TenantEntry], root: &Path, report: &mut Report) -> Outcome {
    report.section("On the disk");
    report.line("ROOT");
    tree(root, "", report)?;
    let mut documented = true;
    let mut private = true;
    for entry in entries {
        let tenant = entry.tenant.as_str();
        let videos = entry.usage.counts.get("videos").copied().unwrap_or(0);
        documented &= has_views(&root.join("data").join(tenant), videos)?;
        private &= is_private(&root.join("data").join(tenant))?;
        private &= is_private(&root.join("tokens").join(tenant))?;
    }
    report.check(documented, "Each tenant has the documented databases, and they show its videos.");
    report.check(private, "Data and tokens are for the application's user alone.");

    report.section("Disk usage per tenant");
    let mut table =
        Table::new(&["tenant", "files", "their bytes", "records", "their bytes", "in its folders"]);
    for entry in entries {
        let (tenant, usage) = (entry.tenant.as_str(), &entry.usage);
        let (files, bytes) = files_and_bytes(&root.join("videos").join(tenant))?;
        let mut on_disk = bytes;
        for folder in ["thumbnails", "tokens", "data"] {
            on_disk += files_and_bytes(&root.join(folder).join(tenant))?.1;
        }
        table.check(
            (files, bytes) == (usage.files, usage.blob_bytes),
            vec![
                tenant.to_owned(),
                usage.files.to_string(),
                usage.blob_bytes.to_string(),
                usage.counts.values().sum::<u64>().to_string(),
                usage.record_bytes.to_string(),
                on_disk.to_string(),
            ],
        );
    }
    report.table(table);
    Ok(())
}

/// A folder's entries, in order of name.
fn entries(folder: &Path) -> io::Result<Vec<(String, Metadata)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        entries.push((entry.file_name().to_string_lossy().into_owned(), entry.metadata()?));
    }
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(entries)
}

fn tree(folder: &Path, before: &str, report: &mut Report) -> io::Result<()> {
    let entries = entries(folder)?;
    for (at, (name, metadata)) in entries.iter().enumerate() {
        let (branch, below) =
            if at + 1 == entries.len() { ("└── ", "    ") } else { ("├── ", "│   ") };
        let (mode, path) = (mode(metadata), format!("{before}{branch}{name}"));
        if metadata.is_dir() {
            report.line(format!("{:<62} {mode}", path + "/"));
            tree(&folder.join(name), &format!("{before}{below}"), report)?;
        } else {
            report.line(format!("{path:<62} {mode} {:>8}", metadata.len()));
        }
    }
    Ok(())
}

/// How many files lie in a folder, and their lengths together; none if there is no such folder.
fn files_and_bytes(folder: &Path) -> io::Result<(u64, u64)> {
    match entries(folder) {
        Ok(entries) => {
            let lengths: Vec<u64> =
                entries.iter().filter(|(_, file)| file.is_file()).map(|(_, file)| file.len()).collect();
            Ok((lengths.len() as u64, lengths.iter().sum()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((0, 0)),
        Err(error) => Err(error),
    }
}

/// Whether a tenant's folder holds every documented file, with so many videos in their list.
fn has_views(folder: &Path, videos: u64) -> Outcome<bool> {
    let mut right = true;
    for (name, is_list) in VIEWS {
        let Ok(text) = fs::read(folder.join(name)) else { return Ok(false) };
        let view: Value = serde_json::from_slice(&text)?;
        right &= view.is_array() == is_list && view.is_object() != is_list;
        if name == "video_database.json" {
            right &= view.as_array().is_some_and(|list| list.len() as u64 == videos);
        }
    }
    Ok(right)
}

/// Whether nobody but the application's user may look into a folder.
fn is_private(folder: &Path) -> io::Result<bool> {
    let mut private = mode(&fs::metadata(folder)?) == "700";
    for (_, file) in entries(folder)? {
        private &= mode(&file) == "600";
    }
    Ok(private)
}

fn mode(metadata: &Metadata) -> String {
    use std::os::unix::fs::PermissionsExt;
    format!("{:o}", metadata.permissions().mode() & 0o777)
}
