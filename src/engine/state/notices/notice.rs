//! One notice: what a command or a web server is told.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::experiment::{Side, Threshold};
use crate::gem5::{Outcome, OutcomeKind};
use crate::protocol::Counts;
use crate::text::Safe;
use crate::text::excerpt::excerpt;
use crate::text::human::plural;

/// Names in one notice; the rest is counted.
const NAMED_MOST: usize = 20;

/// 1 KiB: so much of a reason is told. Nobody reads more on a telephone.
const MAX_REASON: usize = 1 << 10;

/// What has happened, as a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Happened {
    /// Everything has ended.
    Done,
    /// Simulations have failed.
    Failed,
    /// Simulations were ended because they did nothing.
    Stalled,
    /// The disk is nearly full, or simulations were ended for what they wrote.
    Disk,
    /// A watched stat is beyond a value.
    Stat,
}

impl Happened {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stalled => "stalled",
            Self::Disk => "disk",
            Self::Stat => "stat",
        }
    }
}

/// To which simulation it has happened, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Subject {
    /// Its name.
    pub(super) name: String,
    /// Its attempt.
    pub(super) attempt: u32,
    /// How that has ended, if it has.
    pub(super) outcome: Option<OutcomeKind>,
    /// Why, in a phrase.
    pub(super) reason: String,
    /// The value of the stat.
    pub(super) value: String,
}

impl Subject {
    /// The end of an attempt.
    pub(super) fn ended(name: &str, attempt: u32, outcome: &Outcome) -> Self {
        let reason = shown(&outcome.line());
        Self { name: name.to_owned(), attempt, outcome: Some(outcome.kind), reason, value: String::new() }
    }

    /// Something that happens to one that runs.
    pub(super) fn of(name: &str, attempt: u32, reason: String) -> Self {
        Self { name: name.to_owned(), attempt, reason, ..Self::default() }
    }
}

/// What a log says, without what a terminal would obey.
pub(super) fn shown(text: &str) -> String {
    excerpt(Safe::line(text).into_string(), MAX_REASON)
}

/// What is told. Everything in it may be shown to anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// Always 1.
    pub format: u32,
    /// What has happened.
    pub event: Happened,
    /// All of it in one sentence.
    pub text: String,
    /// The same, under the name that Discord looks for.
    pub content: String,
    /// The name of the experiment.
    pub experiment: String,
    /// The first simulation that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulation: Option<String>,
    /// Its attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// How that has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<&'static str>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The stat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stat: Option<String>,
    /// Its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// To how many simulations it has happened; none where it is about no simulation.
    pub count: u32,
    /// Their names, twenty at most.
    pub simulations: Vec<String>,
    /// How many simulations are in which state.
    pub counts: Counts,
}

/// The same that happened to several simulations, until it is told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Gathered {
    first: Option<Subject>,
    names: Vec<String>,
    count: u32,
    /// What else is to be said.
    note: Option<String>,
}

impl Gathered {
    pub(super) fn add(&mut self, subject: Subject) {
        self.count += 1;
        if self.names.len() < NAMED_MOST && !self.names.contains(&subject.name) {
            self.names.push(subject.name.clone());
        }
        self.first.get_or_insert(subject);
    }

    pub(super) fn note(&mut self, note: String) {
        self.note = Some(note);
    }
}

impl Notice {
    /// That everything has ended.
    pub(in crate::engine) fn done(experiment: &str, counts: Counts) -> Self {
        let failed = counts.not_ok - counts.cancelled;
        let parts =
            [(counts.ok, "ok"), (failed, "failed"), (counts.cancelled, "cancelled"), (counts.blocked, "blocked")];
        let said: Vec<String> =
            parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        let text = format!("{experiment} is done: {}", said.join(", "));
        Self::new(Happened::Done, experiment, text, counts)
    }

    /// That something has happened to simulations, or to none.
    pub(super) fn of(
        happened: Happened,
        experiment: &str,
        threshold: Option<&Threshold>,
        gathered: Gathered,
        counts: Counts,
    ) -> Self {
        let Gathered { first, names, count, note } = gathered;
        let mut text = sentence(happened, experiment, threshold, first.as_ref(), count);
        if let Some(note) = &note {
            text = if first.is_some() { format!("{text}; {note}") } else { format!("{experiment}: {note}") };
        }
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let first_is = |part: fn(&Subject) -> &str| first.as_ref().and_then(|first| some(part(first)));
        Self {
            simulation: first_is(|first| &first.name),
            attempt: first.as_ref().map(|first| first.attempt),
            outcome: first.as_ref().and_then(|first| first.outcome).map(OutcomeKind::word),
            reason: first_is(|first| &first.reason).or(note),
            stat: threshold.map(|threshold| shown(&threshold.stat)),
            value: first_is(|first| &first.value),
            count,
            simulations: names,
            ..Self::new(happened, experiment, text, counts)
        }
    }

    fn new(event: Happened, experiment: &str, text: String, counts: Counts) -> Self {
        Self {
            format: 1,
            event,
            content: text.clone(),
            text,
            experiment: experiment.to_owned(),
            simulation: None,
            attempt: None,
            outcome: None,
            reason: None,
            stat: None,
            value: None,
            count: 0,
            simulations: Vec::new(),
            counts,
        }
    }

    /// What a command finds in its environment. What there is not is removed from there: the engine may itself have been started by
    /// a notice.
    pub fn variables(&self) -> BTreeMap<String, Option<String>> {
        let number = |number: u32| (number > 0).then(|| number.to_string());
        [
            ("EVENT", Some(self.event.word().to_owned())),
            ("TEXT", Some(self.text.clone())),
            ("EXPERIMENT", Some(self.experiment.clone())),
            ("SIMULATION", self.simulation.clone()),
            ("ATTEMPT", self.attempt.and_then(number)),
            ("OUTCOME", self.outcome.map(str::to_owned)),
            ("REASON", self.reason.clone()),
            ("COUNT", number(self.count)),
            ("STAT", self.stat.clone()),
            ("VALUE", self.value.clone()),
        ]
        .map(|(name, value)| (format!("GEM5_TUI_{name}"), value))
        .into()
    }
}

fn sentence(
    happened: Happened,
    experiment: &str,
    threshold: Option<&Threshold>,
    first: Option<&Subject>,
    count: u32,
) -> String {
    let Some(Subject { name, outcome, reason, value, .. }) = first else { return experiment.to_owned() };
    let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let many = plural(count.into(), "simulation");
    match (happened, count) {
        (Happened::Stat, _) => {
            let Some(Threshold { stat, side, value: limit }) = threshold else { return experiment.to_owned() };
            let stat = shown(stat);
            let side = if *side == Side::Below { "below" } else { "above" };
            match count {
                1 => format!("{experiment}: {stat} of {name} is {value}, {side} {limit}"),
                _ => format!("{experiment}: {stat} is {side} {limit} in {many}, such as {value} in {name}"),
            }
        }
        (Happened::Failed | Happened::Done, 1) => {
            let how = outcome.map_or_else(String::new, |kind| format!(" ({})", kind.word()));
            format!("{experiment}: {name} failed{how}{because}")
        }
        (Happened::Failed | Happened::Done, _) => {
            let how = outcome.map_or_else(String::new, |kind| format!(" ({})", kind.word()));
            format!("{experiment}: {many} failed, first {name}{how}{because}")
        }
        (Happened::Stalled | Happened::Disk, 1) => format!("{experiment}: {name} is ended{because}"),
        (Happened::Stalled | Happened::Disk, _) => format!("{experiment}: {many} are ended, first {name}{because}"),
    }
}
