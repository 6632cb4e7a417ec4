//! From the model to the plan: every point with its placeholders filled in and its paths absolute.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use super::DEFAULT_PARENT;
use super::axis::{Axis, Values};
use super::build::Builder;
use super::check::{self, Needs};
use super::decode::{REPEAT, SEED};
use super::expression;
use super::fields::listed;
use super::limits::{ITEM, MAX_PLAN_BYTES, MAX_POINTS, MAX_PRODUCTS, MAX_WATCHED};
use super::model::{Entry, GIVES_PARAMETERS, Templated, Templates};
use super::name;
use super::notices;
use super::paths::resolve;
use super::plan::{Awaiting, Concurrency, Plan};
use super::problem::{Problem, Problems};
use super::room::{Room, refuse_plan};
use super::scope::{Expansion, PointScope, Unfolded};
use super::sweep::{self, Around, Sweep};
use super::tables;
use super::template::OWN;
use super::traps;
use super::yaml::{NodeId, brief};
use crate::text::human;
use crate::text::nearest;

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
    let (mut total, mut products) = (0, 0);
    let entries = file.simulations.as_deref().unwrap_or_default();
    let mut inherited = Vec::new();
    file.gem5.templates(&mut inherited);
    file.executor.templates(&mut inherited);
    file.defaults.templates(&mut inherited);
    let names = Room::new();
    // Each simulation repeats what stands under `defaults`.
    let is_too_large = entries.len().saturating_mul(inherited.len()).saturating_mul(ITEM) > MAX_PLAN_BYTES;
    if is_too_large {
        refuse_plan(inherited.last().map_or(expansion.root.id, |(at, _)| *at), problems);
    }
    for entry in entries.iter().filter(|_| !is_too_large) {
        let all_defined = check_placeholders(entry, &inherited, problems);
        traps::warn(entry, problems);
        if let Some(entry) = unfold(entry, all_defined, &expansion.around(&outdir), &names, problems) {
            total += entry.sweep.len();
            products += entry.sweep.product();
            if products > MAX_PRODUCTS {
                let message =
                    format!("the sweeps have more than {} points together", human::count(MAX_PRODUCTS as u64));
                let problem = Problem::error(entry.entry.at, message).label("with those that `exclude` removes");
                problems.push(problem.help("list the points under `include`, or split the file"));
                break;
            }
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
    let whole = unfolded.len() == entries.len() && unfolded.iter().all(Unfolded::is_certain);
    let Needs { needed, held } = check::needs(&unfolded, whole, problems);
    expansion.check_watched(entries, problems);
    let room = Room::new();
    let builder = Builder::new(expansion, &name, &outdir, &room);
    let mut simulations = Vec::with_capacity(total);
    let mut needed = needed.into_iter();
    for (id, entry) in unfolded.iter().enumerate() {
        builder.simulations(id, entry, needed.by_ref().take(entry.sweep.len()), &mut simulations, problems);
        if room.is_used_up() {
            break;
        }
    }
    let awaiting = awaiting(&unfolded, &held);
    let around = (expansion.files, expansion.directory());
    let results = file.results.as_ref();
    // What suites spawn has parameters that are known when they run.
    let all_known = awaiting.is_empty() && !simulations.iter().any(|simulation| simulation.suite().is_some());
    let results = results.map(|results| tables::rule(results, around, &simulations, all_known, problems));
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
        stop_after: file.stop_after.unwrap_or_default(),
        notify: notices::rules(expansion, &simulations, problems),
        courtesy: expansion.courtesy(),
        awaiting,
        sources: unfolded
            .iter()
            .flat_map(|entry| entry.sweep.sources())
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        origin: None,
        results: results.unwrap_or_default(),
        simulations,
    }
}

/// What the plan grows by, an item for each entry and what it waits for.
fn awaiting(unfolded: &[Unfolded<'_>], held: &[Option<String>]) -> Vec<Awaiting> {
    let mut awaiting: Vec<Awaiting> = Vec::new();
    let mut number = 0;
    for entry in unfolded {
        // There are none where the needs were refused.
        let points = held.get(number..number + entry.names.len()).unwrap_or_default();
        number += entry.names.len();
        let mut needs: Vec<&str> = entry.sweep.awaited().iter().map(|awaited| awaited.need.as_str()).collect();
        needs.extend(points.iter().flatten().map(String::as_str));
        needs.sort_unstable();
        needs.dedup();
        if !needs.is_empty() {
            let name = entry.entry.name.as_ref().map(|name| name.value.written().text.clone());
            let name = name.unwrap_or_else(|| entry.names.first().cloned().unwrap_or_default());
            let nothing = entry.sweep.awaited().iter().find_map(|awaited| awaited.nothing.clone());
            awaiting.push(Awaiting { name, needs: needs.into_iter().map(str::to_owned).collect(), nothing });
        }
    }
    awaiting
}

/// The points of one entry and their names. `all_defined` says that every placeholder has a value.
fn unfold<'a>(
    entry: &'a Entry,
    all_defined: bool,
    around: &Around<'_>,
    room: &Room,
    problems: &mut Problems,
) -> Option<Unfolded<'a>> {
    // Behind a misspelt key may be the axes that points to add and to remove speak of.
    let changes_points = entry.included().next().is_some() || entry.excluded().next().is_some();
    if !entry.parameters_known || (changes_points && entry.unknown.may_be_any(&["matrix", "zip"])) {
        return None;
    }
    let is_made = sweep::check_made(entry, problems);
    let sweep = Sweep::new(entry, around, problems).filter(|_| is_made)?;
    let program = entry.step().and_then(|words| words.first());
    let fallback = match (entry.script.as_ref().or(program), &entry.target) {
        (_, Some(target)) => target.value.function.clone(),
        (Some(script), None) => stem(&script.value.written().text),
        (None, None) if let Some(suite) = &entry.suite => name::sensible_name(&stem(&suite.value.written().text)),
        // Neither could be read, so that its name is not known either.
        (None, None) if entry.name.is_none() => return None,
        (None, None) => String::new(),
    };
    // Replicas need no place in a name: they get one.
    let is_replica = |axis: &str| entry.replicas().any(|replicas| replicas.value.name.value == axis);
    let axes: Vec<&str> = sweep.axes().filter(|axis| !is_replica(axis)).collect();
    let Some(name) = &entry.name else {
        if !axes.is_empty() && entry.unknown.may_be("name") {
            return None;
        }
        if !axes.is_empty() {
            let placeholders: Vec<String> = axes.iter().map(|axis| format!("-${{{axis}}}")).collect();
            let problem =
                Problem::error(entry.at, "a sweep needs a `name`").label("every point would have the same name");
            problems.push(problem.help(format!("write `name: {}{}`", name::mended(&fallback), placeholders.concat())));
            return None;
        }
        let names = (0..sweep.len()).map(|point| fallback.clone() + &replica(entry, &sweep, point, &[])).collect();
        let unfolded = Unfolded { entry, sweep, names, is_spawned: false };
        if unfolded.is_certain() {
            check_name(&unfolded, 0, problems);
        }
        return Some(unfolded);
    };
    if name.value.speaks_of_needs() {
        problems.push(Problem::error(name.at, "a name cannot speak of `needs`").help("name the parameters instead"));
        return None;
    }
    if !all_defined && !name.value.is_literal() {
        return None;
    }
    let mut names = Vec::with_capacity(sweep.len());
    let in_name = name.value.parameters();
    for point in 0..sweep.len() {
        let outdir = Path::new("");
        let scope = PointScope {
            unfolded: None,
            sweep: &sweep,
            entry,
            point,
            needs: &[],
            after_step: false,
            outdir,
            experiment: "",
            room,
        };
        names.push(scope.fill_name(name, problems)? + &replica(entry, &sweep, point, &in_name));
    }
    let unfolded = Unfolded { entry, sweep, names, is_spawned: false };
    for point in 0..unfolded.names.len() {
        check_name(&unfolded, point, problems);
    }
    Some(unfolded)
}

/// What the name of a point ends in, for the replicas that it does not speak of.
fn replica(entry: &Entry, sweep: &Sweep<'_>, point: usize, in_name: &[&str]) -> String {
    let values = sweep.values(entry, point);
    let unnamed = entry.replicas().map(|replicas| replicas.value.name.value.as_str());
    let unnamed = unnamed.filter(|name| !in_name.contains(name));
    let letter = |name: &str| if name == REPEAT { "r" } else { "s" };
    let parts = unnamed.map(|name| format!("-{}{}", letter(name), values.called(name).unwrap_or_default()));
    parts.collect::<Vec<_>>().concat()
}

/// Control characters as `\u{…}`: what is wrong with a name must be seen in the message that says so.
fn visible(name: &str) -> String {
    let shown = |c: char| if c.is_control() { c.escape_unicode().to_string() } else { c.to_string() };
    name.chars().map(shown).collect()
}

fn check_name(unfolded: &Unfolded<'_>, point: usize, problems: &mut Problems) {
    let name = &unfolded.names[point];
    let Some(objection) = name::objection(name) else { return };
    let shown = visible(name);
    let at = unfolded.name_place();
    let whose = unfolded.one_of_many(point).map(|_| &*shown);
    problems.once(at, objection, whose, || {
        let message = format!("`{}` cannot be the name of a simulation: it {objection}", brief(&shown));
        Problem::error(at, message).help(if unfolded.entry.name.is_some() {
            let mended = name::mended(name);
            format!("a name becomes a directory: letters, digits and `_.-=+,@`, such as `{mended}`")
        } else {
            format!("give the simulation a name, such as `name: {}`", name::mended(name))
        })
    });
}

/// The file name without its extension.
fn stem(path: &str) -> String {
    Path::new(path).file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

impl Expansion<'_> {
    fn experiment_name(&self, problems: &mut Problems) -> String {
        let (given, at) = match &self.file.name {
            Some(name) => (name.value.clone(), name.at),
            None => {
                (self.source.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default(), self.root.id)
            }
        };
        let misspelt = self.file.name.is_none() && self.file.unknown.may_be("name");
        if let Some(objection) = name::objection(&given).filter(|_| !misspelt) {
            let what = if self.file.name.is_some() { "the experiment" } else { "the experiment, which has no `name`" };
            let message = format!("`{}` cannot be the name of {what}: it {objection}", brief(&given));
            problems.push(Problem::error(at, message).help(format!("write `name: {}`", name::mended(&given))));
        }
        given
    }

    /// Refuses more columns than the header can tell of.
    fn check_watched(&self, entries: &[Entry], problems: &mut Problems) {
        let (mut seen, mut bytes) = (HashSet::new(), 0);
        let (most, most_bytes) = MAX_WATCHED;
        let spawned = entries.iter().filter_map(|entry| entry.spawned.as_ref()?.watch.as_ref());
        let own = entries.iter().filter_map(|entry| entry.settings.watch.as_ref()).chain(spawned);
        let all = self.default_settings().and_then(|settings| settings.watch.as_ref()).into_iter().chain(own);
        for glob in all.flatten() {
            if !seen.insert(glob.value.as_str()) {
                continue;
            }
            bytes += glob.value.len();
            if seen.len() > most || bytes > most_bytes {
                let message =
                    format!("more than {most} stats, or {} KiB of their names, are watched", most_bytes >> 10);
                problems.push(Problem::error(glob.at, message).help("each is a column of the list: watch fewer"));
                break;
            }
        }
    }
}

/// Every placeholder of the entry and of the defaults must have a value, and every axis should be used. Says whether the
/// former is so.
fn check_placeholders<'t>(entry: &'t Entry, inherited: &Templates<'t>, problems: &mut Problems) -> bool {
    if !entry.parameters_known {
        return false;
    }
    let mut all_defined = true;
    let misspelt = entry.unknown.may_be_any(&GIVES_PARAMETERS);
    let axes = || entry.axes().map(|axis| &axis.name);
    let constants = || entry.with.iter().flatten().map(|(name, _)| name);
    let known: Vec<&str> = axes().chain(constants()).map(|name| name.value.as_str()).collect();
    let fields: HashSet<&str> = entry.axes().flat_map(sweep::fields_of).collect();
    let has_rows = entry.axes().any(|axis| matches!(axis.values, Values::From(_)));
    // `axis.field` uses the axis, and so does a field alone.
    let base = |parameter: &'t str| match parameter.split_once('.') {
        Some((axis, _)) => axis,
        None => parameter,
    };
    let is_field = |parameter: &str| !known.contains(&parameter) && (fields.contains(parameter) || has_rows);
    let mut used: HashSet<&str> = HashSet::new();
    let mut uses_field = false;
    let mut own = Vec::new();
    entry.name.templates(&mut own);
    let named = own.len();
    let in_name: HashSet<&str> = own.iter().flat_map(|(_, template)| template.parameters()).map(base).collect();
    // The name is the first key of the table.
    own.clear();
    entry.templates(&mut own);
    entry.settings.templates(&mut own);
    for (number, (at, template)) in own.iter().chain(inherited).enumerate() {
        for parameter in template.parameters() {
            if number >= named {
                used.insert(base(parameter));
                uses_field |= is_field(parameter);
            }
            if known.contains(&base(parameter))
                || fields.contains(parameter)
                || (number >= named && OWN.contains(&parameter))
            {
                continue;
            }
            // What columns a file has is known when it is read.
            if has_rows && !misspelt && number < own.len() && nearest(parameter, known.iter().copied()).is_none() {
                continue;
            }
            all_defined = false;
            if problems.is_full() {
                problems.push(Problem::error(*at, format!("`${{{}}}` has no value", brief(parameter))));
            } else if !misspelt {
                let mut problem = undefined(*at, parameter, &known, &fields);
                if number >= own.len() {
                    problem = problem.related(entry.at, "in this simulation");
                }
                problems.push(problem);
            }
        }
    }
    // The id of a multisim reaches its script in any case, and behind a misspelt key there may be a use.
    let is_passed_on =
        |axis: &str| used.contains(axis) || used.contains("index") || (used.contains("name") && in_name.contains(axis));
    let has_fields =
        |axis: &Axis| uses_field && (sweep::fields_of(axis).next().is_some() || matches!(axis.values, Values::From(_)));
    let is_used = |axis: &Axis| is_passed_on(&axis.name.value) || has_fields(axis);
    // What goes in step with something that is passed on only says what that is called.
    let dimensions = entry.dimensions();
    let unused = dimensions.iter().filter(|group| !group.iter().any(is_used)).copied().flatten();
    for axis in unused.filter(|_| entry.is_whole && entry.unknown.is_empty() && entry.multisim.is_none()) {
        let name = axis.name.value.as_str();
        if name == REPEAT && entry.repeat.is_some() {
            continue;
        }
        let problem = if name == SEED && entry.seeds.is_some() {
            Problem::warning(axis.name.at, "no argument has `${seed}`, so that every seed gives the same result")
        } else {
            let only = if in_name.contains(name) { "changes only the name" } else { "is never used" };
            Problem::warning(axis.name.at, format!("axis `{name}` {only}"))
        };
        let help = format!("pass it on, as in `args: [\"--{name}=${{{name}}}\"]`");
        problems.push(problem.help(if name == SEED {
            help
        } else {
            format!("{help}; for replicas write `repeat: 5`")
        }));
    }
    all_defined
}

fn undefined(at: NodeId, parameter: &str, known: &[&str], fields: &HashSet<&str>) -> Problem {
    let problem = Problem::error(at, format!("`${{{parameter}}}` has no value"));
    let names: Vec<&str> = known.iter().chain(fields).copied().collect();
    if let Some(spaced) = expression::spaced(parameter, &names) {
        return problem.help(expression::spaces_help(&spaced));
    }
    match nearest(parameter, known.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `${{{near}}}`?")),
        None if known.is_empty() => problem
            .help(format!("give it one under `with` or `matrix`, or write `$${{{parameter}}}` to pass it on as it is")),
        None => problem.help(format!("known here: {}", listed(known))),
    }
}
