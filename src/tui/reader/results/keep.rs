//! Files that are asked for in the Results tab.

use std::path::Path;

use crate::report::Table;
use crate::report::write::{TableFormat, csv, text::Look};
use crate::rundir::export::{self, ExportError, Mark, Written};
use crate::rundir::{ExperimentDir, saved_views};
use crate::text::Safe;
use crate::tui::reading::{Keep, Reading};

/// Does it, and tells what became of it.
pub(super) fn keep(wanted: Keep) -> Reading {
    let (text, bad) = match wanted {
        Keep::Export { table, format, path } => told_of_export(&path, write(&table, format, &path)),
        Keep::View { view, outdir } => {
            let dir = ExperimentDir::new(outdir);
            let name = view.name.clone();
            match saved_views::save(&dir, *view) {
                Ok(true) => (format!("the view `{name}` in {} was replaced", dir.views().display()), false),
                Ok(false) => (format!("saved as the view `{name}` in {}", dir.views().display()), false),
                Err(error) => (error.to_string(), true),
            }
        }
    };
    Reading::Kept { text: Safe::line(&text), bad }
}

fn write(table: &Table, format: TableFormat, path: &Path) -> Result<Written, ExportError> {
    let document = format.write(table, Look::UNBOUNDED);
    if let Some((open, close)) = format.comment() {
        return export::export(path, document.as_str(), Mark::Comment { open, close }, false);
    }
    let about = csv::about(table);
    export::export(path, document.as_str(), Mark::Beside { about: about.as_str() }, false)
}

fn told_of_export(path: &Path, written: Result<Written, ExportError>) -> (String, bool) {
    let shown = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let shown = shown.display();
    match written {
        Ok(Written::Created) => (format!("wrote {shown}"), false),
        Ok(Written::Replaced) => (format!("wrote {shown} in the place of an earlier table"), false),
        Ok(Written::Unchanged) => (format!("{shown} is there already, with this table"), false),
        // A key cannot be given `--force`.
        Err(ExportError::NotOurs(_)) => {
            (format!("{shown} is there already, and gem5-tui did not write it: choose another name"), true)
        }
        Err(ExportError::Changed(_)) => {
            (format!("{shown} was changed since gem5-tui wrote it: choose another name"), true)
        }
        Err(error) => (error.to_string(), true),
    }
}
