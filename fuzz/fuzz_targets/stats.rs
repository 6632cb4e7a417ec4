//! `stats.txt` of any content: read in pieces as it is read whole, every line accounted for, bounded memory.
#![no_main]

use std::sync::Arc;

use gem5_tui::gem5::stats::{Block, Dump, Dumps, TextParser, Tree, Watch, diff, stats};
use libfuzzer_sys::fuzz_target;

fn dumps(globs: &[&str]) -> Dumps {
    Dumps::new(Arc::new(Watch::new(globs).expect("the globs are fine"))).last_only()
}

/// Values that are not a number equal themselves in text.
fn told(text: &TextParser, dumps: &Dumps) -> String {
    let state = (dumps.count(), text.offset(), dumps.names(), text.has_open_block());
    format!("{state:?} {:?} {:?}", dumps.history(), dumps.latest().map(Dump::row))
}

fuzz_target!(|data: &[u8]| {
    let Some((first, text)) = data.split_first() else { return };
    let globs = ["*.ipc", "simTicks", "system.*::total", "?"];
    let (mut parser, mut whole) = (TextParser::new(), dumps(&globs));
    parser.feed(text, &mut whole);
    let (mut by_pieces, mut pieces) = (TextParser::new(), dumps(&globs));
    for piece in text.chunks(usize::from(*first) + 1) {
        by_pieces.feed(piece, &mut pieces);
    }
    assert_eq!(told(&by_pieces, &pieces), told(&parser, &whole));
    let mut all = dumps(&["*"]);
    TextParser::new().feed(text, &mut all);
    assert_eq!(all.count(), whole.count());
    for dump in all.history() {
        assert!(dump.label.as_ref().is_none_or(|label| label.len() <= 256));
        assert!(dump.interval().is_none_or(|interval| interval.start <= interval.end));
    }
    assert!(all.names().len() <= 512);
    // Whatever a narrow watch finds, a watch of everything finds too.
    if all.names().len() < 512
        && let (Some(all_latest), Some(latest)) = (all.latest(), whole.latest())
    {
        for (index, name) in whole.names().iter().enumerate() {
            let place = all.names().iter().position(|known| known == name).expect("a watch of everything has it");
            let (narrow, wide) = (latest.value(index), all_latest.value(place));
            assert_eq!(format!("{narrow:?}"), format!("{wide:?}"), "{name:?}");
        }
    }

    let text = String::from_utf8_lossy(text);
    let block = Block::parse(&text);
    let words = text.lines().filter(|line| !line.trim().is_empty()).count();
    assert!(block.unread.len() <= words);
    if block.stats.is_empty() {
        let is_marker = |line: &&str| line.starts_with("---------- ");
        let told_apart = block.unread.len() + text.lines().filter(is_marker).count();
        assert!(told_apart >= words, "a line is neither a stat nor unread");
    }
    let grouped = stats(&block.stats);
    let elements = grouped.iter().map(|stat| stat.elements.len()).sum::<usize>();
    assert_eq!(elements, block.stats.len(), "a line is lost between lines and stats");
    let tree = Tree::of(&grouped);
    for (at, row) in tree.rows().iter().enumerate() {
        let below = &tree.rows()[at + 1..=at + row.below];
        assert!(below.iter().all(|inner| inner.depth > row.depth));
    }
    let changes = diff(&block.stats, &block.stats);
    assert_eq!(changes.len(), block.stats.len());
    let mut names: Vec<&str> = block.stats.iter().map(|line| line.name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).all(|pair| pair[0] != pair[1]) {
        let bits = |value: Option<f64>| value.map(f64::to_bits);
        assert!(changes.iter().all(|change| bits(change.old) == bits(change.new)));
    }
});
