//! The stat under the cursor over the dumps.

use super::fixture::Dash;
use super::screens::{MIDDLE, look};
use super::stats::opened;
use crate::text::Safe;
use crate::tui::model::chart;
use crate::tui::reading::{BesideReading, History};

fn charted(width: u16, height: u16) -> Dash {
    let mut dash = opened(width, height);
    dash.keys("x");
    dash
}

#[test]
fn a_chart_of_a_stat_as_it_was_when_it_was_looked_at() {
    look("chart", MIDDLE, charted);
}

/// The list above it must not lose its rows, nor the cursor leave them.
#[test]
fn a_chart_leaves_room_for_the_list_at_any_size() {
    for (width, height) in [(200, 60), (120, 40), (80, 24), (60, 16), (40, 12), (20, 5), (10, 3)] {
        let mut dash = charted(width, height);
        dash.keys("jjjGkkx");
        dash.keys("xXhhhhhhhhhlllz");
        dash.text();
    }
}

#[test]
fn the_value_of_another_dump_is_told_and_the_tabs_stay() {
    let mut dash = charted(120, 40);
    let last = format!("at dump {}", dash.model.stats.reading.as_ref().unwrap().watched[0].values.len());
    assert!(dash.text().contains(&last), "{}", dash.text());
    dash.keys("hh");
    let before = format!("at dump {}", dash.model.stats.reading.as_ref().unwrap().watched[0].values.len() - 2);
    assert!(dash.text().contains(&before), "{}", dash.text());
    // Not further than the first and the last one.
    dash.keys("hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh");
    assert!(dash.text().contains("at dump 1,"), "{}", dash.text());
    dash.keys("llllllllllllllllllllllllllllllllllllllllll");
    assert!(dash.text().contains(&last), "{}", dash.text());
}

/// What has no history must not look as if nothing had happened.
#[test]
fn a_stat_that_is_not_watched_says_how_it_gets_a_history() {
    let mut dash = charted(120, 40);
    dash.model.stats.reading.as_mut().unwrap().watched.retain(|stat| stat.name != Safe::plain("hostSeconds"));
    dash.keys("/hostS<enter>");
    // It may be broken anywhere between words.
    assert!(dash.text().contains("only what is watched is kept"), "{}", dash.text());
}

/// A chart with so many of the sweep marked, and what the reader finds of those that are asked for.
fn with_marked(width: u16, height: u16, marked: std::ops::Range<u32>) -> Dash {
    let mut dash = Dash::running(width, height);
    dash.model.list.marked = marked.collect();
    assert!(dash.model.list.select_name("stream-l2_1MiB"));
    dash.keys("<tab>2");
    dash.read_stats();
    dash.keys("jx");
    read_beside(&mut dash);
    dash
}

fn read_beside(dash: &mut Dash) {
    let wanted = dash.model.want.stats.clone().unwrap_or_default().beside;
    dash.read_stats_with(|reading| {
        let history = |number: usize| History {
            name: Safe::plain("system.cpu.ipc"),
            values: (0..7).map(|dump| Some(0.3 + 0.1 * number as f64 + 0.03 * f64::from(dump))).collect(),
            dumps: (1..=7).map(|dump| (dump, Some(f64::from(dump) * 1e9 + 1e7 * number as f64))).collect(),
        };
        let one = |(number, want): (usize, &crate::tui::reading::BesideWant)| BesideReading {
            attempt: want.attempt.clone(),
            watched: vec![history(number)],
            problem: None,
        };
        reading.beside = wanted.iter().enumerate().map(one).collect();
    });
}

#[test]
fn a_chart_of_several_simulations() {
    look("chart_marked", MIDDLE, |width, height| with_marked(width, height, 0..2));
}

#[test]
fn marked_simulations_are_drawn_with_their_values_at_the_dump_that_is_pointed_at() {
    let mut dash = with_marked(120, 40, 0..2);
    assert_eq!(dash.model.want.stats.as_ref().unwrap().beside.len(), 2);
    let text = dash.text();
    assert!(text.contains("stream-l2_256KiB = 0.48") && text.contains("■"), "{text}");
    // Another dump, another value; and this one dumped a little later.
    dash.keys("hh");
    let text = dash.text();
    assert!(text.contains("stream-l2_256KiB = 0.42") && text.contains("stream-l2_512KiB = 0.52 at tick"), "{text}");
    // Nothing is read for a chart that nobody sees.
    dash.keys("x");
    assert!(dash.model.want.stats.as_ref().unwrap().beside.is_empty());
}

/// Who marks all would else believe that all are in the picture.
#[test]
fn a_chart_says_what_it_leaves_out() {
    let dash = with_marked(200, 60, 0..12);
    let (rows, left_out) = chart::beside(&dash.model);
    assert_eq!((rows.len() + 1, left_out), (chart::MOST_RUNS, 6));
    let text = dash.text();
    assert!(text.contains("6 more marked simulations not drawn"), "{text}");
    // One without the stat is told by name.
    let mut dash = with_marked(200, 60, 0..2);
    dash.read_stats_with(|reading| {
        let attempt = std::path::PathBuf::from("/runs/l2-sweep/stream-l2_256KiB/attempt-1");
        reading.beside = vec![BesideReading { attempt, watched: Vec::new(), problem: None }];
    });
    let text = dash.text();
    assert!(text.contains("stream-l2_256KiB (no dump has it)") && text.contains("(is being read)"), "{text}");
}

#[test]
fn the_simulation_that_is_compared_with_is_drawn_too() {
    let mut dash = with_marked(120, 40, 0..1);
    dash.keys("D");
    let (rows, _) = chart::beside(&dash.model);
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["stream-l2_256KiB"]);
}
