//! The control group that limits this process's memory (cgroups(7)).
//!
//! A batch system, a container or a service manager puts a login into a group with a memory limit of its own. When the
//! group is full the kernel kills inside it, however much memory the machine has left, and counts that. Version 2 is
//! what new systems have; version 1 is still common on clusters, and both can be mounted at once.

use std::path::{Path, PathBuf};

use crate::rundir::kernel_file;
use crate::rundir::room::Room;

/// Where systems mount control groups.
const MOUNT: &str = "/sys/fs/cgroup";

/// 2^60: version 1 says "no limit" with a number near 2^63, rounded to pages.
const NO_LIMIT: u64 = 1 << 60;

/// The memory group of a process, and the groups around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MemoryGroup {
    files: &'static Files,
    /// The group itself, then the one around it, up to the outermost that can be seen from here.
    dirs: Vec<PathBuf>,
}

/// What the files of a version are called.
#[derive(Debug, PartialEq, Eq)]
struct Files {
    /// Holds a line `oom_kill N`. Version 1 has it since Linux 4.13.
    kills: &'static str,
    limit: &'static str,
    used: &'static str,
    /// In `memory.stat`: pages of files, which the kernel takes back when it needs them.
    cache: [&'static str; 2],
}

const VERSION_2: Files = Files {
    kills: "memory.events",
    limit: "memory.max",
    used: "memory.current",
    cache: ["inactive_file", "active_file"],
};

const VERSION_1: Files = Files {
    kills: "memory.oom_control",
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    cache: ["total_inactive_file", "total_active_file"],
};

impl MemoryGroup {
    /// The group of this process; none where the system has no such groups.
    pub(crate) fn own() -> Option<Self> {
        Self::find(&kernel_file::read(Path::new("/proc/self/cgroup")).ok()?, Path::new(MOUNT))
    }

    /// `listing` is the text of `/proc/self/cgroup`: lines `number:controllers:path`, version 2 with no controllers.
    fn find(listing: &str, mount: &Path) -> Option<Self> {
        let mut places = Vec::new();
        for line in listing.lines() {
            let mut fields = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
            let path = Path::new(path.trim_start_matches('/'));
            if controllers.is_empty() {
                places.push((&VERSION_2, mount.to_owned(), path));
                places.push((&VERSION_2, mount.join("unified"), path));
            } else if controllers.split(',').any(|controller| controller == "memory") {
                places.push((&VERSION_1, mount.join("memory"), path));
            }
        }
        places.into_iter().find_map(|(files, mount, path)| {
            // Not every group has the controller; its processes are then counted in the next one around it. Inside
            // a container the path may be the one that the host sees, of which only the mount itself exists here.
            let around = path.ancestors().map(|path| mount.join(path));
            let dirs: Vec<PathBuf> = around.filter(|dir| dir.join(files.kills).is_file()).collect();
            (!dirs.is_empty()).then_some(Self { files, dirs })
        })
    }

    /// How often the kernel has killed a process of the group because memory ran out.
    pub(crate) fn oom_kills(&self) -> Option<u64> {
        entry(&kernel_file::read(&self.dirs.first()?.join(self.files.kills)).ok()?, "oom_kill")
    }

    /// What is left of the tightest limit around; none if there is no limit.
    pub(crate) fn room(&self) -> Option<Room> {
        self.dirs.iter().filter_map(|dir| self.room_in(dir)).min_by_key(|room| room.free)
    }

    fn room_in(&self, dir: &Path) -> Option<Room> {
        let number = |name: &str| kernel_file::read(&dir.join(name)).ok()?.trim().parse::<u64>().ok();
        // Version 2 says "no limit" with the word `max`, which is no number.
        let total = number(self.files.limit).filter(|&limit| limit < NO_LIMIT)?;
        let stat = kernel_file::read(&dir.join("memory.stat")).unwrap_or_default();
        let cache: u64 = self.files.cache.iter().filter_map(|name| entry(&stat, name)).sum();
        let used = number(self.files.used)?.saturating_sub(cache);
        Some(Room { free: total.saturating_sub(used), total })
    }
}

/// The number of the line `name number`.
pub(super) fn entry(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn write(dir: &Path, files: &[(&str, &str)]) {
        fs::create_dir_all(dir).unwrap();
        for (name, text) in files {
            fs::write(dir.join(name), text).unwrap();
        }
    }

    #[test]
    fn the_tightest_limit_around_counts_and_file_cache_is_free() {
        let mount = tempfile::tempdir().unwrap();
        let outer = mount.path().join("user.slice");
        let events = ("memory.events", "low 0\nhigh 0\nmax 9\noom 4\noom_kill 3\n");
        write(&outer, &[events, ("memory.max", "1000\n"), ("memory.current", "900\n")]);
        write(&outer, &[("memory.stat", "anon 500\ninactive_file 100\nactive_file 200\n")]);
        let own = outer.join("login.scope");
        write(&own, &[("memory.events", "oom_kill 2\n"), ("memory.max", "max\n"), ("memory.current", "800\n")]);
        let group = MemoryGroup::find("0::/user.slice/login.scope/leaf\n", mount.path()).unwrap();
        assert_eq!(group.oom_kills(), Some(2), "the leaf has no memory controller, so the scope counts");
        assert_eq!(group.room(), Some(Room { free: 400, total: 1000 }));
    }

    #[test]
    fn version_1_is_read_where_version_2_has_no_memory_controller() {
        let mount = tempfile::tempdir().unwrap();
        let own = mount.path().join("memory/slurm/job_7");
        write(&own, &[("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n")]);
        write(&own, &[("memory.limit_in_bytes", "9223372036854771712\n"), ("memory.usage_in_bytes", "5\n")]);
        let listing = "9:name=systemd:/\n4:cpu,memory:/slurm/job_7\n0::/\n";
        let group = MemoryGroup::find(listing, mount.path()).unwrap();
        assert_eq!((group.oom_kills(), group.room()), (Some(1), None));
    }

    #[test]
    fn a_system_without_groups_or_with_garbage_has_none() {
        let mount = tempfile::tempdir().unwrap();
        for listing in ["", ":", "0::/a", "x:memory", "4:memory:/../..\n"] {
            assert_eq!(MemoryGroup::find(listing, mount.path()), None, "{listing:?}");
        }
    }
}
