//! What an engine has to run on where that is less than its machine: the CPUs and the memory of a batch job, until that ends.

use super::Options;
use crate::engine::Until;
use crate::engine::state::deadline::Deadline;
use crate::experiment::{Concurrency, Plan};
use crate::rundir::record::Moment;
use crate::spawn::allocation::{self, Job};
use crate::text::human;

/// What there is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Allocation {
    /// The memory budget, in bytes, if there is one.
    pub memory: Option<u64>,
    /// When the time is up, if it is ever.
    pub deadline: Option<Deadline>,
    /// All of it in words, if there is anything to say.
    pub told: Option<String>,
}

/// What there is for this engine. Blocks for seconds where a controller that is asked when a job ends does not answer.
pub(super) fn of_engine(plan: &Plan, options: &Options, now: Moment) -> Allocation {
    let job = allocation::own();
    let end = job.filter(|_| options.until.is_none()).and_then(allocation::end_of);
    of(plan, options, job, end, now)
}

/// What there is in a job that ends then.
fn of(plan: &Plan, options: &Options, job: Option<&Job>, end: Option<i64>, now: Moment) -> Allocation {
    // What has been inherited from a job that is over says nothing.
    let end = end.filter(|&end| end > now.unix_ms);
    let end = match options.until {
        Some(Until::At { unix_ms }) => Some(unix_ms),
        Some(Until::Never) => None,
        None => end,
    };
    let deadline = end.map(|end| Deadline::new(end, options.margin, now));
    let memory = plan.memory.or(job.and_then(|job| job.memory));
    let until = deadline.map(|deadline| {
        let (end, margin) = (human::local_time(deadline.unix_ms()), human::limit(deadline.margin_ms()));
        format!("until {end}: what runs is asked to finish {margin} before")
    });
    let told = match (job, until) {
        (None, until) => until,
        (Some(job), until) => Some(words(plan, options, job, until)),
    };
    Allocation { memory, deadline, told }
}

/// What a person must know of the job.
fn words(plan: &Plan, options: &Options, job: &Job, until: Option<String>) -> String {
    let cpus = job.cpus.unwrap_or(1);
    let has = human::plural(cpus.into(), "CPU");
    let memory = job.memory.map(|memory| format!(", {} of memory", human::bytes(memory))).unwrap_or_default();
    let node = match job.nodes {
        0 | 1 => String::new(),
        nodes => format!(" on this one of its {nodes} nodes; the others do nothing here"),
    };
    let end = match until {
        Some(until) => format!(", {until}"),
        None if options.until.is_some() => String::new(),
        None => "; when it ends is not known, `--until` says it".to_owned(),
    };
    let too_many = match plan.concurrency {
        Concurrency::Fixed(cap) if cap > cpus => {
            format!("; {cap} at once are asked for, which is more than its CPUs")
        }
        Concurrency::Fixed(_) | Concurrency::Auto => String::new(),
    };
    let too_much = match (plan.memory, job.memory) {
        (Some(asked), Some(has)) if asked > has => {
            format!("; `memory` is {}, which is more than it has", human::bytes(asked))
        }
        _ => String::new(),
    };
    let (id, system) = (&job.id, job.system.name());
    format!("in job {id} of {system}: {has}{memory}{node}{end}{too_many}{too_much}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::results::ResultsRule;
    use crate::spawn::allocation::System;

    const NOW: Moment = Moment { unix_ms: 1_000_000_000, boot_ms: 500_000, boot: None };
    const HOUR: i64 = 3_600_000;

    fn plan(concurrency: Concurrency, memory: Option<u64>) -> Plan {
        Plan {
            name: "x".into(),
            source: "/x.yaml".into(),
            outdir: "/runs".into(),
            concurrency,
            memory,
            min_free_disk: None,
            stop_after: crate::experiment::StopAfter::default(),
            notify: Vec::new(),
            results: ResultsRule::default(),
            courtesy: crate::experiment::executor::Courtesy::default(),
            awaiting: Vec::new(),
            sources: Vec::new(),
            origin: None,
            simulations: Vec::new(),
        }
    }

    fn job() -> Job {
        let end_unix_ms = Some(NOW.unix_ms + HOUR);
        Job { system: System::Slurm, id: "12".into(), cpus: Some(4), memory: Some(8 << 30), end_unix_ms, nodes: 1 }
    }

    fn in_job(plan: &Plan, options: &Options) -> Allocation {
        of(plan, options, Some(&job()), job().end_unix_ms, NOW)
    }

    #[test]
    fn outside_of_a_job_nothing_is_less_and_nothing_is_said() {
        let plan = plan(Concurrency::Auto, None);
        assert_eq!(of(&plan, &Options::default(), None, None, NOW), Allocation::default());
    }

    #[test]
    fn a_job_gives_its_memory_and_its_end_and_the_file_goes_before_it() {
        let told = in_job(&plan(Concurrency::Auto, None), &Options::default());
        assert_eq!(told.memory, Some(8 << 30));
        let deadline = told.deadline.unwrap();
        assert_eq!((deadline.unix_ms(), deadline.margin_ms()), (NOW.unix_ms + HOUR, 120_000));
        let words = told.told.unwrap();
        assert!(words.starts_with("in job 12 of Slurm: 4 CPUs, 8 GiB of memory, until "), "{words}");
        assert!(!words.contains("more than"), "{words}");
        let told = in_job(&plan(Concurrency::Fixed(16), Some(16 << 30)), &Options::default());
        assert_eq!(told.memory, Some(16 << 30));
        let words = told.told.unwrap();
        assert!(words.contains("; 16 at once are asked for") && words.contains("`memory` is 16 GiB"), "{words}");
    }

    #[test]
    fn a_person_knows_the_end_better_and_an_end_that_is_over_is_none() {
        let plan = plan(Concurrency::Auto, None);
        let until = Until::At { unix_ms: NOW.unix_ms + 60_000 };
        let told = in_job(&plan, &Options { until: Some(until), ..Options::default() });
        assert_eq!(told.deadline.map(|deadline| deadline.margin_ms()), Some(6_000), "a tenth of a minute");
        let told = in_job(&plan, &Options { until: Some(Until::Never), ..Options::default() });
        assert_eq!((told.deadline, told.told.unwrap().contains("--until")), (None, false));
        let told = of(&plan, &Options::default(), Some(&job()), Some(NOW.unix_ms - 1), NOW);
        assert_eq!((told.deadline, told.told.unwrap().contains("`--until` says it")), (None, true));
    }
}
