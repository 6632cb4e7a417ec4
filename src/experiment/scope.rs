//! What is known while a simulation is made: the file around it, its entry, its point.

use std::path::{Component, Path, PathBuf};

use super::limits::MAX_ARGUMENT;
use super::model::{At, Deferred, Entry, ExperimentFile, Settings};
use super::problem::{Problem, Problems, bad_value};
use super::room::{Room, refuse_plan};
use super::sweep::Sweep;
use super::template::{Scope, Template, Undefined};
use super::yaml::{Node, NodeId, Scalar, ScalarKind};
use super::{Files, Overrides};
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
}

impl Expansion<'_> {
    /// The directory of the experiment file.
    pub(super) fn directory(&self) -> &Path {
        self.source.parent().unwrap_or(Path::new("/"))
    }

    /// What stands under `defaults`.
    pub(super) fn default_settings(&self) -> Option<&Settings> {
        self.file.defaults.as_ref().map(|defaults| &defaults.settings)
    }

    /// A setting of the entry, or of the defaults.
    pub(super) fn setting<'s, T>(&'s self, entry: &'s Entry, of: fn(&Settings) -> Option<&T>) -> Option<&'s T> {
        of(&entry.settings).or_else(|| of(self.default_settings()?))
    }

    /// The items of a list of the defaults, then those of the entry.
    pub(super) fn all<'s, T: 's>(
        &'s self,
        entry: &'s Entry,
        of: fn(&Settings) -> Option<&Vec<T>>,
    ) -> impl Iterator<Item = &'s T> {
        self.default_settings().and_then(of).into_iter().chain(of(&entry.settings)).flatten()
    }

    /// Whether a misspelt key may be the reason why `key` is missing, at the top, under `defaults` or in the entry.
    pub(super) fn may_be_misspelt(&self, key: &str, entry: &Entry) -> bool {
        let top = &self.file.unknown;
        let defaults = self.file.defaults.as_ref().is_some_and(|defaults| defaults.unknown.may_be(key));
        top.may_be(key) || top.may_be("defaults") || defaults || entry.unknown.may_be(key)
    }
}

/// `path` seen from `base`, without `.`.
pub(super) fn resolve(base: &Path, path: &str) -> PathBuf {
    base.join(path).components().filter(|part| !matches!(part, Component::CurDir)).collect()
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
        let fallback = entry.any_script().map(|s| s.at).or(entry.target.as_ref().map(|t| t.at));
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
    pub(super) needs: &'a [String],
    pub(super) outdir: &'a Path,
    pub(super) experiment: &'a str,
    /// What is left for the plan.
    pub(super) room: &'a Room,
}

impl Scope for PointScope<'_> {
    fn parameter(&self, name: &str) -> Option<&Scalar> {
        let axis = self.sweep.point(self.point).find(|(axis, _)| *axis == name).map(|(_, value)| value);
        axis.or_else(|| self.entry.constant(name))
    }

    fn own(&self, name: &str) -> Option<Scalar> {
        let latest = || self.outdir.join(self.name()).join("latest");
        // Before a simulation has its name, nothing of it is known.
        self.unfolded?;
        let text = match name {
            "outdir" => latest().join("m5out").to_string_lossy().into_owned(),
            "attempt" => own_number(&latest()),
            "name" => self.name().to_owned(),
            "experiment" => self.experiment.to_owned(),
            "index" => {
                return Some(Scalar { kind: ScalarKind::Unsigned(self.point as u64), text: self.point.to_string() });
            }
            _ => return None,
        };
        Some(Scalar::text(text))
    }

    fn need_outdir(&self, name: &str) -> Option<String> {
        let known = self.needs.iter().any(|need| need == name);
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

    /// Fills in one template; a placeholder without a value was reported, except for one of `needs`.
    pub(super) fn fill(&self, template: &Template, at: NodeId, problems: &mut Problems) -> Option<Scalar> {
        match template.fill(self) {
            Ok(scalar) if self.room.take(scalar.text.len()) => Some(scalar),
            Ok(_) => {
                refuse_plan(at, problems);
                None
            }
            Err(Undefined::TooLong) => {
                self.refuse_at(at, false, "too long", problems, || too_long(at));
                None
            }
            Err(Undefined::Need(name)) if !self.entry.unknown.may_be("needs") => {
                self.refuse_at(at, false, "no need", problems, || {
                    let problem = Problem::error(at, format!("`{name}` is not among the `needs` of this simulation"));
                    match nearest(&name, self.needs.iter().map(String::as_str)) {
                        Some(near) => problem.help(format!("did you mean `${{needs.{near}.outdir}}`?")),
                        None => problem.help(format!("add it: `needs: [{name}]`")),
                    }
                });
                None
            }
            Err(Undefined::Parameter(_) | Undefined::Need(_)) => None,
        }
    }

    /// The text of a template.
    pub(super) fn text(&self, template: &At<Template>, problems: &mut Problems) -> Option<String> {
        self.fill(&template.value, template.at, problems).map(|scalar| scalar.text)
    }

    /// A value that may have waited for its point.
    pub(super) fn value<T: Copy>(&self, value: Option<&At<Deferred<T>>>, problems: &mut Problems) -> Option<T> {
        let At { value, at } = value?;
        match value {
            Deferred::Fixed(value) => Some(*value),
            Deferred::Later { key, template, read } => {
                let scalar = self.fill(template, *at, problems)?;
                let refuse = |reason| {
                    self.refuse_at(*at, false, reason, problems, || bad_value(key, &scalar.text, reason, *at));
                };
                read(&scalar.text).map_err(refuse).ok()
            }
        }
    }
}
