//! Values of an axis that come from files.
//!
//! What a file is called in names is derived from it: a path without its directory and extension, a line with `-` for what no
//! name may have. Numbers in text are numbers, as they would be in the experiment file.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::super::Files;
use super::super::axis::{Form, Group, LABEL, Step, VALUE};
use super::super::limits::MAX_POINTS;
use super::super::name;
use super::super::value::Value;
use super::super::yaml::{self, Scalar, ScalarKind};
use crate::text::{human, natural};

/// The values that `path` holds, at least one, or a phrase that says why there are none.
pub(super) fn steps(form: Form, path: &str, files: &dyn Files) -> Result<Vec<Step>, String> {
    let steps = match form {
        Form::Glob => paths(files.glob(path)?),
        Form::Lines => lines(&files.text(Path::new(path))?),
        Form::Csv => rows(&files.text(Path::new(path))?)?,
        Form::Json => items(&files.text(Path::new(path))?)?,
    };
    if steps.len() > MAX_POINTS {
        return Err(format!("has more than {} values", human::count(MAX_POINTS as u64)));
    }
    if steps.is_empty() {
        return Err(match form {
            Form::Glob => "matches nothing",
            Form::Lines => "has no line",
            Form::Csv => "has no row",
            Form::Json => "has no item",
        }
        .to_owned());
    }
    Ok(steps)
}

fn paths(mut found: Vec<PathBuf>) -> Vec<Step> {
    found.sort_by(|a, b| natural::compare(&a.to_string_lossy(), &b.to_string_lossy()));
    let texts: Vec<String> = found.iter().filter_map(|path| path.to_str()).map(str::to_owned).collect();
    let label = |of: fn(&Path) -> String| texts.iter().map(|text| of(Path::new(text))).collect::<Vec<String>>();
    // As short as it can be without two being called the same.
    let candidates = [label(stem), label(file_name)];
    let differ = |labels: &Vec<String>| labels.iter().collect::<HashSet<_>>().len() == labels.len();
    let labels = candidates.into_iter().find(differ).unwrap_or_else(|| texts.clone());
    texts.into_iter().zip(labels).map(|(text, label)| Step::labelled(as_name(&label), Value::text(text))).collect()
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The name without its extension. What follows the point of `cpt.1000` is none.
fn stem(path: &Path) -> String {
    let name = file_name(path);
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && extension.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            stem.to_owned()
        }
        _ => name,
    }
}

fn lines(text: &str) -> Vec<Step> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| called_as(scalar(line))).collect()
}

/// A value that is called what it is, as far as that can be a name.
fn called_as(scalar: Scalar) -> Step {
    let label = as_name(&scalar.text);
    if label == scalar.text { Step::Plain(Value::One(scalar)) } else { Step::labelled(label, Value::One(scalar)) }
}

fn rows(text: &str) -> Result<Vec<Step>, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(text.as_bytes());
    let wrong = |error: &csv::Error| format!("is no CSV: {error}");
    let header = reader.headers().map_err(|error| wrong(&error))?.clone();
    let mut seen = HashSet::new();
    for column in &header {
        if !super::super::template::is_parameter_name(column) {
            return Err(format!("has a column `{}`, which cannot be the name of a parameter", yaml::brief(column)));
        }
        if !seen.insert(column) {
            return Err(format!("has two columns `{}`", yaml::brief(column)));
        }
    }
    let mut steps = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| wrong(&error))?;
        let cells = header.iter().zip(&row).map(|(column, cell)| (column.to_owned(), cell_value(cell)));
        steps.push(grouped(cells));
        if steps.len() > MAX_POINTS {
            break;
        }
    }
    Ok(steps)
}

/// An empty cell is no value.
fn cell_value(cell: &str) -> Value {
    if cell.is_empty() { Value::absent() } else { Value::One(scalar(cell)) }
}

fn items(text: &str) -> Result<Vec<Step>, String> {
    let json: serde_json::Value = serde_json::from_str(text).map_err(|error| format!("is no JSON: {error}"))?;
    let serde_json::Value::Array(items) = json else { return Err("is no JSON array".to_owned()) };
    items.into_iter().map(item).collect()
}

fn item(item: serde_json::Value) -> Result<Step, String> {
    match item {
        serde_json::Value::Object(fields) => {
            if let Some(bad) = fields.keys().find(|key| !super::super::template::is_parameter_name(key)) {
                return Err(format!("has a key `{}`, which cannot be the name of a parameter", yaml::brief(bad)));
            }
            let fields: Result<Vec<_>, String> =
                fields.into_iter().map(|(key, value)| Ok((key, json_value(value)?))).collect();
            Ok(grouped(fields?.into_iter()))
        }
        serde_json::Value::Array(_) => json_value(item).map(Step::Plain),
        single => match json_value(single)? {
            Value::One(scalar) if !scalar.is_null() => Ok(called_as(scalar)),
            value => Ok(Step::Plain(value)),
        },
    }
}

fn json_value(value: serde_json::Value) -> Result<Value, String> {
    let single = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => Ok(Scalar::text(text)),
        serde_json::Value::Bool(value) => Ok(Scalar { kind: ScalarKind::Bool(value), text: value.to_string() }),
        serde_json::Value::Number(number) => Ok(yaml::plain(&number.to_string())),
        serde_json::Value::Null => Ok(Scalar { kind: ScalarKind::Null, text: String::new() }),
        _ => Err("has a value in a value".to_owned()),
    };
    match value {
        serde_json::Value::Array(items) => items.into_iter().map(single).collect::<Result<_, _>>().map(Value::Many),
        value => single(value).map(Value::One),
    }
}

/// What goes together, called by its label or else by its first field.
fn grouped(fields: impl Iterator<Item = (String, Value)>) -> Step {
    let mut group = Group::default();
    for (name, value) in fields {
        match name.as_str() {
            LABEL => group.label = Some(value.name()),
            VALUE => group.value = Some(value),
            _ => group.fields.push((name, value)),
        }
    }
    let called = match (&group.label, &group.value, group.fields.first()) {
        (Some(label), _, _) => label.clone(),
        (None, Some(value), _) | (None, None, Some((_, value))) => value.name(),
        (None, None, None) => String::new(),
    };
    if group.label.is_some() || as_name(&called) != called {
        group.label = Some(as_name(&called));
    }
    Step::Group(Box::new(group))
}

/// What a value is called in the name of a simulation.
fn as_name(text: &str) -> String {
    let inside = format!("x{text}");
    if name::objection(&inside).is_none() { text.to_owned() } else { name::mended(text) }
}

/// What the text would be in an experiment file without quotes, but for words that YAML takes for something else.
fn scalar(text: &str) -> Scalar {
    let scalar = yaml::plain(text);
    if matches!(scalar.kind, ScalarKind::Null | ScalarKind::Bool(_)) { Scalar::text(text) } else { scalar }
}
