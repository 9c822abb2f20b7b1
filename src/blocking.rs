//! Work that blocks, off the threads that a runtime needs for everything else.
//!
//! Going to a thread of the pool and back takes two wake-ups, which together last as long as a good part
//! of a disk's sync. So what is going to block sooner or later can [begin](begin) on one, or, better,
//! [right here](begin_here), where the runtime puts another thread in the place of this one: what it then
//! asks to [run] happens on the spot. As soon as it has to wait for something else it goes on as an
//! ordinary task, so that no thread is ever parked.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::JoinError;

thread_local! {
    static MAY_BLOCK: Cell<bool> = const { Cell::new(false) };
}

/// Says of this thread that it may block, until dropped.
struct MayBlock {
    before: bool,
}

impl MayBlock {
    fn here() -> Self {
        Self { before: MAY_BLOCK.replace(true) }
    }
}

impl Drop for MayBlock {
    fn drop(&mut self) {
        MAY_BLOCK.set(self.before);
    }
}

/// What is begun: in a place of its own from the beginning, since it is moved some times before it runs.
pub(crate) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Begins a task on a thread that may block, on which it stays until it has to wait.
pub(crate) fn begin(runtime: &Handle, task: Task) {
    let rest = runtime.clone();
    runtime.spawn_blocking(move || run_until_it_waits(&rest, task));
}

/// Begins a task on the thread of whoever calls, who goes on once it is done or has to wait. Where the
/// runtime can't do without this thread, it is begun as an ordinary task.
pub(crate) fn begin_here(runtime: &Handle, task: Task) {
    if can_spare_this_thread() {
        tokio::task::block_in_place(|| run_until_it_waits(runtime, task));
    } else {
        runtime.spawn(task);
    }
}

/// Whether this is a worker of a runtime that has several: such a one is replaced while it blocks. Others
/// that may be blocked can't be told from those that may not (within a `LocalSet`).
fn can_spare_this_thread() -> bool {
    let flavor = Handle::try_current().map(|runtime| runtime.runtime_flavor());
    matches!(flavor, Ok(RuntimeFlavor::MultiThread)) && tokio::runtime::worker_index().is_some()
}

/// Does what may block for a moment, for whoever can't wait: on this thread, which is replaced meanwhile if it can be.
pub(crate) fn here<T>(work: impl FnOnce() -> T) -> T {
    if MAY_BLOCK.get() || !can_spare_this_thread() {
        return work();
    }
    tokio::task::block_in_place(work)
}

/// Runs a task on this thread, which may block; what is left of it goes on elsewhere.
fn run_until_it_waits(runtime: &Handle, mut task: Task) {
    let here = MayBlock::here();
    // Whoever is to wake it learns where to when the task it then is looks again.
    let begun = task.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    drop(here);
    if begun.is_pending() {
        runtime.spawn(task);
    }
}

/// Leaves a thread that may block, to go on as an ordinary task.
pub(crate) async fn leave() {
    poll_fn(|context| match MAY_BLOCK.get() {
        true => {
            context.waker().wake_by_ref();
            Poll::Pending
        }
        false => Poll::Ready(()),
    })
    .await;
}

/// Waits that long, and first leaves a thread that may block: a runtime that shuts down lets such threads
/// go on, and whoever asked for the time on one would panic.
pub(crate) async fn pause(time: Duration) {
    leave().await;
    tokio::time::sleep(time).await;
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
    use std::thread;

    use futures::FutureExt;
    use tokio::sync::oneshot;

    use super::*;

    #[test]
    fn a_pause_that_a_runtime_shutting_down_cuts_off_panics_on_no_thread() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (down, wait) = std::sync::mpsc::channel::<()>();
        let (answer, answered) = std::sync::mpsc::channel();
        begin(
            runtime.handle(),
            Box::pin(async move {
                wait.recv().unwrap();
                let paused = std::panic::AssertUnwindSafe(pause(Duration::from_secs(3600)));
                let ended = paused.catch_unwind().await;
                answer.send(ended.is_err()).unwrap();
            }),
        );
        runtime.shutdown_background();
        down.send(()).unwrap();
        // It is dropped, as other tasks are.
        assert!(answered.recv().is_err());
    }

    #[tokio::test]
    async fn what_began_on_a_thread_that_may_block_stays_there_until_it_has_to_wait() {
        let (seen, all) = oneshot::channel();
        begin(
            &Handle::current(),
            Box::pin(async move {
                let mut threads = Vec::new();
                for _ in 0..2 {
                    threads.push([thread::current().id(), run(|| thread::current().id()).await.unwrap()]);
                    tokio::task::yield_now().await;
                }
                seen.send(threads).unwrap();
            }),
        );
        let threads = all.await.unwrap();
        let own = thread::current().id();
        assert!(threads[0][0] == threads[0][1] && threads[0][0] != own, "{threads:?}");
        assert!(threads[1][0] == own && threads[1][1] != own, "the runtime has one thread: {threads:?}");
    }

    /// The thread on which a task ends that begins on the one that is told as well, and blocks.
    async fn began_here() -> (thread::ThreadId, thread::ThreadId) {
        let (seen, ended) = oneshot::channel();
        begin_here(
            &Handle::current(),
            Box::pin(async move {
                seen.send(run(|| thread::current().id()).await.unwrap()).unwrap();
            }),
        );
        let own = thread::current().id();
        (own, ended.await.unwrap())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_worker_that_can_be_replaced_blocks_for_what_is_begun_on_it() {
        let (own, blocked) = tokio::spawn(began_here()).await.unwrap();
        assert_eq!(own, blocked);
        // The one that waits for the runtime to be done with everything is none of its workers.
        let (own, blocked) = began_here().await;
        assert_ne!(own, blocked);
    }

    #[tokio::test]
    async fn the_only_thread_of_a_runtime_is_not_blocked() {
        let (own, blocked) = began_here().await;
        assert_ne!(own, blocked);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn whoever_lent_its_thread_has_it_back_when_the_task_leaves() {
        let lent = tokio::spawn(async {
            let (go, goes_on) = oneshot::channel::<()>();
            let (seen, ended) = oneshot::channel();
            begin_here(
                &Handle::current(),
                Box::pin(async move {
                    leave().await;
                    goes_on.await.unwrap();
                    seen.send(MAY_BLOCK.get()).unwrap();
                }),
            );
            // Else this would never be said.
            go.send(()).unwrap();
            (ended.await.unwrap(), MAY_BLOCK.get())
        });
        assert_eq!(lent.await.unwrap(), (false, false));
    }
}
