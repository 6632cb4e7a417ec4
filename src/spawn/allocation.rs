//! The job of a batch system that this process is in, by what it was given: [`parse`] is pure over the environment, `own` is
//! this process.
//!
//! | | job | CPUs of this node | memory of this node | end |
//! |---|---|---|---|---|
//! | Slurm (sbatch(1), "OUTPUT ENVIRONMENT VARIABLES") | `SLURM_JOB_ID` | `SLURM_CPUS_ON_NODE` | `SLURM_MEM_PER_NODE`, or `SLURM_MEM_PER_CPU` for each | `SLURM_JOB_END_TIME`; before release 23 `squeue` tells it |
//! | PBS and Torque (qsub(1)) | `PBS_JOBID` | `PBS_NUM_PPN`, `NCPUS`, `PBS_NP` | | |
//! | Grid Engine (qsub(1)) | `JOB_ID` beside `SGE_…` | `NSLOTS` | | |
//! | LSF | `LSB_JOBID` | `LSB_MCPU_HOSTS`, `LSB_DJOB_NUMPROC` | | |
//!
//! The awkward truth: variables are inherited by whatever a job has started, also by what outlives it, and say nothing of what
//! the kernel allows. So a process never counts on more than its affinity and its control groups leave it.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use super::ask::{End, ask};
use super::memory_group::MemoryGroup;
use super::{scratch, slurm_environment};
use crate::rundir::files::Disk;
use crate::rundir::record::LeaseJob;

/// How long a controller may take to say when a job ends. One that is down takes 9 seconds to be told as such.
const TOLD_WITHIN: Duration = Duration::from_secs(10);

/// Slurm counts memory in these.
const MIB: u64 = 1 << 20;

/// A batch system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Slurm.
    Slurm,
    /// PBS Professional, `OpenPBS` or Torque.
    Pbs,
    /// Grid Engine, in any of its lines.
    GridEngine,
    /// IBM Spectrum LSF.
    Lsf,
}

impl System {
    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Slurm => "Slurm",
            Self::Pbs => "PBS",
            Self::GridEngine => "Grid Engine",
            Self::Lsf => "LSF",
        }
    }
}

/// What a job was given, on the node that this process is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Who gave it.
    pub system: System,
    /// Its id, as the batch system writes it. Raw text.
    pub id: String,
    /// CPUs. None where nothing tells them.
    pub cpus: Option<u32>,
    /// Memory, in bytes. None where nothing tells it, or it is all of the node's.
    pub memory: Option<u64>,
    /// When it ends, in milliseconds since the Unix epoch. None where nothing tells it, or it does not end.
    pub end_unix_ms: Option<i64>,
    /// On how many nodes it is.
    pub nodes: u32,
}

/// The job that these variables tell of, if they do.
pub fn parse(var: impl Fn(&str) -> Option<String>) -> Option<Job> {
    let text = |name: &str| var(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    // A zero means "all that there is".
    let number = |name: &str| text(name)?.parse::<u64>().ok().filter(|&number| number > 0);
    let count = |name: &str| number(name).and_then(|number| u32::try_from(number).ok());
    let job = |system, id, cpus| Job { system, id, cpus, memory: None, end_unix_ms: None, nodes: 1 };
    if let Some(id) = text("SLURM_JOB_ID").or_else(|| text("SLURM_JOBID")) {
        // As `4(x2),2` where it is the whole job's; the script of a job is on its first node.
        let of_first = || text("SLURM_JOB_CPUS_PER_NODE").and_then(|list| leading(&list));
        let cpus = count("SLURM_CPUS_ON_NODE").or_else(of_first).or_else(|| count("SLURM_CPUS_PER_TASK"));
        let of_cpus = || Some(number("SLURM_MEM_PER_CPU")?.saturating_mul(cpus?.into()));
        let memory = number("SLURM_MEM_PER_NODE").or_else(of_cpus).map(|mib| mib.saturating_mul(MIB));
        let end = number("SLURM_JOB_END_TIME").and_then(unix_ms);
        let nodes = count("SLURM_JOB_NUM_NODES").or_else(|| count("SLURM_NNODES")).unwrap_or(1);
        return Some(Job { memory, end_unix_ms: end, nodes, ..job(System::Slurm, id, cpus) });
    }
    if let Some(id) = text("PBS_JOBID") {
        let nodes = count("PBS_NUM_NODES").unwrap_or(1);
        let cpus = count("PBS_NUM_PPN").or_else(|| count("NCPUS")).or_else(|| count("PBS_NP"));
        return Some(Job { nodes, ..job(System::Pbs, id, cpus) });
    }
    if let Some(id) = text("LSB_JOBID") {
        // As `host1 4 host2 2`, this host first.
        let hosts = text("LSB_MCPU_HOSTS");
        let of_first = hosts.as_ref().and_then(|hosts| hosts.split_whitespace().nth(1)?.parse().ok());
        let nodes = hosts.map_or(1, |hosts| (hosts.split_whitespace().count() / 2).max(1) as u32);
        let cpus = of_first.filter(|&cpus| cpus > 0).or_else(|| count("LSB_DJOB_NUMPROC"));
        return Some(Job { nodes, ..job(System::Lsf, id, cpus) });
    }
    // The name of the id is one that others use, too.
    let is_grid = ["SGE_ROOT", "SGE_TASK_ID", "SGE_O_HOST"].iter().any(|name| text(name).is_some());
    let id = text("JOB_ID").filter(|_| is_grid)?;
    let nodes = count("NHOSTS").unwrap_or(1);
    Some(Job { nodes, ..job(System::GridEngine, id, count("NSLOTS")) })
}

/// The number that a text begins with.
fn leading(text: &str) -> Option<u32> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..digits].parse().ok().filter(|&number| number > 0)
}

fn unix_ms(seconds: u64) -> Option<i64> {
    i64::try_from(seconds).ok()?.checked_mul(1000)
}

/// The job that this process is in, with no more than the kernel leaves it. When it ends only as far as its environment tells.
pub(crate) fn own() -> Option<&'static Job> {
    static OWN: OnceLock<Option<Job>> = OnceLock::new();
    OWN.get_or_init(|| {
        let job = parse(|name| std::env::var(name).ok())?;
        let group = MemoryGroup::own().and_then(|group| group.room()).map(|room| room.total);
        Some(within(job, slots(), group))
    })
    .as_ref()
}

/// CPUs that the affinity of this process and its control groups leave it.
pub(crate) fn slots() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32)
}

/// A job with no more than this.
fn within(job: Job, slots: u32, group: Option<u64>) -> Job {
    let cpus = job.cpus.map_or(slots, |cpus| cpus.min(slots));
    Job { cpus: Some(cpus), memory: job.memory.into_iter().chain(group).min(), ..job }
}

/// When a job ends, in milliseconds since the Unix epoch, also where only its controller knows. Blocks, for seconds where that does
/// not answer.
pub(crate) fn end_of(job: &Job) -> Option<i64> {
    if job.end_unix_ms.is_some() || job.system != System::Slurm {
        return job.end_unix_ms;
    }
    let squeue = crate::experiment::Files::find_on_path(&Disk::new(), "squeue")?;
    let place = scratch::directory().ok()?;
    let id = format!("--jobs={}", job.id);
    let argv = [squeue.to_str()?, "--noheader", &id, "--format=%e"].map(str::to_owned);
    let env = slurm_environment::changes();
    let answer = ask(&argv, Path::new("/"), &env, place.path(), TOLD_WITHIN).ok()?;
    (answer.end == End::Exited(0)).then(|| told_end(&answer.stdout)).flatten()
}

/// The job of Slurm that this process runs in, as others may reach it from other hosts.
pub fn reachable_job() -> Option<LeaseJob> {
    let job = own().filter(|job| job.system == System::Slurm)?;
    Some(LeaseJob { id: job.id.clone(), program: std::env::current_exe().ok()? })
}

/// The command that carries what is said to the engine that listens on `socket` in this job: a step beside all that runs there, by
/// srun(1).
pub fn bridge(job: &LeaseJob, socket: &Path) -> Command {
    let mut srun = Command::new("srun");
    // It takes nothing from the job, and waits for nothing.
    srun.arg(format!("--jobid={}", job.id)).args(["--overlap", "--nodes=1", "--ntasks=1", "--quiet", "--unbuffered"]);
    srun.arg("--").arg(&job.program).arg("bridge").arg(socket);
    for (name, value) in slurm_environment::changes() {
        match value {
            Some(value) => srun.env(name, value),
            None => srun.env_remove(name),
        };
    }
    srun
}

/// The end in what `squeue` says; none where it says that there is no end, or nothing that is understood.
fn told_end(said: &str) -> Option<i64> {
    said.trim().parse::<u64>().ok().filter(|&seconds| seconds > 0).and_then(unix_ms)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// As `env` prints it.
    fn job(environment: &str) -> Option<Job> {
        let pairs: BTreeMap<&str, &str> = environment.lines().filter_map(|line| line.trim().split_once('=')).collect();
        parse(|name| pairs.get(name).map(|value| (*value).to_owned()))
    }

    fn of(environment: &str) -> (System, String, Option<u32>, Option<u64>, u32) {
        let job = job(environment).unwrap();
        (job.system, job.id, job.cpus, job.memory, job.nodes)
    }

    /// Recorded in jobs of Slurm 22.05: `-c2 --mem=600`, `--mem=0`, `--ntasks=2 --mem-per-cpu=300`.
    #[test]
    fn a_job_of_slurm_tells_its_cpus_and_its_memory() {
        let told = "SLURM_CPUS_ON_NODE=2\nSLURM_CPUS_PER_TASK=2\nSLURM_JOBID=1\nSLURM_JOB_CPUS_PER_NODE=2\nSLURM_JOB_ID=1\n\
                    SLURM_JOB_NUM_NODES=1\nSLURM_MEM_PER_NODE=600\nSLURM_NNODES=1\nSLURM_TASKS_PER_NODE=1\n";
        assert_eq!(of(told), (System::Slurm, "1".into(), Some(2), Some(600 << 20), 1));
        assert_eq!(job(told).unwrap().end_unix_ms, None);
        let told = "SLURM_CPUS_ON_NODE=1\nSLURM_JOB_CPUS_PER_NODE=1\nSLURM_JOB_ID=2\nSLURM_NNODES=1\n";
        assert_eq!(of(told), (System::Slurm, "2".into(), Some(1), None, 1));
        let told = "SLURM_CPUS_ON_NODE=2\nSLURM_JOB_ID=3\nSLURM_MEM_PER_CPU=300\nSLURM_NTASKS=2\n";
        assert_eq!(of(told), (System::Slurm, "3".into(), Some(2), Some(600 << 20), 1));
    }

    #[test]
    fn a_newer_slurm_tells_the_end_and_several_nodes_tell_the_first() {
        let told =
            "SLURM_JOB_ID=7\nSLURM_JOB_CPUS_PER_NODE=4(x2),2\nSLURM_JOB_NUM_NODES=3\nSLURM_JOB_END_TIME=1796021227\n";
        assert_eq!(of(told), (System::Slurm, "7".into(), Some(4), None, 3));
        assert_eq!(job(told).unwrap().end_unix_ms, Some(1_796_021_227_000));
    }

    #[test]
    fn other_batch_systems_are_known_by_their_own_words() {
        let pbs = "PBS_JOBID=12.head\nNCPUS=8\nPBS_NODEFILE=/var/x\nPBS_ENVIRONMENT=PBS_BATCH\n";
        assert_eq!(of(pbs), (System::Pbs, "12.head".into(), Some(8), None, 1));
        let torque = "PBS_JOBID=13.head\nPBS_NP=16\nPBS_NUM_PPN=8\nPBS_NUM_NODES=2\n";
        assert_eq!(of(torque), (System::Pbs, "13.head".into(), Some(8), None, 2));
        let sge = "JOB_ID=99\nNSLOTS=4\nSGE_ROOT=/opt/sge\nSGE_TASK_ID=undefined\nNHOSTS=1\n";
        assert_eq!(of(sge), (System::GridEngine, "99".into(), Some(4), None, 1));
        let lsf = "LSB_JOBID=5\nLSB_DJOB_NUMPROC=6\nLSB_MCPU_HOSTS=a 4 b 2\n";
        assert_eq!(of(lsf), (System::Lsf, "5".into(), Some(4), None, 2));
        assert_eq!(of("LSB_JOBID=5\nLSB_DJOB_NUMPROC=6\n").2, Some(6));
    }

    #[test]
    fn what_is_no_job_is_none_and_garbage_is_unknown() {
        assert_eq!(job("PATH=/bin\nJOB_ID=3\nNSLOTS=4\nNCPUS=2\n"), None);
        assert_eq!(job("SLURM_JOB_ID= \nSLURM_CONF=/etc/slurm.conf\n"), None);
        let garbage =
            "SLURM_JOB_ID=3\nSLURM_CPUS_ON_NODE=x\nSLURM_MEM_PER_NODE=-4\nSLURM_JOB_END_TIME=99999999999999999999\n";
        assert_eq!(of(garbage), (System::Slurm, "3".into(), None, None, 1));
    }

    #[test]
    fn no_more_is_counted_on_than_the_kernel_leaves() {
        let told = job("SLURM_JOB_ID=3\nSLURM_CPUS_ON_NODE=8\nSLURM_MEM_PER_NODE=1000\n").unwrap();
        let left = within(told.clone(), 2, Some(500 << 20));
        assert_eq!((left.cpus, left.memory), (Some(2), Some(500 << 20)));
        let left = within(told, 64, None);
        assert_eq!((left.cpus, left.memory), (Some(8), Some(1000 << 20)));
        let untold = within(job("PBS_JOBID=3\n").unwrap(), 4, Some(7));
        assert_eq!((untold.cpus, untold.memory), (Some(4), Some(7)));
    }

    #[test]
    fn an_end_is_seconds_and_anything_else_is_none() {
        assert_eq!(told_end("1796021227\n"), Some(1_796_021_227_000));
        for said in
            ["", "N/A\n", "NONE\n", "slurm_load_jobs error: Invalid job id specified", "0", "2026-11-30T06:47:07"]
        {
            assert_eq!(told_end(said), None, "{said:?}");
        }
    }
}
