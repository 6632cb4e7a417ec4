//! The same look at thousands of directories, on a few threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

/// Threads at most. Each may hold a whole dump in memory, and a disk that answers slowly is waited for by all of them at once.
const MOST: usize = 8;

/// For fewer than so many each no thread is made: it costs more than it saves.
const LEAST_EACH: usize = 8;

/// Does `work` for each number below `count`, in any order, and gives the answers in theirs. What was not begun before `until` has
/// none. Where there may be no further thread, this one does all of it.
pub(crate) fn for_each<T: Send>(
    count: usize,
    until: Option<Instant>,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<Option<T>> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, T)>> = Mutex::new(Vec::with_capacity(count));
    let run = || {
        let mut own = Vec::new();
        while until.is_none_or(|until| Instant::now() < until) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                break;
            }
            own.push((at, work(at)));
        }
        // A thread that panicked takes this one with it when they join, so that nothing half done is seen.
        done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).append(&mut own);
    };
    // Two where there is one core: one reads while the other waits for the disk.
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get).clamp(2, MOST);
    let threads = cores.min(count / LEAST_EACH);
    thread::scope(|scope| {
        for _ in 1..threads {
            if thread::Builder::new().spawn_scoped(scope, run).is_err() {
                break;
            }
        }
        run();
    });
    let mut answers: Vec<Option<T>> = (0..count).map(|_| None).collect();
    for (at, answer) in done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        if let Some(slot) = answers.get_mut(at) {
            *slot = Some(answer);
        }
    }
    answers
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_answer_stands_in_its_place() {
        for count in [0, 1, 7, 1000] {
            let answers = for_each(count, None, |at| at * 2);
            assert_eq!(answers, (0..count).map(|at| Some(at * 2)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_was_not_come_to_in_time_has_no_answer() {
        let now = Instant::now();
        assert_eq!(for_each(3, Some(now), |at| at), [None; 3]);
        assert_eq!(for_each(2, Some(now + Duration::from_hours(1)), |at| at), [Some(0), Some(1)]);
    }
}
