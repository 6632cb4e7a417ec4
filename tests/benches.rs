//! The bench that measures gem5-tui beside its peers reads screens and writes a page of figures: it is itself tested here, by its
//! own tests in `benches/peers/self_check.py`, because a screen that is read wrongly makes a figure that nobody doubts.

use std::path::Path;
use std::process::Command;

#[test]
fn the_bench_reads_screens_and_writes_its_page_rightly() {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers");
    // The sources are no place to leave compiled files in.
    let output =
        Command::new("python3").arg(bench).arg("--self-check").env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
