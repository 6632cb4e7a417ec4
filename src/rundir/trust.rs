//! Whether somebody else can change what we do by a directory or a record: whose it is, and who may write it.
//!
//! What an engine finds in its directory tells it what to launch and whom to signal. So whoever can write there has commands
//! run, and processes ended, as the user of the engine. A directory or a record is trusted if it belongs to us or to root, who
//! can do all that anyway, and if nobody else may write it. A person may say that others are to be trusted
//! (`--trust-directory`).
//!
//! The awkward truth: directories above the experiment directory are not asked. Whoever can write there can put another one in
//! its place, which is then refused for its owner.

use std::fs::Metadata;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use nix::unistd::{Group, User, geteuid};
use rustix::fs::{CWD, Mode, OFlags, fstat, getxattr, openat};
use rustix::io::Errno;

use super::named::{DESCRIPTORS, as_named};
use crate::text::shell;

/// Root, who can overrule whatever is decided here.
const ROOT: u32 = 0;

/// The bits of a mode that let the group and all others write.
const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;

/// Where the kernel keeps who else may do what with a file (acl(5)). Such a list shows as rights of the group.
const ACCESS_LIST: &str = "system.posix_acl_access";

/// What this process does with what it reads. Said once, by whoever parses the command line or opens an engine.
static STANCE: AtomicU8 = AtomicU8::new(LOOKS);
const LOOKS: u8 = 0;
const ACTS: u8 = 1;
const TRUSTS_ALL: u8 = 2;

/// From now on this process acts by what it reads, so it believes no record that somebody else can have written. One that only
/// looks may read whatever a colleague shows.
pub fn act() {
    _ = STANCE.compare_exchange(LOOKS, ACTS, Ordering::Relaxed, Ordering::Relaxed);
}

/// A person says that whoever can write the directory is to be trusted.
pub fn trust_all() {
    STANCE.store(TRUSTS_ALL, Ordering::Relaxed);
}

/// Whether a person has said so.
pub(crate) fn trusts_all() -> bool {
    STANCE.load(Ordering::Relaxed) == TRUSTS_ALL
}

/// Why somebody else can change something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// It belongs to another user.
    #[error("belongs to {}{}", user_name(*.0), if geteuid().is_root() { ", and what stands in it would be done as root" } else { "" })]
    Owner(u32),
    /// Its mode lets all users write.
    #[error("can be written by all users (mode {0:04o})")]
    Others(u32),
    /// Its mode lets a group write, or a list of access rights names others.
    #[error("can be written by {} or by others that have rights of their own there (mode {mode:04o})", group_name(*group))]
    Group {
        /// The group.
        group: u32,
        /// The mode.
        mode: u32,
    },
}

/// What is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The experiment directory.
    Experiment,
    /// A directory in it.
    Inside,
    /// A record, or a link.
    Record,
    /// The directory of a demo.
    Demo,
}

/// Something that is not trusted, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.in_words())]
pub struct Untrusted {
    /// What it is.
    pub what: What,
    /// Where it is.
    pub path: PathBuf,
    /// Why it is not trusted.
    pub doubt: Doubt,
}

impl Untrusted {
    fn in_words(&self) -> String {
        let Self { what, path, doubt } = self;
        let (kind, path) = (if *what == What::Record { "record" } else { "directory" }, path);
        let quoted = shell::quote(&path.to_string_lossy());
        let (why, other) = match what {
            What::Experiment => ("can have commands run as you", "take another `outdir:`, or pass `--trust-directory`"),
            What::Inside => ("can have commands run as you", "move it away, or pass `--trust-directory`"),
            What::Record => ("can have processes of yours ended", "remove it, or pass `--trust-directory`"),
            What::Demo => ("can have commands run as you", "name another directory"),
        };
        let mend = match doubt {
            Doubt::Owner(_) => String::new(),
            Doubt::Others(_) | Doubt::Group { .. } => format!("`chmod go-w {quoted}`, "),
        };
        format!("the {kind} {} {doubt}, and whoever can write it {why}; {mend}{other}", path.display())
    }
}

impl From<Untrusted> for io::Error {
    fn from(untrusted: Untrusted) -> Self {
        Self::other(untrusted)
    }
}

/// Checks a directory that is held by a descriptor: what is asked is what will be used, whatever has its name.
pub(crate) fn check_held(directory: impl AsFd, name: &Path, what: What) -> io::Result<()> {
    let directory = directory.as_fd();
    if trusts_all() {
        return Ok(());
    }
    let meta = fstat(directory)?;
    let path = Path::new(DESCRIPTORS).join(directory.as_raw_fd().to_string());
    let doubt = doubt(meta.st_uid, meta.st_gid, meta.st_mode, || has_access_list(&path));
    refuse(doubt, name, what).map_err(io::Error::from)
}

/// Checks the directory that a path leads to.
pub(crate) fn check_path(path: &Path, what: What) -> io::Result<()> {
    check_held(openat(CWD, path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?, path, what)
}

/// Checks what is known of a file, a directory or a link in a directory that nobody else can write.
pub(crate) fn check(meta: &Metadata, path: &Path, what: What) -> Result<(), Untrusted> {
    if trusts_all() {
        return Ok(());
    }
    // Every link says that all can write it.
    let mode = if meta.is_symlink() { 0 } else { meta.mode() };
    refuse(doubt(meta.uid(), meta.gid(), mode, || has_access_list(path)), path, what)
}

/// Checks a record that is open, if this process acts by what it reads.
pub(super) fn check_record(meta: &Metadata, path: &Path) -> io::Result<()> {
    if STANCE.load(Ordering::Relaxed) != ACTS {
        return Ok(());
    }
    Ok(check(meta, path, What::Record)?)
}

/// Whether this process believes what stands in such a file: it only looks, or nobody else can have written it.
pub(super) fn believes(owner: u32, group: u32, mode: u32, path: &Path) -> bool {
    STANCE.load(Ordering::Relaxed) != ACTS || doubt(owner, group, mode, || has_access_list(path)).is_none()
}

fn refuse(doubt: Option<Doubt>, path: &Path, what: What) -> Result<(), Untrusted> {
    doubt.map_or(Ok(()), |doubt| Err(Untrusted { what, path: as_named(path), doubt }))
}

fn doubt(owner: u32, group: u32, mode: u32, has_access_list: impl FnOnce() -> bool) -> Option<Doubt> {
    let mode = mode & 0o7777;
    if owner != ROOT && owner != geteuid().as_raw() {
        return Some(Doubt::Owner(owner));
    }
    if mode & OTHERS_WRITE != 0 {
        return Some(Doubt::Others(mode));
    }
    let is_shared = mode & GROUP_WRITES != 0 && (private_group() != Some(group) || has_access_list());
    is_shared.then_some(Doubt::Group { group, mode })
}

/// Whether a list names others who may write. Where that cannot be told, one may be there.
fn has_access_list(path: &Path) -> bool {
    let mut nothing: [u8; 0] = [];
    !matches!(getxattr(path, ACCESS_LIST, &mut nothing), Ok(0) | Err(Errno::NODATA | Errno::NOTSUP))
}

/// The group that is this user's alone, as many systems make one for each user and have its umask let that group write: the
/// primary one, with the name of the user and no other members. Whose primary group it is besides cannot be asked, so the name
/// has to tell it from a `users` that all share.
fn private_group() -> Option<u32> {
    static GROUP: OnceLock<Option<u32>> = OnceLock::new();
    *GROUP.get_or_init(|| {
        let user = User::from_uid(geteuid()).ok()??;
        let group = Group::from_gid(user.gid).ok()??;
        let is_alone = group.name == user.name && group.mem.iter().all(|member| *member == user.name);
        is_alone.then_some(group.gid.as_raw())
    })
}

fn user_name(uid: u32) -> String {
    let name = User::from_uid(uid.into()).ok().flatten().map(|user| user.name);
    name.map_or_else(|| format!("user {uid}"), |name| format!("user {uid} ({name})"))
}

fn group_name(gid: u32) -> String {
    let name = Group::from_gid(gid.into()).ok().flatten().map(|group| group.name);
    name.map_or_else(|| format!("group {gid}"), |name| format!("group {gid} ({name})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_or_roots_and_nobody_else_may_write_is_trusted() {
        let me = geteuid().as_raw();
        let stranger = me + 4343;
        let plain = |owner, mode| doubt(owner, stranger, mode, || false);
        for owner in [me, ROOT] {
            for mode in [0o755, 0o700, 0o2755, 0o1755, 0o555] {
                assert_eq!(plain(owner, mode), None, "{owner} {mode:o}");
            }
            for mode in [0o777, 0o1777, 0o702, 0o757] {
                assert_eq!(plain(owner, mode), Some(Doubt::Others(mode)), "a sticky one can be filled by all, too");
            }
            assert_eq!(plain(owner, 0o2775), Some(Doubt::Group { group: stranger, mode: 0o2775 }));
        }
        assert_eq!(plain(stranger, 0o700), Some(Doubt::Owner(stranger)));
    }

    #[test]
    fn a_group_of_ones_own_may_write_unless_a_list_names_others() {
        let Some(group) = private_group() else { return };
        let me = geteuid().as_raw();
        assert_eq!(doubt(me, group, 0o775, || false), None);
        assert_eq!(doubt(me, group, 0o775, || true), Some(Doubt::Group { group, mode: 0o775 }));
    }

    #[test]
    fn the_way_out_is_told_with_the_reason() {
        let path = PathBuf::from("/scratch/our sweep");
        let told = |what, doubt| Untrusted { what, path: path.clone(), doubt }.to_string();
        let open = told(What::Experiment, Doubt::Others(0o1777));
        assert!(open.contains("mode 1777") && open.contains("`chmod go-w '/scratch/our sweep'`"), "{open}");
        let foreign = told(What::Experiment, Doubt::Owner(4343));
        assert!(foreign.contains("user 4343") && !foreign.contains("chmod"), "{foreign}");
        for told in [open, foreign] {
            assert!(told.contains("`outdir:`") && told.contains("`--trust-directory`"), "{told}");
        }
    }
}
