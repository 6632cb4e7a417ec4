//! The list is kept in order row by row: it must look as if it were filtered and sorted from nothing each time, and one changed
//! row must not cost as much as all of them.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::fixture::{Dash, attempt, ended, sim, sweep};
use super::random::simulation;
use crate::experiment::{Parameter, RowKind};
use crate::gem5::{ConsoleWord, GuestState, Outcome, OutcomeKind, Phase, signature};
use crate::protocol::{Clock, Counts, Note, Progress, SimView, Status, Wait, Why};
use crate::text::width;
use crate::tui::model::failures::{alike, groups};
use crate::tui::model::list::Line;
use crate::tui::model::sort::Sort;
use crate::tui::model::work::{COMPARED, FILTERED};
use crate::tui::model::{INDENT, Model, Row};
use crate::tui::reading::{ColumnsReading, Reading};
use crate::tui::update::Message;

/// Whether the filter lets a row through, worked out the long way.
fn is_let_through(filter: &str, row: &Row) -> bool {
    let is_in = |word: &str| {
        let any_case = !word.chars().any(char::is_uppercase);
        let texts = [row.name.as_str(), row.view.status.word(), row.reason.as_str(), row.parameters.as_str()];
        texts.iter().any(|text| if any_case { text.to_lowercase().contains(word) } else { text.contains(word) })
    };
    let mut words = filter.split_whitespace().filter(|word| filters(word));
    words.all(|word| {
        let (wanted, word) = word.strip_prefix('!').map_or((true, word), |word| (false, word));
        let is_ok = row.view.status.ended().map(OutcomeKind::is_ok);
        let l2 = || row.view.parameters.iter().find(|parameter| parameter.name == "l2");
        let fits = match word {
            "ok" => is_ok == Some(true),
            "is:failed" => is_ok == Some(false) && row.view.status.word() != "cancelled",
            "l2=1MiB" => l2().is_some_and(|l2| l2.value.as_written() == "1MiB"),
            word => is_in(word),
        };
        fits == wanted
    })
}

/// Whether a word of a filter leaves anything out: it says something, and all of it.
fn filters(word: &str) -> bool {
    !matches!(word.trim_start_matches('!'), "" | "l2=")
}

/// What needs attention stands first: what runs or is about to, then what failed, then what waits, then what is done. Told by
/// the words of the screen, so that a state that is moved among its neighbours in the code does not move here.
fn attention(row: &Row) -> usize {
    const FIRST: [&[&str]; 3] = [&["stopping"], &["running", "launching"], &["paused"]];
    const LAST: [&[&str]; 3] = [&["backoff"], &["queued", "submitted"], &["blocked"]];
    let word = row.view.status.word();
    let failed = row.view.status.ended().map(|kind| !kind.is_ok());
    let is_cancelled = word == "cancelled";
    let groups = FIRST.iter().map(|words| failed.is_none() && words.contains(&word));
    let groups = groups.chain([failed == Some(true) && !is_cancelled]);
    let mut groups = groups.chain(LAST.iter().map(|words| failed.is_none() && words.contains(&word)));
    let ended = FIRST.len() + 1 + LAST.len();
    groups.position(|is_in| is_in).unwrap_or(if is_cancelled { ended } else { ended + 1 })
}

/// A name as its characters and its numbers. A number stands where its first digit would.
fn natural(name: &str) -> Vec<(char, u128)> {
    let mut parts: Vec<(char, u128)> = Vec::new();
    let mut is_number = false;
    for c in name.chars() {
        match (c.to_digit(10), parts.last_mut().filter(|_| is_number)) {
            (Some(digit), Some((_, number))) => *number = *number * 10 + u128::from(digit),
            (Some(digit), None) => parts.push(('0', u128::from(digit))),
            (None, _) => parts.push((c, 0)),
        }
        is_number = c.is_ascii_digit();
    }
    parts
}

/// How far down a value stands: the largest first, and rows without one last.
fn descent(value: Option<f64>) -> (bool, bool, u64) {
    let Some(value) = value else { return (true, false, 0) };
    // The bits of a float count up with it, and below zero down.
    let below_zero = value.is_sign_negative();
    (false, below_zero, if below_zero { value.to_bits() } else { u64::MAX - value.to_bits() })
}

/// Puts rows in order, or the other way round; those without a key come last both ways, and equal ones stay as they are.
fn arrange<K: Ord>(rows: &mut [&Row], turned: bool, key: impl Fn(&Row) -> Option<K>) {
    rows.sort_by(|a, b| match (key(a), key(b)) {
        (Some(a), Some(b)) if turned => b.cmp(&a),
        (Some(a), Some(b)) => a.cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
}

/// The number that a value of these tests is.
fn measure(value: &str) -> Option<u64> {
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("", 1)];
    units.iter().find_map(|(unit, factor)| Some(value.strip_suffix(unit)?.parse::<u64>().ok()? * factor))
}

/// Whether a value is no number, which number it is, and what it is as a text.
type ValueKey = (bool, Option<u64>, Vec<(char, u128)>);

/// Where a value of a parameter stands among others: sizes and numbers first, and what has none last.
fn value_key(row: &Row, name: &str) -> Option<ValueKey> {
    let value = row.view.parameters.iter().find(|parameter| parameter.name == name)?.value.as_written();
    let bytes = measure(value);
    Some((bytes.is_none(), bytes, natural(value)))
}

/// The lines of the list, filtered, sorted and grouped from nothing by a sort that is stable.
fn lines(model: &Model) -> Vec<Line> {
    let list = &model.list;
    let mut rows: Vec<&Row> = list.rows().values().filter(|row| is_let_through(list.filter(), row)).collect();
    // Stable, so that suites and what they have spawned can be told apart afterwards.
    let turned = list.is_reversed();
    let value = |value: Option<f64>| value.map(|value| descent(Some(value)));
    match list.sort() {
        Sort::Plan if turned => rows.reverse(),
        Sort::Plan => {}
        Sort::Status => arrange(&mut rows, turned, |row| Some(attention(row))),
        Sort::Name => arrange(&mut rows, turned, |row| Some((natural(&row.name), row.name.to_string()))),
        Sort::Progress => arrange(&mut rows, turned, |row| value(row.view.progress.fraction)),
        Sort::Elapsed => arrange(&mut rows, turned, |row| Some(u64::MAX - row.view.elapsed.ms)),
        Sort::Try => arrange(&mut rows, turned, |row| Some(usize::MAX - row.view.attempts.len())),
        Sort::Cores => arrange(&mut rows, turned, |row| value(row.view.host.and_then(|host| host.cores))),
        Sort::Rss => arrange(&mut rows, turned, |row| Some(u64::MAX - row.view.host?.rss)),
        Sort::Stat(at) => arrange(&mut rows, turned, |row| value(row.view.values.get(at).copied().flatten())),
        Sort::Added(at) => arrange(&mut rows, turned, |row| value(model.columns.value(row, at))),
        Sort::Parameter(name) => arrange(&mut rows, turned, |row| value_key(row, &name)),
    }
    if list.is_grouped() {
        let is_suite = |row: &Row| row.view.kind == RowKind::Suite;
        let mut lines: Vec<Line> = rows.iter().filter(|row| is_suite(row)).map(|row| Line::Row(row.view.id)).collect();
        let key = |row: &Row| {
            let of = |name: &String| value_key(row, name).map_or((true, None), |value| (false, Some(value)));
            list.grouped_by().iter().map(of).collect::<Vec<_>>()
        };
        let mut groups: BTreeMap<_, Vec<u32>> = BTreeMap::new();
        for row in rows.iter().filter(|row| !is_suite(row)) {
            groups.entry(key(row)).or_default().push(row.view.id);
        }
        for members in groups.into_values() {
            let heading = list.lines().iter().find_map(|line| match line {
                Line::Group(group) if list.members(*group) == members => Some(*group),
                _ => None,
            });
            let heading = heading.unwrap_or_else(|| panic!("no heading for {members:?}"));
            lines.push(Line::Group(heading));
            if list.is_folded(Line::Group(heading)) == Some(false) {
                lines.extend(members.into_iter().map(Line::Row));
            }
        }
        return lines;
    }
    let suite = |row: &Row| {
        let suite = list.rows().get(&row.view.suite.filter(|suite| *suite != row.view.id)?)?;
        let is_flat = list.filter().split_whitespace().any(filters);
        (suite.view.suite.is_none() && !is_flat).then_some(suite.view.id)
    };
    let edge = rows.iter().filter(|row| suite(row).is_none());
    let with_spawned = edge.flat_map(|row| {
        let below = rows.iter().filter(|other| suite(other) == Some(row.view.id)).map(|other| other.view.id);
        let is_folded = list.is_folded(Line::Row(row.view.id)) == Some(true);
        std::iter::once(row.view.id).chain(below.filter(move |_| !is_folded)).collect::<Vec<u32>>()
    });
    with_spawned.map(Line::Row).collect()
}

fn check(model: &Model) {
    let list = &model.list;
    let lines = lines(model);
    assert_eq!(list.lines(), lines, "{:?} {:?} {:?}", list.sort(), list.filter(), list.grouped_by());
    let row = |line: &Line| if let Line::Row(id) = line { Some(*id) } else { None };
    assert_eq!(list.order(), lines.iter().filter_map(row).collect::<Vec<u32>>());
    let rows = || list.rows().values();
    let widest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let extent = list.extent();
    let is_indented = |row: &Row| row.view.kind == RowKind::Suite || row.view.suite.is_some();
    let label = |row: &Row| width::width(row.label()) + if is_indented(row) { INDENT } else { 0 };
    assert_eq!(extent.name(), widest(&mut rows().map(|row| width::width(&row.name))));
    assert_eq!(extent.label(), widest(&mut rows().map(label)));
    let suites: Vec<&Row> = rows().filter(|row| row.view.kind == RowKind::Suite).collect();
    let mut counts = Counts::default();
    for row in &suites {
        counts.add(&row.view.status);
    }
    assert_eq!(list.suites(), counts);
    assert_eq!(
        list.suites_shown(&model.columns),
        suites.iter().filter(|row| is_let_through(list.filter(), row)).count()
    );
    assert_eq!(extent.parameters(), widest(&mut rows().map(|row| width::width(&row.parameters))));
    let failed = |row: &&Row| row.view.status.ended().is_some_and(OutcomeKind::is_failure);
    for row in rows() {
        let same = rows().filter(|other| other.signature.is_some() && other.signature == row.signature).count();
        assert_eq!(alike(list, row), same.saturating_sub(1));
    }
    let members: usize = groups(list).iter().map(|group| group.members.len()).sum();
    assert_eq!(members, rows().filter(failed).count());
    assert_eq!(list.cursor().is_some(), !list.lines().is_empty(), "whenever there are lines, one has the cursor");
    if let Some(at) = list.position() {
        assert_eq!((list.at, list.lines().get(at).copied()), (at, list.cursor()));
    }
}

#[derive(Debug, Clone)]
enum Step {
    Sims(Vec<SimView>),
    Sort,
    Order(usize),
    Turn,
    Filter(String),
    Column(u32, Option<f64>),
    Key(&'static str),
    NewEngine,
    Cap(u32),
    Group(Vec<String>),
}

/// Values as a sweep takes them from two or three lists, so that many rows have some of them in common.
fn parameters() -> impl Strategy<Value = Vec<Parameter>> {
    let value = |values: &[&'static str]| prop::sample::select(values.to_vec());
    let lists = (value(&["mcf", "lbm"]), value(&["1MiB", "2MiB", "a B"]), prop::option::of(value(&["0", "1"])));
    lists.prop_map(|(workload, l2, seed)| {
        let mut parameters = vec![Parameter::text("workload", workload), Parameter::text("l2", l2)];
        parameters.extend(seed.map(|seed| Parameter::text("seed", seed)));
        parameters
    })
}

/// What is changed of a random simulation: name, whether it has a host, run time, parameters, cause, and the suite with whether it is
/// one itself.
type Rest = (String, bool, u64, Vec<Parameter>, Option<&'static str>, (Option<u32>, bool));

fn step() -> impl Strategy<Value = Step> {
    // One of few causes, so that rows fail alike; or the random one that it has.
    let cause = prop::sample::select(vec![None, Some("panic: no way"), Some("fatal: core 1 has no path"), Some("")]);
    let named = |(mut view, (name, host, ms, parameters, cause, (suite, is_suite))): (SimView, Rest)| {
        view.name = name;
        view.suite = suite;
        view.kind = if is_suite { RowKind::Suite } else { RowKind::Simulation };
        view.elapsed.ms = ms;
        view.host = host.then(Default::default);
        view.parameters = parameters;
        if let (Status::Ended { outcome }, Some(cause)) = (&mut view.status, cause) {
            outcome.cause = cause.to_owned();
        }
        view
    };
    // Few suites, so that many stand below one; some name what is not there or stands below another one.
    let suite = || (prop::option::of(prop::sample::select(vec![0u32, 1, 2, 39])), any::<bool>());
    let rest = move || ("[a-bA-B0-2_-]{0,5}", any::<bool>(), 0..3u64, parameters(), cause.clone(), suite());
    let changed = move || (simulation(), rest()).prop_map(named);
    let few = prop::collection::vec(changed(), 1..3);
    prop_oneof![
        4 => few.prop_map(Step::Sims),
        1 => prop::collection::vec(changed(), 3..40).prop_map(Step::Sims),
        1 => Just(Step::Sort),
        2 => (0..14usize).prop_map(Step::Order),
        1 => Just(Step::Turn),
        2 => "!?[aB1]{0,2}( (!?(run|ok|q|PANIC|l2=|cap|1MiB|l2=1MiB|is:failed)))?".prop_map(Step::Filter),
        2 => (0..40u32, any::<Option<f64>>()).prop_map(|(id, value)| Step::Column(id, value)),
        2 => prop::sample::select(vec!["j", "k", "G", "<space>", "a", "f", "_", "n"]).prop_map(Step::Key),
        1 => Just(Step::NewEngine),
        1 => (1..4u32).prop_map(Step::Cap),
        2 => prop::sample::subsequence(vec!["workload".to_owned(), "l2".to_owned(), "seed".to_owned()], 0..3).prop_map(Step::Group),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn the_list_always_looks_filtered_and_sorted_from_nothing(steps in prop::collection::vec(step(), 1..40)) {
        let mut dash = Dash::new(120, 40);
        dash.header(|_| {});
        dash.model.columns.names = vec!["system.cpu.cpi".to_owned()];
        dash.model.columns.titles = vec![crate::text::Safe::plain("cpi")];
        // What filters ask for is known from the beginning.
        dash.sims(sweep());
        for step in steps {
            match step {
                Step::Sims(sims) => dash.sims(sims),
                Step::Sort => _ = dash.keys("t"),
                Step::Order(at) => _ = dash.keys(&format!("Sg{}<enter>", "j".repeat(at))),
                Step::Turn => _ = dash.keys("T"),
                Step::Filter(text) => {
                    dash.keys(&format!("/<C-u>{}<enter>", text.replace(' ', "<space>")));
                    prop_assert_eq!(dash.model.list.filter(), text);
                }
                Step::Column(id, value) => {
                    let latest = dash.model.list.rows().get(&id).and_then(|row| row.view.latest());
                    let Some(attempt) = latest.map(|attempt| attempt.dir.clone()) else { continue };
                    let names = dash.model.columns.names.clone();
                    let reading = ColumnsReading { names, id, attempt, values: vec![value] };
                    dash.send(Message::Read(Reading::Columns(reading)));
                }
                Step::Key(key) => _ = dash.keys(key),
                Step::Group(by) => dash.model.list.group_by(by, &dash.model.columns),
                Step::Cap(cap) => dash.header(|header| header.cap = cap),
                Step::NewEngine => {
                    dash.send(Message::LinkClosed);
                    dash.send(Message::Reconnected);
                }
            }
            check(&dash.model);
        }
    }
}

const MANY: u32 = 10_000;

/// One of many simulations: every other one has ended, some of them badly, and a few run.
fn one_of_many(id: u32) -> SimView {
    let name = format!("chase-l2_{}KiB-assoc_{}-seed_{id}", 1 << (id % 9), id % 7);
    let mut view = sim(id, &name, Status::Queued);
    view.parameters =
        vec![Parameter::text("l2", format!("{}KiB", 1 << (id % 9))), Parameter::text("seed", id.to_string())];
    view.elapsed = Clock { ms: u64::from(id * 7_919 % 100_000), ticking: false };
    view.values = vec![Some(f64::from(id * 31 % 1_000)), None, None];
    let end = |kind: OutcomeKind, cause: &str| Status::Ended { outcome: Outcome::new(kind, cause.to_owned()) };
    match id {
        id if id % 2 == 0 => {
            let kind = if id % 20 == 0 { OutcomeKind::Panic } else { OutcomeKind::Ok };
            view.status = end(kind, "src/mem/cache.cc:12: panic: no way");
            view.attempts = vec![ended(attempt(&name, 1), kind, "", 1_000)];
        }
        id if id % 157 == 1 => {
            view.status = Status::Running { phase: Phase::Running };
            view.progress = Progress { fraction: Some(f64::from(id) / 1e5), ..Progress::default() };
            view.attempts = vec![attempt(&name, 1)];
        }
        _ => view.why = Why::Place { wait: Wait::Cap },
    }
    view
}

fn many() -> Dash {
    let mut dash = Dash::new(120, 40);
    dash.header(|_| {});
    dash.sims((0..MANY).map(one_of_many).collect());
    dash
}

/// What was counted while something was done.
fn work(act: impl FnOnce()) -> (usize, usize) {
    let counts = || (COMPARED.with(std::cell::Cell::get), FILTERED.with(std::cell::Cell::get));
    let before = counts();
    act();
    (counts().0 - before.0, counts().1 - before.1)
}

#[test]
fn one_changed_row_of_ten_thousand_is_compared_with_a_few_and_filtered_alone() {
    let mut dash = many();
    let mut sorts = Vec::new();
    for filter in ["", "chase panic", "!ok seed"] {
        dash.keys(&format!("/<C-u>{}<enter>", filter.replace(' ', "<space>")));
        for _ in 0..8 {
            dash.keys("t");
            sorts.push(dash.model.list.sort());
            for (id, ms) in [(4_711, 1), (4_711, 1_000_000), (0, 5), (MANY - 1, 7)] {
                let mut view = one_of_many(id);
                view.elapsed.ms = ms;
                view.status = Status::Running { phase: Phase::Running };
                let (compared, filtered) = work(|| dash.sims(vec![view]));
                // Ten thousand are halved fourteen times, and what is left is looked at.
                assert!(
                    compared <= 15 && filtered == 1,
                    "{compared} and {filtered} under {:?}",
                    dash.model.list.sort()
                );
                dash.sims(vec![one_of_many(id)]);
            }
            assert_eq!(dash.model.list.lines(), lines(&dash.model), "{:?}", dash.model.list.sort());
        }
    }
    sorts.dedup();
    assert!(sorts.len() > 20 && sorts.contains(&Sort::Name) && sorts.contains(&Sort::Stat(2)), "{sorts:?}");
}

#[test]
fn one_changed_row_of_a_suite_of_ten_thousand_is_compared_with_a_few() {
    let mut dash = Dash::new(120, 40);
    dash.header(|_| {});
    let spawned = |id: u32| SimView { suite: Some(MANY), ..one_of_many(id) };
    let suite = |ms: u64| {
        let mut view = sim(MANY, "suite", Status::Running { phase: Phase::Running });
        view.elapsed.ms = ms;
        SimView { kind: RowKind::Suite, ..view }
    };
    dash.sims((0..MANY).map(spawned).chain([suite(0)]).collect());
    assert_eq!(dash.model.list.order(), [MANY]);
    dash.keys("f");
    for _ in 0..8 {
        for view in [spawned(4_711), spawned(0), suite(7)] {
            let mut view = view;
            view.elapsed.ms += 50_000;
            let (compared, _) = work(|| dash.sims(vec![view]));
            assert!(compared <= 15, "{compared} under {:?}", dash.model.list.sort());
        }
        assert_eq!(dash.model.list.lines(), lines(&dash.model), "{:?}", dash.model.list.sort());
        dash.keys("t");
    }
}

#[test]
fn a_list_of_ten_thousand_that_stands_still_is_not_sorted_for_a_key_or_a_frame() {
    let mut dash = many();
    let failed = dash.model.list.failed().clone();
    let alike = failed.values().next().unwrap().len();
    assert_eq!((failed.len(), alike), (1, 500));
    let panic = dash.model.list.order().iter().position(|id| id % 20 == 0).unwrap();
    assert!(panic < 100, "failures stand behind what runs");
    let worked = work(|| {
        dash.keys(&"j".repeat(panic));
        dash.keys("5G<tab><tab>gG");
        dash.draw();
    });
    assert_eq!(worked, (0, 0));
}

#[test]
fn a_failure_among_ten_thousand_joins_those_that_are_alike() {
    let mut dash = many();
    dash.keys("F");
    let outcome = Outcome::new(OutcomeKind::Panic, "src/mem/cache.cc:12: panic: no way".to_owned());
    let view = SimView { status: Status::Ended { outcome: outcome.clone() }, ..one_of_many(1) };
    dash.sims(vec![view]);
    let [group] = &groups(&dash.model.list)[..] else { panic!("one group") };
    assert_eq!((group.members.len(), group.members[1]), (501, 1));
    assert!(dash.text().contains("501"), "{}", dash.text());
    dash.sims(vec![one_of_many(1)]);
    assert_eq!(dash.model.list.failed()[&signature(&outcome)].len(), 500);
    assert!(dash.text().contains("500"), "{}", dash.text());
}

#[test]
fn a_guest_that_has_failed_says_so_in_its_row_and_as_text_only() {
    let mut dash = Dash::running(140, 50);
    let running = sweep().iter().position(|view| matches!(view.status, Status::Running { .. })).unwrap();
    let text = "Kernel panic - \u{1b}]0;owned\u{7}not syncing".to_owned();
    let word = ConsoleWord { state: GuestState::Failed, file: "system.terminal".to_owned(), text };
    dash.sim(running as u32, |view| view.notes = vec![Note::Guest(word)]);
    let screen = dash.text();
    assert!(screen.contains("Kernel panic - ") && !screen.contains('\u{1b}'), "{screen}");
}

#[test]
fn a_simulation_whose_shim_has_died_says_so_in_its_row() {
    let mut dash = Dash::running(200, 50);
    dash.sim(4, |view| {
        view.status = Status::Running { phase: crate::gem5::Phase::Starting };
        view.notes = vec![Note::Unsupervised];
    });
    let screen = dash.text();
    let row = screen.lines().find(|line| line.contains("stream-l2_4MiB")).unwrap();
    assert!(row.contains(&Note::Unsupervised.phrase()), "{screen}");
}
