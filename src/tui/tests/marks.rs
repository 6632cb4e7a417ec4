//! Letters for lines of a log, and copying what is between them.

use super::fixture::Dash;
use crate::text::Safe;
use crate::tui::reading::{CopyReading, CopyWant, Reading, Top};
use crate::tui::update::{Command, Message};

/// A log of two hundred lines, shown alone from its beginning.
fn dash() -> Dash {
    let mut dash = Dash::running(120, 40);
    dash.keys("<enter>");
    dash.read_log(&text());
    dash.keys("g");
    dash
}

fn text() -> String {
    (0..200).map(|n| format!("line {n:03}")).collect::<Vec<_>>().join("\n") + "\n"
}

fn top(dash: &Dash) -> u64 {
    match dash.model.log.top {
        Top::At { offset, .. } => offset / 9,
        Top::End => panic!("it follows"),
    }
}

fn copying(dash: &Dash) -> Option<CopyWant> {
    dash.model.want.log.clone().and_then(|log| log.copy)
}

#[test]
fn a_marked_line_is_gone_back_to_and_so_is_the_place_before() {
    let mut dash = dash();
    dash.keys("<C-d>ma");
    let marked = top(&dash);
    dash.keys("<C-d><C-d>");
    let left = top(&dash);
    dash.keys("'a");
    assert_eq!(top(&dash), marked);
    dash.keys("''");
    assert_eq!(top(&dash), left);
    dash.keys("'z");
    assert!(dash.text().contains("no line of this file is marked z; marked: ' a"), "{}", dash.text());
}

#[test]
fn marks_are_those_of_their_file() {
    let mut dash = dash();
    dash.keys("<C-d>mao");
    dash.read_log(&text());
    dash.keys("g'a");
    assert!(dash.text().contains("no line of this file is marked a"), "{}", dash.text());
}

#[test]
fn a_letter_that_is_waited_for_is_no_other_key() {
    let mut dash = dash();
    dash.keys("mc");
    assert!(dash.model.overlay.is_none() && dash.requests().is_empty());
    dash.keys("m<esc>");
    assert!(dash.model.zoomed, "it only ends the wait");
    dash.keys("m1");
    assert!(dash.text().contains("a mark is a letter"), "{}", dash.text());
}

#[test]
fn all_from_a_mark_to_the_line_that_is_looked_at_is_copied_once_it_has_been_read() {
    let mut dash = dash();
    dash.keys("ma<C-d>Ya");
    let wanted = copying(&dash).expect("a range");
    assert_eq!((wanted.first, wanted.last / 9), (0, top(&dash)));
    let read = |dash: &mut Dash, id, text| dash.send(Message::Read(Reading::Copied(CopyReading { id, text })));
    read(&mut dash, wanted.id + 1, Ok((Safe::plain("of another one"), 1)));
    assert!(copying(&dash).is_some());
    read(&mut dash, wanted.id, Ok((Safe::plain("all of it"), 18)));
    assert!(copying(&dash).is_none() && dash.text().contains("18 lines sent"), "{}", dash.text());
    let copies = dash.commands.iter().filter(|command| matches!(command, Command::Copy(text) if *text == *"all of it"));
    assert_eq!(copies.count(), 1);
    // Upwards it is the same.
    dash.keys("mbgYb");
    let wanted = copying(&dash).expect("a range");
    assert!(wanted.first == 0 && wanted.last > 0);
}
