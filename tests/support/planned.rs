//! What the tests of live streams and of schedules share: a user with a clock that stands still.

use std::sync::Arc;

use tenantry::environment::ManualClock;
use tenantry::ownership::Role;
use tenantry::paths::TenantId;
use tenantry::quota::Limits;
use tenantry::record::LocalTime;
use tenantry::store::memory::MemoryStore;
use tenantry::{NewTenant, ProfileChange, Session, Tenantry, Workspace};

pub(crate) fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

pub(crate) fn time(text: &str) -> LocalTime {
    LocalTime::parse(text).unwrap()
}

/// The user `ana` in Jakarta (UTC+7), where it is 10:00 on November 4th, 2025.
pub(crate) struct Place {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) admin: Session,
    pub(crate) own: Workspace,
}

impl Place {
    pub(crate) async fn new() -> Self {
        let clock = Arc::new(ManualClock::new("2025-11-04T03:00:00Z".parse().unwrap()));
        let tenantry = Tenantry::builder(MemoryStore::new()).clock(clock.clone()).open().await.unwrap();
        tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
        let admin = tenantry.session(&id("root")).await.unwrap();
        let new = NewTenant::new(Role::User).time_zone("Asia/Jakarta");
        admin.tenants().create(&id("ana"), new).await.unwrap();
        let own = tenantry.session(&id("ana")).await.unwrap().own();
        Self { clock, admin, own }
    }

    pub(crate) async fn limit(&self, limits: Limits) {
        self.admin.tenants().change(&id("ana"), ProfileChange::new().limits(limits)).await.unwrap();
    }

    pub(crate) fn pass(&self, hours: u64) {
        self.clock.advance(std::time::Duration::from_secs(hours * 3600));
    }
}

/// How a status or a step is called.
pub(crate) type Name<T> = fn(T) -> &'static str;

/// A table of steps as the documentation shows it: a row for each step, a column for each status.
pub(crate) fn table<S: Copy, T: Copy>(
    statuses: &[S],
    steps: &[T],
    (status_name, step_name): (Name<S>, Name<T>),
    after: impl Fn(S, T) -> Option<S>,
) -> String {
    let mut text = String::from("| |");
    for &status in statuses {
        text += &format!(" {} |", status_name(status));
    }
    text += &format!("\n|{}\n", "---|".repeat(statuses.len() + 1));
    for &step in steps {
        text += &format!("| `{}` |", step_name(step));
        for &status in statuses {
            text += &format!(" {} |", after(status, step).map_or("–", status_name));
        }
        text.push('\n');
    }
    text
}

/// The page that documents the statuses.
pub(crate) fn documented() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/statuses.md")).unwrap()
}
