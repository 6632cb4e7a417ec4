//! A person says that another host, or a container of this one, is gone with all its processes.

use std::io;

use crate::experiment::Plan;
use crate::rundir::attempts::{self, AttemptRecords};
use crate::rundir::record::{Identity, LeaseRecord};
use crate::rundir::{ExperimentDir, Lease, Shard, Takeovers};
use crate::spawn::presence::is_unseen;

/// Writes down that the hosts which hold the lease, or leases that must not be held beside it, and every host and container whose
/// processes have not ended as far as can be seen, are gone. Says which these were.
///
/// Whoever takes over a `shard` says nothing of the others: only its simulations are looked at.
pub fn take_over(
    gone: &mut Takeovers,
    plan: &Plan,
    outdir: &ExperimentDir,
    holders: &[LeaseRecord],
    shard: Option<Shard>,
    me: &Identity,
) -> io::Result<Vec<String>> {
    let mut unseen: Vec<Identity> = holders.iter().map(|lease| lease.engine.clone()).collect();
    // A host on which an engine of another shard says that it lives is not gone, whatever else ran there once.
    let is_meant = |host: &Identity, unseen: &[Identity]| unseen.iter().any(|meant| meant.boot_id == host.boot_id);
    let living: Vec<Identity> = match shard {
        None => Vec::new(),
        Some(shard) => Lease::shards(outdir, me)?
            .into_iter()
            .filter(|other| other.shard != Some(shard) && !is_meant(&other.engine, &unseen))
            .map(|other| other.engine)
            .collect(),
    };
    let ours = plan.simulations.iter().filter(|simulation| shard.is_none_or(|shard| shard.has(simulation)));
    for simulation in ours {
        let dir = outdir.simulation(&simulation.name);
        let records = attempts::newest(&dir).and_then(|number| attempts::read(&dir, number).ok());
        // A job is over when its batch system says so, and no person need.
        let is_asked_of = |records: &AttemptRecords| records.exit.is_none() && !records.held && records.job.is_none();
        let Some(records) = records.filter(is_asked_of) else { continue };
        let processes = [records.started.map(|started| started.gem5), records.claim.map(|claim| claim.shim)];
        let processes = processes.into_iter().flatten().filter(|process| is_unseen(&records.dir, process));
        unseen.extend(processes.filter(|process| living.iter().all(|other| other.boot_id != process.boot_id)));
    }
    gone.add(outdir, &unseen, &me.host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::record::FORMAT;
    use crate::spawn::identity;

    #[test]
    fn a_takeover_never_says_that_this_host_is_gone() {
        let place = tempfile::tempdir().unwrap();
        let outdir = ExperimentDir::new(place.path());
        let me = identity::own().unwrap();
        let lease = |engine: Identity| {
            let record = serde_json::json!({"format": FORMAT, "engine": engine, "socket": "/s"});
            serde_json::from_value::<LeaseRecord>(record).unwrap()
        };
        let plan = serde_json::json!({"name": "a", "source": "/a.yaml", "outdir": place.path(), "concurrency": {"fixed": 1},
            "memory": null, "min_free_disk": null, "simulations": []});
        let plan: Plan = serde_json::from_value(plan).unwrap();
        let mut gone = Takeovers::default();
        take_over(&mut gone, &plan, &outdir, &[lease(me.clone())], None, &me).unwrap();
        assert!(!gone.holds(&me));
        let other = Identity { host: "node17".to_owned(), boot_id: "another boot".to_owned(), ..me.clone() };
        take_over(&mut gone, &plan, &outdir, &[lease(other.clone())], None, &me).unwrap();
        assert!(gone.holds(&other) && !gone.holds(&me));
    }
}
