//! A stat over the dumps of a run, which goes on while it is looked at.

use super::Signs;
use super::frame::{Area, Frame};
use super::grid::{DIM, Grid, PLAIN, style};
use super::plane::{across, cell, dot_y};
use crate::report::plot::lines::lowest;
use crate::report::plot::scale::{Scale, Ticks, ticks};
use crate::text::{StyledLine, human};

/// More powers of ten than that are not all named on an axis.
const MOST_POWERS: i32 = 5;

/// A dump, and what a stat was in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Past {
    /// The number of the dump, from one.
    pub dump: u32,
    /// The tick at which it ends, if it tells one.
    pub tick: Option<f64>,
    /// The value; none if the dump has not got the stat.
    pub value: Option<f64>,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    /// The place of the dump whose value is told, among all that are drawn.
    pub dump: usize,
    /// Whether equal ratios have equal heights.
    pub is_log: bool,
}

/// Draws the values in exactly `tall` lines of `wide` columns at most: over ticks where each dump ends at a later one, else over
/// numbers of dumps.
pub fn over_dumps(name: &str, past: &[Past], at: At, (wide, tall): (usize, usize), signs: Signs) -> Vec<StyledLine> {
    super::within(wide, tall, || drawn(name, past, at, Frame::new(Grid::new(wide, tall, signs))))
}

fn drawn(name: &str, past: &[Past], at: At, mut frame: Frame) -> Result<Vec<StyledLine>, String> {
    let values: Vec<f64> = past.iter().filter_map(|past| past.value).filter(|value| value.is_finite()).collect();
    let is_shown = |value: &f64| !at.is_log || *value > 0.0;
    let shown = values.iter().copied().filter(is_shown);
    let ends = shown.fold(None, |ends: Option<(f64, f64)>, value| {
        Some(ends.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
    });
    let Some((low, high)) = ends else {
        return Err(if values.is_empty() {
            format!("no dump has a value of {name} yet")
        } else {
            format!("no value of {name} is above 0, so there is no logarithm")
        });
    };
    let by_ticks: Option<Vec<f64>> = past.iter().map(|past| past.tick).collect();
    let by_ticks = by_ticks.filter(|ticks| ticks.windows(2).all(|pair| pair[0] < pair[1]));
    let (axis, places) = match by_ticks {
        Some(ticks) => ("tick", ticks),
        None => ("dump", past.iter().map(|past| f64::from(past.dump)).collect()),
    };
    let pointed = past.get(at.dump).map(|past| {
        let value = past.value.map_or_else(|| "no value".to_owned(), human::number);
        let tick = past.tick.map_or_else(String::new, |tick| format!(", tick {}", human::number(tick)));
        format!("{name} = {value} at dump {}{tick}", past.dump)
    });
    frame.title(&pointed.unwrap_or_else(|| name.to_owned()));
    let hidden = values.len() - values.iter().filter(|value| is_shown(value)).count();
    if hidden > 0 {
        frame.below(&format!("{} not above 0 and not drawn", human::plural(hidden as u64, "value")));
    }
    let height = |value: f64| if at.is_log { value.log10() } else { value };
    let ticks = if at.is_log { powers(low, high) } else { ticks(lowest(low, high), high) };
    let area = frame.axes(&ticks, 1);
    let ends = places.first().copied().zip(places.last().copied()).unwrap_or((0.0, 1.0));
    let x = Scale::linear(ends.0, ends.1, area.left as f64 * 2.0 + 1.0, area.right as f64 * 2.0 - 2.0);
    let spot = |place: f64, value: f64| (x.at(place), dot_y(area, &ticks, height(value)));
    let drawn = |past: &Past| past.value.filter(|value| value.is_finite() && is_shown(value));
    for (at, pair) in past.windows(2).enumerate() {
        if let (Some(from), Some(to)) = (drawn(&pair[0]), drawn(&pair[1])) {
            frame.grid.dots(spot(places[at], from), spot(places[at + 1], to), style(0));
        }
    }
    for (past, place) in past.iter().zip(&places) {
        // One without neighbours would not be seen.
        if let Some(value) = drawn(past) {
            let to = spot(*place, value);
            frame.grid.dots(to, to, style(0));
        }
    }
    if let Some((past, place)) = past.get(at.dump).zip(places.get(at.dump)) {
        point(&mut frame, area, x.at(*place), drawn(past).map(|value| spot(*place, value)));
    }
    let first = (x.at(ends.0), format!("{axis} {}", human::number(ends.0)));
    let last = (x.at(ends.1), human::number(ends.1));
    across(&mut frame, area, &[first, last]);
    Ok(frame.grid.finish())
}

/// Marks the dump whose value is told.
fn point(frame: &mut Frame, area: Area, x: f64, spot: Option<(f64, f64)>) {
    let line = frame.grid.sign("┆", ":");
    let column = cell((x, 0.0)).0;
    for y in area.top..area.bottom {
        if frame.grid.is_empty(column, y) {
            frame.grid.put(column, y, line, DIM);
        }
    }
    if let Some(spot) = spot {
        let (x, y) = cell(spot);
        frame.grid.put(x, y, frame.grid.sign("●", "o"), PLAIN);
    }
}

/// Powers of ten around all numbers, which are above 0.
fn powers(low: f64, high: f64) -> Ticks {
    let (low, high) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let high = high.max(low + 1);
    let step = ((high - low) / MOST_POWERS).max(1);
    let marks = (low..=high).step_by(step as usize).map(|power| (f64::from(power), human::number(10_f64.powi(power))));
    Ticks { low: f64::from(low), high: f64::from(high), marks: marks.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(past: &[Past], at: At, wide: usize, tall: usize) -> String {
        let lines = over_dumps("system.cpu.ipc", past, at, (wide, tall), Signs::Unicode);
        lines.iter().fold(String::new(), |text, line| text + line.plain().trim_end() + "\n")
    }

    fn past(values: &[Option<f64>]) -> Vec<Past> {
        let all = values.iter().zip(1_u32..);
        all.map(|(value, dump)| Past { dump, tick: Some(f64::from(dump) * 1e9), value: *value }).collect()
    }

    #[test]
    fn the_value_of_the_dump_that_is_pointed_at_is_told() {
        let past = past(&[Some(1.0), Some(10.0), None, Some(1000.0)]);
        let drawn = text(&past, At { dump: 1, is_log: false }, 40, 10);
        assert!(drawn.starts_with("system.cpu.ipc = 10 at dump 2, tick 2G"), "{drawn}");
        assert!(drawn.contains('●') && drawn.contains("tick 1G"), "{drawn}");
        assert!(text(&past, At { dump: 2, is_log: false }, 40, 10).contains("= no value at dump 3"));
    }

    /// On an axis of ratios a zero has no place, and a chart without a word on it looks complete.
    #[test]
    fn values_without_a_logarithm_are_counted() {
        let past = past(&[Some(0.0), Some(10.0), Some(1e5)]);
        let drawn = text(&past, At { dump: 1, is_log: true }, 40, 12);
        assert!(drawn.contains("1 value not above 0 and not drawn"), "{drawn}");
        let none = text(&past[..1], At { dump: 0, is_log: true }, 90, 12);
        assert!(none.contains("there is no logarithm"), "{none}");
    }

    #[test]
    fn where_ticks_do_not_grow_the_dumps_are_counted() {
        let mut past = past(&[Some(1.0), Some(2.0), Some(3.0)]);
        past[2].tick = past[1].tick;
        assert!(text(&past, At { dump: 0, is_log: false }, 40, 12).contains("dump 1"));
    }

    #[test]
    fn any_values_fit_into_any_lines() {
        let odd = past(&[Some(f64::MAX), Some(f64::MIN), Some(f64::NAN), Some(0.0), None, Some(1e-300)]);
        for past in [&odd[..], &odd[..1], &[]] {
            for (wide, tall) in [(0, 0), (1, 1), (16, 6), (40, 12), (200, 50)] {
                for is_log in [false, true] {
                    let lines = over_dumps("x", past, At { dump: 3, is_log }, (wide, tall), Signs::Ascii);
                    assert_eq!(lines.len(), tall);
                    assert!(lines.iter().all(|line| line.width() <= wide.max(1)), "{wide}x{tall}");
                }
            }
        }
    }
}
