//! One run of a history, with the others or without.

use std::error::Error as _;
use std::time::Duration;

use super::world::{OpenError, Surroundings, World};
use super::{Counts, Failure};
use crate::paths::{CollectionName, TenantId};
use crate::quota::Limits;
use crate::record::{Entity, RecordId};
use crate::testkit::histories::{Act, Note, Stage, Step};
use crate::{Error, ProfileChange};

/// Whose observations are compared.
pub(super) const WATCHED: usize = 0;
/// The steps before the first of a history: one for each user.
const FURNISHING: u64 = 1_000;
/// How long a world may take to close.
const CLOSING: Duration = Duration::from_secs(60);

/// Who else is there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    Present,
    Absent,
}

/// Something that the watched user saw, and at which place of the history: behind it for what the run looks
/// at last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Observation {
    pub(super) at: Place,
    pub(super) seen: String,
    pub(super) succeeded: bool,
}

/// When something was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// When the tenant was made.
    Before,
    /// At that step, counted from 0.
    Step(usize),
    /// After the history, by doing that.
    After(String),
}

/// What a run came to.
pub(super) struct Run {
    pub(super) observed: Vec<Observation>,
    /// The video that each step meant.
    pub(super) aims: Vec<Option<RecordId>>,
    /// How many operations of others succeeded.
    others: u64,
}

impl Run {
    pub(super) fn counts(&self) -> Counts {
        let count = |observed: usize| u64::try_from(observed).unwrap_or(u64::MAX);
        Counts {
            observations: count(self.observed.len()),
            succeeded: count(self.observed.iter().filter(|observation| observation.succeeded).count()),
            others: self.others,
        }
    }

    fn saw(&mut self, at: Place, answer: Result<String, Error>) {
        let succeeded = answer.is_ok();
        self.observed.push(Observation { at, seen: answer.unwrap_or_else(|error| told(&error)), succeeded });
    }
}

/// All that is told of an error.
fn told(error: &Error) -> String {
    let mut told = format!("{:?}: {error}", error.kind());
    let mut source = error.source();
    while let Some(cause) = source {
        told.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    told
}

/// The users' names: some begin like the first one's, or it like theirs.
fn name(user: usize) -> Result<TenantId, Failure> {
    let text = match user {
        WATCHED => "ana".to_owned(),
        1 => "an".to_owned(),
        2 => "ana-2".to_owned(),
        3 => "ana.b".to_owned(),
        user => format!("{user}"),
    };
    TenantId::parse(&text).map_err(|error| Failure::World(error.to_string()))
}

/// Limits that histories come up against.
fn limits() -> Limits {
    let notes: CollectionName = Note::collection();
    Limits::unlimited().with_count(&notes, 3).with_files(3).with_blob_bytes(150).with_record_bytes(4_000)
}

/// Performs a history in a world of its own. A step that means a video means that of `aims`, if there are
/// some: without the others, nobody would know which theirs would have been.
pub(super) async fn perform(
    history: &[Step],
    users: usize,
    others: Others,
    aims: Option<&[Option<RecordId>]>,
    open: impl AsyncFn(Surroundings) -> Result<World, OpenError>,
) -> Result<Run, Failure> {
    let surroundings = Surroundings::new();
    let failed = |what: &str, error: &dyn std::fmt::Display| Failure::World(format!("{what}: {error}"));
    let world = open(surroundings.clone()).await.map_err(|error| failed("opening", &*error))?;
    let mut run = Run { observed: Vec::new(), aims: Vec::new(), others: 0 };
    let names = (0..users).map(name).collect::<Result<Vec<_>, _>>()?;
    // The watched one comes last, so that it could see all others when it is made.
    for (user, name) in names.iter().enumerate().rev() {
        if user == WATCHED || others == Others::Present {
            surroundings.entropy.begin(user as u64);
            let made = furnish(&world, name).await;
            match user {
                WATCHED => run.saw(Place::Before, made),
                _ => drop(made.map_err(|error| failed("making another tenant", &error))?),
            }
        }
    }
    let mut stage = Stage::new(&world.tenantry, names.clone()).clock(surroundings.clock.clone());
    for (at, step) in history.iter().enumerate() {
        let aim = aims.map_or_else(|| stage.aim(step), |aims| aims.get(at).cloned().flatten());
        let concerns = step.by == WATCHED || matches!(step.act, Act::Advance(_));
        run.aims.push(aim.clone());
        if concerns || others == Others::Present {
            surroundings.entropy.begin(FURNISHING + at as u64);
            let answer = stage.perform_at(step, aim).await;
            match concerns {
                true => run.saw(Place::Step(at), answer),
                false => run.others += u64::from(answer.is_ok()),
            }
        }
    }
    surroundings.entropy.begin(u64::MAX);
    look(&world, &mut stage, &names, &mut run).await;
    world.tenantry.close(CLOSING).await.map_err(|error| failed("closing", &error))?;
    Ok(run)
}

/// Makes a tenant as hosts do at a first login, and limits it.
async fn furnish(world: &World, name: &TenantId) -> Result<String, Error> {
    let made = world.tenantry.ensure(name, "").await?;
    let operator = world.tenantry.operator("non-interference");
    let limited = operator.change(name, ProfileChange::new().limits(limits())).await?;
    Ok(format!("{made:?} {limited:?}"))
}

/// Looks at all that the watched tenant has, as itself and as its host.
async fn look(world: &World, stage: &mut Stage, names: &[TenantId], run: &mut Run) {
    let videos = (0..3).flat_map(|which| [Act::VerifyVideo(which), Act::OpenVideo { which, first: 0 }]);
    let lists = [
        Act::ListNotes { newest_first: false, limit: 100 },
        Act::ListVideos(100),
        Act::ListSchedules,
        Act::ListTokens,
        Act::ReadProfile,
        Act::ReadUsage,
        Act::Snapshot,
    ];
    for act in lists.into_iter().chain(videos) {
        let step = Step { by: WATCHED, on: WATCHED, act };
        let answer = stage.perform(&step).await;
        run.saw(Place::After(step.to_string()), answer);
    }
    let operator = world.tenantry.operator("non-interference");
    if let Some(watched) = names.get(WATCHED) {
        let checked = operator.check(watched).await.map(|report| format!("{report:?}"));
        run.saw(Place::After("the host checks user 0".to_owned()), checked);
        let swept = operator.sweep(watched).await.map(|swept| format!("{swept:?}"));
        run.saw(Place::After("the host sweeps user 0".to_owned()), swept);
    }
}
