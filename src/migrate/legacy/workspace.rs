//! A principal that looks at what one tenant has in the old places.

use std::io;
use std::sync::Arc;

use super::reading::Reading;
use super::{Legacy, LegacyFile, file};
use crate::error::{Error, ErrorKind, Result};
use crate::ownership::{Action, Decision, Resource, Role};
use crate::paths::{Area, FileName, TenantId};
use crate::record::{Entity, Record, RecordId, RecordText};
use crate::workspace::onlooker::{Onlooker, Seen, not_found};
use crate::workspace::{ByteRange, Thumbnail, Token, Video};

/// A principal at work that is not migrated yet.
#[derive(Clone)]
pub struct LegacySession {
    own: LegacyWorkspace,
    role: Role,
}

impl std::fmt::Debug for LegacySession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LegacySession").field("principal", self.tenant()).finish()
    }
}

impl LegacySession {
    pub(super) const fn new(own: LegacyWorkspace, role: Role) -> Self {
        Self { own, role }
    }

    /// What is the principal's own.
    #[must_use]
    pub fn own(&self) -> LegacyWorkspace {
        self.own.clone()
    }

    /// What is another tenant's. That nothing is asked here keeps a foreign one from being told from a missing one:
    /// every operation asks.
    #[must_use]
    pub fn workspace(&self, tenant: &TenantId) -> LegacyWorkspace {
        LegacyWorkspace { onlooker: self.own.onlooker.elsewhere(tenant), ..self.own.clone() }
    }

    /// Who is at work.
    #[must_use]
    pub const fn tenant(&self) -> &TenantId {
        self.own.tenant()
    }

    /// The role that it will have.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }
}

/// What one tenant has in the old places, to be read and not to be changed.
///
/// It sees the tree as its session found it; begin another to see what came since.
///
/// # Errors
/// Every operation answers [`NotFound`](ErrorKind::NotFound) for what is missing or foreign,
/// [`Denied`](ErrorKind::Denied) for what the policy says may be seen and not done, [`Gone`](ErrorKind::Gone) when
/// the principal has been migrated meanwhile, [`Corrupt`](ErrorKind::Corrupt) for a record that its type can't read and
/// for the file of a record that is not there, and the store's errors.
#[derive(Clone)]
pub struct LegacyWorkspace {
    legacy: Legacy,
    onlooker: Onlooker,
    reading: Arc<Reading>,
}

impl std::fmt::Debug for LegacyWorkspace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LegacyWorkspace").field("tenant", self.tenant()).finish_non_exhaustive()
    }
}

impl LegacyWorkspace {
    pub(super) const fn new(legacy: Legacy, onlooker: Onlooker, reading: Arc<Reading>) -> Self {
        Self { legacy, onlooker, reading }
    }

    /// The tenant whose it is.
    #[must_use]
    pub const fn tenant(&self) -> &TenantId {
        self.onlooker.tenant()
    }

    /// Whether an action would be allowed, without doing it. What changes something can't be done here, whatever
    /// the policy says of it.
    ///
    /// # Errors
    /// See [`LegacyWorkspace`].
    pub async fn can(&self, action: Action, resource: &Resource) -> Result<Decision> {
        self.onlooker.ask(action, resource).await
    }

    /// All records of one kind, in their order.
    ///
    /// # Errors
    /// See [`LegacyWorkspace`].
    pub async fn list<E: Entity>(&self) -> Result<Vec<Record<E>>> {
        let seen = self.onlooker.admit(Action::ListRecords, &Resource::Collection(E::collection())).await?;
        self.reading.list(&seen.permit, &E::collection()).iter().map(|text| show(&seen, text)).collect()
    }

    /// One record.
    ///
    /// # Errors
    /// See [`LegacyWorkspace`].
    pub async fn get<E: Entity>(&self, id: &RecordId) -> Result<Record<E>> {
        let (action, collection) = (Action::GetRecord, E::collection());
        let resource = Resource::Record(collection.clone(), id.clone());
        let seen = self.onlooker.admit(action, &resource).await?;
        let text = self.reading.get(&seen.permit, &collection, id);
        show(&seen, text.ok_or_else(|| not_found(action, &resource))?)
    }

    /// The token of that file, with its content.
    ///
    /// # Errors
    /// See [`LegacyWorkspace`].
    pub async fn token(&self, name: &FileName) -> Result<Record<Token>> {
        let resource = Resource::token(name);
        self.of_file(Action::ReadToken, resource, name).await
    }

    /// The record of the video that is stored under that name, ignoring case.
    ///
    /// # Errors
    /// See [`LegacyWorkspace`].
    pub async fn video(&self, name: &FileName) -> Result<Record<Video>> {
        self.of_file(Action::GetVideo, Resource::File(Area::Videos, name.clone()), name).await
    }

    /// The record of the thumbnail that is stored under that name, ignoring case.
    ///
    /// # Errors
    /// See [`LegacyWorkspace`].
    pub async fn thumbnail(&self, name: &FileName) -> Result<Record<Thumbnail>> {
        self.of_file(Action::GetThumbnail, Resource::File(Area::Thumbnails, name.clone()), name).await
    }

    /// A video's bytes, by the name under which it is stored.
    ///
    /// # Errors
    /// See [`LegacyWorkspace`]; [`RangeNotSatisfiable`](ErrorKind::RangeNotSatisfiable);
    /// [`Unavailable`](ErrorKind::Unavailable) if it can't be read, or is changing.
    pub async fn open_video(&self, name: &FileName, range: ByteRange) -> Result<LegacyFile> {
        self.open(Action::OpenVideo, Area::Videos, name, range).await
    }

    /// A thumbnail's bytes, likewise.
    ///
    /// # Errors
    /// As for [`open_video`](Self::open_video).
    pub async fn open_thumbnail(&self, name: &FileName, range: ByteRange) -> Result<LegacyFile> {
        self.open(Action::OpenThumbnail, Area::Thumbnails, name, range).await
    }

    async fn of_file<E: Entity>(
        &self,
        action: Action,
        resource: Resource,
        name: &FileName,
    ) -> Result<Record<E>> {
        let seen = self.onlooker.admit(action, &resource).await?;
        let text = self.reading.of_file(&seen.permit, &E::collection(), name);
        show(&seen, text.ok_or_else(|| not_found(action, &resource))?)
    }

    async fn open(
        &self,
        action: Action,
        area: Area,
        name: &FileName,
        range: ByteRange,
    ) -> Result<LegacyFile> {
        let resource = Resource::File(area, name.clone());
        let seen = self.onlooker.admit(action, &resource).await?;
        let mut reading = Arc::clone(&self.reading);
        for attempt in 0.. {
            let stored = reading.file(&seen.permit, area, name).cloned();
            let stored = stored.ok_or_else(|| match reading.has_lost(&seen.permit, area, name) {
                true => Error::new(ErrorKind::Corrupt, action.as_str()),
                false => not_found(action, &resource),
            })?;
            let (tree, length) = (Arc::clone(&self.legacy.tree), stored.bytes);
            let opened = tokio::task::spawn_blocking(move || file::open(&tree.root, &stored)).await;
            match opened.map_err(io::Error::other).flatten() {
                Ok(Some(file)) => {
                    let range = range.within(length).ok_or_else(|| {
                        let about = format!("{length} bytes");
                        Error::new(ErrorKind::RangeNotSatisfiable, action.as_str()).about(about)
                    })?;
                    return Ok(LegacyFile::new(action, file, length, range));
                }
                // It is not what was found: it is looked for again, once.
                Ok(None) | Err(_) if attempt == 0 => reading = self.legacy.current(action.as_str()).await?,
                Ok(None) => break,
                Err(error) => return Err(unreadable(action, &error)),
            }
        }
        Err(Error::new(ErrorKind::Unavailable, action.as_str()))
    }
}

fn unreadable(action: Action, error: &io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, action.as_str()).about(error.kind().to_string())
}

/// A record as it is seen.
fn show<E: Entity>(seen: &Seen, text: &RecordText) -> Result<Record<E>> {
    let damaged = |error| Error::new(ErrorKind::Corrupt, seen.permit.action().as_str()).with_source(error);
    seen.show(Record::read(text).map_err(damaged)?)
}
