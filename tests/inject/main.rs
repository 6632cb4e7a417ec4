//! Kills or fails engine, shim and what becomes gem5 at their system calls, one after another, and then asks whether each
//! simulation ran to its end, never twice at once, and never again once its end was known.
//!
//! A run of two short simulations has some hundred calls that change something, so every test run tries each fortieth, for
//! less than half a minute. All of them take an hour or so:
//!
//! ```text
//! GEM5_TUI_INJECT=all cargo test --test inject -- --nocapture
//! ```
//!
//! `GEM5_TUI_INJECT=7` tries each seventh. `GEM5_TUI_INJECT_ROLE` (engine, shim, child) and `GEM5_TUI_INJECT_FAULT` (SIGKILL,
//! ENOSPC, …) choose rows, `GEM5_TUI_INJECT_AT=17` one place. Which call stands at a place differs a little from run to run, since
//! threads do not take turns; what is found is told with its call.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test itself may")]

mod calls;
mod evidence;
mod kinds;
mod registers;
#[path = "../lifecycle/stage.rs"]
#[expect(dead_code, reason = "this test needs a part of what the lifecycle tests need")]
mod stage;
mod tracer;
mod trial;

use std::collections::{BTreeMap, VecDeque};
use std::env::var;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use kinds::{KINDS, Kind};

/// Without a wish in the environment, each so manieth place is tried,
const STEP: usize = 40;

/// and nothing is begun after so long: everybody waits for this with every test run.
const SAMPLED_FOR: Duration = Duration::from_secs(20);

/// A long run says how far it is after so many places.
const TOLD_EVERY: usize = 200;

/// A trial mostly waits for its simulations, so there are so many of them for each core.
const AT_ONCE: usize = 3;

/// What was asked for.
struct Wish {
    step: usize,
    /// One place instead.
    at: Option<usize>,
    ends: Option<Instant>,
}

impl Wish {
    fn of_environment() -> Self {
        let number = |text: String| text.parse().unwrap_or_else(|_| panic!("{text} is no number of places"));
        let at = var("GEM5_TUI_INJECT_AT").ok().map(number);
        match var("GEM5_TUI_INJECT") {
            Ok(all) if all == "all" => Self { step: 1, at, ends: None },
            Ok(step) => Self { step: number(step).max(1), at, ends: None },
            Err(_) => Self { step: STEP, at, ends: Some(Instant::now() + SAMPLED_FOR) },
        }
    }

    /// The places of a kind, of which there are `count`. The sample of a short one is in its middle.
    fn places(&self, count: usize) -> Vec<usize> {
        if let Some(at) = self.at {
            return vec![at];
        }
        let first = self.step.div_ceil(2).min(count.div_ceil(2)).max(1);
        (first..=count).step_by(self.step).collect()
    }
}

fn is_wanted(kind: &Kind) -> bool {
    let is_role = var("GEM5_TUI_INJECT_ROLE").map_or(true, |role| role == kind.role.word());
    is_role && var("GEM5_TUI_INJECT_FAULT").map_or(true, |fault| kind.word().starts_with(&fault))
}

/// What came of a row.
#[derive(Debug, Default)]
struct Row {
    tried: usize,
    held: usize,
    known: BTreeMap<&'static str, usize>,
}

#[test]
fn wherever_a_call_fails_or_a_process_dies_nothing_is_lost_and_nothing_runs_twice() {
    if let Some(reason) = tracer::refusal() {
        return eprintln!("skipped: {reason}");
    }
    let wish = Wish::of_environment();
    let counts = trial::places();
    let each = |kind: usize| wish.places(counts[kind]).into_iter().enumerate().map(move |(turn, at)| (turn, kind, at));
    let mut trials: Vec<_> =
        (0..KINDS.len()).filter(|kind| is_wanted(&KINDS[*kind]) && counts[*kind] > 0).flat_map(each).collect();
    // By turns, so that the end of the time is the same for all rows.
    trials.sort_unstable();
    let wanted = trials.len();
    let trials = Mutex::new(VecDeque::from(trials));
    let rows = Mutex::new(KINDS.iter().map(|_| Row::default()).collect::<Vec<_>>());
    let wrong = Mutex::new(0);
    let workers = AT_ONCE * std::thread::available_parallelism().map_or(1, usize::from).min(4);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while wish.ends.is_none_or(|ends| Instant::now() < ends) {
                    let (next, left) = {
                        let mut trials = trials.lock().unwrap();
                        (trials.pop_front(), trials.len())
                    };
                    let Some((_, kind, at)) = next else { break };
                    if left > 0 && left.is_multiple_of(TOLD_EVERY) {
                        eprintln!("{left} of {wanted} places are left");
                    }
                    let trial = trial::run(&KINDS[kind], at);
                    // A run with fewer calls than the one that was counted is nothing that was tried.
                    let Some(place) = trial.place else { continue };
                    let mut rows = rows.lock().unwrap();
                    rows[kind].tried += 1;
                    for known in &trial.verdicts.known {
                        *rows[kind].known.entry(known).or_default() += 1;
                    }
                    if trial.verdicts.wrong.is_empty() {
                        rows[kind].held += usize::from(trial.verdicts.known.is_empty());
                        continue;
                    }
                    *wrong.lock().unwrap() += 1;
                    eprintln!("{} at {at}, {place}:\n  {}", KINDS[kind], trial.verdicts.wrong.join("\n  "));
                }
            });
        }
    });
    let (rows, left) = (rows.into_inner().unwrap(), trials.into_inner().unwrap().len());
    eprintln!("{}", table(&rows, &counts));
    if wish.ends.is_some() {
        eprintln!(
            "A sample: each {STEP}th place, {} of {wanted} in {} s. GEM5_TUI_INJECT=all tries all {}.",
            wanted - left,
            SAMPLED_FOR.as_secs(),
            counts.iter().sum::<usize>()
        );
    }
    assert_eq!(wrong.into_inner().unwrap(), 0, "so many places did not hold; each was told above");
    assert!(rows.iter().any(|row| row.tried > 0), "nothing was tried");
}

/// A runtime that cannot watch a process which it has started says that it has started none.
#[test]
fn f63_a_watch_that_the_kernel_refuses_starts_nothing_twice() {
    if let Some(reason) = tracer::refusal() {
        return eprintln!("skipped: {reason}");
    }
    let kind = KINDS.iter().position(Kind::is_of_watches).unwrap();
    let count = trial::places()[kind];
    assert!(count > 0);
    for at in 1..=count {
        let trial = trial::run(&KINDS[kind], at);
        assert!(trial.verdicts.wrong.is_empty() && trial.verdicts.known.is_empty(), "{at}: {trial:?}");
    }
}

/// What was tried and what held, a line for each kind.
fn table(rows: &[Row], counts: &[usize]) -> String {
    let mut text = format!("{:<8}{:<16}{:>8}{:>8}{:>8}  known windows", "role", "fault", "places", "tried", "held");
    for ((kind, row), count) in KINDS.iter().zip(rows).zip(counts).filter(|((_, row), _)| row.tried > 0) {
        let known: Vec<String> = row.known.iter().map(|(window, times)| format!("{times} {window}")).collect();
        let (role, fault, known) = (kind.role.word(), kind.word(), known.join("; "));
        _ = write!(text, "\n{role:<8}{fault:<16}{count:>8}{:>8}{:>8}  {known}", row.tried, row.held);
    }
    text
}
