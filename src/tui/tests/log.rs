//! Reading a log: searching both ways, counting what matches, warnings, columns, and the signs at lines that are cut.

use super::fixture::Dash;
use crate::tui::reading::{FilterReading, FilterWant, Reading, Sought, TallyReading, Top};
use crate::tui::update::{Command, Message};

/// A dashboard that shows the log alone.
fn dash(text: &str) -> Dash {
    let mut dash = Dash::running(120, 40);
    dash.keys("<enter>");
    dash.read_log(text);
    dash
}

fn lines(count: usize) -> String {
    (1..=count).fold(String::new(), |text, n| format!("{text}text {n}\n"))
}

#[test]
fn a_search_towards_the_beginning_starts_at_the_end_and_goes_on_that_way() {
    let text = lines(200);
    let mut dash = dash(&text);
    dash.keys("\\text 1.0<enter>");
    let (id, search) = dash.searched();
    assert_eq!((search.from, search.forward), (text.len() as u64, false));
    dash.found(id, Some(40));
    dash.keys("n");
    let (_, search) = dash.searched();
    assert_eq!((search.from, search.forward, search.after), (40, false, true));
    dash.keys("N");
    assert!(dash.searched().1.forward);
    assert!(dash.text().contains("\\text 1.0"), "{}", dash.text());
}

#[test]
fn a_text_can_be_taken_literally() {
    let mut dash = dash(&lines(20));
    dash.keys("/a.c<C-r><enter>");
    let (_, search) = dash.searched();
    assert!(search.pattern.find(b"abc", 0).is_none() && search.pattern.find(b"xa.c", 0).is_some());
}

#[test]
fn it_is_told_how_many_lines_match_and_which_of_them_was_found() {
    let mut dash = dash(&lines(200));
    dash.keys("/text<enter>");
    let (id, _) = dash.searched();
    dash.found(id, Some(7));
    let want = dash.model.want.log.clone().and_then(|log| log.tally).expect("a count");
    assert_eq!(want.at, Some(7));
    let mut tell = |place, is_all| {
        dash.send(Message::Read(Reading::Tally(TallyReading { id: want.id, lines: 1500, is_all, place })));
        dash.text()
    };
    assert!(tell(None, false).contains("/text 1,500+ "));
    assert!(tell(Some((7, 2)), true).contains("/text 3/1,500 "));
    // The place of a line that was found before is not that of this one.
    let shown = tell(Some((8, 2)), true);
    assert!(shown.contains("/text 1,500 "), "{shown}");
}

#[test]
fn the_next_warning_is_looked_for_from_the_line_that_a_search_has_found() {
    let mut dash = dash(&lines(200));
    dash.keys("/line<enter>");
    let (id, _) = dash.searched();
    let offset = lines(9).len() as u64;
    dash.found(id, Some(offset));
    dash.keys("}");
    let Some(Sought::Match(search)) = dash.model.log.seeking.as_ref().map(|seeking| seeking.seek.sought.clone()) else {
        panic!("it looks for nothing")
    };
    assert_eq!((search.only_severe, search.from, search.after), (true, offset, true));
}

#[test]
fn warnings_are_gone_to_without_a_search() {
    let mut dash = dash(&lines(200));
    dash.keys("}");
    let Some(Sought::Match(search)) = dash.model.log.seeking.as_ref().map(|seeking| seeking.seek.sought.clone()) else {
        panic!("it looks for nothing")
    };
    assert!(search.only_severe && search.forward);
    let (id, _) = dash.searched();
    let offset = lines(9).len() as u64;
    dash.found(id, Some(offset));
    assert_eq!(dash.model.log.pointed, Some(offset));
    assert!(dash.model.log.search.is_none(), "nothing was searched for");
    dash.keys("}");
    let (id, search) = dash.searched();
    assert_eq!((search.from, search.after), (offset, true));
    dash.found(id, None);
    assert!(dash.text().contains("nothing here warns"), "{}", dash.text());
}

#[test]
fn a_row_that_is_not_a_whole_line_has_a_sign_in_the_frame() {
    let long = format!("{}END\nshort\n", "x".repeat(300));
    let mut dash = dash(&long);
    let row = |dash: &Dash, at: usize| dash.text().lines().nth(at).unwrap().to_owned();
    assert!(row(&dash, 2).starts_with("│xxx") && row(&dash, 2).ends_with('…'), "{}", row(&dash, 2));
    assert!(row(&dash, 3).starts_with("│short") && row(&dash, 3).ends_with('│'));
    dash.keys("$");
    assert!(row(&dash, 2).starts_with('…') && row(&dash, 2).ends_with("END│"), "{}", row(&dash, 2));
    dash.keys("0");
    assert_eq!(dash.model.log.column, 0);
    dash.keys("w");
    assert!(row(&dash, 2).starts_with("│xxx") && row(&dash, 3).starts_with("↪xxx"), "{}", dash.text());
    dash.model.theme.unicode = false;
    assert!(row(&dash, 3).starts_with(">xxx"), "{}", dash.text());
}

#[test]
fn the_editor_opens_at_the_line_that_is_looked_at() {
    let mut dash = dash(&lines(200));
    let line = |dash: &Dash| match dash.commands.last() {
        Some(Command::OpenExternal { line, .. }) => *line,
        other => panic!("{other:?}"),
    };
    dash.keys("e");
    assert_eq!(line(&dash), Some(200));
    dash.keys("g");
    assert_eq!(dash.model.log.top, Top::At { offset: 0, row: 0 });
    dash.keys("e");
    assert_eq!(line(&dash), Some(1));
}

#[test]
fn a_tick_is_a_place() {
    let mut dash = dash(&lines(20));
    dash.keys(":@2_500<enter>");
    let seek = dash.model.want.log.clone().and_then(|log| log.seek).expect("it looks for a tick");
    assert!(matches!(seek.sought, Sought::Tick(2500)));
    assert!(dash.text().contains("tick 2,500 searching"), "{}", dash.text());
}

/// The filter that the reader was asked for.
fn filter_wanted(dash: &Dash) -> Option<FilterWant> {
    dash.model.want.log.clone().and_then(|log| log.filter)
}

/// Answers what is wanted with those of these lines that the filter lets through.
fn read_filtered(dash: &mut Dash, text: &str, part: Option<f64>) {
    let wanted = filter_wanted(dash).expect("a filter");
    let mut reading = dash.log(text).unwrap();
    for (at, line) in reading.lines.iter_mut().enumerate() {
        line.number = Some(at as u64 + 1);
    }
    reading.lines.retain(|line| wanted.pattern.find(line.line.plain().as_bytes(), 0).is_some());
    reading.filter = Some(FilterReading { id: wanted.id, part });
    reading.number = None;
    dash.send(Message::Read(Reading::Log(reading)));
}

#[test]
fn only_lines_that_match_are_shown_with_their_own_numbers_until_nothing_is_asked_for() {
    let text = lines(200);
    let mut dash = dash(&text);
    dash.keys("&text 1.0$<enter>");
    read_filtered(&mut dash, &text, None);
    let shown = dash.text();
    assert!(shown.contains("text 100\n") || shown.contains("text 100 "), "{shown}");
    assert!(!shown.contains("text 101") && shown.contains("&text 1.0$"), "{shown}");
    dash.keys("e");
    assert!(matches!(dash.commands.last(), Some(Command::OpenExternal { line: Some(190), .. })));
    // A reading of all lines that comes late is not that of the filter.
    dash.read_log(&text);
    assert!(!dash.text().contains("text 101"), "{}", dash.text());
    dash.keys("&<enter>");
    assert!(filter_wanted(&dash).is_none());
    dash.read_log(&text);
    assert!(dash.text().contains("text 200") && !dash.text().contains("&text"), "{}", dash.text());
}

#[test]
fn lines_that_do_not_match_are_shown_behind_an_exclamation_mark() {
    let mut dash = dash(&lines(200));
    dash.keys("&!text<enter>");
    let pattern = filter_wanted(&dash).unwrap().pattern;
    assert!(pattern.find(b"text 1", 0).is_none() && pattern.find(b"other", 0).is_some());
    // Whoever looks for the mark itself writes it as expressions do.
    dash.keys("&\\!text<enter>");
    let pattern = filter_wanted(&dash).unwrap().pattern;
    assert!(pattern.find(b"text 1", 0).is_none() && pattern.find(b"!text", 0).is_some());
    dash.keys("&a.c<C-r><enter>");
    let pattern = filter_wanted(&dash).unwrap().pattern;
    assert!(pattern.find(b"abc", 0).is_none() && pattern.find(b"a.c", 0).is_some());
}

#[test]
fn where_nothing_matches_it_is_told_how_far_that_is_known_and_how_to_see_all() {
    let text = lines(20);
    let mut dash = dash(&text);
    dash.keys("&nowhere<enter>");
    read_filtered(&mut dash, &text, Some(0.43));
    let shown = dash.text();
    assert!(shown.contains("No line so far matches `nowhere`") && shown.contains("searching 43%"), "{shown}");
    read_filtered(&mut dash, &text, None);
    let shown = dash.text();
    assert!(shown.contains("No line matches `nowhere`") && shown.contains("& and enter"), "{shown}");
    dash.keys("<esc>");
    assert!(filter_wanted(&dash).is_none(), "a step back shows all lines");
}

#[test]
fn a_search_and_its_count_are_about_the_lines_that_are_shown() {
    let text = lines(200);
    let mut dash = dash(&text);
    dash.keys("/text<enter>");
    let (id, _) = dash.searched();
    dash.found(id, Some(7));
    let before = dash.model.want.log.clone().and_then(|log| log.tally).unwrap().id;
    dash.keys("&1<enter>");
    let tally = dash.model.want.log.clone().and_then(|log| log.tally).unwrap();
    assert_ne!(tally.id, before, "what was counted among all lines is not this count");
    dash.keys("n");
    let (_, search) = dash.searched();
    for pattern in [&tally.pattern, &search.pattern] {
        assert!(pattern.find(b"text 2", 0).is_none() && pattern.find(b"text 1", 0).is_some());
    }
    dash.keys("}");
    let (_, search) = dash.searched();
    assert!(search.pattern.find(b"warn: 2", 0).is_none() && search.pattern.find(b"warn: 1", 0).is_some());
}

#[test]
fn how_many_lines_match_is_told_beside_the_filter_and_new_ones_are_counted_among_them() {
    let text = lines(200);
    let mut dash = dash(&text);
    dash.keys("&text<enter>");
    read_filtered(&mut dash, &text, None);
    let id = filter_wanted(&dash).unwrap().id;
    let tell = |dash: &mut Dash, lines| {
        dash.send(Message::Read(Reading::Tally(TallyReading { id, lines, is_all: true, place: None })));
    };
    tell(&mut dash, 1500);
    assert!(dash.text().contains("&text 1,500 "), "{}", dash.text());
    dash.keys("k");
    tell(&mut dash, 1502);
    assert!(dash.text().contains("+2 new"), "{}", dash.text());
}

#[test]
fn a_line_that_is_gone_to_from_elsewhere_is_not_hidden() {
    let mut dash = Dash::running(120, 40);
    dash.keys("<enter>&nothing<enter><esc>");
    assert!(filter_wanted(&dash).is_none());
    dash.keys("&nothing<enter>");
    dash.model.grep.going = Some(crate::tui::model::grep::Going {
        attempt: dash.model.want.attempt.clone().unwrap(),
        file: "m5out/simout.txt".into(),
        line: 0,
    });
    dash.send(Message::Tick);
    assert!(filter_wanted(&dash).is_none());
}

/// The name of the file that is read.
fn file(dash: &Dash) -> String {
    let path = dash.model.want.log.clone().expect("a log").path;
    path.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn an_output_is_chosen_by_a_few_letters_from_all_that_there_are() {
    let mut dash = dash(&lines(20));
    dash.keys("O");
    let shown = dash.text();
    for told in ["config.ini", "stats.txt", "1.2 MiB", "2026-11-22 18:48", "not written", "shown"] {
        assert!(shown.contains(told), "{told}\n{shown}");
    }
    dash.keys("sta<enter>");
    assert_eq!(file(&dash), "stats.txt");
    assert_eq!(dash.model.log.top, Top::At { offset: 0, row: 0 }, "a text that is no log is read from its beginning");
    dash.read_log(&lines(20));
    assert!(dash.text().contains("stats.txt 5/5"), "{}", dash.text());
    dash.keys("O<up><enter>");
    assert_eq!(file(&dash), "config.ini", "it opens on the one that is shown");
}

#[test]
fn words_that_no_output_has_can_be_changed_and_a_step_back_leaves_the_log_as_it_was() {
    let mut dash = dash(&lines(20));
    dash.keys("Ozzz<enter>");
    assert!(dash.text().contains("no output has these words"), "{}", dash.text());
    dash.keys("<esc>");
    assert!(dash.model.overlay.is_none());
    assert_eq!(file(&dash), "simout.txt");
    dash.keys("O<enter>");
    assert_eq!((file(&dash).as_str(), dash.model.log.top), ("simout.txt", Top::End));
}

#[test]
fn the_next_output_is_a_log_and_no_other_text() {
    let mut dash = dash(&lines(20));
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(file(&dash));
        dash.keys("o");
        dash.read_log(&lines(20));
    }
    assert_eq!(seen, ["simout.txt", "simerr.txt", "system.terminal", "simout.txt"]);
}
