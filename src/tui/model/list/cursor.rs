//! What the cursor of the list stands on: a simulation, or the heading of a group.

use super::tree::Home;
use super::{Line, List};

impl List {
    /// What the cursor stands on.
    pub fn cursor(&self) -> Option<Line> {
        self.cursor
    }

    /// The selected simulation.
    pub fn selected(&self) -> Option<u32> {
        if let Some(Line::Row(id)) = self.cursor { Some(id) } else { None }
    }

    /// The group on whose heading the cursor stands.
    pub fn heading(&self) -> Option<u32> {
        if let Some(Line::Group(group)) = self.cursor { Some(group) } else { None }
    }

    /// The simulations under the cursor: the selected one, or all of the group whose heading it is.
    pub fn under_cursor(&self) -> &[u32] {
        match &self.cursor {
            Some(Line::Row(id)) => std::slice::from_ref(id),
            Some(Line::Group(group)) => self.members(*group),
            None => &[],
        }
    }

    /// The simulations that an action is about: the marked ones, or else those under the cursor.
    pub fn meant(&self) -> Vec<u32> {
        if self.marked.is_empty() { self.under_cursor().to_vec() } else { self.marked.iter().copied().collect() }
    }

    /// The line of the cursor.
    pub fn position(&self) -> Option<usize> {
        let cursor = self.cursor?;
        // It rarely moves, so look where it was first.
        if self.lines.get(self.at) == Some(&cursor) {
            return Some(self.at);
        }
        self.lines.iter().position(|line| *line == cursor)
    }

    /// Which of the simulations in the list it is, or of a heading the first one behind it.
    pub fn row_position(&self) -> Option<usize> {
        let before = self.lines.get(..self.position()?)?;
        Some(before.iter().filter(|line| matches!(line, Line::Row(_))).count())
    }

    /// Which of [`List::listed`] the cursor stands on, or of a heading its first one.
    pub fn listed_position(&self) -> usize {
        let wanted = self.under_cursor().first();
        self.listed().iter().position(|id| Some(id) == wanted).unwrap_or(0)
    }

    /// Puts the cursor on a line of the list.
    pub fn select_at(&mut self, at: usize) {
        self.at = at.min(self.lines.len().saturating_sub(1));
        self.cursor = self.lines.get(self.at).copied();
    }

    /// Selects the simulation that is the `at`th in the list, from 0, or else the last one.
    pub fn select_row_at(&mut self, at: usize) {
        if let Some(id) = self.order.get(at).or(self.order.last()) {
            self.select(Line::Row(*id));
        }
    }

    /// Puts the cursor on something if the list shows it.
    pub fn select(&mut self, line: Line) {
        if let Some(at) = self.lines.iter().position(|other| *other == line) {
            self.select_at(at);
        }
    }

    /// Selects a simulation that may not have come yet.
    pub fn select_when_it_comes(&mut self, id: u32) {
        self.cursor = Some(Line::Row(id));
    }

    /// Selects the simulation with a name, if the list shows one. Says whether there is one at all.
    pub fn select_name(&mut self, name: &str) -> bool {
        let id = self.named(name);
        if let Some(id) = id {
            self.select(Line::Row(id));
        }
        id.is_some()
    }

    /// The simulation with a name.
    pub fn named(&self, name: &str) -> Option<u32> {
        self.rows.values().find(|row| row.view.name == name).map(|row| row.view.id)
    }

    /// The next simulation below the cursor that has failed, or above it; around the end if there is none. Says whether it went around.
    pub fn next_failed(&self, forward: bool) -> Option<(u32, bool)> {
        let listed = self.listed();
        let len = listed.len();
        let has_failed = |at: usize| self.rows.get(&listed[at]).is_some_and(|row| row.signature.is_some());
        // A heading stands before the first of its simulations.
        let (from, first) = match self.cursor {
            Some(Line::Group(group)) => {
                let first = self.members(group).first();
                (listed.iter().position(|id| Some(id) == first).unwrap_or(0), usize::from(!forward))
            }
            _ => (listed.iter().position(|id| Some(*id) == self.selected()).unwrap_or(self.at.min(len)), 1),
        };
        let steps = (first..len + first).filter(|_| len > 0);
        let at = |step: usize| if forward { (from + step) % len } else { (from + len - step % len) % len };
        let is_around = |step: usize| if forward { from + step >= len } else { step > from };
        steps
            .map(|step| (at(step), is_around(step)))
            .find(|(at, _)| has_failed(*at))
            .map(|(at, around)| (listed[at], around))
    }

    /// The cursor stays on what it stands on as long as that is shown. If a suite or a group hides it, that has it.
    pub(super) fn keep_selection(&mut self) {
        if !self.chosen {
            let first = self.lines.iter().position(|line| matches!(line, Line::Row(_)));
            return self.select_at(first.unwrap_or(0));
        }
        if let Some(at) = self.position() {
            self.at = at;
            return;
        }
        let home = self.selected().and_then(|id| self.tree.home(id)).map(|home| match home {
            Home::Suite(suite) => Line::Row(suite),
            Home::Group(group) => Line::Group(group),
        });
        match home.and_then(|home| self.lines.iter().position(|line| *line == home)) {
            Some(at) => self.select_at(at),
            None => self.select_at(self.at),
        }
    }
}
