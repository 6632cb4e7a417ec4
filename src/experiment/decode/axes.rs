//! What a sweep is made of: axes, constants, replicas, and points to add and to remove. `steps.rs` reads their values.

use super::Decoder;
use crate::experiment::axis::{Axis, Step, Values};
use crate::experiment::expression::Expression;
use crate::experiment::fields::{Field, Fields};
use crate::experiment::limits::MAX_PARAMETERS;
use crate::experiment::model::{At, Exclusion, Given, Point};
use crate::experiment::problem::Problem;
use crate::experiment::template::{Template, is_parameter_name};
use crate::experiment::value::Value;
use crate::experiment::yaml::{Kind, Node, NodeId, Scalar, ScalarKind, brief};

/// The axis that `repeat` makes.
pub(in crate::experiment) const REPEAT: &str = "repeat";
/// The axis that `seeds` makes.
pub(in crate::experiment) const SEED: &str = "seed";

/// How often a point may be repeated.
const MAX_REPEATS: u64 = 10_000;

impl Decoder<'_> {
    pub(super) fn parameter_name(&mut self, field: Field<'_>) -> Option<At<String>> {
        if Expression::is_word(field.name) {
            let problem = Problem::error(field.key, format!("`{}` cannot be the name of a parameter", field.name));
            return self.refuse(problem.help("it means something else in an expression"));
        }
        if is_parameter_name(field.name) && field.name != "needs" {
            return Some(At { value: field.name.to_owned(), at: field.key });
        }
        let problem = Problem::error(field.key, format!("`{}` cannot be the name of a parameter", field.name));
        self.refuse(if field.name == "needs" {
            problem.help("`needs` is taken by `${needs.NAME.outdir}`")
        } else {
            problem.help("a name is a letter or `_`, then letters, digits, `_` and `-`")
        })
    }

    /// Refuses a map with more parameters than anybody could tell apart.
    pub(super) fn few_enough(&mut self, fields: &Fields<'_>, field: Field<'_>) -> Option<()> {
        match fields.iter().nth(MAX_PARAMETERS) {
            None => Some(()),
            Some(first) => {
                let message = format!("`{}` has more than {MAX_PARAMETERS} parameters", field.name);
                self.refuse(Problem::error(first.key, message).help("pass them in a file"))
            }
        }
    }

    pub(super) fn constants(&mut self, field: Field<'_>) -> Option<Vec<(At<String>, At<Given>)>> {
        let fields = Fields::read(field.value, "`with`", "with: {name: value}", self.problems)?;
        self.few_enough(&fields, field)?;
        let constants = fields.iter().filter_map(|constant| {
            let name = self.parameter_name(constant)?;
            let value = self.given(constant)?;
            Some((name, At { value, at: constant.value.id }))
        });
        Some(constants.collect())
    }

    fn given(&mut self, field: Field<'_>) -> Option<Given> {
        let at = field.value.id;
        match field.value.as_scalar() {
            Some(scalar) if scalar.kind == ScalarKind::Text && scalar.text.contains("${") => {
                let scalar = Template::arithmetic(scalar).unwrap_or_else(|| scalar.clone());
                Some(Given::Made(self.template_of(&scalar, at)?.value))
            }
            None if is_made_list(field.value) => self.templates(field).map(Given::List),
            _ => self.value(field.name, field.value).map(Given::Value),
        }
    }

    pub(super) fn points(&mut self, field: Field<'_>) -> Option<Vec<Point>> {
        let items = self.list(field)?;
        Some(items.iter().filter_map(|item| self.point(field, item)).collect())
    }

    fn point(&mut self, field: Field<'_>, item: &Node) -> Option<Point> {
        let fields = Fields::read(item, &format!("an item of `{}`", field.name), "{l2: 1MiB}", self.problems)?;
        let values: Vec<(At<String>, Step)> = fields
            .iter()
            .filter_map(|value| {
                let name = At { value: value.name.to_owned(), at: value.key };
                Some((name, self.step(value.name, value.value)?))
            })
            .collect();
        if values.is_empty() {
            let message = format!("an item of `{}` has no values", field.name);
            return self.refuse(Problem::error(item.id, message));
        }
        Some(Point { at: item.id, values })
    }

    pub(super) fn exclusions(&mut self, field: Field<'_>) -> Option<Vec<Exclusion>> {
        if let Some(scalar) = field.value.as_scalar() {
            return Some(vec![self.rule(scalar, field.value.id)?]);
        }
        if matches!(field.value.kind, Kind::Map(_)) {
            return Some(vec![self.point(field, field.value).map(Exclusion::Having)?]);
        }
        let items = self.list(field)?;
        let exclusions = items.iter().filter_map(|item| match item.as_scalar() {
            Some(scalar) => self.rule(scalar, item.id),
            None => self.point(field, item).map(Exclusion::Having),
        });
        Some(exclusions.collect())
    }

    /// An expression. `${l1} > ${l2}` is the same as `l1 > l2`.
    fn rule(&mut self, scalar: &Scalar, at: NodeId) -> Option<Exclusion> {
        let bare = scalar.text.replace("${", "(").replace('}', ")");
        let text = if scalar.text.contains("${") { &bare } else { &scalar.text };
        match Expression::parse(text) {
            Ok(value) if value.names().is_empty() => {
                let message = format!("`{}` speaks of no parameter", brief(&scalar.text));
                self.refuse(
                    Problem::error(at, message)
                        .help("write an expression such as `\"l1 > l2\"`, or a map such as `{l2: 1MiB}`"),
                )
            }
            Ok(value) => Some(Exclusion::Where(At { value, at })),
            Err(malformed) => {
                let message = format!("`{}` is no expression: {}", brief(&scalar.text), malformed.reason);
                let help = format!(
                    "{}; an item is a map such as `{{l2: 1MiB}}` or an expression such as `\"l1 > l2\"`",
                    malformed.help
                );
                self.refuse(Problem::error(at, message).help(help))
            }
        }
    }

    /// One group of axes, or a list of groups.
    pub(super) fn zip(&mut self, field: Field<'_>) -> Option<At<Vec<Vec<Axis>>>> {
        let at = field.value.id;
        let groups = match &field.value.kind {
            Kind::List(items) if !items.is_empty() => {
                let group = |item| self.axes(Field { value: item, ..field }, &[]).map(|axes| axes.value);
                items.iter().filter_map(group).collect()
            }
            _ => vec![self.axes(field, &[])?.value],
        };
        Some(At { value: groups, at })
    }

    pub(super) fn axes(&mut self, field: Field<'_>, reserved: &[&str]) -> Option<At<Vec<Axis>>> {
        let fields = Fields::read(
            field.value,
            &format!("`{}`", field.name),
            &format!("{}: {{l2: [256KiB, 1MiB]}}", field.name),
            self.problems,
        )?;
        self.few_enough(&fields, field)?;
        let named: Vec<Field<'_>> = fields.iter().filter(|axis| !reserved.contains(&axis.name)).collect();
        if named.is_empty() {
            let problem = Problem::error(field.value.id, format!("`{}` has no axes", field.name));
            return self.refuse(problem.help(format!("give it one, as in `{}: {{l2: [256KiB, 1MiB]}}`", field.name)));
        }
        let axes = named.into_iter().filter_map(|axis| {
            let name = self.parameter_name(axis)?;
            Some(Axis { name, values: self.axis_values(axis)? })
        });
        Some(At { value: axes.collect(), at: field.value.id })
    }

    /// An axis that counts how often a point runs.
    pub(super) fn repeat(&mut self, field: Field<'_>) -> Option<At<Axis>> {
        let times = self.whole_number(field, 1, MAX_REPEATS, "a number from 1 to 10000")?;
        Some(replicas(REPEAT, field, counted(times, field)))
    }

    /// An axis of seeds.
    pub(super) fn seeds(&mut self, field: Field<'_>) -> Option<At<Axis>> {
        let steps = match &field.value.kind {
            Kind::List(items) if !items.is_empty() => {
                items.iter().filter_map(|item| Some(At { value: self.step(SEED, item)?, at: item.id })).collect()
            }
            _ => counted(self.whole_number(field, 1, MAX_REPEATS, "a list of seeds, or how many there are")?, field),
        };
        Some(replicas(SEED, field, steps))
    }
}

/// Whether a list has an item with a placeholder.
fn is_made_list(node: &Node) -> bool {
    let Kind::List(items) = &node.kind else { return false };
    items.iter().any(|item| item.as_scalar().is_some_and(|scalar| scalar.text.contains("${")))
}

fn replicas(name: &str, field: Field<'_>, steps: Vec<At<Step>>) -> At<Axis> {
    let name = At { value: name.to_owned(), at: field.key };
    At { value: Axis { name, values: Values::Listed(steps) }, at: field.key }
}

fn counted(times: u64, field: Field<'_>) -> Vec<At<Step>> {
    let scalar = |number: u64| Scalar { kind: ScalarKind::Unsigned(number), text: number.to_string() };
    let step = |number| At { value: Step::Plain(Value::One(scalar(number))), at: field.value.id };
    (1..=times).map(step).collect()
}
