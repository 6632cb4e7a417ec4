//! What follows from an event, performed: records and signals by threads of their own, launches by tasks.

use std::sync::Arc;

use super::recorder::{Answer, Batch};
use super::records::Record;
use super::signaller::{Sent, Signal, Which};
use super::{Loop, planned_cap};
use crate::engine::attempt::launch;
use crate::engine::attempt::prepare::{Again, Need};
use crate::engine::state::{Effect, Event, TreeSignal};
use crate::protocol::{QueueState, ServerMessage, Step};
use crate::rundir::record::{Controls, FORMAT, Moment};
use crate::text::Safe;

/// What of the effects of one event is done by other threads, all at once.
#[derive(Default)]
struct Deeds {
    records: Vec<Record>,
    signals: Vec<Signal>,
    answers: Vec<Answer>,
}

impl Loop {
    pub(super) fn decide(&mut self, event: Event) {
        let adds = matches!(event, Event::Added { .. } | Event::Grown { .. } | Event::Asked { .. });
        let effects = self.state.handle(event, Moment::now());
        if adds {
            // Who is told that they were added finds them there.
            self.update();
        }
        let now = Moment::now();
        let (mut transitions, mut deeds) = (Vec::new(), Deeds::default());
        for effect in effects {
            if let Effect::Announce { sim, from, to } = effect {
                if self.is_watched() {
                    transitions.push(self.transition(sim, from, to, now));
                }
            } else {
                self.perform(effect, now, &mut deeds);
            }
        }
        self.give(deeds);
        self.announce(&transitions);
    }

    fn perform(&mut self, effect: Effect, now: Moment, deeds: &mut Deeds) {
        match effect {
            Effect::Launch { sim, attempt } => self.launch(sim, attempt),
            Effect::RecordStop { sim, attempt, reason } => {
                let dir = self.attempt_dir(sim, attempt);
                deeds.records.push(Record::Stop { dir, reason, at: now, signalled: false });
            }
            Effect::Signal { sim, attempt, signal } => {
                let dir = self.attempt_dir(sim, attempt);
                deeds.signals.push(Signal { sim, attempt, dir, which: Which::Tree(signal) });
            }
            Effect::Withdraw { sim, attempt } => {
                let dir = self.attempt_dir(sim, attempt);
                deeds.signals.push(Signal { sim, attempt, dir, which: Which::Withdraw });
            }
            Effect::Hold { sim, attempt, held } => {
                let dir = self.attempt_dir(sim, attempt);
                deeds.signals.push(Signal { sim, attempt, dir, which: Which::Hold(held) });
            }
            Effect::AskStart { sim, attempt } => {
                let dir = self.attempt_dir(sim, attempt);
                deeds.signals.push(Signal { sim, attempt, dir, which: Which::AskStart });
            }
            Effect::RecordCancelled { sim } => deeds.records.push(Record::Cancelled(self.simulation_dir(sim), now)),
            Effect::ForgetRetry { sim } => deeds.records.push(Record::ForgetRetry(self.simulation_dir(sim))),
            Effect::RecordRetry { sim, after, anew } => {
                deeds.records.push(Record::Retry { dir: self.simulation_dir(sim), after, anew, at: now });
            }
            Effect::Notify { rule, notice } => {
                tracing::info!("told: {}", Safe::line(&notice.text));
                if let Some(notifier) = &self.notifier {
                    notifier.give(rule, *notice);
                }
            }
            Effect::RecordNotices(record) => {
                deeds.records.push(Record::Notices(self.outdir.notices_of(self.shard), record));
            }
            Effect::Log { text } => tracing::warn!("{text}"),
            Effect::RecordControls { cap, queue, wishes } => {
                let planned_cap = planned_cap(self.state.plan(), &self.executor);
                let queue_paused = queue == QueueState::Paused;
                let controls = Controls { format: FORMAT, planned_cap, cap, queue_paused, wishes };
                deeds.records.push(Record::Controls(self.outdir.controls_of(self.shard), controls));
            }
            effect @ (Effect::TakeCall { .. } | Effect::AnswerCall { .. }) => {
                deeds.records.extend(self.for_suite(&effect));
            }
            Effect::Reply { client, id, reply } => deeds.answers.push(Answer { client, id, reply }),
            Effect::Grow => self.grow_by_what_was_made(),
            Effect::Subscribe { client } => self.subscribe(client),
            // Told together, by the caller.
            Effect::Announce { .. } => {}
            Effect::End { reason } => {
                tracing::info!("the engine ends: {reason}");
                self.end = Some(reason);
            }
        }
    }

    fn give(&mut self, Deeds { records, mut signals, answers }: Deeds) {
        // What is sent to many goes out together.
        signals.sort_by_key(|signal| rank(signal.which));
        let is_awaited = |which| matches!(which, Which::Tree(TreeSignal::Stop) | Which::Hold(_) | Which::AskStart);
        if records.is_empty() && signals.iter().any(|signal| is_awaited(signal.which)) {
            // Nobody is told that something is paused that runs on, and who asks waits for the answer.
            self.signaller.give(signals, None, answers);
        } else if records.is_empty() {
            self.signaller.give(signals, None, Vec::new());
            self.answer(answers);
        } else {
            // Whoever is told that something was done finds it done, whatever dies then.
            let behind = self.recorder.give(Batch { records, answers });
            self.signaller.give(signals, Some(behind), Vec::new());
        }
    }

    /// Tells clients what they waited for.
    pub(super) fn answer(&mut self, answers: Vec<Answer>) {
        for Answer { client, id, reply } in answers {
            self.tell(client, ServerMessage::Reply { id, reply });
        }
    }

    /// Hears what became of signals.
    pub(super) fn take_signalled(&mut self, Sent { events, answers }: Sent) {
        let interrupted = |event: &Event| match event {
            Event::Signalled { sim, attempt, signal: TreeSignal::Ladder(Step::Interrupt), .. } => {
                Some((*sim, *attempt))
            }
            _ => None,
        };
        let records = events.iter().filter_map(interrupted);
        let records: Vec<Record> =
            records.map(|(sim, attempt)| Record::Signalled(self.attempt_dir(sim, attempt))).collect();
        if !records.is_empty() {
            self.recorder.give(Batch { records, answers: Vec::new() });
        }
        for event in events {
            self.handle(event);
        }
        if !answers.is_empty() {
            // An answer travels together with what it changed.
            self.update();
            self.answer(answers);
        }
    }

    fn launch(&self, sim: u32, attempt: u32) {
        let plan = self.state.plan();
        let simulation = plan.simulations[sim as usize].clone();
        let needs =
            self.state.met_needs(sim).into_iter().map(|(name, attempt, dir)| Need { name, attempt, dir }).collect();
        tracing::info!("{} attempt {attempt} is launched", simulation.name);
        let (outdir, events) = (self.outdir.clone(), self.events.clone());
        let entry = self.state.sim(sim);
        let again = Again { retries_made: entry.retries_made, anew: entry.anew, limits: self.state.raised(sim) };
        let (lease, held) = (Arc::clone(&self.lease), Arc::clone(&self.held));
        let what = launch::Wanted { outdir, lease, held, sim, simulation, number: attempt, needs, again };
        let (surroundings, executor) = (Arc::clone(&self.surroundings), Arc::clone(&self.executor));
        tokio::spawn(launch::launch(what, surroundings, executor, events));
    }
}

/// Signals of one kind go together. A tree is let go on after it was asked to end: its handler runs first then.
fn rank(which: Which) -> u8 {
    match which {
        Which::Tree(TreeSignal::Ladder(Step::Kill)) => 0,
        Which::Tree(TreeSignal::Ladder(Step::Terminate)) => 1,
        Which::Tree(TreeSignal::Ladder(Step::Interrupt)) => 2,
        Which::Tree(TreeSignal::Stop) => 3,
        Which::Tree(TreeSignal::Continue) => 4,
        Which::Withdraw => 5,
        Which::Hold(_) => 6,
        Which::Tree(TreeSignal::DumpStats | TreeSignal::PollStats) => 7,
        Which::AskStart => 8,
    }
}
