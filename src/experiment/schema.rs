//! The JSON Schema of the experiment file, for editors.
//!
//! It is generated from the rows of `table.rs` and committed as `assets/experiment.schema.json`; a test keeps the two equal.
//! What a person may write in more than one way, such as `4GiB`, has a type of its own here that exists only for the schema.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value as Json;

use super::table::{
    command_keys, courtesy_keys, file_keys, goal_keys, guest_keys, metric_keys, need_keys, notify_keys, plot_keys,
    pool_keys, results_keys, retry_keys, settings, simpoint_keys, simulation_keys, slurm_keys, stall_keys, stop_keys,
    success_keys, table_keys, threshold_keys, view_keys, workload_keys,
};

/// The schema as it is committed: two spaces of indentation, a newline at the end.
pub fn text() -> String {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = false);
    let mut schema = settings.into_generator().into_root_schema_for::<File>().to_value();
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

/// The properties of a table, each with what its row says of it.
macro_rules! properties {
    ([$generator:ident] $($key:ident {
        value: $_value:ty, read: $_read:expr, schema: $schema:ty, also: $_also:tt, doc: $doc:literal, readme: $_readme:literal,
    })*) => {
        [$((stringify!($key), property($generator.subschema_for::<$schema>(), $doc))),*]
    };
}

fn property(schema: Schema, doc: &str) -> Json {
    let mut schema = schema.to_value();
    if let Some(map) = schema.as_object_mut() {
        map.insert("description".into(), doc.into());
    }
    schema
}

/// A map that has these properties and no others.
fn map_of(doc: &str, properties: impl IntoIterator<Item = (&'static str, Json)>) -> Schema {
    let properties: serde_json::Map<String, Json> =
        properties.into_iter().map(|(key, property)| (key.to_owned(), property)).collect();
    json_schema!({ "type": "object", "additionalProperties": false, "properties": properties, "description": doc })
}

/// With more to say of the map as a whole.
fn with(mut schema: Schema, more: impl IntoIterator<Item = (&'static str, Json)>) -> Schema {
    more.into_iter().for_each(|(key, value)| _ = schema.insert(key.to_owned(), value));
    schema
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
    /// The whole file.
    File, generator => {
        let doc = "An experiment: which gem5 simulations to run, how many at once, and with what limits.";
        let more = [("title", "gem5-tui experiment".into()), ("required", serde_json::json!(["simulations"]))];
        with(map_of(doc, file_keys!(properties generator)), more)
    }
);
schema_only!(
    /// `defaults`.
    Defaults, generator => map_of(
        "Settings for every simulation that does not have its own.",
        settings!(properties generator)
    )
);
schema_only!(
    /// `simulations`.
    Simulations, generator => json_schema!({
        "type": "array", "items": generator.subschema_for::<Entry>(), "minItems": 1
    })
);
schema_only!(
    /// An item of `simulations`.
    Entry, generator => {
        let own = simulation_keys!(properties generator);
        let settings = settings!(properties generator);
        map_of("One simulation, or one for each point of a sweep.", own.into_iter().chain(settings))
    }
);
schema_only!(
    /// `dump`.
    Choice, _generator => json_schema!({
        "oneOf": [
            { "enum": ["last", "first"] },
            { "type": "integer", "minimum": -1000, "not": { "const": 0 } },
            { "type": "string", "pattern": r"^(label:.+|roi:[1-9][0-9]*|-?[1-9][0-9]*)$" },
            {
                "type": "object",
                "additionalProperties": false,
                "minProperties": 1,
                "maxProperties": 1,
                "properties": {
                    "label": {
                        "description": "The last dump whose label matches this glob: the `message` of `m5.stats.dump`.",
                        "type": "string",
                        "minLength": 1
                    },
                    "roi": {
                        "description": "The dump with the N-th interval of ticks; what repeats one, and empty ones, do not count.",
                        "type": "integer",
                        "minimum": 1
                    }
                }
            }
        ]
    })
);
schema_only!(
    /// `dump` of results.
    ResultDump, generator => json_schema!({
        "oneOf": [
            generator.subschema_for::<Choice>(),
            { "enum": ["each", "sum:all"] },
            {
                "type": "object",
                "additionalProperties": false,
                "required": ["sum"],
                "properties": {
                    "sum": {
                        "description": "All dumps added up. What repeats another one, and empty ones, do not count; none may count what another one does.",
                        "enum": ["all"]
                    }
                }
            }
        ]
    })
);
schema_only!(
    /// `goal`.
    GoalRule, generator => with(
        map_of(
            "Simulated ticks, instructions or seconds after which a simulation is done. One of the three.",
            goal_keys!(properties generator)
        ),
        [("minProperties", 1.into()), ("maxProperties", 1.into())]
    )
);
schema_only!(
    /// `stall`.
    StallRule, generator => {
        let doc = "How long nothing may happen, on the host or in the simulated system.";
        let map = with(map_of(doc, stall_keys!(properties generator)), [("minProperties", 1.into())]);
        json_schema!({ "oneOf": [generator.subschema_for::<Span>(), map] })
    }
);
schema_only!(
    /// `on_guest`.
    GuestRule, generator => with(
        map_of("What follows from what the simulated system says.", guest_keys!(properties generator)),
        [("minProperties", 1.into())]
    )
);
schema_only!(
    /// The one thing that can be done.
    Cancel, _generator => json_schema!({ "const": "cancel" })
);
schema_only!(
    /// An item of `needs`.
    NeedForm, generator => {
        let map = with(
            map_of("What must end first, and how.", need_keys!(properties generator)),
            [("required", serde_json::json!(["name"]))]
        );
        json_schema!({ "oneOf": [{ "type": "string" }, map] })
    }
);
schema_only!(
    /// `when`.
    WhenForm, _generator => json_schema!({ "enum": ["ok", "ended"] })
);
schema_only!(
    /// `stop_after`.
    StopAfter, generator => {
        let doc = "After which failures the queue is paused.";
        let map = with(map_of(doc, stop_keys!(properties generator)), [("required", serde_json::json!(["alike"]))]);
        json_schema!({ "oneOf": [{ "const": "never" }, map] })
    }
);
schema_only!(
    /// `notify`.
    Notify, generator => {
        let item = generator.subschema_for::<NotifyItem>();
        json_schema!({ "oneOf": [{ "type": "array", "items": item, "maxItems": super::notify::MAX_RULES }, item] })
    }
);
schema_only!(
    /// An item of `notify`.
    NotifyItem, generator => {
        let map = map_of("What is told, and how.", notify_keys!(properties generator));
        let one = |key: &str| serde_json::json!({ "required": [key] });
        with(map, [("oneOf", serde_json::json!([one("run"), one("post")]))])
    }
);
schema_only!(
    /// `on`.
    Occasions, generator => {
        let one = generator.subschema_for::<Occasion>();
        json_schema!({ "oneOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }
);
schema_only!(
    /// Something that may be told.
    Occasion, generator => {
        let words = super::notify::Occasion::WORDS.map(|(word, _)| word);
        let sides = serde_json::json!([{ "required": ["below"] }, { "required": ["above"] }]);
        let more = [("required", serde_json::json!(["stat"])), ("oneOf", sides)];
        let threshold = with(map_of("A watched stat.", threshold_keys!(properties generator)), more);
        json_schema!({ "oneOf": [{ "enum": words }, threshold] })
    }
);
schema_only!(
    /// The address of a webhook.
    Address, _generator => json_schema!({ "type": "string", "pattern": r"^(https?://[^\s]+|\$\{env:[^\s]+)$" })
);
schema_only!(
    /// Headers of a request.
    Headers, generator => json_schema!({ "type": "object", "additionalProperties": generator.subschema_for::<Value>() })
);
schema_only!(
    /// Any number.
    AnyNumber, _generator => json_schema!({ "type": "number" })
);
schema_only!(
    /// A number of failures.
    AlikeCount, _generator => json_schema!({ "type": "integer", "minimum": 0, "maximum": 65535 })
);
schema_only!(
    /// `pool`.
    PoolRule, generator => with(
        map_of("At most this many simulations of one entry at once.", pool_keys!(properties generator)),
        [("required", serde_json::json!(["processes"]))]
    )
);
schema_only!(
    /// `on_suite_end`.
    SuiteEnd, _generator => json_schema!({ "enum": super::spawned::OnSuiteEnd::ALL.map(super::spawned::OnSuiteEnd::word) })
);
schema_only!(
    /// `engine`.
    EngineAt, _generator => json_schema!({ "enum": super::executor::EngineAt::ALL.map(super::executor::EngineAt::word) })
);
schema_only!(
    /// `true` or `false`.
    YesOrNo, _generator => json_schema!({ "type": "boolean" })
);
schema_only!(
    /// `success`.
    Conditions, generator => with(
        map_of("What success is: every condition that is named must hold.", success_keys!(properties generator)),
        [("minProperties", 1.into())]
    )
);
schema_only!(
    /// `gem5`.
    Gem5, generator => json_schema!({
        "oneOf": [
            { "type": "string" },
            { "type": "array", "items": generator.subschema_for::<Value>(), "minItems": 1 }
        ]
    })
);
schema_only!(
    /// `results`.
    Results, generator => {
        let doc = "Metrics and tables. No part of any result: another one runs nothing again.";
        map_of(doc, results_keys!(properties generator).into_iter().chain(table_keys!(properties generator)))
    }
);
schema_only!(
    /// `metrics`.
    Metrics, generator => json_schema!({
        "type": "object",
        "propertyNames": { "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" },
        "additionalProperties": { "oneOf": [
            { "type": ["string", "number"] },
            map_of("An expression with more to say.", metric_keys!(properties generator))
        ] }
    })
);
schema_only!(
    /// `views`.
    Views, generator => {
        let keys = view_keys!(properties generator).into_iter().chain(table_keys!(properties generator));
        json_schema!({ "type": "object", "additionalProperties": map_of("A table with a name.", keys) })
    }
);
schema_only!(
    /// `plots`.
    Plots, generator => {
        let keys = plot_keys!(properties generator);
        json_schema!({ "type": "object", "additionalProperties": map_of("A figure with a name.", keys) })
    }
);
schema_only!(
    /// A kind of figure.
    PlotKind, _generator => json_schema!({ "enum": super::results::PlotKind::ALL.map(super::results::PlotKind::word) })
);
schema_only!(
    /// `simpoints`.
    Simpoints, generator => with(
        map_of("Simulations that stand for one together.", simpoint_keys!(properties generator)),
        [("required", serde_json::json!(["over", "weights"]))]
    )
);
schema_only!(
    /// `workloads`.
    Workloads, generator => json_schema!({
        "oneOf": [
            generator.subschema_for::<OneOrMore>(),
            map_of("The parameters, with the kind of mean.", workload_keys!(properties generator))
        ]
    })
);
schema_only!(
    /// Weights.
    Weights, _generator => json_schema!({
        "oneOf": [
            { "type": "string" },
            { "type": "object", "additionalProperties": { "type": "number", "minimum": 0 } }
        ]
    })
);
schema_only!(
    /// A value for each of some parameters.
    Selected, generator => json_schema!({
        "type": "object", "additionalProperties": generator.subschema_for::<Value>()
    })
);
schema_only!(
    /// How to compare.
    Compare, _generator => json_schema!({ "enum": super::results::Compare::ALL.map(super::results::Compare::word) })
);
schema_only!(
    /// A kind of mean.
    MeanKind, _generator => json_schema!({ "enum": super::results::MeanKind::ALL.map(super::results::MeanKind::word) })
);
schema_only!(
    /// Which way is better.
    Better, _generator => json_schema!({ "enum": ["higher", "lower"] })
);
schema_only!(
    /// Digits behind the point.
    Digits, _generator => json_schema!({ "type": "integer", "minimum": 0, "maximum": 15 })
);
schema_only!(
    /// A number.
    Number, _generator => json_schema!({ "type": "number" })
);
schema_only!(
    /// A part of all.
    Share, _generator => json_schema!({
        "oneOf": [{ "type": "number", "minimum": 0, "maximum": 1 }, { "type": "string", "pattern": "^[0-9.]+ ?%$" }]
    })
);
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
    /// A whole number, also below zero.
    Integer, _generator => json_schema!({
        "oneOf": [
            { "type": "integer", "minimum": i32::MIN, "maximum": i32::MAX },
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
    /// `executor` at the top.
    Executor, generator => {
        let slurm = slurm_keys!(properties generator).into_iter().chain(courtesy_keys!(properties generator));
        let slurm = map_of("What Slurm is asked for.", slurm);
        let command = command_keys!(properties generator).into_iter().chain(courtesy_keys!(properties generator));
        let command = with(
            map_of("The commands of another batch system.", command),
            [("required", serde_json::json!(["submit", "status", "cancel"]))]
        );
        let one = |key: &str, keys: Schema| json_schema!({
            "type": "object", "additionalProperties": false, "required": [key], "properties": { key: keys }
        });
        json_schema!({ "oneOf": [{ "enum": ["local", "slurm"] }, one("slurm", slurm), one("command", command)] })
    }
);
schema_only!(
    /// `executor` of a simulation.
    OwnExecutor, generator => {
        let slurm = map_of("What Slurm is asked for otherwise.", slurm_keys!(properties generator));
        json_schema!({ "oneOf": [
            { "enum": ["local", "slurm"] },
            { "type": "object", "additionalProperties": false, "required": ["slurm"], "properties": { "slurm": slurm } }
        ] })
    }
);
schema_only!(
    /// A command: words, or one text.
    Words, _generator => json_schema!({
        "oneOf": [
            { "type": "string" },
            { "type": "array", "minItems": 1, "items": { "type": ["string", "number"] } }
        ]
    })
);
schema_only!(
    /// A command that has words that may be left out.
    Parts, _generator => {
        let word = json_schema!({ "type": ["string", "number"] });
        let words = json_schema!({ "type": "array", "minItems": 1, "items": word });
        json_schema!({
            "oneOf": [
                { "type": "string" },
                { "type": "array", "minItems": 1, "items": { "oneOf": [word, words] } }
            ]
        })
    }
);
schema_only!(
    /// A number of CPUs.
    Cpus, _generator => json_schema!({
        "oneOf": [
            { "type": "integer", "minimum": 1, "maximum": 65535 },
            { "type": "string", "pattern": PLACEHOLDER }
        ]
    })
);
schema_only!(
    /// A duration in which nothing is filled in.
    FixedSpan, _generator => json_schema!({
        "oneOf": [
            { "type": "number", "minimum": 1 },
            { "type": "string", "pattern": r"^([0-9][0-9_]*(\.[0-9]+)?(ms|s|m|min|h|d))+$" }
        ]
    })
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
    RetryRule, generator => {
        let times = generator.subschema_for::<RetryTimes>();
        let raised = with(
            map_of("How often, and with how much more.", retry_keys!(properties generator)),
            [("required", serde_json::json!(["times"]))]
        );
        let one = json_schema!({ "oneOf": [times, raised] }).to_value();
        let words = super::decode::retry_words().map(|word| (word.to_owned(), one.clone()));
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
    /// How often an outcome is retried.
    RetryTimes, _generator => json_schema!({ "type": "integer", "minimum": 0, "maximum": super::decode::MAX_RETRIES })
);
schema_only!(
    /// By how much a limit is raised.
    Factor, _generator => json_schema!({
        "oneOf": [
            { "type": "number", "minimum": 1, "maximum": 10 },
            { "type": "string", "pattern": r"^(10|[1-9])(\.[0-9]{1,3})?x?$" }
        ]
    })
);
schema_only!(
    /// A value of a parameter: a single one, nothing, or a list of arguments.
    Many, generator => json_schema!({
        "anyOf": [
            generator.subschema_for::<Value>(),
            { "enum": [null] },
            { "type": "array", "items": generator.subschema_for::<Value>() }
        ]
    })
);
schema_only!(
    /// A value of an axis: one, or a map of what goes together.
    Step, generator => {
        let label = property(
            generator.subschema_for::<Value>(),
            "What the value is called in names.",
        );
        let value = property(generator.subschema_for::<Many>(), "What arguments are given.");
        json_schema!({
            "anyOf": [
                generator.subschema_for::<Many>(),
                {
                    "type": "object",
                    "minProperties": 1,
                    "properties": { "label": label, "value": value },
                    "additionalProperties": generator.subschema_for::<Many>()
                }
            ]
        })
    }
);
schema_only!(
    /// The values of an axis: a list, a range with both ends included, or what is read from files.
    AxisValues, generator => {
        let one = |key: &str, property: Json| json_schema!({
            "type": "object", "additionalProperties": false, "required": [key], "properties": { key: property }
        });
        let range = serde_json::json!({
            "description": "From, to and step; both ends are included.",
            "type": "array",
            "minItems": 2,
            "maxItems": 3,
            "items": { "type": "number" }
        });
        let text = |doc: &str| serde_json::json!({ "type": "string", "description": doc });
        json_schema!({
            "oneOf": [
                { "type": "array", "minItems": 1, "items": generator.subschema_for::<Step>() },
                one("range", range),
                one("glob", text("Files and directories, each called by its name without extension.")),
                one("from", text("The same of what a simulation made that is needed: `${needs.ckpt.outdir}/cpt.*`.")),
                one("lines", text("A text file: each line is a value, but for empty ones and those that begin with `#`.")),
                one("csv", text("A CSV file with a header: each row is a value with a field for each column.")),
                one("json", text("A JSON file with an array: each item is a value, or a map of what goes together."))
            ]
        })
    }
);
schema_only!(
    /// A value for each of some parameters.
    Point, generator => json_schema!({ "type": "object", "additionalProperties": generator.subschema_for::<Step>() })
);
schema_only!(
    /// Parameters beside the axes.
    Constants, generator => json_schema!({ "type": "object", "additionalProperties": generator.subschema_for::<Many>() })
);
schema_only!(
    /// Points to remove: values that they have, or an expression.
    Exclusions, generator => json_schema!({
        "oneOf": [
            { "type": "string" },
            { "type": "array", "items": { "anyOf": [generator.subschema_for::<Point>(), { "type": "string" }] } }
        ]
    })
);
schema_only!(
    /// Axes that go in step, or several groups of them.
    Zip, generator => {
        let group = json_schema!({ "type": "object", "additionalProperties": generator.subschema_for::<AxisValues>() });
        json_schema!({ "oneOf": [group, { "type": "array", "minItems": 1, "items": group }] })
    }
);
schema_only!(
    /// How often.
    Times, _generator => json_schema!({ "type": "integer", "minimum": 1, "maximum": 10000 })
);
schema_only!(
    /// Seeds, or how many.
    Seeds, generator => json_schema!({
        "oneOf": [
            { "type": "integer", "minimum": 1, "maximum": 10000 },
            { "type": "array", "minItems": 1, "items": generator.subschema_for::<Value>() }
        ]
    })
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
                "description": "Points to remove: those that have all the given values, or for which an expression is true.",
                "allOf": [generator.subschema_for::<Exclusions>()]
            }
        },
        "additionalProperties": generator.subschema_for::<AxisValues>()
    })
);

#[cfg(test)]
mod tests {
    use super::*;

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
