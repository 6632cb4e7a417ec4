//! Logs of any content: the same facts from pieces as from the whole, and bounded memory.
#![no_main]

use gem5_tui::gem5::log::LogScanner;
use libfuzzer_sys::fuzz_target;

/// Far more than all that is kept of a log may take.
const BOUND: usize = 1 << 20;

fuzz_target!(|data: &[u8]| {
    let Some((first, text)) = data.split_first() else { return };
    let mut whole = LogScanner::new();
    whole.feed(text);
    whole.finish();
    let mut pieces = LogScanner::new();
    for piece in text.chunks(usize::from(*first) + 1) {
        pieces.feed(piece);
    }
    pieces.finish();
    assert_eq!(pieces.facts(), whole.facts());
    assert_eq!(whole.facts().clone().merged(whole.facts(), false).tick, whole.facts().tick);

    // The same log over and over, as a simulation that warns for days writes it. That takes long, so few do it.
    if first % 16 != 0 {
        return;
    }
    let mut long = LogScanner::new();
    let mut fed = 0;
    while fed < 4 * BOUND && !text.is_empty() && fed / text.len() < 256 {
        long.feed(text);
        fed += text.len();
    }
    assert!(format!("{long:?}").len() < BOUND, "the scanner grows with the log");
});
