//! What a parameter stands for: a single value, several, or nothing. And what has a place in the file.

use std::borrow::Cow;

use super::yaml::{NodeId, Scalar, ScalarKind};

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct At<T> {
    /// The value.
    pub(super) value: T,
    /// Its node.
    pub(super) at: NodeId,
}

/// A value of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// A single one. A null says that there is none.
    One(Scalar),
    /// Several, each of which becomes an argument of its own.
    Many(Vec<Scalar>),
}

/// What stands in a name for a value that is not there.
const NONE: &str = "none";

impl Value {
    /// A text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::One(Scalar::text(text))
    }

    /// Nothing.
    pub(super) fn absent() -> Self {
        Self::One(Scalar { kind: ScalarKind::Null, text: String::new() })
    }

    /// Whether there is no value. An empty text is one, an empty list is none.
    pub(super) fn is_absent(&self) -> bool {
        match self {
            Self::One(scalar) => scalar.is_null(),
            Self::Many(items) => items.is_empty(),
        }
    }

    /// Whether it makes no argument when it stands alone.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::One(scalar) => scalar.is_null() || scalar.text.is_empty(),
            Self::Many(items) => items.is_empty(),
        }
    }

    /// What it is called where a name is made of it: `none` if there is none, several with `+` in between.
    pub(super) fn name(&self) -> Cow<'_, str> {
        match self {
            value if value.is_absent() => NONE.into(),
            Self::One(scalar) => scalar.text.as_str().into(),
            Self::Many(items) => items.iter().map(|item| item.text.as_str()).collect::<Vec<_>>().join("+").into(),
        }
    }

    /// Bytes of its text.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::One(scalar) => scalar.text.len(),
            Self::Many(items) => items.iter().map(|item| item.text.len()).sum(),
        }
    }
}
