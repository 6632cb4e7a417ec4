//! F67: directories and records that belong to somebody else, or that others can write. Most of it needs root.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gem5_tui::rundir::atomic::write_json;
use gem5_tui::rundir::record::{FORMAT, Identity, Moment, Started};
use gem5_tui::spawn::identity;

use crate::stage::{Bystander, Running, Said, Stage, contents};

/// Two users who are in no list of users.
const ANN: u32 = 4242;
const BOB: u32 = 4343;

fn is_root() -> bool {
    let is_root = nix::unistd::geteuid().is_root();
    if !is_root {
        eprintln!("skipped: only root can be other users");
    }
    is_root
}

fn permit(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Gives a directory and all that is in it to a user.
fn give(path: &Path, user: u32) {
    lchown(path, Some(user), Some(user)).unwrap();
    if !path.is_symlink() && path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path(), user);
        }
    }
}

/// Says that a process of an attempt runs which it has never started.
fn forge(path: &Path, process: &Identity) {
    let (gem5, shim) = (process.clone(), Identity { pid: 1, start_ticks: 1, ..process.clone() });
    let at = Moment::now();
    let started =
        Started { format: FORMAT, gem5, shim, at, suspended_ms: None, group: None, directory: None, takes_term: false };
    write_json(path, &started).unwrap();
}

/// Runs the program as Ann, whose the stage is.
fn as_ann(stage: &Stage, args: &str) -> Said {
    let mut command = stage.command(args);
    command.uid(ANN).gid(ANN).env("PATH", "/usr/bin:/bin").env("HOME", stage.path(""));
    Running::start(command).finish()
}

/// Every verb that may start an engine. One that works would not come to its end here.
const VERBS: [&str; 6] = [
    "run exp.yaml",
    "engine exp.yaml",
    "retry exp.yaml a",
    "cancel exp.yaml a",
    "pause exp.yaml --queue",
    "stop exp.yaml --cancel",
];

/// That all of them refuse, say why, and leave everything as it was.
#[track_caller]
fn assert_refused(stage: &Stage, call: impl Fn(&str) -> Said, why: &[&str]) {
    let before = contents(&stage.path("out"));
    for verb in VERBS {
        let said = call(verb).expect(2);
        for word in why.iter().chain(&["--trust-directory"]) {
            assert!(said.err.contains(word) || said.out.contains(word), "{verb} does not say {word}: {said:?}");
        }
    }
    assert_eq!(stage.entered("a"), 0);
    assert_eq!(contents(&stage.path("out")), before);
}

#[test]
fn f67_a_directory_that_another_user_has_made_ends_no_process_and_starts_nothing() {
    if !is_root() {
        return;
    }
    let stage = Stage::new();
    // Further defaults.
    stage.gates("  timeout: 1s\n  grace: 1s", &["a"]);
    let mut innocent =
        Bystander(Command::new("sleep").arg("3600").stdin(Stdio::null()).uid(ANN).gid(ANN).spawn().unwrap());
    fs::create_dir_all(stage.attempt("a", 1).path()).unwrap();
    forge(&stage.attempt("a", 1).started(), &identity::of(innocent.pid()).unwrap());
    give(&stage.path(""), ANN);
    give(&stage.path("out"), BOB);
    // Ann may write there: it would be done.
    for path in [stage.path(""), stage.path("out"), stage.path("out/a"), stage.path("out/a/attempt-1")] {
        permit(&path, 0o777);
    }
    permit(&stage.attempt("a", 1).started(), 0o644);
    assert_refused(&stage, |verb| as_ann(&stage, verb), &["user 4343", "out"]);
    // Nor is Bob believed where only what he has put there is his.
    give(&stage.path("out"), ANN);
    for path in [stage.path("out"), stage.path("out/a")] {
        permit(&path, 0o755);
    }
    give(&stage.path("out/a/attempt-1"), BOB);
    assert_refused(&stage, |verb| as_ann(&stage, verb), &["user 4343", "out/a/attempt-1"]);
    for verb in ["status exp.yaml", "plan exp.yaml", "show exp.yaml a"] {
        let said = as_ann(&stage, verb);
        assert!(matches!(said.code, Some(0 | 1)) && !said.out.is_empty(), "a look is free: {verb}: {said:?}");
    }
    assert!(innocent.is_untouched());
}

#[test]
fn f67_a_directory_that_others_can_write_is_refused_until_they_cannot() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    fs::create_dir_all(stage.attempt("a", 1).path()).unwrap();
    for below in ["out", "out/a", "out/a/attempt-1"] {
        let path = stage.path(below);
        let before = mode(&path);
        for open in [0o777, 0o1777, 0o757] {
            permit(&path, open);
            let told = [&*format!("mode {open:04o}"), &*format!("chmod go-w {}", path.display())].map(str::to_owned);
            assert_refused(&stage, |verb| stage.call(verb), &[&told[0], &told[1]]);
        }
        permit(&path, before & !0o022);
    }
    stage.open("a", 0);
    stage.call("run exp.yaml").expect(0);
}

#[test]
fn f67_a_group_that_is_not_the_users_own_counts_as_others() {
    if !is_root() {
        return;
    }
    let stage = Stage::new();
    stage.gates("", &["a"]);
    fs::create_dir(stage.path("out")).unwrap();
    // A group that does not exist has who knows whom in it.
    chown(stage.path("out"), None, Some(BOB)).unwrap();
    permit(&stage.path("out"), 0o2775);
    assert_refused(&stage, |verb| stage.call(verb), &["group 4343", "chmod go-w"]);
}

#[test]
fn f67_root_works_in_the_directory_of_a_user_on_a_persons_word_only() {
    if !is_root() {
        return;
    }
    let stage = Stage::new();
    stage.gates("", &["a", "b"]);
    stage.open_all(&["a", "b"], 0);
    fs::create_dir_all(stage.path("out/b")).unwrap();
    give(&stage.path("out"), BOB);
    assert_refused(&stage, |verb| stage.call(verb), &["user 4343", "as root"]);
    // The word is passed on to an engine in the background.
    stage.call("resume exp.yaml --queue --trust-directory").expect(0);
    stage.wait_word("a", "ok");
    stage.call("run exp.yaml --trust-directory").expect(0);
    assert_eq!(stage.status().word("b"), "ok");
}

#[test]
fn f67_a_record_of_another_user_is_not_believed() {
    if !is_root() {
        return;
    }
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.open("a", 0);
    let mut innocent = Bystander::new();
    fs::create_dir_all(stage.attempt("a", 1).path()).unwrap();
    let forged = stage.attempt("a", 1).started();
    for (owner, mode) in [(BOB, 0o644), (0, 0o666)] {
        forge(&forged, &identity::of(innocent.pid()).unwrap());
        chown(&forged, Some(owner), None).unwrap();
        permit(&forged, mode);
        let engine = stage.engine("--held");
        let status = stage.status();
        assert_eq!(status.word("a"), "lost");
        assert!(status.reason("a").contains("started.json"), "{}", status.reason("a"));
        engine.kill();
    }
    stage.call("run exp.yaml").expect(0);
    assert_eq!((stage.entered("a"), innocent.is_untouched()), (1, true));
}

#[test]
fn f67_records_and_links_of_another_user_in_ones_own_directory_are_refused() {
    if !is_root() {
        return;
    }
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.open("a", 0);
    stage.call("run exp.yaml").expect(0);
    let outdir = stage.outdir();
    for path in [outdir.experiment_record(), outdir.lock(), outdir.log(), outdir.simulation("a").latest()] {
        lchown(&path, Some(BOB), None).unwrap();
        let said = stage.call("run exp.yaml").expect(2);
        assert!(said.err.contains(&*path.to_string_lossy()) && said.err.contains("user 4343"), "{}", said.err);
        lchown(&path, Some(0), None).unwrap();
    }
    fs::rename(stage.path("out/a"), stage.path("elsewhere")).unwrap();
    symlink(stage.path("elsewhere"), stage.path("out/a")).unwrap();
    lchown(stage.path("out/a"), Some(BOB), None).unwrap();
    let said = stage.call("run exp.yaml").expect(2);
    assert!(said.err.contains("out/a") && said.err.contains("user 4343"), "{}", said.err);
}

#[test]
fn f67_what_is_made_here_can_be_written_by_its_user_alone_whatever_the_mask() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.open("a", 0);
    for mask in ["0", "002"] {
        let out = format!("deep-{mask}/er/out");
        let mut command = Command::new("sh");
        command.args(["-c", &format!("umask {mask}; exec \"$@\""), "sh", env!("CARGO_BIN_EXE_gem5-tui")]);
        command.args(["run", "exp.yaml", "--outdir", &out]);
        stage.surround(&mut command);
        Running::start(command).finish().expect(0);
        let mut made: Vec<PathBuf> = vec![stage.path(&out), stage.path(&out).join("a/attempt-1/m5out")];
        made.extend([stage.path(&format!("deep-{mask}")), stage.path(&format!("deep-{mask}/er"))]);
        made.extend([stage.path(&out).join("a"), stage.path(&out).join("a/attempt-1")]);
        for path in made {
            assert_eq!(mode(&path) & 0o022, 0, "{}", path.display());
        }
    }
}

#[test]
fn f67_a_demo_is_not_taken_from_a_directory_that_others_can_write() {
    let stage = Stage::new();
    fs::create_dir_all(stage.path("demo/configs")).unwrap();
    permit(&stage.path("demo"), 0o1777);
    stage.write("demo/configs/demo.yaml", "simulations: []\n");
    let before = contents(&stage.path("demo"));
    let said = stage.call("demo demo --headless").expect(2);
    assert!(said.err.contains("mode 1777"), "{}", said.err);
    assert_eq!(contents(&stage.path("demo")), before);
}
