//! Which histories are tried.

use proptest::prelude::*;
use proptest::sample::select;
use tenantry::ownership::Role;
use tenantry::record::OnReferenced;

use super::contents::{Author, Contents};
use super::files::FileKind;
use super::planned::{PlanDeed, PlanKind, Tweak};
use super::reference::{Model, others};
use super::step::{
    Act, Caps, Change, Deed, Id, Lens, Listing, Meant, NAMES, NODES, Name, ROOT, RecordDeed, SLOTS, Step,
    Together, Value, Which,
};
use super::{generate_files, generate_plans, generate_secrets};

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

/// The steps with which every history begins: some tenants, and one with something of each kind.
pub(crate) fn beginning() -> Vec<Step> {
    let create = |on, role, shared| {
        let act = Act::Create { role, shared, plan: None, caps: Caps::default() };
        Step { node: 0, by: ROOT, on, act }
    };
    let own =
        generate_files::first().into_iter().chain(generate_secrets::first()).chain(generate_plans::first());
    let own = own.map(|act| Step { node: 0, by: "ana", on: "ana", act });
    let tenants = vec![
        Step { node: 0, by: ROOT, on: ROOT, act: Act::Bootstrap },
        create("ana", Role::User, false),
        create("ben", Role::User, true),
        create("demo", Role::Demo, true),
    ];
    // Its workspace is shared, and the stream's key is not.
    let details = PlanDeed::Add(vec![Tweak::Start(Some(3)), Tweak::Details(true)]);
    let shared = Step { node: 0, by: "ben", on: "ben", act: Act::Plan(PlanKind::LiveStream, details) };
    tenants.into_iter().chain(own).chain([shared]).collect()
}

/// Any step that may come next.
pub(crate) fn step(model: &Model) -> BoxedStrategy<Step> {
    let unaimed = unaimed(Admins::Any);
    // To look at all that there is takes long, so it is done now and then.
    match model.steps % 8 {
        0 => prop_oneof![3 => unaimed, 1 => tighten(model).boxed()].boxed(),
        2 | 5 => prop_oneof![1 => unaimed, 1 => generate_plans::aimed(model)].boxed(),
        _ => unaimed,
    }
}

/// Any step of a history that is made as a whole, of which only the beginning is known.
pub(crate) fn later_step(beginning: &Model, admins: Admins) -> BoxedStrategy<Step> {
    let aimed = generate_plans::aimed(beginning);
    prop_oneof![30 => unaimed(admins), 1 => tighten(beginning).boxed(), 2 => aimed].boxed()
}

thread_local! {
    /// Making these takes longer than what they are made for, so they are made once.
    static UNAIMED: [BoxedStrategy<Step>; 2] = [Admins::Any, Admins::One].map(make_unaimed);
}

/// Any step, whatever there is.
fn unaimed(admins: Admins) -> BoxedStrategy<Step> {
    UNAIMED.with(|made| made[usize::from(admins == Admins::One)].clone())
}

fn make_unaimed(admins: Admins) -> BoxedStrategy<Step> {
    let place = (0..NODES, worker().boxed());
    let work = (place.clone(), work().boxed()).prop_map(|((node, (by, on)), act)| Step { node, by, on, act });
    let around = (place, around().boxed()).prop_map(|((node, (by, on)), act)| Step { node, by, on, act });
    let rule = (0..NODES, ruler(), select(others().collect::<Vec<_>>()), rule(admins).boxed());
    let rule = rule.prop_map(|(node, by, on, act)| Step { node, by, on, act });
    prop_oneof![50 => work, 9 => around, 7 => rule].boxed()
}

/// One of some values, each so many times as likely. A union would make a generator of random numbers for
/// each of its members, which takes most of the time.
pub(crate) fn weighted<T: Clone + std::fmt::Debug + 'static>(
    choices: impl IntoIterator<Item = (usize, T)>,
) -> prop::sample::Select<T> {
    let repeated = choices.into_iter().flat_map(|(times, value)| std::iter::repeat_n(value, times));
    select(repeated.collect::<Vec<_>>())
}

/// Who works where: mostly in the own tenant, and in one more than in the others, so that something comes
/// of it.
fn worker() -> impl Strategy<Value = (Name, Name)> + Clone {
    let mut pairs = Vec::new();
    for (times, on) in [(14, "ana"), (3, "ben"), (1, "demo"), (1, "cyd"), (1, ROOT)] {
        pairs.extend([(14 * times, (on, on)), (3 * times, (ROOT, on))]);
        pairs.extend(others().map(|by| (times, (by, on))));
    }
    weighted(pairs)
}

fn ruler() -> impl Strategy<Value = Name> {
    weighted(NAMES.map(|name| (if name == ROOT { 26 } else { 1 }, name)))
}

fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        4 => Just(USUAL.to_owned()),
        2 => "[a-z\"\\\\é✓ ]{0,12}",
        1 => (100..420_usize).prop_map(|length| "x".repeat(length)),
        1 => (630..670_usize).prop_map(|length| "y".repeat(length)),
    ];
    let tag = prop_oneof![2 => Just(None), 1 => select(&TAGS[..]).prop_map(|tag| Some(tag.to_owned()))];
    let usual = Just(Value { text: USUAL.to_owned(), tag: None, stars: 1 });
    let any = (text, tag, 0..3_u32).prop_map(|(text, tag, stars)| Value { text, tag, stars });
    prop_oneof![1 => usual, 2 => any]
}

fn lens() -> impl Strategy<Value = Lens> {
    weighted([(4, Lens::Notes), (1, Lens::Briefs), (2, Lens::Tasks)])
}

pub(crate) fn meant() -> impl Strategy<Value = Meant> {
    weighted([(2, Meant::Any), (4, Meant::Shown(0)), (1, Meant::Shown(1)), (1, Meant::Shown(2))])
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
        9 => generate_files::act().boxed(),
        12 => generate_plans::act().boxed(),
        8 => generate_secrets::act().boxed(),
        2 => lists(),
    ]
}

/// Titles, among them some that are refused and some with which records are too large.
pub(crate) const TITLES: [&str; 4] = ["Rain", "ü ✓", "a \"b\" \\c", "Sun"];

pub(crate) fn titles() -> Vec<(usize, String)> {
    let good = TITLES.map(|title| (4, title.to_owned()));
    let bad = ["t".repeat(400), "t".repeat(501), String::new(), "a\n".to_owned()];
    good.into_iter().chain(bad.map(|title| (1, title))).collect()
}

/// One of the things that the library made: mostly one of the latest of the tenant itself.
pub(crate) fn which() -> Vec<(usize, Which)> {
    let own = [(50, Which::Own(0)), (15, Which::Own(1)), (10, Which::Own(2))];
    own.into_iter().chain(NAMES.map(|other| (1, Which::Foreign(other, 0)))).collect()
}

/// What becomes of those who name what is deleted.
pub(crate) fn chosen() -> impl Strategy<Value = OnReferenced> {
    weighted([(3, OnReferenced::Refuse), (2, OnReferenced::Clear), (2, OnReferenced::Cascade)])
}

fn lists() -> impl Strategy<Value = Act> {
    let listing = select(vec![
        Listing::Files(FileKind::Video),
        Listing::Files(FileKind::Thumbnail),
        Listing::Plans(PlanKind::LiveStream),
        Listing::Plans(PlanKind::Schedule),
        Listing::Tokens,
        Listing::StreamKeys,
    ]);
    let one = (listing, 0..4_usize).prop_map(|(listing, limit)| Act::List(listing, limit));
    prop_oneof![5 => one, 1 => (0..3_usize).prop_map(Act::AllVideos)]
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
        weighted([(3, "UTC"), (2, "Asia/Tokyo"), (2, "Asia/Jakarta"), (1, "No/Where")]).prop_map(
            move |zone| {
                Act::Change { change: Change { zone: Some(zone), ..own.clone() }, through_tenants: false }
            }
        ),
    ];
    prop_oneof![
        2 => Just(Act::Login),
        2 => Just(Act::Profile),
        3 => Just(Act::Usage),
        2 => (0..3_u8).prop_map(Act::Can),
        4 => change,
        2 => (0..SLOTS).prop_map(Act::Snapshot),
        2 => (0..SLOTS).prop_map(Act::ReadSnapshot),
        2 => select(vec![1_u32, 3600, 2 * 24 * 3600]).prop_map(Act::Advance),
        2 => any::<bool>().prop_map(|close| Act::Reopen { close }),
        1 => (0..4_usize).prop_map(|limit| Act::ListTenants { limit }),
    ]
}

fn caps() -> impl Strategy<Value = Caps> {
    let limit = || prop::option::weighted(0.15, 0..5_u64);
    let bytes = prop::option::weighted(0.15, 0..8000_u64);
    let blobs =
        prop::option::weighted(0.2, prop_oneof![(0..16_u64).prop_map(|sixteens| sixteens * 16), 0..300_u64]);
    (limit(), limit(), bytes, blobs, limit(), limit()).prop_map(
        |(notes, tasks, record_bytes, blob_bytes, files, active_streams)| Caps {
            blob_bytes,
            files,
            active_streams,
            record_bytes,
            notes,
            tasks,
        },
    )
}

fn role(admins: Admins) -> impl Strategy<Value = Role> {
    let admin = if admins == Admins::Any { Role::Admin } else { Role::User };
    weighted([(5, Role::User), (2, Role::Demo), (1, admin)])
}

fn plan() -> impl Strategy<Value = Option<&'static str>> {
    weighted([(9, None), (2, Some("small")), (1, Some("trial")), (1, Some("none such"))])
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
        2 => Just(Act::Delete),
        4 => Just(Act::Restore),
        2 => prop::bool::weighted(0.6).prop_map(|skip_grace| Act::Erase { skip_grace }),
        1 => Just(Act::Bootstrap),
        1 => "[A-Z]{0,4}".prop_map(Act::Ensure),
    ]
}

/// Limits that the usual note, or one more live stream, just fits, or just does not.
fn tighten(model: &Model) -> impl Strategy<Value = Step> + use<> {
    let held = others().map(|on| {
        let usage = model.contents(on).map(Contents::usage).unwrap_or_default();
        (on, usage.record_bytes + usual_bytes(on), usage.active_streams + 1)
    });
    let held: Vec<_> = held.collect();
    (0..NODES, select(held), 0..3_u64, any::<bool>()).prop_map(
        |(node, (on, bytes, streams), slack, of_streams)| {
            let caps = match of_streams {
                true => Caps { active_streams: Some((streams + slack).saturating_sub(2)), ..Caps::default() },
                false => Caps { record_bytes: Some(bytes + slack - 1), ..Caps::default() },
            };
            let change = Change { caps: Some(caps), plan: None, role: Some(Role::User), ..Change::default() };
            Step { node, by: ROOT, on, act: Act::Change { change, through_tenants: true } }
        },
    )
}

fn usual_bytes(on: Name) -> u64 {
    let time = "2025-11-04 10:00:00".to_owned();
    let author = Author { by: on.to_owned(), on: on.to_owned(), time };
    let usual = Value { text: USUAL.to_owned(), tag: None, stars: 1 };
    let text = Contents::default().insert(&author, Lens::Notes, "r0", &usual);
    text.map_or(0, |text| text.len() as u64)
}
