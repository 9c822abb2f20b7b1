//! Tokens and stream keys: old or new, never printed, and gone together.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "support/planned.rs"]
#[allow(dead_code, reason = "the tests of live streams use the rest")]
mod planned;

use std::sync::Arc;

use proptest::prelude::*;
use tenantry::paths::FileName;
use tenantry::record::{OnReferenced, Record, SecretText};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::memory::MemoryStore;
use tenantry::{
    Cdn, ErrorKind, Expected, FetchedStreamKey, ListOptions, Schedule, Settings, SourceError, StreamKey,
    StreamKeySource, Tenantry, Token, TokenContent, ViewMode, Workspace,
};

use planned::{Place, id, time};

const SECRET: &str = "synthetic-secret";

fn file(name: &str) -> FileName {
    FileName::parse(name).unwrap()
}

fn content(number: usize) -> TokenContent {
    TokenContent::parse(format!(r#"{{"refresh_token": "{SECRET}", "number": {number}}}"#)).unwrap()
}

fn fetched(stream: &str, title: &str, key: &str) -> FetchedStreamKey {
    FetchedStreamKey::new(stream, title).cdn(Cdn::new("rtmp://ingest.example/live", SecretText::new(key)))
}

/// A service that answers always the same.
struct Service(Vec<FetchedStreamKey>);

#[async_trait::async_trait]
impl StreamKeySource for Service {
    async fn stream_keys(&self, token: &Token) -> Result<Vec<FetchedStreamKey>, SourceError> {
        assert!(token.content.expose().contains(SECRET), "the source is given the token");
        Ok(self.0.clone())
    }
}

/// A service that can't be reached.
struct Unreachable;

#[async_trait::async_trait]
impl StreamKeySource for Unreachable {
    async fn stream_keys(&self, _: &Token) -> Result<Vec<FetchedStreamKey>, SourceError> {
        Err("the line is dead".into())
    }
}

fn ids(keys: &[Record<StreamKey>]) -> Vec<&str> {
    keys.iter().map(|key| key.value().stream_id.as_str()).collect()
}

/// A token with two stream keys.
async fn channel(own: &Workspace, name: &str) -> FileName {
    let name = file(name);
    own.tokens().create(&name, content(1)).await.unwrap();
    let service = Service(vec![fetched("one", "Main", SECRET), fetched("two", "Backup", SECRET)]);
    own.stream_keys().fetch(&name, &service).await.unwrap();
    name
}

#[tokio::test]
async fn a_token_is_created_read_replaced_and_deleted_by_its_name_in_any_case() {
    let place = Place::new().await;
    let tokens = place.own.tokens();
    let created = tokens.create(&file("Channel1.json"), content(1)).await.unwrap();
    assert_eq!(created.created_by(), Some("ana"));
    let read = tokens.read(&file("channel1.JSON")).await.unwrap();
    assert_eq!(read.value().content.expose(), content(1).expose());
    tokens.replace(&file("channel1.json"), read.revision(), content(2)).await.unwrap();
    assert_eq!(tokens.read(&file("channel1.json")).await.unwrap().value().content, content(2));
    assert_eq!(tokens.list(&ListOptions::new()).await.unwrap().items.len(), 1);
    let deleted = tokens.delete(&file("channel1.json"), Expected::Any).await.unwrap();
    assert_eq!(deleted.value().filename, file("Channel1.json"));
    let gone = tokens.read(&file("channel1.json")).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn no_two_tokens_have_one_name_whichever_way_they_come() {
    let place = Place::new().await;
    let tokens = place.own.tokens();
    tokens.create(&file("a.json"), content(1)).await.unwrap();
    let other = tokens.create(&file("b.json"), content(1)).await.unwrap();
    let twice = tokens.create(&file("A.json"), content(2)).await.unwrap_err();
    assert_eq!(twice.kind(), ErrorKind::AlreadyExists);
    let all = place.own.collection::<Token>();
    let inserted = all.insert(Token::new(file("A.JSON"), content(2))).await.unwrap_err();
    assert_eq!(inserted.kind(), ErrorKind::AlreadyExists);
    let renamed = all.update(other.id(), Expected::Any, Token::new(file("a.json"), content(1))).await;
    assert_eq!(renamed.unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(tokens.read(&file("a.json")).await.unwrap().value().content, content(1));
}

#[tokio::test]
async fn the_names_of_the_applications_own_credentials_are_refused() {
    let place = Place::new().await;
    for name in
        ["client_secret.json", "Client_Secrets.json", "client_secret_1.apps.json", "token.txt", "json"]
    {
        let refused = place.own.tokens().create(&file(name), content(1)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{name}");
        let token = Token::new(file(name), content(1));
        let inserted = place.own.collection::<Token>().insert(token).await.unwrap_err();
        assert_eq!(inserted.kind(), ErrorKind::InvalidInput, "{name}");
    }
    assert!(place.own.tokens().list(&ListOptions::new()).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn of_two_refreshes_at_once_one_is_told_of_the_other() {
    let place = Place::new().await;
    let tokens = place.own.tokens();
    let name = file("channel.json");
    let before = tokens.create(&name, content(0)).await.unwrap().revision();
    let refresh = |number| tokens.replace(&name, before, content(number));
    let (first, second) = tokio::join!(refresh(1), refresh(2));
    let stands = tokens.read(&name).await.unwrap();
    match (first, second) {
        (Ok(won), Err(lost)) | (Err(lost), Ok(won)) => {
            assert_eq!(lost.kind(), ErrorKind::RevisionMismatch);
            assert_eq!(stands.value().content, won.value().content);
        }
        other => panic!("both or none: {other:?}"),
    }
}

#[tokio::test]
async fn neither_token_nor_key_is_printed_or_sent() {
    let place = Place::new().await;
    let name = channel(&place.own, "channel.json").await;
    let token = place.own.tokens().read(&name).await.unwrap();
    let key = place.own.stream_keys().read(&name, "one").await.unwrap();
    let shown = [
        format!("{token:?}{key:?}"),
        serde_json::to_string(&token).unwrap() + &serde_json::to_string(&key).unwrap(),
        serde_json::to_string(token.value()).unwrap() + &serde_json::to_string(key.value()).unwrap(),
    ];
    for shown in shown {
        assert!(!shown.contains(SECRET), "{shown}");
    }
    assert_eq!(key.value().cdn.as_ref().unwrap().ingestion_info.stream_name, Some(SecretText::new(SECRET)));
    let refused = TokenContent::parse(format!("{{{SECRET}")).unwrap_err();
    assert!(!format!("{refused:?} {refused}").contains(SECRET));
}

#[test]
fn of_a_delivery_nothing_is_printed_since_also_an_address_may_hold_the_key() {
    let mut cdn = Cdn::new(format!("rtmps://live.example/rtmp/{SECRET}"), SecretText::new(SECRET));
    cdn.other.insert("backup".to_owned(), SECRET.into());
    cdn.ingestion_info.other.insert("backupIngestionAddress".to_owned(), SECRET.into());
    let key = FetchedStreamKey::new("one", "Main").cdn(cdn.clone());
    let shown = format!("{cdn:?} {:?} {key:?}", cdn.ingestion_info);
    assert!(!shown.contains(SECRET) && shown.contains("Main"), "{shown}");
}

#[tokio::test]
async fn what_a_service_says_is_merged_and_what_it_leaves_out_stays() {
    let place = Place::new().await;
    let own = &place.own;
    let name = channel(own, "channel.json").await;
    let answer = vec![
        fetched("two", "Backup", "another-key"),
        fetched("three", "New", SECRET),
        fetched("three", "New", SECRET),
    ];
    let report = own.stream_keys().fetch(&file("CHANNEL.json"), &Service(answer)).await.unwrap();
    assert_eq!(report.added, ["three"]);
    assert_eq!(report.changed, ["two"]);
    assert_eq!(report.unchanged, ["three"]);
    assert_eq!(report.absent, ["one"]);
    let keys = own.stream_keys().find_by_token(&name).await.unwrap();
    assert_eq!(ids(&keys), ["one", "two", "three"]);
    let changed = own.stream_keys().read(&name, "two").await.unwrap().into_value().cdn.unwrap();
    assert_eq!(changed.ingestion_info.stream_name, Some(SecretText::new("another-key")));
}

#[tokio::test]
async fn a_service_that_fails_or_answers_nonsense_changes_nothing() {
    let place = Place::new().await;
    let keys = place.own.stream_keys();
    let name = channel(&place.own, "channel.json").await;
    let before = place.own.snapshot().await.unwrap().version();
    let failed = keys.fetch(&name, &Unreachable).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Unavailable);
    assert_eq!(std::error::Error::source(&failed).unwrap().to_string(), "the line is dead");
    for bad in [fetched("", "Main", SECRET), fetched("a\nb", "Main", SECRET), fetched("ok", "a\nb", SECRET)] {
        let refused =
            keys.fetch(&name, &Service(vec![fetched("new", "New", SECRET), bad])).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    }
    let unknown = keys.fetch(&file("none.json"), &Unreachable).await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::NotFound, "nobody is asked for a token that there is not");
    assert_eq!(place.own.snapshot().await.unwrap().version(), before);
}

/// A service during whose answer the token is replaced by another of the same name.
struct Meanwhile(Workspace, FileName);

#[async_trait::async_trait]
impl StreamKeySource for Meanwhile {
    async fn stream_keys(&self, _: &Token) -> Result<Vec<FetchedStreamKey>, SourceError> {
        self.0.tokens().delete(&self.1, Expected::Any).await?;
        self.0.tokens().create(&self.1, content(9)).await?;
        Ok(vec![fetched("one", "Main", SECRET)])
    }
}

#[tokio::test]
async fn what_was_fetched_for_another_token_of_the_same_name_is_not_merged() {
    let place = Place::new().await;
    let name = channel(&place.own, "channel.json").await;
    let meanwhile = Meanwhile(place.own.clone(), name.clone());
    let refused = place.own.stream_keys().fetch(&name, &meanwhile).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::RevisionMismatch);
    assert!(place.own.stream_keys().find_by_token(&name).await.unwrap().is_empty());
}

#[tokio::test]
async fn with_a_token_its_stream_keys_go_in_the_same_transaction_and_no_others() {
    let place = Place::new().await;
    let own = &place.own;
    let (first, second) = (channel(own, "first.json").await, channel(own, "second.json").await);
    let before = own.snapshot().await.unwrap().version();
    own.tokens().delete(&first, Expected::Any).await.unwrap();
    assert_eq!(own.snapshot().await.unwrap().version(), before + 1, "one commit");
    assert!(own.stream_keys().find_by_token(&first).await.unwrap().is_empty());
    assert_eq!(ids(&own.stream_keys().find_by_token(&second).await.unwrap()), ["one", "two"]);
}

#[tokio::test]
async fn a_token_whose_key_a_schedule_uses_stays_with_all_its_keys_unless_that_is_cleared() {
    let place = Place::new().await;
    let own = &place.own;
    let name = channel(own, "channel.json").await;
    let mut schedule = Schedule::new("Rain", time("2025-11-05T10:00"));
    schedule.token_file = Some(name.clone());
    schedule.stream_id_existing = Some("two".to_owned());
    let schedule = own.schedules().add(schedule).await.unwrap();
    for refused in [
        own.tokens().delete(&name, Expected::Any).await.map(drop),
        own.stream_keys().delete(&name, "two", Expected::Any).await.map(drop),
        own.stream_keys().delete_by_token(&name, OnReferenced::Refuse).await.map(drop),
    ] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Referenced);
        assert_eq!(ids(&own.stream_keys().find_by_token(&name).await.unwrap()), ["one", "two"]);
    }
    own.tokens().delete_with(&name, Expected::Any, OnReferenced::Clear).await.unwrap();
    assert!(own.stream_keys().list(&ListOptions::new()).await.unwrap().items.is_empty());
    let cleared = own.schedules().get(schedule.id()).await.unwrap().into_value();
    assert_eq!((cleared.token_file, cleared.stream_id_existing), (None, None));
}

#[tokio::test]
async fn stream_keys_are_deleted_one_by_one_or_all_of_a_token() {
    let place = Place::new().await;
    let own = &place.own;
    let (first, second) = (channel(own, "first.json").await, channel(own, "second.json").await);
    own.stream_keys().delete(&first, "one", Expected::Any).await.unwrap();
    assert_eq!(ids(&own.stream_keys().find_by_token(&first).await.unwrap()), ["two"]);
    let deleted = own.stream_keys().delete_by_token(&second, OnReferenced::Refuse).await.unwrap();
    assert_eq!(ids(&deleted), ["one", "two"]);
    assert!(own.stream_keys().find_by_token(&second).await.unwrap().is_empty());
    own.tokens().read(&second).await.expect("the token stays");
}

#[tokio::test]
async fn a_stream_key_without_its_token_is_refused() {
    let place = Place::new().await;
    let json = serde_json::json!({"token_file": "none.json", "stream_id": "one", "title": "Main"});
    let key: StreamKey = serde_json::from_value(json).unwrap();
    let refused = place.own.collection::<StreamKey>().insert(key).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn the_view_of_the_stream_keys_has_the_documented_form() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings::default();
    (settings.views, settings.free_space_reserve) = (ViewMode::EveryCommit, 0);
    let store = LocalStore::open(folder.path(), LocalOptions::default()).await.unwrap();
    let tenantry = Tenantry::builder(store).settings(settings).open().await.unwrap();
    tenantry.bootstrap_admin(&id("ana"), "Ana").await.unwrap();
    let own = tenantry.session(&id("ana")).await.unwrap().own();
    channel(&own, "b.json").await;
    channel(&own, "a.json").await;
    own.stream_keys().fetch(&file("b.json"), &Service(vec![fetched("one", "Other", SECRET)])).await.unwrap();
    let view = std::fs::read(folder.path().join("data/ana/stream_mapping.json")).unwrap();
    let view: serde_json::Value = serde_json::from_slice(&view).unwrap();
    let key = |title: &str| {
        let info =
            serde_json::json!({"streamName": SECRET, "ingestionAddress": "rtmp://ingest.example/live"});
        serde_json::json!({"title": title, "cdn": {"ingestionInfo": info}})
    };
    let expected = serde_json::json!({
        "b.json": {"one": key("Other"), "two": key("Backup")},
        "a.json": {"one": key("Main"), "two": key("Backup")},
    });
    assert_eq!(view, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn a_content_is_taken_exactly_if_it_is_an_object_and_kept_as_it_was(text in r#"[ {}\[\]",:a1\\]{0,12}"#) {
        let is_object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text).is_ok();
        let parsed = TokenContent::parse(text.as_str());
        prop_assert_eq!(parsed.is_ok(), is_object);
        if let Ok(content) = parsed {
            prop_assert_eq!(content.expose(), text);
        }
    }

    #[test]
    fn what_is_not_known_of_a_delivery_is_kept(name in "[a-z]{1,8}", value in "[a-z0-9]{0,8}") {
        let name = format!("x{name}");
        let delivery = serde_json::json!({
            name.as_str(): value, "ingestionInfo": {name.as_str(): [value], "streamName": "k"},
        });
        let json = serde_json::json!({"token_file": "a.json", "stream_id": "s", "title": "", "cdn": delivery});
        let key: StreamKey = serde_json::from_value(json).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let read = runtime.block_on(async {
            let tenantry = Tenantry::builder(MemoryStore::new()).open().await.unwrap();
            tenantry.bootstrap_admin(&id("ana"), "Ana").await.unwrap();
            let own = tenantry.session(&id("ana")).await.unwrap().own();
            own.tokens().create(&file("a.json"), content(1)).await.unwrap();
            let stored = own.collection::<StreamKey>().insert(key.clone()).await.unwrap();
            let read = own.stream_keys().read(&file("a.json"), "s").await.unwrap();
            assert_eq!(stored.revision(), read.revision());
            Arc::new(read.into_value())
        });
        prop_assert_eq!(&*read, &key);
        prop_assert_eq!(&read.cdn.as_ref().unwrap().other[&name], &serde_json::json!(value));
    }
}
