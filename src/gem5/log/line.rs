//! The kind of one line.

/// How loud a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// `hack:`, gem5's word for a shortcut that it took.
    Hack,
    /// `info:`.
    Info,
    /// `warn:`.
    Warn,
    /// A usage error or a Python exception.
    Error,
    /// `fatal:`: the user's configuration cannot work.
    Fatal,
    /// `panic:`: gem5 itself is wrong.
    Panic,
}

/// A line that says how loud it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLine<'a> {
    /// How loud.
    pub severity: Severity,
    /// The source file of gem5; 21.1 and later name it for messages from C++.
    pub file: Option<&'a str>,
    /// The line in that file.
    pub line: Option<u32>,
    /// The rest.
    pub message: &'a str,
}

/// The kind of a line, if it has one: `src/sim/simulate.cc:199: info: …`, `warn: …`, `gem5.opt: error: …`,
/// `ValueError: …` (`src/base/logging.cc`, `src/python/m5/util/__init__.py`).
pub fn classify(line: &str) -> Option<LogLine<'_>> {
    if let Some((severity, message)) = split_severity(line) {
        return Some(LogLine { severity, file: None, line: None, message });
    }
    if let Some((file, number, rest)) = split_location(line)
        && let Some((severity, message)) = split_severity(rest)
    {
        return Some(LogLine { severity, file: Some(file), line: Some(number), message });
    }
    let is_error = split_exception(line).is_some() || split_usage(line).is_some();
    is_error.then_some(LogLine { severity: Severity::Error, file: None, line: None, message: line })
}

fn split_severity(text: &str) -> Option<(Severity, &str)> {
    let (word, message) = text.split_once(": ").or_else(|| text.strip_suffix(':').map(|word| (word, "")))?;
    let severity = match word {
        "hack" => Severity::Hack,
        "info" => Severity::Info,
        "warn" => Severity::Warn,
        "fatal" => Severity::Fatal,
        "panic" => Severity::Panic,
        _ => return None,
    };
    Some((severity, message))
}

/// Splits `file:line: ` off, where the file has the extension of a gem5 source.
fn split_location(line: &str) -> Option<(&str, u32, &str)> {
    let (place, rest) = line.split_once(": ")?;
    // A simulated program that ended its last line without a newline leaves its text in front.
    let place = place.rsplit([' ', '\t']).next().unwrap_or(place);
    let (file, number) = place.rsplit_once(':')?;
    if is_source(file) { Some((file, number.parse().ok()?, rest)) } else { None }
}

/// Whether a name is that of a file of gem5's sources, or of one that its build makes of them (`decode-method.cc.inc`).
fn is_source(file: &str) -> bool {
    let file = file.strip_suffix(".inc").unwrap_or(file);
    let extension = file.rsplit_once('.').map(|(_, extension)| extension);
    matches!(extension, Some("cc" | "hh" | "py" | "isa" | "sm")) && !file.contains(':')
}

/// Splits `ValueError: message` of an exception whose class has one of the usual endings.
pub(super) fn split_exception(line: &str) -> Option<(&str, &str)> {
    const ENDINGS: [&str; 7] =
        ["Error", "Exception", "Interrupt", "SystemExit", "StopIteration", "Warning", "ExceptionGroup"];
    let (class, message) = split_class(line)?;
    ENDINGS.iter().any(|ending| class.ends_with(ending)).then_some((class, message))
}

/// Splits `a.b.Class: message`, whatever the class is called.
pub(super) fn split_class(line: &str) -> Option<(&str, &str)> {
    let (class, message) = line.split_once(':').unwrap_or((line, ""));
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    let is_message = message.is_empty() || message.starts_with(' ');
    (is_message && class.split('.').all(is_part)).then_some((class, message.trim()))
}

/// The message of a refused command line: of gem5 itself, of a script's own option parser, and of Python.
pub(super) fn split_usage(line: &str) -> Option<&str> {
    let is_of_gem5 = (line.starts_with("Script ") && line.ends_with(" not found"))
        || is_unknown_flag(line)
        || line.contains(": can't open file '");
    if is_of_gem5 {
        return Some(line);
    }
    let (program, message) = line.split_once(": error: ")?;
    // The daemons of a batch system write of what became of a job in the same way.
    let is_of_slurm = ["srun", "slurmstepd", "slurmd", "sbatch"].contains(&program);
    (!program.contains([' ', ':']) && !is_of_slurm).then_some(message)
}

/// gem5's complaint about `--debug-flags`, the only refusal that it ends with code 1 (`src/python/m5/main.py`).
pub fn is_unknown_flag(line: &str) -> bool {
    line.starts_with("invalid debug flag '")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_every_release_tell_their_severity() {
        let lines = [
            ("src/mem/dram_interface.cc:690: warn: DRAM device", Severity::Warn, Some(690), "DRAM device"),
            ("warn: No dot file generated.", Severity::Warn, None, "No dot file generated."),
            (
                "src/sim/simulate.cc:199: info: Entering event queue @ 0.",
                Severity::Info,
                Some(199),
                "Entering event queue @ 0.",
            ),
            ("panic: Resetting mouse wrap mode", Severity::Panic, None, "Resetting mouse wrap mode"),
            ("src/mem/xbar.cc:436: fatal: two: ports", Severity::Fatal, Some(436), "two: ports"),
            ("src/x.hh:1: hack: be nice", Severity::Hack, Some(1), "be nice"),
        ];
        for (line, severity, number, message) in lines {
            let found = classify(line).unwrap();
            assert_eq!((found.severity, found.line, found.message), (severity, number, message), "{line}");
        }
        assert_eq!(classify("src/mem/xbar.cc:436: fatal: x").unwrap().file, Some("src/mem/xbar.cc"));
        let behind_guest_text = classify("99 % done src/mem/xbar.cc:436: fatal: x").unwrap();
        assert_eq!((behind_guest_text.file, behind_guest_text.message), (Some("src/mem/xbar.cc"), "x"));
    }

    #[test]
    fn errors_of_python_and_of_command_lines_are_errors() {
        for line in [
            "ValueError: bad size",
            "pkg.mod.MyException: x",
            "KeyboardInterrupt",
            "gem5.opt: error: no such option: --x",
            "se.py: error: unrecognized arguments: --y",
            "Script /x/y.py not found",
            "invalid debug flag 'MemAlloc'",
            "/usr/bin/python3: can't open file '/x.py': [Errno 2] No such file or directory",
        ] {
            assert_eq!(classify(line).map(|l| l.severity), Some(Severity::Error), "{line}");
        }
    }

    #[test]
    fn text_of_a_guest_program_is_nothing() {
        for line in ["sum 1989004", "warning: x", "see info: y", "a.c:12: warn: z", "Memory Usage: 12 KBytes", "", ":"]
        {
            assert_eq!(classify(line), None, "{line}");
        }
    }
}
