//! One line of `stats.txt`.

/// One stat of a dump.
#[derive(Debug, Clone, PartialEq)]
pub struct StatLine {
    /// The full name, such as `system.cpu.dcache.overallMissRate::total`.
    pub name: String,
    /// The value. May be not a number or infinite.
    pub value: f64,
    /// The description without its unit; empty when the file was written without descriptions.
    pub description: String,
    /// The unit, such as `Count/Second`; gem5 21.0 and later write one.
    pub unit: Option<String>,
}

/// A line between blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marker {
    Begin,
    End,
}

/// Takes a line with one value apart. `None` for markers, blank lines and histograms on one line (`name | … | …`).
pub fn parse_line(line: &str) -> Option<StatLine> {
    let Stat { name, value, comment } = split(line)?;
    let (description, unit) = split_unit(comment);
    Some(StatLine {
        name: name.to_owned(),
        value,
        description: description.to_owned(),
        unit: unit.map(ToOwned::to_owned),
    })
}

/// Every stat with one value in the text of a block, in the order of the file.
pub fn parse_block(text: &str) -> Vec<StatLine> {
    text.lines().filter_map(parse_line).collect()
}

/// Whether the line is a marker. What stands behind the words may change with the release: a message was proposed
/// upstream.
pub(crate) fn marker(line: &[u8]) -> Option<Marker> {
    let words = line.strip_prefix(b"---------- ")?;
    let is = |start: &[u8]| words.strip_prefix(start).is_some_and(|rest| !matches!(rest.first(), Some(b'a'..=b'z')));
    if is(b"Begin Simulation Statistics") {
        Some(Marker::Begin)
    } else if is(b"End Simulation Statistics") {
        Some(Marker::End)
    } else {
        None
    }
}

/// A line split, nothing copied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stat<'a> {
    pub(super) name: &'a str,
    pub(super) value: f64,
    pub(super) comment: &'a str,
}

/// Splits at white space, since long names and values shift the columns. The value is the first word behind the name
/// that is a number and is followed by nothing but per cents: the names of vector elements are free text and may hold
/// spaces.
pub(super) fn split(line: &str) -> Option<Stat<'_>> {
    let (fields, comment) = match line.split_once(" #") {
        Some((fields, comment)) => (fields, comment.trim()),
        None => (line, ""),
    };
    let mut rest = fields.trim_end();
    // The words from the right: per cents first, then the value, then the name.
    loop {
        let (before, word) = rest.rsplit_once(char::is_whitespace)?;
        rest = before.trim_end();
        if word.ends_with('%') {
            continue;
        }
        let value = number(word)?;
        let name = rest.trim_start();
        let is_histogram = name.ends_with('|') || name.contains(" |");
        return (!name.is_empty() && !is_histogram).then_some(Stat { name, value, comment });
    }
}

/// A value as `text.cc` writes it: a decimal, `nan`, `inf` or `-inf`.
fn number(word: &str) -> Option<f64> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let is_value = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') || matches!(digits, "nan" | "inf");
    if is_value { word.parse().ok() } else { None }
}

/// Splits the unit off a description. The unit is the last group in parentheses; a description of 20.x that happens
/// to end with one is taken for a unit, because nothing tells them apart.
fn split_unit(comment: &str) -> (&str, Option<&str>) {
    let Some(body) = comment.strip_suffix(')') else { return (comment, None) };
    let mut depth = 1_u32;
    for (at, c) in body.char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let (description, group) = body.split_at(at);
            let unit = group.strip_prefix('(').unwrap_or(group);
            // A ratio is written `((Count/Second))`.
            let unit = unit.strip_prefix('(').and_then(|u| u.strip_suffix(')')).unwrap_or(unit);
            return (description.trim_end(), Some(unit));
        }
    }
    (comment, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(name: &str, value: f64, description: &str, unit: Option<&str>) -> StatLine {
        StatLine {
            name: name.to_owned(),
            value,
            description: description.to_owned(),
            unit: unit.map(ToOwned::to_owned),
        }
    }

    #[test]
    fn every_form_of_a_scalar_line_is_read() {
        let lines = [
            (
                "simSeconds                                   0.000287                       # Number of seconds simulated (Second)",
                stat("simSeconds", 0.000_287, "Number of seconds simulated", Some("Second")),
            ),
            (
                "hostInstRate                                    75453                       # Simulator instruction rate (inst/s) ((Count/Second))",
                stat("hostInstRate", 75453.0, "Simulator instruction rate (inst/s)", Some("Count/Second")),
            ),
            (
                "system.cpu.commitStats0.committedInstType::IntAlu         4521     72.31%     72.40% # Class of committed instruction. (Count)",
                stat(
                    "system.cpu.commitStats0.committedInstType::IntAlu",
                    4521.0,
                    "Class of committed instruction.",
                    Some("Count"),
                ),
            ),
            (
                "sim_seconds                                  0.000045                       # Number of seconds simulated",
                stat("sim_seconds", 0.000_045, "Number of seconds simulated", None),
            ),
            ("simTicks 144079000", stat("simTicks", 144_079_000.0, "", None)),
            (
                "system.cpu.lsq0.loadToUse::10-19 397 5.60% 97.46% ",
                stat("system.cpu.lsq0.loadToUse::10-19", 397.0, "", None),
            ),
            ("a.b::Read Req          -12.5                       # x", stat("a.b::Read Req", -12.5, "x", None)),
            ("x -inf # y ()", stat("x", f64::NEG_INFINITY, "y", Some(""))),
        ];
        for (line, expected) in lines {
            assert_eq!(parse_line(line), Some(expected), "{line}");
        }
        let nan = parse_line("system.mem_ctrl.rdPerTurnAround::mean    nan   # Reads (Count)").unwrap();
        assert!(nan.value.is_nan());
    }

    #[test]
    fn lines_without_one_value_are_not_stats() {
        for line in [
            "",
            "name",
            "12",
            "---------- Begin Simulation Statistics ----------",
            "---------- End Simulation Statistics   ----------",
            "system.ruby.latency_hist_seqr            |      112654     98.64%     98.64% |          11      0.01%     98.65% (Unspecified)",
            "system.ruby.hist |      112654     98.64%     98.64% |          11      0.01%     98.65%",
            "system.ruby.hist |      112654     98.64%     98.64%",
            "x nine # y",
            "x infinity",
        ] {
            assert_eq!(parse_line(line), None, "{line}");
        }
    }

    #[test]
    fn a_marker_with_a_message_is_still_a_marker() {
        assert_eq!(marker(b"---------- Begin Simulation Statistics ----------"), Some(Marker::Begin));
        assert_eq!(marker(b"---------- Begin Simulation Statistics : ROI ----------"), Some(Marker::Begin));
        assert_eq!(marker(b"---------- End Simulation Statistics   ----------"), Some(Marker::End));
        assert_eq!(marker(b"---------- Begin Simulation Statisticsx"), None);
        assert_eq!(marker(b"--------- End Simulation Statistics   ----------"), None);
    }
}
