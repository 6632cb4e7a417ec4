//! Finds the engine of an experiment, or starts one.

use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

use crate::cli::Target;
use crate::commands::intent::{Resolved, Start};
use crate::commands::{Failure, output};
use crate::engine::EngineError;
use crate::engine::executor::Executor;
use crate::experiment::Plan;
use crate::experiment::executor::EngineAt;
use crate::protocol::{Header, Link, Reply, Request, ServerMessage, SimView, handover};
use crate::rundir::lease::{LeaseError, is_elsewhere};
use crate::rundir::record::LeaseRecord;
use crate::rundir::{ExperimentDir, Lease, usable};
use crate::spawn::allocation;
use crate::spawn::identity::{self, is_out_of_sight};
use crate::text::Safe;

/// How long a new engine may take to read its directory. 10,000 simulations take about a second on a local disk; a slow
/// network filesystem takes longer.
const READY_WITHIN: Duration = Duration::from_mins(2);

/// How long an engine that holds the lease may take to listen.
const LISTENS_WITHIN: Duration = Duration::from_secs(10);

/// How long a person waits for the job of an engine to start.
const STARTS_WITHIN: Duration = Duration::from_mins(10);

/// Between two looks whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Between two tries to reach an engine that holds the lease.
pub(crate) const TRY_EVERY: Duration = Duration::from_millis(50);

/// How often an engine may leave while it is asked, before that is told as an error.
pub(crate) const TRIES: u32 = 20;

/// The first line that a new engine prints.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "engine")]
pub(crate) enum Readiness {
    /// It listens.
    Ready,
    /// Another one was faster.
    Held,
    /// The experiment directory cannot be written.
    ViewOnly {
        /// Why.
        reason: String,
    },
    /// The experiment directory is not to be used.
    Unusable {
        /// Why.
        reason: String,
        /// It belongs to somebody else and cannot be written by us, so that a look is all that was possible anyway.
        is_foreign: bool,
    },
    /// It could not begin.
    Failed {
        /// Why.
        reason: String,
    },
}

/// Connects to the engine that holds the experiment; `None` when there is none. Several that share it are an error.
pub(crate) async fn find(plan: &Plan) -> Result<Option<Link>, Failure> {
    let dir = ExperimentDir::new(&plan.outdir);
    let deadline = tokio::time::Instant::now() + LISTENS_WITHIN;
    loop {
        let me = identity::own().map_err(Failure::io("could not read this process's identity"))?;
        let holder = Lease::holder(&dir, &me);
        let holder = holder.map_err(Failure::io(format!("could not look at {}", dir.lock().display())))?;
        let Some(lease) = holder else {
            let shards = shards(plan)?;
            return if shards.is_empty() {
                Ok(None)
            } else {
                Err(EngineError::from(LeaseError::Shards(shards)).into())
            };
        };
        if is_elsewhere(&lease, &me, &dir) {
            return bridged(&lease).await.map_or_else(|| Err(has_it_elsewhere(lease)), |link| Ok(Some(link)));
        }
        match Link::connect(&lease.socket).await {
            Ok(link) => return Ok(Some(link)),
            Err(error) if tokio::time::Instant::now() > deadline => {
                // The socket of an engine in a container is not always there for those outside it.
                return Err(if is_out_of_sight(&lease.engine) { has_it_elsewhere(lease) } else { error.into() });
            }
            // It has just started, or is just ending.
            Err(crate::protocol::LinkError::Unreachable(_) | crate::protocol::LinkError::NotAnEngine) => {
                if is_out_of_sight(&lease.engine)
                    && let Some(link) = bridged(&lease).await
                {
                    return Ok(Some(link));
                }
                tokio::time::sleep(TRY_EVERY).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The engines of shards that have the experiment, as far as can be seen from here.
pub(crate) fn shards(plan: &Plan) -> Result<Vec<LeaseRecord>, Failure> {
    let me = identity::own().map_err(Failure::io("could not read this process's identity"))?;
    let dir = ExperimentDir::new(&plan.outdir);
    Lease::shards(&dir, &me).map_err(Failure::io(format!("could not look for engines in {}", plan.outdir.display())))
}

/// A link to an engine on another host, where it runs in a job that we can reach.
async fn bridged(lease: &LeaseRecord) -> Option<Link> {
    let command = allocation::bridge(lease.job.as_ref()?, &lease.socket);
    // Without one it is told that the engine is elsewhere.
    Link::connect_through(command.into()).await.ok()
}

fn has_it_elsewhere(lease: LeaseRecord) -> Failure {
    EngineError::from(LeaseError::Elsewhere(lease.into())).into()
}

/// Who has the experiment, if that is another host.
pub(crate) fn elsewhere(plan: &Plan) -> Option<LeaseError> {
    let me = identity::own().ok()?;
    let dir = ExperimentDir::new(&plan.outdir);
    let lease = Lease::holder(&dir, &me).ok().flatten()?;
    is_elsewhere(&lease, &me, &dir).then(|| LeaseError::Elsewhere(lease.into()))
}

/// Refuses an experiment directory in which no engine begins, before anything is said of what stands there.
pub(crate) fn check(plan: &Plan) -> Result<(), Failure> {
    let names = plan.simulations.iter().map(|simulation| simulation.name.as_str());
    Ok(usable::check(&ExperimentDir::new(&plan.outdir), None, names).map_err(EngineError::from)?)
}

/// Connects to the engine of the experiment and starts one if there is none.
pub(crate) async fn find_or_start(start: &Start<'_>) -> Result<Link, Failure> {
    // Twice, because another client may start one between our look and our start.
    for _ in 0..2 {
        match find(start.plan).await {
            // A person's word counts more than what another host left.
            Err(failure) if start.takeover && failure.is_elsewhere() => {}
            found => {
                if let Some(link) = found? {
                    return Ok(link);
                }
            }
        }
        begin(start).await?;
    }
    find(start.plan).await?.ok_or_else(|| Failure::Refused("the engine ended as soon as it had started".to_owned()))
}

/// The same with what was resolved for it.
pub(crate) async fn find_or_begin(resolved: &Resolved, target: &Target) -> Result<Link, Failure> {
    let start = resolved.start(target).ok_or_else(|| Failure::Refused("no engine begins by this plan".to_owned()))?;
    find_or_start(&start).await
}

/// What an engine is started with.
fn arguments(start: &Start<'_>) -> Vec<String> {
    let named = start.named.to_string_lossy().into_owned();
    let mut arguments = vec!["engine".to_owned(), named, "--plan-from-stdin".to_owned()];
    for (option, value) in ["--until", "--margin"].into_iter().zip(start.time) {
        arguments.extend(value.into_iter().flat_map(|value| [option.to_owned(), value.to_owned()]));
    }
    let flags = [("--takeover", start.takeover), ("--trust-directory", start.trust_directory), ("--held", start.held)];
    arguments.extend(flags.into_iter().filter(|(_, is_set)| *is_set).map(|(flag, _)| flag.to_owned()));
    arguments
}

/// Starts an engine in a job of its own, and waits until it can be asked.
async fn begin_in_job(plan: &Plan, arguments: &[String], handover: &[u8]) -> Result<(), Failure> {
    let (owned, arguments, handover) = (plan.clone(), arguments.to_vec(), handover.to_vec());
    let started = tokio::task::spawn_blocking(move || Executor::start_engine_job(&owned, &arguments, &handover));
    let id = started.await.map_err(|error| Failure::Refused(error.to_string()))?.map_err(|why| {
        Failure::Refused(format!(
            "the engine was not handed to Slurm as a job: {why}; leave `engine: job` out to run it here"
        ))
    })?;
    output::complain(&Safe::line(&format!(
        "the engine waits in Slurm as job {id}; interrupting this wait leaves it there"
    )));
    let deadline = tokio::time::Instant::now() + STARTS_WITHIN;
    while tokio::time::Instant::now() < deadline {
        tokio::time::sleep(LOOK_EVERY).await;
        match find(plan).await {
            Ok(None) => {}
            Ok(Some(_)) | Err(_) => return Ok(()),
        }
    }
    Err(Failure::Refused(format!(
        "the engine has not started yet: job {id} waits in Slurm (`squeue -j {id} --start`); come back with the same command"
    )))
}

/// Starts an engine and hands the plan to it, which nobody reads a second time: the file may be edited meanwhile.
async fn begin(start: &Start<'_>) -> Result<(), Failure> {
    let starting = || Failure::io("could not start an engine");
    let plan = handover::encode(start.plan).map_err(|error| starting()(error.into()))?;
    let arguments = arguments(start);
    // In a job it is where it should be.
    if start.plan.courtesy.engine == EngineAt::Job && allocation::reachable_job().is_none() {
        return begin_in_job(start.plan, &arguments, &plan).await;
    }
    let mut command = Command::new("/proc/self/exe");
    command.arg0("gem5-tui").args(&arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(starting())?;
    let mut stdin = child.stdin.take().expect("standard input was asked to be a pipe");
    let stdout = child.stdout.take().expect("standard output was asked to be a pipe");
    let hand_over = async move {
        // An engine that does not take it says why.
        _ = stdin.write_all(&plan).await;
    };
    let mut lines = BufReader::new(stdout).lines();
    let handed_and_told = async { tokio::join!(hand_over, lines.next_line()).1 };
    let line = match tokio::time::timeout(READY_WITHIN, handed_and_told).await {
        Ok(line) => line.map_err(starting())?,
        Err(_) => return Err(Failure::Refused("the new engine did not get ready; see engine.log".to_owned())),
    };
    match line.as_deref().map(serde_json::from_str::<Readiness>) {
        Some(Ok(Readiness::Ready | Readiness::Held)) => Ok(()),
        Some(Ok(Readiness::ViewOnly { reason })) => Err(Failure::ViewOnly(reason)),
        Some(Ok(Readiness::Unusable { reason, is_foreign: true })) => Err(Failure::Foreign(reason)),
        Some(Ok(Readiness::Unusable { reason, is_foreign: false })) => Err(Failure::Usage(reason)),
        Some(Ok(Readiness::Failed { reason })) => Err(Failure::Refused(reason)),
        _ => Err(Failure::Refused("the new engine ended without a word; see engine.log".to_owned())),
    }
}

/// Sends one request and waits for what becomes of it.
pub(crate) async fn ask(link: &mut Link, request: Request) -> Result<Reply, Failure> {
    let sent = link.send(request).await;
    while let Some(message) = link.incoming.recv().await {
        match message {
            ServerMessage::Reply { id, reply } if id == sent => return Ok(reply),
            ServerMessage::Goodbye { reason } => return Err(Failure::EngineLeft(reason)),
            _ => {}
        }
    }
    if let Some(failure) = link.failure() {
        return Err(failure.into());
    }
    Err(Failure::Refused("the connection to the engine broke; see `gem5-tui status` for what became of it".to_owned()))
}

/// The whole experiment as the engine tells it.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// The experiment.
    pub header: Header,
    /// Every simulation, in the order of the plan.
    pub sims: Vec<SimView>,
}

/// The whole experiment as its engine tells it; `None` when there is no engine.
pub(crate) async fn ask_all(plan: &Plan) -> Result<Option<Snapshot>, Failure> {
    let mut tries = 0;
    loop {
        let found = match find(plan).await {
            // The engine cannot be asked from here; its directory can be read.
            Err(failure) if failure.is_elsewhere() => None,
            found => found?,
        };
        let Some(mut link) = found else { return Ok(None) };
        tries += 1;
        match snapshot(&mut link).await {
            // The engine was just ending: the directory tells the rest, or the next engine does.
            Err(Failure::EngineLeft(_)) if tries < TRIES => tokio::time::sleep(TRY_EVERY).await,
            told => return told.map(Some),
        }
    }
}

/// Subscribes and reads until every simulation has been told.
pub(crate) async fn snapshot(link: &mut Link) -> Result<Snapshot, Failure> {
    link.send(Request::Subscribe).await;
    let mut header = None;
    let mut sims = Vec::new();
    while let Some(message) = link.incoming.recv().await {
        match message {
            ServerMessage::Header { header: new } => header = Some(*new),
            ServerMessage::Sims { sims: batch, complete } => {
                sims.extend(batch);
                if let Some(header) = header.take_if(|_| complete) {
                    return Ok(Snapshot { header, sims });
                }
            }
            ServerMessage::Goodbye { reason } => return Err(Failure::EngineLeft(reason)),
            ServerMessage::Hello { .. } | ServerMessage::Reply { .. } | ServerMessage::Transitions { .. } => {}
        }
    }
    Err(link.failure().map_or_else(|| Failure::EngineLeft("it closed the connection".to_owned()), Failure::Link))
}
