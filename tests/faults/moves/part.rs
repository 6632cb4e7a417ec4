//! F60: the directory of one simulation, or of one attempt.

use std::fs;
use std::path::PathBuf;

use gem5_tui::rundir::{AttemptDir, SimulationDir};

use super::{Scene, copy, replace_by_copy, wait_exit};
use crate::stage::{Running, wait_for};

/// What is moved or removed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum What {
    Simulation,
    Attempt,
}

const BOTH: [What; 2] = [What::Simulation, What::Attempt];

impl What {
    fn path(self, scene: &Scene) -> PathBuf {
        let simulation = scene.stage.outdir().simulation("a");
        match self {
            Self::Simulation => simulation.path().to_owned(),
            Self::Attempt => simulation.attempt(1).path().to_owned(),
        }
    }

    /// The attempt in what was moved to `away`.
    fn attempt_in(self, away: PathBuf) -> AttemptDir {
        AttemptDir::new(if self == Self::Simulation { away.join("attempt-1") } else { away })
    }
}

/// One that runs and one that waits for its place.
fn begun() -> (Scene, i32, Running) {
    let scene = Scene::new("concurrency: 1", &["a", "b"]);
    let engine = scene.stage.engine("");
    let pid = scene.process(0, &scene.stage.attempt("a", 1));
    (scene, pid, engine)
}

fn simulation(scene: &Scene, name: &str) -> SimulationDir {
    scene.stage.outdir().simulation(name)
}

#[test]
fn f60_a_simulation_whose_directory_was_moved_is_told_and_ends_where_it_is() {
    for what in BOTH {
        let (scene, first, engine) = begun();
        let here = scene.here();
        let away = scene.stage.path("away");
        fs::rename(what.path(&scene), &away).unwrap();
        scene.wait_row(&here, "a", "running", "its directory was moved to");
        scene.end(first, 3);
        wait_exit(&what.attempt_in(away.clone()));
        let to = what.attempt_in(away).path().display().to_string();
        scene.wait_row(&here, "a", "failed", &format!("its directory is `{to}` now"));
        let second = scene.process(1, &scene.stage.attempt("b", 1));
        scene.end(second, 0);
        scene.wait_row(&here, "b", "ok", "");
        engine.finish();
        assert_eq!(scene.records_belong(&[(first, 3), (second, 0)]), [(first, 1), (second, 1)].into());
    }
}

#[test]
fn f60_what_was_moved_while_no_engine_lived_is_launched_anew_beside_it() {
    for what in BOTH {
        let (scene, first, engine) = begun();
        engine.kill();
        let away = scene.stage.path("away");
        fs::rename(what.path(&scene), &away).unwrap();
        let anew = scene.stage.start("run exp.yaml");
        let second = scene.process(1, &scene.stage.attempt("a", 1));
        scene.end(first, 0);
        wait_exit(&what.attempt_in(away));
        assert!(scene.row(&scene.here(), "a").0 == "running" && !scene.stage.attempt("a", 1).exit().exists());
        scene.end(second, 3);
        let third = scene.process(2, &scene.stage.attempt("b", 1));
        scene.end(third, 0);
        anew.finish().expect(1);
        let ends = scene.records_belong(&[(first, 0), (second, 3), (third, 0)]);
        assert_eq!(ends, [(first, 1), (second, 1), (third, 1)].into());
    }
}

#[test]
fn f60_a_simulation_whose_directory_was_removed_keeps_its_place_until_it_ends() {
    for (what, is_adopted) in [(BOTH[0], false), (BOTH[0], true), (BOTH[1], false), (BOTH[1], true)] {
        let (scene, first, mut engine) = begun();
        let here = scene.here();
        if is_adopted {
            engine.kill();
            engine = scene.stage.engine("");
        }
        scene.wait_row(&here, "a", "running", "");
        // As long as somebody has the file, no other one gets its number, by which two in one directory are told.
        let _held = fs::File::open(scene.stage.attempt("a", 1).simout()).unwrap();
        fs::remove_dir_all(what.path(&scene)).unwrap();
        scene.wait_row(&here, "a", "running", "its directory was deleted");
        assert_eq!(scene.row(&here, "b").0, "queued", "there is one place, and it is taken");
        assert_ne!(scene.call("retry", &here, "a").code, Some(0), "it runs");
        assert_eq!(scene.ran().len(), 1);
        scene.end(first, 0);
        scene.wait_row(&here, "a", "lost", "its directory was deleted while it ran");
        let second = scene.process(1, &scene.stage.attempt("b", 1));
        scene.end(second, 0);
        engine.finish();
        assert_eq!(scene.records_belong(&[(first, 0), (second, 0)]), [(second, 1)].into());
    }
}

#[test]
fn f60_a_simulation_whose_directory_was_replaced_by_a_copy_ends_in_its_own() {
    for (what, is_alive) in [(BOTH[0], true), (BOTH[0], false), (BOTH[1], true), (BOTH[1], false)] {
        let (scene, first, engine) = begun();
        let here = scene.here();
        let engine = if is_alive {
            Some(engine)
        } else {
            {
                engine.kill();
                None
            }
        };
        let away = replace_by_copy(&scene.stage, &what.path(&scene));
        if is_alive {
            scene.wait_row(&here, "a", "running", "its directory was moved to");
            scene.call("pause", &here, "a").expect(0);
            wait_for("the pause", || (crate::stage::state_of(first) == Some('T')).then_some(()));
            // The other one has its place meanwhile.
            let second = scene.process(1, &scene.stage.attempt("b", 1));
            scene.end(second, 0);
            scene.wait_row(&here, "b", "ok", "");
            scene.call("resume", &here, "a").expect(0);
        } else {
            let (word, reason) = scene.row(&here, "a");
            assert!(word == "lost" && reason.contains("copy"), "{word}: {reason}");
            scene.call("cancel", &here, "a");
            wait_for("the verb to leave it alone", || scene.is_untouched(first).then_some(()));
        }
        scene.end(first, 3);
        wait_exit(&what.attempt_in(away));
        assert!(!scene.stage.attempt("a", 1).exit().exists() && !scene.stage.attempt("a", 1).outcome().exists());
        if let Some(engine) = engine {
            engine.finish();
            scene.records_belong(&[(first, 3), (scene.ran()[1].1, 0)]);
        }
    }
}

#[test]
fn f60_a_copy_beside_an_attempt_that_runs_does_not_hide_it() {
    for is_alive in [true, false] {
        let (scene, first, engine) = begun();
        let here = scene.here();
        copy(scene.stage.attempt("a", 1).path(), simulation(&scene, "a").attempt(2).path());
        copy(simulation(&scene, "a").path(), simulation(&scene, "b").path());
        fs::create_dir(simulation(&scene, "a").attempt(7).path()).unwrap();
        let engine = if is_alive {
            engine
        } else {
            engine.kill();
            assert_eq!(scene.row(&here, "a").0, "running");
            let run = scene.stage.start("run exp.yaml");
            // What ends before it has looked it would begin anew.
            wait_for("its engine", || scene.stage.status().summary["engine"].as_bool().filter(|lives| *lives));
            run
        };
        scene.wait_row(&here, "a", "running", "");
        scene.end(first, 3);
        let exit = wait_exit(&scene.stage.attempt("a", 1));
        assert_eq!(exit.end, gem5_tui::rundir::record::End::Exited { code: 3 });
        // The other one begins in a directory of its own when there is a place.
        let second = wait_for("the other", || scene.ran().get(1).cloned());
        assert_eq!(second.0, "b");
        scene.end(second.1, 0);
        engine.finish();
        assert_eq!(scene.ran().len(), 2);
        assert!(!simulation(&scene, "a").attempt(2).exit().exists());
        scene.records_belong(&[(first, 3), (second.1, 0)]);
    }
}
