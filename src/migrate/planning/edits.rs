//! What is changed of each record's text: its envelope, and what it names by names that changed.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::civil::DateTime;

use crate::migrate::documented;
use crate::migrate::edit::set;
use crate::migrate::{Edit, ProblemKind};
use crate::paths::{CollectionName, FileName, TenantId};
use crate::record::{Fields, LocalTime, OffsetTime};

use super::Planning;
use super::draft::{Draft, Named, text_in};
use super::findings::Place;
use super::names::{made_name, named_like, token_name};
use super::reading::is_nothing;

/// The field with the path that a queued upload had on the machine that was.
const VIDEO_PATH: &str = "video_path";

/// The edits of one record in the making.
struct Edits<'a> {
    fields: Fields<'a>,
    edits: Vec<Edit>,
    kept: BTreeSet<String>,
}

impl Edits<'_> {
    /// Sets a field, and keeps what it held.
    fn replace(&mut self, field: &'static str, value: impl Into<serde_json::Value>) {
        if !is_nothing(&self.fields, field) {
            let name = |number: u32| match number {
                1 => format!("legacy_{field}"),
                _ => format!("legacy_{field}_{number}"),
            };
            let is_free = |name: &String| self.fields.get(name).is_none() && !self.kept.contains(name);
            let under = (1..).map(name).find(is_free).unwrap_or_default();
            self.kept.insert(under.clone());
            self.edits.push(Edit::Keep { field: field.into(), under: under.into() });
        }
        self.set(field, value);
    }

    fn set(&mut self, field: impl Into<Cow<'static, str>>, value: impl Into<serde_json::Value>) {
        self.edits.push(set(field, value));
    }
}

/// What edits rest on beside the record itself.
struct Names {
    /// What each token is called.
    tokens: HashMap<usize, FileName>,
    /// The ids of the videos with these files: by tenant and number.
    videos: HashMap<(TenantId, usize), String>,
    /// The new ids: by tenant, collection and old one.
    ids: HashMap<(TenantId, CollectionName, String), String>,
    /// All videos' old ids.
    known_videos: HashSet<(TenantId, String)>,
}

impl Planning<'_> {
    /// Writes the edits of all records, and makes those of the files that have none.
    pub(super) fn write_edits(&mut self) {
        self.make_records();
        let names = self.names();
        for at in 0..self.drafts.len() {
            if self.drafts[at].form.is_some() {
                let edits = self.edits_of(at, &names);
                self.drafts[at].edits = edits;
            }
        }
    }

    fn names(&mut self) -> Names {
        let tokens = self.final_tokens();
        let (mut videos, mut known_videos) = (HashMap::new(), HashSet::new());
        for draft in self.drafts.iter().filter(|draft| draft.collection == CollectionName::VIDEOS) {
            known_videos.extend(draft.old_id.iter().map(|id| (draft.tenant.clone(), id.clone())));
            let own = draft.files.iter().find(|(field, _)| *field == "filename");
            if let (Some((_, Named::Media(file))), Some(id)) = (own, &draft.id) {
                videos.entry((draft.tenant.clone(), *file)).or_insert_with(|| id.to_string());
            }
        }
        let changed = self.changed_ids().into_iter();
        let ids = changed.filter_map(|((tenant, collection, old), id)| {
            Some(((tenant.clone(), collection.clone(), old.to_owned()), id?.to_string()))
        });
        Names { tokens, videos, ids: ids.collect(), known_videos }
    }

    /// What each token is called: as its file, where a token can have that name and no other has it.
    fn final_tokens(&mut self) -> HashMap<usize, FileName> {
        let mut names = HashMap::new();
        let mut taken: HashSet<(TenantId, String)> = self.stay_in("tokens").collect();
        for (at, draft) in self.drafts.iter().enumerate() {
            if draft.collection != CollectionName::TOKENS {
                continue;
            }
            let own = draft.from.name().as_str().and_then(token_name);
            let key = |name: &FileName| (draft.tenant.clone(), name.folded());
            let name = own.filter(|name| taken.insert(key(name))).unwrap_or_else(|| {
                let new = made_name(&draft.from, &[draft.from.as_bytes()]);
                let reason =
                    format!("no other token can have its name; it is called {new} for {}", draft.tenant);
                let proposal = "what names it follows; the name that it had is kept in its record";
                let place = Place::of(&draft.tenant, Some(&draft.from), None);
                self.findings.know(ProblemKind::NewName, place, reason, proposal);
                new
            });
            names.insert(at, name);
        }
        names
    }

    fn edits_of(&self, at: usize, names: &Names) -> Vec<Edit> {
        let draft = &self.drafts[at];
        let mut edits = Edits { fields: draft.fields(), edits: Vec::new(), kept: BTreeSet::new() };
        self.edit_envelope(draft, &mut edits);
        for field in self.kinds.get(&draft.collection).map_or(&[][..], |kind| kind.times) {
            let text = text_in(&edits.fields, field).filter(|text| LocalTime::parse(text).is_err());
            if let Some(time) = text.and_then(|text| self.time(&text)) {
                edits.replace(field, time.to_string());
            }
        }
        for (field, of) in documented::id_fields(&draft.collection) {
            let Some(old) = text_in(&edits.fields, field) else { continue };
            let key = (draft.tenant.clone(), of.clone(), old);
            if let Some(new) = names.ids.get(&key) {
                edits.replace(field, new.clone());
            }
        }
        for (field, named) in &draft.files {
            self.edit_file(draft, (field, *named), names, &mut edits);
        }
        if let Some(name) = names.tokens.get(&at)
            && text_in(&edits.fields, "filename").as_deref() != Some(name.as_str())
        {
            edits.replace("filename", name.as_str());
        }
        edits.edits
    }

    fn edit_envelope(&self, draft: &Draft, edits: &mut Edits<'_>) {
        let tenant = draft.tenant.as_str();
        if let Some(id) = draft.id.as_ref().filter(|id| draft.old_id.as_deref() != Some(id.as_str())) {
            edits.replace("id", id.as_str());
        }
        if edits.fields.get_text("owner").as_deref() != Some(tenant) {
            edits.replace("owner", tenant);
        }
        let author = edits.fields.get_text("created_by").filter(|name| !name.trim().is_empty());
        let author_id = author.as_deref().and_then(|name| documented::tenant(name).ok());
        let author_id = author_id.as_ref().map_or(tenant, TenantId::as_str);
        if author.as_deref() != Some(author_id) {
            edits.replace("created_by", author_id);
        }
        let written = |field: &str| {
            let text = text_in(&edits.fields, field)?;
            self.time(&text).map(|time| (text, time))
        };
        let created = written("created_at");
        let made = created.as_ref().map(|(_, time)| *time).or_else(|| Some(written("date_added")?.1));
        let made = made.unwrap_or_else(|| self.local(draft.modified));
        let changed = written("updated_at");
        for (field, found, time) in [
            ("created_at", &created, made),
            ("updated_at", &changed, changed.as_ref().map_or(made, |(_, at)| *at)),
        ] {
            // A time that is read as it is keeps its spelling.
            if found.as_ref().is_none_or(|(text, _)| LocalTime::parse(text).is_err()) {
                edits.replace(field, time.to_string());
            }
        }
    }

    /// A time by the tenants' clock, in any form in which Python writes one.
    fn time(&self, text: &str) -> Option<LocalTime> {
        let text = text.trim();
        let moment = || OffsetTime::parse(text).ok().map(|time| self.local(time.moment()));
        let civil = || text.parse::<DateTime>().ok().map(LocalTime::new);
        LocalTime::parse(text).ok().or_else(moment).or_else(civil)
    }

    pub(super) fn local(&self, at: jiff::Timestamp) -> LocalTime {
        LocalTime::new(self.zone.to_datetime(at))
    }

    /// Lets a field that names a file name it as it is called now.
    fn edit_file(
        &self,
        draft: &Draft,
        (field, named): (&'static str, Named),
        names: &Names,
        edits: &mut Edits<'_>,
    ) {
        let Some(text) = text_in(&edits.fields, field) else { return };
        let written = documented::file_named(&text).to_owned();
        let name = match named {
            Named::Media(file) => self.media.get(file).and_then(|file| file.name_for(&draft.tenant)).cloned(),
            Named::Token(token) => names.tokens.get(&token).cloned(),
            Named::Missing if field == VIDEO_PATH => return,
            Named::Missing => Some(
                FileName::parse(&written).unwrap_or_else(|_| named_like(&written, &[written.as_bytes()])),
            ),
        };
        let Some(name) = name else { return };
        if let (VIDEO_PATH, Named::Media(file)) = (field, named) {
            let known = text_in(&edits.fields, "video_id")
                .is_some_and(|id| names.known_videos.contains(&(draft.tenant.clone(), id)));
            if let Some(id) = names.videos.get(&(draft.tenant.clone(), file)).filter(|_| !known) {
                edits.replace("video_id", id.as_str());
            }
        }
        if name.as_str() == text {
            return;
        }
        let is_own = field == "filename" && is_nothing(&edits.fields, "original_filename");
        if is_own && name.as_str() != written {
            edits.set("original_filename", text);
            edits.set(field, name.as_str());
        } else if name.as_str() == written && field != VIDEO_PATH {
            edits.set(field, name.as_str()); // only its folder goes
        } else {
            edits.replace(field, name.as_str());
        }
    }
}
