//! What a sweep is made of: axes, ranges, constants, and points to add and to remove.

use super::Decoder;
use crate::experiment::fields::{Field, Fields};
use crate::experiment::limits::{MAX_PARAMETERS, MAX_RANGE_VALUES};
use crate::experiment::model::{At, Axis, Point};
use crate::experiment::problem::Problem;
use crate::experiment::sweep;
use crate::experiment::table::Section;
use crate::experiment::template::is_parameter_name;
use crate::experiment::yaml::{Kind, Node, Scalar, quoted_item};
use crate::text::human;

impl Decoder<'_> {
    fn parameter_name(&mut self, field: Field<'_>) -> Option<At<String>> {
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
    fn few_enough(&mut self, fields: &Fields<'_>, field: Field<'_>) -> Option<()> {
        match fields.iter().nth(MAX_PARAMETERS) {
            None => Some(()),
            Some(first) => {
                let message = format!("`{}` has more than {MAX_PARAMETERS} parameters", field.name);
                self.refuse(Problem::error(first.key, message).help("pass them in a file"))
            }
        }
    }

    /// The value of a parameter.
    fn parameter(&mut self, name: &str, node: &Node) -> Option<Scalar> {
        match node.as_scalar() {
            Some(scalar) if scalar.is_null() => {
                let problem = Problem::error(node.id, format!("a value of `{name}` is empty"));
                self.refuse(problem.help("write `\"\"` for an empty text"))
            }
            Some(scalar) if scalar.text.contains("${") => self.refuse(
                Problem::error(node.id, format!("the value `{}` of `{name}` cannot have placeholders", scalar.text))
                    .help("placeholders are filled in once; put them where the value is used"),
            ),
            Some(scalar) => Some(scalar.clone()),
            None => self.refuse(
                Problem::error(node.id, format!("a value of `{name}` must be a single value"))
                    .label(format!("found {}", node.describe())),
            ),
        }
    }

    pub(super) fn constants(&mut self, field: Field<'_>) -> Option<Vec<(At<String>, At<Scalar>)>> {
        let fields = Fields::read(field.value, "`with`", "with: {name: value}", self.problems)?;
        self.few_enough(&fields, field)?;
        let constants = fields.iter().filter_map(|constant| {
            let name = self.parameter_name(constant)?;
            let value = self.parameter(constant.name, constant.value)?;
            Some((name, At { value, at: constant.value.id }))
        });
        Some(constants.collect())
    }

    pub(super) fn points(&mut self, field: Field<'_>) -> Option<Vec<Point>> {
        let items = self.list(field)?;
        let points = items.iter().filter_map(|item| {
            let fields = Fields::read(item, &format!("an item of `{}`", field.name), "{l2: 1MiB}", self.problems)?;
            let values: Vec<_> = fields
                .iter()
                .filter_map(|value| {
                    let name = At { value: value.name.to_owned(), at: value.key };
                    Some((name, self.parameter(value.name, value.value)?))
                })
                .collect();
            if values.is_empty() {
                let message = format!("an item of `{}` has no values", field.name);
                return self.refuse(Problem::error(item.id, message));
            }
            Some(Point { at: item.id, values })
        });
        Some(points.collect())
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

    fn axis_values(&mut self, field: Field<'_>) -> Option<Vec<Scalar>> {
        let name = field.name;
        match &field.value.kind {
            Kind::List(items) if items.is_empty() => self.refuse(
                Problem::error(field.value.id, format!("axis `{name}` has no values"))
                    .help("give at least one, or remove the axis: an empty product runs nothing"),
            ),
            Kind::List(items) => Some(items.iter().filter_map(|item| self.parameter(name, item)).collect()),
            Kind::Map(_) => {
                let fields = Fields::read(field.value, "an axis", "{range: [1, 8]}", self.problems)?;
                fields.check(Section::Range, self.problems);
                let range = fields.get("range", self.problems)?;
                self.range(name, range)
            }
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

    fn range(&mut self, axis: &str, field: Field<'_>) -> Option<Vec<Scalar>> {
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
            Some([from, to]) => sweep::range(from, to, "1"),
            Some([from, to, step]) => sweep::range(from, to, step),
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
        Some(values)
    }
}
