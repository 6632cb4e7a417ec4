//! A glob that matches no stat: most often a name without the part before it.

use std::fmt;

use super::watch::Watch;
use crate::text::human;

/// A glob that matches nothing, and what would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    /// The glob.
    pub glob: String,
    /// A wider one, and how many stats it would match; none if none of those that were tried does.
    pub wider: Option<(String, u64)>,
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
        let wider = [
            format!("*.{}", glob.trim_start_matches(['*', '.'])),
            format!("*{}", glob.trim_start_matches('*')),
            format!("*{}*", glob.trim_matches('*')),
        ];
        let wider = wider.into_iter().map(|wider| (matches(&wider), wider)).find(|(count, _)| *count > 0);
        Some(Self { glob: glob.to_owned(), wider: wider.map(|(count, wider)| (wider, count)) })
    }
}

impl Unmatched {
    /// The same with the name of what was looked at.
    pub fn told_of(&self, whose: &str) -> String {
        format!("`{}` matches no stat of {whose}{}", self.glob, self.hint())
    }

    fn hint(&self) -> String {
        let Some((wider, count)) = &self.wider else { return String::new() };
        format!("; `{wider}` would match {}", human::count(*count))
    }
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
}
