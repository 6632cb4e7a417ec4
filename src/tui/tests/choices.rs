//! What was chosen for one thing is not chosen for another, and comes back with it.

use super::fixture::{Dash, attempt, sweep};
use crate::protocol::{ServerMessage, Status, Wait, Why};
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
