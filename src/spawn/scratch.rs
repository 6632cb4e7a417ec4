//! A directory for a moment, for what a program that is asked a question writes.
//!
//! `TMPDIR` may name a directory that is missing, full, or not ours, on a machine where everything else is well: batch
//! systems set it to what they remove, and `/tmp` fills up. That must hold up no launch, so there are other places.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// 64 KiB: a place that does not take as much would cut off what a program says.
const ROOM: usize = 64 << 10;

/// An empty directory, which is removed when it is dropped: in `TMPDIR`, else wherever there is room.
///
/// # Errors
/// What is wrong with `TMPDIR`, where no other place takes anything either.
pub(crate) fn directory() -> io::Result<TempDir> {
    let mut first = None;
    for place in places() {
        match directory_in(&place) {
            Ok(directory) => return Ok(directory),
            Err(error) => {
                first.get_or_insert_with(|| io::Error::new(error.kind(), format!("{}: {error}", place.display())));
            }
        }
    }
    Err(first.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
}

fn places() -> impl Iterator<Item = PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|place| place.is_absolute());
    let known = ["/tmp", "/var/tmp", "/dev/shm"].map(PathBuf::from);
    [std::env::temp_dir()].into_iter().filter(|place| place.is_absolute()).chain(known).chain(runtime)
}

fn directory_in(place: &Path) -> io::Result<TempDir> {
    let directory = tempfile::Builder::new().prefix("gem5-tui-").tempdir_in(place)?;
    let probe = directory.path().join("room");
    std::fs::File::create_new(&probe)?.write_all(&vec![0; ROOM])?;
    std::fs::remove_file(&probe)?;
    Ok(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_empty_and_goes_with_its_owner() {
        let directory = directory().unwrap();
        let path = directory.path().to_owned();
        assert_eq!(std::fs::read_dir(&path).unwrap().count(), 0);
        drop(directory);
        assert!(!path.exists());
    }

    #[test]
    fn a_place_that_is_missing_says_which_one_it_is() {
        let error = directory_in(Path::new("/no/such/place")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
