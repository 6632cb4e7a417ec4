//! The values of an axis: listed, counted by a range, or named by where they come from.

use super::Decoder;
use crate::experiment::axis::{Form, Group, LABEL, Source, Step, VALUE, Values};
use crate::experiment::fields::{Field, Fields};
use crate::experiment::limits::MAX_RANGE_VALUES;
use crate::experiment::problem::Problem;
use crate::experiment::range;
use crate::experiment::table::Section;
use crate::experiment::template::is_parameter_name;
use crate::experiment::value::{At, Value};
use crate::experiment::yaml::{Kind, Node, Scalar, quoted_item};
use crate::text::{human, nearest};

/// Keys that name files. `from` is for what a simulation made, and means the same as `glob`.
const FORMS: [(&str, Form); 5] =
    [("glob", Form::Glob), ("from", Form::Glob), ("lines", Form::Lines), ("csv", Form::Csv), ("json", Form::Json)];

impl Decoder<'_> {
    pub(super) fn axis_values(&mut self, field: Field<'_>) -> Option<Values> {
        let name = field.name;
        match &field.value.kind {
            Kind::List(items) if items.is_empty() => self.refuse(
                Problem::error(field.value.id, format!("axis `{name}` has no values"))
                    .help("give at least one, or remove the axis: an empty product runs nothing"),
            ),
            Kind::List(items) => {
                let step = |item| Some(At { value: self.step(name, item)?, at: item.id });
                Some(Values::Listed(items.iter().filter_map(step).collect()))
            }
            Kind::Map(_) => self.made_values(field),
            Kind::Scalar(scalar) => self.refuse(
                Problem::error(field.place(), format!("axis `{name}` must be a list or a range"))
                    .label(format!("found {}", field.value.describe()))
                    .help(if scalar.is_null() {
                        format!("write `{name}: [first, second]`")
                    } else {
                        format!("write `{name}: [{}]`, or put a constant under `with`", quoted_item(&scalar.text))
                    }),
            ),
        }
    }

    fn made_values(&mut self, field: Field<'_>) -> Option<Values> {
        let fields = Fields::read(field.value, "an axis", "{range: [1, 8]}", self.problems)?;
        let unknown = fields.check(Section::Axis, self.problems);
        let mut known = Section::Axis.keys().filter(|key| fields.key(key).is_some());
        let (first, second) = (known.next(), known.next());
        match (first, second) {
            (Some(key), None) => {
                let value = fields.get(key, self.problems)?;
                if let Some((_, form)) = FORMS.iter().find(|(name, _)| *name == key) {
                    return Some(Values::From(Source { form: *form, path: self.template(value)? }));
                }
                let at = value.value.id;
                let steps = self.range(field.name, value)?;
                Some(Values::Listed(steps.into_iter().map(|value| At { value, at }).collect()))
            }
            (Some(_), Some(second)) => {
                let at = fields.key(second).unwrap_or(field.key);
                let problem = Problem::error(at, format!("the values of axis `{}` come from two places", field.name));
                self.refuse(problem.help("leave one of them, or make two axes"))
            }
            (None, _) if !unknown.is_empty() => None,
            (None, _) => self.refuse(Problem::error(field.value.id, format!("axis `{}` has no values", field.name))),
        }
    }

    /// A value of an axis: a map groups what goes together.
    pub(super) fn step(&mut self, name: &str, node: &Node) -> Option<Step> {
        if !matches!(node.kind, Kind::Map(_)) {
            return self.value(name, node).map(Step::Plain);
        }
        let fields = Fields::read(node, "a value", "{label: small, value: 256KiB}", self.problems)?;
        let mut all = fields.iter();
        if let (Some(only), None) = (all.next(), all.next())
            && Section::Axis.has(only.name)
        {
            let problem = Problem::error(only.key, format!("a list of values cannot hold a `{}`", only.name));
            return self.refuse(problem.help(format!("write `{name}: {{{}: …}}` in the place of the list", only.name)));
        }
        self.warn_of_misspelt(&fields);
        let mut group = Group::default();
        for field in fields.iter() {
            let Some(value) = self.value(field.name, field.value) else { continue };
            match (field.name, value) {
                (LABEL, Value::One(scalar)) if !scalar.is_null() => group.label = Some(scalar.text),
                (LABEL, _) => {
                    let problem = Problem::error(field.place(), "a `label` is a single text");
                    self.problems.push(problem.help("it is what the value is called in names"));
                }
                (VALUE, value) => group.value = Some(value),
                (key, _) if !is_parameter_name(key) => {
                    let problem = Problem::error(field.key, format!("`{key}` cannot be the name of a parameter"));
                    self.problems.push(problem.help("a name is a letter or `_`, then letters, digits, `_` and `-`"));
                }
                (key, value) => group.fields.push((key.to_owned(), value)),
            }
        }
        if group == Group::default() {
            return self.refuse(Problem::error(node.id, format!("a value of `{name}` is an empty map")));
        }
        Some(Step::Group(Box::new(group)))
    }

    /// A field whose name is nearly that of a key is most likely meant as the key.
    fn warn_of_misspelt(&mut self, fields: &Fields<'_>) {
        for field in fields.iter() {
            let meant = nearest(field.name, [LABEL, VALUE].into_iter().filter(|key| fields.key(key).is_none()));
            if let Some(meant) = meant.filter(|_| ![LABEL, VALUE].contains(&field.name)) {
                let problem = Problem::warning(field.key, format!("`{}` is a field like any other", field.name));
                self.problems.push(problem.help(format!("did you mean `{meant}`?")));
            }
        }
    }

    /// A single value, a list of arguments, or nothing.
    pub(super) fn value(&mut self, name: &str, node: &Node) -> Option<Value> {
        match &node.kind {
            Kind::Scalar(_) => self.parameter(name, node).map(Value::One),
            Kind::List(items) => {
                let items: Vec<Scalar> = items
                    .iter()
                    .filter_map(|item| {
                        let scalar = self.parameter(name, item)?;
                        if scalar.is_null() {
                            let problem = Problem::error(item.id, format!("an argument of `{name}` is empty"));
                            return self.refuse(problem.help("remove it, or write `\"\"` for an empty text"));
                        }
                        Some(scalar)
                    })
                    .collect();
                Some(Value::Many(items))
            }
            Kind::Map(_) => self.refuse(
                Problem::error(node.id, format!("a value of `{name}` must be a single value or a list"))
                    .label("found a map"),
            ),
        }
    }

    /// A single value.
    fn parameter(&mut self, name: &str, node: &Node) -> Option<Scalar> {
        match node.as_scalar() {
            Some(scalar) if scalar.text.contains("${") => self.refuse(
                Problem::error(node.id, format!("the value `{}` of `{name}` cannot have placeholders", scalar.text))
                    .help("what is made of other parameters stands under `with`"),
            ),
            Some(scalar) => Some(scalar.clone()),
            None => self.refuse(
                Problem::error(node.id, format!("a value of `{name}` must be a single value"))
                    .label(format!("found {}", node.describe())),
            ),
        }
    }

    fn range(&mut self, axis: &str, field: Field<'_>) -> Option<Vec<Step>> {
        let help = "a range is `[from, to, step]`, with both ends included and a step of 1 when left out";
        if self.range_values >= MAX_RANGE_VALUES {
            let message =
                format!("the ranges of this file have more than {} values", human::count(MAX_RANGE_VALUES as u64));
            return self
                .refuse(Problem::error(field.value.id, message).help("split the file into several experiments"));
        }
        let items = self.list(field)?;
        let texts: Option<Vec<&str>> = items.iter().map(|item| Some(item.as_scalar()?.text.as_str())).collect();
        let made = match texts.as_deref() {
            Some([from, to]) => range::values(from, to, "1"),
            Some([from, to, step]) => range::values(from, to, step),
            _ => return self.refuse(Problem::error(field.value.id, "a range has two or three numbers").help(help)),
        };
        let values = match made {
            Ok(values) => values,
            Err(reason) => {
                let problem = Problem::error(field.value.id, format!("the range of `{axis}` {reason}"));
                return self.refuse(problem.help(help));
            }
        };
        self.range_values += values.len();
        Some(values.into_iter().map(|scalar| Step::Plain(Value::One(scalar))).collect())
    }
}
