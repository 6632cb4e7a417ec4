//! Searching the logs of all simulations, and going to what was found.

use std::path::PathBuf;

use super::fixture::{Dash, OUTDIR};
use crate::text::Safe;
use crate::tui::actions::Tab;
use crate::tui::model::log::Found;
use crate::tui::model::{Focus, LogFileChoice, Overlay};
use crate::tui::reading::{GrepHit, GrepReading, Reading, Top};
use crate::tui::update::Message;

fn hit(name: &str, attempt: u32, file: &str, offset: u64) -> GrepHit {
    GrepHit {
        name: name.to_owned(),
        attempt: PathBuf::from(format!("{OUTDIR}/{name}/attempt-{attempt}")),
        lines: 12,
        file: PathBuf::from(file),
        offset,
        number: 3,
        text: Safe::line("warn: something"),
    }
}

fn answer(dash: &mut Dash, hits: Vec<GrepHit>, is_over: bool) {
    let id = dash.model.grep.searches;
    let searched = if is_over { 12 } else { 1 };
    dash.send(Message::Read(Reading::Grep(GrepReading { id, hits, searched, unread: 0, is_over })));
}

/// A dashboard that has searched for `warn`, with the simulations that have attempts.
fn dash() -> Dash {
    let mut dash = Dash::running(120, 40);
    dash.keys("<C-g>warn<enter>");
    let want = dash.model.want.grep.clone().expect("a search");
    assert!(want.pattern.find(b"WARN: x", 0).is_some(), "small letters mean any case");
    assert!(want.targets.iter().all(|target| !target.attempt.as_os_str().is_empty()) && want.targets.len() > 3);
    dash
}

#[test]
fn what_is_found_is_listed_while_the_search_goes_on_and_stays_when_it_is_ended() {
    let mut dash = dash();
    assert!(dash.text().contains("Searching"), "{}", dash.text());
    answer(&mut dash, vec![hit("chase-l2_1MiB", 2, "m5out/simerr.txt", 40)], false);
    let shown = dash.text();
    assert!(shown.contains("12 lines in 1 simulation of") && shown.contains("simerr.txt:3 warn: something"), "{shown}");
    dash.keys("<esc>");
    assert!(dash.model.overlay.is_none() && dash.model.want.grep.is_none(), "a closed list is no longer searched for");
    dash.keys("<C-g>");
    assert!(dash.text().contains("ended after 1"), "{}", dash.text());
    // What comes too late is of no search any more.
    let late = GrepReading { id: 99, hits: vec![hit("x", 1, "y", 0)], searched: 5, unread: 0, is_over: true };
    dash.send(Message::Read(Reading::Grep(late)));
    assert_eq!(dash.model.grep.search.as_ref().unwrap().hits.len(), 1);
}

#[test]
fn enter_reads_the_log_at_the_line_that_was_found() {
    let mut dash = dash();
    dash.keys("<esc>");
    let other = dash.model.want.grep.is_none() && dash.selected() != "chase-l2_1MiB";
    dash.keys("<C-g>/<C-u>warn<enter>");
    answer(
        &mut dash,
        vec![hit("gone", 1, "m5out/simout.txt", 0), hit("chase-l2_1MiB", 2, "m5out/system.terminal", 40)],
        true,
    );
    dash.keys("<enter>");
    assert!(matches!(dash.model.overlay, Some(Overlay::Grep)), "what is in no list cannot be gone to");
    dash.keys("j<enter>");
    assert!(dash.model.overlay.is_none() && other);
    assert_eq!((dash.selected(), dash.model.focus, dash.model.tab), ("chase-l2_1MiB", Focus::Detail, Tab::Log));
    assert_eq!(dash.model.log.choice, LogFileChoice::Other(PathBuf::from("m5out/system.terminal")));
    assert_eq!(dash.model.log.top, Top::At { offset: 40, row: 0 });
    assert_eq!(dash.model.log.search.as_ref().unwrap().found, Found::Line(40), "`n` goes on from there");
}

#[test]
fn the_simulations_of_the_list_can_be_marked() {
    let mut dash = dash();
    answer(&mut dash, vec![hit("chase-l2_1MiB", 2, "m5out/simout.txt", 0)], true);
    dash.keys("<space>");
    let id = dash.model.list.named("chase-l2_1MiB").unwrap();
    assert!(dash.model.list.marked.iter().eq([&id]) && dash.model.focus == Focus::List);
}

#[test]
fn a_search_without_a_match_says_so() {
    let mut dash = dash();
    answer(&mut dash, Vec::new(), true);
    assert!(dash.text().contains("No line matches"), "{}", dash.text());
    dash.keys("<esc>");
    assert!(dash.model.overlay.is_none());
}
