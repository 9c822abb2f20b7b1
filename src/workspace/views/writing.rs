//! Bringing a tenant's views up to its ledger.
//!
//! A view that is not the library's own is set aside before it is replaced; whose it is, its digest
//! tells. The digests are replaced before the views, so that what a crash leaves is known. Another
//! process may do the same at the same time, from an older or a newer state: so whoever has written
//! reads digests and ledger once more, and goes over it again if either moved: the last to write
//! therefore wrote the newest. And what looks edited is looked at again after a while, for another may
//! just have written it and be about to say so.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::ledger::{Entry, Section, State};
use crate::ownership::{Permit, Resource};
use crate::paths::{CollectionName, TenantId};
use crate::record::RecordText;
use crate::store::{Incarnation, StoreError, StoreErrorKind, ViewKey, ViewName, ViewPlace};
use crate::views::{self, Digest, Digests, STANDING, Shape, Shown};

use super::super::access::{Core, missing};
use super::super::profile::is_alive;
use super::super::{records, stream_keys};

/// How often views are gone over while others write too, before that is left to the next time.
const ROUNDS: usize = 8;
/// Where the digests lie.
const DIGESTS: ViewKey = ViewKey { place: ViewPlace::Data, name: ViewName::Digests };
/// How often what looks edited is looked at again, and after how long.
const SECOND_LOOKS: u32 = 3;
const SECOND_LOOK: Duration = Duration::from_millis(20);

/// What was done to a tenant's views.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct ViewReport {
    /// The names of the files that were written.
    pub written: Vec<String>,
    /// The files that somebody else had written over, and where they are kept.
    pub edited: Vec<EditedView>,
}

/// A view that somebody else edited: the library never believes it, and never overwrites it either.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EditedView {
    /// The name of the view.
    pub view: String,
    /// The name of the file beside it that holds what was found.
    pub kept_as: String,
}

/// Which views are to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::workspace) enum Scope {
    /// Those that could differ from the ledger, by what this process knows.
    Changed(BTreeSet<Section>),
    /// All of them, whatever is known.
    All,
}

impl Scope {
    /// Adds another.
    pub(super) fn add(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::Changed(own), Self::Changed(more)) => own.extend(more),
            _ => *self = Self::All,
        }
    }
}

/// Brings the views of the permit's tenant up to its ledger.
///
/// # Errors
/// [`NotFound`](crate::ErrorKind::NotFound) if the tenant does not live; the store's, after which what could
/// be written is written.
pub(in crate::workspace) async fn write(core: &Core, permit: &Permit, scope: Scope) -> Result<ViewReport> {
    let (operation, tenant) = (permit.action().as_str(), permit.tenant());
    let ledger = core.guarded.ledger(permit);
    let turn = core.views.turn(tenant);
    let _turn = turn.lock().await;
    let mut writing = Writing::new(core, permit, scope);
    for _ in 0..ROUNDS {
        writing.current.clear();
        let state = ledger.read_at_close(operation, tenant).await?;
        let life = life(&state).ok_or_else(|| missing(operation, &Resource::Tenant))?;
        let undisturbed = writing.round(&state, life).await?;
        let newest = ledger.read_at_close(operation, tenant).await?;
        if self::life(&newest).is_none() {
            // It is being erased: nothing of it may come back.
            writing.take_back().await?;
            return Err(missing(operation, &Resource::Tenant));
        }
        let explained = core.views.explains(tenant, state.number(), newest.number());
        if undisturbed && explained {
            core.views.remember(tenant, life, std::mem::take(&mut writing.current));
            return Ok(writing.report);
        }
        writing.scope = Scope::All;
    }
    core.views.mark(tenant, Scope::All);
    Ok(writing.report)
}

/// The views of the permit's tenant that somebody else edited; changes nothing.
///
/// # Errors
/// As for [`write`].
pub(in crate::workspace) async fn edited(core: &Core, permit: &Permit) -> Result<Vec<String>> {
    let turn = core.views.turn(permit.tenant());
    let _turn = turn.lock().await;
    let writing = Writing::new(core, permit, Scope::All);
    let mut edited = Vec::new();
    for look in 0..=SECOND_LOOKS {
        edited = writing.edited().await?;
        if edited.is_empty() || look == SECOND_LOOKS {
            break;
        }
        tokio::time::sleep(SECOND_LOOK).await;
    }
    Ok(edited)
}

fn life(state: &State) -> Option<Incarnation> {
    state.header().filter(|header| is_alive(&header.lifecycle)).map(|header| header.incarnation)
}

/// One call of [`write`] at work.
struct Writing<'a> {
    core: &'a Core,
    permit: &'a Permit,
    scope: Scope,
    report: ViewReport,
    /// The digests of everything this call wrote: its own, whatever `.views` says by now.
    own: Vec<Digest>,
    /// What each view that was looked at holds now.
    current: BTreeMap<ViewKey, Digest>,
    /// How often what looks edited has been looked at again.
    looks: u32,
}

/// What lies in a view's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The view as it should be.
    Current,
    /// What is to be replaced, or nothing.
    Free,
    /// What somebody else wrote, as it seems.
    Edited,
}

/// A view that has to be replaced.
struct Replacement {
    view: ViewKey,
    text: Vec<u8>,
    digest: Digest,
}

impl<'a> Writing<'a> {
    fn new(core: &'a Core, permit: &'a Permit, scope: Scope) -> Self {
        let (report, own, current) = (ViewReport::default(), Vec::new(), BTreeMap::new());
        Self { core, permit, scope, report, own, current, looks: 0 }
    }

    fn failed(&self, error: StoreError) -> Error {
        Error::store(self.permit.action().as_str(), error)
    }

    async fn read(&self, view: &ViewKey) -> Result<Option<bytes::Bytes>> {
        let read = self.core.guarded.store(self.permit).read_view(self.permit.tenant(), view).await;
        read.map_err(|error| self.failed(error))
    }

    async fn put(&self, view: &ViewKey, text: bytes::Bytes) -> Result<()> {
        let put = self.core.guarded.store(self.permit).put_view(self.permit.tenant(), view, text).await;
        put.map_err(|error| self.failed(error))
    }

    /// Writes what differs from the state; whether nobody else wrote meanwhile.
    async fn round(&mut self, state: &State, life: Incarnation) -> Result<bool> {
        let before = Digests::read(self.read(&DIGESTS).await?.as_deref());
        let mut digests = before.clone();
        let known = self.core.views.known(self.permit.tenant(), life);
        let mut replacements = Vec::new();
        let mut failure = None;
        for (collection, view) in self.wanted(state, &before, known.is_some()) {
            let entries = shown(state, self.permit.tenant(), &collection);
            let text = text(&collection, &entries);
            let digest = Digest::of(&text);
            if self.scope != Scope::All && known.as_ref().is_some_and(|k| k.get(&view) == Some(&digest)) {
                continue;
            }
            let last = known.as_ref().and_then(|known| known.get(&view));
            let place = match self.look(&view, &digest, last, &mut digests).await {
                Ok(Place::Edited) if self.looks < SECOND_LOOKS => {
                    self.looks += 1;
                    tokio::time::sleep(SECOND_LOOK).await;
                    return Ok(false);
                }
                Ok(Place::Edited) => self.set_aside(&view, before.shown(&view)).await.map(|()| Place::Free),
                seen => seen,
            };
            if place.is_ok() {
                digests.show(&view, Shown::of(entries.iter().map(|entry| (&*entry.id, &entry.text))));
            }
            match place {
                Ok(Place::Current) => drop(self.current.insert(view, digest)),
                Ok(_) => replacements.push(Replacement { view, text, digest }),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        if digests != before {
            self.put(&DIGESTS, digests.write()).await?;
        }
        let mut written = Vec::new();
        for Replacement { view, text, digest } in replacements {
            self.own.push(digest.clone());
            written.push((view.clone(), digest.clone()));
            match self.put(&view, text.into()).await {
                Ok(()) => {
                    self.report.written.push(view.name.file_name());
                    self.current.insert(view, digest);
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        if let Some(error) = failure {
            return Err(error);
        }
        if digests == before {
            return Ok(true);
        }
        let after = Digests::read(self.read(&DIGESTS).await?.as_deref());
        Ok(written.iter().all(|(view, digest)| after.knows(view, digest)))
    }

    /// The views that seem to be somebody else's.
    async fn edited(&self) -> Result<Vec<String>> {
        let (operation, tenant) = (self.permit.action().as_str(), self.permit.tenant());
        let state = self.core.guarded.ledger(self.permit).read(operation, tenant).await?;
        let life = life(&state).ok_or_else(|| missing(operation, &Resource::Tenant))?;
        let known = self.core.views.known(tenant, life).unwrap_or_default();
        let mut digests = Digests::read(self.read(&DIGESTS).await?.as_deref());
        let mut edited = Vec::new();
        for (collection, view) in self.wanted(&state, &digests.clone(), false) {
            let digest = Digest::of(&text(&collection, &shown(&state, tenant, &collection)));
            if self.look(&view, &digest, known.get(&view), &mut digests).await? == Place::Edited {
                edited.push(view.name.file_name());
            }
        }
        Ok(edited)
    }

    /// The collections whose views are to be looked at: also those of which only a view is left.
    fn wanted(&self, state: &State, digests: &Digests, known: bool) -> Vec<(CollectionName, ViewKey)> {
        let sections: BTreeSet<CollectionName> = match &self.scope {
            Scope::Changed(changed) if known => {
                changed.iter().filter_map(|section| CollectionName::parse(section.as_str()).ok()).collect()
            }
            _ => {
                let held = state.tallies().iter().filter(|(section, _)| !section.is_internal());
                let held = held.filter_map(|(section, _)| CollectionName::parse(section.as_str()).ok());
                held.chain(STANDING).chain(digests.files().filter_map(views::collection_of)).collect()
            }
        };
        let view = |collection| views::view_of(&collection).map(|view| (collection, view));
        sections.into_iter().filter_map(view).collect()
    }

    /// Looks at what lies in a view's place, and lets that and what is to be there count as own. Own is
    /// also what this process wrote `last`, though another has replaced the digests since.
    async fn look(
        &self,
        view: &ViewKey,
        digest: &Digest,
        last: Option<&Digest>,
        digests: &mut Digests,
    ) -> Result<Place> {
        let found = self.read(view).await?.map(|text| Digest::of(&text));
        if found.as_ref() == Some(digest) {
            if !digests.knows(view, digest) {
                digests.add(view, [digest.clone()]);
            }
            return Ok(Place::Current);
        }
        let written = |found: &Digest| last == Some(found) || self.own.contains(found);
        let place = match &found {
            Some(found) if !digests.knows(view, found) && !written(found) => Place::Edited,
            _ => Place::Free,
        };
        let own = found.filter(|_| place == Place::Free);
        digests.add(view, own.into_iter().chain([digest.clone()]));
        Ok(place)
    }

    /// Keeps what somebody else wrote under a name of its own, and beside it what the view showed
    /// before, as far as that is known.
    async fn set_aside(&mut self, view: &ViewKey, before: Option<&Shown>) -> Result<()> {
        let ViewName::File(file) = &view.name else { return Ok(()) };
        let mut time = self.core.clock.now().as_second();
        let kept = loop {
            let kept = ViewKey { place: view.place, name: ViewName::Edited(file.clone(), time) };
            if self.read(&kept).await?.is_some() {
                time += 1;
                continue;
            }
            let base = ViewKey { place: view.place, name: ViewName::Base(file.clone(), time) };
            // Also if nothing is known: a crash may have left one of that name.
            self.put(&base, before.cloned().unwrap_or_default().write()).await?;
            time += 1;
            let store = self.core.guarded.store(self.permit);
            match store.rename_view(self.permit.tenant(), view, &kept).await {
                Ok(()) => break kept,
                Err(error) if error.kind() == StoreErrorKind::AlreadyExists => {}
                // Another process was faster.
                Err(error) if error.kind() == StoreErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(self.failed(error)),
            }
        };
        let edited = EditedView { view: view.name.file_name(), kept_as: kept.name.file_name() };
        tracing::warn!(
            target: "tenantry::views",
            tenant = self.permit.tenant().as_str(), view = edited.view, kept_as = edited.kept_as,
            "a view was edited by somebody else and is set aside",
        );
        self.report.edited.push(edited);
        Ok(())
    }

    /// Removes what this call wrote.
    async fn take_back(&self) -> Result<()> {
        for view in self.current.keys().chain([&DIGESTS]) {
            let removed = self.core.guarded.store(self.permit).remove_view(self.permit.tenant(), view).await;
            removed.map_err(|error| self.failed(error))?;
        }
        Ok(())
    }
}

/// The records that a collection's view shows, in order.
pub(super) fn shown(state: &State, tenant: &TenantId, collection: &CollectionName) -> Vec<Entry> {
    let mut entries = records::texts(state, collection);
    entries.retain(|entry| is_shown(entry, tenant));
    entries
}

/// The text of a collection's view.
fn text(collection: &CollectionName, entries: &[Entry]) -> Vec<u8> {
    let shape = views::shape(collection);
    match shape {
        Shape::Array => views::text(shape, entries.iter().map(|entry| (&*entry.id, &*entry.text))),
        Shape::Object => {
            let mapping = stream_keys::mapping(entries);
            views::text(shape, mapping.iter().map(|(token, keys)| (token.as_str(), keys.as_slice())))
        }
    }
}

/// Whether a record is to be seen: one that names another owner is not, nor one that can't be read.
fn is_shown(entry: &Entry, tenant: &TenantId) -> bool {
    let envelope = RecordText::from_stored(entry.text.clone()).envelope();
    envelope.is_ok_and(|envelope| envelope.owner().is_none_or(|owner| owner == tenant.as_str()))
}
