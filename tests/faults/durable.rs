//! F59: results that are on disk before their end is, and that are those of the end.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use gem5_tui::rundir::record::End;
use gem5_tui::rundir::{ExperimentDir, attempts};
use gem5_tui::spawn::last_words::is_told_here;

use crate::roles::kill_shim;
use crate::stage::{Running, Stage, wait_for};

/// A file system on a file that ends when it is dropped.
struct Disk {
    at: PathBuf,
    is_mounted: bool,
}

impl Disk {
    /// Makes a file system in `image` and has the experiment's directory on it. None, which is told, where that is not allowed.
    fn of_its_own(image: &Path, stage: &Stage) -> Option<Self> {
        File::create(image).unwrap().set_len(64 << 20).unwrap();
        let made = run(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(image));
        let disk = made.and_then(|()| Self::mount(image, &stage.path("out")));
        disk.inspect_err(|reason| eprintln!("skipped: {reason}")).ok()
    }

    /// Mounts the file system in `image`. The reason if that is not allowed here.
    fn mount(image: &Path, at: &Path) -> Result<Self, String> {
        fs::create_dir(at).unwrap();
        run(Command::new("mount").args(["-o", "loop"]).args([image, at]))?;
        Ok(Self { at: at.to_owned(), is_mounted: true })
    }

    fn umount(&mut self) {
        if std::mem::take(&mut self.is_mounted) {
            // A process that is just leaving may have a file open there; the mount goes with the last of them.
            run(Command::new("umount").arg("-l").arg(&self.at)).unwrap();
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.umount();
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

const STATS: &str = "---------- Begin Simulation Statistics ----------\n\
                     simTicks                                   4711                       # ticks\n\
                     simInsts                                   1234                       # instructions\n\
                     ---------- End Simulation Statistics   ----------\n";

/// Simulations that write stats and a log into their output directory and end when their gate opens.
fn writers(stage: &Stage, names: &[&str]) {
    let script = "import sys\n\
                  place = os.path.dirname(os.readlink('/proc/self/fd/1'))\n\
                  open(sys.argv[1], 'w').close()\n\
                  wait('gate-' + sys.argv[1])\n\
                  print('written by ' + sys.argv[1])\n\
                  with open(os.path.join(place, 'stats.txt'), 'w') as file:\n\
                  \x20   file.write(open('stats').read())\n";
    stage.write("stats", STATS);
    stage.script("writes.py", script);
    let simulation = |name: &&str| format!("  - {{name: {name}, script: writes.py, args: [{name}]}}\n");
    stage.experiment("", &names.iter().map(simulation).collect::<String>());
}

fn wait_begun(stage: &Stage, name: &str) {
    wait_for("it to begin", || stage.path(name).exists().then_some(()));
    stage.started(name, 1);
}

/// An experiment of one simulation that ended ok.
fn ended_ok() -> Stage {
    let stage = Stage::new();
    writers(&stage, &["a"]);
    stage.open("a", 0);
    stage.call("run exp.yaml").expect(0);
    stage
}

#[test]
fn f59_a_power_cut_right_after_the_end_leaves_stats_and_logs_whole() {
    let stage = Stage::new();
    let (image, copy) = (stage.path("image"), stage.path("copy"));
    let Some(mut disk) = Disk::of_its_own(&image, &stage) else { return };
    writers(&stage, &["a"]);
    let engine = stage.engine("");
    wait_begun(&stage, "a");
    stage.open("a", 0);
    stage.exit("a", 1);
    // What the disk has at this moment; what the kernel still keeps in memory is not in it.
    fs::copy(&image, &copy).unwrap();
    stage.wait_word("a", "ok");
    engine.finish();
    disk.umount();
    let after = Disk::mount(&copy, &stage.path("after")).unwrap();
    let m5out = after.at.join("a/attempt-1/m5out");
    assert_eq!(fs::read_to_string(m5out.join("stats.txt")).unwrap(), STATS);
    assert_eq!(fs::read_to_string(m5out.join("simout.txt")).unwrap(), "written by a\n");
    let said = stage.call("status exp.yaml --outdir after --json").expect(0);
    assert_eq!(said.json()[0]["status"]["outcome"]["kind"], "ok");
    let said = stage.call("stats exp.yaml --outdir after --watch simTicks").expect(0);
    assert!(said.out.contains("4711"), "{}", said.out);
}

/// What runs is on disk with the record of its start, and what a power cut leaves of one that was just beginning is in nobody's way.
#[test]
fn f59_a_power_cut_right_after_a_start_knows_what_ran_and_one_before_it_starts_it_anew() {
    let stage = Stage::new();
    let (image, at_start, before) = (stage.path("image"), stage.path("at-start"), stage.path("before"));
    let Some(mut disk) = Disk::of_its_own(&image, &stage) else { return };
    writers(&stage, &["a"]);
    let mut command = stage.command("engine exp.yaml");
    let gate = stage.path("may-record");
    command.env("GEM5_TUI_FAILPOINTS", format!("shim.spawned=wait:{}", gate.display()));
    let engine = Running::start(command);
    engine.line(0);
    wait_for("it to begin", || stage.path("a").exists().then_some(()));
    fs::copy(&image, &before).unwrap();
    fs::write(&gate, "").unwrap();
    wait_begun(&stage, "a");
    fs::copy(&image, &at_start).unwrap();
    stage.open("a", 0);
    stage.wait_word("a", "ok");
    engine.finish();
    disk.umount();
    // Of another boot nothing lives, but here the machine has not been down. So only what is on disk is looked at.
    let after = Disk::mount(&at_start, &stage.path("after")).unwrap();
    let simulation = ExperimentDir::new(&after.at).simulation("a");
    let records = attempts::read(&simulation, 1).unwrap();
    assert_eq!(records.spec.unwrap().simulation, "a");
    assert!(records.started.is_some());
    drop(after);
    let after = Disk::mount(&before, &stage.path("earlier")).unwrap();
    let said = stage.call("run exp.yaml --outdir earlier").expect(0);
    let last = attempts::newest(&ExperimentDir::new(&after.at).simulation("a")).unwrap();
    let records = attempts::read(&ExperimentDir::new(&after.at).simulation("a"), last).unwrap();
    assert_eq!(records.exit.map(|exit| exit.end), Some(End::Exited { code: 0 }), "{said:#?}");
}

/// So a power cut leaves one that no shim had seen to. It kept the whole experiment from starting, as a damaged record does.
#[test]
fn f59_an_attempt_whose_spec_a_power_cut_left_empty_was_never_started() {
    let stage = Stage::new();
    writers(&stage, &["a"]);
    stage.open("a", 0);
    fs::create_dir_all(stage.attempt("a", 1).path()).unwrap();
    fs::write(stage.attempt("a", 1).spec(), "").unwrap();
    assert_eq!(stage.status().word("a"), "queued");
    let said = stage.call("run exp.yaml").expect(0);
    assert_eq!(stage.status().word("a"), "ok", "{said:#?}");
}

/// What is done to a file of an attempt, and whether its result is still that of the end.
type Deed<'a> = (&'a str, &'a dyn Fn(&Path), bool);

#[test]
fn f59_stats_and_logs_of_another_size_are_not_ok_and_a_copy_of_them_is() {
    let truncate = |path: &Path| File::options().write(true).open(path).unwrap().set_len(3).unwrap();
    let remove = |path: &Path| fs::remove_file(path).unwrap();
    let lengthen = |path: &Path| fs::write(path, [fs::read(path).unwrap(), b"more".to_vec()].concat()).unwrap();
    let touch = |path: &Path| {
        File::options().write(true).open(path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    };
    let deeds: [Deed<'_>; 4] = [
        ("truncated", &truncate, false),
        ("removed", &remove, false),
        ("longer", &lengthen, false),
        ("touched", &touch, true),
    ];
    let stage = ended_ok();
    let m5out = stage.attempt("a", 1).m5out();
    for file in ["stats.txt", "simout.txt", "simerr.txt"] {
        let path = m5out.join(file);
        let before = fs::read(&path).unwrap();
        for (what, deed, is_ok) in deeds {
            if before.is_empty() && what == "truncated" {
                continue;
            }
            deed(&path);
            let status = stage.status();
            let reason = status.reason("a");
            if is_ok {
                assert_eq!(status.word("a"), "ok", "{file} {what}: {reason}");
            } else {
                assert_eq!(status.word("a"), "lost", "{file} {what}");
                assert!(reason.contains(file), "{file} {what}: {reason}");
            }
            fs::write(&path, &before).unwrap();
        }
    }
    assert_eq!(stage.status().word("a"), "ok", "what is there again is judged again");
    // An engine that begins says the same, and begins it again.
    truncate(&m5out.join("stats.txt"));
    stage.open("a", 0);
    let said = stage.call("run exp.yaml").expect(0);
    assert!(stage.has_attempt("a", 2), "{said:#?}");
    assert_eq!(stage.status().word("a"), "ok");
}

#[test]
fn f59_a_copy_of_a_whole_experiment_with_other_times_is_ok() {
    let stage = ended_ok();
    assert!(Command::new("cp").arg("-r").args([stage.path("out"), stage.path("copied")]).status().unwrap().success());
    let times = |path: PathBuf| fs::metadata(path).unwrap().modified().unwrap();
    let stats = "a/attempt-1/m5out/stats.txt";
    assert_ne!(times(stage.path("out").join(stats)), times(stage.path("copied").join(stats)));
    let said = stage.call("status exp.yaml --outdir copied --json").expect(0);
    assert_eq!(said.json()[0]["status"]["outcome"]["kind"], "ok", "{said:#?}");
}

#[test]
fn f59_an_end_that_an_engine_writes_down_for_a_killed_shim_has_its_results_too() {
    if !is_told_here() {
        return eprintln!("skipped: this kernel tells no such end");
    }
    let stage = Stage::new();
    writers(&stage, &["a"]);
    let engine = stage.engine("");
    wait_begun(&stage, "a");
    // From then on the kernel tells the engine, too.
    stage.wait_word("a", "running");
    kill_shim(&stage, "a");
    stage.open("a", 0);
    stage.wait_word("a", "ok");
    engine.finish();
    let exit = stage.exit("a", 1);
    assert!(exit.unsupervised && exit.end == End::Exited { code: 0 } && exit.unsynced.is_none());
    let size = |file: &str| exit.written.iter().find(|written| written.file.ends_with(file)).unwrap().bytes;
    assert_eq!(size("stats.txt"), Some(STATS.len() as u64));
    fs::write(stage.attempt("a", 1).m5out().join("stats.txt"), "").unwrap();
    let status = stage.status();
    assert!(status.word("a") == "lost" && status.reason("a").contains("stats.txt"), "{}", status.reason("a"));
}

#[test]
fn f59_results_that_the_disk_does_not_take_are_told_and_not_ok() {
    for is_killed in [false, is_told_here()] {
        let stage = Stage::new();
        writers(&stage, &["a"]);
        let mut command = stage.command("engine exp.yaml");
        command.env("GEM5_TUI_FAILPOINTS", "written.sync@stats.txt=EIO");
        let engine = Running::start(command);
        engine.line(0);
        wait_begun(&stage, "a");
        if is_killed {
            kill_shim(&stage, "a");
        }
        stage.open("a", 0);
        let status = stage.wait_word("a", "lost");
        assert!(status.reason("a").contains("the disk did not take all that it wrote"), "{}", status.reason("a"));
        engine.finish();
        assert_eq!(stage.exit("a", 1).end, End::Exited { code: 0 });
        assert!(stage.exit("a", 1).unsynced.is_some_and(|why| why.contains("Input/output error")));
        // The next one says the same.
        assert_eq!(stage.status().word("a"), "lost");
    }
}
