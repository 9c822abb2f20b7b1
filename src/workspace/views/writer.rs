//! When views are written: told of every commit, the writer brings the views of that tenant up to its
//! ledger, in a task of its own. The files of tokens do not wait for it, where others do: whoever
//! refreshed one has it on the disk when that is answered.
//!
//! What changes while a tenant's views are being written is gathered for the next time, and after it
//! they rest for a multiple of what it took: commits that go on do not have to compete with them. Tenants do not wait for one another:
//! only a few are written at a time, and none may take longer than [`LIMIT`].

use std::collections::{BTreeMap, BTreeSet, HashMap, hash_map};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{CommitRule, Draft, Section, State};
use crate::ownership::Action;
use crate::paths::{CollectionName, TenantId};
use crate::quota::QuotaRule;
use crate::store::{Incarnation, ViewKey};
use crate::views::Digest;

use super::super::access::Core;
use super::super::records::section;
use super::{Scope, write};

/// When the views of a tenant are written, on stores where they are kept up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ViewMode {
    /// Soon after a commit; the files of tokens, which other programs need at once, before it is answered.
    #[default]
    Soon,
    /// With every commit, before it is answered.
    EveryCommit,
    /// Only when the library is closed, or on request, those of tokens too: until then they lack what is
    /// new, and have what was deleted.
    AtClose,
}

/// How many tenants' views are written at a time.
const AT_ONCE: usize = 8;
/// How long the views of one tenant may take.
const LIMIT: Duration = Duration::from_secs(60);
/// How many times as long as writing a tenant's views took they are left alone then. Long ones would
/// otherwise be written without end while commits go on, which need the same disk.
const REST: u32 = 10;
/// Of how many tenants it is remembered what their views hold. Beyond that, all is forgotten: it costs
/// reading them once more.
const REMEMBERED: usize = 4096;

/// What the views of a tenant hold.
pub(super) type Current = BTreeMap<ViewKey, Digest>;

/// What is remembered of a tenant's views.
struct Remembered {
    life: Incarnation,
    views: Current,
}

/// Writes views as commits land.
pub(in crate::workspace) struct ViewWriter {
    mode: ViewMode,
    delay: Duration,
    /// Whether the store keeps views up at all.
    live: bool,
    runtime: Handle,
    core: OnceLock<Weak<Core>>,
    pending: Mutex<HashMap<TenantId, Pending>>,
    current: Mutex<HashMap<TenantId, Remembered>>,
    turns: Mutex<HashMap<TenantId, Weak<tokio::sync::Mutex<()>>>>,
    slots: Semaphore,
    /// A tenant's task ended, or closing began.
    moved: Notify,
    closing: AtomicBool,
}

/// What is still to be written for a tenant.
struct Pending {
    scope: Scope,
    /// An unbroken run of commits that this writer was told of: the first and the last.
    told: Option<(u64, u64)>,
    running: bool,
}

impl Pending {
    const fn of(scope: Scope) -> Self {
        Self { scope, told: None, running: false }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every section under these locks leaves them whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ViewWriter {
    pub(in crate::workspace) fn new(mode: ViewMode, delay: Duration, live: bool, runtime: Handle) -> Self {
        Self {
            mode,
            delay,
            live,
            runtime,
            core: OnceLock::new(),
            pending: Mutex::default(),
            current: Mutex::default(),
            turns: Mutex::default(),
            slots: Semaphore::new(AT_ONCE),
            moved: Notify::new(),
            closing: AtomicBool::new(false),
        }
    }

    /// Begins to write for this core; without it nothing is written.
    pub(in crate::workspace) fn attach(&self, core: Weak<Core>) {
        // There is one core, and it is attached once.
        let _ = self.core.set(core);
    }

    /// Whether views are kept up without being asked for.
    pub(in crate::workspace) const fn is_live(&self) -> bool {
        self.live
    }

    /// Notes that a tenant's views are to be written, at the next occasion.
    pub(in crate::workspace) fn mark(&self, tenant: &TenantId, scope: Scope) {
        if !self.live {
            return;
        }
        match lock(&self.pending).entry(tenant.clone()) {
            hash_map::Entry::Occupied(mut pending) => pending.get_mut().scope.add(scope),
            hash_map::Entry::Vacant(vacant) => {
                vacant.insert(Pending::of(scope));
            }
        }
    }

    fn committed<'a>(
        self: &'a Arc<Self>,
        tenant: &'a TenantId,
        after: &State,
        changed: &[&Section],
    ) -> Option<BoxFuture<'a, ()>> {
        if !self.live {
            return None;
        }
        self.note(tenant, after.number(), changed);
        match self.mode {
            ViewMode::AtClose => None,
            ViewMode::EveryCommit => {
                self.start(tenant);
                Some(Box::pin(self.settled(tenant)))
            }
            ViewMode::Soon if changed.contains(&&section(&CollectionName::TOKENS)) => Some(Box::pin(async {
                self.write_tokens(tenant).await;
                self.start(tenant);
            })),
            ViewMode::Soon => {
                self.start(tenant);
                None
            }
        }
    }

    /// Notes which views a commit changed, and that this process knows of it.
    fn note(&self, tenant: &TenantId, number: u64, changed: &[&Section]) {
        let shown = || changed.iter().copied().filter(|section| !section.is_internal());
        let mut all = lock(&self.pending);
        let pending = match all.get_mut(tenant) {
            Some(pending) => pending,
            None if shown().next().is_none() => return,
            None => all.entry(tenant.clone()).or_insert_with(|| Pending::of(Scope::Changed(BTreeSet::new()))),
        };
        pending.scope.add_changed(shown());
        let first = pending.told.filter(|(_, last)| last + 1 == number).map_or(number, |(first, _)| first);
        pending.told = Some((first, number));
    }

    /// Writes the files of a tenant's tokens now. They stay among what is pending: if this fails, they
    /// are written with the others.
    async fn write_tokens(self: &Arc<Self>, tenant: &TenantId) {
        let (writer, tenant) = (Arc::clone(self), tenant.clone());
        let scope = Scope::Changed([section(&CollectionName::TOKENS)].into());
        let task = self.runtime.spawn(async move { writer.write(&tenant, scope).await });
        // It ends without an answer only where all does.
        let _ = task.await;
    }

    /// Begins a task for what is pending of a tenant, unless one runs.
    fn start(self: &Arc<Self>, tenant: &TenantId) {
        {
            let mut all = lock(&self.pending);
            let Some(pending) = all.get_mut(tenant).filter(|pending| !pending.running) else { return };
            pending.running = true;
        }
        let (writer, tenant) = (Arc::clone(self), tenant.clone());
        self.runtime.spawn(async move {
            let mut running = Running { writer: &writer, tenant: &tenant, ended: Ended::Early };
            running.ended = writer.run(&tenant).await;
        });
    }

    async fn run(&self, tenant: &TenantId) -> Ended {
        let mut rest = self.delay;
        loop {
            if self.mode == ViewMode::Soon {
                self.pause(rest).await;
            }
            // The semaphore is never closed.
            let Ok(_slot) = self.slots.acquire().await else { return Ended::Early };
            let Some(scope) = self.take(tenant) else { return Ended::Done };
            let begun = Instant::now();
            let is_done = self.write(tenant, scope).await;
            rest = self.delay.max(begun.elapsed().saturating_mul(REST)).min(LIMIT.max(self.delay));
            if !is_done {
                return Ended::Early;
            }
        }
    }

    /// Writes views of a tenant now; whether nothing of that is left to be done.
    async fn write(&self, tenant: &TenantId, scope: Scope) -> bool {
        let Some(core) = self.core.get().and_then(Weak::upgrade) else { return false };
        let permit = core.gate.operate("views follow the ledger", Action::WriteViews, tenant);
        let written = tokio::time::timeout(LIMIT, write(&core, &permit, scope)).await;
        let late = || Err(Error::new(ErrorKind::Unavailable, Action::WriteViews.as_str()));
        match written.unwrap_or_else(|_| late()) {
            Ok(_) => true,
            Err(error) if error.kind() == ErrorKind::NotFound => true,
            Err(error) => {
                let tenant = tenant.as_str();
                tracing::warn!(target: "tenantry::views", tenant, %error, "views could not be written");
                self.mark(permit.tenant(), Scope::All);
                false
            }
        }
    }

    /// Waits that long, so that commits gather; not once closing began.
    async fn pause(&self, rest: Duration) {
        let closing = async {
            loop {
                let mut moved = std::pin::pin!(self.moved.notified());
                moved.as_mut().enable();
                if self.closing.load(Ordering::SeqCst) {
                    return;
                }
                moved.await;
            }
        };
        // Either end will do.
        let _ = tokio::time::timeout(rest, closing).await;
    }

    /// What is to be written now; `None`, and nothing is pending, if there is nothing.
    fn take(&self, tenant: &TenantId) -> Option<Scope> {
        let mut all = lock(&self.pending);
        let pending = all.get_mut(tenant)?;
        let nothing = Scope::Changed(BTreeSet::new());
        if pending.scope == nothing {
            all.remove(tenant);
            return None;
        }
        Some(std::mem::replace(&mut pending.scope, nothing))
    }

    /// Waits until no task runs for a tenant.
    async fn settled(&self, tenant: &TenantId) {
        loop {
            let mut moved = std::pin::pin!(self.moved.notified());
            moved.as_mut().enable();
            if !lock(&self.pending).get(tenant).is_some_and(|pending| pending.running) {
                return;
            }
            moved.await;
        }
    }

    /// Writes everything that is pending and waits for it.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] if the views of some tenant could not be written. Their ledger is
    /// whole: they are written when the library is opened again and used.
    pub(in crate::workspace) async fn flush(self: &Arc<Self>) -> Result<()> {
        self.closing.store(true, Ordering::SeqCst);
        self.moved.notify_waiters();
        let tenants: Vec<TenantId> = lock(&self.pending).keys().cloned().collect();
        let settle = |tenant: TenantId| async move {
            self.start(&tenant);
            self.settled(&tenant).await;
        };
        futures::stream::iter(tenants).map(settle).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
        match lock(&self.pending).is_empty() {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::Unavailable, "close").about("views")),
        }
    }

    /// Whether all commits after one number up to another are among those this writer was told of, and
    /// so are, or were, still to be written.
    pub(super) fn explains(&self, tenant: &TenantId, after: u64, to: u64) -> bool {
        let told = lock(&self.pending).get(tenant).and_then(|pending| pending.told);
        after == to || told.is_some_and(|(first, last)| first <= after + 1 && to <= last)
    }

    /// What the views of a tenant held when this process wrote them last, in that life.
    pub(super) fn known(&self, tenant: &TenantId, life: Incarnation) -> Option<Current> {
        let all = lock(&self.current);
        all.get(tenant).filter(|then| then.life == life).map(|then| then.views.clone())
    }

    /// Remembers what views of a tenant hold now; `None` for a file that is not there.
    pub(super) fn remember(
        &self,
        tenant: &TenantId,
        life: Incarnation,
        now: BTreeMap<ViewKey, Option<Digest>>,
    ) {
        let mut all = lock(&self.current);
        if all.len() >= REMEMBERED && !all.contains_key(tenant) {
            all.clear();
        }
        let remembered = match all.entry(tenant.clone()) {
            hash_map::Entry::Occupied(then) if then.get().life == life => then.into_mut(),
            other => other.insert_entry(Remembered { life, views: Current::new() }).into_mut(),
        };
        for (view, digest) in now {
            match digest {
                Some(digest) => drop(remembered.views.insert(view, digest)),
                None => drop(remembered.views.remove(&view)),
            }
        }
    }

    /// Whether a tenant's views may be behind its ledger by something that no task will see to: this
    /// process has not looked at them since it began, or could not write them.
    pub(in crate::workspace) fn is_behind(&self, tenant: &TenantId) -> bool {
        if !self.live || self.mode == ViewMode::AtClose {
            return false;
        }
        let failed = lock(&self.pending).get(tenant).is_some_and(|pending| !pending.running);
        failed || !lock(&self.current).contains_key(tenant)
    }

    /// Looks at all views of a tenant now.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] if they could not be written.
    pub(in crate::workspace) async fn catch_up(self: &Arc<Self>, tenant: &TenantId) -> Result<()> {
        self.mark(tenant, Scope::All);
        self.start(tenant);
        self.settled(tenant).await;
        match lock(&self.pending).get(tenant).is_some_and(|pending| !pending.running) {
            false => Ok(()),
            true => Err(Error::new(ErrorKind::Unavailable, Action::WriteViews.as_str())),
        }
    }

    /// The lock under which this process writes a tenant's views.
    pub(super) fn turn(&self, tenant: &TenantId) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = lock(&self.turns);
        if let Some(turn) = turns.get(tenant).and_then(Weak::upgrade) {
            return turn;
        }
        if turns.len() >= REMEMBERED {
            turns.retain(|_, turn| turn.strong_count() > 0);
        }
        let turn = Arc::default();
        turns.insert(tenant.clone(), Arc::downgrade(&turn));
        turn
    }
}

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// Nothing was pending any more, and the tenant's entry went with that.
    Done,
    /// Something is still pending.
    Early,
}

/// A task at work; however it ends, it is noted.
struct Running<'a> {
    writer: &'a ViewWriter,
    tenant: &'a TenantId,
    ended: Ended,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut pending = lock(&self.writer.pending);
        if let Some(pending) = pending.get_mut(self.tenant).filter(|_| self.ended == Ended::Early) {
            pending.running = false;
        }
        drop(pending);
        self.writer.moved.notify_waiters();
    }
}

/// What every commit keeps, and who is told of it: quotas and views.
pub(in crate::workspace) struct Rules {
    pub(in crate::workspace) quota: QuotaRule,
    pub(in crate::workspace) views: Arc<ViewWriter>,
}

impl CommitRule for Rules {
    fn check(&self, before: &State, after: &Draft) -> Result<()> {
        self.quota.check(before, after)
    }

    fn committed<'a>(
        &'a self,
        tenant: &'a TenantId,
        before: &State,
        after: &State,
        changed: &[&Section],
    ) -> Option<BoxFuture<'a, ()>> {
        self.quota.committed(tenant, before, after);
        self.views.committed(tenant, after, changed)
    }
}
