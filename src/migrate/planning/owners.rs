//! Whose a record is.

use std::collections::{BTreeSet, HashMap};

use crate::migrate::{Position, documented};
use crate::paths::{Area, CollectionName, TenantId};
use crate::record::{Fields, RecordError};

use super::Planning;
use super::draft::{Draft, text_in};
use super::files::Media;
use super::reading::is_nothing;

/// Whose those are that others name: by collection and id, and by collection and file.
#[derive(Default)]
pub(super) struct Owners {
    by_id: HashMap<(CollectionName, String), BTreeSet<TenantId>>,
    by_file: HashMap<(CollectionName, String), BTreeSet<TenantId>>,
    /// Who names a token.
    users: HashMap<String, BTreeSet<TenantId>>,
    /// In whose folders the files of a name lie; none where it is the shared one.
    lying: HashMap<(CollectionName, String), BTreeSet<Option<TenantId>>>,
}

/// Why an owner can't be told.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoOwner {
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("its owner can't be a tenant: {0}")]
    Name(#[from] crate::paths::NameError),
}

impl Owners {
    /// What can be told from where files lie.
    pub(super) fn of(media: &[Media], kept: &[(&'static str, String, String)]) -> Self {
        let mut owners = Self::default();
        // Who was migrated before has taken its files along, and what is left of it is still its own.
        for (folder, tenant, name) in kept {
            let Ok(tenant) = TenantId::parse(tenant) else { continue };
            let collection = match *folder {
                "videos" => CollectionName::VIDEOS,
                "thumbnails" => CollectionName::THUMBNAILS,
                _ => {
                    let key = (CollectionName::TOKENS, name.clone());
                    owners.by_file.entry(key).or_default().insert(tenant);
                    continue;
                }
            };
            owners.lying.entry((collection, name.clone())).or_default().insert(Some(tenant));
        }
        for file in media {
            let name = file.path.name().replaced();
            owners.lying.entry((file.collection(), name)).or_default().insert(file.scope.clone());
        }
        owners
    }

    /// The only tenant in whose folder the record's own file lies.
    fn keeper(&self, draft: &Draft) -> Option<TenantId> {
        let name = documented::file_named(&draft.text_of("filename")?).to_owned();
        let folders = self.lying.get(&(draft.collection.clone(), name))?;
        folders.first().filter(|_| folders.len() == 1)?.clone()
    }

    /// Learns whose a record is.
    pub(super) fn add(&mut self, draft: &Draft) {
        let (collection, tenant) = (&draft.collection, &draft.tenant);
        if let Some(id) = &draft.old_id {
            self.by_id.entry((collection.clone(), id.clone())).or_default().insert(tenant.clone());
        }
        let fields = draft.fields();
        if let Some(file) = text_in(&fields, "filename") {
            self.by_file.entry((collection.clone(), file)).or_default().insert(tenant.clone());
        }
        for (field, of) in documented::file_fields(collection) {
            if *of == CollectionName::TOKENS
                && let Some(file) = text_in(&fields, field)
            {
                let file = documented::file_named(&file).to_owned();
                self.users.entry(file).or_default().insert(tenant.clone());
            }
        }
    }

    /// Whose that is which a record without an owner belongs to.
    fn followed(&self, draft: &Draft) -> Option<(TenantId, &'static str)> {
        if draft.collection == CollectionName::TOKENS {
            let users = self.users.get(&draft.text_of("filename")?)?;
            return one(users).map(|tenant| (tenant, "its records alone use the token"));
        }
        if draft.collection == CollectionName::STREAM_MAPPING {
            let file = draft.text_of("token_file")?;
            let token = self.by_file.get(&(CollectionName::TOKENS, file.clone())).and_then(one);
            let user = || self.users.get(&file).and_then(one);
            return token.or_else(user).map(|tenant| (tenant, "its token is the tenant's"));
        }
        let ids = documented::id_fields(&draft.collection).iter().filter(|(field, _)| *field != "repeat_of");
        let by_id = ids.filter_map(|(field, of)| {
            let key = (of.clone(), draft.text_of(field)?);
            self.by_id.get(&key).and_then(one)
        });
        let path = || {
            let path = draft.text_of("video_path")?;
            let key = (CollectionName::VIDEOS, documented::file_named(&path).to_owned());
            self.by_file.get(&key).and_then(one)
        };
        let found = by_id.into_iter().next().or_else(path);
        found.map(|tenant| (tenant, "what it belongs to is the tenant's"))
    }
}

fn one(tenants: &BTreeSet<TenantId>) -> Option<TenantId> {
    tenants.first().filter(|_| tenants.len() == 1).cloned()
}

impl<'a> Planning<'a> {
    /// The owner that was given for something.
    pub(super) fn given(&mut self, of: &str) -> Option<TenantId> {
        let (key, tenant) = self.given.get_key_value(of)?;
        let key: &'a str = key;
        self.used.insert(key);
        Some(tenant.clone())
    }

    /// The owner that was given for a record: by its id, its file's path or name, or its place.
    fn given_for(&mut self, draft: &Draft, fields: &Fields<'_>) -> Option<TenantId> {
        if self.given.is_empty() {
            return None;
        }
        let file = text_in(fields, "filename");
        let path = file.as_deref().and_then(|file| {
            let area = Area::from_name(draft.collection.as_str())?;
            let scope = draft.scope.as_ref().map(|tenant| format!("{tenant}/")).unwrap_or_default();
            Some(format!("{area}/{scope}{}", documented::file_named(file)))
        });
        let place = match draft.at {
            Position::Whole => draft.from.to_string(),
            at => format!("{}, {at}", draft.from),
        };
        [draft.old_id.clone(), path, file, Some(place)].into_iter().flatten().find_map(|of| self.given(&of))
    }

    /// Whose a record is, and why.
    pub(super) fn owner(
        &mut self,
        draft: &Draft,
        owners: &Owners,
    ) -> Result<(TenantId, &'static str), NoOwner> {
        let fields = draft.fields();
        let named = match is_nothing(&fields, "owner") {
            true => None,
            false => Some(match fields.get_text("owner") {
                Some(name) => self.add_tenant(&name, "records name it").map_err(NoOwner::from),
                None => Err(RecordError::Owner.into()),
            }),
        };
        if let Some(Ok(tenant)) = named {
            return Ok((tenant, "it names its owner"));
        }
        if let Some(tenant) = self.given_for(draft, &fields) {
            return Ok((tenant, "the owners' file names its owner"));
        }
        if let Some(Err(none)) = named {
            return Err(none);
        }
        if let Some(tenant) = &draft.scope {
            return Ok((tenant.clone(), "its file lies in the tenant's folder"));
        }
        if let Some(keeper) = owners.keeper(draft) {
            return Ok((keeper, "its own file lies in the tenant's folder"));
        }
        if let Some(followed) = owners.followed(draft) {
            return Ok(followed);
        }
        Ok((self.default_owner.clone(), "it names no owner"))
    }
}
