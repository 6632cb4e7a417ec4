//! What is told and asked when the experiment is not the one that its results were made from.

use super::fixture::{Dash, header, sweep};
use super::screens::look;
use crate::protocol::{Edits, Request, ServerMessage};
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
    look("edits", edited);
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
    let dash = opened(120, 40, sweep(), Edits::default());
    assert!(dash.model.toast.is_none(), "nothing to tell");
}
