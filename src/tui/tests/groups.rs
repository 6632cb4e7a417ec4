//! Simulations with the same values of parameters stand together below a heading, which counts them, makes means and stands for them
//! in whatever is asked for.

use super::fixture::{Dash, attempt, end, ended, sim};
use super::screens::look;
use crate::experiment::{Parameter, RowKind};
use crate::gem5::OutcomeKind;
use crate::protocol::{Request, Status};
use crate::tui::model::groups::{Mean, summary};
use crate::tui::model::list::Line;
use crate::tui::theme::Glyph;

/// What the list shows, a heading by its label and a simulation by its name.
fn shown(dash: &Dash) -> Vec<String> {
    let list = &dash.model.list;
    let word = |line: &Line| match line {
        Line::Row(id) => list.rows()[id].name.to_string(),
        Line::Group(group) => format!("[{}]", list.label(*group)),
    };
    list.lines().iter().map(word).collect()
}

fn cursor(dash: &Dash) -> String {
    shown(dash)[dash.model.list.position().unwrap()].clone()
}

/// A dashboard whose list is grouped by one of the two parameters of the sweep: `workload` or `l2`.
fn grouped_by(parameter: &str) -> Dash {
    let mut dash = Dash::running(120, 40);
    let at = dash.model.list.parameters().iter().position(|name| name == parameter).unwrap();
    dash.keys(&format!("vg{}<enter>", "j".repeat(at + 1)));
    assert_eq!(dash.model.list.grouped_by(), [parameter]);
    dash
}

#[test]
fn the_list_in_groups_of_which_one_is_folded() {
    for size in [(120, 40), (40, 12)] {
        look("groups", size, |width, height| {
            let mut dash = Dash::running(width, height);
            dash.keys("vj<enter>gf");
            dash
        });
    }
}

#[test]
fn the_menu_of_groups() {
    look("group_menu", (80, 24), |width, height| {
        let mut dash = Dash::running(width, height);
        dash.keys("v");
        dash
    });
}

#[test]
fn sizes_stand_in_their_order_and_each_simulation_below_its_value() {
    let dash = grouped_by("l2");
    let headings: Vec<String> = shown(&dash).into_iter().filter(|line| line.starts_with('[')).collect();
    assert_eq!(headings, ["[l2=256KiB]", "[l2=512KiB]", "[l2=1MiB]", "[l2=2MiB]", "[l2=4MiB]", "[l2=8MiB]"]);
    let list = &dash.model.list;
    let mut heading = String::new();
    for line in list.lines() {
        match line {
            Line::Group(group) => heading = list.label(*group).to_string(),
            Line::Row(id) => {
                let value = list.rows()[id].parameter("l2").unwrap().as_written();
                assert_eq!(format!("l2={value}"), heading);
            }
        }
    }
    assert_eq!(list.order().len(), list.rows().len(), "small groups are unfolded");
}

#[test]
fn a_heading_counts_and_makes_means_of_what_ended_ok() {
    let mut dash = grouped_by("workload");
    dash.sim(7, |view| {
        view.status = end(OutcomeKind::Ok, "");
        view.values = vec![None, Some(0.5), None];
    });
    let of = |dash: &Dash, label: &str| {
        let is_it = |line: &&Line| matches!(line, Line::Group(group) if *dash.model.list.label(*group) == *label);
        let Some(Line::Group(group)) = dash.model.list.lines().iter().find(is_it) else { panic!("no {label}") };
        summary(&dash.model, *group)
    };
    let chase = of(&dash, "workload=chase");
    assert_eq!(chase.means[1], Some(Mean { value: 0.5, of: 1, is_whole: false }), "what runs is in no mean");
    assert_eq!((chase.counts.total, chase.counts.ok), (6, 1));
    let stream = of(&dash, "workload=stream").means[1].unwrap();
    assert!((stream.value - f64::midpoint(1.1042, 1.1387)).abs() < 1e-9 && stream.of == 2);
    assert!(dash.text().contains("~0.5"), "a mean of some is marked:\n{}", dash.text());
    // The same mean is of all once nothing else is in the group.
    dash.keys("/ipc=0.5<enter>");
    assert_eq!(of(&dash, "workload=chase").means[1], Some(Mean { value: 0.5, of: 1, is_whole: true }));
}

#[test]
fn folding_hides_simulations_and_gives_the_heading_the_cursor() {
    let mut dash = grouped_by("workload");
    dash.keys("gjj");
    assert!(!cursor(&dash).starts_with('['));
    dash.keys("f");
    assert_eq!((cursor(&dash), shown(&dash).len()), ("[workload=chase]".to_owned(), 2 + 6));
    dash.keys("<enter>");
    assert_eq!(shown(&dash).len(), 2 + 12, "enter unfolds, too");
    dash.keys("_");
    assert_eq!(shown(&dash), ["[workload=chase]", "[workload=stream]"]);
    // What was folded stays so when rows change, and when the filter has hidden it meanwhile.
    dash.sim(7, |view| view.status = end(OutcomeKind::Ok, ""));
    dash.keys("/stream<enter><esc>");
    assert_eq!(shown(&dash).len(), 2);
    dash.keys("_");
    assert_eq!(shown(&dash).len(), 2 + 12);
    dash.keys("vg<enter>");
    assert!(!dash.model.list.is_grouped() && shown(&dash).len() == 12);
}

#[test]
fn a_heading_stands_for_its_simulations_folded_or_not() {
    let mut dash = grouped_by("workload");
    dash.keys("_g");
    let members = match dash.model.list.cursor() {
        Some(Line::Group(group)) => dash.model.list.members(group).to_vec(),
        other => panic!("{other:?}"),
    };
    dash.keys("<space>");
    assert_eq!(dash.model.list.marked.iter().copied().collect::<Vec<_>>().len(), members.len());
    assert!(members.iter().all(|id| dash.model.list.marked.contains(id)));
    let marked = dash.model.theme.glyph(Glyph::Marked);
    let heading = dash.text().lines().find(|line| line.contains("workload=chase")).unwrap().to_owned();
    assert!(heading.contains(marked), "{heading}");
    dash.keys("g<space>");
    assert!(dash.model.list.marked.is_empty(), "marked once more they are not");
    dash.keys("a");
    assert_eq!(dash.model.list.marked.len(), 12, "all of the list, also what is folded");
    dash.keys("agc");
    let going = |id: &u32| dash.model.list.rows()[id].view.status.ended().is_none();
    let mut wanted: Vec<u32> = members.iter().copied().filter(going).collect();
    wanted.sort_unstable();
    assert!(!dash.text().contains("hidden") && !dash.text().contains("folded suites"), "{}", dash.text());
    dash.keys("y");
    let cancelled = dash.requests().into_iter().find_map(|request| match request {
        Request::Cancel { sims } => Some(sims.clone()),
        _ => None,
    });
    let mut cancelled = cancelled.unwrap();
    cancelled.sort_unstable();
    assert_eq!(cancelled, wanted);
}

#[test]
fn the_next_failure_is_found_in_a_folded_group_which_unfolds() {
    let mut dash = grouped_by("workload");
    let failed: Vec<u32> = dash.model.list.failed().values().flatten().copied().collect();
    assert!(!failed.is_empty());
    dash.keys("_gn");
    let selected = dash.model.list.selected().unwrap();
    assert!(failed.contains(&selected));
    let home = dash.model.selected().unwrap().parameter("workload").unwrap().as_written().to_owned();
    let folded = |dash: &Dash| {
        let lines = dash.model.list.lines();
        lines.iter().filter(|line| dash.model.list.is_folded(**line) == Some(true)).count()
    };
    assert_eq!(folded(&dash), 1, "only that of {home} is unfolded");
}

#[test]
fn what_has_no_such_parameter_stands_last_and_suites_stand_first() {
    let mut dash = grouped_by("l2");
    let mut suite = sim(100, "sweep", Status::Queued);
    suite.kind = RowKind::Suite;
    let mut spawned = sim(101, "sweep.run-1", end(OutcomeKind::Ok, ""));
    (spawned.suite, spawned.parameters) = (Some(100), vec![Parameter::text("l2", "1MiB")]);
    spawned.attempts = vec![ended(attempt("sweep.run-1", 1), OutcomeKind::Ok, "", 1_000)];
    dash.sims(vec![suite, spawned, sim(102, "report", Status::Queued)]);
    let lines = shown(&dash);
    assert_eq!(lines[0], "sweep");
    assert_eq!(lines[lines.len() - 2..], ["[no l2]", "report"]);
    let at = lines.iter().position(|line| line == "sweep.run-1").unwrap();
    let heading = lines[..at].iter().rfind(|line| line.starts_with('[')).unwrap();
    assert_eq!(heading, "[l2=1MiB]");
}

#[test]
fn a_large_group_is_folded_and_every_size_of_screen_shows_headings() {
    for (columns, rows) in [(40, 12), (80, 24), (120, 40)] {
        let mut dash = Dash::new(columns, rows);
        dash.header(|_| {});
        let one = |id: u32| {
            let mut view = sim(id, &format!("s-{id}"), Status::Queued);
            view.parameters = vec![Parameter::text("wl", if id.is_multiple_of(3) { "mcf" } else { "lbm" })];
            view
        };
        dash.sims((0..3_000).map(one).collect());
        dash.keys("v<enter>");
        assert_eq!(shown(&dash), ["[wl=lbm]", "[wl=mcf]"]);
        let text = dash.text();
        assert!(text.contains("wl=lbm 2,000") && text.contains("wl=mcf 1,000"), "{text}");
        dash.keys("m");
        assert!(dash.text().contains("of 3,000"), "the map shows all, folded or not: {}", dash.text());
        dash.keys("G<enter>");
        assert_eq!(dash.selected(), "s-2997", "and what is gone to is seen");
    }
}

#[test]
fn a_click_on_a_heading_selects_it_and_the_second_one_folds_it() {
    let mut dash = grouped_by("workload");
    let Some(Line::Group(group)) = dash.model.list.lines().first().copied() else { panic!("no heading") };
    let spot = crate::tui::model::spots::Spot::Line(Line::Group(group));
    dash.keys("G");
    dash.click_on(&spot);
    assert_eq!((dash.model.list.heading(), shown(&dash).len()), (Some(group), 14));
    let at = dash.place(&spot);
    dash.click(at);
    assert_eq!(shown(&dash).len(), 8);
}

#[test]
fn the_page_of_a_heading_is_scrolled_to_its_end_in_a_low_pane() {
    let mut dash = Dash::running(80, 24);
    dash.keys("v<enter>g");
    assert!(dash.model.list.heading().is_some());
    let last = "all of them.";
    assert!(!dash.text().contains(last), "{}", dash.text());
    dash.keys("<tab>G");
    assert!(dash.text().contains(last), "{}", dash.text());
    // Whoever comes from a simulation reads the page of the next heading from its beginning.
    dash.keys("<tab>G");
    dash.keys("f");
    assert!(dash.text().contains("6 simulations"), "{}", dash.text());
}
