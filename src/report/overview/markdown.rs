//! The report as GitHub's Markdown.

use super::{Block, Fact, Overview, Section};
use crate::report::write::markdown::{self, escaped};
use crate::report::write::{Document, safe};
use crate::text::{Safe, human};

/// The text.
pub fn markdown(overview: &Overview) -> Document {
    let mut out = format!("# {}\n\n{}\n", line(&overview.title), line(&overview.abstracted));
    let tally = overview.tally.iter().filter(|one| one.count > 0);
    let tally: Vec<String> = tally.map(|one| format!("**{}** {}", human::count(one.count), line(&one.word))).collect();
    if !tally.is_empty() {
        push!(out, "\n{}\n", tally.join(" · "));
    }
    for Section { title, blocks } in &overview.sections {
        push!(out, "\n## {}\n", line(title));
        for one in blocks {
            block(&mut out, one);
        }
    }
    Document::new(out)
}

fn block(out: &mut String, block: &Block) {
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
        Block::Figure(_) => {}
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
