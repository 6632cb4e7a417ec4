//! What becomes of the dashboard when its engine is gone, stands still, or makes room for another one.

use super::fixture::{Dash, sim, sweep};
use crate::protocol::{RELOADS, Reply, Request, ServerMessage, Status};
use crate::text::Safe;
use crate::tui::update::{Command, Leave, Message};

fn running() -> Dash {
    Dash::running(120, 40)
}

/// The engine dies without a word, and no other one can be started.
fn deserted() -> Dash {
    let mut dash = running();
    dash.send(Message::LinkClosed);
    dash.send(Message::NotReconnected(Safe::plain("the directory is gone")));
    dash
}

#[test]
fn an_engine_that_is_gone_is_said_and_nothing_more_is_asked_of_it() {
    let mut dash = deserted();
    let text = dash.text();
    let told =
        "The engine has ended: the directory is gone; simulations go on. q leaves; the same command starts another";
    assert!(text.contains(told), "{text}");
    dash.keys("jpcR");
    assert!(dash.requests().is_empty());
    assert!(dash.model.overlay.is_none(), "no question about what cannot be done");
    dash.keys("q");
    assert_eq!(dash.left(), Some(Leave::Idle));
}

/// How often another engine was looked for.
fn reconnects(dash: &Dash) -> usize {
    dash.commands.iter().filter(|command| matches!(command, Command::Reconnect)).count()
}

#[test]
fn an_engine_that_was_killed_is_replaced_and_the_cursor_stays_on_its_simulation() {
    let mut dash = running();
    dash.keys("jj<space>");
    let selected = dash.selected().to_owned();
    dash.send(Message::LinkClosed);
    assert!(dash.text().contains("another one is on its way"), "{}", dash.text());
    assert_eq!(reconnects(&dash), 1);
    dash.keys("p");
    assert!(dash.requests().is_empty(), "nobody is there to be asked");
    dash.send(Message::Reconnected);
    assert_eq!(dash.requests(), [&Request::Subscribe]);
    // The other engine counts its simulations otherwise: one was put before all others.
    let mut sims = sweep();
    for sim in &mut sims {
        sim.id += 1;
    }
    sims.insert(0, sim(0, "brand-new", Status::Queued));
    dash.sims(sims);
    assert_eq!((dash.selected(), dash.model.list.marked.len()), (selected.as_str(), 0));
    assert!(dash.text().contains("brand-new") && !dash.text().contains("another one is on its way"), "{}", dash.text());
    // Rows come in batches, and its row need not be in the first one.
    dash.send(Message::LinkClosed);
    dash.send(Message::Reconnected);
    let (last, sims): (Vec<_>, Vec<_>) = sweep().into_iter().partition(|sim| sim.name == selected);
    assert_eq!(last.len(), 1);
    dash.send(Message::Server(ServerMessage::Sims { sims: sims.clone(), complete: false }));
    // Nor need it have come at all when a third engine takes over.
    dash.send(Message::LinkClosed);
    dash.send(Message::Reconnected);
    dash.send(Message::Server(ServerMessage::Sims { sims, complete: false }));
    dash.send(Message::Server(ServerMessage::Sims { sims: last, complete: true }));
    assert_eq!(dash.selected(), selected);
}

#[test]
fn a_question_about_the_simulations_of_one_engine_is_never_answered_to_another() {
    let mut dash = running();
    dash.keys("jc");
    assert!(dash.model.overlay.is_some());
    dash.send(Message::LinkClosed);
    assert!(dash.model.overlay.is_none(), "its numbers may mean others");
    dash.send(Message::Reconnected);
    let before = dash.requests().len();
    let asks_nothing = |dash: &mut Dash, why: &str| {
        dash.keys("pcR");
        assert_eq!((dash.requests().len(), dash.model.overlay.is_some()), (before, false), "{why}");
    };
    asks_nothing(&mut dash, "the rows on the screen are of the engine before");
    let (first, last) = (sweep(), sweep().pop().unwrap());
    dash.send(Message::Server(ServerMessage::Sims { sims: first, complete: false }));
    asks_nothing(&mut dash, "the row under the cursor may yet come");
    dash.sims(vec![last]);
    dash.keys("p");
    assert_eq!(dash.requests().len(), before + 1);
}

#[test]
fn an_end_of_everything_that_could_not_be_asked_for_is_not_waited_for() {
    let mut dash = running();
    dash.keys("q");
    dash.send(Message::LinkClosed);
    dash.send(Message::Reconnected);
    let before = dash.requests().len();
    dash.keys("G<enter>y");
    assert_eq!((dash.requests().len(), dash.model.ending), (before, false));
    dash.sims(sweep());
    dash.keys("qG<enter>y");
    assert_eq!(dash.requests().last(), Some(&&Request::CancelAll));
    assert!(dash.model.ending);
}

#[test]
fn an_engine_that_says_why_it_ends_is_left_in_peace_and_one_that_always_dies_is_not_started_for_ever() {
    let mut dash = running();
    dash.send(Message::Server(ServerMessage::Goodbye { reason: "drained".to_owned() }));
    dash.send(Message::LinkClosed);
    assert_eq!(reconnects(&dash), 0);
    let mut dash = running();
    for count in 0..5 {
        dash.send(Message::LinkClosed);
        if count == 0 {
            assert!(dash.text().contains("the engine is lost and looked for again"), "{}", dash.text());
        }
        dash.send(Message::Reconnected);
        dash.sims(sweep());
    }
    assert_eq!(reconnects(&dash), 3);
}

#[test]
fn an_edited_file_is_loaded_by_a_new_engine_only_if_it_is_in_order() {
    let mut dash = running();
    dash.keys("L");
    assert!(dash.commands.iter().any(|command| matches!(command, Command::CheckFile)));
    dash.send(Message::FileChecked(Err(Safe::plain("exp.yaml was not loaded: no"))));
    assert!(dash.text().contains("was not loaded") && dash.requests().is_empty(), "{}", dash.text());
    dash.send(Message::FileChecked(Ok(Vec::new())));
    assert_eq!(dash.requests(), [&Request::Reload]);
    dash.send(Message::Server(ServerMessage::Goodbye { reason: RELOADS.to_owned() }));
    assert_eq!(reconnects(&dash), 1);
    // Without an engine the same key starts one.
    let mut dash = deserted();
    dash.now_ms += 120_000;
    dash.send(Message::FileChecked(Ok(Vec::new())));
    assert_eq!(reconnects(&dash), 2);
}

#[test]
fn an_engine_that_does_not_answer_is_told() {
    let mut dash = running();
    dash.keys("+");
    dash.now_ms += 2_900;
    dash.send(Message::Tick);
    assert!(!dash.text().contains("does not answer"), "{}", dash.text());
    dash.now_ms += 200;
    dash.send(Message::Tick);
    assert!(dash.text().contains("the engine does not answer; perhaps it was stopped"), "{}", dash.text());
    // What could not even be handed over is never answered.
    dash.keys("+");
    dash.send(Message::NotAsked(dash.model.next_request - 1));
    assert!(dash.text().contains("nothing was asked"), "{}", dash.text());
    let id = dash.model.next_request - 2;
    dash.send(Message::Server(ServerMessage::Reply { id, reply: Reply::Done { message: "cap 5".to_owned() } }));
    dash.now_ms += 60_000;
    dash.send(Message::Tick);
    assert!(!dash.text().contains("does not answer"), "{}", dash.text());
}
