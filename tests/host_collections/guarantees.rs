//! What every kind has without a word of its own: isolation, roles, revisions, quota.

use serde::{Deserialize, Serialize};
use tenantry::paths::CollectionName;
use tenantry::quota::Limits;
use tenantry::record::{Entity, RecordId};
use tenantry::{Collection, Error, ErrorKind, Expected, ListOptions, ProfileChange};

use crate::bulk_upload_queue::QueuedUpload;
use crate::looped_videos::LoopedVideo;
use crate::stream_timers::StreamTimer;
use crate::support::{Place, id, tenant};

/// The place among the refusals of what was to be inserted under a fresh id.
const INSERTED_FRESH: usize = 3;

/// What each operation on a collection is refused with.
async fn refusals<E: Entity + Clone + Default>(all: Collection<'_, E>, of: &RecordId) -> Vec<Option<Error>> {
    vec![
        all.get(of).await.err(),
        all.list(&ListOptions::new()).await.err(),
        all.find("status", "pending").await.err(),
        all.insert(E::default()).await.err(),
        all.insert_as(of, E::default()).await.err(),
        all.update(of, Expected::Any, E::default()).await.err(),
        all.modify(of, Expected::Any, |old| Ok(old.clone())).await.err(),
        all.remove(of, Expected::Any).await.err(),
    ]
}

fn kinds(refusals: &[Option<Error>]) -> Vec<Option<ErrorKind>> {
    refusals.iter().map(|refusal| refusal.as_ref().map(Error::kind)).collect()
}

async fn is_isolated<E: Entity + Clone + Default>(place: &Place) {
    let own = place.own.collection::<E>();
    let record = own.insert_as(&id("one"), E::default()).await.unwrap();

    // Another user, and the demo, see what they would see of a tenant that there is not.
    for name in ["ben", "demo"] {
        let session = place.session(name).await;
        let (of_ana, of_nobody) = (session.workspace(&tenant("ana")), session.workspace(&tenant("nobody")));
        let foreign = refusals(of_ana.collection::<E>(), record.id()).await;
        let missing = refusals(of_nobody.collection::<E>(), record.id()).await;
        assert_eq!(kinds(&foreign), vec![Some(ErrorKind::NotFound); 8], "{name}");
        let texts = |all: &[Option<Error>]| {
            // What was to be inserted under a fresh id says that id.
            let told = all.iter().enumerate().filter(|(at, _)| *at != INSERTED_FRESH);
            told.map(|(_, one)| format!("{one:?}")).collect::<Vec<_>>()
        };
        assert_eq!(texts(&foreign), texts(&missing), "{name}");
    }
    // In their own, a user's is what it says, and the demo changes nothing.
    let ben = place.session("ben").await.own();
    assert_eq!(ben.collection::<E>().get(record.id()).await.unwrap_err().kind(), ErrorKind::NotFound);
    let demo = place.session("demo").await.own();
    let denied = Some(ErrorKind::Denied);
    let expected = [Some(ErrorKind::NotFound), None, None, denied, denied, denied, denied, denied];
    assert_eq!(kinds(&refusals(demo.collection::<E>(), record.id()).await), expected);

    // An admin may, and the record tells.
    let admin = place.session("root").await.workspace(&tenant("ana"));
    let made = admin.collection::<E>().insert(E::default()).await.unwrap();
    assert_eq!((made.owner(), made.created_by()), (Some("ana"), Some("root")));
    admin.collection::<E>().remove(made.id(), made.revision()).await.unwrap();
    assert_eq!(own.get(record.id()).await.unwrap().revision(), record.revision());
}

#[tokio::test]
async fn what_is_anothers_looks_missing_in_every_kind() {
    let place = Place::new().await;
    is_isolated::<LoopedVideo>(&place).await;
    is_isolated::<QueuedUpload>(&place).await;
    is_isolated::<StreamTimer>(&place).await;
}

#[tokio::test]
async fn of_two_changes_of_one_state_the_second_is_refused() {
    let place = Place::new().await;
    let queue = place.own.collection::<QueuedUpload>();
    let read = queue.insert(QueuedUpload::default()).await.unwrap();
    let titled = |title: &str| QueuedUpload { title: title.to_owned(), ..QueuedUpload::default() };
    queue.update(read.id(), read.revision(), titled("one")).await.unwrap();
    let late = queue.update(read.id(), read.revision(), titled("two")).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::RevisionMismatch);
    let late = queue.remove(read.id(), read.revision()).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::RevisionMismatch);
    assert_eq!(queue.get(read.id()).await.unwrap().value().title, "one");
}

#[tokio::test]
async fn a_limit_of_a_kind_holds_to_the_record() {
    let place = Place::new().await;
    let queue = CollectionName::parse("bulk_upload_queue").unwrap();
    let limits = ProfileChange::new().limits(Limits::unlimited().with_count(&queue, 2));
    place.session("root").await.tenants().change(&tenant("ana"), limits).await.unwrap();
    let queue = place.own.collection::<QueuedUpload>();
    let first = queue.insert(QueuedUpload::default()).await.unwrap();
    queue.insert(QueuedUpload::default()).await.unwrap();
    let full = queue.insert(QueuedUpload::default()).await.unwrap_err();
    assert_eq!(full.kind(), ErrorKind::QuotaExceeded);
    place.own.collection::<LoopedVideo>().insert(LoopedVideo::default()).await.unwrap();
    queue.remove(first.id(), Expected::Any).await.unwrap();
    queue.insert(QueuedUpload::default()).await.unwrap();
}

/// What no record can hold: a field of the library's own.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Claiming {
    owner: String,
}

impl Entity for Claiming {
    fn collection() -> CollectionName {
        QueuedUpload::collection()
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_value_is_said_after_who_may_store_it_and_whether_its_id_is_taken() {
    let place = Place::new().await;
    let taken = id("taken");
    place.own.collection().insert_as(&taken, QueuedUpload::default()).await.unwrap();
    let claim = async |of: &tenantry::Workspace, id: &RecordId| {
        of.collection().insert_as(id, Claiming::default()).await.unwrap_err().kind()
    };
    let (ben, demo) = (place.session("ben").await, place.session("demo").await);
    assert_eq!(claim(&ben.workspace(&tenant("ana")), &id("fresh")).await, ErrorKind::NotFound);
    assert_eq!(claim(&demo.own(), &id("fresh")).await, ErrorKind::Denied);
    assert_eq!(claim(&place.own, &taken).await, ErrorKind::AlreadyExists);
    assert_eq!(claim(&place.own, &id("fresh")).await, ErrorKind::InvalidInput);
}
