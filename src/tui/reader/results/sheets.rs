//! The experiment file and the views that were saved beside the experiment, read again when either has changed.

use std::time::{Duration, Instant};

use super::seen::{FileLook, look};
use crate::rundir::{ExperimentDir, saved_views};
use crate::text::Safe;
use crate::tui::reading::{ReadSheet, Sheet};

/// The files are looked at again after this long.
pub(super) const EDITED: Duration = Duration::from_secs(1);

/// What was read of them.
pub(super) struct Sheets {
    read: ReadSheet,
    sheet: Option<Result<Sheet, Safe>>,
    /// How many views are the file's.
    of_file: usize,
    /// What is wrong with the saved ones.
    wrong_views: Option<Safe>,
    /// What both files were like.
    stamp: (FileLook, FileLook),
    looked_at: Option<Instant>,
}

impl Sheets {
    pub(super) fn new(read: ReadSheet) -> Self {
        Self { read, sheet: None, of_file: 0, wrong_views: None, stamp: (None, None), looked_at: None }
    }

    /// The files are looked at in the next step.
    pub(super) fn look_soon(&mut self) {
        self.looked_at = None;
    }

    /// What was read; nothing before the first look.
    pub(super) fn sheet(&self) -> Option<&Result<Sheet, Safe>> {
        self.sheet.as_ref()
    }

    /// How many views are the file's.
    pub(super) fn of_file(&self) -> usize {
        self.of_file
    }

    /// What is wrong with either file, if there is a sheet in spite of it.
    pub(super) fn wrong(&self) -> Option<Safe> {
        let sheet = self.sheet.as_ref()?.as_ref().ok()?;
        sheet.wrong.clone().or_else(|| self.wrong_views.clone())
    }

    /// Reads them if it is time and they are not those that were read. Whether something else is in them.
    pub(super) fn look(&mut self) -> bool {
        if self.sheet.is_some() && self.looked_at.is_some_and(|at| at.elapsed() < EDITED) {
            return false;
        }
        self.looked_at = Some(Instant::now());
        // A file that cannot be read is tried again each time.
        if let Some(Ok(sheet)) = &self.sheet
            && stamp(sheet) == self.stamp
        {
            return false;
        }
        // What is edited while it is read is read once more.
        let before = self.sheet.as_ref().and_then(|sheet| sheet.as_ref().ok()).map(stamp);
        let read = (self.read)();
        if let Ok(sheet) = &read {
            self.stamp = before.unwrap_or_else(|| stamp(sheet));
        }
        let is_known = matches!((&self.sheet, &read), (Some(Err(before)), Err(now)) if before == now);
        self.wrong_views = None;
        self.sheet = Some(read.map(|mut sheet| {
            self.of_file = sheet.rule.views.len();
            match saved_views::read(&ExperimentDir::new(&sheet.outdir)) {
                Ok(saved) => saved_views::put_behind(&mut sheet.rule, saved),
                Err(error) => self.wrong_views = Some(Safe::line(&error.to_string())),
            }
            sheet
        }));
        !is_known
    }
}

/// What the experiment file and that of the saved views are like.
fn stamp(sheet: &Sheet) -> (FileLook, FileLook) {
    (look(&sheet.source), look(&ExperimentDir::new(&sheet.outdir).views()))
}
