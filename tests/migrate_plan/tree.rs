//! Trees made by hand, and what is asked of their plans.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;
use tempfile::TempDir;
use tenantry::migrate::{Plan, PlanOptions, PlannedRecord, Planner, Problem, ProblemKind, Refused, Texts};

use crate::bulk_upload_queue::QueuedUpload;
use crate::looped_videos::LoopedVideo;
use crate::stream_timers::StreamTimer;

pub(crate) struct Tree {
    pub(crate) folder: TempDir,
    pub(crate) options: PlanOptions,
}

/// When every file of a tree was changed: 2025-11-04 10:00:00 in Jakarta.
const CHANGED: u64 = 1_762_225_200;

impl Tree {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), options: PlanOptions::default() }
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> &Self {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        let at = UNIX_EPOCH + Duration::from_secs(CHANGED);
        fs::File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
        self
    }

    pub(crate) fn folder(&self, path: &str) -> &Self {
        fs::create_dir_all(self.root().join(path)).unwrap();
        self
    }

    pub(crate) fn videos(&self, json: &str) -> &Self {
        self.folder("videos").write("video_database.json", json)
    }

    pub(crate) fn owner(mut self, of: &str, owner: &str) -> Self {
        self.options.owners.insert(of.to_owned(), owner.to_owned());
        self
    }

    pub(crate) fn leaving(mut self) -> Self {
        self.options.refused = Refused::Leave;
        self
    }

    pub(crate) fn planner(&self) -> Planner {
        let planner = Planner::new(self.options.clone());
        planner.kind::<LoopedVideo>().kind::<QueuedUpload>().kind::<StreamTimer>()
    }

    pub(crate) fn plan(&self) -> Plan {
        self.planner().plan(self.root()).unwrap()
    }

    /// The text of each record of a collection as it would be stored, with its tenant.
    pub(crate) fn stored(&self, plan: &Plan, collection: &str) -> Vec<(String, String)> {
        let mut texts = Texts::new(self.root(), plan);
        let of = plan.records.iter().filter(|record| record.collection.as_str() == collection);
        of.map(|record| {
            let text = texts.of(record).unwrap();
            (record.tenant.to_string(), String::from_utf8(text.as_bytes().to_vec()).unwrap())
        })
        .collect()
    }

    pub(crate) fn values(&self, plan: &Plan, collection: &str) -> Vec<(String, Value)> {
        let stored = self.stored(plan, collection).into_iter();
        stored.map(|(tenant, text)| (tenant, serde_json::from_str(&text).unwrap())).collect()
    }

    /// The only record of a collection.
    pub(crate) fn only(&self, plan: &Plan, collection: &str) -> (String, Value) {
        let mut values = self.values(plan, collection);
        assert_eq!(values.len(), 1, "{plan}");
        values.remove(0)
    }
}

/// Where each file goes: `from -> to, to`.
pub(crate) fn placed(plan: &Plan) -> Vec<String> {
    let one = |file: &tenantry::migrate::PlannedFile| {
        let to: Vec<_> = file.to.iter().map(|to| to.path().to_string()).collect();
        format!("{} -> {}", file.from, to.join(", "))
    };
    plan.files.iter().map(one).collect()
}

pub(crate) fn tenants(plan: &Plan) -> Vec<&str> {
    plan.tenants.iter().map(|tenant| tenant.id.as_str()).collect()
}

pub(crate) fn records<'a>(plan: &'a Plan, collection: &str) -> Vec<&'a PlannedRecord> {
    plan.records.iter().filter(|record| record.collection.as_str() == collection).collect()
}

/// The problems of a kind.
pub(crate) fn problems(plan: &Plan, kind: ProblemKind) -> Vec<&Problem> {
    plan.problems.iter().filter(|problem| problem.kind == kind).collect()
}

pub(crate) fn left(plan: &Plan) -> Vec<String> {
    let one = |left: &tenantry::migrate::Left| match left.at {
        Some(at) => format!("{}, {at}", left.path),
        None => left.path.to_string(),
    };
    plan.left.iter().map(one).collect()
}

/// Every entry of a tree: path, mode, time of change, content.
pub(crate) fn snapshot(root: &Path) -> Vec<(PathBuf, u32, std::time::SystemTime, Vec<u8>)> {
    use std::os::unix::fs::PermissionsExt;
    let mut entries = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let mut content = Vec::new();
            if metadata.is_dir() {
                folders.push(path.clone());
            } else if metadata.is_file() {
                content = fs::read(&path).unwrap();
            }
            entries.push((path, metadata.permissions().mode(), metadata.modified().unwrap(), content));
        }
    }
    entries.sort();
    entries
}

/// Copies a tree with its times.
pub(crate) fn copy(from: &Path, to: &Path) {
    let done = std::process::Command::new("cp").arg("-a").arg(from.join(".")).arg(to).status().unwrap();
    assert!(done.success());
}

pub(crate) fn os(bytes: &[u8]) -> &OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(bytes)
}
