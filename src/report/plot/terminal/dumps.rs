//! A stat over the dumps of a run, which goes on while it is looked at, alone or with the same stat of other runs.

use std::collections::{BTreeMap, BTreeSet};

use super::Signs;
use super::frame::{Area, Frame};
use super::grid::{DIM, Grid, PLAIN, style};
use super::plane::{across, cell, dot_y, legend, sign};
use crate::report::plot::lines::lowest;
use crate::report::plot::scale::{Scale, Ticks, ticks};
use crate::text::{StyledLine, human};

/// More powers of ten than that are not all named on an axis.
const MOST_POWERS: i32 = 5;
/// Columns between two signs on a line, so that lines can be told apart without colours and still be seen.
const APART: usize = 9;

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

/// The dumps of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its name.
    pub name: String,
    /// Its dumps, oldest first.
    pub past: Vec<Past>,
}

/// A stat over the dumps of some runs.
#[derive(Debug, Clone, PartialEq)]
pub struct OverDumps<'d> {
    /// The stat.
    pub stat: &'d str,
    /// The run that is looked at.
    pub run: &'d Run,
    /// Those that are drawn beside it.
    pub beside: &'d [Run],
    /// What must be known, in whole sentences.
    pub notes: &'d [String],
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    /// The place of the dump whose value is told, among all of the run that is looked at.
    pub dump: usize,
    /// Whether equal ratios have equal heights.
    pub is_log: bool,
}

/// Draws the values in exactly `tall` lines of `wide` columns at most: over ticks where each dump ends at a later one, else over
/// numbers of dumps.
pub fn over_dumps(drawn: &OverDumps<'_>, at: At, (wide, tall): (usize, usize), signs: Signs) -> Vec<StyledLine> {
    super::within(wide, tall, || draw(drawn, at, Frame::new(Grid::new(wide, tall, signs))))
}

/// What the dumps of all runs are drawn over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    Tick,
    Dump,
}

impl Axis {
    /// Ticks, if every dump of every run ends at a later one than that before.
    fn of<'r>(mut runs: impl Iterator<Item = &'r Run>) -> Self {
        let is_later = |pair: &[Past]| pair[0].tick < pair[1].tick;
        let has_ticks =
            |run: &Run| run.past.iter().all(|past| past.tick.is_some()) && run.past.windows(2).all(is_later);
        if runs.all(has_ticks) { Self::Tick } else { Self::Dump }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Tick => "tick",
            Self::Dump => "dump",
        }
    }

    fn place(self, past: &Past) -> f64 {
        match self {
            Self::Tick => past.tick.unwrap_or_default(),
            Self::Dump => f64::from(past.dump),
        }
    }
}

/// The least and the largest of some numbers.
fn ends(numbers: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    numbers.fold(None, |ends: Option<(f64, f64)>, number| {
        Some(ends.map_or((number, number), |(low, high)| (low.min(number), high.max(number))))
    })
}

fn draw(of: &OverDumps<'_>, at: At, mut frame: Frame) -> Result<Vec<StyledLine>, String> {
    let stat = of.stat;
    let runs: Vec<&Run> = std::iter::once(of.run).chain(of.beside).collect();
    let all = || runs.iter().flat_map(|run| &run.past);
    let values: Vec<f64> = all().filter_map(|past| past.value).filter(|value| value.is_finite()).collect();
    let is_shown = |value: &f64| !at.is_log || *value > 0.0;
    let Some((low, high)) = ends(values.iter().copied().filter(is_shown)) else {
        return Err(if values.is_empty() {
            format!("no dump has a value of {stat} yet")
        } else {
            format!("no value of {stat} is above 0, so there is no logarithm")
        });
    };
    let axis = Axis::of(runs.iter().copied());
    let pointed = of.run.past.get(at.dump);
    let tick = |past: &Past| past.tick.map_or_else(String::new, |tick| format!(", tick {}", human::number(tick)));
    frame.title(&match pointed {
        Some(past) if runs.len() > 1 => format!("{stat} at dump {}{}", past.dump, tick(past)),
        Some(past) => format!("{stat} = {} at dump {}{}", told(past), past.dump, tick(past)),
        None => stat.to_owned(),
    });
    // Of the others the dump is told that is next to it.
    let place = pointed.map_or(f64::INFINITY, |past| axis.place(past));
    let next_to = |run: &Run| {
        let far = |past: &Past| (axis.place(past) - place).abs();
        (0..run.past.len()).min_by(|a, b| far(&run.past[*a]).total_cmp(&far(&run.past[*b])))
    };
    let nearest: Vec<Option<usize>> =
        std::iter::once(pointed.map(|_| at.dump)).chain(of.beside.iter().map(next_to)).collect();
    if runs.len() > 1 {
        let entry = |(run, near): (&&Run, &Option<usize>)| {
            let Some(past) = near.and_then(|near| run.past.get(near)) else { return run.name.clone() };
            let there = axis.place(past);
            let elsewhere = there.total_cmp(&place).is_ne();
            let where_ =
                if elsewhere { format!(" at {} {}", axis.word(), human::number(there)) } else { String::new() };
            format!("{} = {}{where_}", run.name, told(past))
        };
        // Their values stand in it, so it may take more of the lines than others do.
        let most = frame.grid.tall / 3;
        legend(&mut frame, most, &runs.iter().zip(&nearest).map(entry).collect::<Vec<_>>());
    }
    of.notes.iter().for_each(|note| frame.below(note));
    let hidden = values.len() - values.iter().filter(|value| is_shown(value)).count();
    if hidden > 0 {
        frame.below(&format!("{} not above 0 and not drawn", human::plural(hidden as u64, "value")));
    }
    let height = |value: f64| if at.is_log { value.log10() } else { value };
    let ticks = if at.is_log { powers(low, high) } else { ticks(lowest(low, high), high) };
    let area = frame.axes(&ticks, 1);
    let ends = ends(all().map(|past| axis.place(past))).unwrap_or((0.0, 1.0));
    let x = Scale::linear(ends.0, ends.1, area.left as f64 * 2.0 + 1.0, area.right as f64 * 2.0 - 2.0);
    let spot = |past: &Past| {
        let value = past.value.filter(|value| value.is_finite() && is_shown(value))?;
        Some((x.at(axis.place(past)), dot_y(area, &ticks, height(value))))
    };
    // The one that is looked at lies upon the others.
    for (number, run) in runs.iter().enumerate().rev() {
        for pair in run.past.windows(2) {
            if let (Some(from), Some(to)) = (spot(&pair[0]), spot(&pair[1])) {
                frame.grid.dots(from, to, style(number));
            }
        }
        for to in run.past.iter().filter_map(spot) {
            // One without neighbours would not be seen.
            frame.grid.dots(to, to, style(number));
        }
    }
    if let Some(past) = pointed {
        point(&mut frame, area, x.at(axis.place(past)));
    }
    if runs.len() == 1 {
        if let Some((x, y)) = pointed.and_then(spot).map(cell) {
            frame.grid.put(x, y, frame.grid.sign("●", "o"), PLAIN);
        }
    } else {
        // Where lines lie upon each other, each of them has a sign in turn.
        let mut signs: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (number, (run, near)) in runs.iter().zip(&nearest).enumerate() {
            let mut free = area.left;
            let mut spots: BTreeSet<(usize, usize)> = run.past.iter().filter_map(spot).map(cell).collect();
            spots.retain(|(x, _)| {
                let is_kept = *x >= free;
                free = if is_kept { x + APART } else { free };
                is_kept
            });
            spots.extend(near.and_then(|near| run.past.get(near)).and_then(spot).map(cell));
            for spot in spots {
                signs.entry(spot).or_default().push(number);
            }
        }
        let mut drawn = vec![0_usize; runs.len()];
        for ((x, y), numbers) in signs {
            if let Some(number) = numbers.into_iter().min_by_key(|number| drawn.get(*number).copied()) {
                drawn[number] += 1;
                let sign = sign(&frame, number);
                frame.grid.put(x, y, &sign, style(number));
            }
        }
    }
    let first = (x.at(ends.0), format!("{} {}", axis.word(), human::number(ends.0)));
    let last = (x.at(ends.1), human::number(ends.1));
    across(&mut frame, area, &[first, last]);
    Ok(frame.grid.finish())
}

fn told(past: &Past) -> String {
    past.value.map_or_else(|| "no value".to_owned(), human::number)
}

/// Marks the dump whose value is told.
fn point(frame: &mut Frame, area: Area, x: f64) {
    let line = frame.grid.sign("┆", ":");
    let column = cell((x, 0.0)).0;
    for y in area.top..area.bottom {
        if frame.grid.is_empty(column, y) {
            frame.grid.put(column, y, line, DIM);
        }
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
        shown(past, &[], at, wide, tall)
    }

    fn shown(past: &[Past], beside: &[Run], at: At, wide: usize, tall: usize) -> String {
        let run = Run { name: "new".to_owned(), past: past.to_vec() };
        let of = OverDumps { stat: "system.cpu.ipc", run: &run, beside, notes: &[] };
        let lines = over_dumps(&of, at, (wide, tall), Signs::Unicode);
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

    /// Two runs dump at other ticks, and the value of another tick must not pass for one of this.
    #[test]
    fn of_other_runs_the_value_next_to_it_is_told_with_where_it_was() {
        let past = past(&[Some(1.0), Some(2.0), Some(3.0)]);
        let mut other = past.clone();
        (other[1].tick, other[1].value, other[2].value) = (Some(2.1e9), Some(50.0), Some(60.0));
        let runs = [Run { name: "other".to_owned(), past: other }];
        let at = |dump| shown(&past, &runs, At { dump, is_log: false }, 60, 12);
        assert!(
            at(1).starts_with("system.cpu.ipc at dump 2, tick 2G\n● new = 2  ■ other = 50 at tick 2.1G\n"),
            "{}",
            at(1)
        );
        assert!(at(2).contains("● new = 3  ■ other = 60\n"), "{}", at(2));
        // Where one of them has no ticks, dumps are counted.
        let runs = [Run { name: "other".to_owned(), past: vec![Past { dump: 1, tick: None, value: Some(9.0) }] }];
        let drawn = shown(&past, &runs, At { dump: 1, is_log: false }, 60, 12);
        assert!(drawn.contains("other = 9 at dump 1") && drawn.contains("dump 1"), "{drawn}");
    }

    /// Simulations that are alike would else look like one.
    #[test]
    fn lines_that_lie_upon_each_other_have_their_signs_in_turn() {
        let past = past(&[Some(1.0), Some(2.0), Some(3.0), Some(4.0), Some(5.0)]);
        let run = |name: &str, height: f64| {
            let past =
                past.iter().map(|past| Past { value: past.value.map(|value| value * height), ..*past }).collect();
            Run { name: name.to_owned(), past }
        };
        let runs = [run("b", 1.0), run("c", 9.0), run("d", 9.0)];
        let drawn = shown(&past, &runs, At { dump: 0, is_log: false }, 80, 14);
        let below: String = drawn.lines().skip(2).collect();
        assert!(['●', '■', '▲', '◆'].iter().all(|sign| below.contains(*sign)), "{drawn}");
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
                    let runs = |count: usize| vec![Run { name: "r".repeat(60), past: past.to_vec() }; count];
                    for beside in [runs(0), runs(1), runs(30)] {
                        let (run, notes) = (&runs(1)[0], ["told".to_owned()]);
                        let of = OverDumps { stat: "x", run, beside: &beside, notes: &notes };
                        let lines = over_dumps(&of, At { dump: 3, is_log }, (wide, tall), Signs::Ascii);
                        assert_eq!(lines.len(), tall);
                        assert!(lines.iter().all(|line| line.width() <= wide.max(1)), "{wide}x{tall}");
                    }
                }
            }
        }
    }
}
