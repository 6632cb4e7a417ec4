//! Where an engine listens.
//!
//! Not in the experiment directory: that may be on a network filesystem, where sockets do not work, and its path may
//! be longer than the 108 bytes that a socket address holds (unix(7)).

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::rundir::record::Place;
use crate::text::human;

/// 107: the bytes of `sun_path` but the zero behind them (unix(7)).
const MAX_SOCKET_PATH: usize = 107;

/// The socket of the engine that holds the file at `lease` of the experiment in `outdir`, whose path must be absolute. Makes
/// the directory, private to this user, and refuses one that is not. Clients find the socket by the lease, so they need not
/// come to the same answer.
///
/// The path alone is not enough: when a directory is moved away and made anew, the engines of both live, and each would take
/// the socket from the other.
pub(crate) fn socket_path(outdir: &Path, lease: Option<Place>) -> io::Result<PathBuf> {
    let uid = nix::unistd::geteuid();
    // Links and `..` in the path must not give one experiment two sockets.
    let outdir = fs::canonicalize(outdir).unwrap_or_else(|_| outdir.to_owned());
    let mut digest = Sha256::new_with_prefix(outdir.as_os_str().as_encoded_bytes());
    if let Some(Place { device, inode }) = lease {
        digest.update(device.to_le_bytes());
        digest.update(inode.to_le_bytes());
    }
    let digest = digest.finalize();
    let name = format!("{}.sock", human::hex(&digest[..8]));
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let mut unusable = None;
    for dir in directories(runtime, &std::env::temp_dir(), uid.as_raw(), name.len()) {
        match make(&dir) {
            Ok(()) => {
                check_private(&dir, uid.as_raw())?;
                return Ok(dir.join(name));
            }
            // `TMPDIR` may name what a batch system has removed, or a disk that is full.
            Err(error) => {
                unusable.get_or_insert(error);
            }
        }
    }
    Err(unusable.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
}

/// Where the directory of all sockets of this user can be, the best place first: those whose path, with a name of `name_len`
/// bytes, a socket address can hold.
fn directories(runtime: Option<PathBuf>, temporary: &Path, uid: u32, name_len: usize) -> impl Iterator<Item = PathBuf> {
    let of_user = format!("gem5-tui-{uid}");
    let runtime = runtime.filter(|dir| dir.is_absolute() && dir.is_dir()).map(|dir| dir.join("gem5-tui"));
    let temporary = Some(temporary.join(&of_user)).filter(|dir| dir.is_absolute());
    let others = ["/tmp", "/var/tmp", "/dev/shm"].map(|dir| Path::new(dir).join(&of_user));
    let fits = move |dir: &PathBuf| dir.as_os_str().len() + 1 + name_len <= MAX_SOCKET_PATH;
    runtime.into_iter().chain(temporary).chain(others).filter(fits)
}

fn make(dir: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(io::Error::new(error.kind(), format!("could not make {}: {error}", dir.display())))
        }
        _ => Ok(()),
    }
}

fn check_private(dir: &Path, uid: u32) -> io::Result<()> {
    let meta = fs::symlink_metadata(dir)?;
    if !meta.is_dir() || meta.uid() != uid || meta.permissions().mode() & 0o077 != 0 {
        return Err(io::Error::other(format!(
            "{} is not a directory that only you can use; remove it, or set XDG_RUNTIME_DIR",
            dir.display()
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_whose_path_no_socket_address_holds_is_passed_over() {
        let place = tempfile::tempdir().unwrap();
        let long = place.path().join("x".repeat(107));
        fs::create_dir(&long).unwrap();
        let short = PathBuf::from("/t");
        let chosen = |runtime: Option<&Path>, temporary: &Path| {
            let mut fitting = directories(runtime.map(Path::to_owned), temporary, 7, 21);
            fitting.next().unwrap().display().to_string()
        };
        assert_eq!(chosen(Some(place.path()), &short), place.path().join("gem5-tui").display().to_string());
        assert_eq!(chosen(Some(&long), &short), "/t/gem5-tui-7");
        assert_eq!(chosen(Some(&long), &long), "/tmp/gem5-tui-7");
        for useless in ["relative", "/missing"] {
            assert_eq!(chosen(Some(Path::new(useless)), &short), "/t/gem5-tui-7");
        }
        // Exactly as long as may be, and one byte more.
        for (length, fits) in [(107 - 21 - 1 - "/gem5-tui-7".len(), true), (107 - 21 - "/gem5-tui-7".len(), false)] {
            let temporary = format!("/{}", "t".repeat(length - 1));
            let expected = if fits { format!("{temporary}/gem5-tui-7") } else { "/tmp/gem5-tui-7".to_owned() };
            assert_eq!(chosen(None, Path::new(&temporary)), expected);
        }
    }

    #[test]
    fn a_directory_that_others_can_use_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let uid = nix::unistd::geteuid().as_raw();
        let open = dir.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(check_private(&open, uid).is_err());
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(dir.path(), &link).unwrap();
        assert!(check_private(&link, uid).is_err());
        let new = dir.path().join("new");
        make(&new).unwrap();
        assert!(make(&new).and_then(|()| check_private(&new, uid)).is_ok());
    }
}
