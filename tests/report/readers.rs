//! Other people's programs read what we write.

use std::fs;
use std::process::{Command, Output, Stdio};

use gem5_tui::report::write::csv::Form;
use gem5_tui::report::write::text::Look;
use gem5_tui::report::write::{TableFormat, csv, latex, long};

use crate::examples::{all, observations, speedup};

/// Says on the terminal of who runs the tests that a program is not there.
#[expect(clippy::print_stderr, reason = "a test that did not look must not pass for one that did")]
pub(crate) fn not_there(what: &str) {
    eprintln!("not tested, because it is not installed here: {what}");
}

fn python(program: &str, dir: &std::path::Path) -> Option<Output> {
    let has = Command::new("python3").args(["-c", "import pandas"]).stderr(Stdio::null()).status();
    if !has.is_ok_and(|status| status.success()) {
        not_there("pandas");
        return None;
    }
    Some(Command::new("python3").args(["-c", program]).current_dir(dir).output().unwrap())
}

#[test]
fn pandas_reads_numbers_as_numbers_and_what_is_missing_as_nan() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    write("long.csv", long::separated(&observations(), Form::COMMAS).as_str());
    write("long.tsv", long::separated(&observations(), Form::TABS).as_str());
    write("long.jsonl", long::json_lines(&observations()).as_str());
    write("table.csv", csv::write(&speedup(), Form::COMMAS).as_str());
    write("commented.csv", csv::write(&speedup(), Form { tabs: false, comments: true }).as_str());
    for (name, table) in all() {
        write(&format!("{name}.any.csv"), csv::write(&table, Form::COMMAS).as_str());
    }
    if let Some(output) = python(include_str!("read_results.py"), dir.path()) {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn tex_compiles_every_table() {
    let mut tried = false;
    let tables: Vec<_> = all().into_iter().map(|(_, table)| table).collect();
    let all_in_one = TableFormat::Latex.write_all(&tables, Look::UNBOUNDED).unwrap();
    let all_in_one =
        format!("\\documentclass{{article}}\n{}\\begin{{document}}\n{all_in_one}\\end{{document}}\n", latex::PREAMBLE);
    let pages = all().into_iter().map(|(name, table)| (name, latex::page(&table).to_string()));
    let pages: Vec<(&str, String)> = pages.chain([("all in one", all_in_one)]).collect();
    for engine in ["pdflatex", "xelatex", "lualatex"] {
        if Command::new(engine).arg("--version").stdout(Stdio::null()).status().is_err() {
            not_there(engine);
            continue;
        }
        tried = true;
        for (name, page) in &pages {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join("table.tex"), page).unwrap();
            let args = ["-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "table.tex"];
            let output = Command::new(engine).args(args).current_dir(dir.path()).stdin(Stdio::null()).output().unwrap();
            let log = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{name} with {engine}:\n{log}");
        }
    }
    if !tried {
        not_there("any TeX, so no table was compiled");
    }
}
