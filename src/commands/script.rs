//! `gem5-tui SCRIPT.py`: the experiment that a MultiSim script is without a file of its own.
//!
//! It is made up as the text that a person would write, so that everything behind it is the same.

use std::path::Path;

use crate::experiment::{self, Files};

/// Names that gem5 is looked for under on PATH, the common build first.
const GEM5: [&str; 2] = ["gem5.opt", "gem5"];

/// The experiment of the script at `path`: every simulation that it lists, in `runs/<stem>` beside it. None where gem5 is neither
/// on PATH nor named.
pub(super) fn experiment(path: &Path, gem5_is_named: bool, files: &dyn Files) -> Option<String> {
    let gem5 = GEM5.into_iter().find(|name| files.find_on_path(name).is_some());
    let gem5 = match gem5 {
        Some(name) => format!("gem5: {name}\n"),
        None if gem5_is_named => String::new(),
        None => return None,
    };
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    // A text in JSON is one in YAML, whatever is in it; `$$` stands for a dollar sign.
    let quoted = serde_json::Value::from(file.replace('$', "$$"));
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = experiment::sensible_name(&stem);
    Some(format!("name: {name}\n{gem5}simulations:\n  - multisim: {quoted}\n"))
}
