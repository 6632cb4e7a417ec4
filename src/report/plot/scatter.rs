//! A point for each configuration over two metrics, and the front of those that no other one beats in both.
//!
//! Configurations are only weighed against one another at the same work. So where the columns of the tables are workloads, each
//! has a front of its own, and the mean over them has one, too.

use super::axes;
use super::canvas::{Anchor, Canvas, FAINT, INK, Outline, SMALL, Stroke, Text};
use super::lines::{below, lowest};
use super::scale::{Scale, Ticks, ticks};
use super::stacked::number;
use super::{Figure, MAX_SERIES, PlotError, few, legend, measure, row_name, style};
use crate::experiment::results::Better;
use crate::report::table::{NOT_MEANT, Table};
use crate::report::write::header;

/// The height of the part with the points.
const TALL: f64 = 150.0;
/// More points than that are one blot.
const MAX_POINTS: usize = 5000;
/// More names than that have no room.
const MAX_NAMES: usize = 200;

/// What a scatter plot is made of. Both tables have the same layout.
#[derive(Debug, Clone, PartialEq)]
pub struct Scatter {
    /// What is told to the right.
    pub x: Table,
    /// What is told upwards.
    pub y: Table,
    /// Which way each is better, as the numbers of the tables are: a ratio is better above 1.
    pub better: (Option<Better>, Option<Better>),
    /// Which points are of the same work.
    pub work: Work,
}

/// Which cells of a table are of the same work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// All of them.
    All,
    /// Those of a column.
    Column,
    /// Those of a row.
    Row,
}

/// The points.
pub(super) struct Cloud {
    /// What each series is called: the columns of the tables.
    pub(super) series: Vec<String>,
    /// Whether there are several columns, also where only one has points.
    pub(super) are_several: bool,
    /// The points of all of them.
    pub(super) points: Vec<Spot>,
    /// The fronts; or why there is none.
    pub(super) fronts: Result<Vec<Front>, String>,
    /// What is missing: the series and the name of a point, and the word in its place.
    pub(super) gaps: Vec<[String; 3]>,
}

/// What no point beats.
pub(super) struct Front {
    /// The series whose points are weighed against one another; none for all of them.
    pub(super) series: Option<usize>,
    /// Its points from left to right, with the corners between them.
    pub(super) steps: Vec<(f64, f64)>,
}

/// A point.
pub(super) struct Spot {
    pub(super) series: usize,
    /// What it is called.
    pub(super) name: String,
    pub(super) at: (f64, f64),
    /// Whether no other one is at least as good in both and better in one.
    pub(super) is_front: bool,
}

impl Scatter {
    pub(super) fn cloud(&self) -> Result<Cloud, PlotError> {
        let table = &self.x;
        few(table.rows.len().saturating_mul(table.columns.len()), MAX_POINTS, "points")?;
        let mut cloud = Cloud {
            series: Vec::new(),
            are_several: table.columns.len() > 1,
            points: Vec::new(),
            fronts: Ok(Vec::new()),
            gaps: Vec::new(),
        };
        for column in &table.columns {
            let name = header::name(table, column);
            let mut is_new = true;
            for row in &table.rows {
                let row_name = row_name(table, row);
                let at = (number(&self.x, row, column), number(&self.y, row, column));
                let at = match at {
                    (Ok(x), Ok(y)) => (x, y),
                    // A mean that only one of the metrics has is none of a pair.
                    _ if column.is_mean && self.y.columns.iter().all(|other| other.labels != column.labels) => continue,
                    (Err(word), _) if word == NOT_MEANT => continue,
                    (Err(word), _) | (_, Err(word)) => {
                        cloud.gaps.push([name.clone(), row_name, word]);
                        continue;
                    }
                };
                if is_new {
                    cloud.series.push(name.clone());
                    is_new = false;
                }
                let name = if table.rows.len() > 1 { row_name } else { name.clone() };
                cloud.points.push(Spot { series: cloud.series.len() - 1, name, at, is_front: false });
            }
        }
        few(cloud.series.len(), MAX_SERIES, "columns")?;
        if cloud.points.is_empty() {
            return Err(PlotError::Nothing(format!("{}` and `{}", measure(&self.x), measure(&self.y))));
        }
        cloud.fronts = self.fronts(&mut cloud.points, cloud.series.len());
        Ok(cloud)
    }

    /// Marks the points that no other one beats, and returns where they lie.
    fn fronts(&self, points: &mut [Spot], series: usize) -> Result<Vec<Front>, String> {
        let better = match self.better {
            (Some(x), Some(y)) => (x, y),
            (None, _) => return Err(format!("nobody says which way `{}` is better", measure(&self.x))),
            (_, None) => return Err(format!("nobody says which way `{}` is better", measure(&self.y))),
        };
        let groups: Vec<Option<usize>> = match self.work {
            Work::All => vec![None],
            Work::Column => (0..series).map(Some).collect(),
            Work::Row => return Err("the rows are of different workloads: let those be columns".to_owned()),
        };
        let front_of = |group: Option<usize>| {
            let mut spots: Vec<&mut Spot> =
                points.iter_mut().filter(|spot| group.is_none_or(|group| spot.series == group)).collect();
            let places: Vec<(f64, f64)> = spots.iter().map(|spot| spot.at).collect();
            for (spot, is_front) in spots.iter_mut().zip(unbeaten(&places, better)) {
                spot.is_front = is_front;
            }
            let places = spots.iter().filter(|spot| spot.is_front).map(|spot| spot.at).collect();
            Front { series: group, steps: steps(places, better.0) }
        };
        Ok(groups.into_iter().map(front_of).collect())
    }
}

/// Which points no other one beats: none is at least as good in both, and better in one.
fn unbeaten(points: &[(f64, f64)], better: (Better, Better)) -> Vec<bool> {
    let higher = |number: f64, better| if better == Better::Higher { number } else { -number };
    let points: Vec<(f64, f64)> = points.iter().map(|(x, y)| (higher(*x, better.0), higher(*y, better.1))).collect();
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|a, b| points[*b].0.total_cmp(&points[*a].0).then(points[*b].1.total_cmp(&points[*a].1)));
    let mut is_front = vec![false; points.len()];
    // The best that was seen so far, which is at least as good to the right.
    let mut best: Option<(f64, f64)> = None;
    for at in order {
        let (x, y) = points[at];
        if best
            .is_none_or(|(best_x, best_y)| y > best_y || (y.total_cmp(&best_y).is_eq() && x.total_cmp(&best_x).is_eq()))
        {
            is_front[at] = true;
            best = Some((x, y));
        }
    }
    is_front
}

/// The points from left to right, with the corners of what they beat.
fn steps(mut points: Vec<(f64, f64)>, better_x: Better) -> Vec<(f64, f64)> {
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    points.dedup();
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for (x, y) in points {
        if let Some((last_x, last_y)) = steps.last().copied() {
            steps.push(if better_x == Better::Lower { (x, last_y) } else { (last_x, y) });
        }
        steps.push((x, y));
    }
    steps
}

/// Draws the points.
pub(super) fn figure(scatter: &Scatter) -> Result<Figure, PlotError> {
    let cloud = scatter.cloud()?;
    let mut canvas = Canvas::default();
    let is_told_apart = cloud.are_several;
    let names = if is_told_apart { cloud.series.clone() } else { Vec::new() };
    let top = legend::draw(&mut canvas, &names, style::marker) + 2.0;
    let bottom = top + TALL;
    let (x_ticks, y_ticks) = (cloud.ticks(|at| at.0), cloud.ticks(|at| at.1));
    let left = axes::upright(&mut canvas, &measure(&scatter.y), &y_ticks, top, bottom);
    let x = Scale::linear(x_ticks.low, x_ticks.high, left, axes::RIGHT);
    let y = Scale::linear(y_ticks.low, y_ticks.high, bottom, top);
    let end = axes::level(&mut canvas, &measure(&scatter.x), &x_ticks, left, (top, bottom));
    let place = |at: (f64, f64)| (x.at(at.0), y.at(at.1));
    for front in cloud.fronts.iter().flatten() {
        let stroke = match front.series {
            Some(series) if is_told_apart => style::stroke(series, 0.8),
            _ => Stroke { colour: FAINT, wide: 0.8, dash: &[3.0, 1.5] },
        };
        let points: Vec<(f64, f64)> = front.steps.iter().map(|at| place(*at)).collect();
        if points.len() > 1 {
            canvas.draw(Outline::Line(points), None, Some(stroke));
        }
    }
    for spot in &cloud.points {
        style::marker(&mut canvas, spot.series, place(spot.at));
    }
    let places: Vec<(f64, f64)> = cloud.points.iter().map(|spot| place(spot.at)).collect();
    let unnamed = name_points(&mut canvas, &cloud, &places, (left, top, axes::RIGHT, bottom));
    let gaps = cloud.gaps();
    let mut told = gaps.clone();
    if unnamed > 0 {
        told.push(format!("{unnamed} of {} points have no room for their names", cloud.points.len()));
    }
    let end = below(&mut canvas, end, "no point", &gaps);
    let no_front: Vec<String> = cloud.fronts.as_ref().err().cloned().into_iter().collect();
    let end = below(&mut canvas, end, "no front", &no_front);
    let mut figure = Figure::of(canvas, end, &[&scatter.x, &scatter.y]);
    figure.told.extend(told);
    figure.told.extend(no_front);
    Ok(figure)
}

/// Writes the names of points where they cover neither points nor one another, those of the front first. Returns how many have
/// none.
fn name_points(canvas: &mut Canvas, cloud: &Cloud, places: &[(f64, f64)], room: (f64, f64, f64, f64)) -> usize {
    let mut order: Vec<usize> = (0..cloud.points.len()).collect();
    order.sort_by_key(|at| !cloud.points[*at].is_front);
    let mut taken: Vec<(f64, f64, f64, f64)> =
        places.iter().map(|(x, y)| (x - 2.0, y - 2.0, x + 2.0, y + 2.0)).collect();
    let mut unnamed = 0;
    for (count, at) in order.into_iter().enumerate() {
        let ((x, y), name) = (places[at], &cloud.points[at].name);
        let sides = [
            ((x + 3.0, y - 2.0), Anchor::Start),
            ((x - 3.0, y - 2.0), Anchor::End),
            ((x + 3.0, y + SMALL), Anchor::Start),
            ((x - 3.0, y + SMALL), Anchor::End),
            ((x, y - 4.0), Anchor::Middle),
            ((x, y + SMALL + 3.0), Anchor::Middle),
        ];
        let free = sides.into_iter().filter(|_| count < MAX_NAMES).find_map(|(place, anchor)| {
            let text = Text { colour: INK, ..Text::small(name, place, anchor) };
            let extent = text.extent();
            let is_inside =
                extent.0 >= room.0 && extent.1 >= room.1 - 2.0 && extent.2 <= room.2 && extent.3 <= room.3 + 1.0;
            (is_inside && taken.iter().all(|other| !overlap(extent, *other))).then_some((text, extent))
        });
        match free {
            Some((text, extent)) => {
                canvas.text(text);
                taken.push(extent);
            }
            None => unnamed += 1,
        }
    }
    unnamed
}

fn overlap(a: (f64, f64, f64, f64), b: (f64, f64, f64, f64)) -> bool {
    a.0 < b.2 && b.0 < a.2 && a.1 < b.3 && b.1 < a.3
}

impl Cloud {
    /// What is missing, in words.
    pub(super) fn gaps(&self) -> Vec<String> {
        let all = self.gaps.iter();
        all.map(
            |[series, name, word]| {
                if self.are_several { format!("{name} × {series}: {word}") } else { format!("{name}: {word}") }
            },
        )
        .collect()
    }

    /// Round numbers around those of all points.
    pub(super) fn ticks(&self, of: impl Fn((f64, f64)) -> f64) -> Ticks {
        let numbers = self.points.iter().map(|spot| of(spot.at));
        let (low, high) =
            numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), number| (low.min(number), high.max(number)));
        ticks(lowest(low, high), high)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn beats(a: (f64, f64), b: (f64, f64), better: (Better, Better)) -> bool {
        let as_good = |a: f64, b: f64, better| if better == Better::Higher { a >= b } else { a <= b };
        as_good(a.0, b.0, better.0) && as_good(a.1, b.1, better.1) && a != b
    }

    proptest! {
        #[test]
        fn the_front_is_what_no_point_beats(points in prop::collection::vec((0_u8..6, 0_u8..6), 0..20), ways in 0..4) {
            let better = |is_higher| if is_higher { Better::Higher } else { Better::Lower };
            let better = (better(ways & 1 == 0), better(ways & 2 == 0));
            let points: Vec<(f64, f64)> = points.into_iter().map(|(x, y)| (f64::from(x), f64::from(y))).collect();
            let by_hand: Vec<bool> =
                points.iter().map(|a| !points.iter().any(|b| beats(*b, *a, better))).collect();
            prop_assert_eq!(unbeaten(&points, better), by_hand);
        }

        #[test]
        fn no_corner_of_the_front_is_beaten_by_none(points in prop::collection::vec((0_u8..9, 0_u8..9), 1..20), ways in 0..4) {
            let better = |is_higher| if is_higher { Better::Higher } else { Better::Lower };
            let better = (better(ways & 1 == 0), better(ways & 2 == 0));
            let points: Vec<(f64, f64)> = points.into_iter().map(|(x, y)| (f64::from(x), f64::from(y))).collect();
            let marks = unbeaten(&points, better);
            let front: Vec<(f64, f64)> = points.iter().zip(marks).filter(|(_, is_front)| *is_front).map(|(at, _)| *at).collect();
            for corner in steps(front.clone(), better.0) {
                prop_assert!(front.contains(&corner) || front.iter().filter(|at| beats(**at, corner, better)).count() >= 2);
            }
        }
    }
}
