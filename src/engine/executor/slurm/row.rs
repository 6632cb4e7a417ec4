//! What Slurm tells of one job, whichever command was asked.

use super::exit::RawExit;

/// A job as Slurm has it. All text comes from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::engine) struct Row {
    /// Its number.
    pub(in crate::engine) id: String,
    /// Its state, such as `RUNNING` or `CANCELLED by 1001`.
    pub(in crate::engine) state: String,
    /// How its script ended. Of a job that has not ended it says nothing.
    pub(in crate::engine) exit: Option<RawExit>,
    /// How often Slurm started it again; 0 where that is not told.
    pub(in crate::engine) restarts: u32,
    /// When it was handed in, seconds since the Unix epoch.
    pub(in crate::engine) submitted_unix_s: Option<i64>,
    /// When it started, or may start at the earliest.
    pub(in crate::engine) start: Option<i64>,
    /// When it ended, or must end.
    pub(in crate::engine) end: Option<i64>,
    /// The node of its script; empty if it has none.
    pub(in crate::engine) node: String,
    /// Its name, by which we know it again: numbers are used again.
    pub(in crate::engine) name: String,
    /// Why it waits or ended, in Slurm's words; empty if Slurm says none.
    pub(in crate::engine) reason: String,
}

/// An answer about many jobs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::engine) struct Rows {
    /// The jobs, in the order of the answer.
    pub(in crate::engine) rows: Vec<Row>,
    /// How many lines could not be read, such as the pieces of a job whose name has a newline.
    pub(in crate::engine) unread: usize,
}

impl Rows {
    /// Every line through `read`, and how many it refused.
    pub(super) fn read(text: &[u8], read: impl Fn(&str) -> Option<Row>) -> Self {
        let text = String::from_utf8_lossy(text);
        let mut answer = Self::default();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            match read(line) {
                Some(row) => answer.rows.push(row),
                None => answer.unread += 1,
            }
        }
        answer
    }
}

/// The number of a job, if it is one.
pub(super) fn id(text: &str) -> Option<String> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.to_owned())
}

/// The state, if it is one: Slurm writes all of them in capitals.
pub(super) fn state(text: &str) -> Option<String> {
    text.starts_with(|first: char| first.is_ascii_uppercase()).then(|| text.to_owned())
}

/// A text, where Slurm does not say in its several ways that there is none.
pub(super) fn text(text: &str) -> String {
    let none = ["None", "N/A", "n/a", "(null)", "None assigned", "Unknown"].contains(&text);
    if none { String::new() } else { text.to_owned() }
}

/// A moment, where there is one.
pub(super) fn moment(text: &str) -> Option<i64> {
    text.parse().ok().filter(|seconds| *seconds > 0)
}
