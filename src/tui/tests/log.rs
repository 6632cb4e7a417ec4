//! Reading a log: searching both ways, counting what matches, warnings, columns, and the signs at lines that are cut.

use super::fixture::Dash;
use crate::tui::reading::{Reading, Sought, TallyReading, Top};
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
