//! Axes of a sweep, and what stands on them.
//!
//! A value of an axis is a single one, a list of arguments, nothing, or a map. A map groups what goes together: its `label` is
//! what the value is called in names, its `value` what arguments are given, and every other key a field of its own,
//! `${axis.key}`.

use super::name;
use super::template::Template;
use super::value::{At, Value};

/// One axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    /// The parameter.
    pub(super) name: At<String>,
    /// Its values.
    pub(super) values: Values,
}

/// Where the values of an axis come from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Values {
    /// They are written in the experiment file, at least one.
    Listed(Vec<At<Step>>),
    /// They are read from elsewhere when the plan is made.
    From(Source),
}

/// Files that the values of an axis are read from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Source {
    /// What is done with them.
    pub(super) form: Form,
    /// The path or the glob, seen from the experiment file.
    pub(super) path: At<Template>,
}

/// What the files of a [`Source`] have to do with the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Each file or directory that the glob matches is a value.
    Glob,
    /// Each line of a text is one.
    Lines,
    /// Each row of a table is one, with a field for each column.
    Csv,
    /// Each item of a JSON array is one.
    Json,
}

/// One value of an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// A value that is called what it is.
    Plain(Value),
    /// A map.
    Group(Box<Group>),
}

/// A value that is called otherwise, or several that go together. It has a label, a value or a field.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Group {
    /// What it is called.
    pub(super) label: Option<String>,
    /// What it is.
    pub(super) value: Option<Value>,
    /// All else.
    pub(super) fields: Vec<(String, Value)>,
}

/// The key of a map that says what the value is called.
pub(super) const LABEL: &str = "label";
/// The key of a map that says what arguments are given.
pub(super) const VALUE: &str = "value";

impl Step {
    /// A value with a label of its own.
    pub(super) fn labelled(label: impl Into<String>, value: Value) -> Self {
        Self::Group(Box::new(Group { label: Some(label.into()), value: Some(value), fields: Vec::new() }))
    }

    /// What the parameter stands for.
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Plain(value) => value.clone(),
            Self::Group(group) => match (&group.value, &group.label) {
                (Some(value), _) => value.clone(),
                (None, Some(label)) => Value::text(label),
                (None, None) => group.first().clone(),
            },
        }
    }

    /// What it is called.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Plain(value) => value.name().into_owned(),
            Self::Group(group) => match (&group.label, &group.value) {
                (Some(label), _) => label.clone(),
                (None, Some(value)) => value.name().into_owned(),
                (None, None) => group.first().name().into_owned(),
            },
        }
    }

    /// What it is called in the name of a simulation: what somebody chose as it is, all else as a name may have it.
    pub(super) fn name_part(&self) -> String {
        match self {
            Self::Group(group) if group.label.is_some() => self.name(),
            _ => name::part(&self.name()),
        }
    }

    /// The field called `name`, or its label or value under that name.
    pub(super) fn field(&self, name: &str) -> Option<Value> {
        match (self, name) {
            (_, VALUE) => Some(self.value()),
            (_, LABEL) => Some(Value::text(self.name())),
            (Self::Plain(_), _) => None,
            (Self::Group(group), _) => {
                group.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone())
            }
        }
    }

    /// The names of its fields.
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        let fields = match self {
            Self::Plain(_) => &[][..],
            Self::Group(group) => &group.fields,
        };
        fields.iter().map(|(name, _)| name.as_str())
    }
}

impl Group {
    /// The first field, which names the group where nothing else does.
    fn first(&self) -> &Value {
        static NOTHING: Value = Value::Many(Vec::new());
        self.fields.first().map_or(&NOTHING, |(_, value)| value)
    }
}
