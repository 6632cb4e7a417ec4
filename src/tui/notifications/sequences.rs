//! What a terminal is sent: control sequences of xterm ("Operating System Commands" in `ctlseqs`) and of those that
//! came after it.

use super::{Progress, Way};
use crate::text::Safe;

/// Keeps the title of the window, and gives it back (XTWINOPS 22 and 23).
pub(crate) const SAVE_TITLE: &str = "\x1b[22;2t";
/// Gives the title back that was kept.
pub(crate) const RESTORE_TITLE: &str = "\x1b[23;2t";

/// So many characters of a text are sent: a terminal may keep only so much of a sequence and show the rest.
const MOST: usize = 200;

/// Sets the title of the window.
pub(crate) fn title(title: &Safe) -> String {
    format!("\x1b]2;{}\x1b\\", short(title))
}

/// Shows how far something is, or nothing any more: OSC 9;4 of `ConEmu`.
pub(crate) fn progress(progress: Option<Progress>) -> String {
    let (state, percent) = match progress {
        None => (0, 0),
        Some(Progress::Going(percent)) => (1, percent),
        Some(Progress::WithFailures(percent)) => (2, percent),
        Some(Progress::Paused(percent)) => (4, percent),
    };
    format!("\x1b]9;4;{state};{percent}\x1b\\")
}

/// Calls somebody by all these ways.
pub(crate) fn call(by: &[Way], text: &Safe) -> String {
    let text = short(text);
    let one = |way: &Way| match way {
        Way::Bell => "\x07".to_owned(),
        // What begins with a number and a `;` is another command of ConEmu's, such as progress.
        Way::Osc9 => format!("\x1b]9;gem5-tui: {text}\x1b\\"),
        Way::Osc777 => format!("\x1b]777;notify;gem5-tui;{}\x1b\\", text.replace(';', ",")),
    };
    by.iter().map(one).collect()
}

fn short(text: &Safe) -> String {
    text.chars().take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_stranger_stays_inside_its_sequence() {
        let text = Safe::line("4;1;50\u{1b}\\;\u{7}\u{9c}x");
        for way in Way::ALL.into_iter().filter(|way| *way != Way::Bell) {
            let sent = call(&[way], &text);
            let inside = sent.strip_prefix("\x1b]").and_then(|rest| rest.strip_suffix("\x1b\\")).unwrap_or_default();
            assert!(!inside.is_empty() && inside.chars().all(|c| !c.is_control()), "{sent:?}");
        }
        assert_eq!(call(&[Way::Osc777], &Safe::plain("a;b")).matches(';').count(), 3);
        assert!(!call(&[Way::Osc9], &text).starts_with("\x1b]9;4"), "it would be progress");
        assert!(title(&Safe::line(&"x".repeat(10_000))).len() < 300);
    }

    #[test]
    fn all_ways_are_used_one_after_the_other() {
        let sent = call(&Way::ALL, &Safe::plain("done"));
        assert_eq!(sent, "\x07\x1b]9;gem5-tui: done\x1b\\\x1b]777;notify;gem5-tui;done\x1b\\");
        assert_eq!(progress(Some(Progress::WithFailures(7))), "\x1b]9;4;2;7\x1b\\");
        assert_eq!(progress(None), "\x1b]9;4;0;0\x1b\\");
    }
}
