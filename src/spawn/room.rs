//! How much memory and disk is left.

use std::io;
use std::path::Path;

use super::memory_group::{MemoryGroup, entry};
use crate::rundir::kernel_file;
use crate::rundir::room::Room;

/// Memory that new processes can have: of the machine, or of our control group where that has less left in proportion.
/// None where `/proc` does not tell.
pub(crate) fn memory() -> Option<Room> {
    let machine = machine_memory(&kernel_file::read(Path::new("/proc/meminfo")).ok()?);
    let group = MemoryGroup::own().and_then(|group| group.room());
    machine.into_iter().chain(group).min_by_key(|room| room.percent())
}

/// `MemAvailable` is the kernel's own estimate of what can be had without swapping (proc(5)).
fn machine_memory(meminfo: &str) -> Option<Room> {
    let kilobytes = |name: &str| {
        let rest = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        rest.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()
    };
    Some(Room { free: kilobytes("MemAvailable")? * 1024, total: kilobytes("MemTotal")? * 1024 })
}

/// Space on the filesystem of `path` that a user without privileges can write.
pub(crate) fn disk(path: &Path) -> io::Result<Room> {
    let stat = rustix::fs::statvfs(path)?;
    let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
    Ok(Room { free: bytes(stat.f_bavail), total: bytes(stat.f_blocks) })
}

/// How often the kernel has killed a process of this machine because memory ran out (Linux 4.13 and later).
pub(crate) fn machine_oom_kills() -> Option<u64> {
    entry(&kernel_file::read(Path::new("/proc/vmstat")).ok()?, "oom_kill")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn available_memory_is_what_the_kernel_says_and_not_what_is_unused() {
        let text = "MemTotal:       32000 kB\nMemFree:          100 kB\nMemAvailable:    8000 kB\n";
        let room = machine_memory(text).unwrap();
        assert_eq!((room.free, room.total, room.percent()), (8000 * 1024, 32000 * 1024, 25));
        assert_eq!(machine_memory("MemTotal: x kB"), None);
    }

    #[test]
    fn this_machine_has_memory_and_a_disk() {
        let room = memory().unwrap();
        assert!(room.free > 0 && room.free <= room.total, "{room:?}");
        let room = disk(Path::new("/")).unwrap();
        assert!(room.free <= room.total && room.total > 0, "{room:?}");
        assert_eq!(Room { free: 0, total: 0 }.percent(), 0);
    }
}
