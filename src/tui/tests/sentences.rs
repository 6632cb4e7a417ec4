//! What a sentence advises can be done where it is read, with the key of the table.

use std::path::PathBuf;

use super::failures::failed;
use super::fixture::{Dash, attempt, ended, sweep};
use super::stats::opened;
use crate::gem5::{Outcome, OutcomeKind};
use crate::protocol::{ServerMessage, Status};
use crate::text::Safe;
use crate::tui::actions::{Action, Context, Tab};
use crate::tui::pages::info;
use crate::tui::reading::Record;
use crate::tui::update::Message;

/// A key that no action has.
const KEY: &str = "Ω";

/// Gives an action another key.
fn with(mut dash: Dash, context: Context, action: Action) -> Dash {
    dash.model.keymap.set(context, action, KEY);
    dash
}

fn running() -> Dash {
    Dash::running(140, 50)
}

/// What is told: the line in the footer, or else the screen without the keys in the footer.
fn told(dash: &Dash) -> String {
    let text = dash.text();
    let above = text.trim_end().rsplit_once('\n').map_or("", |(above, _)| above);
    dash.model.toast.as_ref().map_or(above, |toast| toast.text.as_str()).to_owned()
}

/// A failure of a kind.
fn failure(kind: OutcomeKind) -> Dash {
    let mut dash = running();
    dash.sim(3, |view| {
        view.attempts = vec![ended(attempt("stream-l2_2MiB", 1), kind, "no", 1)];
        view.status = Status::Ended { outcome: Outcome::new(kind, "no") };
    });
    dash.keys("/stream-l2_2MiB<enter>5");
    dash
}

/// A log that has grown since somebody scrolled up.
fn grown() -> Dash {
    let mut dash = running();
    let line = "x\n";
    dash.keys("<tab>1");
    dash.read_log(&line.repeat(100));
    dash.keys("k");
    dash.read_log(&line.repeat(120));
    dash
}

#[test]
fn sentences_name_the_keys_of_the_table() {
    let columns = || {
        let mut dash = opened(140, 50);
        dash.model.columns.names = (0..8).map(|n| n.to_string()).collect();
        dash.keys("jjjjjjj");
        dash
    };
    let deserted = || {
        let mut dash = running();
        dash.send(Message::LinkClosed);
        dash.send(Message::NotReconnected(Safe::default()));
        dash.now_ms += 10_000;
        dash.send(Message::Tick);
        dash
    };
    let everywhere = Context::Everywhere;
    let cases = vec![
        (columns(), Context::Stats, Action::ToggleColumn, KEY),
        (opened(140, 50), Context::List, Action::Mark, "D"),
        (opened(140, 50), Context::Stats, Action::CompareMarked, KEY),
        (opened(140, 50), Context::Stats, Action::ComparePrevious, "t"),
        (running(), everywhere, Action::Show(Tab::Why), "b"),
        (running(), Context::Log, Action::Find, "<tab>1n"),
        (failure(OutcomeKind::Usage), everywhere, Action::Show(Tab::Info), ""),
        (failure(OutcomeKind::Oom), everywhere, Action::LowerCap, ""),
        (deserted(), everywhere, Action::Quit, ""),
        (running(), everywhere, Action::Quit, "ΩG<enter>y"),
        (grown(), Context::Log, Action::Follow, ""),
        (running(), everywhere, Action::PreviousAttempt, "jjj<enter>4"),
        (running(), everywhere, Action::NextAttempt, "jjj<enter>4"),
    ];
    for (dash, context, action, keys) in cases {
        let mut dash = with(dash, context, action);
        dash.keys(keys);
        assert!(told(&dash).contains(KEY), "{action:?}\n{}\n{}", told(&dash), dash.text());
    }
}

#[test]
fn a_question_that_must_wait_names_the_key_that_asks_it() {
    let mut dash = with(Dash::new(140, 50), Context::Everywhere, Action::Reload);
    dash.header(|_| {});
    let mut sims = sweep();
    sims[0].changed = vec!["script changed".to_owned()];
    dash.keys("?");
    dash.send(Message::Server(ServerMessage::Sims { sims, complete: true }));
    assert!(told(&dash).contains(KEY), "{}", told(&dash));
}

#[test]
fn an_action_with_two_keys_is_told_by_the_one_that_works_here() {
    let mut dash = with(failed(140, 50), Context::Failures, Action::Retry);
    dash.keys("F");
    assert!(told(&dash).contains(KEY), "{}", told(&dash));
    dash.keys("<enter>");
    assert!(dash.model.toast.is_some() && !told(&dash).contains(KEY), "{}", told(&dash));
}

#[test]
fn the_key_that_follows_a_log_is_told_while_the_log_has_the_keys() {
    let mut dash = with(grown(), Context::Log, Action::Follow);
    assert!(told(&dash).contains(KEY), "{}", told(&dash));
    dash.keys("<tab>");
    assert!(!told(&dash).contains(KEY), "{}", told(&dash));
}

#[test]
fn one_step_back_is_told_to_unmark_where_it_does() {
    for (keys, unmarks) in [("", true), ("z", false), ("/graph<enter>", false)] {
        let mut dash = failed(140, 50);
        dash.keys(keys);
        let mut dash = with(dash, Context::Everywhere, Action::Back);
        dash.keys("Fg<enter>");
        assert_eq!(told(&dash).contains(KEY), unmarks, "{keys}: {}", told(&dash));
        dash.keys(KEY);
        assert_eq!(dash.model.list.marked.is_empty(), unmarks, "{keys}");
    }
}

#[test]
fn the_way_to_clear_a_filter_of_stats_leads_there_from_both_panes() {
    for (pane, keys) in [("", "Ω"), ("Ψ", "ΨΩ")] {
        let mut dash = with(opened(140, 50), Context::Everywhere, Action::Back);
        dash.model.keymap.set(Context::Everywhere, Action::OtherPane, "Ψ");
        dash.keys("/zzz<enter>").keys(pane);
        let text = told(&dash);
        assert!(keys.chars().all(|key| text.contains(key)) && text.contains('Ψ') != pane.is_empty(), "{text}");
        dash.keys(keys);
        assert!(dash.model.stats.filter.is_empty());
    }
}

#[test]
fn an_editor_is_told_to_open_the_rest_of_what_it_opens() {
    let page = |dash: &Dash| -> String {
        info::lines(&dash.model, 80).into_iter().flatten().map(|(text, _)| text + "\n").collect()
    };
    let long = || vec!["x".repeat(60); 100];
    let mut dash = with(running(), Context::Everywhere, Action::Edit);
    dash.keys("4");
    dash.read_info();
    let lines = |dash: &Dash| page(dash).lines().count();
    let short = lines(&dash);
    dash.sim(dash.model.list.selected().unwrap(), |view| view.needs = long());
    assert!(lines(&dash) > short + 30 && !page(&dash).contains(KEY), "no record has it");
    let Some(Record::Present(spec)) = dash.model.info.reading.as_mut().map(|reading| &mut reading.spec) else {
        panic!("the record has been read");
    };
    (spec.argv, spec.cwd) = (long(), PathBuf::from("/"));
    assert!(page(&dash).contains(KEY), "{}", page(&dash));
}
