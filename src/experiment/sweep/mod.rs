//! From axes to points.
//!
//! The points of a sweep are the product of the `matrix` axes, the first axis changing slowest, each combined with every step
//! of each `zip`, and with each replica; then `exclude` removes points, and `include` adds whole ones (`changes`).
//!
//! Values of an axis may come from files (`source`), and which files these are may depend on the axes before it, so the product
//! is made axis by axis. A file of a simulation that has not ended yet is not there: those points are awaited, and the plan
//! grows by them later.
//!
//! Where values are compared with those of `exclude`, they are compared as they are called. In names they are called so too, with
//! `-` for what no name may have.

mod changes;
mod reading;
mod source;
mod values;

pub(super) use values::Values;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::Files;
use super::axis::{Axis, Step, Values as AxisValues};
use super::limits::{ITEM, MAX_PLAN_BYTES, MAX_POINTS};
use super::model::{At, Entry, Given};
use super::problem::{Problem, Problems};
use super::room::refuse_plan;
use super::yaml::NodeId;
use crate::text::human;
use reading::{Read, Reader};

/// What is around a sweep.
pub(super) struct Around<'a> {
    /// The disk.
    pub(super) files: &'a dyn Files,
    /// The directory of the experiment file.
    pub(super) directory: &'a Path,
    /// The experiment directory.
    pub(super) outdir: &'a Path,
    /// The simulations whose output is there to be read, and where.
    pub(super) made: &'a BTreeMap<String, PathBuf>,
}

/// All points of one entry of the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sweep<'f> {
    axes: Vec<AxisSteps<'f>>,
    /// For every point one index into the values of each axis.
    points: Vec<u32>,
    count: usize,
    /// How many there were before any was excluded.
    product: usize,
    /// What some of its points wait for.
    awaited: Vec<Awaited>,
    /// The simulations whose output its values come from.
    sources: BTreeSet<String>,
}

/// Two values of an axis that are the same in names.
pub(super) struct Alike<'f> {
    /// The axis.
    pub(super) axis: &'f str,
    /// What both are called.
    pub(super) part: String,
    /// The values, each with where it is written if it is listed.
    pub(super) values: [(String, Option<NodeId>); 2],
}

/// Points that are known only when a simulation has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Awaited {
    /// The simulation.
    pub(super) need: String,
    /// Where the values are asked for.
    pub(super) at: NodeId,
    /// Why there are none, if it has ended.
    pub(super) nothing: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
struct AxisSteps<'f> {
    name: &'f str,
    listed: &'f [At<Step>],
    /// Those that are not listed on the axis, each with the simulation that made it.
    more: Vec<(Step, Option<String>)>,
    /// The fields that one of them has.
    fields: BTreeSet<String>,
}

impl<'f> AxisSteps<'f> {
    fn new(axis: &'f Axis) -> Self {
        let listed = match &axis.values {
            AxisValues::Listed(steps) => steps.as_slice(),
            AxisValues::From(_) => &[],
        };
        let fields = listed.iter().flat_map(|step| step.value.fields()).map(str::to_owned).collect();
        Self { name: &axis.name.value, listed, more: Vec::new(), fields }
    }

    /// Adds values that are not listed. Says where the first one is.
    fn add(&mut self, steps: impl IntoIterator<Item = Step>, origin: Option<&str>) -> usize {
        let start = self.len();
        for step in steps {
            for field in step.fields() {
                if !self.fields.contains(field) {
                    self.fields.insert(field.to_owned());
                }
            }
            self.more.push((step, origin.map(str::to_owned)));
        }
        start
    }

    fn len(&self) -> usize {
        self.listed.len() + self.more.len()
    }

    fn step(&self, index: u32) -> &Step {
        let index = index as usize;
        match self.listed.get(index) {
            Some(step) => &step.value,
            None => &self.more[index - self.listed.len()].0,
        }
    }

    /// Where it is written, if it is listed on the axis.
    fn place(&self, index: u32) -> Option<NodeId> {
        self.listed.get(index as usize).map(|step| step.at)
    }

    fn origin(&self, index: u32) -> Option<&str> {
        self.more.get((index as usize).checked_sub(self.listed.len())?)?.1.as_deref()
    }
}

/// The names of the fields that the listed values of an axis have.
pub(super) fn fields_of(axis: &Axis) -> impl Iterator<Item = &str> {
    let steps = match &axis.values {
        AxisValues::Listed(steps) => steps.as_slice(),
        AxisValues::From(_) => &[],
    };
    steps.iter().flat_map(|step| step.value.fields())
}

impl<'f> Sweep<'f> {
    /// The points of `entry`, or nothing when it is wrong in a way that was reported.
    pub(super) fn new(entry: &'f Entry, around: &Around<'_>, problems: &mut Problems) -> Option<Self> {
        let before = problems.errors();
        check_names(entry, problems);
        entry.zip.iter().flat_map(|zip| &zip.value).for_each(|group| check_steps(group, problems));
        changes::check(entry, problems);
        if problems.errors() > before {
            return None;
        }
        let mut sweep = Self {
            axes: Vec::new(),
            points: Vec::new(),
            count: 1,
            product: 0,
            awaited: Vec::new(),
            sources: BTreeSet::new(),
        };
        for group in entry.dimensions() {
            sweep.multiply(entry, group, around, problems)?;
        }
        sweep.product = sweep.count;
        if !sweep.exclude(entry, problems) {
            return None;
        }
        sweep.include(entry);
        if sweep.count == 0 && sweep.awaited.is_empty() {
            let at = entry.excluded().next().map_or(entry.at, super::model::Exclusion::at);
            let problem = Problem::error(at, "`exclude` leaves no points");
            problems.push(problem.help("exclude fewer, or remove the simulation"));
            return None;
        }
        Some(sweep)
    }

    /// Combines every point so far with every step of a group of axes.
    fn multiply(
        &mut self,
        entry: &'f Entry,
        group: &'f [Axis],
        around: &Around<'_>,
        problems: &mut Problems,
    ) -> Option<()> {
        let first = self.axes.len();
        self.axes.extend(group.iter().map(AxisSteps::new));
        let mut points = Vec::new();
        let mut count = 0;
        let mut reader = Reader::new(entry, around);
        'points: for number in 0..self.count {
            let before: Vec<u32> = self.points[number * first..(number + 1) * first].to_vec();
            let mut columns = Vec::with_capacity(group.len());
            for (place, axis) in group.iter().enumerate() {
                columns.push(match &axis.values {
                    AxisValues::Listed(steps) => (0, steps.len()),
                    AxisValues::From(source) => match reader.read(self, axis, source, first + place, &before) {
                        Read::There { start, length } => (start, length),
                        Read::Awaited { awaited, doubt } => {
                            if let Some(problem) = doubt {
                                problems.push(problem);
                            }
                            self.wait(awaited);
                            continue 'points;
                        }
                        Read::Wrong(problem) => {
                            problems.push(problem);
                            return None;
                        }
                    },
                });
            }
            let steps = columns.first().map_or(1, |(_, length)| *length);
            if let Some((place, (_, length))) = columns.iter().enumerate().find(|(_, (_, length))| *length != steps) {
                problems.push(out_of_step(&group[0], steps, &group[place], *length));
                return None;
            }
            count += steps;
            if count * self.axes.len() * ITEM > MAX_PLAN_BYTES {
                refuse_plan(entry.matrix.as_ref().map_or(entry.at, |matrix| matrix.at), problems);
                return None;
            }
            if count > MAX_POINTS {
                let at = entry.matrix.as_ref().map(|matrix| matrix.at).or(entry.zip.as_ref().map(|zip| zip.at));
                let message = format!("the sweep has more than {} points", human::count(MAX_POINTS as u64));
                problems.push(Problem::error(at.or(Some(entry.at)), message).help("split it into several experiments"));
                return None;
            }
            for step in 0..steps {
                points.extend_from_slice(&before);
                points.extend(columns.iter().map(|(start, _)| (start + step) as u32));
            }
        }
        self.points = points;
        self.count = count;
        Some(())
    }

    fn wait(&mut self, awaited: Awaited) {
        if !self.awaited.contains(&awaited) {
            self.awaited.push(awaited);
        }
    }

    /// How many points there are; one without any axis.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// How many points there were before any was excluded.
    pub(super) fn product(&self) -> usize {
        self.product
    }

    /// What some of its points wait for.
    pub(super) fn awaited(&self) -> &[Awaited] {
        &self.awaited
    }

    /// The simulations whose output its values come from.
    pub(super) fn sources(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(String::as_str)
    }

    /// The names of the axes, in the order of the file.
    pub(super) fn axes(&self) -> impl Iterator<Item = &'f str> + '_ {
        self.axes.iter().map(|axis| axis.name)
    }

    /// The simulations that made values of a point.
    pub(super) fn origins(&self, point: usize) -> impl Iterator<Item = &str> + '_ {
        self.axes.iter().zip(self.indices(point)).filter_map(|(axis, &index)| axis.origin(index))
    }

    fn indices(&self, point: usize) -> &[u32] {
        let width = self.axes.len();
        &self.points[point * width..(point + 1) * width]
    }

    /// What the values of a point are called.
    pub(super) fn called(&self, point: usize) -> impl Iterator<Item = (&'f str, String)> + '_ {
        self.axes.iter().zip(self.indices(point)).map(|(axis, &index)| (axis.name, axis.step(index).name()))
    }

    /// The first axis on which two points have different values that are the same in names.
    pub(super) fn alike(&self, one: usize, other: usize) -> Option<Alike<'f>> {
        let mut both = self.axes.iter().zip(self.indices(one).iter().zip(self.indices(other)));
        both.find_map(|(axis, (&one, &other))| {
            let part = axis.step(one).name_part();
            let values = [one, other].map(|index| (axis.step(index).name(), axis.place(index)));
            let is_alike = values[0].0 != values[1].0
                && part.eq_ignore_ascii_case(&axis.step(other).name_part())
                && !values[0].0.eq_ignore_ascii_case(&values[1].0);
            is_alike.then_some(Alike { axis: axis.name, part, values })
        })
    }

    /// The values of a point, for whoever fills in templates.
    pub(super) fn values<'s>(&'s self, entry: &'s Entry, point: usize) -> Values<'s> {
        Values::new(self, entry, self.indices(point))
    }
}

/// No parameter may come from two places.
fn check_names(entry: &Entry, problems: &mut Problems) {
    let mut first: HashMap<&str, NodeId> = HashMap::new();
    let axes = entry.axes().map(|axis| &axis.name);
    for name in axes.chain(entry.with.iter().flatten().map(|(name, _)| name)) {
        if let Some(&earlier) = first.get(name.value.as_str()) {
            let problem = Problem::error(name.at, format!("the parameter `{}` has two meanings", name.value));
            problems.push(problem.label("here again").related(earlier, "first here").help("rename one of them"));
        } else {
            first.insert(&name.value, name.at);
        }
    }
}

/// Axes that are listed and go in step have as many values.
fn check_steps(group: &[Axis], problems: &mut Problems) {
    let mut listed = group.iter().filter_map(|axis| match &axis.values {
        AxisValues::Listed(steps) => Some((axis, steps.len())),
        AxisValues::From(_) => None,
    });
    let Some((first, length)) = listed.next() else { return };
    for (axis, other) in listed.filter(|(_, other)| *other != length) {
        problems.push(out_of_step(first, length, axis, other));
    }
}

fn out_of_step(first: &Axis, length: usize, axis: &Axis, other: usize) -> Problem {
    let (one, two) = (&first.name.value, &axis.name.value);
    let values = |count: usize| human::plural(count as u64, "value");
    let message = format!("`{one}` has {} and `{two}` has {other}: they cannot go in step", values(length));
    let problem = Problem::error(axis.name.at, message).related(first.name.at, values(length));
    problem.label(values(other)).help("use `matrix` for every combination")
}

/// How often a parameter that is made of others may be looked up for one value.
const MAX_LOOKUPS: u64 = 10_000;

/// Refuses parameters that are made of themselves, or of others so often over that no plan would ever be made. Says whether
/// there are none.
pub(super) fn check_made(entry: &Entry, problems: &mut Problems) -> bool {
    let made = |name: &str| match entry.constant(name).map(|given| &given.value) {
        Some(Given::Made(template)) => template.parameters(),
        Some(Given::List(templates)) => templates.iter().flat_map(|template| template.value.parameters()).collect(),
        Some(Given::Value(_)) | None => Vec::new(),
    };
    let names: Vec<&str> = entry.with.iter().flatten().map(|(name, _)| name.value.as_str()).collect();
    let mut lookups: HashMap<&str, u64> = HashMap::new();
    // What is made of what is known is known; what never is, is in a circle or made of one.
    while let Some(next) = names.iter().find(|name| {
        let is_known = |part: &&str| lookups.contains_key(part) || !names.contains(part);
        !lookups.contains_key(*name) && made(name).iter().all(is_known)
    }) {
        let count = made(next).iter().map(|part| lookups.get(part).copied().unwrap_or(1)).fold(1, u64::saturating_add);
        if count > MAX_LOOKUPS {
            let at = entry.constant(next).map(|given| given.at);
            let problem = Problem::error(at, format!("`{next}` is made of others too often over"));
            problems.push(problem.help("make it of fewer, or write its value"));
            return false;
        }
        lookups.insert(next, count);
    }
    let Some(name) = names.iter().find(|name| !lookups.contains_key(*name)) else { return true };
    let at = entry.constant(name).map(|given| given.at);
    problems.push(Problem::error(at, format!("`{name}` is made of itself")).help("make it of an axis or a constant"));
    false
}
