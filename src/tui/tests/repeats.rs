//! Lines of a log that repeat: one row with their count, and what finds, marks and copies them.

use super::fixture::Dash;
use crate::tui::reading::{Fold, LogLine, Reading, Top};
use crate::tui::update::{Command, Message};

/// A dashboard that shows the log alone.
fn dash(text: &str) -> Dash {
    let mut dash = Dash::running(120, 40);
    dash.keys("<enter>");
    dash.read_log(text);
    dash
}

/// A log with two hundred and fourteen lines that are the same, between others.
fn repeats() -> String {
    format!("begin\n{}{}", "warn: again\n".repeat(214), others())
}

fn others() -> String {
    (1..=100).fold(String::new(), |text, n| format!("{text}text {n}\n"))
}

/// Answers what is wanted with this log, folded as the reader folds it.
fn read_folded(dash: &mut Dash, text: &str) {
    let mut reading = dash.log(text).unwrap();
    let mut rows: Vec<LogLine> = Vec::new();
    for line in reading.lines.drain(..) {
        match rows.last_mut().filter(|row| row.line == line.line) {
            Some(row) => {
                let lines = row.fold.map_or(2, |fold| fold.lines + 1);
                row.fold = Some(Fold { lines, last: line.offset, goes_on: false });
            }
            None => rows.push(line),
        }
    }
    reading.lines = rows;
    dash.send(Message::Read(Reading::Log(reading)));
}

fn row(dash: &Dash, at: usize) -> String {
    dash.text().lines().nth(at).unwrap().to_owned()
}

fn folds(dash: &Dash) -> bool {
    dash.model.want.log.clone().expect("a log").folds
}

/// A dashboard that shows the log with lines that repeat, from its beginning.
fn folded() -> Dash {
    let mut dash = dash(&repeats());
    dash.keys("g");
    read_folded(&mut dash, &repeats());
    dash
}

#[test]
fn lines_that_repeat_are_one_row_with_their_count_and_the_next_row_has_its_own_number() {
    let mut dash = folded();
    assert!(row(&dash, 3).starts_with("│warn: again ×214 "), "{}", dash.text());
    assert!(row(&dash, 4).starts_with("│text 1 "), "{}", dash.text());
    dash.keys("j");
    assert!(dash.text().contains("line 2 of 315"), "{}", dash.text());
    dash.keys("j");
    assert!(dash.text().contains("line 216 of 315"), "{}", dash.text());
    dash.model.theme.unicode = false;
    dash.keys("g");
    read_folded(&mut dash, &repeats());
    assert!(row(&dash, 3).contains("warn: again x214 "), "{}", dash.text());
}

#[test]
fn the_count_of_a_line_that_is_cut_is_seen_and_all_of_a_line_that_is_wrapped() {
    let text = format!("{}\n", "ж".repeat(300)).repeat(1214);
    let mut dash = dash(&text);
    dash.keys("g");
    read_folded(&mut dash, &text);
    assert!(row(&dash, 2).ends_with("жжж ×1,214…"), "{}", row(&dash, 2));
    dash.keys("$");
    assert!(row(&dash, 2).ends_with("жжж ×1,214│"), "{}", row(&dash, 2));
    dash.keys("w");
    let shown = dash.text();
    assert!(shown.matches('ж').count() == 300 && shown.contains("жжж ×1,214 "), "{shown}");
}

#[test]
fn a_key_shows_repeats_one_by_one_and_folds_them_again_and_a_filter_folds_none() {
    let mut dash = folded();
    assert!(folds(&dash));
    dash.keys("u");
    assert!(!folds(&dash) && dash.text().contains("every line is shown"), "{}", dash.text());
    dash.keys("u");
    assert!(folds(&dash) && dash.text().contains("lines that repeat are folded"), "{}", dash.text());
    dash.keys("&warn<enter>");
    assert!(!folds(&dash), "lines that match need not stand together");
    dash.keys("u&<enter>");
    assert!(folds(&dash), "a key that can do nothing changes nothing");
}

#[test]
fn what_is_found_among_repeats_is_their_row_and_the_next_search_leaves_it() {
    let mut dash = folded();
    let (first, last) = (6, 6 + 213 * 12);
    for (keys, forward) in [("/again$<enter>", true), ("\\again$<enter>", false)] {
        dash.keys(keys);
        let (id, _) = dash.searched();
        dash.found(id, Some(first + 100 * 12));
        assert_eq!(dash.model.log.top, Top::At { offset: 0, row: 0 });
        dash.keys("n");
        let (id, search) = dash.searched();
        assert_eq!((search.from, search.after, search.forward), (if forward { last } else { first }, true, forward));
        dash.found(id, None);
    }
    dash.keys("}");
    let (id, _) = dash.searched();
    dash.found(id, Some(first + 12));
    dash.keys("}");
    let (_, search) = dash.searched();
    assert_eq!((search.from, search.after), (last, true));
}

#[test]
fn a_match_is_marked_up_to_the_end_of_the_line_and_not_in_the_count_behind_it() {
    let mut dash = folded();
    let style = |dash: &Dash, x| dash.draw()[(x, 3)].style();
    let (text, count) = (style(&dash, 7), style(&dash, 15));
    dash.keys("/again$<enter>");
    assert_ne!(style(&dash, 7), text);
    assert_eq!(style(&dash, 15), count);
    dash.keys("/214<enter>");
    assert_eq!(style(&dash, 15), count);
}

#[test]
fn a_line_among_repeats_that_is_gone_to_is_seen_as_their_row() {
    let mut dash = folded();
    dash.keys(":120<enter>");
    let id = dash.model.log.seeking.as_ref().expect("it looks for a line").seek.id;
    let text = repeats();
    dash.found(id, Some(6 + 118 * 12));
    assert_eq!(dash.model.log.top, Top::At { offset: 6, row: 0 });
    assert!(row(&dash, 2).contains("×214"), "{}", dash.text());
    // A mark and a copy are about the row, whose count is none of its text.
    dash.keys("maggy");
    assert!(
        matches!(dash.commands.last(), Some(Command::Copy(text)) if *text == *"warn: again"),
        "{:?}",
        dash.commands.last()
    );
    dash.keys("jjjj'a");
    assert_eq!(dash.model.log.top, Top::At { offset: 6, row: 0 });
    // Also where that line itself was the top, from when each was shown.
    dash.model.log.top = Top::At { offset: 6 + 118 * 12, row: 0 };
    read_folded(&mut dash, &text);
    assert!(row(&dash, 2).contains("×214"), "{}", dash.text());
}
