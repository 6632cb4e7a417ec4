//! Tables and observations in all of their forms: compared with what was looked at and found good, and read by the programs that
//! they are for, where those are installed.

#![expect(clippy::unwrap_used, reason = "a test that cannot do its work has failed")]

#[path = "report/examples.rs"]
mod examples;
#[path = "report/plots.rs"]
mod plots;
#[path = "report/readers.rs"]
mod readers;
#[path = "report/terminal.rs"]
mod terminal;

use gem5_tui::report::Table;
use gem5_tui::report::observation::Observation;
use gem5_tui::report::write::csv::Form;
use gem5_tui::report::write::text::Look;
use gem5_tui::report::write::{Document, csv, html, latex, long, markdown, text};

use examples::{all, observations};

/// Compares with the snapshot. With `GEM5_TUI_LOOK=DIR`, documents are also written there, to be opened by what they are for.
fn same_as_before(name: &str, document: &Document) {
    if let Some(dir) = std::env::var_os("GEM5_TUI_LOOK") {
        std::fs::write(std::path::Path::new(&dir).join(name), document.as_str()).unwrap();
    }
    insta::with_settings!({ snapshot_path => "report/snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, document.as_str());
    });
}

fn look(width: usize) -> Look {
    Look { width: Some(width), unicode: true }
}

/// Every form of a table.
fn forms(table: &Table) -> Vec<(&'static str, Document)> {
    vec![
        ("text", text::write(table, Look::UNBOUNDED)),
        ("text80", text::write(table, look(80))),
        ("text40", text::write(table, look(40))),
        ("ascii", text::write(table, Look { width: Some(80), unicode: false })),
        ("csv", csv::write(table, Form::COMMAS)),
        ("commented", csv::write(table, Form { tabs: false, comments: true })),
        ("tsv", csv::write(table, Form::TABS)),
        ("about", csv::about(table)),
        ("md", markdown::write(table)),
        ("tex", latex::fragment(table)),
        ("page.tex", latex::page(table)),
        ("html", html::fragment(table)),
        ("page.html", html::page(table)),
    ]
}

#[test]
fn every_form_of_every_table_is_as_it_was_when_it_was_looked_at() {
    for (name, table) in all() {
        let shown = forms(&table).into_iter().filter(|(form, _)| match name {
            "speedup" => *form != "commented",
            "hard" => !matches!(*form, "page.html" | "text"),
            "wide" => matches!(*form, "text80" | "text40" | "csv"),
            "grouped" => !matches!(*form, "page.html" | "page.tex" | "about" | "commented"),
            _ => matches!(*form, "text80" | "csv" | "md" | "tex" | "html"),
        });
        for (form, document) in shown {
            same_as_before(&format!("{name}.{form}"), &document);
        }
    }
}

#[test]
fn every_form_of_the_observations_is_as_it_was_when_it_was_looked_at() {
    let observations = observations();
    same_as_before("observations.csv", &long::separated(&observations, Form::COMMAS));
    same_as_before("observations.tsv", &long::separated(&observations, Form::TABS));
    same_as_before("observations.jsonl", &long::json_lines(&observations));
    same_as_before("observations.about", &long::about(&observations));
}

/// On standard error it would drown everything else.
#[test]
fn what_is_told_of_ten_thousand_failures_is_short_and_says_that_there_are_more() {
    let mut observations = observations();
    let failed = observations.rows[3].clone();
    let fails = |at: usize| Observation {
        simulation: format!("s{at}"),
        reason: Some(format!("{} at {}", "x".repeat(at), at % 50)),
        ..failed.clone()
    };
    observations.rows = (0..10_000).map(fails).collect();
    let about = long::about(&observations).to_string();
    assert!(about.len() < 10_000 && about.lines().count() < 30, "{about}");
    assert!(about.contains("10000, 10000 of them not ok") && about.contains("more reasons"), "{about}");
}

#[test]
fn equal_tables_make_equal_bytes() {
    for (name, table) in all() {
        assert_eq!(forms(&table), forms(&table.clone()), "{name}");
    }
}

#[test]
fn nothing_that_a_terminal_obeys_gets_into_any_form() {
    for (name, table) in all() {
        for (form, document) in forms(&table) {
            let obeyed = |c: char| (c.is_control() && c != '\n' && !(c == '\t' && form == "tsv")) || c == '\u{202e}';
            assert_eq!(document.as_str().find(obeyed), None, "{name} as {form}");
        }
    }
}

/// What does not fit stands in another block, and no line is longer than the terminal.
#[test]
fn nothing_is_cut_on_a_narrow_terminal() {
    for (name, table) in all() {
        for columns in [10, 20, 40, 80, 120] {
            let document = text::write(&table, look(columns));
            for line in document.as_str().lines() {
                let wide = gem5_tui::text::width::width(line);
                assert!(wide <= columns, "{name} in {columns} columns: {wide} in {line:?}");
            }
            if name == "wide" {
                for at in 1..=60 {
                    assert!(document.as_str().contains(&format!("w{at}")), "w{at} in {columns} columns");
                }
                assert!(!document.as_str().contains('…'));
            }
        }
    }
}

#[test]
fn what_is_missing_has_a_word_and_a_reason_and_is_never_a_number() {
    let table = examples::speedup();
    for (form, document) in forms(&table) {
        for told in ["segv", "SIGSEGV", "it has no dump yet"] {
            // TSV and CSV tell it in `why`, the list below a table in a document of its own.
            assert!(document.as_str().contains(told), "{told} in {form}");
        }
    }
    let csv = csv::write(&table, Form::COMMAS);
    let last = csv.as_str().lines().last().unwrap();
    assert!(last.starts_with("1MiB,16,0.999,0.00999,5,,,,,,,,,,false,"), "{last}");
}

#[test]
fn a_value_that_may_still_change_is_no_number_to_a_program() {
    let csv = csv::write(&examples::speedup(), Form::COMMAS);
    let line = csv.as_str().lines().nth(2).unwrap();
    assert!(line.contains("random: provisional (0.44 so far)") && !line.contains(",0.44,"), "{line}");
}
