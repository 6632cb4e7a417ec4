//! squeue(1): all jobs of a user in one answer, with those that ended a moment ago.

use super::exit::RawExit;
use super::row::{self, Row, Rows};
use super::words::answered;

/// What is asked of each job. What may have any text stands last, the reason behind the name because ours has no `|`.
pub(in crate::engine) const FORMAT: &str = "JobID:|,State:|,exit_code:|,RestartCnt:|,SubmitTime:|,StartTime:|,EndTime:|,\
                                            BatchHost:|,Name:|,Reason:|";

/// Fields of [`FORMAT`].
const FIELDS: usize = 10;

/// The arguments that ask for all jobs of a user.
///
/// No partition is named, since sites move jobs between them; no numbers either, since one that is unknown may spoil the answer,
/// or be left out without a word. Without `--states=all` what has ended would be missing.
pub(in crate::engine) fn arguments(user: &str) -> Vec<String> {
    vec![
        "--noheader".to_owned(),
        "--all".to_owned(),
        format!("--user={user}"),
        "--states=all".to_owned(),
        format!("--Format={FORMAT}"),
    ]
}

/// The jobs.
///
/// # Errors
/// When squeue gave no answer: its words. Then nothing is known of any job.
pub(in crate::engine) fn read(code: Option<i32>, stdout: &[u8], stderr: &[u8]) -> Result<Rows, String> {
    answered(code, stdout, stderr).map(|()| parse(stdout))
}

/// The jobs of an answer.
pub(in crate::engine) fn parse(text: &[u8]) -> Rows {
    Rows::read(text, read_line)
}

fn read_line(line: &str) -> Option<Row> {
    let mut fields = line.splitn(FIELDS, '|').map(str::trim);
    let mut next = || fields.next();
    Some(Row {
        id: row::id(next()?)?,
        state: row::state(next()?)?,
        exit: RawExit::read(next()?),
        restarts: next()?.parse().ok()?,
        submitted_unix_s: row::moment(next()?),
        start: row::moment(next()?),
        end: row::moment(next()?),
        node: row::text(next()?),
        name: next()?.to_owned(),
        reason: row::text(next()?.strip_suffix('|')?),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::transcript;
    use super::*;

    fn one(line: &str) -> Row {
        let answer = parse(line.as_bytes());
        assert_eq!((answer.rows.len(), answer.unread), (1, 0), "{line}");
        answer.rows.into_iter().next().unwrap()
    }

    /// A program without it took what had failed for done.
    #[test]
    fn what_has_ended_is_asked_for_too() {
        let all = arguments("me");
        assert!(all.contains(&"--states=all".to_owned()) && all.contains(&"--user=me".to_owned()), "{all:?}");
        assert_eq!(all.last().unwrap().matches(":|").count(), FIELDS);
        assert!(!all.iter().any(|argument| argument.starts_with("--job")), "an unknown number would spoil the answer");
    }

    #[test]
    fn a_job_that_ended_is_read_with_how_it_ended() {
        let row = one("2|FAILED|768|1|1795372535|1795372536|1795372537|node1|g5-a|NonZeroExitCode|\n");
        let exit = Some(RawExit { code: 3, signal: 0 });
        assert_eq!((row.id.as_str(), row.state.as_str(), row.exit, row.restarts), ("2", "FAILED", exit, 1));
        assert_eq!(
            (row.submitted_unix_s, row.start, row.end),
            (Some(1_795_372_535), Some(1_795_372_536), Some(1_795_372_537))
        );
        assert_eq!((row.node.as_str(), row.name.as_str(), row.reason.as_str()), ("node1", "g5-a", "NonZeroExitCode"));
    }

    /// A program that split at blanks broke at exactly this reason.
    #[test]
    fn a_reason_with_blanks_commas_and_bars_stays_whole() {
        let row = one("101|PENDING|0|0|1795372535|N/A|N/A|n/a|g5-a|ReqNodeNotAvail, UnavailableNodes:node2|a, b|");
        assert_eq!(row.reason, "ReqNodeNotAvail, UnavailableNodes:node2|a, b");
        assert_eq!((row.start, row.end, row.node.as_str()), (None, None, ""));
    }

    #[test]
    fn another_jobs_odd_name_costs_its_lines_and_no_other_job() {
        let text = b"1|RUNNING|0|0|1|2|3|n|a\nb|None|\n2|RUNNING|0|0|1|2|3|n\xff|c|None|\n\n3|RUNN";
        let answer = parse(text);
        assert_eq!((answer.rows.len(), answer.unread), (1, 3));
        assert_eq!((answer.rows[0].id.as_str(), answer.rows[0].node.as_str()), ("2", "n\u{fffd}"));
    }

    /// A release that pads to columns instead of writing the separator would make every job look gone.
    #[test]
    fn an_answer_in_another_form_is_unread_and_not_empty() {
        let answer = parse(b"3                   COMPLETED           0                   \n");
        assert_eq!((answer.rows.len(), answer.unread), (0, 1));
    }

    #[test]
    fn a_controller_that_is_down_does_not_say_that_all_jobs_are_gone() {
        let down = b"slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n";
        assert!(read(Some(1), b"", down).is_err());
        assert_eq!(read(Some(0), b"", b""), Ok(Rows::default()));
    }

    #[test]
    fn ten_thousand_jobs_are_read() {
        let line = |id: u32| format!("{id}|PENDING|0|0|1795372535|N/A|N/A|n/a|g5-{id}|Priority|\n");
        let answer = parse((1..=10_000).map(line).collect::<String>().as_bytes());
        assert_eq!((answer.rows.len(), answer.unread), (10_000, 0));
        assert_eq!(answer.rows[9_999].name, "g5-10000");
    }

    /// The transcripts ask for fields in another order, so this tells only of the separators and the values.
    #[test]
    fn real_rows_are_read() {
        for said in transcript("19-canonical.txt", "--Format='JobID:|,ArrayJobID") {
            for line in said.stdout.lines() {
                let fields: Vec<&str> = line.split('|').collect();
                let [id, _, _, state, exit, reason, restarts, submit, start, end, host, ..] = fields[..] else {
                    panic!("{line}")
                };
                let row = one(&format!("{id}|{state}|{exit}|{restarts}|{submit}|{start}|{end}|{host}|name|{reason}|"));
                assert!(row.submitted_unix_s.is_some() && row.exit.is_some(), "{line}");
                assert_eq!(row.start.is_none(), start == "N/A", "{line}");
            }
        }
    }
}
