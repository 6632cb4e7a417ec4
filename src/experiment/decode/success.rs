//! What a user says success is.

use regex::RegexBuilder;

use super::{Decoder, read_keys};
use crate::experiment::fields::{Field, Fields};
use crate::experiment::limits::MAX_EXPRESSIONS;
use crate::experiment::model::Conditions;
use crate::experiment::problem::Problem;
use crate::experiment::table::{Section, success_keys};
use crate::experiment::yaml::{Kind, Node, brief};
use crate::gem5::log::OwnForm;
use crate::gem5::stats::Watch;

/// Bytes of a compiled expression. A page of alternatives needs a tenth; far below the crate's own limit, so that what is
/// accepted here compiles everywhere.
const MAX_COMPILED: usize = 1 << 20;

/// Bytes of a compiled expression that costs next to nothing.
const SMALL_COMPILED: usize = 64 << 10;

impl Decoder<'_> {
    pub(super) fn success(&mut self, field: Field<'_>) -> Option<Conditions> {
        const EXAMPLE: &str = "success: {stats: \"*.ipc\"}";
        let fields = Fields::read(field.value, "`success`", EXAMPLE, self.problems)?;
        fields.check(Section::Success, self.problems);
        if fields.iter().next().is_none() {
            let problem = Problem::error(field.value.id, "`success` has no conditions");
            return self.refuse(problem.help(format!("give it one, as in `{EXAMPLE}`, or remove it")));
        }
        Some(success_keys!(read_keys self fields Conditions {}))
    }

    /// The items of a list, or the one value that stands for a list of one.
    fn one_or_more<'n>(&mut self, field: Field<'n>) -> Option<&'n [Node]> {
        match &field.value.kind {
            Kind::List(items) if items.is_empty() => {
                let problem = Problem::error(field.value.id, format!("`{}` is empty", field.name));
                self.refuse(problem.help("list at least one, or remove the key"))
            }
            Kind::List(items) => self.few_conditions(field, items).map(|()| items.as_slice()),
            Kind::Scalar(_) => Some(std::slice::from_ref(field.value)),
            Kind::Map(_) => self.expected(field, "a value or a list of values"),
        }
    }

    fn exit_codes(&mut self, field: Field<'_>) -> Option<Vec<i32>> {
        let items = self.one_or_more(field)?;
        let codes = items.iter().filter_map(|item| {
            let item = Field { value: item, ..field };
            self.whole_number(item, 0, 255, "a number from 0 to 255, or a list of them").map(|code| code as i32)
        });
        Some(codes.collect())
    }

    fn globs(&mut self, field: Field<'_>) -> Option<Vec<String>> {
        let items = self.one_or_more(field)?;
        let globs = items.iter().filter_map(|item| {
            let glob = self.literal(Field { value: item, ..field })?;
            if glob.is_empty() {
                return self.refuse(Problem::error(item.id, "an empty glob matches nothing"));
            }
            Some(glob.to_owned())
        });
        Some(globs.collect())
    }

    /// Globs of logs.
    pub(super) fn logs(&mut self, field: Field<'_>) -> Option<Vec<String>> {
        let globs = self.globs(field)?;
        match Watch::new(&globs) {
            Ok(_) => Some(globs),
            Err(error) => {
                let problem = Problem::error(field.value.id, error.to_string());
                self.refuse(problem.help("name files, as in `logs: [log.txt, \"*.out\"]`"))
            }
        }
    }

    /// The form of an exit line.
    pub(super) fn exit_line(&mut self, field: Field<'_>) -> Option<String> {
        let pattern = self.log_pattern(field)?;
        if OwnForm::new(&pattern).is_none() {
            let problem = Problem::error(field.value.id, "`exit_line` has no groups for what it tells");
            return self.refuse(problem.help("write it as `'^done: (?<cause>.*) at (?<tick>[0-9]+)'`"));
        }
        Some(pattern)
    }

    pub(super) fn log_pattern(&mut self, field: Field<'_>) -> Option<String> {
        let pattern = self.literal(field)?;
        if self.expressions.contains(pattern) {
            return Some(pattern.to_owned());
        }
        let (most, most_large) = MAX_EXPRESSIONS;
        let are_many = self.expressions.len() >= most || self.large_expressions >= most_large;
        let is_large = are_many || RegexBuilder::new(pattern).size_limit(SMALL_COMPILED).build().is_err();
        self.large_expressions += usize::from(is_large);
        if are_many {
            let message = format!("more than {most} expressions, or {most_large} large ones, are searched for");
            let problem = Problem::error(field.value.id, message);
            return self.refuse(problem.help("share one expression, and repeat less in it"));
        }
        self.expressions.insert(pattern.to_owned());
        match RegexBuilder::new(pattern).size_limit(MAX_COMPILED).build() {
            Ok(_) => Some(pattern.to_owned()),
            Err(error) => {
                let (reason, help) = explained(&error);
                let message = format!("`{}` is not a valid regular expression: {reason}", brief(pattern));
                self.refuse(Problem::error(field.value.id, message).help(help))
            }
        }
    }

    /// A text in which nothing is filled in.
    fn literal<'n>(&mut self, field: Field<'n>) -> Option<&'n str> {
        let scalar = self.scalar(field)?;
        if scalar.is_null() || scalar.text.is_empty() {
            let problem = Problem::error(field.place(), format!("`{}` has an empty text", field.name));
            return self.refuse(problem.help("an empty condition asks nothing; remove it"));
        }
        if scalar.text.contains("${") {
            let of = if matches!(field.name, "logs" | "exit_line" | "id") { field.name } else { "success" };
            let problem = Problem::error(field.value.id, format!("`{of}` cannot have placeholders"));
            return self.refuse(problem.help("write what all points of the sweep have in common, with a glob"));
        }
        Some(&scalar.text)
    }
}

/// What is wrong, and what to do. The library draws the mistake on several lines and says what it is on the last one.
fn explained(error: &regex::Error) -> (String, &'static str) {
    if matches!(error, regex::Error::CompiledTooBig(_)) {
        return ("compiled it is larger than 1 MiB".to_owned(), "repeat less: `.*` finds what `.{1000}` does");
    }
    let text = error.to_string();
    let last = text.lines().next_back().unwrap_or_default();
    let reason = last.strip_prefix("error: ").unwrap_or(last).to_owned();
    (reason, "put it in single quotes, and a `\\` before a sign that stands for itself")
}
