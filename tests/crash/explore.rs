//! Walking through everything that can happen to a history: each explorer returns how much it saw,
//! or the first thing that must not be.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use tenantry::store::local::Step;
use tenantry::testkit::simulated_disk::{Cut, Fault, LoseAll, Matching, OperationKind, Scope, SimulatedDisk};

use crate::machine::{Node, observe};
use crate::model::{Act, Answer, Model, follow};

/// How many outcomes of a crash are looked at where nothing else is said.
const OUTCOMES: usize = 60;
/// The same for a crash after a failure, or after something was already seen.
const LATER_OUTCOMES: usize = 8;
/// The same where every sync is left out in turn: what was not synced is lost in one of the first.
const SYNC_OUTCOMES: usize = 10;

/// An act, and which of two processes asks for it.
pub(crate) type Moment = (usize, Act);

/// A history, and what is left out of the protocol or of the disk while it runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Setting {
    pub(crate) history: Vec<Moment>,
    pub(crate) omitted: Vec<Step>,
    pub(crate) skipped_sync: Option<Matching>,
    pub(crate) without_unnamed_files: bool,
    /// Crashes before this change are not looked at.
    pub(crate) first_stop: u64,
    /// How many outcomes of one crash are looked at; where there are more, they are sampled.
    pub(crate) outcomes: usize,
}

/// What an explorer went through.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) stops: usize,
    pub(crate) disks: usize,
    /// How often an act that was held in the middle did not happen.
    pub(crate) refused: usize,
}

impl Setting {
    pub(crate) fn of(history: &[Moment]) -> Self {
        Self { history: history.to_vec(), outcomes: OUTCOMES, ..Self::default() }
    }

    pub(crate) fn without(&self, step: Step) -> Self {
        Self { omitted: vec![step], ..self.clone() }
    }

    fn disk(&self) -> SimulatedDisk {
        let disk = SimulatedDisk::new();
        disk.set_unnamed_files(!self.without_unnamed_files);
        if let Some(sync) = &self.skipped_sync {
            disk.inject(sync.clone(), Fault::Omitted);
        }
        disk
    }

    fn start(&self, disk: &SimulatedDisk) -> Result<Node, String> {
        Node::start(disk, &self.omitted).map_err(|error| error.to_string())
    }

    /// Two processes, and what their acts up to now may have led to.
    fn begin(&self) -> World {
        let disk = self.disk();
        World { disk, nodes: Vec::new(), possible: vec![Model::default()] }
    }

    /// The whole history without a crash; the disk then, for its record of calls.
    pub(crate) fn rehearse(&self) -> Result<SimulatedDisk, String> {
        let mut world = self.begin();
        world.open(self);
        for moment in &self.history {
            if world.perform(*moment) != Answer::Done {
                return Err(format!("{moment:?} was not done"));
            }
        }
        self.check(&world.disk, &world.possible)?;
        Ok(world.disk)
    }

    /// A machine that comes up with this disk shows one of the possible states, shows the same after
    /// another crash, and goes on from there.
    fn check(&self, disk: &SimulatedDisk, possible: &[Model]) -> Result<Model, String> {
        let node = self.start(disk)?;
        let shown = observe(&node.store)?;
        if !possible.contains(&shown) {
            return Err(format!("shown {shown:?}, possible {possible:?}"));
        }
        for later in disk.crash_outcomes(LATER_OUTCOMES, 1) {
            let again = observe(&self.start(&later)?.store)?;
            // The ledger says what counts: what it showed stays. A blob or a view whose writer died
            // before it had an answer counts for nothing yet, and may still go.
            if again.tenant != shown.tenant || !possible.contains(&again) {
                return Err(format!("shown {shown:?}, and after a crash {again:?}"));
            }
        }
        Ok(shown)
    }

    /// After all that, the store is of use, and tidy when it is told to be.
    fn check_use(&self, disk: &SimulatedDisk, shown: &Model) -> Result<(), String> {
        let node = self.start(disk)?;
        let act = match &shown.tenant {
            None => Act::Create,
            Some(tenant) if tenant.tombstone => Act::Rebirth,
            Some(_) => Act::Commit("later"),
        };
        let mut possible = vec![shown.clone()];
        let uses = [Act::Put("later.mp4", 9), Act::Put("later.jpg", 9), Act::View("token.json", "later")];
        for act in [act].into_iter().chain(uses).chain([Act::Tidy]) {
            let answer = node.perform(act);
            if answer != Answer::Done {
                return Err(format!("after a crash {act:?} was answered with {answer:?}"));
            }
            possible = follow(&possible, act, answer);
        }
        let tree = disk.tree();
        if let Some(left) = tree.keys().find(|path| path.contains("/.fold") || path.contains("/.upload")) {
            return Err(format!("{left} was not tidied away"));
        }
        let after = disk.crash(&mut LoseAll);
        let again = observe(&self.start(&after)?.store)?;
        if possible.contains(&again) { Ok(()) } else { Err(format!("shown {again:?}, not {possible:?}")) }
    }

    /// The machine stops before each change in turn, with every loss that is allowed.
    pub(crate) fn crash_everywhere(&self) -> Result<Seen, String> {
        let mut seen = Seen::default();
        let mut checked = HashSet::new();
        let changes = self.rehearse()?.changes();
        for stop in self.first_stop..=changes {
            let mut world = self.begin();
            world.disk.stop_after(Scope::Machine, stop, Cut::Before);
            world.open(self);
            for moment in &self.history {
                if world.nodes.len() < 2 || !world.nodes[0].process.is_alive() {
                    break;
                }
                world.perform(*moment);
            }
            seen.stops += 1;
            for disk in world.disk.crash_outcomes(self.outcomes, stop) {
                if checked.insert(digest(&disk, &world.possible)) {
                    seen.disks += 1;
                    self.check(&disk, &world.possible)
                        .and_then(|shown| self.check_use(&disk, &shown))
                        .map_err(|what| format!("stopped before change {stop}: {what}"))?;
                }
            }
        }
        Ok(seen)
    }

    /// The syncs that can each be left out without any of this finding it.
    pub(crate) fn needless_syncs(&self) -> Result<Vec<String>, String> {
        let mut needless = Vec::new();
        let mut counts = std::collections::HashMap::new();
        let calls = self.rehearse()?.take_operations().into_iter();
        for (stop, call) in calls.filter(|call| call.kind.changes()).enumerate() {
            let nth = counts.entry((call.kind, call.process)).or_insert(0);
            let sync = Matching::every(call.kind).by(call.process).nth(*nth);
            *nth += 1;
            let syncs = matches!(call.kind, OperationKind::SyncFile | OperationKind::SyncDirectory);
            if !syncs || call.process > 1 {
                continue;
            }
            let (skipped_sync, first_stop) = (Some(sync), stop as u64 + 1);
            let setting = Self { skipped_sync, first_stop, outcomes: SYNC_OUTCOMES, ..self.clone() };
            if setting.crash_everywhere().is_ok() {
                needless.push(format!("{:?} of {}", call.kind, call.path));
            }
        }
        Ok(needless)
    }

    /// The process that asked for an act is killed before and in the middle of each of its changes;
    /// then the other, which has everything open, does `afterwards`.
    pub(crate) fn kill_everywhere(&self, afterwards: &[Act]) -> Result<Seen, String> {
        let mut seen = Seen::default();
        for act in 0..self.history.len() {
            let victim = self.history[act].0;
            for stop in 0.. {
                let mut finished = true;
                for cut in [Cut::Before, Cut::Midway] {
                    let mut world = self.begin();
                    world.open(self);
                    for moment in &self.history[..act] {
                        world.perform(*moment);
                    }
                    // The other one knows the state as it is before the act.
                    observe(&world.nodes[1 - victim].store)?;
                    world.disk.stop_after(Scope::Process(world.nodes[victim].process.id()), stop, cut);
                    world.perform(self.history[act]);
                    finished &= world.nodes[victim].process.is_alive();
                    for next in afterwards {
                        world.perform((1 - victim, *next));
                    }
                    seen.stops += 1;
                    seen.disks += 1;
                    self.check(&world.disk, &world.possible)
                        .map_err(|what| format!("killed before change {stop} of act {act}: {what}"))?;
                }
                if finished {
                    break;
                }
            }
        }
        Ok(seen)
    }

    /// The first process is held before each call of its `act` in turn, while the second does
    /// `others`; whatever the answers, some order of the acts explains what is there.
    pub(crate) fn interleave_everywhere(&self, act: Act, others: &[Act]) -> Result<Seen, String> {
        let mut seen = Seen::default();
        for call in 0.. {
            let mut world = self.begin();
            world.open(self);
            for moment in &self.history {
                world.perform(*moment);
            }
            let (first, second) = (world.nodes.remove(0), world.nodes.remove(0));
            observe(&second.store)?;
            let gate = world.disk.pause(first.process.id(), call);
            let disk = world.disk.clone();
            let running = std::thread::spawn(move || {
                let answer = first.perform(act);
                disk.finished(first.process.id());
                answer
            });
            if !gate.reached() {
                drop(running.join());
                break;
            }
            let answers: Vec<_> = others.iter().map(|other| (*other, second.perform(*other))).collect();
            gate.resume();
            let answer = running.join().map_err(|_| "the process panicked")?;
            seen.refused += usize::from(answer != Answer::Done);
            let possible: Vec<Model> = (0..=answers.len())
                .flat_map(|place| {
                    let mut order = answers.clone();
                    order.insert(place, (act, answer));
                    order.iter().fold(world.possible.clone(), |possible, (act, answer)| {
                        follow(&possible, *act, *answer)
                    })
                })
                .collect();
            seen.stops += 1;
            seen.disks += 1;
            self.check(&world.disk, &possible).map_err(|what| {
                format!("held before call {call}, answered {answer:?} while {answers:?}: {what}")
            })?;
        }
        Ok(seen)
    }

    /// Each change fails in turn, in every way it can; the answer is true at once, after a crash,
    /// and for those who go on.
    pub(crate) fn fail_everywhere(&self) -> Result<Seen, String> {
        let mut seen = Seen::default();
        let mut counts = std::collections::HashMap::new();
        for call in self.rehearse()?.take_operations() {
            let nth = counts.entry((call.kind, call.process)).or_insert(0);
            let place = Matching::every(call.kind).by(call.process).nth(*nth);
            *nth += 1;
            // The third process is the one that looked when all was over.
            if call.process > 1 || !call.kind.changes() {
                continue;
            }
            for fault in [Fault::InputOutput, Fault::Full, Fault::Short, Fault::Late] {
                seen.stops += 1;
                self.fail_once(&place, fault, &mut seen)
                    .map_err(|what| format!("{fault:?} of {call:?}, {place:?}: {what}"))?;
            }
        }
        Ok(seen)
    }

    fn fail_once(&self, place: &Matching, fault: Fault, seen: &mut Seen) -> Result<(), String> {
        let mut world = self.begin();
        world.disk.inject(place.clone(), fault);
        // An opening that fails is tried again.
        for _ in 0..2 {
            world.open(self);
        }
        for moment in &self.history {
            let before = world.possible.clone();
            let answer = world.perform(*moment);
            if answer == Answer::Done {
                continue;
            }
            let context = |what| format!("{moment:?} answered {answer:?}: {what}");
            for disk in world.disk.crash_outcomes(LATER_OUTCOMES, 0) {
                seen.disks += 1;
                self.check(&disk, &world.possible).map_err(context)?;
            }
            let shown = self.check(&world.disk, &world.possible).map_err(context)?;
            let happened = !before.contains(&shown);
            world.possible.retain(|model| model.tenant == shown.tenant);
            if !happened {
                let again = world.perform(*moment);
                // A fold shows nothing, and one that happened is refused when asked for again.
                if again != Answer::Done && moment.1 != Act::Fold {
                    return Err(context(format!("and with {again:?} though the fault was gone")));
                }
            }
        }
        self.check(&world.disk, &world.possible).map(|_| ())
    }
}

/// Two processes on a disk.
struct World {
    disk: SimulatedDisk,
    nodes: Vec<Node>,
    possible: Vec<Model>,
}

impl World {
    /// Opens a store in each of two processes, as far as that works.
    fn open(&mut self, setting: &Setting) {
        while self.nodes.len() < 2 {
            match setting.start(&self.disk) {
                Ok(node) => self.nodes.push(node),
                Err(_) => return,
            }
        }
    }

    fn perform(&mut self, (process, act): Moment) -> Answer {
        let answer = self.nodes[process].perform(act);
        self.possible = follow(&self.possible, act, answer);
        answer
    }
}

fn digest(disk: &SimulatedDisk, possible: &[Model]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (disk.fingerprint(), possible).hash(&mut hasher);
    hasher.finish()
}
