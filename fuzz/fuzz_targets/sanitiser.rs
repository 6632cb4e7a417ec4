//! Bytes of any content become text that can do nothing to a terminal.
#![no_main]

use gem5_tui::text::{Safe, log_line, shell, width};
use libfuzzer_sys::fuzz_target;

/// Control characters, and characters that reorder or hide their neighbours.
fn is_harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn check(safe: &Safe) {
    assert!(!safe.chars().any(is_harmful), "{safe:?}");
    assert_eq!(&Safe::line(safe), safe, "what is safe stays as it is");
}

fuzz_target!(|data: &[u8]| {
    check(&Safe::bytes(data));
    let text = String::from_utf8_lossy(data);
    check(&Safe::line(&text));
    let many = Safe::multiline(&text);
    assert!(!many.chars().any(|c| c != '\n' && is_harmful(c)), "{many:?}");
    let line = log_line(data);
    let plain = line.plain();
    assert!(!plain.chars().any(is_harmful), "{plain:?}");
    assert_eq!(line.width(), width::width(&plain));
    for columns in [0, 1, 7, 40] {
        let fitted = width::fit(&plain, columns, width::Align::Left);
        assert_eq!(width::width(&fitted), columns, "{fitted:?}");
        assert!(!fitted.chars().any(is_harmful));
    }
    _ = shell::quote(&text);
});
