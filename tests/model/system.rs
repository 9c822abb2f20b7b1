//! The library under test: two nodes over one store, and what their hosts keep in hand.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tenantry::environment::ManualClock;
use tenantry::ownership::{Action, Decision, Resource, Visibility};
use tenantry::paths::{CollectionName, TenantId};
use tenantry::quota::{Limits, Plans, Usage};
use tenantry::testkit::SeededEntropy;
use tenantry::{
    Erasure, Error, ErrorKind, Grace, NewTenant, Profile, ProfileChange, Session, Settings, Snapshot,
    Tenantry, Workspace,
};
use tokio::runtime::Runtime;

use super::entities;
use super::place::Place;
use super::reference::made;
use super::remembered::Remembered;
use super::step::{
    Act, Answer, Caps, Change, Listed, NODES, Name, Over, PLANS, ProfileSeen, Refusal, SLOTS, Seen, Step,
    UsageSeen, settings,
};
use super::system_files::all_videos;

/// What a step showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) seen: Seen,
    /// An error's own words.
    pub(crate) said: Option<String>,
    /// The version that a snapshot rests on.
    pub(crate) version: Option<u64>,
}

pub(crate) type Result<T = Seen> = std::result::Result<T, Error>;

/// The nodes and what is kept of them.
pub(crate) struct System {
    nodes: Vec<Tenantry>,
    opened: u64,
    pub(crate) sessions: BTreeMap<(usize, Name), Session>,
    pub(crate) workspaces: BTreeMap<(usize, Name, Name), Workspace>,
    pub(crate) snapshots: [Option<Snapshot>; SLOTS],
    /// Cursors as texts, as a host would send them.
    pub(crate) cursors: [Option<String>; SLOTS],
    pub(crate) remembered: Remembered,
    pub(crate) step: u32,
    /// Ids that the library made, and what stands for each in what is shown.
    pub(crate) fresh: BTreeMap<String, String>,
    /// The version that each tenant had after so many changes.
    versions: BTreeMap<(Name, u64), u64>,
    version: Option<u64>,
    clock: Arc<ManualClock>,
    place: Place,
    runtime: Arc<Runtime>,
}

impl System {
    /// Two nodes over an empty store.
    pub(crate) fn new(place: Place) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let runtime = Arc::new(runtime);
        let begin = jiff::Timestamp::from_millisecond(settings::BEGIN).unwrap();
        let mut system = Self {
            nodes: Vec::new(),
            opened: 0,
            sessions: BTreeMap::new(),
            workspaces: BTreeMap::new(),
            snapshots: Default::default(),
            cursors: Default::default(),
            remembered: Remembered::default(),
            step: 0,
            fresh: BTreeMap::new(),
            versions: BTreeMap::new(),
            version: None,
            clock: Arc::new(ManualClock::new(begin)),
            place,
            runtime: Arc::clone(&runtime),
        };
        for _ in 0..NODES {
            let node = runtime.block_on(system.open());
            system.nodes.push(node);
        }
        system
    }

    async fn open(&mut self) -> Tenantry {
        self.opened += 1;
        let mut settings = Settings::default();
        settings.record_limits.bytes = settings::RECORD_BYTES;
        settings.kept_requests = settings::KEPT_REQUESTS;
        settings.grace = Duration::from_millis(settings::GRACE.unsigned_abs());
        // Small enough that states are folded, let go and read again within a history.
        settings.fold_minimum = 900;
        settings.memory = 8 << 10;
        settings.reservation_step = settings::RESERVATION_STEP;
        settings.reservation_life = Duration::from_millis(settings::RESERVATION_LIFE.unsigned_abs());
        settings.free_space_reserve = 0;
        settings.thumbnail_bytes = settings::THUMBNAIL_BYTES;
        let plans =
            PLANS.iter().fold(Plans::new(), |plans, (name, caps)| plans.with_plan(name, limits(caps)));
        let builder = self.place.builder(self.opened).await.settings(settings);
        let builder = builder.plans(plans.with_default(tenantry::ownership::Role::Demo, "trial"));
        let builder = builder.kind::<entities::Note>().kind::<entities::Task>();
        let builder = builder.clock(self.clock.clone()).entropy(Arc::new(SeededEntropy::new(self.opened)));
        builder.open().await.unwrap()
    }

    /// Does a step, the `number`-th of its history.
    pub(crate) fn apply(&mut self, number: u32, step: &Step) -> Shown {
        self.step = number;
        self.version = None;
        let runtime = Arc::clone(&self.runtime);
        let result = runtime.block_on(self.act(step));
        let said = result.as_ref().err().map(|error| without_made_ids(&error.to_string()));
        let seen = result.unwrap_or_else(|error| refused(&error));
        Shown { seen: self.renamed(seen), said, version: self.version }
    }

    /// Begins the session in which a step would be made, where there is none, and leaves it at that.
    pub(crate) fn begin_session(&mut self, step: &Step) {
        if step.act.is_in_session() {
            let runtime = Arc::clone(&self.runtime);
            drop(runtime.block_on(self.session(step)));
        }
    }

    /// Sees that a tenant's versions rise with its changes and stay without.
    pub(crate) fn note_version(&mut self, tenant: Name, changes: u64, version: Option<u64>) {
        let Some(version) = version else { return };
        let known = *self.versions.entry((tenant, changes)).or_insert(version);
        assert_eq!(known, version, "a version of {tenant} without a change");
        let before = self.versions.range((tenant, 0)..(tenant, changes)).next_back();
        assert!(before.is_none_or(|(_, before)| *before < version), "a change of {tenant} without a version");
    }

    async fn act(&mut self, step: &Step) -> Result {
        let on = name(step.on);
        match &step.act {
            Act::Login => {
                self.forget(step.node, Some(step.by));
                self.session(step).await.map(|_| Seen::Nothing)
            }
            Act::Bootstrap => Ok(profile(&self.nodes[step.node].bootstrap_admin(&on, "Root").await?)),
            Act::Ensure(display_name) => Ok(profile(&self.nodes[step.node].ensure(&on, display_name).await?)),
            Act::Advance(seconds) => {
                self.clock.advance(Duration::from_secs(u64::from(*seconds)));
                Ok(Seen::Nothing)
            }
            Act::Reopen { close } => {
                self.reopen(step.node, *close).await;
                Ok(Seen::Nothing)
            }
            Act::ReadSnapshot(slot) => self.read_snapshot(*slot),
            _ => {
                let session = self.session(step).await?;
                self.act_in_session(step, &session, &on).await
            }
        }
    }

    async fn act_in_session(&mut self, step: &Step, session: &Session, on: &TenantId) -> Result {
        let tenants = session.tenants();
        match &step.act {
            Act::Create { role, shared, plan, caps } => {
                let mut new = NewTenant::new(*role).limits(limits(caps));
                new.visibility = visibility(*shared);
                new.plan = plan.map(str::to_owned);
                Ok(profile(&tenants.create(on, new).await?))
            }
            Act::Change { change, through_tenants } => {
                let change = profile_change(change);
                Ok(profile(&match through_tenants {
                    true => tenants.change(on, change).await?,
                    false => self.workspace(step, session).change_profile(change).await?,
                }))
            }
            Act::Delete => Ok(Seen::Until(tenants.delete(on).await?.as_millisecond())),
            Act::Restore => Ok(profile(&tenants.restore(on).await?)),
            Act::Erase { skip_grace } => {
                let grace = if *skip_grace { Grace::Skip } else { Grace::Respect };
                Ok(match tenants.erase(on, grace).await? {
                    Erasure::Done(receipt) => Seen::Erased {
                        records: receipt.records,
                        files: receipt.files,
                        bytes: receipt.bytes,
                        at: receipt.erased_at,
                    },
                    Erasure::Waiting { until } => Seen::Waiting(until.as_millisecond()),
                    other => panic!("unknown: {other:?}"),
                })
            }
            Act::ListTenants { limit } => list_tenants(session, *limit).await,
            Act::AllVideos(limit) => all_videos(session, *limit).await,
            Act::Profile => Ok(profile(&self.workspace(step, session).profile().await?)),
            Act::Usage => {
                let (held, most) = self.workspace(step, session).usage().await?;
                Ok(Seen::Usage(usage(&held), caps(&most)))
            }
            Act::Can(number) => {
                let actions = [Action::ListRecords, Action::InsertRecord, Action::ChangeTenant];
                let action = actions[usize::from(*number) % 3];
                let decision = self.workspace(step, session).can(action, &Resource::Tenant).await?;
                Ok(Seen::Decision(match decision {
                    Decision::Allow(_) => 'a',
                    Decision::Deny(_) => 'd',
                    Decision::Hide(_) => 'h',
                }))
            }
            Act::Snapshot(slot) => {
                let snapshot = self.workspace(step, session).snapshot().await?;
                self.version = Some(snapshot.version());
                self.snapshots[*slot] = Some(snapshot);
                Ok(Seen::Nothing)
            }
            _ => {
                let workspace = self.workspace(step, session);
                self.act_on_records(step, &workspace).await
            }
        }
    }

    fn forget(&mut self, node: usize, by: Option<Name>) {
        let concerns = |at: usize, who: Name| at == node && by.is_none_or(|by| by == who);
        self.sessions.retain(|(at, who), _| !concerns(*at, who));
        self.workspaces.retain(|(at, who, _), _| !concerns(*at, who));
    }

    /// The session that a principal has, or begins, at a node.
    async fn session(&mut self, step: &Step) -> Result<Session> {
        if let Some(session) = self.sessions.get(&(step.node, step.by)) {
            return Ok(session.clone());
        }
        let session = self.nodes[step.node].session(&name(step.by)).await?;
        self.sessions.insert((step.node, step.by), session.clone());
        Ok(session)
    }

    /// The workspace that the host keeps from its first use on.
    fn workspace(&mut self, step: &Step, session: &Session) -> Workspace {
        let kept = self.workspaces.entry((step.node, step.by, step.on));
        let begin = || if step.by == step.on { session.own() } else { session.workspace(&name(step.on)) };
        kept.or_insert_with(begin).clone()
    }

    async fn reopen(&mut self, node: usize, close: bool) {
        if close {
            self.nodes[node].close(Duration::from_secs(60)).await.unwrap();
            for ((_, _, _), workspace) in self.workspaces.iter().filter(|((at, ..), _)| *at == node) {
                assert_eq!(workspace.profile().await.unwrap_err().kind(), ErrorKind::Closed);
            }
        }
        self.forget(node, None);
        self.nodes[node] = self.open().await;
    }

    /// What was seen, with what stands for ids that the library made.
    fn renamed(&self, seen: Seen) -> Seen {
        let text = |mut text: String| {
            // What stands for an id is as long as that, and each begins a JSON text.
            let quotes: Vec<_> = text.match_indices('"').map(|(at, _)| at + 1).collect();
            for from in quotes {
                let id = from..from + MADE_ID;
                if let Some(stands) = text.get(id.clone()).and_then(|id| self.fresh.get(id)) {
                    text.replace_range(id, stands);
                }
            }
            text
        };
        let texts = |texts: Vec<String>| texts.into_iter().map(text).collect::<Vec<_>>();
        match seen {
            Seen::Texts(shown) => Seen::Texts(texts(shown)),
            Seen::Page(shown, ends) => Seen::Page(texts(shown), ends),
            Seen::Answers(answers) => {
                let answers = answers.into_iter().map(|answer| match answer {
                    Answer::Texts(shown) => Answer::Texts(texts(shown)),
                    refused => refused,
                });
                Seen::Answers(answers.collect())
            }
            Seen::Snapshot(mut snapshot) => {
                for (_, shown) in &mut snapshot.collections {
                    *shown = shown.take().map(|shown| shown.map(texts));
                }
                snapshot.by_id = snapshot.by_id.into_iter().map(|found| found.map(text)).collect();
                snapshot.by_tag = snapshot.by_tag.into_iter().map(texts).collect();
                Seen::Snapshot(snapshot)
            }
            other => other,
        }
    }

    /// Notes one of the ids that the library made in this step.
    pub(crate) fn note_made(&mut self, id: &str, which: usize) {
        self.fresh.insert(id.to_owned(), made(self.step, which));
    }
}

/// How long an id is that the library makes.
const MADE_ID: usize = 36;

/// A text without the ids in it that the library made: nobody can tell what they will be.
fn without_made_ids(text: &str) -> String {
    let words = text.split_inclusive(['/', '(', ')', ' ']);
    let is_made = |word: &&str| word.len() >= MADE_ID && word.matches('-').count() == 4;
    words.filter(|word| !is_made(word)).collect()
}

/// All tenants, page by page.
async fn list_tenants(session: &Session, limit: usize) -> Result {
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let (entries, next) = session.tenants().list(after.as_ref(), limit).await?;
        assert!(entries.len() <= limit, "a page of {} where {limit} were asked for", entries.len());
        listed.extend(entries.iter().map(|entry| Listed {
            tenant: entry.tenant.to_string(),
            profile: profile_seen(&entry.profile),
            deleting_until: entry.deleting_until.map(jiff::Timestamp::as_millisecond),
            usage: usage(&entry.usage),
        }));
        match next {
            Some(next) => after = Some(next),
            None => return Ok(Seen::Tenants(listed)),
        }
    }
}

fn name(name: Name) -> TenantId {
    TenantId::parse(name).unwrap()
}

const fn visibility(shared: bool) -> Visibility {
    if shared { Visibility::Shared } else { Visibility::Private }
}

fn refused(error: &Error) -> Seen {
    let over = error.quota().map(|quota| Over {
        dimension: quota.dimension().to_owned(),
        limit: quota.limit(),
        used: quota.used(),
        requested: quota.requested(),
    });
    Seen::Refused(Refusal { kind: error.kind(), over })
}

fn limits(caps: &Caps) -> Limits {
    let mut limits = Limits::unlimited();
    (limits.blob_bytes, limits.files, limits.record_bytes) = (caps.blob_bytes, caps.files, caps.record_bytes);
    limits.active_streams = caps.active_streams;
    for (collection, count) in [("notes", caps.notes), ("tasks", caps.tasks)] {
        if let Some(count) = count {
            limits = limits.with_count(&CollectionName::parse(collection).unwrap(), count);
        }
    }
    limits
}

fn caps(limits: &Limits) -> Caps {
    let count = |collection: &str| limits.counts.get(collection).copied();
    Caps {
        blob_bytes: limits.blob_bytes,
        files: limits.files,
        active_streams: limits.active_streams,
        record_bytes: limits.record_bytes,
        notes: count("notes"),
        tasks: count("tasks"),
    }
}

pub(crate) fn usage(usage: &Usage) -> UsageSeen {
    UsageSeen {
        blob_bytes: usage.blob_bytes,
        files: usage.files,
        reserved: (usage.reserved_bytes, usage.reserved_files),
        record_bytes: usage.record_bytes,
        active_streams: usage.active_streams,
        counts: usage.counts.iter().map(|(name, count)| (name.clone(), *count)).collect(),
    }
}

fn profile(profile: &Profile) -> Seen {
    Seen::Profile(profile_seen(profile))
}

fn profile_seen(profile: &Profile) -> ProfileSeen {
    ProfileSeen {
        display_name: profile.display_name.clone(),
        role: profile.role,
        shared: profile.visibility == Visibility::Shared,
        zone: profile.time_zone.clone(),
        plan: profile.plan.clone(),
        caps: caps(&profile.limits),
        created_at: profile.created_at.as_millisecond(),
    }
}

fn profile_change(change: &Change) -> ProfileChange {
    let mut made = ProfileChange::new();
    made.display_name = change.display_name.clone();
    made.time_zone = change.zone.map(str::to_owned);
    made.role = change.role;
    made.visibility = change.shared.map(visibility);
    made.plan = change.plan.map(|plan| Some(plan.to_owned()));
    made.limits = change.caps.as_ref().map(limits);
    made
}
