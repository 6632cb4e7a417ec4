//! Asks batch systems beforehand whether they would take the jobs of a plan: one question for each kind of job, and one real job of a
//! second, which tells whether a node sees the experiment directory and can run this program.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::limits::finish_before;
use super::script;
use super::system::System;
use crate::engine::executor::Limits;
use crate::engine::executor::job::{Answer, Ask, Sought, Stage};
use crate::experiment::executor::StartedBy;
use crate::experiment::{Plan, Simulation};
use crate::rundir::ExperimentDir;
use crate::text::human;

/// How long the job of a second may wait for a place: a busy cluster may have none for hours, which is no fault.
const STARTS_WITHIN: Duration = Duration::from_mins(2);

/// How long its mark may take to be seen here after it has ended: as long as NFS keeps what it knows of a directory.
const SEEN_WITHIN: Duration = Duration::from_mins(1);

/// Between two looks for its mark.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What its script may take.
const CHECK_LIMIT: Duration = Duration::from_mins(1);

/// The file that it leaves.
const MARK: &str = "seen";

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What was asked, in words.
    pub asked: String,
    /// What was found; else what is wrong and what to do.
    pub found: Result<String, String>,
    /// Nothing is wrong, and not all could be found out.
    pub is_open: bool,
}

/// One kind of job.
struct Kind {
    by: StartedBy,
    limits: Limits,
    simulations: u64,
}

/// Asks about all jobs of the plan, and tells each answer as it comes. Blocks for minutes where a cluster is busy.
pub(in crate::engine) fn check(plan: &Plan, mut tell: impl FnMut(&Checked)) {
    let place = match Place::make(plan) {
        Ok(place) => place,
        Err((path, error)) => {
            let found = Err(format!("{error}; name another `outdir:`"));
            return tell(&Checked { asked: format!("writing beside {}", path.display()), found, is_open: false });
        }
    };
    let mut seen: Vec<String> = Vec::new();
    for kind in kinds(plan) {
        let Some(system) = System::of(&kind.by) else { continue };
        tell(&kind.ask(&system, &place));
        let name = kind.by.system().unwrap_or_default().to_owned();
        // Of each system and partition once: what a node sees depends on the nodes.
        let nodes = match &kind.by {
            StartedBy::Slurm(job) => format!("{:?} {:?}", job.partition, job.constraint),
            StartedBy::Local | StartedBy::Command(_) => String::new(),
        };
        let nodes = format!("{name} {nodes}");
        if !seen.contains(&nodes) {
            seen.push(nodes);
            tell(&kind.run_one(&system, &place));
        }
    }
}

/// The kinds of jobs in a plan.
fn kinds(plan: &Plan) -> Vec<Kind> {
    let mut kinds: BTreeMap<String, Kind> = BTreeMap::new();
    let spawned = plan.simulations.iter().filter_map(|simulation| Some(&*simulation.suite()?.spawned));
    for simulation in plan.simulations.iter().chain(spawned) {
        let Simulation { executor, memory, timeout, grace, .. } = simulation;
        if executor.system().is_none() {
            continue;
        }
        let limits = Limits { memory: *memory, timeout: *timeout, job_time: executor.time(), grace: *grace };
        let key = format!("{executor:?} {memory:?} {timeout:?} {grace:?}");
        kinds.entry(key).or_insert_with(|| Kind { by: executor.clone(), limits, simulations: 0 }).simulations += 1;
    }
    kinds.into_values().collect()
}

/// Where a check writes: a directory of its own in the experiment directory, or where that will be.
struct Place {
    directory: tempfile::TempDir,
    program: PathBuf,
    script: PathBuf,
    log: PathBuf,
    name: String,
}

impl Place {
    fn make(plan: &Plan) -> Result<Self, (PathBuf, io::Error)> {
        let is_there = |path: &&Path| path.is_dir();
        let parent = plan.outdir.ancestors().find(is_there).unwrap_or(Path::new("/")).to_owned();
        let failed = |error| (parent.clone(), error);
        let directory = tempfile::Builder::new().prefix(".gem5-tui-check-").tempdir_in(&parent).map_err(failed)?;
        let program = script::keep_program(&ExperimentDir::new(directory.path())).map_err(failed)?;
        let (script, log) = (directory.path().join("job.sh"), directory.path().join("job.log"));
        let name = directory.path().file_name().unwrap_or_default().to_string_lossy();
        let name = format!("g5-check-{}", name.trim_start_matches(".gem5-tui-check-"));
        let (program_word, mark) = (script::quoted(program.to_string_lossy().as_ref()), directory.path().join(MARK));
        let mark = script::quoted(mark.to_string_lossy().as_ref());
        let text = format!(
            "#!/bin/sh\n{{ hostname && {program_word} --version; }} >{mark}.new 2>&1 && mv {mark}.new {mark}\n"
        );
        script::write(&script, &text).map_err(failed)?;
        Ok(Self { directory, program, script, log, name })
    }

    fn ask(&self, limit: Option<Duration>, memory: Option<u64>) -> Ask<'_> {
        Ask {
            name: &self.name,
            comment: "gem5-tui: check",
            dir: self.directory.path(),
            log: &self.log,
            script: &self.script,
            memory,
            limit,
            int_before: limit.map(finish_before),
            exclude: &[],
        }
    }
}

impl Kind {
    /// In words.
    fn words(&self, system: &System) -> String {
        let mut words = vec![format!("{} of {}", human::plural(self.simulations, "job"), system.title())];
        words.extend(match &self.by {
            StartedBy::Slurm(job) => job.partition.as_ref().map(|partition| format!("partition {partition}")),
            StartedBy::Local | StartedBy::Command(_) => None,
        });
        words.extend(self.limits.memory.map(human::bytes));
        words.extend(self.limits.of_job().map(|limit| human::limit(limit.as_millis() as u64)));
        words.join(", ")
    }

    /// Whether the system would take it.
    fn ask(&self, system: &System, place: &Place) -> Checked {
        let ask = place.ask(self.limits.of_job(), self.limits.memory);
        let (found, is_open) = match system.test(&self.by, &ask) {
            Some(found) => (found, false),
            None => (Ok("cannot be asked before it is handed in".to_owned()), true),
        };
        Checked { asked: self.words(system), found, is_open }
    }

    /// Runs a job of a second on a node.
    fn run_one(&self, system: &System, place: &Place) -> Checked {
        let asked = format!("a job of a second of {}", system.title());
        let mark = place.directory.path().join(MARK);
        _ = fs::remove_file(&mark);
        let mut by = self.by.clone();
        if let StartedBy::Slurm(job) = &mut by {
            // What it needs is little, and a partition may have a place for that.
            job.gres = None;
        }
        let begun = std::time::SystemTime::now();
        let id = match system.submit(&by, &place.ask(Some(CHECK_LIMIT), None), &[]) {
            Answer::Accepted { id } => id,
            Answer::Refused { words }
            | Answer::Full { words }
            | Answer::Unreached { words }
            | Answer::Unclear { words } => {
                return Checked { asked, found: Err(words), is_open: false };
            }
        };
        let since = begun.duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let sought = Sought { name: place.name.clone(), id: Some(id.clone()), since_unix_s: since.cast_signed() };
        let (found, is_open) = place.wait_for_mark(system, &sought, &mark);
        if found.is_err() || is_open {
            // It must not start in a directory that is gone.
            _ = system.cancel(std::slice::from_ref(&sought));
        }
        Checked { asked, found, is_open }
    }
}

impl Place {
    /// What the job has left, or why it has left nothing.
    fn wait_for_mark(&self, system: &System, job: &Sought, mark: &Path) -> (Result<String, String>, bool) {
        let id = job.id.clone().unwrap_or_default();
        let begun = Instant::now();
        let mut over: Option<Instant> = None;
        let mut asked: Option<Instant> = None;
        let mut why = String::new();
        loop {
            if let Ok(said) = fs::read_to_string(mark) {
                let node = said.lines().next().unwrap_or_default().to_owned();
                let sees = format!("job {id} on {node} sees {} and runs this program", self.directory.path().display());
                return (Ok(sees), false);
            }
            if asked.is_none_or(|asked| asked.elapsed() >= Duration::from_secs(2)) {
                asked = Some(Instant::now());
                if let Ok(jobs) = system.list(Duration::ZERO) {
                    match jobs.of(job).map(|status| (status.stage, status.state)) {
                        Some((Stage::Waits { why: said, .. }, _)) => why = said,
                        Some((Stage::Over(_), state)) => {
                            why = state;
                            over.get_or_insert_with(Instant::now);
                        }
                        Some(_) => {}
                        None => {
                            over.get_or_insert_with(Instant::now);
                        }
                    }
                }
            }
            if over.is_some_and(|over| over.elapsed() >= SEEN_WITHIN) {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                let log = log.lines().last().map(|line| format!("; it says: {line}")).unwrap_or_default();
                let (place, program) = (self.directory.path().display(), self.program.display());
                let wrong = format!(
                    "job {id} has ended ({why}) and left nothing in {place}: the nodes must see and write that directory, and run \
                     {program}{log}"
                );
                return (Err(wrong), false);
            }
            if over.is_none() && begun.elapsed() >= STARTS_WITHIN {
                return (Ok(format!("job {id} has not started in time: {why}; taken back")), true);
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }
}
