//! The forms in which scripts tell the end.
//!
//! gem5 itself says nothing when `simulate()` returns: the script asks for tick, cause and code, and prints what it likes. The
//! table has each form that gem5's own `configs/` have printed from 20.0 to 25.1, and those that laboratories made of them.

use std::sync::LazyLock;

use regex::{Captures, Regex, RegexBuilder};

use super::super::cause::{Cause, class_of};
use super::clip::clip;
use super::place::leading_number;

/// `Exiting @ tick N because CAUSE`, in whatever form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitLine {
    /// The tick.
    pub tick: u64,
    /// The cause: an open set of phrases.
    pub cause: String,
}

/// One form.
struct Form {
    /// What the line looks like, with the groups `cause`, `tick` and `code`. Without a tick, it is on the line before.
    line: &'static str,
    /// Whether anybody could write such a line, so that it counts only with a cause that gem5 is known to give.
    asks_for_known_cause: bool,
}

/// Every form, the more exact ones first. The words in front may be a simulated program's unfinished line.
const FORMS: [Form; 6] = [
    // configs/example/hmctest.py, 20.0 to 24.0.
    Form {
        line: r"Exiting @ tick (?<tick>\d+) because (?<cause>.*?) \(exit code is (?<code>-?\d+)\)$",
        asks_for_known_cause: false,
    },
    // Scripts that were made of learning_gem5's, such as those of the Batten group, end the line with the code.
    Form {
        line: r"Exiting @ tick (?<tick>\d+) because (?<cause>.*?)[.,;]? \(?(?i:exit code|code):? (?<code>-?\d+)[.)]*$",
        asks_for_known_cause: false,
    },
    // configs/common/Simulation.py, learning_gem5, the testers, splash2, gpufs/runfs.py, lupv/run_lupv.py and gem5_library;
    // `cycle` before gem5 was called so.
    Form { line: r"Exiting @ (?:tick|cycle) (?<tick>\d+) because (?<cause>.*)$", asks_for_known_cause: false },
    // configs/example/arm: starter_se.py, starter_fs.py, baremetal.py, etrace_se.py.
    Form { line: r"^(?<cause>.+) \((?<code>-?\d+)\) @ (?<tick>\d+)$", asks_for_known_cause: true },
    // configs/example/arm: fs_bigLITTLE.py, ruby_fs.py; starter_fs.py and baremetal.py up to 21.0.
    Form { line: r"^(?<cause>.+?) +@ +(?<tick>\d+)$", asks_for_known_cause: true },
    // configs/example/apu_se.py (`Ticks: N` before it) and ruby_gpu_random_test.py (`Exiting tick:  N`).
    Form { line: r"^Exiting because +(?<cause>.*)$", asks_for_known_cause: false },
];

/// What the line before a form without a tick begins with.
const TICK_LINES: [&str; 2] = ["Ticks: ", "Exiting tick: "];

static LINES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    #[expect(clippy::unwrap_used, reason = "the table is constant, and a test reads all of it")]
    FORMS.iter().map(|form| Regex::new(form.line).unwrap()).collect()
});

/// What a laboratory's own script prints, as somebody has taught it.
#[derive(Debug, Clone)]
pub struct OwnForm(Regex);

/// Bytes of a compiled expression of a user's.
const MAX_COMPILED: usize = 1 << 20;

impl OwnForm {
    /// The form of this pattern, which has the groups `tick` and `cause`, and may have `code`. `None` for any other.
    pub fn new(pattern: &str) -> Option<Self> {
        let regex = RegexBuilder::new(pattern).size_limit(MAX_COMPILED).build().ok()?;
        let has = |group: &str| regex.capture_names().flatten().any(|name| name == group);
        (has("tick") && has("cause")).then_some(Self(regex))
    }

    /// The end that a line tells in this form.
    pub(super) fn read(&self, line: &str) -> Option<(ExitLine, Option<i64>)> {
        told(&self.0.captures(line)?, None)
    }
}

/// The end that a line tells, and the code of the exit event if it tells that too. `before` is the tick that the line before told.
pub(super) fn exit_line(line: &str, before: Option<u64>) -> Option<(ExitLine, Option<i64>)> {
    // Nearly every line ends here.
    if !line.contains(" @ ") && !line.starts_with("Exiting because ") {
        return None;
    }
    // The last one on the line is gem5's, whatever a simulated program wrote before it.
    let line = line.rfind("Exiting @ ").map_or(line, |at| line.get(at..).unwrap_or_default()).trim_end();
    FORMS.iter().zip(LINES.iter()).find_map(|(form, regex)| {
        let (exit, code) = told(&regex.captures(line)?, before)?;
        let is_known = !form.asks_for_known_cause || class_of(&exit.cause) != Cause::Other;
        is_known.then_some((exit, code))
    })
}

/// The tick that a line tells for a form without one on the next line.
pub(super) fn tick_line(line: &str) -> Option<u64> {
    TICK_LINES.iter().find_map(|start| leading_number(line.strip_prefix(start)?.trim_start()))
}

fn told(captures: &Captures<'_>, before: Option<u64>) -> Option<(ExitLine, Option<i64>)> {
    let tick = match captures.name("tick") {
        // A tick of 2^64, as a script prints it that counts in floats, is the end of time as well.
        Some(tick) => tick.as_str().parse::<u128>().ok()?.try_into().unwrap_or(u64::MAX),
        None => before?,
    };
    let cause = clip(captures.name("cause")?.as_str().trim());
    let code = captures.name("code").and_then(|code| code.as_str().parse().ok());
    Some((ExitLine { tick, cause }, code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<(u64, String, Option<i64>)> {
        let mut before = None;
        let mut found = None;
        for line in text.lines() {
            found = exit_line(line, before).or(found);
            before = tick_line(line);
        }
        found.map(|(exit, code)| (exit.tick, exit.cause, code))
    }

    /// Each form of gem5's own `configs/`, with the file and the releases that print it.
    #[test]
    fn every_form_of_gem5s_own_scripts_tells_tick_cause_and_code() {
        let forms = [
            // configs/common/Simulation.py:818, learning_gem5, memtest.py, ruby_random_test.py, garnet_synth_traffic.py
            ("Exiting @ tick 5 because simulate() limit reached", 5, "simulate() limit reached", None),
            // configs/example/lupv/run_lupv.py:120, gem5_library/arm-hello.py:95, power-hello.py:87
            (
                "Exiting @ tick 5 because exiting with last active thread context.",
                5,
                "exiting with last active thread context.",
                None,
            ),
            // configs/example/hmctest.py
            (
                "Exiting @ tick 5 because simulate() limit reached (exit code is 0)",
                5,
                "simulate() limit reached",
                Some(0),
            ),
            // configs/example/arm/starter_se.py:231, starter_fs.py:206, baremetal.py:239, etrace_se.py:187
            (
                "exiting with last active thread context (7) @ 698474000",
                698_474_000,
                "exiting with last active thread context",
                Some(7),
            ),
            ("m5_fail instruction encountered (3) @ 12", 12, "m5_fail instruction encountered", Some(3)),
            ("Kernel panic in simulated kernel (1) @ 12", 12, "Kernel panic in simulated kernel", Some(1)),
            // configs/example/arm/fs_bigLITTLE.py, ruby_fs.py
            ("m5_exit instruction encountered  @  27", 27, "m5_exit instruction encountered", None),
            // configs/example/apu_se.py:1068
            (
                "Ticks: 99\nExiting because  exiting with last active thread context",
                99,
                "exiting with last active thread context",
                None,
            ),
            // configs/example/ruby_gpu_random_test.py:415
            ("Exiting tick:  77\nExiting because  GPU Ruby Tester: Passed!", 77, "GPU Ruby Tester: Passed!", None),
            // configs/example/gpufs/runfs.py
            ("Exiting @ tick 8 because GPU Kernel Completed", 8, "GPU Kernel Completed", None),
            // The scripts of a laboratory.
            (
                "Exiting @ tick 698474000 because exiting with last active thread context. Exit code 3",
                698_474_000,
                "exiting with last active thread context",
                Some(3),
            ),
            // M5 2.0.
            ("Exiting @ cycle 30 because target called exit()", 30, "target called exit()", None),
            // Behind the unfinished line of a simulated program.
            ("100 % Exiting @ tick 5 because checkpoint", 5, "checkpoint", None),
            (
                "Exiting @ tick 18446744073709551616 because simulate() limit reached",
                u64::MAX,
                "simulate() limit reached",
                None,
            ),
        ];
        for (text, tick, cause, code) in forms {
            assert_eq!(of(text), Some((tick, cause.to_owned(), code)), "{text}");
        }
    }

    #[test]
    fn a_form_of_ones_own_is_read_as_it_was_taught() {
        let form = OwnForm::new(r"^\[lab\] (?<cause>.*) at (?<tick>[0-9]+), rc=(?<code>-?[0-9]+)$").unwrap();
        let (exit, code) = form.read("[lab] m5_fail instruction encountered at 77, rc=4").unwrap();
        assert_eq!((exit.tick, exit.cause.as_str(), code), (77, "m5_fail instruction encountered", Some(4)));
        assert!(form.read("[lab] booting").is_none());
        for pattern in ["(?<cause>.*)", "(?<tick>[0-9]+)", "(", ""] {
            assert!(OwnForm::new(pattern).is_none(), "{pattern}");
        }
    }

    #[test]
    fn what_a_simulated_program_writes_is_no_end() {
        for line in [
            "error (3) @ 12",
            "user @ 7",
            "Exiting because I want to",
            "Exiting @ tick many because of it",
            "Exiting @ tick 5",
            "meet me @ 12",
        ] {
            assert_eq!(of(line), None, "{line}");
        }
    }
}
