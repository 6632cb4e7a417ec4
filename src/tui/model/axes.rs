//! The names of the parameters that rows have, kept as rows come and go.

use super::Row;

/// The names in the order in which they were first met, which is that of the plan, each with how many rows have it.
#[derive(Debug, Default)]
pub(super) struct Axes(Vec<(String, usize)>);

impl Axes {
    /// Takes a row in the place of another one. Says whether there are other names now.
    pub(super) fn replace(&mut self, old: Option<&Row>, new: &Row) -> bool {
        let names =
            |row: &Row| -> Vec<String> { row.view.parameters.iter().map(|parameter| parameter.name.clone()).collect() };
        let same = |old: &Row| {
            let pairs = old.view.parameters.iter().zip(&new.view.parameters);
            old.view.parameters.len() == new.view.parameters.len() && pairs.clone().all(|(a, b)| a.name == b.name)
        };
        if old.is_some_and(same) {
            return false;
        }
        let before = self.0.len();
        let mut is_other = false;
        for name in names(new) {
            match self.0.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += 1,
                None => self.0.push((name, 1)),
            }
        }
        is_other |= self.0.len() != before;
        for name in old.map(names).into_iter().flatten() {
            if let Some((_, count)) = self.0.iter_mut().find(|(known, _)| *known == name) {
                *count = count.saturating_sub(1);
            }
        }
        let before = self.0.len();
        self.0.retain(|(_, count)| *count > 0);
        is_other || self.0.len() != before
    }

    /// The names.
    pub(super) fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }
}
