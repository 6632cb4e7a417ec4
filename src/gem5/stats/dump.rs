//! One dump, while it is read and when it is complete.

use std::collections::HashMap;

use super::block::Buckets;
use super::line::{Cells, plain_name, split};
use super::watch::Watch;

/// So many different stats are kept at most; a watch of `*` on a many-core system would else keep tens of thousands
/// for every dump.
pub(super) const MAX_NAMES: usize = 512;

/// One complete dump: its place in the file and its watched values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dump {
    /// Counted from one since the start of the file.
    pub number: u32,
    /// Offset of the Begin line.
    pub start: u64,
    /// Offset behind the End line's newline.
    pub end: u64,
    /// gem5 wrote it because it was asked to from outside, and not because the script said so: it is no result.
    pub requested: bool,
    /// `finalTick`: ticks since the beginning, never reset.
    pub final_tick: Option<f64>,
    /// `simTicks`: ticks since the last reset.
    pub sim_ticks: Option<f64>,
    /// `simInsts`: instructions since the last reset.
    pub sim_insts: Option<f64>,
    /// `simSeconds`: simulated seconds since the last reset.
    pub sim_seconds: Option<f64>,
    /// The watched values, parallel to [`super::StatsReader::names`]. An older dump may be shorter, because names that it
    /// does not have were seen later: see [`Dump::value`].
    pub values: Vec<Option<f64>>,
}

impl Dump {
    /// The value of the name at `index`, if this dump has it.
    pub fn value(&self, index: usize) -> Option<f64> {
        self.values.get(index).copied().flatten()
    }
}

/// The block that is being read.
#[derive(Debug, Default)]
pub(super) struct Open {
    pub(super) dump: Dump,
    /// Names that no complete block had, in the order of this block.
    pub(super) new_names: Vec<String>,
    new_places: HashMap<String, usize>,
    /// Values with the places of their names.
    pub(super) values: Vec<(usize, f64)>,
    buckets: Buckets,
}

impl Open {
    /// A block whose Begin line is at `start`.
    pub(super) fn at(start: u64) -> Self {
        Self { dump: Dump { start, ..Dump::default() }, ..Self::default() }
    }

    /// Takes a line that is no marker. `places` are those of the names that complete dumps had.
    pub(super) fn take_line(&mut self, line: &[u8], watch: &Watch, places: &HashMap<String, usize>) {
        // Of a hundred thousand lines a few are watched; the others must cost next to nothing.
        if let Some(name) = plain_name(line)
            && !is_bucket_limit(name)
            && !watch.matches_bytes(name)
            && self.figure(name).is_none()
        {
            return;
        }
        let line = String::from_utf8_lossy(line);
        let Some(fields) = split(&line) else { return };
        match fields.cells {
            Cells::One(cell) => {
                self.buckets.see(fields.name, cell.value);
                if let Some(figure) = self.figure(fields.name.as_bytes()) {
                    *figure = Some(cell.value);
                }
                self.take_stat(fields.name, cell.value, watch, places);
            }
            Cells::Row(_) if watch.may_match_cells() => {
                for cell in self.buckets.expand(&line).unwrap_or_default() {
                    self.take_stat(&cell.name, cell.value, watch, places);
                }
            }
            Cells::Row(_) => {}
        }
    }

    /// The place of a figure that is kept of every dump. 20.x wrote `sim_ticks`, later releases `simTicks`.
    fn figure(&mut self, name: &[u8]) -> Option<&mut Option<f64>> {
        match name {
            b"finalTick" | b"final_tick" => Some(&mut self.dump.final_tick),
            b"simTicks" | b"sim_ticks" => Some(&mut self.dump.sim_ticks),
            b"simInsts" | b"sim_insts" => Some(&mut self.dump.sim_insts),
            b"simSeconds" | b"sim_seconds" => Some(&mut self.dump.sim_seconds),
            _ => None,
        }
    }

    fn take_stat(&mut self, name: &str, value: f64, watch: &Watch, places: &HashMap<String, usize>) {
        let known = places.get(name).or_else(|| self.new_places.get(name)).copied();
        let place = match known {
            Some(place) => place,
            None if places.len() + self.new_names.len() < MAX_NAMES && watch.matches(name) => {
                let place = places.len() + self.new_names.len();
                self.new_places.insert(name.to_owned(), place);
                self.new_names.push(name.to_owned());
                place
            }
            None => return,
        };
        self.values.push((place, value));
    }
}

/// Whether the stat tells of the buckets of a histogram on one line.
fn is_bucket_limit(name: &[u8]) -> bool {
    name.ends_with(b"_bucket") || name.ends_with(b"::bucket_size")
}
