//! What is kept of simulations that have ended never changes what is found.

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::*;
use crate::experiment::Program;
use crate::gem5::SuccessRule;
use crate::rundir::Takeovers;
use crate::rundir::record::{FORMAT, Moment, OutcomeRecord, WrittenFile};

/// When everything was written, after the Unix epoch.
const LONG_AGO: Duration = Duration::from_hours(400_000);

/// As many as are worth keeping, and some more.
const COUNT: usize = 70;

struct Bench {
    place: tempfile::TempDir,
    simulations: Vec<Simulation>,
    disk: UserCache,
}

impl Bench {
    /// An experiment in which everything ended long ago.
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let program = |at: usize| Program::Script { path: "/lab/run.py".into(), args: vec![at.to_string()] };
        let simulation = |at| Simulation::new(format!("s{at}"), "/bin/true", program(at), "/");
        let simulations: Vec<Simulation> = (0..COUNT).map(simulation).collect();
        let disk = UserCache::at(place.path().join("cache"));
        let bench = Self { place, simulations, disk };
        for simulation in &bench.simulations {
            make(&bench.dir(&simulation.name).attempt(1), simulation);
        }
        settle(bench.outdir().path());
        bench
    }

    fn outdir(&self) -> ExperimentDir {
        ExperimentDir::new(self.place.path().join("out"))
    }

    fn dir(&self, simulation: &str) -> SimulationDir {
        self.outdir().simulation(simulation)
    }

    fn look_by(&self, disk: &UserCache) -> Vec<Looked> {
        let index = self.simulations.iter().map(|simulation| simulation.name.as_str()).zip(0..).collect();
        let executor = Executor::local(Takeovers::default());
        let kept = Kept::read(&self.outdir(), disk);
        look_and_keep(kept, &self.simulations, &index, &self.outdir(), &executor, &[], disk)
    }

    /// What is found by what was kept, which must be what is found without; and how many were kept.
    fn look(&self) -> (Vec<Found>, usize) {
        let looks = self.look_by(&self.disk);
        let kept = looks.iter().filter(|looked| matches!(looked.origin, Origin::Kept)).count();
        let found: Vec<Found> = looks.into_iter().map(|looked| looked.found).collect();
        let read: Vec<Found> = self.look_by(&UserCache::none()).into_iter().map(|looked| looked.found).collect();
        assert_eq!(found, read);
        (found, kept)
    }
}

fn make(dir: &AttemptDir, simulation: &Simulation) {
    fs::create_dir_all(dir.m5out()).unwrap();
    let stats = dir.m5out().join("stats.txt");
    for (path, text) in [(dir.simout(), "gem5 Simulator System."), (stats, "stats")] {
        fs::write(&path, text).unwrap();
    }
    settle(&dir.m5out());
    let written = |file: &str| {
        let meta = fs::metadata(dir.path().join(file)).unwrap();
        let modified_ms = meta.mtime() * 1000 + meta.mtime_nsec() / 1_000_000;
        WrittenFile { file: file.to_owned(), bytes: Some(meta.len()), modified_ms: Some(modified_ms) }
    };
    let written = vec![written("m5out/stats.txt"), written("m5out/simout.txt")];
    let at = Moment::now();
    let spec = serde_json::json!({
        "format": 1, "simulation": simulation.name, "attempt": 1, "argv": ["/bin/true"], "cwd": "/", "env": {},
        "call": null, "parameters": [], "key": simulation.key(), "spec_hash": "", "gem5_tui": "0", "at": at,
    });
    let outcome = Outcome::new(OutcomeKind::Ok, "exit");
    let outcome = OutcomeRecord { format: FORMAT, gem5_tui: env!("CARGO_PKG_VERSION").to_owned(), outcome };
    let exit = Exit { written, ..Exit::new(End::Exited { code: 0 }, at) };
    for (path, record) in [
        (dir.spec(), spec),
        (dir.exit(), serde_json::to_value(exit).unwrap()),
        (dir.outcome(), serde_json::to_value(outcome).unwrap()),
    ] {
        fs::write(path, record.to_string()).unwrap();
    }
}

/// Makes everything below a directory look as if nobody had written there lately.
fn settle(path: &Path) {
    for entry in fs::read_dir(path).into_iter().flatten() {
        settle(&entry.unwrap().path());
    }
    set_modified(path, SystemTime::UNIX_EPOCH + LONG_AGO);
}

fn set_modified(path: &Path, at: SystemTime) {
    File::open(path).unwrap().set_times(FileTimes::new().set_modified(at)).unwrap();
}

/// Writes into a file as an editor does that makes no other one, and leaves neither its size nor its time otherwise.
fn edit(path: &Path, from: &str, to: &str) {
    let before = fs::metadata(path).unwrap();
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from) && from.len() == to.len());
    let changed = |meta: fs::Metadata| (meta.ctime(), meta.ctime_nsec());
    // The clock of a file system has steps.
    while changed(fs::metadata(path).unwrap()) == changed(before.clone()) {
        fs::write(path, text.replace(from, to)).unwrap();
        set_modified(path, before.modified().unwrap());
    }
    assert_eq!(fs::metadata(path).unwrap().ino(), before.ino());
}

#[test]
fn what_has_ended_is_read_once_and_told_the_same_ever_after() {
    let bench = Bench::new();
    let (first, kept) = bench.look();
    assert_eq!(kept, 0);
    assert!(first.iter().all(|found| matches!(&found.attempts[..], [one] if counts(one))), "{first:?}");
    assert_eq!(bench.look(), (first, COUNT));
}

type Change = (&'static str, fn(&SimulationDir, &mut Simulation));

/// Each by a person, a script or another engine, and what is found without what was kept is always right.
#[test]
fn whatever_changes_in_a_directory_or_in_the_file_is_seen() {
    let changes: [Change; 16] = [
        ("an attempt is removed", |dir, _| fs::remove_dir_all(dir.attempt(1).path()).unwrap()),
        ("all is removed", |dir, _| fs::remove_dir_all(dir.path()).unwrap()),
        ("an attempt is moved away", |dir, _| fs::rename(dir.attempt(1).path(), dir.path().join("old")).unwrap()),
        ("an attempt takes its place", |dir, simulation| {
            fs::rename(dir.attempt(1).path(), dir.path().join("old")).unwrap();
            make(&dir.attempt(1), simulation);
            fs::remove_file(dir.attempt(1).exit()).unwrap();
            settle(dir.path());
        }),
        ("another one is made", |dir, _| fs::create_dir_all(dir.attempt(2).path()).unwrap()),
        ("a retry is asked for", |dir, _| {
            fs::write(dir.retry(), r#"{"format": 1, "at": {"unix_ms": 1, "boot_ms": 1}, "after": 1}"#).unwrap();
        }),
        ("it is cancelled", |dir, _| {
            fs::write(dir.cancelled(), r#"{"format": 1, "at": {"unix_ms": 1, "boot_ms": 1}}"#).unwrap();
        }),
        ("it is asked to stop", |dir, _| {
            let stop = r#"{"format": 1, "reason": "cancelled", "at": {"unix_ms": 1, "boot_ms": 1}}"#;
            fs::write(dir.attempt(1).stop(), stop).unwrap();
        }),
        ("an end is edited", |dir, _| edit(&dir.attempt(1).exit(), "\"code\":0", "\"code\":7")),
        ("an outcome is edited", |dir, _| edit(&dir.attempt(1).outcome(), "exit", "xxxx")),
        ("an outcome is removed", |dir, _| fs::remove_file(dir.attempt(1).outcome()).unwrap()),
        ("an end is removed", |dir, _| fs::remove_file(dir.attempt(1).exit()).unwrap()),
        ("stats are written", |dir, _| fs::write(dir.attempt(1).m5out().join("stats.txt"), "others").unwrap()),
        ("stats are removed", |dir, _| fs::remove_file(dir.attempt(1).m5out().join("stats.txt")).unwrap()),
        ("a log is copied over itself", |dir, _| set_modified(&dir.attempt(1).simout(), SystemTime::now())),
        ("another rule judges it", |_, simulation| {
            simulation.success = Some(SuccessRule { exit_codes: vec![3], ..SuccessRule::default() }.into());
        }),
    ];
    for (what, change) in changes {
        let mut bench = Bench::new();
        let (first, _) = bench.look();
        let dir = bench.dir("s0");
        change(&dir, &mut bench.simulations[0]);
        let (found, kept) = bench.look();
        assert_eq!(kept, COUNT - 1, "{what}");
        assert_eq!(found[1..], first[1..], "{what}");
    }
}

#[test]
fn what_is_put_back_as_it_was_is_read_again() {
    let bench = Bench::new();
    let (first, _) = bench.look();
    let (attempt, old) = (bench.dir("s0").attempt(1), bench.place.path().join("old"));
    fs::rename(attempt.path(), &old).unwrap();
    assert_ne!(bench.look().0, first);
    fs::rename(&old, attempt.path()).unwrap();
    assert_eq!(bench.look(), (first, COUNT - 1));
}

#[test]
fn what_has_changed_in_the_experiment_file_is_named_by_its_part() {
    let mut bench = Bench::new();
    bench.look();
    let args = vec!["edited".to_owned()];
    bench.simulations[0] =
        Simulation::new("s0", "/bin/true", Program::Script { path: "/lab/run.py".into(), args }, "/");
    let (found, kept) = bench.look();
    assert_eq!((found[0].changed.as_slice(), kept), (&["arguments changed".to_owned()][..], COUNT));
}

#[test]
fn what_was_written_a_moment_ago_is_not_kept() {
    let bench = Bench::new();
    // The time of a directory is now.
    fs::write(bench.dir("s0").path().join("notes.txt"), "").unwrap();
    bench.look();
    assert_eq!(bench.look().1, COUNT - 1);
}

#[test]
fn a_copy_has_nothing_of_what_is_kept_of_the_original_and_neither_has_another_directory_of_that_name() {
    let bench = Bench::new();
    bench.look();
    let (out, moved) = (bench.outdir(), bench.place.path().join("moved"));
    fs::rename(out.path(), &moved).unwrap();
    for simulation in &bench.simulations {
        make(&bench.dir(&simulation.name).attempt(1), simulation);
    }
    settle(out.path());
    assert_eq!(bench.look().1, 0);
}

#[test]
fn what_still_holds_stays_beside_what_is_new() {
    let mut bench = Bench::new();
    bench.look();
    let program = |at: usize| Program::Script { path: "/lab/run.py".into(), args: vec![at.to_string()] };
    for at in COUNT..2 * COUNT {
        bench.simulations.push(Simulation::new(format!("s{at}"), "/bin/true", program(at), "/"));
        make(&bench.dir(&format!("s{at}")).attempt(1), &bench.simulations[at]);
    }
    for at in COUNT..2 * COUNT {
        settle(bench.dir(&format!("s{at}")).path());
    }
    assert_eq!(bench.look().1, COUNT);
    assert_eq!(bench.look().1, 2 * COUNT);
}

#[test]
fn a_damaged_cache_is_none() {
    let bench = Bench::new();
    let (first, _) = bench.look();
    for entry in fs::read_dir(bench.place.path().join("cache/ended")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for damaged in [&text[..text.len() / 2], "", "[]", &text.replace("\"gem5_tui\":\"", "\"gem5_tui\":\"9")] {
            fs::write(&path, damaged).unwrap();
            assert_eq!(bench.look(), (first.clone(), 0));
            assert_eq!(bench.look(), (first.clone(), COUNT), "it is written again");
        }
    }
}
