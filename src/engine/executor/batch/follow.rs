//! From a job that was handed in to the end of its attempt.
//!
//! How an attempt ended its records tell. What the batch system says tells whether any of them may still come, and why the job waits.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use super::poller::News;
use super::queue::Queue;
use super::records::submitted;
use crate::engine::executor::job::{JobStatus, Sought, Stage};
use crate::engine::executor::slurm::log;
use crate::engine::executor::{Followed, Target, on_disk};
use crate::engine::state::Event;
use crate::failpoint::point;
use crate::protocol::{Handle, JobView};
use crate::rundir::record::{Claim, End, Exit, FORMAT, JobEnd, JobFate, Moment, Started, Stop};
use crate::rundir::{AttemptDir, asked, atomic, filesystem, follow};
use crate::spawn::identity;
use crate::spawn::launch::LaunchError;
use crate::spawn::shim_command::TRY_LATER;

/// Between two looks at the records of an attempt: a file server is asked each time.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The same while the batch system says that it waits: hundreds may do so for days.
const LOOK_WAITING_EVERY: Duration = Duration::from_secs(10);

/// How long a record may take to be seen here after the job is over, on a file system that other machines write to, too: as long
/// as NFS keeps what it knows of a directory (`acdirmax` of nfs(5)).
const SEEN_WITHIN: Duration = Duration::from_mins(1);

/// The same where this kernel alone writes.
const SEEN_HERE_WITHIN: Duration = Duration::from_secs(1);

/// How long an end whose cause only the batch system knows waits for it.
const EXPLAINED_WITHIN: Duration = Duration::from_mins(1);

/// 64 KiB: so much of what a job printed is looked at.
const MOST_PRINTED: u64 = 64 << 10;

/// The time of a node's clock is believed, unless it differs from ours by more than this, in milliseconds.
const CLOCKS_DIFFER_MS: i64 = 30_000;

/// What the files of an attempt tell.
#[derive(Debug, Default)]
struct Files {
    claim: Option<Claim>,
    started: Option<Started>,
    stop: Option<Stop>,
    exit: Option<Exit>,
    is_left: bool,
    has_output: bool,
}

/// One job that is followed.
pub(super) struct Following<'a> {
    target: &'a Target,
    queue: &'a Arc<Queue>,
    events: &'a Sender<Event>,
    sought: Sought,
    /// Why the submission is not known to have arrived.
    unclear: Option<String>,
    node: Option<String>,
    is_started: bool,
    /// Whether the system says that it waits: then the next answer tells more than its files.
    waits: bool,
    told: Option<(String, bool, JobView)>,
    /// Since when the job is over, or its end is recorded.
    over: Option<Instant>,
    began: Moment,
}

impl<'a> Following<'a> {
    /// Of the job that these records tell of.
    pub(super) fn new(
        target: &'a Target,
        queue: &'a Arc<Queue>,
        events: &'a Sender<Event>,
        sought: Sought,
        unclear: Option<String>,
    ) -> Self {
        let began = Moment::now();
        Self {
            target,
            queue,
            events,
            sought,
            unclear,
            node: None,
            is_started: false,
            waits: false,
            told: None,
            over: None,
            began,
        }
    }

    /// Follows it to its end.
    pub(super) async fn run(mut self) -> Followed {
        let poller = self.queue.poller();
        let _followed = poller.follow(self.sought.clone());
        let mut heard = poller.heard();
        let settles =
            if filesystem::hides_changes(self.target.dir.path()).is_some() { SEEN_WITHIN } else { SEEN_HERE_WITHIN };
        loop {
            let (news, silent) = {
                let heard = heard.borrow_and_update();
                (heard.of(&self.sought), heard.silent.clone())
            };
            // After the answer: what ran to its end between the two has left its record by now.
            let files = look(self.target).await;
            if let Some(ended) = self.take(news, silent.map(|(_, why)| why), files, settles).await {
                return ended;
            }
            tokio::select! {
                changed = heard.changed() => if changed.is_err() {
                    // The thread is gone: the engine ends.
                    tokio::time::sleep(LOOK_EVERY).await;
                },
                () = tokio::time::sleep(if self.waits { LOOK_WAITING_EVERY } else { LOOK_EVERY }) => {}
            }
        }
    }

    async fn take(&mut self, news: News, silent: Option<String>, files: Files, settles: Duration) -> Option<Followed> {
        if let News::Said(status) = &news {
            self.learn(status).await;
        }
        self.waits = !self.is_started && matches!(&news, News::Said(JobStatus { stage: Stage::Waits { .. }, .. }));
        if let Some(started) = files.started.as_ref().filter(|_| !self.is_started) {
            self.is_started = true;
            // A batch system may know it by another name than it has itself.
            self.node.get_or_insert_with(|| started.shim.host.clone());
            let (sim, attempt, handle) = (self.target.sim, self.target.number, Handle::Job(self.view()));
            self.send(Event::Started { sim, attempt, handle, at: self.believed(started.at) }).await;
        }
        if !files.is_left {
            // Nobody would find its results; whoever deleted it wants none.
            return Some(Followed::Over);
        }
        let status = match news {
            News::Said(status) => Some(status),
            News::NeverArrived if files.claim.is_none() => {
                let said = self.unclear.clone().unwrap_or_else(|| "its answer was not heard".to_owned());
                return self.give_up(format!("{} did not take the job: {said}", self.queue.title())).await;
            }
            // It had it, and has forgotten it: whoever has claimed the attempt tells the rest.
            News::NeverArrived => Some(JobStatus::forgotten("", self.queue.title())),
            News::Nothing => None,
        };
        let over = status.as_ref().and_then(|status| match &status.stage {
            Stage::Over(fate) => Some((*fate, status.clone())),
            _ => None,
        });
        match (&files.exit, over) {
            (Some(exit), over) => self.after_exit(exit, &files, over).await,
            (None, Some((fate, status))) => {
                let since = *self.over.get_or_insert_with(Instant::now);
                if since.elapsed() < settles { None } else { self.without_exit(fate, status, &files).await }
            }
            (None, None) => {
                self.over = None;
                if !self.is_started {
                    self.tell_why(status.as_ref(), silent).await;
                }
                None
            }
        }
    }

    /// Its end is recorded. Whether the batch system must say why, before that is concluded from.
    async fn after_exit(&mut self, exit: &Exit, files: &Files, over: Option<(JobFate, JobStatus)>) -> Option<Followed> {
        let is_killed = matches!(&exit.end, End::Signaled { signal: 9, .. } | End::Exited { code: 137 });
        let is_ours = files.stop.is_some() && !is_killed;
        if is_ours || (exit.taken.is_empty() && !is_killed) {
            return Some(Followed::Over);
        }
        if let Some((fate, status)) = over {
            if fate != JobFate::Ended {
                self.record_end(fate, status).await;
            }
            return Some(Followed::Over);
        }
        if self.over.is_none() {
            self.queue.poller().acted();
        }
        let since = *self.over.get_or_insert_with(Instant::now);
        (since.elapsed() >= EXPLAINED_WITHIN).then_some(Followed::Over)
    }

    /// The job is over and no end is recorded: it never came to that, or its shim was killed.
    async fn without_exit(&mut self, fate: JobFate, mut status: JobStatus, files: &Files) -> Option<Followed> {
        let printed = printed(&self.target.dir).await;
        // Some clusters tell that nowhere else.
        let (fate, said) = match log::fate(&printed) {
            Some((told, line)) if fate == JobFate::Ended => (told, Some(line)),
            _ => (fate, None),
        };
        status.reason = said.unwrap_or(status.reason);
        let has_begun = files.started.is_some() || files.claim.is_some() || files.has_output;
        let system = self.queue.title().to_owned();
        let on = status.node.as_ref().map(|node| format!(" on {node}")).unwrap_or_default();
        if !has_begun && matches!(fate, JobFate::Cancelled) {
            if files.stop.is_some() {
                return self.give_up(format!("{system} has given it back")).await;
            }
            self.record_end(fate, status).await;
            return Some(Followed::Over);
        }
        if !has_begun && status.code == Some(TRY_LATER.into()) {
            // The disk is everybody's.
            let shown = self.target.dir.name().display();
            let log = last_line(&printed).map(|line| format!(": {line}")).unwrap_or_default();
            let why = format!("the shim found no space or no permission to record what happens in {shown}{on}{log}");
            return self.give_up(why).await;
        }
        if !has_begun {
            let reason = [status.state.as_str(), status.reason.as_str()].into_iter().filter(|said| !said.is_empty());
            let reason = reason.collect::<Vec<_>>().join(", ");
            let log = last_line(&printed).map(|line| format!("; {line}")).unwrap_or_default();
            let job = self.sought.id.clone().unwrap_or_default();
            let why = format!("job {job} of {system} ended{on} before it had started anything ({reason}{log})");
            let given_up = self.give_up(why.clone()).await;
            if given_up.is_some() {
                let node = status.node.unwrap_or_default();
                if !node.is_empty() {
                    self.queue.failed_on(&node);
                }
                self.send(Event::DeadStart { node, why }).await;
            }
            return given_up;
        }
        if let (JobFate::NodeFailed, Some(node)) = (fate, &status.node) {
            self.queue.failed_on(node);
        }
        self.record_end(fate, status).await;
        Some(Followed::Over)
    }

    /// Makes sure that nothing will be started, by the claim that a shim would make; none if one was there before.
    async fn give_up(&self, why: String) -> Option<Followed> {
        let dir = self.target.dir.clone();
        let claimed = on_disk(move || {
            let record = Claim { format: FORMAT, shim: identity::own()?, at: Moment::now() };
            atomic::create_once(&dir.claim(), &record)
        });
        match claimed.await {
            // It is looked at again, and followed as one that has begun.
            Some(Err(error)) if error.kind() == io::ErrorKind::AlreadyExists => None,
            // Where nothing can be written, a shim begins nothing either.
            _ => Some(Followed::NothingStarted(LaunchError { reason: why, of_machine: true })),
        }
    }

    /// Takes the number and the node that are told.
    async fn learn(&mut self, status: &JobStatus) {
        if status.node.is_some() {
            self.node.clone_from(&status.node);
        }
        if self.sought.id.as_ref() == Some(&status.id) {
            return;
        }
        self.sought.id = Some(status.id.clone());
        self.unclear = None;
        self.queue.poller().known_as(&self.sought.name, &status.id);
        let record = submitted(self.queue.name(), &self.sought.name, &status.id);
        let dir = self.target.dir.clone();
        let written = on_disk(move || atomic::write_json(&dir.submitted(), &record)).await;
        if let Some(Err(error)) = written {
            tracing::warn!("could not record job {} of {}: {error}", status.id, self.target.dir.name().display());
        }
    }

    /// Says why it has not started.
    async fn tell_why(&mut self, status: Option<&JobStatus>, silent: Option<String>) {
        let system = self.queue.title();
        let (why, held) = match (status.map(|status| &status.stage), silent) {
            (_, Some(silent)) => (format!("{system} does not answer: {silent}"), false),
            (Some(Stage::Waits { why, held }), None) if !why.is_empty() => (why.clone(), *held),
            (Some(Stage::Runs), None) => {
                let on = self.node.as_ref().map(|node| format!(" on {node}")).unwrap_or_default();
                (format!("{system} starts it{on}"), false)
            }
            (Some(Stage::Unknown(state)), None) => (format!("{system} says {state}"), false),
            // It has only just come, and nobody has looked at it there.
            (Some(Stage::Waits { held, .. }), None) => (format!("{system} has taken it"), *held),
            (Some(Stage::Over(_)) | None, None) => match &self.unclear {
                Some(words) => (format!("whether {system} has it is not known yet: {words}"), false),
                None => (format!("{system} has taken it"), false),
            },
        };
        let view = self.view();
        let new = Some((why.clone(), held, view.clone()));
        if self.told == new {
            return;
        }
        self.told = new;
        let (sim, attempt) = (self.target.sim, self.target.number);
        self.send(Event::Pending { sim, attempt, why, held, job: view }).await;
    }

    fn view(&self) -> JobView {
        JobView { system: self.queue.name().to_owned(), id: self.sought.id.clone(), node: self.node.clone() }
    }

    /// When it started, by our own clock where that of its node is plainly another one.
    fn believed(&self, at: Moment) -> Moment {
        // What started before we looked may have started at any time before.
        believed(at, self.told.is_some().then_some(self.began), Moment::now())
    }

    async fn record_end(&self, how: JobFate, status: JobStatus) {
        let record = JobEnd {
            format: FORMAT,
            system: self.queue.name().to_owned(),
            id: Some(status.id).filter(|id| !id.is_empty()),
            how,
            state: status.state,
            reason: status.reason,
            node: status.node.or_else(|| self.node.clone()),
            at: Moment::now(),
        };
        _ = point("batch.ended", self.target.dir.name());
        let dir = self.target.dir.clone();
        let written = on_disk(move || atomic::write_json(&dir.job_end(), &record)).await;
        if let Some(Err(error)) = written {
            tracing::warn!("could not record how the job of {} ended: {error}", self.target.dir.name().display());
        }
    }

    async fn send(&self, event: Event) {
        // The receiver is gone only when the engine ends; the next one learns the rest from the directory.
        _ = self.events.send(event).await;
    }
}

async fn look(target: &Target) -> Files {
    let (simulation, dir) = (target.simulation.clone(), target.dir.clone());
    let read = move || {
        _ = dir.revive(None);
        Files {
            claim: atomic::read_json(&dir.claim()).ok().flatten(),
            started: atomic::read_json(&dir.started()).ok().flatten(),
            stop: asked::stop(&simulation, &dir).ok().flatten(),
            exit: atomic::read_json(&dir.exit()).ok().flatten(),
            // A disk that fails says nothing.
            is_left: dir.is_there().unwrap_or(true),
            has_output: dir.simout().try_exists().unwrap_or(true),
        }
    };
    on_disk(read).await.unwrap_or(Files { is_left: true, has_output: true, ..Files::default() })
}

/// What the job printed, as far as it matters.
async fn printed(dir: &AttemptDir) -> Vec<u8> {
    let path = dir.job_log();
    on_disk(move || follow::read_regular(&path, MOST_PRINTED).ok()).await.flatten().unwrap_or_default()
}

/// The last line of it.
fn last_line(printed: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(printed);
    text.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}

/// A moment of another clock, or now if it is plainly wrong: it is in the future, or before `since`.
fn believed(at: Moment, since: Option<Moment>, now: Moment) -> Moment {
    let is_late = at.unix_ms > now.unix_ms + CLOCKS_DIFFER_MS;
    let is_early = since.is_some_and(|since| at.unix_ms < since.unix_ms - CLOCKS_DIFFER_MS);
    if is_late || is_early { now } else { at }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It would have run for five minutes before it had started, or not at all for as long.
    #[test]
    fn a_start_by_a_clock_that_is_minutes_off_is_now() {
        let now = Moment::now();
        let at = |seconds: i64| Moment { unix_ms: now.unix_ms + seconds * 1000, boot: None, ..now };
        let (since, wrong) = (Some(at(-60)), [at(-300), at(300)]);
        assert!(wrong.iter().all(|moment| believed(*moment, since, now) == now));
        for right in [at(-70), at(-5), at(10)] {
            assert_eq!(believed(right, since, now), right);
        }
        assert_eq!(believed(at(-3000), None, now), at(-3000), "nobody looked then");
    }
}
