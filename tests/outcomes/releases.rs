//! What differs between releases of gem5, in the stand-in by itself.

use std::fs;
use std::path::Path;

use nix::sys::signal::Signal;

use crate::outside::catches;
use crate::shape::stand_in;
use crate::stage::{Stage, wait_for};

/// One release, and on which side of each change it is.
struct Release {
    name: &'static str,
    website: &'static str,
    stdout_file: &'static str,
    final_tick: &'static str,
    unit: &'static str,
    place_of_messages: &'static str,
    announces_the_event_queue: bool,
    cites: bool,
    build_info: i32,
}

const RELEASES: [Release; 4] = [
    Release {
        name: "20.1",
        website: "http://gem5.org",
        stdout_file: "simout",
        final_tick: "final_tick",
        unit: "",
        place_of_messages: "",
        announces_the_event_queue: true,
        cites: false,
        build_info: 0,
    },
    Release {
        name: "22.1",
        website: "https://www.gem5.org",
        stdout_file: "simout",
        final_tick: "finalTick",
        unit: " (Tick)",
        place_of_messages: "src/sim/simulate.cc:199: ",
        announces_the_event_queue: true,
        cites: false,
        build_info: 0,
    },
    Release {
        name: "24.0",
        website: "https://www.gem5.org",
        stdout_file: "simout.txt",
        final_tick: "finalTick",
        unit: " (Tick)",
        place_of_messages: "src/sim/simulate.cc:199: ",
        announces_the_event_queue: true,
        cites: true,
        // `m5.defines` lacks what `main` prints.
        build_info: 1,
    },
    Release {
        name: "25.0",
        website: "https://www.gem5.org",
        stdout_file: "simout.txt",
        final_tick: "finalTick",
        unit: " (Tick)",
        place_of_messages: "",
        announces_the_event_queue: false,
        cites: true,
        build_info: 0,
    },
];

fn script(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("configs").join(name).display().to_string()
}

#[test]
fn the_stand_in_changes_with_the_release_as_gem5_does() {
    for release in &RELEASES {
        let stage = Stage::new();
        let m5out = stage.path("m5out");
        let mut command = stand_in(&stage, &m5out);
        command.env("STANDIN_VERSION", release.name).args(["-r", &script("outcomes.py"), "--mode=ok"]);
        assert!(command.status().unwrap().success(), "{}", release.name);

        let read = |name: &str| fs::read_to_string(m5out.join(name)).unwrap();
        let log = read(release.stdout_file);
        let name = release.name;
        assert!(log.starts_with(&format!("gem5 Simulator System.  {}\n", release.website)), "{name}: {log}");
        assert!(log.contains(&format!("\ngem5 version {name}.")), "{name}: {log}");
        let entering = format!("\n{}info: Entering event queue @ 0.", release.place_of_messages);
        assert_eq!(log.contains(&entering), release.announces_the_event_queue, "{name}: {log}");
        assert_eq!(m5out.join("citations.bib").exists(), release.cites, "{name}");
        let stats = read("stats.txt");
        let line = stats.lines().find(|line| line.starts_with(&format!("{} ", release.final_tick)));
        assert!(line.is_some_and(|line| line.ends_with(&format!("never reset){}", release.unit))), "{name}: {line:?}");

        let mut command = stand_in(&stage, &m5out);
        let status = command.env("STANDIN_VERSION", name).arg("-B").status().unwrap();
        assert_eq!(status.code(), Some(release.build_info), "{name}");
    }
}

/// 25.0 and later have a handler for SIGCONT, and its appearance tells that `simulate()` was entered.
#[test]
fn from_25_0_on_a_handler_of_sigcont_comes_with_the_first_simulate() {
    for (release, has_handler) in [("24.0", false), ("25.0", true)] {
        let stage = Stage::new();
        let m5out = stage.path("m5out");
        let mut command = stand_in(&stage, &m5out);
        command.env("STANDIN_VERSION", release).args([&script("outcomes.py"), "--mode=hang"]);
        let mut child = command.spawn().unwrap();
        let log = || fs::read_to_string(m5out.join("simout.txt")).unwrap();
        wait_for("the end of simulate()", || log().contains("waiting for").then_some(()));
        let caught = catches(child.id().cast_signed(), Signal::SIGCONT);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(caught, has_handler, "{release}");
    }
}

#[test]
fn exit_events_are_told_where_the_release_can_tell_them() {
    for (release, expected) in [("24.0", 2), ("25.0", 0)] {
        let stage = Stage::new();
        let m5out = stage.path("m5out");
        let mut command = stand_in(&stage, &m5out);
        command.env("STANDIN_VERSION", release);
        command.args(["--show-exit-event-messages", &script("multisim.py"), "l1-16KiB"]);
        assert_eq!(command.status().unwrap().code(), Some(expected), "{release}");
        let log = fs::read_to_string(m5out.join("simout.txt")).unwrap();
        assert_eq!(log.contains("Exit event called at Tick "), expected == 0, "{release}: {log}");
    }
}

#[test]
fn options_of_a_stats_file_that_are_set_apart_by_a_semicolon_are_a_syntax_error() {
    let stage = Stage::new();
    let m5out = stage.path("m5out");
    let mut command = stand_in(&stage, &m5out);
    command.args(["--stats-file=stats.txt?desc=False;spaces=False", &script("outcomes.py"), "--mode=ok"]);
    assert_eq!(command.status().unwrap().code(), Some(1));
    assert!(fs::read_to_string(m5out.join("simerr.txt")).unwrap().contains("SyntaxError"));
}

/// All at once and each alone: the ids, the directories and an empty file where one looks first.
#[test]
fn a_multisim_script_runs_each_simulation_in_a_directory_of_its_id() {
    let stage = Stage::new();
    let m5out = stage.path("m5out");
    let mut command = stand_in(&stage, &m5out);
    command.args(["-m", "gem5.utils.multisim", &script("multisim.py")]);
    assert!(command.status().unwrap().success());
    for id in ["l1-8KiB", "l1-16KiB", "l1-32KiB", "l1-64KiB"] {
        let stats = fs::read_to_string(m5out.join(id).join("stats.txt")).unwrap();
        assert_eq!(stats.matches("End Simulation Statistics").count(), 1, "{id}");
    }
    assert_eq!(fs::metadata(m5out.join("stats.txt")).unwrap().len(), 0);
}
