//! Bringing a tenant's views up to its ledger.
//!
//! A view that is not the library's own is set aside before it is replaced or removed; whose it is, its
//! digest tells. The digests are replaced before the views, so that what a crash leaves is known. Another
//! process may do the same at the same time, from an older or a newer state: so whoever has written
//! reads digests and ledger once more, and goes over it again if either moved: the last to write
//! therefore wrote the newest. And what looks edited is looked at again after a while, for another may
//! just have written it and be about to say so.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::ledger::{Section, State};
use crate::ownership::{Permit, Resource};
use crate::paths::CollectionName;
use crate::store::{Incarnation, StoreError, StoreErrorKind, ViewKey, ViewName, ViewPlace};
use crate::views::{self, Digest, Digests, STANDING, Shown};

use super::super::access::{Core, missing};
use super::super::profile::is_alive;
use super::content::{View, views_of};
use super::report::{EditedView, ViewReport};
use super::writer::Current;

/// How often views are gone over while others write too, before that is left to the next time.
const ROUNDS: usize = 8;
/// Where the digests lie.
const DIGESTS: ViewKey = ViewKey { place: ViewPlace::Data, name: ViewName::Digests };
/// How often what looks edited is looked at again, and after how long.
const SECOND_LOOKS: u32 = 3;
const SECOND_LOOK: Duration = Duration::from_millis(20);

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

    /// Adds some sections.
    pub(super) fn add_changed<'a>(&mut self, sections: impl Iterator<Item = &'a Section>) {
        if let Self::Changed(own) = self {
            for section in sections {
                // They are there already nearly every time.
                if !own.contains(section) {
                    own.insert(section.clone());
                }
            }
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
    own: Vec<(ViewKey, Digest)>,
    /// What each view that was looked at holds now; `None` if there is no such file.
    current: BTreeMap<ViewKey, Option<Digest>>,
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

/// How a view was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visit {
    /// What is to be done with it is known or done.
    Done,
    /// It looks edited, and all are to be looked at again.
    Doubtful,
}

/// One time that all views are gone through.
struct Pass {
    /// The digests as they were found.
    before: Digests,
    /// As they are to be.
    digests: Digests,
    known: Option<Current>,
    replacements: Vec<Replacement>,
    /// The first failure.
    failure: Option<Error>,
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

    async fn remove(&self, view: &ViewKey) -> Result<()> {
        let removed = self.core.guarded.store(self.permit).remove_view(self.permit.tenant(), view).await;
        removed.map_err(|error| self.failed(error))
    }

    async fn put(&self, view: &ViewKey, text: bytes::Bytes) -> Result<()> {
        let put = self.core.guarded.store(self.permit).put_view(self.permit.tenant(), view, text).await;
        put.map_err(|error| self.failed(error))
    }

    /// Writes what differs from the state; whether nobody else wrote meanwhile.
    async fn round(&mut self, state: &State, life: Incarnation) -> Result<bool> {
        let before = Digests::read(self.read(&DIGESTS).await?.as_deref());
        let known = self.core.views.known(self.permit.tenant(), life);
        let written = self.written(&before, known.as_ref());
        let collections = self.collections(state, &written, known.is_some());
        let digests = before.clone();
        let mut pass = Pass { before, digests, known, replacements: Vec::new(), failure: None };
        for collection in collections {
            for view in views_of(state, self.permit.tenant(), &collection, &written) {
                match self.visit(view, &mut pass).await {
                    Ok(Visit::Done) => {}
                    Ok(Visit::Doubtful) => {
                        self.looks += 1;
                        tokio::time::sleep(SECOND_LOOK).await;
                        return Ok(false);
                    }
                    Err(error) => pass.failure = pass.failure.or(Some(error)),
                }
            }
        }
        self.replace(pass).await
    }

    /// Looks at a view and makes room for what is to be there, or takes it away.
    async fn visit(&mut self, view: View, pass: &mut Pass) -> Result<Visit> {
        let key = view.key.clone();
        let digest = view.text.as_deref().map(Digest::of);
        let last = pass.known.as_ref().and_then(|known| known.get(&key));
        if self.scope != Scope::All && digest.is_some() && last == digest.as_ref() {
            return Ok(Visit::Done);
        }
        let place = self.look(&key, digest.as_ref(), last, &mut pass.digests).await?;
        if place == Place::Edited {
            if self.looks < SECOND_LOOKS {
                return Ok(Visit::Doubtful);
            }
            self.set_aside(&key, pass.before.shown(&key)).await?;
        }
        if let Some(shown) = view.shown() {
            pass.digests.show(&key, shown);
        }
        match (view.text, digest) {
            (Some(text), Some(digest)) if place != Place::Current => {
                pass.replacements.push(Replacement { view: key, text, digest });
            }
            (None, _) => {
                if place == Place::Free {
                    self.remove(&key).await?;
                    self.report.removed.push(key.to_string());
                }
                pass.digests.forget(&key);
                self.current.insert(key, None);
            }
            (_, digest) => drop(self.current.insert(key, digest)),
        }
        Ok(Visit::Done)
    }

    /// Writes the digests and then what is to be replaced; whether nobody else wrote meanwhile.
    async fn replace(&mut self, pass: Pass) -> Result<bool> {
        let Pass { before, digests, replacements, mut failure, .. } = pass;
        let said = (digests != before).then(|| digests.write());
        if let Some(said) = &said {
            self.put(&DIGESTS, said.clone()).await?;
        }
        let mut written = Vec::new();
        for Replacement { view, text, digest } in replacements {
            self.own.push((view.clone(), digest.clone()));
            written.push((view.clone(), digest.clone()));
            match self.put(&view, text.into()).await {
                Ok(()) => {
                    self.report.written.push(view.to_string());
                    self.current.insert(view, Some(digest));
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        if let Some(error) = failure {
            return Err(error);
        }
        let Some(said) = said else { return Ok(true) };
        let after = self.read(&DIGESTS).await?;
        if after.as_ref() == Some(&said) {
            return Ok(true);
        }
        let after = Digests::read(after.as_deref());
        Ok(written.iter().all(|(view, digest)| after.knows(view, digest)))
    }

    /// The views that seem to be somebody else's.
    async fn edited(&self) -> Result<Vec<String>> {
        let (operation, tenant) = (self.permit.action().as_str(), self.permit.tenant());
        let state = self.core.guarded.ledger(self.permit).read(operation, tenant).await?;
        let life = life(&state).ok_or_else(|| missing(operation, &Resource::Tenant))?;
        let known = self.core.views.known(tenant, life);
        let mut digests = Digests::read(self.read(&DIGESTS).await?.as_deref());
        let written = self.written(&digests, known.as_ref());
        let mut edited = Vec::new();
        for collection in self.collections(&state, &written, false) {
            for View { key, text, .. } in views_of(&state, tenant, &collection, &written) {
                let digest = text.as_deref().map(Digest::of);
                let last = known.as_ref().and_then(|known| known.get(&key));
                if self.look(&key, digest.as_ref(), last, &mut digests).await? == Place::Edited {
                    edited.push(key.to_string());
                }
            }
        }
        Ok(edited)
    }

    /// The collections whose views are to be looked at: also those of which only views are left.
    fn collections(
        &self,
        state: &State,
        written: &BTreeSet<ViewKey>,
        known: bool,
    ) -> BTreeSet<CollectionName> {
        let named = |section: &Section| CollectionName::parse(section.as_str()).ok();
        match &self.scope {
            Scope::Changed(changed) if known => changed.iter().filter_map(named).collect(),
            _ => {
                let held = state.tallies().iter().filter(|(section, _)| !section.is_internal());
                let held = held.filter_map(|(section, _)| named(section));
                let left = written.iter().filter_map(|view| match &view.name {
                    ViewName::File(file) => views::collection_of(view.place, file.as_str()),
                    _ => None,
                });
                held.chain(STANDING).chain(left).collect()
            }
        }
    }

    /// The views that the library may have written, by all that this process knows.
    fn written(&self, digests: &Digests, known: Option<&Current>) -> BTreeSet<ViewKey> {
        let own = self.own.iter().map(|(view, _)| view);
        digests.views().chain(own.chain(known.into_iter().flat_map(BTreeMap::keys)).cloned()).collect()
    }

    /// Looks at what lies in a view's place, and lets that and what is to be there count as own. Own is
    /// also what this process wrote `last`, though another has replaced the digests since.
    async fn look(
        &self,
        view: &ViewKey,
        digest: Option<&Digest>,
        last: Option<&Digest>,
        digests: &mut Digests,
    ) -> Result<Place> {
        let found = self.read(view).await?.map(|text| Digest::of(&text));
        if found.as_ref() == digest {
            if let Some(digest) = digest.filter(|digest| !digests.knows(view, digest)) {
                digests.add(view, [digest.clone()]);
            }
            return Ok(Place::Current);
        }
        let written = |found: &Digest| {
            last == Some(found) || self.own.iter().any(|(own, digest)| own == view && digest == found)
        };
        let place = match &found {
            Some(found) if !digests.knows(view, found) && !written(found) => Place::Edited,
            _ => Place::Free,
        };
        let own = found.filter(|_| place == Place::Free);
        digests.add(view, own.into_iter().chain(digest.cloned()));
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
            // What a token's file says is never adopted.
            if view.place == ViewPlace::Data {
                let base = ViewKey { place: view.place, name: ViewName::Base(file.clone(), time) };
                // Also if nothing is known: a crash may have left one of that name.
                self.put(&base, before.cloned().unwrap_or_default().write()).await?;
            }
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
        let edited = EditedView { view: view.to_string(), kept_as: kept.to_string() };
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
            self.remove(view).await?;
        }
        Ok(())
    }
}
