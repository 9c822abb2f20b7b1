//! Records that name others of the same tenant: what is named is there, and goes only as it is said.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "references/histories.rs"]
mod histories;

use std::collections::BTreeSet;

use bytes::Bytes;
use futures::stream;
use serde::{Deserialize, Serialize};
use tenantry::ownership::{
    Action, Decision, DefaultPolicy, OwnershipPolicy, Reason, Request, Resource, Role,
};
use tenantry::paths::{CollectionName, FileName, TenantId};
use tenantry::record::{ChangeRefusal, Entity, OnReferenced, Record, RecordError, RecordId, Reference};
use tenantry::store::TenantStore;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::memory::MemoryStore;
use tenantry::{Error, ErrorKind, Expected, ListOptions, NewTenant, Settings, Tenantry, Video, Workspace};

/// It names others in each of the ways.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) needs: Option<RecordId>,
    pub(crate) follows: Option<RecordId>,
    pub(crate) mentions: Option<RecordId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    film: Option<FileName>,
    #[serde(default)]
    closed: bool,
}

impl Entity for Part {
    fn collection() -> CollectionName {
        CollectionName::parse("parts").unwrap()
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        self.code.iter().map(|code| ("code", code.clone())).collect()
    }

    fn references(&self) -> Vec<Reference> {
        let to = |field, id: &Option<RecordId>, rule| {
            id.as_ref().map(|id| Reference::to_id(field, Self::collection(), id).rule(rule))
        };
        let mut references: Vec<_> = [
            to("needs", &self.needs, OnReferenced::Refuse),
            to("follows", &self.follows, OnReferenced::Cascade),
            to("mentions", &self.mentions, OnReferenced::Clear),
        ]
        .into_iter()
        .flatten()
        .collect();
        let code = |code| Reference::by_index("by_code", Self::collection(), "code", code);
        references.extend(self.by_code.as_ref().map(code));
        let film =
            |film: &FileName| Reference::by_index("film", CollectionName::VIDEOS, "file", film.folded());
        references.extend(self.film.as_ref().map(film));
        references
    }

    fn check_change(&self, before: Option<&Self>) -> Result<(), ChangeRefusal> {
        match before {
            Some(before) if before.closed && !self.closed => {
                Err(ChangeRefusal::State { from: "closed", to: "open" })
            }
            None if self.closed => Err(ChangeRefusal::Field { field: "closed" }),
            _ => Ok(()),
        }
    }
}

/// It owns a file, and goes with a part.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Copy {
    of: RecordId,
    file: FileName,
}

impl Entity for Copy {
    fn collection() -> CollectionName {
        CollectionName::parse("copies").unwrap()
    }

    fn references(&self) -> Vec<Reference> {
        vec![Reference::to_id("of", Part::collection(), &self.of).rule(OnReferenced::Cascade)]
    }

    fn blobs(&self) -> Vec<(tenantry::paths::Area, FileName)> {
        vec![(tenantry::paths::Area::Videos, self.file.clone())]
    }
}

/// It needs a part, and can't be without one.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Label {
    of: RecordId,
}

impl Entity for Label {
    fn collection() -> CollectionName {
        CollectionName::parse("labels").unwrap()
    }

    fn references(&self) -> Vec<Reference> {
        vec![Reference::to_id("of", Part::collection(), &self.of)]
    }
}

pub(crate) fn id(text: &str) -> RecordId {
    RecordId::parse(text).unwrap()
}

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

pub(crate) async fn open(store: impl TenantStore, known: bool) -> Tenantry {
    let mut settings = Settings::default();
    // What is folded is found as what is not.
    settings.fold_minimum = 200;
    let builder = Tenantry::builder(store).settings(settings);
    let builder = if known { builder.kind::<Part>().kind::<Copy>().kind::<Label>() } else { builder };
    let tenantry = builder.open().await.unwrap();
    tenantry.bootstrap_admin(&tenant("admin"), "Admin").await.unwrap();
    let admin = tenantry.session(&tenant("admin")).await.unwrap();
    for name in ["ana", "ben"] {
        admin.tenants().create(&tenant(name), NewTenant::new(Role::User)).await.unwrap();
    }
    tenantry
}

pub(crate) async fn own(tenantry: &Tenantry, name: &str) -> Workspace {
    tenantry.session(&tenant(name)).await.unwrap().own()
}

async fn ana() -> Workspace {
    own(&open(MemoryStore::new(), true).await, "ana").await
}

async fn part(own: &Workspace, name: &str, part: Part) -> Record<Part> {
    own.collection::<Part>().insert_as(&id(name), part).await.unwrap()
}

async fn there(own: &Workspace) -> BTreeSet<String> {
    let page = own.collection::<Part>().list(&ListOptions::new()).await.unwrap();
    page.items.iter().map(|part| part.id().to_string()).collect()
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn needs(name: &str) -> Part {
    Part { needs: Some(id(name)), ..Part::default() }
}

fn follows(name: &str) -> Part {
    Part { follows: Some(id(name)), ..Part::default() }
}

fn mentions(name: &str) -> Part {
    Part { mentions: Some(id(name)), ..Part::default() }
}

fn dangling(error: &Error) -> Option<&'static str> {
    match std::error::Error::source(error)?.downcast_ref::<RecordError>()? {
        RecordError::Dangling { field } => Some(field),
        _ => None,
    }
}

async fn video(own: &Workspace) -> Record<Video> {
    let body = stream::iter([Ok(Bytes::from_static(b"film"))]);
    own.videos().upload("film.mp4", body).await.unwrap()
}

#[tokio::test]
async fn what_is_named_has_to_be_there() {
    let ana = ana().await;
    let refused = ana.collection::<Part>().insert_as(&id("a"), needs("b")).await.unwrap_err();
    assert_eq!((refused.kind(), dangling(&refused)), (ErrorKind::InvalidInput, Some("needs")));
    assert_eq!(refused.subject(), Some("parts/a"));
    part(&ana, "b", Part::default()).await;
    part(&ana, "a", needs("b")).await;
    let away = ana.collection::<Part>().update(&id("a"), Expected::Any, mentions("c")).await.unwrap_err();
    assert_eq!((away.kind(), dangling(&away)), (ErrorKind::InvalidInput, Some("mentions")));
}

#[tokio::test]
async fn what_is_another_tenants_is_not_there() {
    let tenantry = open(MemoryStore::new(), true).await;
    let (ana, ben) = (own(&tenantry, "ana").await, own(&tenantry, "ben").await);
    part(&ana, "hers", Part::default()).await;
    let film = video(&ana).await.value().filename.clone();
    let foreign = ben.collection::<Part>().insert_as(&id("his"), needs("hers")).await.unwrap_err();
    let missing = ben.collection::<Part>().insert_as(&id("his"), needs("nobodys")).await.unwrap_err();
    assert_eq!((foreign.kind(), foreign.to_string()), (missing.kind(), missing.to_string()));
    let film = Part { film: Some(film), ..Part::default() };
    let foreign = ben.collection::<Part>().insert_as(&id("his"), film.clone()).await.unwrap_err();
    assert_eq!(dangling(&foreign), Some("film"));
    part(&ana, "shown", film).await;
}

#[tokio::test]
async fn what_is_needed_stays_unless_it_is_said_otherwise() {
    let ana = ana().await;
    part(&ana, "a", Part::default()).await;
    part(&ana, "b", needs("a")).await;
    let parts = ana.collection::<Part>();
    let refused = parts.remove(&id("a"), Expected::Any).await.unwrap_err();
    assert_eq!((refused.kind(), refused.subject()), (ErrorKind::Referenced, Some("parts/b")));
    assert_eq!(there(&ana).await, names(&["a", "b"]));
    parts.remove_with(&id("a"), Expected::Any, OnReferenced::Clear).await.unwrap();
    let left = parts.get(&id("b")).await.unwrap();
    assert_eq!(left.value().needs, None);
    // It can be named anew, and what named it once does not hold it.
    part(&ana, "a", Part::default()).await;
    parts.remove(&id("a"), Expected::Any).await.unwrap();
}

#[tokio::test]
async fn what_follows_goes_in_chains_and_rings() {
    let ana = ana().await;
    part(&ana, "a", Part::default()).await;
    part(&ana, "b", follows("a")).await;
    part(&ana, "c", follows("b")).await;
    part(&ana, "d", mentions("c")).await;
    ana.collection::<Part>().update(&id("a"), Expected::Any, follows("c")).await.unwrap();
    ana.collection::<Part>().remove(&id("b"), Expected::Any).await.unwrap();
    assert_eq!(there(&ana).await, names(&["d"]));
    assert_eq!(ana.collection::<Part>().get(&id("d")).await.unwrap().value().mentions, None);
}

#[tokio::test]
async fn one_that_refuses_keeps_all_of_it() {
    let ana = ana().await;
    part(&ana, "a", Part::default()).await;
    part(&ana, "b", follows("a")).await;
    part(&ana, "c", mentions("a")).await;
    part(&ana, "d", needs("b")).await;
    let refused = ana.collection::<Part>().remove(&id("a"), Expected::Any).await.unwrap_err();
    assert_eq!((refused.kind(), refused.subject()), (ErrorKind::Referenced, Some("parts/d")));
    assert_eq!(there(&ana).await, names(&["a", "b", "c", "d"]));
    assert_eq!(ana.collection::<Part>().get(&id("c")).await.unwrap().value().mentions, Some(id("a")));
    ana.collection::<Part>().remove_with(&id("a"), Expected::Any, OnReferenced::Cascade).await.unwrap();
    assert_eq!(there(&ana).await, names(&["c"]));
}

#[tokio::test]
async fn a_transaction_that_is_refused_a_removal_goes_on_as_if_it_had_not_asked() {
    let ana = ana().await;
    part(&ana, "a", Part::default()).await;
    part(&ana, "b", follows("a")).await;
    part(&ana, "c", needs("b")).await;
    let kinds = ana.transaction(|run| {
        let mut parts = run.collection::<Part>();
        let refused = parts.remove(&id("a"), Expected::Any).unwrap_err().kind();
        let still = parts.get(&id("b")).is_ok();
        parts.remove(&id("c"), Expected::Any)?;
        parts.remove(&id("a"), Expected::Any)?;
        Ok((refused, still))
    });
    assert_eq!(kinds.await.unwrap(), (ErrorKind::Referenced, true));
    assert!(there(&ana).await.is_empty());
}

#[tokio::test]
async fn a_key_that_is_named_is_kept_as_long_as_one_record_has_it() {
    let ana = ana().await;
    let coded = |code: &str| Part { code: Some(code.to_owned()), ..Part::default() };
    part(&ana, "a", coded("x")).await;
    part(&ana, "b", coded("x")).await;
    part(&ana, "c", Part { by_code: Some("x".to_owned()), ..Part::default() }).await;
    let parts = ana.collection::<Part>();
    parts.remove(&id("a"), Expected::Any).await.unwrap();
    let renamed = parts.update(&id("b"), Expected::Any, coded("y")).await.unwrap_err();
    assert_eq!((renamed.kind(), renamed.subject()), (ErrorKind::Referenced, Some("parts/c")));
    assert_eq!(parts.remove(&id("b"), Expected::Any).await.unwrap_err().kind(), ErrorKind::Referenced);
    part(&ana, "d", coded("x")).await;
    parts.update(&id("b"), Expected::Any, coded("y")).await.unwrap();
    assert_eq!(parts.remove(&id("d"), Expected::Any).await.unwrap_err().kind(), ErrorKind::Referenced);
}

#[tokio::test]
async fn a_video_that_is_named_is_not_deleted() {
    let ana = ana().await;
    let video = video(&ana).await;
    part(&ana, "a", Part { film: Some(video.value().filename.clone()), ..Part::default() }).await;
    let refused = ana.videos().delete(video.id(), Expected::Any).await.unwrap_err();
    assert_eq!((refused.kind(), refused.subject()), (ErrorKind::Referenced, Some("parts/a")));
    assert_eq!(ana.videos().open(video.id()).await.unwrap().bytes().await.unwrap(), b"film"[..]);
    ana.videos().delete_with(video.id(), Expected::Any, OnReferenced::Clear).await.unwrap();
    assert_eq!(ana.collection::<Part>().get(&id("a")).await.unwrap().value().film, None);
    assert_eq!(ana.usage().await.unwrap().0.blob_bytes, 0);
}

#[tokio::test]
async fn files_of_what_goes_along_go_with_it() {
    let ana = ana().await;
    let video = video(&ana).await;
    part(&ana, "a", Part::default()).await;
    let copy = Copy { of: id("a"), file: video.value().filename.clone() };
    ana.collection::<Copy>().insert_as(&id("copy"), copy).await.unwrap();
    ana.videos().delete(video.id(), Expected::Any).await.unwrap();
    assert_eq!(ana.usage().await.unwrap().0.files, 1);
    ana.collection::<Part>().remove(&id("a"), Expected::Any).await.unwrap();
    assert_eq!(ana.usage().await.unwrap().0.files, 0);
}

#[tokio::test]
async fn a_kind_that_is_not_known_is_not_cleared() {
    let tenantry = open(MemoryStore::new(), false).await;
    let ana = own(&tenantry, "ana").await;
    part(&ana, "a", Part::default()).await;
    part(&ana, "b", mentions("a")).await;
    let parts = ana.collection::<Part>();
    let refused = parts.remove(&id("a"), Expected::Any).await.unwrap_err();
    assert_eq!((refused.kind(), refused.subject()), (ErrorKind::Referenced, Some("parts/b")));
    assert_eq!(parts.get(&id("b")).await.unwrap().value().mentions, Some(id("a")));
}

#[tokio::test]
async fn what_can_not_do_without_is_not_cleared() {
    let ana = ana().await;
    part(&ana, "a", Part::default()).await;
    ana.collection::<Label>().insert_as(&id("label"), Label { of: id("a") }).await.unwrap();
    let cleared = ana.collection::<Part>().remove_with(&id("a"), Expected::Any, OnReferenced::Clear).await;
    let refused = cleared.unwrap_err();
    assert_eq!((refused.kind(), refused.subject()), (ErrorKind::Referenced, Some("labels/label")));
    assert_eq!(there(&ana).await, names(&["a"]));
}

#[tokio::test]
async fn a_rule_of_its_own_is_not_overridden() {
    let ana = ana().await;
    let video = video(&ana).await;
    part(&ana, "a", Part::default()).await;
    let copy = Copy { of: id("a"), file: video.value().filename.clone() };
    ana.collection::<Copy>().insert_as(&id("copy"), copy).await.unwrap();
    ana.collection::<Part>().remove_with(&id("a"), Expected::Any, OnReferenced::Clear).await.unwrap();
    assert_eq!(ana.collection::<Copy>().get(&id("copy")).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn two_kinds_for_one_collection_are_refused() {
    let opened = Tenantry::builder(MemoryStore::new()).kind::<Part>().kind::<Part>().open().await;
    let refused = opened.err().unwrap();
    assert_eq!((refused.kind(), refused.subject()), (ErrorKind::Configuration, Some("two kinds for parts")));
}

#[tokio::test]
async fn the_rules_of_a_type_hold_whichever_way_a_change_comes() {
    let ana = ana().await;
    let closed = Part { closed: true, ..Part::default() };
    let parts = ana.collection::<Part>();
    let born = parts.insert_as(&id("a"), closed.clone()).await.unwrap_err();
    assert_eq!((born.kind(), born.subject()), (ErrorKind::InvalidInput, Some("parts/a")));
    part(&ana, "a", Part::default()).await;
    parts.update(&id("a"), Expected::Any, closed).await.unwrap();
    let reopened = parts.update(&id("a"), Expected::Any, Part::default()).await.unwrap_err();
    assert_eq!((reopened.kind(), reopened.subject()), (ErrorKind::WrongState, Some("parts/a")));
    let inside = ana.transaction(|run| {
        run.collection::<Part>().modify(&id("a"), Expected::Any, |_| Ok(Part::default())).map(drop)
    });
    assert_eq!(inside.await.unwrap_err().kind(), ErrorKind::WrongState);
}

/// Everything but removing records whose ids begin with "kept", and changing those with "fixed".
struct Keeping;

impl OwnershipPolicy for Keeping {
    fn decide(&self, request: &Request<'_>) -> Decision {
        let begins = |start: &str| matches!(request.resource(), Resource::Record(_, id) if id.as_str().starts_with(start));
        let refused = match request.action() {
            Action::RemoveRecord => begins("kept"),
            Action::UpdateRecord => begins("fixed"),
            _ => false,
        };
        if refused { Decision::Deny(Reason::ReadOnly) } else { DefaultPolicy.decide(request) }
    }
}

#[tokio::test]
async fn what_goes_along_is_decided_by_the_policy_too() {
    let builder = Tenantry::builder(MemoryStore::new()).policy(Keeping).kind::<Part>();
    let tenantry = builder.open().await.unwrap();
    tenantry.ensure(&tenant("ana"), "Ana").await.unwrap();
    let ana = own(&tenantry, "ana").await;
    for (target, other) in [("a", follows("a")), ("b", mentions("b"))] {
        part(&ana, target, Part::default()).await;
        let name = if target == "a" { "kept" } else { "fixed" };
        part(&ana, name, other).await;
        let refused = ana.collection::<Part>().remove(&id(target), Expected::Any).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Denied, "{name}");
    }
    assert_eq!(there(&ana).await, names(&["a", "b", "fixed", "kept"]));
}

/// Many times one task names a record while another removes it: never is one left naming nothing.
async fn race(store: impl TenantStore) {
    let tenantry = open(store, true).await;
    let ana = own(&tenantry, "ana").await;
    for round in 0..40 {
        let (target, other) = (id(&format!("t{round}")), id(&format!("n{round}")));
        ana.collection::<Part>().insert_as(&target, Part::default()).await.unwrap();
        let naming = Part { needs: Some(target.clone()), ..Part::default() };
        let parts = ana.collection::<Part>();
        let (named, removed) =
            futures::join!(parts.insert_as(&other, naming), parts.remove(&target, Expected::Any));
        match (named, removed) {
            (Ok(_), Err(error)) => assert_eq!(error.kind(), ErrorKind::Referenced),
            (Err(error), Ok(_)) => assert_eq!(dangling(&error), Some("needs")),
            both => panic!("{both:?}"),
        }
    }
}

#[tokio::test]
async fn naming_and_removing_at_once_never_both_succeed_in_memory() {
    race(MemoryStore::new()).await;
}

#[tokio::test]
async fn naming_and_removing_at_once_never_both_succeed_on_the_local_disk() {
    let root = tempfile::tempdir().unwrap();
    race(LocalStore::open(root.path(), LocalOptions::default()).await.unwrap()).await;
}
