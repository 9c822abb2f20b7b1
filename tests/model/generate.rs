//! Which histories are tried.

use proptest::prelude::*;
use proptest::sample::select;
use tenantry::ownership::Role;

use crate::contents::{Author, Contents};
use crate::reference::{Model, others};
use crate::step::{
    Act, Caps, Change, Deed, Id, Lens, Meant, NAMES, NODES, Name, ROOT, RecordDeed, SLOTS, Step, Together,
    Value,
};
use crate::videos::{ORIGINALS, OnVideo, Part, Uploading, VideoDeed};

/// How many ids are given by hosts.
pub(crate) const GIVEN: u8 = 4;

/// The tags that notes have.
pub(crate) const TAGS: [&str; 2] = ["red", "ü ✓"];

/// The text that many records have, so that their lengths meet limits exactly.
const USUAL: &str = "0123456789";

/// Who makes histories turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admins {
    /// The admin can make others admins.
    Any,
    /// There is one, for ever.
    One,
}

/// The steps with which every history begins.
pub(crate) fn beginning() -> Vec<Step> {
    let create = |on, role, shared| {
        let act = Act::Create { role, shared, plan: None, caps: Caps::default() };
        Step { node: 0, by: ROOT, on, act }
    };
    vec![
        Step { node: 0, by: ROOT, on: ROOT, act: Act::Bootstrap },
        create("ana", Role::User, false),
        create("ben", Role::User, true),
        create("demo", Role::Demo, true),
    ]
}

/// Any step that may come next.
pub(crate) fn step(model: &Model, admins: Admins) -> impl Strategy<Value = Step> + use<> {
    let place = (0..NODES, worker());
    let work = (place.clone(), work()).prop_map(|((node, (by, on)), act)| Step { node, by, on, act });
    let around = (place, around()).prop_map(|((node, (by, on)), act)| Step { node, by, on, act });
    let rule = (0..NODES, ruler(), select(others().collect::<Vec<_>>()), rule(admins));
    let rule = rule.prop_map(|(node, by, on, act)| Step { node, by, on, act });
    prop_oneof![20 => work, 6 => around, 6 => rule, 2 => tighten(model)]
}

/// Who works where: mostly in the own tenant.
fn worker() -> impl Strategy<Value = (Name, Name)> + Clone {
    let own = select(&NAMES[1..]).prop_map(|name| (name, name));
    prop_oneof![6 => own, 3 => (select(&NAMES[..]), select(&NAMES[..])), 1 => select(&NAMES[..]).prop_map(|on| (ROOT, on))]
}

fn ruler() -> impl Strategy<Value = Name> {
    prop_oneof![6 => Just(ROOT), 1 => select(&NAMES[..])]
}

fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        4 => Just(USUAL.to_owned()),
        2 => "[a-z\"\\\\é✓ ]{0,12}",
        1 => (100..420_usize).prop_map(|length| "x".repeat(length)),
        1 => (430..470_usize).prop_map(|length| "y".repeat(length)),
    ];
    let tag = prop_oneof![2 => Just(None), 1 => select(&TAGS[..]).prop_map(|tag| Some(tag.to_owned()))];
    let usual = Just(Value { text: USUAL.to_owned(), tag: None, stars: 1 });
    let any = (text, tag, 0..3_u32).prop_map(|(text, tag, stars)| Value { text, tag, stars });
    prop_oneof![1 => usual, 2 => any]
}

fn lens() -> impl Strategy<Value = Lens> {
    prop_oneof![4 => Just(Lens::Notes), 1 => Just(Lens::Briefs), 2 => Just(Lens::Tasks)]
}

fn meant() -> impl Strategy<Value = Meant> {
    prop_oneof![2 => Just(Meant::Any), 4 => Just(Meant::Shown(0)), 2 => (1..3_usize).prop_map(Meant::Shown)]
}

fn record_deed() -> impl Strategy<Value = RecordDeed> {
    let deed = prop_oneof![
        4 => value().prop_map(Deed::Insert),
        2 => Just(Deed::Get),
        2 => (any::<bool>(), 1..6_usize).prop_map(|(newest_first, limit)| Deed::List { newest_first, limit }),
        2 => select(&TAGS[..]).prop_map(|tag| Deed::Find(tag.to_owned())),
        4 => (meant(), value()).prop_map(|(meant, value)| Deed::Update(meant, value)),
        2 => meant().prop_map(Deed::Remove),
    ];
    let id = prop_oneof![4 => (0..GIVEN).prop_map(Id::Given), 1 => (0..2_usize).prop_map(Id::Fresh)];
    (lens(), id, deed).prop_map(|(lens, id, deed)| RecordDeed { lens, id, deed })
}

fn together() -> impl Strategy<Value = Together> {
    let deeds = prop::collection::vec(record_deed(), 0..5);
    let key = prop::option::of(0..5_u8);
    (deeds, key, any::<bool>(), prop::bool::weighted(0.15))
        .prop_map(|(deeds, key, lenient, gives_up)| Together { deeds, key, lenient, gives_up })
}

/// What principals do with records.
fn work() -> impl Strategy<Value = Act> {
    let page = (lens(), any::<bool>(), 0..4_usize, prop::option::of(0..SLOTS), 0..SLOTS);
    let page = page.prop_map(|(lens, newest_first, limit, from, keep)| Act::Page {
        lens,
        newest_first,
        limit,
        from,
        keep,
    });
    prop_oneof![
        8 => record_deed().prop_map(Act::Record),
        2 => (lens(), value()).prop_map(|(lens, value)| Act::InsertFresh(lens, value)),
        2 => page,
        3 => together().prop_map(Act::Together),
        8 => watch(),
    ]
}

fn upload() -> impl Strategy<Value = Act> {
    let title = prop_oneof![3 => Just(None), 1 => titles().prop_map(Some)];
    let announced = prop::option::weighted(0.4, 0..90_u64);
    let pieces = prop::collection::vec(prop_oneof![1 => Just(16_u8), 1 => 0..40_u8], 0..4);
    let breaks = prop::bool::weighted(0.1);
    (0..ORIGINALS.len(), title, announced, pieces, breaks).prop_map(
        |(original, title, announced, pieces, breaks)| {
            Act::Upload(Uploading { original, title, announced, pieces, breaks })
        },
    )
}

/// Titles, among them some that are refused and some with which records are too large.
fn titles() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-zü \"]{1,9}", 1 => Just("t".repeat(200)), 1 => Just(String::new()), 1 => Just("a\n".to_owned())]
}

/// What principals do with videos.
fn watch() -> impl Strategy<Value = Act> {
    let part = prop_oneof![
        2 => Just(Part::All),
        1 => (0..60_u64).prop_map(Part::From),
        2 => (0..60_u64, 0..90_u64).prop_map(|(first, last)| Part::Between(first, last)),
        1 => (0..60_u64).prop_map(Part::Last),
    ];
    let deed = prop_oneof![
        2 => Just(VideoDeed::Get),
        4 => part.prop_map(VideoDeed::Open),
        1 => Just(VideoDeed::Verify),
        1 => Just(VideoDeed::LocalPath),
        2 => (meant(), titles()).prop_map(|(meant, title)| VideoDeed::Rename(meant, title)),
        3 => meant().prop_map(VideoDeed::Delete),
    ];
    let on_video = (0..3_usize, any::<bool>(), deed)
        .prop_map(|(back, by_file, deed)| Act::OnVideo(OnVideo { back, by_file, deed }));
    let list =
        (prop::bool::weighted(0.3), 0..3_usize).prop_map(|(of_all, limit)| Act::Videos { of_all, limit });
    prop_oneof![5 => upload(), 6 => on_video, 2 => list]
}

/// What principals do beside.
fn around() -> impl Strategy<Value = Act> {
    let own = Change::default();
    let change = prop_oneof![
        ("[A-Za-zü ]{0,9}|x{201}|a\n", any::<bool>()).prop_map({
            let own = own.clone();
            move |(name, through_tenants)| {
                let change = Change { display_name: Some(name), ..own.clone() };
                Act::Change { change, through_tenants }
            }
        }),
        select(vec!["UTC", "Asia/Tokyo", "Asia/Jakarta", "No/Where"]).prop_map(move |zone| {
            Act::Change { change: Change { zone: Some(zone), ..own.clone() }, through_tenants: false }
        }),
    ];
    prop_oneof![
        2 => Just(Act::Login),
        2 => Just(Act::Profile),
        3 => Just(Act::Usage),
        2 => (0..3_u8).prop_map(Act::Can),
        2 => change,
        2 => (0..SLOTS).prop_map(Act::Snapshot),
        2 => (0..SLOTS).prop_map(Act::ReadSnapshot),
        2 => select(vec![1_u32, 3600, 2 * 24 * 3600]).prop_map(Act::Advance),
        2 => any::<bool>().prop_map(|close| Act::Reopen { close }),
        1 => (0..4_usize).prop_map(|limit| Act::ListTenants { limit }),
    ]
}

fn caps() -> impl Strategy<Value = Caps> {
    let limit = || prop::option::weighted(0.3, 0..4_u64);
    let bytes = prop::option::weighted(0.3, 0..2500_u64);
    let blobs =
        prop::option::weighted(0.4, prop_oneof![(0..8_u64).prop_map(|sixteens| sixteens * 16), 0..100_u64]);
    (limit(), limit(), bytes, blobs, limit()).prop_map(|(notes, tasks, record_bytes, blob_bytes, files)| {
        Caps { blob_bytes, files, record_bytes, notes, tasks }
    })
}

fn role(admins: Admins) -> impl Strategy<Value = Role> {
    let admin = if admins == Admins::Any { Role::Admin } else { Role::User };
    prop_oneof![5 => Just(Role::User), 2 => Just(Role::Demo), 1 => Just(admin)]
}

fn plan() -> impl Strategy<Value = Option<&'static str>> {
    prop::option::weighted(0.3, select(vec!["small", "small", "trial", "none such"]))
}

/// What admins do, and others try.
fn rule(admins: Admins) -> impl Strategy<Value = Act> {
    let create = (role(admins), any::<bool>(), plan(), caps())
        .prop_map(|(role, shared, plan, caps)| Act::Create { role, shared, plan, caps });
    let change = (
        prop::option::weighted(0.4, role(admins)),
        prop::option::of(any::<bool>()),
        plan(),
        prop::option::of(caps()),
        any::<bool>(),
    );
    let change = change.prop_map(|(role, shared, plan, caps, through_tenants)| {
        let change = Change { role, shared, plan, caps, ..Change::default() };
        Act::Change { change, through_tenants }
    });
    prop_oneof![
        4 => create,
        4 => change,
        3 => Just(Act::Delete),
        2 => Just(Act::Restore),
        3 => prop::bool::weighted(0.6).prop_map(|skip_grace| Act::Erase { skip_grace }),
        1 => Just(Act::Bootstrap),
        1 => "[A-Z]{0,4}".prop_map(Act::Ensure),
    ]
}

/// Limits that the usual note just fits, or just does not.
fn tighten(model: &Model) -> impl Strategy<Value = Step> + use<> {
    let held: Vec<_> = others().map(|on| (on, model.record_bytes(on) + usual_bytes(on))).collect();
    (0..NODES, select(held), 0..3_u64).prop_map(|(node, (on, bytes), slack)| {
        let caps = Caps { record_bytes: Some(bytes + slack - 1), ..Caps::default() };
        let change = Change { caps: Some(caps), plan: None, role: Some(Role::User), ..Change::default() };
        Step { node, by: ROOT, on, act: Act::Change { change, through_tenants: true } }
    })
}

fn usual_bytes(on: Name) -> u64 {
    let time = "2025-11-04 10:00:00".to_owned();
    let author = Author { by: on.to_owned(), on: on.to_owned(), time };
    let usual = Value { text: USUAL.to_owned(), tag: None, stars: 1 };
    let text = Contents::default().insert(&author, Lens::Notes, "r0", &usual);
    text.map_or(0, |text| text.len() as u64)
}
