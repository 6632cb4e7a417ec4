//! Which columns of the list the user wants to see, and how far they are scrolled.

use std::collections::BTreeMap;

/// The choice. Columns go by name, so that it outlasts another engine and another run of this client.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ColumnChoice {
    /// What the user said of columns. The others are there if they usually are.
    pub said: BTreeMap<String, bool>,
    /// How many are scrolled away on the left.
    pub left: usize,
}

impl ColumnChoice {
    /// Whether a column is to be seen.
    pub fn shows(&self, key: &str, is_usual: bool) -> bool {
        self.said.get(key).copied().unwrap_or(is_usual)
    }

    /// Shows a column, or hides it. Says which.
    pub fn toggle(&mut self, key: &str, is_usual: bool) -> bool {
        let shows = !self.shows(key, is_usual);
        if shows == is_usual {
            self.said.remove(key);
        } else {
            self.said.insert(key.to_owned(), shows);
        }
        shows
    }
}
