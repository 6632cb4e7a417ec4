//! Suites and what they spawn: how they stand in the list, what is told of them, and what is asked of them.

use super::fixture::{Dash, attempt, end, ended, sim};
use super::screens::look;
use crate::experiment::{OnSuiteEnd, Parameter, RowKind};
use crate::gem5::{OutcomeKind, Phase};
use crate::protocol::{Clock, Counts, Request, ServerMessage, SimView, SpawnedView, Status, Wait, Why};
use crate::text::Safe;
use crate::tui::model::Overlay;
use crate::tui::reading::{InfoReading, Reading, Record};
use crate::tui::theme::{Colours, Theme};
use crate::tui::update::Message;

const PEOPLE: [&str; 12] = ["bob", "jane", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

fn child(id: u32, suite: u32, of: &str, who: &str, status: Status) -> SimView {
    let name = format!("{of}.run_sim-{who}");
    let mut view = sim(id, &name, status);
    view.suite = Some(suite);
    view.parameters = vec![Parameter::text("function", "sim.run_sim"), Parameter::text("name", who)];
    match &view.status {
        Status::Ended { outcome } => {
            view.attempts = vec![ended(attempt(&name, 1), outcome.kind, &outcome.cause.clone(), 61_000)];
            view.elapsed = Clock { ms: 61_000, ticking: false };
        }
        Status::Queued => view.why = Why::Place { wait: Wait::Cap },
        _ => {
            view.attempts = vec![attempt(&name, 1)];
            view.elapsed = Clock { ms: 40_000, ticking: true };
        }
    }
    view
}

/// A suite as the engine tells of it while these are its simulations, all of which it has asked for.
fn suite(id: u32, name: &str, status: Status, spawned: &[SimView]) -> SimView {
    let mut view = sim(id, name, status);
    view.kind = RowKind::Suite;
    let mut counts = Counts::default();
    for sim in spawned {
        counts.add(&sim.status);
    }
    let (asked, answered) = (counts.total, counts.ok + counts.not_ok);
    view.spawned = Some(SpawnedView { counts, asked, answered, before: 0, on_end: OnSuiteEnd::GoOn });
    let attempt = attempt(name, 1);
    match &view.status {
        Status::Ended { outcome } => {
            view.attempts = vec![ended(attempt, outcome.kind, &outcome.cause.clone(), 75_000)];
            view.elapsed = Clock { ms: 75_000, ticking: false };
        }
        Status::Running { .. } if asked > answered => {
            view.why = Why::AwaitsSpawned { left: asked - answered, of: asked };
            view.attempts = vec![attempt];
            view.elapsed = Clock { ms: 75_000, ticking: true };
        }
        _ => view.attempts = vec![attempt],
    }
    view
}

/// Twelve simulations of a suite: eight are ok, one has failed, two run and one waits. Before it stands one of no suite.
fn sims(status: Status) -> Vec<SimView> {
    let of = |at: usize| match at {
        0..8 => end(OutcomeKind::Ok, "exiting with last active thread context"),
        8 => end(OutcomeKind::Panic, "panic: no way"),
        9 | 10 => Status::Running { phase: Phase::Running },
        _ => Status::Queued,
    };
    let spawned: Vec<SimView> =
        PEOPLE.iter().zip(0..).map(|(who, at)| child(2 + at, 1, "test", who, of(at as usize))).collect();
    let mut sims = vec![sim(0, "boot", end(OutcomeKind::Ok, "")), suite(1, "test", status, &spawned)];
    sims.extend(spawned);
    sims
}

const RUNS: Status = Status::Running { phase: Phase::Running };

fn dash_of(width: u16, height: u16, sims: Vec<SimView>) -> Dash {
    let mut dash = Dash::new(width, height);
    let mut counts = Counts::default();
    for sim in &sims {
        counts.add(&sim.status);
    }
    dash.header(|header| {
        header.counts = counts;
        header.name = "suites".to_owned();
    });
    dash.sims(sims);
    dash
}

fn running(width: u16, height: u16) -> Dash {
    dash_of(width, height, sims(RUNS))
}

/// Moves the cursor to a row.
fn go(dash: &mut Dash, name: &str) {
    dash.keys("g");
    for _ in 0..dash.model.list.order().len() {
        if dash.selected() == name {
            return;
        }
        dash.keys("j");
    }
    panic!("{name} is not in the list: {}", dash.text());
}

/// The rows of the list from top to bottom.
fn rows(dash: &Dash) -> Vec<&str> {
    let list = &dash.model.list;
    list.order().iter().map(|id| list.rows()[id].view.name.as_str()).collect()
}

fn question(dash: &Dash) -> (String, String, Request) {
    let Some(Overlay::Confirm(confirm)) = &dash.model.overlay else { panic!("no question: {}", dash.text()) };
    let told: Vec<&str> = confirm.consequences.iter().map(Safe::as_str).collect();
    (confirm.title.to_string(), told.join(" "), confirm.request.clone())
}

#[test]
fn a_suite_with_what_it_spawned() {
    for size in [(120, 40), (80, 24), (40, 12)] {
        look("suite", size, |width, height| {
            let mut dash = running(width, height);
            go(&mut dash, "test");
            dash.read_log(super::fixture::LOG);
            dash
        });
    }
}

#[test]
fn a_folded_suite() {
    for size in [(120, 40), (80, 24), (40, 12)] {
        look("suite_folded", size, |width, height| {
            let mut dash = running(width, height);
            go(&mut dash, "test");
            dash.keys("f4");
            dash
        });
    }
}

#[test]
fn a_script_that_has_failed_is_counted_beside_its_simulations() {
    for (width, height) in [(120, 40), (80, 24), (40, 12)] {
        let failed = dash_of(width, height, sims(end(OutcomeKind::PythonError, "AssertionError: the verdict")));
        assert!(failed.text().contains("✖ 1 suite"), "{}", failed.text());
        assert!(!running(width, height).text().contains("✖ 1 suite"));
    }
}

#[test]
fn suites_without_unicode() {
    look("suite_ascii", (80, 24), |width, height| {
        let mut dash = running(width, height);
        dash.model.theme = Theme { colours: Colours::None, unicode: false };
        go(&mut dash, "test.run_sim-8");
        dash.keys("f");
        dash
    });
}

#[test]
fn simulations_stand_below_their_suite_in_every_order() {
    let mut dash = running(120, 40);
    for _ in 0..8 {
        let rows = rows(&dash);
        let at = rows.iter().position(|name| *name == "test").unwrap();
        assert!(rows[at + 1..at + 13].iter().all(|name| name.starts_with("test.")), "{rows:?}");
        assert_eq!(rows.len(), 14);
        dash.keys("t");
    }
    // Among themselves they are in order: what runs, what failed, what waits, what is ok.
    let rows = rows(&dash);
    let names = ["test.run_sim-7", "test.run_sim-8", "test.run_sim-6", "test.run_sim-9", "test.run_sim-bob"];
    assert_eq!(rows[1..6], names);
}

#[test]
fn what_is_folded_away_is_not_in_the_list_and_its_cursor_stands_on_the_suite() {
    let mut dash = running(160, 40);
    go(&mut dash, "test.run_sim-3");
    dash.keys("f");
    assert_eq!((dash.selected(), rows(&dash)), ("test", vec!["test", "boot"]));
    let text = dash.text();
    let counts = ["2 running", "1 not ok", "1 queued", "8 ok"];
    assert!(text.contains("▸ test") && counts.iter().all(|count| text.contains(count)), "{text}");
    dash.keys("f");
    assert_eq!((dash.selected(), rows(&dash).len()), ("test", 14));
    assert!(dash.text().contains("▾ test"), "{}", dash.text());
    go(&mut dash, "boot");
    dash.keys("f");
    assert!(dash.model.toast.as_ref().is_some_and(|toast| toast.bad) && rows(&dash).len() == 14);
}

#[test]
fn a_large_suite_is_folded_until_somebody_unfolds_it_and_stays_so_with_another_engine() {
    let many = |count: u32| -> Vec<SimView> {
        let mut sims: Vec<SimView> =
            (0..count).map(|at| child(1 + at, 0, "big", &at.to_string(), Status::Queued)).collect();
        sims.push(suite(0, "big", RUNS, &sims.clone()));
        sims
    };
    let mut dash = dash_of(120, 40, many(20));
    assert_eq!(rows(&dash).len(), 21);
    dash.sims(many(21));
    assert_eq!(rows(&dash), ["big"]);
    dash.keys("f");
    assert_eq!(rows(&dash).len(), 22);
    dash.send(Message::LinkClosed);
    dash.send(Message::Reconnected);
    dash.sims(
        many(30).into_iter().map(|sim| SimView { id: sim.id + 5, suite: sim.suite.map(|id| id + 5), ..sim }).collect(),
    );
    assert_eq!(rows(&dash).len(), 31);
    // One in which somebody reads is not folded because it grows.
    let mut dash = dash_of(120, 40, many(20));
    dash.keys("jj");
    let before = dash.selected().to_owned();
    dash.sims(many(21));
    assert_eq!((dash.selected(), rows(&dash).len()), (before.as_str(), 22));
}

#[test]
fn a_simulation_that_is_told_before_its_suite_stands_below_it_once_that_is_there() {
    let mut dash = Dash::new(120, 40);
    dash.header(|_| {});
    let mut all = sims(RUNS);
    let suite = all.remove(1);
    dash.send(Message::Server(ServerMessage::Sims { sims: all, complete: false }));
    dash.sims(vec![suite]);
    assert_eq!(rows(&dash)[0], "test");
    assert!(rows(&dash)[1..13].iter().all(|name| name.starts_with("test.")), "{:?}", rows(&dash));
}

#[test]
fn a_filter_finds_what_is_folded_away_and_nothing_else() {
    let mut dash = running(120, 40);
    go(&mut dash, "test");
    dash.keys("f/no<space>way<enter>");
    assert_eq!(rows(&dash), ["test.run_sim-6"]);
    let text = dash.text();
    assert!(text.contains("test.run_sim-6") && text.contains("1 of 13"), "{text}");
    // Whoever looks at it and takes the filter away has the cursor where it was.
    dash.keys("<esc>");
    assert_eq!((dash.selected(), rows(&dash).len()), ("test.run_sim-6", 14));
    // A filter that is abandoned unfolds nothing.
    dash.keys("f/no<space>way<esc>");
    assert_eq!((dash.selected(), rows(&dash).len()), ("test", 2));
}

#[test]
fn a_failure_in_a_folded_suite_is_shown_to_who_asks_for_failures() {
    let mut dash = running(120, 40);
    go(&mut dash, "test");
    dash.keys("fF<enter>");
    assert_eq!((dash.selected(), rows(&dash).len()), ("test.run_sim-6", 14));
}

#[test]
fn people_count_no_script_among_the_simulations() {
    let mut dash = running(120, 40);
    let text = dash.text();
    assert!(text.contains("Simulations 13") && text.contains("1 suite"), "{text}");
    assert!(text.lines().next().unwrap().contains("▶ 2 running"), "{text}");
    dash.keys("q");
    assert!(dash.text().contains("2 simulations and 1 suite running or paused, 1 waiting"), "{}", dash.text());
}

#[test]
fn a_suite_says_what_it_waits_for_and_what_is_from_before() {
    let mut dash = running(200, 40);
    dash.sim(1, |view| view.spawned.as_mut().unwrap().before = 8);
    go(&mut dash, "test");
    dash.keys("4");
    let text = dash.text();
    for words in ["waiting for 3 of 12", "8 from before", "a suite", "if it fails", "1 not ok, 1 queued, 8 ok"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    dash.keys("2");
    assert!(dash.text().contains("A suite has no stats of its own"), "{}", dash.text());
    assert!(dash.model.want.stats.is_none());
    // A script that has ended before its simulations.
    dash.sims(sims(end(OutcomeKind::PythonError, "ValueError: 3")));
    dash.keys("45");
    let reason = dash.model.list.rows()[&1].reason.to_string();
    assert!(reason.contains("3 of its simulations have not ended"), "{reason}");
    assert!(dash.text().contains("take nothing from before"), "{}", dash.text());
}

#[test]
fn a_suite_names_its_script_and_its_arguments() {
    let mut dash = running(200, 40);
    go(&mut dash, "test");
    dash.keys("4");
    let spec = serde_json::json!({
        "format": 1, "simulation": "test", "attempt": 1, "kind": "suite",
        "argv": ["/opt/gem5.opt", "-c", "exec(code)", "/home/ada/test.py", "--fast", "-c", "two words"],
        "cwd": "/home/ada", "env": {}, "call": null, "parameters": [], "spec_hash": "0", "executable": null,
        "gem5_tui": "0.1.0", "at": {"unix_ms": 0, "boot_ms": 0},
    });
    let attempt = dash.model.want.attempt.clone().unwrap();
    dash.send(Message::Read(Reading::Info(Box::new(InfoReading {
        attempt,
        spec: Record::Present(Box::new(serde_json::from_value(spec).unwrap())),
        started: Record::Absent,
        exit: Record::Absent,
        submitting: Record::Absent,
        submitted: Record::Absent,
        job_end: Record::Absent,
        result: Record::Absent,
    }))));
    let text = dash.text();
    let fact = |name: &str, value: &str| text.lines().any(|line| line.contains(name) && line.contains(value));
    assert!(fact("script", "/home/ada/test.py") && fact("arguments", "--fast -c 'two words'"), "{text}");
}

#[test]
fn a_simulation_names_its_suite_and_what_it_was_called_with() {
    let mut dash = running(120, 40);
    go(&mut dash, "test.run_sim-bob");
    dash.keys("4");
    let text = dash.text();
    let fact = |name: &str, value: &str| text.lines().any(|line| line.contains(name) && line.contains(value));
    assert!(fact("suite ", "test") && fact("function", "sim.run_sim") && fact("name ", "bob"), "{text}");
}

#[test]
fn a_failure_in_a_folded_suite_is_seen_on_the_narrowest_screen_and_under_the_longest_name() {
    for name in ["test", "a-name-that-leaves-no-room-for-anything"] {
        let mut sims = sims(RUNS);
        for sim in &mut sims {
            sim.name = sim.name.replace("test", name);
        }
        let mut dash = dash_of(40, 12, sims);
        go(&mut dash, name);
        dash.keys("f");
        assert!(dash.text().lines().any(|line| line.contains('▸') && line.contains("✖1")), "{}", dash.text());
    }
}

#[test]
fn to_cancel_a_suite_means_what_it_has_spawned_as_well() {
    let mut dash = running(120, 40);
    go(&mut dash, "test");
    dash.keys("c");
    let (title, told, request) = question(&dash);
    assert_eq!(title, "Cancel test and its 3 simulations that have not ended?");
    assert!(told.contains("3 running") && told.contains("1 waiting"), "{told}");
    assert_eq!(request, Request::Cancel { sims: vec![1] });
    // Marked with one of its own, that is within it.
    dash.keys("<esc>a");
    dash.keys("c");
    assert_eq!(question(&dash).2, Request::Cancel { sims: vec![1] });
    // After its end only they are meant.
    let mut dash = dash_of(120, 40, sims(end(OutcomeKind::Killed, "SIGKILL")));
    go(&mut dash, "test");
    dash.keys("c");
    let (title, _, request) = question(&dash);
    assert_eq!(title, "Cancel the 3 simulations of test that have not ended?");
    assert_eq!(request, Request::Cancel { sims: vec![1] });
}

#[test]
fn to_pause_a_suite_asks_first_and_so_does_its_going_on() {
    let mut dash = running(120, 40);
    go(&mut dash, "test");
    dash.keys("p");
    let (title, told, request) = question(&dash);
    assert_eq!(title, "Pause test and its 2 simulations that run?");
    assert!(told.contains("1 waiting"), "{told}");
    assert_eq!(request, Request::Pause { sims: vec![1] });
    dash.keys("<esc>");
    // A paused suite goes on, also where one of its simulations runs again.
    for id in [1, 11] {
        dash.sim(id, |view| (view.status, view.why) = (Status::Paused, Why::Paused));
    }
    dash.keys("p");
    let (title, _, request) = question(&dash);
    assert_eq!(title, "Let test and its 1 simulation that is paused go on?");
    assert_eq!(request, Request::Resume { sims: vec![1] });
    // One simulation is paused as ever.
    dash.keys("<esc>");
    go(&mut dash, "test.run_sim-8");
    dash.keys("p");
    assert_eq!(dash.requests(), [&Request::Pause { sims: vec![12] }]);
}

#[test]
fn to_run_a_suite_again_tells_what_is_returned_from_before_and_anew_takes_nothing() {
    let mut dash = dash_of(120, 40, sims(end(OutcomeKind::PythonError, "ValueError: 3")));
    go(&mut dash, "test");
    dash.keys("r");
    let (title, told, request) = question(&dash);
    assert_eq!(title, "Run test again?");
    assert!(told.contains("returned from before: 8 of 12"), "{told}");
    assert_eq!(request, Request::Retry { sims: vec![1] });
    dash.keys("<esc>A");
    let (title, told, request) = question(&dash);
    assert_eq!(title, "Run test anew?");
    assert!(told.contains("12 simulations"), "{told}");
    assert_eq!(request, Request::Anew { sims: vec![1] });
    dash.keys("y");
    assert_eq!(dash.requests(), [&Request::Anew { sims: vec![1] }]);
    // What is no suite takes nothing from before, and what runs cannot run again.
    go(&mut dash, "boot");
    dash.keys("A");
    assert!(dash.model.overlay.is_none() && dash.model.toast.as_ref().is_some_and(|toast| toast.bad));
    let mut dash = running(120, 40);
    go(&mut dash, "test");
    dash.keys("A");
    assert!(dash.model.overlay.is_none() && dash.model.toast.as_ref().is_some_and(|toast| toast.bad));
}

#[test]
fn stats_are_asked_of_what_a_suite_has_spawned_and_never_of_its_script() {
    let mut dash = running(120, 40);
    go(&mut dash, "test");
    dash.keys("s");
    assert_eq!(dash.requests(), [&Request::DumpStats { sims: vec![11, 12] }]);
}
