//! Work that blocks, on the threads that a runtime keeps for it.
//!
//! Going to such a thread and back takes two wake-ups, which together last as long as a good part of a
//! disk's sync. So what is going to block sooner or later can [begin](begin) on one: what it then asks
//! to [run] happens right there. As soon as it has to wait for something else it goes on as an ordinary
//! task, so that no thread is ever parked.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};

use tokio::runtime::Handle;
use tokio::task::JoinError;

thread_local! {
    static MAY_BLOCK: Cell<bool> = const { Cell::new(false) };
}

/// Says of this thread that it may block, until dropped.
struct MayBlock;

impl MayBlock {
    fn here() -> Self {
        MAY_BLOCK.set(true);
        Self
    }
}

impl Drop for MayBlock {
    fn drop(&mut self) {
        MAY_BLOCK.set(false);
    }
}

/// Begins a task on a thread that may block, on which it stays until it has to wait.
pub(crate) fn begin(runtime: &Handle, task: impl Future<Output = ()> + Send + 'static) {
    let mut task: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(task);
    let rest = runtime.clone();
    runtime.spawn_blocking(move || {
        let here = MayBlock::here();
        // Whoever is to wake it learns where to when the task it then is looks again.
        let begun = task.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        drop(here);
        if begun.is_pending() {
            rest.spawn(task);
        }
    });
}

/// Runs what blocks, on a thread that may.
///
/// # Errors
/// If the runtime shut down before or while it ran.
pub(crate) async fn run<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    if MAY_BLOCK.get() {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::thread::{self, ThreadId};

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_began_on_a_thread_that_may_block_stays_there_until_it_has_to_wait() {
        let (go_on, wait) = oneshot::channel::<()>();
        let (begun, seen) = oneshot::channel::<[ThreadId; 2]>();
        let (ended, later) = oneshot::channel::<[ThreadId; 2]>();
        begin(&Handle::current(), async move {
            begun.send([thread::current().id(), run(|| thread::current().id()).await.unwrap()]).unwrap();
            wait.await.unwrap();
            ended.send([thread::current().id(), run(|| thread::current().id()).await.unwrap()]).unwrap();
        });
        let [task, work] = seen.await.unwrap();
        assert_eq!(task, work);
        assert_ne!(task, thread::current().id());
        go_on.send(()).unwrap();
        let [task, work] = later.await.unwrap();
        assert_eq!(task, thread::current().id(), "the only thread of this runtime");
        assert_ne!(task, work);
    }
}
