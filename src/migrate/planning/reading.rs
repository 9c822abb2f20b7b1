//! The databases, read into drafts: first what others follow to their owners, then those who follow.

use crate::migrate::documented::{LOOPED_VIDEOS, STREAM_TIMERS, UPLOAD_QUEUE, scope_of};
use crate::migrate::source::{self, Contents, Found, Unreadable};
use crate::migrate::survey::{Entry, Survey};
use crate::migrate::{Digest, Form, MigrateError, ProblemKind, SourceFile};
use crate::paths::CollectionName;
use crate::record::Fields;

use super::Planning;
use super::draft::Draft;
use super::owners::Owners;

/// Which collections are read first: those whose owners tell others'.
fn rank(collection: &CollectionName) -> usize {
    const ORDER: [&str; 9] = [
        "videos",
        "thumbnails",
        "live_streams",
        "schedules",
        LOOPED_VIDEOS,
        STREAM_TIMERS,
        UPLOAD_QUEUE,
        "tokens",
        "stream_mapping",
    ];
    let at = |name: &str| ORDER.iter().position(|own| *own == name);
    // Those of the application's own kinds may use tokens, too.
    at(collection.as_str()).map_or(2 * ORDER.len() - 5, |at| 2 * at)
}

impl Planning<'_> {
    /// Reads all sources.
    pub(super) fn read_records(&mut self, survey: &Survey) -> Result<(), MigrateError> {
        let mut sources = std::mem::take(&mut self.sources);
        sources.sort_by_cached_key(|source| (rank(&source.collection), source.path.clone()));
        let mut owners = Owners::of(&self.media, &survey.kept);
        for mut source in sources {
            let Some(entry) = survey.entry(&source.path) else { continue };
            match self.contents(survey, &source, entry)? {
                Some(contents) => {
                    source.records = contents.records.len();
                    self.note_changes(&source, &contents);
                    for found in contents.records {
                        self.add_found(&source, entry, found, &mut owners);
                    }
                    self.sources.push(source);
                }
                None => self.findings.leave(&source.path, None, "it can't be read as what it should be"),
            }
        }
        Ok(())
    }

    /// What is in a source; nothing if it can't be read, which is then told.
    fn contents(
        &mut self,
        survey: &Survey,
        source: &SourceFile,
        entry: &Entry,
    ) -> Result<Option<Contents>, MigrateError> {
        let place = (Some(&source.path), None);
        if entry.bytes > self.options.database_bytes {
            let reason = format!("has {} bytes; {} are read", entry.bytes, self.options.database_bytes);
            let proposal = "raise the limit if that is right";
            self.findings.block(ProblemKind::Damaged, place, reason, proposal);
            return Ok(None);
        }
        let bytes = survey.read(entry)?;
        match source::contents(&source.path, source.form, &bytes) {
            Ok(contents) => Ok(Some(contents)),
            Err(_) if source.form == Form::Token => {
                let reason = "not the text of a JSON object";
                let proposal = "it stays where it is; if it should be a token, make it one anew";
                self.findings.know(ProblemKind::NoToken, place, reason, proposal);
                Ok(None)
            }
            Err(broken) => {
                let proposal = whole_copy(survey, source)
                    .unwrap_or_else(|| "restore it from a copy, or mend it by hand at that place".to_owned());
                self.findings.block(ProblemKind::Damaged, place, broken, proposal);
                Ok(None)
            }
        }
    }

    /// What had to be read otherwise than it is written.
    fn note_changes(&mut self, source: &SourceFile, contents: &Contents) {
        for (change, times) in &contents.changes {
            let often = if *times > 1 { format!(" ({times} times)") } else { String::new() };
            let reason = format!("{}{often}", change.said());
            let proposal = "nothing needs to be done; the original is not changed";
            self.findings.know(ProblemKind::ReadOtherwise, (Some(&source.path), None), reason, proposal);
        }
    }

    fn add_found(&mut self, source: &SourceFile, entry: &Entry, found: Found, owners: &mut Owners) {
        let (path, at) = (&source.path, found.at);
        let base = match found.text {
            Ok(base) => base,
            Err(none) => {
                let proposal = "mend it by hand, or have it left";
                return self.findings.refuse(
                    ProblemKind::RefusedRecord,
                    (Some(path), Some(at)),
                    none,
                    proposal,
                );
            }
        };
        let mut draft = Draft {
            from: path.clone(),
            at,
            form: Some(source.form),
            is_taken: entry.is_taken,
            scope: scope_of(path),
            collection: source.collection.clone(),
            base,
            modified: entry.modified,
            tenant: self.default_owner.clone(),
            why: "".into(),
            old_id: None,
            id: None,
            files: Vec::new(),
            edits: Vec::new(),
            text: Digest::of(b""),
            bytes: 0,
            is_active: false,
            keys: Vec::new(),
            names: Vec::new(),
        };
        draft.old_id = draft.fields().get_text("id");
        match self.owner(&draft, owners) {
            Ok((tenant, why)) => {
                (draft.tenant, draft.why) = (tenant, why.into());
                owners.add(&draft);
                self.drafts.push(draft);
            }
            Err(reason) => {
                let proposal = "mend the owner, or name one for its id in the owners' file";
                self.findings.refuse(ProblemKind::BadOwner, (Some(path), Some(at)), reason, proposal);
            }
        }
    }
}

/// A file beside a damaged one that is whole.
fn whole_copy(survey: &Survey, source: &SourceFile) -> Option<String> {
    let name = source.path.name().as_str()?;
    let folder = source.path.folder();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let beside = ["backup", "bak", "tmp"];
    let names = beside.iter().flat_map(|end| [format!("{name}.{end}"), format!("{stem}.{end}")]);
    names.into_iter().find_map(|copy| {
        let path = folder.join(&copy);
        survey.entry(&path)?;
        let bytes = crate::migrate::survey::read(&survey.root, &path).ok()?;
        let contents: Result<Contents, Unreadable> = source::contents(&path, source.form, &bytes);
        let records = contents.ok()?.records.len();
        Some(format!(
            "{copy} beside it is whole and has {records} records: put it in its place if it is the right one"
        ))
    })
}

/// Whether a field holds nothing.
pub(super) fn is_nothing(fields: &Fields<'_>, field: &str) -> bool {
    matches!(fields.get(field), None | Some("null"))
        || fields.get_text(field).is_some_and(|text| text.trim().is_empty())
}
