//! The one shell command that makes an attempt again, for a person to paste.
//!
//! Same executable, options, script, arguments, environment and working directory; only the output directory is a new one
//! beside the attempts, so that nothing is overwritten. `mkdir` stands first and fails if the line is pasted twice.

use std::path::Path;

use crate::experiment::secret::{self, Environment};
use crate::experiment::{Call, RowKind};
use crate::rundir::SimulationDir;
use crate::rundir::provenance::Provenance;
use crate::rundir::record::Spec;
use crate::spawn::call::ONE_LINER;
use crate::spawn::launch::ENVIRONMENT;
use crate::text::{Safe, shell};

/// Numbers that are tried for the new directory.
const NUMBERS_TRIED: u32 = 10_000;

/// The command for the attempt that `spec` launched in `dir`.
pub(super) fn command(spec: &Spec, provenance: Option<&Provenance>, dir: &SimulationDir) -> Safe {
    let fresh = (1..NUMBERS_TRIED).map(|number| dir.path().join(format!("repro-{number}"))).find(|path| !path.exists());
    let fresh = fresh.unwrap_or_else(|| dir.path().join("repro"));
    let mut argv = spec.argv.clone();
    // A step is what was written, whatever its options are called.
    let outdir = argv.iter_mut().find(|word| spec.kind != RowKind::Step && word.starts_with("--outdir="));
    // Plain Python has no output directory.
    let makes_directory = outdir.is_some();
    if let Some(outdir) = outdir {
        *outdir = format!("--outdir={}", fresh.display());
    }
    if let Some(call) = &spec.call {
        call_in_place(&mut argv, call);
    }
    if spec.kind == RowKind::Suite {
        script_in_place(&mut argv);
    }
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let mut line = Safe::default();
    if makes_directory {
        line.push(&shell::join(&["mkdir".to_owned(), text(&fresh)]));
        line.push(&Safe::plain(" && "));
    }
    line.push(&shell::join(&["cd".to_owned(), text(&spec.cwd)]));
    line.push(&Safe::plain(" && env "));
    line.push(&changes(&secret::redacted(&environment(spec, provenance))));
    line.push(&shell::join(&argv));
    line
}

/// What env(1) must be told of these changes, with a space behind it. A value that is not shown is taken from the variable
/// of the shell that the line is pasted into.
pub(super) fn changes(env: &Environment) -> Safe {
    let mut line = Safe::default();
    // It takes its options before the first assignment.
    for (name, _) in env.iter().filter(|(_, value)| value.is_none()) {
        line.push(&shell::join(&["-u", name]));
        line.push(&Safe::plain(" "));
    }
    for (name, value) in env.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
        if !secret::is_withheld(Some(value)) {
            line.push(&shell::quote(&format!("{name}={value}")));
        } else if shell::is_variable(name) {
            line.push(&Safe::line(&format!("{name}=\"${name}\"")));
        } else {
            // No shell can name it, and env(1) hands on what it was given itself.
            continue;
        }
        line.push(&Safe::plain(" "));
    }
    line
}

/// What must be set and removed for the process to see what it saw.
fn environment(spec: &Spec, provenance: Option<&Provenance>) -> Environment {
    let launch = ENVIRONMENT.into_iter().map(|(name, value)| (name.to_owned(), value.map(str::to_owned)));
    let mut variables: Environment = launch.collect();
    let inherited = provenance.into_iter().flat_map(|provenance| &provenance.variables);
    variables.extend(inherited.map(|(name, value)| (name.clone(), Some(value.clone()))));
    variables.extend(spec.env.clone());
    variables
}

/// A call gets its message through descriptors that a shell does not have, so the same call is written out.
fn call_in_place(argv: &mut Vec<String>, call: &Call) {
    let Some(at) = argv.iter().rposition(|word| word == "-c") else { return };
    argv.truncate(at + 1);
    // A string in JSON is one in Python.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let json = |value: serde_json::Value| quoted(&value.to_string());
    if let Some(pickled) = &call.pickled {
        // Two stages, because the path must be set before the function can be found.
        argv.push(format!(
            "import pickle, sys; given = pickle.load(open({}, 'rb')); sys.path[:] = given['sys_path']; \
             sys.argv = given['sys_argv']; target, args, kwargs, initializer, initargs = pickle.loads(given['call']); \
             initializer and initializer(*initargs); print(target(*args, **kwargs))",
            quoted(&pickled.path.to_string_lossy()),
        ));
        return;
    }
    let (args, kwargs) = (json(call.args.clone().into()), json(call.kwargs.clone().into()));
    argv.push(format!(
        "import importlib, json, sys; sys.path.insert(0, {}); print(getattr(importlib.import_module({}), {})\
         (*json.loads({args}), **json.loads({kwargs})))",
        quoted(&call.search_path.to_string_lossy()),
        quoted(&call.module),
        quoted(&call.function),
    ));
}

/// The script of a suite gets its message likewise, and runs without it as gem5's own module lets it.
fn script_in_place(argv: &mut Vec<String>) {
    if let Some(at) = argv.windows(2).position(|words| words[0] == "-c" && words[1] == ONE_LINER) {
        argv.drain(at..at + 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_is_its_script_again() {
        let mut argv = ["gem5", "-q", "-c", ONE_LINER, "/x/test.py", "-c", "3"].map(str::to_owned).to_vec();
        script_in_place(&mut argv);
        assert_eq!(argv, ["gem5", "-q", "/x/test.py", "-c", "3"]);
    }
}
