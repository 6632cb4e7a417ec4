//! F60: the whole experiment directory.

use std::fs;

use gem5_tui::rundir::ExperimentDir;
use nix::sys::signal::Signal;

use super::{Scene, copy, replace_by_copy, wait_exit};
use crate::stage::{Running, wait_for};

/// One that runs, and its engine, if that is to live.
fn begun(is_alive: bool) -> (Scene, i32, Option<Running>) {
    let scene = Scene::new("", &["a"]);
    let engine = scene.stage.engine("");
    let pid = scene.process(0, &scene.stage.attempt("a", 1));
    if is_alive {
        return (scene, pid, Some(engine));
    }
    engine.kill();
    (scene, pid, None)
}

/// Waits until a living engine has seen that its directory is elsewhere.
fn wait_noticed(log: &std::path::Path) {
    let noticed = || fs::read_to_string(log).unwrap().contains("was moved, deleted or replaced").then_some(());
    wait_for("the engine to notice", noticed);
}

#[test]
fn f60_an_experiment_directory_that_was_moved_has_its_end_where_it_is() {
    for is_alive in [true, false] {
        let (scene, pid, engine) = begun(is_alive);
        fs::rename(scene.stage.path("out"), scene.stage.path("away")).unwrap();
        let (old, away) = (scene.here(), scene.place("away"));
        assert_eq!(scene.row(&old, "a").0, "queued", "nothing is there");
        let follows = scene.stage.start("logs exp.yaml --outdir away a -f");
        if is_alive {
            scene.wait_row(&away, "a", "running", "its directory was moved to");
            let header = scene.call("status", &away, "--json").json().pop().unwrap();
            wait_noticed(&away.outdir.log());
            let told = || scene.call("status", &away, "").out.contains("nothing more is launched").then_some(());
            wait_for(&format!("a person to be told: {header}"), told);
        } else {
            assert_eq!(scene.row(&away, "a").0, "running");
        }
        scene.end(pid, 3);
        wait_exit(&away.outdir.simulation("a").attempt(1));
        follows.finish();
        if let Some(engine) = engine {
            engine.finish();
        }
        assert_eq!(scene.row(&away, "a").0, "failed");
        assert!(!scene.stage.path("out").exists(), "nothing is made where it was");
        assert_eq!(scene.records_belong(&[(pid, 3)]), [(pid, 1)].into());
    }
}

#[test]
fn f60_a_run_in_the_new_place_adopts_and_in_both_places_the_right_engine_answers() {
    for is_alive in [true, false] {
        let (scene, first, engine) = begun(is_alive);
        fs::rename(scene.stage.path("out"), scene.stage.path("away")).unwrap();
        let (old, away) = (scene.here(), scene.place("away"));
        let anew = scene.stage.start("run exp.yaml");
        let second = scene.process(1, &scene.stage.attempt("a", 1));
        let moved = is_alive.then(|| wait_noticed(&away.outdir.log()));
        let adopts = moved.is_none().then(|| scene.stage.start("run exp.yaml --outdir away"));
        wait_for("both engines", || {
            let pid = |place| {
                let sims = scene.call("status", place, "--json").json();
                sims.first()?["attempts"][0]["pid"].as_i64()
            };
            (pid(&old) == Some(second.into()) && pid(&away) == Some(first.into())).then_some(())
        });
        // Only the one that is meant.
        scene.call("cancel", &old, "a").expect(0);
        let code = anew.finish().code;
        assert!(scene.is_untouched(first), "{code:?}");
        scene.end(first, 3);
        wait_exit(&away.outdir.simulation("a").attempt(1));
        for engine in engine.into_iter().chain(adopts) {
            engine.finish();
        }
        assert_eq!((scene.row(&old, "a").0.as_str(), scene.row(&away, "a").0.as_str()), ("cancelled", "failed"));
        assert_eq!(scene.ran().len(), 2);
    }
}

#[test]
fn f60_an_experiment_directory_that_was_removed_and_made_anew_gets_no_record_of_the_first() {
    for is_alive in [true, false] {
        let (scene, first, engine) = begun(is_alive);
        let shim = scene.stage.started("a", 1).shim;
        fs::remove_dir_all(scene.stage.path("out")).unwrap();
        let old = scene.here();
        assert_eq!(scene.row(&old, "a").0, "queued");
        scene.verbs_end(&old, first);
        let anew = scene.stage.start("run exp.yaml");
        let second = scene.process(1, &scene.stage.attempt("a", 1));
        scene.end(first, 0);
        wait_for("the first shim", || (!crate::stage::is_running(shim.pid)).then_some(()));
        if let Some(engine) = engine {
            engine.finish();
        }
        let word = || Some(scene.row(&old, "a").0).filter(|word| word != "launching");
        assert_eq!(wait_for("the start to be told", word), "running", "the end was that of another process");
        assert!(!scene.stage.attempt("a", 1).exit().exists() && scene.is_untouched(second));
        scene.end(second, 3);
        anew.finish().expect(1);
        assert_eq!(scene.records_belong(&[(first, 0), (second, 3)]), [(second, 1)].into());
    }
}

#[test]
fn f60_in_a_copy_nothing_is_signalled_and_nothing_runs() {
    for (is_alive, is_in_its_place) in [(true, true), (true, false), (false, true), (false, false)] {
        let (scene, first, engine) = begun(is_alive);
        let out = scene.stage.path("out");
        let (original, copied) = if is_in_its_place {
            replace_by_copy(&scene.stage, &out);
            (scene.place("away"), scene.here())
        } else {
            copy(&out, &scene.stage.path("copied"));
            (scene.here(), scene.place("copied"))
        };
        let (word, reason) = scene.row(&copied, "a");
        assert!(word == "lost" && reason.contains("copy"), "{word}: {reason}");
        scene.verbs_end(&copied, first);
        for verb in ["cancel", "pause", "resume"] {
            scene.call(verb, &copied, "a");
            assert!(scene.is_untouched(first), "{verb} in a copy reached the original");
        }
        scene.call("logs", &copied, "a -f");
        let anew = scene.stage.start(&format!("run {}", copied.words));
        let second = scene.process(1, &copied.outdir.simulation("a").attempt(2));
        assert!(scene.is_untouched(first));
        scene.end(second, 0);
        anew.finish().expect(0);
        let adopts = engine.unwrap_or_else(|| {
            let adopts = scene.stage.start(&format!("run {}", original.words));
            // The row says so before there is an engine, which would run again what has ended before it comes.
            let has_adopted =
                || fs::read_to_string(original.outdir.log()).unwrap().contains("1 of them running").then_some(());
            wait_for("the engine to adopt what runs", has_adopted);
            adopts
        });
        scene.wait_row(&original, "a", "running", "");
        scene.end(first, 3);
        adopts.finish();
        assert_eq!((scene.row(&original, "a").0.as_str(), scene.row(&copied, "a").0.as_str()), ("failed", "ok"));
        assert_eq!(scene.records_belong(&[(first, 3), (second, 0)]), [(first, 1), (second, 1)].into());
    }
}

#[test]
fn f60_a_shim_that_is_killed_in_a_moved_directory_has_its_end_there_too() {
    if !gem5_tui::spawn::last_words::is_told_here() {
        return eprintln!("skipped: this kernel tells no such end");
    }
    let (scene, pid, engine) = begun(true);
    let shim = scene.stage.started("a", 1).shim;
    fs::rename(scene.stage.path("out"), scene.stage.path("away")).unwrap();
    fs::create_dir_all(scene.stage.attempt("a", 1).path()).unwrap();
    gem5_tui::spawn::identity::send(&shim, Signal::SIGKILL).unwrap();
    scene.wait_row(&scene.place("away"), "a", "running", "its shim died");
    scene.end(pid, 3);
    let away = ExperimentDir::new(scene.stage.path("away")).simulation("a").attempt(1);
    let exit = wait_exit(&away);
    assert!(exit.unsupervised && !exit.written.is_empty());
    engine.unwrap().finish();
    assert_eq!(fs::read_dir(scene.stage.attempt("a", 1).path()).unwrap().count(), 0);
    assert_eq!(scene.records_belong(&[(pid, 3)]), [(pid, 1)].into());
}
