//! Suites: scripts that spawn simulations, and the settings of what they spawn.

use super::Decoder;
use crate::experiment::OnSuiteEnd;
use crate::experiment::fields::{Field, Fields};
use crate::experiment::model::Settings;
use crate::experiment::problem::Problem;
use crate::experiment::table::Section;
use crate::experiment::yaml::{Kind, ScalarKind};

/// Keys that only a suite has.
const OF_SUITES: [&str; 3] = ["spawned", "on_suite_end", "fresh"];

/// Settings that speak of a simulation, and why the script of a suite has no use for them.
const OF_SIMULATIONS: [(&str, &str); 9] = [
    ("stall", "its script waits for what it spawns, and does nothing meanwhile"),
    ("on_guest", "its script simulates no guest"),
    ("memory", "its script takes no place among the simulations"),
    ("poll_stats", "its script has no stats"),
    ("exit_line", "the exit status of its script tells how it ended"),
    ("logs", "the exit status of its script tells how it ended"),
    ("watch", "its script has no stats"),
    ("dump", "its script has no stats"),
    ("goal", "its script simulates nothing"),
];

/// Conditions of `success` that speak of a simulation.
const CONDITIONS_OF_SIMULATIONS: [(&str, &str); 2] =
    [("exit_causes", "the exit status of its script tells how it ended"), ("stats", "its script has no stats")];

impl Decoder<'_> {
    /// Refuses what means nothing for the script of a suite, and what is a suite's in any other entry.
    pub(super) fn check_suite(&mut self, fields: &Fields<'_>) {
        if fields.key("suite").is_none() {
            for (name, key) in OF_SUITES.into_iter().filter_map(|name| Some((name, fields.key(name)?))) {
                let problem = Problem::error(key, format!("`{name}` is for a `suite`"));
                let problem = problem.label("nothing else spawns simulations");
                self.problems.push(problem.help("remove it, or write `suite: FILE.py` in the place of the script"));
            }
            return;
        }
        for field in fields.iter() {
            if let Some((name, reason)) = OF_SIMULATIONS.into_iter().find(|(name, _)| *name == field.name) {
                let example = format!("spawned: {{{name}: …}}");
                self.problems.push(of_what_it_spawns(name, reason, &example, field.key));
            }
            let Kind::Map(entries) = &field.value.kind else { continue };
            for entry in entries.iter().filter(|_| field.name == "success") {
                let written = entry.key.as_scalar().map(|key| key.text.as_str());
                let meant = CONDITIONS_OF_SIMULATIONS.into_iter().find(|(name, _)| written == Some(*name));
                if let Some((name, reason)) = meant {
                    let example = format!("spawned: {{success: {{{name}: …}}}}");
                    self.problems.push(of_what_it_spawns(&format!("success.{name}"), reason, &example, entry.key.id));
                }
            }
        }
    }

    pub(super) fn spawned(&mut self, field: Field<'_>) -> Option<Settings> {
        let fields = Fields::read(field.value, "`spawned`", "spawned: {memory: 4GiB, timeout: 6h}", self.problems)?;
        fields.check(Section::Spawned, self.problems);
        if let Some(key) = fields.key("outputs") {
            let problem = Problem::error(key, "`outputs` cannot stand under `spawned`");
            let problem = problem.label("what is spawned is known only when the script runs");
            self.problems
                .push(problem.help("let functions return what they find, or write into their own `m5.options.outdir`"));
        }
        Some(self.settings(&fields))
    }

    pub(super) fn on_suite_end(&mut self, field: Field<'_>) -> Option<OnSuiteEnd> {
        let written = &self.scalar(field)?.text;
        match OnSuiteEnd::ALL.into_iter().find(|end| end.word() == written) {
            Some(end) => Some(end),
            None => self.expected(field, "`go-on` or `cancel`"),
        }
    }

    pub(super) fn yes_or_no(&mut self, field: Field<'_>) -> Option<bool> {
        match self.scalar(field)?.kind {
            ScalarKind::Bool(value) => Some(value),
            _ => self.expected(field, "`true` or `false`"),
        }
    }
}

fn of_what_it_spawns(name: &str, reason: &str, example: &str, at: crate::experiment::yaml::NodeId) -> Problem {
    let problem = Problem::error(at, format!("`{name}` means nothing for a suite")).label(reason.to_owned());
    problem.help(format!("put it under `spawned:`, which holds for what the suite spawns: `{example}`"))
}
