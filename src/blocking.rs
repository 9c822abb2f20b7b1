//! Work that blocks, off the threads that a runtime needs for everything else.
//!
//! Going to a thread of the pool and back takes two wake-ups, which together last as long as a good part
//! of a disk's sync. So what is going to block sooner or later can [begin](begin) on one, or, better,
//! [right here](begin_here), where the runtime puts another thread in the place of this one: what it then
//! asks to [run] happens on the spot. As soon as it has to wait for something else it goes on as an
//! ordinary task, so that no thread is ever parked. Who has something else to do meanwhile begins it
//! [beside](begin_beside) that, and who has not, [lends](lending) its thread to what it waits for.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::JoinError;

/// What a thread may be used for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// What does not block: its runtime may need it.
    Ordinary,
    /// What blocks as well.
    Blocking,
    /// What blocks as well, once the runtime has put another one in its place.
    Lent,
    /// What does not block: what is going to goes on elsewhere.
    UntilItBlocks,
}

thread_local! {
    static USE: Cell<Use> = const { Cell::new(Use::Ordinary) };
    static BACKGROUND: Cell<bool> = const { Cell::new(false) };
}

/// Says that what this thread does can wait, until dropped.
struct Background {
    before: bool,
}

impl Drop for Background {
    fn drop(&mut self) {
        BACKGROUND.set(self.before);
    }
}

/// Says what this thread may be used for, until dropped.
struct Used {
    before: Use,
}

impl Used {
    fn here(now: Use) -> Self {
        Self { before: USE.replace(now) }
    }
}

impl Drop for Used {
    fn drop(&mut self) {
        USE.set(self.before);
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
/// runtime can't do without this thread, it is begun on one that may block: it would go there anyway.
pub(crate) fn begin_here(runtime: &Handle, task: Task) {
    if can_spare_this_thread() {
        tokio::task::block_in_place(|| run_until_it_waits(runtime, task));
    } else {
        begin(runtime, task);
    }
}

/// Begins a task on the thread of whoever calls, who goes on as soon as it is going to block or has to wait: the rest of
/// it is done beside that, on a thread that may block.
pub(crate) fn begin_beside(runtime: &Handle, task: Task) {
    if let Some(rest) = begun(task, Use::UntilItBlocks) {
        begin(runtime, rest);
    }
}

/// Waits for what blocks now and then, on the thread of whoever waits where the runtime can do without it, as long as
/// it does not [leave].
pub(crate) async fn lending<T>(future: impl Future<Output = T>) -> T {
    let (mut future, mut lends) = (pin!(future), true);
    poll_fn(|context| {
        if !lends || USE.get() != Use::Ordinary || !can_spare_this_thread() {
            return future.as_mut().poll(context);
        }
        let _lent = Used::here(Use::Lent);
        let polled = future.as_mut().poll(context);
        lends = USE.get() == Use::Lent;
        polled
    })
    .await
}

/// Whether this is a worker of a runtime that has several: such a one is replaced while it blocks. Others
/// that may be blocked can't be told from those that may not (within a `LocalSet`).
fn can_spare_this_thread() -> bool {
    let flavor = Handle::try_current().map(|runtime| runtime.runtime_flavor());
    matches!(flavor, Ok(RuntimeFlavor::MultiThread)) && tokio::runtime::worker_index().is_some()
}

/// Does what may block for a moment, for whoever can't wait: on this thread, which is replaced meanwhile if it can be.
pub(crate) fn here<T>(work: impl FnOnce() -> T) -> T {
    if USE.get() == Use::Blocking || !can_spare_this_thread() {
        return work();
    }
    tokio::task::block_in_place(work)
}

/// Runs a task on this thread, which may block; what is left of it goes on elsewhere.
fn run_until_it_waits(runtime: &Handle, task: Task) {
    if let Some(rest) = begun(task, Use::Blocking) {
        runtime.spawn(rest);
    }
}

/// Begins a task on this thread; what is left of it has to be looked at again at once.
fn begun(mut task: Task, to: Use) -> Option<Task> {
    let _here = Used::here(to);
    // Whoever is to wake it learns where to when the task it then is looks again.
    let begun = task.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    begun.is_pending().then_some(task)
}

/// Waits as long as this thread is used for that.
async fn waits_while(used: Use) {
    poll_fn(|context| match USE.get() == used {
        true => {
            context.waker().wake_by_ref();
            Poll::Pending
        }
        false => Poll::Ready(()),
    })
    .await;
}

/// Leaves a thread that may block, to go on as an ordinary task, or gives a lent one back.
pub(crate) async fn leave() {
    if USE.get() == Use::Lent {
        USE.set(Use::Ordinary);
    }
    waits_while(Use::Blocking).await;
}

/// Waits that long, and first leaves a thread that may block: a runtime that shuts down lets such threads
/// go on, and whoever asked for the time on one would panic.
pub(crate) async fn pause(time: Duration) {
    leave().await;
    tokio::time::sleep(time).await;
}

/// Does long work that can wait: its loops that are [giving way](giving_way) let others go first. A kernel that
/// preempts nobody lets a thread go on for milliseconds, and a commit would wait as long for its processor.
pub(crate) fn in_background<T>(work: impl FnOnce() -> T) -> T {
    let _background = Background { before: BACKGROUND.replace(true) };
    work()
}

/// The same items. In the [background](in_background) the processor is left to whoever is ready to run on it after so many
/// of them; elsewhere, where a reader or the holder of a lock may wait for the loop, nothing is done.
pub(crate) fn giving_way<I: IntoIterator>(items: I, after: usize) -> impl Iterator<Item = I::Item> {
    let counted = items.into_iter().enumerate();
    counted.map(move |(at, item)| {
        if at > 0 && at.is_multiple_of(after) && BACKGROUND.get() {
            std::thread::yield_now();
        }
        item
    })
}

/// Runs what blocks, on a thread that may.
///
/// # Errors
/// If the runtime shut down before or while it ran.
pub(crate) async fn run<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    waits_while(Use::UntilItBlocks).await;
    match USE.get() {
        Use::Blocking => Ok(work()),
        Use::Lent => Ok(tokio::task::block_in_place(work)),
        Use::Ordinary | Use::UntilItBlocks => tokio::task::spawn_blocking(work).await,
    }
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

    #[test]
    fn who_gives_way_has_all_items_in_order() {
        for after in 1..5 {
            let items = || giving_way(0..10, after).collect::<Vec<_>>();
            assert!(items() == Vec::from_iter(0..10) && in_background(items) == items());
        }
    }

    /// The thread of whoever begins a task, the one on which it begins, and the one on which it blocks.
    async fn began_here() -> [thread::ThreadId; 3] {
        let (seen, ended) = oneshot::channel();
        begin_here(
            &Handle::current(),
            Box::pin(async move {
                let began = thread::current().id();
                seen.send([began, run(|| thread::current().id()).await.unwrap()]).unwrap();
            }),
        );
        let own = thread::current().id();
        let [began, blocked] = ended.await.unwrap();
        [own, began, blocked]
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_worker_that_can_be_replaced_blocks_for_what_is_begun_on_it() {
        let [own, began, blocked] = tokio::spawn(began_here()).await.unwrap();
        assert!(began == own && blocked == own);
        // The one that waits for the runtime to be done with everything is none of its workers.
        let [own, began, blocked] = began_here().await;
        assert!(began != own && blocked == began);
    }

    #[tokio::test]
    async fn what_is_begun_on_the_only_thread_of_a_runtime_is_begun_on_one_that_may_block_and_stays_there() {
        let [own, began, blocked] = began_here().await;
        assert!(began != own && blocked == began);
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
                    seen.send(USE.get() == Use::Blocking).unwrap();
                }),
            );
            // Else this would never be said.
            go.send(()).unwrap();
            (ended.await.unwrap(), USE.get() == Use::Blocking)
        });
        assert_eq!(lent.await.unwrap(), (false, false));
    }

    #[tokio::test]
    async fn what_is_begun_beside_stays_with_its_caller_until_it_blocks_and_then_leaves_him() {
        let (seen, all) = oneshot::channel();
        let (go, goes_on) = std::sync::mpsc::channel::<()>();
        let (first, began) = std::sync::mpsc::channel();
        let task = async move {
            first.send(thread::current().id()).unwrap();
            let blocked = run(move || goes_on.recv().map(|()| thread::current().id())).await.unwrap();
            seen.send((blocked.unwrap(), thread::current().id())).unwrap();
        };
        begin_beside(&Handle::current(), Box::pin(task));
        let began = began.try_recv().unwrap();
        // Else it would wait for ever.
        go.send(()).unwrap();
        let (blocked, after) = all.await.unwrap();
        let own = thread::current().id();
        assert!(began == own && blocked != own && after == blocked);
    }

    #[tokio::test]
    async fn what_is_begun_beside_and_does_not_block_is_done_at_once() {
        let (seen, mut ended) = oneshot::channel();
        begin_beside(&Handle::current(), Box::pin(async move { seen.send(thread::current().id()).unwrap() }));
        assert_eq!(ended.try_recv().unwrap(), thread::current().id());
    }

    /// Whether what blocks is run on the spot, by whoever waits: at first, when it was waited for something else, and
    /// twice once the thread is left.
    async fn lent() -> [bool; 4] {
        async fn on_the_spot() -> bool {
            let asks = tokio::task::try_id();
            run(tokio::task::try_id).await.unwrap() == asks
        }
        let blocks = lending(async {
            let first = on_the_spot().await;
            tokio::task::yield_now().await;
            let again = on_the_spot().await;
            leave().await;
            let left = on_the_spot().await;
            tokio::task::yield_now().await;
            [first, again, left, on_the_spot().await]
        });
        blocks.await
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_lent_thread_does_what_blocks_until_it_is_given_back() {
        assert_eq!(tokio::spawn(lent()).await.unwrap(), [true, true, false, false]);
    }

    #[tokio::test]
    async fn the_only_thread_of_a_runtime_is_not_lent() {
        assert_eq!(tokio::spawn(lent()).await.unwrap(), [false; 4]);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_lent_thread_is_replaced_while_it_blocks() {
        let (go, goes_on) = std::sync::mpsc::channel::<()>();
        let lending = tokio::spawn(lending(run(move || goes_on.recv().is_ok())));
        // The other worker is kept as well, until somebody has run what comes after.
        let (tell, told) = std::sync::mpsc::channel::<()>();
        let other = tokio::spawn(async move { here(|| told.recv().is_ok()) });
        tokio::spawn(async move { tell.send(()).unwrap() }).await.unwrap();
        assert!(other.await.unwrap());
        go.send(()).unwrap();
        assert!(lending.await.unwrap().unwrap());
    }
}
