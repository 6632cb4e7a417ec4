//! The rows of a log where lines that repeat are one.

use std::io;

use crate::rundir::log_file::{LogFile, RawLine};
use crate::tui::reading::{Fold, Top};

/// Fewer lines that are the same are not folded: two are no flood, and blank lines part things.
const LEAST: u64 = 3;
/// A run of more bytes comes in several rows.
pub(super) const REACH: u64 = 128 << 10;
/// Bytes of runs that are folded at a time on the side of the screen, a few milliseconds from a warm cache, and on the other side.
/// Behind them every line is shown: a screen that began with so many repeats is full before that.
const SEEN: u64 = 4 << 20;
const UNSEEN: u64 = 1 << 20;

/// A line, or many that are the same.
#[derive(Debug)]
pub(super) struct Row {
    /// The first of them.
    pub(super) line: RawLine,
    pub(super) fold: Option<Fold>,
    /// Where the next row begins.
    pub(super) end: u64,
}

impl Row {
    fn plain(line: RawLine) -> Self {
        Self { end: line.end, line, fold: None }
    }
}

/// The rows around a place: `margin` before it, and twice as many from it on, or at the end.
pub(super) fn rows(file: &mut LogFile, top: Top, margin: usize, folds: bool) -> io::Result<Vec<Row>> {
    let budget = |bytes: u64| if folds { bytes } else { 0 };
    let Top::At { offset, .. } = top else {
        let end = file.len();
        return before(file, (end, true), margin * 2, budget(SEEN));
    };
    let at = file.line_start(offset)?;
    let place = match file.lines_from(at, 1)?.first() {
        Some(line) if folds => file.run_start(line, REACH)?,
        _ => (at, true),
    };
    let mut rows = before(file, place, margin, budget(UNSEEN))?;
    rows.extend(from(file, place, margin * 2, budget(SEEN))?);
    Ok(rows)
}

/// Where the lines end that are shown as one with the line at `offset`, if that is the first of them.
pub(super) fn end_of(file: &mut LogFile, line: &RawLine) -> io::Result<u64> {
    let (start, is_first) = file.run_start(line, REACH)?;
    if start != line.start {
        return Ok(line.end);
    }
    let (end, _) = file.run_end(line, is_first, REACH)?;
    Ok(if count(line, end) < LEAST { line.end } else { end })
}

/// About `most` rows from a place on. A place is where a run begins, and whether it does not go on there from a row before it.
fn from(file: &mut LogFile, place: (u64, bool), most: usize, mut budget: u64) -> io::Result<Vec<Row>> {
    let (mut at, mut is_first) = place;
    let mut rows = Vec::new();
    while rows.len() < most {
        let Some(line) = file.lines_from(at, 1)?.pop() else { break };
        let (end, goes_on) = if budget > 0 { file.run_end(&line, is_first, REACH)? } else { (line.end, false) };
        budget = budget.saturating_sub(end - line.end);
        (at, is_first) = (end, !goes_on);
        rows.extend(of_run(file, line, end, goes_on)?);
    }
    Ok(rows)
}

/// About `most` rows before a place, first to last.
fn before(file: &mut LogFile, place: (u64, bool), most: usize, mut budget: u64) -> io::Result<Vec<Row>> {
    let (mut at, mut is_first) = place;
    let mut rows = Vec::new();
    while rows.len() < most {
        let Some(line) = file.lines_before(at, 1)?.pop() else { break };
        let (start, begins) = if budget > 0 { file.run_start(&line, REACH)? } else { (line.start, true) };
        budget = budget.saturating_sub(line.start - start);
        let first = if start == line.start { Some(line) } else { file.lines_from(start, 1)?.pop() };
        let Some(first) = first else { break };
        rows.extend(of_run(file, first, at, !is_first)?.into_iter().rev());
        (at, is_first) = (start, begins);
    }
    rows.reverse();
    Ok(rows)
}

fn count(line: &RawLine, end: u64) -> u64 {
    (end - line.start) / (line.end - line.start).max(1)
}

/// The rows of a run of which this is the first line.
fn of_run(file: &mut LogFile, line: RawLine, end: u64, goes_on: bool) -> io::Result<Vec<Row>> {
    let lines = count(&line, end);
    if lines >= LEAST {
        let last = end - (line.end - line.start);
        return Ok(vec![Row { line, fold: Some(Fold { lines, last, goes_on }), end }]);
    }
    let others = file.lines_from(line.end, lines.saturating_sub(1) as usize)?;
    Ok([line].into_iter().chain(others).map(Row::plain).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Seek as _, SeekFrom, Write as _};
    use std::path::PathBuf;

    use super::*;

    struct Bench {
        _dir: tempfile::TempDir,
        path: PathBuf,
    }

    impl Bench {
        fn new(text: &str) -> Self {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("log");
            fs::write(&path, text).unwrap();
            Self { _dir: dir, path }
        }

        fn rows(&self, top: Top, margin: usize) -> Vec<Row> {
            rows(&mut LogFile::open(&self.path).unwrap(), top, margin, true).unwrap()
        }
    }

    fn at(offset: u64) -> Top {
        Top::At { offset, row: 0 }
    }

    /// The texts, with how often each stands there.
    fn told(rows: &[Row]) -> Vec<String> {
        let tell = |row: &Row| {
            let text = String::from_utf8_lossy(&row.line.bytes).into_owned();
            row.fold
                .map_or(text.clone(), |fold| format!("{text} x{}{}", fold.lines, if fold.goes_on { "+" } else { "" }))
        };
        rows.iter().map(tell).collect()
    }

    #[test]
    fn three_lines_are_one_and_two_are_two() {
        let bench = Bench::new("begin\na\na\n\n\n\nb\nb\nb\nb\nend\nend");
        let wanted = ["begin", "a", "a", " x3", "b x4", "end", "end"];
        assert_eq!(told(&bench.rows(Top::End, 50)), wanted);
        // Wherever it is begun, also in the midst of them.
        for offset in 0..27 {
            assert_eq!(told(&bench.rows(at(offset), 50)), wanted, "{offset}");
        }
        let all = rows(&mut LogFile::open(&bench.path).unwrap(), Top::End, 50, false).unwrap();
        assert_eq!(told(&all).len(), 12);
    }

    #[test]
    fn no_line_is_lost_or_shown_twice_around_a_run_that_comes_in_several_rows() {
        let line = "warn: this simulation says the same again\n";
        let text = format!("begin\n{}end\n", line.repeat(20_000));
        let bench = Bench::new(&text);
        for top in [Top::End, at(0), at(6), at(400_001), at(text.len() as u64 - 1)] {
            let rows = bench.rows(top, 50);
            assert_eq!((rows[0].line.start, rows.last().unwrap().end), (0, text.len() as u64), "{top:?}");
            assert!(rows.windows(2).all(|two| two[0].end == two[1].line.start), "{top:?}");
            let lines: u64 = rows.iter().map(|row| row.fold.map_or(1, |fold| fold.lines)).sum();
            assert_eq!(lines, 20_002, "{top:?}");
            let folded: Vec<bool> = rows.iter().filter_map(|row| row.fold).map(|fold| fold.goes_on).collect();
            assert_eq!(folded, [true, true, true, true, true, false], "{top:?}");
        }
    }

    #[test]
    fn a_run_that_grows_gets_longer_and_keeps_its_place() {
        let bench = Bench::new("begin\nx\nx\nx\n");
        let mut log = LogFile::open(&bench.path).unwrap();
        let mut last = |more: &str| {
            fs::OpenOptions::new().append(true).open(&bench.path).unwrap().write_all(more.as_bytes()).unwrap();
            log.refresh().unwrap();
            let rows = rows(&mut log, Top::End, 50, true).unwrap();
            (told(&rows), rows[1].line.start)
        };
        assert_eq!(last("x"), (vec!["begin".to_owned(), "x x3".to_owned(), "x".to_owned()], 6));
        assert_eq!(last("\n"), (vec!["begin".to_owned(), "x x4".to_owned()], 6));
        assert_eq!(last("y\n"), (vec!["begin".to_owned(), "x x4".to_owned(), "y".to_owned()], 6));
    }

    #[test]
    fn a_gigabyte_of_one_line_is_looked_at_in_parts_and_scrolled_through() {
        let bench = Bench::new("");
        let mut file = fs::OpenOptions::new().write(true).open(&bench.path).unwrap();
        // A hole is read as zero bytes, so the lines are written only where it is looked.
        file.set_len(1 << 30).unwrap();
        for place in [0, 500 << 20, (1 << 30) - (8 << 20)] {
            file.seek(SeekFrom::Start(place)).unwrap();
            file.write_all(&b"0123456\n".repeat(1 << 20)).unwrap();
        }
        for top in [at(0), at((502 << 20) + 3), Top::End] {
            let rows = bench.rows(top, 100);
            let is_seen = |row: &&Row| match top {
                Top::At { offset, .. } => row.end > offset,
                Top::End => true,
            };
            let folded = rows.iter().filter(is_seen).filter(|row| row.fold.is_some()).count();
            assert!(folded >= 30, "{folded} rows stand for many lines");
            let bytes: u64 = rows.iter().map(|row| row.end - row.line.start).sum();
            assert!(bytes < SEEN + UNSEEN + 5 * REACH, "{bytes}");
        }
    }
}
