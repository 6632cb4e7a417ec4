//! What surrounded an attempt, from its records: the figures of the host, and what its numbers were made with.

use std::path::Path;

use crate::gem5::build::{self, BuildAnswer};
use crate::rundir::follow::read_regular;
use crate::rundir::provenance::{Provenance, Repository};
use crate::rundir::record::{Exit, Started};
use crate::rundir::{AttemptDir, atomic, attempts};

/// The banner is at the very beginning of a log.
const BANNER: u64 = 16 << 10;

/// What is recorded of an attempt besides how it ended. What is not known is `None`.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    /// Milliseconds of CPU time of its process tree.
    pub(super) cpu_ms: Option<u64>,
    /// Where it ran.
    pub(super) host: Option<String>,
    /// See [`version`].
    pub(super) gem5_version: Option<String>,
    /// The hash of the executable.
    pub(super) gem5_sha256: Option<String>,
    /// The hash of the script.
    pub(super) script_sha256: Option<String>,
    /// The commit that the script's repository was at.
    pub(super) commit: Option<String>,
    /// Whether tracked files differed from it.
    pub(super) dirty: Option<bool>,
    /// Where gem5 wrote.
    pub(super) outdir: Option<String>,
}

impl Surroundings {
    pub(super) fn read(attempt: &AttemptDir) -> Self {
        let provenance: Option<Provenance> = atomic::read_json(&attempt.provenance()).ok().flatten();
        let started: Option<Started> = atomic::read_json(&attempt.started()).ok().flatten();
        let exit: Option<Exit> = atomic::read_json(&attempt.exit()).ok().flatten();
        let usage = exit.and_then(|exit| exit.usage);
        let repository = provenance.as_ref().and_then(repository_of_script);
        Self {
            cpu_ms: usage.map(|usage| usage.user_ms.saturating_add(usage.system_ms)),
            // An engine of one host may have a launcher start it on another.
            host: started.map(|started| started.gem5.host).or_else(|| Some(provenance.as_ref()?.host.clone())),
            gem5_version: version(attempt, provenance.as_ref()),
            commit: repository.map(|repository| repository.head.clone()),
            dirty: repository.and_then(|repository| repository.dirty),
            script_sha256: provenance.as_ref().and_then(|known| Some(known.script.as_ref()?.sha256.clone())),
            gem5_sha256: provenance.and_then(|known| known.executable?.sha256),
            outdir: Some(attempts::outputs(attempt).dir().display().to_string()),
        }
    }
}

/// The version of its gem5: that of the banner, which is the truth, and else what the executable says of itself. gem5 24.0 can only
/// tell it in the banner.
pub(super) fn version(attempt: &AttemptDir, provenance: Option<&Provenance>) -> Option<String> {
    banner(attempt).version.or_else(|| provenance?.executable.as_ref()?.version.clone())
}

/// What the banner of an attempt's gem5 tells. Without a log there is none.
pub(crate) fn banner(attempt: &AttemptDir) -> BuildAnswer {
    let beginning = read_regular(&attempt.simout(), BANNER).unwrap_or_default();
    build::answer(&String::from_utf8_lossy(&beginning))
}

/// The innermost repository that the script is in. gem5's own may be recorded too.
fn repository_of_script(provenance: &Provenance) -> Option<&Repository> {
    let script = &provenance.script.as_ref()?.path;
    let of = |path: &Path| {
        let around = provenance.repositories.iter().filter(|repository| path.starts_with(&repository.path));
        around.max_by_key(|repository| repository.path.as_os_str().len())
    };
    // git tells the real path of a repository, and a script may be named through a link.
    of(script).or_else(|| of(&script.canonicalize().ok()?))
}
