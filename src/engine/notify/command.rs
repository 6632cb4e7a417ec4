//! A notice by a command: its facts in the environment, and the whole of it on standard input.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::Around;
use crate::engine::state::notices::Notice;
use crate::experiment::{FileKind, Files};
use crate::rundir::files::Disk;
use crate::spawn::ask::{Answer, End, tell};
use crate::spawn::scratch;
use crate::text::Safe;
use crate::text::excerpt::excerpt;

/// So much of what a command says is told.
const MAX_SAID: usize = 300;

/// Runs it to its end, or ends it with all that it has started.
pub(super) fn run(words: &[String], notice: &Notice, around: &Around, within: Duration) -> Result<(), String> {
    let Some((program, rest)) = words.split_first() else { return Err("`run` names no program".to_owned()) };
    let disk = Disk::new();
    let path = if program.contains('/') {
        Some(Path::new(program).to_owned()).filter(|path| disk.kind(path) == FileKind::Executable)
    } else {
        disk.find_on_path(program)
    };
    let Some(path) = path else {
        let why = if program.contains('/') { "cannot be executed" } else { "is not on PATH" };
        return Err(format!("`{program}` {why}"));
    };
    let argv: Vec<String> = std::iter::once(path.to_string_lossy().into_owned()).chain(rest.iter().cloned()).collect();
    let mut env: BTreeMap<String, Option<String>> = notice.variables();
    env.insert("GEM5_TUI_OUTDIR".to_owned(), Some(around.outdir.to_string_lossy().into_owned()));
    let failed = |why: String| format!("`{program}` {why}");
    let place = scratch::directory().map_err(|error| failed(format!("has no place to write: {error}")))?;
    let mut input = serde_json::to_string(notice).map_err(|error| failed(format!("cannot be told: {error}")))?;
    input.push('\n');
    let answer = tell(&input, &argv, &around.cwd, &env, place.path(), within).map_err(|error| error.reason)?;
    let said = |answer: &Answer| excerpt(Safe::line(&answer.tail(1)).into_string(), MAX_SAID);
    match answer.end {
        End::Exited(0) => Ok(()),
        End::Exited(code) => {
            let said = said(&answer);
            let said = if said.is_empty() { said } else { format!(": {said}") };
            Err(failed(format!("exited with code {code}{said}")))
        }
        End::Signaled(signal) => Err(failed(format!("was ended by {signal}"))),
        End::TimedOut => Err(failed(format!("took longer than {} s and was ended", within.as_secs()))),
        End::SaidTooMuch => Err(failed("said too much and was ended".to_owned())),
    }
}
