//! The words with which gem5 itself ends.
//!
//! An exit status is often not gem5's own: `gem5.opt run.py 2>&1 | tee log` ends with 0, `make` with 2, `ssh` with 255.
//! These words are, for what follows them is always the end of the process.

/// How gem5 says that it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastWord {
    /// A command line was refused, by gem5 or by the parser of a script. The weakest: a simulated program may say so too.
    Refused,
    /// A `fatal:` of C++, with the memory usage behind it; `exit(1)` follows (`src/base/logging.cc`).
    Fatal,
    /// A `panic:` of C++ with its memory usage, or `Program aborted at tick N` of the handler of SIGABRT
    /// (`src/base/logging.cc`, `src/sim/init_signals.cc`).
    Abort,
    /// `gem5 has encountered a segmentation fault!` (`src/sim/init_signals.cc`), or what gdb says of it.
    Fault,
    /// An exception that went through `m5/main.py` (`src/sim/main.cc`).
    Exception,
}

/// Whether a refusal names a script or gem5 itself as the one that refuses.
pub(super) fn is_refusal_of_gem5(line: &str) -> bool {
    let program = line.split_once(": error: ").map_or(line, |(program, _)| program);
    let is_python = std::path::Path::new(program).extension().is_some_and(|extension| extension == "py");
    is_python || program.contains("gem5") || line.starts_with("Script ") || super::line::is_unknown_flag(line)
}
