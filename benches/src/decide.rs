//! What one decision of the policy costs, as the gate asks for it.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tenantry::ownership::{Action, Resource, Role};
use tenantry::record::{Entity, RecordId};
use tenantry::{Freshness, Workspace};

use crate::place::Place;
use crate::record::{LegacyVideo, id};
use crate::repeated::Repeated;
use crate::side::{Group, Outcome, Side, same};

/// The group.
pub(crate) fn group() -> Group {
    Group {
        name: "decide",
        operations: [1_000_000, 200_000],
        turns: 4,
        sides: vec![("tenantry", ours, 1), ("direct", direct, 1), ("can", can, 20)],
    }
}

struct Ours {
    place: Place,
    workspace: Workspace,
    times: Arc<AtomicU64>,
    resource: Resource,
    /// Whether each decision goes the whole way, from the workspace on.
    whole: bool,
}

fn of(folder: &Path, whole: bool) -> Outcome<Ours> {
    let times = Arc::new(AtomicU64::new(0));
    let place = Place::deciding(folder, Repeated::new(Arc::clone(&times)))?;
    let workspace = place.workspace(0)?.reading(Freshness::Within(Duration::from_secs(3600)));
    let resource = Resource::Record(LegacyVideo::collection(), RecordId::parse(&id(1))?);
    Ok(Ours { place, workspace, times, resource, whole })
}

fn ours(folder: &Path) -> Outcome<Box<dyn Side>> {
    Ok(Box::new(of(folder, false)?))
}

fn can(folder: &Path) -> Outcome<Box<dyn Side>> {
    Ok(Box::new(of(folder, true)?))
}

impl Side for Ours {
    fn run(&mut self, operations: u64) -> Outcome<()> {
        let can = || self.workspace.can(Action::GetRecord, &self.resource);
        self.place.runtime.block_on(async {
            if self.whole {
                for _ in 0..operations {
                    black_box(can().await?);
                }
            } else {
                self.times.store(operations, Ordering::Relaxed);
                can().await?;
            }
            Ok(())
        })
    }

    fn check(&mut self) -> Outcome<()> {
        let can = self.workspace.can(Action::GetRecord, &self.resource);
        let decision = self.place.runtime.block_on(can)?;
        same(&(decision.is_allowed(), self.times.load(Ordering::Relaxed)), &(true, 0))
    }
}

/// What an application would write that asks no policy.
#[inline(never)]
fn may_read(role: Role, user: &str, owner: &str) -> bool {
    role == Role::Admin || user == owner
}

struct Direct;

fn direct(_: &Path) -> Outcome<Box<dyn Side>> {
    Ok(Box::new(Direct))
}

impl Side for Direct {
    fn run(&mut self, operations: u64) -> Outcome<()> {
        for _ in 0..operations {
            black_box(may_read(black_box(Role::User), black_box("user0"), black_box("user0")));
        }
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        same(&may_read(Role::User, "user0", "user0"), &true)
    }
}
