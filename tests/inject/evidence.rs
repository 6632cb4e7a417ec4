//! What must hold after a fault and a second run, from what the simulations wrote and what is in the directory.

use std::fs;
use std::path::Path;
use std::time::Duration;

use gem5_tui::rundir::atomic::{is_temporary, read_json};
use gem5_tui::rundir::attempts;
use gem5_tui::rundir::record::{End, Exit, Started};

use crate::kinds::{Fault, Kind, Role};
use crate::stage::{Stage, is_running, within};
use crate::trial::NAMES;

/// How long what was started may take to be gone, after the command that started it.
const GONE_WITHIN: Duration = Duration::from_secs(10);

/// The windows that `tests/faults/README.md` tells of.
const START_UNRECORDED: &str = "F6, F34: the shim died between a start and its record";
const END_UNRECORDED: &str = "F9, F34: the shim died between an end and its record";

/// No window but a promise: what ended well and may not be on disk is not called ok, so a person's `run` repeats it.
const OUTPUT_REFUSED: &str = "the disk did not take its output, which is told";

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    pub(crate) wrong: Vec<String>,
    /// What is documented not to hold.
    pub(crate) known: Vec<&'static str>,
}

impl Verdicts {
    pub(crate) fn wrong(&mut self, what: String) {
        self.wrong.push(what);
    }
}

/// One process of a simulation, by its own word. Times are microseconds since the boot.
#[derive(Debug, Clone)]
struct Ran {
    pid: i32,
    began: u64,
    ended: Option<u64>,
    was_beside_another: bool,
}

/// What is known on disk of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Nothing,
    ItsStart,
    ItsEnd,
    /// And that what it wrote did not reach the disk.
    ItsEndWithoutOutput,
}

/// Adds what does not hold to `verdicts`. `was_refused` where the disk was asked to make something last, and failed.
pub(crate) fn look(stage: &Stage, kind: &Kind, was_refused: bool, verdicts: &mut Verdicts) {
    let log = fs::read_to_string(stage.path("log")).unwrap_or_default();
    // Only a shim that is no longer there can have failed to write down what it knew.
    let may_be_unrecorded = kind.role == Role::Shim && kind.fault == Fault::Killed;
    for name in NAMES {
        let ran = ran(&log, name);
        if !ran.iter().any(|run| run.ended.is_some()) {
            verdicts.wrong(format!("{name} never came to its end: {ran:?}"));
        }
        for pair in ran.windows(2) {
            let [earlier, later] = pair else { continue };
            let overlaps = earlier.ended.is_some_and(|ended| later.began < ended);
            let known = known(stage, name, earlier.pid);
            if overlaps || later.was_beside_another {
                if may_be_unrecorded && known == Known::Nothing {
                    verdicts.known.push(START_UNRECORDED);
                } else {
                    verdicts.wrong(format!("{name} ran twice at once: {ran:?}"));
                }
            } else if earlier.ended.is_some() {
                match known {
                    Known::Nothing if may_be_unrecorded => verdicts.known.push(START_UNRECORDED),
                    Known::ItsStart if may_be_unrecorded => verdicts.known.push(END_UNRECORDED),
                    Known::ItsEndWithoutOutput if was_refused => verdicts.known.push(OUTPUT_REFUSED),
                    _ => verdicts.wrong(format!("{name} ran again after it had ended well, {known:?}: {ran:?}")),
                }
            }
        }
    }
    let left = within(GONE_WITHIN, || left(stage).is_empty().then_some(()));
    if left.is_none() {
        verdicts.wrong(format!("left behind: {:?}", self::left(stage)));
    }
    let mut temporary = Vec::new();
    find_temporary(stage.outdir().path(), &mut temporary);
    if !temporary.is_empty() {
        verdicts.wrong(format!("temporary files: {temporary:?}"));
    }
    let engine_log = fs::read_to_string(stage.outdir().path().join("engine.log")).unwrap_or_default();
    if engine_log.contains("panicked") {
        verdicts.wrong("a panic in engine.log".to_owned());
    }
}

/// The processes of a simulation in the order of their beginnings.
fn ran(log: &str, name: &str) -> Vec<Ran> {
    let mut all: Vec<Ran> = Vec::new();
    let mut was_beside_another = false;
    for line in log.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [what, of, pid, at] = words.as_slice() else { panic!("{line:?}") };
        if *of != name {
            continue;
        }
        let (pid, at) = (pid.parse().unwrap(), at.parse().unwrap());
        match *what {
            "twice" => was_beside_another = true,
            "start" => {
                all.push(Ran { pid, began: at, ended: None, was_beside_another });
                was_beside_another = false;
            }
            "end" => all.iter_mut().filter(|run| run.pid == pid).for_each(|run| run.ended = Some(at)),
            _ => panic!("{line:?}"),
        }
    }
    all.sort_by_key(|run| run.began);
    all
}

fn known(stage: &Stage, name: &str, pid: i32) -> Known {
    let simulation = stage.outdir().simulation(name);
    for number in attempts::numbers(&simulation).unwrap_or_default() {
        let attempt = simulation.attempt(number);
        let Ok(Some(started)) = read_json::<Started>(&attempt.started()) else { continue };
        if started.gem5.pid == pid {
            let exit = read_json::<Exit>(&attempt.exit()).ok().flatten();
            let exit = exit.filter(|exit| exit.end == End::Exited { code: 0 });
            return match exit {
                Some(Exit { unsynced: Some(_), .. }) => Known::ItsEndWithoutOutput,
                Some(_) => Known::ItsEnd,
                None => Known::ItsStart,
            };
        }
    }
    Known::Nothing
}

/// Processes that have to do with this stage.
fn left(stage: &Stage) -> Vec<String> {
    let place = stage.path("");
    let place = place.to_str().expect("it is made by the test").trim_end_matches('/');
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        let arguments = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
        let is_there = fs::read_link(entry.path().join("cwd")).is_ok_and(|folder| folder.starts_with(place));
        if (is_there || arguments.contains(place)) && is_running(pid) {
            found.push(format!("{pid} {arguments}"));
        }
    }
    found
}

fn find_temporary(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            find_temporary(&entry.path(), found);
        } else if entry.file_name().to_str().is_some_and(is_temporary) {
            found.push(entry.path().display().to_string());
        }
    }
}

/// The end of a file, for a message.
pub(crate) fn tail(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}
