//! Whether an attempt lives, and where: the one answer that everybody asks for.
//!
//! It is made of the records, of the kernel lock that a living shim holds, and of what this machine's kernel tells of its
//! processes. A batch system that starts shims knows more, and its executor may say more ([`Presence::Pending`]).
//!
//! The awkward truth: what runs on another host, or in a container beside this one, cannot be seen from here. As long as its
//! record tells no end, it counts as running there, until a person says that the host or the container is gone.

use super::identity;
use super::tree;
use crate::experiment::executor::system_name;
use crate::rundir::attempts::{self, AttemptRecords};
use crate::rundir::machine::{Origin, origin, place};
use crate::rundir::presence::{Presence, Reach};
use crate::rundir::record::JobRecords;
use crate::rundir::record::{Identity, Started};
use crate::rundir::{AttemptDir, SimulationDir, Takeovers};

/// Where the attempt of these records is.
pub fn presence(records: &AttemptRecords, gone: &Takeovers) -> Presence {
    if let Some(known) = records.job.as_ref().and_then(|job| presence_of_job(records, job)) {
        return known;
    }
    match (&records.exit, &records.started) {
        (Some(_), _) => Presence::Ended,
        (None, Some(started)) => presence_of_started(&records.dir, started, records.held, gone),
        (None, None) if records.held => Presence::Starting,
        (None, None) => match &records.claim {
            Some(claim) if is_unseen(&records.dir, &claim.shim) && !gone.holds(&claim.shim) => Presence::MayRun {
                why: format!("a shim on {} has claimed it and has not recorded a start", place(&claim.shim)),
            },
            // The shim makes this file before it starts anything.
            // A disk that does not answer must not begin it a second time.
            _ if records.dir.simout().try_exists().unwrap_or(true) => {
                Presence::MayRun { why: "its shim died before it had written down whom it started".to_owned() }
            }
            _ => Presence::NeverStarted,
        },
    }
}

/// The same of one that a batch system has, or was about to have. Whether its node lives only the executor can say, which knows that
/// system, and what it learns is recorded; so nothing is concluded from the processes of this machine.
fn presence_of_job(records: &AttemptRecords, job: &JobRecords) -> Option<Presence> {
    let called = |system: &str| system_name(system).to_owned();
    Some(match (&job.submitted, &job.submitting) {
        _ if records.exit.is_some() || job.end.is_some() => Presence::Ended,
        _ if records.started.is_some() => Presence::Runs(Reach::Relayed),
        _ if records.claim.is_some() => Presence::Starting,
        (Some(job), _) => Presence::Pending { why: format!("submitted to {} as job {}", called(&job.system), job.id) },
        (None, Some(job)) => Presence::Pending { why: format!("being submitted to {}", called(&job.system)) },
        (None, None) => return None,
    })
}

/// The same of attempt `number` in `dir`. Records that cannot be read are those of a later release, or the disk does not
/// answer: a shim that holds the lock lives all the same.
pub fn presence_at(dir: &SimulationDir, number: u32, gone: &Takeovers) -> Presence {
    match attempts::read(dir, number) {
        Ok(records) => presence(&records, gone),
        Err(error) if let Some(why) = attempts::hidden(&error) => Presence::MayRun { why },
        Err(_) if attempts::is_held(&dir.attempt(number).spec()) => Presence::Starting,
        Err(error) => Presence::MayRun { why: format!("its records cannot be read: {error}") },
    }
}

/// Where an attempt is that was started and whose end is not recorded. `held` says whether its shim lives.
pub(crate) fn presence_of_started(dir: &AttemptDir, started: &Started, held: bool, gone: &Takeovers) -> Presence {
    if is_unseen(dir, if held { &started.shim } else { &started.gem5 }) {
        // A lock that is seen across hosts is worth more than a person's word.
        let host = place(&started.gem5);
        return if held || !gone.holds(&started.gem5) {
            Presence::Runs(Reach::Nobody { host })
        } else {
            Presence::Gone
        };
    }
    match held {
        true => Presence::Runs(Reach::Direct),
        false if origin(&started.gem5, dir.path()) == Origin::Before => Presence::Gone,
        false if !tree::is_left(started) => Presence::Gone,
        // In a copy the records speak of what runs in the original.
        false if is_of_another_directory(dir, started) => Presence::MayRun {
            why: format!("this is a copy of the directory in which it runs as process {}", started.gem5.pid),
        },
        false => Presence::Runs(Reach::Unsupervised),
    }
}

/// Whether what has started was begun in another directory than the one that has its record. One that was moved is the same.
fn is_of_another_directory(dir: &AttemptDir, started: &Started) -> bool {
    started.directory.zip(dir.place().ok()).is_some_and(|(then, now)| then != now)
}

/// Whether this process, of an attempt in `dir`, is where nobody can look from here.
pub(crate) fn is_unseen(dir: &AttemptDir, process: &Identity) -> bool {
    identity::is_out_of_sight(process) && origin(process, dir.path()) != Origin::Before
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::identity;
    use super::*;
    use crate::rundir::record::{Claim, End, Exit, FORMAT, Identity, JobEnd, JobFate, Moment, Submitted, Submitting};
    use crate::rundir::{AttemptDir, ExperimentDir, atomic};

    fn elsewhere() -> Identity {
        let (boot_id, host) = ("another boot".to_owned(), "node17".to_owned());
        Identity { pid: 4711, start_ticks: 1, boot_id, host, pid_ns: None, time_ns: None }
    }

    fn dead() -> Identity {
        Identity { start_ticks: 1, ..identity::own().unwrap() }
    }

    fn write_started(dir: &AttemptDir, process: &Identity) {
        let (gem5, shim) = (process.clone(), process.clone());
        let at = Moment::now();
        let started = Started {
            format: FORMAT,
            gem5,
            shim,
            at,
            suspended_ms: None,
            group: None,
            directory: None,
            takes_term: false,
        };
        atomic::write_json(&dir.started(), &started).unwrap();
    }

    fn write_exit(dir: &AttemptDir) {
        let (end, at) = (End::Exited { code: 0 }, Moment::now());
        let exit = Exit::new(end, at);
        atomic::write_json(&dir.exit(), &exit).unwrap();
    }

    /// Every row of the table in `ARCHITECTURE.md`.
    #[test]
    fn the_records_the_lock_and_the_kernel_tell_where_an_attempt_is() {
        let place = tempfile::tempdir().unwrap();
        let outdir = ExperimentDir::new(place.path());
        let simulation = outdir.simulation("a");
        let told = |number, gone: &Takeovers| presence_at(&simulation, number, gone);
        let nobody = Takeovers::default();
        let make = |number| {
            let dir = simulation.attempt(number);
            fs::create_dir_all(dir.path()).unwrap();
            dir
        };
        let node = || Reach::Nobody { host: "node17".to_owned() };

        let never = make(1);
        assert_eq!(told(1, &nobody), Presence::NeverStarted);
        fs::create_dir_all(never.m5out()).unwrap();
        fs::write(never.simout(), "").unwrap();
        assert!(matches!(told(1, &nobody), Presence::MayRun { .. }));

        let here = make(2);
        write_started(&here, &identity::own().unwrap());
        assert_eq!(told(2, &nobody), Presence::Runs(Reach::Unsupervised));
        write_started(&here, &dead());
        assert_eq!(told(2, &nobody), Presence::Gone);
        write_exit(&here);
        assert_eq!(told(2, &nobody), Presence::Ended);

        let there = make(3);
        write_started(&there, &elsewhere());
        assert_eq!(told(3, &nobody), Presence::Runs(node()));
        let mut gone = Takeovers::default();
        gone.add(&outdir, &[elsewhere()], "here").unwrap();
        assert_eq!(told(3, &gone), Presence::Gone);
        assert_eq!(Takeovers::read(&outdir), gone, "the next engine knows it too");

        let claimed = make(4);
        let claim = Claim { format: FORMAT, shim: elsewhere(), at: Moment::now() };
        atomic::write_json(&claimed.claim(), &claim).unwrap();
        assert!(matches!(told(4, &nobody), Presence::MayRun { .. }));
        assert_eq!(told(4, &gone), Presence::NeverStarted);
    }

    /// The rows of jobs in that table.
    #[test]
    fn of_a_job_only_its_records_count() {
        let place = tempfile::tempdir().unwrap();
        let simulation = ExperimentDir::new(place.path()).simulation("a");
        let dir = simulation.attempt(1);
        fs::create_dir_all(dir.path()).unwrap();
        let told = |job: &JobRecords| {
            let records = attempts::read_but_spec(dir.clone(), 1).unwrap();
            let job = Some(Box::new(job.clone()));
            presence(&AttemptRecords { job, ..records }, &Takeovers::default())
        };
        let (system, job_name, at) = (|| "pbs".to_owned(), || "a".to_owned(), Moment::now());
        let mut job = JobRecords::default();
        assert_eq!(told(&job), Presence::NeverStarted);
        job.submitting =
            Some(Submitting { format: FORMAT, system: system(), job_name: job_name(), at, command: Vec::new() });
        assert_eq!(told(&job), Presence::Pending { why: "being submitted to pbs".to_owned() });
        let id = "12".to_owned();
        job.submitted = Some(Submitted { format: FORMAT, system: system(), job_name: job_name(), id, at });
        assert_eq!(told(&job), Presence::Pending { why: "submitted to pbs as job 12".to_owned() });
        let claim = Claim { format: FORMAT, shim: elsewhere(), at };
        atomic::write_json(&dir.claim(), &claim).unwrap();
        assert_eq!(told(&job), Presence::Starting);
        for process in [elsewhere(), dead(), identity::own().unwrap()] {
            write_started(&dir, &process);
            assert_eq!(told(&job), Presence::Runs(Reach::Relayed), "only the batch system knows its nodes");
        }
        let (id, node, state) = (None, None, String::new());
        let (how, reason) = (JobFate::NodeFailed, String::new());
        let end = JobEnd { format: FORMAT, system: system(), id, how, state, reason, node, at };
        assert_eq!(told(&JobRecords { end: Some(end), ..job.clone() }), Presence::Ended);
        write_exit(&dir);
        assert_eq!(told(&job), Presence::Ended);
    }

    #[test]
    fn a_held_lock_is_a_living_shim_whatever_else_can_be_read() {
        let place = tempfile::tempdir().unwrap();
        let simulation = ExperimentDir::new(place.path()).simulation("a");
        let dir = simulation.attempt(1);
        fs::create_dir_all(dir.path()).unwrap();
        // Of a later release: it cannot be read.
        fs::write(dir.spec(), "{\"format\": 99}").unwrap();
        let nobody = Takeovers::default();
        assert!(matches!(presence_at(&simulation, 1, &nobody), Presence::MayRun { .. }));
        let lock = attempts::lock_spec(&dir).unwrap();
        assert_eq!(presence_at(&simulation, 1, &nobody), Presence::Starting);
        drop(lock);
    }
}
