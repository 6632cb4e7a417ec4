//! The JSON Schema of the experiment file, for editors.
//!
//! It is generated from the types in `model.rs` and committed as `assets/experiment.schema.json`; a test keeps the two
//! equal, and another keeps the keys that the decoder knows equal to the schema's. What a person may write in more
//! than one way, such as `4GiB`, has a type of its own here that exists only for the schema.

use std::borrow::Cow;
use std::fmt::Write as _;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value as Json;

use super::model::ExperimentFile;

/// The schema as it is committed: two spaces of indentation, a newline at the end.
pub fn text() -> String {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = false);
    let mut schema = settings.into_generator().into_root_schema_for::<ExperimentFile>().to_value();
    tidy(&mut schema);
    if let Some(top) = schema.as_object_mut() {
        // Keys for anchors, as other tools have them.
        top.insert("patternProperties".into(), serde_json::json!({ "^x-": true }));
        for first in ["description", "title", "$schema"] {
            if let Some(value) = top.shift_remove(first) {
                top.shift_insert(0, first.to_owned(), value);
            }
        }
    }
    let mut text = String::new();
    _ = writeln!(text, "{schema:#}");
    text
}

/// Optional keys may be left out but not be empty, and no other keys are known: the generator says the first as "or
/// null" and the second in words of a later draft.
fn tidy(schema: &mut Json) {
    match schema {
        Json::Array(items) => items.iter_mut().for_each(tidy),
        Json::Object(map) => {
            if map.remove("unevaluatedProperties").is_some() {
                map.insert("additionalProperties".into(), Json::Bool(false));
            }
            if let Some(Json::Array(types)) = map.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    map.insert("type".into(), only);
                }
            }
            if let Some(Json::Array(choices)) = map.get_mut("anyOf") {
                choices.retain(|choice| choice != &serde_json::json!({ "type": "null" }));
                if let [Json::Object(only)] = choices.as_slice() {
                    let only = only.clone();
                    map.remove("anyOf");
                    map.extend(only);
                }
            }
            if let Some(Json::String(description)) = map.get_mut("description") {
                *description = description.replace('\n', " ");
            }
            map.values_mut().for_each(tidy);
            // Draft 7 ignores what stands beside a reference.
            if map.len() > 1
                && let Some(reference) = map.shift_remove("$ref")
            {
                map.insert("allOf".into(), serde_json::json!([{ "$ref": reference }]));
            }
        }
        _ => {}
    }
}

/// Declares a type that exists for its schema.
macro_rules! schema_only {
    ($(#[doc = $doc:literal])+ $name:ident, $generator:ident => $schema:expr) => {
        $(#[doc = $doc])+
        pub(super) struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

/// Any text with a placeholder: it stands where a number could.
const PLACEHOLDER: &str = r"\$\{";

schema_only!(
    /// `concurrency`.
    Cap, _generator => json_schema!({
        "oneOf": [{ "type": "integer", "minimum": 1, "maximum": 65535 }, { "const": "auto" }]
    })
);
schema_only!(
    /// A size in bytes.
    Size, _generator => json_schema!({
        "oneOf": [
            { "type": "integer", "minimum": 1 },
            { "type": "string", "pattern": r"^[0-9][0-9_]*(\.[0-9]+)? ?(B|[kKMGT]B|[kKMGT]iB)?$" },
            { "type": "string", "pattern": PLACEHOLDER }
        ]
    })
);
schema_only!(
    /// A duration.
    Span, _generator => json_schema!({
        "oneOf": [
            { "type": "number", "minimum": 0 },
            { "type": "string", "pattern": r"^([0-9][0-9_]*(\.[0-9]+)?(ms|s|m|min|h|d))+$" },
            { "type": "string", "pattern": PLACEHOLDER }
        ]
    })
);
schema_only!(
    /// A number of ticks or instructions.
    Count, _generator => json_schema!({
        "oneOf": [
            { "type": "number", "minimum": 1 },
            { "type": "string", "pattern": "^[0-9][0-9_]*$" },
            { "type": "string", "pattern": PLACEHOLDER }
        ]
    })
);
schema_only!(
    /// A number of simulated seconds.
    Seconds, _generator => json_schema!({
        "oneOf": [
            { "type": "number", "exclusiveMinimum": 0 },
            { "type": "string", "pattern": r"^[0-9][0-9_]*(\.[0-9]+)?$" },
            { "type": "string", "pattern": PLACEHOLDER }
        ]
    })
);
schema_only!(
    /// Exit codes: one, or a list.
    ExitCodes, _generator => {
        let code = json_schema!({ "type": "integer", "minimum": 0, "maximum": 255 });
        json_schema!({ "oneOf": [code, { "type": "array", "minItems": 1, "items": code }] })
    }
);
schema_only!(
    /// One text, or a list of texts.
    OneOrMore, _generator => json_schema!({
        "oneOf": [{ "type": "string" }, { "type": "array", "minItems": 1, "items": { "type": "string" } }]
    })
);
schema_only!(
    /// A number, at least one.
    Positive, _generator => json_schema!({ "type": "integer", "minimum": 1, "maximum": 65535 })
);
schema_only!(
    /// `executor`.
    Executor, _generator => json_schema!({ "const": "local" })
);
schema_only!(
    /// A single value.
    Value, _generator => json_schema!({ "type": ["string", "number", "boolean"] })
);
schema_only!(
    /// Environment variables; an empty value removes one.
    Environment, generator => json_schema!({
        "type": "object",
        "additionalProperties": { "anyOf": [generator.subschema_for::<Value>(), { "enum": [null] }] }
    })
);
schema_only!(
    /// `retries`.
    RetryRule, _generator => {
        let words = super::decode::retry_words().map(|word| (word.to_owned(), json_schema!({
            "type": "integer", "minimum": 0, "maximum": super::decode::MAX_RETRIES
        }).to_value()));
        let words: serde_json::Map<String, Json> = words.collect();
        json_schema!({
            "oneOf": [
                { "type": "integer", "minimum": 0, "maximum": super::decode::MAX_RETRIES },
                { "type": "object", "additionalProperties": false, "properties": words }
            ]
        })
    }
);
schema_only!(
    /// The values of an axis: a list, or a range with both ends included.
    AxisValues, generator => json_schema!({
        "oneOf": [
            { "type": "array", "minItems": 1, "items": generator.subschema_for::<Value>() },
            {
                "type": "object",
                "additionalProperties": false,
                "required": ["range"],
                "properties": {
                    "range": {
                        "description": "From, to and step; both ends are included.",
                        "type": "array",
                        "minItems": 2,
                        "maxItems": 3,
                        "items": { "type": "number" }
                    }
                }
            }
        ]
    })
);
schema_only!(
    /// A value for each of some parameters.
    Point, generator => json_schema!({ "type": "object", "additionalProperties": generator.subschema_for::<Value>() })
);
schema_only!(
    /// Axes, and points to add and to remove.
    Matrix, generator => json_schema!({
        "type": "object",
        "properties": {
            "include": {
                "description": "Points to add, each with a value for every axis.",
                "type": "array",
                "items": generator.subschema_for::<Point>()
            },
            "exclude": {
                "description": "Points to remove: those that have all the given values.",
                "type": "array",
                "items": generator.subschema_for::<Point>()
            }
        },
        "additionalProperties": generator.subschema_for::<AxisValues>()
    })
);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::fields::Section;
    use super::*;

    fn keys_at(schema: &Json, pointer: &str) -> BTreeSet<String> {
        let properties = schema.pointer(pointer).and_then(Json::as_object);
        properties.unwrap_or_else(|| panic!("no {pointer} in {schema:#}")).keys().cloned().collect()
    }

    #[test]
    fn the_decoder_knows_the_keys_of_the_schema_and_no_others() {
        let schema: Json = serde_json::from_str(&text()).unwrap();
        for (section, pointer) in [
            (Section::Experiment, "/properties"),
            (Section::Defaults, "/definitions/Defaults/properties"),
            (Section::Simulation, "/definitions/Entry/properties"),
            (Section::Goal, "/definitions/GoalRule/properties"),
            (Section::Pool, "/definitions/PoolRule/properties"),
            (Section::Success, "/definitions/Conditions/properties"),
            (Section::Range, "/definitions/AxisValues/oneOf/1/properties"),
        ] {
            let known: BTreeSet<String> = section.keys().iter().map(ToString::to_string).collect();
            assert_eq!(keys_at(&schema, pointer), known, "{pointer}");
        }
    }

    #[test]
    fn every_key_says_what_it_is_for_and_no_key_may_be_empty() {
        let schema: Json = serde_json::from_str(&text()).unwrap();
        for pointer in ["/properties", "/definitions/Defaults/properties", "/definitions/Entry/properties"] {
            for (key, property) in schema.pointer(pointer).and_then(Json::as_object).unwrap() {
                assert!(
                    property["description"].as_str().is_some_and(|text| text.len() > 10),
                    "{pointer}/{key}: {property}"
                );
            }
        }
        assert!(!text().contains("\"null\""), "{}", text());
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["definitions"]["Entry"]["additionalProperties"], false);
    }
}
