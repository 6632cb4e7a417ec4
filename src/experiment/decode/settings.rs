//! What `defaults` and a simulation have in common.

use super::limits::{
    read_goal, read_goal_seconds, read_poll, read_priority, read_size, read_stall, read_time, read_timeout,
};
use super::{Decoder, read_keys};
use crate::experiment::fields::{Field, Fields, listed};
use crate::experiment::model::{At, Gem5, GoalRule, GuestRule, RetryKeys, Settings, StallRule, Variable};
use crate::experiment::problem::{Problem, bad_value};
use crate::experiment::retries::{Factor, Retries, Retry};
use crate::experiment::table::{Section, goal_keys, guest_keys, retry_keys, settings, stall_keys};
use crate::experiment::units;
use crate::experiment::yaml::{Kind, brief};
use crate::gem5::OutcomeKind;
use crate::gem5::stats::{Choice, ChoiceError, ResultDump};
use crate::text::nearest;

/// A simulation that failed so often fails for a reason.
pub(in crate::experiment) const MAX_RETRIES: u32 = 1000;
/// The key of `retries` for every failure that has no number of its own.
const ANY_OUTCOME: &str = "any";

/// The variable that gem5's importer looks at (`src/python/importer.py`).
const OVERRIDES_SOURCE: &str = "M5_OVERRIDE_PY_SOURCE";

/// The words that `retries` knows: outcomes after which another attempt makes sense, and `any`.
pub(in crate::experiment) fn retry_words() -> impl Iterator<Item = &'static str> {
    OutcomeKind::ALL
        .into_iter()
        .filter(|kind| kind.is_worth_retrying())
        .map(OutcomeKind::word)
        .chain(std::iter::once(ANY_OUTCOME))
}

impl Decoder<'_> {
    pub(super) fn settings(&mut self, fields: &Fields<'_>) -> Settings {
        settings!(read_keys self fields Settings {})
    }

    pub(super) fn gem5(&mut self, field: Field<'_>) -> Option<Gem5> {
        const FORM: &str = "gem5: [taskset, -c, \"0-3\", build/X86/gem5.opt]";
        if field.value.as_scalar().is_some() {
            return Some(Gem5 { front: Vec::new(), path: self.template(field)? });
        }
        if !matches!(field.value.kind, Kind::List(_)) {
            return self.expected(field, "a path, or a list: a command, and gem5's path as its last word");
        }
        let mut words = self.templates(field)?;
        let Some(path) = words.pop() else {
            let problem = Problem::error(field.value.id, "`gem5` is an empty list");
            return self.refuse(problem.help(format!("write `gem5: build/X86/gem5.opt`, or `{FORM}`")));
        };
        let last = path.value.written().text.as_str();
        if last.starts_with('-') {
            let problem = Problem::error(path.at, format!("`gem5` ends with the option `{}`", brief(last)));
            let help = format!("the last word is gem5 itself, as in `{FORM}`; its options go under `gem5_args`");
            return self.refuse(problem.help(help));
        }
        Some(Gem5 { front: words, path })
    }

    fn env(&mut self, field: Field<'_>) -> Option<Vec<Variable>> {
        let fields = Fields::read(field.value, "`env`", "env: {NAME: value}", self.problems)?;
        let variables = fields.iter().filter_map(|variable| {
            if variable.name.is_empty() || variable.name.contains('=') {
                let message = format!("`{}` cannot be the name of an environment variable", variable.name);
                return self.refuse(Problem::error(variable.key, message));
            }
            if variable.name == OVERRIDES_SOURCE && variable.value.as_scalar().is_some_and(|value| value.text == "true")
            {
                let message = format!("`{OVERRIDES_SOURCE}` makes gem5 read its Python from the source tree");
                let problem = Problem::warning(variable.key, message);
                self.problems.push(problem.help("results then depend on more than the executable"));
            }
            let name = At { value: variable.name.to_owned(), at: variable.key };
            if variable.is_empty() {
                return Some((name, None));
            }
            Some((name, Some(self.template(variable)?)))
        });
        Some(variables.collect())
    }

    fn watch(&mut self, field: Field<'_>) -> Option<Vec<At<String>>> {
        let globs = self.texts(field)?;
        for glob in &globs {
            if glob.value.is_empty() {
                let problem = Problem::error(glob.at, "an empty glob names no stat");
                self.problems.push(problem.help("name one, such as `simTicks` or `*.ipc`"));
            }
        }
        Some(globs)
    }

    pub(super) fn dump(&mut self, field: Field<'_>) -> Option<Choice> {
        const EXAMPLE: &str =
            "write `dump: first`, `dump: 2`, `dump: -2`, `dump: {label: \"ROI*\"}` or `dump: {roi: 2}`";
        if let Some(scalar) = field.value.as_scalar() {
            return match scalar.text.parse() {
                Ok(choice) => Some(choice),
                Err(why) => self.refuse(Problem::error(field.value.id, why.to_string()).help(EXAMPLE)),
            };
        }
        let fields = Fields::read(field.value, "`dump`", "dump: {label: \"ROI*\"}", self.problems)?;
        let mut choices = Vec::new();
        for field in fields.iter() {
            let Some(scalar) = field.value.as_scalar() else {
                let message = format!("`{}` has one value", field.name);
                self.problems.push(Problem::error(field.value.id, message).help(EXAMPLE));
                return None;
            };
            let choice = match field.name {
                "label" => Choice::label(&scalar.text),
                "roi" => scalar.text.parse().ok().ok_or(ChoiceError::Roi).and_then(Choice::roi),
                other => {
                    let message = format!("unknown key `{other}` in `dump`");
                    return self.refuse(Problem::error(field.key, message).help(EXAMPLE));
                }
            };
            match choice {
                Ok(choice) => choices.push(choice),
                Err(why) => return self.refuse(Problem::error(field.value.id, why.to_string()).help(EXAMPLE)),
            }
        }
        match <[Choice; 1]>::try_from(choices) {
            Ok([choice]) => Some(choice),
            Err(_) => self.refuse(Problem::error(field.value.id, "`dump` has one of `label` and `roi`").help(EXAMPLE)),
        }
    }

    /// The same of results, which may be made of several.
    pub(super) fn result_dump(&mut self, field: Field<'_>) -> Option<ResultDump> {
        const EXAMPLE: &str =
            "write `dump: last`, `dump: 2`, `dump: {label: \"ROI*\"}`, `dump: each` or `dump: {sum: all}`";
        let read: Result<ResultDump, _> = if let Some(scalar) = field.value.as_scalar() {
            scalar.text.parse()
        } else {
            let sum = Fields::read(field.value, "`dump`", "dump: {sum: all}", self.problems)?;
            let over = |field: Field<'_>| field.value.as_scalar().map(|scalar| scalar.text.clone()).unwrap_or_default();
            match sum.iter().collect::<Vec<_>>().as_slice() {
                [one] if one.name == "sum" => ResultDump::sum(&over(*one)),
                _ => return self.dump(field).map(ResultDump::One),
            }
        };
        match read {
            Ok(dump) => Some(dump),
            Err(why) => self.refuse(Problem::error(field.value.id, why.to_string()).help(EXAMPLE)),
        }
    }

    fn goal(&mut self, field: Field<'_>) -> Option<GoalRule> {
        let fields = Fields::read(field.value, "`goal`", "goal: {ticks: 10_000_000_000}", self.problems)?;
        let unknown = fields.check(Section::Goal, self.problems);
        let rule = goal_keys!(read_keys self fields GoalRule {});
        let known = Section::Goal.keys().filter(|key| fields.key(key).is_some()).count();
        if known == 0 && Section::Goal.keys().any(|key| unknown.may_be(key)) {
            return None;
        }
        if known != 1 {
            let problem = Problem::error(field.value.id, "`goal` has one of `ticks`, `instructions` and `seconds`");
            return self.refuse(problem.help("write `goal: {ticks: 10_000_000_000}`"));
        }
        Some(rule)
    }

    fn stall(&mut self, field: Field<'_>) -> Option<StallRule> {
        if field.value.as_scalar().is_some() {
            return Some(StallRule { progress: Some(self.deferred(field, read_stall)?), ..StallRule::default() });
        }
        let fields = Fields::read(field.value, "`stall`", "stall: {progress: 30m, guest: 10m}", self.problems)?;
        fields.check(Section::Stall, self.problems);
        Some(stall_keys!(read_keys self fields StallRule {}))
    }

    fn on_guest(&mut self, field: Field<'_>) -> Option<GuestRule> {
        let fields = Fields::read(field.value, "`on_guest`", "on_guest: {panic: cancel}", self.problems)?;
        fields.check(Section::Guest, self.problems);
        Some(guest_keys!(read_keys self fields GuestRule {}))
    }

    /// The only thing that can follow so far.
    fn cancel(&mut self, field: Field<'_>) -> Option<bool> {
        if self.scalar(field)?.text == "cancel" { Some(true) } else { self.expected(field, "`cancel`") }
    }

    fn retries(&mut self, field: Field<'_>) -> Option<At<Retries>> {
        let at = field.value.id;
        let most = u64::from(MAX_RETRIES);
        if field.value.as_scalar().is_some() {
            let any = self.whole_number(field, 0, most, "a number from 0 to 1000, or a number for each outcome")?;
            return Some(At { value: Retries { any: any as u32, ..Retries::default() }, at });
        }
        let fields = Fields::read(field.value, "`retries`", "retries: {segv: 2}", self.problems)?;
        let mut retries = Retries::default();
        for field in fields.iter() {
            if field.name != ANY_OUTCOME && !retry_words().any(|word| word == field.name) {
                self.problems.push(unknown_outcome(field));
                continue;
            }
            let Some(retry) = self.retry(field) else { continue };
            if field.name == ANY_OUTCOME {
                retries.any = retry.times;
            } else {
                retries.by_outcome.insert(field.name.to_owned(), retry);
            }
        }
        Some(At { value: retries, at })
    }

    /// What is said of one outcome: a number, or a map with one.
    fn retry(&mut self, outcome: Field<'_>) -> Option<Retry> {
        if outcome.value.as_scalar().is_some() {
            return self.times(outcome).map(|times| Retry::times(times.value));
        }
        let fields = Fields::read(
            outcome.value,
            &format!("`{}`", outcome.name),
            "retries: {oom: {times: 2, memory: 1.5x}}",
            self.problems,
        )?;
        let unknown = fields.check(Section::Retry, self.problems);
        if fields.key("times").is_none() && !unknown.may_be("times") {
            let problem = Problem::error(outcome.value.id, "nothing says how often");
            self.problems.push(problem.help("add `times: 2`"));
        }
        let after = [("memory", OutcomeKind::Oom.word()), ("time", OutcomeKind::Timeout.word())];
        for (what, outcome_of) in after.into_iter().filter(|(_, of)| *of != outcome.name) {
            if let Some(key) = fields.key(what) {
                let message = format!("more `{what}` changes nothing after `{}`", outcome.name);
                let problem = Problem::error(key, message).label(format!("it is raised after `{outcome_of}` alone"));
                self.problems
                    .push(problem.help(format!("write `retries: {{{outcome_of}: {{times: 2, {what}: 1.5x}}}}`")));
            }
        }
        let RetryKeys { times, memory, time } = retry_keys!(read_keys self fields RetryKeys {});
        let factor = |factor: Option<At<Factor>>| factor.map(|factor| factor.value);
        Some(Retry { times: times?.value, memory: factor(memory), time: factor(time) })
    }

    fn times(&mut self, field: Field<'_>) -> Option<At<u32>> {
        let number = self.whole_number(field, 0, u64::from(MAX_RETRIES), "a number from 0 to 1000")?;
        Some(At { value: number as u32, at: field.value.id })
    }

    fn factor(&mut self, field: Field<'_>) -> Option<At<Factor>> {
        let scalar = self.scalar(field)?;
        match Factor::parse(&scalar.text) {
            Ok(value) => Some(At { value, at: field.value.id }),
            Err(reason) => self.refuse(bad_value(field.name, &scalar.text, reason, field.value.id)),
        }
    }
}

fn unknown_outcome(field: Field<'_>) -> Problem {
    let word = field.name;
    if OutcomeKind::ALL.iter().any(|kind| kind.word() == word) {
        let problem = Problem::error(field.key, format!("an attempt that ended `{word}` is not retried"));
        return problem.help("another attempt would end the same way, or was not wanted");
    }
    let words: Vec<&str> = retry_words().collect();
    let problem = Problem::error(field.key, format!("unknown outcome `{word}`"));
    match nearest(word, words.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help(format!("outcomes to retry are {}", listed(&words))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_know_every_outcome_that_is_worth_another_attempt() {
        let words: Vec<&str> = retry_words().collect();
        for word in ["segv", "oom", "stalled", "disk", "lost", "any"] {
            assert!(words.contains(&word), "{word}");
        }
        assert!(!words.contains(&"ok") && !words.contains(&"cancelled") && !words.contains(&"usage"));
    }
}
