//! Which process of a tree is gem5, where a command stands in front of it.
//!
//! Signals that mean the whole tree need not know. One that asks gem5 for something does: `time` and a script that wraps gem5 would
//! end of it, and so would `perf stat`, which takes SIGUSR1 for the word that its child could not be started. So that a process
//! listens is not enough. All that were started to run gem5 have its output directory on their command lines; gem5 itself has the
//! fewest words before it. That a gem5 listens also tells how far it is, and whoever looks often brings the processes that it has
//! found already.
//!
//! The awkward truth: with `docker run` in front there is no other process to be seen than the client, which hands signals on.

use std::fs;

use nix::sys::signal::Signal;

use super::command_line::SHOW_EXITS;
use super::identity::{self, Alive, SignalError};
use super::tree::{self, Tree};
use crate::rundir::record::{Identity, Started};

/// The process that takes `signal` for the gem5 of this tree. `None` if nobody listens who is gem5.
///
/// # Errors
/// What the system said of the main process.
pub(crate) fn listener(started: &Started, signal: Signal) -> Result<Option<Identity>, SignalError> {
    let main = &started.gem5;
    let does_catch = identity::catches(main, signal)?;
    // Most are gem5 themselves, and a search through all processes costs.
    if CommandLine::of(main).is_none_or(|line| line.before == 1) {
        return Ok(does_catch.then(|| main.clone()));
    }
    let tree = Tree::of(started, identity::is_alive(&started.shim) == Alive::Yes);
    let pid = main.pid;
    let members = tree::members(tree).map_err(|source| SignalError::System { pid, source })?;
    Ok(among(main, &members, signal).cloned())
}

/// The gem5 among the processes of a tree with this main process, if it takes `signal`. Of several that are gem5, such as after an
/// `m5.fork()`, the first one that does.
pub(crate) fn among<'m>(main: &'m Identity, members: &'m [Identity], signal: Signal) -> Option<&'m Identity> {
    let catches = |process: &&Identity| identity::catches(process, signal).unwrap_or(false);
    let Some(CommandLine { outdir, before }) = CommandLine::of(main) else { return Some(main).filter(catches) };
    // The main process is one of them, unless the scan was older.
    let mut found = vec![(before, main)];
    for member in members.iter().filter(|member| *member != main) {
        let line = CommandLine::of(member).filter(|line| line.outdir == outdir);
        found.extend(line.map(|line| (line.before, member)));
    }
    let least = found.iter().map(|(before, _)| *before).min()?;
    found.into_iter().filter(|(before, _)| *before == least).map(|(_, process)| process).find(catches)
}

/// What of a command line tells whose it is.
struct CommandLine {
    /// gem5's output directory.
    outdir: Vec<u8>,
    /// Words before the options of gem5: its path, and whatever stands in front of it.
    before: usize,
}

impl CommandLine {
    /// That of a process which was given gem5's output directory: gem5, and each command in front of it.
    fn of(process: &Identity) -> Option<Self> {
        let number = identity::number_here(process).ok()?;
        Self::parse(&fs::read(format!("/proc/{number}/cmdline")).ok()?)
    }

    fn parse(line: &[u8]) -> Option<Self> {
        let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
        let at = words.iter().position(|word| word.starts_with(b"--outdir="))?;
        let shows_exits = at > 0 && words[at - 1] == SHOW_EXITS.as_bytes();
        Some(Self { outdir: words[at].to_vec(), before: at - usize::from(shows_exits) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_in_front_of_gem5_has_more_words_before_its_options() {
        let before = |line: &str| CommandLine::parse(line.replace(' ', "\0").as_bytes()).map(|line| line.before);
        assert_eq!(before("gem5.opt --outdir=/a --listener-mode=off run.py"), Some(1));
        assert_eq!(before("gem5.opt --show-exit-event-messages --outdir=/a run.py --outdir=/b"), Some(1));
        assert_eq!(before("perf stat -e task-clock gem5.opt --outdir=/a run.py"), Some(5));
        assert_eq!(before("python3 run.py"), None);
    }
}
