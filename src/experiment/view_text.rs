//! A view as the experiment file would say it, to be pasted there.

use super::results::{TableRule, ViewRule, WorkloadsRule};

impl ViewRule {
    /// Its line under `results: {views: …}`, in YAML.
    pub fn to_yaml(&self) -> String {
        let Self { name, metrics, only, dump, table } = self;
        let TableRule { baseline, compare, replicas, workloads, rows, columns } = table;
        let mut parts = Vec::new();
        let mut say = |key: &str, value: Option<String>| {
            parts.extend(value.map(|value| format!("{key}: {value}")));
        };
        say("metric", metrics.as_deref().map(list));
        say("only", (!only.is_empty()).then(|| pairs(only)));
        say("dump", dump.as_ref().map(|dump| scalar(&dump.to_string())));
        say("baseline", baseline.as_deref().map(pairs));
        say("compare", compare.map(|compare| compare.word().to_owned()));
        say("replicas", replicas.as_deref().map(list));
        say("workloads", workloads.as_ref().map(of_workloads));
        say("rows", rows.as_deref().map(list));
        say("columns", columns.as_deref().map(list));
        format!("{}: {{{}}}", scalar(name), parts.join(", "))
    }
}

fn of_workloads(rule: &WorkloadsRule) -> String {
    match rule.mean {
        Some(mean) => format!("{{over: {}, mean: {}}}", list(&rule.over), mean.word()),
        None => list(&rule.over),
    }
}

fn list(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| scalar(name)).collect();
    format!("[{}]", names.join(", "))
}

fn pairs(pairs: &[(String, String)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{}: {}", scalar(name), scalar(value))).collect();
    format!("{{{}}}", pairs.join(", "))
}

/// A text of its own kind: what reads as something else, or has signs of YAML in it, stands in quotes, which JSON and YAML share.
fn scalar(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    if is_plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}
