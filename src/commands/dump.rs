//! A dump that is the result, as verbs tell of it.

use serde::Serialize;

use crate::gem5::stats::{Chosen, Interval};

/// Which dump numbers are of, in JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct DumpLine {
    /// What was asked for.
    choice: String,
    /// Its place among the dumps that count, from one; null where a large file was read from its end alone.
    number: Option<u32>,
    /// How many dumps count.
    of: Option<u32>,
    /// What the script calls it.
    label: Option<String>,
    /// The ticks that it counts.
    interval: Option<Ticks>,
    /// What it counts beside those before it: `disjoint`, `cumulative`, `duplicate`, `spanning`, `overlapping`, `empty` or `unknown`.
    relation: &'static str,
    /// The number of the earlier dump that it has to do with.
    earlier: Option<u32>,
    /// The ticks that it counts beyond that one.
    more_ticks: Option<u64>,
    /// Why its numbers may not be what is meant.
    remark: Option<String>,
}

/// An interval of simulated time, in ticks since the beginning.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Ticks {
    start: u64,
    end: u64,
}

impl From<Interval> for Ticks {
    fn from(Interval { start, end }: Interval) -> Self {
        Self { start, end }
    }
}

impl DumpLine {
    /// Which one it is: `dump 2 of 3 (ROI)`.
    pub(crate) fn words(&self) -> String {
        let which = match (self.number, self.of) {
            (Some(number), Some(of)) => format!("dump {number} of {of}"),
            _ if self.choice == "last" => "the last complete dump".to_owned(),
            _ => format!("dump {}", self.choice),
        };
        match &self.label {
            Some(label) => format!("{which} (`{label}`)"),
            None => which,
        }
    }

    /// Why its numbers may not be what is meant.
    pub(crate) fn remark(&self) -> Option<&str> {
        self.remark.as_deref()
    }
}

impl From<&Chosen> for DumpLine {
    fn from(chosen: &Chosen) -> Self {
        let (number, of) = chosen.place().unzip();
        Self {
            choice: chosen.choice.to_string(),
            number,
            of,
            label: chosen.dump.dump.label.clone(),
            interval: chosen.dump.dump.interval.map(Ticks::from),
            relation: chosen.dump.relation.word(),
            earlier: chosen.earlier(),
            more_ticks: chosen.more_ticks(),
            remark: chosen.remark(),
        }
    }
}
