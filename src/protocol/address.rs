//! Where an engine listens.
//!
//! Not in the experiment directory: that may be on a network filesystem, where sockets do not work, and its path may
//! be longer than the 108 bytes that a socket address holds (unix(7)).

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::text::human;

/// The socket of the experiment in `outdir`, whose path must be absolute. Makes the directory, private to this user,
/// and refuses one that is not.
pub fn socket_path(outdir: &Path) -> io::Result<PathBuf> {
    let uid = nix::unistd::geteuid();
    let dir = match std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_dir()) {
        Some(dir) => dir.join("gem5-tui"),
        None => std::env::temp_dir().join(format!("gem5-tui-{uid}")),
    };
    make_private(&dir, uid.as_raw())?;
    // Links and `..` in the path must not give one experiment two sockets.
    let outdir = fs::canonicalize(outdir).unwrap_or_else(|_| outdir.to_owned());
    let digest = Sha256::digest(outdir.as_os_str().as_encoded_bytes());
    Ok(dir.join(format!("{}.sock", human::hex(&digest[..8]))))
}

fn make_private(dir: &Path, uid: u32) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(io::Error::new(error.kind(), format!("could not make {}: {error}", dir.display()))),
    }
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
    fn a_directory_that_others_can_use_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let uid = nix::unistd::geteuid().as_raw();
        let open = dir.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(make_private(&open, uid).is_err());
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(dir.path(), &link).unwrap();
        assert!(make_private(&link, uid).is_err());
        assert!(make_private(&dir.path().join("new"), uid).is_ok());
    }
}
