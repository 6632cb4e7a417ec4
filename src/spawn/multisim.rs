//! The ids that a MultiSim script lists.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ask::{End, ask};
use super::scratch;
use crate::experiment::Listing;
use crate::gem5::multisim;
use crate::rundir::user_cache::{FileIdentity, UserCache};
use crate::text::Safe;

/// How long a script may take to list its simulations: it builds every board first, and may import for a while.
const WITHIN: Duration = Duration::from_mins(1);
/// Lines of output that a person is shown when there are no ids.
const TAIL: usize = 4;

/// What was listed, and from which versions of the files.
#[derive(Debug, Serialize, Deserialize)]
struct Listed {
    files: Vec<FileIdentity>,
    ids: Vec<String>,
}

/// The ids, from the cache where gem5, the script and the modules beside it are as they were.
///
/// # Errors
/// Why there are none, in a phrase.
pub(crate) fn ids(listing: &Listing, cache: &UserCache) -> Result<Vec<String>, String> {
    let files = files(listing);
    if let Some(listed) = cache.read::<Listed>("multisim", listing).filter(|listed| listed.files == files) {
        return Ok(listed.ids);
    }
    let ids = list(listing)?;
    cache.write("multisim", listing, &Listed { files, ids: ids.clone() });
    Ok(ids)
}

/// The ids that were listed last, whatever has changed since.
pub(crate) fn last_ids(listing: &Listing, cache: &UserCache) -> Option<Vec<String>> {
    cache.read::<Listed>("multisim", listing).map(|listed| listed.ids)
}

/// The files that decide what is listed: gem5, and the Python files beside the script.
fn files(listing: &Listing) -> Vec<FileIdentity> {
    let mut paths = vec![listing.gem5.clone(), listing.script.clone()];
    let beside = listing.script.parent().and_then(|folder| fs::read_dir(folder).ok());
    let modules = beside.into_iter().flatten().flatten().map(|entry| entry.path());
    paths.extend(modules.filter(|path| path.extension().is_some_and(|ending| ending == "py")));
    paths.sort();
    paths.dedup();
    paths.iter().filter_map(|path| FileIdentity::of(path).ok()).collect()
}

fn list(listing: &Listing) -> Result<Vec<String>, String> {
    let place = scratch::directory().map_err(|error| format!("no temporary directory could be made: {error}"))?;
    let outdir = place.path().join("m5out");
    // An argument is text, and another directory must not be taken for this one.
    if let Some(odd) = [&listing.gem5, &listing.script, &outdir].into_iter().find(|path| path.to_str().is_none()) {
        return Err(format!("the path `{}` is not UTF-8", Safe::path(odd)));
    }
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let mut argv = listing.prefix.clone();
    argv.extend([text(&listing.gem5), format!("--outdir={}", text(&outdir)), "--listener-mode=off".to_owned()]);
    argv.extend(listing.gem5_args.iter().cloned());
    argv.extend([text(&listing.script), "--list".to_owned()]);
    let answer = ask(&argv, &listing.cwd, &listing.env, place.path(), WITHIN).map_err(|error| error.reason)?;
    let said = match answer.tail(TAIL) {
        said if said.is_empty() => "it said nothing".to_owned(),
        said => format!("it said: {said}"),
    };
    match answer.end {
        End::Exited(0) => {}
        End::Exited(code) => return Err(format!("with `--list` it exited with code {code}; {said}")),
        End::Signaled(signal) => return Err(format!("with `--list` it was ended by {signal}; {said}")),
        End::TimedOut => return Err(format!("with `--list` it did not end within {} s; {said}", WITHIN.as_secs())),
        End::SaidTooMuch => return Err(format!("with `--list` it does not stop printing; {said}")),
    }
    let ids = multisim::ids(&answer.stdout);
    if ids.is_empty() { Err(format!("with `--list` it printed no id; {said}")) } else { Ok(ids) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_module_beside_the_script_decides_what_is_listed() {
        let dir = tempfile::tempdir().unwrap();
        for number in 0..1_100 {
            fs::write(dir.path().join(format!("m{number}.py")), "").unwrap();
        }
        fs::write(dir.path().join("notes.txt"), "").unwrap();
        let listing = Listing {
            prefix: Vec::new(),
            gem5: "/bin/sh".into(),
            gem5_args: Vec::new(),
            script: dir.path().join("m7.py"),
            cwd: dir.path().to_owned(),
            env: BTreeMap::new(),
        };
        assert_eq!(files(&listing).len(), 1_101, "with gem5, and the script once");
    }
}
