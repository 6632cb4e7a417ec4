//! A log that grows, shrinks, goes and has long lines; where its lines are, their numbers, and what is found in it.

use std::fs;
use std::io::Write as _;
use std::time::Instant;

use proptest::prelude::*;

use super::*;

fn texts(lines: &[RawLine]) -> Vec<String> {
    lines.iter().map(|line| String::from_utf8_lossy(&line.bytes).into_owned()).collect()
}

fn append(path: &Path, bytes: &[u8]) {
    fs::OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(bytes).unwrap();
}

#[test]
fn a_log_is_followed_through_growth_truncation_replacement_and_deletion() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("simout.txt");
    let mut log = LogFile::open(&path).unwrap();
    assert_eq!((log.refresh().unwrap(), log.exists()), (Change::None, false));
    assert_eq!(log.last_lines(5).unwrap(), []);

    append(&path, b"one\ntwo");
    assert_eq!(log.refresh().unwrap(), Change::Appeared);
    assert_eq!(texts(&log.last_lines(5).unwrap()), ["one", "two"]);
    append(&path, b" and a half\nthree\n");
    assert_eq!(log.refresh().unwrap(), Change::Grew);
    assert_eq!(texts(&log.last_lines(2).unwrap()), ["two and a half", "three"]);
    assert_eq!(log.count_step(1 << 20).unwrap(), LineCount { lines: 3, complete: true });
    assert_eq!(log.refresh().unwrap(), Change::None);

    fs::write(&path, b"new\n").unwrap();
    assert_eq!(log.refresh().unwrap(), Change::Truncated);
    assert_eq!(texts(&log.last_lines(5).unwrap()), ["new"]);

    fs::write(&path, b"truncated, and longer again\n").unwrap();
    assert_eq!(log.refresh().unwrap(), Change::Truncated);
    assert_eq!(texts(&log.lines_from(0, 5).unwrap()), ["truncated, and longer again"]);

    let other = dir.path().join("other");
    fs::write(&other, b"another file that is much longer than the first\n").unwrap();
    fs::rename(&other, &path).unwrap();
    assert_eq!(log.refresh().unwrap(), Change::Replaced);
    assert_eq!(log.count_step(1 << 20).unwrap(), LineCount { lines: 1, complete: true });

    fs::remove_file(&path).unwrap();
    assert_eq!(log.refresh().unwrap(), Change::Gone);
    assert!(log.is_empty() && log.last_lines(1).unwrap().is_empty());
    assert_eq!(log.refresh().unwrap(), Change::None);
}

#[test]
fn content_that_was_exchanged_in_place_is_noticed_whatever_its_length() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("simout.txt");
    let lines = |from: usize| (from..from + 20).fold(String::new(), |text, n| format!("{text}tick {n:06}\n"));
    append(&path, lines(1).as_bytes());
    let mut log = LogFile::open(&path).unwrap();
    assert_eq!(texts(&log.last_lines(1).unwrap()), ["tick 000020"]);
    // Exactly as long as before, so that only its time tells that something was written.
    let rewrite = |text: String| {
        let before = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, text).unwrap();
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_modified(before + std::time::Duration::from_millis(10)).unwrap();
    };
    rewrite(lines(500));
    assert_eq!(log.refresh().unwrap(), Change::Truncated);
    assert_eq!(texts(&log.last_lines(1).unwrap()), ["tick 000519"]);
    // As a log that repeats itself: what stood before the old end stands there again, behind another beginning.
    rewrite(lines(500).replacen("tick", "tock", 1) + &lines(900));
    assert_eq!(log.refresh().unwrap(), Change::Truncated);
    assert_eq!(texts(&log.lines_from(0, 1).unwrap()), ["tock 000500"]);
    // A file that was only touched is the same.
    let text = fs::read_to_string(&path).unwrap();
    rewrite(text);
    assert_eq!(log.refresh().unwrap(), Change::None);
}

#[test]
fn a_fifo_in_place_of_a_log_does_not_hang() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("simout.txt");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(LogFile::open(&path).unwrap_err().to_string().contains("not a regular file"));
}

#[test]
fn a_line_of_100_mb_is_read_in_small_steps() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("simout.txt");
    let file = fs::File::create(&path).unwrap();
    file.set_len(100 << 20).unwrap();
    append(&path, b"\nend\n");
    let started = Instant::now();
    let mut log = LogFile::open(&path).unwrap();
    let last = log.last_lines(3).unwrap();
    assert_eq!(last.last().unwrap().bytes, b"end");
    assert!(last[0].cut && last[0].bytes.len() == MAX_SHOWN);
    assert!(last.iter().all(|line| line.end - line.start <= 2 * SEGMENT));
    let first = log.lines_from(0, 3).unwrap();
    assert_eq!(first.iter().map(|line| line.end).collect::<Vec<_>>(), [SEGMENT, 2 * SEGMENT, 3 * SEGMENT]);
    assert!(log.blocks.len() <= CACHED_BLOCKS && log.blocks.iter().all(|block| block.bytes.len() <= SEGMENT as usize));
    let step = log.count_step(1 << 20).unwrap();
    assert!(!step.complete && step.lines < 100);
    assert!(started.elapsed().as_secs() < 5, "windows must not read the whole file");
    while !log.count_step(8 << 20).unwrap().complete {}
    assert_eq!(log.count().lines, 2, "a line that is handed out in pieces is one, as `wc -l` says");
    assert_eq!(first.iter().map(|line| line.continues).collect::<Vec<_>>(), [false, true, true]);
    assert_eq!((first[0].left_out, last.last().unwrap().continues), (SEGMENT - MAX_SHOWN as u64, false));
}

#[test]
fn a_long_line_that_is_drawn_over_itself_shows_its_last_state() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("simout.txt");
    let bar = |step: usize| format!("\r{step:6} {}", "#".repeat(step % 60));
    let bars: String = (0..4_000).map(bar).collect();
    assert!(bars.len() as u64 > 2 * SEGMENT);
    append(&path, format!("begun\n{bars}").as_bytes());
    let mut log = LogFile::open(&path).unwrap();
    let shown = |log: &mut LogFile| {
        log.refresh().unwrap();
        let last = log.last_lines(1).unwrap().remove(0);
        (String::from_utf8(last.bytes).unwrap(), last.cut, last.whole)
    };
    assert_eq!(shown(&mut log), (bar(3_999).trim_start_matches('\r').to_owned(), false, false));
    // One that is about to be drawn over is still there.
    append(&path, b"\r    last state\r\r");
    assert_eq!(shown(&mut log), ("    last state\r\r".to_owned(), false, false));
    append(&path, b"\n");
    assert_eq!(shown(&mut log), ("    last state\r\r".to_owned(), false, true));
    // A last state that is too long itself is cut like any line.
    append(&path, format!("{bars}\r{}", "x".repeat(9_000)).as_bytes());
    let (text, cut, whole) = shown(&mut log);
    assert_eq!((text.as_str(), cut, whole), ("x".repeat(MAX_SHOWN).as_str(), true, false));
    // Every piece of the line shows the last state in it.
    let pieces = log.lines_from("begun\n".len() as u64, 9).unwrap();
    assert!(pieces.len() > 2 && pieces.iter().all(|piece| piece.bytes.len() < 70 || piece.cut), "{pieces:?}");
    assert!(pieces[0].whole);
}

#[test]
fn bytes_that_are_not_text_come_through_unchanged() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("simout.txt");
    fs::write(&path, b"\xff\xfe\0x\n\n\x80").unwrap();
    let lines = LogFile::open(&path).unwrap().lines_from(0, 9).unwrap();
    let bytes: Vec<&[u8]> = lines.iter().map(|line| line.bytes.as_slice()).collect();
    assert_eq!(bytes, [&b"\xff\xfe\0x"[..], b"", b"\x80"]);
}

#[test]
fn a_line_of_exactly_what_is_shown_is_not_cut() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("simout.txt");
    let exact = vec![b'x'; MAX_SHOWN];
    fs::write(&path, [&exact[..], b"\n", &exact, b"y\n", &exact].concat()).unwrap();
    let lines = LogFile::open(&path).unwrap().lines_from(0, 9).unwrap();
    assert_eq!(lines.iter().map(|line| line.cut).collect::<Vec<_>>(), [false, true, false]);
    assert!(lines.iter().all(|line| line.bytes.len() == MAX_SHOWN));
    assert_eq!(lines.iter().map(|line| line.left_out).collect::<Vec<_>>(), [0, 1, 0]);
}

#[test]
fn a_search_goes_both_ways_in_steps() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("simout.txt");
    let text = (0..50_000).map(|i| format!("line {i}")).collect::<Vec<_>>().join("\n") + "\n";
    fs::write(&path, &text).unwrap();
    let mut log = LogFile::open(&path).unwrap();
    let needle = LinePattern::new("^line 4(0000|1)$", false, 1 << 20).unwrap();
    let mut search = |mut from: u64, forward: bool| {
        let mut steps = 0;
        loop {
            match log.find(&needle, from, forward, 10_000).unwrap() {
                Found::Found { start } => return (Some(start), steps),
                Found::NotHere { next_offset } => (from, steps) = (next_offset, steps + 1),
                Found::End => return (None, steps),
            }
        }
    };
    let first = text.find("line 41\n").unwrap() as u64;
    let second = text.find("line 40000\n").unwrap() as u64;
    assert_eq!(search(0, true), (Some(first), 0));
    let (found, steps) = search(first + 8, true);
    assert_eq!(found, Some(second));
    assert!(steps > 10);
    assert_eq!(search(second + 1, true).0, None);
    assert_eq!(search(text.len() as u64, false).0, Some(second));
    assert_eq!(search(second, false).0, Some(first));
    assert_eq!(search(first, false).0, None);
}

/// The lines as the module's definition says, over the whole text at once.
fn model(text: &[u8], segment: usize) -> Vec<(u64, u64)> {
    let is_start = |at: usize| {
        at == 0 || text[at - 1] == b'\n' || (at.is_multiple_of(segment) && !text[at - segment..at].contains(&b'\n'))
    };
    let starts: Vec<u64> = (0..text.len()).filter(|at| is_start(*at)).map(|at| at as u64).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len() as u64]);
    starts.iter().copied().zip(ends).collect()
}

#[test]
fn more_matches_than_are_kept_at_once_are_found_step_by_step() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let lines = 3 * MAX_MATCHES + 5;
    fs::write(&path, "x\n".repeat(lines)).unwrap();
    let mut log = LogFile::open(&path).unwrap();
    let pattern = LinePattern::new("x", false, LinePattern::USUAL_SIZE).unwrap();
    let (mut from, mut before, mut found) = (0, 0, 0);
    while let Some(step) = log.matches(&pattern, from, 1 << 20).unwrap() {
        assert!(step.lines.len() <= MAX_MATCHES);
        for line in &step.lines {
            assert_eq!((line.line, before + line.newlines), (found * 2, found));
            found += 1;
        }
        (from, before) = (step.next_offset, before + step.newlines);
    }
    assert_eq!((found, before), (lines as u64, lines as u64));
}

#[test]
fn what_matches_in_a_very_long_line_is_shown_with_what_is_around_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    fs::write(&path, format!("{}NEEDLE{}\nshort NEEDLE\n", "a".repeat(20_000), "b".repeat(20_000))).unwrap();
    let mut log = LogFile::open(&path).unwrap();
    let pattern = LinePattern::new("NEEDLE", false, LinePattern::USUAL_SIZE).unwrap();
    let step = log.matches(&pattern, 0, 1 << 20).unwrap().unwrap();
    let texts: Vec<String> = step.lines.iter().map(|line| log.excerpt(*line).unwrap().text().into_string()).collect();
    assert!(texts[0].starts_with("… aaa") && texts[0].contains("aNEEDLEb") && texts[0].ends_with("b … (cut)"));
    assert_eq!(texts[1], "short NEEDLE");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn lines_are_the_same_forwards_backwards_and_counted(
        pieces in prop::collection::vec("[a\\n]{0,9}|a{0,20}", 0..12), segment in 1_u64..9
    ) {
        let text = pieces.concat().into_bytes();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        fs::write(&path, b"").unwrap();
        let mut log = LogFile::with_segment(&path, segment).unwrap();
        // It grows piece by piece, so that counting and blocks take up where they stopped.
        for piece in &pieces {
            append(&path, piece.as_bytes());
            log.refresh().unwrap();
            log.count_step(3).unwrap();
            log.last_lines(2).unwrap();
        }
        while !log.count_step(3).unwrap().complete {}
        let expected = model(&text, segment as usize);
        let spans = |lines: &[RawLine]| lines.iter().map(|line| (line.start, line.end)).collect::<Vec<_>>();
        prop_assert_eq!(spans(&log.lines_from(0, 999).unwrap()), expected.clone());
        prop_assert_eq!(spans(&log.last_lines(999).unwrap()), expected.clone());
        let newlines = memchr::memchr_iter(b'\n', &text).count() as u64;
        let partial = u64::from(text.last().is_some_and(|byte| *byte != b'\n'));
        prop_assert_eq!(log.count().lines, newlines + partial);
        for line in log.lines_from(0, 999).unwrap() {
            prop_assert_eq!(line.continues, line.start > 0 && text[line.start as usize - 1] != b'\n');
        }
        for (start, end) in &expected {
            for offset in *start..*end {
                prop_assert_eq!(log.line_start(offset).unwrap(), *start);
            }
        }
        let number_at = |offset: u64| memchr::memchr_iter(b'\n', &text[..offset as usize]).count() as u64 + 1;
        for offset in 0..=text.len() as u64 {
            prop_assert_eq!(log.line_number(offset).unwrap(), Some(number_at(offset)));
        }
        let total = log.count().lines;
        for number in 1..=total {
            let Numbered::At(start) = log.line_of_number(number).unwrap() else { panic!("line {number} is counted") };
            prop_assert_eq!(number_at(start), number);
            prop_assert!(start == 0 || text[start as usize - 1] == b'\n');
        }
        prop_assert_eq!(log.line_of_number(total + 1).unwrap(), Numbered::Beyond);
    }

    #[test]
    fn a_search_finds_what_it_would_find_line_by_line(
        pieces in prop::collection::vec("[ab\\n]{0,9}|a{0,20}", 0..12), segment in 1_u64..9,
        pattern in prop::sample::select(vec!["b", "^$", "^a", "a$", "aa", "[^a]", "a[^b]*b", "(?s)a.*b"]), budget in 1_u64..40
    ) {
        let text = pieces.concat().into_bytes();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        fs::write(&path, &text).unwrap();
        let mut log = LogFile::with_segment(&path, segment).unwrap();
        let lines = model(&text, segment as usize);
        let regex = regex::bytes::Regex::new(pattern).unwrap();
        let is_match = |(start, end): &&(u64, u64)| {
            let line = &text[*start as usize..*end as usize];
            regex.is_match(line.strip_suffix(b"\n").unwrap_or(line))
        };
        let pattern = LinePattern::new(pattern, false, 1 << 20).unwrap();
        let mut find = |mut from: u64, forward: bool| loop {
            match log.find(&pattern, from, forward, budget).unwrap() {
                Found::Found { start } => break Some(start),
                Found::NotHere { next_offset } => from = next_offset,
                Found::End => break None,
            }
        };
        for (from, _) in &lines {
            let ahead = lines.iter().filter(|line| line.0 >= *from).find(is_match);
            prop_assert_eq!(find(*from, true), ahead.map(|line| line.0));
            let behind = lines.iter().rev().filter(|line| line.0 < *from).find(is_match);
            prop_assert_eq!(find(*from, false), behind.map(|line| line.0));
        }
        prop_assert_eq!(find(text.len() as u64, false), lines.iter().rev().find(is_match).map(|line| line.0));
        let (mut from, mut before, mut all) = (0, 0, Vec::new());
        while let Some(step) = log.matches(&pattern, from, budget).unwrap() {
            all.extend(step.lines.iter().map(|found| (found.line, before + found.newlines)));
            (from, before) = (step.next_offset, before + step.newlines);
        }
        let newlines = |offset: u64| memchr::memchr_iter(b'\n', &text[..offset as usize]).count() as u64;
        let expected: Vec<_> = lines.iter().filter(is_match).map(|line| (line.0, newlines(line.0))).collect();
        prop_assert_eq!(all, expected);
    }
}
