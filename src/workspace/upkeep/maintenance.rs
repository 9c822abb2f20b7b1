//! Upkeep in the background.
//!
//! What is due, the injected clock says; how often that is looked at, an interval of real time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::super::access::Core;
use super::round::{Pace, Upkeep};

/// How maintenance goes about it. Start from [`MaintenanceOptions::default`] and change what is to
/// differ.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MaintenanceOptions {
    /// How long it rests between two rounds of all tenants: 15 minutes. It begins with a round.
    pub interval: Duration,
    /// How many tenants are seen to at a time: 4.
    pub at_once: usize,
    /// How long one tenant may take before it is left to the next round: a minute.
    pub tenant_limit: Duration,
}

impl Default for MaintenanceOptions {
    fn default() -> Self {
        let Pace { at_once, limit } = Pace::default();
        Self { interval: Duration::from_secs(900), at_once, tenant_limit: limit }
    }
}

/// The background task, if there is one.
pub(in crate::workspace) struct Maintenance {
    /// Its end is also that of the task.
    stop: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Default for Maintenance {
    fn default() -> Self {
        Self { stop: watch::Sender::new(false), task: Mutex::default() }
    }
}

impl Maintenance {
    fn task(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        // Every section under this lock is one assignment.
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins; whether it had not begun before, nor been stopped.
    pub(in crate::workspace) fn start(
        &self,
        core: &Arc<Core>,
        runtime: &Handle,
        options: MaintenanceOptions,
    ) -> bool {
        let mut task = self.task();
        if task.is_some() || *self.stop.borrow() {
            return false;
        }
        // A weak handle: maintenance alone does not keep the library alive.
        let (core, stop) = (Arc::downgrade(core), self.stop.subscribe());
        *task = Some(runtime.spawn(run(core, options, stop)));
        true
    }

    /// Ends it and waits until it has; a round under way is cut off, and what it did not get to is done by
    /// the next.
    pub(in crate::workspace) async fn stop(&self) {
        self.stop.send_replace(true);
        let task = self.task().take();
        if let Some(task) = task {
            // However it ended: it has.
            let _ = task.await;
        }
    }
}

async fn run(core: Weak<Core>, options: MaintenanceOptions, mut stop: watch::Receiver<bool>) {
    let pace = Pace { at_once: options.at_once, limit: options.tenant_limit };
    loop {
        let round = async {
            if let Some(core) = core.upgrade() {
                round(&core, pace).await;
            }
            tokio::time::sleep(options.interval).await;
        };
        tokio::select! {
            // It also ends when nobody is left who could stop it.
            _ = stop.wait_for(|stop| *stop) => return,
            () = round => {}
        }
    }
}

async fn round(core: &Arc<Core>, pace: Pace) {
    match (Upkeep { core, reason: "maintenance", pace }).round().await {
        Ok(report) => {
            for (tenant, error) in &report.failed {
                let tenant = tenant.as_str();
                tracing::warn!(target: "tenantry::upkeep", tenant, %error, "upkeep is left to the next round");
            }
        }
        Err(error) => tracing::warn!(target: "tenantry::upkeep", %error, "tenants could not be listed"),
    }
}
