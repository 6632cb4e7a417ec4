//! A table of GitHub's Markdown (github.github.com/gfm, "Tables"), with a list below it.
//!
//! Such a table has one line of header, so names of column groups are written out with each column: `stream/on`. Marks are the
//! same as on a terminal. Names are escaped so that they are shown as they are, and become neither HTML nor a link nor a formula.

use super::foot::{self, About, Entry, Names};
use super::{Document, header, number, safe};
use crate::report::table::{Cell, Table, Value};

/// The table.
pub fn write(table: &Table) -> Document {
    let mut out =
        format!("**{}**\n\n", header::title(table).iter().map(|part| escaped(part)).collect::<Vec<_>>().join(" · "));
    if !table.rows.is_empty() && !table.columns.is_empty() {
        let labels = table.rows.iter().map(|row| row.labels.len()).max().unwrap_or(0).max(table.row_names.len());
        let names = (0..labels).map(|at| table.row_names.get(at).map_or_else(String::new, |name| escaped(&safe(name))));
        let columns = table.columns.iter().map(|column| {
            let name = escaped(&header::name(table, column));
            if column.is_mean { bold(&name) } else { name }
        });
        row(&mut out, names.chain(columns));
        row(&mut out, (0..labels).map(|_| ":---".to_owned()).chain(table.columns.iter().map(|_| "---:".to_owned())));
        let digits = number::digits(table);
        for (at, line) in table.rows.iter().enumerate() {
            let labels = (0..labels).map(|at| {
                let label = line.labels.get(at).map_or_else(String::new, |label| escaped(&safe(label)));
                if at == 0 && line.is_baseline { format!("{} {label}", foot::BASELINE) } else { label }
            });
            let cells =
                table.columns.iter().zip(&digits).enumerate().map(|(column, (kind, digits))| {
                    match foot::cell(&table.rows[at], column) {
                        Cell::Missing { word, .. } => format!("*{}*", escaped(&foot::word(word))),
                        Cell::Value(value) if kind.is_mean => bold(&shown(table, value, *digits)),
                        Cell::Value(value) => shown(table, value, *digits),
                    }
                });
            row(&mut out, labels.chain(cells));
        }
        out.push('\n');
    }
    for entry in foot::entries(table, Names::All) {
        out.push_str(&item(&entry));
    }
    Document::new(out)
}

fn shown(table: &Table, value: &Value, digits: u8) -> String {
    let shown = number::shown(value, digits);
    let mark = if value.is_provisional { "\\~" } else { "" };
    let error = shown.error.as_ref().map_or_else(String::new, |error| format!(" ±{error}"));
    format!("{mark}{}{error}{}", shown.number(), number::superscript(&foot::notes(table, value)))
}

fn row(out: &mut String, cells: impl Iterator<Item = String>) {
    out.push('|');
    for cell in cells {
        // Nothing between the bars would still be a cell; a space keeps it readable.
        push!(out, " {} |", cell.trim());
    }
    out.push('\n');
}

fn item(entry: &Entry) -> String {
    let (lead, text) = (escaped(&entry.lead), escaped(&entry.text));
    match entry.about {
        About::Note => {
            let number = number::superscript(&[entry.lead.parse().unwrap_or(0)]);
            format!("- {number} {text}\n")
        }
        About::Missing => format!("- *{lead}*: {text}\n"),
        About::Mark => format!("- {lead} {text}\n"),
        About::Empty | About::Pipeline | About::Excluded | About::Versions => format!("- {lead}: {text}\n"),
    }
}

fn bold(text: &str) -> String {
    format!("**{text}**")
}

/// Text that is shown as it is: every ASCII character that means something anywhere in a line has a backslash in front, or is
/// written as HTML has it.
pub(in crate::report) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A name behind it would be told of it.
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '#' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_names() {
        assert_eq!(escaped("a|b*c_<i>&@you`$x$"), "a\\|b\\*c\\_&lt;i&gt;&amp;&#64;you\\`\\$x\\$");
    }
}
