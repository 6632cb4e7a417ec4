//! What a batch system runs: a script that becomes the shim of an attempt.
//!
//! The program that it runs lies in the experiment directory, which the nodes must see anyway: the one that is installed may be on
//! the disk of the login node alone, and may be replaced while jobs wait for days.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::rundir::provenance::HashedFile;
use crate::rundir::record::Moment;
use crate::rundir::{AttemptDir, ExperimentDir};
use crate::spawn::shim_command::{Orders, ROLE};

/// Between two beats of a shim in a job: often enough for a person who watches, and seldom enough for a file server.
const BEAT_EVERY: Duration = Duration::from_secs(10);

/// How the copy of the program is called, before its hash.
const PREFIX: &str = ".gem5-tui-";

/// Our own image, whatever has its name by now.
const OWN_IMAGE: &str = "/proc/self/exe";

/// Puts this program into the experiment directory, if it is not there, and says where. Blocks.
///
/// # Errors
/// When it cannot be read or written there.
pub(super) fn keep_program(outdir: &ExperimentDir) -> io::Result<PathBuf> {
    let unreadable = || io::Error::other("this program cannot read itself");
    let hash = HashedFile::of(Path::new(OWN_IMAGE)).ok_or_else(unreadable)?.sha256;
    let name = format!("{PREFIX}{}", &hash[..12.min(hash.len())]);
    let (path, known_as) = (outdir.path().join(&name), outdir.name().join(&name));
    let bytes = fs::metadata(OWN_IMAGE)?.len();
    if fs::metadata(&path).is_ok_and(|meta| meta.len() == bytes) {
        return Ok(known_as);
    }
    let unfinished = outdir.path().join(format!("{name}.{}.tmp", std::process::id()));
    let made = copy(&unfinished).and_then(|()| fs::rename(&unfinished, &path));
    if made.is_err() {
        _ = fs::remove_file(&unfinished);
    }
    made.map(|()| known_as)
}

/// A file of its own, never a link: `cp` over the installed program writes into that, and jobs that wait must run what they were
/// handed in with.
fn copy(path: &Path) -> io::Result<()> {
    fs::copy(OWN_IMAGE, path)?;
    let file = File::open(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o755))?;
    file.sync_all()
}

/// The script for an attempt. It has one line that does anything: nothing of a shell is left when gem5 runs, so that a signal for the
/// script is one for the shim. Where the engine cannot send any (`signals`), SIGUSR2 is the system's warning and no order of ours.
pub(super) fn script(program: &Path, attempt: &AttemptDir, handed_in: Moment, signals: bool) -> String {
    let handed_in = Some(handed_in.unix_ms);
    let beat = Some(BEAT_EVERY);
    let orders = Orders { claims: true, handed_in, relays: true, warned: !signals, allocated: false, beat };
    let words = [program.display().to_string(), ROLE.to_owned(), attempt.name().display().to_string()];
    let words: Vec<String> = words.into_iter().chain(orders.arguments()).map(|word| quoted(&word)).collect();
    format!("#!/bin/sh\n# Runs one simulation of gem5-tui. Made anew for each attempt.\nexec {}\n", words.join(" "))
}

/// Writes a script that may be executed: some systems run it where it lies, others a copy.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(path: &Path, script: &str) -> io::Result<()> {
    fs::write(path, script)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

/// A word that a shell takes as it is.
pub(super) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn whatever_a_directory_is_called_the_script_names_it() {
        let attempt = AttemptDir::new("/lab/it's $HOME `x`/attempt-1");
        let at = Moment { unix_ms: 5, ..Moment::now() };
        let script = script(Path::new("/lab/a b/.gem5-tui-1"), &attempt, at, true);
        let exec = script.lines().last().unwrap();
        assert_eq!(
            exec,
            r"exec '/lab/a b/.gem5-tui-1' 'shim' '/lab/it'\''s $HOME `x`/attempt-1' '--claim' '--relay' '--handed-in=5' '--beat=10'"
        );
    }

    #[test]
    fn the_program_is_put_there_once() {
        let place = tempfile::tempdir().unwrap();
        let outdir = ExperimentDir::new(place.path());
        let path = keep_program(&outdir).unwrap();
        assert_eq!(keep_program(&outdir).unwrap(), path);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
        let kept = fs::metadata(&path).unwrap();
        assert_ne!(kept.permissions().mode() & 0o100, 0);
        let own = fs::metadata(OWN_IMAGE).unwrap();
        assert_ne!((kept.dev(), kept.ino()), (own.dev(), own.ino()), "an update in place would reach jobs that wait");
    }
}
