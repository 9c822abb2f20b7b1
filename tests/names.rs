//! Guards that a name, once parsed, is one harmless component with one spelling (I6), whatever
//! was sent; and that every name in the world has an id of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::collections::{BTreeMap, HashSet};
use std::path::{Component, Path};

use proptest::prelude::*;
use tenantry::paths::{CollectionName, FileName, NameError, TenantId};
use tenantry::testkit::hostile_names::{CLASSES, Verdict};
use unicode_normalization::is_nfc;

fn is_single_component(name: &str) -> bool {
    let mut components = Path::new(name).components();
    let plain = components.next() == Some(Component::Normal(name.as_ref()));
    plain && components.next().is_none() && !name.contains(['/', '\\', ':', '\0'])
}

/// Checks one verdict of one example.
fn check(class: &str, example: &str, verdict: Verdict, parsed: Result<&str, &NameError>) {
    match (verdict, parsed) {
        (Verdict::Refused, Err(_)) => {}
        (Verdict::Harmless, Ok(name)) => {
            assert_eq!(name, example, "{class}: parsing changes nothing");
            assert!(is_single_component(name), "{class}: {example:?} is more than one component");
        }
        (verdict, parsed) => panic!("{class}: {example:?} should be {verdict:?}, was {parsed:?}"),
    }
}

#[test]
fn there_are_many_classes_of_hostile_names_and_none_is_empty() {
    let names: HashSet<_> = CLASSES.iter().map(|class| class.name).collect();
    assert!(names.len() >= 20);
    assert_eq!(names.len(), CLASSES.len(), "each class has a name of its own");
    assert!(CLASSES.iter().all(|class| !class.examples.is_empty()));
}

#[test]
fn a_hostile_tenant_name_is_refused_or_harmless() {
    for class in CLASSES {
        for example in class.examples {
            let parsed = TenantId::parse(example);
            check(class.name, example, class.tenant, parsed.as_ref().map(TenantId::as_str));
        }
    }
}

#[test]
fn a_hostile_file_name_is_refused_or_harmless() {
    for class in CLASSES {
        for example in class.examples {
            let parsed = FileName::parse(example);
            check(class.name, example, class.file, parsed.as_ref().map(FileName::as_str));
        }
    }
}

#[test]
fn a_hostile_name_encodes_into_a_harmless_id_of_its_own() {
    let mut owners = BTreeMap::new();
    for example in CLASSES.iter().flat_map(|class| class.examples) {
        match TenantId::encode(example) {
            Ok(id) => {
                assert!(is_single_component(id.as_str()), "{example:?}");
                assert_eq!(id.decode(), *example);
                assert_eq!(TenantId::parse(id.as_str()).as_ref(), Ok(&id));
                // Case-insensitive file systems must not hold two ids for one either.
                let earlier = owners.insert(id.as_str().to_lowercase(), *example);
                assert!(earlier.is_none_or(|earlier| earlier == *example), "{example:?} and {earlier:?}");
            }
            Err(NameError::Empty) => assert_eq!(*example, ""),
            Err(NameError::TooLong { bytes, limit }) => assert!(bytes > limit && bytes >= example.len()),
            Err(other) => panic!("{example:?}: {other}"),
        }
    }
}

#[test]
fn an_id_is_written_as_readably_as_it_can_be() {
    for (name, id) in [
        ("ana", "ana"),
        ("a.b_c-d", "a.b_c-d"),
        ("42", "42"),
        ("Ana@Example.com", "=41na=40=45xample.com"),
        ("budi@example.com", "budi=40example.com"),
        ("con", "=63on"),
        ("con.é", "=63on.=c3=a9"),
        ("con.", "con=2e"),
        ("con..", "=63on.=2e"),
        ("con=", "con=3d"),
        ("console", "console"),
        ("done", "=64one"),
        ("done2", "done2"),
        ("a..", "a.=2e"),
        ("-a", "=2da"),
        ("_a", "=5fa"),
        (".a", "=2ea"),
        ("..", "=2e=2e"),
        ("=", "=3d"),
        ("a b", "a=20b"),
        ("\0", "=00"),
    ] {
        assert_eq!(TenantId::encode(name).unwrap().as_str(), id);
        assert_eq!(TenantId::parse(id).unwrap().decode(), name);
    }
}

#[test]
fn an_encoding_fits_to_the_byte_or_is_refused() {
    assert_eq!(TenantId::encode(&"A".repeat(21)).unwrap().as_str().len(), 63);
    let too_long = |bytes| Err(NameError::TooLong { bytes, limit: 64 });
    assert_eq!(TenantId::encode(&"A".repeat(22)), too_long(66));
    assert_eq!(TenantId::encode(&"a".repeat(64)).unwrap().as_str().len(), 64);
    assert_eq!(TenantId::encode(&"a".repeat(65)), too_long(65));
}

#[test]
fn each_refusal_of_an_id_says_why() {
    for (text, reason) in [
        ("", NameError::Empty),
        (".a", NameError::EdgeDot),
        ("a.", NameError::EdgeDot),
        ("-a", NameError::Character { character: '-', at: 0 }),
        ("aé", NameError::Character { character: 'é', at: 1 }),
        ("lpt1", NameError::DeviceName),
        ("done", NameError::Reserved),
        ("a=2E", NameError::Character { character: 'E', at: 3 }),
        ("a=2", NameError::BadEscape),
        ("a=ff", NameError::BadEscape),
        ("a=62", NameError::BadEscape),
    ] {
        assert_eq!(TenantId::parse(text), Err(reason), "{text:?}");
    }
}

#[test]
fn file_names_of_people_are_kept_in_any_script() {
    for name in [
        "a",
        "Jadwal Minggu (1) – final.MP4",
        "лекция.mkv",
        "講義・第1回.mov",
        "محاضرة.mp4",
        "हिन्दी.mp4",
        "café.avi",
        "강의.wmv",
        "100% [4K] #1 ~ it's & more!.mp4",
        "video_database.json",
        "connie.mp4",
        "com10.mp4",
        "ledger.mp4",
    ] {
        assert_eq!(FileName::parse(name).unwrap().as_str(), name);
    }
}

#[test]
fn an_extension_is_what_follows_the_last_dot() {
    let extension = |name: &str| FileName::parse(name).unwrap().extension().map(str::to_owned);
    assert_eq!(extension("a.MP4").as_deref(), Some("MP4"));
    assert_eq!(extension("a.tar.gz").as_deref(), Some("gz"));
    assert_eq!(extension("a"), None);
}

#[test]
fn names_that_differ_by_case_alone_fold_into_one() {
    let folded = |name: &str| FileName::parse(name).unwrap().folded();
    for (one, other) in [
        ("A.MP4", "a.mp4"),
        ("ÉTÉ", "été"),
        ("Лекция", "ЛЕКЦИЯ"),
        ("ΟΔΟΣ", "οδος"),
        ("οδος.mp4", "οδοσ.mp4"),
        ("straße", "STRASSE"),
        ("ſ", "S"),
        ("ǰ", "J\u{30c}"),
        ("Ꭰ", "ꭰ"),
    ] {
        assert_eq!(folded(one), folded(other), "{one} {other}");
    }
    for (one, other) in [("a", "b"), ("а", "a"), ("é", "e"), ("kır", "kir"), ("．", "a.b")] {
        assert_ne!(folded(one), folded(other), "{one} {other}");
    }
}

#[test]
fn names_cross_serde_as_strings_and_are_parsed_again() {
    let id = TenantId::encode("Ana@Example.com").unwrap();
    let text = serde_json::to_string(&id).unwrap();
    assert_eq!(text, r#""=41na=40=45xample.com""#);
    assert_eq!(serde_json::from_str::<TenantId>(&text).unwrap(), id);
    assert_eq!(serde_json::from_str::<FileName>(r#""a.mp4""#).unwrap().as_str(), "a.mp4");
    assert_eq!(serde_json::from_str::<CollectionName>(r#""videos""#).unwrap(), CollectionName::VIDEOS);
    let keyed: BTreeMap<TenantId, u8> = serde_json::from_str(r#"{"ana": 1}"#).unwrap();
    assert_eq!(keyed.get("ana"), Some(&1));

    let error = serde_json::from_str::<TenantId>(r#""Secret/../name""#).unwrap_err().to_string();
    assert!(!error.contains("ecret"), "{error}");
    assert!(serde_json::from_str::<FileName>(r#""../a""#).is_err());
    assert!(serde_json::from_str::<CollectionName>(r#""A""#).is_err());
    assert!(serde_json::from_str::<TenantId>("42").is_err());
}

#[test]
fn debug_shows_the_name_and_nothing_else() {
    assert_eq!(format!("{:?}", TenantId::parse("ana").unwrap()), "TenantId(ana)");
    assert_eq!(format!("{:#?}", FileName::parse("a.mp4").unwrap()), "FileName(a.mp4)");
    assert_eq!(format!("{:?}", CollectionName::VIDEOS), "CollectionName(videos)");
}

#[test]
fn every_character_is_folded_once_and_with_its_other_cases() {
    let folded = |text: &str| FileName::parse(&format!("a{text}")).map(|name| name.folded());
    // Beyond these planes no letter has cases.
    for character in '\0'..='\u{1FFFF}' {
        let text = character.to_string();
        let Ok(fold) = folded(&text) else { continue };
        assert_eq!(FileName::parse(&fold).unwrap().folded(), fold, "{character:?}");
        // Dotless i is another letter, whatever its capital is; and what is not in normal form is no name.
        let cases = [text.to_lowercase(), text.to_uppercase()];
        for case in cases.iter().filter_map(|case| folded(case).ok()).filter(|_| character != 'ı') {
            assert_eq!(case, fold, "{character:?}");
        }
    }
}

/// Names as people and attackers write them: any text, and text near the borders of the grammar.
fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,24}",
        "[a-z0-9._=-]{1,24}",
        "(con|nul|com[0-9¹]|done|ledger)[.= A-Z]{0,3}[a-zé]{0,3}",
        "(=[0-9a-f]{2}|[a-c.=]){1,8}",
        r"[a-zA-Zé. :/\\\p{Cf}\p{Cc}\p{M}]{1,12}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn an_encoding_is_reversible_and_parses_as_itself(name in names()) {
        match TenantId::encode(&name) {
            Ok(id) => {
                prop_assert!(id.as_str().len() <= TenantId::MAX_BYTES);
                prop_assert_eq!(id.decode(), name);
                prop_assert_eq!(TenantId::parse(id.as_str()), Ok(id.clone()));
                prop_assert!(is_single_component(id.as_str()));
            }
            Err(NameError::Empty) => prop_assert!(name.is_empty()),
            Err(error) => prop_assert!(
                matches!(error, NameError::TooLong { bytes, limit: 64 } if bytes > 64), "{error}"
            ),
        }
    }

    #[test]
    fn two_names_never_share_an_id(one in names(), other in names()) {
        if let (Ok(first), Ok(second)) = (TenantId::encode(&one), TenantId::encode(&other)) {
            prop_assert_eq!(one == other, first == second);
        }
    }

    #[test]
    fn an_id_that_parses_is_the_encoding_of_its_name(text in names()) {
        if let Ok(id) = TenantId::parse(&text) {
            prop_assert_eq!(id.as_str(), text);
            prop_assert_eq!(TenantId::encode(&id.decode()), Ok(id));
        }
    }

    #[test]
    fn an_id_without_escapes_is_its_own_name(text in "[a-z0-9][a-z0-9._-]{0,20}") {
        if let Ok(id) = TenantId::parse(&text) {
            prop_assert_eq!(id.decode(), text);
        }
    }

    #[test]
    fn a_parsed_file_name_is_normal_visible_and_one_component(text in names()) {
        if let Ok(name) = FileName::parse(&text) {
            prop_assert_eq!(name.as_str(), &text);
            prop_assert!(is_nfc(&text) && is_single_component(&text));
            prop_assert!(text.len() <= FileName::MAX_BYTES);
            prop_assert!(!text.chars().any(char::is_control));
            prop_assert_eq!(text.trim_matches('.').trim(), &text);
        }
    }

    #[test]
    fn no_file_name_has_a_format_or_control_character(
        before in "[a-z]{0,3}", hidden in r"[\p{Cf}\p{Cc}\p{Zl}\p{Zp}]", after in "[a-z]{0,3}",
    ) {
        let refused = FileName::parse(&format!("{before}{hidden}{after}"));
        prop_assert!(matches!(refused, Err(NameError::Control | NameError::Format)), "{refused:?}");
    }

    #[test]
    fn folding_twice_is_folding_once_and_ignores_case(text in r"[\p{L}\p{M}0-9]{1,12}") {
        if let Ok(name) = FileName::parse(&text) {
            let folded = name.folded();
            prop_assert!(is_nfc(&folded));
            if let Ok(again) = FileName::parse(&folded) {
                prop_assert_eq!(again.folded(), folded);
            }
        }
    }
}

#[test]
fn what_is_no_character_is_no_part_of_a_files_name() {
    for code in
        (0..=16).flat_map(|plane| [plane << 16 | 0xfffe, plane << 16 | 0xffff]).chain([0xfdd0, 0xfdef])
    {
        let name = format!("a{}.mp4", char::from_u32(code).unwrap());
        assert_eq!(FileName::parse(&name), Err(NameError::Format), "{code:x}");
    }
}
