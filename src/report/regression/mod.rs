//! Two experiments beside each other: what became better, what became worse, and what cannot be told. Pure.
//!
//! ```text
//! points of both ─ pair by parameters ─▶ a pair each ─ evaluate, combine simpoints and replicas ─▶ two numbers ─ judge ─▶ a verdict
//! ```
//!
//! A point is paired with the one that has the same values of all parameters that tell points apart on either side. What has one
//! value in each experiment tells nothing apart: where that value differs, it is what is compared, and is told. Each pair has one of
//! seven [`Verdict`]s for each metric. A change counts where it is larger than the threshold of its metric *and* than what replicas
//! differ by: noise is no regression.
//!
//! The awkward truth: nobody can say that nothing became worse where a number is gone. So a point that has disappeared or has no
//! value any more fails a check as a regression does (`Judged::fails`), and so does a change of a metric of which nobody said
//! which way is better.

mod drift;
mod judge;
mod junit;
mod pairs;
mod text;
mod threshold;

use serde::Serialize;
use serde_json::Value as Json;

pub use drift::{Drift, Drifted, drift};
pub use junit::junit;
pub use pairs::compare;
pub use text::text;
pub use threshold::{Threshold, ThresholdError, Thresholds};

use crate::experiment::results::Better;

/// What became of a metric at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It changed for the worse by more than the threshold and the noise.
    Regression,
    /// The baseline has this point, and the candidate has not.
    MissingCandidate,
    /// Both have the point, and one of them has no value.
    MissingValue,
    /// Both have a value, and nothing can be said of the change.
    NotComparable,
    /// Only the candidate has this point.
    MissingBaseline,
    /// It changed for the better by more than the threshold and the noise.
    Improvement,
    /// It changed by no more than the threshold, or by no more than the noise.
    Unchanged,
}

impl Verdict {
    /// All of them, those that need attention first.
    pub const ALL: [Self; 7] = [
        Self::Regression,
        Self::MissingCandidate,
        Self::MissingValue,
        Self::NotComparable,
        Self::MissingBaseline,
        Self::Improvement,
        Self::Unchanged,
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::MissingCandidate => "missing-candidate",
            Self::MissingValue => "missing-value",
            Self::NotComparable => "not-comparable",
            Self::MissingBaseline => "missing-baseline",
            Self::Improvement => "improvement",
            Self::Unchanged => "unchanged",
        }
    }
}

/// All of what was compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The parameters by which points are paired.
    pub paired_by: Vec<String>,
    /// What else must be known of the pairs, such as a parameter that differs between the experiments as a whole.
    pub notes: Vec<String>,
    /// For each metric a verdict for each point.
    pub metrics: Vec<MetricComparison>,
}

/// One metric at all points.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricComparison {
    /// Its name.
    pub metric: String,
    /// Its unit, where it is known.
    pub unit: Option<String>,
    /// Which way is better, if that is said.
    pub better: Option<Better>,
    /// By how much it may differ.
    pub threshold: Threshold,
    /// Every point that one of the experiments has, in the order of the baseline's file, and then of the candidate's.
    pub points: Vec<Judged>,
    /// The mean of candidate over baseline, over what has both; none where nothing has.
    pub geomean: Option<Geomean>,
    /// What must be said of all values, such as units that do not fit.
    pub notes: Vec<String>,
}

/// A metric at a point.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judged {
    /// What the point is called: the values of the parameters by which it is paired.
    pub point: String,
    /// Those parameters.
    pub parameters: serde_json::Map<String, Json>,
    /// What became of it.
    pub verdict: Verdict,
    /// Whether it makes a check fail.
    pub fails: bool,
    /// What the baseline has.
    pub baseline: Option<Number>,
    /// What the candidate has.
    pub candidate: Option<Number>,
    /// Candidate over baseline, less one; none where there is no such ratio.
    pub change: Option<f64>,
    /// Half the width of the 95 % interval of the change; none without replicas.
    pub change_error: Option<f64>,
    /// Why this is the verdict, where the numbers do not tell.
    pub reason: Option<String>,
    /// What else must be known of the numbers.
    pub notes: Vec<String>,
    /// The simulations behind the baseline's number, or that would be.
    pub baseline_simulations: Vec<String>,
    /// The same of the candidate.
    pub candidate_simulations: Vec<String>,
}

/// A value of one side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Number {
    /// The mean of its replicas.
    pub value: f64,
    /// Half the width of its 95 % interval; none for one sample.
    pub error: Option<f64>,
    /// How many samples there are.
    pub count: u32,
}

/// The mean of ratios.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Geomean {
    /// Candidate over baseline.
    pub ratio: f64,
    /// Over so many points.
    pub count: usize,
    /// The points that are not in it, each with the reason.
    pub dropped: Vec<Dropped>,
}

/// A point that is in no mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// What it is called.
    pub point: String,
    /// Why.
    pub reason: String,
}

impl Judged {
    /// How large the change is, whichever way; none without a ratio. A tenth and ten times are equally large.
    fn impact(&self) -> Option<f64> {
        let ratio = 1.0 + self.change?;
        Some(if ratio > 0.0 { ratio.ln().abs() } else { f64::INFINITY })
    }
}

/// How many points have each verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally([usize; Verdict::ALL.len()]);

impl Tally {
    /// How many have this one.
    pub fn of(self, verdict: Verdict) -> usize {
        self.0[verdict as usize]
    }

    fn count<'j>(judged: impl Iterator<Item = &'j Judged>) -> Self {
        let mut tally = Self([0; Verdict::ALL.len()]);
        for one in judged {
            tally.0[one.verdict as usize] += 1;
        }
        tally
    }
}

impl MetricComparison {
    /// How many points have each verdict.
    pub fn tally(&self) -> Tally {
        Tally::count(self.points.iter())
    }
}

impl Comparison {
    /// How many points of all metrics have each verdict.
    pub fn tally(&self) -> Tally {
        Tally::count(self.metrics.iter().flat_map(|metric| &metric.points))
    }

    /// Whether a check of the candidate fails: at a point, or because there is a metric of which no point has two values, such as one
    /// with a slip in the name of a stat.
    pub fn fails(&self) -> bool {
        let is_compared = |point: &Judged| point.baseline.is_some() && point.candidate.is_some();
        let passes = |metric: &MetricComparison| {
            metric.points.iter().any(is_compared) && !metric.points.iter().any(|point| point.fails)
        };
        self.metrics.is_empty() || !self.metrics.iter().all(passes)
    }

    /// The points that changed most, each once with the metric that tells it: at most so many.
    pub fn most_changed(&self, most: usize) -> Vec<(&MetricComparison, &Judged)> {
        let changed =
            |one: &&Judged| matches!(one.verdict, Verdict::Regression | Verdict::Improvement | Verdict::NotComparable);
        let all = self.metrics.iter().flat_map(|metric| metric.points.iter().map(move |point| (metric, point)));
        let mut all: Vec<_> = all.filter(|(_, point)| changed(point)).collect();
        let impact = |one: &Judged| one.impact().unwrap_or(0.0);
        all.retain(|(_, point)| impact(point) > 0.0);
        all.sort_by(|(_, a), (_, b)| impact(b).total_cmp(&impact(a)));
        let mut chosen: Vec<(&MetricComparison, &Judged)> = Vec::new();
        for (metric, point) in all {
            if chosen.len() < most && !chosen.iter().any(|(_, known)| known.point == point.point) {
                chosen.push((metric, point));
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests;
