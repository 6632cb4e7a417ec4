//! The log for somebody else: into a file, or to a program. Part of `update`.

use super::say::{Command, tell};
use super::{typing, want};
use crate::text::Safe;
use crate::tui::actions::Action;
use crate::tui::model::{Model, PromptKind};
use crate::tui::reading::LogText;

/// Words that only a shell understands.
const OF_A_SHELL: [&str; 9] = ["|", "||", "&", "&&", ";", "<", ">", ">>", "2>&1"];

/// Asks where to write it, or what shall read it.
pub(super) fn ask(model: &mut Model, action: Action) {
    if shown(model).is_none() {
        return tell(model, Safe::plain("there is no log here"), true);
    }
    match action {
        Action::SaveLog => {
            let name = proposed(model);
            typing::ask_for(model, PromptKind::SaveLog, name);
        }
        _ => typing::ask_for(model, PromptKind::PipeLog, String::new()),
    }
}

/// What is shown: of a log whose lines are filtered those that match.
fn shown(model: &Model) -> Option<LogText> {
    // Nothing is known of a file before it was looked at once.
    model.log.reading.as_ref().filter(|reading| reading.bytes > 0)?;
    let filter = model.log.filter.as_ref().map(|filter| filter.pattern.clone());
    Some(LogText { path: want::log_path(model)?, filter })
}

/// A name for the file that says whose log it is.
fn proposed(model: &Model) -> String {
    let simulation = model.selected().map_or("", |row| row.view.name.as_str());
    let attempt = model.shown_attempt().map_or(0, |attempt| attempt.number);
    let path = want::log_path(model).unwrap_or_default();
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let kept = |c: char| if c.is_ascii_alphanumeric() || "-_.=".contains(c) { c } else { '_' };
    format!("{simulation}-attempt-{attempt}-{file}").chars().map(kept).collect()
}

/// Takes what was typed.
pub(super) fn accept(model: &mut Model, kind: PromptKind, text: &str, commands: &mut Vec<Command>) {
    let text = text.trim();
    let Some(log) = shown(model).filter(|_| !text.is_empty()) else {
        return tell(model, Safe::plain("nothing was done"), true);
    };
    if kind == PromptKind::SaveLog {
        tell(model, Safe::line(&format!("writing {text}")), false);
        return commands.push(Command::SaveLog { log, to: text.into() });
    }
    let Some(argv) = shlex::split(text).filter(|argv| !argv.is_empty()) else {
        return typing::ask_again(model, kind, text, Safe::plain("this is no command line: a quote is not closed"));
    };
    if let Some(word) = argv.iter().find(|word| OF_A_SHELL.contains(&word.as_str())) {
        let wrong = format!("no shell is in between, so `{word}` would be a word of the program: try sh -c '...'");
        return typing::ask_again(model, kind, text, Safe::line(&wrong));
    }
    commands.push(Command::PipeLog { log, argv });
}
