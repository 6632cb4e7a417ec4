//! In which form results are asked for, and what becomes of them: standard output, or a file.

use std::path::{Path, PathBuf};

use crate::cli::{FormArgs, ResultsArgs};
use crate::collect;
use crate::commands::output::{self, Output};
use crate::commands::{Failure, written};
use crate::report::Table;
use crate::report::observation::Observations;
use crate::report::write::text::{self, Look};
use crate::report::write::{Document, RowFormat, TableFormat, csv, long};
use crate::rundir::export::{Mark, export};
use crate::text::Safe;

/// What is made of the simulations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A row for each of them.
    Rows(RowFormat),
    /// Tables.
    Tables(TableFormat),
}

/// Where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Standard output.
    Stdout,
    /// A file.
    File {
        /// Its name.
        path: PathBuf,
        /// Whether it is replaced whoever wrote it.
        force: bool,
    },
}

/// The form and the place that the command line asks for. The end of a file's name tells the form where nothing else does.
pub(super) fn wanted(args: &FormArgs, how: &ResultsArgs) -> Result<(Form, Place), Failure> {
    let place = match &args.output {
        Some(path) if path.as_os_str() != "-" => Place::File { path: path.clone(), force: args.force },
        _ => Place::Stdout,
    };
    let form = match (&args.format, &place) {
        (Some(word), _) => Form::of_word(word, args.projected),
        (None, Place::File { path, .. }) => Form::of_name(path, args.projected),
        (None, Place::Stdout) => Some(Form::Tables(TableFormat::Text)),
    };
    let Some(form) = form else { return Err(no_form(args)) };
    let with_table = [
        ("--baseline", !how.baseline.is_empty()),
        ("--compare", how.compare.is_some()),
        ("--rows", !how.rows.is_empty()),
        ("--cols", !how.columns.is_empty()),
        ("--effects", how.effects),
    ];
    match (form, with_table.iter().find(|(_, is_given)| *is_given)) {
        (Form::Rows(format), Some((flag, _))) => Err(Failure::Usage(format!(
            "{flag} makes a table, and {} has a row for each simulation, in which nothing is compared: leave {flag} out, or say \
             `--format csv --projected` for the table",
            format.word()
        ))),
        _ => Ok((form, place)),
    }
}

fn no_form(args: &FormArgs) -> Failure {
    let ends = TableFormat::ALL.iter().map(|format| format.extension());
    let ends: Vec<String> = ends.chain([RowFormat::JsonLines.extension()]).map(|end| format!(".{end}")).collect();
    Failure::Usage(match (&args.output, &args.format) {
        (Some(path), None) if Form::of_name(path, false).is_none() => {
            let (path, ends) = (path.display(), ends.join(", "));
            format!("the end of `{path}` tells no form: choose one of {ends}, or say it with --format")
        }
        _ => "jsonl has a row for each simulation and no table: leave --projected out, or take csv or tsv".to_owned(),
    })
}

impl Form {
    fn of_word(word: &str, is_projected: bool) -> Option<Self> {
        let rows = RowFormat::ALL.into_iter().find(|format| format.word() == word).map(Self::Rows);
        let table = TableFormat::ALL.into_iter().find(|format| format.word() == word).map(Self::Tables);
        if is_projected { table } else { rows.or(table) }
    }

    fn of_name(path: &Path, is_projected: bool) -> Option<Self> {
        let end = path.extension()?.to_str()?.to_ascii_lowercase();
        let rows = RowFormat::of_extension(&end).map(Self::Rows);
        let table = TableFormat::of_extension(&end).map(Self::Tables);
        if is_projected { table } else { rows.or(table) }
    }
}

/// Hands over rows.
pub(super) fn rows(
    observations: &Observations,
    format: RowFormat,
    place: &Place,
    output: &mut Output,
) -> Result<(), Failure> {
    let (document, about) = (format.write(observations), long::about(observations));
    match place {
        Place::Stdout => with_about(&document, &about, output),
        Place::File { path, force } => file(path, &document, Mark::Beside { about: about.as_str() }, *force, output),
    }
}

/// Hands over tables, each of a metric.
pub(super) fn tables(
    tables: &[Table],
    metrics: &[String],
    format: TableFormat,
    place: &Place,
    output: &mut Output,
) -> Result<(), Failure> {
    if (format, place) == (TableFormat::Text, &Place::Stdout)
        && let Some((look, has_styles)) = output::terminal()
    {
        for (at, table) in tables.iter().enumerate() {
            if at > 0 {
                output.line(&Safe::plain(""))?;
            }
            output.styled(&text::lines(table, look), has_styles)?;
        }
        return Ok(());
    }
    let document = if matches!(format, TableFormat::Text | TableFormat::Markdown) {
        format.joined(&collect::written(format, tables, Look::UNBOUNDED))
    } else {
        format.write_all(tables, Look::UNBOUNDED)
    };
    let Some(document) = document else {
        return Err(Failure::Usage(format!(
            "{} has room for one table, and there are {}: choose one with --metric, of {}",
            format.word(),
            tables.len(),
            metrics.join(", ")
        )));
    };
    // A form without comments has one table.
    let about = tables.first().filter(|_| format.comment().is_none()).map(csv::about);
    match (place, format.comment()) {
        (Place::Stdout, _) => match &about {
            Some(about) => with_about(&document, about, output),
            None => Ok(output.document(&document)?),
        },
        (Place::File { path, force }, Some((open, close))) => {
            file(path, &document, Mark::Comment { open, close }, *force, output)
        }
        (Place::File { path, force }, None) => {
            let about = about.as_ref().map_or("", Document::as_str);
            file(path, &document, Mark::Beside { about }, *force, output)
        }
    }
}

/// Data on standard output, and what is to be known of it on standard error.
fn with_about(document: &Document, about: &Document, output: &mut Output) -> Result<(), Failure> {
    output.document(document)?;
    output.flush()?;
    output::complain_document(about);
    Ok(())
}

fn file(path: &Path, document: &Document, mark: Mark<'_>, force: bool, output: &mut Output) -> Result<(), Failure> {
    let written = export(path, document.as_str(), mark, force).map_err(written::failure)?;
    written::tell(path, written, mark, output)
}
