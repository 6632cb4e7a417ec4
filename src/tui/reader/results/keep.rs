//! Files that are asked for in the Results tab.

use std::path::Path;

use crate::figures::{self, FigureError, Files};
use crate::report::Table;
use crate::report::write::{TableFormat, csv, text::Look};
use crate::rundir::export::{self, ExportError, Mark, Written};
use crate::rundir::{ExperimentDir, saved_views, user_state};
use crate::text::Safe;
use crate::tui::reading::{Keep, Reading};

/// Does it, and tells what became of it if there is something to tell.
pub(super) fn keep(wanted: Keep) -> Option<Reading> {
    let (text, bad) = match wanted {
        Keep::Recall { outdir } => return Some(Reading::Recalled(user_state::recall(&outdir))),
        Keep::Choices { outdir, choices } => match user_state::keep(&outdir, choices) {
            Ok(()) => return None,
            Err(error) => (format!("list and panes are so until you leave: {error}"), true),
        },
        Keep::Export { table, format, path } => told_of_export(&path, write(&table, format, &path)),
        Keep::Figure { plot, format, path } => told_of_figure(figures::export(&plot, &path, format, false)),
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
    Some(Reading::Kept { text: Safe::line(&text), bad })
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
    match written {
        Ok(written) => (told_of(path, written, "table"), false),
        Err(error) => (refused(error), true),
    }
}

fn told_of_figure(written: Result<Files, FigureError>) -> (String, bool) {
    match written {
        Ok(Files { files, remark }) => {
            let mut told = Vec::new();
            for (at, (path, written)) in files.iter().enumerate() {
                // They lie beside one another.
                let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
                told.push(match written {
                    written if at == 0 => told_of(path, *written, "figure"),
                    Written::Created => format!("{name} written"),
                    Written::Replaced => format!("{name} replaced"),
                    Written::Unchanged => format!("{name} as it was"),
                });
            }
            told.extend(remark);
            (told.join("; "), false)
        }
        Err(FigureError::Plot(error)) => (error.to_string(), true),
        Err(FigureError::Export(error)) => (refused(error), true),
    }
}

fn told_of(path: &Path, written: Written, what: &str) -> String {
    let shown = absolute(path);
    match written {
        Written::Created => format!("wrote {shown}"),
        Written::Replaced => format!("wrote {shown} in the place of an earlier {what}"),
        Written::Unchanged => format!("{shown} is there already, with this {what}"),
    }
}

/// A key cannot be given `--force`.
fn refused(error: ExportError) -> String {
    match error {
        ExportError::NotOurs(path) => {
            format!("{} is there already, and gem5-tui did not write it: choose another name", absolute(&path))
        }
        ExportError::Changed(path) => {
            format!("{} was changed since gem5-tui wrote it: choose another name", absolute(&path))
        }
        error => error.to_string(),
    }
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}
