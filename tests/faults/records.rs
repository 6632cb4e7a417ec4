//! F32–F34: records that are torn, damaged or half written.

mod half_written;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use gem5_tui::engine::look;
use gem5_tui::experiment::Plan;
use gem5_tui::gem5::stats::Requests;
use gem5_tui::protocol::{ServerMessage, framing};
use gem5_tui::rundir::atomic::{self, MAX_RECORD_BYTES, RecordError, append_line, read_json, write_json};
use gem5_tui::rundir::evidence::conclude;
use gem5_tui::rundir::provenance::Provenance;
use gem5_tui::rundir::record::{
    Cancelled, Controls, DumpRequest, Exit, ExperimentRecord, FORMAT, LeaseRecord, Moment, OutcomeRecord, PauseLine,
    ResultRecord, Retry, Spec, Started, Stop, StopReason, Wishes,
};
use gem5_tui::rundir::stats_file::read_requests;
use gem5_tui::rundir::{AttemptDir, ExperimentDir, Lease, attempts};
use gem5_tui::spawn::identity;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::stage::{Bystander, Running, Stage, contents, gate, wait_for};

// ---- F32: a torn last line

fn at(boot_ms: u64) -> Moment {
    Moment { unix_ms: 0, boot_ms, boot: None }
}

fn text_of<T: Serialize>(lines: &[T]) -> Vec<u8> {
    lines.iter().flat_map(|line| serde_json::to_vec(line).unwrap().into_iter().chain(*b"\n")).collect()
}

/// How many lines are whole when the file is cut off at `cut`. The newline behind the last one is not needed.
fn whole(text: &[u8], cut: usize) -> usize {
    let ends = (0..text.len()).filter(|&at| text[at] == b'\n');
    ends.filter(|end| *end <= cut).count()
}

fn pause_lines() -> Vec<PauseLine> {
    let line = |stopped, boot_ms| PauseLine { stopped, at: at(boot_ms) };
    vec![line(true, 1_000), line(false, 1_015), line(true, 2_000), line(false, 2_300), line(true, 9_000)]
}

/// What some first lines tell of pauses.
fn paused(lines: usize) -> (u64, Option<Moment>) {
    let (finished, since) =
        [(0, None), (0, Some(1_000)), (15, None), (15, Some(2_000)), (315, None), (315, Some(9_000))][lines];
    (finished, since.map(at))
}

#[test]
fn f32_a_torn_pause_line_hides_none_before_it_wherever_it_is_torn() {
    let dir = tempfile::tempdir().unwrap();
    let attempt = AttemptDir::new(dir.path());
    assert_eq!(attempts::pauses(&attempt), (0, None));
    let text = text_of(&pause_lines());
    for cut in 0..=text.len() {
        fs::write(attempt.pauses(), &text[..cut]).unwrap();
        assert_eq!(attempts::pauses(&attempt), paused(whole(&text, cut)), "cut at {cut}");
        // A disk may also leave what was never written: zeros, or half a character.
        for garbage in [&b"\0\0\0\0"[..], b"\xe2\x82", b"\xff"] {
            fs::write(attempt.pauses(), [&text[..cut], garbage].concat()).unwrap();
            let told = attempts::pauses(&attempt);
            let before = text[..cut].split(|byte| *byte == b'\n').count() - 1;
            assert!(told == paused(before) || told == paused(whole(&text, cut)), "cut at {cut}: {told:?}");
        }
    }
}

#[test]
fn f32_a_torn_stats_request_hides_none_before_it_wherever_it_is_torn() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("requested_dumps.jsonl");
    assert_eq!(read_requests(&path), Requests::default());
    let lengths = [0, 120, 4_096, 18_446_744_073_709_551_615];
    let text = text_of(&lengths.map(|stats_bytes| DumpRequest { at: at(1), stats_bytes }));
    for cut in 0..=text.len() {
        fs::write(&path, &text[..cut]).unwrap();
        assert_eq!(read_requests(&path), Requests::new(lengths[..whole(&text, cut)].to_vec()), "cut at {cut}");
    }
    fs::write(&path, [b"no record\n", &text[..], b"{\"at\":"].concat()).unwrap();
    assert_eq!(read_requests(&path), Requests::new(lengths.to_vec()));
}

#[test]
fn f32_a_line_behind_a_torn_one_is_not_torn_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("requested_dumps.jsonl");
    let request = |stats_bytes| DumpRequest { at: at(1), stats_bytes };
    let text = text_of(&[request(1), request(2)]);
    let first = text.iter().position(|byte| *byte == b'\n').unwrap();
    for cut in first..=text.len() {
        fs::write(&path, &text[..cut]).unwrap();
        append_line(&path, &request(3)).unwrap();
        let mut told = vec![1, 2][..whole(&text, cut)].to_vec();
        told.push(3);
        assert_eq!(read_requests(&path), Requests::new(told), "cut at {cut}");
    }
}

#[test]
fn f32_every_torn_beginning_of_a_record_is_an_error_that_names_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("stop.json");
    let stop = Stop { format: FORMAT, reason: StopReason::Timeout { limit_ms: 5 }, at: at(2), signalled: false };
    write_json(&path, &stop).unwrap();
    let text = fs::read(&path).unwrap();
    // The newline at the end says nothing.
    for cut in 0..text.len() - 1 {
        fs::write(&path, &text[..cut]).unwrap();
        let message = read_json::<Stop>(&path).unwrap_err().to_string();
        assert!(message.contains("stop.json"), "{message}");
    }
}

#[test]
fn f32_a_paused_simulation_with_a_torn_line_is_adopted_and_goes_on() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    stage.call("pause exp.yaml a").expect(0);
    let path = stage.attempt("a", 1).pauses();
    wait_for("the pause", || attempts::pauses(&stage.attempt("a", 1)).1);
    engine.kill();
    let text = fs::read(&path).unwrap();
    fs::write(&path, [&text[..], b"{\"stopped\":fal"].concat()).unwrap();
    assert_eq!(stage.status().word("a"), "paused");
    stage.call("resume exp.yaml a").expect(0);
    stage.open("a", 0);
    stage.wait_word("a", "ok");
    assert!(stage.exit("a", 1).paused_ms > 0);
}

// ---- F33: damage

/// Random numbers that are the same every time (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.roll() % limit.max(1) as u64) as usize
    }
}

/// Numbers at the edges of every type, and beyond them.
const NUMBERS: [&str; 12] = [
    "0",
    "-1",
    "1e999",
    "0.5",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "99999999999999999999999999999999999999",
];

/// Stretches of digits.
fn numbers_in(text: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut from = None;
    for (index, byte) in text.iter().chain(b" ").enumerate() {
        match (byte.is_ascii_digit(), from) {
            (true, None) => from = Some(index),
            (false, Some(start)) => {
                found.push(start..index);
                from = None;
            }
            _ => {}
        }
    }
    found
}

fn spliced(text: &[u8], place: std::ops::Range<usize>, put: &[u8]) -> Vec<u8> {
    [&text[..place.start], put, &text[place.end..]].concat()
}

/// The text, damaged in one of the ways that disks, editors and strangers have.
fn damaged(text: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut text = text.to_vec();
    let place = dice.below(text.len());
    match dice.below(10) {
        0 | 1 => {
            for _ in 0..=dice.below(8) {
                let at = dice.below(text.len());
                text[at] ^= 1 << dice.below(8);
            }
            text
        }
        2 | 3 => {
            let numbers = numbers_in(&text);
            if numbers.is_empty() {
                return b"18446744073709551616".to_vec();
            }
            let number = numbers[dice.below(numbers.len())].clone();
            spliced(&text, number, NUMBERS[dice.below(NUMBERS.len())].as_bytes())
        }
        4 => text[..place].to_vec(),
        5 => {
            let garbage: Vec<u8> = (0..dice.below(64)).map(|_| dice.roll() as u8).collect();
            spliced(&text, place..place, &garbage)
        }
        6 => {
            let deep =
                [&b"["[..], b"{\"a\":", b"[[{\"x\":["][dice.below(3)].repeat([3, 127, 1_000, 50_000][dice.below(4)]);
            if dice.below(2) == 0 { deep } else { spliced(&text, place..place, &deep) }
        }
        7 => {
            let end = (place + dice.below(40)).min(text.len());
            let again = text[place..end].to_vec();
            let to = dice.below(text.len());
            spliced(&text, to..to, &again)
        }
        8 => {
            let words: [&[u8]; 5] = [b"null", b"true", b"\"\"", b"{}", b"[]"];
            let end = (place + dice.below(12)).min(text.len());
            spliced(&text, place..end, words[dice.below(words.len())])
        }
        _ => (0..dice.below(300)).map(|_| dice.roll() as u8).collect(),
    }
}

/// An experiment directory with every kind of record in it: one simulation has ended, and one runs, as far as its records
/// and its lock tell.
struct Library {
    outdir: ExperimentDir,
    plan: Plan,
    /// The records, as they are when they are whole.
    records: BTreeMap<PathBuf, Vec<u8>>,
    /// The lock of a shim, which this process holds for it.
    _lock: File,
    /// The process that runs.
    _process: Bystander,
    _place: tempfile::TempDir,
}

impl Library {
    fn new() -> Self {
        let stage = Stage::new();
        let function = "  - {name: ended, target: 'sums:add', args: [1, [2, {x: 3}]], kwargs: {b: 4}, env: {A: b, C: null}, \
                        success: {exit_codes: [0]}}\n";
        stage.write("sums.py", "def add(a, c, b=0):\n    return [a, b, {'sum': a + b}]\n");
        let limits = "timeout: 1h, stall: 1h, poll_stats: 5m, retries: 3, memory: 1MiB, goal: {ticks: 100}";
        stage.experiment("", &format!("{function}{}", gate("live", &format!(", {limits}"))));
        stage.open("live", 0);
        stage.call("run exp.yaml").expect(0);
        // In memory, where there is such a place: what is tested here is not the disk.
        let place = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        for (path, text) in contents(stage.outdir().path()) {
            let copy = place.path().join(path.strip_prefix(stage.outdir().path()).unwrap());
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::write(copy, text).unwrap();
        }
        let outdir = ExperimentDir::new(place.path());
        let record: ExperimentRecord = read_json(&outdir.experiment_record()).unwrap().unwrap();
        let (ended, live) = (outdir.simulation("ended").attempt(1), outdir.simulation("live").attempt(1));
        for path in [live.exit(), live.outcome()] {
            fs::remove_file(path).unwrap();
        }
        let process = Bystander::new();
        let gem5 = identity::of(process.pid()).unwrap();
        let shim = gem5.clone();
        let started = Started {
            format: FORMAT,
            gem5,
            shim,
            at: Moment::now(),
            suspended_ms: Some(0),
            group: None,
            directory: None,
            takes_term: false,
        };
        write_json(&live.started(), &started).unwrap();
        fs::write(live.pauses(), text_of(&pause_lines()[..4])).unwrap();
        fs::write(live.requested_dumps(), text_of(&[DumpRequest { at: at(1), stats_bytes: 100 }])).unwrap();
        let stop = Stop { format: FORMAT, reason: StopReason::Timeout { limit_ms: 5 }, at: at(7), signalled: true };
        write_json(&ended.stop(), &stop).unwrap();
        write_json(&live.stop(), &stop).unwrap();
        write_json(&outdir.simulation("ended").retry(), &Retry { format: FORMAT, at: at(1), after: 0, anew: false })
            .unwrap();
        write_json(&outdir.simulation("live").cancelled(), &Cancelled { format: FORMAT, at: at(1) }).unwrap();
        let controls =
            Controls { format: FORMAT, planned_cap: 2, cap: 3, queue_paused: false, wishes: Wishes::default() };
        write_json(&outdir.controls(), &controls).unwrap();
        let lock = attempts::lock_spec(&live).unwrap();
        let is_record = |path: &PathBuf| {
            let ending = path.extension().is_some_and(|ending| ["json", "jsonl", "lock"].iter().any(|e| ending == *e));
            ending && !path.components().any(|part| part.as_os_str() == "m5out")
        };
        let records = contents(outdir.path()).into_iter().filter(|(path, _)| is_record(path)).collect();
        let plan = Plan { outdir: place.path().to_owned(), ..record.plan };
        Self { outdir, plan, records, _lock: lock, _process: process, _place: place }
    }

    /// Reads everything as the program does, and says all of it to a client.
    fn read_all(&self) {
        let _ = Lease::holder(&self.outdir, &identity::own().unwrap());
        let mut plans = vec![self.plan.clone()];
        if let Ok(Some(record)) = read_json::<ExperimentRecord>(&self.outdir.experiment_record())
            && record.plan.simulations != self.plan.simulations
        {
            plans.push(Plan { outdir: self.outdir.path().to_owned(), ..record.plan });
        }
        for plan in plans {
            let state = look(plan);
            let tomorrow = Moment { unix_ms: i64::MAX, boot_ms: Moment::now().boot_ms + 86_400_000, boot: None };
            for now in [Moment::now(), at(0), tomorrow] {
                let _ = framing::encode(&ServerMessage::Header { header: Box::new(state.header(now)) });
                let sims = (0..state.plan().simulations.len() as u32).map(|sim| state.view(sim, now)).collect();
                let _ = framing::encode(&ServerMessage::Sims { sims, complete: true });
                let _ = state.next_deadline(now);
            }
        }
        for name in ["ended", "live"] {
            let simulation = self.outdir.simulation(name);
            let _ = attempts::pauses(&simulation.attempt(1));
            let _ = read_requests(&simulation.attempt(1).requested_dumps());
            if let Ok(records) = attempts::read(&simulation, 1) {
                let _ = conclude::conclude(&records);
            }
        }
    }
}

/// Reads a file as every kind of record. What is read can be written and is the same again.
fn read_as_each(path: &Path) {
    fn read<T: DeserializeOwned + Serialize>(path: &Path) {
        if let Ok(Some(record)) = read_json::<T>(path) {
            let text = serde_json::to_string(&record).unwrap();
            let again: T = serde_json::from_str(&text).unwrap();
            assert_eq!(serde_json::to_string(&again).unwrap(), text);
        }
    }
    match path.file_name().unwrap().to_str().unwrap() {
        "experiment.json" => read::<ExperimentRecord>(path),
        "controls.json" => read::<Controls>(path),
        "cancelled.json" => read::<Cancelled>(path),
        "retry.json" => read::<Retry>(path),
        "engine.lock" => read::<LeaseRecord>(path),
        "spec.json" => read::<Spec>(path),
        "started.json" => read::<Started>(path),
        "stop.json" => read::<Stop>(path),
        "exit.json" => read::<Exit>(path),
        "result.json" => read::<ResultRecord>(path),
        "outcome.json" => read::<OutcomeRecord>(path),
        "provenance.json" => read::<Provenance>(path),
        "pauses.jsonl" => drop(atomic::read_lines::<PauseLine>(path)),
        "requested_dumps.jsonl" => drop(read_requests(path)),
        other => panic!("{other} is read by nobody here"),
    }
}

#[test]
fn f33_ten_thousand_damaged_records_are_errors_or_values_and_never_a_panic() {
    const ROUNDS: usize = 10_000;
    // The whole directory is read after every so many of them.
    const READ_ALL_EVERY: usize = 25;
    let library = Library::new();
    library.read_all();
    assert!(library.records.len() >= 18, "{:?}", library.records.keys());
    let paths: Vec<&PathBuf> = library.records.keys().collect();
    let mut dice = Dice(0x5EED_0F33);
    for round in 0..ROUNDS {
        let path = paths[round % paths.len()];
        // In place: `spec.json` carries a lock.
        fs::write(path, damaged(&library.records[path], &mut dice)).unwrap();
        read_as_each(path);
        if round % READ_ALL_EVERY == 0 {
            library.read_all();
        }
        fs::write(path, &library.records[path]).unwrap();
    }
}

#[test]
fn f33_numbers_at_the_edges_of_their_types_break_no_arithmetic() {
    let library = Library::new();
    for (path, text) in &library.records {
        for number in numbers_in(text) {
            for put in NUMBERS {
                fs::write(path, spliced(text, number.clone(), put.as_bytes())).unwrap();
                read_as_each(path);
            }
            // The largest value of each type is what overflows.
            for put in ["18446744073709551615", "4294967295"] {
                fs::write(path, spliced(text, number.clone(), put.as_bytes())).unwrap();
                library.read_all();
            }
        }
        fs::write(path, text).unwrap();
    }
}

#[test]
fn f33_a_record_of_gigabytes_is_refused_before_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("exit.json");
    for length in [MAX_RECORD_BYTES + 1, 4 << 30] {
        File::create(&path).unwrap().set_len(length).unwrap();
        assert!(matches!(read_json::<Exit>(&path), Err(RecordError::TooLarge { .. })), "{length}");
    }
    let attempt = AttemptDir::new(dir.path());
    let text = text_of(&pause_lines());
    for path in [attempt.pauses(), attempt.requested_dumps()] {
        fs::write(&path, &text).unwrap();
        File::options().write(true).open(&path).unwrap().set_len(4 << 30).unwrap();
    }
    assert_eq!(attempts::pauses(&attempt), paused(5));
    assert_eq!(read_requests(&attempt.requested_dumps()), Requests::default());
    let outdir = ExperimentDir::new(dir.path());
    File::create(outdir.lock()).unwrap().set_len(4 << 30).unwrap();
    assert_eq!(Lease::holder(&outdir, &identity::own().unwrap()).unwrap(), None);
}

#[test]
fn f33_the_whole_program_stays_small_beside_records_of_gigabytes() {
    let stage = Stage::new();
    stage.gates("", &["a", "b"]);
    stage.open_all(&["a", "b"], 0);
    stage.call("run exp.yaml").expect(0);
    let (outdir, attempt) = (stage.outdir(), stage.attempt("a", 1));
    let records = [attempt.spec(), attempt.exit(), attempt.stop(), attempt.pauses(), attempt.outcome()];
    for path in records.iter().chain([&outdir.controls(), &outdir.experiment_record(), &outdir.lock()]) {
        File::create(path).unwrap().set_len(4 << 30).unwrap();
    }
    // 1 GiB of addresses, most of which are libraries, stacks and the heaps of threads.
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", "ulimit -v 1048576; exec \"$0\" status exp.yaml --json", env!("CARGO_BIN_EXE_gem5-tui")]);
    stage.surround(&mut shell);
    let lines = Running::start(shell).finish().expect(1).json();
    assert_eq!(
        (&lines[0]["status"]["outcome"]["kind"], &lines[1]["status"]["outcome"]["kind"]),
        (&"lost".into(), &"ok".into())
    );
}

/// Puts something that is no record in its place.
fn spoil(path: &Path, how: usize) {
    // Not written in place: what is there may be a fifo from the time before.
    let _ = fs::remove_file(path);
    match how % 8 {
        0 => fs::write(path, "").unwrap(),
        1 => fs::write(path, "{\"format\": 1, ").unwrap(),
        2 => fs::write(path, "null").unwrap(),
        3 => fs::write(path, "[".repeat(100_000)).unwrap(),
        4 => fs::write(path, "{\"format\": 4294967296}").unwrap(),
        5 => fs::write(path, b"\x1b]0;title\x07\xff\xfe\0\0").unwrap(),
        6 => nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap(),
        _ => std::os::unix::fs::symlink("/dev/zero", path).unwrap(),
    }
}

#[test]
fn f33_damaged_records_of_one_simulation_leave_the_others_alone() {
    let stage = Stage::new();
    stage.gates("concurrency: 3", &["a", "b", "c"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a", "b", "c"]);
    stage.open_all(&["a", "b"], 0);
    stage.wait_word("a", "ok");
    stage.wait_word("b", "ok");
    engine.kill();
    let a = stage.attempt("a", 1);
    let records = [
        a.spec(),
        a.started(),
        a.stop(),
        a.exit(),
        a.outcome(),
        a.result(),
        a.provenance(),
        a.pauses(),
        a.requested_dumps(),
    ];
    for (number, path) in records.iter().enumerate() {
        let before = fs::read(path).ok();
        for how in [number, number + 3, number + 6] {
            spoil(path, how);
            let status = stage.status();
            let told = format!("{} spoilt in way {how}: {}", path.display(), status.sims["a"]);
            assert_eq!((status.word("b"), status.word("c")), ("ok", "running"), "{told}");
            assert!(matches!(status.word("a"), "ok" | "lost" | "queued"), "{told}");
            let ok_anyway = [a.outcome(), a.result(), a.provenance(), a.pauses(), a.requested_dumps(), a.started()];
            assert!(status.word("a") != "ok" || ok_anyway.contains(path), "{told}");
        }
        let _ = fs::remove_file(path);
        if let Some(before) = before {
            fs::write(path, before).unwrap();
        }
    }
    // With all of them damaged at once, an engine still does its work for the others, and a person can begin anew.
    for (how, path) in records.iter().enumerate() {
        spoil(path, how);
    }
    let engine = stage.engine("");
    let status = stage.status();
    assert_eq!((status.word("a"), status.word("b"), status.word("c")), ("lost", "ok", "running"));
    stage.open("c", 0);
    stage.call("retry exp.yaml a").expect(0);
    stage.wait_word("c", "ok");
    stage.wait_word("a", "ok");
    engine.finish().expect(0);
    assert_eq!((stage.entered("a"), stage.entered("b"), stage.entered("c")), (2, 1, 1));
}

#[test]
fn f33_damaged_records_of_the_experiment_itself_strand_nobody() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    engine.kill();
    let outdir = stage.outdir();
    for how in 0..8 {
        for path in [outdir.experiment_record(), outdir.controls()] {
            spoil(&path, how);
        }
        for path in [outdir.simulation("a").retry(), outdir.simulation("a").cancelled()] {
            spoil(&path, how + 1);
        }
        assert_eq!(stage.status().word("a"), "running", "spoilt in way {how}");
    }
    stage.open("a", 0);
    // What makes no sense may be somebody's work: it is left alone, and told.
    let said = stage.call("run exp.yaml").expect(2);
    for path in [outdir.experiment_record(), outdir.controls()] {
        assert!(said.err.contains(&*path.to_string_lossy()), "{}", said.err);
        fs::remove_file(path).unwrap();
    }
    for path in [outdir.simulation("a").retry(), outdir.simulation("a").cancelled()] {
        _ = fs::remove_dir(&path);
        _ = fs::remove_file(path);
    }
    stage.call("run exp.yaml").expect(0);
    let record: ExperimentRecord = read_json(&outdir.experiment_record()).unwrap().unwrap();
    assert_eq!(record.plan.simulations.len(), 1);
    assert_eq!(stage.entered("a"), 1);
}
