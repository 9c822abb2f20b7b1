//! Views that somebody edited: the explicit operations by which what was set aside is taken over, or
//! given up.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use jiff::Timestamp;

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::Draft;
use crate::ownership::{Action, Permit, Resource};
use crate::paths::CollectionName;
use crate::record::Entity;
use crate::store::{SetAside, StoreError, ViewKey, ViewName, ViewPlace};
use crate::views::{self, Digest, Shape, Shown};

use super::super::access::{Access, Admitted, Author};
use super::super::profile::Profile;
use super::super::transaction;
use super::comparison::{Adopter, Changes, EditedFile};
use super::plan::{Adoption, AdoptionPlan};
use super::{Scope, write};

const ACTION: Action = Action::AdoptView;
/// How many names are asked for at a time.
const PAGE: usize = 256;

/// The name of a file that was set aside: `<view>.edited-<time>`; that of a token's begins with `tokens/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EditName(String);

impl EditName {
    /// Parses a name, such as a [`ViewReport`](super::ViewReport) gives.
    ///
    /// # Errors
    /// [`InvalidName`](ErrorKind::InvalidName) for any other text.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = || Error::new(ErrorKind::InvalidName, ACTION.as_str());
        let token = text.strip_prefix(ViewPlace::Tokens.prefix());
        let (place, name) = token.map_or((ViewPlace::Data, text), |name| (ViewPlace::Tokens, name));
        SetAside::of_name(place, name, 0).map(|_| Self(text.to_owned())).ok_or_else(invalid)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EditName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EditName {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

/// A view that somebody edited, as it was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SetAsideView {
    /// The name of the file.
    pub name: EditName,
    /// The name of the view that it was.
    pub view: String,
    /// The collection of that view, if it is one of a collection.
    pub collection: Option<CollectionName>,
    /// When it was set aside, to the second; a little later than it was, if others had that name.
    pub at: Timestamp,
    /// Its length.
    pub bytes: u64,
}

impl SetAsideView {
    fn new(found: &SetAside) -> Self {
        Self {
            name: EditName(found.key().to_string()),
            view: ViewKey { place: found.place, name: ViewName::File(found.view.clone()) }.to_string(),
            collection: views::collection_of(found.place, found.view.as_str()),
            at: Timestamp::from_second(found.time).unwrap_or(Timestamp::MIN),
            bytes: found.length,
        }
    }
}

/// The views of a tenant that somebody edited, and that were set aside.
///
/// Nothing in them is believed until it is adopted. Adopting compares the file with the records, row
/// by row, through the collection's type, and carries the differences over as inserts, updates and
/// removals in one transaction: all of them, or none. The rules of every other change hold, and each is
/// decided by the policy as an action of its own. What can't be carried over is named, row and
/// field ([`RefusedEdits`](super::RefusedEdits)):
///
/// - a row that is no record of the type, exceeds a limit, or has the id of a row before it;
/// - an `owner` other than the tenant; a `created_by` or `created_at` that differs, or that a new row
///   has at all; what the type [refuses](Entity::refused_edits). Rows may leave out the envelope's
///   fields; `updated_at` is to stay as it was, and is set anew;
/// - a row added or removed, or another file named, where a record stands for a stored file;
/// - a row edited whose record changed in the ledger since the file was written;
/// - a row removed whose record may have come only after the file was read: one that lies behind all
///   rows of the file that show the present state.
///
/// Rows that nobody edited, and that are only older than the ledger, are left out of it. The order
/// of rows means nothing. What a view showed before it was edited is known by digests in `.views`, of the
/// newest text that was written or about to be. A program that read an older text is found out by
/// `updated_at`, which has seconds: what it writes in the very second in which a record changed
/// twice replaces the second change. Where nothing is known of what the view showed (`.views` was lost),
/// no record is changed or removed.
///
/// A token's file is listed and can be discarded, not adopted: what it holds is the service's to give.
/// Who wants what is in it reads the file and [replaces](super::super::Tokens::replace) the token.
///
/// # Errors
/// As for changes of a [`Collection`](super::super::Collection).
#[derive(Debug)]
pub struct EditedViews<'a> {
    access: &'a Access,
}

impl<'a> EditedViews<'a> {
    pub(in crate::workspace) fn new(access: &'a Access) -> Self {
        Self { access }
    }

    /// Those that there are, by name; the files of tokens last.
    ///
    /// # Errors
    /// See [`EditedViews`].
    pub async fn list(&self) -> Result<Vec<SetAsideView>> {
        let admitted = self.access.admit(ACTION, &Resource::Tenant).await?;
        let found = self.found(&admitted.permit, |_| true).await?;
        Ok(found.iter().map(SetAsideView::new).collect())
    }

    /// What adopting would do now, and what of it would be refused; changes nothing.
    ///
    /// # Errors
    /// See [`adopt`](Self::adopt), but for what it refuses, which is told in the plan.
    pub async fn preview<E: Entity>(&self, name: &EditName) -> Result<AdoptionPlan> {
        let admitted = self.access.admit(ACTION, &Resource::Collection(E::collection())).await?;
        let (file, ..) = self.read::<E>(&admitted, name).await?;
        let profile = admitted.profile(ACTION)?;
        let now = self.access.core.clock.now();
        let adopter = self.adopter(self.access.principal(), &profile, now);
        Ok(Changes::<E>::between(&admitted.state, &file, &adopter).plan())
    }

    /// Carries over what was edited. The file is removed once that is durable, and the view written
    /// anew. If that is interrupted, the file is still there, and adopting it again says the same
    /// and changes nothing (as long as the ledger keeps the answer, see
    /// [`kept_requests`](super::super::Settings::kept_requests); later, what differs from the
    /// records as they are then is refused).
    ///
    /// # Errors
    /// See [`EditedViews`]; [`NotFound`](ErrorKind::NotFound) if there is no such file;
    /// [`TooLarge`](ErrorKind::TooLarge) if it is longer than
    /// [`edited_view_bytes`](super::super::Settings::edited_view_bytes);
    /// [`InvalidInput`](ErrorKind::InvalidInput) if it is no array of JSON or of another collection, or
    /// with [`RefusedEdits`](super::RefusedEdits) as its source;
    /// [`RevisionMismatch`](ErrorKind::RevisionMismatch) with the same, if all that is refused changed
    /// in the ledger meanwhile; [`Unsupported`](ErrorKind::Unsupported) for a view that is no array, as
    /// the stream mapping and the files of tokens are none.
    pub async fn adopt<E: Entity>(&self, name: &EditName) -> Result<Adoption> {
        let resource = Resource::Collection(E::collection());
        let admitted = self.access.admit(ACTION, &resource).await?;
        let (file, digest, found) = self.read::<E>(&admitted, name).await?;
        // The principal's own keys begin with a tenant's name.
        let key = format!("@adopt:{name}:{}", digest.as_str());
        let run = {
            let access = self.access.clone();
            move |draft: &mut Draft, author: &Author<'_>| {
                transaction::once(draft, author, &key, |draft| {
                    let edits = EditedViews::new(&access);
                    let adopter = edits.adopter(author.principal.tenant(), author.profile, draft.now());
                    Changes::<E>::between(draft.state(), &file, &adopter).apply(draft, author)
                })
            }
        };
        let (adoption, permit, _) = self.access.transact(ACTION, &resource, run).await?;
        // It is durable: what fails from here on is done when it is asked for again, or by the next write.
        let core = &self.access.core;
        let after = async {
            self.remove(&permit, &found).await?;
            write(core, &permit, Scope::All).await
        };
        if let Err(error) = after.await {
            let tenant = permit.tenant().as_str();
            tracing::warn!(target: "tenantry::views", tenant, %error, "an adopted view is left behind");
            core.views.mark(permit.tenant(), Scope::All);
        }
        Ok(adoption)
    }

    /// Removes a file that was set aside, with all that was edited in it.
    ///
    /// # Errors
    /// See [`EditedViews`]; [`NotFound`](ErrorKind::NotFound) if there is no such file.
    pub async fn discard(&self, name: &EditName) -> Result<()> {
        let permit = self.access.admit(ACTION, &Resource::Tenant).await?.permit;
        let found = self.find(&permit, name).await?;
        self.remove(&permit, &found).await
    }

    fn adopter<'b>(
        &'b self,
        principal: &'b crate::paths::TenantId,
        profile: &Profile,
        now: Timestamp,
    ) -> Adopter<'b> {
        let limits = &self.access.core.settings.record_limits;
        Adopter { tenant: self.access.tenant(), principal, now: profile.local_time(now), limits }
    }

    fn failed(error: StoreError) -> Error {
        Error::store(ACTION.as_str(), error)
    }

    /// The files that were set aside, those that are wanted.
    async fn found(&self, permit: &Permit, wanted: impl Fn(&SetAside) -> bool) -> Result<Vec<SetAside>> {
        let mut found = Vec::new();
        for place in ViewPlace::ALL {
            let mut after = None::<String>;
            loop {
                let store = self.access.core.guarded.store(permit);
                let page = store.list_edited(permit.tenant(), place, after.as_deref(), PAGE).await;
                let page = page.map_err(Self::failed)?;
                found.extend(page.items.into_iter().filter(&wanted));
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        Ok(found)
    }

    async fn find(&self, permit: &Permit, name: &EditName) -> Result<SetAside> {
        let is_it = |found: &SetAside| found.key().to_string() == name.as_str();
        let found = self.found(permit, is_it).await?.into_iter().next();
        found.ok_or_else(|| Error::new(ErrorKind::NotFound, ACTION.as_str()).about(name.as_str()))
    }

    /// Reads a file that was set aside, and what the view showed before.
    async fn read<E: Entity>(
        &self,
        admitted: &Admitted,
        name: &EditName,
    ) -> Result<(EditedFile, Digest, SetAside)> {
        let (collection, settings) = (E::collection(), &self.access.core.settings);
        let refused = |kind| Error::new(kind, ACTION.as_str()).about(name.as_str());
        let found = self.find(&admitted.permit, name).await?;
        if views::collection_of(found.place, found.view.as_str()).as_ref() != Some(&collection) {
            return Err(refused(ErrorKind::InvalidInput));
        }
        if views::shape(&collection) != Some(Shape::Array) {
            return Err(refused(ErrorKind::Unsupported));
        }
        if found.length > settings.edited_view_bytes {
            return Err(refused(ErrorKind::TooLarge));
        }
        let text = self.content(&admitted.permit, &found.key()).await?;
        let text = text.ok_or_else(|| refused(ErrorKind::NotFound))?;
        let base = Shown::read(self.content(&admitted.permit, &found.base()).await?.as_deref());
        let file = EditedFile::read(&text, base, &settings.record_limits)?;
        Ok((file, Digest::of(&text), found))
    }

    async fn content(&self, permit: &Permit, key: &ViewKey) -> Result<Option<Bytes>> {
        let store = self.access.core.guarded.store(permit);
        store.read_view(permit.tenant(), key).await.map_err(Self::failed)
    }

    /// Removes a file, and then what makes it of use.
    async fn remove(&self, permit: &Permit, found: &SetAside) -> Result<()> {
        let store = self.access.core.guarded.store(permit);
        for key in [found.key(), found.base()] {
            store.remove_view(permit.tenant(), &key).await.map_err(Self::failed)?;
        }
        Ok(())
    }
}
