//! Figures of tables.

use std::fs;
use std::process::{Command, Stdio};

use gem5_tui::report::plot::{PlotError, bars, heat, lines};
use gem5_tui::report::write::Document;
use gem5_tui::report::{Cell, Row, Table, Value};

use crate::examples::{all, column, missing, nothing, number, row, speedup, strings, value};
use crate::same_as_before;

/// Four sizes, two associativities and two workloads, with a hole and a number below zero.
fn sizes() -> Table {
    let rows = ["256KiB", "512KiB", "1MiB", "8MiB"].iter().zip(0_u8..).flat_map(|(l2, at)| {
        ["4", "16"].map(|assoc| {
            let base = f64::from(at) * 0.7 - 0.4 + if assoc == "4" { 0.0 } else { 0.25 };
            let hole = if at == 2 && assoc == "4" { missing("segv", "killed by SIGSEGV") } else { value(base / 2.0) };
            let first = Cell::Value(Value { error: Some(0.1), count: 5, ..number(base) });
            row(&[l2, assoc], vec![first, hole])
        })
    });
    Table {
        title: "time saved".to_owned(),
        unit: Some("Second".to_owned()),
        row_names: strings(&["l2", "assoc"]),
        column_names: strings(&["workload"]),
        columns: vec![column(&["stream"]), column(&["chase"])],
        rows: rows.collect(),
        ..nothing()
    }
}

fn drawn(table: &Table) -> Vec<(&'static str, Result<Document, PlotError>)> {
    vec![("bars", bars::draw(table)), ("lines", lines::draw(table)), ("heat", heat::draw(table))]
}

fn tables() -> Vec<(&'static str, Table)> {
    let mut tables = all();
    tables.push(("sizes", sizes()));
    tables
}

#[test]
fn figures_are_as_they_were_when_they_were_looked_at() {
    for (name, table) in tables() {
        for (kind, figure) in drawn(&table) {
            match figure {
                Ok(figure) => same_as_before(&format!("{name}.{kind}.svg"), &figure),
                Err(error) => insta::with_settings!(
                    { snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true },
                    { insta::assert_snapshot!(format!("{name}.{kind}.error"), error.to_string()) }
                ),
            }
        }
    }
}

#[test]
fn equal_tables_make_equal_figures_that_a_renderer_takes() {
    let renderer = Command::new("rsvg-convert").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !renderer {
        crate::readers::not_there("rsvg-convert");
    }
    for (name, table) in tables() {
        for ((kind, figure), (_, again)) in drawn(&table).into_iter().zip(drawn(&table.clone())) {
            assert_eq!(figure, again, "{name} as {kind}");
            let Ok(figure) = figure else { continue };
            let bad = |c: char| c.is_control() && c != '\n';
            assert_eq!(figure.as_str().find(bad), None, "{name} as {kind}");
            assert!(!figure.as_str().contains("NaN") && !figure.as_str().contains("\"inf"), "{name} as {kind}");
            if renderer {
                let dir = tempfile::tempdir().unwrap();
                let path = dir.path().join("figure.svg");
                fs::write(&path, figure.as_str()).unwrap();
                let output = Command::new("rsvg-convert").arg(&path).output().unwrap();
                assert!(output.status.success(), "{name} as {kind}: {}", String::from_utf8_lossy(&output.stderr));
            }
        }
    }
}

/// A bar of no height for what failed reads as a result of zero.
#[test]
fn what_is_missing_or_may_change_has_its_word_and_no_bar() {
    let bars = bars::draw(&speedup()).unwrap();
    let outlined = bars.as_str().matches("stroke=\"#222222\" stroke-width=\"0.4\"").count();
    // Three samples of the legend, and eight of twelve cells.
    assert_eq!(outlined, 3 + 8, "{bars}");
    for word in [">segv<", ">running<", ">no mean<"] {
        assert!(bars.as_str().contains(word), "{word} in {bars}");
    }
}

#[test]
fn a_line_has_a_gap_where_something_is_missing_and_tells_why() {
    let lines = lines::draw(&sizes()).unwrap();
    assert!(lines.as_str().contains("no number: chase 4 at 1MiB: segv"), "{lines}");
    // Behind the samples of the legend. The broken line has two points in front of its gap, and one behind it, which is no line.
    let points: Vec<usize> = lines
        .as_str()
        .lines()
        .filter(|line| line.starts_with("<polyline"))
        .skip(4)
        .map(|line| line.matches(',').count())
        .collect();
    assert_eq!(points, [4, 4, 2, 4], "{lines}");
}

#[test]
fn what_cannot_be_drawn_is_refused_with_what_to_do() {
    assert!(matches!(bars::draw(&nothing()), Err(PlotError::Nothing(_))));
    let by_name = Table { row_names: strings(&["core"]), rows: vec![row(&["o3"], vec![value(1.0)])], ..speedup() };
    assert!(matches!(lines::draw(&by_name), Err(PlotError::NoAxis(_))));
    let many: Vec<Row> = (0..100).map(|at| row(&[&at.to_string(), "x"], vec![value(f64::from(at))])).collect();
    let many = Table { rows: many, ..speedup() };
    assert!(matches!(bars::draw(&many), Err(PlotError::TooMany { count: 100, .. })));
}
