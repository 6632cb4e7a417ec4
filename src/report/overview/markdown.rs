//! The report as GitHub's Markdown.

use super::{Block, Fact, Overview, Section};
use crate::report::write::markdown::{self, escaped};
use crate::report::write::{Document, safe};
use crate::text::{Safe, human};

/// The text. `beside` is the name of the file that it will be in, without its end: its figures are those that [`figures`] tells.
/// Without one it has none.
pub fn markdown(overview: &Overview, beside: Option<&str>) -> Document {
    let names = figures(overview, beside.unwrap_or_default());
    let mut names = names.iter().map(|(name, _)| name.as_str()).filter(|_| beside.is_some());
    let mut out = format!("# {}\n\n{}\n", line(&overview.title), line(&overview.abstracted));
    let tally = overview.tally.iter().filter(|one| one.count > 0);
    let tally: Vec<String> = tally.map(|one| format!("**{}** {}", human::count(one.count), line(&one.word))).collect();
    if !tally.is_empty() {
        push!(out, "\n{}\n", tally.join(" · "));
    }
    for Section { title, blocks } in &overview.sections {
        push!(out, "\n## {}\n", line(title));
        for one in blocks {
            block(&mut out, one, &mut names);
        }
    }
    Document::new(out)
}

/// The figures of a report that will be in a file of this name, which has no end: the name of the file of each, and what is in it.
pub fn figures<'o>(overview: &'o Overview, stem: &str) -> Vec<(String, &'o Document)> {
    let mut figures: Vec<(String, &Document)> = Vec::new();
    for one in overview.sections.iter().flat_map(|section| &section.blocks) {
        let Block::Figure { name, svg, .. } = one else { continue };
        let kept = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        let name: String = name.chars().map(kept).collect();
        let name = name.trim_matches(['_', '.']);
        let name = if name.is_empty() { "figure" } else { name };
        let mut file = format!("{stem}-{name}.svg");
        let mut number = 1;
        while figures.iter().any(|(known, _)| *known == file) {
            number += 1;
            file = format!("{stem}-{name}-{number}.svg");
        }
        figures.push((file, svg));
    }
    figures
}

/// A file in a link, from the report beside it: a name may have any letters.
fn link(file: &str) -> String {
    let mut link = String::new();
    for byte in file.bytes() {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'_' | b'.' => link.push(char::from(byte)),
            other => push!(link, "%{other:02X}"),
        }
    }
    link
}

fn block<'n>(out: &mut String, block: &Block, files: &mut impl Iterator<Item = &'n str>) {
    match block {
        Block::Heading(text) => push!(out, "\n### {}\n", line(text)),
        Block::Text(text) => push!(out, "\n{}\n", line(text)),
        Block::Facts(facts) => {
            let told = facts.iter().filter(|fact| !fact.values.is_empty());
            let rows = told.map(|Fact { name, values }| {
                let values: Vec<String> = values.iter().map(|value| line(value)).collect();
                vec![line(name), values.join("<br>")]
            });
            table(out, &[String::new(), String::new()], rows);
        }
        Block::Results(table) => push!(out, "\n{}", markdown::write(table)),
        Block::Figure { title, .. } => {
            if let Some(file) = files.next() {
                push!(out, "\n![{}]({})\n", line(title), link(file));
            }
        }
        Block::Grid { columns, rows } => {
            let columns: Vec<String> = columns.iter().map(|name| line(name)).collect();
            table(out, &columns, rows.iter().map(|row| row.iter().map(|cell| line(cell)).collect()));
        }
        Block::Code { summary, language, text } => {
            if let Some(summary) = summary {
                push!(out, "\n{}:\n", line(summary));
            }
            let text = Safe::multiline(text);
            let fence = fence(&text);
            push!(out, "\n{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'));
        }
    }
}

/// Rows whose cells are escaped.
fn table(out: &mut String, columns: &[String], rows: impl Iterator<Item = Vec<String>>) {
    out.push('\n');
    let mut row = |cells: &[String]| {
        let cells: Vec<&str> = cells.iter().map(|cell| cell.trim()).collect();
        push!(out, "| {} |\n", cells.join(" | "));
    };
    row(columns);
    row(&vec![":---".to_owned(); columns.len()]);
    rows.for_each(|cells| row(&cells));
}

/// More backticks than the text has in one place.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

fn line(text: &str) -> String {
    escaped(&safe(text))
}
