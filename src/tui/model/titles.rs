//! Short titles for the columns of watched stats.

use crate::text::Safe;

/// Short titles for columns: the last part of each glob's name, with one more part in front where two are the same.
pub fn stat_titles(globs: &[String]) -> Vec<Safe> {
    let parts = |glob: &String| -> Vec<String> {
        let name = glob.strip_suffix("::total").unwrap_or(glob);
        // An element's name, such as `cpu.data`, says nothing without its stat's.
        let (base, element) = name.split_once("::").map_or((name, ""), |(base, element)| (base, element));
        let mut parts: Vec<String> = base
            .split('.')
            .filter(|part| !part.is_empty() && *part != "*" && *part != "**")
            .map(str::to_owned)
            .collect();
        if let (Some(last), false) = (parts.last_mut(), element.is_empty()) {
            *last = format!("{last}::{element}");
        }
        parts
    };
    let parts: Vec<Vec<String>> = globs.iter().map(parts).collect();
    let title = |at: usize, count: usize| -> String {
        let from = parts[at].len().saturating_sub(count);
        parts[at].get(from..).unwrap_or_default().join(".")
    };
    (0..globs.len())
        .map(|at| {
            let clashes =
                |count: usize| (0..globs.len()).any(|other| other != at && title(other, count) == title(at, count));
            let count = (1..4).find(|count| !clashes(*count)).unwrap_or(3);
            let short = title(at, count);
            Safe::line(if short.is_empty() { &globs[at] } else { &short })
        })
        .collect()
}
