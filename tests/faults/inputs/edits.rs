//! F50: the experiment file is edited, broken or deleted while its simulations run.

use std::fs;

use gem5_tui::rundir::atomic::{read_json, write_json};
use gem5_tui::rundir::record::ExperimentRecord;

use crate::pty::Terminal;
use crate::stage::{Running, Stage, contents, gate, is_running, wait_for};

/// Two that run, one that waits, and the engine that launched them.
fn running() -> (Stage, Running) {
    let stage = Stage::new();
    stage.gates("concurrency: 2", &["a", "b", "c"]);
    let engine = stage.engine("-j2");
    stage.wait_entered(&["a", "b"]);
    (stage, engine)
}

/// What may become of a file in an editor: each with a part of what is said about it.
fn broken(stage: &Stage) -> Vec<(Vec<u8>, &'static str)> {
    let whole = fs::read(stage.path("exp.yaml")).unwrap();
    let with = |more: &str| [&whole[..], more.as_bytes()].concat();
    vec![
        (with("  - {name: a, script: gate.py}\n"), "two simulations are called `a`"),
        (with("  - {name: B, script: gate.py}\n"), "differ only in case"),
        (with("concurency: 3\n"), "unknown key `concurency`"),
        (with("  - {name: x, script: [\n"), "exp.yaml:"),
        (whole[..whole.len() / 2].to_vec(), "exp.yaml:"),
        (Vec::new(), "exp.yaml"),
        (b"\0\xff\xfe\x1b]0;title\x07".to_vec(), "exp.yaml"),
    ]
}

#[test]
fn f50_what_runs_is_not_affected_by_an_edit_of_its_file() {
    let (stage, engine) = running();
    for name in ["a", "b"] {
        stage.wait_word(name, "running");
    }
    let before = contents(stage.attempt("a", 1).path());
    // Other arguments, another order, one less and one more.
    stage.experiment("", &(gate("new", "") + &gate("c", "") + "  - {name: a, script: gate.py, args: [elsewhere]}\n"));
    let status = stage.status();
    assert_eq!(status.sims.keys().collect::<Vec<_>>(), ["a", "b", "c"], "the engine goes on with what it began with");
    assert_eq!((status.word("a"), status.word("b"), status.word("c")), ("running", "running", "queued"));
    let refused = stage.call("cancel exp.yaml new").expect(2);
    assert!(refused.err.contains("no simulation matches `new`"), "{}", refused.err);
    stage.call("cancel exp.yaml b").expect(0);
    stage.wait_word("b", "cancelled");
    stage.open_all(&["a", "c"], 0);
    stage.wait_word("c", "ok");
    engine.finish().expect(0);
    for (path, bytes) in before.iter().filter(|(path, _)| path.ends_with("spec.json") || path.ends_with("started.json"))
    {
        assert_eq!(&fs::read(path).unwrap(), bytes);
    }
    // The next engine takes the file as it is now, and says what is no longer what ran.
    let status = stage.status();
    assert_eq!(status.sims.keys().collect::<Vec<_>>(), ["a", "c", "new"]);
    assert!(status.reason("a").contains("arguments changed since"), "{}", status.reason("a"));
}

#[test]
fn f50_a_file_that_is_broken_keeps_nobody_from_a_look_or_a_cancel() {
    let (stage, engine) = running();
    for (text, says) in broken(&stage) {
        fs::write(stage.path("exp.yaml"), text).unwrap();
        for verb in ["run", "plan"] {
            let said = stage.call(&format!("{verb} exp.yaml")).expect(2);
            assert!(said.err.contains(says), "{verb}: {}", said.err);
        }
        for verb in ["status exp.yaml --json", "status out --json"] {
            let said = stage.call(verb).expect(0);
            assert_eq!(said.err.contains(says), verb.contains("yaml"), "{verb}: {}", said.err);
            assert_eq!(said.json().last().unwrap()["counts"]["running"], 2);
        }
        let said = stage.call("status exp.yaml --outdir out --json").expect(0);
        assert!(said.err.contains("the plan that is recorded in") && said.err.contains("warning: "), "{}", said.err);
        assert_eq!(said.json().last().unwrap()["counts"]["running"], 2);
        stage.call("pause exp.yaml --outdir out a").expect(0);
        stage.call("resume exp.yaml --outdir out a").expect(0);
        stage.call("logs exp.yaml --outdir out a").expect(0);
    }
    let mut terminal = Terminal::dashboard(&stage, 120, 30);
    terminal.shows(&["what runs goes on as it was", " a ", " b ", " c "]);
    terminal.press("q");
    terminal.shows(&["detach"]);
    terminal.press("j\r");
    assert_eq!(terminal.exit(), 0);
    for name in ["a", "b"] {
        let pid = stage.started(name, 1).gem5.pid;
        let file = if name == "a" { "exp.yaml" } else { "out" };
        stage.call(&format!("cancel {file} {name}")).expect(0);
        wait_for("the end", || (!is_running(pid)).then_some(()));
    }
    stage.call("stop exp.yaml --outdir out --cancel").expect(0);
    engine.finish().expect(0);
    let lines = stage.call("status exp.yaml --outdir out --json").expect(1).json();
    assert_eq!(lines.last().unwrap()["counts"]["not_ok"], 3);
}

#[test]
fn f50_an_older_directory_of_a_broken_file_is_not_taken_for_the_one_that_it_names() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.open("a", 0);
    stage.call("run exp.yaml --outdir runs/staged").expect(0);
    fs::remove_file(stage.path("gate-a")).unwrap();
    let engine = stage.engine("");
    wait_for("the second", || (stage.entered("a") == 2).then_some(()));
    let whole = fs::read_to_string(stage.path("exp.yaml")).unwrap();
    stage.write("exp.yaml", &whole.replace("simulations:", "simulation:"));
    assert!(stage.call("status exp.yaml").expect(0).out.contains("1 running"));
    let pid = stage.started("a", 1).gem5.pid;
    stage.call("cancel exp.yaml a").expect(0);
    wait_for("the end", || (!is_running(pid)).then_some(()));
    engine.finish().expect(0);
    // Without a word about its directory and without an engine nobody can know which one is meant.
    for text in ["name: other\noutdir: ${here}\nsimulation: []\n", "", "{outdir: out, name: staged\n"] {
        stage.write("exp.yaml", text);
        let said = stage.call("stop exp.yaml --cancel").expect(2);
        assert!(said.err.contains("pass `--outdir DIR`"), "{}", said.err);
    }
}

#[test]
fn f50_a_directory_in_place_of_the_file_means_what_ran_there_and_launches_nothing() {
    let stage = Stage::new();
    stage.experiment("concurrency: 2", &(gate("a", ", env: {MY_TOKEN: hush}") + &gate("b", "")));
    let engine = stage.engine("");
    stage.wait_entered(&["a", "b"]);
    engine.kill();
    // The same file, and another experiment.
    let whole = fs::read_to_string(stage.path("exp.yaml")).unwrap();
    stage.write("exp.yaml", &whole.replace("outdir: out", "outdir: elsewhere").replace("name: a", "name: c"));
    let before = fs::read(stage.outdir().experiment_record()).unwrap();
    assert!(stage.call("status out").expect(0).out.contains("running       a"));
    for verb in ["run out", "plan out"] {
        let said = stage.call(verb).expect(2);
        assert!(said.err.contains("to launch, name the file") && said.err.contains("exp.yaml"), "{}", said.err);
    }
    let said = stage.call("status out --outdir out").expect(2);
    assert!(said.err.contains("two experiment directories"), "{}", said.err);
    assert_eq!(fs::read(stage.outdir().experiment_record()).unwrap(), before);
    // Whoever signals by the directory of a file that is as it was has its secrets for a retry.
    stage.write("exp.yaml", &whole);
    stage.call("cancel out a").expect(0);
    stage.wait_word("a", "cancelled");
    stage.open("a", 0);
    stage.call("retry out a").expect(0);
    stage.wait_word("a", "ok");
    stage.open("b", 0);
    stage.wait_word("b", "ok");
    fs::write(stage.outdir().experiment_record(), "{").unwrap();
    let said = stage.call("status out").expect(2);
    assert!(said.err.contains("experiment.json") && said.err.contains("damaged"), "{}", said.err);
}

#[test]
fn f50_a_plan_that_is_recorded_nowhere_is_asked_for() {
    let stage = Stage::new();
    stage.write("exp.yaml", "simulations: [\n");
    for args in ["status exp.yaml", "cancel exp.yaml a", "status no.yaml"] {
        let said = stage.call(args).expect(2);
        assert!(said.err.contains("pass `--outdir DIR`"), "{args}: {}", said.err);
    }
    fs::create_dir(stage.path("empty")).unwrap();
    let said = stage.call("status empty").expect(2);
    assert!(said.err.contains("empty is a directory, and no experiment has run there"), "{}", said.err);
}

#[test]
fn f50_a_file_that_is_deleted_keeps_nobody_from_a_look_or_a_cancel() {
    let (stage, engine) = running();
    fs::remove_file(stage.path("exp.yaml")).unwrap();
    let said = stage.call("status exp.yaml").expect(0);
    assert!(said.out.contains("2 running") && said.err.contains("could not read exp.yaml"), "{said:?}");
    stage.call("run exp.yaml --outdir out").expect(2);
    // The engine knows what it launches, so a person can also begin anew.
    stage.open("a", 1);
    wait_for("the failure", || {
        let said = stage.call("status exp.yaml --outdir out");
        said.out.contains("failed").then_some(())
    });
    stage.open("a", 0);
    stage.call("retry exp.yaml --outdir out a").expect(0);
    stage.open_all(&["b", "c"], 0);
    wait_for("all", || stage.call("status exp.yaml --outdir out").out.contains("3 ok").then_some(()));
    engine.finish().expect(0);
    assert_eq!((stage.entered("a"), stage.entered("b"), stage.entered("c")), (2, 1, 1));
}

#[test]
fn f50_without_engine_and_file_what_runs_can_still_be_ended_and_nothing_is_launched() {
    for deleted in [true, false] {
        let (stage, engine) = running();
        engine.kill();
        if deleted {
            fs::remove_file(stage.path("exp.yaml")).unwrap();
        } else {
            stage.write("exp.yaml", "simulations: [\n");
        }
        let said = stage.call("status exp.yaml --outdir out").expect(0);
        assert!(said.out.contains("2 running") && said.out.contains("no engine"), "{}", said.out);
        let pids = ["a", "b"].map(|name| stage.started(name, 1).gem5.pid);
        stage.call("cancel exp.yaml --outdir out a").expect(0);
        wait_for("the end of a", || (!is_running(pids[0])).then_some(()));
        assert!(is_running(pids[1]), "b was not meant");
        stage.exit("a", 1);
        assert_eq!(stage.entered("c"), 0);
        stage.call("stop exp.yaml --outdir out --cancel").expect(0);
        stage.exit("b", 1);
        wait_for("all to be cancelled", || {
            let lines = stage.call("status exp.yaml --outdir out --json").json();
            (lines.last().unwrap()["counts"]["not_ok"] == 3).then_some(())
        });
        assert_eq!((stage.entered("a"), stage.entered("b"), stage.entered("c")), (1, 1, 0));
    }
}

#[test]
fn f50_a_cancel_hits_the_simulation_of_that_name_whatever_its_place_in_the_file() {
    let (stage, engine) = running();
    engine.kill();
    // In the middle of an edit: another order, and a script that does not exist yet. The engine that is started to cancel
    // works on what is recorded.
    stage.experiment(
        "",
        &("  - {name: z, script: later.py}\n".to_owned() + &gate("c", "") + &gate("b", "") + &gate("a", "")),
    );
    let unknown = stage.call("cancel exp.yaml z").expect(2);
    assert!(unknown.err.contains("no simulation matches `z`"), "{}", unknown.err);
    let pids = ["a", "b"].map(|name| stage.started(name, 1).gem5.pid);
    stage.call("cancel exp.yaml a").expect(0);
    wait_for("the end of a", || (!is_running(pids[0])).then_some(()));
    stage.exit("a", 1);
    assert!(is_running(pids[1]) && stage.entered("c") == 0);
}

#[test]
fn f50_a_simulation_that_was_taken_out_of_the_file_and_still_runs_is_told() {
    let (stage, engine) = running();
    engine.kill();
    stage.experiment("", &(gate("b", "") + &gate("c", "")));
    let said = stage.call("status exp.yaml").expect(0);
    let row = said.out.lines().find(|line| line.contains(" a ")).unwrap();
    assert!(row.starts_with("running") && row.contains("no longer in the experiment file"), "{}", said.out);
    // Without a record of the plan it is at least told that there is something.
    let record = stage.outdir().experiment_record();
    fs::rename(&record, stage.path("aside")).unwrap();
    let said = stage.call("status exp.yaml").expect(0);
    assert!(said.err.contains("warning: `a` still runs and is not in the experiment file any more"), "{}", said.err);
    assert!(!said.err.contains("`b`"), "{}", said.err);
    fs::rename(stage.path("aside"), &record).unwrap();
    // Back in the file it is known again, and nothing was started twice.
    stage.gates("concurrency: 2", &["a", "b", "c"]);
    let said = stage.call("status exp.yaml").expect(0);
    assert!(said.err.is_empty() && said.out.contains("2 running"), "{said:?}");
    stage.open_all(&["a", "b", "c"], 0);
    stage.call("run exp.yaml").expect(0);
    assert_eq!((stage.entered("a"), stage.entered("b"), stage.entered("c")), (1, 1, 1));
}

#[test]
fn f50_a_record_that_cannot_be_used_is_told_and_leads_nowhere() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.open("a", 0);
    stage.call("run exp.yaml").expect(0);
    fs::remove_file(stage.path("exp.yaml")).unwrap();
    let path = stage.outdir().experiment_record();
    fs::create_dir(stage.path("empty")).unwrap();
    let said = stage.call("status exp.yaml --outdir empty").expect(2);
    assert!(said.err.contains("no plan is recorded in"), "{}", said.err);
    let record: ExperimentRecord = read_json(&path).unwrap().unwrap();
    for name in ["../../x", "/etc", "..", "a/b"] {
        let mut strange = record.clone();
        name.clone_into(&mut strange.plan.simulations[0].name);
        write_json(&path, &strange).unwrap();
        for verb in ["status", "cancel"] {
            let args = if verb == "cancel" { "cancel exp.yaml --outdir out *" } else { "status exp.yaml --outdir out" };
            let said = stage.call(args).expect(2);
            assert!(said.err.contains("which nobody can be called"), "{}", said.err);
        }
    }
    fs::write(&path, "{\"format\": 1, ").unwrap();
    let said = stage.call("status exp.yaml --outdir out").expect(2);
    assert!(said.err.contains("damaged"), "{}", said.err);
}
