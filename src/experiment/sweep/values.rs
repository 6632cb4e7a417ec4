//! What the names of a point stand for: axes, their fields, and what is made of them.

use super::super::axis::{Step, VALUE};
use super::super::expression::{self, Failure};
use super::super::fields::listed;
use super::super::model::{Entry, Given};
use super::super::name;
use super::super::parameter::{Parameter, ParameterValue};
use super::super::template::{OWN, Scope, Template};
use super::super::value::{At, Value};
use super::{AxisSteps, Sweep};
use crate::text::nearest;

/// The values of one point, as far as they are known.
#[derive(Clone, Copy)]
pub(in crate::experiment) struct Values<'s> {
    sweep: &'s Sweep<'s>,
    entry: &'s Entry,
    /// Of the first axes, or of all.
    indices: &'s [u32],
    /// Who knows what is no parameter, such as the directories of needs.
    outer: Option<&'s dyn Scope>,
}

impl<'s> Values<'s> {
    pub(super) fn new(sweep: &'s Sweep<'s>, entry: &'s Entry, indices: &'s [u32]) -> Self {
        Self { sweep, entry, indices, outer: None }
    }

    /// The same inside of a scope that knows more.
    pub(in crate::experiment) fn within(self, outer: &'s dyn Scope) -> Self {
        Self { outer: Some(outer), ..self }
    }

    /// What a name stands for.
    ///
    /// # Errors
    /// There is no such parameter, or it has no value here.
    pub(in crate::experiment) fn get(&self, name: &str) -> Result<Value, Failure> {
        if let Some(step) = self.step(name) {
            return Ok(step.value());
        }
        match self.entry.constant(name).map(|given| &given.value) {
            Some(Given::Value(value)) => Ok(value.clone()),
            Some(Given::Made(template)) => template.fill(self),
            Some(Given::List(templates)) => self.list(templates),
            // What the simulation has of its own comes before a column that is called so.
            None if OWN.contains(&name) && self.outer.is_some() => Err(Failure::Unknown(name.to_owned())),
            None => self.field(name).ok_or_else(|| Failure::Unknown(name.to_owned())),
        }
    }

    /// A list that is made of others: what is not there is not in it.
    fn list(&self, templates: &[At<Template>]) -> Result<Value, Failure> {
        let mut items = Vec::new();
        for template in templates {
            match template.value.fill(self)? {
                value if value.is_absent() => {}
                Value::One(scalar) => items.push(scalar),
                Value::Many(more) => items.extend(more),
            }
        }
        Ok(Value::Many(items))
    }

    /// What that is called in a name.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub(in crate::experiment) fn called(&self, name: &str) -> Result<String, Failure> {
        if let Some(step) = self.step(name) {
            return Ok(step.name_part());
        }
        match self.entry.constant(name).map(|given| &given.value) {
            Some(Given::Made(template)) => template.fill_name(self),
            _ => self.get(name).map(|value| name::part(&value.name())),
        }
    }

    /// The values that make this point differ from its neighbours.
    pub(in crate::experiment) fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = Vec::with_capacity(self.sweep.axes.len());
        for (axis, &index) in self.sweep.axes.iter().zip(self.indices) {
            match axis.step(index) {
                Step::Plain(value) => parameters.push(Parameter::of(axis.name, value)),
                Step::Group(group) => {
                    let label = group.label.as_ref().map(|label| Parameter::text(axis.name, label));
                    let value = group.value.as_ref().filter(|_| label.is_some());
                    let value = value.map(|value| Parameter::of(&format!("{}.{VALUE}", axis.name), value));
                    // The value of a label is data if it is a number; as text it is in the arguments.
                    let is_data = |value: &Parameter| {
                        matches!(
                            value.value,
                            ParameterValue::Number { .. } | ParameterValue::Size { .. } | ParameterValue::List { .. }
                        )
                    };
                    parameters.push(label.unwrap_or_else(|| Parameter::of(axis.name, &axis.step(index).value())));
                    parameters.extend(value.filter(is_data));
                    let fields = group.fields.iter();
                    parameters
                        .extend(fields.map(|(field, value)| Parameter::of(&format!("{}.{field}", axis.name), value)));
                }
            }
        }
        // What speaks of the simulation itself has no value before it has a name.
        // Where it runs is no parameter.
        let is_made = |given: &Given| match given {
            Given::Value(_) => false,
            Given::Made(template) => !template.speaks_of_later(),
            Given::List(templates) => !templates.iter().any(|template| template.value.speaks_of_later()),
        };
        let made = self.entry.with.iter().flatten().filter(|(_, given)| is_made(&given.value));
        let made = made.filter_map(|(name, _)| Some(Parameter::of(&name.value, &self.get(&name.value).ok()?)));
        parameters.extend(made);
        parameters.shrink_to_fit();
        parameters
    }

    /// What an axis is called here, or the field of one: `exclude` is compared with it.
    pub(super) fn called_on_axis(&self, name: &str) -> String {
        let called = match self.step(name) {
            Some(step) => Ok(step.name()),
            None => self.get(name).map(|value| value.name().into_owned()),
        };
        called.unwrap_or_default()
    }

    /// What somebody most likely meant who wrote a name that stands for nothing.
    pub(in crate::experiment) fn meant(&self, name: &str) -> Option<String> {
        let known = || self.sweep.axes.iter().zip(self.indices).map(|(axis, &index)| (axis.name, axis.step(index)));
        let having: Vec<&str> =
            known().filter(|(_, step)| step.fields().any(|field| field == name)).map(|(axis, _)| axis).collect();
        if let [first, second, ..] = having.as_slice() {
            return Some(format!("axes `{first}` and `{second}` both have a `{name}`: write `${{{first}.{name}}}`"));
        }
        let (of, field) = name.split_once('.').map_or((None, name), |(axis, field)| (Some(axis), field));
        let candidates: Vec<String> = match of.and_then(|axis| self.step(axis)) {
            Some(step) => step.fields().map(|field| format!("{}.{field}", of.unwrap_or_default())).collect(),
            None => {
                known().flat_map(|(axis, step)| step.fields().map(move |field| format!("{axis}.{field}"))).collect()
            }
        };
        let axes = known().map(|(axis, _)| axis);
        let constants = self.entry.with.iter().flatten().map(|(constant, _)| constant.value.as_str());
        let all: Vec<&str> = axes.chain(constants).chain(candidates.iter().map(String::as_str)).collect();
        if let Some(spaced) = expression::spaced(name, &all) {
            return Some(expression::spaces_help(&spaced));
        }
        if let Some(near) = nearest(name, all.iter().copied()) {
            return Some(format!("did you mean `${{{near}}}`?"));
        }
        let exact = candidates.iter().find(|candidate| candidate.ends_with(&format!(".{field}")));
        match exact {
            Some(exact) => Some(format!("did you mean `${{{exact}}}`?")),
            None if all.is_empty() => None,
            None => Some(format!("known here: {}", listed(&all))),
        }
    }

    fn step(&self, name: &str) -> Option<&Step> {
        let mut known = self.sweep.axes.iter().zip(self.indices);
        known.find(|(axis, _)| axis.name == name).map(|(axis, &index)| axis.step(index))
    }

    /// `axis.field`, or the field alone where one axis has it.
    fn field(&self, name: &str) -> Option<Value> {
        let known = || self.sweep.axes.iter().zip(self.indices);
        // Where only some of the values have a field, the others have nothing there.
        let of = |(axis, index): (&AxisSteps<'_>, u32), field: &str| {
            let missing = || axis.fields.contains(field).then(Value::absent);
            axis.step(index).field(field).or_else(missing)
        };
        if let Some((axis, field)) = name.split_once('.') {
            return known().find(|(known, _)| known.name == axis).and_then(|(axis, &index)| of((axis, index), field));
        }
        let mut having = known().filter(|(axis, _)| axis.fields.contains(name));
        let (first, second) = (having.next(), having.next());
        first.filter(|_| second.is_none()).and_then(|(axis, &index)| of((axis, index), name))
    }
}

impl Scope for Values<'_> {
    fn value(&self, name: &str) -> Result<Value, Failure> {
        self.get(name)
    }

    fn called(&self, name: &str) -> Result<String, Failure> {
        Values::called(self, name)
    }

    fn own(&self, name: &str) -> Option<Value> {
        self.outer.and_then(|outer| outer.own(name))
    }

    fn need_outdir(&self, name: &str) -> Option<String> {
        self.outer.and_then(|outer| outer.need_outdir(name))
    }
}
