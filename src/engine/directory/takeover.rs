//! A person says that another host is gone with all its processes.

use std::collections::BTreeSet;
use std::io;

use crate::experiment::Plan;
use crate::rundir::attempts;
use crate::rundir::machine::is_of_another_host;
use crate::rundir::record::{Identity, LeaseRecord};
use crate::rundir::{ExperimentDir, Takeovers};
use crate::spawn::presence::is_unseen;

/// Writes down that the host which holds the lease, and every host whose processes have not ended as far as can be seen,
/// is gone. Says which these were.
pub fn take_over(
    gone: &mut Takeovers,
    plan: &Plan,
    outdir: &ExperimentDir,
    holder: Option<&LeaseRecord>,
    me: &Identity,
) -> io::Result<Vec<String>> {
    let mut hosts: BTreeSet<(String, String)> =
        holder.map(|lease| (lease.engine.host.clone(), lease.engine.boot_id.clone())).into_iter().collect();
    for simulation in &plan.simulations {
        let dir = outdir.simulation(&simulation.name);
        let records = attempts::newest(&dir).and_then(|number| attempts::read(&dir, number).ok());
        let Some(records) = records.filter(|records| records.exit.is_none() && !records.held) else { continue };
        let unseen = records.started.filter(|started| is_unseen(started, gone)).map(|started| started.gem5);
        let process = unseen.or(records.claim.map(|claim| claim.shim).filter(is_of_another_host));
        hosts.extend(process.map(|process| (process.host, process.boot_id)));
    }
    let names = hosts.iter().map(|(host, _)| host.clone()).collect();
    gone.add(outdir, hosts, &me.host)?;
    Ok(names)
}
