//! The text of what is read like a page.

pub mod eta;
pub mod help;
pub mod info;
pub mod why;
