//! What was chosen for one thing is not chosen for another, and comes back with it.

use super::fixture::{Dash, attempt, sweep};
use crate::protocol::{ServerMessage, SimView, Status, Wait, Why};
use crate::tui::model::Against;
use crate::tui::reading::CompareWant;
use crate::tui::update::Message;

/// The first of two attempts of `chase-l2_1MiB` is shown.
fn chosen() -> Dash {
    let mut dash = Dash::running(120, 40);
    dash.keys("jjj[");
    assert_eq!(shown(&dash), "chase-l2_1MiB/attempt-1");
    dash
}

/// The attempt that is shown.
fn shown(dash: &Dash) -> String {
    let dir = dash.model.want.attempt.clone().unwrap();
    dir.strip_prefix(super::fixture::OUTDIR).unwrap().to_string_lossy().into_owned()
}

#[test]
fn an_attempt_that_was_chosen_for_one_simulation_is_not_chosen_for_the_next() {
    let mut dash = chosen();
    dash.keys("/panic<enter>");
    assert_eq!(shown(&dash), "stream-l2_2MiB/attempt-3", "a filter hides it");
    dash.keys("<esc>");
    assert_eq!(dash.model.attempt, None);
    let mut dash = chosen();
    dash.keys("/running<enter>");
    assert_eq!(shown(&dash), "chase-l2_1MiB/attempt-1");
    dash.sim(8, |view| (view.status, view.why) = (Status::Queued, Why::Place { wait: Wait::Cap }));
    assert_eq!(dash.selected(), "stream-l2_4MiB");
    dash.sim(4, |view| view.attempts.push(attempt("stream-l2_4MiB", 2)));
    assert_eq!(shown(&dash), "stream-l2_4MiB/attempt-2", "its row has left the filter");
}

#[test]
fn a_filter_that_is_abandoned_gives_the_cursor_back() {
    // The first filter moves the cursor, the second one leaves nothing, and the third one is taken back letter by letter.
    for typed in ["panic<esc>", "xyz<esc>", "xyz<C-c>", "pan<bs><bs><bs><bs>"] {
        let mut dash = chosen();
        dash.keys("/").keys(typed);
        assert!(dash.model.prompt().is_none());
        assert_eq!((dash.selected(), shown(&dash).as_str()), ("chase-l2_1MiB", "chase-l2_1MiB/attempt-1"), "{typed}");
        // One that is kept keeps its cursor too.
        dash.keys("/panic<enter>");
        assert_eq!(dash.selected(), "stream-l2_2MiB");
    }
    let mut dash = chosen();
    dash.keys("/panic");
    let [first, last] = another_engine(&mut dash, sweep(), |sim| sim.name == "chase-l2_1MiB");
    dash.send(Message::Server(ServerMessage::Sims { sims: first, complete: false }));
    dash.keys("<esc>");
    dash.sims(last);
    assert_eq!(dash.selected(), "chase-l2_1MiB");
}

#[test]
fn a_filter_of_stats_that_is_abandoned_gives_the_cursor_back() {
    for (keys, watched) in [("j", true), ("jjjjjjjj", false)] {
        let mut dash = super::stats::opened(120, 40);
        dash.keys(keys);
        let before = super::stats::under_the_cursor(&dash);
        assert_eq!(before, ("system.cpu.ipc".to_owned(), watched));
        dash.keys("/miss<down>");
        dash.read_stats();
        dash.keys("<esc>");
        assert_eq!(super::stats::under_the_cursor(&dash), before);
    }
}

#[test]
fn another_engine_takes_the_chosen_attempt_over_with_its_simulation_and_with_no_other() {
    let mut dash = chosen();
    let mut sims = sweep();
    for sim in &mut sims {
        sim.id += 1;
    }
    // Its row comes in the last batch.
    let (last, first): (Vec<_>, Vec<_>) = sims.into_iter().partition(|sim| sim.name == "chase-l2_1MiB");
    dash.send(Message::LinkClosed);
    dash.send(Message::Reconnected);
    dash.send(Message::Server(ServerMessage::Sims { sims: first, complete: false }));
    dash.sims(last);
    assert_eq!(shown(&dash), "chase-l2_1MiB/attempt-1");
    dash.send(Message::LinkClosed);
    dash.send(Message::Reconnected);
    dash.sims(sweep().into_iter().filter(|sim| sim.id == 3).collect());
    assert_eq!(shown(&dash), "stream-l2_2MiB/attempt-3");
}

/// Another engine takes over. It counts its simulations otherwise, and tells those last that the second half is to have.
fn another_engine(dash: &mut Dash, sims: Vec<SimView>, is_last: impl Fn(&SimView) -> bool) -> [Vec<SimView>; 2] {
    let renumbered = sims.into_iter().map(|sim| SimView { id: sim.id + 1, ..sim });
    let (last, first) = renumbered.partition(is_last);
    dash.send(Message::LinkClosed);
    dash.send(Message::Reconnected);
    [first, last]
}

/// What the stats are compared with, and which attempt is read for that.
fn compared(dash: &Dash) -> (Option<Against>, Option<String>) {
    let wanted = dash.model.want.stats.as_ref().and_then(|want| match want.compare.as_ref()? {
        CompareWant::Other { attempt, .. } => attempt.strip_prefix(super::fixture::OUTDIR).ok(),
        CompareWant::Previous => None,
    });
    (dash.model.stats.against, wanted.map(|path| path.to_string_lossy().into_owned()))
}

#[test]
fn a_comparison_goes_on_with_its_simulation_when_another_engine_has_other_numbers() {
    let mut dash = super::stats::opened(120, 40);
    dash.keys("<tab>g");
    let other = dash.selected().to_owned();
    dash.keys("<space>jj<tab>D");
    dash.read_stats();
    dash.keys("t");
    let (before, attempt) = compared(&dash);
    let Some(Against::Simulation(id)) = before else { panic!("{before:?}") };
    let [first, last] = another_engine(&mut dash, sweep(), |sim| sim.name == other);
    dash.send(Message::Server(ServerMessage::Sims { sims: first, complete: false }));
    assert_eq!(compared(&dash), (None, None), "the old number is that of another one");
    dash.sims(last);
    assert_eq!(compared(&dash), (Some(Against::Simulation(id + 1)), attempt));
    assert!(dash.model.stats.by_change);
    // An engine that does not know it compares with nothing.
    let [first, _] = another_engine(&mut dash, sweep(), |sim| sim.name == other);
    dash.sims(first);
    assert_eq!((compared(&dash), dash.model.stats.by_change), ((None, None), false));
}

#[test]
fn a_comparison_that_was_chosen_while_rows_come_is_not_taken_away_by_the_one_before() {
    let mut dash = super::stats::opened(120, 40);
    dash.keys("<tab>g<space>jj<tab>D");
    let [first, last] = another_engine(&mut dash, sweep(), |sim| sim.name == "stream-l2_8MiB");
    dash.send(Message::Server(ServerMessage::Sims { sims: first, complete: false }));
    dash.keys("d");
    dash.sims(last);
    assert_eq!(dash.model.stats.against, Some(Against::Previous));
}
