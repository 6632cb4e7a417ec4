//! Observations as rows for programs: tidy, a row for each dump of each simulation, a column for each thing known of it.
//!
//! | columns | have |
//! |---|---|
//! | `simulation`, `ok`, `outcome`, `reason`, `attempt` | how it went. `ok` is never empty, so `query("ok")` works while simulations run |
//! | one for each parameter | its value; for sizes such as `256KiB` also `l2_bytes`, a number |
//! | `dump`, `dump_label`, `dump_from_tick`, `dump_to_tick` | which dump, as `--dump` takes it, and the ticks that it counts |
//! | one for each metric | the number in full; empty where there is none |
//! | `why_ipc` for the metric `ipc` | why it is empty |
//! | `wall_s`, `cpu_s`, `max_rss_bytes`, `host`, `gem5_version`, `gem5_sha256`, `script_sha256`, `git_commit`, `git_dirty`, `outdir` | what surrounds it |
//!
//! Every column is there whether or not anything is in it, so that scripts find it. A parameter that has the name of another
//! column is called `param_NAME`, and a metric `metric_NAME`.
//!
//! In CSV and TSV what is not known is an empty field, and so is a parameter without a value; lists have `+` between
//! their items, as names have it. In JSON lines numbers and booleans are what they are, lists are lists, and what is not known is
//! `null`. Simulations that are not ok are there like all others: nothing is left out.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::csv::{self, Form};
use super::{Document, header, number, safe};
use crate::experiment::{Parameter, ParameterValue};
use crate::report::observation::{Dump, Measured, Observation, Observations};
use crate::text::excerpt::excerpt;
use crate::text::{human, json};

/// So many reasons why simulations are not ok are told of the rows as a whole: more than a reader takes in. All stand in the rows.
const REASONS: usize = 20;
/// Bytes that are told of each there.
const REASON: usize = 240;

/// In front of the parameters.
const FIRST: [&str; 5] = ["simulation", "ok", "outcome", "reason", "attempt"];
/// Between the parameters and the metrics.
const DUMP: [&str; 4] = ["dump", "dump_label", "dump_from_tick", "dump_to_tick"];
/// Behind the metrics.
const LAST: [&str; 10] = [
    "wall_s",
    "cpu_s",
    "max_rss_bytes",
    "host",
    "gem5_version",
    "gem5_sha256",
    "script_sha256",
    "git_commit",
    "git_dirty",
    "outdir",
];

/// Rows of comma or tab separated values.
pub fn separated(observations: &Observations, form: Form) -> Document {
    let columns = Columns::of(observations);
    let mut rows = vec![columns.names.iter().map(|name| safe(name)).collect::<Vec<_>>()];
    rows.extend(observations.rows.iter().map(|row| columns.fields(row).iter().map(field).collect()));
    Document::new(csv::separated(&rows, form))
}

/// A JSON object a line, in ASCII. All have the same keys in the same order.
pub fn json_lines(observations: &Observations) -> Document {
    let columns = Columns::of(observations);
    let mut text = String::new();
    for row in &observations.rows {
        let object: Map<String, Json> = columns.names.iter().cloned().zip(columns.fields(row)).collect();
        text.push_str(&json::ascii(&Json::Object(object).to_string()));
        text.push('\n');
    }
    Document::new(text)
}

/// What is to be known of the rows as a whole: a note for whoever finds the file. Who is not ok stands in the rows, so that not all
/// of them have to be named.
pub fn about(observations: &Observations) -> Document {
    let bad = observations.rows.iter().filter(|row| !row.ok).count();
    let mut text = format!(
        "A row for each dump of each simulation: {}, {} of them not ok. Values are as they were measured: nothing is compared or averaged.\n\
         Empty fields are unknown or missing; why_METRIC says why.\n",
        observations.rows.len(),
        bad
    );
    let mut versions: Vec<String> =
        observations.rows.iter().filter_map(|row| row.gem5_version.as_deref()).map(safe).collect();
    versions.sort_unstable();
    versions.dedup();
    let versions = if versions.is_empty() { "version unknown".to_owned() } else { versions.join(", ") };
    push!(text, "gem5  {versions}\n");
    for note in &observations.notes {
        push!(text, "note  {}\n", safe(note));
    }
    let groups = not_ok(observations);
    for (reason, names) in groups.iter().take(REASONS) {
        push!(text, "not ok  {reason}: {}\n", human::some_of(names));
    }
    if let Some(more @ 1..) = groups.len().checked_sub(REASONS) {
        push!(text, "not ok  for {}, which the rows tell\n", human::plural(more as u64, "more reason"));
    }
    Document::new(text)
}

/// The simulations that are not ok, by how they ended and why.
fn not_ok(observations: &Observations) -> Vec<(String, Vec<String>)> {
    let mut rows: Vec<&Observation> = observations.rows.iter().filter(|row| !row.ok).collect();
    rows.dedup_by_key(|row| &row.simulation);
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for row in rows {
        let outcome = row.outcome.as_deref().map_or_else(|| "has not ended".to_owned(), safe);
        let reason =
            row.reason.as_deref().map_or_else(String::new, |reason| format!(", {}", excerpt(safe(reason), REASON)));
        let why = format!("{outcome}{reason}");
        let place = *places.entry(why.clone()).or_insert(groups.len());
        if place == groups.len() {
            groups.push((why, Vec::new()));
        }
        groups[place].1.push(safe(&row.simulation));
    }
    groups
}

/// The columns that rows have.
struct Columns {
    /// What they are called.
    names: Vec<String>,
    /// The parameters that any row has, each with whether it is a size anywhere.
    parameters: Vec<(String, bool)>,
    metrics: usize,
}

impl Columns {
    fn of(observations: &Observations) -> Self {
        let mut parameters: Vec<(String, bool)> = Vec::new();
        for parameter in observations.rows.iter().flat_map(|row| &row.parameters) {
            let is_size = matches!(parameter.value, ParameterValue::Size { .. });
            match parameters.iter_mut().find(|(name, _)| *name == parameter.name) {
                Some((_, any)) => *any |= is_size,
                None => parameters.push((parameter.name.clone(), is_size)),
            }
        }
        let is_fixed = |name: &str| FIRST.iter().chain(&DUMP).chain(&LAST).any(|fixed| *fixed == name);
        let parameter_name = |name: &str| if is_fixed(name) { format!("param_{name}") } else { name.to_owned() };
        let is_taken = |name: &str| is_fixed(name) || parameters.iter().any(|(taken, _)| taken == name);
        let mut names: Vec<String> = FIRST.map(str::to_owned).to_vec();
        for (name, is_size) in &parameters {
            names.push(parameter_name(name));
            if *is_size {
                names.push(format!("{name}_bytes"));
            }
        }
        names.extend(DUMP.map(str::to_owned));
        let metric = |name: &String| if is_taken(name) { format!("metric_{name}") } else { name.clone() };
        names.extend(observations.metrics.iter().map(metric));
        names.extend(observations.metrics.iter().map(|name| format!("why_{name}")));
        names.extend(LAST.map(str::to_owned));
        // The fixed ones come first, so that it is never they who give way.
        let (fixed, others): (Vec<_>, Vec<_>) = names.iter().cloned().enumerate().partition(|(_, name)| is_fixed(name));
        let order: Vec<usize> = fixed.iter().chain(&others).map(|(at, _)| *at).collect();
        let distinct = header::distinct(fixed.into_iter().chain(others).map(|(_, name)| name));
        for (at, name) in order.into_iter().zip(distinct) {
            names[at] = name;
        }
        Self { names, parameters, metrics: observations.metrics.len() }
    }

    /// What a row has in each column.
    fn fields(&self, row: &Observation) -> Vec<Json> {
        let text = |text: &Option<String>| text.clone().map_or(Json::Null, Json::String);
        let number = |number: Option<f64>| number.filter(|number| number.is_finite()).map_or(Json::Null, json::number);
        let whole = |number: Option<u64>| number.map_or(Json::Null, Json::from);
        let mut fields = vec![
            row.simulation.clone().into(),
            row.ok.into(),
            text(&row.outcome),
            text(&row.reason),
            whole(row.attempt.map(u64::from)),
        ];
        for (name, is_size) in &self.parameters {
            let parameter: Option<&Parameter> = row.parameters.iter().find(|parameter| parameter.name == *name);
            fields.push(parameter.map_or(Json::Null, |parameter| parameter.value.to_json()));
            if *is_size {
                fields.push(whole(parameter.and_then(|parameter| match parameter.value {
                    ParameterValue::Size { bytes, .. } => Some(bytes),
                    _ => None,
                })));
            }
        }
        let dump = row.dump.as_ref();
        let interval = dump.and_then(|dump| dump.interval);
        fields.push(whole(dump.and_then(|dump: &Dump| dump.number).map(u64::from)));
        fields.push(text(&dump.and_then(|dump| dump.label.clone())));
        fields.push(whole(interval.map(|(from, _)| from)));
        fields.push(whole(interval.map(|(_, to)| to)));
        let measured: Vec<(Json, Json)> = (0..self.metrics).map(|at| measured(row.values.get(at))).collect();
        fields.extend(measured.iter().map(|(value, _)| value.clone()));
        fields.extend(measured.into_iter().map(|(_, why)| why));
        fields.extend([number(row.wall_s), number(row.cpu_s), whole(row.max_rss_bytes)]);
        fields.extend([&row.host, &row.gem5_version, &row.gem5_sha256, &row.script_sha256, &row.commit].map(text));
        fields.extend([row.dirty.map_or(Json::Null, Json::Bool), text(&row.outdir)]);
        fields
    }
}

/// A value, and why there is none.
fn measured(value: Option<&Measured>) -> (Json, Json) {
    match value {
        Some(Measured::Value(value)) if value.is_finite() => (json::number(*value), Json::Null),
        Some(Measured::Value(value)) => (Json::Null, number::full(*value).into()),
        Some(Measured::Missing { word }) => (Json::Null, super::foot::word(word).into()),
        None => (Json::Null, "missing".into()),
    }
}

/// A field of a separated row, in which there are only texts.
fn field(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::Bool(value) => value.to_string(),
        Json::Number(value) => match value.as_f64() {
            Some(number) if value.is_f64() => number::full(number),
            _ => value.to_string(),
        },
        Json::String(text) => safe(text),
        Json::Array(items) => items.iter().map(field).collect::<Vec<_>>().join("+"),
        Json::Object(_) => safe(&value.to_string()),
    }
}
