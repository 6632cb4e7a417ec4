//! What gem5 has written when it ends: made to last before the end is recorded, and known by its size afterwards.
//!
//! A record is synced and says how a simulation ended. What gem5 wrote is left to the kernel, which keeps it in memory for up
//! to half a minute: after a power cut the end would be there, and the stats would be empty, or, worse, those of an earlier
//! dump. So whoever records an end has everything written out first, and records the sizes and times of what the result is
//! read from. A file that differs later is not the one that the end speaks of.
//!
//! What cannot be reached for a moment, such as for want of a descriptor, is reached for again. What the kernel failed to write
//! is not: it forgets that it failed, and would call the next try done.
//!
//! The awkward truth: writing out gigabytes of checkpoints takes as long as the disk takes. The simulation counts as running
//! until that is done.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;

use super::follow::open_regular;
use super::layout::AttemptDir;
use super::outputs::Outputs;
use super::record::WrittenFile;
use super::stats_file::{packed, unpacks_to};
use crate::failpoint::point;

/// Files and directories that are synced one by one. With more, such as checkpoints by the thousand, the whole file system
/// is, which costs what others have written besides.
const MOST_ENTRIES: usize = 1_000;

/// How often, and after how long, it is reached for again: longer than a peak of open files lasts, and short beside the
/// simulation, whose end waits for it.
const REACHES: u32 = 50;
const REACH_AGAIN: Duration = Duration::from_millis(200);

/// Why not everything lasts.
#[derive(Debug)]
enum Failed {
    /// It could not be opened or listed; nothing was tried with what is in it.
    ToReach(io::Error),
    /// The disk did not take it.
    ToWrite(io::Error),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::ToReach(error)
    }
}

/// What was found at the end, and whether it lasts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// What the result is read from.
    pub files: Vec<WrittenFile>,
    /// Why the disk did not take all of it.
    pub unsynced: Option<String>,
}

/// How what is there compares with what an end was recorded for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// Nothing has changed, or nothing was recorded.
    Same,
    /// The sizes are the same and a time is not: it was copied, or written again.
    Touched,
    /// It is not what the end was recorded for. Why, in words.
    Differs(String),
}

/// Has all that an attempt has written made to last, and tells what is there. Blocks until the disk has it.
pub(crate) fn settle(dir: &AttemptDir, outputs: &Outputs) -> Written {
    let unsynced = reach(REACH_AGAIN, || sync(dir, outputs)).err().map(|error| error.to_string());
    let files = sources(dir, outputs).into_iter().map(|path| look(dir, &path)).collect();
    Written { files, unsynced }
}

/// Tries until everything is reached, or cannot be written, or for long.
fn reach(pause: Duration, mut sync: impl FnMut() -> Result<(), Failed>) -> io::Result<()> {
    let mut tries = 1;
    loop {
        match sync() {
            Ok(()) => return Ok(()),
            Err(Failed::ToReach(error)) if tries < REACHES && may_pass(&error) => tries += 1,
            Err(Failed::ToReach(error) | Failed::ToWrite(error)) => return Err(error),
        }
        std::thread::sleep(pause);
    }
}

/// Whether what could not be opened can be in a moment.
fn may_pass(error: &io::Error) -> bool {
    let of_the_system = [Errno::EMFILE, Errno::ENFILE, Errno::ENOMEM, Errno::EAGAIN, Errno::EINTR];
    let of_a_disk = [Errno::EIO, Errno::ENOSPC, Errno::ESTALE, Errno::ETIMEDOUT];
    error.raw_os_error().map(Errno::from_raw).is_some_and(|e| of_the_system.contains(&e) || of_a_disk.contains(&e))
}

/// Compares what is there now with what was there at the end.
pub(crate) fn compare(dir: &AttemptDir, files: &[WrittenFile]) -> Comparison {
    let mut is_touched = false;
    for then in files {
        let now = look(dir, Path::new(&then.file));
        if let (None, Some(bytes)) = (now.bytes, then.bytes)
            && unpacks_to(&packed(&dir.path().join(&then.file)), bytes)
        {
            // Somebody has compressed it since, and the same text is in it.
            continue;
        }
        if now.bytes != then.bytes {
            let bytes =
                |of: &WrittenFile| of.bytes.map_or("is not there".to_owned(), |bytes| format!("has {bytes} bytes"));
            let was = then.bytes.map_or("was not there".to_owned(), |bytes| format!("had {bytes}"));
            return Comparison::Differs(format!("{} {} and {was} when it ended", then.file, bytes(&now)));
        }
        is_touched |= now.modified_ms != then.modified_ms;
    }
    if is_touched { Comparison::Touched } else { Comparison::Same }
}

/// The files that a result is read from: stats and logs.
fn sources(dir: &AttemptDir, outputs: &Outputs) -> Vec<PathBuf> {
    let mut sources = outputs.stats_files();
    sources.extend([dir.simout(), dir.simerr()]);
    sources
}

/// Looks at a file by its name in the attempt's directory, or by its whole path where it is elsewhere.
fn look(dir: &AttemptDir, path: &Path) -> WrittenFile {
    let meta = fs::metadata(dir.path().join(path)).ok().filter(fs::Metadata::is_file);
    let modified =
        |meta: &fs::Metadata| meta.mtime().saturating_mul(1000).saturating_add(meta.mtime_nsec() / 1_000_000);
    WrittenFile {
        file: path.strip_prefix(dir.path()).unwrap_or(path).to_string_lossy().into_owned(),
        bytes: meta.as_ref().map(fs::Metadata::len),
        modified_ms: meta.as_ref().map(modified),
    }
}

/// Everything below gem5's output directory, stats elsewhere, and the names of the directories on the way.
fn sync(dir: &AttemptDir, outputs: &Outputs) -> Result<(), Failed> {
    let mut entries = 0;
    let done = sync_below(&dir.m5out(), &mut entries)?;
    if !done {
        let place = File::open(dir.m5out())?;
        rustix::fs::syncfs(&place).map_err(|error| Failed::ToWrite(error.into()))?;
    }
    // The engine leaves that to us, so that no launch waits for it.
    sync_one(&dir.provenance())?;
    for elsewhere in outputs.stats_files().iter().filter(|path| !path.starts_with(dir.path())) {
        sync_one(elsewhere)?;
    }
    // The directories of the attempt, of the simulation and of the experiment may be as new as what is in them.
    for above in [dir.path().to_owned(), dir.path().join(".."), dir.path().join("../..")] {
        sync_directory(&above)?;
    }
    Ok(())
}

/// Says whether everything was reached.
fn sync_below(dir: &Path, entries: &mut usize) -> Result<bool, Failed> {
    let listing = match fs::read_dir(dir) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        // What may not be read is not what a result is read from; the file system takes all of it.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    for entry in listing {
        *entries += 1;
        if *entries > MOST_ENTRIES {
            return Ok(false);
        }
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if !sync_below(&entry.path(), entries)? {
                return Ok(false);
            }
        } else if kind.is_file() && !sync_one(&entry.path())? {
            return Ok(false);
        }
    }
    sync_directory(dir)?;
    Ok(true)
}

/// Says whether the file could be opened for it.
fn sync_one(path: &Path) -> Result<bool, Failed> {
    match open_regular(path) {
        Ok(file) => {
            point("written.sync", path).map_err(Failed::ToWrite)?;
            sync_open(&file).map(|()| true)
        }
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(false),
        // It went since it was listed, or is none.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidInput) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

fn sync_directory(path: &Path) -> Result<(), Failed> {
    match File::open(path) {
        Ok(directory) => sync_open(&directory),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Some file systems do not know how to sync, and have nothing to lose.
fn sync_open(file: &File) -> Result<(), Failed> {
    match file.sync_all() {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => Ok(()),
        done => done.map_err(Failed::ToWrite),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended() -> (tempfile::TempDir, AttemptDir, Vec<WrittenFile>) {
        let place = tempfile::tempdir().unwrap();
        let dir = AttemptDir::new(place.path().join("out/a/attempt-1"));
        fs::create_dir_all(dir.m5out().join("cpt.5")).unwrap();
        for (file, text) in
            [("stats.txt", "stats"), ("simout.txt", "Exiting"), ("simerr.txt", ""), ("cpt.5/m5.cpt", "x")]
        {
            fs::write(dir.m5out().join(file), text).unwrap();
        }
        let written = settle(&dir, &Outputs::unknown(&dir));
        assert_eq!(written.unsynced, None);
        (place, dir, written.files)
    }

    #[test]
    fn what_is_as_it_was_at_the_end_is_the_same_wherever_its_directory_is() {
        let (place, dir, files) = ended();
        assert_eq!(
            files.iter().map(|file| file.bytes).collect::<Vec<_>>(),
            [Some(5), None, None, None, Some(7), Some(0)]
        );
        assert_eq!(compare(&dir, &files), Comparison::Same);
        let moved = place.path().join("moved");
        fs::rename(place.path().join("out"), &moved).unwrap();
        assert_eq!(compare(&AttemptDir::new(moved.join("a/attempt-1")), &files), Comparison::Same);
    }

    #[test]
    fn stats_and_logs_of_another_size_are_not_those_of_the_end() {
        for (file, text) in [
            ("stats.txt", Some("")),
            ("stats.txt", Some("stats and more")),
            ("stats.txt", None),
            ("simout.txt", Some("")),
            ("simerr.txt", Some("x")),
            ("stats.h5", Some("")),
        ] {
            let (_place, dir, files) = ended();
            let path = dir.m5out().join(file);
            match text {
                Some(text) => fs::write(path, text).unwrap(),
                None => fs::remove_file(path).unwrap(),
            }
            let told = compare(&dir, &files);
            assert!(matches!(&told, Comparison::Differs(why) if why.contains(file)), "{file} {text:?}: {told:?}");
        }
    }

    #[test]
    fn what_was_compressed_since_is_the_same_and_something_else_of_that_name_is_not() {
        let compress = |text: &str| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
            encoder.finish().unwrap()
        };
        let (_place, dir, files) = ended();
        for (file, text) in [("stats.txt", "stats"), ("simout.txt", "Exiting")] {
            fs::remove_file(dir.m5out().join(file)).unwrap();
            fs::write(dir.m5out().join(format!("{file}.gz")), compress(text)).unwrap();
        }
        // The names that stats may have count as well: one that was not there and is there now has been put there.
        let files: Vec<WrittenFile> = files.into_iter().filter(|file| file.bytes.is_some()).collect();
        assert_eq!(compare(&dir, &files), Comparison::Same);
        for other in [compress("other stats"), b"stats".to_vec()] {
            fs::write(dir.m5out().join("stats.txt.gz"), other).unwrap();
            assert!(matches!(compare(&dir, &files), Comparison::Differs(_)));
        }
    }

    #[test]
    fn what_cannot_be_reached_for_a_moment_is_and_what_the_disk_refused_is_not_asked_for_again() {
        let tried = |answers: Vec<Result<(), Failed>>| {
            let mut answers = answers.into_iter();
            let told = reach(Duration::ZERO, || answers.next().unwrap_or(Ok(())));
            (told.map_err(|error| error.raw_os_error()), answers.len())
        };
        let error = |errno: Errno| io::Error::from(errno);
        for passing in [Errno::EMFILE, Errno::EINTR, Errno::ENOMEM, Errno::EIO] {
            assert_eq!(tried(vec![Err(error(passing).into()), Err(error(passing).into())]), (Ok(()), 0), "{passing}");
        }
        let refused = || Failed::ToWrite(error(Errno::EIO));
        assert_eq!(tried(vec![Err(error(Errno::EMFILE).into()), Err(refused()), Ok(())]), (Err(Some(5)), 1));
        let lasting = || Err(error(Errno::ENAMETOOLONG).into());
        assert_eq!(tried(vec![lasting(), lasting()]), (Err(Some(Errno::ENAMETOOLONG as i32)), 1));
        let without_end = (0..2 * REACHES).map(|_| Err(error(Errno::EMFILE).into())).collect();
        assert_eq!(tried(without_end), (Err(Some(Errno::EMFILE as i32)), REACHES as usize));
    }

    #[test]
    fn a_file_that_was_copied_is_read_again() {
        let (_place, dir, files) = ended();
        let file = File::options().write(true).open(dir.simout()).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(compare(&dir, &files), Comparison::Touched);
    }
}
