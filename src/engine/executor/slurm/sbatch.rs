//! sbatch(1): handing in one job, and what became of that.
//!
//! The awkward truth: an error does not always mean that there is no job. The controller may have taken it and its reply been
//! lost; such an answer is [`Answer::Unclear`], and whoever tries again at once runs the simulation twice.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::time::Duration;

use super::row;
use super::words::words;
use crate::engine::executor::job::Ask;
use crate::experiment::executor::SlurmJob;

/// What became of handing in a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Answer {
    /// Slurm has it.
    Accepted {
        /// Its number.
        id: String,
        /// The cluster, where Slurm names it.
        cluster: Option<String>,
    },
    /// Slurm does not take it as it is. The same again would be refused again.
    Refused {
        /// Slurm's own words.
        words: String,
        /// What to change.
        advice: &'static str,
    },
    /// Slurm does not take it now: a limit is reached that others leave room in when they end.
    Wait {
        /// Slurm's own words.
        words: String,
    },
    /// Slurm may have it. Look for a job of its name before anything else.
    Unclear {
        /// Slurm's own words.
        words: String,
    },
    /// Slurm was not asked: the command could not reach it. Not the job's fault, and surely there is none.
    Unreachable {
        /// Slurm's own words.
        words: String,
    },
}

/// All that stands behind `sbatch`.
pub(in crate::engine::executor) fn arguments(job: &SlurmJob, ask: &Ask<'_>) -> Vec<OsString> {
    let mut all: Vec<OsString> = Vec::new();
    let mut say = |argument: String| all.push(argument.into());
    say("--parsable".to_owned());
    say(format!("--job-name={}", ask.name));
    say(format!("--comment={}", ask.comment));
    for fixed in ["--open-mode=append", "--no-requeue", "--export=ALL", "--nodes=1", "--ntasks=1"] {
        say(fixed.to_owned());
    }
    let exclude: Vec<&str> = job.exclude.iter().chain(ask.exclude).map(String::as_str).collect();
    let exclude = (!exclude.is_empty()).then(|| exclude.join(","));
    let asked = [
        ("partition", job.partition.clone()),
        ("account", job.account.clone()),
        ("qos", job.qos.clone()),
        ("constraint", job.constraint.clone()),
        ("gres", job.gres.clone()),
        ("exclude", exclude),
        ("cpus-per-task", job.cpus.map(|cpus| cpus.to_string())),
        ("mem", ask.memory.map(|bytes| format!("{}M", bytes.div_ceil(1 << 20).max(1)))),
        ("time", ask.limit.map(|limit| minutes(limit).to_string())),
        ("signal", ask.int_before.map(|before| format!("B:INT@{}", before.as_secs().clamp(1, MOST_SECONDS_BEFORE)))),
    ];
    for (option, value) in asked {
        if let Some(value) = value {
            say(format!("--{option}={value}"));
        }
    }
    all.push(with_path("--chdir=", ask.dir.as_os_str().as_bytes()));
    all.push(with_path("--output=", &literal(ask.log)));
    all.extend(job.extra.iter().map(OsString::from));
    all.push(ask.script.into());
    all
}

/// The longest that `--signal` takes: a number of 16 bits.
const MOST_SECONDS_BEFORE: u64 = 65_535;

/// Slurm counts in minutes, and 0 would mean no limit at all.
fn minutes(limit: Duration) -> u64 {
    let seconds = limit.as_secs() + u64::from(limit.subsec_nanos() > 0);
    seconds.div_ceil(60).max(1)
}

fn with_path(option: &str, path: &[u8]) -> OsString {
    OsString::from_vec([option.as_bytes(), path].concat())
}

/// In the name of a log `%j` and its like stand for something, in its directories, too.
fn literal(path: &Path) -> Vec<u8> {
    path.as_os_str().as_bytes().iter().flat_map(|byte| vec![*byte; if *byte == b'%' { 2 } else { 1 }]).collect()
}

/// Slurm's words for a reply that may have been lost after the job was taken, and for those that a second try may help.
const LOST: [&str; 8] = [
    "Socket timed out",
    "Unable to contact slurm controller",
    "Zero Bytes were transmitted",
    "Transport endpoint",
    "Resource temporarily unavailable",
    "Protocol authentication error",
    "Unexpected message received",
    "communication connection failure",
];

/// Slurm's words for a command that could not even ask.
const NOT_ASKED: [&str; 4] =
    ["Unable to process configuration file", "configuration source", "Problem talking to", "Munge encode failed"];

/// Slurm's words for limits that pass. Those of a policy are told by the name of the limit, if it is there.
const PASSES: [&str; 4] = [
    "Job violates accounting/QOS policy",
    "Unable to create job record",
    "Required partition not available",
    "partition is down",
];

/// What to change, by a word of Slurm.
const ADVICE: [(&str, &str); 17] = [
    ("invalid partition", "name a partition that `sinfo` lists with `partition:`"),
    ("No partition specified", "name a partition that `sinfo` lists with `partition:`"),
    ("Memory specification", "ask for less with `memory:`, or for a partition with larger nodes"),
    (
        "node configuration is not available",
        "ask for less (`memory:`, `cpus:`, `constraint:`), or for another partition",
    ),
    ("Invalid feature", "name a feature that `sinfo -o %f` lists with `constraint:`"),
    ("generic resource", "name a resource that `sinfo -o %G` lists with `gres:`"),
    ("Invalid node name", "name nodes that `sinfo -N` lists with `exclude:` and in `extra:`"),
    ("Invalid account", "name an account of yours with `account:`; `sacctmgr show associations user=$USER` lists them"),
    ("Invalid qos", "name a QOS of yours with `qos:`; `sacctmgr show associations user=$USER` lists them"),
    ("Wall", "ask for less with `time:`, or for another QOS"),
    ("accounting/QOS policy", "ask for less (`memory:`, `cpus:`, `gres:`), or name another QOS or account"),
    ("time limit", "ask for less with `time:`, or for another partition"),
    ("--time", "say `time:` as a duration, and look for an argument in `extra:`"),
    ("option", "look at the arguments in `extra:`"),
    ("too long", "the name or the arguments in `extra:` are too long for this Slurm"),
    ("Unable to open file", "the script must be readable where the job is handed in"),
    ("reservation", "look at the reservation in `extra:`"),
];

/// What to change where nothing better is known.
const SOMETHING: &str = "change what is asked of Slurm, or ask the administrators of the cluster what they expect";

/// What became of handing in a job. `code` is none for a command that was ended before it said.
pub(in crate::engine) fn answer(code: Option<i32>, stdout: &[u8], stderr: &[u8]) -> Answer {
    let words = words(stderr);
    let says = |known: &[&str]| known.iter().any(|known| words.contains(known));
    match code {
        Some(0) => match accepted(stdout) {
            Some((id, cluster)) => Answer::Accepted { id, cluster },
            None if words.is_empty() => {
                Answer::Unclear { words: "sbatch did not say the number of the job".to_owned() }
            }
            None => Answer::Unclear { words },
        },
        None => Answer::Unclear {
            words: if words.is_empty() { "sbatch was ended before it said".to_owned() } else { words },
        },
        // A number that it did print, or no word of why: then a wrapper around it failed, and nobody knows when.
        Some(code) if accepted(stdout).is_some() || words.is_empty() => Answer::Unclear {
            words: if words.is_empty() { format!("exit status {code} and no word of why") } else { words },
        },
        Some(_) if says(&LOST) => Answer::Unclear { words },
        Some(_) if says(&NOT_ASKED) => Answer::Unreachable { words },
        Some(_) if says(&PASSES) && of_many_jobs(&words) => Answer::Wait { words },
        Some(_) => {
            let advice = ADVICE.iter().find(|(known, _)| words.contains(known)).map_or(SOMETHING, |(_, advice)| advice);
            Answer::Refused { words, advice }
        }
    }
}

/// The last line that is the number of a job: what sites print stands before it.
fn accepted(stdout: &[u8]) -> Option<(String, Option<String>)> {
    let text = String::from_utf8_lossy(stdout);
    text.lines().rev().find_map(|line| {
        let (id, cluster) =
            line.trim().split_once(';').map_or((line.trim(), None), |(id, cluster)| (id, Some(cluster)));
        let cluster = cluster.filter(|cluster| !cluster.is_empty()).map(str::to_owned);
        row::id(id).map(|id| (id, cluster))
    })
}

/// Whether a limit is of how much all jobs use, and not of what this one asks for: such a one is refused for ever. The names are
/// made of what is limited: `QOSMaxSubmitJobPerUserLimit`, and `QOSMaxWallDurationPerJobLimit`.
fn of_many_jobs(words: &str) -> bool {
    let limits =
        || words.split([' ', ';', ':', ',']).filter(|word| word.ends_with("Limit") || word.ends_with("PerJob"));
    limits().any(|limit| limit.contains("Submit"))
        || !limits().any(|limit| limit.contains("Max") || limit.contains("Min"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::transcript;
    use super::*;

    fn ask<'a>() -> Ask<'a> {
        Ask {
            name: "g5-1",
            comment: "gem5-tui a",
            dir: Path::new("/x/a"),
            log: Path::new("/x/50%j/job.log"),
            script: Path::new("/x/a/job.sh"),
            memory: None,
            limit: None,
            int_before: None,
            exclude: &[],
        }
    }

    fn all(job: &SlurmJob, ask: &Ask) -> Vec<String> {
        arguments(job, ask).into_iter().map(|argument| argument.into_string().unwrap()).collect()
    }

    fn value(job: &SlurmJob, ask: &Ask, option: &str) -> Option<String> {
        let start = format!("--{option}=");
        all(job, ask).iter().find_map(|argument| argument.strip_prefix(&start).map(str::to_owned))
    }

    /// Two runs in one directory destroy each other's results, and a truncated log tells nothing of the first.
    #[test]
    fn slurm_never_starts_a_job_again_by_itself() {
        let all = all(&SlurmJob::default(), &ask());
        for always in ["--parsable", "--no-requeue", "--open-mode=append", "--nodes=1", "--ntasks=1", "--export=ALL"] {
            assert!(all.iter().any(|argument| argument == always), "{always}");
        }
        assert_eq!(all.last().unwrap(), "/x/a/job.sh");
    }

    #[test]
    fn a_percent_sign_in_a_path_stays_one() {
        assert_eq!(value(&SlurmJob::default(), &ask(), "output").unwrap(), "/x/50%%j/job.log");
        assert_eq!(value(&SlurmJob::default(), &ask(), "chdir").unwrap(), "/x/a");
    }

    #[test]
    fn a_path_that_is_not_utf8_stays_the_same_path() {
        let dir = OsString::from_vec(b"/x/\xff".to_vec());
        let all = arguments(&SlurmJob::default(), &Ask { dir: Path::new(&dir), ..ask() });
        assert!(all.iter().any(|argument| argument.as_bytes() == b"--chdir=/x/\xff"), "{all:?}");
    }

    #[test]
    fn memory_is_rounded_up_and_never_away() {
        for (bytes, mem) in [(1, "1M"), (1 << 20, "1M"), ((1 << 20) + 1, "2M"), (8 << 30, "8192M")] {
            assert_eq!(value(&SlurmJob::default(), &Ask { memory: Some(bytes), ..ask() }, "mem").unwrap(), mem);
        }
        assert_eq!(value(&SlurmJob::default(), &ask(), "mem"), None);
    }

    /// `--time=0` would be no limit.
    #[test]
    fn seconds_are_a_minute_and_not_no_limit() {
        for (limit, time) in [(0, "1"), (1, "1"), (60, "1"), (61, "2"), (86_400, "1440")] {
            let ask = Ask { limit: Some(Duration::from_secs(limit)), ..ask() };
            assert_eq!(value(&SlurmJob::default(), &ask, "time").unwrap(), time);
        }
    }

    #[test]
    fn nodes_of_the_experiment_and_nodes_that_failed_are_both_left_out() {
        let job = SlurmJob { exclude: Some("n1,n[3-4]".into()), ..SlurmJob::default() };
        assert_eq!(value(&job, &Ask { exclude: &["n7".into()], ..ask() }, "exclude").unwrap(), "n1,n[3-4],n7");
        assert_eq!(value(&SlurmJob::default(), &ask(), "exclude"), None);
    }

    #[test]
    fn what_the_experiment_asks_for_is_asked_for_once() {
        let job = SlurmJob {
            partition: Some("p".into()),
            account: Some("a".into()),
            qos: Some("q".into()),
            constraint: Some("c&d".into()),
            gres: Some("g:1".into()),
            cpus: Some(4),
            extra: vec!["--nice=1".into()],
            ..SlurmJob::default()
        };
        let ask = Ask { int_before: Some(Duration::from_mins(3)), ..ask() };
        let all = all(&job, &ask);
        for argument in [
            "--partition=p",
            "--account=a",
            "--qos=q",
            "--constraint=c&d",
            "--gres=g:1",
            "--cpus-per-task=4",
            "--signal=B:INT@180",
            "--nice=1",
        ] {
            assert_eq!(all.iter().filter(|said| *said == argument).count(), 1, "{argument}");
        }
        assert_eq!(all[all.len() - 2], "--nice=1", "what a person adds wins");
    }

    fn id(stdout: &str) -> Option<(String, Option<String>)> {
        match answer(Some(0), stdout.as_bytes(), b"") {
            Answer::Accepted { id, cluster } => Some((id, cluster)),
            _ => None,
        }
    }

    /// Sites print mottos, quotas and other numbers before.
    #[test]
    fn the_number_of_a_job_is_found_behind_what_a_site_prints() {
        assert_eq!(id("2\n"), Some(("2".into(), None)));
        assert_eq!(id("2;cluster\n"), Some(("2".into(), Some("cluster".into()))));
        assert_eq!(
            id("You have used 93 % of your 100 hours\n12\nNews: see mail\n4711\n\n"),
            Some(("4711".into(), None))
        );
        assert_eq!(id("Submitted batch job 5\n"), None);
        assert_eq!(
            answer(Some(0), b"", b""),
            Answer::Unclear { words: "sbatch did not say the number of the job".into() }
        );
    }

    /// The job ran in the test of it: a second one would have been a duplicate.
    #[test]
    fn a_lost_reply_is_no_refusal() {
        for lost in [
            "Socket timed out on send/recv operation",
            "Unable to contact slurm controller (connect failure)",
            "Zero Bytes were transmitted or received",
            "Resource temporarily unavailable",
        ] {
            let stderr = format!("sbatch: error: Batch job submission failed: {lost}\n");
            let said = answer(Some(1), b"", stderr.as_bytes());
            assert_eq!(said, Answer::Unclear { words: format!("Batch job submission failed: {lost}") });
        }
        assert!(matches!(answer(None, b"", b""), Answer::Unclear { .. }));
        assert!(matches!(answer(Some(1), b"", b""), Answer::Unclear { .. }));
        assert!(matches!(answer(Some(1), b"17\n", b"wrapper: quota not written\n"), Answer::Unclear { .. }));
    }

    #[test]
    fn a_limit_on_the_number_of_jobs_passes_and_one_on_this_job_does_not() {
        let policy = "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, \
                      user's size and/or time limits)\n";
        for passes in
            ["QOSMaxSubmitJobPerUserLimit", "AssocMaxSubmitJobLimit", "AssocGrpSubmitJobsLimit", "QOSGrpCpuLimit"]
        {
            let said = answer(Some(1), b"", format!("sbatch: error: {passes}\n{policy}").as_bytes());
            assert!(matches!(said, Answer::Wait { .. }), "{passes}: {said:?}");
        }
        assert!(matches!(answer(Some(1), b"", policy.as_bytes()), Answer::Wait { .. }));
        for never in ["QOSMaxWallDurationPerJobLimit", "QOSMaxCpuPerJobLimit", "QOSMinGRES", "AssocMaxMemPerJob"] {
            let said = answer(Some(1), b"", format!("sbatch: error: {never}Limit\n{policy}").as_bytes());
            assert!(matches!(said, Answer::Refused { .. }), "{never}: {said:?}");
        }
    }

    #[test]
    fn a_command_that_finds_no_cluster_did_not_refuse_the_simulation() {
        let stderr = b"sbatch: error: s_p_parse_file: cannot stat file /nosuch\nsbatch: fatal: Unable to process configuration file\n";
        assert!(matches!(answer(Some(1), b"", stderr), Answer::Unreachable { .. }));
    }

    #[test]
    fn a_refusal_says_which_setting_to_change() {
        let advice = |stderr: &str, code| match answer(Some(code), b"", stderr.as_bytes()) {
            Answer::Refused { advice, .. } => advice,
            other => panic!("{other:?}"),
        };
        let failed = |why: &str| advice(&format!("sbatch: error: Batch job submission failed: {why}\n"), 1);
        assert!(advice("sbatch: error: invalid partition specified: nosuch\n", 1).contains("partition:"));
        assert!(advice("sbatch: error: Memory specification can not be satisfied\n", 1).contains("memory:"));
        assert!(failed("Invalid feature specification").contains("constraint:"));
        assert!(advice("sbatch: error: Invalid generic resource (gres) specification\n", 1).contains("gres:"));
        assert!(failed("Invalid account or account/partition combination specified").contains("account:"));
        assert!(failed("Invalid qos specification").contains("qos:"));
        assert!(failed("Requested time limit is invalid (missing or exceeds some limit)").contains("time:"));
        let policy = "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)";
        let named = |limit: &str| advice(&format!("sbatch: error: {limit}\nsbatch: error: {policy}\n"), 1);
        assert!(named("QOSMaxWallDurationPerJobLimit").contains("time:"));
        assert!(named("QOSMaxMemoryPerJob").contains("memory:"));
        assert!(advice("sbatch: unrecognized option '--nosuchoption'\n", 255).contains("extra:"));
        assert_eq!(failed("Unspecified error"), SOMETHING);
    }

    /// Every answer of a real sbatch that was not a job is told as what it was.
    #[test]
    fn real_answers_are_told_apart() {
        for said in transcript("05-errors.txt", "sbatch") {
            let told = answer(said.code, said.stdout.as_bytes(), said.stderr.as_bytes());
            match said.code {
                Some(1 | 255) => assert!(matches!(told, Answer::Refused { .. }), "{said:?}: {told:?}"),
                _ if said.command.contains("--parsable") => {
                    assert!(matches!(told, Answer::Accepted { .. }), "{said:?}: {told:?}");
                }
                // Without `--parsable` it says it in a sentence, which we never ask for.
                _ => assert!(matches!(told, Answer::Unclear { .. }), "{said:?}: {told:?}"),
            }
        }
        for said in transcript("06-controller-down.txt", "sbatch --") {
            let told = answer(said.code, said.stdout.as_bytes(), said.stderr.as_bytes());
            match said.code {
                Some(0) => assert!(matches!(told, Answer::Accepted { .. }), "{said:?}: {told:?}"),
                // timeout(1) ended it: we see a signal there, and it an exit status without a word.
                _ => assert!(matches!(told, Answer::Unclear { .. }), "{said:?}: {told:?}"),
            }
        }
        for said in transcript("11-oom-nodes-deps.txt", "sbatch -p short") {
            let told = answer(said.code, said.stdout.as_bytes(), said.stderr.as_bytes());
            assert!(matches!(told, Answer::Wait { .. }), "a partition that is drained will be back: {told:?}");
        }
    }
}
