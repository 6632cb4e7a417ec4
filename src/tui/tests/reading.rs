//! The reader thread with real files.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{Receiver, channel};

use crate::gem5::stats::{Choice, Chosen};
use crate::gem5::{Outcome, OutcomeKind};
use crate::rundir::LinePattern;
use crate::text::Safe;
use crate::tui::model::log_signs;
use crate::tui::reader::Reader;
use crate::tui::reading::{
    BesideWant, ColumnTarget, ColumnsWant, CompareWant, FileState, FilterWant, FoundReading, LogReading, LogWant,
    ReadSheet, Reading, Record, SearchRequest, Seek, Sought, StatsWant, Top, Want,
};
use crate::tui::theme::{Colours, Theme};

const PATIENCE: Duration = Duration::from_secs(20);

/// An experiment file that cannot be read.
fn no_sheet() -> ReadSheet {
    Arc::new(|| Err(Safe::plain("there is no file")))
}

struct Bench {
    dir: tempfile::TempDir,
    reader: Reader,
    readings: Receiver<Reading>,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("m5out")).unwrap();
        let (sender, readings) = channel(4);
        Self { reader: Reader::start(sender, no_sheet()).unwrap(), readings, dir }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    fn want(&self, change: impl FnOnce(&mut Want)) {
        let mut want = Want { attempt: Some(self.dir.path().to_owned()), live: true, ..Want::default() };
        change(&mut want);
        self.reader.want(want);
    }

    fn want_log(&self, top: Top, seek: Option<Seek>) {
        let path = self.path("m5out/simout.txt");
        self.want(|want| {
            want.log =
                Some(LogWant { path, top, margin: 50, seek, tally: None, filter: None, folds: true, copy: None });
        });
    }

    /// Waits for what became of a line that was looked for.
    fn found(&mut self, id: u64) -> FoundReading {
        self.next(|reading| match reading {
            Reading::Found(found) if found.id == id => Some(found),
            _ => None,
        })
    }

    /// Waits for a reading for which `pick` gives something.
    fn next<T>(&mut self, mut pick: impl FnMut(Reading) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            match self.readings.try_recv() {
                Ok(reading) => {
                    if let Some(found) = pick(reading) {
                        return found;
                    }
                }
                Err(_) => std::thread::park_timeout(Duration::from_millis(5)),
            }
        }
        panic!("the reader did not say it in time");
    }

    fn log(&mut self, fits: impl Fn(&LogReading) -> bool) -> LogReading {
        self.next(|reading| match reading {
            Reading::Log(log) if fits(&log) => Some(log),
            _ => None,
        })
    }
}

fn append(path: &Path, text: &str) {
    fs::OpenOptions::new().create(true).append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

#[test]
fn a_log_is_followed_from_before_it_exists_until_after_it_is_gone() {
    let mut bench = Bench::new();
    let path = bench.path("m5out/simout.txt");
    bench.want_log(Top::End, None);
    assert_eq!(bench.log(|_| true).state, FileState::Absent);
    append(&path, "one\ntwo\n");
    let log = bench.log(|log| log.state == FileState::Present && log.counted == 2 && log.all_counted);
    assert_eq!(log.lines.len(), 2);
    assert!(log.from_start && log.to_end);
    append(&path, "three\n");
    assert_eq!(bench.log(|log| log.counted == 3).lines[2].offset, 8);
    fs::write(&path, "new\n").unwrap();
    assert_eq!(bench.log(|log| log.counted == 1).event, Some("was cut short"));
    fs::remove_file(&path).unwrap();
    bench.log(|log| log.state == FileState::Gone);
}

#[test]
fn a_log_under_another_name_is_among_the_outputs_as_soon_as_it_is_there() {
    let mut bench = Bench::new();
    bench.want_log(Top::End, None);
    let logs = |log: &LogReading| -> Vec<String> {
        log.outputs.iter().filter(|file| file.is_log).map(|file| file.name.to_string()).collect()
    };
    assert_eq!(logs(&bench.log(|log| !log.outputs.is_empty())), ["simout.txt", "simerr.txt"]);
    append(&bench.path("m5out/run.log"), "gem5 Simulator System.  https://www.gem5.org\n");
    append(&bench.path("m5out/notes.txt"), "nothing of gem5\n");
    let log = bench.log(|log| log.outputs.len() == 4);
    assert_eq!(logs(&log), ["simout.txt", "simerr.txt", "run.log"]);
    assert_eq!((log.outputs[3].name.as_str(), log.outputs[3].bytes), ("notes.txt", Some(16)));
}

#[test]
fn a_place_in_the_middle_of_a_log_has_lines_on_both_sides() {
    let mut bench = Bench::new();
    let text = (0..1000).map(|n| format!("line {n:04}")).collect::<Vec<_>>().join("\n") + "\n";
    append(&bench.path("m5out/simout.txt"), &text);
    bench.want_log(Top::At { offset: 500 * 10, row: 0 }, None);
    let log = bench.log(|log| log.state == FileState::Present);
    assert!(!log.from_start && !log.to_end);
    assert_eq!((log.lines[0].offset, log.lines.last().unwrap().offset), (450 * 10, 599 * 10));
}

#[test]
fn a_very_long_line_is_one_line_and_its_pieces_say_that_they_go_on() {
    let mut bench = Bench::new();
    append(&bench.path("m5out/simout.txt"), &("first\n".to_owned() + &"x".repeat(200 << 10) + "\nlast\n"));
    bench.want_log(Top::End, None);
    let log = bench.log(|log| log.state == FileState::Present && log.all_counted);
    assert_eq!(log.counted, 3, "as `wc -l` says");
    let pieces: Vec<bool> = log.lines.iter().map(|line| line.continues).collect();
    assert!(pieces.len() > 4 && !pieces[1] && pieces[2..pieces.len() - 1].iter().all(|goes_on| *goes_on), "{pieces:?}");
    assert!(log.lines[1].left_out > 0 && !pieces[pieces.len() - 1]);
    let mut signed = log.lines[2].clone();
    log_signs::put(std::slice::from_mut(&mut signed), Theme { colours: Colours::None, unicode: true });
    let shown = signed.line.plain();
    assert!(shown.starts_with("↪ x") && shown.ends_with("more bytes of the line"), "{}", &shown[..20]);
    assert_eq!(log_signs::text(&signed), log.lines[2].line.plain(), "what is copied is the text");
}

#[test]
fn a_search_goes_on_behind_the_last_match_and_around_the_end() {
    let mut bench = Bench::new();
    append(&bench.path("m5out/simout.txt"), "a\nhit\nb\nhit\nc\n");
    let search = |text: &str, from: u64, forward: bool, after: bool| {
        let pattern = LinePattern::new(text, false, 1 << 20).unwrap();
        Sought::Match(SearchRequest { pattern, from, forward, after, only_severe: false })
    };
    let mut find = |id: u64, from: u64, forward: bool, after: bool| {
        bench.want_log(Top::End, Some(Seek { id, sought: search("hit", from, forward, after) }));
        let found = bench.found(id);
        (found.line, found.wrapped)
    };
    assert_eq!(find(1, 0, true, false), (Some(2), false));
    assert_eq!(find(2, 2, true, true), (Some(8), false));
    assert_eq!(find(3, 8, true, true), (Some(2), true));
    assert_eq!(find(4, 8, false, true), (Some(2), false));
    assert_eq!(find(5, 2, false, true), (Some(8), true));
    bench.want_log(Top::End, Some(Seek { id: 6, sought: search("nowhere", 0, true, false) }));
    assert_eq!(bench.found(6).line, None);
}

#[test]
fn a_line_is_found_by_its_number_and_by_a_byte_and_comes_with_what_is_around_it() {
    let mut bench = Bench::new();
    let text = (1..=100_000).map(|n| format!("line {n:06}")).collect::<Vec<_>>().join("\n") + "\n";
    append(&bench.path("m5out/simout.txt"), &text);
    let cases = [
        (Sought::Line(1), 0),
        (Sought::Line(0), 0),
        (Sought::Line(2), 12),
        (Sought::Line(77_777), 77_776 * 12),
        (Sought::Line(100_000), 99_999 * 12),
        (Sought::Line(100_001), 99_999 * 12),
        (Sought::Line(u64::MAX), 99_999 * 12),
        (Sought::Byte(0), 0),
        (Sought::Byte(11), 0),
        (Sought::Byte(12), 12),
        (Sought::Byte(600_005), 600_000),
        (Sought::Byte(u64::MAX), 99_999 * 12),
    ];
    for (id, (sought, offset)) in (1..).zip(cases) {
        let told = format!("{sought:?}");
        bench.want_log(Top::End, Some(Seek { id, sought }));
        let found = bench.found(id);
        assert_eq!(found.line, Some(offset), "{told}");
        let around = found.around.unwrap();
        let at = around.lines.iter().position(|line| line.offset == offset).unwrap();
        assert_eq!(around.lines[at].line.plain().as_str(), format!("line {:06}", offset / 12 + 1));
        if let Some(number) = around.number {
            assert_eq!(number + at as u64, offset / 12 + 1, "{told}");
        }
    }
    bench.want_log(Top::End, None);
    assert_eq!(bench.log(|log| log.all_counted).number, Some(100_000 - 99));
}

#[test]
fn no_line_is_found_where_there_is_none() {
    let mut bench = Bench::new();
    bench.want_log(Top::End, Some(Seek { id: 1, sought: Sought::Line(7) }));
    assert_eq!(bench.found(1).line, None, "the file is not there");
    append(&bench.path("m5out/simout.txt"), "");
    bench.want_log(Top::End, Some(Seek { id: 2, sought: Sought::Line(7) }));
    assert_eq!(bench.found(2).line, None, "the file is empty");
}

#[test]
fn stats_files_and_records_are_read_and_read_again() {
    let mut bench = Bench::new();
    bench.want(|want| {
        want.stats = Some(StatsWant {
            globs: vec!["*.ipc".to_owned()],
            compare: Some(CompareWant::Previous),
            ..StatsWant::default()
        });
        want.files = true;
        want.info = true;
    });
    let dump = |ipc: &str| {
        format!(
            "\n---------- Begin Simulation Statistics ----------\nsimTicks 7 # Number of ticks (Tick)\n\
             system.cpu.ipc {ipc} # IPC ((Count/Cycle))\n\n---------- End Simulation Statistics   ----------\n"
        )
    };
    append(&bench.path("m5out/stats.txt"), &dump("0.5"));
    append(&bench.path("m5out/stats.txt"), &dump("0.75"));
    let stats = bench.next(|reading| match reading {
        Reading::Stats(stats) if stats.dumps == 2 => Some(stats),
        _ => None,
    });
    assert_eq!(stats.watched[0].name, "system.cpu.ipc");
    assert_eq!(stats.watched[0].values, [Some(0.5), Some(0.75)]);
    assert_eq!(
        (stats.all[1].value, stats.all[1].other, stats.all[1].unit.as_str()),
        (Some(0.75), Some(0.5), "Count/Cycle")
    );
    assert_eq!(stats.tree.last().map(|row| row.label.as_str()), Some("ipc"));

    append(&bench.path("exit.json"), "{\"format\": 99}");
    let broken = bench.next(|reading| match reading {
        Reading::Info(info) => match info.exit {
            Record::Broken(why) => Some(why),
            _ => None,
        },
        _ => None,
    });
    assert!(broken.contains("format 99"), "{broken}");
    append(&bench.path("m5out/system.terminal"), "hello");
    bench.next(|reading| match reading {
        Reading::Files(files) => files.files.iter().any(|file| *file.name == *"m5out/system.terminal").then_some(()),
        _ => None,
    });
}

#[test]
fn histories_of_other_attempts_are_read_and_followed() {
    let mut bench = Bench::new();
    let dump = |ipc: &str| {
        format!(
            "\n---------- Begin Simulation Statistics ----------\nfinalTick 7\nsystem.cpu.ipc {ipc} # IPC\n\n---------- End Simulation Statistics   ----------\n"
        )
    };
    append(&bench.path("m5out/stats.txt"), &dump("0.5"));
    let other = |name: &str| bench.dir.path().join(name);
    for name in ["a", "b"] {
        fs::create_dir_all(other(name).join("m5out")).unwrap();
    }
    append(&other("a").join("m5out/stats.txt"), &(dump("0.1") + &dump("0.2")));
    let beside: Vec<BesideWant> =
        ["b", "a"].map(|name| BesideWant { attempt: other(name), outcome: None }).into_iter().collect();
    let (path, ended) = (other("b").join("m5out/stats.txt"), [beside[1].clone()].to_vec());
    let wanted = |beside: &[BesideWant]| StatsWant {
        globs: vec!["*.ipc".to_owned()],
        beside: beside.to_vec(),
        ..StatsWant::default()
    };
    bench.want(|want| want.stats = Some(wanted(&beside)));
    let values = |reading: &crate::tui::reading::StatsReading| -> Vec<Vec<Option<f64>>> {
        let of = |one: &crate::tui::reading::BesideReading| {
            one.watched.iter().flat_map(|stat| stat.values.clone()).collect()
        };
        reading.beside.iter().map(of).collect()
    };
    let found = bench.next(|reading| match reading {
        Reading::Stats(stats) if stats.dumps == 1 && values(&stats).iter().any(|one| !one.is_empty()) => {
            Some(values(&stats))
        }
        _ => None,
    });
    assert_eq!(found, [vec![], vec![Some(0.1), Some(0.2)]]);
    // One that runs is followed, whatever becomes of the shown one.
    append(&path, &dump("0.3"));
    bench.want(|want| {
        want.live = false;
        want.stats = Some(wanted(&beside));
    });
    let found = bench.next(|reading| match reading {
        Reading::Stats(stats) if !values(&stats)[0].is_empty() => Some(values(&stats)),
        _ => None,
    });
    assert_eq!(found, [vec![Some(0.3)], vec![Some(0.1), Some(0.2)]]);
    bench.want(|want| want.stats = Some(wanted(&ended)));
    let found = bench.next(|reading| match reading {
        Reading::Stats(stats) if stats.beside.len() == 1 => Some(values(&stats)),
        _ => None,
    });
    assert_eq!(found, [vec![Some(0.1), Some(0.2)]], "what was read stays");
}

#[test]
fn a_dump_that_was_asked_for_is_told_from_those_of_the_script() {
    let mut bench = Bench::new();
    let dump = |ipc: &str| {
        format!(
            "\n---------- Begin Simulation Statistics ----------\nsystem.cpu.ipc {ipc} # IPC\n\n---------- End Simulation Statistics   ----------\n"
        )
    };
    let path = bench.path("m5out/stats.txt");
    append(&path, &dump("0.5"));
    let held = fs::metadata(&path).unwrap().len();
    let at = serde_json::json!({"unix_ms": 0, "boot_ms": 0});
    append(
        &bench.path("requested_dumps.jsonl"),
        &format!("{}\n{{\"half", serde_json::json!({"at": at, "stats_bytes": held})),
    );
    append(&path, &dump("0.6"));
    append(&path, &dump("0.7"));
    bench.want(|want| {
        want.stats = Some(StatsWant { globs: vec!["*.ipc".to_owned()], ..StatsWant::default() });
    });
    let stats = bench.next(|reading| match reading {
        Reading::Stats(stats) if stats.dumps == 3 => Some(stats),
        _ => None,
    });
    assert_eq!((stats.asked, stats.shown_asked), (1, false));
    assert_eq!(stats.watched[0].values, [Some(0.5), Some(0.7)]);
    assert_eq!(stats.watched[0].last, Some(0.7));
}

/// Stats whose one value is asked for behind so many dumps of the script.
fn asked_behind(dir: &Path, dumps: &[&str], asked: &str) {
    fs::create_dir_all(dir.join("m5out")).unwrap();
    let path = dir.join("m5out/stats.txt");
    let dump = |label: &str, ipc: &str| {
        format!(
            "\n---------- Begin Simulation Statistics {label}----------\nsystem.cpu.ipc {ipc} # IPC\n\n---------- End Simulation Statistics   ----------\n"
        )
    };
    append(&path, &dumps.iter().map(|ipc| dump(": end of ROI ", ipc)).collect::<String>());
    let held = fs::metadata(&path).unwrap().len();
    let at = serde_json::json!({"unix_ms": 0, "boot_ms": 0});
    append(&dir.join("requested_dumps.jsonl"), &format!("{}\n", serde_json::json!({"at": at, "stats_bytes": held})));
    append(&path, &dump("", asked));
}

#[test]
fn a_killed_simulation_is_shown_by_its_result_and_not_by_a_later_dump_that_was_asked_for() {
    let mut bench = Bench::new();
    asked_behind(bench.dir.path(), &["0.5"], "0.6");
    let mut shown = |outcome: Option<OutcomeKind>| {
        bench.want(|want| {
            want.stats = Some(StatsWant { globs: vec!["*.ipc".to_owned()], outcome, ..StatsWant::default() });
        });
        let stats = bench.next(|reading| match reading {
            Reading::Stats(stats) if stats.dumps == 2 && (outcome.is_none() == (stats.shown == 2)) => Some(stats),
            _ => None,
        });
        let label = stats.label.map(Safe::into_string);
        (stats.watched[0].last, stats.all[0].value, stats.shown_asked, label)
    };
    assert_eq!(shown(None), (Some(0.6), Some(0.6), true, None));
    let result = (Some(0.5), Some(0.5), false, Some("end of ROI".to_owned()));
    assert_eq!(shown(Some(OutcomeKind::Killed)), result);
}

#[test]
fn the_dump_that_is_meant_is_shown_once_the_attempt_has_ended_or_the_reason_why_it_is_not_there() {
    let mut bench = Bench::new();
    let dump = |start: u64, end: u64, ipc: f64| {
        format!(
            "\n---------- Begin Simulation Statistics ----------\nsimTicks {}\nfinalTick {end}\nsystem.cpu.ipc {ipc}\n\n---------- End Simulation Statistics   ----------\n",
            end - start
        )
    };
    append(&bench.path("m5out/stats.txt"), &(dump(5, 10, 0.5) + &dump(5, 12, 0.6) + &dump(12, 20, 0.7)));
    let mut shown = |choice: &str, at: Option<u32>, outcome: Option<OutcomeKind>| {
        let (globs, dump) = (vec!["*.ipc".to_owned(), "ipc".to_owned()], choice.parse().unwrap());
        bench.want(|want| want.stats = Some(StatsWant { globs, outcome, dump, at, ..StatsWant::default() }));
        let stats = bench.next(|reading| match reading {
            Reading::Stats(stats) if stats.dumps == 3 => Some(stats),
            _ => None,
        });
        let place = stats.chosen.as_ref().and_then(Chosen::place);
        (stats.watched.first().and_then(|stat| stat.last), place, stats.missing.is_some(), stats.unmatched.len())
    };
    let ok = Some(OutcomeKind::Ok);
    assert_eq!(
        shown("first", None, None),
        (Some(0.7), None, false, 1),
        "while it runs the last one tells how far it is"
    );
    assert_eq!(shown("first", None, ok), (Some(0.5), Some((1, 3)), false, 1));
    assert_eq!(shown("roi:2", None, ok), (Some(0.6), Some((2, 3)), false, 1));
    assert_eq!(shown("last", None, ok), (Some(0.7), Some((3, 3)), false, 1));
    assert_eq!(shown("4", None, ok), (None, None, true, 0));
    // Whoever chooses another one to look at sees that one, whatever is meant and whether it runs.
    for (choice, outcome) in [("first", None), ("first", ok), ("last", ok), ("4", ok)] {
        assert_eq!(shown(choice, Some(2), outcome), (Some(0.6), None, false, 1), "{choice}");
    }
}

#[test]
fn compressed_stats_are_shown_when_the_attempt_has_ended() {
    let mut bench = Bench::new();
    let text = "\n---------- Begin Simulation Statistics ----------\nsimTicks 7 # t (Tick)\n\n---------- End Simulation Statistics   ----------\n";
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    fs::write(bench.path("m5out/stats.txt"), packed.finish().unwrap()).unwrap();
    let mut read = |outcome: Option<OutcomeKind>| {
        bench.want(|want| {
            want.stats = Some(StatsWant { outcome, ..StatsWant::default() });
        });
        bench.next(|reading| match reading {
            Reading::Stats(stats) if outcome.is_none() || stats.dumps == 1 => Some(stats.all.len()),
            _ => None,
        })
    };
    assert_eq!(read(None), 0);
    assert_eq!(read(Some(OutcomeKind::Ok)), 1);
}

#[test]
fn a_column_has_a_value_only_where_a_dump_counts() {
    let mut bench = Bench::new();
    let (none, one) = (bench.path("none"), bench.path("one"));
    asked_behind(&none, &[], "0.6");
    asked_behind(&one, &["0.5"], "0.6");
    let mut values = |outcome: Option<OutcomeKind>| {
        let target = |(id, dir): (u32, &std::path::PathBuf)| ColumnTarget {
            id,
            attempt: dir.clone(),
            outcome,
            dump: Choice::LAST,
        };
        let visible = (0..).zip([&none, &one]).map(target).collect();
        let (names, rest) = (vec!["system.cpu.ipc".to_owned()], std::sync::Arc::default());
        bench.want(|want| want.columns = Some(ColumnsWant { names, visible, rest }));
        let mut found = std::collections::BTreeMap::new();
        while found.len() < 2 {
            let reading = bench.next(|reading| match reading {
                Reading::Columns(columns) => Some(columns),
                _ => None,
            });
            found.insert(reading.id, reading.values[0]);
        }
        [found[&0], found[&1]]
    };
    assert_eq!(values(None), [Some(0.6), Some(0.6)]);
    assert_eq!(values(Some(OutcomeKind::Killed)), [None, Some(0.5)], "the end of an attempt is looked at once more");
}

#[test]
fn stats_are_read_where_the_command_line_puts_them() {
    let record = |argv: &[&str], subdir: Option<&str>| {
        serde_json::json!({
            "format": 1, "simulation": "s", "attempt": 1, "argv": argv, "cwd": "/", "env": {}, "call": null,
            "output_subdir": subdir, "parameters": [], "spec_hash": "", "gem5_tui": "0",
            "at": {"unix_ms": 0, "boot_ms": 0},
        })
        .to_string()
    };
    let read = |argv: &[&str], subdir: Option<&str>, file: &Path| {
        let mut bench = Bench::new();
        append(&bench.path("spec.json"), &record(argv, subdir));
        let file = bench.path("m5out").join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        append(
            &file,
            "\n---------- Begin Simulation Statistics ----------\nsimTicks 7\n\n---------- End Simulation Statistics   ----------\n",
        );
        bench.want(|want| want.stats = Some(StatsWant::default()));
        let stats = bench.next(|reading| match reading {
            Reading::Stats(stats) if stats.dumps == 1 => Some(stats),
            _ => None,
        });
        assert_eq!((stats.attempt.as_path(), stats.path), (bench.dir.path(), file));
    };
    read(&["gem5", "many.py", "big"], Some("big"), Path::new("big/stats.txt"));
    read(&["gem5", "--stats-file=roi.txt", "run.py"], None, Path::new("roi.txt"));
    let elsewhere = tempfile::tempdir().unwrap();
    let absolute = elsewhere.path().join("roi.txt");
    read(&["gem5", &format!("--stats-file={}", absolute.display()), "run.py"], None, &absolute);
}

#[test]
fn the_failure_is_read_from_the_ends_of_the_logs() {
    let mut bench = Bench::new();
    let filler = "warn: again\n".repeat(10_000);
    append(&bench.path("m5out/simerr.txt"), &filler);
    append(&bench.path("m5out/simerr.txt"), "src/a.cc:7: fatal: no such cache\nMemory Usage: 5 KBytes\n");
    append(&bench.path("m5out/simout.txt"), "hello\n");
    bench.want(|want| want.failure = Some(Outcome::new(OutcomeKind::Fatal, "no such cache")));
    let failure = bench.next(|reading| match reading {
        Reading::Failure(failure) => Some(failure),
        _ => None,
    });
    assert!(failure.found && failure.file == Some("m5out/simerr.txt".into()));
    assert_eq!((failure.before.len(), failure.message.len()), (30, 2));
    assert_eq!(failure.message[0].offset, filler.len() as u64);
    bench.want(|want| want.failure = Some(Outcome::new(OutcomeKind::Killed, "SIGKILL")));
    let killed = bench.next(|reading| match reading {
        Reading::Failure(failure) if failure.kind == OutcomeKind::Killed => Some(failure),
        _ => None,
    });
    assert!(!killed.found && !killed.before.is_empty());
}

#[test]
fn a_guest_that_failed_is_quoted_from_its_console() {
    let mut bench = Bench::new();
    append(&bench.path("m5out/simout.txt"), "Exiting @ tick 5 because simulate() limit reached\n");
    append(&bench.path("m5out/system.terminal"), "Linux version 5.4\n[ 1.7] Kernel panic - not syncing: no init\n");
    let cause = "system.terminal says: Kernel panic - not syncing: no init";
    bench.want(|want| want.failure = Some(Outcome::new(OutcomeKind::GuestFailed, cause)));
    let failure = bench.next(|reading| match reading {
        Reading::Failure(failure) => Some(failure),
        _ => None,
    });
    assert!(failure.found && failure.file == Some("m5out/system.terminal".into()));
    assert_eq!(failure.message[0].line.plain().as_str(), "[ 1.7] Kernel panic - not syncing: no init");
    let cause = "the simulated program ended with code 3";
    bench.want(|want| want.failure = Some(Outcome::new(OutcomeKind::GuestFailed, cause)));
    let own = bench.next(|reading| match reading {
        Reading::Failure(failure) => Some(failure),
        _ => None,
    });
    assert_eq!(own.file, Some("m5out/simout.txt".into()), "a console that failed before is not why it ended");
}

#[test]
fn columns_are_read_for_other_simulations_too() {
    let mut bench = Bench::new();
    let text = "\n---------- Begin Simulation Statistics ----------\nsystem.cpu.ipc 0.5\nsystem.cpu.cpi 2\n\n\
                ---------- End Simulation Statistics   ----------\n";
    let targets = ["a", "b", "c"].map(|name| bench.path(name));
    for dir in &targets[..2] {
        fs::create_dir_all(dir.join("m5out")).unwrap();
        append(&dir.join("m5out/stats.txt"), text);
    }
    let target = |(id, dir): (usize, &std::path::PathBuf)| ColumnTarget {
        id: id as u32,
        attempt: dir.clone(),
        outcome: None,
        dump: Choice::LAST,
    };
    let names = vec!["system.cpu.cpi".to_owned(), "nothing".to_owned()];
    let want = ColumnsWant {
        names,
        visible: targets.iter().enumerate().map(target).collect(),
        rest: std::sync::Arc::default(),
    };
    bench.want(|wanted| wanted.columns = Some(want));
    let mut found = std::collections::BTreeMap::new();
    while found.len() < 3 {
        let reading = bench.next(|reading| match reading {
            Reading::Columns(columns) => Some(columns),
            _ => None,
        });
        found.insert(reading.id, reading.values);
    }
    assert_eq!(found[&0], [Some(2.0), None]);
    assert_eq!(found[&1], [Some(2.0), None]);
    assert_eq!(found[&2], [None, None], "a simulation without stats has no values");
}

#[test]
fn a_filter_is_answered_with_the_lines_that_match_and_then_with_their_count_and_follows_new_ones() {
    let mut bench = Bench::new();
    let path = bench.path("m5out/simout.txt");
    append(&path, &((1..=100_000).map(|n| format!("line {n:06}")).collect::<Vec<_>>().join("\n") + "\n"));
    let pattern = LinePattern::new("0000$", false, 1 << 20).unwrap();
    let filter = Some(FilterWant { id: 9, pattern });
    bench.want(|want| {
        want.log = Some(LogWant {
            path: path.clone(),
            top: Top::End,
            margin: 50,
            seek: None,
            tally: None,
            filter,
            folds: false,
            copy: None,
        });
    });
    let whole = |log: &LogReading| log.filter.is_some_and(|filter| filter.part.is_none());
    let log = bench.log(|log| whole(log) && log.all_counted);
    let numbers: Vec<Option<u64>> = log.lines.iter().map(|line| line.number).collect();
    assert_eq!(numbers, (1..=10).map(|n| Some(n * 10_000)).collect::<Vec<_>>());
    assert!(log.from_start && log.to_end);
    let lines = bench.next(|reading| match reading {
        Reading::Tally(tally) if tally.id == 9 && tally.is_all => Some(tally.lines),
        _ => None,
    });
    assert_eq!(lines, 10);
    append(&path, "x\nnew 0000\n");
    let log = bench.log(|log| whole(log) && log.lines.len() == 11 && log.all_counted);
    assert_eq!(log.lines[10].number, Some(100_002));
}

#[test]
fn repeats_are_read_as_one_line_and_a_line_among_them_is_found_in_it() {
    let mut bench = Bench::new();
    append(&bench.path("m5out/simout.txt"), &format!("begin\n{}end\n", "warn: again\n".repeat(5000)));
    let sought = Sought::Line(120);
    bench.want_log(Top::End, Some(Seek { id: 1, sought }));
    let found = bench.found(1);
    let around = found.around.expect("what is around it");
    assert_eq!((around.number, around.lines.len(), around.from_start, around.to_end), (Some(1), 3, true, true));
    let row = &around.lines[1];
    assert_eq!(row.fold.map(|fold| (fold.lines, fold.goes_on)), Some((5000, false)));
    assert!(row.offset == 6 && row.shows(found.line.unwrap()) && !row.shows(around.lines[2].offset));
}
