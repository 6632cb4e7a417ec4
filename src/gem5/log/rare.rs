//! The lines that may mean more than what they begin with, found in one pass over a line: logs have gigabytes, and nearly no
//! line is one of them.

use std::sync::LazyLock;

use regex::Regex;

use super::super::cause::telling_phrases;
use super::{outside, wrapper};

#[expect(clippy::unwrap_used, reason = "escaped words are a pattern")]
static SIGNS: LazyLock<Regex> = LazyLock::new(|| {
    let signs = telling_phrases().chain(outside::SIGNS).chain(wrapper::SIGNS);
    Regex::new(&signs.map(regex::escape).collect::<Vec<_>>().join("|")).unwrap()
});

/// Whether the line has a known cause of an end, or a word of an outsider or of a wrapper.
pub(super) fn is_rare(line: &str) -> bool {
    SIGNS.is_match(line)
}
