//! A comparison for a terminal.

use super::{Comparison, Drift, Drifted, Judged, MetricComparison, Tally, Verdict};
use crate::experiment::results::Better;
use crate::report::write::{Document, safe};
use crate::text::human;
use crate::text::width::{self, Align};

/// Points of one metric that are listed. A reader looks at the first ones, and programs at all.
const LISTED: usize = 20;
/// Columns of the name of a point.
const NAME: usize = 44;

/// The comparison in lines, with the stats that differ most at the points that changed most.
pub fn text(comparison: &Comparison, drifts: &[(String, Drift)]) -> Document {
    let mut out = String::new();
    let by = comparison.paired_by.iter().map(|name| safe(name)).collect::<Vec<_>>();
    let by = if by.is_empty() { "there is one point".to_owned() } else { format!("paired by {}", by.join(", ")) };
    push!(out, "{by}\n");
    for note in &comparison.notes {
        push!(out, "note: {}\n", safe(note));
    }
    for metric in &comparison.metrics {
        out.push('\n');
        of_metric(&mut out, metric);
    }
    if !drifts.is_empty() {
        out.push_str("\nstats that differ most where most has changed:\n");
        for (point, drift) in drifts {
            of_drift(&mut out, point, drift);
        }
    }
    push!(out, "\n{}\n{}\n", tally(comparison.tally()), ruling(comparison));
    Document::new(out)
}

fn of_metric(out: &mut String, metric: &MetricComparison) {
    let unit = metric.unit.as_ref().map_or_else(String::new, |unit| format!(" ({})", safe(unit)));
    let better = match metric.better {
        Some(Better::Higher) => "higher is better",
        Some(Better::Lower) => "lower is better",
        None => "nothing says which way is better",
    };
    push!(out, "{}{unit}: {better}, threshold {}\n", safe(&metric.metric), metric.threshold);
    let mut told: Vec<&Judged> = metric.points.iter().filter(|point| is_told(point)).collect();
    // Those that need attention, and of them the largest changes.
    told.sort_by(|a, b| {
        let impact = |one: &Judged| one.impact().unwrap_or(0.0);
        a.verdict.cmp(&b.verdict).then(impact(b).total_cmp(&impact(a)))
    });
    let listed = &told[..told.len().min(LISTED)];
    let names: Vec<String> = listed.iter().map(|one| safe(&one.point)).collect();
    let name_width = names.iter().map(|name| width::width(name)).max().unwrap_or(0).min(NAME);
    for (one, name) in listed.iter().zip(&names) {
        let (verdict, name) =
            (width::fit(one.verdict.word(), 17, Align::Left), width::fit(name, name_width, Align::Left));
        let values = match (one.baseline, one.candidate) {
            (Some(base), Some(new)) => {
                let changed = one.change.map_or_else(String::new, |change| percent(change, one.change_error));
                format!("{:>8} → {:<8}  {changed:>9}", human::number(base.value), human::number(new.value))
            }
            _ => String::new(),
        };
        let reason = one.reason.as_ref().map_or_else(String::new, |reason| format!("  {}", safe(reason)));
        push!(out, "  {}\n", format!("{verdict} {name}  {values}{reason}").trim_end());
    }
    if told.len() > listed.len() {
        push!(out, "  and {}; --json has all\n", human::plural((told.len() - listed.len()) as u64, "more point"));
    }
    push!(out, "  {}\n", tally(metric.tally()));
    if let Some(mean) = &metric.geomean {
        let all = mean.count + mean.dropped.len();
        let dropped: Vec<String> = mean.dropped.iter().map(|dropped| safe(&dropped.point)).collect();
        let without =
            if dropped.is_empty() { String::new() } else { format!(", without {}", human::some_of(&dropped)) };
        push!(
            out,
            "  geomean of candidate/baseline {} ({}) over {} of {}{without}\n",
            human::number(mean.ratio),
            percent(mean.ratio - 1.0, None),
            mean.count,
            human::plural(all as u64, "point")
        );
    }
    for note in &metric.notes {
        push!(out, "  note: {}\n", safe(note));
    }
    let mut notes: Vec<&String> = metric.points.iter().flat_map(|point| &point.notes).collect();
    notes.sort_unstable();
    notes.dedup();
    for note in notes {
        push!(out, "  note: {}\n", safe(note));
    }
}

/// What is unchanged and has nothing to be said of it stands in the count alone.
fn is_told(point: &Judged) -> bool {
    point.verdict != Verdict::Unchanged || point.reason.is_some()
}

fn of_drift(out: &mut String, point: &str, drift: &Drift) {
    push!(out, "  {}\n", safe(point));
    let names: Vec<String> = drift.stats.iter().map(|one| safe(&one.stat)).collect();
    let name_width = names.iter().map(|name| width::width(name)).max().unwrap_or(0).min(NAME + 16);
    for (Drifted { baseline, candidate, .. }, name) in drift.stats.iter().zip(&names) {
        let value = |value: &Option<f64>| value.map_or_else(|| "–".to_owned(), human::number);
        let change = match (baseline, candidate) {
            (Some(base), Some(new)) if *base != 0.0 => percent(new / base - 1.0, None),
            _ => String::new(),
        };
        let (name, base, new) = (width::fit(name, name_width, Align::Left), value(baseline), value(candidate));
        let line = format!("    {name}  {base:>8} → {new:<8}  {change:>9}");
        push!(out, "{}\n", line.trim_end());
    }
    let more =
        if drift.more > 0 { format!("{} more differ, ", human::count(drift.more as u64)) } else { String::new() };
    push!(
        out,
        "    {more}{} are the same; the host's stats and buckets of distributions ({}) are not looked at\n",
        human::count(drift.same as u64),
        human::count(drift.left_out as u64)
    );
}

/// A change such as `+3.4 %`.
pub(super) fn percent(change: f64, error: Option<f64>) -> String {
    let error = error.map_or_else(String::new, |error| format!(" ±{}", digits(error * 100.0)));
    let sign = if change < 0.0 { "-" } else { "+" };
    format!("{sign}{}{error} %", digits((change * 100.0).abs()))
}

fn digits(number: f64) -> String {
    match number {
        number if number >= 1e5 => human::number(number),
        number if number >= 99.95 => format!("{number:.0}"),
        number if number >= 0.095 => format!("{number:.1}"),
        0.0 => "0".to_owned(),
        number if number >= 0.000_95 => format!("{number:.3}"),
        number => format!("{number:.0e}"),
    }
}

fn tally(tally: Tally) -> String {
    let told = Verdict::ALL.into_iter().map(|verdict| (verdict, tally.of(verdict) as u64));
    let told: Vec<String> =
        told.filter(|(_, count)| *count > 0).map(|(verdict, count)| counted(verdict, count)).collect();
    if told.is_empty() { "no point on either side".to_owned() } else { told.join(", ") }
}

fn counted(verdict: Verdict, count: u64) -> String {
    match verdict {
        Verdict::Regression | Verdict::Improvement => human::plural(count, verdict.word()),
        Verdict::MissingCandidate | Verdict::MissingValue | Verdict::MissingBaseline => {
            human::plural(count, &verdict.word().replace('-', " "))
        }
        Verdict::NotComparable | Verdict::Unchanged => {
            format!("{} {}", human::count(count), verdict.word().replace('-', " "))
        }
    }
}

/// Whether the check fails, and by what: not all that is missing makes it fail.
fn ruling(comparison: &Comparison) -> String {
    if !comparison.fails() {
        return "nothing is worse, gone or cannot be told".to_owned();
    }
    let failing = comparison.metrics.iter().flat_map(|metric| &metric.points).filter(|point| point.fails);
    let failing = Tally::count(failing);
    if Verdict::ALL.into_iter().all(|verdict| failing.of(verdict) == 0) {
        return "this fails the check: there is a metric of which no point has two values".to_owned();
    }
    format!("this fails the check: {}", tally(failing))
}

/// What a verdict rests on, in one line.
pub(super) fn line(metric: &MetricComparison, one: &Judged) -> String {
    let value =
        |number: Option<super::Number>| number.map_or_else(|| "none".to_owned(), |number| human::number(number.value));
    let change = one.change.map_or_else(String::new, |change| format!(" ({})", percent(change, one.change_error)));
    let reason = one.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    safe(&format!(
        "{} {} → {}{change}, threshold {}{reason}",
        metric.metric,
        value(one.baseline),
        value(one.candidate),
        metric.threshold
    ))
}
