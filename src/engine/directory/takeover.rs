//! A person says that another host, or a container of this one, is gone with all its processes.

use std::io;

use crate::experiment::Plan;
use crate::rundir::attempts::{self, AttemptRecords};
use crate::rundir::record::{Identity, LeaseRecord};
use crate::rundir::{ExperimentDir, Takeovers};
use crate::spawn::presence::is_unseen;

/// Writes down that the host which holds the lease, and every host and container whose processes have not ended as far as can
/// be seen, is gone. Says which these were.
pub fn take_over(
    gone: &mut Takeovers,
    plan: &Plan,
    outdir: &ExperimentDir,
    holder: Option<&LeaseRecord>,
    me: &Identity,
) -> io::Result<Vec<String>> {
    let mut unseen: Vec<Identity> = holder.map(|lease| lease.engine.clone()).into_iter().collect();
    for simulation in &plan.simulations {
        let dir = outdir.simulation(&simulation.name);
        let records = attempts::newest(&dir).and_then(|number| attempts::read(&dir, number).ok());
        // A job is over when its batch system says so, and no person need.
        let is_asked_of = |records: &AttemptRecords| records.exit.is_none() && !records.held && records.job.is_none();
        let Some(records) = records.filter(is_asked_of) else { continue };
        let processes = [records.started.map(|started| started.gem5), records.claim.map(|claim| claim.shim)];
        unseen.extend(processes.into_iter().flatten().filter(|process| is_unseen(&records.dir, process)));
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
        take_over(&mut gone, &plan, &outdir, Some(&lease(me.clone())), &me).unwrap();
        assert!(!gone.holds(&me));
        let other = Identity { host: "node17".to_owned(), boot_id: "another boot".to_owned(), ..me.clone() };
        take_over(&mut gone, &plan, &outdir, Some(&lease(other.clone())), &me).unwrap();
        assert!(gone.holds(&other) && !gone.holds(&me));
    }
}
