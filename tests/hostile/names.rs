//! Every class of hostile names on every entry point, on the disk and on objects.

use std::collections::{BTreeMap, BTreeSet};

use tenantry::ListOptions;
use tenantry::paths::TenantId;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::testkit::hostile_names::{CLASSES, Verdict};

use crate::entries::{self, Entry};
use crate::world::{Note, Place, assert_known, assert_quiet, folder, note, tree};

fn known() -> BTreeSet<String> {
    ["keeper", "ana", "ben"].map(str::to_owned).into()
}

/// Hands every example of every class to entry points: what one does not take it refuses with an error
/// that can be shown, and what it takes changes nothing but what it should.
async fn attack(entries: Vec<Entry>) {
    for place in Place::both().await {
        for class in CLASSES {
            for example in class.examples {
                for entry in &entries {
                    let start: String = example.chars().take(40).collect();
                    let what = format!("{:?} of {:?}: {start:?}", entry.methods, class.name);
                    match (entry.run)(&place, example).await {
                        Ok(()) => assert!((entry.takes)(class, example), "taken: {what}"),
                        Err(error) => {
                            assert!(!(entry.takes)(class, example), "refused: {what}: {error}");
                            assert_quiet(&*error, place.path());
                        }
                    }
                }
            }
        }
        place.assert_sound(&known()).await;
    }
}

#[tokio::test]
async fn a_hostile_name_is_refused_or_mere_text_to_everything_that_parses_one() {
    attack(entries::names()).await;
}

#[tokio::test]
async fn a_hostile_name_of_a_tenant_or_its_profile_reaches_nobody() {
    attack(entries::tenants()).await;
}

#[tokio::test]
async fn a_hostile_name_of_a_file_or_record_stays_a_field() {
    attack(entries::contents()).await;
}

#[tokio::test]
async fn a_hostile_text_of_what_is_planned_stays_a_field() {
    attack(entries::planned()).await;
}

#[tokio::test]
async fn a_hostile_name_of_what_is_uploaded_is_refused_or_a_field() {
    attack(entries::uploads()).await;
}

#[tokio::test]
async fn a_hostile_name_of_what_is_uploaded_by_url_is_refused_or_a_field() {
    attack(crate::by_url::by_url()).await;
}

#[tokio::test]
async fn a_hostile_name_or_content_of_a_token_or_stream_key_stays_a_field() {
    attack(entries::secrets()).await;
}

/// Names that a person or a file system could take for one: case pairs, normal forms, look-alikes,
/// escapes of one another.
const TWINS: &[&str] = &[
    "ana.b",
    "Ana.b",
    "ANA.B",
    "аna.b",
    "ana\u{200b}.b",
    "ana․b",
    "ana.b.",
    "ana.b ",
    "ａna.b",
    "ana=2eb",
    "ana%2eb",
    "caf\u{e9}",
    "cafe\u{301}",
    "Caf\u{e9}",
    "CAF\u{c9}",
    "cafe",
    "i",
    "I",
    "ı",
    "İ",
    "straße",
    "strasse",
    "ſtrasse",
    "K",
    "\u{212a}",
    "ana/b",
    "ana\\b",
    "../ana",
    "ana/../ben",
    "ben\0",
    "ben/",
    "./ben",
];

#[tokio::test]
async fn every_name_that_encodes_has_a_world_of_its_own() {
    let examples = CLASSES.iter().flat_map(|class| class.examples).chain(TWINS);
    let examples: BTreeSet<&str> = examples.copied().filter(|name| TenantId::encode(name).is_ok()).collect();
    assert!(examples.len() > 150);
    for place in Place::both().await {
        let mut tenants = known();
        let mut folded = BTreeSet::new();
        for name in &examples {
            let tenant = TenantId::encode(name).unwrap();
            if place.tenantry.ensure(&tenant, name).await.is_err() {
                place.tenantry.ensure(&tenant, "a name that can be shown").await.unwrap();
            }
            assert!(folded.insert(tenant.as_str().to_lowercase()), "{name:?} has a twin");
            let own = place.tenantry.session(&tenant).await.unwrap().own();
            own.collection::<Note>().insert(note(name)).await.unwrap();
            tenants.insert(tenant.to_string());
        }
        for name in &examples {
            let tenant = TenantId::encode(name).unwrap();
            let own = place.tenantry.session(&tenant).await.unwrap().own();
            let notes = own.collection::<Note>().list(&ListOptions::new()).await.unwrap().items;
            let texts: Vec<&str> = notes.iter().map(|record| record.value().text.as_str()).collect();
            assert_eq!(texts, [*name]);
            assert_eq!(tenant.decode(), *name);
        }
        place.assert_sound(&tenants).await;
    }
}

#[tokio::test]
async fn names_of_files_that_look_alike_are_told_apart_and_case_pairs_are_one() {
    let names = |text: &str| tenantry::paths::FileName::parse(text).unwrap().folded();
    let mut folded: BTreeMap<String, &str> = BTreeMap::new();
    for name in
        ["ana.mp4", "аna.mp4", "ana․mp4", "ａna.mp4", "ana=2emp4", "ana%2emp4", "caf\u{e9}.mp4", "cafe.mp4"]
    {
        let twin = folded.insert(names(name), name);
        assert_eq!(twin, None, "{name:?}");
        assert_eq!(names(&name.to_uppercase()), names(name), "{name:?}");
    }
}

#[tokio::test]
async fn a_root_of_any_name_is_made_where_the_host_says_and_nowhere_else() {
    let folder = folder();
    std::fs::write(folder.path().join("beside"), "of others").unwrap();
    let rooms = folder.path().join("rooms");
    std::fs::create_dir(&rooms).unwrap();
    for class in CLASSES {
        let harmless = class.file == Verdict::Harmless;
        let Some(name) = class.examples.first().filter(|name| harmless || name.contains('\0')) else {
            continue;
        };
        match LocalStore::open(rooms.join(name), LocalOptions::default()).await {
            Ok(_) => assert!(harmless && rooms.join(name).join("data").is_dir()),
            Err(error) => {
                assert!(!harmless, "{name:?}: {error}");
                assert_quiet(&error, folder.path());
            }
        }
    }
    let found = tree(folder.path());
    let within = |name: &&String| name.split('/').count() == 1;
    assert_eq!(found.keys().filter(within).collect::<Vec<_>>(), ["beside", "rooms"]);
    for root in std::fs::read_dir(&rooms).unwrap() {
        assert_known(tree(&root.unwrap().path()).keys(), &BTreeSet::new());
    }
}
