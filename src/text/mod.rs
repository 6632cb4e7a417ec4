//! Text for people: the one way from foreign bytes to a terminal.
//!
//! Names, paths, error messages and log lines come from strangers, and a terminal obeys what it is sent. [`Safe`] is
//! the only type that this crate writes to a screen or a pipe: whoever holds one holds no control character, no
//! escape sequence and no character that reorders or hides its neighbours. [`log_line`] does the same for a line of
//! a log and keeps its colours beside the text instead of in it. The rest measures and formats: [`width`] in
//! terminal columns, [`human`] for numbers and spans, `natural` for order, [`nearest`] for slips, [`shell`] for command
//! lines, [`json`]; `excerpt` keeps the beginning of what has no bound.
//!
//! The awkward truth: terminals do not agree on how wide a character is. Widths here are sums over grapheme clusters
//! as the drawing library adds them, so borders stay straight there even where one glyph is not.

pub(crate) mod excerpt;
pub mod human;
pub mod json;
pub(crate) mod natural;
mod nearest;
mod safe;
pub mod shell;
mod styled;
pub mod width;

pub use nearest::{nearest, slips};
pub use safe::{Safe, safe_error};
pub use styled::{Colour, SpanStyle, StyledLine, StyledSpan, log_line};
