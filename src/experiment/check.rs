//! What can only be told of all simulations together: names, needs, memory. And secrets that would not stay secret.

use std::cell::OnceCell;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use globset::GlobBuilder;

use super::dependency::{Dependency, When};
use super::limits::{ITEM, MAX_ARGUMENT, MAX_GUESSES, MAX_LOOKS, MAX_NEEDS, MAX_PLAN_BYTES};
use super::model::{At, Deferred};
use super::problem::{Problem, Problems};
use super::room::refuse_plan;
use super::scope::{PointScope, Unfolded, too_long};
use super::secret;
use super::sweep::{Alike, Awaited};
use super::template::Template;
use super::value::Value;
use super::yaml::{NodeId, brief, quoted_item};
use crate::text::human;
use crate::text::nearest;

/// Names of a cycle that are shown.
const MAX_CYCLE_SHOWN: usize = 8;

/// Characters of a glob of names.
const LONGEST_GLOB: usize = 1_000;
/// What it costs to compile a glob, in names that are compared with it.
const COMPILED: usize = 200;

/// Which simulation a number stands for.
#[derive(Clone, Copy)]
struct Owner {
    entry: usize,
    point: usize,
}

/// What the simulations need, in the order of the plan.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// What each needs.
    pub(super) needed: Vec<Needed>,
    /// The simulation that must end before it is known whether this one needs more than that.
    pub(super) held: Vec<Option<String>>,
}

/// What one simulation needs.
#[derive(Debug, Default)]
pub(super) struct Needed {
    /// The simulations that must end first.
    pub(super) needs: Vec<Dependency>,
    /// Whether a step is among them, or among what they need: it may still make the files that this one names.
    pub(super) after_step: bool,
    /// Whether it is not known yet what else it needs.
    pub(super) is_held: bool,
}

/// One simulation that another one needs: its number, which end is waited for, and where that is said.
type Edge = (usize, When, NodeId);

/// Refuses clashing names, resolves what each simulation needs and refuses cycles. `whole` says that no entry is missing, so
/// that an unknown name is a mistake.
pub(super) fn needs(unfolded: &[Unfolded<'_>], whole: bool, problems: &mut Problems) -> Needs {
    let owners: Vec<Owner> = unfolded
        .iter()
        .enumerate()
        .flat_map(|(entry, u)| (0..u.names.len()).map(move |point| Owner { entry, point }))
        .collect();
    let names: Vec<&str> = owners.iter().map(|owner| unfolded[owner.entry].names[owner.point].as_str()).collect();
    clashes(unfolded, &owners, &names, problems);
    awaited(unfolded, &names, whole, problems);
    let mut held: Vec<Option<String>> = vec![None; names.len()];
    let mut lookup = Lookup::new(&names);
    let mut edges: Vec<Vec<Edge>> = Vec::with_capacity(names.len());
    let (mut total, mut bytes, mut guesses) = (0, 0, 0_usize);
    for (number, owner) in owners.iter().enumerate() {
        let mut needed: Vec<Edge> = Vec::new();
        let whose = |need: &At<Template>| {
            let whose = unfolded[owner.entry].one_of_many(owner.point);
            whose.filter(|_| !need.value.is_literal())
        };
        for rule in unfolded[owner.entry].entry.needs.iter().flatten() {
            let Some(need) = &rule.name else { continue };
            let when = rule.when.unwrap_or_default();
            let Some(mut text) = need_text(need, &unfolded[owner.entry], owner.point, problems) else { continue };
            // A value may be a glob of names, which no name is.
            if !need.value.is_literal()
                && lookup.find(&text).is_ok_and(<[usize]>::is_empty)
                && let Some(glob) = filled_glob(need, &unfolded[owner.entry], owner.point)
            {
                text = glob;
            }
            match lookup.find(&text) {
                Ok(found) => needed.extend(found.iter().filter(|&&n| n != number).map(|&n| (n, when, need.at))),
                Err(error) => {
                    problems.once(need.at, "no glob", whose(need), || {
                        Problem::error(need.at, format!("`{}` is not a valid glob: {error}", brief(&text)))
                    });
                    continue;
                }
            }
            let is_known = !is_glob(&text) && lookup.find(&text).is_ok_and(|found| !found.is_empty());
            if let Some(need) = may_grow(unfolded, owner.entry, &text).filter(|_| !is_known) {
                held[number] = Some(need.to_owned());
                continue;
            }
            if text == names[number] {
                problems.once(need.at, "itself", whose(need), || {
                    Problem::error(need.at, format!("`{text}` needs itself")).help("remove it")
                });
            } else if whole && lookup.find(&text).is_ok_and(<[usize]>::is_empty) {
                guesses = guesses.saturating_add(text.len().saturating_mul(text.len()).saturating_mul(names.len()));
                let quick = problems.is_full() || guesses > MAX_GUESSES;
                problems.once(need.at, "unknown", whose(need), || unknown_need(&text, need.at, &names, quick));
            }
        }
        let entry = unfolded[owner.entry].entry;
        if entry.analyse.is_some() && entry.needs.is_none() {
            // The results of everything, whatever became of it.
            let simulations =
                owners.iter().enumerate().filter(|(_, other)| unfolded[other.entry].entry.step().is_none());
            needed.extend(simulations.map(|(other, _)| (other, When::Ended, entry.at)));
            held[number] = awaited_by_all(unfolded).map(str::to_owned);
        }
        for origin in unfolded[owner.entry].sweep.origins(owner.point) {
            let found = lookup.find(origin).unwrap_or_default();
            needed.extend(found.iter().map(|&n| (n, When::Ok, unfolded[owner.entry].entry.at)));
        }
        // Of two demands on one simulation the stricter one holds, which stands first.
        needed.sort_unstable();
        needed.dedup_by_key(|(need, ..)| *need);
        total += needed.len();
        bytes += needed.iter().map(|(need, ..)| names[*need].len() + ITEM).sum::<usize>();
        let at = unfolded[owner.entry].entry.needs.iter().flatten().find_map(|need| Some(need.name.as_ref()?.at));
        if bytes > MAX_PLAN_BYTES {
            refuse_plan(at.unwrap_or(unfolded[owner.entry].entry.at), problems);
            return Needs::default();
        }
        if total > MAX_NEEDS {
            let problem = Problem::error(
                at,
                format!("the simulations have more than {} needs together", human::count(MAX_NEEDS as u64)),
            );
            problems.push(problem.help("put one simulation between the two groups"));
            return Needs::default();
        }
        if lookup.looks > MAX_LOOKS {
            let message = format!("the globs of `needs` ask for more than {} names", human::count(MAX_LOOKS as u64));
            let problem = Problem::error(at, message).label("with this simulation");
            problems.push(problem.help("begin each glob with the letters that the names begin with"));
            return Needs::default();
        }
        edges.push(needed);
    }
    cycles(&edges, &owners, &names, problems);
    hand_down(&edges, &mut held);
    awaited_circles(unfolded, &names, &held, problems);
    let is_step = |owner: &Owner| unfolded[owner.entry].entry.step().map(drop);
    let mut steps: Vec<Option<()>> = owners.iter().map(is_step).collect();
    hand_down(&edges, &mut steps);
    let needed = |(needed, held): (&Vec<Edge>, &Option<String>)| Needed {
        needs: needed.iter().map(|&(need, when, _)| Dependency { name: names[need].to_owned(), when }).collect(),
        after_step: needed.iter().any(|(need, ..)| steps[*need].is_some()),
        is_held: held.is_some(),
    };
    Needs { needed: edges.iter().zip(&held).map(needed).collect(), held }
}

/// What is awaited must be a simulation of the file.
fn awaited(unfolded: &[Unfolded<'_>], names: &[&str], whole: bool, problems: &mut Problems) {
    let mut awaited = unfolded.iter().flat_map(|entry| entry.sweep.awaited()).peekable();
    // Mostly nothing is, and there may be very many names.
    let known: HashSet<&str> = awaited.peek().map(|_| names.iter().copied().collect()).unwrap_or_default();
    for Awaited { need, at, .. } in awaited {
        let may_come = unfolded.iter().enumerate().any(|(number, _)| may_grow(unfolded, number, need).is_some());
        if whole && !known.contains(need.as_str()) && !may_come {
            problems.push(unknown_need(need, *at, names, problems.is_full()));
        }
    }
}

/// Refuses what is known only when something has ended that waits for it.
fn awaited_circles(unfolded: &[Unfolded<'_>], names: &[&str], held: &[Option<String>], problems: &mut Problems) {
    let mut awaited = unfolded.iter().flat_map(|entry| entry.sweep.awaited()).peekable();
    let numbers: HashMap<&str, usize> =
        awaited.peek().map(|_| names.iter().copied().zip(0..).collect()).unwrap_or_default();
    for Awaited { need, at, .. } in awaited {
        let mut seen: HashSet<&str> = HashSet::new();
        let mut next = Some(need.as_str());
        while let Some(name) = next {
            if !seen.insert(name) {
                let message = format!("`{name}` waits for what is known only when it has ended");
                problems
                    .push(Problem::error(*at, message).help("none of it could ever start; remove one of the `needs`"));
                break;
            }
            next = numbers.get(name).and_then(|&number| held[number].as_deref());
        }
    }
}

/// The simulation that must end before all simulations are known that `text`, which entry `asking` needs, may name.
fn may_grow<'u>(unfolded: &'u [Unfolded<'_>], asking: usize, text: &str) -> Option<&'u str> {
    let grows =
        unfolded.iter().enumerate().filter(|(number, entry)| *number != asking && !entry.sweep.awaited().is_empty());
    let mut matching =
        grows.filter(|(_, entry)| entry.entry.name.as_ref().is_some_and(|name| name.value.could_become(text)));
    matching.next().and_then(|(_, entry)| entry.sweep.awaited().first()).map(|awaited| awaited.need.as_str())
}

/// The simulation that must end before all simulations are known, where there is one.
fn awaited_by_all<'u>(unfolded: &'u [Unfolded<'_>]) -> Option<&'u str> {
    let grows = unfolded.iter().filter(|entry| entry.entry.step().is_none());
    let awaited = grows.flat_map(|entry| entry.sweep.awaited()).next();
    awaited.map(|awaited| awaited.need.as_str())
}

/// Gives what one simulation is marked with to all that need it, however indirectly, and have no mark of their own.
fn hand_down<T: Clone>(edges: &[Vec<Edge>], marks: &mut [Option<T>]) {
    if marks.iter().all(Option::is_none) {
        return;
    }
    let mut dependants: Vec<Vec<usize>> = vec![Vec::new(); edges.len()];
    for (number, needed) in edges.iter().enumerate() {
        for (need, ..) in needed {
            dependants[*need].push(number);
        }
    }
    let mut next: Vec<usize> = (0..edges.len()).filter(|&number| marks[number].is_some()).collect();
    while let Some(number) = next.pop() {
        let Some(mark) = marks[number].clone() else { continue };
        for &dependant in &dependants[number] {
            if marks[dependant].is_none() {
                marks[dependant] = Some(mark.clone());
                next.push(dependant);
            }
        }
    }
}

/// Two names that are equal when case is folded would share a directory on some file systems.
fn clashes(unfolded: &[Unfolded<'_>], owners: &[Owner], names: &[&str], problems: &mut Problems) {
    let mut first: HashMap<String, usize> = HashMap::with_capacity(names.len());
    let mut told = HashSet::new();
    for (number, name) in names.iter().enumerate() {
        let earlier = match first.entry(name.to_ascii_lowercase()) {
            Entry::Occupied(earlier) => *earlier.get(),
            Entry::Vacant(place) => {
                place.insert(number);
                continue;
            }
        };
        let is_certain = |number: usize| unfolded[owners[number].entry].is_certain();
        // One mistake in a name makes many clashes.
        if !is_certain(earlier) || !is_certain(number) || !told.insert((owners[earlier].entry, owners[number].entry)) {
            continue;
        }
        let (a, b) = (&unfolded[owners[earlier].entry], &unfolded[owners[number].entry]);
        let message = if names[earlier] == *name {
            format!("two simulations are called `{name}`")
        } else {
            format!("the names `{}` and `{name}` differ only in case", names[earlier])
        };
        let problem = Problem::error(b.name_place(), message);
        problems.push(if owners[earlier].entry == owners[number].entry {
            let in_name = b.entry.name.as_ref().map(|name| name.value.parameters()).unwrap_or_default();
            let missing: Vec<String> =
                b.sweep.axes().filter(|axis| !in_name.contains(axis)).map(|axis| format!("`${{{axis}}}`")).collect();
            let alike = b.sweep.alike(owners[earlier].point, owners[number].point);
            match missing.as_slice() {
                [] if let Some(alike) = &alike => named_alike(b.name_place(), alike),
                [] => problem.label("for two points of this sweep").help("make the values differ"),
                missing => problem
                    .label("for two points of this sweep")
                    .help(format!("the name lacks {}", missing.join(" and "))),
            }
        } else {
            let help = "give each simulation a name of its own: it becomes a directory";
            problem.label("here again").related(a.name_place(), "first here").help(help)
        });
    }
}

/// Two values that no name can have as they are, and that are the same once they are mended.
fn named_alike(name: NodeId, alike: &Alike<'_>) -> Problem {
    let Alike { axis, part, values: [(one, first), (other, second)] } = alike;
    let (one, other) = (brief(one), brief(other));
    let message = format!("`{one}` and `{other}` of `{axis}` are both called `{}` in names", brief(part));
    let problem = Problem::error(second.unwrap_or(name), message).label("here");
    let problem = match *first {
        Some(at) if first != second => problem.related(at, "first here"),
        _ => problem,
    };
    problem.help(format!("give it a label: `{{label: {}-2, value: {}}}`", brief(part), quoted_item(&other)))
}

/// The name or glob that one point needs.
fn need_text(need: &At<Template>, unfolded: &Unfolded<'_>, point: usize, problems: &mut Problems) -> Option<String> {
    if need.value.speaks_of_needs() {
        let problem = Problem::error(need.at, "`needs` cannot speak of itself");
        problems.push(problem.help("write the name of a simulation, or a glob"));
        return None;
    }
    need.value.fill_name(&unfolded.sweep.values(unfolded.entry, point)).ok()
}

/// What that is with the values as they are, if it is a glob.
fn filled_glob(need: &At<Template>, unfolded: &Unfolded<'_>, point: usize) -> Option<String> {
    match need.value.fill(&unfolded.sweep.values(unfolded.entry, point)).ok()? {
        Value::One(scalar) => Some(scalar.text).filter(|text| is_glob(text)),
        Value::Many(_) => None,
    }
}

fn unknown_need(text: &str, at: NodeId, names: &[&str], quick: bool) -> Problem {
    if is_glob(text) {
        return Problem::error(at, format!("`{text}` matches no simulation"));
    }
    let problem = Problem::error(at, format!("no simulation is called `{text}`"));
    if quick {
        return problem;
    }
    if let Some(near) = nearest(text, names.iter().copied()) {
        return problem.help(format!("did you mean `{near}`?"));
    }
    let prefixed = names.iter().filter(|name| name.starts_with(&format!("{text}-"))).count();
    match prefixed {
        0 => problem.help("name a simulation of this file, or a glob of names"),
        _ => problem.help(format!("`{text}-*` matches {}", human::plural(prefixed as u64, "simulation"))),
    }
}

fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// Finds simulations by name or glob without looking at all of them each time.
struct Lookup<'n> {
    names: &'n [&'n str],
    /// The names with their numbers, sorted, once somebody has looked for one.
    sorted: OnceCell<Vec<(&'n str, usize)>>,
    found: HashMap<String, Vec<usize>>,
    /// Names that were compared with globs so far.
    looks: usize,
}

impl<'n> Lookup<'n> {
    fn new(names: &'n [&'n str]) -> Self {
        Self { names, sorted: OnceCell::new(), found: HashMap::new(), looks: 0 }
    }

    fn find(&mut self, text: &str) -> Result<&[usize], String> {
        if !self.found.contains_key(text) {
            let found = self.search(text)?;
            self.found.insert(text.to_owned(), found);
        }
        Ok(&self.found[text])
    }

    fn search(&mut self, text: &str) -> Result<Vec<usize>, String> {
        let prefix = &text[..text.find(['*', '?', '[', '{', '\\']).unwrap_or(text.len())];
        let sorted = self.sorted.get_or_init(|| {
            let mut sorted: Vec<(&str, usize)> = self.names.iter().copied().zip(0..).collect();
            sorted.sort_unstable();
            sorted
        });
        let start = sorted.partition_point(|(name, _)| *name < prefix);
        let near = sorted[start..].iter().take_while(|(name, _)| name.starts_with(prefix));
        if !is_glob(text) {
            return Ok(near.filter(|(name, _)| *name == text).map(|(_, number)| *number).collect());
        }
        // A name has a hundred characters at most.
        if text.len() > LONGEST_GLOB {
            return Err(format!("it is longer than {LONGEST_GLOB} characters"));
        }
        // To compile one costs as much as to look at many names.
        self.looks += near.clone().count() + COMPILED;
        let glob = GlobBuilder::new(text).build().map_err(|error| error.kind().to_string())?.compile_matcher();
        let mut found: Vec<usize> = near.filter(|(name, _)| glob.is_match(name)).map(|(_, number)| *number).collect();
        found.sort_unstable();
        Ok(found)
    }
}

/// Refuses simulations that wait for each other. One cycle is shown for each entry of the file.
fn cycles(edges: &[Vec<Edge>], owners: &[Owner], names: &[&str], problems: &mut Problems) {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; edges.len()];
    let mut shown = HashSet::new();
    for start in 0..edges.len() {
        if marks[start] != Mark::New {
            continue;
        }
        // Depth first without recursion: a chain of ten thousand is a sensible experiment.
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        marks[start] = Mark::Open;
        while let Some((node, next)) = path.last_mut() {
            let Some(&(need, _, at)) = edges[*node].get(*next) else {
                marks[*node] = Mark::Done;
                path.pop();
                continue;
            };
            *next += 1;
            match marks[need] {
                Mark::Done => {}
                Mark::New => {
                    marks[need] = Mark::Open;
                    path.push((need, 0));
                }
                Mark::Open => {
                    // Finding where it begins takes as long as it is, and more of them are hardly ever shown.
                    if !problems.is_full() && shown.insert(owners[need].entry) {
                        let from = path.iter().position(|(node, _)| *node == need).unwrap_or(0);
                        let members: Vec<usize> = path[from..].iter().map(|(node, _)| *node).collect();
                        problems.push(cycle(&members, at, names));
                    }
                }
            }
        }
    }
}

fn cycle(members: &[usize], at: NodeId, names: &[&str]) -> Problem {
    let mut shown: Vec<String> = members.iter().take(MAX_CYCLE_SHOWN).map(|&n| format!("`{}`", names[n])).collect();
    if members.len() > MAX_CYCLE_SHOWN {
        shown.push("…".to_owned());
    }
    shown.push(format!("`{}`", names[members[0]]));
    Problem::error(at, format!("simulations need each other: {}", shown.join(" needs ")))
        .label("this closes the circle")
        .help("none of them could ever start; remove one of the `needs`")
}

/// Refuses arguments that no process can be given, and warns of those that look like secrets: `ps` shows them to everybody, and
/// they are written down.
pub(super) fn arguments(
    args: &[String],
    place: impl Fn(usize) -> NodeId,
    scope: &PointScope<'_>,
    problems: &mut Problems,
) {
    let why = "every user of this machine can read the arguments of a process, and they are recorded";
    for (index, argument) in args.iter().enumerate() {
        if argument.len() >= MAX_ARGUMENT {
            scope.refuse_at(place(index), false, "too long", problems, || too_long(place(index)));
        }
        let message = match secret::option_with_secret(argument, args.get(index + 1).map(String::as_str)) {
            Some(option) => format!("the argument `{}` looks like a secret", brief(option)),
            None if secret::url_with_secret(argument) => HIDDEN_IN_URL.to_owned(),
            None => continue,
        };
        scope.refuse_at(place(index), false, "secret", problems, || secret_is_shown(&message, why, place(index)));
    }
}

/// Said of an argument, whose value is not repeated.
const HIDDEN_IN_URL: &str = "the URL in this argument looks as if it held a secret";

/// Warns of an argument of a function, with its `name` if it has one, that looks like a secret: it is written down.
pub(super) fn secret_of_call(
    name: Option<&str>,
    value: &str,
    at: NodeId,
    scope: &PointScope<'_>,
    problems: &mut Problems,
) {
    let message = match name.filter(|name| secret::is_secret(name) && secret::looks_secret(value)) {
        Some(name) => format!("the argument `{}` looks like a secret", brief(name)),
        None if secret::url_with_secret(value) => HIDDEN_IN_URL.to_owned(),
        None => return,
    };
    let why = "the arguments of a function are recorded";
    scope.refuse_at(at, false, "secret", problems, || secret_is_shown(&message, why, at));
}

/// Warns of a secret variable whose value is one of an axis: what makes simulations differ is shown and written down.
pub(super) fn secret_of_axis(name: &str, axis: &str, at: NodeId, problems: &mut Problems) {
    let message = format!("the value of `{}` comes from the axis `{}`", brief(name), brief(axis));
    let problem = Problem::warning(at, message).label("the values of an axis are shown and recorded");
    problems.push(problem.help("write the value itself; what is under `env` with such a name is not recorded"));
}

fn secret_is_shown(message: &str, why: &str, at: NodeId) -> Problem {
    let help = "pass it under `env`, where values with such a name are not recorded, or pass the path of a file";
    Problem::warning(at, message).label(why).help(help)
}

/// Refuses a simulation that could never start.
pub(super) fn fits(
    memory: u64,
    setting: &At<Deferred<u64>>,
    budget: &At<u64>,
    scope: &PointScope<'_>,
    problems: &mut Problems,
) {
    if memory <= budget.value {
        return;
    }
    let at = setting.at;
    // Simulations that inherit one value make one mistake, and so do the points of a sweep.
    problems.once(at, "does not fit", Some(scope.name()), || {
        let (needed, there) = (human::bytes(memory), human::bytes(budget.value));
        let message = format!("{needed} are more than the {there} that all simulations together may use");
        let problem = Problem::error(at, message).related(budget.at, "the budget");
        problem.help("raise the `memory` at the top or lower this one")
    });
}
