//! Figures in files, as a command and the dashboard write them: the picture that is asked for, and beside it exactly its numbers as CSV
//! and a script that draws them again.
//!
//! [`report::plot`](crate::report::plot) makes all three, and [`rundir::export`](crate::rundir::export) says what may be replaced.
//!
//! The awkward truth: three files have one name but for their ends, so a table of ours that is `ipc.csv` gives way to the numbers of a
//! figure that is `ipc.svg`. Whoever writes one is told of each file.

use std::path::{Path, PathBuf};

use crate::report::plot::{FigureFormat, Plot, PlotError};
use crate::rundir::export::{ExportError, Mark, Written, export_all};
use crate::text::human;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Files {
    /// The picture first, then the script and the numbers.
    pub(crate) files: Vec<(PathBuf, Written)>,
    /// What must be known of the picture.
    pub(crate) remark: Option<String>,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FigureError {
    /// There is no figure.
    #[error(transparent)]
    Plot(#[from] PlotError),
    /// It may not or cannot be written.
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// Writes a figure to `path`, which is relative to the working directory, with the files beside it: all or none. With `force` also in
/// the place of what is not ours.
pub(crate) fn export(plot: &Plot, path: &Path, format: FigureFormat, force: bool) -> Result<Files, FigureError> {
    let figure = plot.figure()?;
    let (numbers, script, about) = (plot.numbers()?, plot.script()?, figure.about());
    let (picture, mark) = match format {
        FigureFormat::Svg => (figure.svg(), Mark::Comment { open: "<!-- ", close: " -->" }),
        FigureFormat::Pdf => (figure.pdf(), Mark::Comment { open: "% ", close: "" }),
    };
    let files: [(PathBuf, &str, Mark<'_>); 3] = [
        (path.with_extension("csv"), numbers.as_str(), Mark::Beside { about: about.as_str() }),
        (path.with_extension("py"), script.as_str(), Mark::Comment { open: "# ", close: "" }),
        (path.to_owned(), picture.as_str(), mark),
    ];
    let written = export_all(&files, force)?;
    let lost: Vec<String> = figure.without_letter().iter().map(|letter| format!("`{letter}`")).collect();
    let remark = (format == FigureFormat::Pdf && !lost.is_empty()).then(|| {
        format!("the font of a PDF has not {}: `?` stands there, and the SVG has them", human::some_of(&lost))
    });
    Ok(Files { files: files.into_iter().map(|(path, ..)| path).zip(written).rev().collect(), remark })
}
