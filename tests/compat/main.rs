//! Records that earlier releases wrote, which every later one must read: `v1/` is an experiment directory of the first.
//!
//! `facts.json` in it says what is true of that experiment, and does not change. What reads the records may.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test itself may")]

mod facts;

use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use gem5_tui::rundir::atomic::{read_json, read_lines, write_json};
use gem5_tui::rundir::provenance::Provenance;
use gem5_tui::rundir::record::{
    Cancelled, Controls, DumpRequest, Exit, ExperimentRecord, LeaseRecord, OutcomeRecord, PauseLine, ResultRecord,
    Retry, Spec, Started, Stop, Takeover,
};
use gem5_tui::rundir::rewrite::rewrite_json;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Objects that hold what a user or a simulation wrote, or one of several things by its name: a field there says something.
const NO_RECORDS: [&str; 12] = [
    "env",
    "kwargs",
    "key",
    "variables",
    "by_outcome",
    "value",
    "reason",
    "goal",
    "concurrency",
    "timeout",
    "grace",
    "poll_stats",
];

fn v1() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat/v1")
}

/// Every file below `dir`, but for the facts.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.file_name().unwrap() != "facts.json" {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A record as a later release of the same format may write it: with fields that nobody knows yet, at every depth.
fn as_of_a_later_release(record: &mut Value) {
    match record {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                // Below such an object there are none that are records.
                if !NO_RECORDS.contains(&name.as_str()) {
                    as_of_a_later_release(value);
                }
            }
            fields.insert("of_a_later_release".to_owned(), json!({"since": 2}));
        }
        Value::Array(items) => items.iter_mut().for_each(as_of_a_later_release),
        _ => {}
    }
}

/// Where `told` does not say what `said` does, as paths to the fields. It may say more.
fn lost(said: &Value, told: &Value) -> Vec<String> {
    let below = |name: &str, said: &Value, told: Option<&Value>| match told {
        None => vec![format!("/{name}")],
        Some(told) => lost(said, told).iter().map(|path| format!("/{name}{path}")).collect(),
    };
    match (said, told) {
        (Value::Object(said), Value::Object(told)) => {
            said.iter().flat_map(|(name, said)| below(name, said, told.get(name))).collect()
        }
        (Value::Array(said), Value::Array(told)) if said.len() == told.len() => said
            .iter()
            .zip(told)
            .enumerate()
            .flat_map(|(at, (said, told))| below(&at.to_string(), said, Some(told)))
            .collect(),
        _ if said == told => Vec::new(),
        _ => vec![String::new()],
    }
}

/// The fields of `record` that hold one word or number, at every depth; none in a list, which is written as a whole.
fn leaves(record: &Value, at: &str) -> Vec<String> {
    match record {
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, field)| leaves(field, &format!("{at}/{name}"))).collect()
        }
        // What does not hold any more may go unsaid.
        Value::Array(_) | Value::Null | Value::Bool(true) => Vec::new(),
        Value::Bool(false) | Value::Number(_) | Value::String(_) => vec![at.to_owned()],
    }
}

fn another(value: &Value) -> Value {
    match value {
        Value::Bool(holds) => json!(!holds),
        Value::Number(number) => json!(number.as_i64().map_or(0, |whole| whole + 1)),
        Value::String(text) => json!(format!("{text}x")),
        Value::Object(_) | Value::Array(_) | Value::Null => panic!("{value} is no leaf"),
    }
}

/// The record with another value in every field that takes one, and the paths of these fields.
fn changed<T: DeserializeOwned + PartialEq>(said: &Value) -> (T, Vec<String>) {
    let (mut now, mut paths) = (said.clone(), Vec::new());
    // Another format is another record.
    for path in leaves(said, "").into_iter().filter(|path| path != "/format") {
        let mut next = now.clone();
        let leaf = next.pointer_mut(&path).unwrap();
        *leaf = another(leaf);
        // Not every word is the name of something.
        if T::deserialize(&next).is_ok_and(|next| next != T::deserialize(&now).unwrap()) {
            now = next;
            paths.push(path);
        }
    }
    assert!(!paths.is_empty(), "nothing can change in {said}");
    (T::deserialize(now).unwrap(), paths)
}

/// One whole record: all that it says is written again. It is read, also with unknown fields, and these stay when it is
/// written again, as it was and with something changed in it.
fn record<T: Serialize + DeserializeOwned + PartialEq + Debug>(path: &Path) {
    let read: T = read_json(path).unwrap().unwrap();
    let said: Value = read_json(path).unwrap().unwrap();
    // A field that is not read any more would be lost unseen: the rewriting below keeps what nobody knows.
    let told = serde_json::to_value(&read).unwrap();
    assert_eq!(lost(&said, &told), [""; 0], "{}", path.display());
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("record.json");
    let mut later = said.clone();
    as_of_a_later_release(&mut later);
    write_json(&copy, &later).unwrap();
    assert_eq!(read_json::<T>(&copy).unwrap().unwrap(), read, "{}", path.display());
    rewrite_json(&copy, &read).unwrap();
    assert_eq!(read_json::<Value>(&copy).unwrap().unwrap(), later, "{}", path.display());
    let (now, paths) = changed::<T>(&said);
    for path in &paths {
        let leaf = later.pointer_mut(path).unwrap();
        *leaf = another(leaf);
    }
    rewrite_json(&copy, &now).unwrap();
    assert_eq!(read_json::<T>(&copy).unwrap().unwrap(), now, "{}", path.display());
    assert_eq!(lost(&later, &read_json(&copy).unwrap().unwrap()), [""; 0], "{}", path.display());
}

/// A record in every line: each is read, also with unknown fields, and all that it says would be written again.
fn lines<T: Serialize + DeserializeOwned + PartialEq + Debug>(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let read: Vec<T> = read_lines(path);
    assert_eq!(read.len(), text.lines().count(), "{}", path.display());
    assert!(!read.is_empty(), "{}", path.display());
    for (line, read) in text.lines().zip(&read) {
        let told = serde_json::to_value(read).unwrap();
        assert_eq!(lost(&serde_json::from_str(line).unwrap(), &told), [""; 0], "{}", path.display());
    }
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("lines.jsonl");
    let later = text.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        as_of_a_later_release(&mut line);
        format!("{line}\n")
    });
    fs::write(&copy, later.collect::<String>()).unwrap();
    assert_eq!(read_lines::<T>(&copy), read, "{}", path.display());
}

#[test]
fn every_record_is_read_and_keeps_what_a_later_release_adds() {
    let mut seen = Vec::new();
    for path in files(&v1()) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        match name.as_str() {
            "experiment.json" => record::<ExperimentRecord>(&path),
            "controls.json" => record::<Controls>(&path),
            "engine.lock" => record::<LeaseRecord>(&path),
            "takeovers.jsonl" => lines::<Takeover>(&path),
            "cancelled.json" => record::<Cancelled>(&path),
            "retry.json" => record::<Retry>(&path),
            "spec.json" => record::<Spec>(&path),
            "provenance.json" => record::<Provenance>(&path),
            "started.json" => record::<Started>(&path),
            "pauses.jsonl" => lines::<PauseLine>(&path),
            "requested_dumps.jsonl" => lines::<DumpRequest>(&path),
            "stop.json" => record::<Stop>(&path),
            "exit.json" => record::<Exit>(&path),
            "result.json" => record::<ResultRecord>(&path),
            "outcome.json" => record::<OutcomeRecord>(&path),
            _ => panic!("nothing reads {}", path.display()),
        }
        seen.push(name);
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 15, "{seen:?}");
}

#[test]
fn the_records_of_the_first_release_say_what_they_said() {
    let known: Value = read_json(&v1().join("facts.json")).unwrap().unwrap();
    let told = facts::of_experiment(&v1());
    assert_eq!(told["attempts"].as_object().unwrap().len(), known["attempts"].as_object().unwrap().len());
    for (attempt, known) in known["attempts"].as_object().unwrap() {
        assert_eq!(&told["attempts"][attempt], known, "{attempt}");
    }
    assert_eq!(told, known);
}
