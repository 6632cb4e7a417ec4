//! From the model to the plan: every point with its placeholders filled in and its paths absolute.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

use super::build::Builder;
use super::check;
use super::fields::listed;
use super::model::{Argument, At, Deferred, Entry, ExperimentFile, Settings};
use super::name;
use super::plan::{Concurrency, Plan};
use super::problem::{Problem, Problems};
use super::suggest::nearest;
use super::sweep::{MAX_POINTS, Sweep};
use super::template::{Scope, Template};
use super::yaml::{Node, NodeId, Scalar};
use super::{DEFAULT_PARENT, Files, Overrides};
use crate::text::human;

/// What all entries share.
pub(super) struct Expansion<'a> {
    pub(super) file: &'a ExperimentFile,
    /// The top of the file, for problems without a better place.
    pub(super) root: &'a Node,
    /// The experiment file, absolute.
    pub(super) source: &'a Path,
    pub(super) overrides: &'a Overrides,
    pub(super) files: &'a dyn Files,
}

/// An entry with its points and their names.
pub(super) struct Unfolded<'a> {
    pub(super) entry: &'a Entry,
    pub(super) sweep: Sweep<'a>,
    pub(super) names: Vec<String>,
}

impl Unfolded<'_> {
    /// Where the name comes from.
    pub(super) fn name_place(&self) -> NodeId {
        let entry = self.entry;
        let script = entry.script.as_ref().or(entry.multisim.as_ref());
        let fallback = script.map(|s| s.at).or(entry.target.as_ref().map(|t| t.at));
        entry.name.as_ref().map(|name| name.at).or(fallback).unwrap_or(entry.at)
    }
}

/// The values of one point.
pub(super) struct PointScope<'a> {
    pub(super) unfolded: Option<&'a Unfolded<'a>>,
    pub(super) sweep: &'a Sweep<'a>,
    pub(super) entry: &'a Entry,
    pub(super) point: usize,
    pub(super) needs: &'a [String],
    pub(super) outdir: &'a Path,
}

impl Scope for PointScope<'_> {
    fn parameter(&self, name: &str) -> Option<&Scalar> {
        let constant = || self.entry.with.iter().find(|(known, _)| known.value == name).map(|(_, value)| &value.value);
        self.sweep.point(self.point).find(|(axis, _)| *axis == name).map(|(_, value)| value).or_else(constant)
    }

    fn need_outdir(&self, name: &str) -> Option<String> {
        let known = self.needs.iter().any(|need| need == name);
        known.then(|| self.outdir.join(name).join("latest/m5out").to_string_lossy().into_owned())
    }
}

impl PointScope<'_> {
    /// The name of the simulation, once it is known.
    pub(super) fn name(&self) -> &str {
        self.unfolded.map_or("", |unfolded| &unfolded.names[self.point])
    }
}

/// Expands the whole file. The plan is only right when there are no errors.
pub(super) fn plan(expansion: &Expansion<'_>, problems: &mut Problems) -> Plan {
    let file = expansion.file;
    let name = expansion.experiment_name(problems);
    let outdir = match (&expansion.overrides.outdir, &file.outdir) {
        (Some(outdir), _) => resolve(expansion.directory(), &outdir.to_string_lossy()),
        (None, Some(outdir)) => resolve(expansion.directory(), &outdir.value),
        (None, None) => expansion.directory().join(DEFAULT_PARENT).join(&name),
    };
    let mut unfolded = Vec::new();
    let mut total = 0;
    for entry in &file.simulations {
        let before = problems.errors();
        expansion.check_placeholders(entry, problems);
        if let Some(entry) = unfold(entry, problems.errors() == before, problems) {
            total += entry.sweep.len();
            if total > MAX_POINTS {
                let problem = Problem::error(
                    entry.entry.at,
                    format!("more than {} simulations", human::count(MAX_POINTS as u64)),
                );
                problems.push(problem.help("split the file into several experiments"));
                break;
            }
            unfolded.push(entry);
        }
    }
    let whole = unfolded.len() == file.simulations.len();
    let needs = check::needs(&unfolded, whole, problems);
    let builder = Builder::new(expansion, &outdir);
    let mut simulations = Vec::with_capacity(total);
    let mut needs = needs.into_iter();
    for (id, entry) in unfolded.iter().enumerate() {
        builder.simulations(id, entry, needs.by_ref().take(entry.sweep.len()), &mut simulations, problems);
    }
    Plan {
        name,
        source: expansion.source.to_owned(),
        outdir,
        concurrency: expansion
            .overrides
            .concurrency
            .or(file.concurrency.as_ref().map(|cap| cap.value))
            .unwrap_or(Concurrency::Auto),
        memory: file.memory.as_ref().map(|budget| budget.value),
        min_free_disk: file.min_free_disk.as_ref().map(|least| least.value),
        simulations,
    }
}

/// The points of one entry and their names.
fn unfold<'a>(entry: &'a Entry, placeholders_known: bool, problems: &mut Problems) -> Option<Unfolded<'a>> {
    if !entry.parameters_known {
        return None;
    }
    let sweep = Sweep::new(entry, problems)?;
    let fallback = match (&entry.script, &entry.target) {
        (_, Some(target)) => target.value.function.clone(),
        (Some(script), None) => stem(&script.value.written().text),
        // Neither could be read, so that its name is not known either.
        (None, None) if entry.name.is_none() => return None,
        (None, None) => String::new(),
    };
    let axes: Vec<&str> = sweep.axes().collect();
    let Some(name) = &entry.name else {
        if !axes.is_empty() {
            let placeholders: Vec<String> = axes.iter().map(|axis| format!("-${{{axis}}}")).collect();
            let problem =
                Problem::error(entry.at, "a sweep needs a `name`").label("every point would have the same name");
            problems.push(problem.help(format!("write `name: {}{}`", name::mended(&fallback), placeholders.concat())));
            return None;
        }
        let unfolded = Unfolded { entry, sweep, names: vec![fallback] };
        check_name(&unfolded, 0, problems);
        return Some(unfolded);
    };
    if name.value.speaks_of_needs() {
        problems.push(Problem::error(name.at, "a name cannot speak of `needs`").help("name the parameters instead"));
        return None;
    }
    if !placeholders_known && !name.value.is_literal() {
        return None;
    }
    let mut names = Vec::with_capacity(sweep.len());
    for point in 0..sweep.len() {
        let scope = PointScope { unfolded: None, sweep: &sweep, entry, point, needs: &[], outdir: Path::new("") };
        names.push(name.value.fill(&scope).ok()?.text);
    }
    let unfolded = Unfolded { entry, sweep, names };
    for point in 0..unfolded.names.len() {
        check_name(&unfolded, point, problems);
    }
    Some(unfolded)
}

/// Control characters as `\u{…}`: what is wrong with a name must be seen in the message that says so.
fn visible(name: &str) -> String {
    let shown = |c: char| if c.is_control() { c.escape_unicode().to_string() } else { c.to_string() };
    name.chars().map(shown).collect()
}

fn check_name(unfolded: &Unfolded<'_>, point: usize, problems: &mut Problems) {
    let name = &unfolded.names[point];
    if let Some(objection) = name::objection(name) {
        let message =
            format!("`{}` cannot be the name of a simulation: it {objection}", super::yaml::brief(&visible(name)));
        let help = if unfolded.entry.name.is_some() {
            "a name becomes a directory: `[A-Za-z][A-Za-z0-9_.-]*`".to_owned()
        } else {
            format!("give the simulation a name, such as `name: {}`", name::mended(name))
        };
        problems.push(Problem::error(unfolded.name_place(), message).help(help));
    }
}

/// The file name without its extension.
fn stem(path: &str) -> String {
    Path::new(path).file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

/// `path` seen from `base`, without `.`.
pub(super) fn resolve(base: &Path, path: &str) -> PathBuf {
    base.join(path).components().filter(|part| !matches!(part, Component::CurDir)).collect()
}

impl Expansion<'_> {
    /// The directory of the experiment file.
    pub(super) fn directory(&self) -> &Path {
        self.source.parent().unwrap_or(Path::new("/"))
    }

    fn experiment_name(&self, problems: &mut Problems) -> String {
        let (given, at) = match &self.file.name {
            Some(name) => (name.value.clone(), name.at),
            None => {
                (self.source.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default(), self.root.id)
            }
        };
        if let Some(objection) = name::objection(&given) {
            let what = if self.file.name.is_some() { "the experiment" } else { "the experiment, which has no `name`" };
            let message = format!("`{}` cannot be the name of {what}: it {objection}", super::yaml::brief(&given));
            problems.push(Problem::error(at, message).help(format!("write `name: {}`", name::mended(&given))));
        }
        given
    }

    /// What stands under `defaults`.
    pub(super) fn default_settings(&self) -> Option<&Settings> {
        self.file.defaults.as_ref().map(|defaults| &defaults.settings)
    }

    /// A setting of the entry, or of the defaults.
    pub(super) fn setting<'s, T>(&'s self, entry: &'s Entry, of: fn(&Settings) -> Option<&T>) -> Option<&'s T> {
        of(&entry.settings).or_else(|| of(self.default_settings()?))
    }

    /// Every placeholder of the entry and of the defaults must have a value, and every axis should be used.
    fn check_placeholders(&self, entry: &Entry, problems: &mut Problems) {
        if !entry.parameters_known {
            return;
        }
        let axes = || entry.matrix.iter().chain(&entry.zip).flat_map(|axes| &axes.value).map(|axis| &axis.name);
        let known: Vec<&str> =
            axes().chain(entry.with.iter().map(|(name, _)| name)).map(|name| name.value.as_str()).collect();
        let mut used: HashSet<&str> = HashSet::new();
        let mut own = Vec::new();
        own.extend(entry.name.iter().map(|template| (template.at, &template.value)));
        let in_name: HashSet<&str> = own.iter().flat_map(|(_, template)| template.parameters()).collect();
        let named = own.len();
        own.extend(entry.needs.iter().map(|template| (template.at, &template.value)));
        own.extend(entry.script.iter().chain(&entry.multisim).map(|template| (template.at, &template.value)));
        entry.args.iter().for_each(|argument| templates_of(argument, &mut own));
        entry.kwargs.iter().for_each(|(_, argument)| templates_of(argument, &mut own));
        settings_templates(&entry.settings, &mut own);
        let mut inherited = Vec::new();
        inherited.extend(self.file.gem5.iter().map(|template| (template.at, &template.value)));
        self.default_settings().into_iter().for_each(|settings| settings_templates(settings, &mut inherited));
        for (number, (at, template)) in own.iter().chain(&inherited).enumerate() {
            for parameter in template.parameters() {
                if number >= named {
                    used.insert(parameter);
                }
                if !known.contains(&parameter) {
                    let mut problem = undefined(*at, parameter, &known);
                    if number >= own.len() {
                        problem = problem.related(entry.at, "in this simulation");
                    }
                    problems.push(problem);
                }
            }
        }
        // The id of a multisim reaches its script in any case.
        let unused = axes().filter(|axis| !used.contains(axis.value.as_str()) && entry.multisim.is_none());
        for axis in unused {
            let only = if in_name.contains(axis.value.as_str()) { "changes only the name" } else { "is never used" };
            let problem = Problem::warning(axis.at, format!("axis `{}` {only}", axis.value));
            problems.push(problem.help(format!("pass it on, as in `args: [\"--{0}=${{{0}}}\"]`", axis.value)));
        }
    }
}

fn undefined(at: NodeId, parameter: &str, known: &[&str]) -> Problem {
    let problem = Problem::error(at, format!("`${{{parameter}}}` has no value"));
    match nearest(parameter, known.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `${{{near}}}`?")),
        None if known.is_empty() => problem
            .help(format!("give it one under `with` or `matrix`, or write `$${{{parameter}}}` to pass it on as it is")),
        None => problem.help(format!("known here: {}", listed(known))),
    }
}

type Templates<'t> = Vec<(NodeId, &'t Template)>;

fn templates_of<'t>(argument: &'t At<Argument>, into: &mut Templates<'t>) {
    match &argument.value {
        Argument::One(template) => into.push((argument.at, template)),
        Argument::List(items) => items.iter().for_each(|item| templates_of(item, into)),
        Argument::Map(items) => items.iter().for_each(|(_, item)| templates_of(item, into)),
    }
}

fn settings_templates<'t>(settings: &'t Settings, into: &mut Templates<'t>) {
    fn deferred<'t, T>(value: Option<&'t At<Deferred<T>>>, into: &mut Templates<'t>) {
        if let Some(At { value: Deferred::Template(template), at }) = value {
            into.push((*at, template));
        }
    }
    let whole = settings.gem5.iter().chain(&settings.cwd).chain(&settings.gem5_args);
    into.extend(whole.chain(settings.env.iter().filter_map(|(_, value)| value.as_ref())).map(|t| (t.at, &t.value)));
    deferred(settings.timeout.as_ref(), into);
    deferred(settings.stall.as_ref(), into);
    deferred(settings.max_output.as_ref(), into);
    deferred(settings.poll_stats.as_ref(), into);
    deferred(settings.grace.as_ref(), into);
    deferred(settings.memory.as_ref(), into);
    if let Some(goal) = &settings.goal {
        deferred(goal.ticks.as_ref(), into);
        deferred(goal.instructions.as_ref(), into);
        deferred(goal.seconds.as_ref(), into);
    }
}
