//! Work on many things that do not depend on one another, on all processors.

use std::thread;

/// The most threads at once.
const THREADS: usize = 4;
/// For how many things a thread pays.
const PAYS: usize = 128;

/// How many threads pay for so many things.
fn threads(things: usize) -> usize {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    processors.min(THREADS).min(things / PAYS).max(1)
}

/// What becomes of each of them, in their order; the first failure in that order, if there is one.
///
/// # Errors
/// What `work` fails with.
pub(super) fn mapped<T: Sync, R: Send, E: Send>(
    things: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let each = things.len().div_ceil(threads(things.len())).max(1);
    let work = &work;
    let of_some = |some: &[T]| some.iter().map(work).collect::<Result<Vec<R>, E>>();
    let mut parts = things.chunks(each);
    let Some(first) = parts.next() else { return Ok(Vec::new()) };
    thread::scope(|scope| {
        let others: Vec<_> = parts.map(|part| scope.spawn(move || of_some(part))).collect();
        let mut all = of_some(first);
        for other in others {
            // A panic there goes on here.
            let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            if let Ok(all) = &mut all {
                match other {
                    Ok(other) => all.extend(other),
                    Err(error) => return Err(error),
                }
            }
        }
        all
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn what_becomes_of_each_stands_in_its_order_and_the_first_failure_is_told() {
        let things: Vec<usize> = (0..3 * PAYS + 1).collect();
        let doubled = mapped(&things, |thing| Ok::<_, ()>(2 * thing)).unwrap();
        assert!(doubled.iter().enumerate().all(|(at, double)| *double == 2 * at));
        assert_eq!(doubled.len(), things.len());
        let refused = mapped(&things, |thing| if *thing % 100 == 99 { Err(*thing) } else { Ok(()) });
        assert_eq!(refused, Err(99));
        assert_eq!(mapped(&[0; 0], |_| Ok::<_, ()>(())), Ok(Vec::new()));
    }
}
