//! What is here already: a gem5, scripts, and what a script says that it takes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::commands::script;
use crate::experiment::{Files, Interpreter};
use crate::gem5::script_options::{ScriptOption, script_options};
use crate::rundir::files::Disk;
use crate::spawn::ask::{End, ask};
use crate::spawn::scratch;

/// How long a script may take to print its help. gem5 itself takes seconds to begin from a slow disk.
const WITHIN: Duration = Duration::from_secs(30);
/// Lines of output that a person is shown when there is no help.
const TAIL: usize = 3;
/// Scripts are proposed from so many files at most.
const MOST_FILES: usize = 1000;

/// The gem5 that is most likely meant: on PATH, or built below this directory, as it would be named in a file here.
pub(super) fn gem5() -> Option<String> {
    let disk = Disk::new();
    let on_path = script::GEM5.into_iter().find(|name| disk.find_on_path(name).is_some()).map(str::to_owned);
    on_path.or_else(|| {
        let mut found = disk.glob(&std::env::current_dir().ok()?.join("build/*/gem5.*").to_string_lossy()).ok()?;
        found.retain(|path| path.file_name().is_some_and(|name| name == "gem5.opt" || name == "gem5.fast"));
        let here = std::env::current_dir().ok()?;
        Some(found.first()?.strip_prefix(here).ok()?.to_string_lossy().into_owned())
    })
}

/// Python files here and in `configs/` that speak of gem5.
pub(super) fn scripts() -> Vec<String> {
    let mut found = Vec::new();
    for folder in ["", "configs"] {
        let entries = fs::read_dir(if folder.is_empty() { Path::new(".") } else { Path::new(folder) });
        for entry in entries.into_iter().flatten().flatten().take(MOST_FILES) {
            let path = Path::new(folder).join(entry.file_name());
            let speaks =
                |text: String| ["import m5", "from m5", "from gem5", "import gem5"].iter().any(|w| text.contains(w));
            if script::is_one(&path) && fs::read_to_string(&path).is_ok_and(speaks) {
                found.extend(path.to_str().map(str::to_owned));
            }
        }
    }
    found.sort();
    found
}

/// What `script` takes, which it is asked by `--help` in a directory for a moment: nothing of it is left.
///
/// # Errors
/// Why that is not known, in a phrase.
pub(super) fn options(gem5: &Path, script: &Path) -> Result<Vec<ScriptOption>, String> {
    let place = scratch::directory().map_err(|error| format!("no temporary directory could be made: {error}"))?;
    let mut argv = vec![gem5.to_string_lossy().into_owned()];
    if Interpreter::of(gem5) == Interpreter::Gem5 {
        argv.push(format!("--outdir={}", place.path().join("m5out").display()));
    }
    argv.extend([script.to_string_lossy().into_owned(), "--help".to_owned()]);
    // A wide page has each entry on a line of its own.
    let env = [("COLUMNS", "200"), ("NO_COLOR", "1"), ("PYTHONDONTWRITEBYTECODE", "1"), ("LANGUAGE", "C")];
    let env: BTreeMap<_, _> = env.map(|(name, value)| (name.to_owned(), Some(value.to_owned()))).into();
    let mut answer = ask(&argv, place.path(), &env, place.path(), WITHIN).map_err(|error| error.reason)?;
    let options = script_options(&answer.stdout);
    // The reason stands before the places in the script, and before the addresses in gem5.
    for places in ["\nAt:\n", "--- BEGIN LIBC BACKTRACE"] {
        answer.stderr.truncate(answer.stderr.find(places).unwrap_or(answer.stderr.len()));
    }
    let said = answer.tail(TAIL);
    match answer.end {
        _ if !options.is_empty() => Ok(options),
        End::TimedOut => Err(format!("with `--help` it did not end within {} s", WITHIN.as_secs())),
        // It has a help, in which nothing stands.
        End::Exited(0) if answer.stdout.to_ascii_lowercase().contains("usage:") => Ok(options),
        _ => Err(format!("with `--help` it printed no list of options; it said: {said}")),
    }
}

/// The executable behind what a person calls gem5. A bare name that is not on PATH may be a file here.
pub(super) fn executable(named: &str) -> Option<PathBuf> {
    let on_path = if named.contains('/') { None } else { on_path(named) };
    let found = on_path.or_else(|| fs::canonicalize(named).ok())?;
    found.is_file().then_some(found)
}

/// Where a bare name is on PATH.
pub(super) fn on_path(name: &str) -> Option<PathBuf> {
    Disk::new().find_on_path(name)
}
