//! Words that other tools use for our keys.

use super::table::Row;

/// The key whose row says that other tools call it `word`.
pub(super) fn synonym<'r>(word: &str, rows: impl IntoIterator<Item = &'r Row>) -> Option<&'static str> {
    let folded = word.to_lowercase().replace('-', "_");
    rows.into_iter().find(|row| row.also.contains(&folded.as_str())).map(|row| row.key)
}

#[cfg(test)]
mod tests {
    use super::super::table::Section;
    use super::*;

    #[test]
    fn a_word_of_another_tool_is_known_where_its_key_may_stand() {
        assert_eq!(synonym("depends-on", Section::Simulation.rows()), Some("needs"));
        assert_eq!(synonym("depends-on", Section::Defaults.rows()), None);
    }
}
