//! What lies in and around an output directory of which nobody recorded where its parts are: its logs, and how its process ended.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{OtherLogs, Places};
use crate::gem5::EndFacts;
use crate::rundir::follow::read_regular;

/// A wait status is a few bytes; what is larger is something else.
const MAX_STATUS: u64 = 64 << 10;

/// The names under which standard output is kept: gem5's own (`--redirect-stdout`; without the ending before 23.1), those
/// of `gem5.utils.multisim`, and what people type.
const STDOUT: [&str; 8] =
    ["simout.txt", "simout", "stdout.txt", "stdout.log", "stdout", "gem5.log", "run.log", "output.log"];

/// The same for standard error.
const STDERR: [&str; 5] = ["simerr.txt", "simerr", "stderr.txt", "stderr.log", "stderr"];

/// Names that gem5 gives to files in its output directory.
const OF_GEM5: [&str; 8] =
    ["stats.txt", "stats.txt.gz", "stats.json", "stats.h5", "config.ini", "config.json", "citations.bib", "simout.txt"];

/// The wait status of a run.
#[derive(Debug)]
pub(crate) enum Status {
    /// The end, and where it is told.
    Known(EndFacts, PathBuf),
    /// There is none, for this reason.
    Unknown(String),
}

/// Where the output of a gem5 is that wrote to `m5out`, which lies in `holder`.
pub(crate) fn places(m5out: &Path, holder: &Path) -> Places {
    places_among(m5out, holder, |_| true)
}

/// The same for who has listed both directories: `is_listed` tells whether a file is there.
pub(crate) fn places_among(m5out: &Path, holder: &Path, is_listed: impl Fn(&Path) -> bool) -> Places {
    let log = |names| log(m5out, holder, names, &is_listed);
    let (stdout, stderr) = (log(&STDOUT), log(&STDERR));
    let (m5out, beside) = (m5out.to_owned(), Some(holder.to_owned()));
    Places { m5out, stdout, stderr, beside, named: OtherLogs::default(), gem5_args: None }
}

/// What gem5 writes into every output directory, whatever it is told: by one of these a directory is known for one among others.
pub(crate) const WRITTEN: [&str; 4] = ["stats.txt", "stats.txt.gz", "config.ini", "config.json"];

/// Whether the directory has a file that gem5 writes into its output directory.
pub(crate) fn is_output(dir: &Path) -> bool {
    OF_GEM5.iter().chain(&STDOUT).chain(&STDERR).any(|name| dir.join(name).is_file())
}

/// The log under one of the names, in the output directory or beside it. An empty one is taken only if no other is there.
fn log(m5out: &Path, holder: &Path, names: &[&str], is_listed: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    let length = |path: &Path| fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|metadata| metadata.len());
    let dirs = [Some(m5out), Some(holder).filter(|holder| *holder != m5out)];
    let mut empty = None;
    let paths = dirs.into_iter().flatten().flat_map(|dir| names.iter().map(|name| dir.join(name)));
    for path in paths.filter(|path| is_listed(path)) {
        match length(&path) {
            Some(0) => empty = empty.or(Some(path)),
            Some(_) => return Some(path),
            None => {}
        }
    }
    empty
}

/// The wait status in a `status.json` beside the output directory, or in it.
pub(crate) fn status(holder: &Path, m5out: &Path) -> Status {
    let path = [holder, m5out].map(|dir| dir.join("status.json")).into_iter().find(|path| path.is_file());
    let Some(path) = path else { return Status::Unknown("no status.json beside it".to_owned()) };
    let told = read_regular(&path, MAX_STATUS + 1).map_err(|error| error.to_string()).and_then(|text| {
        let is_short = text.len() as u64 <= MAX_STATUS;
        if is_short { end_of(&text) } else { Err("it is too large".to_owned()) }
    });
    match told {
        Ok(end) => Status::Known(end, path),
        Err(reason) => Status::Unknown(format!("{} cannot be used: {reason}", path.display())),
    }
}

/// `{"exit_code": 0}` or `{"signal": "SIGABRT"}`, with or without other fields. A signal may also be a number, come
/// without `SIG`, or as an exit code below zero.
fn end_of(text: &[u8]) -> Result<EndFacts, String> {
    let status: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let code = status["exit_code"].as_i64();
    // Python's `subprocess` tells of a signal as the negative of its number.
    let negated = code.filter(|code| *code < 0).map(|code| Value::from(code.unsigned_abs()));
    if let Some(code) = code.filter(|_| negated.is_none()) {
        return i32::try_from(code).map(EndFacts::Exited).map_err(|error| format!("exit code {code}: {error}"));
    }
    let signal = match negated.as_ref().unwrap_or(&status["signal"]) {
        Value::String(name) => {
            let name = name.trim().to_ascii_uppercase();
            let name = if name.starts_with("SIG") { name } else { format!("SIG{name}") };
            name.parse::<nix::sys::signal::Signal>().map_err(|error| format!("signal {name}: {error}"))?
        }
        Value::Number(number) => {
            let number = number.as_i64().and_then(|number| i32::try_from(number).ok());
            let signal = number.and_then(|number| nix::sys::signal::Signal::try_from(number).ok());
            signal.ok_or("its signal has no such number")?
        }
        _ => return Err("it has neither `exit_code` nor `signal`".to_owned()),
    };
    Ok(EndFacts::Signaled { number: signal as i32, name: signal.as_str().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_status_is_read_however_it_is_written() {
        let signal = |number, name: &str| Ok(EndFacts::Signaled { number, name: name.to_owned() });
        for (text, expected) in [
            (r#"{"exit_code": 0}"#, Ok(EndFacts::Exited(0))),
            (r#"{"exit_code": 3, "signal": null}"#, Ok(EndFacts::Exited(3))),
            (r#"{"exit_code": null, "signal": "SIGABRT"}"#, signal(6, "SIGABRT")),
            (r#"{"signal": "segv"}"#, signal(11, "SIGSEGV")),
            (r#"{"signal": 9}"#, signal(9, "SIGKILL")),
            (r#"{"exit_code": -6}"#, signal(6, "SIGABRT")),
        ] {
            assert_eq!(end_of(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn a_garbled_wait_status_is_unknown_and_says_why() {
        for text in [
            "",
            "{",
            "null",
            "[]",
            "{}",
            r#"{"exit_code": "0"}"#,
            r#"{"signal": "SIGNONE"}"#,
            r#"{"signal": 4000}"#,
            r#"{"exit_code": 99999999999}"#,
            r#"{"exit_code": -99999999999}"#,
            r#"{"exit_code": -9223372036854775808}"#,
            "\u{fffd}\0",
        ] {
            assert!(end_of(text.as_bytes()).is_err(), "{text}");
        }
    }
}
