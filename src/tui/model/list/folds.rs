//! What is folded away: the simulations of a suite, or those of a group.

use super::tree::Home;
use super::{Line, List};
use crate::experiment::RowKind;
use crate::tui::model::{Columns, Row};

/// More simulations of one suite or group are folded until somebody unfolds them: what stands behind them would be pages away.
const UNFOLDED_MOST: usize = 20;

impl List {
    /// The suite below which a row stands. None while a filter or groups show rows wherever they stand.
    pub fn home(&self, id: u32) -> Option<&Row> {
        match self.tree.home(id)? {
            Home::Suite(suite) => self.rows.get(&suite),
            Home::Group(_) => None,
        }
    }

    /// Whether what stands below a line is folded away. None of what nothing can stand below: a heading and, as long as they stand
    /// there, a suite are all that is.
    pub fn is_folded(&self, line: Line) -> Option<bool> {
        let home = match line {
            Line::Group(group) => Home::Group(group),
            Line::Row(id) => {
                let row = self.rows.get(&id).filter(|_| self.is_nested())?;
                let home = Home::Suite(id);
                (row.view.kind == RowKind::Suite || !self.tree.below(home).is_empty()).then_some(home)?
            }
        };
        Some(self.folds(home))
    }

    pub(super) fn folds(&self, home: Home) -> bool {
        let chosen = match home {
            Home::Suite(suite) => self.rows.get(&suite).and_then(|row| self.folded.get(&row.view.name)).copied(),
            Home::Group(group) => self.grouping.folded(group),
        };
        chosen.unwrap_or(self.tree.below(home).len() > UNFOLDED_MOST)
    }

    pub(super) fn remember(&mut self, home: Home, folded: bool) {
        match home {
            Home::Group(group) => self.grouping.fold(group, folded),
            Home::Suite(suite) => {
                if let Some(row) = self.rows.get(&suite) {
                    self.folded.insert(row.view.name.clone(), folded);
                }
            }
        }
    }

    /// Folds or unfolds what the cursor stands on; of a simulation, the suite or the group that it stands below, on which the cursor
    /// stands then. Says whether there is one.
    pub fn fold(&mut self) -> bool {
        let Some(cursor) = self.cursor else { return false };
        let home = match cursor {
            Line::Group(group) => Some(Home::Group(group)),
            Line::Row(id) if self.is_folded(cursor).is_some() => Some(Home::Suite(id)),
            Line::Row(id) => self.tree.home(id),
        };
        let Some(home) = home else { return false };
        let folded = self.is_folded(cursor).is_none_or(|folded| !folded);
        self.remember(home, folded);
        self.lay_out();
        self.keep_selection();
        true
    }

    /// Folds everything away, or unfolds everything if nothing is unfolded. Says which; none if there is nothing to fold.
    pub fn fold_all(&mut self) -> Option<bool> {
        let homes: Vec<Home> = self.tree.homes().collect();
        if homes.is_empty() {
            return None;
        }
        let folded = homes.iter().any(|home| !self.folds(*home));
        for home in homes {
            self.remember(home, folded);
        }
        self.lay_out();
        self.keep_selection();
        Some(folded)
    }

    /// Selects a simulation, and shows it whatever hides it: the filter, a suite or a group. Says whether there is one.
    pub fn reveal(&mut self, id: u32, columns: &Columns) -> bool {
        if !self.rows.contains_key(&id) {
            return false;
        }
        if self.is_filtered() && !self.listed().contains(&id) {
            self.cursor = Some(Line::Row(id));
            self.set_filter("", columns);
        }
        if let Some(home) = self.tree.home(id).filter(|home| self.folds(*home)) {
            self.remember(home, false);
            self.lay_out();
        }
        self.cursor = Some(Line::Row(id));
        self.keep_selection();
        true
    }
}
