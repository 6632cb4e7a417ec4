//! F51: symbolic links in the places of what we make.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use gem5_tui::protocol::{Link, Request, ServerMessage};

use crate::stage::{PATIENCE, Running, Stage, contents, state_of, wait_for};

/// A directory of somebody else, with a file in it.
fn elsewhere(stage: &Stage) -> PathBuf {
    let path = stage.path("elsewhere");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("thesis.tex"), "somebody's").unwrap();
    path
}

#[track_caller]
fn assert_untouched(elsewhere: &Path) {
    let files = contents(elsewhere);
    let entries = fs::read_dir(elsewhere).unwrap().count();
    assert_eq!((entries, &files[&elsewhere.join("thesis.tex")][..]), (1, &b"somebody's"[..]), "{:?}", files.keys());
}

#[test]
fn f51_nothing_is_written_through_a_link_in_the_place_of_a_simulation() {
    let stage = Stage::new();
    stage.gates("concurrency: 1", &["a", "b"]);
    stage.open_all(&["a", "b"], 0);
    let elsewhere = elsewhere(&stage);
    fs::create_dir(stage.path("out")).unwrap();
    symlink(&elsewhere, stage.path("out/a")).unwrap();
    let said = stage.call("run exp.yaml").expect(1);
    assert!(said.out.contains("not-started") && said.out.contains("symbolic link"), "{}", said.out);
    assert_untouched(&elsewhere);
    let status = stage.status();
    assert_eq!((stage.entered("a"), status.word("b")), (0, "ok"));
    // Without the link it is like any other.
    fs::remove_file(stage.path("out/a")).unwrap();
    stage.call("run exp.yaml").expect(0);
    assert_eq!((stage.entered("a"), stage.entered("b")), (1, 1));
    assert_untouched(&elsewhere);
}

#[test]
fn f51_wishes_of_a_person_are_not_written_or_removed_through_a_link() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let elsewhere = elsewhere(&stage);
    fs::write(elsewhere.join("cancelled.json"), "{\"format\": 1, \"at\": {\"unix_ms\": 1, \"boot_ms\": 1}}").unwrap();
    fs::create_dir(stage.path("out")).unwrap();
    symlink(&elsewhere, stage.path("out/a")).unwrap();
    let before = contents(&elsewhere);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let engine = stage.engine("--held");
    runtime.block_on(async {
        let mut link = Link::connect(&stage.lease().socket).await.unwrap();
        link.send(Request::Subscribe).await;
        for request in [Request::Retry { sims: vec![0] }, Request::Cancel { sims: vec![0] }] {
            link.send(request).await;
        }
        let told = |notice: &str| notice.contains("symbolic link");
        let search = async {
            loop {
                match link.incoming.recv().await.expect("the engine is there") {
                    ServerMessage::Header { header } if header.notice.as_deref().is_some_and(told) => return,
                    _ => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, search).await.expect("a notice in time");
    });
    engine.kill();
    stage.open("a", 0);
    stage.call("run exp.yaml").expect(1);
    assert_eq!(contents(&elsewhere), before);
    assert_eq!(stage.entered("a"), 0);
}

#[test]
fn f51_a_link_in_the_place_of_an_attempt_is_stepped_over() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.open("a", 0);
    let elsewhere = elsewhere(&stage);
    fs::create_dir_all(stage.path("out/a")).unwrap();
    symlink(&elsewhere, stage.path("out/a/attempt-1")).unwrap();
    symlink(stage.path("nothing"), stage.path("out/a/attempt-2")).unwrap();
    stage.call("run exp.yaml").expect(0);
    assert!(stage.attempt("a", 3).exit().exists());
    assert_eq!(fs::read_link(stage.path("out/a/latest")).unwrap(), Path::new("attempt-3"));
    assert_untouched(&elsewhere);
    assert!(!stage.path("nothing").exists());
}

/// An engine that has made the first attempt of `a` and waits before it starts the shim; then what `plant` does, then on.
fn with_planted(stage: &Stage, plant: impl FnOnce(&Path)) {
    let mut command = stage.command("run exp.yaml");
    command.env("GEM5_TUI_FAILPOINTS", format!("engine.intended=wait:{}", stage.path("go").display()));
    let run = Running::start(command);
    wait_for("the intent", || stage.attempt("a", 1).spec().exists().then_some(()));
    plant(stage.attempt("a", 1).path());
    stage.write("go", "");
    let said = run.finish().expect(1);
    assert!(said.out.contains("not-started"), "{}", said.out);
    assert_eq!(stage.entered("a"), 0);
}

#[test]
fn f51_a_link_in_the_place_of_the_output_directory_is_refused() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.open("a", 0);
    let elsewhere = elsewhere(&stage);
    with_planted(&stage, |attempt| symlink(&elsewhere, attempt.join("m5out")).unwrap());
    let status = stage.status();
    assert!(status.reason("a").contains("symbolic link"), "{}", status.reason("a"));
    assert_untouched(&elsewhere);
    stage.call("run exp.yaml").expect(0);
}

#[test]
fn f51_a_link_in_the_place_of_a_log_is_refused() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.open("a", 0);
    let elsewhere = elsewhere(&stage);
    with_planted(&stage, |attempt| {
        fs::create_dir(attempt.join("m5out")).unwrap();
        symlink(elsewhere.join("new"), attempt.join("m5out/simout.txt")).unwrap();
    });
    assert_untouched(&elsewhere);
    stage.call("run exp.yaml").expect(0);
}

#[test]
fn f51_links_in_the_places_of_records_are_refused_and_kept_with_their_targets() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.open("a", 0);
    let elsewhere = elsewhere(&stage);
    let victim = elsewhere.join("thesis.tex");
    fs::create_dir(stage.path("out")).unwrap();
    let outdir = stage.outdir();
    // What is written into one would end up there.
    for path in [outdir.lock(), outdir.log(), outdir.experiment_record(), outdir.controls()] {
        symlink(&victim, &path).unwrap();
        let said = stage.call("run exp.yaml").expect(2);
        assert!(said.err.contains("is a symbolic link"), "{}", said.err);
        fs::remove_file(path).unwrap();
    }
    symlink(elsewhere.join("new"), outdir.path().join(".record-aaaaaa.tmp")).unwrap();
    stage.call("run exp.yaml").expect(0);
    assert!(fs::symlink_metadata(outdir.experiment_record()).unwrap().is_file());
    stage.call("pause exp.yaml --queue").expect(0);
    assert_untouched(&elsewhere);
}

#[test]
fn f51_a_link_in_the_place_of_the_pauses_is_not_written_through() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let elsewhere = elsewhere(&stage);
    let _engine = stage.engine("");
    stage.wait_entered(&["a"]);
    let (attempt, pid) = (stage.attempt("a", 1), stage.started("a", 1).gem5.pid);
    symlink(elsewhere.join("thesis.tex"), attempt.pauses()).unwrap();
    stage.call("pause exp.yaml a").expect(0);
    wait_for("the stop", || (state_of(pid) == Some('T')).then_some(()));
    stage.call("resume exp.yaml a").expect(0);
    wait_for("it to go on", || (state_of(pid) != Some('T')).then_some(()));
    assert_untouched(&elsewhere);
    // The shim keeps what it has to say until it can say it.
    fs::remove_file(attempt.pauses()).unwrap();
    stage.open("a", 0);
    stage.wait_word("a", "ok");
    assert_eq!(fs::read_to_string(attempt.pauses()).unwrap().lines().count(), 2);
    assert_untouched(&elsewhere);
}

#[test]
fn f51_the_experiment_directory_itself_may_be_a_link() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.open("a", 0);
    fs::create_dir(stage.path("large-disk")).unwrap();
    symlink("large-disk", stage.path("out")).unwrap();
    stage.call("run exp.yaml").expect(0);
    assert!(stage.path("large-disk/a/attempt-1/exit.json").exists());
    assert_eq!(stage.status().word("a"), "ok");
    // Both names are one experiment.
    let engine = stage.engine("");
    stage.call("engine exp.yaml --outdir large-disk").expect(3);
    engine.kill();
}

#[test]
fn f51_an_experiment_directory_behind_a_link_that_is_not_there_yet_runs() {
    let stage = Stage::new();
    fs::create_dir(stage.path("real")).unwrap();
    symlink("real", stage.path("link")).unwrap();
    stage.gates("", &["a"]);
    stage.open("a", 0);
    stage.call("run exp.yaml --outdir link/deep/out").expect(0);
    assert!(stage.path("real/deep/out/a/attempt-1/exit.json").exists());
}
