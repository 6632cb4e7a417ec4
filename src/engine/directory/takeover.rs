//! Processes of other hosts: they cannot be seen from here, so they may run, until a person says that their host is gone.
//!
//! What a person said is written down, because the next engine cannot see those processes either.

use std::collections::BTreeSet;
use std::io;

use crate::experiment::Plan;
use crate::rundir::attempts::{self, AttemptRecords};
use crate::rundir::machine::is_of_another_host;
use crate::rundir::record::{Identity, LeaseRecord, Moment, Started, Takeover};
use crate::rundir::{ExperimentDir, atomic};
use crate::spawn::identity::{self, Alive};
use crate::spawn::tree;

/// What is known of other hosts.
#[derive(Debug, Default)]
pub struct Elsewhere {
    /// Hosts with the boots that are gone.
    gone: BTreeSet<(String, String)>,
}

impl Elsewhere {
    /// What people have said in this experiment.
    pub fn read(outdir: &ExperimentDir) -> Self {
        let said: Vec<Takeover> = atomic::read_lines(&outdir.takeovers());
        Self { gone: said.into_iter().map(|takeover| (takeover.host, takeover.boot_id)).collect() }
    }

    /// Whether a process is still there.
    pub fn is_alive(&self, process: &Identity) -> Alive {
        match identity::is_alive(process) {
            Alive::Unknown if self.gone.contains(&(process.host.clone(), process.boot_id.clone())) => Alive::No,
            told => told,
        }
    }

    /// Whether an attempt has not ended, as far as can be seen.
    pub fn runs(&self, records: &AttemptRecords) -> bool {
        let may_run = || records.started.as_ref().is_some_and(|started| self.may_run(started));
        records.exit.is_none() && (records.held || may_run())
    }

    /// Whether the tree of an attempt may still be there: its main process, or others in its control group.
    fn may_run(&self, started: &Started) -> bool {
        match self.is_alive(&started.gem5) {
            Alive::Yes | Alive::Unknown => true,
            Alive::No => !is_of_another_host(&started.gem5) && tree::is_left(started),
        }
    }

    /// Writes down that the host which holds the lease, and every host whose processes have not ended as far as can be seen,
    /// is gone. Says which these were.
    pub fn take_over(
        &mut self,
        plan: &Plan,
        outdir: &ExperimentDir,
        holder: Option<&LeaseRecord>,
        me: &Identity,
    ) -> io::Result<Vec<String>> {
        let mut gone: BTreeSet<(String, String)> =
            holder.map(|lease| (lease.engine.host.clone(), lease.engine.boot_id.clone())).into_iter().collect();
        for simulation in &plan.simulations {
            let dir = outdir.simulation(&simulation.name);
            let newest = attempts::numbers(&dir).ok().and_then(|numbers| numbers.last().copied());
            let records = newest.and_then(|number| attempts::read(&dir, number).ok());
            let Some(records) = records.filter(|records| records.exit.is_none() && !records.held) else { continue };
            let process = records.started.map(|started| started.gem5);
            let unseen = process.filter(|process| self.is_alive(process) == Alive::Unknown);
            gone.extend(unseen.map(|process| (process.host, process.boot_id)));
        }
        for (host, boot_id) in &gone {
            let (host, boot_id, by) = (host.clone(), boot_id.clone(), me.host.clone());
            atomic::append_line(&outdir.takeovers(), &Takeover { host, boot_id, at: Moment::now(), by })?;
        }
        let names = gone.iter().map(|(host, _)| host.clone()).collect();
        self.gone.extend(gone);
        Ok(names)
    }
}
