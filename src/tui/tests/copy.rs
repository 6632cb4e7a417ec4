//! What is copied is what is before one's eyes.

use super::fixture::Dash;
use crate::text::Safe;
use crate::tui::update::Command;

/// A log of two hundred lines, in which a search has found line 150.
fn found() -> Dash {
    let mut dash = Dash::running(120, 40);
    let lines: Vec<String> = (0..200).map(|n| format!("line {n}\n")).collect();
    dash.keys("<enter>");
    dash.read_log(&lines.concat());
    dash.keys("g/150<enter>");
    let (id, _) = dash.searched();
    dash.found(id, Some(lines[..150].concat().len() as u64));
    dash
}

fn copied(dash: &mut Dash, keys: &str) -> Option<Safe> {
    dash.commands.clear();
    dash.keys(keys).keys("y");
    dash.commands.iter().find_map(|command| match command {
        Command::Copy(text) => Some(text.clone()),
        _ => None,
    })
}

#[test]
fn the_line_that_was_found_is_copied_as_long_as_it_is_on_the_screen() {
    let mut dash = found();
    for (keys, line) in [("", "line 150"), ("jjj", "line 150"), ("kkk", "line 150"), ("g", "line 0"), ("G", "line 199")]
    {
        assert_eq!(copied(&mut dash, keys).unwrap(), *line, "{keys}");
    }
    let mut dash = found();
    let first = dash.text().lines().position(|line| line.contains("line 150")).unwrap();
    let up = "j".repeat(first);
    let line = copied(&mut dash, &up).unwrap();
    assert!(!dash.text().contains("line 150") && dash.text().contains(line.as_str()), "{line}");
}
