//! What tables have in common, whatever metric they show: it is worked out once for all of them.

use super::compare::{Config, configs};
use super::grid::Grid;
use super::layout::{Layout, LayoutError, unknown};
use super::point::Point;
use super::samples::{Group, groups};
use super::space::Space;
use crate::experiment::results::{Compare, SimpointsRule, TableRule};

/// How tables are made, whatever metric they show.
#[derive(Debug, Clone, Copy)]
pub struct Arrangement<'a> {
    /// What is a row, and what is done on the way.
    pub table: &'a TableRule,
    /// Simulations that stand for one together.
    pub simpoints: Option<&'a SimpointsRule>,
    /// Values that its simulations have.
    pub only: &'a [(String, String)],
}

/// The points of tables in their places.
#[derive(Debug)]
pub struct Prepared<'p> {
    pub(super) points: &'p [Point],
    pub(super) only: &'p [(String, String)],
    pub(super) space: Space,
    pub(super) layout: Layout,
    pub(super) groups: Vec<Group>,
    pub(super) configs: Vec<Config>,
    pub(super) grid: Grid,
}

impl<'p> Prepared<'p> {
    /// Puts the simulations of a sweep in their places, given in the order of the file.
    ///
    /// # Errors
    /// When it speaks of parameters or values that no simulation has.
    pub fn new(points: &'p [Point], how: &Arrangement<'p>) -> Result<Self, LayoutError> {
        let space = Space::new(points, chosen(points, how.table, how.only)?);
        let layout = Layout::of(how.table, how.simpoints, points, &space)?;
        let groups = groups(points, &space, &layout);
        let configs = configs(&space, &layout, &groups);
        let grid = Grid::new(&space, &layout, &configs, how.only);
        Ok(Self { points, only: how.only, space, layout, groups, configs, grid })
    }
}

/// The places of the points that a table is made of: those that have these values, and those that they are compared with, which may be
/// outside of what is shown.
///
/// # Errors
/// When no simulation has the parameter or the value.
pub(super) fn chosen(
    points: &[Point],
    table: &TableRule,
    only: &[(String, String)],
) -> Result<Vec<usize>, LayoutError> {
    if only.is_empty() {
        return Ok((0..points.len()).collect());
    }
    let everything = Space::new(points, (0..points.len()).collect());
    for (name, value) in only {
        if everything.place(name).is_none() {
            return Err(unknown(name, &everything));
        }
        if everything.value_of(name, value).is_none() {
            let known = everything.values(name).iter().map(|value| value.as_written().to_owned()).collect();
            return Err(LayoutError::Value { name: name.clone(), value: value.clone(), known });
        }
    }
    let baseline = table.baseline.as_deref().filter(|_| table.compare != Some(Compare::None)).unwrap_or_default();
    let has = |point: &Point, (name, value): &(String, String)| point.value(name).is_some_and(|known| known.is(value));
    let is_base = |point: &Point, name: &str| baseline.iter().any(|base| base.0 == name && has(point, base));
    let is_chosen = |point: &Point| only.iter().all(|only| has(point, only) || is_base(point, &only.0));
    Ok(points.iter().enumerate().filter(|(_, point)| is_chosen(point)).map(|(index, _)| index).collect())
}
