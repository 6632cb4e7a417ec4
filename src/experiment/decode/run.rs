//! Steps, and what must end before something starts.

use super::{Decoder, read_keys};
use crate::experiment::dependency::When;
use crate::experiment::fields::{Field, Fields};
use crate::experiment::model::{At, NeedRule};
use crate::experiment::problem::Problem;
use crate::experiment::table::{Section, need_keys};
use crate::experiment::template::Template;
use crate::experiment::yaml::{Kind, NodeId};

/// The keys of steps.
const RUN: &str = "run";
const ANALYSE: &str = "analyse";

/// Keys of an entry that speak of gem5, and why a step has no use for them.
const OF_GEM5: [(&str, &str); 8] = [
    ("gem5", "it runs no gem5"),
    ("gem5_args", "it runs no gem5"),
    ("on_guest", "it simulates no guest"),
    ("exit_line", "its exit status tells how it ended"),
    ("poll_stats", "it has no stats"),
    ("watch", "it has no stats"),
    ("dump", "it has no stats"),
    ("goal", "it simulates nothing"),
];

/// Keys below a setting that speak of gem5.
const PARTS_OF_GEM5: [(&str, &str, &str); 3] = [
    ("stall", "guest", "it simulates no guest"),
    ("success", "exit_causes", "its exit status tells how it ended"),
    ("success", "stats", "it has no stats"),
];

impl Decoder<'_> {
    pub(super) fn run(&mut self, field: Field<'_>) -> Option<Vec<At<Template>>> {
        let words = self.templates(field)?;
        if words.is_empty() {
            return self.refuse(no_program(RUN, field.value.id));
        }
        if words[0].value.written().text.is_empty() {
            return self.refuse(no_program(RUN, words[0].at));
        }
        Some(words)
    }

    /// What gets the results: one word, or a list of them.
    pub(super) fn analyse(&mut self, field: Field<'_>) -> Option<Vec<At<Template>>> {
        let words = match &field.value.kind {
            Kind::Scalar(_) => vec![self.item(field.name, field.value)?],
            Kind::List(_) | Kind::Map(_) => self.templates(field)?,
        };
        match words.first() {
            None => self.refuse(no_program(ANALYSE, field.value.id)),
            Some(first) if first.value.written().text.is_empty() => self.refuse(no_program(ANALYSE, first.at)),
            Some(_) => Some(words),
        }
    }

    /// Refuses what makes no sense in an entry that is a step. What stands under `defaults` is for simulations, too, and does not
    /// apply here.
    pub(super) fn check_step(&mut self, step: &str, fields: &Fields<'_>) {
        for (name, reason) in OF_GEM5 {
            if let Some(key) = fields.key(name) {
                self.problems.push(not_of_a_step(step, name, reason, key));
            }
        }
        for name in ["args", "kwargs"] {
            if let Some(key) = fields.key(name) {
                let problem = Problem::error(key, format!("`{name}` cannot go with `{step}`"));
                let example = if step == RUN { "run: [make, -j4]" } else { "analyse: [figures.py, --dpi=300]" };
                let label = format!("its arguments stand in `{step}`");
                self.problems.push(problem.label(label).help(format!("write `{example}`")));
            }
        }
        for (name, part, reason) in PARTS_OF_GEM5 {
            let setting = fields.iter().find(|field| field.name == name);
            if let Some(Kind::Map(entries)) = setting.map(|field| &field.value.kind) {
                let is_it = |key: &&crate::experiment::yaml::Entry| {
                    key.key.as_scalar().is_some_and(|written| written.text == part)
                };
                if let Some(entry) = entries.iter().find(is_it) {
                    self.problems.push(not_of_a_step(step, &format!("{name}.{part}"), reason, entry.key.id));
                }
            }
        }
    }

    pub(super) fn needs(&mut self, field: Field<'_>) -> Option<Vec<NeedRule>> {
        let items = self.list(field)?;
        let rules = items.iter().filter_map(|item| {
            if !matches!(item.kind, Kind::Map(_)) {
                let name = self.item(field.name, item)?;
                return Some(NeedRule { name: Some(name), when: None });
            }
            let fields = Fields::read(item, "an item of `needs`", "{name: boot, when: ended}", self.problems)?;
            let unknown = fields.check(Section::Need, self.problems);
            if fields.key("name").is_none() && !unknown.may_be("name") {
                let problem = Problem::error(item.id, "an item of `needs` has no `name`");
                return self.refuse(problem.help("write `{name: boot, when: ended}`"));
            }
            Some(need_keys!(read_keys self fields NeedRule {}))
        });
        Some(rules.collect())
    }

    fn when(&mut self, field: Field<'_>) -> Option<When> {
        match self.scalar(field)?.text.as_str() {
            "ok" => Some(When::Ok),
            "ended" => Some(When::Ended),
            _ => self.expected(field, "`ok` or `ended`"),
        }
    }
}

fn no_program(step: &str, at: NodeId) -> Problem {
    let example = if step == RUN { "`run: [make, -j4]`, one item for each word" } else { "`analyse: figures.py`" };
    Problem::error(at, format!("`{step}` names no program")).help(format!("write {example}"))
}

fn not_of_a_step(step: &str, name: &str, reason: &str, at: NodeId) -> Problem {
    let problem = Problem::error(at, format!("`{name}` cannot go with `{step}`")).label(reason.to_owned());
    problem.help("remove it; under `defaults` it is for simulations alone")
}
