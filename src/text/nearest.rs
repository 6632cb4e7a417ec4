//! "Did you mean": the known word that a mistyped one most likely stands for.

/// Words that are compared at most. More cost time, and a name that far down is found by looking.
const MAX_CANDIDATES: usize = 20_000;

/// The candidate that `word` is most likely a slip of, if one is near enough; the first of several that are equally near.
///
/// A third of the letters may be wrong, as compilers allow it. Case and the difference between `-` and `_` cost nothing.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let length = word.chars().count();
    let allowed = (length / 3).max(1);
    let folded = fold(word);
    candidates
        .into_iter()
        .take(MAX_CANDIDATES)
        // A difference in length costs as much, and is cheaper to tell.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= allowed)
        .map(|candidate| (strsim::osa_distance(&folded, &fold(candidate)), candidate))
        // A word of which nothing is right is no slip of another one, however short both are.
        .filter(|(distance, _)| *distance <= allowed && *distance < length)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn fold(word: &str) -> String {
    word.to_lowercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let keys = ["matrix", "memory", "gem5_args", "env"];
        assert_eq!(nearest("matrx", keys), Some("matrix"));
        assert_eq!(nearest("Matrix", keys), Some("matrix"));
        assert_eq!(nearest("gem5-args", keys), Some("gem5_args"));
        assert_eq!(nearest("nev", keys), Some("env"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!((nearest("d", ["a", "b"]), nearest("A", ["a", "b"])), (None, Some("a")));
    }

    #[test]
    fn the_nearest_of_many_names_that_look_alike_is_told() {
        let names = ["stream-l2_256KiB", "stream-l2_1MiB", "chase-l2_1MiB"];
        assert_eq!(nearest("strem-l2_1MiB", names), Some("stream-l2_1MiB"));
        assert_eq!(nearest("stream_l2_256kib", names), Some("stream-l2_256KiB"));
        assert_eq!(nearest("stream", names), None);
    }

    #[test]
    fn letters_are_counted_and_not_bytes() {
        assert_eq!(nearest("größe", ["grösse"]), None);
        assert_eq!(nearest("größer", ["grösser"]), Some("grösser"));
        assert_eq!(nearest("日本", ["日本語"]), Some("日本語"));
    }
}
