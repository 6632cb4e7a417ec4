//! The record of the plan, `experiment.json`, and its one writer.
//!
//! The awkward truth: a full disk may not take it when the engine begins. It is then written later, and must not take the
//! place of the record of a plan that has grown meanwhile.

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::experiment::Plan;
use crate::rundir::fault::is_of_machine;
use crate::rundir::named::as_named;
use crate::rundir::ours::{self, Kind};
use crate::rundir::record::{ExperimentRecord, FORMAT, Moment};
use crate::rundir::{ExperimentDir, Shard, atomic, shard_files};

/// The record of the plan of a living engine.
#[derive(Debug)]
pub(super) struct PlanRecord {
    outdir: ExperimentDir,
    /// The shard of this engine. What a plan has grown by stands in a record of its own then: each of several engines would write
    /// the others' away.
    shard: Option<Shard>,
    /// The memory budget of the file. An engine may work by that of a batch job, which is nothing of the plan's.
    memory: Option<u64>,
    /// What the disk has not taken yet.
    unwritten: Mutex<Option<Box<ExperimentRecord>>>,
}

impl PlanRecord {
    /// Records the plan with which an engine begins. Where the machine is at fault it stays to be written by
    /// [`write_rest`](Self::write_rest): a full disk is no reason to leave what runs alone.
    pub(super) fn begin(outdir: &ExperimentDir, shard: Option<Shard>, plan: &Plan) -> io::Result<Self> {
        let unwritten = Mutex::new(Some(Box::new(record(plan))));
        let this = Self { outdir: outdir.clone(), shard, memory: plan.memory, unwritten };
        match this.write_rest() {
            Err(error) if is_of_machine(&error) => {
                tracing::warn!("could not write {}: {error}", as_named(&outdir.experiment_record()).display());
            }
            done => done?,
        }
        Ok(this)
    }

    /// Writes what could not be written before, unless a later plan has been.
    pub(super) fn write_rest(&self) -> io::Result<()> {
        let mut unwritten = self.unwritten.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(record) = unwritten.as_ref() {
            // First what only this engine knows: the other one is read as the plan of all.
            if let Some(shard) = self.shard {
                atomic::write_json(&self.outdir.experiment_record_of(shard), record)?;
            }
            atomic::write_json(&self.outdir.experiment_record(), record)?;
            *unwritten = None;
            // All that they told stands in this one now, and nobody else writes.
            if self.shard.is_none() {
                for shard in shard_files::recorded(&self.outdir) {
                    self.forget(shard);
                }
            }
        }
        Ok(())
    }

    /// Removes the record of an engine of a shard that there is no more, if it is one of ours.
    fn forget(&self, shard: Shard) {
        let path = self.outdir.experiment_record_of(shard);
        let removed = ours::check(&path, Kind::Experiment).and_then(|()| atomic::remove(&path));
        if let Err(error) = removed {
            tracing::warn!("could not remove {}: {error}", as_named(&path).display());
        }
    }

    /// Records a plan that has grown.
    pub(super) fn replace(&self, plan: &Plan) -> io::Result<()> {
        let mut unwritten = self.unwritten.lock().unwrap_or_else(PoisonError::into_inner);
        let mut record = record(plan);
        record.plan.memory = self.memory;
        atomic::write_json(&self.path(), &record)?;
        *unwritten = None;
        Ok(())
    }

    /// Where it is.
    pub(super) fn path(&self) -> PathBuf {
        match self.shard {
            Some(shard) => self.outdir.experiment_record_of(shard),
            None => self.outdir.experiment_record(),
        }
    }

    /// Whether the disk has not taken the record yet.
    pub(super) fn is_unwritten(&self) -> bool {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

fn record(plan: &Plan) -> ExperimentRecord {
    ExperimentRecord { format: FORMAT, at: Moment::now(), plan: plan.redacted() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(name: &str) -> Plan {
        let plan = r#"{"source": "/a.yaml", "outdir": "/runs", "concurrency": {"fixed": 1}, "memory": null,
            "min_free_disk": null, "simulations": []}"#;
        let mut plan: serde_json::Value = serde_json::from_str(plan).unwrap();
        plan["name"] = name.into();
        serde_json::from_value(plan).unwrap()
    }

    #[test]
    fn a_plan_that_comes_to_the_disk_late_does_not_undo_a_later_one() {
        let place = tempfile::tempdir().unwrap();
        let outdir = ExperimentDir::new(place.path());
        let kept = PlanRecord {
            outdir: outdir.clone(),
            shard: None,
            memory: None,
            unwritten: Mutex::new(Some(Box::new(record(&plan("first"))))),
        };
        let on_disk = || atomic::read_json::<ExperimentRecord>(&outdir.experiment_record()).unwrap().unwrap().plan.name;
        kept.replace(&plan("grown")).unwrap();
        kept.write_rest().unwrap();
        assert_eq!(on_disk(), "grown");

        let late = PlanRecord {
            outdir: outdir.clone(),
            shard: None,
            memory: None,
            unwritten: Mutex::new(Some(Box::new(record(&plan("late"))))),
        };
        late.write_rest().unwrap();
        assert_eq!((on_disk().as_str(), late.is_unwritten()), ("late", false));
    }
}
