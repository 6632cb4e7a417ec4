//! Which simulations a command line means.

use globset::GlobBuilder;

use crate::commands::Failure;
use crate::commands::attach::Snapshot;
use crate::experiment::sensible_name;
use crate::protocol::SimView;
use crate::rundir::{ExperimentDir, attempts};
use crate::text::{self, shell};

/// Kinds of simulations that are chosen without naming them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kinds {
    /// All that have ended otherwise than ok.
    pub failed: bool,
    /// All that ended ok and would be made from something else now.
    pub changed: bool,
}

/// The indices of the simulations whose names match any of `patterns`, or that are of one of the `kinds`.
///
/// # Errors
/// A pattern that matches nothing is a mistake and is told with the nearest name.
pub fn select(snapshot: &Snapshot, patterns: &[String], kinds: Kinds) -> Result<Vec<u32>, Failure> {
    let sims = &snapshot.sims;
    let mut chosen: Vec<u32> = Vec::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern).literal_separator(false).build();
        let glob = glob.map_err(|error| Failure::Usage(format!("`{pattern}` is not a glob: {}", error.kind())))?;
        let matcher = glob.compile_matcher();
        let matching: Vec<u32> =
            sims.iter().filter(|sim| sim.name == *pattern || matcher.is_match(&sim.name)).map(|sim| sim.id).collect();
        if matching.is_empty() {
            return Err(Failure::Usage(no_match(snapshot, pattern)));
        }
        chosen.extend(matching);
    }
    if kinds.failed {
        let not_ok = |sim: &&SimView| sim.status.ended().is_some_and(|kind| !kind.is_ok());
        chosen.extend(sims.iter().filter(not_ok).map(|sim| sim.id));
    }
    if kinds.changed {
        chosen.extend(sims.iter().filter(|sim| sim.is_outdated()).map(|sim| sim.id));
    }
    chosen.sort_unstable();
    chosen.dedup();
    Ok(chosen)
}

/// The one simulation that `pattern` matches.
///
/// # Errors
/// When it matches none, or more than one.
pub fn one<'s>(snapshot: &'s Snapshot, pattern: &str) -> Result<&'s SimView, Failure> {
    match select(snapshot, &[pattern.to_owned()], Kinds::default())?.as_slice() {
        [one] => Ok(&snapshot.sims[*one as usize]),
        several => {
            let count = several.len();
            Err(Failure::Usage(format!("`{pattern}` matches {count} simulations; name one of them")))
        }
    }
}

fn no_match(Snapshot { header, sims }: &Snapshot, pattern: &str) -> String {
    // What was taken out of the file has results all the same.
    let dir = ExperimentDir::new(&header.outdir).simulation(pattern);
    if sensible_name(pattern) == pattern
        && let Some(newest) = attempts::numbers(&dir).ok().and_then(|numbers| numbers.last().copied())
    {
        let m5out = dir.attempt(newest).m5out();
        return format!(
            "`{pattern}` is not in the experiment as it stands; it has results, and `gem5-tui inspect {}` shows them",
            shell::quote(&m5out.to_string_lossy())
        );
    }
    match text::nearest(pattern, sims.iter().map(|sim| sim.name.as_str())) {
        Some(name) => format!("no simulation matches `{pattern}`; did you mean `{name}`?"),
        None => format!("no simulation matches `{pattern}`; `gem5-tui status` lists them"),
    }
}
