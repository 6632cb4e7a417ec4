//! What `plan --check-executor` finds out.

use std::process::Command;

use crate::cluster;
use crate::stage::{Said, Stage};

fn check(stage: &Stage, conf: &std::path::Path, executor: &str) -> Said {
    stage.gates(&format!("executor: {executor}\n"), &["a"]);
    let mut command: Command = stage.command("plan exp.yaml --check-executor");
    command.env("SLURM_CONF", conf);
    let said = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: said.status.code(), out: text(said.stdout), err: text(said.stderr) }
}

#[test]
fn what_a_cluster_would_refuse_or_let_wait_for_ever_is_said_before_anything_is_handed_in() {
    let Some(conf) = cluster("what_a_cluster_would_refuse_or_let_wait_for_ever") else { return };
    let stage = Stage::new();
    let said = check(&stage, &conf, "slurm").expect(0);
    let words: Vec<&str> = said.out.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(words, ["ok", "ok"], "{said:?}");
    let said = check(&stage, &conf, "{slurm: {partition: nosuch}}").expect(1);
    assert!(said.out.lines().all(|line| line.starts_with("wrong ")), "{said:?}");
    // The partition `short` of the test cluster gives a minute.
    let said = check(&stage, &conf, "{slurm: {partition: short, time: 2h}}").expect(1);
    let words: Vec<&str> = said.out.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(words, ["wrong", "ok"], "{said:?}");
    let left: Vec<_> = std::fs::read_dir(stage.path("")).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("check")), "{left:?}");
    check(&stage, &conf, "local").expect(2);
}
