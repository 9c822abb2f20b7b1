//! Which live streams and schedules histories plan, and what becomes of them.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;
use tenantry::record::OnReferenced;

use super::files::{FileDeed, FileKind, OnFile};
use super::generate::{chosen, meant, titles, weighted, which};
use super::planned::{By, Move, PlanDeed, PlanKind, Tweak};
use super::reference::Model;
use super::secrets::{KeyDeed, STREAMS, TOKENS, TokenDeed};
use super::step::{Act, Meant, NAMES, NODES, Name, ROOT, Step, Which};

/// The first live stream and the first schedule: daily ones that name all that there is.
pub(crate) fn first() -> Vec<Act> {
    let latest = Some(Which::Own(0));
    // In one of the zones these are times of another day.
    let tweaks = |hours| {
        vec![
            Tweak::Start(Some(hours)),
            Tweak::Video(latest),
            Tweak::Thumbnail(latest),
            Tweak::Token(Some(0)),
            Tweak::StreamId(Some(0)),
            Tweak::Repeat(true),
        ]
    };
    let add = |kind, hours| Act::Plan(kind, PlanDeed::Add(tweaks(hours)));
    vec![add(PlanKind::LiveStream, -6), add(PlanKind::Schedule, 14)]
}

/// What principals do with plans.
pub(crate) fn act() -> impl Strategy<Value = Act> {
    let streams = deed(stream_moves(), stream_finds()).boxed();
    let schedules = deed(schedule_moves(), schedule_finds()).boxed();
    prop_oneof![
        3 => streams.prop_map(|deed| Act::Plan(PlanKind::LiveStream, deed)),
        2 => schedules.prop_map(|deed| Act::Plan(PlanKind::Schedule, deed)),
    ]
}

/// Steps that are possible, of plans that there are: they lead on to what only comes after them.
pub(crate) fn aimed(model: &Model) -> BoxedStrategy<Step> {
    let mut possible = Vec::new();
    for (on, kind, which, standing) in model.plans() {
        let moves: &[Move] = match (kind, standing.status) {
            (PlanKind::LiveStream, "scheduled") => {
                &[Move::StartNow, Move::MarkLive(Some(1)), Move::Fail, Move::Cancel]
            }
            (PlanKind::LiveStream, "live") => &[Move::Stop, Move::Stop, Move::Fail, Move::Cancel],
            (PlanKind::LiveStream, _) if standing.is_carried_on => &[Move::Restart; 6],
            (PlanKind::LiveStream, _) => &[Move::Restart, Move::Reschedule(24), Move::Cancel],
            (PlanKind::Schedule, "pending") => &[Move::RunNow, SUCCEED, Move::FailFor(None)],
            (PlanKind::Schedule, _) => &[Move::RunNow],
        };
        let deeds = moves.iter().map(|taken| PlanDeed::Take(which, *taken));
        // Of what is begun again while its series goes on: a second one that repeats.
        let repeat = Move::Overwrite { status: None, repeat: Some(true) };
        let twice = [
            PlanDeed::Edit(which, Meant::Any, vec![Tweak::Repeat(true)]),
            PlanDeed::Take(which, repeat),
            PlanDeed::Take(which, repeat),
        ];
        let times = if standing.is_carried_on && !standing.is_over { 4 } else { 0 };
        let twice = std::iter::repeat_n(twice, times).flatten();
        let acts = deeds.chain(twice).map(|deed| Act::Plan(kind, deed));
        possible.extend(acts.map(|act| (on, act)));
    }
    let tenants: BTreeSet<_> = possible.iter().map(|(on, _)| *on).collect();
    possible.extend(tenants.into_iter().flat_map(|on| cleared().map(|act| (on, act))));
    if possible.is_empty() {
        return Just(Step { node: 0, by: ROOT, on: ROOT, act: Act::Usage }).boxed();
    }
    // Mostly by the tenant itself.
    let by = weighted(NAMES.map(|name| (1, Some(name))).into_iter().chain([(12, None), (2, Some(ROOT))]));
    let made = |(node, by, (on, act)): (usize, Option<Name>, (Name, Act))| Step {
        node,
        by: by.unwrap_or(on),
        on,
        act,
    };
    (0..NODES, by, select(possible)).prop_map(made).boxed()
}

/// What takes from plans what they name.
fn cleared() -> [Act; 3] {
    let (clear, which) = (OnReferenced::Clear, Which::Own(0));
    let deed = FileDeed::Delete(Meant::Any, clear);
    [
        Act::OnFile(OnFile { kind: FileKind::Video, which, by_name: false, deed }),
        Act::Token(TokenDeed::Delete(0, Meant::Any, clear)),
        Act::StreamKey(KeyDeed::Delete(0, 0, Meant::Any, clear)),
    ]
}

const SUCCEED: Move = Move::Succeed("stream-1", "https://video.example/1");

fn deed(moves: Vec<(usize, Move)>, find: Vec<(usize, By)>) -> impl Strategy<Value = PlanDeed> {
    let which = || weighted(which());
    prop_oneof![
        9 => (which(), weighted(moves)).prop_map(|(which, taken)| PlanDeed::Take(which, taken)),
        6 => tweaks(0..5).prop_map(PlanDeed::Add),
        4 => (which(), meant(), tweaks(1..3))
            .prop_map(|(which, meant, tweaks)| PlanDeed::Edit(which, meant, tweaks)),
        3 => weighted(find).prop_map(PlanDeed::Find),
        2 => (which(), meant(), chosen())
            .prop_map(|(which, meant, chosen)| PlanDeed::Delete(which, meant, chosen)),
        1 => which().prop_map(PlanDeed::Get),
    ]
}

const HOURS: [i64; 9] = [-54, -6, 0, 3, 7, 8, 14, 24, 60];

fn tweaks(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Tweak>> {
    let mut tweaks = vec![
        (12, Tweak::Start(None)),
        (25, Tweak::Video(None)),
        (25, Tweak::Thumbnail(None)),
        (15, Tweak::Token(None)),
        (25, Tweak::StreamId(None)),
        (160, Tweak::Repeat(true)),
        (40, Tweak::Repeat(false)),
        (25, Tweak::Details(true)),
        (25, Tweak::Details(false)),
        (9, Tweak::Status),
        (9, Tweak::Process),
        (9, Tweak::Series),
    ];
    tweaks.extend(titles().into_iter().map(|(times, title)| (4 * times, Tweak::Title(title))));
    tweaks.extend(HOURS.map(|hours| (12, Tweak::Start(Some(hours)))));
    tweaks.extend(which().into_iter().map(|(times, video)| (times, Tweak::Video(Some(video)))));
    tweaks.extend(which().into_iter().map(|(times, image)| (times, Tweak::Thumbnail(Some(image)))));
    tweaks.extend((0..TOKENS.len()).map(|token| (if token < 3 { 40 } else { 5 }, Tweak::Token(Some(token)))));
    tweaks.extend(
        (0..STREAMS.len()).map(|stream| (if stream == 0 { 80 } else { 6 }, Tweak::StreamId(Some(stream)))),
    );
    prop::collection::vec(weighted(tweaks), count)
}

/// Every way past the steps, in a kind with so many statuses.
fn overwrites(statuses: usize) -> impl Iterator<Item = (usize, Move)> {
    let statuses = std::iter::once(None).chain((0..statuses).map(Some));
    statuses.flat_map(|status| {
        [None, Some(true), Some(false)].map(|repeat| (1, Move::Overwrite { status, repeat }))
    })
}

fn stream_moves() -> Vec<(usize, Move)> {
    let moves = [
        (25, Move::StartNow),
        (10, Move::MarkLive(None)),
        (15, Move::MarkLive(Some(4711))),
        (40, Move::Stop),
        (30, Move::Fail),
        (15, Move::Cancel),
        (25, Move::Restart),
    ];
    let again = HOURS.map(|hours| (2, Move::Reschedule(hours)));
    moves.into_iter().chain(again).chain(overwrites(5)).collect()
}

fn schedule_moves() -> Vec<(usize, Move)> {
    let moves = [
        (32, Move::RunNow),
        (26, SUCCEED),
        (3, Move::Succeed(" ", "https://video.example/1")),
        (3, Move::Succeed("stream-1", "video.example/1")),
        (5, Move::FailFor(None)),
        (5, Move::FailFor(Some(""))),
        (17, Move::FailFor(Some("it rained"))),
        (5, Move::FailFor(Some("it\nrained"))),
    ];
    moves.into_iter().chain(overwrites(3)).collect()
}

fn found(statuses: usize) -> impl Iterator<Item = (usize, By)> {
    (0..statuses).map(|status| (6, By::Status(status))).chain((-2..4).map(|days| (5, By::Day(days))))
}

fn stream_finds() -> Vec<(usize, By)> {
    let by_video = which().into_iter().map(|(times, which)| (times, By::Video(which)));
    found(5).map(|(times, by)| (4 * times, by)).chain(by_video).collect()
}

fn schedule_finds() -> Vec<(usize, By)> {
    found(3).chain((0..3).map(|token| (8, By::Token(token)))).collect()
}
