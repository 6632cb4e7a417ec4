//! The engine in a job of its own, for login nodes that end what stays there.

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::record::LeaseRecord;

use crate::cluster;
use crate::stage::{Stage, wait_for};
use crate::terminal::Dashboard;

#[test]
fn a_dashboard_starts_its_engine_as_a_job_and_comes_back_to_it() {
    let Some(conf) = cluster("a_dashboard_starts_its_engine_as_a_job") else { return };
    let mut stage = Stage::new();
    stage.also("SLURM_CONF", conf);
    stage.gates("executor: {slurm: {engine: job}}\n", &["a", "b"]);
    let lease = |stage: &Stage| read_json::<LeaseRecord>(&stage.outdir().lock()).ok().flatten();
    let mut first = Dashboard::open(&stage);
    stage.wait_entered(&["a", "b"]);
    let job = wait_for("the engine", || lease(&stage)?.job);
    first.kill();
    let mut second = Dashboard::open(&stage);
    stage.open_all(&["a", "b"], 0);
    for name in ["a", "b"] {
        stage.wait_word(name, "ok");
        assert_eq!((stage.entered(name), stage.left(name)), (1, 1));
    }
    assert_eq!(lease(&stage).and_then(|lease| lease.job), Some(job), "it is the same engine");
    second.kill();
    wait_for("the engine to end", || lease(&stage)?.released.then_some(()));
    let left = std::fs::read_dir(stage.path("out")).unwrap().flatten().map(|entry| entry.file_name());
    let left: Vec<String> = left.map(|name| name.to_string_lossy().into_owned()).collect();
    assert!(!left.iter().any(|name| name == ".gem5-tui-engine.plan"), "what it was handed may have secrets: {left:?}");
}
