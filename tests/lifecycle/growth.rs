//! Simulations that are added to the plan of a living engine.

use gem5_tui::engine::directory::edits::only_added;
use gem5_tui::experiment::{self, Overrides, Plan};
use gem5_tui::protocol::{Link, Reply, Request, ServerMessage, framing};
use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::files::Disk;
use gem5_tui::rundir::record::ExperimentRecord;

use crate::stage::{Stage, gate, wait_for};

fn file(stage: &Stage, names: &[&str]) {
    stage.experiment("concurrency: 2", &names.iter().map(|name| gate(name, "")).collect::<String>());
}

/// The plan of the file as it is now.
fn plan(stage: &Stage) -> Plan {
    let source = stage.path("exp.yaml");
    let text = std::fs::read_to_string(&source).unwrap();
    // As the client of the stage finds its programs.
    let client = stage.command("");
    let path = client.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| Some(value?.to_owned()));
    let disk = path.map_or_else(Disk::new, |path| Disk::with_path(Some(path)));
    experiment::load(&text, &source, &Overrides::default(), &disk).unwrap().plan
}

fn recorded(stage: &Stage) -> Plan {
    read_json::<ExperimentRecord>(&stage.outdir().experiment_record()).unwrap().unwrap().plan
}

/// Asks the engine to add what the file adds, in as many parts as there are simulations. What it answers to the last one.
fn add(stage: &Stage, parts: &[String]) -> Reply {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut link = Link::connect(&stage.lease().socket).await.unwrap();
        let mut last = 0;
        for (at, part) in parts.iter().enumerate() {
            let request = Request::Add { simulations: part.clone(), complete: at + 1 == parts.len() };
            last = link.send(request).await;
        }
        loop {
            match link.incoming.recv().await.expect("the engine lives") {
                ServerMessage::Reply { id, reply } if id == last => return reply,
                _ => {}
            }
        }
    })
}

fn parts(stage: &Stage) -> Vec<String> {
    framing::lists(only_added(&recorded(stage), &plan(stage)).expect("the file only adds"), 1, |_| None).unwrap()
}

#[test]
fn an_engine_runs_what_is_added_to_it_and_one_that_is_killed_leaves_it_to_the_next() {
    let stage = Stage::new();
    file(&stage, &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    file(&stage, &["b", "a", "c"]);
    let parts = parts(&stage);
    assert_eq!(parts.len(), 2);
    assert!(matches!(add(&stage, &parts), Reply::Done { .. }));
    assert_eq!(recorded(&stage).simulations.len(), 3, "it is on disk before anything of it runs");
    stage.wait_entered(&["b"]);
    assert_eq!((stage.status().word("b"), stage.status().word("c")), ("running", "queued"));
    // What is there already is not added a second time, and nothing of the list is.
    assert!(matches!(add(&stage, &parts), Reply::Refused { .. }));
    assert_eq!(recorded(&stage).simulations.len(), 3);

    engine.kill();
    assert_eq!(stage.status().word("c"), "queued", "the record tells it");
    let next = stage.engine("");
    assert_eq!(stage.status().word("b"), "running");
    stage.open_all(&["a", "b", "c"], 0);
    next.finish().expect(0);
    let entered = ["a", "b", "c"].map(|name| stage.entered(name));
    assert_eq!(entered, [1, 1, 1], "each ran once");
    assert_eq!(stage.status().word("c"), "ok");
}

#[test]
fn an_edit_that_does_more_than_add_is_for_an_engine_that_begins_anew() {
    let stage = Stage::new();
    file(&stage, &["a", "b"]);
    let before = plan(&stage).redacted();
    assert_eq!(only_added(&before, &plan(&stage)), None, "nothing is added");
    let names =
        |now: &Plan| only_added(&before, now).map(|added| added.into_iter().map(|sim| sim.name).collect::<Vec<_>>());
    file(&stage, &["c", "b", "a"]);
    assert_eq!(names(&plan(&stage)), Some(vec!["c".to_owned()]));
    let grown = plan(&stage);
    // What is made of results is nothing that an engine works by.
    let mut with_tables = grown.clone();
    with_tables.results.dump = Some(gem5_tui::gem5::stats::Choice::FIRST.into());
    assert_eq!(names(&with_tables), Some(vec!["c".to_owned()]));
    for edit in [
        |plan: &mut Plan| plan.memory = Some(1),
        |plan: &mut Plan| plan.simulations.retain(|sim| sim.name != "a"),
        |plan: &mut Plan| plan.simulations[2].timeout = Some(std::time::Duration::from_secs(9)),
        // The columns of the list are those that the engine began with.
        |plan: &mut Plan| plan.simulations[0].watch = vec!["*.ipc".to_owned()].into(),
    ] {
        let mut now = grown.clone();
        edit(&mut now);
        assert_eq!(names(&now), None);
    }
}

#[test]
fn names_that_cannot_be_directories_are_never_added() {
    let stage = Stage::new();
    file(&stage, &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    for name in ["../a", "A", "a/b", ""] {
        let mut simulation = plan(&stage).simulations.remove(0);
        simulation.name = name.to_owned();
        let parts = framing::lists([simulation], 1 << 20, |_| None).unwrap();
        assert!(matches!(add(&stage, &parts), Reply::Refused { .. }), "{name}");
    }
    assert!(matches!(add(&stage, &["no list".to_owned()]), Reply::Refused { .. }));
    assert_eq!(recorded(&stage).simulations.len(), 1);
    stage.open("a", 0);
    wait_for("the end", || (stage.status().word("a") == "ok").then_some(()));
    engine.finish().expect(0);
}

#[test]
fn what_comes_back_into_the_file_with_its_results_shows_them() {
    let stage = Stage::new();
    let simulation = |name: &str, ticks: &str| {
        format!(
            "  - {{name: {name}, script: CONFIGS/cache_sweep.py, args: [--workload=stream, '--ticks={ticks}'],\n\
             \x20    watch: [simTicks]}}\n"
        )
    };
    stage.stand_in(&simulation("quick", "1000000"));
    stage.engine("").finish().expect(0);
    let long = simulation("long", "4000000000000");
    stage.stand_in(&long);
    let _engine = stage.engine("");
    wait_for("it to simulate", || (stage.status().sims["long"]["status"]["phase"] == "running").then_some(()));
    stage.stand_in(&(simulation("quick", "1000000") + &long));
    assert!(matches!(add(&stage, &parts(&stage)), Reply::Done { .. }));
    let values = || stage.status().sims["quick"]["values"].clone();
    wait_for("its stats to be looked at", || values()[0].is_number().then_some(()));
}
