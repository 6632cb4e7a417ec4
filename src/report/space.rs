//! The parameters of all simulations as numbers, so that points can be told apart and grouped.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::point::Point;
use crate::experiment::ParameterValue;

/// What stands for the value of each of some parameters; none where a simulation has no such parameter.
pub(super) type Key = Vec<Option<u32>>;

/// Where parameters do not tell simulations apart, their names do.
pub(super) const SIMULATION: &str = "simulation";

/// What stands in a table for a parameter that a simulation does not have.
const NO_VALUE: &str = "–";

/// All parameters with all their values, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Space {
    names: Vec<String>,
    values: Vec<Vec<ParameterValue>>,
    /// For each point a value of each parameter, and its name.
    points: Vec<(Key, Arc<str>)>,
    /// The points that the table is about.
    chosen: Vec<usize>,
}

impl Space {
    /// The space of a table that is about the `chosen` ones of these points.
    pub(super) fn new(points: &[Point], chosen: Vec<usize>) -> Self {
        let mut space = Self { chosen, ..Self::default() };
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut seen: Vec<HashMap<&str, u32>> = Vec::new();
        let written = points.iter().map(|point| point.parameters.iter().map(|p| p.value.as_written()).collect());
        let distinct: HashSet<Vec<&str>> = written.collect();
        let are_told_apart = distinct.len() == points.len();
        let name = |point: &Point| (!are_told_apart).then(|| ParameterValue::Text(point.name.clone()));
        let names: Vec<Option<ParameterValue>> = points.iter().map(name).collect();
        for (point, name) in points.iter().zip(&names) {
            let mut key: Key = vec![None; space.names.len()];
            let own = point.parameters.iter().map(|parameter| (parameter.name.as_str(), &parameter.value));
            let own = own.chain(name.as_ref().map(|name| (SIMULATION, name)));
            for (name, value) in own {
                let place = *places.entry(name).or_insert_with(|| {
                    space.names.push(name.to_owned());
                    space.values.push(Vec::new());
                    seen.push(HashMap::new());
                    space.names.len() - 1
                });
                let (Some(values), Some(seen)) = (space.values.get_mut(place), seen.get_mut(place)) else { continue };
                let number = *seen.entry(value.as_written()).or_insert_with(|| {
                    values.push(value.clone());
                    values.len() as u32 - 1
                });
                key.resize(space.names.len().max(key.len()), None);
                if let Some(slot) = key.get_mut(place) {
                    *slot = Some(number);
                }
            }
            space.points.push((key, point.name.as_str().into()));
        }
        let width = space.names.len();
        space.points.iter_mut().for_each(|(key, _)| key.resize(width, None));
        space
    }

    /// The points that the table is about.
    pub(super) fn chosen(&self) -> &[usize] {
        &self.chosen
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        self.chosen.iter().filter_map(|point| self.points.get(*point)).map(|(key, _)| key)
    }

    /// The names of all parameters, in the order of the file.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// The values of a parameter, in the order of the file.
    pub(super) fn values(&self, name: &str) -> &[ParameterValue] {
        self.place(name).and_then(|place| self.values.get(place)).map_or(&[], Vec::as_slice)
    }

    /// The number of a value as somebody writes it.
    pub(super) fn value_of(&self, name: &str, text: &str) -> Option<u32> {
        self.values(name).iter().position(|value| value.is(text)).map(|number| number as u32)
    }

    /// The name of a point.
    pub(super) fn name_of(&self, point: usize) -> Option<&Arc<str>> {
        self.points.get(point).map(|(_, name)| name)
    }

    /// Whether simulations differ in it.
    pub(super) fn varies(&self, name: &str) -> bool {
        let Some(place) = self.place(name) else { return false };
        let mut values = self.keys().map(|key| key.get(place).copied().flatten());
        let first = values.next();
        values.any(|value| Some(value) != first)
    }

    /// The values of some parameters at a point.
    pub(super) fn key(&self, point: usize, names: &[String]) -> Key {
        let key = self.points.get(point).map(|(key, _)| key);
        let value = |name: &String| key?.get(self.place(name)?).copied().flatten();
        names.iter().map(value).collect()
    }

    /// Whether the values of `known` tell that of `name` at every point.
    pub(super) fn is_determined(&self, name: &str, known: &[String]) -> bool {
        let Some(place) = self.place(name) else { return true };
        let places: Vec<usize> = known.iter().filter_map(|name| self.place(name)).collect();
        let mut told: HashMap<Key, Option<u32>> = HashMap::new();
        self.keys().all(|key| {
            let value = key.get(place).copied().flatten();
            let known: Key = places.iter().map(|place| key.get(*place).copied().flatten()).collect();
            *told.entry(known).or_insert(value) == value
        })
    }

    /// Of the cells that rows of some parameters and columns of another make, how many have a simulation, and how many there are.
    pub(super) fn filled(&self, rows: &[String], column: &str) -> (usize, usize) {
        let places: Vec<usize> = rows.iter().filter_map(|name| self.place(name)).collect();
        let of_column = self.place(column);
        let value = |key: &Key, place: usize| key.get(place).copied().flatten();
        let cell = |key: &Key| -> (Key, Option<u32>) {
            (places.iter().map(|place| value(key, *place)).collect(), of_column.and_then(|place| value(key, place)))
        };
        let cells: HashSet<(Key, Option<u32>)> = self.keys().map(cell).collect();
        let rows: HashSet<&Key> = cells.iter().map(|(row, _)| row).collect();
        let columns: HashSet<Option<u32>> = cells.iter().map(|(_, column)| *column).collect();
        (cells.len(), rows.len() * columns.len())
    }

    /// The labels of a key over `names`.
    pub(super) fn labels(&self, names: &[String], key: &Key) -> Vec<String> {
        let label = |(name, value): (&String, &Option<u32>)| {
            value
                .and_then(|value| self.values(name).get(value as usize))
                .map_or(NO_VALUE, ParameterValue::as_written)
                .to_owned()
        };
        names.iter().zip(key).map(label).collect()
    }
}
