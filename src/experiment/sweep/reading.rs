//! Which files the values of an axis come from, as seen from a point whose first axes are known.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;

use super::super::axis::{Axis, Form, Source, Step};
use super::super::expression::Failure;
use super::super::model::Entry;
use super::super::paths::resolve;
use super::super::problem::Problem;
use super::super::template::Scope;
use super::super::value::Value;
use super::super::yaml::{NodeId, brief};
use super::{Around, Awaited, Sweep, Values, source};
use crate::text::nearest;

/// What one look came to.
pub(super) enum Read {
    /// Where on the axis the values are, and how many.
    There { start: usize, length: usize },
    /// They are not known yet, or there are none; then there is something to say about it.
    Awaited { awaited: Awaited, doubt: Option<Problem> },
    /// There can be none.
    Wrong(Problem),
}

/// Reads each file once for each axis.
pub(super) struct Reader<'r> {
    entry: &'r Entry,
    around: &'r Around<'r>,
    read: HashMap<(usize, String), (usize, usize)>,
}

impl<'r> Reader<'r> {
    pub(super) fn new(entry: &'r Entry, around: &'r Around<'r>) -> Self {
        Self { entry, around, read: HashMap::new() }
    }

    /// The values that `source` has for the point with these indices, on the axis with the number `place`.
    pub(super) fn read(
        &mut self,
        sweep: &mut Sweep<'_>,
        axis: &Axis,
        source: &Source,
        place: usize,
        before: &[u32],
    ) -> Read {
        let at = source.path.at;
        let scope = Places {
            values: Values::new(sweep, self.entry, before),
            around: self.around,
            missing: RefCell::default(),
            origin: RefCell::default(),
        };
        let filled = match source.form {
            Form::Glob => source.path.value.fill_pattern(&scope),
            Form::Lines | Form::Csv | Form::Json => source.path.value.fill(&scope),
        };
        let (missing, origin) = (scope.missing.take(), scope.origin.take());
        sweep.sources.extend(missing.iter().chain(&origin).cloned());
        if let Some(need) = missing {
            return Read::Awaited { awaited: Awaited { need, at, nothing: None }, doubt: None };
        }
        let written = match filled {
            Ok(Value::One(scalar)) if !scalar.is_null() => scalar.text,
            Ok(_) => {
                let problem = Problem::error(at, format!("the files of axis `{}` have no name here", axis.name.value));
                return Read::Wrong(problem.help("a path is one text"));
            }
            Err(failure) => return Read::Wrong(self.unknown(axis, at, &failure)),
        };
        let directory = self.around.directory;
        let path = match source.form {
            Form::Glob if !written.starts_with('/') => {
                format!("{}/{written}", globset::escape(&directory.to_string_lossy()))
            }
            _ => resolve(directory, &written).to_string_lossy().into_owned(),
        };
        if let Some(&(start, length)) = self.read.get(&(place, path.clone())) {
            return Read::There { start, length };
        }
        match source::steps(source.form, &path, self.around.files) {
            Ok(steps) => {
                let length = steps.len();
                let steps = steps.into_iter().map(|step| self.bound_later(step, origin.as_deref()));
                let start = sweep.axes[place].add(steps, origin.as_deref());
                self.read.insert((place, path), (start, length));
                Read::There { start, length }
            }
            Err(reason) => {
                let Some(need) = origin else {
                    let made = self.made_by(&path).map(|made| format!("; {made}")).unwrap_or_default();
                    let help =
                        format!("paths are relative to the experiment file: looked for `{}`{made}", brief(&path));
                    return Read::Wrong(Problem::error(at, format!("`{}` {reason}", brief(&written))).help(help));
                };
                // What a simulation made may be nothing, which is no mistake in the file.
                let message = format!("axis `{}` has no values: what `{need}` made {reason}", axis.name.value);
                let doubt = Problem::warning(at, message).help(format!("looked for `{}`", brief(&path)));
                Read::Awaited { awaited: Awaited { need, at, nothing: Some(reason) }, doubt: Some(doubt) }
            }
        }
    }

    /// How to write what a simulation is to make first, if that may be meant by a path at which there is nothing.
    fn made_by(&self, path: &str) -> Option<String> {
        let inside = Path::new(path).strip_prefix(self.around.outdir).ok().and_then(|below| {
            let mut parts = below.iter();
            let (name, _attempt, m5out) = (parts.next()?.to_str()?, parts.next()?, parts.next()?);
            (m5out == "m5out").then(|| (name.to_owned(), parts.as_path().to_string_lossy().into_owned()))
        });
        let need = || {
            let names = self.entry.needs.iter().flatten().filter_map(|need| need.name.as_ref());
            let mut names = names.map(|name| name.value.written().text.clone());
            names.find(|name| !name.contains(['*', '?', '['])).map(|name| (name, "…".to_owned()))
        };
        let (name, rest) = inside.or_else(need)?;
        Some(format!("what `{name}` makes is `${{needs.{name}.outdir}}/{rest}`"))
    }

    /// A path below the output of an attempt as a path below the output of the newest one: which attempt that is, is bound at the
    /// launch.
    fn bound_later(&self, step: Step, origin: Option<&str>) -> Step {
        let Some(made) = origin.and_then(|name| self.around.made.get(name)) else { return step };
        let latest = self.around.outdir.join(origin.unwrap_or_default()).join("latest/m5out");
        match step {
            Step::Group(mut group) => {
                if let Some(Value::One(scalar)) = &mut group.value
                    && let Ok(below) = Path::new(&scalar.text).strip_prefix(made)
                {
                    scalar.text = latest.join(below).to_string_lossy().into_owned();
                }
                Step::Group(group)
            }
            Step::Plain(_) => step,
        }
    }

    fn unknown(&self, axis: &Axis, at: NodeId, failure: &Failure) -> Problem {
        let entry = self.entry;
        let name = &axis.name.value;
        match failure {
            Failure::Unknown(parameter) if entry.axes().any(|axis| axis.name.value == *parameter) => {
                let message = format!("the files of axis `{name}` depend on `{parameter}`, which comes after it");
                Problem::error(at, message).help(format!("put `{parameter}` before it"))
            }
            Failure::Unknown(parameter) => {
                let problem = Problem::error(at, format!("`${{{}}}` has no value here", brief(parameter)));
                problem.maybe_help(
                    nearest(parameter, entry.axes().map(|axis| axis.name.value.as_str()))
                        .map(|near| format!("did you mean `${{{near}}}`?")),
                )
            }
            Failure::Mistake(reason) => {
                Problem::error(at, format!("the files of axis `{name}` have no name: {reason}"))
            }
            Failure::TooLong | Failure::NoNeed(_) => {
                Problem::error(at, format!("the files of axis `{name}` have too long a name"))
            }
        }
    }
}

/// What the path of a source may speak of.
struct Places<'s> {
    values: Values<'s>,
    around: &'s Around<'s>,
    /// A simulation that has not ended.
    missing: RefCell<Option<String>>,
    /// The simulation whose output it is.
    origin: RefCell<Option<String>>,
}

impl Scope for Places<'_> {
    fn value(&self, name: &str) -> Result<Value, Failure> {
        self.values.get(name)
    }

    fn called(&self, name: &str) -> Result<String, Failure> {
        self.values.called(name)
    }

    fn need_outdir(&self, name: &str) -> Option<String> {
        let Some(made) = self.around.made.get(name) else {
            *self.missing.borrow_mut() = Some(name.to_owned());
            return Some(String::new());
        };
        *self.origin.borrow_mut() = Some(name.to_owned());
        Some(made.to_string_lossy().into_owned())
    }
}
