//! One simulation of the plan: placeholders filled in, paths absolute, files looked for.

mod command;
mod executor;
mod sbatch;
mod step;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value as Json;

use super::check::Needed;
use super::executor::StartedBy;
use super::launcher::elsewhere;
use super::limits::{ITEM, MAX_ARGUMENT, MAX_ROW};
use super::model::{Argument, At, Conditions, Entry, GoalRule};
use super::options::Options;
use super::outputs::{has_wild_directories, malformed};
use super::paths::resolve;
use super::plan::Suite;
use super::plan::{Call, Gem5Run, Goal, Pool, Program, Run, Simulation};
use super::problem::{Problem, Problems};
use super::room::{Room, recorded_bytes, refuse_plan};
use super::scope::{Expansion, PointScope, Unfolded, too_long};
use super::template::{Scope, Template};
use super::traps;
use super::value::Value;
use super::yaml::{NodeId, Scalar, ScalarKind, brief};
use super::{FileKind, check, secret};
use crate::gem5::SuccessRule;

/// The parameter that holds the id of a MultiSim simulation.
pub(super) const ID: &str = "id";
/// Builds simulations.
pub(super) struct Builder<'a> {
    expansion: &'a Expansion<'a>,
    experiment: &'a str,
    outdir: &'a Path,
    /// What the disk said: ten thousand points ask the same question.
    seen: RefCell<HashMap<PathBuf, FileKind>>,
    /// Where names on PATH are, likewise.
    found: RefCell<HashMap<String, Option<PathBuf>>>,
    /// The working directory of the last point, which mostly is that of all.
    cwd: RefCell<Arc<Path>>,
    options: RefCell<Options>,
    room: &'a Room,
}

impl<'a> Builder<'a> {
    /// For simulations of `experiment`, below `outdir`.
    pub(super) fn new(expansion: &'a Expansion<'a>, experiment: &'a str, outdir: &'a Path, room: &'a Room) -> Self {
        Self {
            expansion,
            experiment,
            outdir,
            room,
            seen: RefCell::default(),
            found: RefCell::default(),
            cwd: RefCell::new(Path::new("").into()),
            options: RefCell::default(),
        }
    }

    /// Adds the simulations of entry number `id`, each with what it needs, but for those that are held.
    pub(super) fn simulations<'u>(
        &self,
        id: usize,
        unfolded: &'u Unfolded<'u>,
        needs: impl Iterator<Item = Needed>,
        into: &mut Vec<Simulation>,
        problems: &mut Problems,
    ) {
        let entry = unfolded.entry;
        let watch: Arc<[String]> = if entry.step().is_some() { Arc::default() } else { self.watch(entry).into() };
        let success = self.success(entry).map(Arc::new);
        let (first, before) = (into.len(), problems.len());
        for (point, Needed { needs, after_step, is_held }) in needs.enumerate() {
            if is_held {
                continue;
            }
            let scope = PointScope {
                unfolded: Some(unfolded),
                sweep: &unfolded.sweep,
                entry,
                point,
                needs: &needs,
                after_step,
                outdir: self.outdir,
                experiment: self.experiment,
                room: self.room,
            };
            if let Some(mut simulation) = self.simulation(&scope, success.as_ref(), problems) {
                simulation.watch.clone_from(&watch);
                let processes = entry.pool.as_ref().and_then(|pool| pool.processes.as_ref());
                let pool = processes.map(|processes| Pool { id, processes: processes.value });
                match simulation.suite_mut() {
                    // The process of a suite takes no place anywhere.
                    Some(suite) => (suite.spawned.pool, suite.spawned.needs) = (pool, needs.clone()),
                    None => simulation.pool = pool,
                }
                simulation.needs = needs;
                let conditions =
                    simulation.success.as_ref().map_or(0, |rule| rule.exit_causes.len() + rule.stats.len());
                let strings = simulation.watch.len() + simulation.needs.len() + conditions;
                self.room.take(ITEM * strings);
                self.room.close(recorded_bytes(&simulation) + 1);
                into.push(simulation);
            } else {
                self.room.close(0);
            }
            if self.room.is_used_up() {
                return refuse_plan(entry.at, problems);
            }
        }
        // Where an axis was said to change nothing, this has been said.
        if before == problems.len() && problems.is_silent_about(entry.axes().map(|axis| axis.name.at)) {
            warn_of_twins(entry, &into[first..], problems);
        }
    }

    fn watch(&self, entry: &Entry) -> Vec<String> {
        let mut seen = HashSet::new();
        let all = self.expansion.all(entry, |s| s.watch.as_ref()).map(|glob| &glob.value);
        all.filter(|glob| seen.insert(glob.as_str())).cloned().collect()
    }

    fn success(&self, entry: &Entry) -> Option<SuccessRule> {
        let expansion = self.expansion;
        let rule = success(
            expansion.setting(entry, |s| s.success.as_ref()),
            expansion.setting(entry, |s| s.exit_line.as_ref()),
            expansion.setting(entry, |s| s.logs.as_ref()),
        );
        if entry.step().is_some() { rule.and_then(step::of_a_process) } else { rule }
    }

    /// One simulation, but for what it watches and what it needs. `success` is what its entry says that is.
    fn simulation(
        &self,
        scope: &PointScope<'_>,
        success: Option<&Arc<SuccessRule>>,
        problems: &mut Problems,
    ) -> Option<Simulation> {
        let entry = scope.entry;
        let expansion = self.expansion;
        let front = self.front(scope, problems);
        let elsewhere = front.as_ref().and_then(|front| elsewhere(&front.words));
        let run = match entry.step() {
            Some(words) => self.step(words, scope, problems).map(|step| Run::Step { step }),
            None => self.gem5_run(scope, elsewhere, problems).map(Run::Gem5),
        };
        let prefix = front.and_then(|front| self.prefix(front, scope, problems));
        let env = self.env(scope, problems);
        let cwd = self.cwd(scope, problems);
        let outputs = cwd.as_deref().and_then(|cwd| self.outputs(scope, cwd, problems));
        let mut duration = |of| scope.value(expansion.setting(entry, of), problems);
        let timeout = duration(|s| s.timeout.as_ref());
        let time = duration(|s| s.time.as_ref());
        let poll_stats = duration(|s| s.poll_stats.as_ref());
        let grace = duration(|s| s.grace.as_ref());
        let stall_rule = expansion.setting(entry, |s| s.stall.as_ref());
        let stall = scope.value(stall_rule.and_then(|rule| rule.progress.as_ref()), problems);
        let guest_stall = scope.value(stall_rule.and_then(|rule| rule.guest.as_ref()), problems);
        let on_guest = expansion.setting(entry, |s| s.on_guest.as_ref());
        let priority = scope.value(expansion.setting(entry, |s| s.priority.as_ref()), problems);
        let max_output = scope.value(expansion.setting(entry, |s| s.max_output.as_ref()), problems);
        let memory_setting = expansion.setting(entry, |s| s.memory.as_ref());
        let memory = scope.value(memory_setting, problems);
        let executor = self.started_by(scope, (memory, timeout), problems);
        if let Some(retries) = expansion.setting(entry, |s| s.retries.as_ref()) {
            let job_time = executor.as_ref().and_then(StartedBy::time);
            executor::check_raised(retries, (memory, timeout.or(job_time)), scope, problems);
        }
        let goal = expansion.setting(entry, |s| s.goal.as_ref()).and_then(|goal| self::goal(goal, scope, problems));
        if let (Some(memory), Some(setting), Some(budget)) = (memory, memory_setting, &expansion.file.memory) {
            // The budget is of this machine.
            if executor.as_ref().is_none_or(|place| *place == StartedBy::Local) {
                check::fits(memory, setting, budget, scope, problems);
            }
        }
        let parameters = scope.sweep.values(entry, scope.point).within(scope).parameters();
        let row: usize = parameters.iter().map(|one| one.name.len() + one.value.as_written().len() + ITEM).sum();
        if row > MAX_ROW || !self.room.take(row) {
            let at = entry.matrix.as_ref().map_or(entry.at, |matrix| matrix.at);
            scope.refuse_at(at, false, "a long row", problems, || {
                let message = format!("the parameters have more than {} KiB", MAX_ROW >> 10);
                Problem::error(at, message)
                    .label("they stand in the row of the simulation")
                    .help("name large values by a short one, and pass them in a file")
            });
            return None;
        }
        let simulation = Simulation {
            name: scope.name().to_owned(),
            parameters,
            prefix: prefix?,
            run: run?,
            env: env?,
            cwd: self.shared(&cwd?),
            outputs: outputs?,
            timeout,
            time,
            stall,
            guest_stall,
            cancels_on_panic: on_guest.and_then(|rule| rule.panic).unwrap_or_default(),
            max_output,
            poll_stats,
            success: success.cloned(),
            grace: grace.unwrap_or(Simulation::DEFAULT_GRACE),
            retries: expansion.setting(entry, |s| s.retries.as_ref()).map(|r| r.value.clone()).unwrap_or_default(),
            memory,
            watch: Arc::default(),
            dump: expansion.setting(entry, |s| s.dump.as_ref()).cloned().unwrap_or_default(),
            goal,
            needs: Vec::new(),
            priority: priority.unwrap_or_default(),
            pool: None,
            executor: executor?,
            spawned: None,
            gone: false,
        };
        Some(step::without_gem5(simulation))
    }

    fn gem5_run(&self, scope: &PointScope<'_>, elsewhere: Option<&str>, problems: &mut Problems) -> Option<Gem5Run> {
        let program = self.program(scope, elsewhere, problems);
        let gem5 = self.gem5(scope, elsewhere, problems);
        let gem5_args = self.gem5_args(scope, gem5.as_deref(), problems);
        Some(Gem5Run { gem5: gem5?, gem5_args: gem5_args?, program: program? })
    }

    fn program(&self, scope: &PointScope<'_>, elsewhere: Option<&str>, problems: &mut Problems) -> Option<Program> {
        let entry = scope.entry;
        if let Some(target) = &entry.target {
            let mut passed = |name: Option<&str>, argument: &At<Argument>| {
                let value = json(argument, scope, problems)?;
                if let Json::String(text) = &value {
                    check::secret_of_call(name, text, argument.at, scope, problems);
                }
                Some(value)
            };
            let args: Option<Vec<Json>> = entry.arguments().iter().map(|argument| passed(None, argument)).collect();
            let kwargs: Option<serde_json::Map<String, Json>> = entry
                .kwargs
                .iter()
                .flatten()
                .map(|(name, argument)| Some((name.value.clone(), passed(Some(&name.value), argument)?)))
                .collect();
            return Some(Program::Function(Box::new(Call {
                module: target.value.module.clone(),
                function: target.value.function.clone(),
                args: args?,
                kwargs: kwargs?,
                search_path: self.expansion.directory().to_owned(),
                pickled: None,
            })));
        }
        let script = entry.any_script()?;
        let path = self.script(script, scope, elsewhere, problems);
        if entry.multisim.is_some() {
            // Set by `multisim.rs`, which makes an axis of the ids.
            let id = scope.called(ID).ok()?;
            return Some(Program::MultiSim { path: path?, id });
        }
        let spawned = entry.suite.as_ref().map(|_| self.spawned(scope, problems));
        let templates = entry.arguments().iter().filter_map(|argument| match &argument.value {
            Argument::One(template) => Some((template, argument.at)),
            // They were refused.
            Argument::List(_) | Argument::Map(_) => None,
        });
        let places: Vec<NodeId> = templates.clone().map(|(_, at)| at).collect();
        let (args, origins) = arguments(scope.arguments(templates, problems)?);
        check::arguments(&args, |index| places[origins[index]], scope, problems);
        let path = path?;
        if spawned.is_some() && scope.point == 0 {
            // That it cannot be read is told where it is run.
            let text = self.expansion.files.text(&path).unwrap_or_default();
            if let Some(problem) = traps::main_guard(&text, script.at) {
                problems.push(problem);
            }
        }
        Some(match spawned {
            None => Program::Script { path, args },
            Some(spawned) => Program::Suite(Box::new(Suite {
                path,
                args,
                spawned: Box::new(spawned?),
                on_end: entry.on_suite_end.unwrap_or_default(),
                fresh: entry.fresh.unwrap_or_default(),
            })),
        })
    }

    /// What the suite of this point spawns, as far as the file tells.
    fn spawned(&self, scope: &PointScope<'_>, problems: &mut Problems) -> Option<Simulation> {
        let unfolded = scope.unfolded?;
        let entry = unfolded.entry.spawned_entry();
        let (sweep, names) = (unfolded.sweep.clone(), unfolded.names.clone());
        let unfolded = Unfolded { entry: &entry, sweep, names, is_spawned: true };
        let scope = PointScope { unfolded: Some(&unfolded), sweep: &unfolded.sweep, entry: &entry, ..*scope };
        let success = self.success(&entry).map(Arc::new);
        let simulation = self.simulation(&scope, success.as_ref(), problems)?;
        let (name, parameters) = (String::new(), Vec::new());
        Some(Simulation { name, parameters, watch: self.watch(&entry).into(), ..simulation })
    }

    /// The absolute path of a script, which must be there; unless it is one of a place where the program `elsewhere` starts gem5.
    pub(super) fn script(
        &self,
        script: &At<Template>,
        scope: &PointScope<'_>,
        elsewhere: Option<&str>,
        problems: &mut Problems,
    ) -> Option<PathBuf> {
        let path = scope.text(script, problems)?;
        let absolute = resolve(self.expansion.directory(), &path);
        // What a needed simulation writes does not exist yet.
        let is_of_another_place = elsewhere.is_some() && path.starts_with('/');
        if !script.value.speaks_of_later() && !is_of_another_place {
            let wrong = match self.kind(&absolute) {
                FileKind::Missing if scope.after_step => None,
                FileKind::Missing => Some("does not exist"),
                FileKind::Directory => Some("is a directory"),
                FileKind::File | FileKind::Executable | FileKind::Unasked => None,
            };
            if let Some(wrong) = wrong {
                scope.refuse(script, wrong, problems, || {
                    let message = format!("the script `{}` {wrong}", brief(&path));
                    Problem::error(script.at, message).help(looked_for(&path, &absolute))
                });
            }
        }
        Some(absolute)
    }

    fn gem5_args(&self, scope: &PointScope<'_>, gem5: Option<&Path>, problems: &mut Problems) -> Option<Vec<String>> {
        let items: Vec<&At<Template>> = self.expansion.all(scope.entry, |s| s.gem5_args.as_ref()).collect();
        let templates = items.iter().map(|item| (&item.value, item.at));
        let (args, origins) = arguments(scope.arguments(templates, problems)?);
        self.options.borrow_mut().check(scope, &args, gem5, |index| items[origins[index]], problems);
        check::arguments(&args, |index| items[origins[index]].at, scope, problems);
        Some(args)
    }

    fn env(&self, scope: &PointScope<'_>, problems: &mut Problems) -> Option<BTreeMap<String, Option<String>>> {
        let mut env = BTreeMap::new();
        for (name, value) in self.expansion.all(scope.entry, |s| s.env.as_ref()) {
            let template = value.as_ref();
            // A variable whose value is not there is left as it is.
            if template.is_some_and(|template| scope.is_left_out(template)) {
                continue;
            }
            let value = match template {
                Some(value) => Some(scope.text(value, problems)?),
                None => None,
            };
            if let (Some(template), Some(value)) = (template, &value)
                && !secret::may_be_shown(&name.value, value)
                && let Some(axis) = scope.sweep.axes().find(|axis| template.value.parameters().contains(axis))
            {
                check::secret_of_axis(&name.value, axis, template.at, problems);
            }
            let bytes = name.value.len() + 2 + value.as_ref().map_or(0, String::len);
            if bytes > MAX_ARGUMENT {
                let at = template.as_ref().map_or(name.at, |template| template.at);
                scope.refuse_at(at, false, "too long", problems, || too_long(at));
            }
            if !self.room.take(name.value.len()) {
                return None;
            }
            env.insert(name.value.clone(), value);
        }
        Some(env)
    }

    /// A working directory as all points have it that have the same.
    fn shared(&self, cwd: &Path) -> Arc<Path> {
        let mut last = self.cwd.borrow_mut();
        if last.as_os_str() != cwd.as_os_str() {
            *last = cwd.into();
        }
        Arc::clone(&last)
    }

    pub(super) fn cwd(&self, scope: &PointScope<'_>, problems: &mut Problems) -> Option<PathBuf> {
        let cwd = self.expansion.setting(scope.entry, |s| s.cwd.as_ref());
        let Some(cwd) = cwd.filter(|cwd| !scope.is_left_out(cwd)) else {
            return Some(self.expansion.directory().to_owned());
        };
        let written = scope.text(cwd, problems)?;
        let absolute = resolve(self.expansion.directory(), &written);
        let wrong = match self.kind(&absolute) {
            FileKind::Missing => Some("does not exist"),
            FileKind::File | FileKind::Executable => Some("is not a directory"),
            FileKind::Directory | FileKind::Unasked => None,
        };
        if let Some(wrong) = wrong.filter(|_| !cwd.value.speaks_of_later()) {
            scope.refuse(cwd, wrong, problems, || {
                let message = format!("the working directory `{}` {wrong}", brief(&written));
                Problem::error(cwd.at, message).help(looked_for(&written, &absolute))
            });
        }
        Some(absolute)
    }

    /// The files that it declares to write, which nobody else may.
    fn outputs(&self, scope: &PointScope<'_>, cwd: &Path, problems: &mut Problems) -> Option<Vec<PathBuf>> {
        // Each simulation names its own, and what a suite spawns has no name yet.
        if scope.is_spawned() {
            return Some(Vec::new());
        }
        let items: Vec<&At<Template>> = self.expansion.all(scope.entry, |s| s.outputs.as_ref()).collect();
        let templates = items.iter().map(|item| (&item.value, item.at));
        let (texts, origins) = arguments(scope.arguments(templates, problems)?);
        // What stands for the number of the attempt is an absolute path, and the rest of the name would be lost.
        let number = scope.own("attempt").map(|number| number.name().into_owned());
        let absolute = |text: &String| match &number {
            Some(number) => {
                let path = resolve(cwd, &text.replace(number.as_str(), "\0"));
                PathBuf::from(path.to_string_lossy().replace('\0', number))
            }
            None => resolve(cwd, text),
        };
        let outputs: Vec<PathBuf> = texts.iter().map(absolute).collect();
        for (origin, output) in origins.into_iter().zip(&outputs) {
            let item = items[origin];
            let shown = item.value.written().text.as_str();
            let wrong = if self.kind(output) == FileKind::Directory {
                Some(("is a directory", "name the files, as in `results/*.csv`".to_owned()))
            } else if has_wild_directories(output) {
                Some(("has a wildcard in a directory", "only the name of a file can be a glob".to_owned()))
            } else {
                malformed(output).map(|error| ("is no glob", error))
            };
            match wrong {
                Some((what, help)) => scope.refuse(item, what, problems, || {
                    Problem::error(item.at, format!("the output `{}` {what}", brief(shown))).help(help)
                }),
                None => self.options.borrow_mut().claim(scope, &output.to_string_lossy(), item.at, problems),
            }
        }
        Some(outputs)
    }

    fn find_on_path(&self, name: &str) -> Option<PathBuf> {
        if let Some(found) = self.found.borrow().get(name) {
            return found.clone();
        }
        let found = self.expansion.files.find_on_path(name);
        self.found.borrow_mut().insert(name.to_owned(), found.clone());
        found
    }

    fn kind(&self, path: &Path) -> FileKind {
        if let Some(seen) = self.seen.borrow().get(path) {
            return *seen;
        }
        let kind = self.expansion.files.kind(path);
        self.seen.borrow_mut().insert(path.to_owned(), kind);
        kind
    }
}

/// Warns of two points that are one command, unless they are replicas.
fn warn_of_twins(entry: &Entry, simulations: &[Simulation], problems: &mut Problems) {
    if entry.replicas().next().is_some() || !entry.unknown.is_empty() || !entry.is_whole {
        return;
    }
    let command =
        |simulation: &Simulation| Simulation { name: String::new(), parameters: Vec::new(), ..simulation.clone() };
    // Ten thousand points differ in their arguments, so the rest is compared only where those are the same.
    let mut seen: HashMap<(&[String], String), &Simulation> = HashMap::with_capacity(simulations.len());
    for simulation in simulations {
        let key: (&[String], String) = match &simulation.run {
            Run::Step { step } => (&step.args, String::new()),
            Run::Gem5(Gem5Run { program: Program::Script { args, .. }, .. }) => (args, String::new()),
            Run::Gem5(Gem5Run { program: Program::Function(call), .. }) => {
                (&[], Json::from(call.args.clone()).to_string())
            }
            Run::Gem5(Gem5Run { program: Program::Suite(suite), .. }) => (&suite.args, String::new()),
            // The id is one.
            Run::Gem5(Gem5Run { program: Program::MultiSim { .. }, .. }) => return,
        };
        let Some(first) = seen.insert(key, simulation) else { continue };
        if command(first) != command(simulation) {
            continue;
        }
        let message = format!("`{}` and `{}` run the same command", first.name, simulation.name);
        let problem = Problem::warning(entry.name.as_ref().map_or(entry.at, |name| name.at), message);
        problems.push(problem.help("pass on what makes them differ; for replicas write `repeat: 5`"));
        return;
    }
}

/// Arguments, and which template each is from.
fn arguments(both: Vec<(String, usize)>) -> (Vec<String>, Vec<usize>) {
    // No more room than it takes: there may be a hundred thousand of them.
    let (mut texts, mut origins) = (Vec::with_capacity(both.len()), Vec::with_capacity(both.len()));
    for (text, origin) in both {
        texts.push(text);
        origins.push(origin);
    }
    (texts, origins)
}

fn goal(goal: &GoalRule, scope: &PointScope<'_>, problems: &mut Problems) -> Option<Goal> {
    let GoalRule { ticks, instructions, seconds } = goal;
    let ticks = scope.value(ticks.as_ref(), problems).map(Goal::Ticks);
    let instructions = scope.value(instructions.as_ref(), problems);
    let seconds = scope.value(seconds.as_ref(), problems).map(Goal::Seconds);
    ticks.or(instructions.map(Goal::Instructions)).or(seconds)
}

/// What success is, what the end looks like and where it is told; none where nothing is said of these.
fn success(rule: Option<&Conditions>, exit_line: Option<&String>, logs: Option<&Vec<String>>) -> Option<SuccessRule> {
    let conditions = rule.cloned().map(|Conditions { exit_codes, exit_causes, stats, log }| SuccessRule {
        exit_codes: exit_codes.unwrap_or_default(),
        exit_causes: exit_causes.unwrap_or_default(),
        stats: stats.unwrap_or_default(),
        log,
        ..SuccessRule::default()
    });
    if exit_line.is_none() && logs.is_none() {
        return conditions;
    }
    let logs = logs.cloned().unwrap_or_default();
    Some(SuccessRule { exit_line: exit_line.cloned(), logs, ..conditions.unwrap_or_default() })
}

fn looked_for(written: &str, absolute: &Path) -> String {
    if written.starts_with('~') {
        "`~` stands for itself here: write the whole path".to_owned()
    } else if written.starts_with('/') {
        "check the path".to_owned()
    } else {
        format!("paths are relative to the experiment file: looked for `{}`", absolute.display())
    }
}

/// An argument of a function.
fn json(argument: &At<Argument>, scope: &PointScope<'_>, problems: &mut Problems) -> Option<Json> {
    match &argument.value {
        Argument::One(template) => match scope.fill(template, argument.at, problems)? {
            Value::One(scalar) => json_scalar(&scalar, argument.at, scope, problems),
            Value::Many(items) => items.iter().map(|item| json_scalar(item, argument.at, scope, problems)).collect(),
        },
        Argument::List(items) => items.iter().map(|item| json(item, scope, problems)).collect(),
        Argument::Map(items) => {
            let items = items.iter().map(|(name, item)| Some((name.clone(), json(item, scope, problems)?)));
            items.collect::<Option<serde_json::Map<String, Json>>>().map(Json::Object)
        }
    }
}

fn json_scalar(scalar: &Scalar, at: NodeId, scope: &PointScope<'_>, problems: &mut Problems) -> Option<Json> {
    Some(match scalar.kind {
        ScalarKind::Null => Json::Null,
        ScalarKind::Bool(value) => Json::Bool(value),
        ScalarKind::Unsigned(value) => value.into(),
        ScalarKind::Signed(value) => value.into(),
        ScalarKind::Text => Json::String(scalar.text.clone()),
        ScalarKind::Float(value) => {
            let Some(number) = serde_json::Number::from_f64(value) else {
                scope.refuse_at(at, false, "no JSON", problems, || {
                    let message = format!("`{}` cannot be passed to a function", scalar.text);
                    Problem::error(at, message).help("put the value in quotes")
                });
                return None;
            };
            Json::Number(number)
        }
    })
}
