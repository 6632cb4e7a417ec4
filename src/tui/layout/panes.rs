//! How list and detail pane share what is between header and footer.
//!
//! A user's share is a part and no number of columns, so that it means the same on another screen. Whatever it is, both panes stay
//! large enough to be read: a pane that is not wanted at all is what zooming is for.

use ratatui::layout::Rect;

use crate::rundir::Panes;

/// So many columns the tabs need with their frame.
const LEAST_COLUMNS: u16 = 36;
/// A frame, the heads of the columns and two rows.
const LEAST_ROWS: u16 = 5;
/// A share is counted in parts of the whole.
const WHOLE: u32 = 1000;

/// The two panes and what they share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Split {
    body: Rect,
    is_across: bool,
    /// Columns of the list, or rows.
    list: u16,
}

impl Split {
    /// Shares an area side by side or one above the other, as the user chose or else with so many columns or rows for the list.
    pub(super) fn new(body: Rect, is_across: bool, chosen: Panes, usual: u16) -> Self {
        let split = Self { body, is_across, list: usual };
        let share = if is_across { chosen.across } else { chosen.down };
        share.map_or(split, |share| split.with(split.of_share(share)))
    }

    /// The list and the detail pane.
    pub(super) fn panes(self) -> (Rect, Rect) {
        let (body, list) = (self.body, self.list);
        if self.is_across {
            (Rect { width: list, ..body }, Rect { x: body.x + list, width: body.width - list, ..body })
        } else {
            (Rect { height: list, ..body }, Rect { y: body.y + list, height: body.height - list, ..body })
        }
    }

    /// The two lines between them: the last one of the list, and the first one of the detail pane.
    pub(crate) fn border(self) -> Rect {
        let (list, detail) = self.panes();
        if self.is_across {
            Rect { x: list.right().saturating_sub(1), width: 2, ..self.body }
        } else {
            Rect { y: list.bottom().saturating_sub(1), height: 2, ..detail }
        }
    }

    /// Where the list ends, on the screen.
    pub(crate) fn end(self) -> u16 {
        self.start().saturating_add(self.list)
    }

    /// Where both begin.
    pub(crate) fn start(self) -> u16 {
        if self.is_across { self.body.x } else { self.body.y }
    }

    /// Columns of the list, or rows.
    pub(crate) fn list(self) -> u16 {
        self.list
    }

    /// Whether the panes stand side by side.
    pub(crate) fn is_across(self) -> bool {
        self.is_across
    }

    /// The same with so many columns or rows for the list, as far as the panes stay useful.
    #[must_use]
    pub(crate) fn with(self, list: u16) -> Self {
        let least = if self.is_across { LEAST_COLUMNS } else { LEAST_ROWS };
        let least = least.min(self.whole() / 2);
        Self { list: list.clamp(least, self.whole() - least), ..self }
    }

    /// What the user chose, with this share in it.
    pub(crate) fn chosen(self, before: Panes) -> Panes {
        let share = (u32::from(self.list) * WHOLE + u32::from(self.whole()) / 2) / u32::from(self.whole()).max(1);
        let share = u16::try_from(share).ok();
        if self.is_across { Panes { across: share, ..before } } else { Panes { down: share, ..before } }
    }

    fn whole(self) -> u16 {
        if self.is_across { self.body.width } else { self.body.height }
    }

    fn of_share(self, share: u16) -> u16 {
        let columns = (u32::from(self.whole()) * u32::from(share) + WHOLE / 2) / WHOLE;
        u16::try_from(columns).unwrap_or(u16::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_that_is_kept_gives_the_same_panes_and_none_makes_one_useless() {
        for whole in 10..400u16 {
            for (body, is_across) in [(Rect::new(0, 1, whole, 20), true), (Rect::new(0, 1, 20, whole), false)] {
                let usual = Split::new(body, is_across, Panes::default(), whole / 2);
                for list in (0..=whole).chain([u16::MAX]) {
                    let split = usual.with(list);
                    let again = Split::new(body, is_across, split.chosen(Panes::default()), 1);
                    assert_eq!(split, again, "{list} of {whole}");
                    let least = if is_across { LEAST_COLUMNS } else { LEAST_ROWS }.min(whole / 2);
                    assert!((least..=whole - least).contains(&split.list), "{list} of {whole}: {split:?}");
                }
            }
        }
    }

    #[test]
    fn what_a_file_says_of_panes_is_believed_as_far_as_it_can_be() {
        for share in [0, 1, 999, 1000, u16::MAX] {
            let chosen = Panes { across: Some(share), down: Some(share) };
            let (list, detail) = Split::new(Rect::new(0, 2, 120, 30), true, chosen, 60).panes();
            assert!(list.width >= LEAST_COLUMNS && detail.width >= LEAST_COLUMNS, "{share}");
            let (list, detail) = Split::new(Rect::new(0, 2, 80, 14), false, chosen, 6).panes();
            assert!(list.height >= LEAST_ROWS && detail.height >= LEAST_ROWS, "{share}");
        }
    }
}
