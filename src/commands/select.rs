//! Which simulations a command line means, and what there is to say when it means none.

use std::path::Path;

use crate::commands::Failure;
use crate::commands::attach::Snapshot;
use crate::experiment::sensible_name;
use crate::protocol::{Miss, Selection, SimView};
use crate::rundir::{ExperimentDir, attempts};
use crate::text::shell;

/// The indices of the simulations whose names match any of `names`.
///
/// # Errors
/// A name that matches nothing is a mistake and is told with the nearest one.
pub(crate) fn select(snapshot: &Snapshot, names: &[String]) -> Result<Vec<u32>, Failure> {
    let sims = Selection::of(names).resolve(snapshot.sims.iter().map(Into::into));
    sims.map_err(|miss| missed(&miss, &snapshot.header.outdir))
}

/// The one simulation that `name` matches.
///
/// # Errors
/// When it matches none, or more than one.
pub(crate) fn one<'s>(snapshot: &'s Snapshot, name: &str) -> Result<&'s SimView, Failure> {
    match select(snapshot, &[name.to_owned()])?.as_slice() {
        [one] => Ok(&snapshot.sims[*one as usize]),
        several => {
            let count = several.len();
            Err(Failure::Usage(format!("`{name}` matches {count} simulations; name one of them")))
        }
    }
}

/// Words on a command line that mean nothing are a mistake of usage. What was taken out of the file has results in `outdir`
/// all the same.
pub(crate) fn missed(miss: &Miss, outdir: &Path) -> Failure {
    if let Miss::NoMatch { word, .. } = miss
        && sensible_name(word) == *word
        && let dir = ExperimentDir::new(outdir).simulation(word)
        && let Some(newest) = attempts::numbers(&dir).ok().and_then(|numbers| numbers.last().copied())
    {
        let m5out = dir.attempt(newest).m5out();
        return Failure::Usage(format!(
            "`{word}` is not in the experiment as it stands; it has results, and `gem5-tui inspect {}` shows them",
            shell::quote(&m5out.to_string_lossy())
        ));
    }
    Failure::Usage(miss.to_string())
}
