//! "Did you mean": the known word that a mistyped one most likely stands for.

/// Words that are compared at most. More cost time, and a name that far down is found by looking.
const MAX_CANDIDATES: usize = 20_000;

/// The candidate that `word` is most likely a slip of, if one is near enough; the first of several that are equally near.
///
/// A third of the letters may be wrong, as compilers allow it. Case and the difference between `-` and `_` cost nothing.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let of = candidates.into_iter().take(MAX_CANDIDATES);
    of.filter_map(|candidate| Some((slips(word, candidate)?, candidate)))
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, of)| of)
}

/// How many slips make `candidate` of `word`, if so few that it is most likely what is meant.
pub fn slips(word: &str, candidate: &str) -> Option<usize> {
    if word == candidate {
        return Some(0);
    }
    let length = word.chars().count();
    let allowed = (length / 3).max(1);
    // A difference in length costs as much, and is cheaper to tell.
    if candidate.chars().count().abs_diff(length) > allowed {
        return None;
    }
    let distance = strsim::osa_distance(&fold(word), &fold(candidate));
    // A word of which nothing is right is no slip of another one, however short both are.
    (distance <= allowed && distance < length).then_some(distance)
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
