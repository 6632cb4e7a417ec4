//! Which file systems tell of every change.
//!
//! inotify(7) tells of what this kernel does to a file. On a file system that other machines write to as well it succeeds
//! and is silent about them, so only looking again helps there.

use std::path::Path;

use nix::sys::statfs::statfs;

use crate::failpoint::point;

/// File systems that only this kernel writes to, by their magic numbers (statfs(2), `linux/magic.h`).
const LOCAL: [u64; 17] = [
    0xef53,      // ext2, ext3, ext4
    0x5846_5342, // xfs
    0x9123_683e, // btrfs
    0x0102_1994, // tmpfs
    0x8584_58f6, // ramfs
    0x794c_7630, // overlayfs
    0x2fc1_2fc1, // zfs
    0xf2f5_2010, // f2fs
    0xca45_1a4e, // bcachefs
    0x3153_464a, // jfs
    0x5265_4973, // reiserfs
    0x3434,      // nilfs
    0x2011_bab0, // exfat
    0x4d44,      // vfat
    0x7366_746e, // ntfs3
    0xf15f,      // ecryptfs
    0x7371_7368, // squashfs
];

/// What people call those that others write to, or that a program of its own answers for.
const SHARED: [(u64, &str); 15] = [
    (0x6969, "nfs"),
    (0xff53_4d42, "cifs"),
    (0xfe53_4d42, "smb"),
    (0x6573_5546, "fuse"),
    (0x0bd0_0bd0, "lustre"),
    (0x4750_4653, "gpfs"),
    (0x1983_0326, "beegfs"),
    (0x00c3_6400, "ceph"),
    (0x0102_1997, "9p"),
    (0x5346_414f, "afs"),
    (0x0116_1970, "gfs2"),
    (0x7461_636f, "ocfs2"),
    (0x786f_4256, "vboxsf"),
    (0x2003_0528, "orangefs"),
    (0xaad7_aaea, "panfs"),
];

/// Those that lie on another one, which may be shared.
const STACKED: [u64; 2] = [0x794c_7630, 0xf15f];

/// Why changes below `path` may happen without a word from inotify; none if it tells of all of them. A file system that is
/// not known is not trusted.
pub fn hides_changes(path: &Path) -> Option<String> {
    match kind(path) {
        Ok(magic) if LOCAL.contains(&magic) => None,
        Ok(magic) => Some(match SHARED.iter().find(|(known, _)| *known == magic) {
            Some((_, name)) => format!("{name} does not tell of every change"),
            None => format!("its file system is not known to tell of every change (type {magic:#x})"),
        }),
        Err(error) => Some(format!("its file system cannot be told: {error}")),
    }
}

/// Whether nobody but this machine can have written below `path`, unless its disk was moved. What is not known is not believed.
pub(crate) fn is_of_one_machine(path: &Path) -> bool {
    kind(path).is_ok_and(|magic| LOCAL.contains(&magic) && !STACKED.contains(&magic))
}

/// The magic number of the file system at `path`.
fn kind(path: &Path) -> Result<u64, String> {
    point("filesystem.kind", path).map_err(|error| error.to_string())?;
    let kind = statfs(path).map_err(|errno| errno.desc().to_owned())?.filesystem_type();
    // The type differs between architectures; the numbers have 32 bits everywhere.
    Ok(kind.0 as u64 & 0xffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_makes_up_is_not_trusted_and_a_disk_is() {
        let why = hides_changes(Path::new("/proc")).expect("nobody is told when a process begins");
        assert!(why.contains("type 0x9fa0"), "{why}");
        assert!(hides_changes(Path::new("/nowhere/at/all")).is_some_and(|why| why.contains("cannot be told")));
        // The memory of this machine.
        assert_eq!(hides_changes(Path::new("/dev/shm")), None);
    }

    #[test]
    fn no_file_system_is_in_both_lists() {
        assert!(SHARED.iter().all(|(magic, _)| !LOCAL.contains(magic)));
    }
}
