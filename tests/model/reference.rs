//! The model: tenants in a map, with what each principal may do written out as a table.

use std::collections::BTreeMap;

use tenantry::ErrorKind;
use tenantry::ownership::Role;

use super::contents::Contents;
use super::reference_records::hours_ahead;
use super::remembered::Remembered;
use super::step::{
    Act, Caps, Change, Listed, NAMES, Name, PLANS, ProfileSeen, ROOT, Refusal, SLOTS, Seen, Step, ZONES,
    settings,
};

/// Where in its life a tenant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Active,
    Deleting(i64),
    /// Until when requests may come late, and what it held.
    Erasing {
        settled: i64,
        records: u64,
        files: u64,
        bytes: u64,
    },
    Erased,
}

#[derive(Debug, Clone)]
pub(crate) struct Tenant {
    pub(crate) life: u64,
    pub(crate) stage: Stage,
    pub(crate) profile: ProfileSeen,
    pub(crate) contents: Contents,
    /// Rises with each change.
    pub(crate) changes: u64,
}

impl Tenant {
    pub(crate) fn is_alive(&self) -> bool {
        matches!(self.stage, Stage::Active | Stage::Deleting(_))
    }

    pub(crate) fn caps(&self) -> Caps {
        let default = Some("trial".to_owned()).filter(|_| self.profile.role == Role::Demo);
        let plan = self.profile.plan.clone().or(default);
        let plan = PLANS.iter().find(|(name, _)| Some(*name) == plan.as_deref());
        let (own, plan) = (self.profile.caps, plan.map_or_else(Caps::default, |(_, caps)| *caps));
        Caps {
            blob_bytes: own.blob_bytes.or(plan.blob_bytes),
            files: own.files.or(plan.files),
            active_streams: own.active_streams.or(plan.active_streams),
            record_bytes: own.record_bytes.or(plan.record_bytes),
            notes: own.notes.or(plan.notes),
            tasks: own.tasks.or(plan.tasks),
        }
    }
}

/// What an act does, as far as permission goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Read,
    Write,
    Administer,
}

/// A point in a list.
#[derive(Debug, Clone)]
pub(crate) struct Cursor {
    pub(crate) collection: &'static str,
    pub(crate) life: u64,
    pub(crate) newest_first: bool,
    pub(crate) place: u64,
}

/// Which requests for a file may still come when it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Late {
    /// The store fences all.
    None,
    /// Those of an upload that came to nothing, and of a file that was deleted.
    Unanswered,
    /// Any, also one that was sent again and answered then.
    Any,
}

/// The whole world as the library's users see it.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) late: Late,
    /// How many steps were done.
    pub(crate) steps: u32,
    /// What the last step has to show.
    pub(crate) seen: Seen,
    /// How often the tenant of the last step was changed.
    pub(crate) changes: u64,
    pub(crate) now: i64,
    pub(crate) lives: u64,
    pub(crate) tenants: BTreeMap<Name, Tenant>,
    /// The life of each principal's session at each node.
    pub(crate) sessions: BTreeMap<(usize, Name), u64>,
    /// The life to which each kept workspace is bound.
    pub(crate) bound: BTreeMap<(usize, Name, Name), u64>,
    pub(crate) remembered: Remembered,
    /// What was kept, and whether whoever keeps it sees the secrets in it.
    pub(crate) snapshots: [Option<(Contents, bool)>; SLOTS],
    pub(crate) cursors: [Option<Cursor>; SLOTS],
}

pub(crate) type Shown = Result<Seen, Refusal>;

impl Model {
    /// The world in which histories begin: an admin, two users, one of them shared, a demo.
    pub(crate) fn new(late: Late) -> Self {
        let mut model = Self {
            late,
            steps: 0,
            seen: Seen::Nothing,
            changes: 0,
            now: settings::BEGIN,
            lives: 0,
            tenants: BTreeMap::new(),
            sessions: BTreeMap::new(),
            bound: BTreeMap::new(),
            remembered: Remembered::default(),
            snapshots: Default::default(),
            cursors: Default::default(),
        };
        for step in super::generate::beginning() {
            model.apply(&step);
        }
        model
    }

    /// Does a step.
    pub(crate) fn apply(&mut self, step: &Step) {
        self.steps += 1;
        let seen = self.act(step).unwrap_or_else(Seen::Refused);
        // A snapshot is read by whoever took it.
        let sees_secrets = matches!(seen, Seen::Snapshot(_)) || self.sees_secrets(step);
        self.seen = if sees_secrets { seen } else { seen.without_secrets() };
        self.changes = self.tenants.get(step.on).map_or(0, |tenant| tenant.changes);
    }

    /// Whether a principal sees the secrets of a tenant that it may look at.
    fn sees_secrets(&self, step: &Step) -> bool {
        let admin = self.tenants.get(step.by).is_some_and(|own| own.profile.role == Role::Admin);
        step.by == step.on || admin
    }

    /// What a tenant holds, if there is one.
    pub(crate) fn contents(&self, tenant: Name) -> Option<&Contents> {
        self.tenants.get(tenant).map(|tenant| &tenant.contents)
    }

    fn act(&mut self, step: &Step) -> Shown {
        match &step.act {
            Act::Login => {
                self.forget(step.node, Some(step.by));
                self.session(step)?;
                Ok(Seen::Nothing)
            }
            Act::Bootstrap => self.bootstrap(step.on),
            Act::Ensure(display_name) => {
                self.create(step.on, display_name, Role::User, false, None, Caps::default())
            }
            Act::Advance(seconds) => {
                self.now += i64::from(*seconds) * 1000;
                Ok(Seen::Nothing)
            }
            Act::Reopen { .. } => {
                self.forget(step.node, None);
                Ok(Seen::Nothing)
            }
            Act::ReadSnapshot(slot) => Ok(self.read_snapshot(*slot)),
            act => {
                self.session(step)?;
                self.act_in_session(step, act)
            }
        }
    }

    fn act_in_session(&mut self, step: &Step, act: &Act) -> Shown {
        match act {
            Act::Create { role, shared, plan, caps } => {
                self.administer(step)?;
                self.create(step.on, "", *role, *shared, *plan, *caps)
            }
            Act::Change { change, through_tenants } => self.change(step, change, *through_tenants),
            Act::Delete => self.delete(step),
            Act::Restore => self.restore(step),
            Act::Erase { skip_grace } => self.erase(step, *skip_grace),
            Act::ListTenants { limit } => self.list_tenants(step, *limit),
            Act::Profile => Ok(Seen::Profile(self.read(step)?.profile.clone())),
            Act::Usage => {
                let tenant = self.read(step)?;
                Ok(Seen::Usage(tenant.contents.usage(), tenant.caps()))
            }
            Act::Can(number) => {
                let effect = [Effect::Read, Effect::Write, Effect::Administer][usize::from(*number) % 3];
                let role = self.principal(step.node, step.by, step.on)?;
                Ok(Seen::Decision(self.decide(role, step, effect)))
            }
            Act::InsertFresh(lens, value) => self.insert_fresh(step, *lens, value),
            Act::Record(deed) => self.record(step, deed),
            Act::Page { lens, newest_first, limit, from, keep } => {
                self.page(step, *lens, *newest_first, *limit, *from, *keep)
            }
            Act::Together(together) => self.together(step, together),
            Act::Upload(uploading) => self.upload(step, uploading),
            Act::OnFile(on_file) => self.on_file(step, on_file),
            Act::List(listing, limit) => self.list(step, listing.collection(), *limit),
            Act::AllVideos(limit) => self.all_videos(step, *limit),
            Act::Plan(plan, deed) => self.plan(step, *plan, deed),
            Act::Token(deed) => self.token(step, deed),
            Act::StreamKey(deed) => self.stream_key(step, deed),
            Act::Snapshot(slot) => {
                let contents = self.read(step)?.contents.clone();
                let role = self.principal(step.node, step.by, step.on)?;
                self.snapshots[*slot] = Some((contents, step.by == step.on || role == Role::Admin));
                Ok(Seen::Nothing)
            }
            other => panic!("{other:?} takes no session"),
        }
    }

    // Who may do what.

    fn forget(&mut self, node: usize, by: Option<Name>) {
        let concerns = |at: usize, who: Name| at == node && by.is_none_or(|by| by == who);
        self.sessions.retain(|(at, who), _| !concerns(*at, who));
        self.bound.retain(|(at, who, _), _| !concerns(*at, who));
    }

    /// The life of the session that a principal has, or begins, at a node.
    fn session(&mut self, step: &Step) -> Result<u64, ErrorKind> {
        let alive = self.tenants.get(step.by).filter(|tenant| tenant.is_alive());
        match self.sessions.get(&(step.node, step.by)) {
            Some(life) => Ok(*life),
            None => {
                let life = alive.ok_or(ErrorKind::NotFound)?.life;
                self.sessions.insert((step.node, step.by), life);
                Ok(life)
            }
        }
    }

    /// The role with which a principal is at work in a tenant.
    fn principal(&self, node: usize, by: Name, on: Name) -> Result<Role, ErrorKind> {
        let own = self.tenants.get(by).filter(|own| own.is_alive() && own.life == self.sessions[&(node, by)]);
        let own = own.ok_or(ErrorKind::Gone)?;
        if by != on && own.stage != Stage::Active {
            return Err(ErrorKind::Suspended);
        }
        Ok(own.profile.role)
    }

    fn decide(&self, role: Role, step: &Step, effect: Effect) -> char {
        let shared =
            self.tenants.get(step.on).is_some_and(|tenant| tenant.is_alive() && tenant.profile.shared);
        match (role, step.by == step.on, shared && !step.act.is_about_secrets(), effect) {
            (Role::Admin, ..) => 'a',
            (_, false, false, _) => 'h',
            (_, _, _, Effect::Read) | (Role::User, true, _, Effect::Write) => 'a',
            _ => 'd',
        }
    }

    pub(crate) fn permit(&self, step: &Step, effect: Effect) -> Result<(), ErrorKind> {
        let role = self.principal(step.node, step.by, step.on)?;
        match self.decide(role, step, effect) {
            'a' => Ok(()),
            'd' => Err(ErrorKind::Denied),
            _ => Err(ErrorKind::NotFound),
        }
    }

    fn administer(&self, step: &Step) -> Result<(), ErrorKind> {
        self.permit(step, Effect::Administer)
    }

    /// Admits to a living tenant, through the workspace that the host keeps or through a new one.
    pub(crate) fn admit(
        &mut self,
        step: &Step,
        effect: Effect,
        kept: bool,
    ) -> Result<&mut Tenant, ErrorKind> {
        self.permit(step, effect)?;
        let place = (step.node, step.by, step.on);
        let bound = self.bound.get(&place).filter(|_| kept).copied();
        let missing = if bound.is_some() { ErrorKind::Gone } else { ErrorKind::NotFound };
        let tenant = self.tenants.get_mut(step.on).filter(|tenant| tenant.is_alive()).ok_or(missing)?;
        if bound.is_some_and(|life| life != tenant.life) {
            return Err(ErrorKind::Gone);
        }
        if kept {
            self.bound.insert(place, tenant.life);
        }
        if effect == Effect::Write && tenant.stage != Stage::Active {
            return Err(ErrorKind::Suspended);
        }
        Ok(tenant)
    }

    pub(crate) fn read(&mut self, step: &Step) -> Result<&mut Tenant, ErrorKind> {
        self.admit(step, Effect::Read, true)
    }

    // The administration of tenants.

    fn bootstrap(&mut self, on: Name) -> Shown {
        if self.tenants.is_empty() {
            return self.create(on, "Root", Role::Admin, false, None, Caps::default());
        }
        let admin = self.tenants.get(on).filter(|own| own.is_alive() && own.profile.role == Role::Admin);
        admin.map(|own| Seen::Profile(own.profile.clone())).ok_or_else(|| ErrorKind::AlreadyExists.into())
    }

    fn create(
        &mut self,
        on: Name,
        display_name: &str,
        role: Role,
        shared: bool,
        plan: Option<&str>,
        caps: Caps,
    ) -> Shown {
        let before = self.tenants.get(on);
        match before.map(|tenant| tenant.stage) {
            Some(Stage::Active) => return Ok(Seen::Profile(self.tenants[on].profile.clone())),
            Some(Stage::Deleting(_) | Stage::Erasing { .. }) => return Err(ErrorKind::Suspended.into()),
            Some(Stage::Erased) | None => {}
        }
        let display_name = if display_name.is_empty() { on } else { display_name }.to_owned();
        let (zone, plan, created_at) = (ZONES[0].0.to_owned(), plan.map(str::to_owned), self.now);
        let profile = ProfileSeen { display_name, role, shared, zone, plan, caps, created_at };
        check_profile(&profile)?;
        self.lives += 1;
        let (life, changes) = (self.lives, before.map_or(0, |tenant| tenant.changes) + 1);
        let contents = Contents::default();
        let tenant = Tenant { life, stage: Stage::Active, profile: profile.clone(), contents, changes };
        self.tenants.insert(on, tenant);
        Ok(Seen::Profile(profile))
    }

    fn change(&mut self, step: &Step, change: &Change, through_tenants: bool) -> Shown {
        let effect = if change.administers() { Effect::Administer } else { Effect::Write };
        let tenant = self.admit(step, effect, !through_tenants)?;
        let mut profile = tenant.profile.clone();
        let Change { display_name, zone, role, shared, plan, caps } = change;
        profile.display_name = display_name.clone().unwrap_or(profile.display_name);
        profile.zone = zone.map_or(profile.zone, str::to_owned);
        profile.role = role.unwrap_or(profile.role);
        profile.shared = shared.unwrap_or(profile.shared);
        profile.plan = plan.map(str::to_owned).or(profile.plan);
        profile.caps = caps.unwrap_or(profile.caps);
        check_profile(&profile)?;
        tenant.contents.ahead(hours_ahead(&profile.zone) - hours_ahead(&tenant.profile.zone));
        tenant.profile = profile.clone();
        tenant.changes += 1;
        Ok(Seen::Profile(profile))
    }

    fn living(&mut self, step: &Step) -> Result<&mut Tenant, ErrorKind> {
        self.administer(step)?;
        self.tenants.get_mut(step.on).filter(|tenant| tenant.is_alive()).ok_or(ErrorKind::NotFound)
    }

    fn delete(&mut self, step: &Step) -> Shown {
        let until = self.now + settings::GRACE;
        let tenant = self.living(step)?;
        if let Stage::Deleting(until) = tenant.stage {
            return Ok(Seen::Until(until));
        }
        tenant.stage = Stage::Deleting(until);
        tenant.changes += 1;
        Ok(Seen::Until(until))
    }

    fn restore(&mut self, step: &Step) -> Shown {
        let tenant = self.living(step)?;
        if tenant.stage != Stage::Active {
            tenant.stage = Stage::Active;
            tenant.changes += 1;
        }
        Ok(Seen::Profile(tenant.profile.clone()))
    }

    fn erase(&mut self, step: &Step, skip_grace: bool) -> Shown {
        let (now, late) = (self.now, self.late);
        self.administer(step)?;
        let tenant = self.tenants.get_mut(step.on).ok_or(ErrorKind::NotFound)?;
        let erasing = match tenant.stage {
            Stage::Deleting(until) if skip_grace || now >= until => {
                let usage = tenant.contents.usage();
                let records = usage.counts.iter().map(|(_, count)| count).sum();
                let settled = tenant.contents.late_until + settings::LATE;
                Stage::Erasing { settled, records, files: usage.files, bytes: usage.blob_bytes }
            }
            erasing @ Stage::Erasing { .. } => erasing,
            Stage::Erased => return Err(ErrorKind::NotFound.into()),
            Stage::Active | Stage::Deleting(_) => return Err(ErrorKind::InvalidInput.into()),
        };
        let Stage::Erasing { settled, records, files, bytes } = erasing else { unreachable!() };
        tenant.contents = Contents::default();
        tenant.changes += 1;
        if late != Late::None && now <= settled {
            tenant.stage = erasing;
            return Ok(Seen::Waiting(settled));
        }
        tenant.stage = Stage::Erased;
        Ok(Seen::Erased { records, files, bytes, at: now })
    }

    fn list_tenants(&self, step: &Step, limit: usize) -> Shown {
        if limit == 0 {
            return Err(ErrorKind::InvalidInput.into());
        }
        self.permit(&Step { on: step.by, ..step.clone() }, Effect::Administer)?;
        let listed =
            self.tenants.iter().filter(|(_, tenant)| tenant.is_alive()).map(|(name, tenant)| Listed {
                tenant: (*name).to_owned(),
                profile: tenant.profile.clone(),
                deleting_until: match tenant.stage {
                    Stage::Deleting(until) => Some(until),
                    _ => None,
                },
                usage: tenant.contents.usage(),
            });
        Ok(Seen::Tenants(listed.collect()))
    }
}

/// What stands for one of the ids that the library made in a step; as long as such an id.
pub(crate) fn made(step: u32, which: usize) -> String {
    format!("fresh-{step:027}-{which:02}")
}

fn check_profile(profile: &ProfileSeen) -> Result<(), ErrorKind> {
    let name = &profile.display_name;
    let zone = ZONES.iter().any(|(zone, _)| *zone == profile.zone);
    let plan = profile.plan.as_ref().is_none_or(|plan| PLANS.iter().any(|(known, _)| known == plan));
    if name.len() > 200 || name.contains('\n') || !zone || !plan {
        return Err(ErrorKind::InvalidInput);
    }
    Ok(())
}

/// Everybody but the admin.
pub(crate) fn others() -> impl Iterator<Item = Name> {
    NAMES.into_iter().filter(|name| *name != ROOT)
}
