//! sacct(1): what the accounting of a site remembers of jobs that the controller has forgotten. Many sites have none.

use std::time::Duration;

use super::exit::RawExit;
use super::row::{self, Row, Rows};
use super::words::answered;

/// What is asked of each job, what may have any text last.
const FORMAT: &str = "--format=JobIDRaw,State,ExitCode,Submit,Start,End,NodeList,JobName,Reason";

/// Fields of [`FORMAT`].
const FIELDS: usize = 9;

/// What accounting says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Accounts {
    /// The jobs that it knows. One that was handed in seconds ago may be missing, or have another name for a moment.
    Known(Rows),
    /// This site has no accounting: asking again is of no use.
    Disabled,
    /// No answer, and why.
    Failed(String),
}

/// The arguments that ask for these jobs at once. Held jobs and those that wait for others are listed only so.
pub(in crate::engine) fn by_ids(ids: &[String]) -> Vec<String> {
    asked([format!("--jobs={}", ids.join(","))])
}

/// The arguments that ask for jobs of these names at once, the oldest of which was handed in `ago` before now. For jobs whose
/// number was never known. Those that were cancelled before they might start are not listed so.
pub(in crate::engine) fn by_names(names: &[String], ago: Duration) -> Vec<String> {
    asked([format!("--name={}", names.join(",")), format!("--starttime=now-{}seconds", ago.as_secs())])
}

fn asked(what: impl IntoIterator<Item = String>) -> Vec<String> {
    let form = ["--noheader", "--parsable2", "--allocations", FORMAT];
    form.map(str::to_owned).into_iter().chain(what).collect()
}

/// What it answered.
pub(in crate::engine) fn read(code: Option<i32>, stdout: &[u8], stderr: &[u8]) -> Accounts {
    if String::from_utf8_lossy(stderr).contains("accounting storage is disabled") {
        return Accounts::Disabled;
    }
    match answered(code, stdout, stderr) {
        Ok(()) => Accounts::Known(parse(stdout)),
        Err(words) => Accounts::Failed(words),
    }
}

/// The jobs of an answer.
pub(in crate::engine) fn parse(text: &[u8]) -> Rows {
    Rows::read(text, read_line)
}

fn read_line(line: &str) -> Option<Row> {
    let mut fields = line.splitn(FIELDS, '|').map(str::trim);
    let mut next = || fields.next();
    let id = row::id(next()?)?;
    let state = row::state(next()?)?;
    // It writes 0:0 of all that was cancelled or ran out of time, whatever happened.
    let exit = RawExit::read(next()?).filter(|exit| state == "COMPLETED" || (exit.code, exit.signal) != (0, 0));
    Some(Row {
        id,
        state,
        exit,
        restarts: 0,
        submitted_unix_s: row::moment(next()?),
        start: row::moment(next()?),
        end: row::moment(next()?),
        node: row::text(next()?),
        name: next()?.to_owned(),
        reason: row::text(next()?),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::transcript;
    use super::*;

    #[test]
    fn a_cancelled_job_has_not_exited_with_zero() {
        let text = b"5|CANCELLED by 1001|0:0|1795372535|1795372535|1795372538|node1|g5-5|None\n\
                     1|COMPLETED|0:0|1795372535|1795372535|1795372536|node1|g5-1|None\n\
                     11|FAILED|0:53|1795372535|1795372535|1795372535|node1|g5-11|None\n";
        let answer = parse(text);
        assert_eq!(answer.unread, 0);
        let exits: Vec<_> = answer.rows.iter().map(|row| row.exit.map(|exit| (exit.code, exit.signal))).collect();
        assert_eq!(exits, [None, Some((0, 0)), Some((0, 53))]);
        assert_eq!(answer.rows[0].state, "CANCELLED by 1001");
    }

    #[test]
    fn what_is_unknown_is_no_moment_and_no_node() {
        let answer = parse(b"16|PENDING|0:0|1795372535|Unknown|Unknown|None assigned|g5-16|PartitionConfig\n");
        let row = &answer.rows[0];
        assert_eq!((row.start, row.end, row.exit, row.node.as_str()), (None, None, None, ""));
    }

    #[test]
    fn a_site_without_accounting_does_not_say_that_a_job_is_unknown() {
        assert_eq!(read(Some(1), b"", b"Slurm accounting storage is disabled\n"), Accounts::Disabled);
        let down = b"sacct: error: Problem talking to the database: Connection refused\n";
        assert!(matches!(read(Some(1), b"", down), Accounts::Failed(words) if words.contains("Connection refused")));
        assert_eq!(read(Some(0), b"", b""), Accounts::Known(Rows::default()));
    }

    #[test]
    fn all_that_is_missing_is_asked_for_at_once() {
        let ids = by_ids(&["7".into(), "9".into()]);
        assert_eq!(ids.last().unwrap(), "--jobs=7,9");
        let names = by_names(&["g5-a".into()], Duration::from_secs(90));
        assert_eq!(names[4..], ["--name=g5-a", "--starttime=now-90seconds"]);
    }

    #[test]
    fn real_answers_are_read() {
        for said in transcript("14-forgotten.txt", "sacct -j") {
            assert_eq!(read(said.code, said.stdout.as_bytes(), said.stderr.as_bytes()), Accounts::Disabled);
        }
        for said in transcript("19-canonical.txt", "--format=JobIDRaw,") {
            for line in said.stdout.lines() {
                let fields: Vec<&str> = line.split('|').collect();
                let [id, _, state, exit, reason, submit, start, end, node, ..] = fields[..] else { panic!("{line}") };
                let answer = parse(format!("{id}|{state}|{exit}|{submit}|{start}|{end}|{node}|n|{reason}").as_bytes());
                assert_eq!(answer.unread, 0, "{line}");
                assert!(answer.rows[0].submitted_unix_s.is_some(), "{line}");
            }
        }
    }
}
