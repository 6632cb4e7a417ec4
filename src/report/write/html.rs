//! A table as HTML: a fragment for a report, or a page that is whole in one file.
//!
//! It is read without scripts and without a network. The number in full stands behind each shown one, for who points at it
//! (`title`) and for programs (`data-value`). Wide tables scroll within themselves, so that a page is readable on a phone.

use super::foot::{self, About, Entry, Names};
use super::{Document, header, number, safe};
use crate::report::table::{Cell, Row, Table, Value};

/// How fragments look, for pages that have some.
pub const STYLE: &str = include_str!("table.css");

/// The table alone, as one `figure`.
pub fn fragment(table: &Table) -> Document {
    let mut out = String::from("<figure class=\"results\">\n");
    let title: Vec<String> = header::title(table).iter().map(|part| escaped(part)).collect();
    push!(out, "<figcaption>{}</figcaption>\n", title.join(" · "));
    if !table.rows.is_empty() && !table.columns.is_empty() {
        out.push_str("<div class=\"wide\">\n<table>\n");
        head(&mut out, table);
        out.push_str("<tbody>\n");
        let digits = number::digits(table);
        for row in &table.rows {
            body_row(&mut out, table, row, &digits);
        }
        out.push_str("</tbody>\n</table>\n</div>\n");
    }
    out.push_str("<ul>\n");
    for entry in foot::entries(table, Names::All) {
        out.push_str(&item(&entry));
    }
    out.push_str("</ul>\n</figure>\n");
    Document::new(out)
}

/// A page with the table.
pub fn page(table: &Table) -> Document {
    pages(std::slice::from_ref(table))
}

/// A page with these tables, one below the other.
pub fn pages(tables: &[Table]) -> Document {
    let titles: Vec<String> = tables.iter().map(|table| escaped(&safe(&table.title))).collect();
    let title = titles.join(", ");
    let fragments: String = tables.iter().map(|table| fragment(table).to_string()).collect();
    Document::new(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n{fragments}</body>\n</html>\n"
    ))
}

fn parameters(table: &Table) -> usize {
    table.rows.iter().map(|row| row.labels.len()).max().unwrap_or(0).max(table.row_names.len())
}

fn head(out: &mut String, table: &Table) {
    out.push_str("<thead>\n");
    let levels = header::levels(table);
    for level in 0..levels {
        out.push_str("<tr>");
        for at in (0..parameters(table)).filter(|_| level == 0) {
            let name = table.row_names.get(at).map_or_else(String::new, |name| escaped(&safe(name)));
            push!(out, "<th scope=\"col\" rowspan=\"{levels}\">{name}</th>");
        }
        for group in header::groups(table, level) {
            let class = match (group.len > 1, mean_class(table, group.first)) {
                (true, "") => " class=\"group\"",
                (_, class) => class,
            };
            let (scope, span) = if group.len > 1 {
                ("colgroup", format!(" colspan=\"{}\"", group.len))
            } else {
                ("col", String::new())
            };
            push!(out, "<th scope=\"{scope}\"{span}{class}>{}</th>", escaped(&group.label));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</thead>\n");
}

fn mean_class(table: &Table, column: usize) -> &'static str {
    if table.columns[column].is_mean { " class=\"mean\"" } else { "" }
}

fn body_row(out: &mut String, table: &Table, row: &Row, digits: &[u8]) {
    out.push_str(if row.is_baseline { "<tr class=\"baseline\">" } else { "<tr>" });
    for at in 0..parameters(table) {
        let label = row.labels.get(at).map_or_else(String::new, |label| escaped(&safe(label)));
        let mark = if at == 0 && row.is_baseline { format!("{} ", foot::BASELINE) } else { String::new() };
        push!(out, "<th scope=\"row\">{mark}{label}</th>");
    }
    for (at, digits) in digits.iter().enumerate() {
        let mean = if table.columns[at].is_mean { " mean" } else { "" };
        match foot::cell(row, at) {
            Cell::Missing { word, reason } => push!(
                out,
                "<td class=\"missing{mean}\" title=\"{}\">{}</td>",
                escaped(&foot::reason(reason)),
                escaped(&foot::word(word))
            ),
            Cell::Value(value) => out.push_str(&value_cell(table, value, *digits, mean)),
        }
    }
    out.push_str("</tr>\n");
}

fn value_cell(table: &Table, value: &Value, digits: u8, mean: &str) -> String {
    let shown = number::shown(value, digits);
    let full = number::full(value.number);
    let provisional = if value.is_provisional { " provisional" } else { "" };
    let mark = if value.is_provisional { foot::PROVISIONAL } else { "" };
    let error = shown.error.as_ref().map_or_else(String::new, |error| format!(" <small>±{error}</small>"));
    let notes = foot::notes(table, value);
    let notes = if notes.is_empty() { String::new() } else { format!("<sup>{}</sup>", number::joined(&notes)) };
    let class = format!("{provisional}{mean}");
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{}\"", class.trim_start()) };
    format!("<td{class} data-value=\"{full}\" title=\"{full}\">{mark}{}{error}{notes}</td>", shown.number())
}

fn item(entry: &Entry) -> String {
    let (lead, text) = (escaped(&entry.lead), escaped(&entry.text));
    match entry.about {
        About::Note => format!("<li><sup>{lead}</sup> {text}</li>\n"),
        About::Mark => format!("<li>{lead} {text}</li>\n"),
        About::Missing => format!("<li><em>{lead}</em>: {text}</li>\n"),
        About::Empty | About::Pipeline | About::Excluded | About::Versions => format!("<li>{lead}: {text}</li>\n"),
    }
}

/// Text that is text, also inside of an attribute in quotes.
pub(in crate::report) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}
