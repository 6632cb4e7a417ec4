//! What is known of a simulation that has ended, and what a test expects of it.

use std::fs;

use crate::stage::{Stage, Status};

/// What a simulation must have come to. Text is compared by `contains`.
pub(crate) struct Expected {
    pub(crate) name: &'static str,
    pub(crate) word: &'static str,
    /// The text of the cause that a researcher needs.
    pub(crate) cause: &'static str,
    /// `file:line` that the cause came from, if gem5 tells one, or as much of it as does not move.
    pub(crate) place: Option<&'static str>,
    pub(crate) tick: Option<u64>,
    /// Complete blocks in `stats.txt`.
    pub(crate) dumps: usize,
}

/// The part of every row of a table; place, tick and dumps follow where there are any.
pub(crate) const fn ends(name: &'static str, word: &'static str, cause: &'static str) -> Expected {
    Expected { name, word, cause, place: None, tick: None, dumps: 0 }
}

impl Expected {
    pub(crate) const fn at(self, place: &'static str) -> Self {
        Self { place: Some(place), ..self }
    }

    pub(crate) const fn tick(self, tick: u64) -> Self {
        Self { tick: Some(tick), ..self }
    }

    pub(crate) const fn dumps(self, dumps: usize) -> Self {
        Self { dumps, ..self }
    }

    /// What is wrong, in lines for a person; none if all is as expected.
    pub(crate) fn compare(&self, stage: &Stage, status: &Status) -> Vec<String> {
        let name = self.name;
        let outcome = &status.sims[name]["status"]["outcome"];
        let text = |key: &str| outcome[key].as_str().unwrap_or_default().to_owned();
        let mut wrong = Vec::new();
        let mut check = |what: &str, good: bool, seen: String, wanted: String| {
            if !good {
                wrong.push(format!("{name}: {what} is {seen:?}, not {wanted:?}; {outcome}"));
            }
        };
        check("word", text("kind") == self.word, text("kind"), self.word.to_owned());
        check("cause", text("cause").contains(self.cause), text("cause"), self.cause.to_owned());
        if let Some(place) = self.place {
            check("place", text("place").contains(place), text("place"), place.to_owned());
        }
        if let Some(tick) = self.tick {
            check("tick", outcome["tick"].as_u64() == Some(tick), outcome["tick"].to_string(), tick.to_string());
        }
        let dumps = complete_dumps(stage, name);
        check("number of complete dumps", dumps == self.dumps, dumps.to_string(), self.dumps.to_string());
        wrong
    }
}

/// Compares all rows before it fails, so that one run tells everything.
#[track_caller]
pub(crate) fn assert_all(stage: &Stage, rows: &[Expected]) {
    let status = stage.status();
    let wrong: Vec<String> = rows.iter().flat_map(|row| row.compare(stage, &status)).collect();
    assert!(wrong.is_empty(), "{} of {} rows are wrong:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

/// How many blocks of the first attempt's `stats.txt` have their last line. Counted here by hand, not by the product.
pub(crate) fn complete_dumps(stage: &Stage, name: &str) -> usize {
    let text = fs::read_to_string(stage.attempt(name, 1).m5out().join("stats.txt")).unwrap_or_default();
    text.matches("\n---------- End Simulation Statistics   ----------\n").count()
}

/// Rows of an experiment that run `configs/outcomes.py` in these modes, each named as its mode.
pub(crate) fn modes(modes: &[&str], more: &str) -> String {
    let row = |mode: &&str| format!("  - {{name: {mode}, script: CONFIGS/outcomes.py, args: [--mode={mode}]{more}}}\n");
    modes.iter().map(row).collect()
}
