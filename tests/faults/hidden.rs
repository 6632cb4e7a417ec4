//! F73: records that this user may not read, as after one `sudo gem5-tui run`.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use gem5_tui::rundir::attempts;
use nix::sys::signal::Signal;

use crate::stage::{Running, Said, Stage, wait_for};

/// `nobody`, as whom the program runs where the test is root, who may read everything.
const NOBODY: u32 = 65_534;

/// A place of a user who is not root.
struct Place {
    stage: Stage,
    program: PathBuf,
}

impl Place {
    fn new() -> Self {
        let stage = Stage::new();
        // The interpreter and the program may lie where another user cannot look.
        let python = stage.write("python3", "#!/bin/sh\nexit 0\n");
        fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
        stage.write("exp.yaml", "name: staged\ngem5: ./python3\noutdir: out\nsimulations:\n  - {name: a, script: gate.py}\n  - {name: b, script: gate.py}\n");
        let program = stage.path("gem5-tui");
        // Not copied by this process: one that another test is starting would have the file open for writing until it runs what it
        // shall, and a file that is open for writing does not run.
        let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_gem5-tui")).arg(&program).status().unwrap();
        assert!(copied.success());
        let place = Self { stage, program };
        place.give_all_back();
        place
    }

    fn command(&self, args: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args.split_whitespace());
        self.stage.surround(&mut command);
        command.env("PATH", "/usr/bin:/bin").env("HOME", self.stage.path(""));
        if nix::unistd::geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    #[track_caller]
    fn call(&self, args: &str) -> Said {
        Running::start(self.command(args)).finish()
    }

    fn give_all_back(&self) {
        let mut paths = vec![self.stage.path("")];
        while let Some(path) = paths.pop() {
            let Ok(meta) = path.symlink_metadata() else { continue };
            if meta.is_symlink() {
                continue;
            }
            if nix::unistd::geteuid().is_root() {
                chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
            fs::set_permissions(&path, fs::Permissions::from_mode(meta.permissions().mode() | 0o600)).unwrap();
            if meta.is_dir() {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
                paths.extend(fs::read_dir(&path).unwrap().flatten().map(|entry| entry.path()));
            }
        }
    }
}

/// Takes a file away from the user of the place.
fn hide(path: &Path) {
    if nix::unistd::geteuid().is_root() {
        chown(path, Some(0), Some(0)).unwrap();
        let is_dir = path.is_dir();
        fs::set_permissions(path, fs::Permissions::from_mode(if is_dir { 0o700 } else { 0o600 })).unwrap();
    } else {
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    }
}

#[test]
fn f73_records_that_may_not_be_read_are_told_with_what_to_do_and_nothing_starts_beside_them() {
    let place = Place::new();
    place.call("run exp.yaml").expect(0);
    let attempt = place.stage.attempt("a", 1);
    let simulation = place.stage.outdir().simulation("a");
    let hidden =
        [attempt.spec(), attempt.started(), attempt.exit(), attempt.path().to_owned(), simulation.path().to_owned()];
    for path in hidden {
        hide(&path);
        let shown = path.display();
        let told = place.call("status exp.yaml --json").expect(1).json();
        assert_eq!(told[0]["status"]["outcome"]["kind"], "lost", "{shown}: {}", told[0]);
        assert_eq!(told[1]["status"]["outcome"]["kind"], "ok", "{shown}");
        let run = place.call("run exp.yaml").expect(1);
        let says = if path == simulation.path() { "ermission denied" } else { "sudo chown -R" };
        assert!(run.err.contains(says) || told[0]["reason"].as_str().unwrap().contains(says), "{shown}: {}", run.err);
        let retry = place.call("retry exp.yaml a");
        assert!(path == simulation.path() || retry.code == Some(1), "{shown}: {retry:?}");
        wait_for("the engine of that to end", || {
            (place.call("status exp.yaml --json").json().last().unwrap()["engine"] == false).then_some(())
        });
        place.give_all_back();
        assert_eq!(attempts::numbers(&simulation).unwrap(), [1], "{shown}");
    }
    place.call("run exp.yaml").expect(0);
    assert_eq!(attempts::numbers(&simulation).unwrap(), [1]);
}

#[test]
fn f73_a_run_that_waits_for_what_never_comes_ends_when_it_is_told_to() {
    let stage = Stage::new();
    stage.gates("", &["a", "b"]);
    stage.open_all(&["a", "b"], 0);
    stage.call("run exp.yaml").expect(0);
    // A shim that holds its attempt and starts nothing: this process.
    let attempt = stage.attempt("a", 1);
    for path in [attempt.exit(), attempt.outcome(), attempt.started()] {
        fs::remove_file(path).unwrap();
    }
    let lock = attempts::lock_spec(&attempt).unwrap();
    let mut run = stage.start("run exp.yaml");
    wait_for("the run to begin", || (stage.status_now().summary["engine"] == true).then_some(()));
    wait_for("the run to end", || {
        run.signal(Signal::SIGTERM);
        std::thread::yield_now();
        (!run.is_alive()).then_some(())
    });
    let said = run.finish().expect(130);
    assert!(said.err.contains("did not end"), "{}", said.err);
    drop(lock);
}
