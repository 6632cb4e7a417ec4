//! A control group for one process tree (cgroups(7), version 2): the one boundary that no process leaves by itself.
//!
//! A tree is found by parents, and a shim is a subreaper, so nothing of it is lost while its shim lives. When the shim is
//! killed, a process in a session of its own with a parent that has ended is nobody's child any more. Where this user may make
//! control groups, as in a container, in a batch job, or under `systemd-run --user --scope -p Delegate=yes`, every tree gets a
//! group: then it is found whole also after that.
//!
//! The awkward truth: an ordinary login may not make groups. Then sessions and the subreaper are all there is, and the
//! record of the attempt names no group.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::stat::Stat;
use crate::rundir::kernel_file;
use crate::rundir::record::Identity;

/// Where systems mount version 2, alone or beside version 1.
const MOUNTS: [&str; 2] = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];

/// What the names of our groups begin with. Nothing else is ever read or killed by its path.
const PREFIX: &str = "gem5-tui-";

/// A process that has just ended leaves its group a moment later: a second in all is tried.
const REMOVE_TRIES: u32 = 100;

/// Before the second of those tries; it doubles up to [`REMOVE_LONGEST`].
const REMOVE_AGAIN: Duration = Duration::from_micros(100);

/// Between two of those tries at most.
const REMOVE_LONGEST: Duration = Duration::from_millis(10);

/// A group that was made for one tree.
#[derive(Debug)]
pub(crate) struct TreeGroup {
    dir: PathBuf,
}

impl TreeGroup {
    /// Makes the group called `name` below the one of this process. None where that is not allowed.
    pub(crate) fn make(name: &str) -> Option<Self> {
        let dir = own_group()?.join(format!("{PREFIX}{name}"));
        fs::create_dir(&dir).ok()?;
        Some(Self { dir })
    }

    /// The group's directory.
    pub(crate) fn path(&self) -> &Path {
        &self.dir
    }

    /// The file to which a process writes `0` to enter the group.
    pub(crate) fn door(&self) -> io::Result<File> {
        OpenOptions::new().write(true).open(self.dir.join("cgroup.procs"))
    }
}

/// The processes in the group at `dir` and in groups below it; none if it is no group of ours or not there any more. An
/// error is one of looking, such as too few descriptors.
pub(crate) fn processes(dir: &Path) -> io::Result<Vec<i32>> {
    let mut found = Vec::new();
    let mut dirs = if is_ours(dir) { vec![dir.to_owned()] } else { Vec::new() };
    while let Some(dir) = dirs.pop() {
        let looked =
            kernel_file::read(&dir.join("cgroup.procs")).and_then(|listing| Ok((listing, fs::read_dir(&dir)?)));
        let (listing, below) = match looked {
            Ok(looked) => looked,
            // Removed, which only an empty one can be; the second is what reading from a group that is going says.
            Err(error) if is_gone(&error) => continue,
            Err(error) => return Err(error),
        };
        found.extend(listing.lines().filter_map(|line| line.parse::<i32>().ok()));
        let below = below.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        dirs.extend(below.map(|entry| entry.path()));
    }
    Ok(found)
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(nix::libc::ENODEV)
}

/// Kills every process of the group at once, also those that are being forked. Kernels before 5.14 do not know it, and none
/// reaches a process whose main thread has ended (`cgroup_kill` signals main threads); signals to each of them have to do.
pub(crate) fn kill(dir: &Path) {
    if is_ours(dir) {
        // Gone already, or not known here.
        _ = fs::write(dir.join("cgroup.kill"), "1");
    }
}

/// Removes the group at `dir`, whose processes have ended.
pub(crate) fn remove(dir: &Path) {
    if !is_ours(dir) {
        return;
    }
    let mut pause = REMOVE_AGAIN;
    for _ in 0..REMOVE_TRIES {
        match fs::remove_dir(dir) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(REMOVE_LONGEST);
            }
            // What a script has made below it, or somebody holds, is left to them.
            _ => return,
        }
    }
}

/// Removes the group that a killed shim has left of its tree, if nothing is in it. Says whether it was there.
///
/// The path comes from a record that anybody may have put there, so it must be the name that this shim gave it.
pub(crate) fn remove_left(dir: &Path, shim: &Identity) -> bool {
    let is_of_shim = dir.file_name().is_some_and(|name| name.to_str() == Some(&format!("{PREFIX}{}", name_for(shim))));
    is_ours(dir) && is_of_shim && fs::remove_dir(dir).is_ok()
}

/// What the group of the tree of a shim is called, behind what all of ours begin with.
pub(crate) fn name_for(shim: &Identity) -> String {
    format!("{}-{}", shim.pid, shim.start_ticks)
}

/// Removes the groups beside our own processes whose shims are gone, and in which nothing is. They were killed before they had
/// recorded anything. Returns how many there were.
pub(crate) fn remove_orphans() -> usize {
    let Some(own) = own_group() else { return 0 };
    let names =
        fs::read_dir(&own).into_iter().flatten().flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let is_orphan = |name: &String| {
        let numbers = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('-'));
        let shim = numbers.and_then(|(pid, ticks)| Some((pid.parse::<i32>().ok()?, ticks.parse::<u64>().ok()?)));
        // A process that cannot be looked at may be the one.
        shim.is_some_and(|(pid, ticks)| match Stat::read(pid) {
            Ok(stat) => stat.start_ticks != ticks,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        })
    };
    names.filter(is_orphan).filter(|name| fs::remove_dir(own.join(name)).is_ok()).count()
}

/// The group of this process.
fn own_group() -> Option<PathBuf> {
    let listing = kernel_file::read(Path::new("/proc/self/cgroup")).ok()?;
    let own = listing.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let mounted = |mount: &&&str| Path::new(mount).join("cgroup.controllers").exists();
    Some(Path::new(MOUNTS.iter().find(mounted)?).join(own))
}

/// Whether a path, which comes from a record, can be a group that we have made.
fn is_ours(dir: &Path) -> bool {
    let is_named = dir.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
    let is_plain = dir.components().all(|part| !matches!(part, std::path::Component::ParentDir));
    is_named && is_plain && dir.starts_with(MOUNTS[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_group_but_ours_is_ever_read_or_killed() {
        for path in ["/sys/fs/cgroup", "/sys/fs/cgroup/user.slice", "/tmp/gem5-tui-1", "/sys/fs/cgroup/../gem5-tui-1"] {
            assert!(!is_ours(Path::new(path)), "{path}");
            assert!(processes(Path::new(path)).unwrap().is_empty());
        }
        assert!(is_ours(Path::new("/sys/fs/cgroup/unified/a.scope/gem5-tui-12-34")));
    }

    #[test]
    fn a_group_is_made_filled_and_removed_where_that_is_allowed() {
        let Some(group) = TreeGroup::make(&format!("test-{}", std::process::id())) else { return };
        let dir = group.path().to_owned();
        let mut child = std::process::Command::new("sleep").arg("600").spawn().unwrap();
        fs::write(dir.join("cgroup.procs"), child.id().to_string()).unwrap();
        assert_eq!(processes(&dir).unwrap(), [child.id().cast_signed()]);
        kill(&dir);
        child.wait().unwrap();
        remove(&dir);
        assert!(!dir.exists());
    }
}
