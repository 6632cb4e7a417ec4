//! What must be read from files for the present screen.

use std::sync::Arc;

use crate::experiment::RowKind;
use crate::protocol::AttemptView;
use crate::rundir::AttemptDir;
use crate::tui::actions::Tab;
use crate::tui::layout::Areas;
use crate::tui::model::chart;
use crate::tui::model::columns::target;
use crate::tui::model::list::Line;
use crate::tui::model::sort::Sort;
use crate::tui::model::{Against, LinkState, LogFileChoice, Model};
use crate::tui::reading::{
    BesideWant, ColumnsWant, CompareWant, FilterWant, LogWant, ResultsWant, StatsWant, TallyWant, Want,
};

/// Lines that are read around the visible part at least, so that scrolling needs no wait.
const MIN_MARGIN: usize = 100;

/// What must be read for the present screen.
pub(super) fn want(model: &mut Model, areas: &Areas) -> Want {
    let columns = columns_want(model, areas);
    let visible = areas.detail.area() > 0;
    let results = if visible && model.tab == Tab::Results {
        Some(Box::new(results_want(model)))
    } else {
        model.results.is_behind = false;
        None
    };
    let grep = model.grep.want();
    let Some(attempt) = model.shown_attempt() else { return Want { columns, results, grep, ..Want::default() } };
    // Whatever a step leaves in its directory, it is no stats of a simulation.
    let has_stats = model.selected().is_none_or(|row| row.view.kind == RowKind::Simulation);
    let tab = |tab: Tab| visible && model.tab == tab;
    Want {
        attempt: Some(attempt.dir.clone()),
        live: attempt.outcome.is_none(),
        log: tab(Tab::Log).then(|| log_want(model, areas)).flatten(),
        stats: (has_stats && (tab(Tab::Stats) || areas.watch.area() > 0)).then(|| stats_want(model, attempt)),
        files: tab(Tab::Files),
        info: tab(Tab::Info),
        columns,
        results,
        grep,
        failure: attempt.outcome.clone().filter(|_| tab(Tab::Why)),
    }
}

fn results_want(model: &mut Model) -> ResultsWant {
    // While the rows of another engine come, those of the one before stand for them.
    let are_whole = model.link != LinkState::Connecting && !model.is_stale;
    if are_whole || model.results.has_no_views() {
        let rows = model.list.rows().values().map(|row| &row.view);
        model.results.gather(model.list.attempts(), model.now_ms, rows);
    }
    let (generation, views) = model.results.views();
    ResultsWant {
        asked: model.results.asked.clone(),
        metric: model.results.metric.clone(),
        watch: model.header.as_ref().map(|h| h.header.watch.clone()).unwrap_or_default(),
        views,
        generation,
        ascii: !model.theme.unicode,
        opened: model.results.opened,
        behind: model.results.behind.as_ref().map(|(behind, _)| behind.clone()),
        figure: model.results.figure.as_ref().and_then(|figure| figure.drawn.name()).map(str::to_owned),
    }
}

fn stats_want(model: &Model, attempt: &AttemptView) -> StatsWant {
    let mut globs = model.header.as_ref().map(|h| h.header.watch.clone()).unwrap_or_default();
    // What is a column is worth its history too.
    globs.extend(model.columns.names.iter().cloned());
    let compare = model.stats.against.and_then(|against| match against {
        Against::Previous => Some(CompareWant::Previous),
        Against::Simulation(id) => {
            let view = &model.list.rows().get(&id)?.view;
            let (other, dump) = (view.latest()?, view.dump.clone());
            Some(CompareWant::Other { attempt: other.dir.clone(), outcome: other.kind(), dump })
        }
    });
    let dump = model.selected().map(|row| row.view.dump.clone()).unwrap_or_default();
    let is_charted = model.stats.chart.is_some() && model.tab == Tab::Stats;
    let rows = if is_charted { chart::beside(model).0 } else { Vec::new() };
    let others = rows.iter().filter_map(|row| row.view.latest());
    let beside = others.map(|other| BesideWant { attempt: other.dir.clone(), outcome: other.kind() }).collect();
    StatsWant { globs, compare, outcome: attempt.kind(), dump, at: model.stats.at, beside }
}

fn log_want(model: &Model, areas: &Areas) -> Option<LogWant> {
    let seek = model.log.seeking.as_ref().map(|seeking| seeking.seek.clone());
    let height = usize::from(areas.detail_inner().height);
    let tally = model.log.search.as_ref().map(|search| TallyWant {
        id: search.id,
        pattern: model.log.among_shown(&search.pattern),
        at: search.line(),
    });
    let filter = model.log.filter.as_ref().map(|filter| FilterWant { id: filter.id, pattern: filter.pattern.clone() });
    let margin = MIN_MARGIN.max(height * 3);
    Some(LogWant {
        path: log_path(model)?,
        top: model.log.top,
        margin,
        seek,
        tally,
        filter,
        folds: model.log.folds(),
        copy: model.log.copying.clone(),
    })
}

/// The file that the log shows.
pub(super) fn log_path(model: &Model) -> Option<std::path::PathBuf> {
    let dir = AttemptDir::new(model.shown_attempt()?.dir.clone());
    Some(match &model.log.choice {
        LogFileChoice::Simout => dir.simout(),
        LogFileChoice::Simerr => dir.simerr(),
        LogFileChoice::Other(path) => dir.path().join(path),
    })
}

/// What must be read for the columns: what is on the screen, and everything if the list is ordered or filtered by stats,
/// or shows their means.
fn columns_want(model: &mut Model, areas: &Areas) -> Option<ColumnsWant> {
    if model.columns.names.is_empty() || areas.list.area() == 0 {
        return None;
    }
    let list = &model.list;
    let visible = list.lines().iter().skip(list.offset).take(areas.list_rows());
    let row = |line: &Line| if let Line::Row(id) = line { list.rows().get(id) } else { None };
    let visible = visible.filter_map(|line| target(row(line)?)).collect();
    let needs_all = matches!(list.sort(), Sort::Added(_)) || list.filters_by_stats() || list.is_grouped();
    let rest = if needs_all { model.columns.targets(list.attempts(), list.rows().values()) } else { Arc::default() };
    Some(ColumnsWant { names: model.columns.names.clone(), visible, rest })
}
