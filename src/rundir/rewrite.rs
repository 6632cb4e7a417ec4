//! Writing a record again without losing what this version does not know.
//!
//! A later version of the same format may add fields, and two versions may work in one directory: an engine of today and a
//! shim of tomorrow. So whoever changes a record that is there changes what it knows and leaves the rest as it was found.
//! Every record is read leniently for the same reason (`tests/compat`).
//!
//! The awkward truth: this holds for a change. A record that takes the place of an older one of its name (a new plan, a
//! lease that somebody else had) is a new record, and what the old one said beside it would be said of the wrong thing.

use std::io;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::atomic::{RecordError, read_json, write_json};

/// Writes `record` to `path` in place of the record of its kind that is there, durably. Fields that are there and that `T`
/// does not have stay. Without a record there, or with one that makes no sense, this is [`write_json`].
///
/// # Errors
/// When it cannot be read or written, and when a later format is there, which this version must not touch.
pub fn rewrite_json<T: Serialize + DeserializeOwned>(path: &Path, record: &T) -> io::Result<()> {
    match read_json::<Value>(path) {
        Ok(Some(found)) => write_json(path, &keeping_unknown(found, record)?),
        Ok(None) | Err(RecordError::Malformed { .. } | RecordError::TooLarge { .. }) => write_json(path, record),
        Err(error @ (RecordError::Read { .. } | RecordError::Newer { .. })) => Err(error.into()),
    }
}

/// What to write so that `found` says what `record` says, and still says what `T` has no word for.
pub(super) fn keeping_unknown<T: Serialize + DeserializeOwned>(found: Value, record: &T) -> io::Result<Value> {
    let after = serde_json::to_value(record)?;
    // What is no record of this kind has nothing to keep.
    let Ok(known) = T::deserialize(&found) else { return Ok(after) };
    let before = serde_json::to_value(known)?;
    Ok(merge(found, &before, after))
}

/// `found` with the change from `before` to `after` made in it.
fn merge(found: Value, before: &Value, after: Value) -> Value {
    if *before == after {
        return found;
    }
    match (found, before, after) {
        (Value::Object(mut found), Value::Object(before), Value::Object(after)) => {
            // What `T` knows and does not say any more is taken out; what it does not know is in neither.
            found.retain(|name, _| after.contains_key(name) || !before.contains_key(name));
            for (name, value) in after {
                if let (Some(place), Some(before)) = (found.get_mut(&name), before.get(&name)) {
                    *place = merge(place.take(), before, value);
                } else {
                    found.insert(name, value);
                }
            }
            Value::Object(found)
        }
        (_, _, after) => after,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::rundir::record::{Controls, FORMAT, Stop, Wishes};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Pet {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Owner>,
        #[serde(default)]
        toys: Vec<Owner>,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Owner {
        town: String,
    }

    fn changed(found: &Value, change: impl FnOnce(&mut Pet)) -> Value {
        let mut pet = Pet::deserialize(found).unwrap();
        change(&mut pet);
        keeping_unknown(found.clone(), &pet).unwrap()
    }

    #[test]
    fn what_is_not_known_stays_at_every_depth() {
        let found = json!({"name": "a", "colour": "red", "owner": {"town": "x", "street": 1}, "toys": [{"town": "t", "new": 1}]});
        let mut wanted = found.clone();
        wanted["name"] = json!("b");
        assert_eq!(changed(&found, |pet| pet.name = "b".to_owned()), wanted);
        let moved = changed(&found, |pet| pet.owner = Some(Owner { town: "y".to_owned() }));
        assert_eq!(moved["owner"], json!({"town": "y", "street": 1}));
    }

    #[test]
    fn what_is_known_and_was_taken_out_is_out() {
        let found = json!({"name": "a", "colour": "red", "owner": {"town": "x", "street": 1}, "toys": [{"town": "t", "new": 1}]});
        let without = changed(&found, |pet| {
            pet.owner = None;
            pet.toys.clear();
        });
        assert_eq!(without, json!({"name": "a", "colour": "red", "toys": []}));
    }

    #[test]
    fn a_field_that_an_older_version_did_not_write_is_written_once_it_says_something() {
        let found = json!({"name": "a"});
        assert_eq!(changed(&found, |_| ()), found);
        let toy = Owner { town: "t".to_owned() };
        assert_eq!(changed(&found, |pet| pet.toys = vec![toy]), json!({"name": "a", "toys": [{"town": "t"}]}));
    }

    proptest! {
        /// Whatever is found and whatever is written over it, the record reads back as it was meant.
        #[test]
        fn what_was_written_is_what_is_read(
            before in any::<(u32, u32, bool)>(), after in any::<(u32, u32, bool)>(), more in "[a-z_]{1,12}",
        ) {
            let controls = |(planned_cap, cap, queue_paused)| Controls {
                format: FORMAT, planned_cap, cap, queue_paused, wishes: Wishes::default(),
            };
            let mut found = serde_json::to_value(controls(before)).unwrap();
            let is_new = found.get(&more).is_none();
            if is_new {
                found[&more] = json!({"later": [1, 2]});
            }
            let written = keeping_unknown(found, &controls(after)).unwrap();
            prop_assert_eq!(Controls::deserialize(&written).unwrap(), controls(after));
            prop_assert_eq!(is_new, written[&more].is_object());
        }
    }

    #[test]
    fn a_record_of_a_later_release_keeps_its_fields_on_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stop.json");
        let later = r#"{"format":1,"reason":{"timeout":{"limit_ms":5,"of":"wall"}},"at":{"unix_ms":1,"boot_ms":2,"boot":"b"},"signalled":false,"by":"ann"}"#;
        fs::write(&path, later).unwrap();
        let stop: Stop = read_json(&path).unwrap().unwrap();
        rewrite_json(&path, &Stop { signalled: true, ..stop }).unwrap();
        let mut wanted: Value = serde_json::from_str(later).unwrap();
        wanted["signalled"] = json!(true);
        assert_eq!(read_json::<Value>(&path).unwrap(), Some(wanted));
    }

    #[test]
    fn a_place_without_a_record_gets_one_and_a_later_format_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("controls.json");
        let controls =
            Controls { format: FORMAT, planned_cap: 1, cap: 2, queue_paused: true, wishes: Wishes::default() };
        for there in [None, Some("half of a rec"), Some("[]"), Some(r#"{"format":1}"#)] {
            if let Some(text) = there {
                fs::write(&path, text).unwrap();
            }
            rewrite_json(&path, &controls).unwrap();
            assert_eq!(read_json(&path).unwrap(), Some(controls.clone()), "{there:?}");
        }
        let later = r#"{"format":2,"cap":"many"}"#;
        fs::write(&path, later).unwrap();
        rewrite_json(&path, &controls).unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), later);
    }
}
