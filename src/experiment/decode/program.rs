//! What an entry runs: a script, a function or another program, and what it is given.

use super::Decoder;
use crate::experiment::fields::{Field, Fields};
use crate::experiment::model::{Argument, At, Entry, Target};
use crate::experiment::name::{is_dotted_name, is_identifier};
use crate::experiment::problem::Problem;
use crate::experiment::yaml::{Kind, Node, ScalarKind};

/// Keys that say what runs. Each simulation has one of them.
const PROGRAMS: [&str; 6] = ["script", "target", "multisim", "suite", "run", "analyse"];

impl Decoder<'_> {
    /// A script or a function, and only what goes with it.
    pub(super) fn check_program(&mut self, fields: &Fields<'_>, entry: &Entry, node: &Node) {
        let key_of = |name: &str| fields.key(name);
        let programs = PROGRAMS.map(|name| (name, key_of(name)));
        let mut named = programs.into_iter().filter_map(|(name, key)| Some((name, key?)));
        match (named.next(), named.next()) {
            (Some((first, at)), Some((second, again))) => self.problems.push(
                Problem::error(again, format!("a simulation has either a `{first}` or a `{second}`"))
                    .related(at, format!("the {first}"))
                    .help("make two simulations of it"),
            ),
            (None, _) if entry.unknown.may_be_any(&PROGRAMS) => {}
            (None, _) => {
                let help = "name a gem5 configuration script with `script:`, a Python function with `target:` or another \
                            program with `run:`";
                let problem = Problem::error(node.id, "this simulation has no `script`, no `target` and no `run`");
                self.problems.push(problem.help(help));
            }
            _ => {}
        }
        if key_of("multisim").is_some() {
            for name in ["args", "kwargs", "matrix", "zip", "include"] {
                if let Some(key) = key_of(name) {
                    let problem = Problem::error(key, format!("`{name}` cannot go with `multisim`"));
                    self.problems.push(
                        problem
                            .label("the script itself says which simulations there are")
                            .help("write the points into the script, or use `script` and `matrix`"),
                    );
                }
            }
        }
        self.check_suite(fields);
        if let Some(step) = ["run", "analyse"].into_iter().find(|key| key_of(key).is_some()) {
            return self.check_step(step, fields);
        }
        if key_of("target").is_some() || entry.unknown.may_be("target") {
            return;
        }
        if let Some(kwargs) = key_of("kwargs") {
            let problem = Problem::error(kwargs, "`kwargs` are for a `target`: a script has only `args`");
            self.problems.push(problem.help("write them as `args: [--key=value]`"));
        }
        for argument in entry.arguments() {
            match &argument.value {
                Argument::One(template) if template.written().is_null() => self.problems.push(
                    Problem::error(argument.at, "an item of `args` is empty")
                        .help("remove it, or write `\"\"` for an empty text"),
                ),
                Argument::One(_) => {}
                Argument::List(_) | Argument::Map(_) => self.problems.push(
                    Problem::error(argument.at, "an argument of a script is a single value")
                        .label(if matches!(argument.value, Argument::Map(_)) { "found a map" } else { "found a list" })
                        .help("put it in quotes if it contains `: ` or brackets"),
                ),
            }
        }
    }

    pub(super) fn target(&mut self, field: Field<'_>) -> Option<At<Target>> {
        let scalar = self.scalar(field)?;
        let at = field.value.id;
        let written = &scalar.text;
        let bad = Problem::error(at, format!("`{written}` does not name a Python function"));
        let Some((module, function)) = written.split_once(':') else {
            let help = match written.rsplit_once('.') {
                Some((module, function)) if is_dotted_name(written) => format!("did you mean `{module}:{function}`?"),
                _ => "write `module:function`, as in `sim:run_sim` for `run_sim` in `sim.py`".to_owned(),
            };
            return self.refuse(bad.help(help));
        };
        if module == "__main__" {
            let problem = Problem::error(at, "a function of `__main__` cannot be imported in a fresh process");
            return self
                .refuse(problem.help(format!("put it in a module file, `sim.py` say, and write `sim:{function}`")));
        }
        if is_dotted_name(module) && is_identifier(function) {
            let value = Target { module: module.to_owned(), function: function.to_owned() };
            return Some(At { value, at });
        }
        let stem = module.strip_suffix(".py").unwrap_or(module).replace('/', ".");
        let help = if is_dotted_name(&stem) && is_identifier(function) {
            format!("did you mean `{stem}:{function}`?")
        } else {
            "write `module:function`, as in `sim:run_sim` for `run_sim` in `sim.py`".to_owned()
        };
        self.refuse(bad.help(help))
    }

    pub(super) fn args(&mut self, field: Field<'_>) -> Option<Vec<At<Argument>>> {
        let items = self.list(field)?;
        Some(items.iter().filter_map(|item| self.argument(item)).collect())
    }

    pub(super) fn kwargs(&mut self, field: Field<'_>) -> Option<Vec<(At<String>, At<Argument>)>> {
        let fields = Fields::read(field.value, "`kwargs`", "kwargs: {name: value}", self.problems)?;
        let arguments = fields.iter().filter_map(|argument| {
            if !is_identifier(argument.name) {
                let message = format!("`{}` cannot be the name of a Python argument", argument.name);
                return self.refuse(Problem::error(argument.key, message));
            }
            let name = At { value: argument.name.to_owned(), at: argument.key };
            Some((name, self.argument(argument.value)?))
        });
        Some(arguments.collect())
    }

    fn argument(&mut self, node: &Node) -> Option<At<Argument>> {
        let value = match &node.kind {
            Kind::Scalar(scalar) => {
                if matches!(scalar.kind, ScalarKind::Float(number) if !number.is_finite()) {
                    let problem = Problem::error(node.id, format!("`{}` cannot be passed on", scalar.text));
                    return self.refuse(problem.help("put it in quotes"));
                }
                Argument::One(self.template_of(scalar, node.id)?.value)
            }
            Kind::List(items) => Argument::List(items.iter().filter_map(|item| self.argument(item)).collect()),
            Kind::Map(_) => {
                let fields = Fields::read(node, "an argument", "{name: value}", self.problems)?;
                let items = fields.iter().filter_map(|f| Some((f.name.to_owned(), self.argument(f.value)?)));
                Argument::Map(items.collect())
            }
        };
        Some(At { value, at: node.id })
    }
}
