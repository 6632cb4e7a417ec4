//! Parameters from the configuration that gem5 writes beside its stats.

use std::path::Path;

use serde_json::Value;

use crate::rundir::follow::read_regular;

/// A system of a thousand cores has some ten megabytes.
const MOST: u64 = 64 << 20;

/// Groups in groups of a `config.json`.
const MOST_DEPTH: u32 = 64;

/// The values of settings such as `system.l2.size`, as gem5 wrote them: of `config.ini`, or of `config.json` where there is none.
pub(super) fn values(m5out: &Path, settings: &[&str]) -> Vec<Option<String>> {
    if settings.is_empty() {
        return Vec::new();
    }
    if let Ok(text) = read_regular(&m5out.join("config.ini"), MOST) {
        return of_ini(&String::from_utf8_lossy(&text), settings);
    }
    let json = read_regular(&m5out.join("config.json"), MOST).ok().and_then(|text| serde_json::from_slice(&text).ok());
    let json: Value = json.unwrap_or_default();
    settings
        .iter()
        .map(|setting| setting.rsplit_once('.').and_then(|(object, key)| of_json(&json, object, key, 0)))
        .collect()
}

fn of_ini(text: &str, settings: &[&str]) -> Vec<Option<String>> {
    let mut values = vec![None; settings.len()];
    let mut section = "";
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.trim_end().strip_suffix(']')) {
            section = name;
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        for (setting, slot) in settings.iter().zip(&mut values) {
            let names = setting.strip_suffix(key).and_then(|rest| rest.strip_suffix('.'));
            if names == Some(section) {
                *slot = Some(value.trim().to_owned());
            }
        }
    }
    values
}

/// The value of `key` in the object whose path is `object`.
fn of_json(json: &Value, object: &str, key: &str, depth: u32) -> Option<String> {
    if depth > MOST_DEPTH {
        return None;
    }
    match json {
        Value::Object(map) if map.get("path").and_then(Value::as_str) == Some(object) => match map.get(key)? {
            Value::String(text) => Some(text.clone()),
            value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        },
        Value::Object(map) => map.values().find_map(|inner| of_json(inner, object, key, depth + 1)),
        Value::Array(items) => items.iter().find_map(|inner| of_json(inner, object, key, depth + 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_setting_is_found_in_either_form() {
        let dir = tempfile::tempdir().unwrap();
        let read = || values(dir.path(), &["system.l2.size", "system.l2.none", "system.cpu0.width", "size"]);
        assert_eq!(read(), [const { None }; 4]);
        let json = r#"{"system": {"path": "system", "l2": {"path": "system.l2", "size": 262144, "x": []},
                       "cpu": [{"path": "system.cpu0", "width": "8"}]}}"#;
        fs::write(dir.path().join("config.json"), json).unwrap();
        let expected = [Some("262144".to_owned()), None, Some("8".to_owned()), None];
        assert_eq!(read(), expected);
        let ini = "[system]\nsize=1\n\n[system.l2]\ntype=Cache\nsize=262144\n\n[system.cpu0]\nwidth=8\n";
        fs::write(dir.path().join("config.ini"), ini).unwrap();
        assert_eq!(read(), expected);
    }

    #[test]
    fn what_is_no_configuration_has_no_value() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["", "{", "[system.l2", "size", "\u{0}\u{ff}"] {
            fs::write(dir.path().join("config.json"), text).unwrap();
            assert_eq!(values(dir.path(), &["system.l2.size"]), [None]);
        }
    }
}
