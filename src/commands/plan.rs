//! `gem5-tui plan`: what would run. Starts no simulation and writes nothing into the experiment directory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use crate::cli::Target;
use crate::commands::intent::{self, Intent};
use crate::commands::output::Output;
use crate::commands::{Exit, Failure, output, repro, status};
use crate::engine;
use crate::engine::attempt::prepare::bind_own;
use crate::engine::state::State;
use crate::experiment::executor::{SlurmJob, StartedBy};
use crate::experiment::{
    Call, Dependency, Gem5Run, Goal, OnSuiteEnd, Parameter, Plan, Program, RowKind, Run, Simulation, Suite,
};
use crate::gem5::OutcomeKind;
use crate::protocol::{Edits, SimView, Status};
use crate::rundir::record::Moment;
use crate::rundir::{ExperimentDir, usable};
use crate::spawn::builds::Builds;
use crate::spawn::command_line::command_line;
use crate::text::{Safe, human, shell};

#[derive(Debug, Serialize)]
struct Planned<'a> {
    name: &'a str,
    kind: RowKind,
    attempt: u32,
    argv: &'a [String],
    cwd: &'a Path,
    env: &'a std::collections::BTreeMap<String, Option<String>>,
    parameters: &'a [Parameter],
    needs: &'a [Dependency],
    priority: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<&'a crate::experiment::Call>,
    /// The suite that has spawned it.
    #[serde(skip_serializing_if = "Option::is_none")]
    suite: Option<&'a str>,
    /// What it spawns, if it is a suite.
    #[serde(skip_serializing_if = "Option::is_none")]
    spawns: Option<Spawns>,
    outdir: PathBuf,
    /// Where it is started, if not by the engine on its own machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    executor: Option<&'a StartedBy>,
    /// What starts gem5 in a container or on another host, so that its executable is not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    gem5_started_by: Option<&'a str>,
    would: Would,
    status: &'a str,
    changed: &'a [String],
}

/// What holds for all that a suite spawns.
#[derive(Debug, Serialize)]
struct Spawns {
    on_suite_end: OnSuiteEnd,
    fresh: bool,
    /// As a simulation of no name.
    #[serde(flatten)]
    settings: Simulation,
}

impl Spawns {
    fn of(suite: &Suite) -> Self {
        Self { on_suite_end: suite.on_end, fresh: suite.fresh, settings: suite.spawned_as(NAME_TO_COME) }
    }
}

/// Shown where the name of a simulation will stand.
const NAME_TO_COME: &str = "NAME";

/// Simulations that are not known yet.
#[derive(Debug, Serialize)]
struct Awaited<'a> {
    awaiting: &'a str,
    needs: &'a [String],
    /// Why there are none.
    nothing: Option<&'a str>,
}

/// What `run` would do with a simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Would {
    /// It is ok: nothing.
    Keep,
    /// Launch it.
    Run,
    /// Wait for its end: it runs.
    Wait,
}

impl Would {
    fn with(status: &Status) -> Self {
        match status.ended() {
            Some(kind) if kind.is_ok() => Self::Keep,
            None if status.is_live() => Self::Wait,
            _ => Self::Run,
        }
    }
}

/// Prints every simulation with its exact command, and whether it would be run.
pub(crate) fn plan(target: &Target, json: bool, output: &mut Output) -> Result<Exit, Failure> {
    let plan = intent::plan(target, Intent::Launch)?;
    warn_of_obstacles(&plan);
    // What still runs and is in the file no more stands behind what is.
    let planned = plan.simulations.len();
    let state = engine::look(plan);
    let (plan, now) = (state.plan(), Moment::now());
    let edits = state.header(now).edits;
    if !json {
        header(&state, planned, &edits, now, output)?;
    }
    let outdir = ExperimentDir::new(&plan.outdir);
    let mut versions = Versions::default();
    for (sim, simulation) in (0..).zip(plan.simulations.iter().take(planned)) {
        let attempts = state.sim(sim).latest().map_or(0, |attempt| attempt.number);
        // Of what has no attempt there is nothing else to tell.
        let seen = (attempts > 0).then(|| state.view(sim, now));
        let dir = outdir.simulation(&simulation.name);
        let m5out = dir.attempt(attempts + 1).m5out();
        let simulation = &bind_own(simulation.redacted(), &dir, attempts + 1);
        let gem5 = match &simulation.run {
            Run::Gem5(Gem5Run { gem5, .. }) if simulation.elsewhere().is_none() => Some(gem5),
            Run::Gem5(_) | Run::Step { .. } => None,
        };
        let version = gem5.and_then(|gem5| versions.of(gem5));
        let argv = command_line(simulation, &m5out, version).map_err(|refused| Failure::Usage(refused.to_string()))?;
        if json {
            let Simulation { name, cwd, env, parameters, needs, priority, run, executor, .. } = simulation;
            let (kind, priority) = (run.kind(), *priority);
            let call = match run.program() {
                Some(Program::Function(call)) => Some(&**call),
                Some(Program::Script { .. } | Program::MultiSim { .. } | Program::Suite(_)) | None => None,
            };
            let suite = simulation.spawned.as_ref().map(|spawned| spawned.suite.as_str());
            let spawns = simulation.suite().map(Spawns::of);
            let (argv, attempt, outdir) = (&argv, attempts + 1, m5out);
            let status = &state.status(sim, now);
            let (would, status) = (Would::with(status), status.word());
            let changed = seen.as_ref().map_or(&[] as &[String], |seen| &seen.changed);
            output.json(&Planned {
                name,
                kind,
                attempt,
                argv,
                cwd,
                env,
                parameters,
                needs,
                priority,
                call,
                suite,
                spawns,
                outdir,
                executor: Some(executor).filter(|executor| **executor != StartedBy::Local),
                gem5_started_by: simulation.elsewhere(),
                would,
                status,
                changed,
            })?;
        } else {
            one(simulation, seen.as_ref(), &argv, output)?;
        }
    }
    for more in &plan.awaiting {
        if json {
            output.json(&Awaited { awaiting: &more.name, needs: &more.needs, nothing: more.nothing.as_deref() })?;
            continue;
        }
        let needs = more.needs.join(", ");
        let why = match &more.nothing {
            Some(why) => format!("and what that made {why}"),
            None => "known when that is ok".to_owned(),
        };
        output.line(&Safe::plain(""))?;
        output.line(&Safe::line(&format!("# {}: as many as come from {needs}, {why}", more.name)))?;
    }
    if !json && let Some(gone) = status::gone(&edits) {
        output.line(&Safe::plain(""))?;
        output.line(&Safe::line(&format!("# {gone}")))?;
    }
    Ok(Exit::Ok)
}

/// The versions of executables, as far as they are remembered. Thousands of simulations have one.
#[derive(Default)]
struct Versions {
    builds: Builds,
    known: HashMap<PathBuf, Option<String>>,
}

impl Versions {
    fn of(&mut self, gem5: &Path) -> Option<&str> {
        if !self.known.contains_key(gem5) {
            let build = self.builds.remembered(gem5);
            self.known.insert(gem5.to_owned(), build.and_then(|build| build.version));
        }
        self.known.get(gem5)?.as_deref()
    }
}

/// Says what would keep an engine from working in the experiment directory.
fn warn_of_obstacles(plan: &Plan) {
    let names = plan.simulations.iter().map(|simulation| simulation.name.as_str());
    if let Err(unusable) = usable::check(&ExperimentDir::new(&plan.outdir), None, names) {
        output::complain(&Safe::line(&format!("warning: nothing can run: {unusable}")));
    }
}

fn header(state: &State, planned: usize, edits: &Edits, now: Moment, output: &mut Output) -> Result<(), Failure> {
    let Plan { name, outdir, concurrency, memory, simulations, .. } = state.plan();
    let total = human::plural(planned as u64, "simulation");
    let memory = memory.map_or_else(String::new, |memory| format!(", memory {}", human::bytes(memory)));
    output.line(&Safe::line(&format!("# {name}: {total}, concurrency {concurrency}{memory}")))?;
    output.line(&Safe::line(&format!("# outdir {}", outdir.display())))?;
    let (mut run, mut keep, mut wait, mut changed) = (0, 0, 0, 0);
    for sim in 0..simulations.len() as u32 {
        let status = state.status(sim, now);
        match Would::with(&status) {
            Would::Run => run += 1,
            Would::Keep => keep += 1,
            Would::Wait => wait += 1,
        }
        changed +=
            usize::from(status.ended().is_some_and(OutcomeKind::is_ok) && !state.sim(sim).newest.changed.is_empty());
    }
    if keep + wait > 0 {
        let mut parts = vec![format!("{run} would run"), format!("{keep} ok and kept")];
        if wait > 0 {
            parts.push(format!("{wait} run now"));
        }
        if changed > 0 {
            parts.push(format!("{changed} of the ok ones would be made from something else now (`run --changed`)"));
        }
        if edits.new > 0 {
            parts.push(format!("{} new in the file", edits.new));
        }
        output.line(&Safe::line(&format!("# {}", parts.join(", "))))?;
    }
    let mut launchers: Vec<&str> = simulations.iter().take(planned).filter_map(Simulation::elsewhere).collect();
    launchers.sort_unstable();
    launchers.dedup();
    for launcher in launchers {
        output.line(&Safe::line(&format!("# {}", unseen(launcher))))?;
    }
    Ok(())
}

/// Said of a gem5 whose executable is not one of this host.
pub(super) fn unseen(launcher: &str) -> String {
    format!(
        "`{launcher}` starts gem5 elsewhere: its executable is not looked at, and that it was replaced is not noticed"
    )
}

/// What stands behind the name: the state that decides whether it would run.
fn state_in_words(state: &SimView) -> String {
    match Would::with(&state.status) {
        Would::Keep if state.changed.is_empty() => ": ok, kept".to_owned(),
        Would::Keep => format!(": ok, kept; {}", state.changed.join(", ")),
        Would::Wait if state.changed.is_empty() => format!(": {}", state.status.word()),
        Would::Wait => format!(": {}; {} since it was launched", state.status.word(), state.changed.join(", ")),
        Would::Run => format!(": {}, runs again", state.status.word()),
    }
}

fn one(simulation: &Simulation, seen: Option<&SimView>, argv: &[String], output: &mut Output) -> Result<(), Failure> {
    let Simulation { name, cwd, env, needs, priority, run, .. } = simulation;
    let needs: Vec<String> = needs.iter().map(ToString::to_string).collect();
    let needs = if needs.is_empty() { String::new() } else { format!(", after {}", needs.join(", ")) };
    let priority = if *priority == 0 { String::new() } else { format!(", priority {priority}") };
    let kind = match run.kind() {
        RowKind::Simulation => "",
        RowKind::Step => " (a step)",
        RowKind::Suite => " (a suite: what it spawns is known when it runs)",
    };
    let suite = simulation.spawned.as_ref();
    let kind = suite.map_or_else(|| kind.to_owned(), |spawned| format!(" (spawned by {})", spawned.suite));
    output.line(&Safe::plain(""))?;
    let state = seen.map_or_else(String::new, state_in_words);
    output.line(&Safe::line(&format!("# {name}{kind}{needs}{priority}{state}")))?;
    if let Some(place) = place(simulation) {
        output.line(&Safe::line(&format!("# {place}")))?;
    }
    if let Some(suite) = simulation.suite() {
        for line in spawns(suite) {
            output.line(&Safe::line(&format!("#   {line}")))?;
        }
    }
    if let Some(Program::Function(call)) = run.program()
        && let Call { module, function, pickled: Some(_), .. } = &**call
    {
        let parameters: Vec<String> = simulation.parameters.iter().map(ToString::to_string).collect();
        output.line(&Safe::line(&format!("# calls {module}:{function}, pickled; {}", parameters.join("  "))))?;
    } else if let Some(Program::Function(call)) = run.program() {
        let args = serde_json::to_string(&call.args).unwrap_or_default();
        let kwargs = serde_json::to_string(&call.kwargs).unwrap_or_default();
        output.line(&Safe::line(&format!("# calls {}:{} with {args} {kwargs}", call.module, call.function)))?;
    }
    let words = ["env".to_owned(), "-C".to_owned(), cwd.display().to_string()];
    let mut line = shell::join(&words);
    line.push(&Safe::plain(" "));
    line.push(&repro::changes(env));
    line.push(&shell::join(argv));
    output.line(&line)?;
    Ok(())
}

/// Where it is started, with what it may use there; none if by the engine on its own machine.
fn place(simulation: &Simulation) -> Option<String> {
    let Simulation { executor, memory, timeout, .. } = simulation;
    let span = |span: Duration| human::span(span.as_millis() as u64);
    let mut facts = vec![format!("executor {}", executor.system()?)];
    let (time, cpus) = match executor {
        StartedBy::Local => (None, None),
        StartedBy::Slurm(job) => {
            let SlurmJob { partition, account, qos, constraint, exclude, gres, extra, .. } = &**job;
            let words = [
                ("partition", partition),
                ("account", account),
                ("qos", qos),
                ("constraint", constraint),
                ("not on", exclude),
                ("gres", gres),
            ];
            facts.extend(words.into_iter().filter_map(|(name, word)| Some(format!("{name} {}", word.as_ref()?))));
            facts.extend((!extra.is_empty()).then(|| extra.join(" ")));
            (job.time, job.cpus)
        }
        StartedBy::Command(job) => (job.time, job.cpus),
    };
    facts.extend(cpus.map(|cpus| human::plural(cpus.into(), "CPU")));
    facts.extend(memory.map(human::bytes));
    facts.extend(time.or(*timeout).map(span));
    Some(facts.join(", "))
}

/// What holds for all that a suite spawns, in lines.
fn spawns(suite: &Suite) -> Vec<String> {
    let Spawns { on_suite_end, fresh, settings } = Spawns::of(suite);
    let Simulation {
        prefix,
        run,
        env,
        cwd,
        timeout,
        time,
        stall,
        max_output,
        poll_stats,
        retries,
        memory,
        watch,
        goal,
        pool,
        ..
    } = &settings;
    let mut words: Vec<String> = prefix.clone();
    words.push(run.executable().to_string_lossy().into_owned());
    if let Run::Gem5(Gem5Run { gem5_args, .. }) = run {
        words.extend(gem5_args.iter().cloned());
    }
    let mut by = shell::join(&["env", "-C"]);
    by.push(&Safe::plain(" "));
    by.push(&shell::join(&[cwd.to_string_lossy()]));
    by.push(&Safe::plain(" "));
    by.push(&repro::changes(env));
    by.push(&shell::join(&words));
    let span = |span: &Duration| human::span(span.as_millis() as u64);
    let outcomes = retries.by_outcome.iter().map(|(outcome, retry)| format!("{outcome} {retry}"));
    let any = (retries.any > 0).then(|| retries.any.to_string());
    let place = place(&settings);
    let facts = [
        ("memory", memory.map(human::bytes)),
        ("timeout", timeout.as_ref().map(span)),
        ("time", time.as_ref().map(span)),
        ("stall", stall.as_ref().map(span)),
        ("max_output", max_output.map(human::bytes)),
        ("poll_stats", poll_stats.as_ref().map(span)),
        ("retries", Some(any.into_iter().chain(outcomes).collect::<Vec<_>>().join(", "))),
        ("watch", Some(watch.join(" "))),
        (
            "goal",
            goal.map(|goal| match goal {
                Goal::Ticks(ticks) => format!("{} ticks", human::count(ticks)),
                Goal::Instructions(instructions) => format!("{} instructions", human::count(instructions)),
                Goal::Seconds(seconds) => format!("{seconds} simulated seconds"),
            }),
        ),
        ("at once", pool.as_ref().map(|pool| pool.processes.to_string())),
    ];
    let facts =
        facts.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", value.filter(|v| !v.is_empty())?)));
    let facts: Vec<String> = facts.collect();
    let mut lines = vec![format!("each by {by}")];
    if !facts.is_empty() {
        lines.push(format!("each with {}", facts.join(", ")));
    }
    lines.extend(place);
    let then = match on_suite_end {
        OnSuiteEnd::GoOn => "when its script dies they go on, and its next attempt finds them",
        OnSuiteEnd::Cancel => "when its script dies they are cancelled",
    };
    lines.push(then.to_owned());
    if fresh {
        lines.push("every call runs anew".to_owned());
    }
    lines
}
