//! Scripts whose test was killed, so that nobody opens their gates.

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use crate::stage::{Running, Stage, wait_for};

/// A script at its gate that nobody looks after, as after the death of its engine and its shim.
fn alone(stage: &Stage) -> Running {
    let mut command = Command::new("python3");
    command.arg(stage.path("gate.py")).arg("a").stdin(Stdio::null());
    let script = Running::start(command);
    wait_for("it at its gate", || (stage.entered("a") > 0).then_some(()));
    script
}

#[test]
fn a_script_at_a_gate_leaves_when_its_place_is_gone() {
    let stage = Stage::new();
    let script = alone(&stage);
    fs::remove_dir_all(stage.path("")).unwrap();
    script.finish().expect(1);
}

#[test]
fn a_script_at_a_gate_leaves_when_nothing_was_made_in_its_place_for_long() {
    let stage = Stage::new();
    let script = alone(&stage);
    let at = SystemTime::now() - Duration::from_mins(11);
    File::open(stage.path("")).unwrap().set_modified(at).unwrap();
    script.finish().expect(1);
    assert_eq!(stage.left("a"), 0);
}
