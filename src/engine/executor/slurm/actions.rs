//! scancel(1), `scontrol hold` and `release`: what is done with jobs that are there, and when one will start.

use super::row;
use super::words::words;
use crate::engine::executor::job::JobSignal;

/// So many jobs in one command at most.
pub(in crate::engine) const AT_ONCE: usize = 100;

/// The arguments of scancel that end jobs: those that wait at once; those that run by SIGTERM, and SIGKILL after the site's pause.
/// A job that is paused by [`JobSignal::Stop`] is continued first by Slurm.
pub(in crate::engine) fn cancel(ids: &[String]) -> Vec<String> {
    ids.to_vec()
}

/// The arguments of scancel that send a signal. Without `--batch` it goes to the steps of srun only, of which there are none, and
/// with `--full` to gem5 twice; `--ctld` sends it through the controller, since nodes may not be reachable from here.
pub(in crate::engine::executor) fn signal(ids: &[String], signal: JobSignal) -> Vec<String> {
    let how = ["--ctld".to_owned(), "--batch".to_owned(), format!("--signal={}", signal.name())];
    how.into_iter().chain(ids.iter().cloned()).collect()
}

/// The arguments of scontrol that put jobs on hold. Of one that runs it is taken, and counts for its next start only.
pub(in crate::engine) fn hold(ids: &[String]) -> Vec<String> {
    vec!["hold".to_owned(), ids.join(",")]
}

/// The arguments of scontrol that release jobs.
pub(in crate::engine) fn release(ids: &[String]) -> Vec<String> {
    vec!["release".to_owned(), ids.join(",")]
}

/// The arguments of squeue that ask when jobs are expected to start.
pub(in crate::engine) fn expected_start(ids: &[String]) -> Vec<String> {
    let ids = format!("--jobs={}", ids.join(","));
    ["--start", "--noheader", "--format=%A|%S"].map(str::to_owned).into_iter().chain([ids]).collect()
}

/// When jobs are expected to start, seconds since the Unix epoch; those of which Slurm says nothing are left out.
pub(in crate::engine) fn read_expected_start(stdout: &[u8]) -> Vec<(String, i64)> {
    let text = String::from_utf8_lossy(stdout);
    let expected = |line: &str| {
        let (id, start) = line.trim().split_once('|')?;
        Some((row::id(id)?, row::moment(start)?))
    };
    text.lines().filter_map(expected).collect()
}

/// What became of an action. None of these says that the job did what it was told: the next answer of squeue does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Acted {
    /// It was taken.
    Taken,
    /// Some job has ended, or Slurm has forgotten it: there is nothing to do. The others were done.
    AlreadyOver,
    /// We may not.
    Denied(String),
    /// Nobody answered. It may have been done.
    Unanswered(String),
    /// Something else.
    Failed(String),
}

/// What became of an action of scancel or scontrol. `code` is none for a command that was ended. scancel says nothing of a job
/// that it does not know, and its exit statuses are numbers of errors.
pub(in crate::engine) fn acted(code: Option<i32>, stderr: &[u8]) -> Acted {
    const DENIED: [&str; 2] = ["denied", "Invalid user id"];
    const UNANSWERED: [&str; 3] = ["Unable to contact", "Socket timed out", "Unexpected message received"];
    const OVER: [&str; 3] = ["Invalid job id specified", "already completing or completed", "already finished"];
    let text = words(stderr);
    let says = |known: &[&str]| known.iter().any(|known| text.contains(known));
    if code.is_none() {
        Acted::Unanswered(if text.is_empty() { "it was ended before it said".to_owned() } else { text })
    } else if says(&DENIED) {
        Acted::Denied(text)
    } else if says(&UNANSWERED) {
        Acted::Unanswered(text)
    } else if says(&OVER) {
        Acted::AlreadyOver
    } else {
        match code {
            Some(0) => Acted::Taken,
            Some(code) if text.is_empty() => Acted::Failed(format!("exit status {code} and no word of why")),
            _ => Acted::Failed(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{sample, transcript};
    use super::*;

    fn ids() -> Vec<String> {
        vec!["7".into(), "9".into()]
    }

    /// A command line has a bound, and so has the time that the controller takes for one command.
    #[test]
    fn thousands_of_jobs_are_not_named_in_one_command() {
        let many: Vec<String> = (0..=AT_ONCE).map(|id| id.to_string()).collect();
        assert_eq!(many.chunks(AT_ONCE).map(|ids| cancel(ids).len()).collect::<Vec<_>>(), [AT_ONCE, 1]);
    }

    /// A plain `--signal` reaches nobody in a job without srun, and exits with 0.
    #[test]
    fn a_signal_reaches_the_script_and_nobody_else() {
        assert_eq!(signal(&ids(), JobSignal::DumpStats), ["--ctld", "--batch", "--signal=USR1", "7", "9"]);
        for (sent, name) in [(JobSignal::Interrupt, "INT"), (JobSignal::Stop, "TSTP"), (JobSignal::Continue, "CONT")] {
            assert_eq!(signal(&ids(), sent)[2], format!("--signal={name}"));
        }
    }

    #[test]
    fn each_command_takes_its_jobs_in_its_own_way() {
        assert_eq!(cancel(&ids()), ["7", "9"]);
        assert_eq!(hold(&ids()), ["hold", "7,9"]);
        assert_eq!(release(&ids()), ["release", "7,9"]);
        assert_eq!(expected_start(&ids()).last().unwrap(), "--jobs=7,9");
    }

    #[test]
    fn a_start_that_nobody_knows_is_not_nineteen_seventy() {
        assert_eq!(read_expected_start(b"10|1795376135\n8|N/A\n9|0\nCLUSTER: x\n"), [("10".into(), 1_795_376_135)]);
        if let Some(text) = sample("squeue-start.txt") {
            assert_eq!(read_expected_start(text.as_bytes()), [], "its moments are written for people");
        }
    }

    #[test]
    fn what_is_over_is_no_refusal_and_a_refusal_is_not_over() {
        let over = b"Job has already finished for job 1\nslurm_suspend error: Job has already finished\n";
        assert_eq!(acted(Some(1), over), Acted::AlreadyOver);
        assert_eq!(acted(Some(1), b"Invalid job id specified for job 99999\n"), Acted::AlreadyOver);
        let denied = b"scancel: error: Kill job error on job id 28: Access/permission denied\n";
        assert!(matches!(acted(Some(210), denied), Acted::Denied(words) if words.contains("job id 28")));
        assert!(matches!(acted(Some(1), b"Invalid user id for job 28\n"), Acted::Denied(_)));
        assert_eq!(acted(Some(0), b""), Acted::Taken);
        assert!(matches!(acted(Some(1), b""), Acted::Failed(_)));
    }

    #[test]
    fn one_job_that_is_over_does_not_hide_that_another_was_denied() {
        let both = b"scancel: error: Kill job error on job id 1: Invalid job id specified\n\
                     scancel: error: Kill job error on job id 2: Access/permission denied\n";
        assert!(matches!(acted(Some(210), both), Acted::Denied(_)));
    }

    #[test]
    fn a_controller_that_is_down_has_not_refused() {
        for said in transcript("06-controller-down.txt", "scancel 1")
            .into_iter()
            .chain(transcript("06-controller-down.txt", "hold 1"))
        {
            assert!(matches!(acted(said.code, said.stderr.as_bytes()), Acted::Unanswered(_)), "{said:?}");
        }
        assert!(matches!(acted(None, b""), Acted::Unanswered(_)));
    }

    #[test]
    fn real_answers_are_told_apart() {
        let told = |word: &str| {
            transcript("05-errors.txt", word)
                .into_iter()
                .map(|said| acted(said.code, said.stderr.as_bytes()))
                .collect::<Vec<_>>()
        };
        assert!(told("scontrol hold 99999").iter().all(|acted| *acted == Acted::AlreadyOver));
        assert!(told("scancel 99999").iter().all(|acted| *acted == Acted::Taken));
        assert!(told("scancel 28").iter().all(|acted| matches!(acted, Acted::Denied(_))));
        assert!(told("scontrol hold 28").iter().all(|acted| matches!(acted, Acted::Denied(_))));
        assert!(told("scancel abc").iter().all(|acted| matches!(acted, Acted::Failed(_))));
    }
}
