//! The forms in which scripts tell the end.
//!
//! gem5 itself says nothing when `simulate()` returns: the script asks for tick, cause and code, and prints what it likes. The
//! table has each form that gem5's own `configs/`, `util/` and `ext/` have printed from 20.0 to 25.1, and those that laboratories
//! made of them. Whoever prints something else still prints one of the causes that gem5 is known to give, and is believed
//! for that: the last row.

use std::sync::LazyLock;

use regex::{Captures, Regex, RegexBuilder};

use super::super::cause::{Cause, class_of, telling_phrases};
use super::clip::clip;
use super::line::split_exception;
use super::place::leading_number;

/// `Exiting @ tick N because CAUSE`, in whatever form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitLine {
    /// The tick, if it was told.
    pub tick: Option<u64>,
    /// The cause: an open set of phrases.
    pub cause: String,
    /// Only the cause is known, and the tick is a number that stands beside it: it may count from anywhere.
    pub is_loose: bool,
    /// It is in a form that is written on standard error.
    pub is_on_stderr: bool,
}

impl ExitLine {
    /// Whether gem5 did not go on behind it.
    pub(crate) fn is_final(&self) -> bool {
        !matches!(class_of(&self.cause), Cause::Step | Cause::Begin)
    }

    /// Whether its cause is a failure.
    pub(super) fn is_failure(&self) -> bool {
        class_of(&self.cause) == Cause::Failure
    }
}

/// One form.
struct Form {
    /// What the line looks like, with the groups `cause`, `tick` and `code`. Without a tick, it is on the line before.
    line: &'static str,
    /// Whether anybody could write such a line, so that it counts only with a cause that gem5 is known to give.
    asks_for_known_cause: bool,
    /// Whether it is written on standard error.
    is_on_stderr: bool,
}

/// A form on standard output that nobody else would write.
const fn form(line: &'static str) -> Form {
    Form { line, asks_for_known_cause: false, is_on_stderr: false }
}

/// Every form, the more exact ones first. The words in front may be a simulated program's unfinished line.
const FORMS: [Form; 8] = [
    // configs/example/hmctest.py, 20.0 to 24.0.
    form(r"Exiting @ tick (?<tick>\d+) because:? (?<cause>.*?) \(exit code is (?<code>-?\d+)\)$"),
    // Scripts that were made of learning_gem5's, such as those of the Batten group, end the line with the code.
    form(r"Exiting @ tick (?<tick>\d+) because:? (?<cause>.*?)[.,;]? \(?(?i:exit code|code):? (?<code>-?\d+)[.)]*$"),
    // configs/common/Simulation.py, learning_gem5, the testers, splash2, gpufs/runfs.py, lupv/run_lupv.py and gem5_library;
    // `cycle` before gem5 was called so.
    form(r"Exiting @ (?:tick|cycle) (?<tick>\d+) because:? (?<cause>.*)$"),
    // configs/example/arm: starter_se.py, starter_fs.py, baremetal.py, etrace_se.py.
    Form { line: r"^(?<cause>.+) \((?<code>-?\d+)\) @ (?<tick>\d+)$", asks_for_known_cause: true, is_on_stderr: false },
    // configs/example/arm: fs_bigLITTLE.py, ruby_fs.py; starter_fs.py and baremetal.py up to 21.0.
    Form { line: r"^(?<cause>.+?) +@ +(?<tick>\d+)$", asks_for_known_cause: true, is_on_stderr: false },
    // configs/example/apu_se.py (`Ticks: N` before it) and ruby_gpu_random_test.py (`Exiting tick:  N`).
    form(r"^Exiting because +(?<cause>.*)$"),
    // util/systemc/gem5_within_systemc/main.cc:385, util/tlm/src/sim_control.cc:163; both on standard error.
    Form { is_on_stderr: true, ..form(r"Exit at tick (?<tick>\d+), cause: (?<cause>.*)$") },
    // ext/sst/gem5.cc:268
    form(r"exiting: curTick\(\)=(?<tick>\d+) cause=`(?<cause>.*?)` code=(?<code>-?\d+)"),
];

/// Parts one of which every line of these forms has, except those with a known cause.
const PARTS: [&str; 3] = ["Exiting because ", "Exit at tick ", "exiting: curTick()="];

/// What the line before a form without a tick begins with.
const TICK_LINES: [&str; 2] = ["Ticks: ", "Exiting tick: "];

/// So many lines behind a cause may tell its tick and its code.
pub(super) const LINES_BESIDE: u8 = 2;

#[expect(clippy::unwrap_used, reason = "the table is constant, and a test reads all of it")]
static LINES: LazyLock<Vec<Regex>> =
    LazyLock::new(|| FORMS.iter().map(|form| Regex::new(form.line).unwrap()).collect());

/// A known cause, in any line. `configs/example/dramsys.py:61` and `config.py` of `util/systemc/systemc_within_gem5` print it
/// bare, `configs/example/apu_se.py:1020` `breaking loop due to: CAUSE.`, `boot_kvm_fork_run.py:221` of `tests/gem5`
/// `Boot finished CAUSE`, and laboratories `Simulation ended at tick N because: CAUSE`, `Exit cause: CAUSE | code: 7` or a line
/// of JSON.
#[expect(clippy::unwrap_used, reason = "escaped phrases are a pattern")]
static KNOWN: LazyLock<Regex> = LazyLock::new(|| {
    let phrases: Vec<String> = telling_phrases().map(regex::escape).collect();
    // What else belongs to the cause ends at a quote, at a number beside it or at the next sentence.
    Regex::new(&format!(r"(?<cause>(?:{})[^'\x22`|,;:@()]*)", phrases.join("|"))).unwrap()
});

#[expect(clippy::unwrap_used, reason = "constant patterns")]
static TICK: LazyLock<Regex> = LazyLock::new(|| {
    let before = r"(?:\bcurTick(?:\(\))?|\bticks?\b|@)[\x22':= ]*(?:at |is )?(?<tick>\d[\d,_]*)";
    Regex::new(&format!(r"(?i){before}|\b(?<behind>\d[\d,_]*) ticks\b")).unwrap()
});

#[expect(clippy::unwrap_used, reason = "constant patterns")]
static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?i)\bcode\b[\x22':= ]*(?:is )?(?<code>-?\d+)").unwrap());

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

/// The end that a line of one of the forms tells, and the code of the exit event if it tells that too. `before` is the tick that
/// the line before told.
pub(super) fn in_a_form(line: &str, before: Option<u64>) -> Option<(ExitLine, Option<i64>)> {
    // Nearly every line ends here.
    if !line.contains(" @ ") && !PARTS.iter().any(|part| line.contains(part)) {
        return None;
    }
    // The last one on the line is gem5's, whatever a simulated program wrote before it.
    let line = line.rfind("Exiting @ ").map_or(line, |at| line.get(at..).unwrap_or_default()).trim_end();
    FORMS.iter().zip(LINES.iter()).find_map(|(form, regex)| {
        let (exit, code) = told(&regex.captures(line)?, before)?;
        let exit = ExitLine { is_on_stderr: form.is_on_stderr, ..exit };
        let is_known = !form.asks_for_known_cause || class_of(&exit.cause) != Cause::Other;
        is_known.then_some((exit, code))
    })
}

/// The end that a line tells because it has one of the causes that gem5 is known to give.
pub(super) fn with_known_cause(line: &str) -> Option<(ExitLine, Option<i64>)> {
    let found = KNOWN.captures_iter(line).last()?;
    // An exception is told as such, and the standard library tells of events that it goes on behind.
    if split_exception(line).is_some() || line.starts_with("Exit event called at Tick ") {
        return None;
    }
    let cause = found.name("cause")?.as_str();
    let words = cause.split_once(" code").map_or(cause, |(cause, _)| cause);
    let cause = clip(words.trim_end_matches([' ', '.']));
    let exit = ExitLine { tick: tick_beside(line), cause, is_loose: true, is_on_stderr: false };
    Some((exit, code_beside(line)))
}

/// The tick that a line tells beside a cause, as `tick 5`, `"tick": 5`, `@ 5` or `5,000 ticks`.
pub(super) fn tick_beside(line: &str) -> Option<u64> {
    let found = TICK.captures_iter(line).last()?;
    let digits = found.name("tick").or_else(|| found.name("behind"))?.as_str();
    digits.replace([',', '_'], "").parse().ok()
}

/// The code that a line tells beside a cause.
pub(super) fn code_beside(line: &str) -> Option<i64> {
    CODE.captures(line)?.name("code")?.as_str().parse().ok()
}

/// Whether a line tells an end, in whatever form.
pub fn tells_end(line: &str) -> bool {
    in_a_form(line, Some(0)).or_else(|| with_known_cause(line)).is_some()
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
    let cause = captures.name("cause")?.as_str().trim();
    let unquoted = ['\'', '"', '`'].iter().find_map(|quote| cause.strip_prefix(*quote)?.strip_suffix(*quote));
    let code = captures.name("code").and_then(|code| code.as_str().parse().ok());
    let cause = clip(unquoted.unwrap_or(cause));
    Some((ExitLine { tick: Some(tick), cause, is_loose: false, is_on_stderr: false }, code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<(Option<u64>, String, Option<i64>)> {
        let mut before = None;
        let mut found = None;
        for line in text.lines() {
            found = in_a_form(line, before).or_else(|| with_known_cause(line)).or(found);
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
            // util/systemc/gem5_within_systemc/main.cc:385, util/tlm/src/sim_control.cc:163
            (
                "Exit at tick 5943000, cause: exiting with last active thread context",
                5_943_000,
                "exiting with last active thread context",
                None,
            ),
            // ext/sst/gem5.cc:268
            (
                "gem5Component-gem5_node->exiting: curTick()=77 cause=`m5_fail instruction encountered` code=2",
                77,
                "m5_fail instruction encountered",
                Some(2),
            ),
            // The formatter of a log.
            (
                "[INFO] Exiting @ tick 5 because 'm5_fail instruction encountered'",
                5,
                "m5_fail instruction encountered",
                None,
            ),
            ("Exiting @ tick 5 because: m5_fail instruction encountered", 5, "m5_fail instruction encountered", None),
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
            assert_eq!(of(text), Some((Some(tick), cause.to_owned(), code)), "{text}");
        }
    }

    #[test]
    fn a_known_cause_is_the_end_in_whatever_line_it_stands() {
        const FAIL: &str = "m5_fail instruction encountered";
        let lines = [
            ("m5_fail instruction encountered", None, FAIL, None),
            (
                "Simulation ended at tick 698474000 because: m5_fail instruction encountered",
                Some(698_474_000),
                FAIL,
                None,
            ),
            ("Exit cause: m5_fail instruction encountered | code: 7", None, FAIL, Some(7)),
            ("RESULT: m5_fail instruction encountered code=9", None, FAIL, Some(9)),
            ("breaking loop due to: m5_fail instruction encountered.", None, FAIL, None),
            ("Boot finished m5_fail instruction encountered", None, FAIL, None),
            (
                r#"{"event": "exit", "cause": "m5_fail instruction encountered", "tick": 5943000}"#,
                Some(5_943_000),
                FAIL,
                None,
            ),
            (
                "--> failed with exit event: Kernel panic in simulated system.",
                None,
                "Kernel panic in simulated system",
                None,
            ),
            ("Exit event: simulate() limit reached", None, "simulate() limit reached", None),
        ];
        for (line, tick, cause, code) in lines {
            assert_eq!(of(line), Some((tick, cause.to_owned(), code)), "{line}");
            assert!(tells_end(line), "{line}");
        }
        assert_eq!(tick_beside("Simulated time: 698,474,000 ticks"), Some(698_474_000));
        for line in
            ["NotImplementedError: Exit event 'm5_fail instruction encountered' not implemented", "a checkpoint"]
        {
            assert_eq!(of(line), None, "{line}");
        }
    }

    #[test]
    fn a_form_of_ones_own_is_read_as_it_was_taught() {
        let form = OwnForm::new(r"^\[lab\] (?<cause>.*) at (?<tick>[0-9]+), rc=(?<code>-?[0-9]+)$").unwrap();
        let (exit, code) = form.read("[lab] m5_fail instruction encountered at 77, rc=4").unwrap();
        assert_eq!((exit.tick, exit.cause.as_str(), code), (Some(77), "m5_fail instruction encountered", Some(4)));
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
