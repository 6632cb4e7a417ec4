//! Logs that are huge, that are no text, that are exchanged while they are read, and that grow faster than anybody reads.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::escapes::{flaw_in_drawing, flaw_in_text};
use crate::pty::Terminal;
use crate::stage::{PATIENCE, Running, Stage, wait_for, within};

/// No client may take more, whatever it shows.
const MOST_MEMORY: u64 = 100 << 20;

/// The first frame is a matter of milliseconds; this is for a build without optimisation on a busy machine.
const FIRST_FRAME: Duration = Duration::from_secs(30);

/// One simulation at its gate, and an engine. Its log is for the test to write.
fn waiting() -> (Stage, Running) {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    (stage, engine)
}

/// The most memory that a process has had, bytes.
fn peak(pid: i32) -> u64 {
    peak_if_alive(pid).unwrap()
}

fn peak_if_alive(pid: i32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    // A zombie has no memory.
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10)
}

fn append(path: &Path, bytes: &[u8]) {
    fs::OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(bytes).unwrap();
}

/// What stands in the log pane, row by row, on a screen of this width that shows the log alone.
fn pane(terminal: &Terminal) -> Vec<String> {
    let text = terminal.text();
    let rows = text.lines().filter_map(|line| line.strip_prefix('│')?.strip_suffix('│'));
    rows.map(|row| row.trim_end().to_owned()).collect()
}

/// Waits until every row of the pane begins and ends with the frame, or with the sign there of a line that is cut or goes on, wherever its
/// text goes. A frame that is bent stays so.
#[track_caller]
fn assert_straight(terminal: &Terminal) {
    let bent = || {
        terminal.screen(|screen| {
            let (rows, columns) = screen.size();
            let cell = |row, column| screen.cell(row, column).unwrap().contents();
            let edge = |corner: &str| (0..rows.get()).find(|row| cell(*row, 0) == corner);
            let (Some(top), Some(bottom)) = (edge("┌"), edge("└")) else { return Some("no frame".to_owned()) };
            let is_frame = |text: &str| matches!(text, "│" | "┃" | "…" | "↪");
            let is_bent = |row: &u16| [0, columns.get() - 1].iter().any(|column| !is_frame(cell(*row, *column)));
            (top + 1..bottom).find(is_bent).map(|row| format!("row {row} of:\n{}", screen.contents()))
        })
    };
    let straight = within(PATIENCE, || bent().is_none().then_some(()));
    assert!(straight.is_some(), "{}", bent().unwrap_or_default());
}

/// Shows the log alone.
fn zoom(terminal: &mut Terminal) {
    terminal.press("z\r");
    terminal.shows_no("Simulations");
}

/// Opens the log, goes through it in every way, and asserts that this stays quick and small.
fn assert_read_with_ease(stage: &Stage, engine: &Running, last: &str) {
    let begun = Instant::now();
    let mut terminal = Terminal::dashboard(stage, 100, 30);
    terminal.shows_line(&["running", "a"]);
    terminal.shows(&[last]);
    assert!(begun.elapsed() < FIRST_FRAME, "the first frame took {:?}", begun.elapsed());
    zoom(&mut terminal);
    for keys in ["g", "w", "w", "G", "/no such text\r"] {
        terminal.press(keys);
    }
    // A search through all of it goes on meanwhile, and so does the count of its lines.
    let asked = Instant::now();
    terminal.press("?");
    terminal.shows(&["Esc closes"]);
    assert!(asked.elapsed() < FIRST_FRAME, "a key took {:?}", asked.elapsed());
    terminal.press("\u{1b}");
    terminal.shows_no("Esc closes");
    assert_straight(&terminal);
    assert_eq!(flaw_in_drawing(&terminal.whole_frames()), None);
    assert!(peak(terminal.pid()) < MOST_MEMORY, "the dashboard took {} MiB", peak(terminal.pid()) >> 20);
    // The engine reads logs for progress.
    assert!(peak(engine.pid()) < MOST_MEMORY, "the engine took {} MiB", peak(engine.pid()) >> 20);
}

#[test]
fn f42_a_line_of_100_mb() {
    let (stage, engine) = waiting();
    let mut file = fs::File::create(stage.attempt("a", 1).simout()).unwrap();
    let megabyte = vec![b'x'; 1 << 20];
    for _ in 0..100 {
        file.write_all(&megabyte).unwrap();
    }
    file.write_all(b"\nthe last line\n").unwrap();
    assert_read_with_ease(&stage, &engine, "the last line");

    // As text for a pipe, a part of each piece is printed, and that it is cut.
    let logs = stage.start("logs exp.yaml a");
    let pid = logs.pid();
    let mut most = 0;
    wait_for("its end", || {
        let Some(bytes) = peak_if_alive(pid) else { return Some(()) };
        most = most.max(bytes);
        None
    });
    let said = logs.finish().expect(0);
    assert!(said.out.ends_with("the last line\n") && said.out.contains(" … (cut)\n"));
    assert!(said.out.len() < 8 << 20, "{}", said.out.len());
    assert!(most < MOST_MEMORY, "it took {} MiB", most >> 20);
}

#[test]
fn f42_a_gigabyte_without_a_newline() {
    let (stage, engine) = waiting();
    let path = stage.attempt("a", 1).simout();
    append(&path, b"the first words ");
    // NULs that take no room on the disk, as a log has them that was cut short under a writer without O_APPEND.
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(1 << 30).unwrap();
    append(&path, b"the last words");
    assert_read_with_ease(&stage, &engine, "the last words");
}

#[test]
fn f42_megabytes_of_nul() {
    let (stage, engine) = waiting();
    let path = stage.attempt("a", 1).simout();
    append(&path, b"before\n");
    for _ in 0..8 {
        append(&path, &[vec![0; 1 << 20], b"\n".to_vec()].concat());
    }
    append(&path, b"behind\n");
    assert_read_with_ease(&stage, &engine, "behind");
    let said = stage.call("logs exp.yaml a").expect(0);
    assert!(said.out.starts_with("before\n␀×4096 … (cut)\n") && said.out.ends_with("behind\n"));
}

#[test]
fn f42_noise_that_is_no_text_at_all() {
    let (stage, engine) = waiting();
    let path = stage.attempt("a", 1).simout();
    let mut noise = vec![0; 16 << 20];
    fs::File::open("/dev/urandom").unwrap().read_exact(&mut noise).unwrap();
    append(&path, &noise);
    append(&path, b"\nbehind the noise\n");
    assert_read_with_ease(&stage, &engine, "behind the noise");
    let mut logs = stage.command("logs exp.yaml a");
    let output = logs.output().unwrap();
    assert_eq!(flaw_in_text(&output.stdout), None);
    assert!(output.status.success() && output.stdout.ends_with(b"\nbehind the noise\n"));
}

#[test]
fn f43_a_progress_bar_shows_its_last_state() {
    let (stage, _engine) = waiting();
    let path = stage.attempt("a", 1).simout();
    append(&path, b"begun\n");
    // A megabyte in one line, which is drawn over itself again and again.
    let bar = |percent: usize| format!("\r[{:<50}] {percent}%", "#".repeat(percent / 2));
    let bytes: String = (0..20_000).map(|step| bar(step * 100 / 20_000)).collect();
    assert!(bytes.len() > 1 << 20);
    append(&path, bytes.as_bytes());
    let mut terminal = Terminal::dashboard(&stage, 100, 30);
    terminal.shows_line(&["running", "a"]);
    zoom(&mut terminal);
    terminal.shows(&["99%"]);
    append(&path, bar(100).as_bytes());
    terminal.shows(&["100%"]);
    append(&path, b"\ndone\n");
    terminal.shows(&["done"]);
    // The pieces of a line that is longer than any screen are shown below each other; none shows two states.
    let rows = pane(&terminal);
    assert!(rows.iter().all(|row| row.matches('%').count() <= 1), "{rows:?}");
    assert_straight(&terminal);
}

#[test]
fn f43_no_text_bends_a_frame() {
    let (stage, _engine) = waiting();
    let path = stage.attempt("a", 1).simout();
    let pile = format!("pile e{}|", "\u{301}".repeat(10_000));
    let lines: Vec<Vec<u8>> = [
        pile.as_str(),
        "family 👨\u{200d}👩\u{200d}👧\u{200d}👦| flag 🇩🇪| heart ❤\u{fe0f}| keycap 1\u{fe0f}\u{20e3}| skin 👍🏽|",
        "wide 模拟器模拟器| half ｱｲｳ| ambiguous §±°…—| bar ﷽| zalgo z\u{334}\u{353}a\u{30d}l\u{32c}g\u{35c}o|",
        "hangul ᄒ\u{1161}\u{11ab}| thai ก\u{e33}| devanagari क\u{94d}षि| arabic لا\u{640}\u{651}|",
        "tab\tstop\t|\x08\x08 backspace \x0b\x0c|",
        "mark at the start:",
        "\u{301}\u{302} marks alone|",
    ]
    .iter()
    .map(|line| line.as_bytes().to_vec())
    .chain([
        b"invalid \xff\xfe\xc3( \xe2\x82| \xf0\x9f\x92|".to_vec(),
        b"overlong \xc0\xaf surrogate \xed\xa0\x80|".to_vec(),
    ])
    .collect();
    // Often enough that they stand at every column of the edge.
    for shift in 0..12 {
        for line in &lines {
            append(&path, &[b" ".repeat(shift), line.repeat(8), b"\n".to_vec()].concat());
        }
    }
    append(&path, b"the end of it\n");
    for (columns, rows) in [(100, 40), (61, 20), (40, 12)] {
        let mut terminal = Terminal::dashboard(&stage, columns, rows);
        terminal.shows(&["running", "a"]);
        zoom(&mut terminal);
        terminal.shows(&["the end of it"]);
        for keys in ["g", "w", "\u{4}", "\u{4}", "\u{4}", "w", "l", "l", "h", "G"] {
            let frames = terminal.raw().windows(8).filter(|bytes| *bytes == b"\x1b[?2026l").count();
            terminal.press(keys);
            let drawn = || terminal.raw().windows(8).filter(|bytes| *bytes == b"\x1b[?2026l").count() > frames;
            wait_for("a frame", || drawn().then_some(()));
            assert_straight(&terminal);
        }
        let raw = terminal.whole_frames();
        assert_eq!(flaw_in_drawing(&raw), None);
        assert!(!String::from_utf8_lossy(&raw).contains(&"\u{301}".repeat(20)), "marks pile up over other rows");
    }
}

/// The numbers of a log whose lines are `WORD NUMBER`.
fn numbers(rows: &[String], word: &str) -> Vec<u32> {
    rows.iter().filter_map(|row| row.strip_prefix(word)?.trim().parse().ok()).collect()
}

fn lines(word: &str, range: std::ops::Range<u32>) -> String {
    range.fold(String::new(), |text, number| format!("{text}{word} {number}\n"))
}

#[test]
fn f44_a_log_that_is_exchanged_while_it_is_followed_is_never_mixed() {
    let (stage, _engine) = waiting();
    let path = stage.attempt("a", 1).simout();
    append(&path, lines("first", 0..40).as_bytes());
    let mut terminal = Terminal::dashboard(&stage, 100, 30);
    terminal.shows_line(&["running", "a"]);
    zoom(&mut terminal);
    terminal.shows(&["first 39"]);
    let only = |terminal: &Terminal, word: &str, event: &str| {
        terminal.shows(&[&format!("{word} 9"), event]);
        let rows = pane(terminal);
        assert_eq!(numbers(&rows, word), (0..10).collect::<Vec<_>>(), "{rows:?}");
        assert_eq!(rows.iter().filter(|row| !row.is_empty()).count(), 10, "{rows:?}");
    };

    // Cut short and written anew, as a shell's `>` does.
    fs::write(&path, lines("second", 0..10)).unwrap();
    only(&terminal, "second", "was cut short");

    // Rotated: the old file goes on under another name, and nobody reads that.
    let mut old = fs::OpenOptions::new().append(true).open(&path).unwrap();
    fs::rename(&path, path.with_extension("1")).unwrap();
    append(&path, lines("third", 0..10).as_bytes());
    old.write_all(b"into the old file\n").unwrap();
    only(&terminal, "third", "was replaced");

    // Copied and cut short, while its writer goes on in it.
    let mut writer = fs::OpenOptions::new().append(true).open(&path).unwrap();
    fs::copy(&path, path.with_extension("2")).unwrap();
    writer.set_len(0).unwrap();
    writer.write_all(lines("fourth", 0..10).as_bytes()).unwrap();
    only(&terminal, "fourth", "was cut short");

    // Replaced by a rename, with exactly as many bytes.
    let new = path.with_extension("new");
    fs::write(&new, lines("fi-fth", 0..10)).unwrap();
    assert_eq!(fs::metadata(&new).unwrap().len(), fs::metadata(&path).unwrap().len());
    fs::rename(&new, &path).unwrap();
    only(&terminal, "fi-fth", "was replaced");

    // Written over in place, with exactly as many bytes.
    fs::write(&path, lines("si-xth", 0..10)).unwrap();
    only(&terminal, "si-xth", "was cut short");

    // Deleted, and there again, perhaps with the same inode.
    fs::remove_file(&path).unwrap();
    terminal.shows(&["simout.txt has been removed"]);
    append(&path, lines("seventh", 0..10).as_bytes());
    only(&terminal, "seventh", "");
    for round in 0..5 {
        fs::remove_file(&path).unwrap();
        append(&path, lines(&format!("round-{round}"), 0..10).as_bytes());
        only(&terminal, &format!("round-{round}"), "");
    }

    // In the middle of a reader who has scrolled up, and down to nothing.
    append(&path, lines("more", 0..500).as_bytes());
    terminal.shows(&["more 499"]);
    terminal.press("g");
    terminal.shows(&["round-4 0"]);
    fs::write(&path, "").unwrap();
    terminal.shows(&["simout.txt is empty so far"]);
    append(&path, b"alive\n");
    terminal.shows(&["alive"]);
    assert_eq!(flaw_in_drawing(&terminal.whole_frames()), None);
}

#[test]
fn f44_a_verb_that_follows_tells_when_the_log_is_another_one() {
    let (stage, _engine) = waiting();
    let path = stage.attempt("a", 1).simout();
    append(&path, lines("first", 0..3).as_bytes());
    // It ends with the attempt, whatever becomes of this test.
    let (out, err) = (stage.path("printed"), stage.path("complained"));
    let mut command = stage.command("logs exp.yaml a --follow");
    command.stdout(fs::File::create(&out).unwrap()).stderr(fs::File::create(&err).unwrap());
    let mut logs = command.spawn().unwrap();
    let wait = |file: &Path, text: &str| {
        wait_for(text, || fs::read_to_string(file).unwrap().ends_with(text).then_some(()));
    };
    wait(&out, "first 2\n");
    fs::write(&path, "second\n").unwrap();
    wait(&out, "second\n");
    let new = path.with_extension("new");
    fs::write(&new, "third\n").unwrap();
    fs::rename(&new, &path).unwrap();
    wait(&out, "third\n");
    fs::remove_file(&path).unwrap();
    wait(&err, "was removed\n");
    append(&path, b"fourth\n");
    wait(&out, "fourth\n");
    stage.open("a", 0);
    assert!(wait_for("its end", || logs.try_wait().unwrap()).success());
    assert_eq!(fs::read_to_string(&out).unwrap(), lines("first", 0..3) + "second\nthird\nfourth\n");
    let err = fs::read_to_string(&err).unwrap();
    let events: Vec<&str> = err.lines().map(|line| line.rsplit_once("simout.txt ").unwrap().1).collect();
    assert_eq!(events, ["was cut short", "was replaced", "was removed"]);
}

#[test]
fn f45_a_writer_that_nobody_can_follow_is_followed_at_its_end() {
    let (stage, engine) = waiting();
    let path = stage.attempt("a", 1).simout();
    append(&path, b"gem5 Simulator System.  https://www.gem5.org\ngem5 version 24.1.0.1\nline 0\n");
    let mut terminal = Terminal::dashboard(&stage, 100, 30);
    terminal.shows_line(&["running", "a"]);
    zoom(&mut terminal);
    terminal.shows(&["line 0"]);
    // A hundred megabytes a second at most, in lines of a hundred bytes, until there are many and the screen has moved on with them.
    let begun = Instant::now();
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    let mut number = 0_u64;
    let mut seen = std::collections::BTreeSet::new();
    let mut early = None;
    while number < 300_000 || seen.len() < 5 {
        assert!(begun.elapsed() < PATIENCE, "the screen moved {} times while {number} lines came", seen.len());
        let mut chunk = Vec::new();
        while chunk.len() < 1 << 20 {
            number += 1;
            writeln!(chunk, "line {number} {}", "x".repeat(90)).unwrap();
        }
        file.write_all(&chunk).unwrap();
        let shown = terminal
            .text()
            .lines()
            .filter_map(|line| line.strip_prefix("│line ")?.split(' ').next()?.parse().ok())
            .max();
        seen.extend(shown.filter(|shown: &u64| *shown > 0));
        if number > 100_000 {
            early.get_or_insert_with(|| peak(terminal.pid()));
        }
        // What a machine cannot write in time it writes later.
        let due = Duration::from_millis(number / 10_500 * 10);
        std::thread::park_timeout(due.saturating_sub(begun.elapsed()));
    }
    drop(file);
    terminal.shows(&[&format!("line {number} ")]);
    // What is kept does not grow with what has gone by.
    let (early, late) = (early.unwrap(), peak(terminal.pid()));
    assert!(late < MOST_MEMORY && late < early + (30 << 20), "{} MiB, then {} MiB", early >> 20, late >> 20);
    assert!(peak(engine.pid()) < MOST_MEMORY, "the engine took {} MiB", peak(engine.pid()) >> 20);
    // Keys were not lost in the flood.
    terminal.press("g");
    terminal.shows(&["line 1 "]);
}
