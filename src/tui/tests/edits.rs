//! What is told and asked when the experiment is not the one that its results were made from.

use super::fixture::{Dash, header, sweep};
use super::screens::{MIDDLE, look};
use crate::gem5::OutcomeKind;
use crate::protocol::{Edits, Request, ServerMessage};
use crate::tui::model::Overlay;
use crate::tui::update::Message;

/// A dashboard that opens on an experiment with two results that would be made otherwise now.
fn edited(width: u16, height: u16) -> Dash {
    let mut sims = sweep();
    sims[0].changed = vec!["script changed".to_owned()];
    sims[1].changed = vec!["arguments changed".to_owned(), "input hello changed".to_owned()];
    let names = vec!["stream-l2_16MiB".to_owned()];
    opened(width, height, sims, Edits { new: 3, gone: 1, names })
}

fn opened(width: u16, height: u16, sims: Vec<crate::protocol::SimView>, edits: Edits) -> Dash {
    let mut dash = Dash::new(width, height);
    let header = Box::new(crate::protocol::Header { edits, ..header() });
    dash.send(Message::Server(ServerMessage::Header { header }));
    dash.send(Message::Server(ServerMessage::Sims { sims, complete: true }));
    dash
}

#[test]
fn what_has_changed_is_asked_about_once() {
    look("edits", MIDDLE, edited);
    let mut dash = edited(120, 40);
    dash.keys("<enter>");
    assert!(dash.requests().iter().all(|request| !matches!(request, Request::Retry { .. })), "Enter alone keeps all");
    dash.send(Message::Server(ServerMessage::Sims { sims: sweep(), complete: true }));
    assert!(dash.model.overlay.is_none(), "it was answered");
    let mut dash = edited(120, 40);
    dash.keys("<right><enter>");
    assert!(dash.requests().contains(&&Request::Retry { sims: vec![0, 1] }), "{:?}", dash.requests());
}

#[test]
fn what_is_only_new_or_gone_is_told_and_needs_no_answer() {
    let edits = Edits { new: 1, gone: 2, names: vec!["a".to_owned(), "b\u{1b}[2J".to_owned()] };
    let dash = opened(120, 40, sweep(), edits);
    assert!(dash.model.overlay.is_none());
    let text = dash.text();
    assert!(
        text.contains("1 simulation new since last time. 2 no longer in the file: a, b; results are kept."),
        "{text}"
    );
    let mut sims = sweep();
    // One that has ended is told by nobody as running.
    assert!(sims[0].status.ended().is_some());
    sims[0].gone = true;
    let running = sims.iter_mut().find(|sim| sim.status.is_live()).unwrap();
    running.gone = true;
    let name = running.name.clone();
    let dash = opened(120, 40, sims, Edits::default());
    let told = format!("No longer in the file but still running: {name}.");
    assert!(dash.text().contains(&told), "{}", dash.text());
    let dash = opened(120, 40, sweep(), Edits::default());
    assert!(dash.model.toast.is_none(), "nothing to tell");
}

#[test]
fn a_question_comes_only_after_the_file_was_read_and_never_under_the_fingers() {
    let mut changed = sweep();
    changed[0].changed = vec!["script changed".to_owned()];
    let again = |dash: &mut Dash| {
        dash.send(Message::LinkClosed);
        dash.send(Message::Reconnected);
        dash.send(Message::Server(ServerMessage::Sims { sims: changed.clone(), complete: true }));
    };
    let mut dash = edited(120, 40);
    dash.keys("<enter>");
    again(&mut dash);
    assert!(dash.model.overlay.is_none(), "it was answered before that engine died");
    let edits = Edits { new: 2, ..Edits::default() };
    dash.send(Message::LinkClosed);
    dash.send(Message::Reconnected);
    dash.header(|header| header.edits = edits);
    dash.send(Message::Server(ServerMessage::Sims { sims: changed.clone(), complete: true }));
    assert!(dash.model.overlay.is_none());
    let told = dash.model.toast.as_ref().unwrap().text.as_str();
    assert!(told.contains("2 simulations new since last time."), "{told}");
    dash.send(Message::FileChecked(Ok(Vec::new())));
    dash.keys("/y");
    again(&mut dash);
    assert!(dash.model.prompt().is_some(), "who types a filter answers nothing else");
    assert!(dash.model.toast.as_ref().unwrap().text.as_str().contains("1 result changed; L asks"));
}

#[test]
fn who_only_looks_is_not_asked_to_run_anything_again() {
    for only_looks in [false, true] {
        let mut dash = Dash::new(120, 40);
        dash.model.only_looks = only_looks;
        dash.header(|_| {});
        let mut sims = sweep();
        let ok = sims.iter_mut().find(|sim| sim.status.ended().is_some_and(OutcomeKind::is_ok)).unwrap();
        ok.changed = vec!["script".to_owned()];
        dash.sims(sims);
        assert_eq!(matches!(dash.model.overlay, Some(Overlay::Confirm(_))), !only_looks);
    }
}
