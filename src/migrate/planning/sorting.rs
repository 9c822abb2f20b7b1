//! What each entry of the tree is: a database, a file to be stored, or something that stays.

use crate::migrate::documented::{self, DONE, FOLDERS, USERS};
use crate::migrate::survey::{Entry, Kind, Survey};
use crate::migrate::tree_path::TreeName;
use crate::migrate::{Form, ProblemKind, SourceFile, source};
use crate::paths::{CollectionName, TenantId};

use super::Planning;
use super::files::Media;

impl Planning<'_> {
    /// Sorts every entry into what it is.
    pub(super) fn sort(&mut self, survey: &Survey) {
        for name in &survey.ledgers {
            if let (true, Ok(id)) = (documented::is_scope(name), documented::tenant(name))
                && self.add_tenant(name, "it has a ledger").is_ok()
                && let Some(tenant) = self.tenants.get_mut(&id)
            {
                tenant.exists = true;
            }
        }
        for entry in &survey.entries {
            let parts: Vec<TreeName<'_>> = entry.path.parts().collect();
            let texts: Vec<Option<&str>> = parts.iter().map(|part| part.as_str()).collect();
            match *texts {
                [name] => self.sort_at_root(entry, name),
                [Some("videos"), Some(DONE)] => self.sort_folder(entry, true),
                [_, name] if entry.kind == Kind::Folder => {
                    self.sort_folder(entry, name.is_some_and(documented::is_scope));
                }
                [Some("videos"), _, Some(DONE)] if entry.kind == Kind::Folder => {
                    self.sort_folder(entry, true)
                }
                [Some(folder), _] => self.sort_file(entry, folder, None),
                [Some("videos"), Some(DONE), _] => self.sort_file(entry, "videos", None),
                [Some(folder), Some(scope), _] | [Some(folder), Some(scope), _, _] => {
                    self.sort_file(entry, folder, documented::tenant(scope).ok());
                }
                _ => self.findings.leave(&entry.path, None, "none of the application's data"),
            }
        }
    }

    fn sort_at_root(&mut self, entry: &Entry, name: Option<&str>) {
        let is_folder = name.is_some_and(|name| FOLDERS.contains(&name));
        match entry.kind {
            Kind::Folder if is_folder => {
                self.folders.extend(FOLDERS.iter().find(|folder| Some(**folder) == name));
                self.check_listed(entry);
            }
            Kind::Folder if name == Some(".tenantry") => {
                self.findings.leave(&entry.path, None, "the library's own folder");
            }
            Kind::Folder => self.findings.leave(&entry.path, None, "none of the application's folders"),
            Kind::File if entry.digest.is_some() && name != Some(USERS) => self.add_source(entry),
            Kind::File if name == Some(USERS) || !self.is_wanted(entry) && !is_folder => {
                self.note_unknown(entry);
                self.findings.leave(&entry.path, None, documented::why_left(entry.path.name()));
            }
            _ if is_folder || self.is_wanted(entry) => self.in_the_way(entry),
            _ => self.findings.leave(&entry.path, None, "no file"),
        }
    }

    /// Whether what an entry is called is a database's name.
    fn is_wanted(&self, entry: &Entry) -> bool {
        let known = |collection| self.kinds.get(&collection).is_some();
        source::collection(&entry.path).is_some_and(known)
    }

    /// What has the name of something that is read, and can't be.
    fn in_the_way(&mut self, entry: &Entry) {
        let reason = unfit(entry);
        self.findings.leave(&entry.path, None, reason.clone());
        let proposal = "make it a file or folder that can be read, or move it away";
        self.findings.block(ProblemKind::Unreadable, (Some(&entry.path), None), reason, proposal);
    }

    /// A folder within one of the four.
    fn sort_folder(&mut self, entry: &Entry, is_known: bool) {
        let scope = entry.path.parts().nth(1).and_then(TreeName::as_str);
        let tenant = scope.and_then(|name| documented::tenant(name).ok());
        let exists = tenant.as_ref().and_then(|id| self.tenants.get(id)).is_some_and(|tenant| tenant.exists);
        match (entry.kind, scope) {
            (Kind::Folder, Some(_)) if is_known && exists => {
                self.findings.leave(&entry.path, None, "its tenant has a ledger, and is left alone");
            }
            (Kind::Folder, Some(name)) if is_known => {
                if name != DONE {
                    // The name was seen to be a tenant's.
                    let _ = self.add_tenant(name, "a folder has its name");
                }
                self.check_listed(entry);
            }
            _ => self.findings.leave(&entry.path, None, "no tenant's folder"),
        }
    }

    /// Sees that a folder could be listed.
    fn check_listed(&mut self, entry: &Entry) {
        if let Some(error) = entry.unreadable {
            let reason = format!("can't be listed: {error}");
            let proposal = "let it be read, or move it away";
            self.findings.block(ProblemKind::Unreadable, (Some(&entry.path), None), reason, proposal);
        }
    }

    /// A file within one of the four folders.
    fn sort_file(&mut self, entry: &Entry, folder: &str, scope: Option<TenantId>) {
        let name = entry.path.name();
        match entry.kind {
            Kind::Folder => {
                return self.findings.leave(&entry.path, None, "none of the application's folders");
            }
            Kind::Link => return self.findings.leave(&entry.path, None, "a link, which is not followed"),
            Kind::Special => return self.findings.leave(&entry.path, None, "no file"),
            Kind::File => {}
        }
        let is_database = folder == "data" && scope.is_some() && self.is_wanted(entry);
        let is_content = match folder {
            "data" => false,
            "tokens" => !documented::is_residue(name),
            _ => !documented::is_of_system(name),
        };
        if entry.digest.is_none() && (is_database || is_content) {
            return self.in_the_way(entry);
        }
        match folder {
            "data" if is_database => self.add_source(entry),
            "tokens" if is_content => self.sort_token(entry),
            "videos" | "thumbnails" if is_content => self.media.push(Media::new(entry, scope)),
            _ => {
                if folder == "data" {
                    self.note_unknown(entry);
                }
                self.findings.leave(&entry.path, None, documented::why_left(name));
            }
        }
    }

    /// Says of a documented database that it would be carried if its kind were known.
    fn note_unknown(&mut self, entry: &Entry) {
        if source::collection(&entry.path).is_some_and(|collection| documented::is_documented(&collection)) {
            let reason = "no kind of records is known for this database, so that it stays";
            let proposal = "make the application's type for it known to the planner";
            self.findings.know(ProblemKind::UnknownKind, (Some(&entry.path), None), reason, proposal);
        }
    }

    fn sort_token(&mut self, entry: &Entry) {
        let lower = entry.path.name().replaced().to_lowercase();
        if lower.starts_with("client_secret") {
            let why = "the application's own credentials, which belong to nobody";
            return self.findings.leave(&entry.path, None, why);
        }
        if !lower.ends_with(".json") {
            return self.findings.leave(&entry.path, None, "no token: its name does not end in .json");
        }
        self.add_source(entry);
    }

    fn add_source(&mut self, entry: &Entry) {
        let is_token = entry.path.parts().next().and_then(TreeName::as_str) == Some("tokens");
        let collection = match is_token {
            true => Some(CollectionName::TOKENS),
            false => source::collection(&entry.path),
        };
        let (Some(collection), Some(digest)) = (collection, entry.digest) else { return };
        let form: Form = source::form_of(&entry.path, &collection);
        let (path, bytes) = (entry.path.clone(), entry.bytes);
        self.sources.push(SourceFile { path, form, collection, bytes, digest, records: 0, set_aside: true });
    }
}

/// Why an entry is not what it should be.
pub(super) fn unfit(entry: &Entry) -> String {
    match (entry.kind, entry.unreadable) {
        (Kind::File, Some(error)) => format!("can't be read: {error}"),
        (Kind::File, None) => "is a file where a folder is meant".to_owned(),
        (Kind::Folder, _) => "is a folder where a file is meant".to_owned(),
        (Kind::Link, _) => "is a link, which is not followed".to_owned(),
        (Kind::Special, _) => "is neither a file nor a folder".to_owned(),
    }
}
