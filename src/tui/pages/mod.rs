//! Text that is read like a page: what is known of a simulation or of a stat, why it ended, the keys and signs.
//!
//! `view` draws the lines from an offset on, and `update` asks how many there are, because nobody can scroll without that. So they
//! are made here, below both. [`eta`] is a word that several of them have in common.
//!
//! The awkward truth: the whole page is made even where a part of it is visible. Pages are short.

pub(crate) mod about_stat;
pub(crate) mod cell;
pub(crate) mod eta;
pub(crate) mod group;
pub(crate) mod help;
pub(crate) mod info;
mod legend;
pub(crate) mod why;
