//! Figures in the place of the table of results.

use std::path::Path;

use super::results::{Sweep, sweep, told};
use super::screens::{MIDDLE, look};
use crate::experiment::results::{PlotKind, PlotRule};
use crate::report::plot::FigureFormat;
use crate::report::plot::Plot;
use crate::tui::actions::Context;
use crate::tui::model::results::figure::Drawn;
use crate::tui::reading::Keep;
use crate::tui::update::Command;

fn with_plots() -> Sweep {
    let plot = |name: &str, kind: PlotKind, metrics: &[&str]| PlotRule {
        name: name.to_owned(),
        kind,
        view: None,
        metrics: metrics.iter().map(|name| (*name).to_owned()).collect(),
        total: None,
    };
    let mut sweep = sweep();
    sweep.rule.plots =
        vec![plot("pareto", PlotKind::Scatter, &["cpi", "ipc"]), plot("both", PlotKind::Lines, &["ipc", "cpi"])];
    sweep
}

fn drawn(dash: &super::fixture::Dash) -> Option<&Drawn> {
    dash.model.results.figure.as_ref().map(|figure| &figure.drawn)
}

#[test]
fn the_table_as_bars() {
    look("results_bars", MIDDLE, |width, height| {
        let sweep = sweep();
        let mut dash = sweep.open(width, height);
        sweep.keys(&mut dash, "f");
        dash
    });
}

#[test]
fn a_figure_of_the_file() {
    look("results_scatter", MIDDLE, |width, height| {
        let sweep = with_plots();
        let mut dash = sweep.open(width, height);
        sweep.keys(&mut dash, "ffff");
        dash
    });
}

#[test]
fn one_key_goes_through_what_suits_any_table_and_the_figures_of_the_file_and_esc_to_the_table() {
    let sweep = with_plots();
    let mut dash = sweep.open(120, 40);
    let table = dash.text();
    let mut seen = Vec::new();
    for _ in 0..6 {
        sweep.keys(&mut dash, "f");
        seen.push(drawn(&dash).unwrap().word().to_owned());
    }
    assert_eq!(seen, ["bars", "lines", "heat map", "pareto", "both", "bars"]);
    sweep.keys(&mut dash, "h");
    assert_eq!(drawn(&dash), Some(&Drawn::Named("both".to_owned())));
    sweep.keys(&mut dash, "l");
    assert_eq!(drawn(&dash), Some(&Drawn::Bars));
    sweep.keys(&mut dash, "<esc>");
    assert!(drawn(&dash).is_none() && dash.model.contexts().contains(&Context::Results));
    assert_eq!(dash.text(), table);
}

/// A figure that stays as it was while the table changes shows numbers of another metric under its title.
#[test]
fn a_figure_follows_the_table_and_its_order() {
    let sweep = sweep();
    let mut dash = sweep.open(120, 40);
    sweep.keys(&mut dash, "tf");
    let shown = |dash: &super::fixture::Dash| match dash.model.results.figure.as_ref().unwrap().plot() {
        Some(Plot::Bars(table)) => table.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(Some(shown(&dash)), dash.model.results.in_order());
    let before = shown(&dash).title;
    sweep.keys(&mut dash, "m");
    assert_ne!(shown(&dash).title, before);
    assert_eq!(Some(shown(&dash)), dash.model.results.in_order());
}

#[test]
fn a_figure_of_the_file_is_as_the_file_has_it_and_shows_one_metric_after_the_other() {
    let sweep = with_plots();
    let mut dash = sweep.open(120, 40);
    sweep.keys(&mut dash, "%fffff");
    let figure = |dash: &super::fixture::Dash| dash.model.results.figure.clone().unwrap();
    assert_eq!((figure(&dash).count(), figure(&dash).at), (2, 0));
    assert!(dash.text().contains("metric 1 of 2"), "{}", dash.text());
    sweep.keys(&mut dash, "m");
    assert_eq!(figure(&dash).at, 1);
    assert!(figure(&dash).plot().unwrap().name().starts_with("cpi"));
    let asked = dash.model.results.asked.clone();
    sweep.keys(&mut dash, "%uV");
    assert_eq!(dash.model.results.asked, asked);
    assert!(told(&dash).contains("experiment file"), "{}", told(&dash));
}

/// What nobody sees must not be cancelled.
#[test]
fn no_simulation_is_acted_upon_while_a_figure_hides_the_cells() {
    let sweep = sweep();
    let mut dash = sweep.open(120, 40);
    sweep.keys(&mut dash, "jjf");
    dash.commands.clear();
    sweep.keys(&mut dash, "pcsr<enter>");
    assert!(dash.requests().is_empty() && dash.model.overlay.is_none(), "{:?}", dash.requests());
}

#[test]
fn a_figure_is_exported_by_the_end_of_the_name() {
    let sweep = with_plots();
    let mut dash = sweep.open(120, 40);
    let mut export = |keys: &str| {
        dash.commands.clear();
        sweep.keys(&mut dash, keys);
        let kept = dash.commands.iter().find_map(|command| match command {
            Command::Keep(Keep::Figure { plot, format, path }) => Some((plot.clone(), *format, path.clone())),
            _ => None,
        });
        kept.ok_or_else(|| told(&dash).to_owned())
    };
    // The table itself goes as bars.
    let (plot, format, path) = export("x<C-u>out/t.pdf<enter>").unwrap();
    assert!(matches!(*plot, Plot::Bars(_)) && path == Path::new("out/t.pdf"));
    assert_eq!(format, FigureFormat::Pdf);
    // What is drawn goes as it is drawn, and its CSV is not that of the table.
    let (plot, _, path) = export("ffx<enter>").unwrap();
    assert!(matches!(*plot, Plot::Lines(_)));
    assert_eq!(path, Path::new("l2-sweep-ipc-lines.svg"));
    let (plot, _, path) = export("ffx<enter>").unwrap();
    assert!(matches!(*plot, Plot::Scatter(_)) && path == Path::new("l2-sweep-pareto.svg"));
    // A figure of the file is no table.
    let told = export("x<C-u>t.csv<enter>").unwrap_err();
    assert!(told.contains(".svg") && !told.contains(".csv"), "{told}");
}

#[test]
fn any_figure_fits_any_screen() {
    let sweep = with_plots();
    for (width, height) in [(200, 60), (120, 40), (80, 24), (60, 16), (40, 12), (20, 5), (10, 3)] {
        let mut dash = sweep.open(width, height);
        for _ in 0..5 {
            sweep.keys(&mut dash, "f");
            dash.text();
            dash.model.theme.unicode = false;
            dash.text();
            dash.model.theme.unicode = true;
        }
        sweep.keys(&mut dash, "zjk");
        dash.text();
    }
}
