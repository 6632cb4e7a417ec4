//! `SIM/latest`, the symbolic link to the newest attempt.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;

use super::atomic::temporary_in;
use super::attempts;
use super::layout::SimulationDir;
use super::ours;

/// Points `latest` at the attempt by a rename, so that it never points nowhere. What else has its name is left alone.
pub(crate) fn point(dir: &SimulationDir, number: u32) -> io::Result<()> {
    let latest = dir.latest();
    ours::check(&latest, ours::Kind::Latest)?;
    // Under a name that nobody else has.
    let new = temporary_in(dir.path(), |path| symlink(format!("attempt-{number}"), path))?;
    new.into_temp_path().persist(&latest).map_err(|refused| refused.error)
}

/// After the directory of attempt `number` is gone: points it at what is there.
pub(crate) fn forget(dir: &SimulationDir, number: u32) {
    if ours::attempt_of(&dir.latest()) != Some(number) {
        return;
    }
    // An engine that begins points it anew.
    _ = match attempts::newest(dir) {
        Some(before) => point(dir, before),
        None => fs::remove_file(dir.latest()),
    };
}
