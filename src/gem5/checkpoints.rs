//! The checkpoints that a simulation has taken.
//!
//! A checkpoint is a directory with a file `m5.cpt` in it (`src/sim/serialize.cc`), whatever it is called. gem5's own scripts give
//! it names that tell its tick, or how many instructions were simulated before it and what weight its `SimPoint` has.

use serde::{Deserialize, Serialize};

use crate::text::human;

/// One checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Its directory, relative to the output directory. Raw text.
    pub folder: String,
    /// The tick at which it was taken.
    #[serde(default)]
    pub tick: Option<u64>,
    /// How many instructions were simulated before it, as its name tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<u64>,
    /// The weight of its `SimPoint`, as its name tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
}

/// The checkpoints in an output directory.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Checkpoints {
    /// In the order of their ticks, the last ones if there are many. Those whose tick is not known come last.
    pub list: Vec<Checkpoint>,
    /// How many there are before those.
    pub earlier: u32,
    /// The directory has more entries than were looked at.
    pub uncounted: bool,
}

impl Checkpoint {
    /// The checkpoint in a directory of this name, as far as the name tells. Also of a name that tells nothing.
    pub fn of(folder: impl Into<String>) -> Self {
        let folder = folder.into();
        let name = folder.rsplit('/').next().unwrap_or_default();
        let mut checkpoint = Self { tick: tick_of_name(name), instructions: None, weight: None, folder: String::new() };
        if let Some((instructions, weight)) = simpoint_of_name(name) {
            (checkpoint.instructions, checkpoint.weight) = (Some(instructions), Some(weight));
        } else if checkpoint.tick.is_none() {
            checkpoint.instructions = instructions_of_name(name);
        }
        Self { folder, ..checkpoint }
    }

    /// Whether only gem5's own scripts name a directory so, so that it is a checkpoint before anything is in it.
    pub fn is_named(folder: &str) -> bool {
        let name = folder.rsplit('/').next().unwrap_or_default();
        tick_of_name(name).is_some() || simpoint_of_name(name).is_some()
    }

    /// Its directory with what is known of it, in words. Raw text.
    pub fn phrase(&self) -> String {
        let tick = self.tick.map_or_else(|| "tick not known".to_owned(), |tick| format!("tick {}", human::count(tick)));
        let instructions = self.instructions.map(|n| format!(", {} instructions", human::count(n))).unwrap_or_default();
        let weight = self.weight.map(|weight| format!(", weight {weight}")).unwrap_or_default();
        format!("{}: {tick}{instructions}{weight}", self.folder)
    }

    /// Whether its name says no more than its tick.
    pub fn is_plain(&self) -> bool {
        tick_of_name(&self.folder).is_some()
    }
}

impl Checkpoints {
    /// How many there are, as far as they were counted.
    pub fn count(&self) -> usize {
        self.list.len() + self.earlier as usize
    }

    /// The last tick of those that lie in the output directory itself. What is further down may have come from elsewhere.
    pub fn last_tick(&self) -> Option<u64> {
        self.list.iter().filter(|one| !one.folder.contains('/')).filter_map(|one| one.tick).max()
    }
}

/// `cpt.TICK`: of `m5.checkpoint("cpt.%d")` and of `save_checkpoint_generator`.
fn tick_of_name(name: &str) -> Option<u64> {
    digits(name.strip_prefix("cpt.")?)
}

/// `cpt.simpoint_00_inst_1000_weight_0.300000_interval_1000_warmup_0`: instructions and weight. (`takeSimpointCheckpoints` in
/// `configs/common/Simulation.py`, which reads names of this form again.)
fn simpoint_of_name(name: &str) -> Option<(u64, f64)> {
    let (index, rest) = name.strip_prefix("cpt.simpoint_")?.split_once("_inst_")?;
    let (instructions, rest) = rest.split_once("_weight_")?;
    let weight = rest.split_once("_interval_").map_or(rest, |(weight, _)| weight);
    digits(index)?;
    let weight = weight.parse().ok().filter(|weight: &f64| weight.is_finite())?;
    Some((digits(instructions)?, weight))
}

/// `cpt.BENCHMARK.INSTRUCTIONS` of `--at-instruction` (`scriptCheckpoints` in the same file).
fn instructions_of_name(name: &str) -> Option<u64> {
    let (_, count) = name.strip_prefix("cpt.")?.rsplit_once('.')?;
    digits(count)
}

fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The tick that the text of a `m5.cpt`, or a part of it, tells: `curTick` of the section `Globals`, which comes first up to gem5
/// 21.0, or of `root.globals`, which comes last (`src/sim/globals.cc`, `src/sim/root.cc`).
pub(crate) fn tick_in(text: &str) -> Option<u64> {
    let mut is_inside = false;
    text.lines().find_map(|line| {
        if line.starts_with('[') {
            is_inside = matches!(line.trim_end(), "[Globals]" | "[root.globals]");
        }
        line.strip_prefix("curTick=").filter(|_| is_inside).and_then(|tick| digits(tick.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_gem5s_own_scripts_tell_tick_instructions_and_weight() {
        let told = |name: &str| {
            let one = Checkpoint::of(name);
            (one.tick, one.instructions, one.weight)
        };
        assert_eq!(told("cpt.5000"), (Some(5000), None, None));
        assert_eq!(told("cpt.simpoint_00_inst_1000_weight_0.3_interval_1000_warmup_0"), (None, Some(1000), Some(0.3)));
        assert_eq!(
            told("ckpts/cpt.simpoint_12_inst_0_weight_0.000012_interval_1_warmup_9"),
            (None, Some(0), Some(0.000_012))
        );
        assert_eq!(told("cpt.mcf.r.1000000"), (None, Some(1_000_000), None));
        for name in
            ["cpt.SimPoint0", "cpt.Region10", "cpt.x", "boot", "cpt.", "cpt.simpoint_00_inst_x_weight_1", "cpt.-1", ""]
        {
            assert_eq!(told(name), (None, None, None), "{name}");
        }
        let named = ["cpt.7", "a/cpt.7", "cpt.simpoint_00_inst_1_weight_1_interval_1_warmup_0", "cpt.mcf.7", "boot"];
        assert_eq!(named.map(Checkpoint::is_named), [true, true, true, false, false]);
    }

    #[test]
    fn the_tick_is_that_of_the_globals_of_either_release() {
        let old = "## checkpoint generated: x\n\n[Globals]\ncurTick=77\nversion_tags=a\n\n[system]\ncurTick=9\n";
        let new = "\n[system.x]\ncurTick=1\n\n[root]\nFullSystem=false\n\n[root.globals]\ncurTick=100001000\n";
        assert_eq!((tick_in(old), tick_in(new), tick_in("[system]\ncurTick=5\n")), (Some(77), Some(100_001_000), None));
    }
}
