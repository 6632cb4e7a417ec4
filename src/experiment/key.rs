//! What decides a simulation's result: the key by which a result is found again. Pure.
//!
//! A result belongs to a simulation as long as nothing that decides it has changed, wherever the simulation stands in the
//! file. The key holds one hash for each part of that, so that a difference can be named and not only be seen. Names,
//! limits, retries, watches and the output directory are no part of it: a longer timeout reruns nothing. Nor are the values
//! of secrets, which a hash could give away. The content of the
//! files that are read is compared too, by whoever may read files ([`Simulation::inputs`] says which they are).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Gem5Run, Program, Run, Simulation, Step, covers, secret};
use crate::text::human;

/// One hash, in hexadecimal, for each part of what decides a result.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(BTreeMap<String, String>);

/// A file that a simulation reads, as far as its command line tells.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Input {
    /// What it is to the simulation.
    pub role: InputRole,
    /// Where it would be. An argument only may be a file; whoever looks finds out.
    pub path: PathBuf,
}

/// What a file is to a simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputRole {
    /// The gem5 or Python executable.
    Executable,
    /// The program of a step.
    Program,
    /// The configuration script.
    Script,
    /// The module of a called function.
    Module,
    /// A file that an argument names.
    Argument,
}

/// Bytes of a hash that are kept, of each part: enough to tell versions of one plan apart.
const KEPT: usize = 16;

/// A path longer than this is none (limits.h(0p), `PATH_MAX`).
const LONGEST_PATH: usize = 4096;

impl Key {
    /// The parts that differ, in words. Nothing is known of a key that has no parts.
    pub fn differences(&self, now: &Self) -> Vec<String> {
        if self.0.is_empty() {
            return vec!["its record does not say what it was made from".to_owned()];
        }
        let differs = |part: &&String| self.0.get(*part) != now.0.get(*part);
        let parts: std::collections::BTreeSet<&String> = self.0.keys().chain(now.0.keys()).collect();
        parts.into_iter().filter(differs).map(|part| format!("{part} changed")).collect()
    }

    /// One hash of all parts.
    pub fn hash(&self) -> String {
        human::hex(&Sha256::digest(serde_json::to_vec(&self.0).expect("strings are JSON")))
    }
}

impl Simulation {
    /// The key of this simulation.
    pub fn key(&self) -> Key {
        let Self { run, prefix, env, cwd, parameters, .. } = self;
        // By their text: what a value is taken for decides nothing about a command line.
        let parameters: Vec<(&str, &str)> =
            parameters.iter().map(|p| (p.name.as_str(), p.value.as_written())).collect();
        let mut parts = vec![
            ("directory", hash(cwd)),
            ("environment", hash(&secret::redacted(env))),
            ("parameters", hash(&parameters)),
        ];
        match run {
            Run::Gem5(Gem5Run { gem5, gem5_args, program }) => {
                // A script's path says which script; its arguments are a part of their own, because they are what is edited.
                let (what, args) = match program {
                    Program::Script { path, args } => (hash(path), hash(args)),
                    Program::MultiSim { path, id } => (hash(path), hash(id)),
                    Program::Function(call) => {
                        let which = (&call.module, &call.function, &call.search_path);
                        // Where the pickle is decides nothing.
                        let args = match &call.pickled {
                            Some(pickled) => hash(&pickled.key),
                            None => hash(&(&call.args, &call.kwargs)),
                        };
                        (hash(&which), args)
                    }
                    Program::Suite(suite) => (hash(&suite.path), hash(&suite.args)),
                };
                parts.extend([
                    ("arguments", args),
                    // Which gem5 is at that path, the container decides.
                    ("gem5 path", if self.elsewhere().is_some() { hash(&(prefix, gem5)) } else { hash(gem5) }),
                    ("gem5 options", hash(gem5_args)),
                    ("program", what),
                ]);
            }
            Run::Step { step: Step { program, args, gets_results } } => {
                let program = if *gets_results { hash(&(program, "results")) } else { hash(program) };
                parts.extend([("arguments", hash(args)), ("program", program)]);
            }
        }
        Key(parts.into_iter().map(|(part, hash)| (part.to_owned(), hash)).collect())
    }

    /// The files that it may read: the executable, the script or module, and whatever an argument may name.
    pub fn inputs(&self) -> Vec<Input> {
        let input = |role, path: &Path| Input { role, path: path.to_owned() };
        let mut inputs = Vec::new();
        let mut named: Vec<&str> = Vec::new();
        match &self.run {
            Run::Gem5(Gem5Run { gem5, gem5_args, program }) => {
                if self.elsewhere().is_none() {
                    inputs.push(input(InputRole::Executable, gem5));
                }
                named.extend(gem5_args.iter().map(String::as_str));
                match program {
                    Program::Script { path, args } => {
                        inputs.push(input(InputRole::Script, path));
                        named.extend(args.iter().map(String::as_str));
                    }
                    Program::MultiSim { path, .. } => inputs.push(input(InputRole::Script, path)),
                    Program::Suite(suite) => {
                        inputs.push(input(InputRole::Script, &suite.path));
                        named.extend(suite.args.iter().map(String::as_str));
                    }
                    Program::Function(call) if let Some(pickled) = &call.pickled => {
                        inputs.extend(pickled.modules.iter().map(|module| input(InputRole::Module, module)));
                        named.extend(self.parameters.iter().map(|parameter| parameter.value.as_written()));
                    }
                    Program::Function(call) => {
                        let module = call.search_path.join(call.module.replace('.', "/"));
                        inputs.push(input(InputRole::Module, &module.with_extension("py")));
                        inputs.push(input(InputRole::Module, &module.join("__init__.py")));
                        named.extend(call.args.iter().chain(call.kwargs.values()).filter_map(Value::as_str));
                    }
                }
            }
            Run::Step { step } => {
                inputs.push(input(InputRole::Program, &step.program));
                named.extend(step.args.iter().map(String::as_str));
            }
        }
        let is_output = |path: &PathBuf| self.outputs.iter().any(|output| covers(output, path));
        let paths =
            named.into_iter().filter_map(path_in).map(|path| self.cwd.join(path)).filter(|path| !is_output(path));
        for path in paths {
            if !inputs.iter().any(|known| known.path == path) {
                inputs.push(Input { role: InputRole::Argument, path });
            }
        }
        inputs
    }
}

/// The part of an argument that may be a path: all of it, or what follows the `=` of an option.
fn path_in(argument: &str) -> Option<&str> {
    let path = if argument.starts_with('-') { argument.split_once('=')?.1 } else { argument };
    (!path.is_empty() && path.len() <= LONGEST_PATH && !path.contains('\0')).then_some(path)
}

fn hash(part: &impl Serialize) -> String {
    let text = serde_json::to_vec(part).expect("strings, paths of UTF-8 and maps with string keys are JSON");
    human::hex(&Sha256::digest(text)[..KEPT])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::executor::StartedBy;
    use crate::experiment::{Call, Parameter, Retries};

    fn simulation(args: &[&str]) -> Simulation {
        let program = Program::Script { path: "/x/s.py".into(), args: args.iter().map(ToString::to_string).collect() };
        let parameters = vec![Parameter::text("l2", "1MiB")];
        Simulation { parameters, ..Simulation::new("a", "/b/gem5.opt", program, "/x") }
    }

    #[test]
    fn the_kind_of_a_parameter_is_no_part_of_the_key() {
        let key = |parameter: &str| {
            let parameters = vec![serde_json::from_str(parameter).unwrap()];
            Simulation { parameters, ..simulation(&[]) }.key()
        };
        assert_eq!(key(r#"["ways", 8]"#), key(r#"["ways", "8"]"#));
        assert_ne!(key(r#"["ways", 8]"#), key(r#"["ways", 8, "0x8"]"#), "the script sees another text");
        // As releases hashed it that knew text alone.
        assert_eq!(key(r#"["ways", 8]"#).0.get("parameters"), Some(&hash(&[("ways", "8")])));
    }

    #[test]
    fn what_decides_nothing_changes_no_key() {
        let one = simulation(&["--l2=1MiB"]);
        let retries = Retries { any: 9, ..Retries::default() };
        let executor = StartedBy::Slurm(Box::default());
        let other = Simulation { name: "b".to_owned(), memory: Some(7), retries, executor, ..one.clone() };
        assert_eq!(one.key(), other.key());
        assert_eq!(one.key().hash(), other.key().hash());
    }

    #[test]
    fn a_difference_is_named_by_its_part() {
        let one = simulation(&["--l2=1MiB"]);
        let env = BTreeMap::from([("X".to_owned(), Some("1".to_owned()))]);
        let other = Simulation { env, ..simulation(&["--l2=2MiB"]) };
        assert_eq!(one.key().differences(&other.key()), ["arguments changed", "environment changed"]);
        assert_eq!(one.key().differences(&one.key()), Vec::<String>::new());
        assert!(Key::default().differences(&one.key())[0].contains("does not say"));
    }

    #[test]
    fn arguments_that_may_be_files_are_inputs_and_options_are_not() {
        let inputs = simulation(&["--cmd=bin/hello", "disk.img", "-v", "--n=", "--cmd=bin/hello"]).inputs();
        let paths: Vec<_> = inputs.iter().map(|input| input.path.to_str().unwrap()).collect();
        assert_eq!(paths, ["/b/gem5.opt", "/x/s.py", "/x/bin/hello", "/x/disk.img"]);
    }

    #[test]
    fn a_step_is_decided_by_its_command_line_and_the_files_that_it_names() {
        let step = |args: &[&str]| {
            let args = args.iter().map(ToString::to_string).collect();
            Simulation::of(
                "a",
                Run::Step { step: Step { program: "/bin/make".into(), args, gets_results: false } },
                "/x",
            )
        };
        let one = step(&["-j4", "--file=rules.mk", "all"]);
        let paths: Vec<_> = one.inputs().into_iter().map(|input| input.path).collect();
        assert_eq!(paths, ["/bin/make", "/x/rules.mk", "/x/all"].map(PathBuf::from));
        assert_eq!(one.key().differences(&step(&["-j8", "--file=rules.mk", "all"]).key()), ["arguments changed"]);
        let first = Simulation { priority: 7, ..one.clone() };
        assert_eq!(first.key(), one.key(), "who starts first decides no result");
    }

    #[test]
    fn a_function_is_read_from_its_module() {
        let call = Call {
            module: "lib.sim".to_owned(),
            function: "run".to_owned(),
            args: vec!["trace.gz".into(), 7.into()],
            kwargs: serde_json::Map::new(),
            search_path: "/x".into(),
            pickled: None,
        };
        let inputs = Simulation::new("a", "/b/gem5.opt", Program::Function(Box::new(call)), "/x").inputs();
        let paths: Vec<_> = inputs.iter().skip(1).map(|input| input.path.to_str().unwrap()).collect();
        assert_eq!(paths, ["/x/lib/sim.py", "/x/lib/sim/__init__.py", "/x/trace.gz"]);
    }
}
