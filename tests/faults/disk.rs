//! Disks that are full, read-only or broken: launches wait, what runs goes on, and no end is forgotten.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use gem5_tui::rundir::attempts;

use crate::stage::{Running, Stage, wait_for};

/// Mounts a file system of its own on `dir`, for this thread and what it starts: nobody else sees it, and it is gone with them.
/// The reason if that is not allowed here.
fn small_disk(dir: &Path, options: &str) -> Result<(), String> {
    let refused = |what: &'static str| move |errno: nix::Error| format!("{what}: {errno}");
    unshare(CloneFlags::CLONE_NEWNS).map_err(refused("unshare"))?;
    let none: Option<&str> = None;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).map_err(refused("make / private"))?;
    fs::create_dir(dir).map_err(|error| error.to_string())?;
    // By default anybody can write there, and no engine works in such a directory.
    let options = format!("{options},mode=0755");
    mount(Some("none"), dir, Some("tmpfs"), MsFlags::empty(), Some(&*options)).map_err(refused("mount tmpfs"))
}

/// Files in `dir` until no name fits any more. Without a name for one more file nothing can be launched.
fn use_up_names(dir: &Path) {
    for n in 0.. {
        if File::create(dir.join(format!("filler-{n}"))).is_err() {
            return;
        }
    }
}

/// A file in `dir` that takes all the space there is.
fn use_up_space(dir: &Path) {
    let file = File::create(dir.join("filler")).unwrap();
    let mut bytes = 1 << 30;
    let mut taken = 0;
    while bytes >= 4096 {
        match rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), taken, bytes) {
            Ok(()) => taken += bytes,
            Err(_) => bytes /= 2,
        }
    }
    assert!(File::create(dir.join("one-more")).and_then(|file| file.set_len(1).map(|()| file)).is_ok());
    assert!(fs::write(dir.join("one-more"), "x").is_err(), "the disk is full");
}

fn notice(stage: &Stage) -> String {
    stage.status().summary["notice"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn f28_a_full_disk_holds_launches_and_leaves_what_runs_alone_until_there_is_space() {
    let stage = Stage::new();
    if let Err(reason) = small_disk(&stage.path("out"), "size=1g,nr_inodes=300") {
        return eprintln!("skipped: {reason}");
    }
    stage.gates("concurrency: 1", &["a", "b", "c"]);
    let _engine = stage.engine("");
    stage.wait_entered(&["a"]);
    use_up_names(&stage.path("out"));
    stage.open("a", 0);
    // The end of what runs is known and written down; what waits says why.
    stage.wait_word("a", "ok");
    wait_for("the notice", || notice(&stage).contains("No space left on device").then_some(()));
    let status = stage.status();
    assert_eq!((status.word("b"), status.word("c")), ("queued", "queued"));
    assert!(status.reason("c").contains("launches fail on this machine"), "{}", status.reason("c"));
    assert_eq!(status.summary["queue"], "open", "the pause of the queue belongs to people");
    let said = stage.call("status exp.yaml");
    assert!(said.out.contains("note: nothing is launched: "), "{}", said.out);
    for entry in fs::read_dir(stage.path("out")).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with("filler") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    // It goes on by itself.
    stage.open_all(&["b", "c"], 0);
    stage.wait_word("c", "ok");
    assert_eq!(notice(&stage), "");
    assert!(!stage.has_attempt("b", 2), "nothing is left of the tries that failed");
}

#[test]
fn f29_an_end_is_written_into_the_space_that_was_kept_for_it() {
    let stage = Stage::new();
    if let Err(reason) = small_disk(&stage.path("out"), "size=320m") {
        return eprintln!("skipped: {reason}");
    }
    stage.gates("concurrency: 1", &["a", "b"]);
    let _engine = stage.engine("");
    stage.wait_entered(&["a"]);
    use_up_space(&stage.path("out"));
    stage.open("a", 7);
    let exit = stage.exit("a", 1);
    assert_eq!(exit.end, gem5_tui::rundir::record::End::Exited { code: 7 });
    stage.wait_word("a", "failed");
    let held = || stage.status().reason("b").contains("the disk is nearly full").then_some(());
    wait_for("the shortage to hold b back", held);
    assert_eq!(stage.entered("b"), 0, "what cannot be recorded is not started");
    // A person can still look and cancel.
    stage.call("cancel exp.yaml b").expect(0);
    stage.wait_word("b", "cancelled");
    fs::remove_file(stage.path("out/filler")).unwrap();
    wait_for("the cancel on disk", || stage.outdir().simulation("b").cancelled().exists().then_some(()));
}

#[test]
fn f29_an_end_does_not_wait_behind_a_pause_for_which_there_is_no_space() {
    let stage = Stage::new();
    if let Err(reason) = small_disk(&stage.path("out"), "size=320m") {
        return eprintln!("skipped: {reason}");
    }
    stage.gates("", &["a"]);
    let _engine = stage.engine("");
    stage.wait_entered(&["a"]);
    use_up_space(&stage.path("out"));
    stage.call("pause exp.yaml a").expect(0);
    let pid = stage.started("a", 1).gem5.pid;
    wait_for("the stop", || (crate::stage::state_of(pid) == Some('T')).then_some(()));
    stage.call("resume exp.yaml a").expect(0);
    wait_for("it to go on", || (crate::stage::state_of(pid) != Some('T')).then_some(()));
    let pauses = || fs::read(stage.attempt("a", 1).pauses()).unwrap_or_default();
    assert!(pauses().is_empty(), "there was no space for it");
    stage.open("a", 7);
    assert_eq!(stage.exit("a", 1).end, gem5_tui::rundir::record::End::Exited { code: 7 });
    fs::remove_file(stage.path("out/filler")).unwrap();
    stage.wait_word("a", "failed");
    wait_for("the pause to be recorded after all", || (!pauses().is_empty()).then_some(()));
    assert_eq!(attempts::pauses(&stage.attempt("a", 1)).1, None);
}

#[test]
fn f29_without_kept_space_the_end_waits_in_the_shim_and_no_half_record_is_seen() {
    let stage = Stage::new();
    let failing = stage.write("failing", "");
    stage.gates("", &["a"]);
    let engine = broken(&stage, "engine exp.yaml", &failing);
    engine.line(0);
    stage.wait_entered(&["a"]);
    // A failure that space cannot mend.
    stage.write("failing", "atomic.written@exit.json=EIO");
    stage.open("a", 0);
    wait_for("the end", || (stage.left("a") == 1).then_some(()));
    let pid = stage.started("a", 1).gem5.pid;
    wait_for("the process to be gone", || (!crate::stage::is_running(pid)).then_some(()));
    assert!(!stage.attempt("a", 1).exit().exists());
    assert_ne!(stage.status().word("a"), "ok", "an end without a record is no success");
    stage.write("failing", "");
    stage.wait_word("a", "ok");
    assert_eq!(stage.entered("a"), 1);
}

/// The program with a disk that fails as the file `failing` says.
fn broken(stage: &Stage, args: &str, failing: &Path) -> Running {
    let mut command = stage.command(args);
    command.env("GEM5_TUI_FAILPOINTS", format!("@{}", failing.display()));
    Running::start(command)
}

#[test]
fn f30_a_disk_that_becomes_read_only_stops_launches_and_nothing_else() {
    let stage = Stage::new();
    let failing = stage.write("failing", "");
    stage.gates("concurrency: 1", &["a", "b", "c"]);
    let engine = broken(&stage, "engine exp.yaml", &failing);
    engine.line(0);
    stage.wait_entered(&["a"]);
    stage.write("failing", "atomic.created=EROFS");
    stage.call("cancel exp.yaml b").expect(0);
    wait_for("the notice", || notice(&stage).contains("Read-only file system").then_some(()));
    stage.open("a", 0);
    wait_for("the end", || (stage.left("a") == 1).then_some(()));
    assert_eq!(stage.status().word("b"), "cancelled", "what a person wants holds although it cannot be written");
    assert!(!stage.outdir().simulation("b").cancelled().exists());
    assert_ne!(stage.status().word("a"), "ok", "its end cannot have been recorded");
    stage.write("failing", "");
    // Everything is written down once the disk takes it.
    wait_for("the cancel on disk", || stage.outdir().simulation("b").cancelled().exists().then_some(()));
    stage.wait_word("a", "ok");
    wait_for("no notice", || notice(&stage).is_empty().then_some(()));
    stage.open("c", 0);
    stage.wait_word("c", "ok");
}

#[test]
fn f30_launches_on_a_read_only_disk_wait_with_a_notice_and_leave_nothing_behind() {
    let stage = Stage::new();
    let failing = stage.write("failing", "atomic.created@spec.json=EROFS");
    stage.gates("", &["a"]);
    let engine = broken(&stage, "engine exp.yaml", &failing);
    engine.line(0);
    wait_for("the notice", || notice(&stage).contains("Read-only file system").then_some(()));
    assert_eq!((stage.status().word("a"), stage.has_attempt("a", 1)), ("queued", false));
    stage.write("failing", "");
    stage.open("a", 0);
    stage.wait_word("a", "ok");
    assert_eq!(notice(&stage), "");
    assert!(!stage.has_attempt("a", 2));
}

#[test]
fn f30_a_read_only_directory_can_still_be_looked_at() {
    let stage = Stage::new();
    if let Err(reason) = small_disk(&stage.path("out"), "size=1g") {
        return eprintln!("skipped: {reason}");
    }
    stage.gates("", &["a", "b"]);
    stage.open("a", 0);
    stage.open("b", 3);
    stage.call("run exp.yaml").expect(1);
    let remounted = Command::new("mount").args(["-o", "remount,ro"]).arg(stage.path("out")).status().unwrap();
    assert!(remounted.success());
    let status = stage.status();
    assert_eq!((status.word("a"), status.word("b")), ("ok", "failed"));
    for verb in
        ["status exp.yaml", "logs exp.yaml b", "stats exp.yaml a --watch simTicks", "show exp.yaml b", "plan exp.yaml"]
    {
        let said = stage.call(verb);
        assert!(
            matches!(said.code, Some(0 | 1)) && !said.out.is_empty() | (verb.starts_with("logs")),
            "{verb}: {said:#?}"
        );
        assert!(!said.err.contains("panicked"), "{verb}: {}", said.err);
    }
    let said = stage.call("run exp.yaml").expect(1);
    assert!(said.err.contains("Read-only file system"), "{}", said.err);
    assert_eq!(stage.entered("b"), 1);
}

#[test]
fn f31_a_disk_that_fails_for_a_moment_makes_nothing_lost_and_touches_no_other_row() {
    for errno in ["EIO", "ESTALE"] {
        let stage = Stage::new();
        let failing = stage.write("failing", "");
        stage.gates("concurrency: 2", &["a", "b"]);
        let engine = broken(&stage, "engine exp.yaml", &failing);
        engine.line(0);
        stage.wait_entered(&["a", "b"]);
        // Neither the directory nor a record in it can be looked at when `a` ends.
        let points =
            ["record.read@a/attempt-1/exit.json", "launch.left@a/attempt-1", "launch.left@attempt-1/exit.json"];
        stage.write("failing", &points.map(|point| format!("{point}={errno}")).join(";"));
        stage.open("a", 0);
        stage.exit("a", 1);
        stage.open("b", 0);
        stage.wait_word("b", "ok");
        assert_eq!(stage.status().word("a"), "running", "{errno}: nobody can know its end yet");
        stage.write("failing", "");
        stage.wait_word("a", "ok");
        assert_eq!(stage.entered("a"), 1);
    }
}

#[test]
fn f31_a_launch_that_cannot_be_recorded_is_tried_again_when_the_disk_works() {
    let stage = Stage::new();
    let failing = stage.write("failing", "atomic.written@spec.json=EIO");
    stage.gates("", &["a"]);
    stage.open("a", 0);
    let engine = broken(&stage, "engine exp.yaml", &failing);
    engine.line(0);
    wait_for("the notice", || notice(&stage).contains("Input/output error").then_some(()));
    assert_eq!((stage.entered("a"), stage.has_attempt("a", 1)), (0, false));
    stage.write("failing", "");
    stage.wait_word("a", "ok");
    assert_eq!(stage.entered("a"), 1);
}
