//! Figures of tables.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use gem5_tui::experiment::results::Better;
use gem5_tui::report::plot::{Plot, PlotError, Scatter, Stacked, Work};
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

/// A table of one number for each of three sizes and two workloads.
fn of(title: &str, unit: Option<&str>, numbers: [[f64; 2]; 3]) -> Table {
    let rows = ["256KiB", "512KiB", "1MiB"].iter().zip(numbers);
    Table {
        title: title.to_owned(),
        unit: unit.map(str::to_owned),
        row_names: strings(&["l2"]),
        column_names: strings(&["workload"]),
        columns: vec![column(&["stream"]), column(&["chase"])],
        rows: rows.map(|(l2, numbers)| row(&[l2], numbers.map(value).to_vec())).collect(),
        ..nothing()
    }
}

/// Cycles by where they went. Of one point a part is missing, and at another one the parts are more than the total.
fn stack() -> Stacked {
    let cycles = Some("Cycle");
    let mut memory = of("memory", cycles, [[40.0, 70.0], [35.0, 50.0], [30.0, 20.0]]);
    memory.rows[1].cells[0] = missing("segv", "killed by SIGSEGV");
    Stacked {
        parts: vec![
            of("base", cycles, [[20.0, 20.0], [20.0, 20.0], [20.0, 20.0]]),
            memory,
            of("branches", cycles, [[10.0, 5.0], [10.0, 5.0], [10.0, 75.0]]),
        ],
        total: Some(of("cycles", cycles, [[80.0, 100.0], [78.0, 80.0], [60.0, 110.0]])),
    }
}

fn cloud() -> Scatter {
    let mut ipc = of("ipc", Some("Count/Cycle"), [[0.8, 0.3], [1.1, 0.9], [1.05, 0.6]]);
    ipc.rows[2].cells[1] = missing("timeout", "ran longer than it may");
    Scatter {
        x: of("area", Some("mm²"), [[1.0, 1.0], [2.0, 2.5], [4.5, 4.5]]),
        y: ipc,
        better: (Some(Better::Lower), Some(Better::Higher)),
        work: Work::Column,
    }
}

/// Every figure: the name and kind, and what is drawn.
pub(crate) fn plots() -> Vec<(String, Plot)> {
    let mut tables = all();
    tables.push(("sizes", sizes()));
    let mut plots: Vec<(String, Plot)> = Vec::new();
    for (name, table) in tables {
        plots.push((format!("{name}.bars"), Plot::Bars(table.clone())));
        plots.push((format!("{name}.lines"), Plot::Lines(table.clone())));
        plots.push((format!("{name}.heat"), Plot::Heat(table)));
    }
    let alone =
        stack().parts.into_iter().map(|part| Table { columns: vec![column(&[])], column_names: Vec::new(), ..part });
    plots.push(("parts.stacked".to_owned(), Plot::Stacked(stack())));
    plots.push(("alone.stacked".to_owned(), Plot::Stacked(Stacked { parts: alone.collect(), total: None })));
    plots.push(("area.scatter".to_owned(), Plot::Scatter(cloud())));
    plots.push(("one.scatter".to_owned(), Plot::Scatter(Scatter { work: Work::All, ..cloud() })));
    plots.push(("undecided.scatter".to_owned(), Plot::Scatter(Scatter { better: (None, None), ..cloud() })));
    plots
}

pub(crate) fn as_before(name: &str, text: &str) {
    insta::with_settings!(
        { snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true },
        { insta::assert_snapshot!(name.to_owned(), text) }
    );
}

#[test]
fn figures_are_as_they_were_when_they_were_looked_at() {
    for (name, plot) in plots() {
        match plot.figure() {
            Ok(figure) => {
                same_as_before(&format!("{name}.svg"), &figure.svg());
                if let Some(dir) = std::env::var_os("GEM5_TUI_LOOK") {
                    fs::write(Path::new(&dir).join(format!("{name}.pdf")), figure.pdf().as_str()).unwrap();
                }
            }
            Err(error) => as_before(&format!("{name}.error"), &error.to_string()),
        }
    }
}

fn is_there(program: &str) -> bool {
    let is_there = Command::new(program).arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !is_there {
        crate::readers::not_there(program);
    }
    is_there
}

#[test]
fn equal_tables_make_equal_figures_that_renderers_take() {
    let (svg_reader, pdf_reader) = (is_there("rsvg-convert"), is_there("pdftotext"));
    for ((name, plot), (_, again)) in plots().into_iter().zip(plots()) {
        let (Ok(figure), Ok(again)) = (plot.figure(), again.figure()) else { continue };
        let (svg, pdf) = (figure.svg(), figure.pdf());
        assert_eq!((&svg, &pdf), (&again.svg(), &again.pdf()), "{name}");
        let bad = |c: char| c.is_control() && c != '\n';
        assert_eq!(svg.as_str().find(bad), None, "{name}");
        assert!(!svg.as_str().contains("NaN") && !svg.as_str().contains("\"inf"), "{name}");
        assert!(pdf.as_str().is_ascii() && !pdf.as_str().contains("NaN") && !pdf.as_str().contains("inf "), "{name}");
        let dir = tempfile::tempdir().unwrap();
        let (svg_file, pdf_file) = (dir.path().join("figure.svg"), dir.path().join("figure.pdf"));
        fs::write(&svg_file, svg.as_str()).unwrap();
        fs::write(&pdf_file, pdf.as_str()).unwrap();
        let run = |program: &str, path: &Path| {
            let mut command = Command::new(program);
            command.arg(path);
            if program == "pdftotext" {
                command.arg("-");
            }
            let output = command.output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && told.is_empty(), "{program} of {name}: {told}");
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        if svg_reader {
            run("rsvg-convert", &svg_file);
        }
        if pdf_reader {
            // What a reader of the PDF can search for: the name of the axis, unless it is cut.
            let text = run("pdftotext", &pdf_file);
            assert!(!text.trim().is_empty(), "{name}: {text}");
        }
    }
}

/// A bar of no height for what failed reads as a result of zero.
#[test]
fn what_is_missing_or_may_change_has_its_word_and_no_bar() {
    let bars = svg(&Plot::Bars(speedup()));
    let outlined = bars.matches("stroke=\"#222222\" stroke-width=\"0.4\"").count();
    // Three samples of the legend, and eight of twelve cells.
    assert_eq!(outlined, 3 + 8, "{bars}");
    for word in [">segv<", ">running<", ">no mean<"] {
        assert!(bars.contains(word), "{word} in {bars}");
    }
}

fn svg(plot: &Plot) -> String {
    plot.figure().unwrap().svg().as_str().to_owned()
}

#[test]
fn a_line_has_a_gap_where_something_is_missing_and_tells_why() {
    let lines = svg(&Plot::Lines(sizes()));
    assert!(lines.contains("no number: chase 4 at 1MiB: segv"), "{lines}");
    // The broken line has two points in front of its gap, and one behind it, which is no line.
    let points: Vec<usize> =
        lines.lines().filter(|line| line.starts_with("<polyline")).map(|line| line.matches(',').count()).collect();
    assert_eq!(points, [4, 4, 4], "{lines}");
}

/// Parts of which nobody knows whether they are all there, or that count something twice, look like a whole.
#[test]
fn what_parts_leave_of_their_total_is_a_part_and_what_is_above_it_is_told() {
    let stacked = svg(&Plot::Stacked(stack()));
    assert!(stacked.contains(">other<") && stacked.contains(">segv<"), "{stacked}");
    assert!(stacked.contains("more than their total (!): 1MiB × chase: 115 of 110"), "{stacked}");
    // Five bars of three parts; the rest of three of them: two have none. And four samples.
    let outlined = stacked.matches("stroke=\"#222222\" stroke-width=\"0.4\"").count();
    assert_eq!(outlined, 5 * 3 + 3 + 4, "{stacked}");
    let other = Stacked { parts: vec![of("misses", Some("Count"), [[1.0; 2]; 3])], ..stack() };
    assert!(matches!(Plot::Stacked(other).figure(), Err(PlotError::Units(..))));
    assert!(matches!(Plot::Stacked(Stacked { parts: Vec::new(), total: None }).figure(), Err(PlotError::NoParts)));
}

/// A geometric mean of parts is no part of a geometric mean.
#[test]
fn only_an_arithmetic_mean_is_stacked() {
    let with_mean = |kind: &str| {
        let mut stack = stack();
        for table in stack.parts.iter_mut().chain(&mut stack.total) {
            table.columns.push(gem5_tui::report::Column { labels: strings(&[kind]), is_mean: true });
            for row in &mut table.rows {
                row.cells.push(value(50.0));
            }
        }
        svg(&Plot::Stacked(stack))
    };
    assert!(with_mean("arithmetic").contains(">arithmetic<"));
    assert!(!with_mean("geomean").contains(">geomean<"));
}

#[test]
fn a_front_needs_to_know_which_way_is_better() {
    let front = "stroke-dasharray=\"3 1.5\"";
    let scatter = svg(&Plot::Scatter(Scatter { work: Work::All, ..cloud() }));
    assert!(scatter.contains(front) && scatter.contains("no point: 1MiB × chase: timeout"), "{scatter}");
    let undecided = Scatter { better: (Some(Better::Lower), None), ..cloud() };
    let undecided = svg(&Plot::Scatter(undecided));
    let by_row = svg(&Plot::Scatter(Scatter { work: Work::Row, ..cloud() }));
    assert!(by_row.contains("no front: the rows are of different workloads"), "{by_row}");
    assert!(
        !undecided.contains("<polyline") && undecided.contains("no front: nobody says which way `ipc"),
        "{undecided}"
    );
}

#[test]
fn what_cannot_be_drawn_is_refused_with_what_to_do() {
    assert!(matches!(Plot::Bars(nothing()).figure(), Err(PlotError::Nothing(_))));
    let by_name = Table { row_names: strings(&["core"]), rows: vec![row(&["o3"], vec![value(1.0)])], ..speedup() };
    assert!(matches!(Plot::Lines(by_name).figure(), Err(PlotError::NoAxis(_))));
    let many: Vec<Row> = (0..100).map(|at| row(&[&at.to_string(), "x"], vec![value(f64::from(at))])).collect();
    let many = Table { rows: many, ..speedup() };
    assert!(matches!(Plot::Bars(many).figure(), Err(PlotError::TooMany { count: 100, .. })));
}

/// Not in the font of every PDF reader, so it is told instead of drawn wrong.
#[test]
fn letters_that_a_pdf_has_not_are_known() {
    let table = Table { title: "周期 ≤ µs".to_owned(), ..speedup() };
    let figure = Plot::Bars(table).figure().unwrap();
    assert_eq!(figure.without_letter(), ['周', '期']);
    assert!(figure.pdf().as_str().is_ascii());
}

/// Whoever wants a figure otherwise draws it anew, and it must be the same numbers.
#[test]
fn matplotlib_draws_the_numbers_of_every_figure() {
    for (name, plot) in plots() {
        let (Ok(numbers), Ok(script)) = (plot.numbers(), plot.script()) else { continue };
        if plot.figure().is_ok() && !name.starts_with("hard") {
            as_before(&format!("{name}.csv"), numbers.as_str());
        }
        if name.starts_with("area") {
            as_before(&format!("{name}.py"), script.as_str());
        }
    }
    let Some(python) = ["python3", "/usr/bin/python3"].into_iter().find(|python| {
        let has = Command::new(python).args(["-c", "import matplotlib"]).stderr(Stdio::null()).status();
        has.is_ok_and(|status| status.success())
    }) else {
        return crate::readers::not_there("matplotlib");
    };
    let dir = tempfile::tempdir().unwrap();
    for (name, plot) in plots() {
        if plot.figure().is_err() {
            continue;
        }
        let name = name.replace('.', "_");
        let path = |extension: &str| dir.path().join(format!("{name}.{extension}"));
        fs::write(path("csv"), plot.numbers().unwrap().as_str()).unwrap();
        fs::write(path("py"), plot.script().unwrap().as_str()).unwrap();
        let out = match std::env::var_os("GEM5_TUI_LOOK") {
            Some(dir) => Path::new(&dir).join(format!("{name}.matplotlib.png")),
            None => path("out.pdf"),
        };
        let output = Command::new(python)
            .args(["-W", "error", "-W", "ignore:Glyph"])
            .arg(path("py"))
            .arg(&out)
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(fs::metadata(&out).unwrap().len() > 1000, "{name}");
    }
}
