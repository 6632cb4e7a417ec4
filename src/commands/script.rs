//! `gem5-tui SCRIPT.py`: the experiment that a script is without a file of its own.
//!
//! A script is a suite if it imports gem5's module for processes, a MultiSim script if it imports that for many simulations, and a
//! simulation of its own otherwise. Its experiment is made up as the text that a person would write, so that everything behind it
//! is the same.

mod imports;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::experiment::{self, DEFAULT_PARENT, Files};
use imports::{Import, imports};

/// Names that gem5 is looked for under on PATH, the common build first.
pub(super) const GEM5: [&str; 2] = ["gem5.opt", "gem5"];

/// The module of gem5 by which a script spawns.
const SPAWNS: &str = "gem5.utils.multiprocessing";
/// The module of gem5 for scripts that hold many simulations, and what such a script may import of it by other ways.
const MANY: &str = "gem5.utils.multisim";
const ADDS: &str = "add_simulator";

/// What a script is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It spawns simulations.
    Suite,
    /// It holds simulations that it lists.
    MultiSim,
    /// It is one.
    Plain,
}

/// A script, and why it is what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) kind: Kind,
    /// In one line, without the name of the script.
    pub(super) because: String,
}

impl Script {
    /// What the script with this text is.
    pub(super) fn of(text: &str) -> Self {
        let found = imports(text);
        let is_of = |module: &str, import: &&Import| {
            import.name.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let many = found.iter().find(|import| is_of(MANY, import) || import.name.ends_with(&format!(".{ADDS}")));
        if let Some(import) = found.iter().find(|import| is_of(SPAWNS, import)) {
            let also = many.map_or_else(String::new, |_| {
                format!(" (it also imports {MANY}: write `multisim:` in an experiment file for those)")
            });
            let line = import.line;
            let because = format!("imports {SPAWNS} (line {line}): a suite; what it spawns becomes simulations{also}");
            return Self { kind: Kind::Suite, because };
        }
        if let Some(Import { name, line }) = many {
            let module = if name.starts_with(MANY) { MANY } else { name };
            let because = format!("imports {module} (line {line}): each id that it lists becomes a simulation");
            return Self { kind: Kind::MultiSim, because };
        }
        let because = format!("imports neither {SPAWNS} nor {MANY}: it becomes one simulation");
        Self { kind: Kind::Plain, because }
    }
}

/// The experiment of a script at `path`: what it is a file of, in `runs/<stem>` beside it. None where gem5 is neither on PATH nor
/// named.
pub(super) fn experiment(
    path: &Path,
    kind: Kind,
    args: &[String],
    gem5_is_named: bool,
    files: &dyn Files,
) -> Option<String> {
    let gem5 = GEM5.into_iter().find(|name| files.find_on_path(name).is_some());
    let gem5 = match gem5 {
        Some(name) => format!("gem5: {name}\n"),
        None if gem5_is_named => String::new(),
        None => return None,
    };
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    // A text in JSON is one in YAML, whatever is in it; `$$` stands for a dollar sign.
    let quoted = |text: &str| Value::from(text.replace('$', "$$")).to_string();
    let name = name(path);
    let words: Vec<String> = args.iter().map(|arg| quoted(arg)).collect();
    let entry = match kind {
        Kind::MultiSim => format!("multisim: {}", quoted(&file)),
        Kind::Suite => format!("suite: {}\n    name: {name}\n    args: [{}]", quoted(&file), words.join(", ")),
        Kind::Plain => format!("script: {}\n    name: {name}\n    args: [{}]", quoted(&file), words.join(", ")),
    };
    Some(format!("name: {name}\n{gem5}simulations:\n  - {entry}\n"))
}

/// Whether the file at `path` is a script, by its name.
pub(super) fn is_one(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "py")
}

/// The experiment directory of the script at `path`, where none is named.
pub(super) fn outdir(path: &Path) -> PathBuf {
    path.with_file_name(DEFAULT_PARENT).join(name(path))
}

fn name(path: &Path) -> String {
    experiment::sensible_name(&path.file_stem().unwrap_or_default().to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_what_it_imports() {
        for (text, kind) in [
            ("from gem5.utils.multiprocessing import Process, Pool\n", Kind::Suite),
            ("import gem5.utils.multiprocessing as mp\n", Kind::Suite),
            ("from gem5.utils import multiprocessing\n", Kind::Suite),
            ("from gem5.utils import (requires, multiprocessing as mp)\n", Kind::Suite),
            ("from gem5.utils.multiprocessing.context import Process\n", Kind::Suite),
            ("from gem5.utils.multisim import multisim\nfrom gem5.utils import multiprocessing\n", Kind::Suite),
            ("import gem5.utils.multisim.multisim as m\n", Kind::MultiSim),
            ("from gem5.utils import multisim\n", Kind::MultiSim),
            ("from lab import add_simulator\n", Kind::MultiSim),
            ("import multiprocessing\n", Kind::Plain),
            ("from gem5.utils.multiprocessing_of_mine import x\n", Kind::Plain),
            (
                "import m5 # gem5.utils.multiprocessing\n\"\"\"\nimport gem5.utils.multiprocessing\n\"\"\"\n",
                Kind::Plain,
            ),
            ("def add_simulator(): pass\n", Kind::Plain),
            ("", Kind::Plain),
        ] {
            assert_eq!(Script::of(text).kind, kind, "{text:?}: {}", Script::of(text).because);
        }
        assert!(Script::of("\n\nimport gem5.utils.multiprocessing\n").because.contains("(line 3)"));
    }
}
