//! The Results tab: what is asked with keys, and the tables that come.

use std::path::PathBuf;
use std::sync::Arc;

use super::fixture::{Dash, attempt, ended, sim};
use super::screens::{MIDDLE, look};
use crate::experiment::Parameter;
use crate::experiment::results::{Better, Compare, Definition, MetricRule, ResultsRule, TableRule, ViewRule};
use crate::gem5::stats::ResultDump;
use crate::gem5::{Outcome, OutcomeKind, Phase};
use crate::metric::Unit;
use crate::protocol::{SimView, Status};
use crate::report::{Cell, Dump, Host, NoDump, Point, Stat, State};
use crate::rundir::{ExperimentDir, saved_views};
use crate::text::Safe;
use crate::tui::model::work::ARRANGED;
use crate::tui::model::{Focus, Overlay};
use crate::tui::reader::results::answer::{ANSWERED, answer};
use crate::tui::reader::results::figure;
use crate::tui::reading::{Fact, FigureReading, Keep, Reading, Refusal, ResultsReading};
use crate::tui::theme::Colours;
use crate::tui::update::{Command, Message};

/// A sweep and what was read of it.
#[derive(Clone)]
pub(super) struct Sweep {
    pub(super) rule: ResultsRule,
    points: Vec<Point>,
    views: Vec<SimView>,
}

fn metric(name: &str, value: &str, better: Better) -> MetricRule {
    let value = Definition::Value(value.to_owned());
    MetricRule { name: name.to_owned(), value, better: Some(better), unit: None, digits: None, absent: None }
}

fn point(name: &str, parameters: &[(&str, &str)], instructions: f64) -> Point {
    let stat = |name: &str, unit: &str, value: f64| {
        (Arc::new(Stat { name: name.to_owned(), unit: Unit::parse(Some(unit)) }), value)
    };
    Point {
        name: name.to_owned(),
        parameters: parameters.iter().map(|(name, value)| Parameter::text(*name, *value)).collect(),
        state: State::Ok,
        choice: ResultDump::default(),
        dump: Ok(Dump::new(vec![stat("simInsts", "Count", instructions), stat("cycles", "Cycle", 1000.0)])),
        host: Host::default(),
        version: Some("24.0".to_owned()),
    }
}

/// Three workloads, three sizes in no order, three seeds. One point failed, one runs.
pub(super) fn sweep() -> Sweep {
    let mut points = Vec::new();
    let mut views = Vec::new();
    for (w, workload) in ["chase", "matrix", "stream"].iter().enumerate() {
        for (l, l2) in ["1MiB", "256KiB", "512KiB"].iter().enumerate() {
            for seed in 1..=3_u32 {
                let name = format!("{workload}-{l2}-s{seed}");
                let seed = seed.to_string();
                let parameters = [("workload", *workload), ("l2", *l2), ("seed", seed.as_str())];
                let gain = [1.5, 1.0, 1.2][l];
                let noise = 1.0 + (points.len() % 3) as f64 * 0.004;
                let mut point = point(&name, &parameters, 800.0 * gain * noise + 100.0 * w as f64);
                let mut view = sim(points.len() as u32, &name, Status::Queued);
                view.parameters = point.parameters.clone();
                let kind = if name.starts_with("stream-1MiB") { OutcomeKind::Segv } else { OutcomeKind::Ok };
                view.status = Status::Ended { outcome: Outcome::new(kind, "SIGSEGV") };
                view.attempts = vec![ended(attempt(&name, 1), kind, "SIGSEGV", 1000)];
                if kind == OutcomeKind::Segv {
                    point.state = State::Failed { word: "segv".to_owned(), cause: "SIGSEGV".to_owned() };
                    point.dump = Err(NoDump::new("its stats are no result"));
                }
                if name.starts_with("chase-512KiB") {
                    point.state = State::Running { word: "running".to_owned() };
                    view.status = Status::Running { phase: Phase::Running };
                    view.attempts = vec![attempt(&name, 1)];
                }
                points.push(point);
                views.push(view);
            }
        }
    }
    let rule = ResultsRule {
        metrics: vec![
            metric("ipc", "simInsts / cycles", Better::Higher),
            metric("cpi", "cycles / simInsts", Better::Lower),
        ],
        table: TableRule { baseline: Some(vec![("l2".to_owned(), "256KiB".to_owned())]), ..TableRule::default() },
        ..ResultsRule::default()
    };
    Sweep { rule, points, views }
}

impl Sweep {
    /// Opens the tab, alone on the screen.
    pub(super) fn open(&self, width: u16, height: u16) -> Dash {
        let mut dash = Dash::new(width, height);
        dash.header(|header| header.watch = vec!["simTicks".to_owned()]);
        dash.sims(self.views.clone());
        dash.keys("6z");
        self.answer(&mut dash);
        dash
    }

    /// What the thread that reads would answer to the present wish.
    fn reading(&self, dash: &Dash) -> ResultsReading {
        let want = dash.model.want.results.clone().expect("a wish for results");
        let facts = want.behind.clone().map(|behind| {
            let of = |(name, is_baseline): (&String, bool)| Fact {
                name: name.clone(),
                word: Safe::plain("ok"),
                formula: Safe::plain("1200 / 1000"),
                value: Safe::plain("1.2"),
                origin: Safe::plain("attempt 1 on simhost, gem5 24.0, lab 0123456789"),
                is_baseline,
            };
            let all = behind.simulations.iter().map(|name| (name, false));
            let facts = all.chain(behind.baseline.iter().map(|name| (name, true))).map(of).collect();
            (behind, facts)
        });
        ResultsReading {
            shown: answer(&self.rule, &want, &self.points, &[]),
            asked: want.asked,
            metric: want.metric,
            read: self.points.len(),
            total: self.points.len(),
            wrong: None,
            views: self.rule.views.iter().map(|view| view.name.clone()).collect(),
            of_file: self.rule.views.len(),
            plots: self.rule.plots.iter().map(|rule| rule.name.clone()).collect(),
            behind: facts,
        }
    }

    fn answer(&self, dash: &mut Dash) {
        let want = dash.model.want.results.clone().expect("a wish for results");
        if let Some(name) = want.figure.clone() {
            let made = figure::make(&self.rule, &want, &name, &self.points, Vec::new());
            let (read, total) = (self.points.len(), self.points.len());
            let plots = self.rule.plots.iter().map(|rule| rule.name.clone()).collect();
            let reading = FigureReading { name, read, total, wrong: None, plots, made };
            return dash.send(Message::Read(Reading::Figure(Box::new(reading))));
        }
        let reading = self.reading(dash);
        dash.send(Message::Read(Reading::Results(Box::new(reading))));
    }

    /// Presses keys, and has each answered.
    pub(super) fn keys(&self, dash: &mut Dash, keys: &str) {
        for event in super::fixture::events(keys) {
            dash.send(Message::Key(event));
            if dash.model.want.results.is_some() {
                self.answer(dash);
            }
        }
    }
}

/// The names of rows in the order of the screen.
fn names(dash: &Dash) -> Vec<String> {
    let table = dash.model.results.in_order().expect("a table");
    table.rows.iter().map(|row| row.labels.join(" ")).collect()
}

/// The cells of a row of the table that came, by its name.
fn cells(dash: &Dash, name: &str) -> Vec<Cell> {
    let table = dash.model.results.table().expect("a table");
    table.rows.iter().find(|row| row.labels.join(" ") == name).expect("the row").cells.clone()
}

pub(super) fn told(dash: &Dash) -> &str {
    dash.model.toast.as_ref().map_or("", |toast| toast.text.as_str())
}

#[test]
fn the_table() {
    look("results", MIDDLE, |width, height| sweep().open(width, height));
}

#[test]
fn the_table_on_a_small_screen() {
    look("results_small", (80, 24), |width, height| {
        let sweep = sweep();
        let mut dash = sweep.open(width, height);
        sweep.keys(&mut dash, "hvlHt");
        dash
    });
}

#[test]
fn the_table_on_a_low_screen() {
    look("results_low", (40, 12), |width, height| {
        let sweep = sweep();
        let mut dash = sweep.open(width, height);
        sweep.keys(&mut dash, "lllj");
        dash
    });
}

#[test]
fn the_table_in_ascii_without_colours() {
    look("results_ascii", (80, 24), |width, height| {
        let sweep = sweep();
        let mut dash = sweep.open(width, height);
        dash.model.theme.unicode = false;
        dash.model.theme.colours = Colours::None;
        sweep.keys(&mut dash, "Hj");
        dash
    });
}

#[test]
fn a_cell() {
    look("results_cell", MIDDLE, |width, height| {
        let sweep = sweep();
        let mut dash = sweep.open(width, height);
        sweep.keys(&mut dash, "l<enter>");
        dash
    });
}

#[test]
fn a_running_simulation_changes_no_mean() {
    let with = sweep();
    let dash = with.open(120, 40);
    let means = |dash: &Dash| -> Vec<Cell> {
        names(dash).iter().map(|name| cells(dash, name).pop().expect("a mean")).collect()
    };
    let mut without = with.clone();
    for point in &mut without.points {
        if let State::Running { .. } = point.state {
            point.dump = Err(NoDump::new("it has no complete dump"));
        }
    }
    let number = |cell: &Cell| match cell {
        Cell::Value(value) => Some((value.number, value.count)),
        Cell::Missing { .. } => None,
    };
    let (a, b) = (means(&dash), means(&without.open(120, 40)));
    assert_eq!(a.iter().map(number).collect::<Vec<_>>(), b.iter().map(number).collect::<Vec<_>>());
    assert!(a.iter().all(|mean| number(mean).is_some()), "{a:?}");
    // It is shown in its own cell, and marked.
    let provisional = cells(&dash, "512KiB");
    assert!(matches!(&provisional[0], Cell::Value(value) if value.is_provisional), "{provisional:?}");
}

#[test]
fn sizes_are_ordered_by_value_and_not_as_text() {
    let sweep = sweep();
    let mut dash = sweep.open(120, 40);
    assert_eq!(names(&dash), ["1MiB", "256KiB", "512KiB"]);
    for wanted in [["256KiB", "512KiB", "1MiB"], ["1MiB", "512KiB", "256KiB"], ["1MiB", "256KiB", "512KiB"]] {
        sweep.keys(&mut dash, "ht");
        assert_eq!(names(&dash), wanted);
    }
    // What has no number stands at the end, whichever way.
    sweep.keys(&mut dash, "lllt");
    assert_eq!(names(&dash).last().unwrap(), "1MiB", "stream has none there: {:?}", cells(&dash, "1MiB"));
    sweep.keys(&mut dash, "t");
    assert_eq!(names(&dash).last().unwrap(), "1MiB");
}

#[test]
fn the_cursor_stays_on_its_row_and_column_when_others_come() {
    let sweep = sweep();
    let mut dash = sweep.open(120, 40);
    sweep.keys(&mut dash, "jt");
    assert_eq!(dash.model.results.shown_row().unwrap().labels, ["256KiB"]);
    sweep.keys(&mut dash, "m");
    assert_eq!(dash.model.results.table().unwrap().title.split(' ').next(), Some("cpi"));
    assert_eq!(dash.model.results.shown_row().unwrap().labels, ["256KiB"]);
    assert_eq!(dash.model.results.data_column(), Some(0));
}

#[test]
fn a_parameter_goes_from_rows_to_columns_and_back() {
    let sweep = sweep();
    let mut dash = sweep.open(120, 40);
    sweep.keys(&mut dash, "hv");
    let table = dash.model.results.table().unwrap().clone();
    assert!(table.row_names.is_empty() && table.column_names == ["workload", "l2"], "{table:?}");
    sweep.keys(&mut dash, "v");
    let table = dash.model.results.table().unwrap();
    assert_eq!(
        (table.row_names.as_slice(), table.column_names.as_slice()),
        (&["l2".to_owned()][..], &["workload".to_owned()][..])
    );
    // The command asks the same way.
    assert_eq!(dash.model.results.asked.table.rows.as_deref(), Some(&["l2".to_owned()][..]));
    sweep.keys(&mut dash, "u");
    assert_eq!(dash.model.results.asked.table, TableRule::default());
}

#[test]
fn only_a_value_is_shown_and_all_of_them_again() {
    let sweep = sweep();
    let mut dash = sweep.open(120, 40);
    sweep.keys(&mut dash, "hjjo");
    assert_eq!(names(&dash), ["512KiB"]);
    assert_eq!(dash.model.results.asked.only.as_deref(), Some(&[("l2".to_owned(), "512KiB".to_owned())][..]));
    sweep.keys(&mut dash, "O");
    assert_eq!(names(&dash), ["1MiB", "256KiB", "512KiB"]);
    sweep.keys(&mut dash, "O");
    assert!(told(&dash).contains("all values"), "{}", told(&dash));
    // Of a number it is what stands over its column; a mean has no value.
    sweep.keys(&mut dash, "uho");
    assert_eq!(names(&dash).len(), 1);
    sweep.keys(&mut dash, "uhlo");
    assert_eq!(dash.model.results.asked.only.as_ref().unwrap()[0].0, "workload");
    sweep.keys(&mut dash, "ulllllo");
    assert!(told(&dash).contains("no value of workload"), "{}", told(&dash));
}

#[test]
fn the_parameter_under_the_cursor_becomes_workloads_or_replicas_and_gives_that_up_again() {
    let sweep = sweep();
    let mut dash = sweep.open(120, 40);
    let layout = |dash: &Dash| dash.model.results.shown.as_ref().unwrap().built.layout.clone();
    assert_eq!(
        (layout(&dash).workloads, layout(&dash).replicas),
        (vec!["workload".to_owned()], vec!["seed".to_owned()])
    );
    // Seeds make rows of their own, and are replicas again.
    sweep.keys(&mut dash, "N");
    assert!(layout(&dash).replicas.is_empty() && layout(&dash).rows == ["l2", "seed"], "{:?}", layout(&dash));
    sweep.keys(&mut dash, "hn");
    assert_eq!((layout(&dash).replicas, layout(&dash).rows), (vec!["seed".to_owned()], vec!["l2".to_owned()]));
    sweep.keys(&mut dash, "ulW");
    assert!(layout(&dash).workloads.is_empty(), "{}", told(&dash));
    sweep.keys(&mut dash, "W");
    assert_eq!(layout(&dash).workloads, ["workload"]);
    // What is compared cannot be what repeats.
    sweep.keys(&mut dash, "uhhhhn");
    assert!(told(&dash).contains("compared"), "{}", told(&dash));
    assert_eq!(layout(&dash).replicas, ["seed"]);
}

#[test]
fn escape_says_that_the_list_has_the_keys_and_a_message_leaves_room_for_hints() {
    let sweep = sweep();
    let mut dash = sweep.open(120, 40);
    dash.keys("z");
    assert_eq!(dash.model.focus, Focus::Detail);
    dash.keys("<esc>");
    assert_eq!(dash.model.focus, Focus::List);
    assert!(told(&dash).contains("Tab"), "{}", told(&dash));
    let text = dash.text();
    let footer = text.lines().last().unwrap();
    assert!(
        footer.contains("the list has the keys") && footer.contains("? help") && footer.contains("q quit"),
        "{footer}"
    );
}

#[test]
fn on_a_narrow_pane_the_title_keeps_the_metric_and_the_view_and_cuts_what_says_less() {
    let mut sweep = sweep();
    sweep.rule.views = vec![ViewRule { name: "v".to_owned(), ..ViewRule::default() }];
    let mut dash = sweep.open(160, 40);
    sweep.keys(&mut dash, "V");
    let title = |dash: &mut Dash, width: u16| {
        dash.send(Message::Resize(width, 40));
        dash.text().lines().find(|line| line.contains(" ipc ")).unwrap_or_default().to_owned()
    };
    let wide = title(&mut dash, 160);
    assert!(wide.contains("above 1 is better") && wide.contains("to l2=256KiB"), "{wide}");
    let narrow = title(&mut dash, 80);
    assert!(narrow.contains("ipc · to l2=256KiB · view v") && !narrow.contains('…'), "{narrow}");
    let least = title(&mut dash, 60);
    assert!(least.contains(" ipc ") && !least.contains('…') && !least.contains("above"), "{least}");
}

#[test]
fn the_value_under_the_cursor_becomes_the_baseline_and_comparisons_take_turns() {
    let sweep = sweep();
    let mut dash = sweep.open(120, 40);
    let layout = |dash: &Dash| dash.model.results.shown.as_ref().unwrap().built.layout.clone();
    sweep.keys(&mut dash, "jjb");
    assert_eq!(layout(&dash).baseline, [("l2".to_owned(), "512KiB".to_owned())]);
    for wanted in [Compare::Percent, Compare::Difference, Compare::None, Compare::Ratio] {
        sweep.keys(&mut dash, "%");
        assert_eq!(layout(&dash).comparison(), wanted);
    }
    sweep.keys(&mut dash, "b");
    assert_eq!((layout(&dash).baseline, layout(&dash).comparison()), (Vec::new(), Compare::None));
    sweep.keys(&mut dash, "%");
    assert!(told(&dash).contains("no baseline"), "{}", told(&dash));
}

#[test]
fn what_has_no_table_is_told_and_taken_back() {
    let sweep = sweep();
    let mut dash = sweep.open(120, 40);
    let before = dash.model.results.asked.clone();
    dash.keys("jb");
    dash.keys("kb");
    let mut reading = sweep.reading(&dash);
    reading.shown = Err(Refusal::Wrong(Safe::plain("`l2` has two parts in one table")));
    dash.send(Message::Read(Reading::Results(Box::new(reading))));
    assert_eq!(dash.model.results.asked, before);
    assert!(dash.model.results.shown.is_some() && told(&dash).contains("two parts"));
}

#[test]
fn a_view_that_is_saved_shows_the_same_table_again_and_one_of_the_file_wins() {
    let place = tempfile::tempdir().unwrap();
    let mut sweep = sweep();
    let mut dash = sweep.open(120, 40);
    dash.header(|header| header.outdir = place.path().to_owned());
    sweep.keys(&mut dash, "mjjb%");
    let wanted = dash.model.results.table().unwrap().clone();
    dash.commands.clear();
    sweep.keys(&mut dash, "wmine<enter>");
    let kept = dash.commands.iter().find_map(|command| match command {
        Command::Keep(Keep::View { view, outdir }) => Some((view.clone(), outdir.clone())),
        _ => None,
    });
    let (view, outdir) = kept.expect("a view to keep");
    let dir = ExperimentDir::new(outdir);
    assert!(!saved_views::save(&dir, *view).unwrap());
    saved_views::put_behind(&mut sweep.rule, saved_views::read(&dir).unwrap());
    let mut again = sweep.open(120, 40);
    assert_ne!(again.model.results.table().unwrap().title, wanted.title);
    sweep.keys(&mut again, "V");
    assert_eq!(*again.model.results.table().unwrap(), wanted);
    // By now it counts as one of the file here, and that has the last word.
    again.commands.clear();
    sweep.keys(&mut again, "wmine<enter>");
    assert!(!again.commands.iter().any(|command| matches!(command, Command::Keep(_))), "{}", told(&again));
}

#[test]
fn a_table_is_exported_in_the_form_that_its_name_tells_in_the_order_of_the_screen() {
    let sweep = sweep();
    let mut dash = sweep.open(120, 40);
    sweep.keys(&mut dash, "tx<C-u>out/t.tex<enter>");
    let kept = dash.commands.iter().find_map(|command| match command {
        Command::Keep(Keep::Export { table, path, .. }) => Some((table.clone(), path.clone())),
        _ => None,
    });
    let (table, path) = kept.expect("a file to write");
    assert_eq!(path, PathBuf::from("out/t.tex"));
    assert_eq!(table.rows[0].labels, ["256KiB"]);
    dash.commands.clear();
    sweep.keys(&mut dash, "x<C-u>t.doc<enter>");
    assert!(told(&dash).contains(".csv") && !dash.commands.iter().any(|c| matches!(c, Command::Keep(_))));
    // The prompt is there still, so that what is typed next is text and no command.
    assert!(dash.text().contains("export to: t.doc") && dash.text().contains("nothing was written"), "{}", dash.text());
    sweep.keys(&mut dash, "p<esc>y");
    let copied = dash.commands.iter().find_map(|command| match command {
        Command::CopyTable(document) => Some(document.as_str().to_owned()),
        _ => None,
    });
    let copied = copied.expect("a copy");
    assert!(copied.starts_with("l2\tchase\t") && copied.lines().nth(1).unwrap().starts_with("256KiB\t"), "{copied}");
}

#[test]
fn a_cell_leads_to_its_simulations_in_the_list() {
    let sweep = sweep();
    let mut dash = sweep.open(120, 40);
    // A cell that failed has simulations too.
    sweep.keys(&mut dash, "ll<enter>");
    assert!(matches!(dash.model.overlay, Some(Overlay::Cell { .. })), "{}", dash.text());
    assert!(dash.text().contains("stream-1MiB-s2") && dash.text().contains("compared with"), "{}", dash.text());
    sweep.keys(&mut dash, "<enter>");
    assert_eq!(dash.model.focus, Focus::List);
    let marked: Vec<&str> =
        dash.model.list.marked.iter().map(|id| dash.model.list.rows()[id].view.name.as_str()).collect();
    assert!(marked.len() == 3 && marked.iter().all(|name| name.starts_with("stream-1MiB-")), "{marked:?}");
    assert!(dash.selected().starts_with("stream-1MiB-"));
}

#[test]
fn actions_are_about_the_simulations_behind_the_cell() {
    let sweep = sweep();
    let mut dash = sweep.open(120, 40);
    sweep.keys(&mut dash, "jj");
    dash.commands.clear();
    sweep.keys(&mut dash, "p");
    let asked = format!("{:?}", dash.requests());
    assert!(asked.contains("Pause { sims: [6, 7, 8] }"), "{asked}");
}

#[test]
fn all_dumps_are_added_up_on_a_key_and_each_of_them_is_no_table() {
    let sweep = sweep();
    let mut dash = sweep.open(120, 40);
    sweep.keys(&mut dash, "dsum:all<enter>");
    let shown = dash.model.results.shown.clone().unwrap();
    assert_eq!(shown.built.table.pipeline[0], "sum of all dumps");
    assert_eq!(shown.view.dump, Some(ResultDump::Sum));
    sweep.keys(&mut dash, "d<C-u>each<enter>");
    assert!(dash.text().contains("one number for each simulation"), "{}", dash.text());
    sweep.keys(&mut dash, "d<C-u>sum:two<enter>");
    assert!(told(&dash).contains("sum:all"), "{}", told(&dash));
}

#[test]
fn frames_and_moves_make_no_table() {
    let points = (0..10_000).map(|n| {
        let (workload, n) = (format!("w{}", n % 10), n.to_string());
        point(&n, &[("workload", workload.as_str()), ("n", n.as_str())], 1000.0)
    });
    let points: Vec<Point> = points.collect();
    let views = points.iter().enumerate().map(|(id, point)| {
        let mut view = sim(id as u32, &point.name, Status::Queued);
        view.parameters = point.parameters.clone();
        view
    });
    let sweep = Sweep { views: views.collect(), points, rule: sweep().rule };
    let sweep = Sweep { rule: ResultsRule { table: TableRule::default(), ..sweep.rule }, ..sweep };
    let mut dash = sweep.open(120, 40);
    dash.commands.clear();
    let before = (ANSWERED.get(), ARRANGED.get());
    for keys in ["j", "<pgdn>", "G", "l", "l", "h", "g", "H"] {
        dash.keys(keys);
        dash.now_ms += 10_000;
        assert!(!dash.text().is_empty());
    }
    assert_eq!((ANSWERED.get(), ARRANGED.get()), before);
    assert!(dash.commands.is_empty(), "nothing is asked for");
    dash.keys("t");
    assert_eq!((ANSWERED.get(), ARRANGED.get()), (before.0, before.1 + 1));
}

#[test]
fn a_tab_without_a_table_says_why() {
    let mut sweep = sweep();
    let dash = Dash::new(80, 24);
    let mut dash = dash;
    dash.header(|header| header.watch.clear());
    dash.sims(sweep.views.clone());
    dash.keys("6z");
    assert!(dash.text().contains("Reading the experiment file"), "{}", dash.text());
    sweep.rule.metrics.clear();
    sweep.answer(&mut dash);
    assert!(dash.text().contains("names no metric") && dash.text().contains("results: {metrics:"), "{}", dash.text());
    let mut reading = sweep.reading(&dash);
    reading.shown = Err(Refusal::NoFile(Safe::plain("cache.yaml:3:1: unknown key")));
    dash.send(Message::Read(Reading::Results(Box::new(reading))));
    assert!(dash.text().contains("cache.yaml:3:1"), "{}", dash.text());
}

#[test]
fn many_ends_at_once_are_told_to_the_tables_once() {
    let sweep = sweep();
    let mut dash = sweep.open(120, 40);
    dash.commands.clear();
    let wishes = |dash: &Dash| dash.commands.iter().filter(|command| matches!(command, Command::Read(_))).count();
    for id in 0..6 {
        dash.now_ms += 10;
        dash.sim(id, |view| view.attempts.push(attempt("again", 2)));
    }
    assert_eq!(wishes(&dash), 0);
    assert!(dash.model.ticks(), "somebody must look again");
    dash.now_ms += 1_000;
    dash.send(Message::Tick);
    assert_eq!(wishes(&dash), 1);
}

#[test]
fn all_that_is_below_a_table_can_be_read() {
    let sweep = sweep();
    let mut dash = sweep.open(80, 24);
    assert!(dash.text().contains("more lines: enter on a name"), "{}", dash.text());
    sweep.keys(&mut dash, "jjbh<enter>G");
    let text = dash.text();
    assert!(text.contains("mine: {metric: [ipc], baseline: {l2: 512KiB}}"), "{text}");
    sweep.keys(&mut dash, "<esc>");
    assert!(dash.model.overlay.is_none());
}

#[test]
fn a_table_is_drawn_at_any_size_whatever_its_names_are() {
    let mut sweep = sweep();
    let (wide, evil) = ("日本語日本語".repeat(9), "\u{1b}[31mred\u{202e}");
    for (at, point) in sweep.points.iter_mut().enumerate() {
        let value = [wide.as_str(), evil, "x"][at % 3];
        point.parameters.insert(0, Parameter::text(evil, value));
        sweep.views[at].parameters = point.parameters.clone();
    }
    for (width, height) in
        [(1, 1), (2, 3), (5, 9), (10, 4), (12, 60), (23, 6), (24, 7), (31, 8), (40, 12), (79, 23), (100, 18), (200, 60)]
    {
        for unicode in [true, false] {
            let mut dash = sweep.open(width, height);
            dash.model.theme.unicode = unicode;
            for keys in ["", "H", "lllll", "G", "v", "hhhhhhv", "t", "b", "<enter>", "G", "<esc>", "m", "h<enter>"] {
                sweep.keys(&mut dash, keys);
                let text = dash.text();
                assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
                assert!(unicode || text.is_ascii(), "{text}");
            }
        }
    }
}

#[test]
fn nothing_ticks_for_a_tab_that_is_not_seen() {
    let sweep = sweep();
    let mut dash = sweep.open(120, 40);
    dash.header(|header| {
        header.elapsed.ticking = false;
        header.eta = None;
    });
    let before = dash.model.ticks();
    dash.now_ms += 10;
    dash.sim(0, |view| view.attempts.push(attempt("again", 2)));
    assert!(dash.model.results.is_behind);
    dash.keys("1");
    assert_eq!(dash.model.ticks(), before);
}
