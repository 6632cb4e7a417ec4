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
use super::super::template::is_parameter_name;
use super::super::value::Value;
use super::super::yaml::{self, Kind, Node, Scalar};
use crate::text::{human, natural};

/// The values that `path` holds, at least one, or a phrase that says why there are none.
pub(super) fn steps(form: Form, path: &str, files: &dyn Files) -> Result<Vec<Step>, String> {
    let text = || {
        let text = files.text(Path::new(path))?;
        // No argument of a process can hold one.
        if text.contains('\0') { Err("has a NUL character".to_owned()) } else { Ok(text) }
    };
    let steps = match form {
        Form::Glob => paths(files.glob(path)?),
        Form::Lines => lines(without_mark(&text()?)),
        Form::Csv => rows(without_mark(&text()?))?,
        Form::Json => items(without_mark(&text()?))?,
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

/// Some editors begin a file with a byte order mark.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

fn paths(mut found: Vec<PathBuf>) -> Vec<Step> {
    found.sort_by(|a, b| natural::compare(&a.to_string_lossy(), &b.to_string_lossy()));
    let texts: Vec<String> = found.iter().filter_map(|path| path.to_str()).map(str::to_owned).collect();
    let label = |of: fn(&Path) -> String| texts.iter().map(|text| of(Path::new(text))).collect::<Vec<String>>();
    // As short as it can be without two being called the same.
    let candidates = [label(stem), label(file_name)];
    let differ = |labels: &Vec<String>| labels.iter().collect::<HashSet<_>>().len() == labels.len();
    let labels = candidates.into_iter().find(differ).unwrap_or_else(|| what_differs(&texts));
    texts.into_iter().zip(labels).map(|(text, label)| Step::labelled(name::part(&label), Value::text(text))).collect()
}

/// The parts of paths that not all of them have in front or behind, with `-` in between.
fn what_differs(texts: &[String]) -> Vec<String> {
    let all: Vec<Vec<&str>> = texts.iter().map(|text| text.split('/').collect()).collect();
    let Some((first, others)) = all.split_first() else { return Vec::new() };
    let shortest = all.iter().map(Vec::len).min().unwrap_or(0);
    let same = |part: &dyn Fn(&Vec<&str>, usize) -> String, at: usize| {
        others.iter().all(|other| part(other, at) == part(first, at))
    };
    let front = |parts: &Vec<&str>, at: usize| parts[at].to_owned();
    let back = |parts: &Vec<&str>, at: usize| parts[parts.len() - 1 - at].to_owned();
    let leading = (0..shortest).take_while(|&at| same(&front, at)).count();
    let trailing = (0..shortest - leading).take_while(|&at| same(&back, at)).count();
    all.iter().map(|parts| parts[leading..parts.len() - trailing].join("-")).collect()
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
    let label = name::part(&scalar.text);
    if label == scalar.text { Step::Plain(Value::One(scalar)) } else { Step::labelled(label, Value::One(scalar)) }
}

fn rows(text: &str) -> Result<Vec<Step>, String> {
    // A quote inside of a cell is written twice, so they come in pairs.
    if text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
        return Err("has a quote that is never closed".to_owned());
    }
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let wrong = |error: &csv::Error| match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            format!("has {len} cells in line {line}, and {expected_len} columns")
        }
        _ => format!("is no CSV: {error}"),
    };
    let header = reader.headers().map_err(|error| wrong(&error))?.clone();
    let mut seen = HashSet::new();
    for column in &header {
        if !is_parameter_name(column) {
            let other = ['\t', ';'].into_iter().find(|separator| header.len() == 1 && column.contains(*separator));
            let why = if other.is_some() { "; a comma separates columns" } else { "" };
            return Err(format!(
                "has a column `{}`, which cannot be the name of a parameter{why}",
                yaml::brief(column)
            ));
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

/// JSON is YAML, and read as that a value keeps its spelling and a key that is there twice is seen.
fn items(text: &str) -> Result<Vec<Step>, String> {
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|error| format!("is no JSON: {error}"))?;
    let document = yaml::parse(text).map_err(|error| format!("cannot be read: {}", error.message))?;
    let mut repeated = Vec::new();
    yaml::duplicates(&document.root, &mut repeated);
    if let Some(repeat) = repeated.first() {
        return Err(format!("has the key `{}` twice in one map", yaml::brief(&repeat.key)));
    }
    let Kind::List(items) = &document.root.kind else { return Err("is no JSON array".to_owned()) };
    items.iter().map(item).collect()
}

fn item(item: &Node) -> Result<Step, String> {
    match &item.kind {
        Kind::Map(entries) => {
            let fields: Result<Vec<(String, Value)>, String> = entries
                .iter()
                .map(|entry| {
                    let key = entry.key.as_scalar().map(|key| key.text.as_str()).unwrap_or_default();
                    if !is_parameter_name(key) {
                        let key = yaml::brief(key);
                        return Err(format!("has a key `{key}`, which cannot be the name of a parameter"));
                    }
                    Ok((key.to_owned(), value(&entry.value)?))
                })
                .collect();
            Ok(grouped(fields?.into_iter()))
        }
        Kind::List(_) => value(item).map(Step::Plain),
        Kind::Scalar(scalar) if scalar.is_null() => Ok(Step::Plain(Value::absent())),
        Kind::Scalar(scalar) => Ok(called_as(scalar.clone())),
    }
}

fn value(node: &Node) -> Result<Value, String> {
    let single = |node: &Node| node.as_scalar().cloned().ok_or_else(|| "has a value in a value".to_owned());
    match &node.kind {
        Kind::List(items) => items.iter().map(single).collect::<Result<_, _>>().map(Value::Many),
        Kind::Scalar(scalar) if scalar.is_null() => Ok(Value::absent()),
        Kind::Scalar(_) | Kind::Map(_) => single(node).map(Value::One),
    }
}

/// What goes together, called by its label or else by its first field.
fn grouped(fields: impl Iterator<Item = (String, Value)>) -> Step {
    let mut group = Group::default();
    for (name, value) in fields {
        match name.as_str() {
            LABEL => group.label = Some(value.name().into_owned()),
            VALUE => group.value = Some(value),
            _ => group.fields.push((name, value)),
        }
    }
    let called = match (&group.label, &group.value, group.fields.first()) {
        (Some(label), _, _) => label.clone(),
        (None, Some(value), _) | (None, None, Some((_, value))) => value.name().into_owned(),
        (None, None, None) => String::new(),
    };
    if group.label.is_some() || name::part(&called) != called {
        group.label = Some(name::part(&called));
    }
    Step::Group(Box::new(group))
}

/// What the text would be in an experiment file without quotes, but for words that mean nothing there.
fn scalar(text: &str) -> Scalar {
    let scalar = yaml::plain(text);
    if scalar.is_null() { Scalar::text(text) } else { scalar }
}
