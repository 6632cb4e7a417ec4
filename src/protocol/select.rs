//! Which simulations a person means by words: names, globs and kinds.
//!
//! The engine and the verbs that work without one ask the same function, so that a word means the same everywhere.

use std::collections::HashMap;

use globset::{Glob, GlobSet};
use serde::{Deserialize, Serialize};

use super::view::SimView;
use crate::gem5::OutcomeKind;
use crate::text;

/// What makes a glob of a word.
const GLOB_CHARACTERS: [char; 7] = ['*', '?', '[', ']', '{', '}', '\\'];

/// So many globs are compared with every name, while the engine does nothing else: more than anybody types. Plain names are no
/// globs, and of them there may be as many as fit into a request.
const MAX_GLOBS: usize = 1_000;

/// 64 KiB: so long are they all together at most. Compiling a glob takes time and memory in proportion to it.
const MAX_GLOB_BYTES: usize = 64 << 10;

/// Words that mean simulations. A simulation is meant if any of them means it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Selection {
    /// Names, or globs as in a shell. `*` matches anything.
    pub names: Vec<String>,
    /// All that have ended otherwise than ok.
    pub failed: bool,
    /// All that ended ok and would be made from something else now.
    pub changed: bool,
}

/// What a simulation can be meant by.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether it has ended otherwise than ok.
    pub failed: bool,
    /// Whether it ended ok and would be made from something else now.
    pub changed: bool,
}

/// Why words mean no simulation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum Miss {
    /// A word is neither a name nor a glob.
    #[error("`{word}` is not a glob: {problem}")]
    NotAGlob {
        /// The word.
        word: String,
        /// What is wrong with it.
        problem: String,
    },
    /// There are more globs, or longer ones, than are compared with every name.
    #[error("{count} globs of this length are too many; name the simulations, or use a glob that means more of them")]
    TooManyGlobs {
        /// How many there are.
        count: usize,
    },
    /// A word matches no name.
    #[error("no simulation matches `{word}`; {}", match nearest {
        Some(name) => format!("did you mean `{name}`?"),
        None => "`gem5-tui status` lists them".to_owned(),
    })]
    NoMatch {
        /// The word.
        word: String,
        /// The name that is most like it, if any is.
        nearest: Option<String>,
    },
    /// No word was given, and no simulation is of the kind.
    #[error("no simulation is of that kind")]
    NoneOfKind,
}

impl Selection {
    /// The one word, or glob.
    pub fn of(names: &[String]) -> Self {
        Self { names: names.to_vec(), ..Self::default() }
    }

    /// The indices of those that are meant, in their order.
    ///
    /// # Errors
    /// A word that matches nothing is a mistake, also beside others that match.
    pub fn resolve<'a>(&self, sims: impl Iterator<Item = Candidate<'a>> + Clone) -> Result<Vec<u32>, Miss> {
        // Scripts name thousands of simulations one by one. A plain name is looked up; only globs are compared with each.
        let is_plain = |word: &str| !word.contains(GLOB_CHARACTERS);
        let (plain, globs): (Vec<usize>, Vec<usize>) =
            (0..self.names.len()).partition(|&word| is_plain(&self.names[word]));
        let mut named: HashMap<&str, Vec<usize>> = HashMap::new();
        for &word in &plain {
            named.entry(&self.names[word]).or_default().push(word);
        }
        let set = self.glob_set(&globs)?;
        let mut met = vec![false; self.names.len()];
        let mut matching = Vec::new();
        let mut meant = Vec::new();
        for (index, sim) in (0..).zip(sims.clone()) {
            set.matches_into(sim.name, &mut matching);
            for at in &mut matching {
                *at = globs[*at];
            }
            matching.extend(named.get(sim.name).into_iter().flatten());
            for &word in &matching {
                met[word] = true;
            }
            if !matching.is_empty() || (self.failed && sim.failed) || (self.changed && sim.changed) {
                meant.push(index);
            }
        }
        match self.names.iter().zip(met).find(|(_, met)| !met) {
            Some((word, _)) => {
                let nearest = text::nearest(word, sims.map(|sim| sim.name)).map(str::to_owned);
                Err(Miss::NoMatch { word: word.clone(), nearest })
            }
            None if meant.is_empty() => Err(Miss::NoneOfKind),
            None => Ok(meant),
        }
    }

    /// The words of these places as globs.
    fn glob_set(&self, places: &[usize]) -> Result<GlobSet, Miss> {
        let words = || places.iter().map(|&place| &self.names[place]);
        if places.len() > MAX_GLOBS || words().map(String::len).sum::<usize>() > MAX_GLOB_BYTES {
            return Err(Miss::TooManyGlobs { count: places.len() });
        }
        let mut globs = GlobSet::builder();
        for word in words() {
            let wrong =
                |error: globset::Error| Miss::NotAGlob { word: word.clone(), problem: error.kind().to_string() };
            globs.add(Glob::new(word).map_err(wrong)?);
        }
        // Each of them compiles; all together may be too much for one automaton.
        globs.build().map_err(|_error| Miss::TooManyGlobs { count: places.len() })
    }
}

impl<'a> From<&'a SimView> for Candidate<'a> {
    fn from(sim: &'a SimView) -> Self {
        let failed = sim.status.ended().is_some_and(|kind: OutcomeKind| !kind.is_ok());
        Self { name: &sim.name, failed, changed: sim.is_outdated() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sims<'a>(names: &'a [&'a str]) -> impl Iterator<Item = Candidate<'a>> + Clone {
        names.iter().map(|name| Candidate { name, failed: name.ends_with("-bad"), changed: name.ends_with("-old") })
    }

    fn resolve(words: &[&str], kinds: &str, names: &[&str]) -> Result<Vec<u32>, Miss> {
        let words = words.iter().map(|&word| word.to_owned()).collect();
        let selection = Selection { names: words, failed: kinds.contains('f'), changed: kinds.contains('c') };
        selection.resolve(sims(names))
    }

    const NAMES: [&str; 5] = ["l2_1MiB", "l2_2MiB-bad", "chase.x-old", "stream-1", "stream-10"];

    #[test]
    fn words_mean_whatever_any_of_them_means_once_and_in_the_order_of_the_plan() {
        for (words, kinds, meant) in [
            (&["stream-1"][..], "", &[3][..]),
            (&["stream-*", "stream-1", "l2_1MiB"], "", &[0, 3, 4]),
            (&["*"], "fc", &[0, 1, 2, 3, 4]),
            (&["stream-?"], "c", &[2, 3]),
            (&["l2_[12]MiB*"], "", &[0, 1]),
            (&["{chase,stream}*"], "", &[2, 3, 4]),
            (&["*MiB*x", "stream-1"], "", &[]),
            (&[], "f", &[1]),
            (&[], "c", &[2]),
            (&[], "fc", &[1, 2]),
        ] {
            let resolved = resolve(words, kinds, &NAMES);
            assert_eq!(resolved.unwrap_or_default(), meant, "{words:?} {kinds}");
        }
    }

    #[test]
    fn a_word_that_means_nothing_is_told_with_the_nearest_name() {
        let no_match = |word: &str, nearest: Option<&str>| {
            Err(Miss::NoMatch { word: word.to_owned(), nearest: nearest.map(str::to_owned) })
        };
        assert_eq!(resolve(&["*", "straem-1"], "f", &NAMES), no_match("straem-1", Some("stream-1")));
        assert_eq!(resolve(&["zzz*"], "", &NAMES), no_match("zzz*", None));
        assert_eq!(resolve(&[""], "", &NAMES), no_match("", None));
        assert_eq!(resolve(&["a"], "", &[]), no_match("a", None));
        assert!(matches!(resolve(&["l2_[12"], "", &NAMES), Err(Miss::NotAGlob { word, .. }) if word == "l2_[12"));
        assert_eq!(resolve(&[], "f", &NAMES[2..]), Err(Miss::NoneOfKind));
        assert_eq!(resolve(&[], "", &NAMES), Err(Miss::NoneOfKind));
    }

    proptest! {
        #[test]
        fn every_name_means_itself_and_no_words_make_it_panic(
            names in prop::collection::btree_set("[a-c][a-c._-]{0,4}", 1..9), words in prop::collection::vec("\\PC{0,12}", 0..4)
        ) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            for (index, name) in (0..).zip(&names) {
                prop_assert_eq!(resolve(&[name], "", &names), Ok(vec![index]));
            }
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            if let Ok(meant) = resolve(&words, "fc", &names) {
                prop_assert!(meant.is_sorted() && meant.iter().all(|&sim| (sim as usize) < names.len()));
            }
        }
    }
}
