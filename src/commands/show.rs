//! `gem5-tui show`: all that is known of one simulation, and the command that makes an attempt of it again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use crate::cli::Target;
use crate::collect::banner;
use crate::commands::intent::{self, Intent};
use crate::commands::output::{Output, PrintError};
use crate::commands::{Exit, Failure, plan, repro, select, status};
use crate::experiment::{RowKind, elsewhere, secret};
use crate::gem5::{Outcome, build};
use crate::protocol::{Counts, SimView, SpawnedView};
use crate::rundir::attempts;
use crate::rundir::job_facts;
use crate::rundir::provenance::{Build, HashedFile, Provenance, sha256_within};
use crate::rundir::record::JobRecords;
use crate::rundir::record::{self, CallResult, Moment, ResultRecord, Spec, Started};
use crate::rundir::{AttemptDir, ExperimentDir, Outputs, SimulationDir, atomic};
use crate::text::{Safe, human, natural, shell};

/// 256 MiB: a `config.ini` is hashed up to this size, which takes less than a second. One of a system with a thousand cores has a
/// few megabytes; a larger one is none of gem5's.
const MAX_CONFIG: u64 = 256 << 20;
/// Files of the output directory that are listed for people.
const MAX_FILES: usize = 200;

/// Which attempt, and how much of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Which {
    /// An attempt other than all of them, or than the newest one.
    pub attempt: Option<u32>,
    /// Only the command that makes it again.
    pub repro: bool,
    /// As JSON.
    pub json: bool,
}

#[derive(Debug, Serialize)]
struct Shown<'a> {
    simulation: &'a str,
    experiment: &'a str,
    source: &'a Path,
    kind: RowKind,
    /// The name of the suite that has spawned it.
    #[serde(skip_serializing_if = "Option::is_none")]
    suite: Option<&'a str>,
    /// What it has spawned, if it is a suite.
    #[serde(skip_serializing_if = "Option::is_none")]
    spawned: Option<SpawnedView>,
    status: &'static str,
    reason: &'a str,
    parameters: BTreeMap<&'a str, Value>,
    attempts: Vec<Attempt<'a>>,
}

/// Everything that one attempt left behind. What is not there, or cannot be read, is absent.
#[derive(Debug, Serialize)]
struct Attempt<'a> {
    number: u32,
    dir: PathBuf,
    outcome: Option<&'a Outcome>,
    spec: Option<Spec>,
    started: Option<Started>,
    exit: Option<record::Exit>,
    /// What the batch system has, where it was handed to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<JobLine>,
    /// What a function returned or raised, all of it: an outcome's cause has the beginning of it at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<CallResult>,
    provenance: Option<Provenance>,
    /// From the banner, which is the truth.
    gem5_version: Option<String>,
    gem5_compiled: Option<String>,
    /// None also of one that is too large to be one.
    config_ini_sha256: Option<String>,
    files: Vec<FileLine>,
    repro: Option<String>,
}

/// The records of a job as they are on disk.
#[derive(Debug, Serialize)]
struct JobLine {
    submitting: record::Submitting,
    submitted: Option<record::Submitted>,
    end: Option<record::JobEnd>,
}

#[derive(Debug, Serialize)]
struct FileLine {
    name: String,
    /// None for a folder.
    bytes: Option<u64>,
}

/// Prints what is known.
pub(crate) fn show(target: &Target, name: &str, which: Which, output: &mut Output) -> Result<Exit, Failure> {
    let plan = intent::plan(target, Intent::Look)?;
    let (experiment, source, outdir) = (plan.name.clone(), plan.source.clone(), ExperimentDir::new(&plan.outdir));
    let (snapshot, _) = status::look_anyway(plan)?;
    let sim = select::one(&snapshot, name)?;
    let dir = outdir.simulation(&sim.name);
    let limits = snapshot.header.limits();
    let chosen: Vec<(u32, AttemptDir)> = if let Some(number) = which.attempt {
        vec![(number, super::logs::attempt_dir(sim, Some(number), limits)?)]
    } else if which.repro {
        let number = sim.latest().map_or(0, |attempt| attempt.number);
        vec![(number, super::logs::attempt_dir(sim, None, limits)?)]
    } else {
        sim.attempts.iter().map(|attempt| (attempt.number, AttemptDir::new(&attempt.dir))).collect()
    };
    let outcome = |number: u32| sim.attempts.iter().find(|attempt| attempt.number == number)?.outcome.as_ref();
    let attempts: Vec<Attempt<'_>> =
        chosen.iter().map(|(number, attempt)| read(*number, attempt, outcome(*number), &dir)).collect();
    if which.repro {
        let command = attempts.last().and_then(|attempt| repro_of(attempt, &dir));
        let Some(command) = command else {
            let why = "its spec.json is missing or cannot be read, so that nobody knows what was launched";
            return Err(Failure::Refused(format!("{}: {why}", sim.name)));
        };
        output.line(&command)?;
        return Ok(Exit::Ok);
    }
    let reason = sim.reason(limits);
    if which.json {
        let parameters = sim.parameters.iter().map(|p| (p.name.as_str(), p.value.to_json())).collect();
        let (status, reason) = (sim.status.word(), reason.as_str());
        let (simulation, experiment, source) = (sim.name.as_str(), experiment.as_str(), source.as_path());
        let (kind, suite, spawned) = (sim.kind, sim.suite_among(&snapshot.sims), sim.spawned);
        output.json(&Shown {
            simulation,
            experiment,
            source,
            kind,
            suite,
            spawned,
            status,
            reason,
            parameters,
            attempts,
        })?;
        return Ok(Exit::Ok);
    }
    let mut page = Page { output };
    page.head(sim, &reason, &experiment, &source)?;
    page.spawned(sim, &snapshot.sims)?;
    if sim.left_out.attempts > 0 && which.attempt.is_none() {
        let older = human::plural(sim.left_out.attempts.into(), "older attempt");
        page.fact("also", Some(format!("{older}; `--attempt` shows one of them")))?;
    }
    for attempt in &attempts {
        page.attempt(attempt)?;
    }
    Ok(Exit::Ok)
}

fn read<'a>(number: u32, dir: &AttemptDir, outcome: Option<&'a Outcome>, simulation: &SimulationDir) -> Attempt<'a> {
    let spec = atomic::read_json::<Spec>(&dir.spec()).ok().flatten();
    let outputs = spec.as_ref().map_or_else(|| Outputs::unknown(dir), |spec| Outputs::of(dir, spec));
    let is_step = spec.as_ref().is_some_and(|spec| spec.kind == RowKind::Step);
    // Whatever a step has printed and written is no word of its own gem5.
    let banner = if is_step { build::BuildAnswer::default() } else { banner(dir) };
    let config = outputs.dir().join("config.ini");
    let mut attempt = Attempt {
        number,
        outcome,
        spec: spec.map(without_secrets),
        started: atomic::read_json(&dir.started()).ok().flatten(),
        exit: atomic::read_json(&dir.exit()).ok().flatten(),
        job: attempts::read_job(dir).ok().and_then(|job| {
            let JobRecords { submitting, submitted, end } = job;
            Some(JobLine { submitting: submitting?, submitted, end })
        }),
        provenance: atomic::read_json(&dir.provenance()).ok().flatten(),
        gem5_version: banner.version,
        gem5_compiled: banner.compiled,
        config_ini_sha256: if is_step { None } else { sha256_within(&config, MAX_CONFIG).ok() },
        result: atomic::read_json::<ResultRecord>(&dir.result()).ok().flatten().map(|record| record.result),
        files: files(dir),
        repro: None,
        dir: dir.path().to_owned(),
    };
    attempt.repro = repro_of(&attempt, simulation).map(Safe::into_string);
    attempt
}

/// A record that an earlier release wrote may hold what is not shown.
fn without_secrets(spec: Spec) -> Spec {
    Spec { env: secret::redacted(&spec.env), ..spec }
}

fn repro_of(attempt: &Attempt<'_>, simulation: &SimulationDir) -> Option<Safe> {
    Some(repro::command(attempt.spec.as_ref()?, attempt.provenance.as_ref(), simulation))
}

fn files(dir: &AttemptDir) -> Vec<FileLine> {
    let entries = std::fs::read_dir(dir.m5out()).into_iter().flatten().flatten();
    let line = |entry: std::fs::DirEntry| {
        let meta = entry.metadata().ok()?;
        Some(FileLine {
            name: entry.file_name().to_string_lossy().into_owned(),
            bytes: (!meta.is_dir()).then_some(meta.len()),
        })
    };
    let mut files: Vec<FileLine> = entries.filter_map(line).collect();
    files.sort_by(|a, b| natural::compare(&a.name, &b.name));
    files
}

/// Prints facts as a person reads them: a word and what it is, nothing for what is not known.
struct Page<'o> {
    output: &'o mut Output,
}

impl Page<'_> {
    fn line(&mut self, text: &str) -> Result<(), PrintError> {
        self.output.line(&Safe::line(text))
    }

    fn fact(&mut self, word: &str, value: Option<String>) -> Result<(), PrintError> {
        match value.filter(|value| !value.is_empty()) {
            Some(value) => self.line(&format!("  {word:<12}{value}")),
            None => Ok(()),
        }
    }

    fn head(&mut self, sim: &SimView, reason: &str, experiment: &str, source: &Path) -> Result<(), PrintError> {
        self.line(&format!("{} of {experiment}", sim.name))?;
        let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        self.fact("status", Some(format!("{}{reason}", sim.status.word())))?;
        let parameters = sim.parameters.iter().map(ToString::to_string);
        self.fact(
            "kind",
            match sim.kind {
                RowKind::Simulation => None,
                RowKind::Step => Some("a step: a program that is no gem5".to_owned()),
                RowKind::Suite => Some("a suite: a script that spawns simulations".to_owned()),
            },
        )?;
        self.fact("parameters", Some(parameters.collect::<Vec<_>>().join("  ")))?;
        self.fact("file", Some(source.display().to_string()))
    }

    /// Which suite it is of, or what it has spawned if it is one.
    fn spawned(&mut self, sim: &SimView, sims: &[SimView]) -> Result<(), PrintError> {
        self.fact("suite", sim.suite_among(sims).map(|suite| format!("spawned by {suite}")))?;
        let Some(SpawnedView { counts, asked, answered, before, .. }) = sim.spawned else { return Ok(()) };
        let Counts { total, running, paused, ok, not_ok, .. } = counts;
        let waiting = total - running - paused - ok - not_ok;
        let (failed, cancelled) = (counts.failed(), counts.cancelled);
        let states = [
            (ok, "ok"),
            (failed, "not ok"),
            (cancelled, "cancelled"),
            (running, "running"),
            (paused, "paused"),
            (waiting, "waiting"),
        ];
        let states =
            states.into_iter().filter(|(count, _)| *count > 0).map(|(count, state)| format!("{count} {state}"));
        let states: Vec<String> = states.collect();
        let all = human::plural(total.into(), "simulation");
        let states = if states.is_empty() { String::new() } else { format!(": {}", states.join(", ")) };
        self.fact("spawned", Some(format!("{all}{states}")))?;
        let calls = human::plural(asked.into(), "call");
        self.fact(
            "",
            Some(format!("its newest attempt has made {calls}; {answered} have ended, {before} of them from before")),
        )
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) -> Result<(), PrintError> {
        let Attempt { number, dir, outcome, spec, started, exit, provenance, .. } = attempt;
        self.line("")?;
        let ended =
            outcome.map_or_else(|| "has not ended".to_owned(), |o| format!("{}: {}", o.kind.phrase(), o.line()));
        self.line(&format!("attempt {number}  {ended}"))?;
        self.fact("directory", Some(dir.display().to_string()))?;
        self.fact("started", started.as_ref().map(|started| local(started.at)))?;
        if let Some(exit) = exit {
            let paused = if exit.paused_ms == 0 {
                String::new()
            } else {
                format!(", {} of it paused", human::span(exit.paused_ms))
            };
            self.fact("ended", Some(format!("{}, after {}{paused}", local(exit.at), human::span(exit.wall_ms))))?;
            let used = exit.usage.map(|record::Usage { user_ms, system_ms, max_rss }| {
                let (user, system) = (human::span(user_ms), human::span(system_ms));
                let memory = human::bytes(max_rss);
                format!("CPU {user} and {system} in the kernel; {memory} in the largest process")
            });
            let unknown = || exit.unsupervised.then(|| "nobody knows: its shim had been killed".to_owned());
            self.fact("used", used.or_else(unknown))?;
        }
        if let Some(JobLine { submitting, submitted, end }) = &attempt.job {
            let (submitting, submitted, end) = (Some(submitting.clone()), submitted.clone(), end.clone());
            let job = JobRecords { submitting, submitted, end };
            for (word, value) in job_facts::facts(&job, started.as_ref(), outcome.is_some()) {
                self.fact(word, Some(value))?;
            }
        }
        self.result(attempt.result.as_ref())?;
        if let Some(spec) = spec {
            self.fact("command", Some(shell::join(&spec.argv).into_string()))?;
            self.fact("in", Some(spec.cwd.display().to_string()))?;
            for output in &spec.outputs {
                self.fact("writes", Some(output.display().to_string()))?;
            }
            for (name, value) in &spec.env {
                let change =
                    value.as_ref().map_or_else(|| format!("{name} removed"), |value| format!("{name}={value}"));
                self.fact("variable", Some(change))?;
            }
        }
        let version = attempt.gem5_version.as_ref();
        let compiled = attempt.gem5_compiled.as_ref().map_or_else(String::new, |at| format!(", compiled {at}"));
        self.fact("gem5", version.map(|version| format!("{version}{compiled}")))?;
        if let Some(launcher) = spec.as_ref().and_then(|spec| elsewhere(spec.argv.get(..spec.prefix)?)) {
            self.fact("executable", Some(plan::unseen(launcher)))?;
        }
        if let Some(provenance) = provenance {
            let kind = spec.as_ref().map_or(RowKind::Simulation, |spec| spec.kind);
            self.provenance(provenance, kind, attempt.gem5_version.is_none())?;
        }
        self.fact("config.ini", attempt.config_ini_sha256.as_ref().map(|hash| format!("sha256 {hash}")))?;
        for file in attempt.files.iter().take(MAX_FILES) {
            let size = file.bytes.map_or_else(|| "folder".to_owned(), human::bytes);
            self.fact("file", Some(format!("{size:>9}  {}", file.name)))?;
        }
        let more = attempt.files.len().saturating_sub(MAX_FILES);
        let more = (more > 0).then(|| format!("and {} more; --json has all", human::count(more as u64)));
        self.fact("", more)?;
        self.fact("again with", attempt.repro.clone())
    }

    /// What a function came to, whole.
    fn result(&mut self, result: Option<&CallResult>) -> Result<(), PrintError> {
        match result {
            Some(CallResult::Returned { value, shown, .. }) => {
                self.fact("returned", Some(shown.clone().unwrap_or_else(|| value.to_string())))
            }
            Some(CallResult::Raised { exception, message, traceback, .. }) => {
                self.fact("raised", Some(format!("{exception}: {message}")))?;
                traceback.lines().try_for_each(|line| self.line(&format!("    {line}")))
            }
            Some(CallResult::None { reason }) => self.fact("returned", Some(format!("nothing: {reason}"))),
            None => Ok(()),
        }
    }

    fn executable(&mut self, build: &Build, kind: RowKind, version_unknown: bool) -> Result<(), PrintError> {
        let Build { path, bytes, modified_ms, sha256, version, compiled, is_script, note } = build;
        if version_unknown {
            let compiled = compiled.as_ref().map_or_else(String::new, |at| format!(", compiled {at}"));
            self.fact("gem5", version.as_ref().map(|version| format!("{version}{compiled}, as it says when asked")))?;
        }
        let modified = local(Moment { unix_ms: *modified_ms, boot_ms: 0, boot: None });
        self.fact("executable", Some(format!("{}, {}, of {modified}", path.display(), human::bytes(*bytes))))?;
        self.fact("", sha256.as_ref().map(|hash| format!("sha256 {hash}")))?;
        let script = "it is a script, so that its hash does not tell which gem5 it starts";
        let may_start_another = *is_script && kind == RowKind::Simulation;
        self.fact("note", may_start_another.then(|| script.to_owned()))?;
        self.fact("note", note.clone())
    }

    fn provenance(&mut self, provenance: &Provenance, kind: RowKind, version_unknown: bool) -> Result<(), PrintError> {
        if let Some(executable) = &provenance.executable {
            self.executable(executable, kind, version_unknown)?;
        }
        let hashed = |file: &Option<HashedFile>| {
            file.as_ref().map(|file| format!("{}  sha256 {}", file.path.display(), file.sha256))
        };
        self.fact("script", hashed(&provenance.script))?;
        self.fact("experiment", hashed(&provenance.experiment))?;
        self.fact("resources", hashed(&provenance.gem5_config))?;
        for repository in &provenance.repositories {
            let state = match repository.dirty {
                Some(true) => ", with changes that are not committed",
                Some(false) => "",
                None => ", perhaps with changes",
            };
            self.fact("repository", Some(format!("{} at {}{state}", repository.path.display(), repository.head)))?;
        }
        for (name, value) in &provenance.variables {
            self.fact("inherited", Some(format!("{name}={value}")))?;
        }
        if provenance.variables.get("M5_OVERRIDE_PY_SOURCE").is_some_and(|value| value == "true") {
            self.fact(
                "warning",
                Some("gem5 read its Python from the source tree, not from the executable".to_owned()),
            )?;
        }
        self.fact("machine", Some(format!("{}, Linux {}", provenance.host, provenance.kernel)))
    }
}

fn local(at: Moment) -> String {
    let Ok(at) = jiff::Timestamp::from_millisecond(at.unix_ms) else { return "at an unknown time".to_owned() };
    at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
