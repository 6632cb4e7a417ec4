//! `gem5-tui report`: all of an experiment in one file, for whoever was not there.
//!
//! [`gather`] reads what each simulation left, the other modules make sections of it, and
//! [`report::overview`](crate::report::overview) writes them. Nothing in it says when the report was made: the same experiment gives the
//! same file.

mod again;
mod gather;
mod happened;
mod made_with;
mod tables;

use std::path::Path;

use crate::cli::{ReportArgs, Target};
use crate::commands::intent::{self, Intent};
use crate::commands::output::Output;
use crate::commands::{Exit, Failure, status, written};
use crate::report::overview::{self, Overview, Section, Tally, Tone};
use crate::report::write::Document;
use crate::rundir::export::{self, Mark};
use crate::text::human;

use gather::Gathered;

/// What a report is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Html,
    Markdown,
}

/// Writes the report to a file, or prints it.
pub(crate) fn report(target: &Target, how: &ReportArgs, output: &mut Output) -> Result<Exit, Failure> {
    let form = form(how)?;
    let plan = intent::plan(target, Intent::Measure)?;
    let kept = plan.clone();
    let (snapshot, _) = status::look_anyway(plan)?;
    let gathered = gather::gather(kept, snapshot);
    let overview = overview(&gathered)?;
    match (form, &how.output) {
        (Form::Html, None) => output.document(&overview::html(&overview))?,
        (Form::Markdown, None) => output.document(&overview::markdown(&overview, None))?,
        (Form::Html, Some(path)) => write(path, &overview::html(&overview), &[], how.force, output)?,
        (Form::Markdown, Some(path)) => {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let document = overview::markdown(&overview, Some(&stem));
            write(path, &document, &overview::figures(&overview, &stem), how.force, output)?;
        }
    }
    Ok(Exit::Ok)
}

fn form(how: &ReportArgs) -> Result<Form, Failure> {
    if how.md {
        return Ok(Form::Markdown);
    }
    let Some(path) = &how.output else { return Ok(Form::Html) };
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        Some("html" | "htm") => Ok(Form::Html),
        Some("md" | "markdown") => Ok(Form::Markdown),
        _ => Err(Failure::Usage(format!("{}: name it .html or .md, or pass --md", path.display()))),
    }
}

/// Writes the report and the figures that lie beside it: all or none.
fn write(
    path: &Path,
    document: &Document,
    figures: &[(String, &Document)],
    force: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    let mark = Mark::Comment { open: "<!-- ", close: " -->" };
    let figures = figures.iter().map(|(name, svg)| (path.with_file_name(name), svg.as_str(), mark));
    let files: Vec<_> = figures.chain([(path.to_owned(), document.as_str(), mark)]).collect();
    let all = export::export_all(&files, force).map_err(written::failure)?;
    for ((path, ..), written) in files.iter().zip(all).rev() {
        written::tell(path, written, mark, output)?;
    }
    Ok(())
}

fn overview(gathered: &Gathered) -> Result<Overview, Failure> {
    let sections = [
        Section::of("Summary", happened::summary(gathered)),
        Section::of("Results", tables::tables(gathered)?),
        Section::of("Failures by reason", happened::failures(gathered)),
        Section::of("Retried", happened::retried(gathered)),
        Section::of("Made with", made_with::made_with(gathered)),
        Section::of("To make it again", again::commands(gathered)),
        Section::of("Experiment file", again::file(gathered)),
    ];
    Ok(Overview {
        title: gathered.plan.name.clone(),
        abstracted: abstracted(gathered),
        tally: tally(gathered),
        sections: sections.into_iter().flatten().collect(),
    })
}

fn abstracted(gathered: &Gathered) -> String {
    let counts = gathered.snapshot.header.counts;
    let hosts = human::plural(gathered.hosts().len() as u64, "host");
    let versions = gathered.versions();
    let parts = [
        (true, human::plural(u64::from(counts.total), "simulation")),
        (!gathered.hosts().is_empty(), format!("on {hosts}")),
        (!versions.is_empty(), format!("gem5 {}", versions.join(" and "))),
        (gathered.snapshot.header.stand_in, "the stand-in gem5, of which no number is a result".to_owned()),
        (!counts.all_ended(), "not finished".to_owned()),
    ];
    parts.into_iter().filter(|(is_so, _)| *is_so).map(|(_, part)| part).collect::<Vec<_>>().join(", ")
}

fn tally(gathered: &Gathered) -> Vec<Tally> {
    let counts = gathered.snapshot.header.counts;
    let all = [
        ("ok", counts.ok, Tone::Good),
        ("failed", counts.failed(), Tone::Bad),
        ("cancelled", counts.cancelled, Tone::Neutral),
        ("running", counts.running, Tone::Neutral),
        ("paused", counts.paused, Tone::Neutral),
        ("queued", counts.queued, Tone::Neutral),
        ("blocked", counts.blocked, Tone::Neutral),
    ];
    let tally = |(word, count, tone): (&str, u32, Tone)| Tally { word: word.to_owned(), count: count.into(), tone };
    all.map(tally).into()
}
