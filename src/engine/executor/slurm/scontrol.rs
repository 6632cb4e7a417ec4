//! scontrol(1): one job, and how the cluster is set up.

use super::exit::RawExit;
use super::row::{self, Row};
use super::words::answered;

/// What the controller says of one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Shown {
    /// It has it.
    Job(Box<Row>),
    /// It has no job of that number, or has forgotten it.
    NoSuchJob,
    /// No answer, and why.
    Failed(String),
}

/// How a cluster is set up, as far as it says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::engine) struct Config {
    /// For how long it remembers a job that has ended, seconds.
    pub(in crate::engine) min_job_age: Option<u64>,
    /// Between SIGTERM and SIGKILL, seconds.
    pub(in crate::engine) kill_wait: Option<u64>,
    /// How long a command waits for an answer, seconds.
    pub(in crate::engine) message_timeout: Option<u64>,
    /// Its name.
    pub(in crate::engine) cluster: Option<String>,
}

/// The arguments that ask for one job.
pub(in crate::engine) fn show_job(id: &str) -> Vec<String> {
    ["show", "job", "--oneliner", id].map(str::to_owned).to_vec()
}

/// The arguments that ask for the set-up.
pub(in crate::engine) fn show_config() -> Vec<String> {
    ["show", "config"].map(str::to_owned).to_vec()
}

/// What it says of job `id`.
pub(in crate::engine) fn read_job(id: &str, code: Option<i32>, stdout: &[u8], stderr: &[u8]) -> Shown {
    if String::from_utf8_lossy(stderr).contains("Invalid job id specified") {
        return Shown::NoSuchJob;
    }
    if let Err(words) = answered(code, stdout, stderr) {
        return Shown::Failed(words);
    }
    let text = String::from_utf8_lossy(stdout);
    // An array has a line for each of its tasks.
    let job = text.lines().filter_map(job).find(|row| row.id == id);
    job.map_or_else(|| Shown::Failed(format!("it told nothing of job {id}")), |row| Shown::Job(Box::new(row)))
}

fn job(line: &str) -> Option<Row> {
    let pairs = pairs(line);
    // The first of a name: paths and comments, which may have any text, come last.
    let value = |name: &str| pairs.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value.trim());
    Some(Row {
        id: row::id(value("JobId"))?,
        state: row::state(value("JobState"))?,
        exit: RawExit::read(value("ExitCode")),
        restarts: value("Restarts").parse().unwrap_or_default(),
        submitted_unix_s: row::moment(value("SubmitTime")),
        start: row::moment(value("StartTime")),
        end: row::moment(value("EndTime")),
        node: row::text(value("BatchHost")),
        name: value("JobName").to_owned(),
        reason: row::text(value("Reason")),
    })
}

/// `Key=Value` pairs with blanks between them, and in the values.
fn pairs(line: &str) -> Vec<(&str, &str)> {
    let starts_pair = |word: &str| word.starts_with(|c: char| c.is_ascii_uppercase()) && word.contains('=');
    let mut starts = Vec::new();
    let mut at = 0;
    for word in line.split(' ') {
        if starts_pair(word) {
            starts.push(at);
        }
        at += word.len() + 1;
    }
    let ends = starts.iter().skip(1).copied().chain([line.len()]);
    starts.iter().zip(ends).filter_map(|(start, end)| line[*start..end].split_once('=')).collect()
}

/// How the cluster is set up. None where it gave no answer.
pub(in crate::engine) fn read_config(code: Option<i32>, stdout: &[u8], stderr: &[u8]) -> Option<Config> {
    answered(code, stdout, stderr).ok()?;
    let text = String::from_utf8_lossy(stdout);
    let value = |name: &str| {
        text.lines()
            .filter_map(|line| line.split_once('='))
            .find(|(key, _)| key.trim() == name)
            .map(|(_, value)| value.trim())
    };
    let seconds = |name: &str| value(name)?.strip_suffix("sec")?.trim().parse().ok();
    Some(Config {
        min_job_age: seconds("MinJobAge"),
        kill_wait: seconds("KillWait"),
        message_timeout: seconds("MessageTimeout"),
        cluster: value("ClusterName").filter(|name| !name.is_empty()).map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{sample, transcript};
    use super::*;

    const JOB: &str = "JobId=101 JobName=g5-a UserId=u(1) JobState=PENDING Reason=ReqNodeNotAvail, UnavailableNodes:node2 \
                       Dependency=(null) Restarts=2 ExitCode=0:0 SubmitTime=1795372535 StartTime=Unknown EndTime=Unknown \
                       ReqNodeList=(null) NodeList= Command=/a b/JobState=COMPLETED ExitCode=9:9 Reason=none/job.sh Power= ";

    fn shown(id: &str, text: &str) -> Row {
        match read_job(id, Some(0), text.as_bytes(), b"") {
            Shown::Job(row) => *row,
            other => panic!("{other:?}"),
        }
    }

    /// On several lines a comment could pretend to be a field.
    #[test]
    fn a_job_is_asked_for_on_one_line() {
        assert_eq!(show_job("7"), ["show", "job", "--oneliner", "7"]);
        assert_eq!(show_config(), ["show", "config"]);
    }

    #[test]
    fn a_path_that_reads_like_a_state_is_none() {
        let row = shown("101", JOB);
        assert_eq!((row.state.as_str(), row.restarts), ("PENDING", 2));
        assert_eq!(row.exit, Some(RawExit { code: 0, signal: 0 }));
        assert_eq!(row.reason, "ReqNodeNotAvail, UnavailableNodes:node2");
        assert_eq!((row.submitted_unix_s, row.start, row.node.as_str()), (Some(1_795_372_535), None, ""));
    }

    #[test]
    fn only_the_controller_can_say_that_it_knows_no_such_job() {
        assert_eq!(read_job("1", Some(1), b"", b"slurm_load_jobs error: Invalid job id specified\n"), Shown::NoSuchJob);
        let down = b"slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n";
        assert!(matches!(read_job("1", Some(1), b"", down), Shown::Failed(_)));
        assert!(matches!(read_job("1", Some(0), b"", b""), Shown::Failed(_)));
    }

    #[test]
    fn another_job_is_not_taken_for_the_one_that_was_asked_for() {
        assert!(matches!(read_job("10", Some(0), JOB.as_bytes(), b""), Shown::Failed(_)));
        let two = format!("JobId=17 JobName=x JobState=PENDING\n{JOB}\n");
        assert_eq!(shown("101", &two).name, "g5-a");
    }

    #[test]
    fn real_jobs_are_read() {
        let expected = [
            ("cancel", "CANCELLED", (0, 15), "node1"),
            ("badout", "FAILED", (0, 53), "node1"),
            ("fail", "FAILED", (3, 0), "node1"),
            ("segv", "FAILED", (0, 11), "node1"),
            ("oom", "FAILED", (0, 9), "node1"),
            ("nodefail", "NODE_FAIL", (0, 0), "node2"),
            ("limit", "TIMEOUT", (0, 15), "node1"),
            ("hold", "PENDING", (0, 0), ""),
            ("stop", "STOPPED", (0, 0), "node1"),
            ("susp", "SUSPENDED", (0, 0), "node1"),
        ];
        for (name, state, (code, signal), node) in expected {
            let Some(text) = sample(&format!("scontrol-{name}.txt")) else { return };
            let row = job(text.lines().next().unwrap()).unwrap();
            assert_eq!((row.state.as_str(), row.node.as_str()), (state, node), "{name}");
            assert_eq!(row.exit, Some(RawExit { code, signal }), "{name}");
            assert!(row.name.starts_with("g5-"), "{name}: {}", row.name);
        }
    }

    #[test]
    fn real_refusals_are_read() {
        for said in transcript("14-forgotten.txt", "scontrol show job") {
            assert_eq!(read_job("1", said.code, said.stdout.as_bytes(), said.stderr.as_bytes()), Shown::NoSuchJob);
        }
    }

    #[test]
    fn a_set_up_that_is_not_told_is_not_zero() {
        let text =
            "KillWait                = 2 sec\nMinJobAge   = 300 sec\nMessageTimeout = UNLIMITED\nClusterName = test\n";
        let config = read_config(Some(0), text.as_bytes(), b"").unwrap();
        let expected =
            Config { min_job_age: Some(300), kill_wait: Some(2), message_timeout: None, cluster: Some("test".into()) };
        assert_eq!(config, expected);
        assert_eq!(read_config(Some(1), b"", b"slurm_load_ctl_conf error: x\n"), None);
    }

    #[test]
    fn a_real_set_up_is_read() {
        let Some(text) = sample("scontrol-show-config.txt") else { return };
        let config = read_config(Some(0), text.as_bytes(), b"").unwrap();
        assert!(config.min_job_age.is_some() && config.kill_wait.is_some(), "{config:?}");
        assert!(config.message_timeout.is_some() && config.cluster.is_some(), "{config:?}");
    }
}
