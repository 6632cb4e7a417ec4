//! One line of `stats.txt`.

/// One value of a dump, with what its line tells about it.
#[derive(Debug, Clone, PartialEq)]
pub struct StatLine {
    /// The full name, such as `system.cpu.dcache.overallMissRate::total`.
    pub name: String,
    /// The value. May be not a number or infinite.
    pub value: f64,
    /// The share of the total in per cent, where gem5 writes one.
    pub pdf: Option<f64>,
    /// The shares up to this one, summed up, in per cent.
    pub cdf: Option<f64>,
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
    let Fields { name, cells: Cells::One(cell), comment } = split(line)? else { return None };
    let (description, unit) = split_unit(comment);
    Some(StatLine {
        name: name.to_owned(),
        value: cell.value,
        pdf: cell.pdf,
        cdf: cell.cdf,
        description: description.to_owned(),
        unit: unit.map(ToOwned::to_owned),
    })
}

/// Whether the line is a marker. What stands behind the words depends on the release: see [`label`].
pub(crate) fn marker(line: &[u8]) -> Option<Marker> {
    let words = line.strip_prefix(b"---------- ")?;
    let is = |start: &[u8]| words.strip_prefix(start).is_some_and(|rest| !rest.first().copied().is_some_and(is_word));
    if is(b"Begin Simulation Statistics") {
        Some(Marker::Begin)
    } else if is(b"End Simulation Statistics") {
        Some(Marker::End)
    } else {
        None
    }
}

/// What a Begin line calls its dump. `m5.stats.dump(message="end of ROI")` makes gem5 write
/// `---------- Begin Simulation Statistics : end of ROI ----------`, in releases after 25.0. `None` without one.
pub(super) fn label(line: &[u8]) -> Option<String> {
    let behind = line.strip_prefix(b"---------- Begin Simulation Statistics")?;
    let message = behind.trim_ascii_start().strip_prefix(b":")?;
    // A message of several lines leaves the dashes on its last one.
    let message = message.trim_ascii_end();
    let message = message.strip_suffix(b"----------").unwrap_or(message).trim_ascii();
    (!message.is_empty()).then(|| String::from_utf8_lossy(message).into_owned())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A value with its shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cell {
    pub(super) value: f64,
    pub(super) pdf: Option<f64>,
    pub(super) cdf: Option<f64>,
}

/// A line split, nothing copied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fields<'a> {
    pub(super) name: &'a str,
    pub(super) cells: Cells<'a>,
    /// The description with its unit.
    pub(super) comment: &'a str,
}

/// What stands between the name and the comment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cells<'a> {
    /// One value, as nearly every line has it.
    One(Cell),
    /// All buckets of a histogram: a text that [`row`] splits.
    Row(&'a str),
}

/// So many places where a comment may begin are tried. One is enough unless the name of a vector element holds a `#`.
const COMMENTS_TRIED: usize = 4;

/// Splits at white space, since long names and values shift the columns. The names of vector elements are free text
/// and may hold spaces, bars and hashes, so the value is looked for from the comment to the left.
pub(super) fn split(line: &str) -> Option<Fields<'_>> {
    let hashes = memchr::memchr_iter(b'#', line.as_bytes()).filter_map(|hash| hash.checked_sub(1));
    for at in hashes.filter(|at| line.as_bytes().get(*at) == Some(&b' ')).take(COMMENTS_TRIED) {
        let (before, comment) = line.split_at(at);
        let comment = comment.get(2..).unwrap_or_default();
        if !(comment.is_empty() || comment.starts_with(' ')) {
            continue;
        }
        if let Some((name, cells)) = split_fields(before) {
            return Some(Fields { name, cells, comment: comment.trim() });
        }
    }
    // Without a description there may still be a unit.
    if let Some((name, cells)) = split_fields(line) {
        return Some(Fields { name, cells, comment: "" });
    }
    let (before, Some(_)) = split_unit(line.trim_end()) else { return None };
    let (name, cells) = split_fields(before)?;
    Some(Fields { name, cells, comment: line.get(before.len()..).unwrap_or_default().trim() })
}

fn split_fields(fields: &str) -> Option<(&str, Cells<'_>)> {
    if let Some((name, cells)) = fields.split_once(" |")
        && row(cells).all(|cell| cell.is_some())
    {
        let name = name.trim();
        return (!name.is_empty()).then_some((name, Cells::Row(cells)));
    }
    let (name, cell) = split_cell(fields)?;
    let name = name.trim();
    // A bar before the value is a histogram whose other cells make no sense.
    (!name.is_empty() && !name.ends_with('|')).then_some((name, Cells::One(cell)))
}

/// The cells of a histogram on one line; `None` for what is no cell.
pub(super) fn row(cells: &str) -> impl Iterator<Item = Option<Cell>> {
    cells.split(" |").map(|cell| match split_cell(cell) {
        Some((before, cell)) if before.trim().is_empty() => Some(cell),
        _ => None,
    })
}

/// Splits the value and its shares off the end: per cents stand last, two at most.
fn split_cell(fields: &str) -> Option<(&str, Cell)> {
    let (rest, last) = split_share(fields.trim_end());
    let (rest, before) = split_share(rest);
    let (pdf, cdf) = if before.is_some() { (before, last) } else { (last, None) };
    let (rest, word) = split_word(rest);
    number(word).map(|value| (rest, Cell { value, pdf, cdf }))
}

fn split_share(fields: &str) -> (&str, Option<f64>) {
    let (rest, word) = split_word(fields);
    match word.strip_suffix('%').and_then(number) {
        Some(share) => (rest, Some(share)),
        None => (fields, None),
    }
}

fn split_word(text: &str) -> (&str, &str) {
    let (before, word) = text.rsplit_once(char::is_whitespace).unwrap_or(("", text));
    (before.trim_end(), word)
}

/// The name of a line in the form that nearly every line has: a name without spaces, a value, its shares, a comment.
/// `None` tells nothing; a name is the one that [`split`] finds, found much faster.
pub(super) fn plain_name(line: &[u8]) -> Option<&[u8]> {
    let (name, rest) = line.split_at(memchr::memchr(b' ', line)?);
    let mut rest = skip_number(skip_spaces(rest))?;
    for _ in 0..2 {
        match skip_number(skip_spaces(rest)).and_then(|rest| rest.strip_prefix(b"%")) {
            Some(behind) => rest = behind,
            None => break,
        }
    }
    let comment = skip_spaces(rest);
    let is_end = comment.is_empty() || (comment.len() < rest.len() && matches!(comment, [b'#'] | [b'#', b' ', ..]));
    // Other white space than spaces would be trimmed from the ends.
    let is_plain_end = |end: Option<&u8>| end.is_some_and(|byte| byte.is_ascii_graphic() && *byte != b'|');
    let is_name = name.is_ascii() && is_plain_end(name.first()) && is_plain_end(name.last());
    (is_end && is_name).then_some(name)
}

/// Eight at a time: gem5 puts its columns under each other, so that a third of a file is spaces.
fn skip_spaces(mut text: &[u8]) -> &[u8] {
    while let Some((first, rest)) = text.split_first_chunk::<8>() {
        let others = u64::from_le_bytes(*first) ^ u64::from_le_bytes([b' '; 8]);
        if others != 0 {
            return text.get(others.trailing_zeros() as usize / 8..).unwrap_or_default();
        }
        text = rest;
    }
    let spaces = text.iter().take_while(|byte| **byte == b' ').count();
    text.get(spaces..).unwrap_or_default()
}

/// What stands behind a number that [`number`] takes.
fn skip_number(text: &[u8]) -> Option<&[u8]> {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return text.strip_prefix(b"nan").or_else(|| text.strip_prefix(b"inf"));
    }
    let rest = text.get(digits..)?;
    let Some(decimals) = rest.strip_prefix(b".") else { return Some(rest) };
    let digits = decimals.iter().take_while(|byte| byte.is_ascii_digit()).count();
    decimals.get(digits..)
}

/// A value as `text.cc` writes it: a decimal, `nan`, `inf` or `-inf`; up to 2012 `no_value` for a quotient by zero, which is `nan`
/// since.
fn number(word: &str) -> Option<f64> {
    if word == "no_value" {
        return Some(f64::NAN);
    }
    let digits = word.strip_prefix('-').unwrap_or(word);
    let is_value = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') || matches!(digits, "nan" | "inf");
    if is_value { word.parse().ok() } else { None }
}

/// Splits the unit off a description. The unit is the last group in parentheses; a description of 20.x that happens
/// to end with one is taken for a unit, because nothing tells them apart.
pub(super) fn split_unit(comment: &str) -> (&str, Option<&str>) {
    match last_group(comment) {
        Some((description, unit)) => {
            // A ratio is written `((Count/Second))`.
            let unit = last_group(unit).and_then(|(before, inner)| before.is_empty().then_some(inner)).unwrap_or(unit);
            (description.trim_end(), Some(unit))
        }
        None => (comment, None),
    }
}

/// What stands before the group in parentheses that ends the text, and what stands in it.
fn last_group(text: &str) -> Option<(&str, &str)> {
    let body = text.strip_suffix(')')?;
    let mut depth = 1_u32;
    for (at, c) in body.char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((body.get(..at)?, body.get(at + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(name: &str, value: f64, description: &str, unit: Option<&str>) -> StatLine {
        StatLine {
            name: name.to_owned(),
            value,
            pdf: None,
            cdf: None,
            description: description.to_owned(),
            unit: unit.map(ToOwned::to_owned),
        }
    }

    fn shared(line: StatLine, pdf: f64, cdf: f64) -> StatLine {
        StatLine { pdf: Some(pdf), cdf: Some(cdf), ..line }
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
                shared(
                    stat(
                        "system.cpu.commitStats0.committedInstType::IntAlu",
                        4521.0,
                        "Class of committed instruction.",
                        Some("Count"),
                    ),
                    72.31,
                    72.4,
                ),
            ),
            (
                "sim_seconds                                  0.000045                       # Number of seconds simulated",
                stat("sim_seconds", 0.000_045, "Number of seconds simulated", None),
            ),
            ("simTicks 144079000", stat("simTicks", 144_079_000.0, "", None)),
            (
                "system.cpu.lsq0.loadToUse::10-19 397 5.60% 97.46% ",
                shared(stat("system.cpu.lsq0.loadToUse::10-19", 397.0, "", None), 5.6, 97.46),
            ),
            ("a.b::Read Req          -12.5                       # x", stat("a.b::Read Req", -12.5, "x", None)),
            ("x -inf # y ()", stat("x", f64::NEG_INFINITY, "y", Some(""))),
            ("x 5                        (Byte)", stat("x", 5.0, "", Some("Byte"))),
            ("x 5 ((Count/(Tick/Second)))", stat("x", 5.0, "", Some("Count/(Tick/Second)"))),
            ("a::port 3 # 1    7      # x # y (z)", stat("a::port", 3.0, "1    7      # x # y", Some("z"))),
            ("a::port #1       7      # x", stat("a::port #1", 7.0, "x", None)),
            ("a::b # c         7      # x", stat("a::b # c", 7.0, "x", None)),
            ("a::x |y          7      # x", stat("a::x |y", 7.0, "x", None)),
            ("a::50% 7", stat("a::50%", 7.0, "", None)),
        ];
        for (line, expected) in lines {
            assert_eq!(parse_line(line), Some(expected), "{line}");
        }
        assert!(
            parse_line("system.l2c.demand_miss_rate::1   no_value   # miss rate for demand accesses")
                .unwrap()
                .value
                .is_nan()
        );
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
    fn a_begin_line_may_call_its_dump_by_a_name() {
        let begin = |rest: &str| label(format!("---------- Begin Simulation Statistics{rest}").as_bytes());
        let is = |label: &str| Some(label.to_owned());
        assert_eq!(begin(" ----------"), None);
        assert_eq!(begin(" : end of ROI ----------"), is("end of ROI"));
        assert_eq!(begin(" : a: b -- c ----------"), is("a: b -- c"));
        assert_eq!(begin(" :  ----------"), None);
        assert_eq!(begin(" : first line"), is("first line"));
        assert_eq!(begin(" : -----------"), is("-"));
        assert_eq!(label(b"---------- End Simulation Statistics   ----------"), None);
        assert_eq!(label(b"---------- Begin Simulation Statistics : \xff ----------"), is("\u{fffd}"));
    }

    #[test]
    fn the_fast_way_to_a_name_takes_no_line_that_is_not_plain() {
        let name = |line: &'static str| plain_name(line.as_bytes()).map(|name| std::str::from_utf8(name).unwrap());
        for line in [
            "a.b::c 5",
            "a.b::c                 nan                       # x",
            "a.b::c        5      1.00%    100.00% # x",
            "a.b::c -0.5 1.00% 2.00%",
            "a.b::c 5 #",
        ] {
            assert_eq!(name(line), Some("a.b::c"), "{line}");
            assert_eq!(split(line).unwrap().name, "a.b::c", "{line}");
        }
        for line in [
            "a::b 3 5 # x",
            "a::b 3x",
            "a::b 3 (Byte)",
            "a::b 3#x",
            "a::b 3 #x",
            "a::b 1% 2% 3% 4",
            "a::b 5 1% 2% 3%",
            "h | 5 1% 1%",
            "h |5",
            " a 5",
            "a",
            "é 5",
            "a nano",
            "a 1.2.3 # 5",
            "simTicks\r 144079000",
            "\tsimTicks 144079000",
        ] {
            assert_eq!(name(line), None, "{line}");
        }
    }

    #[test]
    fn a_histogram_on_one_line_has_its_cells_in_order() {
        for line in [
            "system.ruby.hist            |      112654     98.64%     98.64% |          11      0.01%     98.65% (Unspecified)",
            "system.ruby.hist            |      112654     98.64%     98.64% |          11      0.01%     98.65% # d # e (Count)",
            "system.ruby.hist |112654 98.64% 98.64% |11 0.01% 98.65%",
        ] {
            let Fields { name, cells: Cells::Row(cells), .. } = split(line).unwrap() else { panic!("{line}") };
            let values: Vec<_> = row(cells).map(|cell| cell.map(|cell| (cell.value, cell.pdf, cell.cdf))).collect();
            assert_eq!(name, "system.ruby.hist");
            let expected = [Some((112_654.0, Some(98.64), Some(98.64))), Some((11.0, Some(0.01), Some(98.65)))];
            assert_eq!(values, expected, "{line}");
        }
        let empty = "h                                        |           0                       |           0                       # d";
        let Cells::Row(cells) = split(empty).unwrap().cells else { panic!("a row") };
        assert!(row(cells).all(|cell| cell == Some(Cell { value: 0.0, pdf: None, cdf: None })));
    }

    #[test]
    fn a_marker_with_a_message_is_still_a_marker() {
        assert_eq!(marker(b"---------- Begin Simulation Statistics ----------"), Some(Marker::Begin));
        assert_eq!(marker(b"---------- Begin Simulation Statistics : ROI ----------"), Some(Marker::Begin));
        assert_eq!(marker(b"---------- End Simulation Statistics   ----------"), Some(Marker::End));
        assert_eq!(marker(b"---------- Begin Simulation Statisticsx"), None);
        assert_eq!(marker(b"---------- Begin Simulation Statistics_2 ----------"), None);
        assert_eq!(marker(b"--------- End Simulation Statistics   ----------"), None);
    }
}
