//! What commands in front of gem5 write behind its end: `time -v`, `perf stat`, `make`, `srun`, sanitizers, gdb.
//!
//! None of it is a word of the script, and some of it is a better one.

/// What `/usr/bin/time -v` writes in front of each of its lines (GNU time 1.9).
const OF_TIME: [&str; 23] = [
    "Command being timed:",
    "User time (seconds):",
    "System time (seconds):",
    "Percent of CPU this job got:",
    "Elapsed (wall clock) time",
    "Average shared text size",
    "Average unshared data size",
    "Average stack size",
    "Average total size",
    "Maximum resident set size",
    "Average resident set size",
    "Major (requiring I/O) page faults:",
    "Minor (reclaiming a frame) page faults:",
    "Voluntary context switches:",
    "Involuntary context switches:",
    "Swaps:",
    "File system inputs:",
    "File system outputs:",
    "Socket messages sent:",
    "Socket messages received:",
    "Signals delivered:",
    "Page size (bytes):",
    "Exit status:",
];

/// The heading of `perf stat`. What follows is its table.
pub(super) const PERF: &str = "Performance counter stats for";

/// What a sanitizer calls its report, in front of the error.
pub(super) const SANITIZER: &str = "Sanitizer: ";

/// How gdb tells of a signal.
pub(super) const GDB: &str = "received signal SIG";

/// Words one of which every line has that is more than a trailer.
pub(super) const SIGNS: [&str; 3] = [PERF, SANITIZER, GDB];

/// Whether a line is one of a wrapper's own that says nothing of what gem5 said.
pub(super) fn is_trailer(line: &str) -> bool {
    if let Some(own) = line.strip_prefix('\t') {
        return OF_TIME.iter().any(|start| own.starts_with(start));
    }
    line.starts_with("Command exited with non-zero status ")
        || line.starts_with("Command terminated by signal ")
        || line.starts_with("srun: error: ")
        || (line.starts_with("make") && line.contains("]: *** ") || line.starts_with("make: *** "))
}

/// Whether a line behind [`PERF`] is of its table: a count, a time or nothing that a script would say.
pub(super) fn is_of_perf(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with(|c: char| c.is_ascii_digit() || c == '<' || c == '(')
}

/// What a sanitizer's `ERROR:` line says, without addresses: `AddressSanitizer: heap-use-after-free`.
pub(super) fn sanitizer_error(line: &str) -> Option<&str> {
    let (_, said) = line.split_once("ERROR: ")?;
    let (tool, error) = said.split_once(SANITIZER)?;
    let name = error.split(' ').next()?;
    (!tool.contains(' ')).then(|| said.get(..tool.len() + SANITIZER.len() + name.len())).flatten()
}

/// The `file:line` of a sanitizer's `SUMMARY:` line.
pub(super) fn sanitizer_place(line: &str) -> Option<&str> {
    let (_, said) = line.strip_prefix("SUMMARY: ")?.split_once(SANITIZER)?;
    let is_place = |word: &&str| {
        word.rsplit_once(':').is_some_and(|(file, number)| !file.is_empty() && number.parse::<u32>().is_ok())
    };
    said.split(' ').find(is_place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sanitizers_report_tells_error_and_place() {
        let error = "==4711==ERROR: AddressSanitizer: heap-use-after-free on address 0x6020 at pc 0x55d";
        assert_eq!(sanitizer_error(error), Some("AddressSanitizer: heap-use-after-free"));
        let summary =
            "SUMMARY: AddressSanitizer: heap-use-after-free src/cpu/o3/iew.cc:412 in gem5::o3::IEW::squash(int)";
        assert_eq!(sanitizer_place(summary), Some("src/cpu/o3/iew.cc:412"));
        assert_eq!(sanitizer_error("ERROR: no Sanitizer: here"), None);
    }

    #[test]
    fn trailers_of_wrappers_are_no_words() {
        for line in ["\tExit status: 1", "Command exited with non-zero status 1", "make[1]: *** [run] Error 1"] {
            assert!(is_trailer(line), "{line}");
        }
        assert!(is_of_perf("       0.030000000 seconds sys") && !is_of_perf("No workload specified."));
        assert!(!is_trailer("Exit status: 1") && !is_trailer("makes sense"));
    }
}
