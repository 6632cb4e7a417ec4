//! When somebody is called who does not look.

use super::fixture::Dash;
use crate::tui::notifications::{Occasion, Way};
use crate::tui::update::{Command, Message};

fn calls(dash: &Dash) -> Vec<(&[Way], &str)> {
    let mut calls = Vec::new();
    for command in &dash.commands {
        if let Command::Call { by, text } = command {
            calls.push((by.as_slice(), text.as_str()));
        }
    }
    calls
}

fn end(dash: &mut Dash) {
    dash.header(|header| {
        let counts = &mut header.counts;
        *counts = crate::protocol::Counts { total: counts.total, ok: counts.total, ..Default::default() };
    });
}

#[test]
fn the_end_of_a_sweep_rings_once() {
    let mut dash = Dash::running(100, 30);
    assert!(calls(&dash).is_empty(), "nothing is news to somebody who has just come");
    end(&mut dash);
    end(&mut dash);
    dash.send(Message::Tick);
    let calls = calls(&dash);
    assert!(matches!(calls[..], [([Way::Bell], text)] if text.starts_with("l2-sweep is done")), "{calls:?}");
}

#[test]
fn failures_are_called_out_for_those_who_want_it_and_nothing_is_for_those_who_want_nothing() {
    for (on, by, wanted) in [
        (vec![Occasion::Failed], vec![Way::Osc9, Way::Osc777], 1),
        (vec![Occasion::Failed], vec![], 0),
        (vec![Occasion::Done], vec![Way::Bell], 0),
    ] {
        let mut dash = Dash::running(100, 30);
        (dash.model.notifications.on, dash.model.notifications.by) = (on, by);
        dash.header(|header| (header.counts.running, header.counts.not_ok) = (0, header.counts.not_ok + 3));
        assert_eq!(calls(&dash).len(), wanted);
    }
}

#[test]
fn what_another_engine_finds_is_no_news_until_it_has_told_everything() {
    let mut dash = Dash::running(100, 30);
    dash.send(Message::LinkClosed);
    end(&mut dash);
    assert!(calls(&dash).is_empty());
}
