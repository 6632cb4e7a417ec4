//! Which simulations a command line means.

use globset::GlobBuilder;

use crate::commands::Failure;
use crate::protocol::SimView;

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
pub fn select(sims: &[SimView], patterns: &[String], kinds: Kinds) -> Result<Vec<u32>, Failure> {
    let mut chosen: Vec<u32> = Vec::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern).literal_separator(false).build();
        let glob = glob.map_err(|error| Failure::Usage(format!("`{pattern}` is not a glob: {}", error.kind())))?;
        let matcher = glob.compile_matcher();
        let matching: Vec<u32> =
            sims.iter().filter(|sim| sim.name == *pattern || matcher.is_match(&sim.name)).map(|sim| sim.id).collect();
        if matching.is_empty() {
            return Err(Failure::Usage(no_match(sims, pattern)));
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
pub fn one<'s>(sims: &'s [SimView], pattern: &str) -> Result<&'s SimView, Failure> {
    match select(sims, &[pattern.to_owned()], Kinds::default())?.as_slice() {
        [one] => Ok(&sims[*one as usize]),
        several => {
            let count = several.len();
            Err(Failure::Usage(format!("`{pattern}` matches {count} simulations; name one of them")))
        }
    }
}

fn no_match(sims: &[SimView], pattern: &str) -> String {
    let near = sims
        .iter()
        .map(|sim| (strsim::jaro_winkler(&sim.name, pattern), &sim.name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((_, name)) => format!("no simulation matches `{pattern}`; did you mean `{name}`?"),
        None => format!("no simulation matches `{pattern}`; `gem5-tui status` lists them"),
    }
}
