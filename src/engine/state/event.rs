//! What happens to the engine and what it has done about it: the vocabulary between the driver and the state.

use std::path::PathBuf;

use crate::engine::state::found::{Changed, Found, Others};
use crate::engine::state::gauges::host::TreeLook;
use crate::engine::state::gauges::seen::Seen;
use crate::engine::state::notices::Notice;
use crate::experiment::ScriptPool;
use crate::experiment::{Awaiting, Dependency, Simulation};
use crate::gem5::{ConsoleWord, Phase};
use crate::protocol::{Handle, JobView, Note, QueueState, Reply, Request, Step};
use crate::rundir::evidence::Ended;
use crate::rundir::record::{InputFile, Moment, NoticesRecord, StopReason, Wishes};
use crate::rundir::room::Room;

/// What a plan has become by what simulations have made.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Grown {
    /// What is added, behind what there is. It is on disk.
    pub simulations: Vec<Simulation>,
    /// What the directory tells of each.
    pub found: Vec<Found>,
    /// What more there may be.
    pub awaiting: Vec<Awaiting>,
    /// Simulations that were there, with what they need now, where that is something else.
    pub needs: Vec<(String, Vec<Dependency>)>,
    /// Simulations that are no longer among those that there are.
    pub gone: Vec<String>,
}

/// What an attempt of a suite asks for, by now. A call is told again when something about it is new.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AskedFor {
    /// The suite.
    pub suite: u32,
    /// Its attempt.
    pub attempt: u32,
    /// What comes of it that was not in the plan. It is on disk.
    pub simulations: Vec<Simulation>,
    /// What the directory tells of each.
    pub found: Vec<Found>,
    /// What has changed by now under the newest attempts of those that were there.
    pub changed: Vec<Changed>,
    /// The calls.
    pub calls: Vec<AskedCall>,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one file that is there or is not")]
pub struct AskedCall {
    /// Its number.
    pub number: u32,
    /// The simulation that it means.
    pub simulation: String,
    /// The pool of the script that it is a task of.
    pub pool: Option<ScriptPool>,
    /// Whether a result from before does not serve.
    pub fresh: bool,
    /// What an engine has decided about it: the attempt behind which they count, and whether its result was there before.
    pub taken: Option<(u32, bool)>,
    /// Whether it has its answer.
    pub answered: bool,
    /// Whether the script wants it ended.
    pub stopped: bool,
    /// Whether it was told before, and only its end is wanted now.
    pub is_known: bool,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A client asks.
    Request {
        /// The client.
        client: u64,
        /// The client's own number of the request.
        id: u64,
        /// What it asks.
        request: Request,
    },
    /// The number of connected clients changed.
    Clients(u32),
    /// Simulations are added to the plan. They are on disk, so a killed engine finds them.
    Added {
        /// What is added, behind what there is.
        simulations: Vec<Simulation>,
        /// What the directory tells of each.
        found: Vec<Found>,
        /// What has changed by now under the newest attempts of those that were there, for each that has one.
        changed: Vec<Changed>,
        /// The client that asked for it, and its number of the request.
        asked: Option<(u64, u64)>,
    },
    /// The plan was looked at again for what others have made, and has grown by it. What it still awaits is told anew.
    Grown(Box<Grown>),
    /// An attempt of a suite asks.
    Asked(Box<AskedFor>),
    /// The plan could not grow, and why.
    NotGrown(String),
    /// The attempt's directory was made and its shim is being started.
    Prepared {
        /// The simulation.
        sim: u32,
        /// The attempt.
        attempt: u32,
        /// Its directory.
        dir: PathBuf,
    },
    /// What the attempt is about to run.
    Executable {
        /// The simulation.
        sim: u32,
        /// The attempt.
        attempt: u32,
        /// The executable, as it was looked at just before the launch.
        executable: InputFile,
    },
    /// The attempt was never started, and its directory is gone again: its number counts for the next one.
    TakenBack {
        /// The simulation.
        sim: u32,
        /// The attempt.
        attempt: u32,
    },
    /// The attempt could not be prepared or its shim not be started.
    LaunchFailed {
        /// The simulation.
        sim: u32,
        /// What happened and what to do.
        reason: String,
        /// Whether the machine is at fault, such as its full disk: another launch would fare no better.
        of_machine: bool,
    },
    /// The job of an attempt came to nothing before it had started anything.
    DeadStart {
        /// The node; empty if that is not known.
        node: String,
        /// What happened.
        why: String,
    },
    /// A batch system would start an attempt only on nodes where jobs came to nothing.
    NowhereElse {
        /// What it said.
        why: String,
    },
    /// A batch system has the attempt and has not started it.
    Pending {
        /// The simulation.
        sim: u32,
        /// The attempt.
        attempt: u32,
        /// Why it waits there.
        why: String,
        /// Whether it is held back there.
        held: bool,
        /// The job.
        job: JobView,
    },
    /// A batch system has not held an attempt back, or let it go, as it was asked to.
    NotHeld {
        /// The simulation.
        sim: u32,
        /// The attempt.
        attempt: u32,
    },
    /// The process exists.
    Started {
        /// The simulation.
        sim: u32,
        /// The attempt.
        attempt: u32,
        /// What people know it by.
        handle: Handle,
        /// Since when.
        at: Moment,
    },
    /// The directory of what runs was moved, deleted, or is back.
    Away {
        /// The simulation.
        sim: u32,
        /// The attempt.
        attempt: u32,
        /// Where it is, if it is not where it was.
        away: Option<Note>,
    },
    /// Its whole tree has ended. How, is told when what it wrote is on disk.
    Over {
        /// The simulation.
        sim: u32,
        /// The attempt.
        attempt: u32,
    },
    /// The shim is gone and the process is not.
    Unsupervised {
        /// The simulation.
        sim: u32,
        /// The attempt.
        attempt: u32,
    },
    /// What the files and the process tell now.
    Observed(Observation),
    /// How much memory and disk is left.
    Room(RoomLook),
    /// What was seen of the simulations of other shards.
    Others(Box<Others>),
    /// The machine slept for so many milliseconds: no run time, and no part of any grace.
    Slept(u64),
    /// The attempt ended.
    Ended {
        /// The simulation.
        sim: u32,
        /// The attempt.
        attempt: u32,
        /// How.
        ended: Ended,
    },
    /// A signal was sent to an attempt's tree.
    Signalled {
        /// The simulation.
        sim: u32,
        /// The attempt.
        attempt: u32,
        /// Which.
        signal: TreeSignal,
        /// When.
        at: Moment,
    },
    /// A signal could not be sent to an attempt's tree, or nobody was there to get it.
    Unsignalled {
        /// The simulation.
        sim: u32,
        /// The attempt.
        attempt: u32,
        /// Which.
        signal: TreeSignal,
        /// Why, in a sentence for people.
        why: String,
    },
    /// What a person should know of the batch systems, all of it.
    Batch(Vec<String>),
    /// A person must know something; `None` takes it back.
    Notice(Option<String>),
    /// Somebody was told something, or could not be.
    NoticeSent {
        /// Which item of `notify` it was.
        rule: u32,
        /// Why not, in a sentence for people.
        failed: Option<String>,
    },
    /// The experiment directory was deleted or replaced, or is another engine's now. Nothing more can be recorded in it.
    DirectoryGone,
    /// A deadline has passed.
    Timer,
}

/// What the files and the process of an attempt tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The simulation.
    pub sim: u32,
    /// The attempt.
    pub attempt: u32,
    /// When it was looked at.
    pub at: Moment,
    /// How far the process has come; none once it has ended.
    pub phase: Option<Phase>,
    /// Whether the main process is stopped; none once it has ended.
    pub stopped: Option<bool>,
    /// What its simulated system says that is wrong; none once it has ended.
    pub guest: Option<ConsoleWord>,
    /// How far it has come.
    pub seen: Seen,
    /// The watched stats of the last complete dump.
    pub values: Vec<Option<f64>>,
    /// Bytes of its logs, stats and consoles that said something new; none if they could not be looked at.
    pub written: Option<u64>,
    /// Bytes of its logs that only repeated a line.
    pub repeated: u64,
    /// What its tree uses; none if it was not looked at, or could not be.
    pub tree: Option<TreeLook>,
    /// Bytes of all that gem5 has written, while the main process is stopped.
    pub output_while_stopped: Option<u64>,
    /// When its output was measured, on the boot clock, and how many bytes there were, where that is watched.
    pub output: Option<(u64, u64)>,
}

/// What is left of what all simulations share. None where it could not be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RoomLook {
    /// Memory of the machine, or of our control group.
    pub memory: Option<Room>,
    /// The filesystem of the experiment directory.
    pub disk: Option<Room>,
}

/// Something that must be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Look at the experiment again: what has ended may tell of more simulations.
    Grow,
    /// Make the attempt's directory and start its shim.
    Launch {
        /// The simulation.
        sim: u32,
        /// The attempt.
        attempt: u32,
    },
    /// Write down why an attempt is about to be stopped.
    RecordStop {
        /// The simulation.
        sim: u32,
        /// The attempt.
        attempt: u32,
        /// Why.
        reason: StopReason,
    },
    /// Send a signal to the attempt's tree.
    Signal {
        /// The simulation.
        sim: u32,
        /// The attempt.
        attempt: u32,
        /// Which.
        signal: TreeSignal,
    },
    /// Take back from a batch system what it has not started.
    Withdraw {
        /// The simulation.
        sim: u32,
        /// The attempt.
        attempt: u32,
    },
    /// Have a batch system hold back what it has not started, or let it start.
    Hold {
        /// The simulation.
        sim: u32,
        /// The attempt.
        attempt: u32,
        /// Whether it is held back.
        held: bool,
    },
    /// Ask a batch system when it expects to start an attempt. The answer goes to whoever asked.
    AskStart {
        /// The simulation.
        sim: u32,
        /// The attempt.
        attempt: u32,
    },
    /// Write down that a simulation was cancelled before it had an attempt to end.
    RecordCancelled {
        /// The simulation.
        sim: u32,
    },
    /// Write down that a person asked for another attempt, and take back an earlier cancel.
    RecordRetry {
        /// The simulation.
        sim: u32,
        /// Its newest attempt then; 0 if it has none.
        after: u32,
        /// Whether a suite takes nothing from before.
        anew: bool,
    },
    /// Take back that a person asked for another attempt.
    ForgetRetry {
        /// The simulation.
        sim: u32,
    },
    /// Write down the cap, the queue's state and what else a person has said of it, for the next engine.
    RecordControls {
        /// The cap.
        cap: u32,
        /// The queue.
        queue: QueueState,
        /// The rest.
        wishes: Wishes,
    },
    /// Tell somebody who does not look.
    Notify {
        /// By which item of `notify`.
        rule: u32,
        /// What.
        notice: Box<Notice>,
    },
    /// Write down what is still to be told, for the next engine.
    RecordNotices(NoticesRecord),
    /// Write a line into `engine.log`.
    Log {
        /// It.
        text: String,
    },
    /// Write down which simulation a call of a suite means, and which of its attempts count.
    TakeCall {
        /// The suite.
        suite: u32,
        /// The call's number.
        number: u32,
        /// The simulation.
        sim: u32,
        /// The attempt behind which they count.
        after: u32,
        /// Whether its result was there before.
        before: bool,
        /// Why what was there before does not count, if there was something.
        because: Vec<String>,
    },
    /// Tell an attempt of a suite how a call has ended.
    AnswerCall {
        /// The suite.
        suite: u32,
        /// Its attempt.
        attempt: u32,
        /// The call's number.
        number: u32,
        /// The simulation.
        sim: u32,
        /// The last of its attempts that do not count; 0 if all do.
        after: u32,
        /// Whether its result was there before.
        before: bool,
    },
    /// Answer a client.
    Reply {
        /// The client.
        client: u64,
        /// The client's own number of the request.
        id: u64,
        /// The answer.
        reply: Reply,
    },
    /// Send the client everything now, and every change from now on.
    Subscribe {
        /// The client.
        client: u64,
    },
    /// Tell every subscriber that a simulation went from one status to another.
    Announce {
        /// The simulation.
        sim: u32,
        /// The status word before.
        from: &'static str,
        /// The status word now.
        to: &'static str,
    },
    /// End the engine.
    End {
        /// Why, in one phrase.
        reason: &'static str,
    },
}

/// A signal to a whole process tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TreeSignal {
    /// SIGSTOP.
    Stop,
    /// SIGCONT.
    Continue,
    /// SIGUSR1, to the main process alone and only if it listens for it. A person asked for it, and is told if it does
    /// not listen.
    DumpStats,
    /// The same, because the experiment asks for it from time to time.
    PollStats,
    /// A step of the cancel ladder.
    Ladder(Step),
}
