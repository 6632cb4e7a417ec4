//! The dashboard's list at a thousand and at ten thousand simulations: what a message costs, and what a frame does.
//!
//! ```text
//! cargo bench --bench list [-- ROUNDS]
//! ```
//!
//! Half of the simulations have ended, some of them badly, 64 run and the rest waits. What is measured is everything that the
//! dashboard does with a message, as its loop does it, without the terminal. Medians are told, since a busy machine makes some
//! rounds long.

#![expect(clippy::print_stdout, reason = "a benchmark says what it has measured")]

mod measure;

use gem5_tui::experiment::Parameter;
use gem5_tui::gem5::{Outcome, OutcomeKind, Phase};
use gem5_tui::protocol::{
    AttemptView, Clock, Counts, Edits, Header, Progress, QueueState, ServerMessage, SimView, Status, Wait, Why,
};
use gem5_tui::tui::model::Model;
use gem5_tui::tui::theme::{Colours, Theme};
use gem5_tui::tui::update::{Message, update};
use gem5_tui::tui::view;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use measure::{rounds, tell, time};

/// Running simulations, as many as a large machine has.
const RUNNING: u32 = 64;
/// The orders of the list in which `t` goes through them, with one watched stat.
const SORTS: [&str; 6] = ["status", "plan", "name", "progress", "elapsed", "a stat"];

fn main() {
    let rounds = rounds(101) as usize;
    for count in [1_000, 10_000] {
        println!("{count} simulations");
        tell("first snapshot", &mut (0..rounds.div_ceil(10)).map(|_| opened(count).1).collect::<Vec<_>>());
        let (mut model, _) = opened(count);
        for sort in SORTS {
            tell(&format!("one changed row, by {sort}"), &mut changed_rows(&mut model, count, rounds));
            press(&mut model, "t");
        }
        press(&mut model, "/mcf !panic\n");
        tell("one changed row, with a filter of two words", &mut changed_rows(&mut model, count, rounds));
        press(&mut model, "/\n");
        let area = Rect::new(0, 0, 120, 40);
        let frames = |model: &Model| -> Vec<f64> {
            let frame = || {
                let mut buffer = Buffer::empty(area);
                view::draw(model, &mut buffer);
            };
            (0..rounds).map(|_| time(frame)).collect()
        };
        tell("one frame of 120 by 40", &mut frames(&model));
        // By the first parameter; the groups are so large that they begin folded.
        press(&mut model, "v\n");
        tell("one changed row, in groups", &mut changed_rows(&mut model, count, rounds));
        tell("one frame of groups with counts and means", &mut frames(&model));
    }
}

/// A dashboard that has just learned of everything, and how long that took.
fn opened(count: u32) -> (Model, f64) {
    let mut model = Model::new(Theme { colours: Colours::Dark, unicode: true }, 120, 40);
    let header = Header {
        name: "sweep".to_owned(),
        source: "/home/ada/sweep.yaml".into(),
        outdir: "/runs/sweep".into(),
        stand_in: false,
        watch: vec!["*.ipc".to_owned()],
        counts: Counts { total: count, running: RUNNING, ..Counts::default() },
        cap: RUNNING,
        memory: None,
        queue: QueueState::Open,
        alike: None,
        sweep: None,
        elapsed: Clock { ms: 1_000, ticking: true },
        eta: None,
        edits: Edits::default(),
        notice: None,
        allocation: None,
        later: 0,
        held: 0,
        shard: None,
    };
    update(&mut model, Message::Server(ServerMessage::Header { header: Box::new(header) }), 0);
    // The engine cuts a snapshot into messages of about this many.
    let batches: Vec<Vec<SimView>> = (0..count)
        .step_by(400)
        .map(|from| (from..count.min(from + 400)).map(|id| simulation(id, count, 0)).collect())
        .collect();
    let last = batches.len() - 1;
    let taken = time(|| {
        for (at, sims) in batches.into_iter().enumerate() {
            update(&mut model, Message::Server(ServerMessage::Sims { sims, complete: at == last }), 0);
        }
    });
    (model, taken)
}

fn press(model: &mut Model, keys: &str) {
    for c in keys.chars() {
        let code = if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) };
        update(model, Message::Key(KeyEvent::new(code, KeyModifiers::NONE)), 0);
    }
}

/// How long it takes to learn of one row, each time of another one that runs.
fn changed_rows(model: &mut Model, count: u32, rounds: usize) -> Vec<f64> {
    let times = (0..rounds as u32).map(|round| {
        let view = simulation(count / 2 + round % RUNNING, count, round + 1);
        let message = Message::Server(ServerMessage::Sims { sims: vec![view], complete: true });
        time(|| _ = update(model, message, 0))
    });
    times.collect()
}

/// Every other simulation has ended, 64 in the middle run, and the others wait. A later look finds one further on.
fn simulation(id: u32, count: u32, look: u32) -> SimView {
    const WORKLOADS: [&str; 5] = ["mcf", "lbm", "xalancbmk", "deepsjeng", "perlbench"];
    let (workload, l2) = (WORKLOADS[id as usize % WORKLOADS.len()], 256 << (id / 5 % 6));
    let seed = id / 30;
    let name = format!("{workload}-l2_{l2}KiB-seed_{seed}");
    let attempt = |outcome: Option<Outcome>| AttemptView {
        number: 1,
        dir: format!("/runs/sweep/{name}/attempt-1").into(),
        outcome,
        started_unix_ms: Some(1_795_000_000_000),
        ran_ms: None,
        max_rss: None,
        pid: None,
        job: None,
        host_time_tainted: false,
    };
    let runs = (count / 2..count / 2 + RUNNING).contains(&id);
    let (status, why, attempts) = if runs {
        (Status::Running { phase: Phase::Running }, Why::Nothing, vec![attempt(None)])
    } else if id.is_multiple_of(2) {
        let kind = if id.is_multiple_of(40) { OutcomeKind::Panic } else { OutcomeKind::Ok };
        let outcome = Outcome::new(kind, "src/mem/cache/base.cc:812: panic: the block is not there".to_owned());
        (Status::Ended { outcome: outcome.clone() }, Why::Nothing, vec![attempt(Some(outcome))])
    } else {
        (Status::Queued, Why::Place { wait: Wait::Cap }, Vec::new())
    };
    SimView {
        parameters: vec![
            Parameter::text("workload", workload),
            Parameter::text("l2", format!("{l2}KiB")),
            Parameter::text("seed", seed.to_string()),
        ],
        why,
        attempts,
        progress: Progress { fraction: runs.then(|| f64::from(look % 997) / 997.0), ..Progress::default() },
        values: vec![runs.then(|| f64::from(id * 31 + look) / 1e3)],
        elapsed: Clock { ms: u64::from(id * 7_919 % 100_003 + look * 500), ticking: runs },
        ..SimView::new(id, name, status)
    }
}
