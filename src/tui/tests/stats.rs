//! The stats of an attempt: list, tree, comparison, watched columns.

use std::sync::Arc;

use super::fixture::Dash;
use crate::experiment::RowKind;
use crate::gem5::stats::{Choice, Chosen, Interval, Sequence, Summary, parse_block};
use crate::gem5::{Outcome, OutcomeKind};
use crate::protocol::Status;
use crate::text::Safe;
use crate::tui::model::Against;
use crate::tui::model::stats::{Item, change, item, len, since};
use crate::tui::reader::dumps::{lines, tree};
use crate::tui::reading::{
    ColumnsReading, CompareWant, Compared, DumpLine, FileState, Reading, StatLine, StatsReading, WatchedStat,
};
use crate::tui::update::{Command, Message};

const DUMP: &str = "\
simSeconds 0.001 # Number of seconds simulated (Second)
simTicks 1000000000 # Number of ticks simulated (Tick)
simInsts 1642600 # Number of instructions simulated (Count)
hostSeconds 48.22 # Real time elapsed on the host (Second)
system.cpu.numCycles 2000000 # Number of cpu cycles simulated (Cycle)
system.cpu.ipc 0.8213 # IPC: instructions per cycle ((Count/Cycle))
system.cpu.commitStats0.committedInstType::IntAlu 4521 72.31% 72.31% # Class of committed instruction. (Count)
system.cpu.commitStats0.committedInstType::MemRead 1731 27.69% 100.00% # Class of committed instruction. (Count)
system.cpu.commitStats0.committedInstType::total 6252 # Class of committed instruction. (Count)
system.l2.overallMisses::total 50923 # number of overall misses (Count)
system.l2.overallMissRate::total 0.031 # miss rate for overall accesses (Ratio)
";

const BEFORE: &str = "\
simSeconds 0.001 # Number of seconds simulated (Second)
simTicks 1000000000 # Number of ticks simulated (Tick)
simInsts 1621960 # Number of instructions simulated (Count)
hostSeconds 41.07 # Real time elapsed on the host (Second)
system.cpu.numCycles 2000000 # Number of cpu cycles simulated (Cycle)
system.cpu.ipc 0.811 # IPC: instructions per cycle ((Count/Cycle))
system.l2.overallMisses::total 61544 # number of overall misses (Count)
system.l2.overallMissRate::total 0.0315 # miss rate for overall accesses (Ratio)
system.l2.writebacks::total 12 # number of writebacks (Count)
";

/// A dump of a script that resets its stats after each.
fn dump_line(number: u32) -> DumpLine {
    let end = u64::from(number) * 1_000_000_000;
    DumpLine {
        number,
        interval: Some(Interval { start: end - 1_000_000_000, end }),
        seconds: Some(0.001),
        tick: Some(end as f64),
        label: None,
        is_asked: false,
    }
}

impl Dash {
    pub(super) fn read_stats(&mut self) {
        self.read_stats_with(|_| {});
    }

    /// Answers what the dashboard wants to know about stats.
    pub(super) fn read_stats_with(&mut self, change: impl FnOnce(&mut StatsReading)) {
        let (Some(attempt), Some(want)) = (self.model.want.attempt.clone(), self.model.want.stats.clone()) else {
            return;
        };
        let watched = |name: &str, description: &str, values: &[f64]| WatchedStat {
            name: Safe::line(name),
            unit: Safe::default(),
            description: Safe::line(description),
            last: values.last().copied(),
            values: values.iter().copied().map(Some).collect(),
            dumps: (1..=values.len() as u32).map(|dump| (dump, Some(f64::from(dump) * 1e9))).collect(),
        };
        let new = parse_block(DUMP);
        let old = want.compare.is_some().then(|| parse_block(BEFORE));
        let all = lines(old.as_deref(), &new);
        let mut reading = StatsReading {
            path: attempt.join("m5out/stats.txt"),
            attempt,
            state: FileState::Present,
            dumps: 7,
            asked: 0,
            shown: 7,
            shown_asked: false,
            label: None,
            choices: Arc::new((1..=7).map(dump_line).collect()),
            usual: Some(7),
            chosen: None,
            missing: None,
            skipped: 0,
            unlisted: 0,
            unread_lines: 0,
            damaged: None,
            unwatched: 0,
            unmatched: Vec::new(),
            age_ms: Some(2_100),
            watched: vec![
                watched("simTicks", "Number of ticks simulated", &[1e9, 1e9, 1e9, 1e9, 1e9, 1e9, 1e9]),
                watched("system.cpu.ipc", "IPC: instructions per cycle", &[0.61, 0.66, 0.74, 0.79, 0.8, 0.811, 0.8213]),
                watched(
                    "system.l2.overallMissRate::total",
                    "miss rate for overall accesses",
                    &[0.09, 0.07, 0.055, 0.04, 0.034, 0.0315, 0.031],
                ),
            ],
            tree: Arc::new(tree(&new, &all)),
            all: Arc::new(all),
            beside: Vec::new(),
            compared: want.compare.map(|want| Compared { want, problem: None }),
            more: false,
        };
        change(&mut reading);
        self.send(Message::Read(Reading::Stats(Box::new(reading))));
    }
}

/// The stats of a running simulation, with the keys.
pub(super) fn opened(width: u16, height: u16) -> Dash {
    let mut dash = Dash::running(width, height);
    dash.keys("jjj<tab>2");
    dash.read_stats();
    dash
}

fn names(dash: &Dash) -> Vec<String> {
    let stats = &dash.model.stats;
    (0..len(stats))
        .filter_map(|at| item(stats, at))
        .map(|item| match item {
            Item::Row(row, _) => format!("{}{}", ">".repeat(row.depth), row.label),
            item => item.name().map(ToString::to_string).unwrap_or_default(),
        })
        .collect()
}

#[test]
fn typing_filters_at_once_and_parts_of_names_are_enough() {
    let mut dash = opened(120, 40);
    dash.keys("/l2omr");
    assert_eq!(names(&dash), ["system.l2.overallMissRate::total"]);
    dash.keys("<esc>");
    assert_eq!(names(&dash).len(), 3 + 11);
    dash.keys("/ipc<enter>v");
    assert!(dash.model.stats.tree && dash.model.stats.filter.is_empty(), "what is filtered is a list");
}

#[test]
fn the_tree_opens_and_closes_and_the_cursor_stays_on_its_stat() {
    let mut dash = opened(120, 40);
    dash.keys("v");
    assert_eq!(names(&dash)[3..], ["simSeconds", "simTicks", "simInsts", "hostSeconds", "system", ">cpu", ">l2"]);
    dash.keys("Gl");
    assert_eq!(names(&dash).len(), 12);
    dash.keys("kl");
    assert!(names(&dash).contains(&">>commitStats0".to_owned()), "{:?}", names(&dash));
    assert!(dash.text().contains("1 stat"), "{}", dash.text());
    dash.keys("jl");
    dash.keys("h");
    assert!(names(&dash).contains(&">>numCycles".to_owned()), "nothing to close here goes to the group");
    dash.keys("h");
    assert!(!names(&dash).contains(&">>numCycles".to_owned()));
    assert_eq!(dash.model.tab, crate::tui::actions::Tab::Stats);
    dash.keys("/ipc<enter>jjj<esc>");
    dash.keys("v");
}

#[test]
fn a_comparison_shows_both_values_and_what_changed_most_first() {
    let mut dash = opened(200, 40);
    dash.keys("d");
    assert_eq!(dash.model.want.stats.as_ref().unwrap().compare, Some(CompareWant::Previous));
    dash.read_stats();
    let text = dash.text();
    for words in ["against dump 6", "50923", "61544", "-17.3%", "gone", "new"] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    dash.keys("t");
    assert_eq!(names(&dash)[..2], ["hostSeconds", "system.l2.overallMisses::total"]);
    assert_eq!(names(&dash).len(), 12, "what is the same is still there");
    dash.keys("<esc>");
    assert_eq!(dash.model.want.stats.as_ref().unwrap().compare, None);
    assert_eq!(dash.model.focus, crate::tui::model::Focus::Detail);
}

#[test]
fn another_simulation_is_compared_by_marking_it() {
    let mut dash = opened(120, 40);
    dash.keys("D");
    assert!(dash.text().contains("mark the simulation to compare with"));
    dash.keys("<tab>G<space>gjjj<tab>D");
    let Some(Against::Simulation(id)) = dash.model.stats.against else { panic!("a comparison") };
    let other = dash.model.list.rows()[&id].view.latest().unwrap();
    let wanted = CompareWant::Other { attempt: other.dir.clone(), outcome: other.kind(), dump: Choice::LAST };
    assert_eq!(dash.model.want.stats.as_ref().unwrap().compare, Some(wanted));
    dash.read_stats_with(|reading| {
        reading.compared.as_mut().unwrap().problem = Some(Safe::plain("it has no dump"));
    });
    assert!(dash.text().contains("it has no dump"), "{}", dash.text());
    // What there is nothing to compare with is not new.
    assert!(!dash.text().contains(" new"), "{}", dash.text());
    dash.keys("D");
    assert_eq!(dash.model.stats.against, None);
}

#[test]
fn a_step_has_no_stats_and_says_so_without_reading_any() {
    let mut dash = opened(120, 30);
    assert!(dash.model.want.stats.is_some());
    let id = dash.model.list.selected().unwrap();
    dash.keys("<tab>k");
    dash.sim(id, |view| view.kind = RowKind::Step);
    dash.keys("j");
    assert_eq!((dash.model.list.selected(), dash.model.want.stats.is_none()), (Some(id), true));
    assert!(dash.text().contains("A step has no stats"), "{}", dash.text());
}

#[test]
fn the_editor_opens_the_file_that_is_read() {
    let mut dash = opened(120, 40);
    let opened_file = |dash: &Dash| match dash.commands.last() {
        Some(Command::OpenExternal { path, .. }) => Some(path.clone()),
        _ => None,
    };
    // One of many simulations of a script has a directory of its own; a file may lie anywhere.
    for file in ["m5out/l1-16KiB/stats.txt", "/elsewhere/roi.txt"] {
        dash.read_stats_with(|reading| reading.path = reading.attempt.join(file));
        dash.keys("e");
        assert!(opened_file(&dash).is_some_and(|path| path.ends_with(file.trim_start_matches('/'))), "{file}");
    }
    assert_eq!(opened_file(&dash), Some("/elsewhere/roi.txt".into()));
}

#[test]
fn the_dump_in_view_is_told_by_its_number_its_interval_and_its_name() {
    let mut dash = opened(200, 40);
    dash.read_stats_with(|reading| reading.label = Some(Safe::line("end of ROI")));
    assert!(dash.text().contains("dump 7 · ticks 6G–7G · 1 ms · end of ROI"), "{}", dash.text());
    dash.read_stats_with(|reading| (reading.shown, reading.asked) = (5, 2));
    assert!(dash.text().contains("dump 5 of 7 · ticks 4G–5G · 1 ms · 2 asked for"), "{}", dash.text());
    // Where there is little room the number and the interval stay.
    let narrow = opened(40, 12);
    assert!(narrow.text().contains("dump 7 · ticks 6G–7G"), "{}", narrow.text());
}

#[test]
fn dumps_that_were_asked_for_are_marked() {
    let mut dash = opened(200, 40);
    dash.read_stats_with(|reading| (reading.asked, reading.shown_asked) = (2, true));
    assert!(dash.text().contains("1 ms · asked for"), "{}", dash.text());
    dash.read_stats_with(|reading| reading.asked = 2);
    assert!(dash.text().contains("1 ms · 2 asked for"), "{}", dash.text());
}

#[test]
fn what_must_be_known_of_the_stats_stands_below_them_and_is_counted_where_it_does_not_fit() {
    let mut dash = opened(200, 40);
    let rows = |dash: &Dash| crate::tui::layout::Areas::of(&dash.model).stats_rows();
    let before = rows(&dash);
    let told = |reading: &mut StatsReading| {
        let mut sequence = Sequence::new(Choice::LAST);
        for (number, end) in [(1, 20), (2, 30)] {
            let interval = Some(Interval { start: 10, end });
            let (label, instructions, seconds) = (None, None, None);
            let (start, requested) = (0, false);
            sequence.add(Summary { number, start, end, label, requested, interval, instructions, seconds });
        }
        let dump = sequence.chosen(true).unwrap();
        reading.chosen = Some(Chosen { dump, of: Some(2), choice: Choice::LAST });
        reading.unmatched = vec![Safe::line("`ipc` matches no stat; `*.ipc` would match 2")];
    };
    dash.read_stats_with(told);
    for text in ["dump 2 of 2 spans dump 1", "`*.ipc` would match 2"] {
        assert!(dash.text().contains(text), "{}", dash.text());
    }
    assert!(rows(&dash) < before, "the stats do not lie under it");
    let mut low = opened(60, 20);
    low.read_stats_with(|reading| {
        told(reading);
        reading.unmatched = vec![Safe::line("`ipc` matches no stat; `*.ipc` would match 2"); 30];
    });
    low.keys("z");
    assert!(low.text().contains("more lines"), "{}", low.text());
}

#[test]
fn host_time_of_a_paused_run_is_not_to_be_trusted() {
    let mut dash = opened(200, 40);
    assert!(!dash.text().contains("includes pauses"));
    dash.sim(8, |view| view.attempts[1].host_time_tainted = true);
    assert!(dash.text().contains("! includes pauses"), "{}", dash.text());
    dash.keys("4");
    assert!(dash.text().contains("it was paused: gem5 counts"), "{}", dash.text());
}

fn read_column(dash: &mut Dash, id: u32, value: f64) {
    // A small screen shows one pane, and a low one a few rows: the others are not asked for.
    let Some(want) = dash.model.want.columns.clone() else { return };
    let Some(target) = want.targets().find(|target| target.id == id) else { return };
    let reading =
        ColumnsReading { names: want.names.clone(), id, attempt: target.attempt.clone(), values: vec![Some(value)] };
    dash.send(Message::Read(Reading::Columns(reading)));
}

/// A sweep with a column that the user added.
pub(super) fn with_column(width: u16, height: u16) -> Dash {
    let mut dash = opened(width, height);
    dash.keys("/misses<enter>w<tab>");
    for (id, value) in [(0, 81_234.0), (1, 60_001.0), (2, 41_900.0), (6, 52_100.0), (8, 50_923.0)] {
        read_column(&mut dash, id, value);
    }
    dash
}

#[test]
fn a_stat_becomes_a_column_for_all_simulations_and_goes_away_again() {
    let mut dash = with_column(120, 40);
    let want = dash.model.want.columns.clone().unwrap();
    assert_eq!(want.names, ["system.l2.overallMisses::total"]);
    assert_eq!(want.visible.len(), 9, "simulations without an attempt have no stats");
    assert!(dash.model.want.stats.as_ref().is_none_or(|want| want.globs.len() == 4), "its history is watched too");
    let text = dash.text();
    for words in ["…lMisses", "81234", "50923"] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    dash.keys("<tab>w");
    assert!(dash.model.want.columns.is_none() && !dash.text().contains("81234"));
}

/// The stat under the cursor.
fn under_cursor(dash: &Dash) -> String {
    item(&dash.model.stats, dash.model.stats.selected).unwrap().name().unwrap().as_str().to_owned()
}

#[test]
fn the_cursor_stays_on_a_stat_that_becomes_a_column_while_it_is_read_anew() {
    let mut dash = opened(120, 40);
    dash.keys("jjjjjj");
    let before = under_cursor(&dash);
    dash.keys("w");
    let all = |reading: &mut StatsReading| {
        let column = WatchedStat { values: vec![Some(1.0)], ..reading.watched[0].clone() };
        reading.watched.insert(0, WatchedStat { name: Safe::line("simInsts"), ..column });
    };
    dash.read_stats_with(|reading| {
        (reading.more, reading.all, reading.tree) = (true, Arc::default(), Arc::default());
        reading.watched.clear();
    });
    dash.read_stats_with(all);
    assert_eq!(under_cursor(&dash), before);
    // Whoever moves meanwhile is where they went.
    dash.read_stats_with(|reading| (reading.more, reading.all) = (true, Arc::default()));
    dash.keys("g");
    dash.read_stats_with(all);
    assert_eq!(under_cursor(&dash), "simTicks");
}

#[test]
fn a_stat_that_the_file_watches_is_a_column_once_and_one_that_has_no_room_is_told() {
    let mut dash = opened(200, 40);
    dash.keys("/cpu.ipc<enter>w");
    assert!(dash.model.columns.names.is_empty() && dash.text().contains("is a column already"), "{}", dash.text());
    dash.keys("<esc>/hostSeconds<enter>w");
    assert_eq!(dash.model.columns.names, ["hostSeconds"]);
    // Beside the detail pane there is room for two stats: the new one takes the place of another, and says so.
    let mut narrow = opened(120, 40);
    narrow.keys("/hostSeconds<enter>w");
    assert!(narrow.text().contains("makes room for it"), "{}", narrow.text());
    narrow.keys("w");
    assert!(!narrow.text().contains("makes room"), "{}", narrow.text());
    narrow.keys("w");
    narrow.keys("<esc>/simInsts<enter>w<esc>/numCycles<enter>w");
    assert!(narrow.text().contains("does not fit"), "{}", narrow.text());
}

#[test]
fn a_column_has_another_title_than_that_of_the_file_which_is_called_the_same() {
    let mut dash = opened(200, 60);
    dash.read_stats_with(|reading| {
        let lines = Arc::make_mut(&mut reading.all);
        lines.push(StatLine { name: Safe::line("system.cpu1.ipc"), ..lines[0].clone() });
    });
    dash.keys("/cpu1.ipc<enter>w");
    let titles = &dash.model.header.as_ref().unwrap().titles;
    let added = &dash.model.columns.titles;
    assert_eq!(added.iter().map(Safe::as_str).collect::<Vec<_>>(), ["cpu1.ipc"]);
    assert!(titles.iter().any(|title| title.as_str() == "ipc") && !titles.contains(&added[0]), "{titles:?}");
}

#[test]
fn what_simulations_do_moves_no_column() {
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let mut dash = Dash::running(width, height);
        let layout = |dash: &Dash| {
            let areas = crate::tui::layout::Areas::of(&dash.model);
            let laid = crate::tui::layout::list_columns::columns(&dash.model, areas.list_columns());
            (areas.list, laid.widths, laid.columns)
        };
        let before = layout(&dash);
        for id in 0..12 {
            let outcome =
                Outcome::new(OutcomeKind::PythonError, "a cause that is long enough for any column of a list");
            dash.sim(id, |view| {
                view.host = None;
                view.attempts.push(super::fixture::attempt(&view.name, 9));
                view.status = Status::Ended { outcome };
            });
            assert_eq!(layout(&dash), before, "{width}");
        }
    }
}

#[test]
fn the_list_is_ordered_by_an_added_column() {
    let mut dash = with_column(120, 12);
    let few = dash.model.want.columns.as_ref().unwrap().visible.len();
    assert!(few < 9, "only what is on the screen is read: {few}");
    while !matches!(dash.model.list.sort(), crate::tui::model::sort::Sort::Added(0)) {
        dash.keys("t");
    }
    assert_eq!(dash.model.want.columns.as_ref().unwrap().rest.len(), 9, "an order needs all");
    read_column(&mut dash, 0, 81_234.0);
    read_column(&mut dash, 1, 90_000.0);
    let first = dash.model.list.order()[0];
    assert_eq!(dash.model.list.rows()[&first].name, "stream-l2_512KiB");
}

#[test]
fn values_of_an_attempt_that_was_retried_are_forgotten() {
    let mut dash = with_column(120, 40);
    assert_eq!(dash.model.columns.value(&dash.model.list.rows()[&0], 0), Some(81_234.0));
    let retried = super::fixture::attempt("stream-l2_256KiB", 2);
    dash.sim(0, |view| view.attempts.push(retried));
    assert_eq!(dash.model.columns.value(&dash.model.list.rows()[&0], 0), None);
}

#[test]
fn a_late_value_of_other_columns_is_not_shown() {
    let mut dash = with_column(120, 40);
    let names = vec!["another".to_owned()];
    let attempt = std::path::PathBuf::from("/x");
    dash.send(Message::Read(Reading::Columns(ColumnsReading { names, id: 0, attempt, values: vec![Some(7.0)] })));
    assert_eq!(dash.model.columns.value(&dash.model.list.rows()[&0], 0), Some(81_234.0));
}

/// The name under the cursor, and whether it stands among the watched stats.
pub(super) fn under_the_cursor(dash: &Dash) -> (String, bool) {
    let stats = &dash.model.stats;
    let item = item(stats, stats.selected).unwrap();
    (item.name().unwrap().to_string(), matches!(item, Item::Watched(_)))
}

/// A stat that is watched from now on, before the others.
fn watch_too(reading: &mut StatsReading, name: &str) {
    let stat = WatchedStat { name: Safe::line(name), ..reading.watched[0].clone() };
    reading.watched.insert(0, stat);
}

#[test]
fn a_second_w_takes_away_the_column_that_the_first_one_added() {
    let mut dash = opened(120, 40);
    dash.keys("jjjjjjj");
    assert_eq!(under_the_cursor(&dash), ("system.cpu.numCycles".to_owned(), false));
    dash.keys("w");
    assert_eq!(dash.model.columns.names, ["system.cpu.numCycles"]);
    // What is a column is watched too, so all that follows stands one further down.
    dash.read_stats_with(|reading| watch_too(reading, "system.cpu.numCycles"));
    dash.keys("w");
    assert!(dash.model.columns.names.is_empty(), "{:?}", dash.model.columns.names);
}

#[test]
fn a_watched_stat_keeps_the_cursor_in_the_section_where_it_was() {
    let mut dash = opened(120, 40);
    for (keys, watched) in [("g", true), ("jjjj", false)] {
        dash.keys(keys);
        assert_eq!(under_the_cursor(&dash), ("simTicks".to_owned(), watched));
        dash.read_stats_with(|reading| watch_too(reading, "simInsts"));
        assert_eq!(under_the_cursor(&dash), ("simTicks".to_owned(), watched));
        dash.read_stats();
        assert_eq!(under_the_cursor(&dash), ("simTicks".to_owned(), watched));
    }
    // A stat that is watched no longer is still in the dump.
    dash.keys("g");
    dash.read_stats_with(|reading| reading.watched.retain(|stat| stat.name != *"simTicks"));
    assert_eq!(under_the_cursor(&dash), ("simTicks".to_owned(), false));
}

#[test]
fn a_new_dump_that_changes_the_order_of_a_comparison_moves_the_cursor_along() {
    let mut dash = opened(120, 40);
    dash.keys("d");
    dash.read_stats();
    dash.keys("tj");
    assert_eq!(under_the_cursor(&dash).0, "system.l2.overallMisses::total");
    dash.read_stats_with(|reading| {
        let lines = Arc::make_mut(&mut reading.all);
        let misses = lines.iter_mut().find(|line| line.name == *"system.l2.overallMisses::total").unwrap();
        misses.other = Some(1.0);
    });
    assert_eq!((under_the_cursor(&dash).0.as_str(), dash.model.stats.selected), ("system.l2.overallMisses::total", 0));
}

#[test]
fn a_group_that_the_cursor_is_on_keeps_it_when_stats_come_above() {
    let mut dash = opened(120, 40);
    dash.keys("vGk");
    let path = |dash: &Dash| match item(&dash.model.stats, dash.model.stats.selected) {
        Some(Item::Row(row, _)) => row.path.clone(),
        item => panic!("{item:?}"),
    };
    assert_eq!(path(&dash), "system.cpu");
    dash.read_stats_with(|reading| watch_too(reading, "simInsts"));
    assert_eq!(path(&dash), "system.cpu");
}

#[test]
fn the_stat_under_the_cursor_is_told_whole_at_every_size() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 60)] {
        let mut dash = opened(width, height);
        let name = "system.cpu.commitStats0.committedInstType::MemRead";
        dash.read_stats_with(|reading| {
            let lines = Arc::make_mut(&mut reading.all);
            let stat = lines.iter_mut().find(|stat| stat.name == *name).unwrap();
            stat.value = Some(43_990_532_000.0);
        });
        dash.keys("/MemRead<enter>");
        // Lines of the pane that follow one another, without its frame and what stands beside it.
        let text: String = dash.text().lines().map(|line| line.rsplit('│').nth(1).unwrap_or(line).trim()).collect();
        let text = text.replace(' ', "");
        for part in [name, "43,990,532,000Count", "Classofcommittedinstruction."] {
            assert!(text.contains(part), "{part} at {width}x{height}\n{}", dash.text());
        }
    }
}

#[test]
fn a_number_in_a_table_is_short_and_alone_it_has_all_its_digits() {
    let mut dash = opened(200, 40);
    dash.keys("jjjj");
    assert_eq!(under_the_cursor(&dash), ("simTicks".to_owned(), false));
    assert!(dash.text().contains("simTicks = 1,000,000,000 Tick"), "{}", dash.text());
    assert_eq!(dash.text().matches("1,000,000,000").count(), 1, "{}", dash.text());
    assert!(!dash.text().contains("1000000000"), "{}", dash.text());
}

#[test]
fn what_a_per_cent_is_of_is_said() {
    let mut dash = opened(200, 40);
    dash.keys("j");
    assert!(dash.text().contains("+1.3% since dump 6"), "{}", dash.text());
    dash.keys("d");
    dash.read_stats();
    dash.keys("/simInsts<enter>");
    assert!(dash.text().contains("1,621,960 in dump 6, +1.3%"), "{}", dash.text());
}

#[test]
fn a_change_is_told_only_between_two_known_values() {
    assert_eq!(change(1.0, 1.012).as_deref(), Some("+1.2%"));
    assert_eq!(change(-2.0, -3.0).as_deref(), Some("-50.0%"));
    assert_eq!(change(5.0, 5.0).as_deref(), Some("="));
    assert_eq!((change(0.0, 5.0), change(0.0, 0.0).as_deref()), (None, Some("=")));
    let mut dash = opened(120, 40);
    let of_first = |dash: &Dash| {
        let stats = &dash.model.stats;
        since(stats, &stats.reading.as_ref().unwrap().watched[1])
    };
    assert_eq!(of_first(&dash).map(|since| (since.change, since.dump)), Some(("+1.3%".to_owned(), 6)));
    // An earlier dump is told beside the one before it, and the first one beside none.
    dash.read_stats_with(|reading| reading.shown = 2);
    assert_eq!(of_first(&dash).map(|since| (since.change, since.dump)), Some(("+8.2%".to_owned(), 1)));
    dash.read_stats_with(|reading| reading.shown = 1);
    assert_eq!(of_first(&dash), None);
    dash.read_stats_with(|reading| reading.watched[1].values[6] = None);
    assert_eq!(of_first(&dash), None);
}
