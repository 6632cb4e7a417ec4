//! The log for a file, and for a program.

use super::fixture::Dash;
use crate::tui::update::Command;

fn dash() -> Dash {
    let mut dash = Dash::running(120, 40);
    dash.keys("<enter>");
    dash.read_log("one\ntwo warn\n");
    dash
}

#[test]
fn the_log_goes_into_a_file_that_is_named_by_what_it_is_of() {
    let mut dash = dash();
    dash.keys("x<enter>");
    let path = dash.model.want.log.clone().expect("a log is shown").path;
    match dash.commands.last() {
        Some(Command::SaveLog { log, to }) => {
            assert!(log.path == path && log.filter.is_none());
            assert_eq!(to.to_str(), Some("stream-l2_8MiB-attempt-1-simout.txt"));
        }
        other => panic!("{other:?}"),
    }
    dash.keys("&warn<enter>x<C-u>here.txt<enter>");
    let saved = |command: &Command| matches!(command, Command::SaveLog { log, to } if log.filter.is_some() && to.ends_with("here.txt"));
    assert!(dash.commands.iter().any(saved), "what a filter hides is not written");
}

#[test]
fn a_program_gets_its_words_and_no_shell_is_in_between() {
    let mut dash = dash();
    dash.keys("|grep -c 'a b'<enter>");
    match dash.commands.last() {
        Some(Command::PipeLog { argv, .. }) => assert_eq!(argv[..], ["grep", "-c", "a b"]),
        other => panic!("{other:?}"),
    }
    let asked = dash.commands.len();
    for (typed, told) in [("|sort | uniq -c<enter>", "sh -c"), ("|grep 'a<enter>", "quote")] {
        dash.keys(typed);
        assert!(dash.text().contains(told), "{}", dash.text());
        assert!(dash.model.prompt().is_some(), "what was typed can be mended");
        dash.keys("<esc>");
    }
    assert!(!dash.commands[asked..].iter().any(|command| matches!(command, Command::PipeLog { .. })));
}

#[test]
fn without_a_log_or_a_name_nothing_is_done() {
    let mut dash = Dash::running(120, 40);
    dash.model.log.reading = None;
    dash.keys("<tab>1x");
    assert!(dash.model.prompt().is_none() && dash.text().contains("there is no log here"), "{}", dash.text());
    let mut dash = self::dash();
    dash.keys("x<C-u><enter>|<enter>");
    let does = |command: &Command| matches!(command, Command::SaveLog { .. } | Command::PipeLog { .. });
    assert!(!dash.commands.iter().any(does));
}
