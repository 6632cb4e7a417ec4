//! Runs the commands of a batch system: found on PATH, with a bounded answer in bounded time, and without what a job that we run
//! in ourselves has put into our environment.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::experiment::{FileKind, Files};
use crate::rundir::files::Disk;
use crate::spawn::ask::{Answer, End, ask_at_most};
use crate::spawn::{scratch, slurm_environment};

/// 64 MiB: what a command may say. A line of squeue(1) has about 150 bytes, and a user may have a hundred thousand jobs.
const MAX_SAID: u64 = 64 << 20;

/// Why a command has given no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// It was not started.
    NotStarted(String),
    /// It was started, and has not ended by itself: what it did is not known.
    CutOff(String),
}

impl NoAnswer {
    /// In words.
    pub(super) fn words(self) -> String {
        match self {
            Self::NotStarted(words) | Self::CutOff(words) => words,
        }
    }
}

/// What a command said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// Its exit code.
    pub code: i32,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Said {
    /// Its last words, in one line.
    pub(super) fn words(&self) -> String {
        let said: Vec<&str> =
            self.stdout.lines().chain(self.stderr.lines()).map(str::trim).filter(|line| !line.is_empty()).collect();
        let last = said[said.len().saturating_sub(3)..].join(" | ");
        if last.is_empty() { format!("exit code {}", self.code) } else { last }
    }
}

/// Runs `argv` in `cwd` for at most `within`. `secrets` are set in its environment. Blocks.
pub(super) fn run(
    argv: &[String],
    cwd: &Path,
    secrets: &[(String, String)],
    within: Duration,
) -> Result<Said, NoAnswer> {
    let program = argv.first().map(String::as_str).unwrap_or_default();
    let Some(path) = executable(program) else {
        return Err(NoAnswer::NotStarted(format!("`{program}` is not on PATH, or cannot be executed")));
    };
    let not_started = |error: String| NoAnswer::NotStarted(format!("`{program}` could not be run: {error}"));
    let mut argv = argv.to_vec();
    argv[0] = path.to_string_lossy().into_owned();
    let place = scratch::directory().map_err(|error| not_started(error.to_string()))?;
    let mut env = slurm_environment::changes();
    env.extend(secrets.iter().map(|(name, value)| (name.clone(), Some(value.clone()))));
    let answer =
        ask_at_most(MAX_SAID, &argv, cwd, &env, place.path(), within).map_err(|error| not_started(error.reason))?;
    let Answer { end, stdout, stderr } = answer;
    match end {
        End::Exited(code) => Ok(Said { code, stdout, stderr }),
        End::Signaled(signal) => Err(NoAnswer::CutOff(format!("`{program}` was ended by {signal}"))),
        End::TimedOut => Err(NoAnswer::CutOff(format!("`{program}` has not answered within {} s", within.as_secs()))),
        End::SaidTooMuch => Err(NoAnswer::CutOff(format!("`{program}` said more than {} MiB", MAX_SAID >> 20))),
    }
}

/// The program of a command, absolute.
fn executable(program: &str) -> Option<PathBuf> {
    let disk = Disk::new();
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(|path| disk.kind(path) == FileKind::Executable);
    }
    disk.find_on_path(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_is_not_there_has_certainly_done_nothing() {
        let argv = ["gem5-tui-no-such-command".to_owned()];
        let answer = run(&argv, Path::new("/"), &[], Duration::from_secs(5));
        assert!(matches!(answer, Err(NoAnswer::NotStarted(_))), "{answer:?}");
        let argv = ["sleep", "60"].map(str::to_owned);
        let answer = run(&argv, Path::new("/"), &[], Duration::from_millis(100));
        assert!(matches!(answer, Err(NoAnswer::CutOff(_))), "{answer:?}");
    }
}
