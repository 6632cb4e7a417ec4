//! The processes below one, by the kernel's own lists of children (`/proc/PID/task/TID/children`, proc(5)): what a look costs is a
//! matter of the tree and not of the machine.
//!
//! The awkward truth: such a list is complete only as long as nobody in it ends. When a process ends, its children become those of
//! another one, whose list was read before; and whoever is taken from a list while it is read has the next one passed over. So each
//! process is looked at again after its list was read, and if one has ended on the way, all is read anew.

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;
use std::sync::OnceLock;
use std::{fs, io};

use super::stat::Stat;
use crate::rundir::kernel_file;

/// So often a tree is read in which processes end. Whoever ends more of them in that time is left to a scan of all processes.
const TRIES: u32 = 8;

/// The process `root` and all below it, parents before their children. None if that cannot be told in this way: the kernel has no
/// such lists (before 3.5, or without `CONFIG_PROC_CHILDREN`), or too much happens.
pub(super) fn of(root: i32) -> Option<Vec<Stat>> {
    if !are_listed() {
        return None;
    }
    // Who had ended before a look is not waited for: a zombie may stay for as long as its parent likes.
    let mut ended = BTreeSet::new();
    for _ in 0..TRIES {
        let look = Look::at(root).ok()?;
        if look.ended.is_subset(&ended) {
            return Some(look.found);
        }
        ended = look.ended;
    }
    None
}

/// What was seen of a tree.
#[derive(Default)]
struct Look {
    found: Vec<Stat>,
    /// Who has ended before it was looked at, or while its children were.
    ended: BTreeSet<i32>,
}

impl Look {
    fn at(root: i32) -> io::Result<Self> {
        let mut look = Self::default();
        // A number is met twice only if it was given to somebody else meanwhile.
        let mut seen = BTreeSet::from([root]);
        let mut queue = VecDeque::from([root]);
        while let Some(pid) = queue.pop_front() {
            let children = children(pid)?;
            // After its children: had it ended before they were read, they would be somebody else's by now.
            match Stat::read(pid) {
                Ok(stat) if stat.is_ended() => {
                    look.ended.insert(pid);
                    look.found.push(stat);
                }
                Ok(stat) => {
                    look.found.push(stat);
                    queue.extend(children.into_iter().filter(|child| seen.insert(*child)));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => _ = look.ended.insert(pid),
                Err(error) => return Err(error),
            }
        }
        Ok(look)
    }
}

/// The children of all threads of a process; none once it has ended.
fn children(pid: i32) -> io::Result<Vec<i32>> {
    let mut threads = threads(pid)?;
    for _ in 0..TRIES {
        let mut found = Vec::new();
        for thread in &threads {
            let listing = existing(kernel_file::read(Path::new(&format!("/proc/{pid}/task/{thread}/children"))))?;
            found
                .extend(listing.unwrap_or_default().split_ascii_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
        }
        // One that ends leaves its children to another one, whose list may have been read before.
        let before = match threads.len() {
            0 | 1 => return Ok(found),
            _ => std::mem::replace(&mut threads, self::threads(pid)?),
        };
        if before.is_subset(&threads) {
            return Ok(found);
        }
    }
    Err(io::Error::other("its threads end faster than they can be looked at"))
}

fn threads(pid: i32) -> io::Result<BTreeSet<i32>> {
    let Some(listing) = existing(fs::read_dir(format!("/proc/{pid}/task")))? else { return Ok(BTreeSet::new()) };
    let mut found = BTreeSet::new();
    for entry in listing {
        // It may end while its threads are listed.
        let Some(entry) = existing(entry)? else { break };
        found.extend(entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()));
    }
    Ok(found)
}

/// None for what has ended.
fn existing<T>(looked: io::Result<T>) -> io::Result<Option<T>> {
    match looked {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.raw_os_error() == Some(nix::libc::ESRCH) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the kernel lists children.
fn are_listed() -> bool {
    static LISTED: OnceLock<bool> = OnceLock::new();
    *LISTED.get_or_init(|| Path::new("/proc/thread-self/children").exists())
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use super::*;

    fn shell(script: &str) -> Child {
        Command::new("sh").args(["-c", script]).stdin(Stdio::null()).spawn().unwrap()
    }

    /// Who lives below `root`, with it, once there are so many.
    fn living(root: &Child, many: usize) -> Vec<Stat> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let mut found = of(root.id().cast_signed()).unwrap();
            found.retain(|stat| !stat.is_ended());
            if found.len() == many {
                return found;
            }
            assert!(Instant::now() < deadline, "{found:?}");
            std::thread::yield_now();
        }
    }

    fn end(found: &[Stat], mut root: Child) {
        for stat in found {
            // Who was its parent may not wait for it, and then it has ended all the same.
            _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(stat.pid), nix::sys::signal::Signal::SIGKILL);
        }
        root.wait().unwrap();
    }

    #[test]
    fn all_below_a_process_are_found_parents_before_their_children_and_nobody_else() {
        let root = shell("(sleep 600 & sleep 600 & wait) & sleep 600 & wait");
        let stranger = shell("exec sleep 600");
        let found = living(&root, 5);
        assert_eq!(found[0].pid, root.id().cast_signed());
        for (at, stat) in found.iter().enumerate().skip(1) {
            assert!(found[..at].iter().any(|parent| parent.pid == stat.ppid), "{found:?}");
        }
        assert!(found.iter().all(|stat| stat.pid != stranger.id().cast_signed()));
        end(&found, root);
        end(&living(&stranger, 1), stranger);
    }

    #[test]
    fn children_of_every_thread_are_found_and_a_child_that_nobody_waits_for_hides_none() {
        let (told, tell) = std::sync::mpsc::channel();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            let mut dead = shell("exit 0");
            let living = shell("exec sleep 600");
            told.send((dead.id(), living.id())).unwrap();
            wait.recv().unwrap();
            dead.wait().unwrap();
            end(&self::living(&living, 1), living);
        });
        let (dead, living) = tell.recv().unwrap();
        let own = std::process::id().cast_signed();
        let deadline = Instant::now() + Duration::from_secs(10);
        let is_dead = |stat: &Stat| stat.pid == dead.cast_signed() && stat.is_ended();
        let is_living = |stat: &Stat| stat.pid == living.cast_signed() && stat.ppid == own && !stat.is_ended();
        // Other tests start and end processes meanwhile, and then nothing is said.
        while !of(own).is_some_and(|found| found.iter().any(is_dead) && found.iter().any(is_living)) {
            assert!(Instant::now() < deadline);
        }
        go.send(()).unwrap();
        thread.join().unwrap();
    }

    #[test]
    fn nothing_is_below_what_has_ended() {
        let mut gone = shell("exit 0");
        gone.wait().unwrap();
        assert_eq!(of(gone.id().cast_signed()).unwrap(), []);
    }
}
