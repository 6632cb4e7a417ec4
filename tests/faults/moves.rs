//! F60 and F61: a directory is itself and not its name, and so is the lock in it.
//!
//! Each process notes its number and the number of the file that it writes to, and ends by a gate of its own. So of every
//! record anywhere can be told whether it is of the process that ran in that directory.

#[path = "moves/lock.rs"]
mod lock;
#[path = "moves/part.rs"]
mod part;
#[path = "moves/whole.rs"]
mod whole;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::record::{End, Exit, OutcomeRecord, Started};
use gem5_tui::rundir::{AttemptDir, ExperimentDir};

use crate::stage::{Said, Stage, is_running, state_of, wait_for};

/// Says who it is and which file it writes to, and waits for a gate of its own number, which tells how to end.
const OWN_GATE: &str = r#"import sys
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "ran"), "a") as file:
    file.write("%s %d %d\n" % (sys.argv[1], os.getpid(), os.fstat(1).st_ino))
gate = os.path.join(here, "gate-%d" % os.getpid())
wait(gate)
sys.exit(int(open(gate).read()))
"#;

/// A simulation that ran: its name, its process, the file that it wrote to.
type Ran = (String, i32, u64);

/// An experiment of which each process ends when it is told to.
struct Scene {
    stage: Stage,
}

/// Where something is done: an experiment directory and the words by which a verb is told of it.
struct Place {
    outdir: ExperimentDir,
    words: String,
}

impl Scene {
    fn new(settings: &str, names: &[&str]) -> Self {
        let stage = Stage::new();
        stage.script("own_gate.py", OWN_GATE);
        let simulation = |name: &&str| format!("  - {{name: {name}, script: own_gate.py, args: [{name}]}}\n");
        stage.experiment(settings, &names.iter().map(simulation).collect::<String>());
        Self { stage }
    }

    fn ran(&self) -> Vec<Ran> {
        let text = fs::read_to_string(self.stage.path("ran")).unwrap_or_default();
        let of = |line: &str| {
            let mut words = line.split(' ');
            Some((words.next()?.to_owned(), words.next()?.parse().ok()?, words.next()?.parse().ok()?))
        };
        text.split_inclusive('\n').filter(|line| line.ends_with('\n')).filter_map(|line| of(line.trim_end())).collect()
    }

    /// The process that began as number `nth`, once it has and its start is recorded in `dir`.
    fn process(&self, nth: usize, dir: &AttemptDir) -> i32 {
        let pid = wait_for("it to begin", || self.ran().get(nth).map(|ran| ran.1));
        wait_for("its start", || read_json::<Started>(&dir.started()).ok()?.filter(|started| started.gem5.pid == pid));
        pid
    }

    /// Lets a process end with this code.
    fn end(&self, pid: i32, code: i32) {
        let new = self.stage.write(&format!("new-gate-{pid}"), &code.to_string());
        fs::rename(new, self.stage.path(&format!("gate-{pid}"))).unwrap();
    }

    fn here(&self) -> Place {
        Place { outdir: self.stage.outdir(), words: "exp.yaml".to_owned() }
    }

    fn place(&self, name: &str) -> Place {
        Place { outdir: ExperimentDir::new(self.stage.path(name)), words: format!("exp.yaml --outdir {name}") }
    }

    /// A verb on the experiment in a place. It ends, or the test fails.
    #[track_caller]
    fn call(&self, verb: &str, place: &Place, rest: &str) -> Said {
        self.stage.call(&format!("{verb} {} {rest}", place.words))
    }

    /// The row of a simulation in a place: its word and the reason.
    #[track_caller]
    fn row(&self, place: &Place, name: &str) -> (String, String) {
        let said = self.call("status", place, "--json");
        assert!(matches!(said.code, Some(0 | 1)), "{said:#?}");
        let sims = said.json();
        let sim = sims.iter().find(|sim| sim["name"] == name).unwrap_or_else(|| panic!("{said:#?}"));
        let word = sim["status"]["outcome"]["kind"].as_str().or(sim["status"]["state"].as_str());
        (word.unwrap().to_owned(), sim["reason"].as_str().unwrap_or_default().to_owned())
    }

    #[track_caller]
    fn wait_row(&self, place: &Place, name: &str, word: &str, reason: &str) {
        let mut last = None;
        let is_it = || {
            let row = last.insert(self.row(place, name));
            (row.0 == word && row.1.contains(reason)).then_some(())
        };
        crate::stage::within(crate::stage::PATIENCE, is_it).unwrap_or_else(|| panic!("not {word} {reason}: {last:?}"));
    }

    /// Verbs that only look, and those that have nothing to end there, leave a process alone and come back.
    #[track_caller]
    fn verbs_end(&self, place: &Place, pid: i32) {
        for (verb, rest) in [("status", ""), ("plan", ""), ("show", "a"), ("logs", "a"), ("stats", ""), ("stop", "")] {
            let said = self.call(verb, place, rest);
            assert!(said.code.is_some() && !said.err.contains("panicked"), "{verb}: {said:#?}");
        }
        assert!(self.is_untouched(pid));
    }

    fn is_untouched(&self, pid: i32) -> bool {
        is_running(pid) && state_of(pid) != Some('T') && !self.stage.path(&format!("gate-{pid}")).exists()
    }

    /// No two processes wrote to one file, and each recorded end is that of the process that began there. Gives how many ends
    /// are recorded of each process.
    #[track_caller]
    fn records_belong(&self, codes: &[(i32, i32)]) -> BTreeMap<i32, usize> {
        let codes: BTreeMap<i32, i32> = codes.iter().copied().collect();
        let ran = self.ran();
        let files: BTreeSet<u64> = ran.iter().map(|ran| ran.2).collect();
        assert_eq!(files.len(), ran.len(), "two in one directory: {ran:?}");
        let mut ends = BTreeMap::new();
        for exit in crate::stage::contents(&self.stage.path("")).keys().filter(|path| path.ends_with("exit.json")) {
            let dir = AttemptDir::new(exit.parent().unwrap());
            let started: Started = read_json(&dir.started()).unwrap().unwrap_or_else(|| panic!("{dir:?} never began"));
            let pid = started.gem5.pid;
            let exit: Exit = read_json(exit).unwrap().unwrap();
            assert_eq!(exit.end, End::Exited { code: codes[&pid] }, "{dir:?} has the end of another process");
            if let Some(outcome) = read_json::<OutcomeRecord>(&dir.outcome()).unwrap() {
                assert_eq!(outcome.outcome.kind.is_ok(), codes[&pid] == 0, "{dir:?}: {outcome:?}");
            }
            *ends.entry(pid).or_default() += 1;
        }
        ends
    }
}

/// Waits for the end of an attempt to be recorded there.
#[track_caller]
fn wait_exit(dir: &AttemptDir) -> Exit {
    wait_for(&dir.exit().display().to_string(), || read_json(&dir.exit()).unwrap())
}

/// Copies with everything, as a person does.
fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}

/// Moves a directory away and puts a copy of it in its place. Gives where it is.
fn replace_by_copy(stage: &Stage, what: &Path) -> PathBuf {
    let away = stage.path("away");
    copy(what, &stage.path("copy"));
    fs::rename(what, &away).unwrap();
    fs::rename(stage.path("copy"), what).unwrap();
    away
}
