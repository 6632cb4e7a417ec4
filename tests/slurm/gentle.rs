//! What the controller, which everybody shares, is asked for.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::site::{LONG, SLURM, Site, finish};
use crate::stage::within;

/// Notes when it was called, and is called.
const NOTED: &str = r#"date +%s%N >>STAGE/$(basename "$0").log; exec REAL "$@""#;

/// So is each, and no job starts.
fn noted(site: &Site) {
    for program in ["squeue", "scancel", "scontrol", "sacct"] {
        site.wrap(program, NOTED);
    }
    site.wrap("sbatch", &NOTED.replace("REAL", "REAL --hold"));
}

fn calls(site: &Site, program: &str) -> Vec<u128> {
    site.lines(&format!("{program}.log")).iter().map(|at| at.parse().unwrap()).collect()
}

/// Longer than the two seconds that lie between two questions at least.
fn watch(span: Duration) {
    let end = Instant::now() + span;
    within(span * 2, || (Instant::now() >= end).then_some(()));
}

#[test]
fn two_hundred_jobs_are_asked_for_by_one_command_and_handed_in_five_a_second() {
    let Some(site) = Site::new(&[]) else { return };
    noted(&site);
    let names: Vec<String> = (0..200).map(|n| format!("p{n}")).collect();
    site.stage.gates(SLURM, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let run = site.start("run exp.yaml --json");
    within(LONG, || (calls(&site, "sbatch").len() == 200).then_some(())).expect("all of them");
    for six in calls(&site, "sbatch").windows(6) {
        assert!(six[5] - six[0] >= 980_000_000, "more than five in a second: {six:?}");
    }
    let begun = (Instant::now(), calls(&site, "squeue").len());
    watch(Duration::from_secs(10));
    let (span, asked) = (begun.0.elapsed(), calls(&site, "squeue").len() - begun.1);
    assert!(asked > 1 && asked as u64 <= span.as_secs() / 2 + 1, "{asked} in {span:?}");
    assert_eq!(calls(&site, "sacct").len(), 0, "nothing is missing");
    assert!(calls(&site, "scontrol").len() <= 1, "its settings, once");
    run.signal(Signal::SIGINT);
    finish(run).expect(130);
    site.is_quiet();
    let ended = calls(&site, "scancel").len();
    assert!(ended <= 10, "{ended} commands for 200 jobs");
    assert!(names.iter().all(|name| site.stage.entered(name) == 0));
}

#[test]
fn two_experiments_of_a_user_share_one_answer() {
    let Some(site) = Site::new(&[]) else { return };
    noted(&site);
    site.stage.gates(SLURM, &["a"]);
    let text = std::fs::read_to_string(site.stage.path("exp.yaml")).unwrap();
    site.stage.write("other.yaml", &text.replace("outdir: out", "outdir: other").replace("name: a,", "name: b,"));
    let runs = [site.start("run exp.yaml --json"), site.start("run other.yaml --json")];
    within(LONG, || (site.cluster.ours().len() == 2).then_some(())).expect("both");
    let begun = (Instant::now(), calls(&site, "squeue").len());
    watch(Duration::from_secs(12));
    let (span, asked) = (begun.0.elapsed(), calls(&site, "squeue").len() - begun.1);
    assert!(asked > 1 && asked as u64 <= span.as_secs() / 2 + 1, "{asked} in {span:?}");
    for run in runs {
        run.signal(Signal::SIGINT);
        finish(run).expect(130);
    }
    site.is_quiet();
}
