//! From the two values of a pair to a verdict.

use super::{Number, Threshold, Verdict};
use crate::experiment::results::{Better, Compare};
use crate::metric::Unit;
use crate::report::compare::{Comparison, Sides, raw};
use crate::report::estimate::{Estimate, Half};
use crate::report::layout::Layout;
use crate::report::samples::Sample;

/// What all pairs of a metric have in common.
pub(super) struct Judge<'j> {
    /// With nothing but what samples are told apart by, and replicas.
    pub(super) layout: &'j Layout,
    pub(super) better: Option<Better>,
    pub(super) threshold: Threshold,
    /// The units of both sides.
    pub(super) units: [&'j Unit; 2],
}

/// What is known of a pair.
#[derive(Debug, Default)]
pub(super) struct Opinion {
    pub(super) baseline: Option<Number>,
    pub(super) candidate: Option<Number>,
    pub(super) change: Option<f64>,
    pub(super) change_error: Option<f64>,
    pub(super) notes: Vec<String>,
}

/// A verdict, why, and whether it makes a check fail.
pub(super) struct Ruling {
    pub(super) verdict: Verdict,
    pub(super) reason: Option<String>,
    pub(super) fails: bool,
}

fn ruling(verdict: Verdict, reason: impl Into<Option<String>>) -> Ruling {
    let fails = match verdict {
        Verdict::Regression | Verdict::MissingCandidate | Verdict::MissingValue | Verdict::NotComparable => true,
        Verdict::MissingBaseline | Verdict::Improvement | Verdict::Unchanged => false,
    };
    Ruling { verdict, reason: reason.into(), fails }
}

impl Judge<'_> {
    /// What is to be said of a pair; a side that has no such point has no samples.
    pub(super) fn of(&self, base: &[&Sample<'_>], new: &[&Sample<'_>]) -> (Opinion, Ruling) {
        let mut opinion = Opinion::default();
        let (base_value, new_value) = (self.value(base), self.value(new));
        opinion.baseline = base_value.as_ref().and_then(|value| value.as_ref().ok()).map(number_of);
        opinion.candidate = new_value.as_ref().and_then(|value| value.as_ref().ok()).map(number_of);
        let ruling = match (base_value, new_value) {
            (None, None) => ruling(Verdict::MissingValue, "neither side has it".to_owned()),
            (None, Some(_)) => ruling(Verdict::MissingBaseline, "only the candidate has this point".to_owned()),
            (Some(_), None) => ruling(Verdict::MissingCandidate, "only the baseline has this point".to_owned()),
            (Some(Err(base)), Some(Err(new))) => Ruling {
                // Nothing was lost that was there.
                fails: false,
                ..ruling(Verdict::MissingValue, format!("baseline: {base}; candidate: {new}"))
            },
            (Some(Err(base)), Some(Ok(_))) => {
                Ruling { fails: false, ..ruling(Verdict::MissingValue, format!("baseline: {base}")) }
            }
            (Some(Ok(_)), Some(Err(new))) => ruling(Verdict::MissingValue, format!("candidate: {new}")),
            (Some(Ok(base_value)), Some(Ok(new_value))) => {
                let sides = Sides { new: new.to_vec(), base: base.to_vec() };
                self.pair(&sides, &base_value, &new_value, &mut opinion)
            }
        };
        (opinion, ruling)
    }

    /// The mean of the replicas of a side; none where it has no such point.
    fn value(&self, samples: &[&Sample<'_>]) -> Option<Result<Estimate, String>> {
        if samples.is_empty() {
            return None;
        }
        Some(match raw(samples, &self.layout.replicas) {
            Err(gap) => Err(gap.reason),
            Ok(estimate) if estimate.is_provisional => Err("it runs, and its value may still change".to_owned()),
            Ok(estimate) => Ok(estimate),
        })
    }

    fn pair(&self, sides: &Sides<'_>, base: &Estimate, new: &Estimate, opinion: &mut Opinion) -> Ruling {
        let mut notes = base.notes.clone();
        notes.extend(new.notes.iter().cloned());
        opinion.notes = notes.into_iter().collect();
        let [base_unit, new_unit] = self.units;
        let not_comparable = |reason: String| ruling(Verdict::NotComparable, reason);
        if !base_unit.goes_with(new_unit) {
            return not_comparable(format!("the baseline is in `{base_unit}`, and the candidate in `{new_unit}`"));
        }
        let frequency = |side: &[&Sample<'_>]| side.iter().find_map(|sample| sample.group.frequency).map(f64::to_bits);
        let both = frequency(&sides.base).zip(frequency(&sides.new));
        if base_unit.has_ticks() && both.is_some_and(|(base, new)| base != new) {
            return not_comparable("ticks are of different length on both sides: use seconds".to_owned());
        }
        if base.is_apart || new.is_apart {
            return not_comparable("part of its simpoints is missing".to_owned());
        }
        let ratio = self.estimate(sides, Compare::Ratio);
        if let Ok(ratio) = &ratio {
            opinion.change = Some(ratio.number - 1.0);
            opinion.change_error = ratio.plain_half();
            for note in &ratio.notes {
                if !opinion.notes.contains(note) {
                    opinion.notes.push(note.clone());
                }
            }
        }
        if base.number.to_bits() == new.number.to_bits() || (base.number == 0.0 && new.number == 0.0) {
            opinion.change = Some(0.0);
            return ruling(Verdict::Unchanged, None);
        }
        let (size, limit, is_noise, is_more) = match self.threshold {
            Threshold::Relative(limit) => match &ratio {
                Err(reason) => {
                    return not_comparable(format!("{reason}; a threshold without `%` compares the difference"));
                }
                Ok(ratio) => {
                    let is_noise = match ratio.half {
                        Some(Half::Log(half)) => ratio.number.ln().abs() <= half,
                        Some(Half::Plain(half)) => (ratio.number - 1.0).abs() <= half,
                        None => false,
                    };
                    ((ratio.number - 1.0).abs(), limit, is_noise, (ratio.number > 1.0) == (base.number > 0.0))
                }
            },
            Threshold::Absolute(limit) => match self.estimate(sides, Compare::Difference) {
                Err(reason) => return not_comparable(reason),
                Ok(difference) => {
                    let size = difference.number.abs();
                    let is_noise = difference.plain_half().is_some_and(|half| size <= half);
                    (size, limit, is_noise, difference.number > 0.0)
                }
            },
        };
        // Numbers that are as far apart as the threshold are not beyond it, whatever their last bit is.
        if size <= limit * (1.0 + 1e-9) {
            return ruling(Verdict::Unchanged, None);
        }
        if is_noise {
            return ruling(Verdict::Unchanged, "replicas differ by more than that".to_owned());
        }
        match self.better {
            None => not_comparable("it changed, and nothing says which way is better".to_owned()),
            Some(better) if is_more == (better == Better::Higher) => ruling(Verdict::Improvement, None),
            Some(_) => ruling(Verdict::Regression, None),
        }
    }

    fn estimate(&self, sides: &Sides<'_>, how: Compare) -> Result<Estimate, String> {
        // Any baseline: it says only that there is one.
        let layout =
            Layout { compare: Some(how), baseline: vec![(String::new(), String::new())], ..self.layout.clone() };
        let comparison = Comparison { layout: &layout, better: None };
        comparison.compared(sides).map_err(|gap| gap.reason)
    }
}

fn number_of(estimate: &Estimate) -> Number {
    Number { value: estimate.number, error: estimate.plain_half(), count: estimate.count }
}
