//! Scripts that spawn under random events: they ask, stop what they have asked for, die and are tried again, and engines die
//! and are replaced, on what is written down by then.

use std::collections::{BTreeMap, BTreeSet};

use gem5_tui::engine::state::event::{AskedCall, AskedFor};
use gem5_tui::engine::state::found::{Changed, Fate, Found, FoundAttempt};
use gem5_tui::engine::state::sim::{Attempt, Life, Sim};
use gem5_tui::engine::state::{Effect, Event, State};
use gem5_tui::experiment::{CallId, OnSuiteEnd, Retries, ScriptPool, Simulation, Spawned};
use gem5_tui::gem5::OutcomeKind;
use gem5_tui::protocol::Request;
use gem5_tui::rundir::Reach;
use gem5_tui::rundir::record::StopReason;

use crate::suites::suite;
use crate::world::told::Told;
use crate::world::{HANDLE, World, beginning, plan, simulation};

/// The suites, by their index in the plan.
const SUITES: [(u32, &str, OnSuiteEnd); 2] = [(0, "a", OnSuiteEnd::GoOn), (1, "b", OnSuiteEnd::Cancel)];

/// So many different calls a script makes; each of them several times.
const KEYS: u32 = 5;

/// A script makes no more calls in one attempt.
const MOST_CALLS: usize = 12;

/// After so many rounds in which all that runs ends, nothing can be left.
const MOST_PASSES: u32 = 100;

/// A call, as its files and this engine know it.
struct Call {
    sim: u32,
    key: u32,
    pool: Option<ScriptPool>,
    fresh: bool,
    stopped: bool,
    /// What is written down: what was decided, and whether it is answered.
    taken: Option<(u32, bool)>,
    answered: bool,
    /// What this engine has told of its end, or found told: whether the result was there before.
    heard: Option<bool>,
}

/// What an attempt of a script has asked for, in the order of the numbers, which count from one.
#[derive(Default)]
struct Script {
    attempt: u32,
    calls: Vec<Call>,
}

/// What is written down beside calls and attempts.
#[derive(Default)]
struct Disk {
    retry_after: BTreeMap<u32, u32>,
    cancelled: BTreeSet<u32>,
    stops: BTreeMap<(u32, u32), StopReason>,
    retries: BTreeMap<(u32, u32), u32>,
}

/// A world with two scripts that spawn, and a disk.
pub(crate) struct Lab {
    world: World,
    scripts: BTreeMap<u32, Script>,
    disk: Disk,
    cap: u32,
    /// What is not written down yet: an engine that dies now may not come to it.
    unwritten: Vec<Effect>,
}

impl Lab {
    pub(crate) fn new(cap: u32) -> Self {
        let suites = SUITES.map(|(_, name, on_end)| suite(name, on_end));
        let plain = ["x", "y", "z"].map(simulation);
        let mut world = World::new(plan(suites.into_iter().chain(plain).collect(), None), cap);
        world.told = Some(Told::default());
        let scripts = SUITES.map(|(suite, ..)| (suite, Script::default())).into();
        Self { world, scripts, disk: Disk::default(), cap, unwritten: Vec::new() }
    }

    /// One random step.
    pub(crate) fn step(&mut self, choice: u16, pick: u32, number: u64) {
        let (suite, ..) = SUITES[pick as usize % SUITES.len()];
        if self.world.ended {
            self.replace_engine(0);
            drop(self.world.request(Request::Retry { sims: vec![0, 1] }));
        }
        let lived = SUITES.map(|(suite, ..)| self.world.live.contains(&suite));
        if choice % 16 == 5 {
            self.replace_engine(pick as usize / 2);
        } else {
            self.write_down(usize::MAX);
        }
        match choice % 16 {
            0..=3 => self.ask(suite, pick / 2, number),
            4 => self.stop(suite, pick / 2),
            5 => {}
            6 => drop(self.world.request(Request::Retry { sims: vec![suite] })),
            7 if number.is_multiple_of(4) => self.world.end(suite, OutcomeKind::Killed),
            8 => self.ask_late(suite, number),
            // A batch system has nothing to do with suites.
            _ => match (choice / 16) % 25 {
                20 | 21 => self.world.pass(number % 5_000),
                _ => self.world.step(choice / 16, pick, number),
            },
        }
        self.hear();
        for ((suite, _, on_end), lived) in SUITES.into_iter().zip(lived) {
            let has_failed = self.world.state.sim(suite).ended().is_some_and(|kind| !kind.is_ok());
            // What an engine that begins finds dead was dead before, and a person may have begun things since.
            let is_seen = choice % 16 != 5;
            if lived && has_failed && is_seen && on_end == OnSuiteEnd::Cancel {
                self.check_cancelled(suite);
            }
        }
        self.check();
    }

    /// The script of an attempt that lives.
    fn script(&mut self, suite: u32) -> Option<&mut Script> {
        if !self.world.live.contains(&suite) {
            return None;
        }
        let attempt = self.world.attempts[&suite];
        let script = self.scripts.get_mut(&suite)?;
        if script.attempt != attempt {
            *script = Script { attempt, calls: Vec::new() };
        }
        Some(script)
    }

    /// Begins the scripts of attempts that have not asked for anything yet.
    fn note_attempts(&mut self) {
        for (suite, ..) in SUITES {
            _ = self.script(suite);
        }
    }

    /// The script asks for some calls.
    fn ask(&mut self, suite: u32, pick: u32, number: u64) {
        let Some(script) = self.script(suite) else { return };
        let (attempt, first) = (script.attempt, script.calls.len());
        let count = (1 + pick as usize % 4).min(MOST_CALLS.saturating_sub(first));
        let mut asked = AskedFor { suite, attempt, ..AskedFor::default() };
        let mut usable = Vec::new();
        for at in 0..count as u32 {
            let draw = number.rotate_right(7 * (at + 1));
            let key = (draw % u64::from(KEYS)) as u32;
            let pool = (draw.is_multiple_of(3)).then_some(ScriptPool { number: 1, processes: 2 });
            let (fresh, stopped) = (draw.is_multiple_of(11), draw.is_multiple_of(13));
            let occurrence = 1 + self.scripts[&suite].calls.iter().filter(|call| call.key == key).count() as u32;
            let name = format!("{}.{key}-{occurrence}", SUITES[suite as usize].1);
            let known = self.world.state.plan().simulations.iter().position(|one| one.name == name);
            let sim = known.map_or(self.world.count() + asked.simulations.len() as u32, |known| known as u32);
            if known.is_some() {
                let entry = self.world.state.sim(sim);
                let is_changed = draw.is_multiple_of(7);
                let is_as_made = !is_changed && entry.newest.changed.is_empty();
                let serves = !fresh && is_as_made;
                let Life::Live(live) = &self.world.state.sim(suite).life else { panic!("the script runs") };
                let ended_at = entry.latest().and_then(|latest| latest.ended.as_ref()?.ended_unix_ms);
                // As if it had been asked for a little earlier.
                let is_of_now = is_as_made && ended_at.is_some_and(|at| at > live.started.unix_ms);
                usable.push((sim, entry.ended(), serves, is_of_now));
                if let Some(latest) = entry.latest().filter(|_| is_changed) {
                    let what = vec!["sim.py changed".to_owned()];
                    asked.changed.push(Changed { sim, attempt: latest.number, what });
                }
                if !serves {
                    self.world.ok.remove(&sim);
                }
            } else {
                asked.simulations.push(Simulation {
                    spawned: Some(Box::new(Spawned {
                        suite: SUITES[suite as usize].1.to_owned(),
                        call: CallId { key: key.to_string(), occurrence },
                        pool,
                    })),
                    retries: Retries { any: key % 2, ..Retries::default() },
                    ..simulation(&name)
                });
            }
            let call = Call { sim, key, pool, fresh, stopped, taken: None, answered: false, heard: None };
            self.script(suite).expect("it lives").calls.push(call);
        }
        asked.calls = (first..first + count).map(|at| self.told(suite, at, false)).collect();
        self.hear();
        self.world.event(Event::Asked(Box::new(asked)));
        for (sim, ended, serves, is_of_now) in usable {
            let Some(at) = self.scripts[&suite].calls[first..].iter().position(|call| call.sim == sim) else {
                continue;
            };
            let call = &self.scripts[&suite].calls[first + at];
            let records = &self.world.records;
            let is_queued =
                records.iter().any(|effect| matches!(effect, Effect::RecordRetry { sim: it, .. } if *it == sim));
            let is_answered =
                records.iter().any(|effect| matches!(effect, Effect::AnswerCall { sim: it, .. } if *it == sim));
            let expected = match ended {
                Some(kind) if kind.is_ok() && serves || is_of_now => (false, true),
                Some(_) => (true, call.stopped),
                None => (false, is_answered && call.stopped),
            };
            assert_eq!((is_queued, is_answered), expected, "{sim} had ended {ended:?}, and serves: {serves}");
        }
    }

    /// A call, as its files tell it.
    fn told(&self, suite: u32, at: usize, is_known: bool) -> AskedCall {
        let call = &self.scripts[&suite].calls[at];
        let &Call { sim, key, pool, fresh, stopped, taken, answered, .. } = call;
        let same = self.scripts[&suite].calls[..at].iter().filter(|call| call.key == key).count();
        let simulation = format!("{}.{key}-{}", SUITES[suite as usize].1, same + 1);
        debug_assert!(self.world.state.plan().simulations.get(sim as usize).is_none_or(|it| it.name == simulation));
        AskedCall { number: at as u32 + 1, simulation, pool, fresh, taken, answered, stopped, is_known }
    }

    /// The script wants one of its calls ended.
    fn stop(&mut self, suite: u32, pick: u32) {
        let Some(script) = self.script(suite) else { return };
        let waiting: Vec<usize> = (0..script.calls.len())
            .filter(|at| script.calls[*at].heard.is_none() && !script.calls[*at].stopped)
            .collect();
        if waiting.is_empty() {
            return;
        }
        let at = waiting[pick as usize % waiting.len()];
        script.calls[at].stopped = true;
        let attempt = script.attempt;
        let calls = vec![self.told(suite, at, true)];
        self.world.event(Event::Asked(Box::new(AskedFor { suite, attempt, calls, ..AskedFor::default() })));
    }

    /// What a script has asked for just before it died is only told now.
    fn ask_late(&mut self, suite: u32, number: u64) {
        let attempt = self.scripts[&suite].attempt;
        let is_over = attempt > 0 && self.world.state.sim(suite).ended().is_some_and(|kind| !kind.is_ok());
        if !is_over || self.world.live.contains(&suite) {
            return;
        }
        let name = format!("{}.late-{}", SUITES[suite as usize].1, number % 3);
        let is_known = self.world.state.plan().simulations.iter().any(|one| one.name == name);
        let call = CallId { key: name.clone(), occurrence: 1 };
        let spawned = Some(Box::new(Spawned { suite: SUITES[suite as usize].1.to_owned(), call, pool: None }));
        let simulations = if is_known { Vec::new() } else { vec![Simulation { spawned, ..simulation(&name) }] };
        let call = AskedCall {
            number: 1 + self.scripts[&suite].calls.len() as u32,
            simulation: name,
            pool: None,
            fresh: false,
            taken: None,
            answered: false,
            stopped: false,
            is_known: false,
        };
        let first = self.world.count();
        let calls = vec![call];
        self.hear();
        self.world.event(Event::Asked(Box::new(AskedFor {
            suite,
            attempt,
            simulations,
            calls,
            ..AskedFor::default()
        })));
        assert_eq!(self.world.records.iter().filter(|it| matches!(it, Effect::TakeCall { .. })).count(), 0);
        assert_eq!(self.world.records.iter().filter(|it| matches!(it, Effect::AnswerCall { .. })).count(), 0);
        if SUITES[suite as usize].2 == OnSuiteEnd::Cancel {
            for sim in first..self.world.count() {
                assert!(is_ending(self.world.state.sim(sim)), "{sim} is run for a script that is gone");
            }
        }
    }

    /// Takes what the engine has told scripts.
    fn hear(&mut self) {
        self.world.for_suites.clear();
        for effect in std::mem::take(&mut self.world.records) {
            if let Effect::AnswerCall { suite, attempt, number, sim, before, .. } = effect {
                let script = self.scripts.get_mut(&suite).expect("it is a suite");
                assert_eq!(attempt, script.attempt, "an attempt that is gone is told");
                let call = &mut script.calls[number as usize - 1];
                assert_eq!((call.sim, call.heard), (sim, None), "call {number} of {suite} is answered twice");
                call.heard = Some(before);
            }
            self.unwritten.push(effect);
        }
        for (&sim, &attempt) in &self.world.launching {
            self.disk.retries.insert((sim, attempt), self.world.state.sim(sim).retries_made);
        }
    }

    /// Writes down what has been decided: all that concerns simulations at once, and then at most `most` about calls.
    fn write_down(&mut self, most: usize) {
        let is_of_call = |effect: &Effect| matches!(effect, Effect::TakeCall { .. } | Effect::AnswerCall { .. });
        let (calls, others): (Vec<Effect>, Vec<Effect>) =
            std::mem::take(&mut self.unwritten).into_iter().partition(is_of_call);
        for effect in others.into_iter().chain(calls.into_iter().take(most)) {
            match effect {
                Effect::RecordStop { sim, attempt, reason } => _ = self.disk.stops.insert((sim, attempt), reason),
                Effect::RecordCancelled { sim } => _ = self.disk.cancelled.insert(sim),
                Effect::RecordRetry { sim, after, .. } => {
                    self.disk.cancelled.remove(&sim);
                    self.disk.retry_after.insert(sim, after);
                }
                Effect::ForgetRetry { sim } => _ = self.disk.retry_after.remove(&sim),
                Effect::TakeCall { suite, number, after, before, .. } => {
                    self.call(suite, number).taken = Some((after, before));
                }
                Effect::AnswerCall { suite, attempt, number, .. } if self.scripts[&suite].attempt == attempt => {
                    self.call(suite, number).answered = true;
                }
                _ => {}
            }
        }
    }

    fn call(&mut self, suite: u32, number: u32) -> &mut Call {
        &mut self.scripts.get_mut(&suite).expect("it is a suite").calls[number as usize - 1]
    }

    /// The engine dies before all is written down, and another one begins on what is.
    fn replace_engine(&mut self, most: usize) {
        self.hear();
        self.write_down(most % 4);
        for (sim, attempt) in std::mem::take(&mut self.world.launching) {
            self.world.attempts.insert(sim, attempt - 1);
        }
        let found = (0..self.world.count()).map(|sim| self.found(sim)).collect();
        self.world.state = State::new(self.world.state.plan().clone(), beginning(found, self.cap), self.world.now);
        self.world.told = Some(Told::default());
        self.world.ended = false;
        for (suite, ..) in SUITES {
            if self.script(suite).is_none() {
                continue;
            }
            let count = self.scripts[&suite].calls.len();
            let calls: Vec<AskedCall> = (0..count).map(|at| self.told(suite, at, false)).collect();
            let decided: Vec<u32> =
                (0..count).filter(|&at| self.is_decided(suite, at)).map(|at| at as u32 + 1).collect();
            for at in 0..count {
                let call = self.call(suite, at as u32 + 1);
                call.heard = call.taken.filter(|_| call.answered).map(|(_, before)| before);
            }
            let attempt = self.scripts[&suite].attempt;
            self.world.event(Event::Asked(Box::new(AskedFor { suite, attempt, calls, ..AskedFor::default() })));
            for number in decided {
                let sim = self.call(suite, number).sim;
                let again = |effect: &Effect| matches!(effect, Effect::RecordRetry { sim: it, .. } if *it == sim);
                assert!(!self.world.records.iter().any(again), "{sim} has ended for its call and is run again");
            }
            self.hear();
        }
        let retried = self.world.state.sim(0).ended().is_some() && self.world.state.sim(1).ended().is_some();
        if retried {
            drop(self.world.request(Request::Retry { sims: vec![0, 1] }));
        }
        self.hear();
    }

    /// Whether what was decided about a call is written down, and its simulation has ended since.
    fn is_decided(&self, suite: u32, at: usize) -> bool {
        let call = &self.scripts[&suite].calls[at];
        let entry = self.world.state.sim(call.sim);
        let newest = entry.latest().map_or(0, |latest| latest.number);
        call.taken.is_some_and(|(after, _)| entry.ended().is_some() && newest > after)
    }

    /// What the directory tells of a simulation.
    fn found(&self, sim: u32) -> Found {
        let entry = self.world.state.sim(sim);
        let attempt = |attempt: &Attempt| {
            let key = (sim, attempt.number);
            let fate = match (&attempt.ended, &entry.life) {
                (Some(ended), _) => Fate::Ended { ended: ended.clone(), at: Some(self.world.now) },
                (None, Life::Live(live)) => {
                    let paused_since = live.is_held().then_some(self.world.now);
                    Fate::Runs { reach: Reach::Direct, handle: HANDLE, paused_ms: 0, paused_since }
                }
                (None, life) => panic!("{sim} is {life:?}, with an attempt that has not ended"),
            };
            FoundAttempt {
                started: attempt.started,
                was_paused: attempt.was_paused,
                retries_made: self.disk.retries.get(&key).copied(),
                stop: self.disk.stops.get(&key).map(|reason| (*reason, true)),
                ..FoundAttempt::new(attempt.number, attempt.dir.clone(), fate)
            }
        };
        Found {
            attempts: entry.attempts.iter().map(attempt).collect(),
            retry_after: self.disk.retry_after.get(&sim).copied(),
            cancelled: self.disk.cancelled.contains(&sim),
            changed: entry.before.as_ref().map_or(&entry.newest.changed, |before| &before.changed).clone(),
            ..Found::default()
        }
    }

    /// What a suite has spawned is ended with it.
    fn check_cancelled(&self, suite: u32) {
        for sim in 0..self.world.count() {
            let simulation = &self.world.state.plan().simulations[sim as usize];
            let is_its = simulation.spawned.as_ref().is_some_and(|it| it.suite == SUITES[suite as usize].1);
            assert!(!is_its || is_ending(self.world.state.sim(sim)), "{sim} goes on without its suite");
        }
    }

    /// What must hold after every event.
    fn check(&self) {
        for (suite, name, _) in SUITES {
            let state = &self.world.state;
            let spawned = state.view(suite, self.world.now).spawned.expect("it is a suite");
            let its = |one: &&Simulation| one.spawned.as_ref().is_some_and(|it| it.suite == name);
            assert_eq!(spawned.counts.total as usize, state.plan().simulations.iter().filter(its).count());
            let script = &self.scripts[&suite];
            if !self.world.live.contains(&suite) || script.attempt != self.world.attempts[&suite] {
                continue;
            }
            for (call, number) in script.calls.iter().zip(1..) {
                let ended = state.sim(call.sim).ended();
                assert!(call.heard.is_some() || ended.is_none(), "call {number} of {name} waits, and it is {ended:?}");
            }
            let heard: Vec<bool> = script.calls.iter().filter_map(|call| call.heard).collect();
            let before = heard.iter().filter(|before| **before).count();
            let counted = (script.calls.len(), heard.len(), before);
            assert_eq!((spawned.asked as usize, spawned.answered as usize, spawned.before as usize), counted, "{name}");
        }
    }

    /// Lets everything come to its end: scripts after what they wait for.
    pub(crate) fn finish(&mut self) {
        let waits = |lab: &Self| {
            SUITES.iter().any(|(suite, ..)| {
                lab.world.live.contains(suite) && lab.scripts[suite].calls.iter().any(|call| call.heard.is_none())
            })
        };
        for _ in 0..MOST_PASSES {
            self.note_attempts();
            if self.world.ended || !waits(self) {
                break;
            }
            drop(self.world.request(Request::SetQueue { queue: gem5_tui::protocol::QueueState::Open }));
            drop(self.world.request(Request::SetCap { cap: 4 }));
            let enough = gem5_tui::rundir::room::Room { free: 90 << 30, total: 100 << 30 };
            self.world.room(enough, enough);
            drop(self.world.request(Request::Resume { sims: (0..self.world.count()).collect() }));
            for sim in self.world.launching.keys().copied().collect::<Vec<_>>() {
                self.world.start(sim);
            }
            for sim in self.world.live.iter().copied().filter(|sim| *sim > 1).collect::<Vec<_>>() {
                self.world.end(sim, OutcomeKind::Ok);
            }
            self.world.pass(400_000);
            self.hear();
        }
        self.note_attempts();
        assert!(self.world.ended || !waits(self), "a script waits for what has ended");
        self.check();
        self.world.finish();
    }
}

/// Whether it has ended or is about to.
fn is_ending(sim: &Sim) -> bool {
    match &sim.life {
        Life::Ended(_) => true,
        Life::Live(live) => live.stop.is_some(),
        Life::Launching { cancel } | Life::Submitted { cancel, .. } => *cancel,
        Life::Waiting(_) | Life::Backoff { .. } => false,
    }
}
