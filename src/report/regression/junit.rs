//! A comparison as the XML that servers of continuous integration read.
//!
//! A metric is a test suite and a point a test case. What became worse is a failure; what cannot be told, and makes the check
//! fail all the same, is an error; what has no baseline is skipped.

use super::text::line;
use super::{Comparison, Judged, MetricComparison, Verdict};
use crate::report::write::html::escaped;
use crate::report::write::{Document, safe};

/// How many test cases ended how.
#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

/// The document.
pub fn junit(comparison: &Comparison) -> Document {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all = counts(comparison.metrics.iter().flat_map(|metric| &metric.points));
    push!(out, "<testsuites name=\"gem5-tui compare\"{}>\n", attributes(&all));
    for metric in &comparison.metrics {
        let name = xml(&metric.metric);
        push!(out, "  <testsuite name=\"{name}\"{}>\n", attributes(&counts(metric.points.iter())));
        for one in &metric.points {
            case(&mut out, metric, one);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    Document::new(out)
}

fn case(out: &mut String, metric: &MetricComparison, one: &Judged) {
    let (point, class) = (xml(&one.point), xml(&metric.metric));
    push!(out, "    <testcase name=\"{point}\" classname=\"{class}\">");
    let (word, message) = (one.verdict.word(), xml(&line(metric, one)));
    match result(one) {
        Some("skipped") => push!(out, "<skipped message=\"{word}: {message}\"/>"),
        Some(element) => push!(out, "<{element} type=\"{word}\" message=\"{message}\"/>"),
        None => push!(out, "<system-out>{word}: {message}</system-out>"),
    }
    out.push_str("</testcase>\n");
}

/// The element of what did not succeed.
fn result(one: &Judged) -> Option<&'static str> {
    match (one.verdict, one.fails) {
        (Verdict::Regression, _) => Some("failure"),
        (Verdict::Improvement | Verdict::Unchanged, _) => None,
        (_, true) => Some("error"),
        (_, false) => Some("skipped"),
    }
}

fn counts<'j>(all: impl Iterator<Item = &'j Judged>) -> Counts {
    let mut counts = Counts::default();
    for one in all {
        counts.tests += 1;
        match result(one) {
            Some("failure") => counts.failures += 1,
            Some("error") => counts.errors += 1,
            Some(_) => counts.skipped += 1,
            None => {}
        }
    }
    counts
}

fn attributes(counts: &Counts) -> String {
    let Counts { tests, failures, errors, skipped } = counts;
    format!(" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
}

/// Text of an attribute or element. XML has no place at all for a few characters that Unicode sets aside.
fn xml(text: &str) -> String {
    let is_no_character = |c: char| matches!(c, '\u{fffe}' | '\u{ffff}');
    escaped(&safe(text)).replace(is_no_character, "\u{fffd}")
}
