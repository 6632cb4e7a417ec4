//! Tells those who do not look: by a command, or by a request to a web server.
//!
//! Each item of `notify:` has a thread of its own, so that a server that never answers holds up neither the engine nor what another
//! item tells. Each notice has a deadline, and what cannot be told is said once, until it can be told again.
//!
//! The awkward truth: the address of a web server is often all that is needed to write there, so it is in no message. What is
//! said of a request names its host, or the variable that holds it.

mod command;
mod webhook;

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::engine::state::notices::Notice;
use crate::experiment::secret::is_incomplete;
use crate::experiment::{NotifyRule, Way};

/// How long a command or a request may take.
const WITHIN: Duration = Duration::from_secs(10);

/// How long an engine that ends waits for what is being told.
const FINISH_WITHIN: Duration = Duration::from_secs(12);

/// Notices that wait for one command or server. The state makes few of each kind, so that more say that nobody takes them.
const MOST_WAITING: usize = 16;

/// What a thread may say of its notices: that one could not be told, and why, or that one was told again.
type Report = Arc<dyn Fn(u32, Option<String>) + Send + Sync>;

/// Where the notices are about.
#[derive(Debug, Clone)]
pub(super) struct Around {
    /// The directory of the experiment file, in which commands run.
    pub(super) cwd: PathBuf,
    /// The experiment directory.
    pub(super) outdir: PathBuf,
}

/// The threads. They end when this is dropped, each after what it is at.
pub(super) struct Notifier {
    lanes: Vec<Lane>,
}

struct Lane {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    notices: VecDeque<Notice>,
    /// Until when what is left may be told, once nothing more comes.
    closes: Option<Instant>,
    is_over: bool,
}

impl Notifier {
    /// Starts a thread for each rule.
    pub(super) fn start(
        rules: &[NotifyRule],
        around: &Around,
        report: impl Fn(u32, Option<String>) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let report: Report = Arc::new(report);
        let lanes = (0..).zip(rules).map(|(number, rule)| {
            let queue = Arc::new(Queue::default());
            let (own, rule, around, report) = (Arc::clone(&queue), rule.clone(), around.clone(), Arc::clone(&report));
            let thread = thread::Builder::new().name(format!("notify-{number}"));
            let thread = thread.spawn(move || run(&own, &rule, &around, |told| report(number, told)))?;
            Ok(Lane { queue, thread: Some(thread) })
        });
        Ok(Self { lanes: lanes.collect::<io::Result<Vec<Lane>>>()? })
    }

    /// Has a notice told by a rule. Never waits.
    pub(super) fn give(&self, rule: u32, notice: Notice) {
        let Some(lane) = self.lanes.get(rule as usize) else { return };
        let mut waiting = lane.queue.lock();
        if waiting.notices.len() >= MOST_WAITING {
            // The newest say most.
            waiting.notices.pop_front();
        }
        waiting.notices.push_back(notice);
        drop(waiting);
        lane.queue.changed.notify_all();
    }

    /// Waits until all is told that was given, for a while. Blocks.
    pub(super) fn finish(mut self) {
        let deadline = Instant::now() + FINISH_WITHIN;
        self.close(deadline);
        for lane in &mut self.lanes {
            if !lane.queue.wait_over(deadline + Duration::from_secs(1)) {
                // It looks up a host that nobody answers for. It ends with the process.
                drop(lane.thread.take());
            }
        }
    }

    fn close(&self, deadline: Instant) {
        for lane in &self.lanes {
            lane.queue.lock().closes.get_or_insert(deadline);
            lane.queue.changed.notify_all();
        }
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        self.close(Instant::now());
        for lane in &mut self.lanes {
            if let Some(thread) = lane.thread.take().filter(JoinHandle::is_finished) {
                // A panic there was told already by the panic hook.
                _ = thread.join();
            }
        }
    }
}

impl Queue {
    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next notice and how long it may take. None when nothing more comes.
    fn next(&self) -> Option<(Notice, Duration)> {
        let mut waiting = self.lock();
        loop {
            let left = waiting.closes.map(|at| at.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return None;
            }
            if let Some(notice) = waiting.notices.pop_front() {
                return Some((notice, left.map_or(WITHIN, |left| left.min(WITHIN))));
            }
            if left.is_some() {
                return None;
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until its thread has ended. False if it has not by then.
    fn wait_over(&self, deadline: Instant) -> bool {
        let waiting = self.lock();
        let patience = deadline.saturating_duration_since(Instant::now());
        let result = self.changed.wait_timeout_while(waiting, patience, |waiting| !waiting.is_over);
        result.unwrap_or_else(PoisonError::into_inner).0.is_over
    }
}

/// Tells what comes, one after the other. Of what cannot be told the first is said, and when it can be told again.
fn run(queue: &Queue, rule: &NotifyRule, around: &Around, report: impl Fn(Option<String>)) {
    let mut is_failing = false;
    while let Some((notice, within)) = queue.next() {
        let told = tell(rule, &notice, around, within);
        match told {
            Ok(()) if std::mem::take(&mut is_failing) => {
                tracing::info!("notices are told again by {}", name(rule));
                report(None);
            }
            Ok(()) => {}
            Err(why) => {
                if !std::mem::replace(&mut is_failing, true) {
                    let text = format!("a notice was not told: {why}");
                    tracing::warn!("{text}");
                    report(Some(text));
                }
            }
        }
    }
    queue.lock().is_over = true;
    queue.changed.notify_all();
}

fn tell(rule: &NotifyRule, notice: &Notice, around: &Around, within: Duration) -> Result<(), String> {
    if is_incomplete(rule) {
        return Err("its address or a header was never written down, and the experiment file was not read".to_owned());
    }
    match &rule.way {
        Way::Run(words) => command::run(words, notice, around, within),
        Way::Post(post) => webhook::post(post, notice, within, |name| std::env::var(name).ok()),
    }
}

/// What a rule is called in what is said of it.
fn name(rule: &NotifyRule) -> String {
    match &rule.way {
        Way::Run(words) => format!("`{}`", words.first().map(String::as_str).unwrap_or_default()),
        Way::Post(post) => format!("`{}`", post.shown()),
    }
}
