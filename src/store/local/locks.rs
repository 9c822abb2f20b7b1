//! Threads and locks: how a call that blocks is run, and how one change at a time is kept.
//!
//! A call takes one of its tenant's few threads, so that a tenant whose disk hangs can't take the
//! pool. The lock of another process is tried again and again with pauses in between, during which
//! no thread is parked.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedMutexGuard, Semaphore};

use super::disk::{Access, File};
use super::failure::{failed, if_there};
use super::handles::Slot;
use super::layout;
use super::options::Processes;
use super::root::Root;
use crate::store::{StoreError, StoreErrorKind};

const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// How trying for the lock ended.
enum Attempt<T, F> {
    Done(Result<T, StoreError>),
    Busy(OwnedMutexGuard<()>, F),
}

/// The lock among processes, given back when dropped.
struct Held<'a> {
    slot: &'a Slot,
    file: Option<Arc<dyn File>>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.file.take().is_some_and(|file| file.unlock().is_err()) {
            // The end of the last handle gives it back as well.
            self.slot.close();
        }
    }
}

impl Root {
    /// Runs what blocks on one of the tenant's threads.
    pub(super) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        slot: &Arc<Slot>,
        task: impl FnOnce(&Self, &Slot) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        // The tenant's own first: one that hangs keeps as few of the common ones as threads.
        let own = permit(&slot.threads).await?;
        let common = permit(&self.openers).await?;
        let (root, slot) = (self.clone(), slot.clone());
        blocking(move || {
            let _permits = (own, common);
            let result = task(&root, &slot);
            root.slots.close_if_crowded(&slot);
            result
        })
        .await
    }

    /// The same for what opens nothing, so that the number of handles does not bound it.
    pub(super) async fn run_on_open<T: Send + 'static>(
        &self,
        slot: &Arc<Slot>,
        task: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let own = permit(&slot.threads).await?;
        blocking(move || {
            let _permit = own;
            task()
        })
        .await
    }

    /// Runs what changes something of a tenant, while nobody else does, in any process.
    ///
    /// Once begun it runs to its end, even if the caller goes away.
    pub(super) fn locked<T, F>(
        self: &Arc<Self>,
        slot: &Arc<Slot>,
        task: F,
    ) -> impl Future<Output = Result<T, StoreError>>
    where
        T: Send + 'static,
        F: FnOnce(&Self, &Slot) -> Result<T, StoreError> + Send + 'static,
    {
        self.locked_then(slot, Box::new((task, |_: &Self, done| Ok(done))))
    }

    /// The same, and what has to be done after it for which the others need not wait: on the same thread, since going
    /// to another one takes its time. They have a place of their own, since they are moved some ten times on their way.
    pub(super) async fn locked_then<T, U, F, A>(
        self: &Arc<Self>,
        slot: &Arc<Slot>,
        tasks: Box<(F, A)>,
    ) -> Result<U, StoreError>
    where
        U: Send + 'static,
        F: FnOnce(&Self, &Slot) -> Result<T, StoreError> + Send + 'static,
        A: FnOnce(&Self, T) -> Result<U, StoreError> + Send + 'static,
    {
        let mut next = (slot.turn.clone().lock_owned().await, tasks);
        let (mut pause, mut waited) = (FIRST_PAUSE, Duration::ZERO);
        loop {
            let (turn, tasks) = next;
            let attempt = self.run(slot, move |root, slot| {
                Ok(match root.try_hold(slot)? {
                    None => Attempt::Busy(turn, tasks),
                    Some(held) => {
                        let (task, after) = *tasks;
                        let result = task(root, slot);
                        drop(held);
                        drop(turn);
                        Attempt::Done(result.and_then(|done| after(root, done)))
                    }
                })
            });
            next = match attempt.await? {
                Attempt::Done(result) => return result,
                Attempt::Busy(turn, tasks) => (turn, tasks),
            };
            if waited >= self.patience {
                let text = format!("tenant {}: another process keeps holding the lock", slot.tenant);
                return Err(StoreError::new(StoreErrorKind::Locked, "lock tenant", text));
            }
            let now = self.spread(pause);
            crate::blocking::pause(now).await;
            waited += now;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// The lock of the tenant among processes, if it is free.
    fn try_hold<'a>(&self, slot: &'a Slot) -> Result<Option<Held<'a>>, StoreError> {
        if self.processes == Processes::Only {
            return Ok(Some(Held { slot, file: None }));
        }
        let name = slot.tenant.as_str();
        let tried = slot
            .lock_file(|| open_or_create(&*self.locks, name))
            .and_then(|file| Ok((file.try_lock()?, file)));
        match tried {
            Ok((free, file)) => Ok(free.then_some(Held { slot, file: Some(file) })),
            Err(error) => {
                // Whether it is held now is not known: closing it gives it back.
                slot.close();
                let place = format!("{}/{}/{name}", layout::OWN, layout::LOCKS);
                Err(failed("lock tenant", place, error))
            }
        }
    }

    /// Between half and one and a half of `pause`, so that those who wait don't go in step.
    fn spread(&self, pause: Duration) -> Duration {
        let mut byte = [0];
        self.entropy.fill(&mut byte);
        pause / 2 + pause * u32::from(byte[0]) / 256
    }
}

/// Opens a file that is made where it is missing, and never unlinked.
pub(super) fn open_or_create(
    directory: &dyn super::disk::Directory,
    name: &str,
) -> std::io::Result<Arc<dyn File>> {
    if let Some(file) = if_there(directory.open_file(name, Access::ReadWrite))? {
        return Ok(file);
    }
    match directory.create_file(name, layout::PRIVATE_FILE) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            directory.open_file(name, Access::ReadWrite)
        }
        made => made,
    }
}

/// Waits for a turn.
pub(super) async fn permit(
    semaphore: &Arc<Semaphore>,
) -> Result<tokio::sync::OwnedSemaphorePermit, StoreError> {
    semaphore.clone().acquire_owned().await.map_err(|error| {
        StoreError::new(StoreErrorKind::Unavailable, "wait for a thread", "the store is closed")
            .with_source(error)
    })
}

/// Runs what blocks on a thread of the pool.
pub(super) async fn blocking<T: Send + 'static>(
    task: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match crate::blocking::run(task).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(error) => Err(StoreError::new(
            StoreErrorKind::OutcomeUnknown,
            "run on a thread",
            "the runtime shut down before or while it ran",
        )
        .with_source(error)),
    }
}
