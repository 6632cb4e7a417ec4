//! The table of keys in the README is the table of actions.

use std::fmt::Write as _;
use std::path::Path;

use crate::tui::actions::{ACTIONS, Context, Keymap};

/// What stands between the marks in the README.
fn table() -> String {
    let keymap = Keymap::default();
    let mut text = "| keys | | where | name |\n|---|---|---|---|\n".to_owned();
    for entry in ACTIONS {
        let bindings = |context: &Context| keymap.of(*context).find(|binding| binding.entry.name == entry.name);
        let bindings: Vec<_> = Context::ALL.iter().filter_map(bindings).collect();
        let mut keys: Vec<String> = Vec::new();
        for chord in bindings.iter().flat_map(|binding| &binding.chords) {
            let key = format!("`{chord}`");
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let places: Vec<&str> = bindings.iter().map(|binding| binding.context.heading()).collect();
        _ = writeln!(text, "| {} | {} | {} | `{}` |", keys.join(" "), entry.help, places.join(", "), entry.name);
    }
    text
}

#[test]
fn the_readme_has_the_keys_of_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- keys: made from the table of actions -->\n", "<!-- end of keys -->\n");
    let (before, rest) = readme.split_once(begin).expect("the mark before the table");
    let (_, after) = rest.split_once(end).expect("the mark behind the table");
    let wanted = format!("{before}{begin}{}{end}{after}", table());
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    } else {
        assert!(readme == wanted, "run the tests with UPDATE_GENERATED=1 and commit {}", path.display());
    }
}
