//! Signals to what shims on this machine hold.

use std::path::Path;

use nix::sys::signal::Signal;

use super::Local;
use crate::engine::executor::NotSignalled;
use crate::engine::state::TreeSignal;
use crate::protocol::Step;
use crate::rundir::attempts;
use crate::rundir::record::Started;
use crate::rundir::{AttemptDir, Presence, Reach, atomic};
use crate::spawn::dump_request::{NotAsked, request_dump};
use crate::spawn::identity::{self, Alive};
use crate::spawn::presence::presence_of_started;
use crate::spawn::tree::{self, Reached, Tree};

impl Local {
    /// Who runs: as this engine knows it, or as the record tells. A record that somebody has damaged or forged since is nobody's
    /// word.
    fn who(&self, dir: &AttemptDir) -> Result<Started, NotSignalled> {
        if let Some(known) = self.known().get(dir.name()) {
            return Ok(known.clone());
        }
        atomic::read_json(&dir.started())?.ok_or_else(|| NotSignalled::Unknown { path: dir.started() })
    }

    /// Sends a signal to the trees of these attempts, with one look at all of them. The answers are in their order.
    pub(in crate::engine::executor) fn signal(
        &self,
        dirs: &[AttemptDir],
        signal: TreeSignal,
    ) -> Vec<Result<(), NotSignalled>> {
        match signal {
            TreeSignal::DumpStats => dirs.iter().map(|dir| dump_stats(dir, &self.who(dir)?)).collect(),
            TreeSignal::PollStats => {
                // Nobody waits for this one; a gem5 that never listens would complain for ever.
                let ask = |dir| -> Result<(), NotSignalled> { dump_stats(dir, &self.who(dir)?) };
                for dir in dirs {
                    ask(dir).unwrap_or_else(|why| tracing::info!("{why}"));
                }
                dirs.iter().map(|_| Ok(())).collect()
            }
            TreeSignal::Stop => self.each_tree(dirs, tree::stop_trees),
            TreeSignal::Continue => self.each_tree(dirs, tree::continue_trees),
            TreeSignal::Ladder(Step::Interrupt) => self.interrupt(dirs),
            TreeSignal::Ladder(Step::Terminate) => {
                self.each_tree(dirs, |trees| tree::ask_trees(trees, Signal::SIGTERM))
            }
            TreeSignal::Ladder(Step::Kill) => self.each_tree(dirs, |trees| tree::signal_trees(trees, Signal::SIGKILL)),
        }
    }

    /// Asks trees to finish. In a job of a batch system a shim does that by itself when the job ends, and gem5 must not be asked twice
    /// in a moment: there the shim is told, which knows whether it has.
    fn interrupt(&self, dirs: &[AttemptDir]) -> Vec<Result<(), NotSignalled>> {
        let mut by_shim: Vec<Option<Result<(), NotSignalled>>> =
            dirs.iter().map(|dir| tell_shim(&self.who(dir).ok()?)).collect();
        let others: Vec<AttemptDir> =
            dirs.iter().zip(&by_shim).filter(|(_, told)| told.is_none()).map(|(dir, _)| dir.clone()).collect();
        let mut reached = self.each_tree(&others, |trees| tree::ask_trees(trees, Signal::SIGINT));
        reached.reverse();
        by_shim.iter_mut().map(|told| told.take().or_else(|| reached.pop()).unwrap_or(Ok(()))).collect()
    }

    fn each_tree(
        &self,
        dirs: &[AttemptDir],
        send: impl FnOnce(&[Tree<'_>]) -> Vec<Reached>,
    ) -> Vec<Result<(), NotSignalled>> {
        let known: Vec<Result<Started, NotSignalled>> = dirs.iter().map(|dir| self.who(dir)).collect();
        let tree = |started| Tree::of(started, identity::is_alive(&started.shim) == Alive::Yes);
        let trees: Vec<Tree<'_>> = known.iter().flatten().map(tree).collect();
        let mut reached = send(&trees).into_iter();
        let become_of = |(dir, started): (&AttemptDir, Result<Started, NotSignalled>)| {
            let started = started?;
            match reached.next() {
                Some(Ok(0)) | None => self.nobody_was_reached(dir, &started),
                Some(Ok(_)) => Ok(()),
                Some(Err(source)) => Err(NotSignalled::Refused { pid: started.gem5.pid, source }),
            }
        };
        dirs.iter().zip(known).map(become_of).collect()
    }

    /// Nothing of a tree was found. Either it has ended, or it lives where it is not seen from here, which a person must know.
    fn nobody_was_reached(&self, dir: &AttemptDir, started: &Started) -> Result<(), NotSignalled> {
        // In this order: a shim whose lock is still held after that was there to be seen before.
        let sees_shim = identity::is_alive(&started.shim) == Alive::Yes;
        let held = attempts::is_held(&dir.spec());
        let is_over = |presence: &Presence| match presence {
            // The shim has seen the end of its tree, and its record comes in a moment.
            Presence::Runs(Reach::Direct) => sees_shim && identity::is_alive(&started.gem5) == Alive::No,
            other => !other.is_live(),
        };
        let presence = presence_of_started(dir, started, held, &self.gone);
        // Without a record, or with one that cannot be read, its end is not known.
        if is_over(&presence) || dir.exit().exists() {
            return Ok(());
        }
        Err(NotSignalled::ReachedNobody { name: name_of(dir), presence })
    }
}

/// Tells the shim to ask its tree to finish; none if it does not listen for that, or is gone.
fn tell_shim(started: &Started) -> Option<Result<(), NotSignalled>> {
    if !started.takes_term || identity::is_alive(&started.shim) != Alive::Yes {
        return None;
    }
    let told = identity::send(&started.shim, Signal::SIGTERM);
    Some(told.map_err(|source| NotSignalled::Refused { pid: started.shim.pid, source }))
}

fn dump_stats(dir: &AttemptDir, started: &Started) -> Result<(), NotSignalled> {
    request_dump(dir, started).map_err(|why| match why {
        NotAsked::DoesNotListen => NotSignalled::DoesNotListen { name: name_of(dir) },
        NotAsked::Unwritten { path, source } => NotSignalled::Unwritten { path, source },
        NotAsked::Refused(source) => NotSignalled::NotAsked { name: name_of(dir), source },
    })
}

/// The simulation of an attempt, in a sentence for people.
fn name_of(dir: &AttemptDir) -> String {
    dir.name().parent().and_then(Path::file_name).map_or_else(String::new, |n| n.to_string_lossy().into())
}
