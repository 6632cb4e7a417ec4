//! Going to a place in the log, and what is said of the place.

use super::fixture::Dash;
use crate::tui::model::Overlay;
use crate::tui::reading::{FoundReading, LogReading, Reading, Sought, Top};
use crate::tui::update::Message;

fn text(lines: usize) -> String {
    (1..=lines).map(|n| format!("text {n}")).collect::<Vec<_>>().join("\n") + "\n"
}

/// A dashboard on a log of 200 lines, which is followed.
fn dash() -> Dash {
    let mut dash = Dash::running(120, 40);
    dash.keys("<enter>");
    dash.read_log(&text(200));
    dash
}

/// What the dashboard looks for, and the number of that.
fn sought(dash: &Dash) -> Option<(u64, Sought)> {
    dash.model.want.log.clone()?.seek.map(|seek| (seek.id, seek.sought))
}

fn answer(dash: &mut Dash, id: u64, line: Option<u64>, around: Option<LogReading>) {
    let around = around.map(Box::new);
    dash.send(Message::Read(Reading::Found(FoundReading { id, line, wrapped: false, around })));
}

/// The lower edge of the log.
fn edge(dash: &Dash) -> String {
    let shown = dash.text();
    shown.lines().find(|line| line.contains("simout.txt ─")).unwrap_or(&shown).to_owned()
}

#[test]
fn a_line_is_gone_to_by_its_number() {
    let mut dash = dash();
    dash.keys(":120<enter>");
    let Some((id, Sought::Line(120))) = sought(&dash) else { panic!("{:?}", sought(&dash)) };
    let offset = text(119).len() as u64;
    let around = dash.log(&text(200));
    answer(&mut dash, id, Some(offset), around);
    assert_eq!(dash.model.log.top, Top::At { offset, row: 0 });
    assert_eq!(dash.model.log.pointed, Some(offset));
    assert!(dash.text().lines().nth(2).unwrap().contains("text 120 "), "{}", dash.text());
    assert!(edge(&dash).contains("line 120 of 200"), "{}", edge(&dash));
    assert!(sought(&dash).is_none(), "it is not looked for any more");
}

#[test]
fn a_part_and_a_byte_are_places_too() {
    let mut dash = dash();
    dash.keys(":50%<enter>");
    let half = text(200).len() as u64 / 2;
    assert!(matches!(sought(&dash), Some((_, Sought::Byte(offset))) if offset == half));
    dash.keys(":1KiB<enter>");
    assert!(matches!(sought(&dash), Some((_, Sought::Byte(1024)))));
}

#[test]
fn a_line_that_is_not_counted_yet_is_waited_for_and_can_be_given_up() {
    let mut dash = dash();
    dash.keys(":1,000,000<enter>");
    let (id, _) = sought(&dash).unwrap();
    assert!(edge(&dash).contains("line 1,000,000 counting "), "{}", edge(&dash));
    dash.send(Message::Read(Reading::Seeking { id, part: 0.429 }));
    assert!(edge(&dash).contains("line 1,000,000 counting 42% "), "{}", edge(&dash));
    let before = dash.model.log.top;
    dash.keys("<esc>");
    assert!(sought(&dash).is_none() && !edge(&dash).contains("counting"));
    assert!(dash.model.zoomed, "one step back is one step");
    // What comes too late changes nothing.
    answer(&mut dash, id, Some(0), None);
    assert_eq!(dash.model.log.top, before);
}

#[test]
fn a_place_behind_the_end_is_the_end_and_that_is_said() {
    let mut dash = dash();
    dash.keys(":300<enter>");
    let (id, _) = sought(&dash).unwrap();
    let around = dash.log(&text(200));
    answer(&mut dash, id, Some(text(199).len() as u64), around);
    assert!(dash.text().contains("text 200 ") && dash.text().contains("the log has only 200 lines"), "{}", dash.text());
}

#[test]
fn what_is_no_place_can_be_corrected() {
    let mut dash = dash();
    dash.keys(":12x<enter>");
    assert!(matches!(&dash.model.overlay, Some(Overlay::Palette(palette)) if palette.prompt.input.value() == "12x"));
    dash.keys("<bs><enter>");
    assert!(matches!(sought(&dash), Some((_, Sought::Line(12)))));
}

#[test]
fn another_place_or_file_ends_a_search() {
    let mut dash = dash();
    dash.keys("/text<enter>:7<enter>");
    assert!(matches!(sought(&dash), Some((2, Sought::Line(7)))));
    assert!(!edge(&dash).contains("not found"), "nobody knows: {}", edge(&dash));
    dash.keys("o");
    assert!(sought(&dash).is_none());
}

#[test]
fn the_number_of_a_line_is_told_only_where_it_is_known() {
    let mut dash = dash();
    dash.keys("g");
    assert!(edge(&dash).contains("line 1 of 200 · 0%"), "{}", edge(&dash));
    let mut reading = dash.log(&text(200)).unwrap();
    (reading.number, reading.counted, reading.all_counted) = (None, 70, false);
    dash.send(Message::Read(Reading::Log(reading)));
    assert!(edge(&dash).contains("line ? of 70+ · 0%"), "{}", edge(&dash));
    // Lines that go on from the one before have its number.
    let mut reading = dash.log(&text(200)).unwrap();
    reading.number = Some(1000);
    reading.lines[1].continues = true;
    dash.send(Message::Read(Reading::Log(reading)));
    dash.keys("jj");
    assert!(edge(&dash).contains("line 1,001 of"), "{}", edge(&dash));
}
