//! Which stats of two dumps differ most.

use std::collections::BTreeMap;

use serde::Serialize;

/// How two dumps of one point differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drift {
    /// Those that differ most, the most first.
    pub stats: Vec<Drifted>,
    /// How many more differ.
    pub more: usize,
    /// How many are the same.
    pub same: usize,
    /// How many are not looked at: what the host does, and the buckets of distributions.
    pub left_out: usize,
}

/// A stat that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drifted {
    /// Its name.
    pub stat: String,
    /// The baseline's value; none where its dump has none, which gem5 leaves out where it is zero.
    pub baseline: Option<f64>,
    /// The candidate's.
    pub candidate: Option<f64>,
    /// The difference in parts of the larger one: 0.5 for twice or half as much, above 1 for a change of sign.
    pub size: f64,
}

/// Compares two dumps, and tells at most so many stats.
///
/// A stat that only one side has is taken for one that was zero on the other: that is where gem5 leaves stats out.
pub fn drift<'s>(
    baseline: impl IntoIterator<Item = (&'s str, f64)>,
    candidate: impl IntoIterator<Item = (&'s str, f64)>,
    most: usize,
) -> Drift {
    let mut both: BTreeMap<&str, (Option<f64>, Option<f64>)> = BTreeMap::new();
    baseline.into_iter().for_each(|(name, value)| both.entry(name).or_default().0 = Some(value));
    candidate.into_iter().for_each(|(name, value)| both.entry(name).or_default().1 = Some(value));
    let all = both.len();
    both.retain(|name, _| is_looked_at(name));
    let left_out = all - both.len();
    let differ = both.iter().filter_map(|(name, (baseline, candidate))| {
        let size = size(baseline.unwrap_or(0.0), candidate.unwrap_or(0.0));
        (size > 0.0).then(|| Drifted { stat: (*name).to_owned(), baseline: *baseline, candidate: *candidate, size })
    });
    let mut stats: Vec<Drifted> = differ.collect();
    let same = both.len() - stats.len();
    // Of those that came from nothing, the largest tells most.
    let largest = |one: &Drifted| one.baseline.unwrap_or(0.0).abs().max(one.candidate.unwrap_or(0.0).abs());
    stats.sort_by(|a, b| b.size.total_cmp(&a.size).then(largest(b).total_cmp(&largest(a))));
    let more = stats.len().saturating_sub(most);
    stats.truncate(most);
    Drift { stats, more, same, left_out }
}

/// Nothing that says how fast the host is, and of a distribution only what sums it up.
fn is_looked_at(name: &str) -> bool {
    let of_host = name.starts_with("host") && !name.contains('.');
    let is_bucket = name.split_once("::").is_some_and(|(_, part)| {
        part.starts_with(|c: char| c.is_ascii_digit() || c == '-') || matches!(part, "overflows" | "underflows")
    });
    !of_host && !is_bucket
}

fn size(baseline: f64, candidate: f64) -> f64 {
    let largest = baseline.abs().max(candidate.abs());
    match (baseline.is_finite(), candidate.is_finite()) {
        (true, true) if largest == 0.0 => 0.0,
        (true, true) => (candidate / largest - baseline / largest).abs(),
        // What is no number on one side alone.
        (true, false) | (false, true) => 1.0,
        (false, false) => 0.0,
    }
}
