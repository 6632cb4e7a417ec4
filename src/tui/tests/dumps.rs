//! Choosing which dump of an attempt is looked at.

use std::sync::Arc;

use super::fixture::Dash;
use super::stats::opened;
use crate::text::Safe;
use crate::tui::model::Overlay;

/// The dump that is asked for.
fn wanted(dash: &Dash) -> Option<u32> {
    dash.model.want.stats.as_ref().unwrap().at
}

/// Reads the dump that is asked for.
fn read(dash: &mut Dash) {
    let at = wanted(dash);
    dash.read_stats_with(|reading| reading.shown = at.map_or(7, u64::from));
}

#[test]
fn one_steps_through_the_dumps_and_follows_again_behind_the_last_one() {
    let mut dash = opened(120, 40);
    assert_eq!(wanted(&dash), None);
    // Two quick presses are two steps, although nothing has been read in between.
    dash.keys("((");
    assert_eq!(wanted(&dash), Some(5));
    read(&mut dash);
    assert!(dash.text().contains("dump 5 of 7 · ticks 4G–5G"), "{}", dash.text());
    dash.keys("))");
    assert_eq!(wanted(&dash), None, "the last one is followed");
    read(&mut dash);
    dash.keys(")");
    assert!(dash.text().contains("the next one is shown when it comes"), "{}", dash.text());
    dash.keys("((((((((");
    assert_eq!(wanted(&dash), Some(1));
    assert!(dash.text().contains("this is the first dump"), "{}", dash.text());
}

#[test]
fn the_list_of_dumps_tells_when_each_was_written_and_what_it_counts() {
    let mut dash = opened(120, 40);
    dash.read_stats_with(|reading| {
        let choices = Arc::make_mut(&mut reading.choices);
        (choices[2].label, choices[4].is_asked) = (Some(Safe::line("ROI begin")), true);
        (choices[1].tick, choices[1].seconds, choices[1].interval) = (None, None, None);
    });
    dash.keys("i");
    for text in ["dump 7, the last one, and each that comes", "3,000,000,000", "1 ms", "ROI begin", "asked for", "—"]
    {
        assert!(dash.text().contains(text), "{text}\n{}", dash.text());
    }
    dash.keys("jjj<enter>");
    assert_eq!((wanted(&dash), dash.model.overlay.is_none()), (Some(3), true));
    read(&mut dash);
    dash.keys("i");
    assert!(matches!(dash.model.overlay, Some(Overlay::Dumps { focused: Some(3) })), "it opens on the one in view");
    dash.keys("gj<esc>");
    assert_eq!(wanted(&dash), Some(3), "esc changes nothing");
    dash.keys("ig<enter>");
    assert_eq!(wanted(&dash), None);
}

#[test]
fn what_was_chosen_is_of_one_attempt_and_none_can_be_chosen_before_there_is_one() {
    let mut dash = opened(120, 40);
    dash.keys("((");
    assert_eq!(wanted(&dash), Some(5));
    dash.keys("<tab>k<tab>");
    assert_eq!(dash.model.stats.at, None);
    dash.read_stats_with(|reading| {
        (reading.dumps, reading.shown) = (0, 0);
        reading.choices = Arc::default();
    });
    for keys in ["(", ")", "i"] {
        dash.keys(keys);
        assert!(dash.text().contains("there is no complete dump yet"), "{keys}\n{}", dash.text());
        assert!(dash.model.overlay.is_none());
    }
}
