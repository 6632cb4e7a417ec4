//! F76: control groups that nobody is left to remove.

use std::fs;
use std::path::{Path, PathBuf};

use gem5_tui::rundir::record::Started;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::stage::{Stage, is_running, wait_for};

fn end(pid: i32) {
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    wait_for("its end", || (!is_running(pid)).then_some(()));
}

fn is_empty(group: &Path) -> bool {
    fs::read_to_string(group.join("cgroup.procs")).is_ok_and(|listing| listing.is_empty())
}

#[test]
fn f76_groups_whose_shims_were_killed_are_removed_by_the_next_engine() {
    let stage = Stage::new();
    stage.gates("concurrency: 2", &["a", "b"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a", "b"]);
    let started: Vec<Started> = ["a", "b"].map(|name| stage.started(name, 1)).into();
    let groups: Option<Vec<PathBuf>> = started.iter().map(|started| started.group.clone()).collect();
    let Some(groups) = groups else { return eprintln!("skipped: no control groups can be made here") };
    engine.kill();
    let [a, b] = started.as_slice() else { unreachable!() };
    end(a.shim.pid);
    end(a.gem5.pid);
    wait_for("an empty group", || is_empty(&groups[0]).then_some(()));
    // One that nobody made for a shim, and one whose shim was killed before it wrote anything down.
    let theirs = groups[0].with_file_name("gem5-tui-theirs");
    let unrecorded = groups[0].with_file_name(format!("gem5-tui-{}-1", a.shim.pid));
    fs::create_dir(&theirs).unwrap();
    fs::create_dir(&unrecorded).unwrap();
    let engine = stage.engine("");
    assert_eq!([&groups[0], &unrecorded, &theirs, &groups[1]].map(|group| group.exists()), [false, false, true, true]);
    fs::remove_dir(theirs).unwrap();
    assert!(is_running(b.gem5.pid) && !is_empty(&groups[1]));
    stage.open("b", 0);
    stage.wait_word("b", "ok");
    wait_for("the end of its group", || (!groups[1].exists()).then_some(()));
    engine.kill();
}
