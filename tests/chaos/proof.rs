//! Simulations that leave a proof of what they did, and what a sweep must have proved at its end.

use std::collections::BTreeSet;
use std::fs;

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::attempts;
use gem5_tui::rundir::record::{End, Exit, Started};

use crate::stage::Stage;

/// The script of a simulation.
pub(crate) const SCRIPT: &str = "simulation.py";

/// Refuses to be the second one at once, takes a while, and leaves a proof.
const SIMULATION: &str = r#"import fcntl, os, sys, time
name, tenths = sys.argv[1], int(sys.argv[2])
here = os.path.dirname(os.path.abspath(__file__))
def note(what):
    line = "%s %d\n" % (name, os.getpid())
    handle = os.open(os.path.join(here, what), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, line.encode())
lock = os.open(os.path.join(here, "lock-" + name), os.O_RDWR | os.O_CREAT, 0o600)
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    note("twice")
    sys.exit(9)
note("begun")
time.sleep(tenths / 10)
note("done")
"#;

/// Simulations on a stage.
pub(crate) struct Proven<'a> {
    stage: &'a Stage,
    names: Vec<String>,
}

impl<'a> Proven<'a> {
    /// Writes the script of so many of them.
    pub(crate) fn new(stage: &'a Stage, count: usize) -> Self {
        stage.write(SCRIPT, SIMULATION);
        Self { stage, names: (0..count).map(|n| format!("s{n:03}")).collect() }
    }

    /// The simulations for the experiment file. Each takes as many tenths of a second as it is given, and has these settings, too.
    pub(crate) fn yaml(&self, mut tenths: impl FnMut() -> usize, settings: &str) -> String {
        let one = |name: &String| {
            let tenths = tenths();
            format!("  - {{name: {name}, script: {SCRIPT}, args: [{name}, \"{tenths}\"]{settings}}}\n")
        };
        self.names.iter().map(one).collect()
    }

    /// Holds what is recorded as ok against what the processes themselves have noted. Says how many processes ran, and how many came to
    /// their end.
    #[track_caller]
    pub(crate) fn check(&self) -> (usize, usize) {
        assert_eq!(noted(self.stage, "twice"), BTreeSet::new(), "a simulation was started while it ran");
        let done = noted(self.stage, "done");
        for name in &self.names {
            let number = *attempts::numbers(&self.stage.outdir().simulation(name)).unwrap().last().unwrap();
            let dir = self.stage.attempt(name, number);
            let exit: Exit = read_json(&dir.exit()).unwrap().unwrap_or_else(|| panic!("{name} is ok without a record"));
            assert_eq!(exit.end, End::Exited { code: 0 }, "{name}");
            let started: Started = read_json(&dir.started()).unwrap().unwrap();
            let line = format!("{name} {}", started.gem5.pid);
            assert!(done.contains(&line), "{name} is ok, and its process was not done");
        }
        (noted(self.stage, "begun").len(), done.len())
    }
}

/// What was noted of this.
pub(crate) fn noted(stage: &Stage, what: &str) -> BTreeSet<String> {
    fs::read_to_string(stage.path(what)).unwrap_or_default().lines().map(str::to_owned).collect()
}
