//! Whose each file is, and what it is called there.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::migrate::documented::{self, DONE, LOOPED_VIDEOS};
use crate::migrate::survey::Entry;
use crate::migrate::tree_path::TreeName;
use crate::migrate::{Digest, Placement, PlannedFile, ProblemKind, TreePath};
use crate::paths::{Area, CollectionName, FileName, TenantId};
use crate::workspace::Thumbnail;
use jiff::Timestamp;

use super::Planning;
use super::draft::{Named, text_in};
use super::findings::Place;
use super::lookup::{Index, loose};
use super::names::made_name;

/// A file that may become a stored one.
pub(super) struct Media {
    pub(super) path: TreePath,
    pub(super) area: Area,
    pub(super) bytes: u64,
    pub(super) digest: Digest,
    pub(super) modified: Timestamp,
    /// The tenant in whose folder it lies.
    pub(super) scope: Option<TenantId>,
    /// Whether it is a looped video.
    pub(super) done: bool,
    /// Whose it becomes, and what it is called there.
    pub(super) owners: BTreeMap<TenantId, Option<FileName>>,
    /// Who names it that has a ledger already.
    pub(super) existing: bool,
    /// Whether it is not there any more.
    is_taken: bool,
    why: Cow<'static, str>,
}

impl Media {
    pub(super) fn new(entry: &Entry, scope: Option<TenantId>) -> Self {
        let parts: Vec<&str> = entry.path.parts().filter_map(TreeName::as_str).collect();
        let area = parts.first().and_then(|name| Area::from_name(name)).unwrap_or(Area::Videos);
        let folders = parts.len().saturating_sub(1);
        Self {
            path: entry.path.clone(),
            area,
            bytes: entry.bytes,
            digest: entry.digest.unwrap_or_else(|| Digest::of(b"")),
            modified: entry.modified,
            scope,
            done: parts.iter().take(folders).skip(1).any(|part| *part == DONE),
            owners: BTreeMap::new(),
            existing: false,
            is_taken: entry.is_taken,
            why: "".into(),
        }
    }

    /// The collection in which its record stands.
    pub(super) fn collection(&self) -> CollectionName {
        match self.area {
            Area::Videos => CollectionName::VIDEOS,
            Area::Thumbnails => CollectionName::THUMBNAILS,
        }
    }

    /// What the record that is made for it says it was called.
    pub(super) fn original_name(&self) -> String {
        self.path.name().as_str().map_or_else(|| self.path.name().to_string(), str::to_owned)
    }

    /// What it is to be called for a tenant.
    pub(super) fn name_for(&self, tenant: &TenantId) -> Option<&FileName> {
        self.owners.get(tenant)?.as_ref()
    }
}

impl Planning<'_> {
    /// Finds what each record names, and then whose each file is and what it is called.
    pub(super) fn find_files(&mut self) {
        let default_owner = self.default_owner.clone();
        let index = Index::of(&self.media, &default_owner);
        let tokens = self.name_tokens();
        for at in 0..self.drafts.len() {
            let files = self.named_by(at, &index, &tokens);
            for (_, named) in &files {
                if let Named::Media(file) = named {
                    let tenant = self.drafts[at].tenant.clone();
                    self.media[*file].owners.insert(tenant, None);
                }
            }
            self.drafts[at].files = files;
        }
        for at in 0..self.media.len() {
            self.own(at);
        }
        self.leave_unowned();
        self.name_files();
        self.note_same_content();
        self.check_folders();
    }

    /// What the fields of a record come to that name files.
    fn named_by(
        &self,
        at: usize,
        index: &Index<'_>,
        tokens: &HashMap<(TenantId, String), Vec<usize>>,
    ) -> Vec<(&'static str, Named)> {
        let draft = &self.drafts[at];
        let (fields, mut files) = (draft.fields(), Vec::new());
        for (field, of) in documented::file_fields(&draft.collection) {
            let Some(text) = text_in(&fields, field) else { continue };
            let name = documented::file_named(&text);
            let named = if *of == CollectionName::TOKENS {
                let found = tokens.get(&(draft.tenant.clone(), loose(name)));
                let found = found.map(Vec::as_slice).unwrap_or_default();
                let is_exact = |at: &&usize| self.drafts[**at].from.name().as_bytes() == name.as_bytes();
                let only = found.first().filter(|_| found.len() == 1);
                found.iter().find(is_exact).or(only).map_or(Named::Missing, |at| Named::Token(*at))
            } else {
                let area = if *of == CollectionName::VIDEOS { Area::Videos } else { Area::Thumbnails };
                let done = draft.collection.as_str() == LOOPED_VIDEOS;
                let whose = (&draft.tenant, draft.scope.as_ref());
                let found = index.find(&self.media, (area, name), whose, done);
                let found = found.filter(|at| !self.media[*at].is_taken);
                found.map_or(Named::Missing, Named::Media)
            };
            files.push((*field, named));
        }
        files
    }

    /// The tokens of each tenant by their loose names.
    fn name_tokens(&self) -> HashMap<(TenantId, String), Vec<usize>> {
        let mut tokens = HashMap::<_, Vec<usize>>::new();
        let is_token = |draft: &&super::Draft| draft.collection == CollectionName::TOKENS;
        for (at, draft) in self.drafts.iter().enumerate().filter(|(_, draft)| is_token(draft)) {
            let name = loose(&draft.from.name().replaced());
            tokens.entry((draft.tenant.clone(), name)).or_default().push(at);
        }
        tokens
    }

    /// Whose a file is: theirs whose records name it; else his whom the owners' file or the folder says; else
    /// the default owner's, if it looks like one of the application's.
    fn own(&mut self, at: usize) {
        let file = &self.media[at];
        if file.is_taken {
            return;
        }
        let named = file.owners.len();
        if named > 0 {
            self.media[at].why = match named {
                1 => "records of the tenant name it".into(),
                _ => format!("records of {named} tenants name it").into(),
            };
            return;
        }
        let (name, path) = (self.media[at].original_name(), self.media[at].path.to_string());
        let given = self.given(&path).or_else(|| self.given(&name));
        let file = &self.media[at];
        let (owner, why) = match (given, &file.scope) {
            (Some(given), _) => (Some(given), "the owners' file names its owner"),
            (None, Some(scope)) if self.is_media(file) => {
                (Some(scope.clone()), "it lies in the tenant's folder")
            }
            (None, None) if self.is_media(file) && !file.existing => {
                (Some(self.default_owner.clone()), "no record names it")
            }
            _ => (None, ""),
        };
        // Who has a ledger gets nothing more.
        let owner = owner.filter(|owner| !self.is_left_alone(owner));
        self.media[at].why = why.into();
        if let Some(owner) = owner {
            self.media[at].owners.insert(owner, None);
        }
    }

    /// Whether a file is what lies in its area, by its name.
    fn is_media(&self, file: &Media) -> bool {
        if documented::is_residue(file.path.name()) {
            return false;
        }
        let name = file.path.name().replaced();
        let Some((_, extension)) = name.rsplit_once('.') else { return false };
        let extension = extension.to_ascii_lowercase();
        match file.area {
            Area::Videos => self.options.video_extensions.contains(&extension),
            Area::Thumbnails => Thumbnail::is_image(&extension),
        }
    }

    /// Leaves the files that nobody gets: those that are nobody's, and those that stand once more where a
    /// record names them.
    fn leave_unowned(&mut self) {
        let mut named = HashMap::<(TenantId, Area, String, Digest), TreePath>::new();
        let key = |tenant: &TenantId, file: &Media| {
            (tenant.clone(), file.area, loose(&file.path.name().replaced()), file.digest)
        };
        let is_orphan: Vec<bool> = self.orphans();
        for (file, _) in self.media.iter().zip(&is_orphan).filter(|(_, orphan)| !**orphan) {
            for tenant in file.owners.keys() {
                named.insert(key(tenant, file), file.path.clone());
            }
        }
        let mut gone = vec![false; self.media.len()];
        for (at, file) in self.media.iter().enumerate() {
            let twin =
                || file.owners.keys().find_map(|tenant| Some((tenant, named.get(&key(tenant, file))?)));
            if file.owners.is_empty() {
                gone[at] = true;
                if file.is_taken {
                    continue;
                }
                let why = if file.existing {
                    "its tenant has a ledger, and is left alone"
                } else if documented::is_residue(file.path.name()) {
                    documented::why_left(file.path.name())
                } else {
                    "no record names it, and by its name it is none of the application's"
                };
                self.findings.leave(&file.path, None, why);
            } else if let (true, Some((tenant, twin))) = (is_orphan[at], twin()) {
                gone[at] = true;
                let reason = format!("the same file is {twin}, which a record names");
                self.findings.leave(&file.path, None, reason.clone());
                let proposal = "it stays; delete it when the migration is finished";
                let place = Place::of(tenant, Some(&file.path), None);
                self.findings.know(ProblemKind::Duplicate, place, reason, proposal);
            }
        }
        self.keep_media(&gone);
    }

    /// Which files no record names.
    fn orphans(&self) -> Vec<bool> {
        let mut orphans = vec![true; self.media.len()];
        for (_, named) in self.drafts.iter().flat_map(|draft| &draft.files) {
            if let Named::Media(at) = named {
                orphans[*at] = false;
            }
        }
        orphans
    }

    fn keep_media(&mut self, gone: &[bool]) {
        let mut numbers = vec![0; gone.len()];
        let mut kept = 0;
        for (number, gone) in numbers.iter_mut().zip(gone) {
            *number = kept;
            kept += usize::from(!gone);
        }
        for (_, named) in self.drafts.iter_mut().flat_map(|draft| &mut draft.files) {
            if let Named::Media(at) = named {
                *at = numbers[*at];
            }
        }
        let mut at = 0..;
        self.media.retain(|_| !at.next().is_some_and(|at| gone[at]));
    }

    /// Gives each file a name for each tenant that gets it: its own where that can be one and is free.
    fn name_files(&mut self) {
        let mut taken: HashSet<(TenantId, Area, String)> = self.missing().collect();
        for area in [Area::Videos, Area::Thumbnails] {
            taken.extend(self.stay_in(area.as_str()).map(|(tenant, name)| (tenant, area, name)));
        }
        // What lies in a tenant's own folder comes first to its name.
        let mut order: Vec<usize> = (0..self.media.len()).collect();
        order.sort_by_key(|at| (self.media[*at].scope.is_none(), self.media[*at].done, *at));
        for at in order {
            let file = &mut self.media[at];
            let own = file.path.name().as_str().map(FileName::parse);
            for (tenant, name) in &mut file.owners {
                let key = |name: &FileName| (tenant.clone(), file.area, name.folded());
                let reason = match &own {
                    Some(Ok(own)) if taken.insert(key(own)) => {
                        *name = Some(own.clone());
                        continue;
                    }
                    Some(Ok(_)) => {
                        "another of the tenant's has the same name, or had one, but for case".to_owned()
                    }
                    Some(Err(error)) => error.to_string(),
                    None => "the name is no text".to_owned(),
                };
                // Something may be called just so.
                let made = (0_u64..).map(|number| match number {
                    0 => made_name(&file.path, &[file.path.as_bytes()]),
                    _ => made_name(&file.path, &[file.path.as_bytes(), &number.to_le_bytes()]),
                });
                let Some(new) = made.into_iter().find(|new| taken.insert(key(new))) else { continue };
                let reason = format!("{reason}; it is called {new} for {tenant}");
                let proposal = "what names it follows; the name that it had is kept in its record";
                let place = Place::of(tenant, Some(&file.path), None);
                self.findings.know(ProblemKind::NewName, place, reason, proposal);
                *name = Some(new);
            }
        }
    }

    /// The names of the files that a tenant's records have lost: no other may seem to be one of them.
    fn missing(&self) -> impl Iterator<Item = (TenantId, Area, String)> {
        let records =
            [(CollectionName::VIDEOS, Area::Videos), (CollectionName::THUMBNAILS, Area::Thumbnails)];
        let own = records.into_iter().flat_map(|(collection, area)| {
            let own = self.drafts.iter().filter(move |draft| draft.collection == collection);
            own.map(move |draft| (draft, area))
        });
        let lost = own.filter(|(draft, _)| draft.files.contains(&("filename", Named::Missing)));
        lost.filter_map(|(draft, area)| {
            let name = draft.text_of("filename")?;
            let name = FileName::parse(documented::file_named(&name)).ok()?;
            Some((draft.tenant.clone(), area, name.folded()))
        })
    }

    /// Names the files of a tenant whose content is the same.
    fn note_same_content(&mut self) {
        let mut first = HashMap::new();
        for file in self.media.iter().filter(|file| file.bytes > 0) {
            for tenant in file.owners.keys() {
                let twin = first.entry((tenant, file.area, file.digest)).or_insert(&file.path);
                if **twin != file.path {
                    let reason = format!("{tenant} has the same content in {twin}");
                    let proposal = "both are carried; delete one of them by the application";
                    let place = Place::of(tenant, Some(&file.path), None);
                    self.findings.know(ProblemKind::Duplicate, place, reason, proposal);
                }
            }
        }
    }

    /// Sees that there is a folder where there should be files.
    fn check_folders(&mut self) {
        for (area, collection) in
            [(Area::Videos, CollectionName::VIDEOS), (Area::Thumbnails, CollectionName::THUMBNAILS)]
        {
            let is_missing = |draft: &&super::Draft| {
                draft.collection == collection && draft.files.contains(&("filename", Named::Missing))
            };
            let missing = self.drafts.iter().filter(is_missing).count();
            if missing > 0 && !self.folders.contains(area.as_str()) {
                let path = TreePath::root().join(area.as_str());
                let reason = format!("there is no such folder, and {missing} records name files in it");
                let proposal = "mount or restore it; make it empty if the files are gone for good";
                self.findings.block(ProblemKind::MissingFolder, (Some(&path), None), reason, proposal);
            }
        }
    }

    /// The files as the plan has them.
    pub(super) fn planned_files(&self) -> Vec<PlannedFile> {
        let mut files: Vec<PlannedFile> = self.media.iter().map(planned).collect();
        files.sort_by(|one, other| one.from.cmp(&other.from));
        files
    }
}

fn planned(file: &Media) -> PlannedFile {
    let area = file.area;
    let placed = file
        .owners
        .iter()
        .filter_map(|(tenant, name)| Some(Placement { tenant: tenant.clone(), area, name: name.clone()? }));
    // Moved to the last of them that comes: who was there before could have deleted it by then.
    let to: Vec<Placement> = placed.rev().collect();
    PlannedFile {
        from: file.path.clone(),
        bytes: file.bytes,
        digest: file.digest,
        to,
        keeps_original: false,
        why: file.why.clone(),
    }
}
