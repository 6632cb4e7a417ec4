//! Processes of an inner PID namespace, such as those of a container, found from an outer one.
//!
//! A process has a number in its own namespace and in each one around it, and `NSpid` of proc(5) tells them all. From the
//! namespace in which the machine began every process is seen, so what is not found from there has ended. From any other, nobody
//! can say.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

use super::stat::Stat;
use crate::rundir::kernel_file;
use crate::rundir::machine::Machine;
use crate::rundir::record::Identity;

/// What is seen of a process of another namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// It has this number here.
    As(i32),
    /// It would be seen, and is not there any more.
    Ended,
    /// It may run where it is not seen from here.
    Unseen,
}

/// The processes that were found, so that what runs for days is not looked for in all of `/proc` twice a second. One that has
/// ended is forgotten at the next question.
static FOUND: Mutex<BTreeMap<(u64, i32, u64), i32>> = Mutex::new(BTreeMap::new());

/// Looks for a process of another namespace of this machine and boot.
pub(super) fn find(process: &Identity, here: &Machine) -> Seen {
    // Start times of another time namespace cannot be compared.
    let Some(namespace) = process.pid_ns.filter(|_| process.time_ns == here.time_ns) else { return Seen::Unseen };
    let key = (namespace, process.pid, process.start_ticks);
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    // With the same start time it is still the same one.
    let is_same = |pid: &i32| Stat::read(*pid).is_ok_and(|stat| stat.start_ticks == process.start_ticks);
    if let Some(pid) = found.get(&key).copied().filter(is_same) {
        return Seen::As(pid);
    }
    found.remove(&key);
    match look_for(process, namespace) {
        Ok(Some(pid)) => {
            found.insert(key, pid);
            Seen::As(pid)
        }
        Ok(None) if here.sees_all_namespaces() && hides_nobody() => Seen::Ended,
        Ok(None) | Err(_) => Seen::Unseen,
    }
}

fn look_for(process: &Identity, namespace: u64) -> io::Result<Option<i32>> {
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        let stat = match Stat::read(pid) {
            Ok(stat) => stat,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if stat.start_ticks == process.start_ticks && is_it(pid, process.pid, namespace) {
            return Ok(Some(pid));
        }
    }
    Ok(None)
}

/// Whether process `pid` is number `inner` of that namespace. Of another user's only the numbers can be read; a signal to it is
/// refused by the kernel.
fn is_it(pid: i32, inner: i32, namespace: u64) -> bool {
    let status = kernel_file::read(Path::new(&format!("/proc/{pid}/status"))).unwrap_or_default();
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:")).unwrap_or_default();
    // The first one is the number here, and the last one that in its own namespace.
    let in_its_own = numbers.split_ascii_whitespace().skip(1).last();
    in_its_own.and_then(|last| last.parse().ok()) == Some(inner)
        && fs::metadata(format!("/proc/{pid}/ns/pid")).map_or(true, |found| found.ino() == namespace)
}

/// Whether `/proc` shows the processes of other users (`hidepid` of proc(5)): the first one is root's.
fn hides_nobody() -> bool {
    Stat::read(1).is_ok()
}
