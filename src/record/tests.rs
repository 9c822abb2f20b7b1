//! What a record promises, case by case; the general claims are in `properties`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::local_time::minutes;
use super::{Entity, Envelope, LocalTime, Record, RecordError, RecordId, RecordLimits, RecordText};
use super::{Revision, SecretText};
use crate::paths::{CollectionName, TenantId};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Stream {
    title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(default)]
    rate: f64,
    key: SecretText,
    #[serde(default)]
    backup: BTreeMap<String, SecretText>,
    #[serde(default)]
    pin: String,
}

impl Entity for Stream {
    fn collection() -> CollectionName {
        CollectionName::LIVE_STREAMS
    }
    fn secret_fields() -> &'static [&'static str] {
        &["key", "pin"]
    }
}

fn stream() -> Stream {
    Stream {
        title: "Opening".to_owned(),
        note: None,
        rate: 1.5,
        key: SecretText::new("hunter2"),
        backup: BTreeMap::from([("eu".to_owned(), SecretText::new("hunter3"))]),
        pin: "hunter4".to_owned(),
    }
}

fn envelope() -> Envelope {
    let (ana, admin) = (TenantId::parse("ana").unwrap(), TenantId::parse("admin").unwrap());
    Envelope::new(RecordId::parse("s1").unwrap(), &ana, &admin, time("2025-11-04 10:00:00"))
}

fn time(text: &str) -> LocalTime {
    LocalTime::parse(text).unwrap()
}

fn limits() -> RecordLimits {
    RecordLimits::default()
}

fn parse(text: &str) -> Result<RecordText, RecordError> {
    RecordText::parse(text.as_bytes(), &limits())
}

fn shown(text: &RecordText) -> &str {
    std::str::from_utf8(text.as_bytes()).unwrap()
}

/// A type made of whatever fields it is given, for values no honest type would write.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Anything(serde_json::Value);

impl Entity for Anything {
    fn collection() -> CollectionName {
        CollectionName::SCHEDULES
    }
}

fn insert_anything(value: serde_json::Value) -> Result<RecordText, RecordError> {
    RecordText::insert(&envelope(), &Anything(value), &limits())
}

#[test]
fn a_new_record_begins_with_the_envelope_in_the_documented_order() {
    let text = RecordText::insert(&envelope(), &stream(), &limits()).unwrap();
    let expected = concat!(
        r#"{"id":"s1","owner":"ana","created_by":"admin","created_at":"2025-11-04 10:00:00","#,
        r#""updated_at":"2025-11-04 10:00:00","title":"Opening","rate":1.5,"key":"hunter2","#,
        r#""backup":{"eu":"hunter3"},"pin":"hunter4"}"#
    );
    assert_eq!(shown(&text), expected);
}

#[test]
fn a_record_is_read_through_its_type() {
    let text = RecordText::insert(&envelope(), &stream(), &limits()).unwrap();
    let record = Record::<Stream>::read(&text).unwrap();
    assert_eq!(record.value(), &stream());
    assert_eq!(record.id().as_str(), "s1");
    assert_eq!((record.owner(), record.created_by()), (Some("ana"), Some("admin")));
    assert_eq!(record.created_at(), Some(time("2025-11-04 10:00:00")));
    assert_eq!(record.revision(), text.revision());
    assert_eq!(record.envelope(), &envelope());
}

#[test]
fn an_update_touches_only_what_changed() {
    let old = parse(
        r#"{"zz": 1.10, "title":"A", "id":7, "key":"hunter2", "note":"x", "rate":2.50,
            "odd":"\ud800", "pin":"", "backup":{}}"#,
    )
    .unwrap();
    let record = Record::<Stream>::read(&old).unwrap();
    let mut new = record.value().clone();
    new.title = "B".to_owned();
    new.note = None;
    let updated = record.update(&new, time("2025-11-05T08:30"), &limits()).unwrap();
    let expected = concat!(
        r#"{"zz":1.10,"title":"B","id":7,"updated_at":"2025-11-05 08:30:00","key":"hunter2","#,
        r#""rate":2.50,"odd":"\ud800","pin":"","backup":{}}"#
    );
    assert_eq!(shown(&updated), expected);
    new.note = Some("back".to_owned());
    let again = Record::<Stream>::read(&updated).unwrap().update(&new, time("2025-11-06T08:30"), &limits());
    assert_eq!(
        shown(&again.unwrap()),
        expected.replace("2025-11-05", "2025-11-06").replace("{}}", r#"{},"note":"back"}"#)
    );
}

#[test]
fn a_record_of_an_earlier_tool_may_lack_everything_but_the_id() {
    let text = parse(r#"{"title":"A","id":"v1","owner":null,"created_at":"yesterday","key":"k"}"#).unwrap();
    let record = Record::<Stream>::read(&text).unwrap();
    assert_eq!((record.owner(), record.created_by()), (None, None));
    assert_eq!((record.created_at(), record.updated_at()), (None, None));
    assert_eq!(parse(r#"{"title":"A"}"#).unwrap().envelope(), Err(RecordError::MissingId));
    assert_eq!(parse(r#"{"id":-12}"#).unwrap().envelope().unwrap().id().as_str(), "-12");
    for bad in ["1.5", "true", "null", "[]"] {
        let text = parse(&format!(r#"{{"id":{bad}}}"#)).unwrap();
        assert_eq!(text.envelope(), Err(RecordError::MissingId), "{bad}");
    }
}

#[test]
fn an_owner_that_cannot_be_read_is_not_taken_for_none() {
    for owner in ["{}", "[\"ana\"]", "true", r#""\ud800""#, "1.5"] {
        let text = parse(&format!(r#"{{"id":"a","owner":{owner}}}"#)).unwrap();
        assert_eq!(text.envelope(), Err(RecordError::Owner), "{owner}");
    }
}

#[test]
fn what_is_not_json_is_refused() {
    let bad =
        [r#"{"a":NaN}"#, r#"{"a":Infinity}"#, r#"{"a":1.}"#, r#"{"a":01}"#, r#"{"a":1"#, "", r#"{"a":1}x"#];
    for text in bad {
        assert!(matches!(parse(text), Err(RecordError::NotJson { .. })), "{text}");
    }
    assert!(matches!(parse("{\"a\":\"\n\"}"), Err(RecordError::NotJson { .. })));
    assert!(matches!(RecordText::parse(b"{\"a\":\"\xff\"}", &limits()), Err(RecordError::NotJson { .. })));
    assert!(matches!(parse(r#"{"\ud800":1}"#), Err(RecordError::NotJson { .. })));
    for text in ["[]", "1", "null", "\"{}\""] {
        assert_eq!(parse(text), Err(RecordError::NotAnObject), "{text}");
    }
}

#[test]
fn a_field_that_occurs_twice_is_refused_however_it_is_spelt() {
    let twice = RecordError::DuplicateField { field: "ab".to_owned() };
    assert_eq!(parse(r#"{"ab":1,"b":2,"ab":3}"#), Err(twice.clone()));
    assert_eq!(parse(r#"{"ab":1,"b":2,"\u0061b":3}"#), Err(twice));
}

#[test]
fn white_space_goes_between_tokens_and_stays_in_strings() {
    let text = parse("\t{ \"a b\" : [ 1 , \"x \\\" , y\\\\\" , { } ] ,\r\n\"c\":\" \" } \n").unwrap();
    assert_eq!(shown(&text), r#"{"a b":[1,"x \" , y\\",{}],"c":" "}"#);
}

#[test]
fn white_space_that_a_type_writes_goes_too() {
    #[derive(Serialize, Deserialize)]
    struct Raw {
        raw: Box<serde_json::value::RawValue>,
    }
    impl Entity for Raw {
        fn collection() -> CollectionName {
            CollectionName::TOKENS
        }
    }
    let raw = |text: &str| Raw { raw: serde_json::value::RawValue::from_string(text.to_owned()).unwrap() };
    let text = RecordText::insert(&envelope(), &raw("[1,\n 2.50]"), &limits()).unwrap();
    assert_eq!(text.fields().unwrap().get("raw"), Some("[1,2.50]"));
    let record = Record::<Raw>::read(&text).unwrap();
    let text = record.update(&raw("[1,\n 3.50]"), time("2025-11-05 08:30:00"), &limits()).unwrap();
    assert_eq!(text.fields().unwrap().get("raw"), Some("[1,3.50]"));
}

#[test]
fn every_limit_holds_to_the_unit() {
    let mut limits = limits();
    limits.depth = 3;
    limits.fields = 2;
    limits.field_name_bytes = 3;
    limits.field_bytes = 10;
    limits.bytes = 26;
    let parse = |text: &str| RecordText::parse(text.as_bytes(), &limits).map(|_| ());
    assert_eq!(parse(r#"{"a":[[ ],"[[["]}"#), Ok(()));
    assert_eq!(parse(r#"{"a":[[[]]]}"#), Err(RecordError::TooDeep { depth: 4, limit: 3 }));
    assert_eq!(parse(r#"{"a":1,"b":2,"c":3}"#), Err(RecordError::TooManyFields { fields: 3, limit: 2 }));
    assert_eq!(parse(r#"{"abc":1}"#), Ok(()));
    assert_eq!(parse(r#"{"abcd":1}"#), Err(RecordError::FieldNameTooLong { bytes: 4, limit: 3 }));
    assert_eq!(parse(r#"{"a":"12345678"}"#), Ok(()));
    let long = RecordError::FieldTooLarge { field: "a".to_owned(), bytes: 11, limit: 10 };
    assert_eq!(parse(r#"{"a":"123456789"}"#), Err(long));
    assert_eq!(parse(r#"{"a":12345678, "b":1234567}"#), Ok(()));
    assert_eq!(parse(r#"{"a":12345678,"b":12345678}"#), Err(RecordError::TooLarge { bytes: 27, limit: 26 }));
}

#[test]
fn limits_hold_for_values_of_a_type() {
    let mut limits = limits();
    limits.depth = 2;
    let deep = Anything(serde_json::json!({"a": [[1]]}));
    let refused = RecordText::insert(&envelope(), &deep, &limits);
    assert_eq!(refused, Err(RecordError::TooDeep { depth: 3, limit: 2 }));
    let text = insert_anything(serde_json::json!({"a": 1})).unwrap();
    let record = Record::<Anything>::read(&text).unwrap();
    assert_eq!(
        record.update(&deep, time("2025-11-05 08:30:00"), &limits),
        Err(RecordError::TooDeep { depth: 3, limit: 2 })
    );
}

#[test]
fn hostile_depth_is_refused_without_using_up_the_stack() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(1 << 20), "]".repeat(1 << 20));
    let mut limits = limits();
    limits.bytes = usize::MAX;
    limits.field_bytes = usize::MAX;
    let refused = RecordText::parse(deep.as_bytes(), &limits);
    assert_eq!(refused, Err(RecordError::TooDeep { depth: (1 << 20) + 1, limit: 32 }));
}

#[test]
fn a_type_with_a_field_of_the_envelope_is_refused() {
    for field in Envelope::FIELDS {
        let refused = insert_anything(serde_json::json!({ "a": 1, field: "x" }));
        assert_eq!(refused, Err(RecordError::EnvelopeField { field }));
    }
    assert_eq!(insert_anything(serde_json::json!([1])), Err(RecordError::NotAnObject));
}

#[test]
fn a_response_has_no_secret_and_no_unknown_field() {
    let text = RecordText::insert(&envelope(), &stream(), &limits()).unwrap();
    let with_extra = shown(&text).replacen("{\"id\"", "{\"client_secret\":\"hunter5\",\"id\"", 1);
    let record = Record::<Stream>::read(&parse(&with_extra).unwrap()).unwrap();
    let response = serde_json::to_string(&record).unwrap();
    let expected = concat!(
        r#"{"id":"s1","owner":"ana","created_by":"admin","created_at":"2025-11-04 10:00:00","#,
        r#""updated_at":"2025-11-04 10:00:00","title":"Opening","rate":1.5,"backup":{"eu":"[secret]"}}"#
    );
    assert_eq!(response, expected);
    assert_eq!(serde_json::to_value(&record).unwrap().to_string().matches("hunter").count(), 0);
    assert_eq!(record.extra("client_secret").unwrap().get(), "\"hunter5\"");
    for known in ["key", "pin", "title", "backup", "id", "missing"] {
        assert!(record.extra(known).is_none(), "{known}");
    }
}

#[test]
fn debug_shows_no_value() {
    let text = RecordText::insert(&envelope(), &stream(), &limits()).unwrap();
    let record = Record::<Stream>::read(&text).unwrap();
    let all = format!("{record:?} {text:?} {:?} {:?}", text.fields().unwrap(), record.value().key);
    assert!(!all.contains("hunter") && !all.contains("Opening"), "{all}");
    assert!(all.contains("s1") && all.contains(&record.revision().to_string()), "{all}");
}

#[test]
fn a_redacted_secret_never_replaces_the_secret() {
    let text = RecordText::insert(&envelope(), &stream(), &limits()).unwrap();
    let record = Record::<Stream>::read(&text).unwrap();

    let changes: [fn(&mut Stream); 3] = [
        |stream| stream.key = SecretText::new(SecretText::REDACTED),
        |stream| stream.backup.extend([("us".to_owned(), SecretText::new(SecretText::REDACTED))]),
        |stream| stream.pin = SecretText::REDACTED.to_owned(),
    ];
    for change in changes {
        let mut new = stream();
        change(&mut new);
        let refused = RecordText::insert(&envelope(), &new, &limits());
        assert_eq!(refused, Err(RecordError::RedactedSecret));
        let refused = record.update(&new, time("2025-11-05 08:30:00"), &limits());
        assert_eq!(refused, Err(RecordError::RedactedSecret));
    }
}

#[test]
fn secrets_are_hidden_again_after_storing_also_when_that_panics() {
    #[derive(Serialize, Deserialize)]
    struct Broken {
        #[serde(serialize_with = "give_up", default)]
        broken: u8,
    }
    fn give_up<S: serde::Serializer>(_: &u8, _: S) -> Result<S::Ok, S::Error> {
        panic!("on purpose")
    }
    impl Entity for Broken {
        fn collection() -> CollectionName {
            CollectionName::TOKENS
        }
    }
    let hidden = || serde_json::to_string(&stream()).unwrap();
    RecordText::insert(&envelope(), &stream(), &limits()).unwrap();
    assert!(!hidden().contains("hunter2"));
    let storing = || RecordText::insert(&envelope(), &Broken { broken: 0 }, &limits());
    assert!(std::panic::catch_unwind(storing).is_err());
    assert!(!hidden().contains("hunter2"));
}

#[test]
fn a_change_that_the_type_would_not_see_is_refused() {
    #[derive(Serialize, Deserialize)]
    struct Renamed {
        #[serde(alias = "oldName", skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    }
    impl Entity for Renamed {
        fn collection() -> CollectionName {
            CollectionName::TOKENS
        }
    }
    let text = parse(r#"{"id":"a","oldName":"x"}"#).unwrap();
    let record = Record::<Renamed>::read(&text).unwrap();
    let update = |name| record.update(&Renamed { name }, time("2025-11-05 08:30:00"), &limits());
    assert_eq!(update(None), Err(RecordError::NotKept { field: "name".to_owned() }));
    assert!(matches!(update(Some("y".to_owned())), Err(RecordError::Unreadable { .. })));
    assert!(update(Some("x".to_owned())).is_ok());
}

#[test]
fn a_field_that_the_type_writes_and_never_reads_is_refused() {
    #[derive(Serialize, Deserialize)]
    struct Forgetful {
        #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    }
    impl Entity for Forgetful {
        fn collection() -> CollectionName {
            CollectionName::TOKENS
        }
    }
    let refused = RecordText::insert(&envelope(), &Forgetful { name: Some("x".to_owned()) }, &limits());
    assert_eq!(refused, Err(RecordError::NotKept { field: "name".to_owned() }));
}

#[derive(Serialize, Deserialize)]
struct Dated {
    #[serde(default)]
    title: String,
    day: LocalTime,
}

impl Entity for Dated {
    fn collection() -> CollectionName {
        CollectionName::TOKENS
    }
}

#[test]
fn an_error_names_the_field_and_never_the_value() {
    let read = |text: &str| Record::<Stream>::read(&parse(text).unwrap()).unwrap_err();
    let error = read(r#"{"id":"a","title":{"hunter2":"hunter2"},"key":"k"}"#);
    assert_eq!(error, RecordError::Unreadable { field: Some("title".to_owned()) });
    let error = read(r#"{"id":"a","title":"A","rate":"hunter2","key":"k"}"#);
    assert_eq!(error, RecordError::Unreadable { field: Some("rate".to_owned()) });
    assert_eq!(error.to_string(), "the record does not fit its type in the field \"rate\"");
    // Also the last one, if its own type refuses it.
    let read = |text: &str| Record::<Dated>::read(&parse(text).unwrap()).unwrap_err();
    for text in [
        r#"{"id":"a","day":"hunter2"}"#,
        r#"{"id":"a","title":"A","day":"hunter2"}"#,
        r#"{"id":"a","day":"hunter2","title":"A"}"#,
    ] {
        assert_eq!(read(text), RecordError::Unreadable { field: Some("day".to_owned()) }, "{text}");
    }
}

#[test]
fn an_error_names_a_field_that_is_missing() {
    let read = |text: &str| Record::<Stream>::read(&parse(text).unwrap()).unwrap_err();
    assert_eq!(read(r#"{"id":"a","title":"A"}"#), RecordError::MissingField { field: "key".to_owned() });
}

#[test]
fn an_error_that_concerns_the_whole_blames_no_field() {
    #[derive(Serialize, Deserialize)]
    struct Inner {
        second: u8,
    }
    #[derive(Serialize, Deserialize)]
    struct Flat {
        first: u8,
        #[serde(flatten)]
        inner: Inner,
    }
    #[derive(Serialize, Deserialize)]
    #[serde(try_from = "Inner")]
    struct Checked {
        second: u8,
    }
    impl TryFrom<Inner> for Checked {
        type Error = &'static str;
        fn try_from(_: Inner) -> Result<Self, Self::Error> {
            Err("never")
        }
    }
    impl Entity for Flat {
        fn collection() -> CollectionName {
            CollectionName::TOKENS
        }
    }
    impl Entity for Checked {
        fn collection() -> CollectionName {
            CollectionName::TOKENS
        }
    }
    let text = parse(r#"{"id":"a","first":1,"second":"x","third":3}"#).unwrap();
    assert_eq!(Record::<Flat>::read(&text).map(drop), Err(RecordError::Unreadable { field: None }));
    let text = parse(r#"{"id":"a","first":1,"second":2}"#).unwrap();
    assert_eq!(Record::<Checked>::read(&text).map(drop), Err(RecordError::Unreadable { field: None }));
}

#[test]
fn a_revision_is_read_as_it_is_written() {
    let revision = parse(r#"{"id":"a"}"#).unwrap().revision();
    assert_eq!(Revision::parse(&revision.to_string()), Ok(revision));
    assert_eq!(Revision::from_etag(&revision.to_etag()), Ok(revision));
    assert_eq!(serde_json::from_str::<Revision>(&revision.to_etag()).unwrap(), revision);
    assert_eq!(serde_json::to_string(&revision).unwrap(), revision.to_etag());
    let text = revision.to_string();
    for bad in [&text[1..], &text.to_uppercase(), &format!("+{}", &text[1..]), ""] {
        assert!(Revision::parse(bad).is_err(), "{bad}");
    }
    assert!(Revision::from_etag(&format!("W/{}", revision.to_etag())).is_err());
    assert!(Revision::from_etag(&text).is_err());
}

#[test]
fn local_times_are_read_in_the_documented_forms_only() {
    assert_eq!(time("2025-11-04 10:00:07").to_string(), "2025-11-04 10:00:07");
    assert_eq!(time("2025-11-04T10:05").to_string(), "2025-11-04 10:05:00");
    let bad = [
        "",
        "2025-11-04",
        "2025-11-04 1:00",
        "2025-02-30 10:00",
        "2025-11-04 10:00:",
        "2025-11-04 10:00:0",
        "2025-11-04 24:00",
        "2025-11-04T10:00Z",
        "2025-11-04 10:00:00.5",
        "+025-11-04 10:00",
        "2025-11-04 10:00:60",
        "2025/11/04 10:00",
    ];
    for text in bad {
        assert_eq!(LocalTime::parse(text), Err(RecordError::Time), "{text}");
    }
    let fine = jiff::civil::date(-3, 2, 1).at(1, 2, 3, 4);
    assert_eq!(LocalTime::new(fine).to_string(), "0000-01-01 00:00:00");
    let fine = jiff::civil::date(2025, 2, 1).at(1, 2, 3, 999);
    assert_eq!(LocalTime::new(fine), time("2025-02-01 01:02:03"));
}

#[test]
fn the_short_form_of_a_time_loses_no_seconds() {
    #[derive(Serialize, Deserialize)]
    struct Plan {
        #[serde(with = "minutes")]
        at: LocalTime,
    }
    for text in ["2025-11-04T10:00", "2025-11-04T10:00:01", "2025-11-04T00:00"] {
        let json = format!("{{\"at\":\"{text}\"}}");
        let plan: Plan = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&plan).unwrap(), json);
    }
}

#[test]
fn a_record_knows_its_id_from_any_other_at_every_length() {
    for length in 1..=RecordId::MAX_BYTES {
        let id = "i".repeat(length);
        let text = parse(&format!(r#"{{"id":"{id}","title":"t","key":"k"}}"#)).unwrap();
        let parts = Record::<Stream>::read(&text).unwrap().into_parts();
        let others = [format!("{}j", &id[1..]), id[1..].to_owned(), format!("{id}i"), format!("{id}\0")];
        assert!(parts.is_of(&id));
        assert!(others.iter().all(|other| !parts.is_of(other)), "{length}");
    }
}
