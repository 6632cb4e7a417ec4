//! "Did you mean": the nearest known word, and words that other tools use.

use super::table::Row;

/// Names that are compared at most. More cost time, and a name that far down is found by looking.
const MAX_CANDIDATES: usize = 20_000;

/// The candidate that `word` is most likely a slip of, if one is near enough.
pub(super) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    // A third of the letters may be wrong, as compilers allow it.
    let allowed = (word.chars().count() / 3).max(1);
    let folded = word.to_lowercase().replace('-', "_");
    candidates
        .into_iter()
        .take(MAX_CANDIDATES)
        .filter(|candidate| candidate.len().abs_diff(word.len()) <= allowed)
        .map(|candidate| (strsim::osa_distance(&folded, &candidate.to_lowercase().replace('-', "_")), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

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
    fn slips_are_recognised_and_strangers_are_not() {
        let keys = ["matrix", "memory", "gem5_args", "env"];
        assert_eq!(nearest("matrx", keys), Some("matrix"));
        assert_eq!(nearest("Matrix", keys), Some("matrix"));
        assert_eq!(nearest("gem5-args", keys), Some("gem5_args"));
        assert_eq!(nearest("nev", keys), Some("env"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(synonym("depends-on", Section::Simulation.rows()), Some("needs"));
        assert_eq!(synonym("depends-on", Section::Defaults.rows()), None);
    }
}
