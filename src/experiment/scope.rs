//! What is known while a simulation is made: the file around it, its entry, its point.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::dependency::Dependency;
use super::executor::Courtesy;
use super::expression::Failure;
use super::limits::MAX_ARGUMENT;
use super::model::{At, Deferred, Entry, Executor, ExperimentFile, GIVES_PARAMETERS, Settings};
use super::problem::{Problem, Problems, bad_value};
use super::room::{Room, refuse_plan};
use super::suite::NAMELESS;
use super::sweep::{Around, Sweep};
use super::template::{Scope, Template};
use super::value::Value;
use super::yaml::{Node, NodeId, Scalar, ScalarKind, brief};
use super::{Files, Overrides, Place};
use crate::text::nearest;

/// What all entries share.
pub(super) struct Expansion<'a> {
    pub(super) file: &'a ExperimentFile,
    /// The top of the file, for problems without a better place.
    pub(super) root: &'a Node,
    /// The experiment file, absolute.
    pub(super) source: &'a Path,
    pub(super) overrides: &'a Overrides,
    pub(super) files: &'a dyn Files,
    /// The simulations whose output is there to be read, and where.
    pub(super) made: &'a BTreeMap<String, PathBuf>,
}

impl Expansion<'_> {
    /// What is around the sweeps of an experiment in `outdir`.
    pub(super) fn around<'s>(&'s self, outdir: &'s Path) -> Around<'s> {
        Around { files: self.files, directory: self.directory(), outdir, made: self.made }
    }

    /// The directory of the experiment file.
    pub(super) fn directory(&self) -> &Path {
        self.source.parent().unwrap_or(Path::new("/"))
    }

    /// What stands under `defaults`.
    pub(super) fn default_settings(&self) -> Option<&Settings> {
        self.file.defaults.as_ref().map(|defaults| &defaults.settings)
    }

    /// What stands there for this entry: `defaults` are for simulations, so what a suite spawns has them, and its own process a few.
    fn defaults_of(&self, entry: &Entry) -> Option<&Settings> {
        let defaults = self.file.defaults.as_ref();
        defaults.map(|defaults| if entry.suite.is_some() { &defaults.of_suites } else { &defaults.settings })
    }

    /// A setting of the entry, or of the defaults.
    pub(super) fn setting<'s, T>(&'s self, entry: &'s Entry, of: fn(&Settings) -> Option<&T>) -> Option<&'s T> {
        of(&entry.settings).or_else(|| of(self.defaults_of(entry)?))
    }

    /// Where a simulation of the entry is started: what it says itself, over the defaults, over the top. What the file says of Slurm at
    /// its top stays what it says, wherever the command line has others run.
    pub(super) fn executor(&self, entry: &Entry) -> Executor {
        let top = self.file.executor.as_ref().map(|executor| &executor.place);
        let own = entry.settings.executor.clone();
        let default = self.defaults_of(entry).and_then(|defaults| defaults.executor.as_ref());
        let own = match (own, default) {
            (Some(own), Some(default)) => Some(own.over(default)),
            (own, default) => own.or_else(|| default.cloned()),
        };
        let asked = self.overrides.executor.map(|place| match place {
            Place::Local => Executor::Local,
            Place::Slurm => Executor::Slurm(Box::default()),
        });
        let chosen = own.or(asked);
        match (chosen, top) {
            (Some(chosen), Some(top)) => chosen.over(top),
            (chosen, top) => chosen.or_else(|| top.cloned()).unwrap_or(Executor::Local),
        }
    }

    /// How batch systems are treated.
    pub(super) fn courtesy(&self) -> Courtesy {
        let keys = self.file.executor.as_ref().map(|executor| &executor.courtesy);
        Courtesy {
            max_queued: keys.and_then(|keys| keys.max_queued.as_ref()).map(|most| most.value),
            engine: keys.and_then(|keys| keys.engine).unwrap_or_default(),
            poll: keys.and_then(|keys| keys.poll.as_ref()).map(|poll| poll.value),
        }
    }

    /// The items of a list of the defaults, then those of the entry.
    pub(super) fn all<'s, T: 's>(
        &'s self,
        entry: &'s Entry,
        of: fn(&Settings) -> Option<&Vec<T>>,
    ) -> impl Iterator<Item = &'s T> {
        self.defaults_of(entry).and_then(of).into_iter().chain(of(&entry.settings)).flatten()
    }

    /// Whether a misspelt key may be the reason why `key` is missing, at the top, under `defaults` or in the entry.
    pub(super) fn may_be_misspelt(&self, key: &str, entry: &Entry) -> bool {
        let top = &self.file.unknown;
        let defaults = self.file.defaults.as_ref().is_some_and(|defaults| defaults.unknown.may_be(key));
        top.may_be(key) || top.may_be("defaults") || defaults || entry.unknown.may_be(key)
    }
}

/// An entry with its points and their names.
pub(super) struct Unfolded<'a> {
    pub(super) entry: &'a Entry,
    pub(super) sweep: Sweep<'a>,
    pub(super) names: Vec<String>,
    /// Whether it is what the suites of these names spawn, which have no names yet.
    pub(super) is_spawned: bool,
}

impl Unfolded<'_> {
    /// Where the name comes from.
    pub(super) fn name_place(&self) -> NodeId {
        let entry = self.entry;
        let program = entry.step().and_then(|words| words.first());
        let fallback = entry.any_script().or(program).map(|s| s.at).or(entry.target.as_ref().map(|t| t.at));
        entry.name.as_ref().map(|name| name.at).or(fallback).unwrap_or(entry.at)
    }

    /// Whether the names are the ones that were meant: a misspelt key may have been the name.
    pub(super) fn is_certain(&self) -> bool {
        self.entry.name.is_some() || !self.entry.unknown.may_be("name")
    }

    /// The name of a point, where there are others that may make the same mistake.
    pub(super) fn one_of_many(&self, point: usize) -> Option<&str> {
        (self.names.len() > 1).then(|| self.names[point].as_str())
    }
}

/// The values of one point.
pub(super) struct PointScope<'a> {
    pub(super) unfolded: Option<&'a Unfolded<'a>>,
    pub(super) sweep: &'a Sweep<'a>,
    pub(super) entry: &'a Entry,
    pub(super) point: usize,
    pub(super) needs: &'a [Dependency],
    /// Whether a step that it waits for, however indirectly, may still make what it runs.
    pub(super) after_step: bool,
    pub(super) outdir: &'a Path,
    pub(super) experiment: &'a str,
    /// What is left for the plan.
    pub(super) room: &'a Room,
}

impl Scope for PointScope<'_> {
    fn value(&self, name: &str) -> Result<Value, Failure> {
        let values = self.sweep.values(self.entry, self.point);
        if self.unfolded.is_none() { values.get(name) } else { values.within(self).get(name) }
    }

    fn called(&self, name: &str) -> Result<String, Failure> {
        let values = self.sweep.values(self.entry, self.point);
        // Before it has a name, a simulation has nothing of its own that could come before a column.
        if self.unfolded.is_none() { values.called(name) } else { values.within(self).called(name) }
    }

    fn own(&self, name: &str) -> Option<Value> {
        // Before a simulation has its name, nothing of it is known.
        let name_of_its_own = if self.unfolded?.is_spawned { NAMELESS } else { self.name() };
        let latest = || self.outdir.join(name_of_its_own).join("latest");
        let text = match name {
            "outdir" => latest().join("m5out").to_string_lossy().into_owned(),
            "attempt" => own_number(&latest()),
            "name" => name_of_its_own.to_owned(),
            "experiment" => self.experiment.to_owned(),
            "index" => {
                let index = Scalar { kind: ScalarKind::Unsigned(self.point as u64), text: self.point.to_string() };
                return Some(Value::One(index));
            }
            _ => return None,
        };
        Some(Value::text(text))
    }

    fn need_outdir(&self, name: &str) -> Option<String> {
        let known = self.needs.iter().any(|need| need.name == name);
        known.then(|| self.outdir.join(name).join("latest/m5out").to_string_lossy().into_owned())
    }
}

/// What stands in a plan for the number of an attempt, which only its launch knows. `latest` is the link of the simulation to
/// its newest attempt, and stands for the attempt's directory likewise.
pub(crate) fn own_number(latest: &Path) -> String {
    latest.join("number").to_string_lossy().into_owned()
}

/// Says that a text is too long to be passed to a process.
pub(super) fn too_long(at: NodeId) -> Problem {
    let message = format!("this becomes longer than {} KiB", MAX_ARGUMENT >> 10);
    Problem::error(at, message).label("no process can be given a longer argument or variable").help("pass it in a file")
}

impl PointScope<'_> {
    /// Whether it is of what a suite spawns.
    pub(super) fn is_spawned(&self) -> bool {
        self.unfolded.is_some_and(|unfolded| unfolded.is_spawned)
    }

    /// The name of the simulation, once it is known.
    pub(super) fn name(&self) -> &str {
        self.unfolded.map_or("", |unfolded| &unfolded.names[self.point])
    }

    /// Says of this point what is wrong with what `template` became. Other points of the sweep may make the same mistake,
    /// which is then told once; `what` tells it from others of the same template.
    pub(super) fn refuse(
        &self,
        template: &At<Template>,
        what: &'static str,
        problems: &mut Problems,
        problem: impl FnOnce() -> Problem,
    ) {
        self.refuse_at(template.at, template.value.is_literal(), what, problems, problem);
    }

    /// The same for a text that is no template, or may be one.
    pub(super) fn refuse_at(
        &self,
        at: NodeId,
        same_for_all: bool,
        what: &'static str,
        problems: &mut Problems,
        problem: impl FnOnce() -> Problem,
    ) {
        let whose = self.unfolded.filter(|_| !same_for_all).and_then(|unfolded| unfolded.one_of_many(self.point));
        problems.once(at, what, whose, problem);
    }

    /// Fills in one template; what cannot be filled in is told.
    pub(super) fn fill(&self, template: &Template, at: NodeId, problems: &mut Problems) -> Option<Value> {
        match template.fill(self) {
            Ok(value) if self.room.take(value.len()) => Some(value),
            Ok(_) => {
                refuse_plan(at, problems);
                None
            }
            Err(failure) => {
                self.tell(failure, template, at, problems);
                None
            }
        }
    }

    /// The same as part of a name.
    pub(super) fn fill_name(&self, template: &At<Template>, problems: &mut Problems) -> Option<String> {
        match template.value.fill_name(self) {
            Ok(name) if self.room.take(name.len()) => Some(name),
            Ok(_) => {
                refuse_plan(template.at, problems);
                None
            }
            Err(failure) => {
                self.tell(failure, &template.value, template.at, problems);
                None
            }
        }
    }

    fn tell(&self, failure: Failure, template: &Template, at: NodeId, problems: &mut Problems) {
        match failure {
            Failure::TooLong => self.refuse_at(at, false, "too long", problems, || too_long(at)),
            Failure::NoNeed(name) if !self.entry.unknown.may_be("needs") => {
                self.refuse_at(at, false, "no need", problems, || {
                    let problem = Problem::error(at, format!("`{name}` is not among the `needs` of this simulation"));
                    match nearest(&name, self.needs.iter().map(|need| need.name.as_str())) {
                        Some(near) => problem.help(format!("did you mean `${{needs.{near}.outdir}}`?")),
                        None => problem.help(format!("add it: `needs: [{name}]`")),
                    }
                });
            }
            Failure::Mistake(reason) => self.refuse_at(at, false, "no value", problems, || {
                let written = brief(&template.written().text).into_owned();
                let values: Vec<String> =
                    self.sweep.called(self.point).map(|(name, value)| format!("{name}={value}")).collect();
                let problem = Problem::error(at, format!("`{written}` has no value: {reason}"));
                if values.is_empty() { problem } else { problem.label(format!("for {}", brief(&values.join(" ")))) }
            }),
            // A misspelt key may have given it.
            Failure::Unknown(name) if !self.entry.unknown.may_be_any(&GIVES_PARAMETERS) => {
                let help = self.sweep.values(self.entry, self.point).meant(&name);
                self.refuse_at(at, false, "unknown", problems, || {
                    Problem::error(at, format!("`${{{}}}` has no value", brief(&name))).maybe_help(help)
                });
            }
            Failure::Unknown(_) | Failure::NoNeed(_) => {}
        }
    }

    /// The text of a template that must have one.
    pub(super) fn text(&self, template: &At<Template>, problems: &mut Problems) -> Option<String> {
        let why = match self.fill(&template.value, template.at, problems)? {
            Value::One(scalar) if !scalar.is_null() => return Some(scalar.text),
            Value::One(_) => "has no value",
            Value::Many(_) => "has several values",
        };
        self.refuse(template, why, problems, || {
            let message = format!("`{}` {why} here", brief(&template.value.written().text));
            Problem::error(template.at, message)
                .help("an argument, a variable or a setting may be left out, and only an argument may be several")
        });
        None
    }

    /// Whether the value of a template is not there.
    pub(super) fn is_left_out(&self, template: &At<Template>) -> bool {
        template.value.fill(self).is_ok_and(|value| value.is_absent())
    }

    /// The arguments that templates become, each with the number of its template: one whose value is not there is no argument,
    /// and a list is several.
    pub(super) fn arguments<'t>(
        &self,
        templates: impl Iterator<Item = (&'t Template, NodeId)>,
        problems: &mut Problems,
    ) -> Option<Vec<(String, usize)>> {
        let mut arguments = Vec::new();
        let mut is_whole = true;
        for (number, (template, at)) in templates.enumerate() {
            match self.fill(template, at, problems) {
                None => is_whole = false,
                // An empty text that is written out is an empty argument.
                Some(value) if value.is_absent() || (value.is_empty() && template.is_lone()) => {}
                Some(Value::One(scalar)) => arguments.push((scalar.text, number)),
                Some(Value::Many(items)) => arguments.extend(items.into_iter().map(|item| (item.text, number))),
            }
        }
        is_whole.then_some(arguments)
    }

    /// A value that may have waited for its point.
    pub(super) fn value<T: Copy>(&self, value: Option<&At<Deferred<T>>>, problems: &mut Problems) -> Option<T> {
        let At { value, at } = value?;
        match value {
            Deferred::Fixed(value) => Some(*value),
            Deferred::Later { key, template, read } => {
                let scalar = match self.fill(template, *at, problems)? {
                    value if value.is_absent() => return None,
                    Value::One(scalar) => scalar,
                    Value::Many(_) => {
                        self.refuse_at(*at, false, "a list", problems, || bad_value(key, "", "it is a list here", *at));
                        return None;
                    }
                };
                let refuse = |reason| {
                    self.refuse_at(*at, false, reason, problems, || bad_value(key, &scalar.text, reason, *at));
                };
                read(&scalar.text).map_err(refuse).ok()
            }
        }
    }
}
