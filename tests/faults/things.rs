//! F80: something else in the place of a file. Whatever stands where a record or an output of an attempt is read, it costs that
//! simulation at most: every verb ends soon and within bounds of memory, and the others are as they were.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use gem5_tui::rundir::record::Spec;
use gem5_tui::rundir::{AttemptDir, atomic};
use nix::sys::stat::{Mode, SFlag, makedev, mknod};

use crate::stage::{Running, Said, Stage, contents, gate, wait_for};

/// What stands in the place of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thing {
    Directory,
    Fifo,
    Socket,
    /// One that is read without an end. Only root can make a device; a link to one is as bad.
    Device,
    DanglingLink,
    LinkToItself,
    /// A terabyte that takes no space.
    Sparse,
    /// Text without an end of its line.
    Long,
    /// A list of records, each of them of the right kind, that goes on and on.
    Nested,
}

const THINGS: [Thing; 9] = [
    Thing::Directory,
    Thing::Fifo,
    Thing::Socket,
    Thing::Device,
    Thing::DanglingLink,
    Thing::LinkToItself,
    Thing::Sparse,
    Thing::Long,
    Thing::Nested,
];

impl Thing {
    fn put(self, path: &Path) {
        clear(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match self {
            Self::Directory => fs::create_dir(path).unwrap(),
            Self::Fifo => nix::unistd::mkfifo(path, Mode::S_IRWXU).unwrap(),
            Self::Socket => {
                // Its path may be longer than an address holds, and a relative one is not.
                let near = tempfile::tempdir().unwrap();
                drop(UnixListener::bind(near.path().join("s")).unwrap());
                if fs::rename(near.path().join("s"), path).is_err() {
                    nix::unistd::mkfifo(path, Mode::S_IRWXU).unwrap();
                }
            }
            Self::Device => {
                if mknod(path, SFlag::S_IFCHR, Mode::S_IRWXU, makedev(1, 5)).is_err() {
                    symlink("/dev/zero", path).unwrap();
                }
            }
            Self::DanglingLink => symlink("/nowhere/at/all", path).unwrap(),
            Self::LinkToItself => symlink(path, path).unwrap(),
            Self::Sparse => File::create(path).unwrap().set_len(1 << 40).unwrap(),
            Self::Long => fs::write(path, "x".repeat(40 << 20)).unwrap(),
            Self::Nested => fs::write(path, format!("[{}0]", "[0,{}],".repeat(1 << 20))).unwrap(),
        }
    }
}

/// Removes whatever is there.
fn clear(path: &Path) {
    let _ = if path.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
}

/// What of an attempt is read by anybody, as its path in the simulation's directory, and the name of the simulation to which it
/// happens.
const FILES: [&str; 27] = [
    "latest",
    "retry.json",
    "cancelled.json",
    "attempt-1",
    "attempt-2",
    "attempt-1/spec.json",
    "attempt-1/claim.json",
    "attempt-1/started.json",
    "attempt-1/exit.json",
    "attempt-1/outcome.json",
    "attempt-1/result.json",
    "attempt-1/stop.json",
    "attempt-1/provenance.json",
    "attempt-1/pauses.jsonl",
    "attempt-1/requested_dumps.jsonl",
    "attempt-1/beat.jsonl",
    "attempt-1/m5out",
    "attempt-1/m5out/stats.txt",
    "attempt-1/m5out/stats.txt.gz",
    "attempt-1/m5out/simout.txt",
    "attempt-1/m5out/simerr.txt",
    "attempt-1/m5out/config.ini",
    "attempt-1/m5out/citations.bib",
    "attempt-1/m5out/system.terminal",
    "attempt-1/m5out/cpt.5",
    "attempt-1/m5out/cpt.5/m5.cpt",
    "attempt-1/m5out/inner/stats.txt",
];

/// What is read of the experiment itself.
const TOP: [&str; 4] = ["experiment.json", "controls.json", "takeovers.jsonl", "engine.log"];

fn name_of(file: &str) -> String {
    format!("at-{}", file.replace(['/', '.'], "-"))
}

/// The program under a bound of its address space: 1 GiB, most of which is libraries, stacks and the heaps of threads.
fn bounded(stage: &Stage, args: &[&str]) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "ulimit -v 1048576; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_gem5-tui")]).args(args);
    stage.surround(&mut shell);
    shell
}

/// Runs a verb to its end, which must come: it was asked for something and has an answer, and no panic.
#[track_caller]
fn verb(stage: &Stage, args: &[&str]) -> Said {
    let said = Running::start(bounded(stage, args)).finish();
    assert!(matches!(said.code, Some(0..=3)), "{args:?}: {:?} {}", said.code, head(&said.err));
    assert!(!said.err.contains("panicked") && !said.err.contains("RUST_BACKTRACE"), "{args:?}: {}", head(&said.err));
    said
}

fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(2_000)]
}

/// An experiment in which `good` has ended, and so has one simulation for each file, in whose place stands the thing.
fn staged(thing: Thing, files: &[&str]) -> Stage {
    let stage = Stage::new();
    let mut text = gate("good", "") + &gate("live", "");
    for &file in files {
        text += &gate(&name_of(file), "");
    }
    stage.gates("", &["good"]);
    stage.open("good", 0);
    stage.call("run exp.yaml").expect(0);
    stage.experiment("concurrency: 40", &text);
    let good = contents(stage.attempt("good", 1).path());
    for &file in files {
        let name = name_of(file);
        let attempt = stage.attempt(&name, 1);
        for (path, text) in &good {
            let path = attempt.path().join(path.strip_prefix(stage.attempt("good", 1).path()).unwrap());
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        rename_spec(&attempt, &name);
        thing.put(&stage.outdir().simulation(&name).path().join(file));
    }
    stage
}

fn rename_spec(attempt: &AttemptDir, name: &str) {
    let spec: Spec = atomic::read_json(&attempt.spec()).unwrap().unwrap();
    atomic::write_json(&attempt.spec(), &Spec { simulation: name.to_owned(), ..spec }).unwrap();
}

/// Everything that can be asked without an engine, of each simulation.
fn look_at_all(stage: &Stage, files: &[&str]) {
    let status = verb(stage, &["status", "exp.yaml", "--json"]);
    let told = status.json();
    assert_eq!(told.len(), files.len() + 3);
    assert_eq!(told[0]["status"]["outcome"]["kind"], "ok", "{}", told[0]);
    verb(stage, &["plan", "exp.yaml"]);
    verb(stage, &["stats", "exp.yaml", "--watch", "simTicks"]);
    verb(stage, &["stop", "exp.yaml"]);
    for &file in files {
        let name = name_of(file);
        let attempt = stage.attempt(&name, 1);
        verb(stage, &["show", "exp.yaml", &name]);
        verb(stage, &["stats", "exp.yaml", &name, "--watch", "simTicks"]);
        verb(stage, &["inspect", attempt.m5out().to_str().unwrap()]);
        for more in [&["logs", "exp.yaml", &name][..], &["logs", "exp.yaml", &name, "--stderr"]] {
            // A log of a terabyte is told to its end, which nobody waits for.
            let mut command = bounded(stage, more);
            command.arg("--attempt").arg("1");
            let mut running = Running::start(command);
            if file.ends_with("simout.txt") || file.ends_with("simerr.txt") {
                wait_for("the log's first words, or its end", || {
                    (running.shows("\n") || !running.is_alive()).then_some(())
                });
                running.kill();
            } else {
                let said = running.finish();
                assert!(matches!(said.code, Some(0..=3)), "{more:?}: {:?} {}", said.code, head(&said.err));
            }
        }
    }
}

/// The same with an engine, and what changes something.
fn change_all(stage: &Stage, files: &[&str]) {
    let mut engine = Running::start(bounded(stage, &["engine", "exp.yaml"]));
    assert_eq!(engine.line(0), r#"{"engine":"ready"}"#);
    let told = verb(stage, &["status", "exp.yaml", "--json"]).json();
    assert_eq!(told.last().unwrap()["engine"], true);
    assert_eq!(told[0]["status"]["outcome"]["kind"], "ok", "{}", told[0]);
    stage.wait_entered(&["live"]);
    let names: Vec<String> = files.iter().map(|file| name_of(file)).collect();
    for act in ["pause", "resume", "cancel", "retry", "cancel"] {
        let mut args = vec![act, "exp.yaml"];
        args.extend(names.iter().map(String::as_str));
        verb(stage, &args);
    }
    let told = verb(stage, &["status", "exp.yaml", "--json"]).json();
    assert_eq!(told[1]["status"]["state"], "running", "{}", told[1]);
    stage.open_all(&["live"], 0);
    for name in &names {
        stage.open(name, 0);
    }
    stage.wait_word("live", "ok");
    assert_eq!(stage.status().word("good"), "ok");
    verb(stage, &["stop", "exp.yaml", "--cancel"]);
    wait_for("the engine to end", || (!engine.is_alive()).then_some(()));
    // And all of it in the foreground.
    let run = Running::start(bounded(stage, &["run", "exp.yaml", "--json"])).finish();
    assert!(matches!(run.code, Some(0 | 1)), "{:?} {}", run.code, head(&run.err));
}

/// The table: each of these kinds of thing, in the place of each file, for each verb.
///
/// Each verb reads of all simulations of its experiment, so a few at a time keep what is large from being read a thousand times.
fn each(things: &[Thing], at_once: usize) {
    for &thing in things {
        for files in FILES.chunks(at_once) {
            eprintln!("{thing:?} in the place of {files:?}");
            let stage = staged(thing, files);
            look_at_all(&stage, files);
            change_all(&stage, files);
        }
    }
}

#[test]
fn f80_whatever_stands_in_the_place_of_a_file_costs_that_simulation_at_most() {
    each(&THINGS[..3], FILES.len());
}

#[test]
fn f80_devices_and_links_that_lead_nowhere_cost_that_simulation_at_most() {
    each(&THINGS[3..6], FILES.len());
}

#[test]
fn f80_files_of_any_size_cost_that_simulation_at_most() {
    each(&THINGS[6..], 7);
}

#[test]
fn f80_whatever_stands_in_the_place_of_a_record_of_the_experiment_strands_nobody() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    engine.kill();
    for thing in THINGS {
        eprintln!("{thing:?}");
        for file in TOP {
            thing.put(&stage.outdir().path().join(file));
        }
        let told = verb(&stage, &["status", "exp.yaml", "--json"]).json();
        let state = told[0]["status"]["state"].as_str();
        assert!(matches!(state, Some("running" | "paused")), "{thing:?}: {}", told[0]);
        for args in
            [&["plan", "exp.yaml"][..], &["stop", "exp.yaml"], &["show", "exp.yaml", "a"], &["pause", "exp.yaml", "a"]]
        {
            let _ = verb(&stage, args);
        }
        let _ = verb(&stage, &["resume", "exp.yaml", "a"]);
        // Before the engine is ended, so that nobody has to end the pause.
        stage.wait_word("a", "running");
        let lease = stage.lease();
        let _ = gem5_tui::spawn::identity::send(&lease.engine, nix::sys::signal::Signal::SIGKILL);
        wait_for("the engine to be gone", || {
            (gem5_tui::spawn::identity::is_alive(&lease.engine) != gem5_tui::spawn::identity::Alive::Yes).then_some(())
        });
    }
    for file in TOP {
        clear(&stage.outdir().path().join(file));
    }
    stage.open("a", 0);
    stage.call("run exp.yaml").expect(0);
    assert_eq!(stage.entered("a"), 1);
}

#[test]
fn f80_a_lock_file_that_is_no_file_is_told_and_holds_nobody_up() {
    for thing in THINGS {
        let stage = Stage::new();
        stage.gates("", &["a"]);
        let lock: PathBuf = stage.outdir().lock();
        thing.put(&lock);
        stage.open("a", 0);
        for args in
            [&["status", "exp.yaml"][..], &["run", "exp.yaml"], &["cancel", "exp.yaml", "a"], &["stop", "exp.yaml"]]
        {
            let _ = verb(&stage, args);
        }
        clear(&lock);
        stage.call("run exp.yaml").expect(0);
    }
}
