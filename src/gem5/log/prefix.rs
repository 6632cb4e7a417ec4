//! What a runner puts before every line: a time (`ts`, journald, GitHub), a name (docker compose, parallel), a rank (srun,
//! mpirun).
//!
//! There are more runners than anybody can list, but each puts its words before gem5's banner as well. So what stands there
//! is what they begin every line with, whatever its digits are.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

/// A longer text before the banner is no prefix.
const MAX_PREFIX: usize = 128;

/// The first line of gem5's banner (`src/python/m5/main.py`).
static BANNER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("gem5 Simulator System."));

/// What stands before every line; usually nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prefix(String);

impl Prefix {
    /// What stands before the banner, if this line is its first.
    pub(super) fn before_banner(line: &str) -> Option<Self> {
        let front = line.get(..BANNER.find(line.as_bytes())?)?;
        Some(Self(if front.len() <= MAX_PREFIX { front.to_owned() } else { String::new() }))
    }

    /// Whether the line is the banner's first behind a prefix. Its address tells it from a text about gem5.
    pub(super) fn is_before_banner(line: &[u8]) -> bool {
        let at = BANNER.find(line).filter(|at| *at <= MAX_PREFIX);
        at.and_then(|at| line.get(at..)?.strip_prefix(BANNER.needle())).is_some_and(|rest| rest.starts_with(b"  http"))
    }

    /// Whether there is any.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The line as gem5 wrote it.
    pub(super) fn strip<'a>(&self, line: &'a str) -> Cow<'a, str> {
        if let Some(inner) = of_simbricks(line) {
            return Cow::Owned(inner);
        }
        if self.is_empty() {
            return line.into();
        }
        // Blanks at the end of an empty line are lost on the way.
        let blank = || same_but_for_numbers(self.0.trim_end(), line).filter(|rest| rest.is_empty());
        same_but_for_numbers(&self.0, line).or_else(blank).unwrap_or(line).into()
    }
}

/// What follows the pattern at the front of the line. A run of digits is equal to any other, and so is a run of blanks.
fn same_but_for_numbers<'a>(pattern: &str, line: &'a str) -> Option<&'a str> {
    let (mut pattern, mut line) = (pattern, line);
    while let Some(first) = pattern.chars().next() {
        let is_run: fn(char) -> bool = match first {
            '0'..='9' => |c| c.is_ascii_digit(),
            ' ' => |c| c == ' ',
            _ => {
                line = line.strip_prefix(first)?;
                pattern = pattern.get(first.len_utf8()..)?;
                continue;
            }
        };
        let rest = line.trim_start_matches(is_run);
        if rest.len() == line.len() {
            return None;
        }
        pattern = pattern.trim_start_matches(is_run);
        // The blanks that a line of gem5 begins with are its own.
        line = if first == ' ' && pattern.is_empty() { line.get(1..)? } else { rest };
    }
    Some(line)
}

/// `host.host.0 ERR: ['text']`, as `SimBricks` tells what its hosts write; a list of lines as Python prints it.
fn of_simbricks(line: &str) -> Option<String> {
    let inner = line.strip_suffix("']")?;
    let (host, text) = inner.split_once(" ERR: ['").or_else(|| inner.split_once(" OUT: ['"))?;
    (!host.contains(' ')).then(|| text.replace("\\t", "\t").replace("\\r", ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_banner_stands_before_every_line() {
        let rows = [
            ("Nov 29 10:00:00 ", "Nov 29 10:00:07 panic: x"),
            ("[2024-11-29 10:00:00] ", "[2024-12-01 23:59:59] panic: x"),
            (" 3: ", " 3: panic: x"),
            ("gem5-1  | ", "gem5-1  | panic: x"),
            ("canneal\t", "canneal\tpanic: x"),
            ("[1,0]<stdout>:", "[1,0]<stdout>:panic: x"),
            ("2024-11-29T10:00:00.1234567Z ", "2024-11-29T10:00:01.12Z panic: x"),
            ("> ", "> panic: x"),
            ("", "panic: x"),
            // A line of somebody else.
            ("> ", "panic: x"),
        ];
        for (front, line) in rows {
            let prefix =
                Prefix::before_banner(&format!("{front}gem5 Simulator System.  https://www.gem5.org")).unwrap();
            assert_eq!(prefix.strip(line), "panic: x", "{front:?}");
        }
        let quoted = Prefix("> ".to_owned());
        assert_eq!(quoted.strip(">   /x/run.py(3): f"), "  /x/run.py(3): f");
        assert_eq!(quoted.strip(">"), "");
        assert_eq!(Prefix::before_banner("gem5 is copyrighted software"), None);
    }

    #[test]
    fn a_line_in_a_list_of_lines_is_that_line() {
        let strip = |line| Prefix::default().strip(line).into_owned();
        assert_eq!(strip("host.host.0 ERR: ['\\tsystem.a']"), "\tsystem.a");
        assert_eq!(strip("it said ERR: ['x']"), "it said ERR: ['x']");
    }
}
