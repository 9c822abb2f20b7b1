//! What holds for whatever JSON object comes in.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use proptest::prelude::*;
use proptest::sample::select;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::fields::quoted;
use super::{
    Entity, Envelope, Fields, LocalTime, Record, RecordId, RecordLimits, RecordText, SecretText, one_pass,
};
use crate::paths::{CollectionName, TenantId};
use crate::testkit::strategies::{object, spaces, unknown_fields};

/// A type that knows one field of what it reads, and one secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Known {
    title: String,
    token: SecretText,
    nested: Vec<Option<SecretText>>,
}

impl Entity for Known {
    fn collection() -> CollectionName {
        CollectionName::VIDEOS
    }
    fn secret_fields() -> &'static [&'static str] {
        &["token"]
    }
}

/// A type that knows each field it meets, but for those whose names begin with `z`, and writes them in the order in
/// which they came.
#[derive(Debug, Clone, PartialEq)]
struct Whatever(Vec<(String, Value)>);

impl Entity for Whatever {
    fn collection() -> CollectionName {
        CollectionName::VIDEOS
    }
}

/// A type that takes whatever an object has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Anything(std::collections::BTreeMap<String, Option<serde_json::Value>>);

impl Entity for Anything {
    fn collection() -> CollectionName {
        CollectionName::VIDEOS
    }
}

impl Serialize for Whatever {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Whatever {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Whatever;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Whatever, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if !name.starts_with('z') {
                        members.push((name, value));
                    }
                }
                Ok(Whatever(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A few fields: names that may occur twice, have to be escaped, are not kept or are the envelope's, and small values.
fn few_fields() -> impl Strategy<Value = Vec<(String, Value)>> {
    let own = select(vec!["a", "b", "c", "d", "e"]);
    let odd = select(vec!["", "\"", "é", "zzz", "owner", "a long name"]);
    let name = prop_oneof![6 => own, 1 => odd].prop_map(str::to_owned);
    prop::collection::vec((name, few_values()), 0..5)
}

fn few_values() -> impl Strategy<Value = Value> {
    let texts = ["null", "7", "1.5", "\"x\"", "\" \\\"}\"", "[]", "{\"a\":[{}]}", "\"quite a long text\""];
    select(texts.to_vec()).prop_map(|text| serde_json::from_str(text).unwrap())
}

/// The limits, one of which may be low.
fn few_limits() -> impl Strategy<Value = RecordLimits> {
    (0..8_u8, 0..220_usize).prop_map(|(which, most)| {
        let mut limits = RecordLimits::default();
        match which {
            0 => limits.bytes = most,
            1 => limits.depth = most % 4,
            2 => limits.fields = most % 10,
            3 => limits.field_name_bytes = most % 12,
            4 => limits.field_bytes = most % 32,
            _ => {}
        }
        limits
    })
}

/// What is read of a text in one pass, and field by field.
fn read_either_way<T: Entity>(text: &str) -> [Option<(Envelope, T)>; 2] {
    let fields = Fields::read(text.as_bytes()).and_then(|fields| Record::<T>::read_fields(&fields, None));
    [one_pass::read::<T>(text.as_bytes(), None), fields.ok()]
}

/// The value's tokens alone, by a way that shares no code with what is tested: serde_json's own
/// formatter writes no white space, and `RawValue` leaves the tokens' texts alone.
fn tokens(json: &str) -> String {
    use serde_json::value::RawValue;
    let raw: &RawValue = serde_json::from_str(json).unwrap();
    let text = raw.get();
    if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(text) {
        let items: Vec<_> = items.iter().map(|item| tokens(item.get())).collect();
        return format!("[{}]", items.join(","));
    }
    if text.starts_with('{') {
        // A map sorts its names; the generator writes those of nested objects sorted.
        let members: std::collections::BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap();
        let quoted = |name: &String| serde_json::to_string(name).unwrap();
        let members: Vec<_> =
            members.iter().map(|(name, item)| format!("{}:{}", quoted(name), tokens(item.get()))).collect();
        return format!("{{{}}}", members.join(","));
    }
    text.to_owned()
}

fn pairs(text: &RecordText) -> Vec<(String, String)> {
    text.fields().unwrap().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn text_of(record: &RecordText) -> &str {
    std::str::from_utf8(record.as_bytes()).unwrap()
}

fn known_fields(title: &str, token: &str) -> Vec<(String, String)> {
    let json = |text: &str| serde_json::to_string(text).unwrap();
    vec![
        ("id".to_owned(), json("r1")),
        ("title".to_owned(), json(title)),
        ("token".to_owned(), json(token)),
        ("nested".to_owned(), format!("[null, {}]", json(token))),
        ("updated_at".to_owned(), json("2025-11-04 10:00:00")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(192) })]

    #[test]
    fn an_id_is_the_same_ordered_and_found_as_its_text_however_long_that_is(
        texts in proptest::collection::vec("[ab]{1,2}|[ab\u{e4}]{15,20}|a{30}[ab]{4,9}|[ab]{128}", 1..40),
        wanted in "a{30}[ab]{4,9}",
    ) {
        let ids: Vec<RecordId> = texts.iter().map(|text| RecordId::parse(text).unwrap()).collect();
        for (id, text) in ids.iter().zip(&texts) {
            prop_assert_eq!(id.as_str(), text);
            for (other, other_text) in ids.iter().zip(&texts) {
                prop_assert_eq!(id == other, text == other_text);
                prop_assert_eq!(id.cmp(other), text.cmp(other_text));
            }
        }
        let found: std::collections::HashSet<&RecordId> = ids.iter().collect();
        prop_assert_eq!(found.contains(&RecordId::parse(&wanted).unwrap()), texts.contains(&wanted));
        let owned: std::collections::HashSet<RecordId> = ids.iter().cloned().collect();
        prop_assert!(texts.iter().all(|text| owned.contains(text.as_str())));
    }

    #[test]
    fn taking_in_keeps_order_names_and_tokens(fields in unknown_fields(), space in spaces()) {
        let text = object(&fields, space);
        let taken = RecordText::parse(text.as_bytes(), &RecordLimits::default()).unwrap();
        let expected: Vec<_> =
            fields.iter().map(|(name, value)| (name.clone(), tokens(value))).collect();
        prop_assert_eq!(pairs(&taken), expected);
        prop_assert!(!text_of(&taken).contains(['\n', '\r']));
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        prop_assert_eq!(value(text_of(&taken)), value(&text));
    }

    #[test]
    fn taking_in_twice_changes_nothing_more(fields in unknown_fields(), space in spaces()) {
        let once = RecordText::parse(object(&fields, space).as_bytes(), &RecordLimits::default()).unwrap();
        let twice = RecordText::parse(once.as_bytes(), &RecordLimits::default()).unwrap();
        prop_assert_eq!(&once, &twice);
        prop_assert_eq!(once.revision(), twice.revision());
    }

    #[test]
    fn the_revision_is_the_digest_of_the_text(fields in unknown_fields()) {
        let text = RecordText::parse(object(&fields, "").as_bytes(), &RecordLimits::default()).unwrap();
        let digest = blake3::hash(text.as_bytes()).to_hex();
        prop_assert_eq!(text.revision().to_string(), &digest[..32]);
    }

    #[test]
    fn an_update_of_one_field_leaves_all_others_to_the_letter(
        extras in unknown_fields(),
        shift in 0..16_usize,
        space in spaces(),
        title in any::<String>(),
    ) {
        let mut fields = known_fields("before", "hunter2");
        fields.extend(extras);
        let length = fields.len();
        fields.rotate_left(shift % length);
        let limits = RecordLimits::default();
        let old = RecordText::parse(object(&fields, space).as_bytes(), &limits).unwrap();
        let record = Record::<Known>::read(&old).unwrap();
        let new = Known { title: title.clone(), ..record.value().clone() };
        let at = LocalTime::parse("2026-01-02 03:04:05").unwrap();
        let updated = record.update(&new, at, &limits).unwrap();
        let expected: Vec<_> = pairs(&old).into_iter().map(|(name, value)| match name.as_str() {
            "title" => (name, serde_json::to_string(&title).unwrap()),
            "updated_at" => (name, "\"2026-01-02 03:04:05\"".to_owned()),
            _ => (name, value),
        }).collect();
        prop_assert_eq!(pairs(&updated), expected);
        let again = Record::<Known>::read(&updated).unwrap();
        prop_assert_eq!(again.value(), &new);
    }

    #[test]
    fn an_update_gives_what_it_gives_who_looks_at_each_field_of_the_text(
        own in few_fields(),
        other in few_fields(),
        values in prop::collection::vec(few_values(), 5),
        names_turn in prop_oneof![6 => Just(Some(0)), 2 => (1..5_usize).prop_map(Some), 2 => Just(None)],
        turn in prop_oneof![4 => Just(0), 1 => 1..9_usize],
        missing in prop::option::weighted(0.2, 0..9_usize),
        extra in prop::option::weighted(0.2, select(vec!["\"z\"", "\"a\"", "\"\\u0061\""])),
        owner in prop_oneof![4 => Just("\"ana\""), 1 => Just("\"\\u0061na\""), 1 => Just("null")],
        created_at in prop_oneof![4 => Just("\"2025-11-04 10:00:00\""), 1 => Just("\"2025-11-04T10:00\"")],
        limits in few_limits(),
    ) {
        let envelope = ["\"r1\"", owner, "\"ana\"", created_at, "\"2025-11-04 10:00:00\""];
        let envelope = Envelope::FIELDS.into_iter().map(quoted).zip(envelope.map(str::to_owned));
        let owned = own.iter().map(|(name, value)| (quoted(name), value.to_string()));
        let mut fields: Vec<_> = envelope.chain(owned).collect();
        fields.extend(extra.map(|name| (name.to_owned(), "0".to_owned())));
        let length = fields.len();
        fields.rotate_left(turn % length);
        if let Some(missing) = missing {
            fields.remove(missing % length);
        }
        let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}:{value}")).collect();
        let text = RecordText::from_stored(format!("{{{}}}", fields.join(",")).into());
        // What can't be read is not updated.
        let Ok(record) = Record::<Whatever>::read(&text) else { return Ok(()) };
        let mut names: Vec<_> = record.value().0.iter().map(|(name, _)| name.clone()).collect();
        let turn = names_turn.unwrap_or(0) % names.len().max(1);
        names.rotate_left(turn);
        let new = Whatever(if names_turn.is_some() { names.into_iter().zip(values).collect() } else { other });
        let at = LocalTime::parse("2026-01-02 03:04:05").unwrap();
        let slow = Record::updated(&text, None, (record.value(), &new), at, &limits);
        prop_assert_eq!(record.changed(&new, at, &limits), slow);
    }

    #[test]
    fn what_is_inserted_is_read_back(title in any::<String>(), token in "[a-z]{0,9}") {
        let ana = TenantId::parse("ana").unwrap();
        let at = LocalTime::parse("2025-11-04 10:00:00").unwrap();
        let envelope = Envelope::new(RecordId::parse("r1").unwrap(), &ana, &ana, at);
        let value = Known { title, token: SecretText::new(&*token), nested: vec![None] };
        let text = RecordText::insert(&envelope, &value, &RecordLimits::default()).unwrap();
        let record = Record::<Known>::read(&text).unwrap();
        prop_assert_eq!(record.value(), &value);
        prop_assert_eq!(record.envelope(), &envelope);
        prop_assert_eq!(RecordText::parse(text.as_bytes(), &RecordLimits::default()).unwrap(), text);
    }

    #[test]
    fn a_response_never_contains_a_secret(
        extras in unknown_fields(),
        title in "[a-z]{0,9}",
        token in "SECRET[A-Z\"\\\\é]{1,12}",
    ) {
        let mut fields = known_fields(&title, &token);
        fields.extend(extras);
        fields.push(("legacy_token".to_owned(), serde_json::to_string(&token).unwrap()));
        let text = RecordText::parse(object(&fields, "").as_bytes(), &RecordLimits::default()).unwrap();
        let record = Record::<Known>::read(&text).unwrap();
        let shown = [
            serde_json::to_string(&record).unwrap(),
            serde_json::to_value(&record).unwrap().to_string(),
            serde_json::to_string(record.value()).unwrap(),
            format!("{record:?} {text:?} {:?}", record.value()),
        ];
        for text in shown {
            prop_assert!(!text.contains("SECRET"), "{}", text);
        }
        let response = serde_json::to_value(&record).unwrap();
        prop_assert_eq!(&response["title"], &serde_json::Value::from(title));
        prop_assert_eq!(&response["nested"][1], SecretText::REDACTED);
        prop_assert!(response.get("token").is_none());
    }

    #[test]
    fn reading_in_one_pass_gives_what_reading_field_by_field_gives(
        extras in unknown_fields(),
        shift in 0..16_usize,
        title in any::<String>(),
        twice in proptest::option::of(0..16_usize),
        cut in proptest::option::weighted(0.2, 0..400_usize),
        owner in prop_oneof![Just("\"ana\""), Just("null"), Just("7"), Just("[]"), Just("\"\\u0061na\"")],
        is_plain in any::<bool>(),
    ) {
        let mut fields = known_fields(&title, "hunter2");
        fields.push(("owner".to_owned(), owner.to_owned()));
        fields.extend(extras);
        let length = fields.len();
        fields.rotate_left(shift % length);
        if let Some(twice) = twice {
            fields.push(fields[twice % length].clone());
        }
        if is_plain {
            fields.iter_mut().for_each(|(_, value)| *value = tokens(value));
        }
        let text = object(&fields, "");
        let text = &text.as_bytes()[..cut.unwrap_or(usize::MAX).min(text.len())];
        let record = RecordText::from_stored(text.to_vec().into());
        let ana = TenantId::parse("ana").unwrap();
        let slow = record.fields().and_then(|fields| Record::<Known>::read_fields(&fields, Some(&ana)));
        // Where it does not go, the slow way says why, or the spelling is another than that in which texts are made.
        let is_plain = is_plain && !fields.iter().any(|(name, _)| quoted(name).contains('\\'));
        let read = one_pass::read::<Known>(text, Some(&ana));
        prop_assert!(read == slow.clone().ok() || (read.is_none() && !is_plain), "{:?} {:?}", read, slow);
    }

    #[test]
    fn a_text_in_the_plain_spelling_has_the_fields_that_serde_reads(
        extras in unknown_fields(),
        space in spaces(),
        title in any::<String>(),
        twice in proptest::option::weighted(0.2, 0..16_usize),
    ) {
        let mut fields = known_fields(&title, "hunter2");
        fields.extend(extras);
        if let Some(twice) = twice {
            fields.push(fields[twice % fields.len()].clone());
        }
        let text = object(&fields, space);
        let Ok(read) = Fields::read(text.as_bytes()).map(Fields::compacted) else {
            prop_assert_eq!(Fields::of_plain(&text), None);
            return Ok(());
        };
        prop_assert!(Fields::of_plain(&text).is_none_or(|plain| plain == read));
        prop_assert!(!read.are(&text) || read.to_text() == text);
        let plain = read.to_text();
        let escaped = read.iter().any(|(name, _)| quoted(name).contains('\\'));
        prop_assert_eq!(Fields::of_plain(&plain), Some(read).filter(|_| !escaped));
    }

    #[test]
    fn no_text_makes_a_look_for_plain_fields_panic(text in "[{}\\[\\]\",:\\\\a1 é]{0,24}") {
        let object = format!("{{{text}}}");
        for text in [&text, &object] {
            if let (Ok(read), Some(plain)) = (Fields::read(text.as_bytes()), Fields::of_plain(text)) {
                prop_assert_eq!(plain, read.compacted());
            }
        }
    }

    #[test]
    fn whatever_is_read_in_one_pass_is_what_serde_reads(
        text in "([{}\\[\\]\",:\\\\a1 é\u{1}.-]|null|true|\"a\"|\"b\":|\\\\n){0,8}",
    ) {
        let before = ["\"a\":", "\"a\":1,", "\"a\":\"", "\"created_at\":", ""];
        for object in before.map(|before| format!("{{\"id\":1,{before}{text}}}")) {
            let [read, serde] = read_either_way::<Anything>(&object);
            prop_assert!(read.is_none() || read == serde, "{}", object);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let text = RecordText::from_stored(bytes.into());
        let read = Record::<Known>::read(&text);
        prop_assert!(read.is_err());
    }
}

#[test]
fn a_value_is_read_in_one_pass_as_deep_as_serde_goes_and_no_deeper() {
    let nested = |depth| format!("{{\"id\":\"r\",\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let read: Vec<bool> = (110..140)
        .map(|depth| {
            let [read, serde] = read_either_way::<Anything>(&nested(depth));
            assert_eq!(read, serde, "{depth}");
            read.is_some()
        })
        .collect();
    assert!(read.contains(&true) && read.contains(&false));
}

#[test]
fn a_name_that_occurs_twice_is_not_read_in_one_pass_however_many_there_are() {
    for count in [2, 15, 16, 17, 18, 40] {
        let names: Vec<String> = (0..count).map(|number| format!("field{number}")).collect();
        for twice in 0..count {
            let all = names.iter().map(|name| (name.clone(), "1".to_owned()));
            let mut fields: Vec<_> = [("id".to_owned(), "1".to_owned())].into_iter().chain(all).collect();
            let [read, serde] = read_either_way::<Anything>(&object(&fields, ""));
            assert!(read.is_some() && read == serde);
            fields.push((names[twice].clone(), "2".to_owned()));
            assert_eq!(read_either_way::<Anything>(&object(&fields, "")), [None, None], "{count} {twice}");
        }
    }
}

#[test]
fn a_value_that_writes_a_name_twice_is_not_inserted() {
    let at = LocalTime::parse("2026-01-02 03:04:05").unwrap();
    let ana = TenantId::parse("ana").unwrap();
    let envelope = Envelope::new(RecordId::parse("r1").unwrap(), &ana, &ana, at);
    for count in [2, 16, 17, 40] {
        let mut fields: Vec<_> = (0..count).map(|number| (format!("field{number}"), Value::Null)).collect();
        fields.push(fields[count / 2].clone());
        let field = fields[count].0.clone();
        let inserted = RecordText::insert(&envelope, &Whatever(fields), &RecordLimits::default());
        assert_eq!(inserted.unwrap_err(), super::RecordError::DuplicateField { field });
    }
}
