//! A controller that is down, hangs, is restarted, or dies with what it had just taken.

use nix::sys::signal::Signal;

use crate::site::{LONG, Site, finish, summary, wait_here};
use crate::stage::{Running, wait_for, within};

#[test]
fn a_controller_that_is_down_delays_what_is_to_come_and_loses_nothing_that_runs() {
    let Some(site) = Site::new(&[]) else { return };
    site.gates("concurrency: 1", &["a", "b"]);
    let run = site.start("run exp.yaml --json");
    site.stage.wait_entered(&["a"]);
    site.cluster.stop(&["slurmctld"]);
    // An end that is recorded needs nobody's word, and the next one is handed in to nobody.
    site.stage.open("a", 0);
    site.stage.wait_word("a", "ok");
    let told = site.wait_notice("does not answer");
    assert!(told.contains("Slurm"), "{told}");
    site.cluster.start_again();
    let entered = within(LONG, || (site.stage.entered("b") == 1).then_some(()));
    entered.expect("b, once the controller is back");
    site.stage.open("b", 0);
    let said = finish(run).expect(0);
    assert_eq!(summary(&said)["counts"]["ok"], 2);
    site.ran_once(&["a", "b"]);
    assert_eq!(site.cluster.ours().len(), 2, "none was handed in twice");
}

/// sbatch fails after ten seconds, and the job exists: a second one would be a second run.
#[test]
fn a_job_whose_answer_was_lost_in_a_controller_that_hung_is_found_by_its_name() {
    let Some(site) = Site::new(&[]) else { return };
    site.gates("", &["a"]);
    let gate = site.stage.path("submit");
    let run = site.start_with("run exp.yaml --json", &format!("batch.submitting=wait:{}", gate.display()));
    wait_here(&gate);
    site.cluster.signal("slurmctld", Signal::SIGSTOP);
    std::fs::write(&gate, "").unwrap();
    let why =
        within(LONG, || Some(site.stage.status_now().reason("a").to_owned()).filter(|why| why.contains("timed out")));
    why.expect("a reason that says what happened");
    assert!(site.stage.attempt("a", 1).submitting().exists() && !site.stage.attempt("a", 1).submitted().exists());
    site.cluster.signal("slurmctld", Signal::SIGCONT);
    site.ends_as_the_only_job("a", run);
}

#[test]
fn a_controller_that_is_restarted_has_all_its_jobs_and_so_have_we() {
    let Some(site) = Site::new(&[("SLURM_TEST_CPUS", "1")]) else { return };
    site.gates("", &["a", "b"]);
    let run = site.start("run exp.yaml --json");
    // There is one CPU: the other one waits there.
    let runs = || ["a", "b"].into_iter().find(|name| site.stage.entered(name) == 1);
    let first = wait_for("one of them", runs);
    let second = if first == "a" { "b" } else { "a" };
    let before = (site.job("a", 1), site.job("b", 1));
    site.cluster.stop(&["slurmctld"]);
    site.cluster.start_again();
    site.stage.open(first, 0);
    site.stage.wait_entered(&[second]);
    assert_eq!((site.job("a", 1), site.job("b", 1)), before);
    site.stage.open(second, 0);
    finish(run).expect(0);
    site.ran_once(&["a", "b"]);
    assert_eq!(site.cluster.ours().len(), 2);
}

/// The controller dies before it has written down what it took, forgets it, and gives its number to somebody else's job.
#[test]
fn a_job_that_was_lost_and_whose_number_is_another_ones_is_handed_in_again_and_the_other_one_left_alone() {
    let Some(site) = Site::new(&[]) else { return };
    site.gates("", &["a"]);
    site.holds();
    let (other, run) = lose(&site);
    let again = within(LONG, || Some(site.job("a", 1)).filter(|id| *id != other)).expect("it handed in again");
    site.cluster.tell(&format!("scontrol release {again}"));
    site.stage.wait_entered(&["a"]);
    site.stage.open("a", 0);
    finish(run).expect(0);
    site.ran_once(&["a"]);
    site.cluster.wait_state(&other, "RUNNING");
}

/// Whoever cancels the simulation does not mean what has the number of its job by now.
#[test]
fn a_cancel_does_not_end_the_job_that_got_the_number_of_a_lost_one() {
    let Some(site) = Site::new(&[]) else { return };
    site.gates("", &["a"]);
    site.holds();
    let (other, run) = lose(&site);
    site.stage.call("cancel exp.yaml a").expect(0);
    finish(run).expect(1);
    assert_eq!(site.stage.status().word("a"), "cancelled");
    assert_eq!(site.stage.entered("a"), 0);
    site.cluster.wait_state(&other, "RUNNING");
    site.is_quiet();
}

/// The only job is lost, and another one, which is not ours, has its number and runs.
fn lose(site: &Site) -> (String, Running) {
    let (before, behind) = (site.stage.path("before"), site.stage.path("behind"));
    let points = format!("batch.submitting=wait:{};batch.handed-in=wait:{}", before.display(), behind.display());
    let run = site.start_with("run exp.yaml --json", &points);
    wait_here(&before);
    // The controller writes down what it has at once, and again five seconds later.
    let script = site.stage.write("other.sh", "#!/bin/sh\nexec sleep 600\n");
    _ = site.cluster.submit("--hold --job-name=kept", &script);
    std::fs::write(&before, "").unwrap();
    wait_here(&behind);
    let lost = wait_for("the job", || site.cluster.ours().into_iter().next());
    site.cluster.stop(&["--crash", "slurmctld"]);
    site.cluster.start_again();
    assert_eq!(site.cluster.ours(), [], "it was written down too early for this test");
    let other = site.cluster.submit("--job-name=other", &script);
    assert_eq!(other, lost.id);
    site.cluster.wait_state(&other, "RUNNING");
    std::fs::write(&behind, "").unwrap();
    assert_eq!(site.job("a", 1), other, "so it was told");
    (other, run)
}
