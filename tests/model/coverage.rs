//! What the histories come to: over fixed seeds, each operation succeeds, and is refused in each way that
//! it can be. The model alone runs here; that the library does the same is what the other tests show.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tenantry::ownership::{Action, Effect};

use crate::model::actions::action;
use crate::model::contents::{COLLECTIONS, Contents};
use crate::model::generate;
use crate::model::planned::PlanDeed;
use crate::model::record::quoted;
use crate::model::reference::{Late, Model};
use crate::model::step::{Act, ROOT, Seen, Step};

/// Views, workbooks, archives, copies, URLs and upkeep have tests of their own.
const ELSEWHERE: [Action; 19] = [
    Action::DownloadVideoByUrl,
    Action::UploadVideoByUrl,
    Action::CompleteVideoUpload,
    Action::DownloadThumbnailByUrl,
    Action::UploadThumbnailByUrl,
    Action::CompleteThumbnailUpload,
    Action::WriteViews,
    Action::AdoptView,
    Action::ExportSchedules,
    Action::ImportSchedules,
    Action::ExportTenant,
    Action::ImportTenant,
    Action::CopyTenant,
    Action::ReceiveTenant,
    Action::ReadAllUsage,
    Action::ExportAllSchedules,
    Action::CheckTenant,
    Action::RepairTenant,
    Action::SweepTenant,
];

/// What has to come of some operations, beside what has to come of all.
const ALSO: &[(Action, &[&str])] = &[
    (Action::UploadThumbnail, &["BodyFailed", "InvalidInput", "TooLarge", "over blob_bytes"]),
    (Action::OpenThumbnail, &["RangeNotSatisfiable"]),
    (Action::SetThumbnail, &["InvalidInput", "RevisionMismatch", "changed videos"]),
    (Action::DeleteVideo, &["Referenced", "RevisionMismatch"]),
    (
        Action::DeleteVideo,
        &["took live_streams", "took schedules", "changed live_streams", "changed schedules"],
    ),
    (Action::DeleteThumbnail, &["Referenced", "RevisionMismatch", "changed videos"]),
    (
        Action::DeleteThumbnail,
        &["took live_streams", "took schedules", "changed live_streams", "changed schedules"],
    ),
    (Action::AddLiveStream, &["InvalidInput", "over active_streams", "over record_bytes"]),
    (Action::EditLiveStream, &["InvalidInput", "RevisionMismatch", "WrongState"]),
    (Action::StartLiveStream, &["WrongState"]),
    (Action::MarkLiveStreamLive, &["WrongState"]),
    (Action::StopLiveStream, &["WrongState", "planned the next", "planned nothing"]),
    (Action::FailLiveStream, &["WrongState", "planned the next", "planned nothing"]),
    (Action::FailLiveStream, &["left the next to another"]),
    (Action::CancelLiveStream, &["WrongState"]),
    (Action::RestartLiveStream, &["WrongState", "over active_streams"]),
    (Action::DeleteLiveStream, &["RevisionMismatch"]),
    (Action::AddSchedule, &["InvalidInput", "over record_bytes"]),
    (Action::UpdateSchedule, &["InvalidInput", "RevisionMismatch", "WrongState"]),
    (Action::RunSchedule, &["WrongState"]),
    (Action::MarkScheduleSucceeded, &["InvalidInput", "WrongState", "planned the next", "planned nothing"]),
    (Action::MarkScheduleFailed, &["InvalidInput", "WrongState", "planned the next", "planned nothing"]),
    (Action::DeleteSchedule, &["RevisionMismatch"]),
    (Action::UpdateRecord, &["WrongState", "InvalidInput", "changed live_streams", "changed schedules"]),
    (Action::CreateToken, &["AlreadyExists", "InvalidInput", "over record_bytes"]),
    (Action::ReplaceToken, &["RevisionMismatch", "changed tokens"]),
    (Action::DeleteToken, &["Referenced", "RevisionMismatch", "took stream_mapping"]),
    (
        Action::DeleteToken,
        &["took live_streams", "took schedules", "changed live_streams", "changed schedules"],
    ),
    (Action::FetchStreamKeys, &["added", "changed", "unchanged", "absent"]),
    (Action::FetchStreamKeys, &["Unavailable", "InvalidInput", "RevisionMismatch", "changed tokens"]),
    (Action::DeleteStreamKey, &["Referenced", "RevisionMismatch", "took stream_mapping"]),
    (
        Action::DeleteStreamKey,
        &["took live_streams", "took schedules", "changed live_streams", "changed schedules"],
    ),
    (Action::ChangeProfile, &["changed live_streams", "changed schedules", "changed thumbnails"]),
    (Action::ChangeProfile, &["changed tokens", "changed stream_mapping", "changed videos"]),
    (Action::EraseTenant, &["took live_streams", "took schedules", "took thumbnails", "took tokens"]),
];

/// What came of a step.
fn outcomes(step: &Step, before: &Model, after: &Model) -> Vec<String> {
    let mut outcomes = Vec::new();
    let (was, is) = (before.contents(step.on), after.contents(step.on));
    match &after.seen {
        Seen::Refused(refusal) => {
            outcomes.push(format!("{:?}", refusal.kind));
            outcomes.extend(refusal.over.as_ref().map(|over| format!("over {}", over.dimension)));
        }
        seen => {
            outcomes.push("done".to_owned());
            if step.by != step.on {
                outcomes.push(if step.by == ROOT { "done as admin" } else { "done elsewhere" }.to_owned());
            }
            if let (Act::Plan(kind, PlanDeed::Take(..)), Seen::Texts(texts)) = (&step.act, seen) {
                let repeated = was.is_some_and(|was| is_of_daily(was, kind.collection(), &texts[0]));
                let came = match (texts.len(), repeated) {
                    (2, _) => "planned the next",
                    (_, true) => "left the next to another",
                    (_, false) => "planned nothing",
                };
                outcomes.push(came.to_owned());
            }
            if let Seen::Fetched(fetched) = seen {
                let what = ["added", "changed", "unchanged", "absent"].into_iter().zip(fetched);
                outcomes.extend(what.filter(|(_, ids)| !ids.is_empty()).map(|(what, _)| what.to_owned()));
            }
            if let (Some(was), Some(is)) = (was, is) {
                outcomes.extend(effects(was, is));
            }
        }
    }
    outcomes
}

/// Whether the record that has this text now repeated daily.
fn is_of_daily(was: &Contents, collection: &str, text: &str) -> bool {
    let is_now = |id: &str| text.starts_with(&format!("{{\"id\":{}", quoted(id)));
    let mut known = was.of(collection).filter(|record| is_now(&record.id));
    known.any(|record| record.field("repeat_daily").is_some_and(|repeats| repeats == "true"))
}

/// What became of each collection's records: how many went, and whether others are written otherwise.
fn effects(was: &Contents, is: &Contents) -> Vec<String> {
    let mut effects = Vec::new();
    for collection in COLLECTIONS {
        let gone = was.of(collection).filter(|record| is.position(collection, &record.id).is_none()).count();
        let other = |id: &str, text: &str| is.get(collection, id).is_some_and(|now| now != text);
        let changed = was.of(collection).any(|record| other(&record.id, &record.text()));
        effects.extend((gone > 0).then(|| format!("took {collection}")));
        effects.extend(changed.then(|| format!("changed {collection}")));
    }
    effects
}

/// How often what came of each action, in so many histories.
fn count(histories: u32) -> BTreeMap<Action, BTreeMap<String, u32>> {
    let mut counted: BTreeMap<Action, BTreeMap<String, u32>> = BTreeMap::new();
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    for _ in 0..histories {
        let mut model = Model::new(Late::Any);
        for _ in 0..100 {
            let step = generate::step(&model).new_tree(&mut runner).unwrap().current();
            let before = model.clone();
            model.apply(&step);
            if let Some(action) = action(&step.act) {
                for outcome in outcomes(&step, &before, &model) {
                    *counted.entry(action).or_default().entry(outcome).or_default() += 1;
                }
            }
        }
    }
    counted
}

/// What has to come of an operation, whatever it is.
fn of_all_outcomes(action: Action) -> &'static [&'static str] {
    match action.effect() {
        Effect::Read => &["done", "NotFound"],
        Effect::Write => &["done", "done as admin", "NotFound", "Denied", "Suspended"],
        Effect::Administer => &["done", "Denied", "NotFound"],
    }
}

#[test]
fn each_operation_succeeds_in_some_history_and_is_refused_in_others() {
    let counted = count(300);
    let of_some = ALSO.iter().map(|(action, outcomes)| (*action, *outcomes));
    let of_all = Action::ALL.iter().filter(|action| !ELSEWHERE.contains(action));
    let required = of_all.map(|action| (*action, of_all_outcomes(*action))).chain(of_some);
    let came = |action, outcome| counted.get(&action).is_some_and(|came| came.contains_key(outcome));
    let missing = required.flat_map(|(action, outcomes)| {
        outcomes
            .iter()
            .filter(move |outcome| !came(action, **outcome))
            .map(move |outcome| format!("{action}: {outcome}"))
    });
    let missing: Vec<_> = missing.collect();
    assert!(missing.is_empty(), "never came: {missing:#?}\nof {counted:#?}");
}
