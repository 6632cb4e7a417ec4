//! A table for a paper: a `tabular` with the rules of `booktabs`, and what must be told below it as a list.
//!
//! Points stand above one another without `siunitx`, and under the middle of what stands over them: a number gets the room of the longest
//! one of its column on either side of the point. A comment in front says what was done and with which gem5, and what is in no mean; the notes, the
//! marks and the reasons of missing cells are printed. Caption and label are the author's.
//!
//! The awkward truth: `pdflatex` knows few characters. Of those that it does not know, the ones that appear in our own texts are
//! written with commands; all others are handed to a small macro that prints them with engines that know Unicode, and
//! their number with those that do not, so that the file compiles everywhere and nothing disappears.

use super::foot::{self, About, Entry, Names};
use super::{Document, header, number, safe};
use crate::report::table::{Cell, Row, Table, Value};

/// What helps where a table is wider than the column of the paper, which TeX calls an overfull box.
const WIDE: &str = "% too wide for the column? \\footnotesize\\setlength{\\tabcolsep}{3pt} in front of it, or table* over both columns\n";

/// What prints a character that `pdflatex` may not know: its number in hexadecimal, and the character.
const CHARACTER: &str = "\\providecommand{\\resultschar}[2]{%\n  \\ifdefined\\XeTeXrevision #2\\else\\ifdefined\\directlua #2\\else\
                         \\texttt{U+#1}\\fi\\fi}\n";

/// The mark of a value that may still change. A tilde of the font is a small one above.
const PROVISIONAL: &str = "$\\sim$";

/// What stands in the preamble for a fragment to work.
pub const PREAMBLE: &str = "\\usepackage{booktabs}\n";

/// These tables, one below the other. Where there are several, each has its title above it, since one caption cannot tell them apart.
pub fn fragments(tables: &[Table]) -> Document {
    if let [table] = tables {
        return fragment(table);
    }
    let titled = tables.iter().map(|table| {
        let title = header::title(table).first().map_or_else(String::new, |title| escaped(title));
        let body = fragment(table);
        // A character that `pdflatex` does not know needs its macro already here.
        let macros = if title.contains("\\resultschar") { CHARACTER } else { "" };
        format!("{macros}\\noindent\\textbf{{{title}}}\\par\\smallskip\\noindent\n{body}")
    });
    Document::new(titled.collect::<Vec<_>>().join("\\par\\bigskip\n\n"))
}

/// The table, for `\input` inside of a `table`.
pub fn fragment(table: &Table) -> Document {
    let entries = foot::entries(table, Names::All);
    let mut out = String::new();
    out.push_str(&comment(&header::title(table).join(" · ")));
    out.push_str("% needs \\usepackage{booktabs}\n");
    out.push_str(WIDE);
    for entry in entries.iter().filter(|entry| !is_printed(entry)) {
        out.push_str(&comment(&format!("{}: {}", entry.lead, entry.text)));
    }
    let mut body = String::new();
    if !table.rows.is_empty() && !table.columns.is_empty() {
        tabular(&mut body, table);
    }
    let printed: Vec<&Entry> = entries.iter().filter(|entry| is_printed(entry)).collect();
    if !printed.is_empty() {
        body.push_str("\\par\\smallskip\n{\\footnotesize\\begin{list}{}{\\leftmargin1.5em \\labelwidth0pt \\itemindent-\\leftmargin\n  \\itemsep0pt \\parsep0pt \\topsep0pt \\let\\makelabel\\relax}\n");
        for entry in printed {
            let lead = match entry.about {
                About::Note => format!("\\textsuperscript{{{}}}", entry.lead),
                About::Mark if entry.lead == foot::PROVISIONAL => PROVISIONAL.to_owned(),
                _ => escaped(&entry.lead),
            };
            push!(body, "\\item[{{{lead}}}] {}\n", escaped(&entry.text));
        }
        body.push_str("\\end{list}}\n");
    }
    if body.contains("\\resultschar") {
        out.push_str(CHARACTER);
    }
    out.push_str(&body);
    Document::new(out)
}

/// A document with the table alone, to look at it.
pub fn page(table: &Table) -> Document {
    Document::new(format!(
        "\\documentclass{{article}}\n\\usepackage[margin=1cm]{{geometry}}\n{PREAMBLE}\\pagestyle{{empty}}\n\\begin{{document}}\n\
         \\noindent\n{}\\end{{document}}\n",
        fragment(table)
    ))
}

/// Whether a reader of the paper sees it.
fn is_printed(entry: &Entry) -> bool {
    match entry.about {
        About::Empty | About::Mark | About::Note | About::Missing => true,
        About::Pipeline | About::Excluded | About::Versions => false,
    }
}

/// Text in a comment, which ends with its line.
fn comment(text: &str) -> String {
    format!("% {text}\n")
}

fn tabular(out: &mut String, table: &Table) {
    let parameters = table.rows.iter().map(|row| row.labels.len()).max().unwrap_or(0).max(table.row_names.len());
    let numbers: String = table
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            // A little more space sets the means off; booktabs has no vertical lines.
            let is_first_mean = column.is_mean && at > 0 && !table.columns[at - 1].is_mean;
            if is_first_mean { "@{\\hspace{2em}}c" } else { "c" }
        })
        .collect();
    // Without space outside, the rules are as wide as the text.
    push!(out, "\\begin{{tabular}}{{@{{}}{}{numbers}@{{}}}}\n\\toprule\n", "l".repeat(parameters));
    let levels = header::levels(table);
    for level in 0..levels {
        let is_last = level + 1 == levels;
        let names = (0..parameters).map(|at| match table.row_names.get(at) {
            Some(name) if is_last => escaped(&safe(name)),
            _ => String::new(),
        });
        let groups = header::groups(table, level);
        let heads = groups.iter().map(|group| match group.len {
            1 => escaped(&group.label),
            several => format!("\\multicolumn{{{several}}}{{c}}{{{}}}", escaped(&group.label)),
        });
        push!(out, "{} \\\\\n", names.chain(heads).collect::<Vec<_>>().join(" & "));
        for group in groups.iter().filter(|group| group.len > 1) {
            let first = parameters + group.first + 1;
            push!(out, "\\cmidrule(lr){{{first}-{}}}\n", first + group.len - 1);
        }
    }
    out.push_str("\\midrule\n");
    let digits = number::digits(table);
    let sides = |row: &Row, at: usize| match foot::cell(row, at) {
        Cell::Missing { .. } => None,
        Cell::Value(value) => Some(sides(table, value, digits.get(at).copied().unwrap_or_default())),
    };
    let rooms: Vec<Sides> = (0..table.columns.len())
        .map(|at| {
            let all: Vec<Sides> = table.rows.iter().filter_map(|row| sides(row, at)).collect();
            let longest = |side: fn(&Sides) -> &String| all.iter().map(side).max_by_key(|text| length(text)).cloned();
            Sides {
                left: longest(|of| &of.left).unwrap_or_default(),
                right: longest(|of| &of.right).unwrap_or_default(),
            }
        })
        .collect();
    let has_baseline = table.rows.iter().any(|row| row.is_baseline);
    for row in &table.rows {
        let labels = (0..parameters).map(|at| {
            let label = row.labels.get(at).map_or_else(String::new, |label| escaped(&safe(label)));
            match (at, row.is_baseline) {
                (0, true) => format!("{} {label}", escaped(foot::BASELINE)),
                (0, false) if has_baseline => format!("\\hphantom{{{} }}{label}", escaped(foot::BASELINE)),
                _ => label,
            }
        });
        let cells = rooms.iter().enumerate().map(|(at, room)| match foot::cell(row, at) {
            Cell::Missing { word, .. } => format!("\\textit{{{}}}", escaped(&foot::word(word))),
            Cell::Value(_) => sides(row, at).map_or_else(String::new, |of| of.within(room)),
        });
        // A star at the beginning of a row would belong to the end of the row before it.
        let guard = if parameters > 0 { "{}" } else { "" };
        push!(out, "{guard}{} \\\\\n", labels.chain(cells).collect::<Vec<_>>().join(" & "));
    }
    out.push_str("\\bottomrule\n\\end{tabular}\n");
}

/// A number up to its point, and from there on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Sides {
    left: String,
    right: String,
}

/// The two sides of a number.
fn sides(table: &Table, value: &Value, digits: u8) -> Sides {
    let shown = number::shown(value, digits);
    let minus = |text: &str| text.strip_prefix('-').map_or_else(|| text.to_owned(), |rest| format!("$-${rest}"));
    let mark = if value.is_provisional { PROVISIONAL } else { "" };
    let power = shown.exponent.map_or_else(String::new, |exponent| format!("$\\times10^{{{exponent}}}$"));
    let error = shown.error.map_or_else(String::new, |error| {
        let (digits, exponent) = error.split_once('e').unwrap_or((&error, ""));
        let power = if exponent.is_empty() { String::new() } else { format!("$\\times10^{{{exponent}}}$") };
        format!("\\,$\\pm$\\,{digits}{power}")
    });
    let notes = foot::notes(table, value);
    let notes =
        if notes.is_empty() { String::new() } else { format!("\\textsuperscript{{{}}}", number::joined(&notes)) };
    Sides { left: format!("{mark}{}", minus(&shown.whole)), right: format!("{}{power}{error}{notes}", shown.fraction) }
}

impl Sides {
    /// The number with as much room as those of its column need.
    fn within(&self, room: &Self) -> String {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let left = if self.left == room.left {
            self.left.clone()
        } else if digits(&self.left) && digits(&room.left) {
            // Digits are equally wide.
            match room.left.len().saturating_sub(self.left.len()) {
                0 => self.left.clone(),
                more => format!("\\hphantom{{{}}}{}", "0".repeat(more), self.left),
            }
        } else {
            format!("\\hphantom{{{}}}\\llap{{{}}}", room.left, self.left)
        };
        let is_alike = |text: &str| text.strip_prefix('.').is_some_and(digits);
        let right = if self.right == room.right
            || self.right.len() == room.right.len() && is_alike(&self.right) && is_alike(&room.right)
        {
            self.right.clone()
        } else {
            format!("\\rlap{{{}}}\\hphantom{{{}}}", self.right, room.right)
        };
        left + &right
    }
}

/// How many letters a text has in print, about: commands and what groups their arguments have none.
fn length(text: &str) -> usize {
    let mut rest = text;
    let mut count = 0;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => {
                let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
                // A sign, such as `\pm`; a raised text has only what is raised.
                count += usize::from(!rest[..end].starts_with("text"));
                rest = &rest[end.max(1).min(rest.len())..];
            }
            '$' | '{' | '}' | '^' => {}
            _ => count += 1,
        }
    }
    count
}

/// Text that is printed as it is.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\textbackslash{}"),
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                out.push('\\');
                out.push(c);
            }
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '<' => out.push_str("\\textless{}"),
            '>' => out.push_str("\\textgreater{}"),
            '|' => out.push_str("\\textbar{}"),
            // By their numbers: their names, and what two of them make, depend on the font.
            '"' | '\'' | '`' => push!(out, "\\char{}{{}}", u32::from(c)),
            // Two of them would be joined to a longer one.
            '-' => out.push_str("-{}"),
            '[' => out.push_str("{[}"),
            ']' => out.push_str("{]}"),
            '±' => out.push_str("$\\pm$"),
            '×' => out.push_str("$\\times$"),
            '→' => out.push_str("$\\rightarrow$"),
            '◆' => out.push_str("$\\diamond$"),
            '…' => out.push_str("\\dots{}"),
            '·' => out.push_str("$\\cdot$"),
            'µ' | 'μ' => out.push_str("$\\mu$"),
            // These few are in no font that is the default; other Latin letters are in all of them.
            'Ð' | 'Þ' | 'ð' | 'þ' => out.push_str(&unicode(c)),
            ' '..='~' | 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ÿ' => out.push(c),
            _ => out.push_str(&unicode(c)),
        }
    }
    out
}

fn unicode(c: char) -> String {
    format!("\\resultschar{{{:04X}}}{{{c}}}", u32::from(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_room_of_the_longest_one_on_either_side_of_its_point() {
        let sides = |left: &str, right: &str| Sides { left: left.to_owned(), right: right.to_owned() };
        let room = sides("137", ".7");
        assert_eq!(sides("137", ".7").within(&room), "137.7");
        assert_eq!(sides("1", ".0").within(&room), "\\hphantom{00}1.0");
        assert_eq!(sides("1", "").within(&room), "\\hphantom{00}1\\rlap{}\\hphantom{.7}");
        let room = sides("$-$1", ".25\\,$\\pm$\\,0.1");
        assert_eq!(
            sides("12", ".25").within(&room),
            "\\hphantom{$-$1}\\llap{12}\\rlap{.25}\\hphantom{.25\\,$\\pm$\\,0.1}"
        );
        assert_eq!(length("$-$12"), 3);
        assert_eq!(length(".25\\,$\\pm$\\,0.1\\textsuperscript{1}"), 3 + 1 + 1 + 1 + 3 + 1);
    }

    #[test]
    fn what_means_something_to_tex_is_escaped() {
        assert_eq!(
            escaped("\\&%$#_{}~^"),
            "\\textbackslash{}\\&\\%\\$\\#\\_\\{\\}\\textasciitilde{}\\textasciicircum{}"
        );
        assert_eq!(escaped("--pf"), "-{}-{}pf");
        assert_eq!(escaped("é模"), "é\\resultschar{6A21}{模}");
    }
}
