//! Steps: programs that are no gem5, before and after simulations.

use std::fs;
use std::path::Path;

use gem5_tui::experiment::RowKind;
use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::record::Spec;
use nix::sys::signal::Signal;

use crate::stage::{Stage, wait_for};

/// A step that makes what simulations read, two simulations, and what is done with each of their results.
const CHAIN: &str = "  - {name: make, run: [sh, -c, 'echo made > made.txt'], cwd: '${outdir}'}\n\
    \x20 - {name: 'sim-${n}', script: CONFIGS/outcomes.py, args: [--mode=ok], env: {MADE: '${needs.make.outdir}/made.txt'},\n\
    \x20    matrix: {n: [1, 2]}, needs: [make], watch: [simTicks]}\n\
    \x20 - {name: 'parse-${n}', run: [grep, -c, simTicks, '${needs.sim-${n}.outdir}/stats.txt'], matrix: {n: [1, 2]},\n\
    \x20    needs: ['sim-${n}']}\n\
    \x20 - {name: 'pack-${n}', run: [gzip, '${needs.sim-${n}.outdir}/stats.txt'], matrix: {n: [1, 2]},\n\
    \x20    needs: ['sim-${n}', 'parse-${n}']}\n";

#[test]
fn steps_run_before_and_after_simulations_and_only_once() {
    let stage = Stage::new();
    stage.stand_in(CHAIN);
    stage.call("run exp.yaml").expect(0);
    let (sim, parse) = (stage.attempt("sim-2", 1), stage.attempt("parse-2", 1));
    assert!(stage.started("sim-2", 1).at.boot_ms >= stage.exit("make", 1).at.boot_ms);
    assert!(stage.started("parse-2", 1).at.boot_ms >= stage.exit("sim-2", 1).at.boot_ms);
    assert!(fs::read_to_string(parse.simout()).unwrap().trim().parse::<u32>().unwrap() > 0);
    let spec: Spec = read_json(&parse.spec()).unwrap().unwrap();
    assert_eq!((spec.kind, spec.interpreter(), spec.gem5_args()), (RowKind::Step, None, None));
    assert!(spec.argv[3].ends_with("sim-2/attempt-1/m5out/stats.txt"), "bound to an attempt: {:?}", spec.argv);
    assert!(stage.attempt("make", 1).m5out().join("made.txt").exists(), "in its own directory");
    // The stats went to where a step has put them, and are still those of the result.
    assert!(!sim.m5out().join("stats.txt").exists() && sim.m5out().join("stats.txt.gz").exists());
    let said = stage.call("stats exp.yaml sim-2 --json").expect(0).json();
    assert!(said[0]["stats"]["simTicks"].as_f64().is_some_and(|ticks| ticks > 0.0), "{said:?}");
    let status = stage.status_now();
    assert_eq!(status.count("ok"), 7, "{status:?}");
    stage.call("run exp.yaml").expect(0);
    for name in ["make", "sim-1", "parse-1", "pack-1"] {
        assert!(!stage.has_attempt(name, 2), "{name}");
    }
    let plan = stage.call("plan exp.yaml --json").expect(0).json();
    let told: Vec<_> = plan.iter().map(|row| (row["kind"].as_str().unwrap(), row["would"].as_str().unwrap())).collect();
    assert_eq!((told[0], told[1]), (("step", "keep"), ("simulation", "keep")));
    assert!(plan.iter().all(|row| row["changed"].as_array().unwrap().is_empty()), "what a step took away: {plan:?}");
}

#[test]
fn the_exit_status_of_a_step_decides_and_what_it_said_is_its_cause() {
    let stage = Stage::new();
    let failing = "echo 'a.c:1:2: error: no such thing' >&2; echo 'make: *** [all] Error 1' >&2; exit 2";
    stage.experiment(
        "",
        &format!(
            "  - {{name: fails, run: [sh, -c, \"{failing}\"]}}\n\
             \x20 - {{name: crashes, run: [sh, -c, 'kill -SEGV $$$$']}}\n\
             \x20 - {{name: lies, run: [sh, -c, 'echo \"fatal: x\" >&2; echo \"panic: y\"']}}\n\
             \x20 - {{name: ruled, run: [sh, -c, 'echo parsed 3; exit 3'], success: {{exit_codes: 3, log: ^parsed}}}}\n\
             \x20 - {{name: unruled, run: [echo, nothing], success: {{log: ^parsed}}}}\n\
             \x20 - {{name: gone, run: [./gone.sh], needs: [builds]}}\n\
             \x20 - {{name: builds, run: ['true']}}\n\
             \x20 - {{name: after, run: ['true'], needs: [fails]}}\n\
             \x20 - {{name: cleans, run: ['true'], needs: [{{name: fails, when: ended}}, {{name: after, when: ended}}]}}\n"
        ),
    );
    stage.call("run exp.yaml").expect(1);
    let status = stage.status_now();
    let word = |name: &str| (status.word(name).to_owned(), status.reason(name).to_owned());
    let told = |word: &str, reason: &str| (word.to_owned(), reason.to_owned());
    assert_eq!(word("fails"), told("failed", "exit code 2: a.c:1:2: error: no such thing"));
    assert_eq!(word("crashes").0, "segv");
    assert_eq!(word("lies"), told("ok", "exit code 0"));
    assert_eq!(word("ruled").0, "ok");
    assert_eq!(word("unruled").0, "failed");
    assert_eq!(word("gone").0, "not-started");
    assert_eq!(word("after").0, "blocked");
    assert_eq!(word("cleans").0, "ok", "whatever became of the others");
    // What each was is told of its directory alone, too, and in words of no gem5.
    let told = stage.call_with(&["inspect".as_ref(), stage.attempt("lies", 1).path().as_os_str(), "--json".as_ref()]);
    let told = told.expect(0).json();
    assert_eq!((&told[0]["outcome"], &told[0]["kind"], &told[0]["dumps"]), (&"ok".into(), &"step".into(), &0.into()));
    let repro = stage.call("show exp.yaml ruled --repro").expect(0).out;
    assert!(repro.contains("-c 'echo parsed 3; exit 3'") && !repro.contains("--outdir"), "{repro}");
}

#[test]
fn a_step_is_paused_and_cancelled_like_a_simulation_and_never_asked_for_stats() {
    let stage = Stage::new();
    stage.script("step.py", "open('began', 'w').close()\nwait('goes')\n");
    stage.experiment("  grace: 30s\n  poll_stats: 5s", "  - {name: a, run: [python3, step.py]}\n");
    let engine = stage.engine("");
    wait_for("its start", || stage.path("began").exists().then_some(()));
    stage.wait_word("a", "running");
    stage.call("pause exp.yaml a").expect(0);
    stage.wait_word("a", "paused");
    stage.call("resume exp.yaml a").expect(0);
    stage.wait_word("a", "running");
    let plan = stage.call("plan exp.yaml --json").expect(0).json();
    assert_eq!(plan[0]["kind"], "step");
    stage.call("cancel exp.yaml a").expect(0);
    let status = stage.wait_word("a", "cancelled");
    assert_eq!(status.reason("a"), "cancelled, ended by SIGINT");
    engine.signal(Signal::SIGTERM);
    _ = engine.finish();
    assert!(!stage.attempt("a", 1).requested_dumps().exists());
}

#[test]
fn of_those_that_could_start_the_higher_ones_start_first() {
    let stage = Stage::new();
    stage.experiment(
        "concurrency: 1",
        "  - {name: 'p${p}', run: [sh, -c, 'echo $$0 >> order', '${p}'], priority: '${p}', matrix: {p: [1, 3, -2, 2, 0]}}\n",
    );
    stage.call("run exp.yaml").expect(0);
    assert_eq!(fs::read_to_string(stage.path("order")).unwrap(), "3\n2\n1\n0\n-2\n");
}

#[test]
fn the_example_of_steps_runs_on_the_stand_in() {
    let stage = Stage::new();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/steps.yaml");
    let said = stage.call(&format!("run {} --outdir {}", example.display(), stage.path("out").display())).expect(0);
    assert!(said.out.contains("8 simulations, 8 ok"), "{}", said.out);
    assert!(fs::read_to_string(stage.attempt("ipc-stream", 1).simout()).unwrap().starts_with("ipc "));
    assert!(!stage.attempt("traces", 1).m5out().join("trace.txt").exists());
}
