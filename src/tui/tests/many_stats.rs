//! A dump of twenty thousand stats: a key and a frame cost what is seen of them.

use std::cell::Cell;
use std::sync::Arc;

use super::fixture::Dash;
use super::stats::opened;
use crate::gem5::stats::parse_block;
use crate::tui::model::stats::{arrange, len};
use crate::tui::model::work::FITTED;
use crate::tui::reader::dumps::lines;
use crate::tui::reading::StatLine;

/// The stats of a system of so many cores, each with a hundred stats.
fn of_cores(cores: usize) -> Vec<StatLine> {
    let line = |at: usize| {
        let (core, stat) = (at / 100, at % 100);
        format!("system.cpu{core}.unit{}.overallStat{stat} {at} # Of unit {stat} (Count)", stat % 7)
    };
    let text = (0..cores * 100).map(line).collect::<Vec<_>>().join("\n");
    lines(None, &parse_block(&text))
}

#[test]
fn a_key_and_a_frame_cost_what_is_seen_of_twenty_thousand_stats() {
    let mut dash = opened(120, 40);
    dash.read_stats_with(|reading| reading.all = Arc::new(of_cores(200)));
    let looked = |dash: &mut Dash, keys: &str| {
        FITTED.with(|count| count.set(0));
        dash.keys(keys);
        dash.text();
        FITTED.with(Cell::get)
    };
    assert_eq!(len(&dash.model.stats), 20_003);
    assert_eq!(looked(&mut dash, "jjG<pgup>kg"), 0, "to move looks at no names");
    // The first letter is asked of all, each further one of those that are left.
    let first = looked(&mut dash, "/c");
    let left = len(&dash.model.stats);
    assert_eq!(first, 20_000);
    for letter in "pu17".chars() {
        let before = len(&dash.model.stats);
        assert_eq!(looked(&mut dash, &letter.to_string()), before, "{letter}");
    }
    assert!(left == 20_000 && len(&dash.model.stats) < 6_000, "{left} {}", len(&dash.model.stats));
    // The same comes out as when all are asked at once.
    let narrowed = dash.model.stats.order.clone();
    dash.keys("<esc>");
    dash.model.stats.filter = "cpu17".to_owned();
    arrange(&mut dash.model.stats);
    assert_eq!(dash.model.stats.order, narrowed);
}
