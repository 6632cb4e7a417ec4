//! The report as one HTML page.

use super::{Block, Fact, Overview, Section, Tally, Tone};
use crate::report::write::html::{STYLE, escaped, fragment};
use crate::report::write::{Document, safe};
use crate::text::{Safe, human};

/// How a report looks, besides its tables.
const OVERVIEW: &str = include_str!("overview.css");

/// The page.
pub fn html(overview: &Overview) -> Document {
    let title = line(&overview.title);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"generator\" content=\"gem5-tui\">\n\
         <title>{title}</title>\n<style>\n{STYLE}{OVERVIEW}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n<p>{}</p>\n",
        line(&overview.abstracted)
    );
    tally(&mut out, &overview.tally);
    if overview.sections.len() > 1 {
        let links = overview.sections.iter().enumerate();
        let links: Vec<String> =
            links.map(|(at, section)| format!("<a href=\"#part-{}\">{}</a>", at + 1, line(&section.title))).collect();
        push!(out, "<nav>{}</nav>\n", links.join("\n"));
    }
    out.push_str("</header>\n<main>\n");
    for (at, Section { title, blocks }) in overview.sections.iter().enumerate() {
        push!(out, "<section id=\"part-{}\">\n<h2>{}</h2>\n", at + 1, line(title));
        for one in blocks {
            block(&mut out, one);
        }
        out.push_str("</section>\n");
    }
    out.push_str("</main>\n</body>\n</html>\n");
    Document::new(out)
}

fn tally(out: &mut String, all: &[Tally]) {
    let shown: Vec<&Tally> = all.iter().filter(|one| one.count > 0).collect();
    if shown.is_empty() {
        return;
    }
    // The share of each, for the eye; the numbers stand below.
    out.push_str("<div class=\"share\" aria-hidden=\"true\">");
    for one in &shown {
        push!(out, "<i class=\"{}\" style=\"flex-grow:{}\"></i>", tone(one.tone), one.count);
    }
    out.push_str("</div>\n<ul class=\"tally\">\n");
    for one in &shown {
        push!(out, "<li class=\"{}\"><b>{}</b> {}</li>\n", tone(one.tone), human::count(one.count), line(&one.word));
    }
    out.push_str("</ul>\n");
}

fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Neutral => "neutral",
    }
}

fn block(out: &mut String, block: &Block) {
    match block {
        Block::Heading(text) => push!(out, "<h3>{}</h3>\n", line(text)),
        Block::Text(text) => push!(out, "<p>{}</p>\n", line(text)),
        Block::Facts(facts) => {
            out.push_str("<dl>\n");
            for Fact { name, values } in facts {
                push!(out, "<dt>{}</dt>", line(name));
                for value in values {
                    push!(out, "<dd>{}</dd>", line(value));
                }
                out.push('\n');
            }
            out.push_str("</dl>\n");
        }
        Block::Results(table) => out.push_str(fragment(table).as_str()),
        // It was drawn for white paper.
        Block::Figure { svg, .. } => push!(out, "<div class=\"figure\">\n{svg}</div>\n"),
        Block::Grid { columns, rows } => {
            out.push_str("<div class=\"wide\">\n<table class=\"grid\">\n<thead><tr>");
            for name in columns {
                push!(out, "<th scope=\"col\">{}</th>", line(name));
            }
            out.push_str("</tr></thead>\n<tbody>\n");
            for row in rows {
                out.push_str("<tr>");
                for cell in row {
                    push!(out, "<td>{}</td>", line(cell));
                }
                out.push_str("</tr>\n");
            }
            out.push_str("</tbody>\n</table>\n</div>\n");
        }
        Block::Code { summary, language, text } => {
            let text = escaped(Safe::multiline(text).trim_end_matches('\n'));
            let code = format!("<pre><code class=\"{language}\">{text}\n</code></pre>\n");
            match summary {
                Some(summary) => push!(out, "<details><summary>{}</summary>\n{code}</details>\n", line(summary)),
                None => out.push_str(&code),
            }
        }
    }
}

fn line(text: &str) -> String {
    escaped(&safe(text))
}
