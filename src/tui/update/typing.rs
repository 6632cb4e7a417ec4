//! Asking for a line of text, which is typed into the footer.

use super::say::tell;
use crate::text::Safe;
use crate::tui::model::{Model, Overlay, Prompt, PromptCursor, PromptKind};

/// Asks for a text, of which a part may stand there already.
pub(super) fn ask_for(model: &mut Model, kind: PromptKind, before: String) {
    model.overlay = Some(Overlay::Prompt(prompt(kind, before)));
}

/// A text that is being typed, of which a part may stand there already.
pub(super) fn prompt(kind: PromptKind, before: String) -> Prompt {
    Prompt::new(kind, before, PromptCursor::Stays)
}

/// Puts another text into the prompt that is open.
pub(super) fn put(model: &mut Model, text: String) {
    if let Some(prompt) = model.prompt_mut() {
        prompt.input = tui_input::Input::new(text);
        prompt.completing = None;
    }
}

/// Says what is wrong, and lets the user go on typing: keys that follow must not become commands.
pub(super) fn ask_again(model: &mut Model, kind: PromptKind, text: &str, wrong: Safe) {
    tell(model, wrong, true);
    ask_for(model, kind, text.to_owned());
}
