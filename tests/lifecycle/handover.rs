//! The plan that a client hands to the engine it starts, through the engine's standard input.

use std::fs::{self, File};
use std::io::{PipeWriter, Write};

use gem5_tui::experiment::{Overrides, Plan, load};
use gem5_tui::protocol::handover;
use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::files::Disk;
use gem5_tui::rundir::record::ExperimentRecord;

use crate::stage::{Running, Stage, gate, wait_for};

/// The plan of the stage's file as it is now.
fn plan(stage: &Stage) -> Plan {
    let path = stage.path("exp.yaml");
    let text = fs::read_to_string(&path).unwrap();
    // A client finds what is on its PATH, and so does this test.
    load(&text, &path, &Overrides::default(), &Disk::new()).unwrap().plan
}

/// An engine that finds `text` on its standard input.
fn handed(stage: &Stage, text: &[u8]) -> Running {
    let path = stage.path("handed");
    fs::write(&path, text).unwrap();
    let mut command = stage.command("engine exp.yaml --plan-from-stdin");
    command.stdin(File::open(path).unwrap());
    Running::start(command)
}

/// An engine that is handed its plan through a pipe, and the other end of that.
fn fed(stage: &Stage) -> (Running, PipeWriter) {
    let (reader, writer) = std::io::pipe().unwrap();
    let mut command = stage.command("engine exp.yaml --plan-from-stdin");
    command.stdin(reader);
    (Running::start(command), writer)
}

#[test]
fn an_engine_works_by_the_plan_of_its_client_whatever_has_become_of_the_file() {
    let stage = Stage::new();
    stage.experiment("concurrency: 2", &(gate("a", ", env: {A_TOKEN: hush}") + &gate("b", "")));
    let plan = plan(&stage);
    stage.gates("", &["other"]);
    let engine = handed(&stage, &handover::encode(&plan).unwrap());
    assert_eq!(engine.line(0), r#"{"engine":"ready"}"#);
    let record: ExperimentRecord = read_json(&stage.outdir().experiment_record()).unwrap().unwrap();
    assert_eq!(record.plan, plan.redacted());
    let variables = |name: &str| {
        wait_for("the gate", || (stage.entered(name) > 0).then_some(()));
        let environ = fs::read(format!("/proc/{}/environ", stage.started(name, 1).gem5.pid)).unwrap();
        String::from_utf8(environ).unwrap()
    };
    assert!(variables("a").contains("A_TOKEN=hush") && !variables("b").contains("hush"));
    let stdin = fs::read_link(format!("/proc/{}/fd/0", engine.pid())).unwrap();
    assert_eq!(stdin.to_str(), Some("/dev/null"));
    stage.open_all(&["a", "b"], 0);
    engine.finish().expect(0);
    assert_eq!((stage.left("a"), stage.left("b"), stage.entered("other")), (1, 1, 0));
}

#[test]
fn an_engine_whose_client_dies_in_the_middle_ends_and_has_touched_nothing() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let whole = handover::encode(&plan(&stage)).unwrap();
    for length in [0, 5, whole.iter().position(|byte| *byte == b'\n').unwrap() + 1, whole.len() / 2, whole.len() - 1] {
        let said = handed(&stage, &whole[..length]).finish().expect(1);
        assert!(said.out.contains(r#"{"engine":"failed""#), "{}", said.out);
        assert!(said.err.contains("before it had handed over the whole plan"), "{}", said.err);
    }
    // The same from a client that was there for a while.
    let (engine, mut writer) = fed(&stage);
    writer.write_all(&whole[..whole.len() / 2]).unwrap();
    drop(writer);
    assert!(engine.finish().expect(1).out.contains(r#"{"engine":"failed""#));
    assert!(!stage.path("out").exists());
}

#[test]
fn an_engine_waits_for_the_rest_of_its_plan_as_long_as_its_client_lives() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let whole = handover::encode(&plan(&stage)).unwrap();
    let (first, second) = whole.split_at(whole.len() / 2);
    let (engine, mut writer) = fed(&stage);
    writer.write_all(first).unwrap();
    // What the one end of a pipe says of its bytes is true of the other.
    let unread = || rustix::io::ioctl_fionread(&writer).unwrap();
    wait_for("the engine to read the first half", || (unread() == 0).then_some(()));
    assert!(!stage.path("out").exists());
    writer.write_all(second).unwrap();
    drop(writer);
    assert_eq!(engine.line(0), r#"{"engine":"ready"}"#);
    stage.open("a", 0);
    engine.finish().expect(0);
    assert_eq!(stage.left("a"), 1);
}

#[test]
fn what_is_no_plan_of_this_release_is_refused() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let whole = String::from_utf8(handover::encode(&plan(&stage)).unwrap()).unwrap();
    let (release, json) = whole.split_once('\n').unwrap();
    let cases = [
        (format!("gem5-tui 9.9.9\n{json}"), "handed over by `gem5-tui 9.9.9`"),
        (format!("{json}\n{release}\n"), "an engine is of the same release as its client"),
        (format!("{release}\n[]"), "what was handed over is no plan"),
        (format!("{release}\n{json}x"), "what was handed over is no plan"),
        (format!("{release}\n{{\"name\": \"\u{1b}[31m\u{1}\"}}"), "what was handed over is no plan"),
    ];
    for (text, says) in cases {
        let said = handed(&stage, text.as_bytes()).finish().expect(1);
        assert!(said.err.contains(says) && !said.err.contains('\u{1b}'), "{}", said.err);
    }
    assert!(!stage.path("out").exists());
}

#[test]
fn an_engine_that_a_verb_starts_has_the_options_of_that_verb() {
    let stage = Stage::new();
    stage.gates("", &["a", "b", "c"]);
    stage.open_all(&["a", "b", "c"], 1);
    stage.call("run exp.yaml --outdir elsewhere").expect(1);
    let entered = || ["a", "b", "c"].map(|name| stage.entered(name));
    assert_eq!(entered(), [1; 3]);
    for name in ["a", "b", "c"] {
        fs::remove_file(stage.path(&format!("gate-{name}"))).unwrap();
    }
    stage.call("retry exp.yaml --outdir elsewhere -j 2 --failed").expect(0);
    wait_for("two at once", || (entered().iter().sum::<usize>() == 5).then_some(()));
    let said = stage.call("status exp.yaml --outdir elsewhere --json").expect(0).json();
    let summary = said.last().unwrap();
    assert_eq!((&summary["cap"], &summary["engine"]), (&2.into(), &true.into()));
    assert!(!stage.path("out").exists());
    stage.call("stop exp.yaml --outdir elsewhere --cancel").expect(0);
}
