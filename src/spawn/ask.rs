//! Asks a program a short question: starts it, waits a little, and reads what it said.
//!
//! For what is neither a simulation nor anything that lasts: the build of a gem5, the list of a MultiSim script, the state
//! of a repository. The program starts like a simulation does, with files for its output, and its whole session is ended
//! afterwards. The call blocks.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;

use super::launch::{Launch, LaunchError, Reached, launch};

/// 1 MiB: what a program may say. The longest answer, a list of ten thousand ids, is a quarter of it.
const MAX_SAID: u64 = 1 << 20;
/// Between two looks whether the program has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The program exited with this code.
    Exited(i32),
    /// A signal ended the program.
    Signaled(Signal),
    /// It took too long, and was ended.
    TimedOut,
    /// It said too much, and was ended.
    SaidTooMuch,
}

/// What a program said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// How it ended.
    pub end: End,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Answer {
    /// The last `lines` lines that say something, standard error last, in one line.
    pub(crate) fn tail(&self, lines: usize) -> String {
        let all: Vec<&str> = self.stdout.lines().chain(self.stderr.lines()).map(str::trim).collect();
        let said: Vec<&str> = all.into_iter().filter(|line| !line.is_empty()).collect();
        said[said.len().saturating_sub(lines)..].join(" | ")
    }
}

/// Runs `argv`, whose first word is an absolute path, in `cwd`, for at most `within`. `place` is an empty directory of the
/// caller's for the output.
///
/// # Errors
/// When the program could not be started.
pub(crate) fn ask(
    argv: &[String],
    cwd: &Path,
    env: &BTreeMap<String, Option<String>>,
    place: &Path,
    within: Duration,
) -> Result<Answer, LaunchError> {
    ask_at_most(MAX_SAID, argv, cwd, env, place, within)
}

/// The same for a program that may say `most` bytes.
pub(crate) fn ask_at_most(
    most: u64,
    argv: &[String],
    cwd: &Path,
    env: &BTreeMap<String, Option<String>>,
    place: &Path,
    within: Duration,
) -> Result<Answer, LaunchError> {
    run(most, argv, cwd, env, (place, None), within)
}

/// Tells a program something: `input` is its standard input. What it may say is as with [`ask`].
pub(crate) fn tell(
    input: &str,
    argv: &[String],
    cwd: &Path,
    env: &BTreeMap<String, Option<String>>,
    place: &Path,
    within: Duration,
) -> Result<Answer, LaunchError> {
    let stdin = place.join("stdin");
    std::fs::write(&stdin, input).map_err(LaunchError::io("write", &stdin))?;
    run(MAX_SAID, argv, cwd, env, (place, Some(&stdin)), within)
}

fn run(
    most: u64,
    argv: &[String],
    cwd: &Path,
    env: &BTreeMap<String, Option<String>>,
    (place, stdin): (&Path, Option<&Path>),
    within: Duration,
) -> Result<Answer, LaunchError> {
    let (stdout, stderr) = (place.join("stdout"), place.join("stderr"));
    let child = launch(&Launch {
        argv,
        cwd,
        env,
        stdin,
        stdout: &stdout,
        stderr: &stderr,
        call: None,
        group: None,
        reached: Reached::ByUs,
    })?;
    let said = || [&stdout, &stderr].iter().map(|path| path.metadata().map_or(0, |file| file.len())).sum::<u64>();
    let deadline = Instant::now() + within;
    let early = loop {
        if has_ended(child) {
            break None;
        }
        if said() > most {
            break Some(End::SaidTooMuch);
        }
        if Instant::now() >= deadline {
            break Some(End::TimedOut);
        }
        std::thread::sleep(LOOK_EVERY);
    };
    // It leads its own group and is not reaped yet, so the number is still its own. Helpers that it left end with it.
    _ = killpg(child, Signal::SIGKILL);
    let end = match (early, waitpid(child, None)) {
        (Some(early), _) => early,
        (None, Ok(WaitStatus::Exited(_, code))) => End::Exited(code),
        (None, Ok(WaitStatus::Signaled(_, signal, _))) => End::Signaled(signal),
        // Somebody else reaped it: how it ended is not known, and no success.
        (None, _) => End::TimedOut,
    };
    Ok(Answer { end, stdout: text(&stdout, most), stderr: text(&stderr, most) })
}

fn has_ended(child: Pid) -> bool {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    !matches!(waitid(Id::Pid(child), flags), Ok(WaitStatus::StillAlive))
}

fn text(path: &Path, most: u64) -> String {
    let mut bytes = Vec::new();
    // What cannot be read was not said.
    _ = File::open(path).map(|file| file.take(most).read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, within: Duration) -> Answer {
        let place = tempfile::tempdir().unwrap();
        let argv = ["/bin/sh", "-c", script].map(str::to_owned);
        ask(&argv, place.path(), &BTreeMap::new(), place.path(), within).unwrap()
    }

    #[test]
    fn what_a_program_says_is_read_to_its_end() {
        let answer = shell("echo out; echo; echo err >&2; exit 3", Duration::from_mins(1));
        assert_eq!((answer.end, answer.stdout.as_str(), answer.stderr.as_str()), (End::Exited(3), "out\n\n", "err\n"));
        assert_eq!((answer.tail(1), answer.tail(5)), ("err".to_owned(), "out | err".to_owned()));
    }

    #[test]
    fn a_program_is_told_something_and_reads_its_end() {
        let place = tempfile::tempdir().unwrap();
        let argv = ["/bin/sh", "-c", "cat; echo $A"].map(str::to_owned);
        let env = BTreeMap::from([("A".to_owned(), Some("b".to_owned()))]);
        let answer = tell("hello\n", &argv, place.path(), &env, place.path(), Duration::from_mins(1)).unwrap();
        assert_eq!((answer.end, answer.stdout.as_str()), (End::Exited(0), "hello\nb\n"));
    }

    #[test]
    fn a_program_that_never_answers_is_ended_with_its_children() {
        let answer = shell("sleep 3600 & echo $!; wait", Duration::from_millis(300));
        assert_eq!(answer.end, End::TimedOut);
        let child: i32 = answer.stdout.trim().parse().unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        let gone = || {
            let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
            stat.is_empty() || stat.contains(") Z ")
        };
        while !gone() {
            assert!(Instant::now() < deadline, "{child} still runs");
            std::thread::sleep(LOOK_EVERY);
        }
    }

    #[test]
    fn a_program_that_never_stops_talking_is_ended() {
        assert_eq!(shell("yes", Duration::from_mins(1)).end, End::SaidTooMuch);
    }

    #[test]
    fn what_is_no_program_is_told_in_words() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("notes.txt");
        std::fs::write(&file, "hello\n").unwrap();
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let argv = [file.to_str().unwrap().to_owned()];
        let error = ask(&argv, place.path(), &BTreeMap::new(), place.path(), Duration::from_mins(1)).unwrap_err();
        assert!(error.reason.contains("not a program for this machine"), "{}", error.reason);
    }
}
