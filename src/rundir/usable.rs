//! Whether an engine may work in a directory: that nobody else can change what is done by it, and that nothing of a user's is in
//! the place of what would be written.
//!
//! All of it is looked at before anything is written, and told at once. Links in the places of directories are no obstacle:
//! nothing is written through one (`beneath`), unless somebody else has put it there.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::attempts;
use super::layout::{ExperimentDir, SimulationDir};
use super::ours::{self, Stranger, WHAT_TO_DO};
use super::shard::Shard;
use super::threads;
use super::trust::{self, Untrusted, What};

/// So many are told; more say nothing new.
const TOLD: usize = 4;

/// Why no engine works in a directory.
#[derive(Debug, thiserror::Error)]
pub enum Obstacle {
    /// Somebody else could change what is done.
    #[error(transparent)]
    Untrusted(Untrusted),
    /// A file of somebody's has the name of a record.
    #[error(transparent)]
    Stranger(Stranger),
    /// It cannot be told.
    #[error("could not look at `{}`: {source}", path.display())]
    Unseen {
        /// What.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// All that keeps an engine from working in a directory, as far as it is told; at least one.
#[derive(Debug, thiserror::Error)]
#[error("{}", in_words(told, *more))]
pub struct Unusable {
    /// The first of them.
    pub told: Vec<Obstacle>,
    /// How many there are besides.
    pub more: usize,
    /// Whether the directory belongs to somebody else, and we may not write there anyway.
    pub is_out_of_reach: bool,
}

fn in_words(told: &[Obstacle], more: usize) -> String {
    let is_stranger = |obstacle: &&Obstacle| matches!(obstacle, Obstacle::Stranger(_));
    let mut words: Vec<String> =
        told.iter().filter(|obstacle| !is_stranger(obstacle)).map(Obstacle::to_string).collect();
    let strangers = told.iter().filter_map(|obstacle| match obstacle {
        Obstacle::Stranger(stranger) => Some(stranger.fact()),
        Obstacle::Untrusted(_) | Obstacle::Unseen { .. } => None,
    });
    let strangers: Vec<String> = strangers.collect();
    // The advice is the same for all of them.
    if !strangers.is_empty() {
        words.push(format!("{}, so it is left alone; {WHAT_TO_DO}", strangers.join(", ")));
    }
    if more > 0 {
        words.push(format!("{more} more are in the way"));
    }
    words.join("; and ")
}

/// Looks for what is in the way of an engine that works in `outdir` on the simulations called `names`, or on its shard of them. The
/// directory need not be there.
///
/// # Errors
/// What is in the way.
pub fn check<'n>(
    outdir: &ExperimentDir,
    shard: Option<Shard>,
    names: impl Iterator<Item = &'n str>,
) -> Result<(), Unusable> {
    let mut look = Look::default();
    if let Err(error) = outdir.check_trust() {
        if error.kind() == io::ErrorKind::NotFound {
            return Ok(());
        }
        // What is in a directory that is not ours says nothing.
        look.found(outdir.path(), error);
        look.is_out_of_reach = access(outdir.path(), Access::WRITE_OK).is_err();
        return look.over();
    }
    look.records(&ours::records(outdir, shard));
    // What is in the way of one simulation keeps no other one of an experiment that has begun from being seen and ended.
    look.has_begun = look.told.is_empty() && fs::symlink_metadata(outdir.experiment_record()).is_ok();
    look.simulations(outdir, names);
    look.over()
}

/// The same of simulations that are added to a plan.
pub(crate) fn check_added<'n>(outdir: &ExperimentDir, names: impl Iterator<Item = &'n str>) -> Result<(), Unusable> {
    let mut look = Look::default();
    for name in names {
        look.simulation(&outdir.simulation(name));
    }
    look.over()
}

#[derive(Default)]
struct Look {
    told: Vec<Obstacle>,
    more: usize,
    is_out_of_reach: bool,
    /// There are records of this experiment: what is in the place of a record of one simulation costs that one.
    has_begun: bool,
}

impl Look {
    fn over(self) -> Result<(), Unusable> {
        let Self { told, more, is_out_of_reach, .. } = self;
        if told.is_empty() { Ok(()) } else { Err(Unusable { told, more, is_out_of_reach }) }
    }

    fn add(&mut self, obstacle: Obstacle) {
        if self.has_begun && !matches!(obstacle, Obstacle::Untrusted(_)) {
            return;
        }
        if self.told.len() < TOLD {
            self.told.push(obstacle);
        } else {
            self.more += 1;
        }
    }

    /// What a check said of `path`.
    fn found(&mut self, path: &Path, error: io::Error) {
        let unseen = |source| Obstacle::Unseen { path: super::named::as_named(path), source };
        let obstacle = match error.downcast::<Untrusted>() {
            Ok(untrusted) => Obstacle::Untrusted(untrusted),
            Err(error) => error.downcast::<Stranger>().map_or_else(unseen, Obstacle::Stranger),
        };
        self.add(obstacle);
    }

    /// What is at `path`, if that is ours to look into further.
    fn meta(&mut self, path: &Path, what: What) -> Option<Metadata> {
        let meta = match fs::symlink_metadata(path) {
            Ok(meta) => meta,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                self.found(path, error);
                return None;
            }
        };
        let what = if meta.is_symlink() { What::Record } else { what };
        match trust::check(&meta, path, what) {
            Ok(()) => Some(meta),
            Err(untrusted) => {
                self.add(Obstacle::Untrusted(untrusted));
                None
            }
        }
    }

    fn records(&mut self, records: &[(PathBuf, ours::Kind)]) {
        for (path, kind) in records {
            // Whose file it is, is asked after what it is: the advice is another one.
            match ours::check(path, *kind) {
                Ok(()) => _ = self.meta(path, What::Record),
                Err(error) => self.found(path, error),
            }
        }
    }

    /// Those of the plan, and those that have run and are not in it: they are shown and signalled as long as they run.
    fn simulations<'n>(&mut self, outdir: &ExperimentDir, names: impl Iterator<Item = &'n str>) {
        let names: Vec<&str> = names.collect();
        let look = |at: usize| {
            let mut look = Self { has_begun: self.has_begun, ..Self::default() };
            look.simulation(&outdir.simulation(names.get(at)?));
            Some(look)
        };
        for look in threads::for_each(names.len(), None, look).into_iter().flatten().flatten() {
            self.more += look.more;
            for obstacle in look.told {
                self.add(obstacle);
            }
        }
        let planned: HashSet<&str> = names.into_iter().collect();
        for entry in fs::read_dir(outdir.path()).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| !planned.contains(name)) else { continue };
            let dir = outdir.simulation(name);
            let has_run = entry.file_type().is_ok_and(|kind| !kind.is_file()) && attempts::newest(&dir).is_some();
            if has_run && self.meta(dir.path(), What::Inside).is_some_and(|meta| meta.is_dir()) {
                self.attempts(&dir, false);
            }
        }
    }

    fn simulation(&mut self, dir: &SimulationDir) {
        match self.meta(dir.path(), What::Inside) {
            Some(meta) if meta.is_dir() => {
                self.records(&ours::records_of(dir));
                self.attempts(dir, true);
            }
            Some(meta) if !meta.is_symlink() => {
                self.add(Obstacle::Stranger(Stranger::new(dir.path(), "is in the place of a simulation's directory")));
            }
            _ => {}
        }
    }

    fn attempts(&mut self, dir: &SimulationDir, is_planned: bool) {
        // What cannot be listed is told in its row.
        for number in attempts::numbers(dir).unwrap_or_default() {
            let attempt = dir.attempt(number);
            let meta = self.meta(attempt.path(), What::Inside);
            if is_planned && meta.is_some_and(|meta| !meta.is_dir() && !meta.is_symlink()) {
                self.add(Obstacle::Stranger(Stranger::new(
                    attempt.path(),
                    "is in the place of an attempt's directory",
                )));
            }
        }
    }
}
