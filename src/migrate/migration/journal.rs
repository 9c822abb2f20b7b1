//! The journal of a migration: its plan, what the root was like before, and where it stands.
//!
//! It is written ahead: durable before the first change. The changes themselves are not in it, since each can
//! be told from the plan and the tree: a file lies where it was or where it goes.
//!
//! ```text
//! .tenantry/migration/state.json   where it stands; without it nothing was changed
//!                     rolling-back whether it is being rolled back: then the root's store can't be opened
//!                     made.json    what a rollback removes and would not know by plan and tree
//!                     plan.json    what is done
//!                     before.json  what the root was like
//!                     done         the tenants that are there, one a line
//!                     originals/   what held records, by its path beneath the root
//!                     copied/      the same of what lies on another file system, before it is removed there
//! .tenantry/migrations/<n>/        the same of those that are finished, from 1
//! .tenantry/rolled-back/           what is left of one that was rolled back, if that was cut off
//! ```

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::before::Before;
use super::disk::{self, Root};
use super::mark::Mark;
use super::{MigrationPhase, MigrationStatus};
use crate::migrate::documented::WORKBOOK;
use crate::migrate::survey::OWN;
use crate::migrate::{MigrateError, Plan, TreePath};
use crate::paths::TenantId;

const STATE: &str = "state.json";
const PLAN: &str = "plan.json";
const BEFORE: &str = "before.json";
const ROLLING_BACK: &str = "rolling-back";
const MADE: &str = "made.json";
const DONE: &str = "done";
const ORIGINALS: &str = "originals";
const COPIED: &str = "copied";

/// Where a migration stands, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Written {
    /// The form of the journal: 1.
    format: u32,
    phase: MigrationPhase,
    /// In milliseconds since 1970.
    begun_at: i64,
    /// The name of the store in which the tenants are, if not in the root.
    to: Option<String>,
    /// Whether the files are aside that lay where others are to be.
    #[serde(default)]
    way_clear: bool,
}

/// The journal of the migration that is under way, or done and not finished.
pub(super) struct Journal {
    written: Written,
    pub(super) plan: Arc<Plan>,
    pub(super) before: Before,
    done: BTreeSet<TenantId>,
}

fn own(name: &str) -> TreePath {
    TreePath::root().join(OWN).join(name)
}

/// The folder of the migration under way.
pub(super) fn folder() -> TreePath {
    own("migration")
}

/// Where the originals are as long as it is not finished.
pub(super) fn originals() -> TreePath {
    folder().join(ORIGINALS)
}

/// Where those are that were copied, and are still at their place, too.
pub(super) fn copied() -> TreePath {
    folder().join(COPIED)
}

fn rolled_back() -> TreePath {
    own("rolled-back")
}

fn read(root: &Path, path: &TreePath) -> Result<Option<Vec<u8>>, MigrateError> {
    match fs::read(disk::at(root, path)?) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind()) => {
            Ok(None)
        }
        Err(error) => Err(MigrateError::Read { path: path.clone(), kind: error.kind() }),
    }
}

fn parsed<T: for<'a> Deserialize<'a>>(root: &Path, path: &TreePath) -> Result<Option<T>, MigrateError> {
    let bytes = read(root, path)?;
    bytes.map(|bytes| serde_json::from_slice(&bytes).map_err(|_| MigrateError::Journal)).transpose()
}

fn text(value: &impl Serialize) -> Result<Vec<u8>, MigrateError> {
    serde_json::to_vec(value).map_err(|_| MigrateError::Journal)
}

fn has(root: &Path, path: &TreePath) -> Result<bool, MigrateError> {
    Ok(fs::symlink_metadata(disk::at(root, path)?).is_ok())
}

/// Where the migration stands; `None` if there is none, or one that ended before it had changed anything.
fn written(root: &Path) -> Result<Option<Written>, MigrateError> {
    let Some(mut written) = parsed::<Written>(root, &folder().join(STATE))? else {
        // What is written later is there, and this is gone.
        let is_damaged =
            has(root, &originals())? || has(root, &copied())? || has(root, &folder().join(DONE))?;
        return if is_damaged { Err(MigrateError::Journal) } else { Ok(None) };
    };
    if written.format != 1 {
        return Err(MigrateError::Journal);
    }
    if has(root, &folder().join(ROLLING_BACK))? {
        written.phase = MigrationPhase::RollingBack;
    }
    Ok(Some(written))
}

fn done(root: &Path) -> Result<BTreeSet<TenantId>, MigrateError> {
    let text = read(root, &folder().join(DONE))?.unwrap_or_default();
    // A line that was cut off says nothing.
    let lines = text.split_inclusive(|byte| *byte == b'\n').filter_map(|line| line.strip_suffix(b"\n"));
    let read = |line| std::str::from_utf8(line).ok().and_then(|name| TenantId::parse(name).ok());
    Ok(lines.filter_map(read).collect())
}

/// The numbers of the migrations that were finished.
fn finished(root: &Path) -> u64 {
    let listed = disk::at(root, &own("migrations")).ok().and_then(|place| fs::read_dir(place).ok());
    let names = listed.into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter_map(|name| name.parse().ok()).max().unwrap_or(0)
}

/// How far the migration of a root is, without holding it.
pub(super) fn status(root: &Path) -> Result<MigrationStatus, MigrateError> {
    fs::read_dir(root).map_err(|error| MigrateError::Root(error.kind()))?;
    let earlier = finished(root);
    let Some(written) = written(root)? else {
        let phase = if earlier > 0 { MigrationPhase::Finished } else { MigrationPhase::NotBegun };
        let originals = (earlier > 0).then(|| own("migrations").join(&earlier.to_string()).join(ORIGINALS));
        let originals = originals.map(|path| Ok((has(root, &path)?, path))).transpose()?;
        let originals = originals.and_then(|(is_kept, path)| is_kept.then_some(path));
        let (done, to_come) = (Vec::new(), Vec::new());
        return Ok(MigrationStatus { phase, begun_at: None, to: None, done, to_come, originals, earlier });
    };
    let (plan, there) = (plan(root)?.ok_or(MigrateError::Journal)?, done(root)?);
    let tenants = plan.tenants.into_iter().filter(|tenant| !tenant.exists).map(|tenant| tenant.id);
    let (done, to_come) = tenants.partition(|tenant| there.contains(tenant));
    Ok(MigrationStatus {
        phase: written.phase,
        begun_at: Timestamp::from_millisecond(written.begun_at).ok(),
        to: written.to,
        done,
        to_come,
        originals: Some(originals()),
        earlier,
    })
}

/// The plan of the migration under way.
pub(super) fn plan(root: &Path) -> Result<Option<Plan>, MigrateError> {
    let Some(_) = written(root)? else { return Ok(None) };
    let text = read(root, &folder().join(PLAN))?;
    text.map(|text| Plan::of_journal(&text)).transpose()
}

/// Says, before a rollback begins, what it removes.
pub(super) fn write_made(root: &Root, made: &BTreeSet<TreePath>) -> Result<(), MigrateError> {
    root.write(&folder().join(MADE), &text(made)?)
}

/// What was said.
pub(super) fn made(root: &Root) -> Result<BTreeSet<TreePath>, MigrateError> {
    Ok(parsed(root.path(), &folder().join(MADE))?.unwrap_or_default())
}

impl Journal {
    /// Begins: from here on there is a migration.
    pub(super) fn begin(
        root: &Root,
        plan: &Plan,
        to: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, MigrateError> {
        clear(root, None)?;
        let before = Before::of(root)?;
        let begun = Self::write(root, plan, &before, to, now);
        if begun.is_err() {
            // What could not be begun leaves nothing, as far as that can be had: on a full disk, say.
            let _ = clear(root, Some(before.mark()));
        }
        let written = begun?;
        Ok(Self { written, plan: Arc::new(plan.clone()), before, done: BTreeSet::new() })
    }

    fn write(
        root: &Root,
        plan: &Plan,
        before: &Before,
        to: Option<&str>,
        now: Timestamp,
    ) -> Result<Written, MigrateError> {
        before.mark().set(root)?;
        root.make_folder(&folder())?;
        root.write(&folder().join(BEFORE), &text(before)?)?;
        root.write(&folder().join(PLAN), &text(plan)?)?;
        let (phase, begun_at) = (MigrationPhase::Applying, now.as_millisecond());
        let written = Written { format: 1, phase, begun_at, to: to.map(str::to_owned), way_clear: false };
        root.write(&folder().join(STATE), &text(&written)?)?;
        Mark::clear(root)?;
        Ok(written)
    }

    /// The one that there is. Of one that was rolled back or finished, what is left of that is done; one that had
    /// not begun when its process ended is cleared away.
    pub(super) fn open(root: &Root) -> Result<Option<Self>, MigrateError> {
        clear(root, None)?;
        let Some(written) = written(root.path())? else { return Ok(None) };
        let plan = Arc::new(plan(root.path())?.ok_or(MigrateError::Journal)?);
        let before = parsed(root.path(), &folder().join(BEFORE))?.ok_or(MigrateError::Journal)?;
        let journal = Self { written, plan, before, done: done(root.path())? };
        if journal.phase() == MigrationPhase::Finished {
            journal.put_away(root)?;
            return Ok(None);
        }
        Ok(Some(journal))
    }

    pub(super) const fn phase(&self) -> MigrationPhase {
        self.written.phase
    }

    /// Whether it is of that plan, into that store.
    pub(super) fn is_of(&self, plan: &Plan, to: Option<&str>) -> bool {
        *self.plan == *plan && self.is_to(to)
    }

    /// Whether it is into that store.
    pub(super) fn is_to(&self, to: Option<&str>) -> bool {
        self.written.to.as_deref() == to
    }

    pub(super) fn begun_at(&self) -> Timestamp {
        Timestamp::from_millisecond(self.written.begun_at).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    pub(super) fn set_phase(&mut self, root: &Root, phase: MigrationPhase) -> Result<(), MigrateError> {
        self.note(root, Written { phase, ..self.written.clone() })
    }

    pub(super) const fn is_way_clear(&self) -> bool {
        self.written.way_clear
    }

    pub(super) fn set_way_clear(&mut self, root: &Root, way_clear: bool) -> Result<(), MigrateError> {
        self.note(root, Written { way_clear, ..self.written.clone() })
    }

    fn note(&mut self, root: &Root, written: Written) -> Result<(), MigrateError> {
        root.write(&folder().join(STATE), &text(&written)?)?;
        self.written = written;
        Ok(())
    }

    /// From here on it is being rolled back, and can't be gone on with.
    pub(super) fn roll_back(&mut self, root: &Root) -> Result<(), MigrateError> {
        root.write(&folder().join(ROLLING_BACK), &[])?;
        self.written.phase = MigrationPhase::RollingBack;
        Ok(())
    }

    pub(super) fn is_done(&self, tenant: &TenantId) -> bool {
        self.done.contains(tenant)
    }

    /// Says that a tenant is there.
    pub(super) fn note_done(&mut self, root: &Root, tenant: &TenantId) -> Result<(), MigrateError> {
        let path = folder().join(DONE);
        let line = format!("\n{tenant}\n");
        let place = root.at(&path)?;
        root.change(&path)?;
        let file = OpenOptions::new().append(true).create(true).open(place);
        let noted = file.and_then(|mut file| {
            file.write_all(line.as_bytes())?;
            file.sync_data()
        });
        noted.map_err(|error| MigrateError::Write { path, kind: error.kind() })?;
        self.done.insert(tenant.clone());
        Ok(())
    }

    /// Ends it for good: it becomes one of those that are finished.
    pub(super) fn finish(mut self, root: &Root) -> Result<(), MigrateError> {
        self.set_phase(root, MigrationPhase::Finished)?;
        self.put_away(root)
    }

    fn put_away(&self, root: &Root) -> Result<(), MigrateError> {
        root.make_folder(&own("migrations"))?;
        let kept = own("migrations").join(&(finished(root.path()) + 1).to_string());
        root.move_file(&folder(), &kept)?;
        root.sync_folder(&own("migrations"))?;
        root.sync_folder(&TreePath::root().join(OWN))
    }

    /// Ends it as rolled back: nothing of it stays.
    pub(super) fn forget(&self, root: &Root) -> Result<(), MigrateError> {
        root.move_file(&folder(), &rolled_back())?;
        root.sync_folder(&TreePath::root().join(OWN))?;
        clear(root, Some(self.before.mark())).map(|_| ())
    }
}

/// Removes the originals of the migrations that are finished, and the workbooks that were written beside them.
pub(super) fn drop_originals(root: &Root) -> Result<(), MigrateError> {
    for (kept, _) in root.list(&own("migrations"))?.into_iter().filter(|(_, is_folder)| *is_folder) {
        remove_all(root, &kept.join(ORIGINALS))?;
        root.remove_file(&kept.join(WORKBOOK))?;
        root.sync_folder(&kept)?;
    }
    Ok(())
}

/// Removes what is left of a migration that was rolled back, or that ended before it had changed anything, and gives
/// the root the time that it had, which `known` says if nothing else does. Whether there was something.
pub(super) fn clear(root: &Root, known: Option<Mark>) -> Result<bool, MigrateError> {
    if written(root.path())?.is_some() {
        Mark::clear(root)?;
        return Ok(false);
    }
    if root.has(&folder())? {
        root.move_file(&folder(), &rolled_back())?;
    }
    let said = Mark::read(root);
    if !root.has(&rolled_back())? && said.is_none() {
        return Ok(false);
    }
    let last = rolled_back().join(BEFORE);
    let before = parsed::<Before>(root.path(), &last)?.map(|before| before.mark());
    let mark = said.or(before).or(known);
    if let Some(mark) = mark.filter(|_| said.is_none()) {
        mark.set(root)?;
    }
    for (path, is_folder) in root.list(&rolled_back())? {
        if path != last {
            if is_folder { remove_all(root, &path)? } else { root.remove_file(&path)? }
        }
    }
    if root.has(&rolled_back())? {
        root.remove_file(&last)?;
        root.remove_folder(&rolled_back())?;
    }
    restore(root, mark)?;
    Mark::clear(root)?;
    Ok(true)
}

/// Removes the library's own folder, if it was not there, and gives it otherwise, and the root, what they had.
fn restore(root: &Root, mark: Option<Mark>) -> Result<(), MigrateError> {
    let own = TreePath::root().join(OWN);
    let there_before = mark.and_then(|mark| mark.own);
    // Where the library was at work since, there is something in it, and the root is as that left it.
    let is_as_it_was = match there_before {
        Some(folder) => folder.restore(root, &own).map(|()| true)?,
        None => root.remove_folder(&own)?,
    };
    match mark.filter(|_| is_as_it_was) {
        Some(mark) => mark.root.restore(root, &TreePath::root()),
        None => Ok(()),
    }
}

/// Removes a folder with all that is in it, following no link.
pub(super) fn remove_all(root: &Root, folder: &TreePath) -> Result<(), MigrateError> {
    for (path, is_folder) in root.list(folder)? {
        if is_folder { remove_all(root, &path)? } else { root.remove_file(&path)? }
    }
    root.remove_folder(folder)?;
    Ok(())
}
