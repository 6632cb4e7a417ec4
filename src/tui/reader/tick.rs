//! Looking for a tick in a log whose lines begin with one, as gem5's debug flags write them: `  2500: system.cpu: …`.
//!
//! Ticks only grow, so the line is found by halving, in a few looks however large the file is.

use std::io;
use std::sync::LazyLock;

use crate::rundir::{Found, LinePattern, LogFile};

/// Bytes that are looked at before something else may be wanted.
const STEP: u64 = 4 << 20;
/// A part of the file that is no longer than this is read from its front.
const NEAR: u64 = 16 << 10;

static TICK: LazyLock<LinePattern> = LazyLock::new(|| {
    LinePattern::new(r"^ *\d+: ", false, LinePattern::USUAL_SIZE).expect("the pattern is one, as a test checks")
});

/// What a step of a search came to, whatever is looked for.
pub(super) enum Step {
    /// Nothing; so much of the file has been looked at.
    NotYet(f64),
    /// The line begins here.
    At(u64),
    /// There is none.
    Nowhere,
}

pub(super) struct TickSearch {
    wanted: u64,
    /// Every tick before this place is too early.
    low: u64,
    /// From here on none is too early, if any is there.
    high: Option<u64>,
    /// The first line that is known not to be too early.
    best: Option<u64>,
    /// Where the part begins in which a tick is looked for, and how far that has come.
    probe: Option<(u64, u64)>,
}

impl TickSearch {
    pub(super) fn new(wanted: u64) -> Self {
        Self { wanted, low: 0, high: None, best: None, probe: None }
    }

    /// Looks a little further.
    pub(super) fn step(&mut self, file: &mut LogFile) -> io::Result<Step> {
        let high = *self.high.get_or_insert(file.len());
        let (start, at) = if let Some(probe) = self.probe.take() {
            probe
        } else {
            let room = high.saturating_sub(self.low);
            let middle = if room <= NEAR { self.low } else { file.line_start(self.low + room / 2)? };
            let start = middle.max(self.low);
            (start, start)
        };
        let found = match file.find(&TICK, at, true, STEP)? {
            Found::Found { start: line } => Some(line).filter(|line| *line < high),
            Found::NotHere { next_offset } if next_offset < high => {
                self.probe = Some((start, next_offset));
                return Ok(self.not_yet(file));
            }
            Found::NotHere { .. } | Found::End => None,
        };
        let is_all = start == self.low;
        match found {
            Some(line) => {
                let line = file.lines_from(line, 1)?.into_iter().next();
                let Some(line) = line else { return Ok(Step::Nowhere) };
                if tick_of(&line.bytes).is_some_and(|tick| tick < self.wanted) {
                    self.low = line.end;
                } else if is_all {
                    return Ok(Step::At(line.start));
                } else {
                    self.best = Some(line.start);
                    self.high = Some(start);
                }
            }
            None if is_all => return Ok(self.best.map_or(Step::Nowhere, Step::At)),
            None => self.high = Some(start),
        }
        Ok(self.not_yet(file))
    }

    fn not_yet(&self, file: &LogFile) -> Step {
        let left = self.high.unwrap_or(0).saturating_sub(self.low);
        Step::NotYet(1.0 - left as f64 / file.len().max(1) as f64)
    }
}

/// The tick that a line begins with.
fn tick_of(line: &[u8]) -> Option<u64> {
    let line = line.trim_ascii_start();
    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(line.get(..digits)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_first_line_of_a_tick_or_a_later_one_is_found_among_lines_without() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let line =
            |n: u64| if n.is_multiple_of(3) { format!("{:>9}: system.cpu: x\n", n * 500) } else { "text\n".to_owned() };
        let text: String = (0..20_000).map(line).collect();
        fs::write(&path, &text).unwrap();
        let mut file = LogFile::open(&path).unwrap();
        let mut find = |wanted: u64| {
            let mut search = TickSearch::new(wanted);
            loop {
                match search.step(&mut file).unwrap() {
                    Step::NotYet(part) => assert!((0.0..=1.0).contains(&part)),
                    Step::At(at) => break text[at as usize..].trim_start().split(':').next().map(str::to_owned),
                    Step::Nowhere => break None,
                }
            }
        };
        for (wanted, expected) in [
            (0, Some("0")),
            (1, Some("1500")),
            (1500, Some("1500")),
            (4_999_500, Some("4999500")),
            (4_999_501, Some("5001000")),
            (9_999_000, Some("9999000")),
            (9_999_001, None),
        ] {
            assert_eq!(find(wanted).as_deref(), expected, "{wanted}");
        }
    }

    #[test]
    fn a_log_without_ticks_has_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        fs::write(&path, "text\n".repeat(50_000)).unwrap();
        let mut file = LogFile::open(&path).unwrap();
        let mut search = TickSearch::new(1);
        loop {
            match search.step(&mut file).unwrap() {
                Step::NotYet(_) => {}
                Step::At(at) => panic!("found at {at}"),
                Step::Nowhere => break,
            }
        }
    }
}
