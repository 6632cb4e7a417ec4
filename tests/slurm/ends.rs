//! Ends that the batch system brings about, and ends of which it says nothing.

use std::time::Duration;

use gem5_tui::rundir::record::JobFate;
use gem5_tui::spawn::identity::{self, Alive};

use crate::site::{LONG, SLURM, Site, finish};
use crate::stage::{wait_for, within};

/// Longer than a minute in which a shim may tell its end, and shorter than a person waits.
const NOTICED_WITHIN: Duration = Duration::from_secs(100);

#[test]
fn what_was_killed_with_its_shim_is_lost_soon_and_tried_again_where_it_may_be() {
    let Some(site) = Site::new(&[("SLURM_TEST_MIN_JOB_AGE", "2")]) else { return };
    site.stage.gates(&format!("  retries: {{lost: 1}}\n{SLURM}"), &["a"]);
    let run = site.start("run exp.yaml --json");
    site.stage.wait_entered(&["a"]);
    site.kill("a", 1);
    within(NOTICED_WITHIN, || (site.stage.entered("a") == 2).then_some(())).expect("the second attempt");
    site.stage.open("a", 0);
    finish(run).expect(0);
    assert_eq!(site.outcomes("a"), [(1, "lost".to_owned()), (2, "ok".to_owned())]);
    assert_eq!(site.stage.left("a"), 1);
    site.is_quiet();
}

/// Slurm remembers two seconds, and there is no accounting.
#[test]
fn what_ended_while_no_engine_lived_and_slurm_has_forgotten_counts_by_its_records_or_is_lost() {
    let Some(site) = Site::new(&[("SLURM_TEST_MIN_JOB_AGE", "2")]) else { return };
    site.gates("", &["a", "b"]);
    let first = site.start("run exp.yaml --json");
    site.stage.wait_entered(&["a", "b"]);
    first.kill();
    site.stage.open("a", 0);
    site.stage.exit("a", 1);
    site.kill("b", 1);
    wait_for("Slurm to forget them", || site.cluster.jobs().is_empty().then_some(()));
    let engine = site.start("run exp.yaml --json");
    let is_ok = || (site.stage.status_now().word("a") == "ok").then_some(());
    within(Duration::from_secs(20), is_ok).expect("an end that is recorded is known at once");
    let is_lost = || (site.stage.status_now().word("b") == "lost").then_some(());
    within(NOTICED_WITHIN, is_lost).expect("one that is not is lost");
    finish(engine).expect(1);
    assert_eq!(site.job_end("b", 1).unwrap().how, JobFate::Forgotten);
    assert_eq!((site.stage.entered("a"), site.stage.entered("b")), (1, 1), "neither ran again");
}

/// What Slurm has forgotten its accounting tells: nobody need wait until it is certainly nowhere.
#[test]
fn where_there_is_accounting_an_end_that_slurm_has_forgotten_is_known_from_there() {
    let settings = [("SLURM_TEST_MIN_JOB_AGE", "2"), ("SLURM_TEST_ACCOUNTING", "1")];
    let Some(site) = Site::new(&settings) else { return };
    site.gates("", &["a"]);
    let first = site.start("run exp.yaml --json");
    site.stage.wait_entered(&["a"]);
    first.kill();
    site.kill("a", 1);
    wait_for("Slurm to forget it", || site.cluster.jobs().is_empty().then_some(()));
    // While it does not answer, nothing is known.
    site.cluster.stop(&["slurmdbd"]);
    let run = site.start("run exp.yaml --json");
    let is_looked_for = || site.stage.status_now().word("a") == "running";
    wait_for("the second engine", || is_looked_for().then_some(()));
    site.cluster.start_again();
    finish(run).expect(1);
    assert_eq!(site.job_end("a", 1).map(|end| end.how), Some(JobFate::Ended), "and not forgotten");
    assert_eq!(site.outcomes("a"), [(1, "lost".to_owned())]);
}

#[test]
fn a_job_over_its_memory_is_out_of_memory_where_only_its_log_says_so() {
    let Some(site) = Site::new(&[]) else { return };
    site.stage
        .script("big.py", "held = b'x' * (400 << 20)\nwait(os.path.join(os.path.dirname(__file__), 'gate-big'))\n");
    site.stage.experiment(SLURM, "  - {name: big, script: big.py, memory: 100MiB}");
    finish(site.start("run exp.yaml --json")).expect(1);
    assert_eq!(site.outcomes("big"), [(1, "oom".to_owned())]);
    assert_eq!(site.job_end("big", 1).unwrap().how, JobFate::OutOfMemory);
    site.is_quiet();
}

#[test]
fn what_somebody_else_cancels_is_cancelled_whether_it_waits_or_runs() {
    let Some(site) = Site::new(&[("SLURM_TEST_CPUS", "1")]) else { return };
    site.gates("", &["a", "b"]);
    let run = site.start("run exp.yaml --json");
    let first = wait_for("one of them", || ["a", "b"].into_iter().find(|name| site.stage.entered(name) == 1));
    let second = if first == "a" { "b" } else { "a" };
    site.cluster.tell(&format!("scancel {}", site.job(second, 1)));
    site.stage.wait_word(second, "cancelled");
    site.cluster.tell(&format!("scancel {}", site.job(first, 1)));
    finish(run).expect(1);
    for name in [first, second] {
        assert_eq!(site.outcomes(name), [(1, "cancelled".to_owned())], "{name}");
        assert_eq!(site.job_end(name, 1).unwrap().how, JobFate::Cancelled);
    }
    assert_eq!(site.stage.entered(second), 0);
    site.is_quiet();
}

#[test]
fn what_makes_place_for_others_is_interrupted_and_goes_on_when_they_have_ended() {
    let extra = "PreemptType=preempt/partition_prio\nPreemptMode=CANCEL\n\
                 PartitionName=high Nodes=ALL PriorityTier=10 MaxTime=INFINITE State=UP";
    let Some(site) = Site::new(&[("SLURM_TEST_CPUS", "1"), ("SLURM_TEST_EXTRA", extra)]) else { return };
    site.gates("", &["a"]);
    let run = site.start("run exp.yaml --json");
    site.stage.wait_entered(&["a"]);
    let script = site.stage.write("other.sh", "#!/bin/sh\nexec sleep 600\n");
    let other = site.cluster.submit("--partition=high", &script);
    within(LONG, || site.job_end("a", 1)).expect("what Slurm says");
    site.cluster.wait_state(&other, "RUNNING");
    assert_eq!(site.job_end("a", 1).unwrap().how, JobFate::Preempted);
    site.cluster.tell(&format!("scancel {other}"));
    wait_for("the second attempt", || (site.stage.entered("a") == 2).then_some(()));
    site.stage.open("a", 0);
    finish(run).expect(0);
    assert_eq!(site.outcomes("a"), [(1, "interrupted".to_owned()), (2, "ok".to_owned())]);
    assert_eq!(site.stage.left("a"), 1);
    site.is_quiet();
}

/// What the node runs goes on: only its daemon is gone, as behind a broken switch.
fn node_dies(site: &Site, name: &str) -> String {
    let id = site.job(name, 1);
    let node = site.cluster.tell(&format!("squeue --noheader --format=%N --job {id}"));
    site.cluster.stop(&[&format!("slurmd-{node}")]);
    site.cluster.tell(&format!("scontrol update nodename={node} state=down reason=test"));
    assert_eq!(identity::is_alive(&site.stage.started(name, 1).gem5), Alive::Yes);
    id
}

#[test]
fn what_was_on_a_node_that_died_runs_again_elsewhere_and_not_in_the_same_directory() {
    let Some(site) = Site::new(&[("SLURM_TEST_NODES", "2")]) else { return };
    site.stage.gates(&format!("  retries: {{lost: 1}}\n{SLURM}"), &["a"]);
    let run = site.start("run exp.yaml --json");
    site.stage.wait_entered(&["a"]);
    node_dies(&site, "a");
    within(LONG, || (site.stage.entered("a") == 2).then_some(())).expect("the second attempt");
    let (old, new) = (site.stage.started("a", 1), site.stage.started("a", 2));
    assert_eq!(identity::is_alive(&old.gem5), Alive::Yes, "nobody can end it there");
    assert_ne!((&old.gem5, old.directory), (&new.gem5, new.directory));
    site.kill("a", 1);
    site.stage.open("a", 0);
    finish(run).expect(0);
    assert_eq!(site.job_end("a", 1).unwrap().how, JobFate::NodeFailed);
    assert_eq!(site.outcomes("a"), [(1, "lost".to_owned()), (2, "ok".to_owned())]);
    site.is_quiet();
}

/// Whatever is asked of it, a site may start a job again by itself.
#[test]
fn a_job_that_its_site_starts_again_beside_the_old_process_begins_nothing() {
    let Some(site) = Site::new(&[("SLURM_TEST_NODES", "2")]) else { return };
    site.stage.gates(&format!("  retries: {{lost: 1}}\n{SLURM}"), &["a"]);
    site.wrap("sbatch", r#"exec REAL "${@/--no-requeue/--requeue}""#);
    let run = site.start("run exp.yaml --json");
    site.stage.wait_entered(&["a"]);
    let id = node_dies(&site, "a");
    let requeued = || site.cluster.jobs().into_iter().any(|job| job.id == id && job.state != "RUNNING");
    wait_for("it to be queued again", || requeued().then_some(()));
    _ = site.cluster.ask(&format!("scontrol update jobid={id} starttime=now"));
    site.cluster.wait_state(&id, "FAILED");
    let log = std::fs::read_to_string(site.stage.attempt("a", 1).job_log()).unwrap();
    assert!(log.contains("this attempt was started before"), "{log}");
    within(LONG, || (site.stage.entered("a") == 2).then_some(())).expect("the second attempt");
    site.kill("a", 1);
    site.stage.open("a", 0);
    finish(run).expect(0);
    assert_eq!(site.stage.entered("a"), 2);
    assert_eq!(site.outcomes("a"), [(1, "lost".to_owned()), (2, "ok".to_owned())]);
    site.is_quiet();
}
