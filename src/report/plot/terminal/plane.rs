//! Lines and points over two axes, of dots of Braille and signs.

use super::frame::{Area, Frame, part};
use super::grid::{DIM, PLAIN, style};
use crate::report::plot::lines::{Lines, lowest};
use crate::report::plot::scale::{Scale, Ticks, ticks};
use crate::report::plot::scatter::Scatter;
use crate::report::plot::{Mark, PlotError, extent, measure};
use crate::report::table::Table;
use crate::text::{human, width};

/// The signs of series.
const SIGNS: [(&str, &str); 10] = [
    ("●", "o"),
    ("■", "x"),
    ("▲", "+"),
    ("◆", "*"),
    ("▼", "#"),
    ("○", "@"),
    ("□", "%"),
    ("△", "&"),
    ("◇", "="),
    ("▽", "~"),
];

/// The sign of a series.
pub(super) fn sign(frame: &Frame, series: usize) -> String {
    match SIGNS.get(series) {
        Some((unicode, ascii)) => frame.grid.sign(unicode, ascii).to_owned(),
        None => super::upright::letter(series - SIGNS.len()),
    }
}

/// Writes which sign is whose, in so many lines at most.
pub(super) fn legend(frame: &mut Frame, most: usize, names: &[String]) {
    let entries: Vec<_> =
        names.iter().enumerate().map(|(at, name)| (sign(frame, at), style(at), name.clone())).collect();
    frame.legend_within(most, &entries);
}

/// Where a number is upwards, in dots.
pub(super) fn dot_y(area: Area, ticks: &Ticks, number: f64) -> f64 {
    let dots = area.tall() as f64 * 4.0 - 1.0;
    area.top as f64 * 4.0 + (1.0 - part(ticks, number)) * dots
}

/// Draws a table as lines.
pub(super) fn lines(frame: &mut Frame, table: &Table) -> Result<(), PlotError> {
    let (low, high) = extent(table).ok_or_else(|| PlotError::Nothing(measure(table)))?;
    let lines = Lines::of(table)?;
    let scale = if lines.is_log2 { ", by powers of two" } else { "" };
    frame.title(&format!("{} over {}{scale}", measure(table), lines.axis));
    let names: Vec<String> = lines.series.iter().map(|series| series.name.clone()).collect();
    if names.len() > 1 {
        legend(frame, frame.grid.tall / 5, &names);
    }
    let gaps = lines.gaps();
    if !gaps.is_empty() {
        frame.below(&format!("no number: {}", human::some_of(&gaps)));
    }
    let ticks = ticks(lowest(low, high), high);
    let area = frame.axes(&ticks, 1);
    let x = lines.scale(area.left as f64 * 2.0 + 2.0, area.right as f64 * 2.0 - 4.0);
    let place = |at: f64, number: f64| (x.at(at), dot_y(area, &ticks, number));
    for (at, series) in lines.series.iter().enumerate() {
        for pair in series.points.windows(2) {
            if let [Mark::Number(from, _), Mark::Number(to, _)] = [&pair[0].mark, &pair[1].mark] {
                frame.grid.dots(place(pair[0].at, *from), place(pair[1].at, *to), style(at));
            }
        }
        for spot in &series.points {
            if let Mark::Number(number, Some(error)) = spot.mark {
                let ends = [number - error, number + error].map(|end| place(spot.at, end));
                frame.grid.dots(ends[0], ends[1], style(at));
            }
        }
    }
    for (at, series) in lines.series.iter().enumerate() {
        for spot in &series.points {
            if let Mark::Number(number, _) = spot.mark {
                let (x, y) = cell(place(spot.at, number));
                frame.grid.put(x, y, &sign(frame, at), style(at));
            }
        }
    }
    let places = lines.places.iter().map(|(at, label)| (x.at(*at), label.clone()));
    across(frame, area, &places.collect::<Vec<_>>());
    Ok(())
}

pub(super) fn cell((x, y): (f64, f64)) -> (usize, usize) {
    ((x.round().max(0.0) / 2.0) as usize, (y.round().max(0.0) / 4.0) as usize)
}

/// Writes labels under the axis where they do not touch: the outer ones first.
pub(super) fn across(frame: &mut Frame, area: Area, places: &[(f64, String)]) {
    let mut order: Vec<&(f64, String)> = places.iter().collect();
    if let Some(last) = order.pop() {
        order.insert(1.min(order.len()), last);
    }
    let y = area.bottom + 1;
    for (at, label) in order {
        let wide = width::width(label);
        let middle = (at.max(0.0) / 2.0) as usize;
        frame.grid.put(middle.min(area.right.saturating_sub(1)), area.bottom, frame.grid.sign("┴", "+"), DIM);
        let begin = middle.saturating_sub(wide / 2).min(frame.grid.wide.saturating_sub(wide));
        let is_free =
            (begin.saturating_sub(1)..=begin + wide).all(|x| x >= frame.grid.wide || frame.grid.is_free(x, y));
        if is_free {
            frame.grid.put(begin, y, label, PLAIN);
        }
    }
}

/// Draws points over two tables.
pub(super) fn scatter(frame: &mut Frame, scatter: &Scatter) -> Result<(), PlotError> {
    let cloud = scatter.cloud()?;
    frame.title(&format!("{} over {}", measure(&scatter.y), measure(&scatter.x)));
    if cloud.are_several {
        legend(frame, frame.grid.tall / 5, &cloud.series);
    }
    if let Err(why) = &cloud.fronts {
        frame.below(&format!("no front: {why}"));
    }
    let gaps = cloud.gaps();
    if !gaps.is_empty() {
        frame.below(&format!("no point: {}", human::some_of(&gaps)));
    }
    let (x_ticks, y_ticks) = (cloud.ticks(|at| at.0), cloud.ticks(|at| at.1));
    let area = frame.axes(&y_ticks, 1);
    let x = Scale::linear(x_ticks.low, x_ticks.high, area.left as f64 * 2.0, area.right as f64 * 2.0 - 3.0);
    let place = |(at, number): (f64, f64)| (x.at(at), dot_y(area, &y_ticks, number));
    for front in cloud.fronts.iter().flatten() {
        let style = front.series.filter(|_| cloud.are_several).map_or(DIM, style);
        for pair in front.steps.windows(2) {
            frame.grid.dots(place(pair[0]), place(pair[1]), style);
        }
    }
    for spot in &cloud.points {
        let (x, y) = cell(place(spot.at));
        frame.grid.put(x, y, &sign(frame, spot.series), style(spot.series));
    }
    // Names where nothing stands, those of the front first.
    let (front, others): (Vec<_>, Vec<_>) = cloud.points.iter().partition(|spot| spot.is_front);
    for spot in front.into_iter().chain(others) {
        let (x, y) = cell(place(spot.at));
        let wide = width::width(&spot.name);
        let begins = [Some(x + 2), x.checked_sub(wide + 1).filter(|begin| *begin > area.left)];
        let is_free = |begin: &usize| {
            begin + wide <= area.right
                && (begin.saturating_sub(1)..=begin + wide)
                    .all(|at| at == x || at >= area.right || frame.grid.is_free(at, y))
        };
        if let Some(begin) = begins.into_iter().flatten().find(is_free) {
            frame.grid.put(begin, y, &spot.name, if spot.is_front { PLAIN } else { DIM });
        }
    }
    let labels = x_ticks.marks.iter().map(|(number, label)| (x.at(*number), label.clone()));
    across(frame, area, &labels.collect::<Vec<_>>());
    Ok(())
}
