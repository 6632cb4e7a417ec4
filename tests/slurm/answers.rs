//! Answers that do not come, come late, or say something else than what happened; and engines that end in between.

use std::fs;

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::record::Submitted;

use crate::site::{LONG, Site, finish};
use crate::stage::{Running, wait_for, within};

/// The engine dies as by `kill -9` at this moment, and another one goes on.
fn dies_at(point: &str) -> Option<(Site, Running)> {
    let site = Site::new(&[])?;
    site.gates("", &["a"]);
    let first = site.start_with("run exp.yaml --json", &format!("{point}=kill"));
    assert_eq!(finish(first).code, None, "it was killed");
    assert!(site.stage.attempt("a", 1).submitting().exists() && !site.stage.attempt("a", 1).submitted().exists());
    let run = site.start("run exp.yaml --json");
    Some((site, run))
}

#[test]
fn an_engine_that_died_before_it_handed_a_job_in_has_not_handed_it_in() {
    let Some((site, run)) = dies_at("batch.submitting") else { return };
    within(LONG, || (site.stage.entered("a") == 1).then_some(())).expect("the job of the second engine");
    site.stage.open("a", 0);
    finish(run).expect(0);
    site.ran_once(&["a"]);
    assert_eq!(site.cluster.ours().len(), 1);
}

#[test]
fn a_job_that_was_handed_in_and_never_written_down_is_found_by_its_name() {
    let Some((site, run)) = dies_at("batch.handed-in") else { return };
    site.ends_as_the_only_job("a", run);
}

/// So may an end be of which nobody has heard the beginning.
#[test]
fn a_job_that_ran_and_was_forgotten_before_anybody_knew_its_number_counts_by_its_records() {
    let Some(site) = Site::new(&[("SLURM_TEST_MIN_JOB_AGE", "2")]) else { return };
    site.gates("", &["a"]);
    let first = site.start_with("run exp.yaml --json", "batch.handed-in=kill");
    assert_eq!(finish(first).code, None, "it was killed");
    wait_for("its start", || (site.stage.entered("a") == 1).then_some(()));
    site.stage.open("a", 0);
    site.stage.exit("a", 1);
    wait_for("Slurm to forget it", || site.cluster.jobs().is_empty().then_some(()));
    finish(site.start("run exp.yaml --json")).expect(0);
    site.ran_once(&["a"]);
}

/// Nobody would ever know of this one whether it goes on.
#[test]
fn a_job_that_was_killed_and_forgotten_before_anybody_knew_its_number_is_lost() {
    let Some(site) = Site::new(&[("SLURM_TEST_MIN_JOB_AGE", "2")]) else { return };
    site.gates("", &["a"]);
    let first = site.start_with("run exp.yaml --json", "batch.handed-in=kill");
    assert_eq!(finish(first).code, None, "it was killed");
    wait_for("its start", || (site.stage.entered("a") == 1).then_some(()));
    site.kill("a", 1);
    wait_for("Slurm to forget it", || site.cluster.jobs().is_empty().then_some(()));
    finish(site.start("run exp.yaml --json")).expect(1);
    assert_eq!(site.outcomes("a"), [(1, "lost".to_owned())]);
    assert_eq!(site.stage.entered("a"), 1);
}

/// sbatch that does what it should and says something else.
fn says_instead(script: &str) {
    let Some(site) = Site::new(&[]) else { return };
    site.gates("", &["a"]);
    site.wrap("sbatch", script);
    let run = site.start("run exp.yaml --json");
    site.stage.wait_entered(&["a"]);
    site.stage.open("a", 0);
    finish(run).expect(0);
    site.ran_once(&["a"]);
    let [job] = &site.cluster.ours()[..] else { panic!("{:?}", site.cluster.ours()) };
    assert_eq!(site.job("a", 1), job.id);
}

#[test]
fn an_sbatch_that_says_nothing_has_handed_in_one_job() {
    says_instead(r#"REAL "$@" >/dev/null"#);
}

#[test]
fn an_sbatch_whose_answer_timed_out_has_handed_in_one_job() {
    let words = "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation";
    says_instead(&format!("REAL \"$@\" >/dev/null\necho '{words}' >&2\nexit 1"));
}

#[test]
fn the_words_of_a_site_before_the_number_are_no_number() {
    says_instead("echo 'Welcome to cluster 4711'; echo 12 nodes are idle\nREAL \"$@\"");
}

/// A request that waited somewhere for minutes: its attempt was given up and handed in again under the same number.
#[test]
fn a_job_that_comes_late_neither_runs_beside_the_new_one_nor_is_taken_for_it() {
    let Some(site) = Site::new(&[]) else { return };
    site.gates("", &["a"]);
    let late = "cp \"${@: -1}\" STAGE/late.sh; printf '%s\\n' \"${@:1:$#-1}\" >STAGE/late.args\n\
                echo 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation' >&2\nexit 1";
    site.wrap("sbatch", late);
    let run = site.start("run exp.yaml --json");
    wait_for("the first try", || site.stage.path("late.args").exists().then_some(()));
    site.bare("sbatch");
    within(LONG, || (site.stage.entered("a") == 1).then_some(())).expect("the second one");
    let new = site.job("a", 1);
    let args = site.lines("late.args");
    let mut sbatch = site.command("");
    sbatch = {
        let mut late = std::process::Command::new("sbatch");
        late.envs(sbatch.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))));
        late.args(&args).arg("--hold").arg(site.stage.path("late.sh"));
        late
    };
    let said = sbatch.output().unwrap();
    assert!(said.status.success(), "{said:?}");
    let id = String::from_utf8(said.stdout).unwrap().trim().to_owned();
    // It is told, and nobody ends it.
    let told = site.wait_notice(&format!("scancel {id}"));
    assert!(told.contains("belongs to no attempt") && told.contains(&format!("job {id} (g5-")), "{told}");
    site.cluster.tell(&format!("scontrol release {id}"));
    site.cluster.wait_state(&id, "FAILED");
    let log = fs::read_to_string(site.stage.attempt("a", 1).job_log()).unwrap();
    assert!(log.contains("gem5-tui shim: "), "{log}");
    assert_eq!(site.job("a", 1), new);
    site.stage.open("a", 0);
    finish(run).expect(0);
    site.ran_once(&["a"]);
    let submitted: Submitted = read_json(&site.stage.attempt("a", 1).submitted()).unwrap().unwrap();
    assert_eq!(submitted.id, new);
}
