//! The last dump of a file, found from its end.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::{BLOCK, MAX_DUMP, is_gzip, read_whole};
use crate::gem5::stats::{Dumps, Marker, Requests, TextParser, Watch, marker};
use crate::rundir::follow::{Change, Followed};

/// Looking for the last dump from the end stops here and reads from the start instead. The longest dump, as
/// [`MAX_DUMP`] has it, and the remnant of another one fit.
pub(super) const MAX_BACKWARDS: u64 = 2 * MAX_DUMP;

/// The last complete dump of a file, and no other. `None` if there is none. It is the first that is read, so
/// [`Dump::number`](crate::gem5::stats::Dump::number) is 1; its place is that in the file. A compressed file is read from
/// its start.
pub fn read_last(path: &Path, watch: Arc<Watch>, requests: Requests) -> io::Result<Option<Dumps>> {
    read_back(path, watch, requests, false)
}

/// As [`read_last`], but when the last dump was asked for, everything is read, and [`Dumps::latest_unasked`] tells the last
/// one that was not, if there is one. Of a compressed file it cannot be told what was asked for.
pub fn read_last_unasked(path: &Path, watch: Arc<Watch>, requests: Requests) -> io::Result<Option<Dumps>> {
    read_back(path, watch, requests, true)
}

fn read_back(path: &Path, watch: Arc<Watch>, requests: Requests, unasked: bool) -> io::Result<Option<Dumps>> {
    let mut file = Followed::new(path);
    if file.refresh()? != Change::Appeared {
        return Ok(None);
    }
    let has_dump = |dumps: Dumps| Some(dumps).filter(|dumps| dumps.count() > 0);
    if is_gzip(path) {
        return read_whole(path, watch, Requests::default()).map(|whole| has_dump(whole.dumps));
    }
    match last_block(&file, file.len())? {
        Some((start, text)) if !(unasked && requests.explain(start)) => {
            let mut dumps = Dumps::new(watch).last_only();
            dumps.set_requests(requests);
            TextParser::at(start).feed(&text, &mut dumps);
            Ok(has_dump(dumps))
        }
        // No block near the end: no block at all.
        None if file.len() <= MAX_BACKWARDS => Ok(None),
        // Or a huge remnant, or a dump that was asked for. Only reading everything tells.
        _ => read_whole(path, watch, requests).map(|whole| has_dump(whole.dumps)),
    }
}

/// The text from the last Begin line before `len` that has an End line to behind that End line, with its place, if it
/// lies within [`MAX_BACKWARDS`] of there.
pub(super) fn last_block(file: &Followed, len: u64) -> io::Result<Option<(u64, Vec<u8>)>> {
    let mut start = len;
    let mut text: Vec<u8> = Vec::new();
    while start > 0 && len - start < MAX_BACKWARDS {
        // Doubling what is read keeps the work in proportion to the size of the block.
        let step = (text.len() as u64).clamp(BLOCK as u64, MAX_BACKWARDS);
        let from = start.saturating_sub(step);
        let mut more = vec![0; (start - from) as usize];
        let read = file.read_at(&mut more, from)?;
        if read < more.len() {
            return Ok(None);
        }
        more.extend_from_slice(&text);
        text = more;
        start = from;
        if let Some((begin, end)) = find_last_block(&text, start == 0) {
            text.truncate(end);
            text.drain(..begin);
            return Ok(Some((start + begin as u64, text)));
        }
    }
    Ok(None)
}

/// The last Begin and End that belong together, as a range. The first line counts only `from_start`, since it may be
/// the end of a longer one.
fn find_last_block(text: &[u8], from_start: bool) -> Option<(usize, usize)> {
    let mut line_end = memchr::memrchr(b'\n', text)?;
    let mut block_end = None;
    loop {
        let before = memchr::memrchr(b'\n', text.get(..line_end)?);
        let line_start = before.map_or(0, |newline| newline + 1);
        if before.is_some() || from_start {
            match (marker(text.get(line_start..line_end)?), block_end) {
                // An End above an End without a Begin between them closes nothing that counts.
                (Some(Marker::End), _) => block_end = Some(line_end + 1),
                (Some(Marker::Begin), Some(end)) => return Some((line_start, end)),
                _ => {}
            }
        }
        line_end = before?;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;
    use std::path::PathBuf;
    use std::time::Instant;

    use proptest::prelude::*;

    use super::super::StatsFile;
    use super::*;
    use crate::gem5::stats::{Dump, parse_block};

    const BEGIN: &str = "---------- Begin Simulation Statistics ----------\n";
    const END: &str = "---------- End Simulation Statistics   ----------\n";

    fn watch() -> Arc<Watch> {
        Arc::new(Watch::new(&["simTicks", "*.ipc"]).unwrap())
    }

    fn block(ticks: u32) -> String {
        format!("\n{BEGIN}simTicks {ticks} # t\nsystem.cpu.ipc 0.5\n\n{END}")
    }

    fn row(dumps: &Dumps) -> Vec<Option<f64>> {
        dumps.latest().map(Dump::row).unwrap_or_default()
    }

    fn last_text(stats: &StatsFile) -> Option<String> {
        stats.dumps().latest().and_then(|dump| stats.text_of(&dump.summary()).unwrap())
    }

    fn append(path: &Path, text: &str) {
        fs::OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn the_last_values_of_a_large_file_are_found_from_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt");
        let mut file = fs::File::create(&path).unwrap();
        file.write_all(block(1).as_bytes()).unwrap();
        file.set_len(20 << 30).unwrap();
        append(&path, &format!("\n{}\n{BEGIN}simTicks 99\nsystem.cpu.ipc", block(42)));
        let started = Instant::now();
        let dumps = read_last(&path, watch(), Requests::default()).unwrap().unwrap();
        assert_eq!(row(&dumps), [Some(42.0), Some(0.5)]);
        assert!(started.elapsed().as_secs() < 5, "it must not read 20 GB");
    }

    #[test]
    fn a_file_without_a_complete_dump_has_no_values() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt");
        assert!(read_last(&path, watch(), Requests::default()).unwrap().is_none());
        for text in ["", "\n", "simTicks 3\n", BEGIN, END] {
            fs::write(&path, text).unwrap();
            assert!(read_last(&path, watch(), Requests::default()).unwrap().is_none(), "{text:?}");
        }
        fs::write(&path, format!("{BEGIN}simTicks 3\n{}", END.trim_end())).unwrap();
        assert!(
            read_last(&path, watch(), Requests::default()).unwrap().is_none(),
            "an End without its newline may be half written"
        );
    }

    #[test]
    fn real_dumps_read_from_the_end_are_those_read_from_the_start() {
        let Some(folder) = std::env::var_os("GEM5_TUI_SAMPLES").map(PathBuf::from) else {
            eprintln!("skipped: GEM5_TUI_SAMPLES is not set");
            return;
        };
        let mut seen = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path().join("m5out/stats.txt");
            let mut stats = StatsFile::open(&path, watch());
            stats.refresh(u64::MAX).unwrap();
            let last = read_last(&path, watch(), Requests::default()).unwrap();
            assert_eq!(last.is_some(), stats.dumps().count() > 0, "{}", path.display());
            let Some(last) = last else { continue };
            assert_eq!(last.latest().unwrap().final_tick, stats.dumps().latest().unwrap().final_tick);
            assert!(parse_block(&last_text(&stats).unwrap()).len() > 100);
            seen += 1;
        }
        assert!(seen > 0, "the samples folder holds no samples");
    }

    proptest! {
        #[test]
        fn from_the_end_and_from_the_start_agree_wherever_the_file_is_cut(
            lines in prop::collection::vec(prop_oneof![
                Just(BEGIN.to_owned()), Just(END.to_owned()), (0_u32..9).prop_map(|n| format!("simTicks {n}\n")), Just("\n".to_owned()),
            ], 0..14), cut in 0_usize..60
        ) {
            let mut text = lines.concat().into_bytes();
            text.truncate(text.len().saturating_sub(cut));
            let mut whole = Dumps::new(watch());
            TextParser::new().feed(&text, &mut whole);
            let mut back = Dumps::new(watch());
            if let Some((begin, end)) = find_last_block(&text, true) {
                TextParser::at(begin as u64).feed(&text[begin..end], &mut back);
            }
            prop_assert_eq!(back.count() > 0, whole.count() > 0);
            let told = |dumps: &Dumps| dumps.latest().map(|dump| (dump.sim_ticks, dump.start, dump.end, dump.row()));
            prop_assert_eq!(told(&back), told(&whole));
        }
    }
}
