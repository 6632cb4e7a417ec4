//! The stat under the cursor over the dumps.

use super::fixture::Dash;
use super::screens::{MIDDLE, look};
use super::stats::opened;
use crate::text::Safe;

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
