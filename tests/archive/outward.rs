//! What is taken out: a tar that other programs read, of one moment, with everything and no more.

use std::io::Read;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use tenantry::ownership::{Action, Decision, DefaultPolicy, OwnershipPolicy, Reason, Request, Role};
use tenantry::store::MemoryStore;
use tenantry::{Error, ErrorKind, ListOptions, NewTenant, Tenantry};

use crate::world::{Looped, Place, delete_videos, exported, furnish, id};

#[tokio::test]
async fn any_program_that_reads_tar_finds_the_documented_entries() {
    let place = Place::local().await;
    let own = place.user("ana").await;
    furnish(&own).await;
    let manifest = own.export().await.unwrap().manifest().clone();
    let archive = exported(&own).await;
    let mut reader = tar::Archive::new(&archive[..]);
    let mut found = Vec::new();
    for entry in reader.entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        found.push((entry.path().unwrap().to_str().unwrap().to_owned(), content));
    }
    let sums = manifest.records.iter().map(|told| (told.entry(), told.blake3.clone()));
    let sums = sums.chain(manifest.files.iter().map(|told| (told.entry(), told.blake3.clone())));
    let expected: Vec<_> = sums.collect();
    let digest = |content: &[u8]| blake3::hash(content).to_hex().to_string();
    let told: Vec<_> = found[2..].iter().map(|(name, content)| (name.clone(), digest(content))).collect();
    assert_eq!(told, expected);
    assert_eq!(found[0].0, "manifest.json");
    assert_eq!(found[1].0, "manifest.json.b3");
    assert_eq!(found[1].1, format!("{}  manifest.json\n", digest(&found[0].1)).into_bytes());
    let kinds =
        ["live_streams", "looped_videos", "schedules", "stream_mapping", "thumbnails", "tokens", "videos"];
    let names: Vec<_> = manifest.records.iter().map(|told| told.collection.to_string()).collect();
    assert_eq!(names, kinds);
}

#[tokio::test]
async fn an_archive_is_of_one_moment_though_everything_is_deleted_meanwhile() {
    for place in Place::both().await {
        let own = place.user("ana").await;
        furnish(&own).await;
        let whole = exported(&own).await;
        let mut body = own.export().await.unwrap().into_body();
        let mut bytes = body.next().await.unwrap().unwrap().to_vec();
        delete_videos(&own).await;
        let rest: Vec<Bytes> = body.try_collect().await.unwrap();
        bytes.extend(rest.concat());
        assert_eq!(bytes, whole);
        // Then the files go.
        place.admin().await.tenants().sweep(&id("ana")).await.unwrap();
        let left: Vec<_> = place.files().into_keys().filter(|name| name.contains("videos/ana/")).collect();
        assert_eq!(left, Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_archive_of_a_damaged_file_has_no_end() {
    let place = Place::local().await;
    let own = place.user("ana").await;
    furnish(&own).await;
    let files = place.files();
    let damaged = files.iter().find(|(_, content)| content.starts_with(b"moving")).unwrap().0;
    std::fs::write(damaged, b"mowing pictures").unwrap();
    let results: Vec<_> = own.export().await.unwrap().into_body().collect().await;
    let error = results.into_iter().find_map(Result::err).unwrap();
    let error = error.downcast::<Error>().unwrap();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}

#[tokio::test]
async fn a_user_takes_out_the_own_and_nobody_elses_also_not_a_shared_one() {
    let place = Place::memory().await;
    let own = place.user("ana").await;
    place.create("open", NewTenant::new(Role::User).shared()).await;
    furnish(&own).await;
    let ben = place.user("ben").await;
    let session = place.tenantry.session(ben.tenant()).await.unwrap();
    assert_eq!(session.workspace(&id("ana")).export().await.unwrap_err().kind(), ErrorKind::NotFound);
    // Its records may be read; its secrets not.
    assert!(session.workspace(&id("open")).videos().list(&ListOptions::new()).await.is_ok());
    assert_eq!(session.workspace(&id("open")).export().await.unwrap_err().kind(), ErrorKind::NotFound);
    own.export().await.unwrap();
    let refused = session.tenants().import(&id("ben"), futures::stream::empty()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Denied);
}

/// Lets users list what is secret, and read it not.
struct Withheld(Action);

impl OwnershipPolicy for Withheld {
    fn decide(&self, request: &Request<'_>) -> Decision {
        match request.action() == self.0 && request.principal().role() != Role::Admin {
            true => Decision::Hide(Reason::ReadOnly),
            false => DefaultPolicy.decide(request),
        }
    }
}

#[tokio::test]
async fn who_may_not_read_a_secret_takes_out_no_archive_with_it() {
    for action in [Action::ReadToken, Action::ReadStreamKey, Action::ListTokens, Action::ListStreamKeys] {
        let builder = Tenantry::builder(MemoryStore::new()).kind::<Looped>().policy(Withheld(action));
        let tenantry = builder.open().await.unwrap();
        tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
        let admin = tenantry.session(&id("root")).await.unwrap();
        admin.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.unwrap();
        furnish(&admin.workspace(&id("ana"))).await;
        let own = tenantry.session(&id("ana")).await.unwrap().own();
        let refused = own.export().await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotFound, "{action}");
        assert!(!format!("{refused:?}").contains("channel1"), "{refused:?}");
        exported(&admin.workspace(&id("ana"))).await;
    }
}

#[tokio::test]
async fn an_archive_says_nothing_of_its_secrets_for_debugging() {
    let place = Place::memory().await;
    let own = place.user("ana").await;
    furnish(&own).await;
    let export = own.export().await.unwrap();
    let said = format!("{export:?} {:?}", export.manifest());
    for secret in ["synthetic", "abcd-efgh", "a-stream-key"] {
        assert!(!said.contains(secret), "{said}");
    }
}
