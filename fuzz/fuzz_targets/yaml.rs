//! Experiment files of any content: a plan or diagnostics, each of which points into the text and is safe to print.
#![no_main]

use std::path::{Path, PathBuf};

use gem5_tui::diagnostic::{Diagnostics, Look, Severity};
use gem5_tui::experiment::{FileKind, Files, MAX_POINTS, Overrides, load};
use libfuzzer_sys::fuzz_target;

/// A disk on which every gem5 and every script is where it should be.
struct Disk;

impl Files for Disk {
    fn kind(&self, path: &Path) -> FileKind {
        let bytes = path.as_os_str().len();
        match bytes % 5 {
            0 => FileKind::Missing,
            1 => FileKind::Directory,
            2 => FileKind::File,
            _ => FileKind::Executable,
        }
    }

    fn find_on_path(&self, name: &str) -> Option<PathBuf> {
        Some(Path::new("/usr/bin").join(name))
    }
}

fn check(diagnostics: &Diagnostics, text: &str) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // YAML knows more ends of lines than one; none of them makes a line longer.
    let lines = text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count();
    for item in diagnostics.items() {
        for place in item.place.iter().chain(item.related.iter().map(|(place, _)| place)) {
            assert!(place.line >= 1 && place.line <= lines, "{place:?} of {lines} lines: {}", item.message);
            assert!(place.column >= 1 && place.column <= text.chars().count() + 1, "{place:?}");
            assert!(place.len >= 1 && place.len <= text.chars().count() + 1, "{place:?}");
        }
    }
    let look = Look::PLAIN;
    let rendered = diagnostics.render(look);
    assert!(rendered.chars().all(|c| c == '\n' || !c.is_control()), "{rendered:?}");
    for line in diagnostics.lines() {
        assert!(line.chars().all(|c| !c.is_control()), "{line:?}");
    }
}

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    match load(&text, Path::new("/home/user/exp/sweep.yaml"), &Overrides::default(), &Disk) {
        Ok(loaded) => {
            check(&loaded.warnings, &text);
            assert!(loaded.warnings.items().iter().all(|item| item.severity == Severity::Warning));
            let plan = loaded.plan;
            assert!(!plan.simulations.is_empty() && plan.simulations.len() <= MAX_POINTS);
            let written = serde_json::to_string(&plan).expect("a plan can be recorded");
            let again: gem5_tui::experiment::Plan = serde_json::from_str(&written).expect("a recorded plan can be read");
            assert_eq!(again, plan);
        }
        Err(diagnostics) => {
            let errors = diagnostics.items().iter().filter(|item| item.severity == Severity::Error);
            assert!(errors.count() > 0, "refused without a reason");
            check(&diagnostics, &text);
        }
    }
});
