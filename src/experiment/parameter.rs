//! The values that make a point of a sweep differ from its neighbours, each with the kind of its scalar.
//!
//! What gem5 is given, and what names are made of, is always the text as it was written. The kind is for whoever puts points
//! in order, draws them, or hands them on as data.

use std::fmt;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Number, Value as Json};

use super::value::Value;
use super::yaml::ScalarKind;
use super::{expression, units};

/// A named value of a point.
///
/// As JSON it is `[name, value]`, or `[name, value, text]` where the value as JSON has it is not the text as it was
/// written: `["l2", "1MiB"]`, `["ways", 8]`, `["rate", 1000000.0, "1e6"]`. Records of before there were kinds have text
/// alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Parameter {
    /// The name of the axis.
    pub name: String,
    /// The value.
    pub value: ParameterValue,
}

/// A value, as it was written and as what it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ParameterValue {
    /// Text, also a number in quotes.
    Text(String),
    /// A number.
    Number {
        /// What YAML takes it for.
        value: Number,
        /// As it was written.
        text: String,
    },
    /// A number of bytes with its unit, such as `256KiB`. To YAML it is text, in quotes or without.
    Size {
        /// How many bytes, `kB` being 1000 and `KiB` 1024.
        bytes: u64,
        /// As it was written.
        text: String,
    },
    /// True or false.
    Bool {
        /// Which.
        value: bool,
        /// As it was written.
        text: String,
    },
    /// Several arguments.
    List {
        /// Each of them, as JSON has it.
        items: Vec<Json>,
        /// All of them, as they are called in a name.
        text: String,
    },
    /// There is no value here.
    Absent,
}

/// What a value that is not there is called.
const ABSENT: &str = "none";

impl Parameter {
    /// A parameter whose value is this text: a size if it is written as one.
    pub fn text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), value: ParameterValue::of_text(text.into()) }
    }

    /// What a parameter and its value make.
    pub(super) fn of(name: &str, value: &Value) -> Self {
        let scalar = match value {
            Value::One(scalar) => scalar,
            Value::Many(items) => {
                let json = items.iter().map(|item| Self::of("", &Value::One(item.clone())).value.to_json()).collect();
                let text = value.name().into_owned();
                return Self { name: name.to_owned(), value: ParameterValue::List { items: json, text } };
            }
        };
        let text = scalar.text.clone();
        let number = match scalar.kind {
            ScalarKind::Bool(value) => {
                return Self { name: name.to_owned(), value: ParameterValue::Bool { value, text } };
            }
            ScalarKind::Unsigned(value) => Some(value.into()),
            ScalarKind::Signed(value) => Some(value.into()),
            // Infinity is no number to JSON, nor is what is not a number.
            ScalarKind::Float(value) => Number::from_f64(value),
            ScalarKind::Null => return Self { name: name.to_owned(), value: ParameterValue::Absent },
            ScalarKind::Text => None,
        };
        let value = match number {
            Some(value) => ParameterValue::Number { value, text },
            None => ParameterValue::of_text(text),
        };
        Self { name: name.to_owned(), value }
    }
}

impl ParameterValue {
    fn of_text(text: String) -> Self {
        match units::size(&text) {
            // A bare number in quotes is meant as text.
            Ok(bytes) if text.ends_with('B') => Self::Size { bytes, text },
            _ => Self::Text(text),
        }
    }

    /// The value as it was written, which is what gem5 is given; `none` where there is none, and a list as names have it.
    pub fn as_written(&self) -> &str {
        match self {
            Self::Text(text)
            | Self::Number { text, .. }
            | Self::Size { text, .. }
            | Self::Bool { text, .. }
            | Self::List { text, .. } => text,
            Self::Absent => ABSENT,
        }
    }

    /// Whether it is the value that somebody writes as `text`: `262144B` is `256KiB`, and `8` is `8.0`.
    pub fn is(&self, text: &str) -> bool {
        let text = text.trim();
        self.as_written() == text
            || match self {
                Self::Number { value, .. } => value.as_f64().is_some_and(|value| units::number(text) == Some(value)),
                Self::Size { bytes, .. } => units::size(text) == Ok(*bytes),
                Self::Bool { value, .. } => text == value.to_string(),
                Self::Text(_) | Self::List { .. } | Self::Absent => false,
            }
    }

    /// The value as a number, a size in bytes; none for what is no number.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number { value, .. } => value.as_f64(),
            Self::Size { bytes, .. } => Some(*bytes as f64),
            Self::Bool { value, .. } => Some(f64::from(u8::from(*value))),
            // A bare number in quotes is text to gem5, and a number to whoever calculates.
            Self::Text(text) => units::number(text),
            Self::List { .. } | Self::Absent => None,
        }
    }

    /// The value as a number by which values of one parameter are put in order, also of those that have another unit than bytes, in the
    /// smallest of its kind that people call a whole: `2GHz` is more than `800MHz`.
    pub fn magnitude(&self) -> Option<f64> {
        let with_unit = || expression::magnitude(self.as_written());
        self.number().or_else(|| matches!(self, Self::Text(_)).then(with_unit).flatten())
    }

    /// The value as JSON has it: a number or a boolean as what it is, a size as it was written.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Text(text) | Self::Size { text, .. } => text.clone().into(),
            Self::Number { value, .. } => value.clone().into(),
            Self::Bool { value, .. } => (*value).into(),
            Self::List { items, .. } => items.clone().into(),
            Self::Absent => Json::Null,
        }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.value.as_written())
    }
}

impl Serialize for Parameter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.value.to_json();
        let text = self.value.as_written();
        let printed = match &value {
            Json::Null => text.to_owned(),
            Json::Array(items) => joined(items),
            Json::String(text) => text.clone(),
            value => value.to_string(),
        };
        let tells_all = printed == text;
        let mut parts = serializer.serialize_seq(Some(if tells_all { 2 } else { 3 }))?;
        parts.serialize_element(&self.name)?;
        parts.serialize_element(&value)?;
        if !tells_all {
            parts.serialize_element(text)?;
        }
        parts.end()
    }
}

impl<'de> Deserialize<'de> for Parameter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Parts)
    }
}

/// The items of a list as they are called in a name, as far as JSON tells.
fn joined(items: &[Json]) -> String {
    let text = |item: &Json| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
    if items.is_empty() { ABSENT.to_owned() } else { items.iter().map(text).collect::<Vec<_>>().join("+") }
}

struct Parts;

impl<'de> Visitor<'de> for Parts {
    type Value = Parameter;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a parameter: its name, its value, and the text of the value where that tells more")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Parameter, A::Error> {
        let name = parts.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
        let value: Json = parts.next_element()?.ok_or_else(|| A::Error::invalid_length(1, &self))?;
        let text: Option<String> = parts.next_element()?;
        let value = match (value, text) {
            (Json::String(text), None) => ParameterValue::of_text(text),
            (Json::Number(value), text) => {
                ParameterValue::Number { text: text.unwrap_or_else(|| value.to_string()), value }
            }
            (Json::Bool(value), text) => {
                ParameterValue::Bool { text: text.unwrap_or_else(|| value.to_string()), value }
            }
            (Json::Null, None) => ParameterValue::Absent,
            (Json::Array(items), text) => {
                let written = |item: &Json| match item {
                    Json::String(text) => Some(text.clone()),
                    Json::Number(number) => Some(number.to_string()),
                    Json::Bool(value) => Some(value.to_string()),
                    Json::Null | Json::Array(_) | Json::Object(_) => None,
                };
                let texts: Option<Vec<String>> = items.iter().map(written).collect();
                texts.ok_or_else(|| A::Error::custom("an item of a list is a text, a number or a boolean"))?;
                let text = text.unwrap_or_else(|| joined(&items));
                ParameterValue::List { items, text }
            }
            (Json::String(_) | Json::Null | Json::Object(_), _) => {
                return Err(A::Error::custom(
                    "the value of a parameter is a text, a number, a boolean, a list or null",
                ));
            }
        };
        Ok(Parameter { name, value })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::yaml::{self, Kind, Scalar};
    use super::*;

    /// The scalar that an experiment file has with this text as a value, if it is one.
    fn scalar(text: &str) -> Option<Scalar> {
        let file = format!("p: {text}\n");
        let document = yaml::parse(&file).ok()?;
        let Kind::Map(entries) = document.root.kind else { return None };
        entries.first()?.value.as_scalar().cloned()
    }

    fn written(text: &str) -> Parameter {
        Parameter::of("p", &Value::One(scalar(text).unwrap()))
    }

    fn json(parameter: &Parameter) -> String {
        serde_json::to_string(parameter).unwrap()
    }

    #[test]
    fn a_value_keeps_its_kind_and_its_text() {
        let forms = [
            ("16", r#"["p",16]"#, "16"),
            ("-2", r#"["p",-2]"#, "-2"),
            ("1.0", r#"["p",1.0]"#, "1.0"),
            ("1.50", r#"["p",1.5,"1.50"]"#, "1.50"),
            ("1e6", r#"["p",1000000.0,"1e6"]"#, "1e6"),
            ("0x10", r#"["p",16,"0x10"]"#, "0x10"),
            ("true", r#"["p",true]"#, "true"),
            ("'16'", r#"["p","16"]"#, "16"),
            ("stream", r#"["p","stream"]"#, "stream"),
            ("256KiB", r#"["p","256KiB"]"#, "256KiB"),
            (".inf", r#"["p",".inf"]"#, ".inf"),
            ("~", r#"["p",null]"#, "none"),
        ];
        for (yaml, record, text) in forms {
            let parameter = written(yaml);
            assert_eq!((json(&parameter).as_str(), parameter.value.as_written()), (record, text), "{yaml}");
            assert_eq!(serde_json::from_str::<Parameter>(record).unwrap(), parameter, "{yaml}");
        }
        let kib = ParameterValue::Size { bytes: 262_144, text: "256KiB".to_owned() };
        assert_eq!(written("256KiB").value, kib);
    }

    #[test]
    fn records_of_before_there_were_kinds_are_read_as_text() {
        let old: Vec<Parameter> = serde_json::from_str(r#"[["l2","1MiB"],["ways","8"]]"#).unwrap();
        assert_eq!(old, [Parameter::text("l2", "1MiB"), Parameter::text("ways", "8")]);
        assert_eq!(old[1].value, ParameterValue::Text("8".to_owned()));
    }

    #[test]
    fn a_list_is_a_list_when_it_is_read_from_a_record() {
        let list = Parameter::of("p", &Value::Many(vec![Scalar::text("--pf"), Scalar::text("--degree=4")]));
        assert_eq!(json(&list), r#"["p",["--pf","--degree=4"]]"#);
        assert_eq!(list.value.as_written(), "--pf+--degree=4");
        assert_eq!(serde_json::from_str::<Parameter>(&json(&list)).unwrap(), list);
        let numbers = Parameter::of("p", &Value::Many(vec![scalar("1").unwrap(), scalar("1e6").unwrap()]));
        assert_eq!(json(&numbers), r#"["p",[1,1000000.0],"1+1e6"]"#);
        assert_eq!(serde_json::from_str::<Parameter>(&json(&numbers)).unwrap(), numbers);
        let none = Parameter::of("p", &Value::Many(Vec::new()));
        assert_eq!((json(&none).as_str(), none.value.as_written()), (r#"["p",[]]"#, "none"));
    }

    #[test]
    fn a_record_that_is_no_parameter_is_refused() {
        for bad in
            [r#"["p"]"#, r#"["p",null,"x"]"#, r#"["p",[[1]]]"#, r#"["p","a","b"]"#, r#"["p",1,"1",2]"#, r#"{"p":1}"#]
        {
            assert!(serde_json::from_str::<Parameter>(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_file_says_is_the_same_when_it_is_read_from_a_record(text in "[ -~]{1,12}") {
            let Some(scalar) = scalar(&text) else { return Ok(()) };
            let parameter = Parameter::of("p", &Value::One(scalar.clone()));
            if !scalar.is_null() {
                prop_assert_eq!(parameter.value.as_written(), &scalar.text);
            }
            prop_assert_eq!(serde_json::from_str::<Parameter>(&json(&parameter)).unwrap(), parameter);
        }
    }
}
