//! How much is kept of a line that anybody may have written.

/// The longest text that is kept of a line, in bytes.
const MAX_TEXT: usize = 1024;

/// A copy of what is kept.
pub(super) fn clip(text: &str) -> String {
    clipped(text).to_owned()
}

/// What is kept.
pub(super) fn clipped(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT)]
}
