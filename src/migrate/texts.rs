//! From a plan and the tree of which it was made to the texts that are to be stored.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::source::{self, Elements};
use super::{Form, MigrateError, Plan, PlannedRecord, Position, TreePath};
use super::{edit, parallel, survey};
use crate::record::{Fields, RecordLimits, RecordText};

/// The texts of a plan's records, made again from the files in which they stand.
///
/// A file is read once for records that come one after the other, and is kept as long: that is how the plan has
/// them.
pub struct Texts {
    root: PathBuf,
    /// Where what is not there any more may be found.
    moved: Option<PathBuf>,
    limits: RecordLimits,
    forms: HashMap<TreePath, Form>,
    held: Option<(TreePath, Held)>,
}

/// The records of one file.
enum Held {
    /// As they stand in an array.
    Elements(Elements),
    /// Each as a text of its own.
    Texts(HashMap<Position, String>),
}

impl std::fmt::Debug for Texts {
    /// What it holds is left out: there are secrets in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Texts").finish_non_exhaustive()
    }
}

impl Texts {
    /// The texts of that plan's records, from the tree at that root.
    #[must_use]
    pub fn new(root: &Path, plan: &Plan) -> Self {
        let forms = plan.sources.iter().map(|source| (source.path.clone(), source.form)).collect();
        Self { root: root.to_owned(), moved: None, limits: RecordLimits::default(), forms, held: None }
    }

    /// Looks for what was set aside in that folder, where it has the same path as it had.
    pub(super) fn or_before(mut self, folder: &Path) -> Self {
        self.moved = Some(folder.to_owned());
        self
    }

    /// Sets what a record may be, as it was [set](super::Planner::record_limits) for the plan.
    #[must_use]
    pub const fn record_limits(mut self, limits: RecordLimits) -> Self {
        self.limits = limits;
        self
    }

    /// The text of one record, as it is to be stored.
    ///
    /// # Errors
    /// [`MigrateError::Read`]; [`MigrateError::NotAsPlanned`] if what stands there is not what the plan
    /// was made of.
    pub fn of(&mut self, record: &PlannedRecord) -> Result<RecordText, MigrateError> {
        self.hold(&record.from)?;
        self.held_of(record)
    }

    /// The texts of records in their order, made by as many threads as there are processors, a few at the most.
    pub(super) fn of_all(&mut self, records: &[&PlannedRecord]) -> Result<Vec<RecordText>, MigrateError> {
        let mut texts = Vec::with_capacity(records.len());
        for some in records.chunk_by(|one, other| one.from == other.from) {
            if let Some(first) = some.first() {
                self.hold(&first.from)?;
            }
            texts.extend(parallel::mapped(some, |record| self.held_of(record))?);
        }
        Ok(texts)
    }

    /// Reads a file, unless it is the one whose records are held.
    fn hold(&mut self, path: &TreePath) -> Result<(), MigrateError> {
        if self.held.as_ref().is_none_or(|(held, _)| held != path) {
            // Not both at once.
            self.held = None;
            self.held = Some((path.clone(), self.read(path)?));
        }
        Ok(())
    }

    /// The text of one record of the file that is held.
    fn held_of(&self, record: &PlannedRecord) -> Result<RecordText, MigrateError> {
        let other = || MigrateError::NotAsPlanned(record.from.clone());
        match &self.held {
            Some((path, Held::Elements(elements))) if *path == record.from => {
                self.changed(elements.fields(record.at).ok_or_else(other)?, record)
            }
            Some((path, Held::Texts(texts))) if *path == record.from => {
                self.edited(texts.get(&record.at).ok_or_else(other)?, record)
            }
            _ => Err(other()),
        }
    }

    /// The text of one record, as it is to be stored, from that which stands in its file.
    pub(super) fn edited(&self, base: &str, record: &PlannedRecord) -> Result<RecordText, MigrateError> {
        let fields = Fields::of_own(base).map_err(|_| MigrateError::NotAsPlanned(record.from.clone()))?;
        self.changed(fields, record)
    }

    fn changed(&self, fields: Fields<'_>, record: &PlannedRecord) -> Result<RecordText, MigrateError> {
        let other = || MigrateError::NotAsPlanned(record.from.clone());
        let text =
            RecordText::of(&edit::changed(fields, &record.edits), &self.limits).map_err(|_| other())?;
        let as_planned = super::Digest::of(text.as_bytes()) == record.text;
        if as_planned { Ok(text) } else { Err(other()) }
    }

    /// What stands in a file.
    pub(super) fn bytes(&self, path: &TreePath) -> Result<Vec<u8>, MigrateError> {
        let aside = self.moved.as_ref().filter(|folder| {
            path.beneath(folder).is_some_and(|place| std::fs::symlink_metadata(place).is_ok())
        });
        survey::read(aside.unwrap_or(&self.root), path)
    }

    fn read(&self, path: &TreePath) -> Result<Held, MigrateError> {
        // A file without a record has one made for it, of what the plan says alone.
        let Some(form) = self.forms.get(path) else {
            return Ok(Held::Texts(HashMap::from([(Position::Whole, "{}".to_owned())])));
        };
        let (bytes, other) = (self.bytes(path)?, |_| MigrateError::NotAsPlanned(path.clone()));
        if *form == Form::Array {
            return Elements::read(&bytes).map(Held::Elements).map_err(other);
        }
        let contents = source::contents(path, *form, &bytes).map_err(other)?;
        let readable = |found: source::Found| Some((found.at, found.text.ok()?));
        Ok(Held::Texts(contents.records.into_iter().filter_map(readable).collect()))
    }
}
