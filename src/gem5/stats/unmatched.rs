//! A glob that matches no stat: most often a name without the part before it, or with a slip in one of its words.

use std::fmt;

use super::watch::Watch;
use crate::text::{human, slips};

/// Names in which slips are looked for. More cost time, and a name that far down is found by looking.
const MAX_NAMES: usize = 20_000;

/// A glob that matches nothing, and what would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    /// The glob.
    pub glob: String,
    /// One that does, wider or without the slip, and how many stats it would match; none if none of those that were tried does.
    pub other: Option<(String, u64)>,
}

impl Unmatched {
    /// Says what would match among the names of all stats of a dump. `None` if the glob matches one of them.
    pub fn of<'n>(glob: &str, names: &(impl Iterator<Item = &'n str> + Clone)) -> Option<Self> {
        let matches = |glob: &str| {
            let watch = Watch::new(&[glob]).unwrap_or_default();
            names.clone().filter(|name| watch.matches(name)).count() as u64
        };
        if matches(glob) > 0 {
            return None;
        }
        let found = |others: &mut dyn Iterator<Item = String>| {
            others
                .map(|other| (matches(&other), other))
                .find(|(count, _)| *count > 0)
                .map(|(count, other)| (other, count))
        };
        let around = |glob: &str| format!("*{}*", glob.trim_matches('*'));
        let other = found(&mut wider(glob).into_iter())
            .or_else(|| {
                let mended = mended(glob, names.clone())?;
                let others = std::iter::once(mended.clone()).chain(wider(&mended));
                found(&mut others.chain([around(&mended)]))
            })
            .or_else(|| found(&mut std::iter::once(around(glob))));
        Some(Self { glob: glob.to_owned(), other })
    }
}

impl Unmatched {
    /// The same with the name of what was looked at.
    pub fn told_of(&self, whose: &str) -> String {
        format!("`{}` matches no stat of {whose}{}", self.glob, self.hint())
    }

    fn hint(&self) -> String {
        match &self.other {
            None => String::new(),
            Some((name, 1)) if !name.contains(WILD) => format!("; did you mean `{name}`?"),
            Some((other, count)) => format!("; `{other}` would match {}", human::count(*count)),
        }
    }
}

/// What stands for any text, and for any one character.
const WILD: [char; 2] = ['*', '?'];

/// Globs that match a name with something in front, or the whole of a vector; the closest first.
fn wider(glob: &str) -> Vec<String> {
    let total = (!glob.contains("::") && !glob.ends_with('*')).then(|| format!("{glob}::total"));
    let more = [format!("*.{}", glob.trim_start_matches(['*', '.'])), format!("*{}", glob.trim_start_matches('*'))];
    total.into_iter().chain(more).collect()
}

/// The glob with its last words as a stat has them, where they are slips of that one's: all words behind the last one that has a
/// wildcard. Of several stats the one with the fewest slips, and of those the first.
fn mended<'n>(glob: &str, names: impl Iterator<Item = &'n str>) -> Option<String> {
    let (path, part) = parted(glob);
    let words: Vec<&str> = path.split('.').collect();
    let plain = if part.is_some_and(|part| part.contains(WILD)) { None } else { part };
    let count = words.iter().rev().take_while(|word| !word.contains(WILD)).count();
    let (kept, wrong) = words.split_at(words.len() - count);
    let best = names.take(MAX_NAMES).filter_map(|name| {
        let (path, part) = parted(name);
        let mut of_name: Vec<&str> = path.rsplit('.').take(count).collect();
        of_name.reverse();
        if of_name.len() < count {
            return None;
        }
        let of_words: Option<usize> = wrong.iter().zip(&of_name).map(|(word, known)| slips(word, known)).sum();
        let of_part = match plain {
            None => 0,
            Some(word) => slips(word, part?)?,
        };
        Some((of_words? + of_part, of_name, part))
    });
    let (_, right, right_part) = best.min_by_key(|(slips, ..)| *slips)?;
    let path = [kept, &right].concat().join(".");
    let part = if plain.is_some() { right_part } else { part };
    Some(part.map_or(path.clone(), |part| format!("{path}::{part}")))
}

/// The path of a stat, and what of a vector it is.
fn parted(name: &str) -> (&str, Option<&str>) {
    name.split_once("::").map_or((name, None), |(path, part)| (path, Some(part)))
}

impl fmt::Display for Unmatched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` matches no stat{}", self.glob, self.hint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_that_matches_nothing_is_told_with_what_would() {
        let names = ["simTicks", "system.cpu0.ipc", "system.cpu1.ipc", "system.l2.overallMissRate::total"];
        let told = |glob: &str| Unmatched::of(glob, &names.into_iter()).map(|unmatched| unmatched.to_string());
        assert_eq!(told("ipc").as_deref(), Some("`ipc` matches no stat; `*.ipc` would match 2"));
        assert_eq!(told("*.ipc"), None);
        assert_eq!(
            told("overallMissRate").as_deref(),
            Some("`overallMissRate` matches no stat; `*overallMissRate*` would match 1")
        );
        assert_eq!(told("bogus").as_deref(), Some("`bogus` matches no stat"));
    }

    #[test]
    fn a_slip_in_a_word_of_a_name_is_told_with_the_nearest_one_that_is_there() {
        let names = [
            "system.cpu.numCycles",
            "system.l1d.overallMisses::total",
            "system.l2.overallMisses::cpu.data",
            "system.l2.overallMisses::total",
            "system.l2.overallMissRate::total",
        ];
        let other = |glob: &str| Unmatched::of(glob, &names.into_iter()).unwrap().other;
        let expected = |name: &str, count| Some((name.to_owned(), count));
        let l2 = "system.l2.overallMisses::total";
        assert_eq!(other("system.l2.overalMisses::total"), expected(l2, 1));
        assert_eq!(other("system.l2.overalMisses"), expected(l2, 1));
        assert_eq!(other("system.l2.overallMisses"), expected(l2, 1));
        assert_eq!(other("system.l2.overallMisses::totl"), expected(l2, 1));
        assert_eq!(other("system.cpu.numcycles"), expected("system.cpu.numCycles", 1));
        assert_eq!(other("*.l2.overalMisses::total"), expected("*.l2.overallMisses::total", 1));
        assert_eq!(other("*overalMisses::total"), None);
        assert_eq!(other("overalMisses"), expected("*overallMisses*", 3));
        assert_eq!(other("system.cpu.numCycle"), expected("system.cpu.numCycles", 1));
        assert_eq!(other("numCycle"), expected("*.numCycles", 1));
        // A word of which too much is wrong is no slip, however long the name is.
        assert_eq!(other("system.cpu.foo"), None);
        assert_eq!(other("sistem.mem.overallMisses::total"), None);
        let told = Unmatched::of("system.l2.overalMisses", &names.into_iter()).unwrap().to_string();
        assert!(told.ends_with("did you mean `system.l2.overallMisses::total`?"), "{told}");
    }
}
