//! Steps: programs that are no gem5.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Builder, arguments, looked_for};
use crate::experiment::model::At;
use crate::experiment::name::{is_dotted_name, is_identifier};
use crate::experiment::paths::resolve;
use crate::experiment::plan::{RowKind, Simulation, Step};
use crate::experiment::problem::{Problem, Problems};
use crate::experiment::scope::PointScope;
use crate::experiment::template::Template;
use crate::experiment::yaml::{brief, quoted_item};
use crate::experiment::{FileKind, check};
use crate::gem5::SuccessRule;
use crate::gem5::stats::Choice;
use crate::text::shell;

/// What runs a script and imports a function.
const PYTHON: &str = "python3";

/// Calls a function of a module, which is looked for in a directory first: `DIRECTORY MODULE FUNCTION ARGUMENT…`.
const CALL: &str = "import importlib,sys;sys.path.insert(0,sys.argv[1]);\
                    getattr(importlib.import_module(sys.argv[2]),sys.argv[3])(*sys.argv[4:])";

/// What is Python's of what gets the results.
enum Python<'w> {
    /// A script.
    Script(&'w str),
    /// A function.
    Function { module: &'w str, function: &'w str },
}

impl<'w> Python<'w> {
    /// A script is known by the end of its name, a function by the colon behind a name of a module. Anything else is a program.
    fn of(written: &'w str) -> Option<Self> {
        if Path::new(written).extension().is_some_and(|extension| extension == "py") {
            return Some(Self::Script(written));
        }
        let (module, function) = written.split_once(':')?;
        (is_dotted_name(module) && is_identifier(function)).then_some(Self::Function { module, function })
    }
}

impl Builder<'_> {
    /// The step that `words`, at least one, call for.
    pub(super) fn step(&self, words: &[At<Template>], scope: &PointScope<'_>, problems: &mut Problems) -> Option<Step> {
        let (first, rest) = words.split_first()?;
        let gets_results = scope.entry.analyse.is_some();
        let program = scope.text(first, problems);
        let program = program.and_then(|written| match gets_results.then(|| Python::of(&written)).flatten() {
            Some(python) => self.python(&python, first, scope, problems),
            None => Some((self.step_program(first, &written, scope, problems)?, Vec::new())),
        });
        let templates = rest.iter().map(|word| (&word.value, word.at));
        let (own, origins) = arguments(scope.arguments(templates, problems)?);
        check::arguments(&own, |index| rest[origins[index]].at, scope, problems);
        let (program, mut args) = program?;
        args.extend(own);
        Some(Step { program, args, gets_results })
    }

    /// What makes Python run a script or call a function, with the arguments that follow.
    fn python(
        &self,
        python: &Python<'_>,
        first: &At<Template>,
        scope: &PointScope<'_>,
        problems: &mut Problems,
    ) -> Option<(PathBuf, Vec<String>)> {
        let program = self.step_program(first, PYTHON, scope, problems)?;
        let directory = self.expansion.directory();
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        match *python {
            Python::Script(written) => {
                let absolute = resolve(directory, written);
                let may_come = scope.after_step || first.value.speaks_of_later();
                if self.kind(&absolute) == FileKind::Missing && !may_come {
                    let problem = Problem::error(first.at, format!("the script `{}` does not exist", brief(written)));
                    scope.refuse(first, "missing", problems, || problem.help(looked_for(written, &absolute)));
                    return None;
                }
                Some((program, vec![text(absolute)]))
            }
            Python::Function { module, function } => {
                let words = [module, function].map(str::to_owned);
                let mut args = vec!["-c".to_owned(), CALL.to_owned(), text(directory.to_owned())];
                args.extend(words);
                Some((program, args))
            }
        }
    }

    /// The absolute path of the program that was `written`, which must be there.
    fn step_program(
        &self,
        first: &At<Template>,
        written: &str,
        scope: &PointScope<'_>,
        problems: &mut Problems,
    ) -> Option<PathBuf> {
        let short = brief(written);
        if !written.contains('/') {
            let found = self.find_on_path(written);
            if found.is_none() {
                let beside = self.kind(&resolve(self.expansion.directory(), written));
                scope.refuse(first, "not on PATH", problems, || {
                    let problem = Problem::error(first.at, format!("there is no `{short}` on PATH"));
                    let words: Vec<String> = written.split_whitespace().map(quoted_item).collect();
                    problem.help(if words.len() > 1 {
                        format!("write one item for each word, as in `run: [{}]`", words.join(", "))
                    } else if beside == FileKind::Missing {
                        "install it, load its module, or name it by its path".to_owned()
                    } else {
                        format!("for the file beside the experiment file, write `./{written}`")
                    })
                });
            }
            return found;
        }
        let absolute = resolve(self.expansion.directory(), written);
        let may_come = scope.after_step || first.value.speaks_of_later();
        let (what, problem) = match self.kind(&absolute) {
            FileKind::Executable | FileKind::Unasked => return Some(absolute),
            FileKind::Missing if may_come => return Some(absolute),
            FileKind::Missing => (
                "missing",
                Problem::error(first.at, format!("the program `{short}` does not exist"))
                    .help(looked_for(written, &absolute)),
            ),
            FileKind::Directory => ("a directory", Problem::error(first.at, format!("`{short}` is a directory"))),
            FileKind::File => (
                "not executable",
                Problem::error(first.at, format!("`{short}` is not executable"))
                    .help(format!("run `chmod +x {}`", shell::quote(&absolute.to_string_lossy()))),
            ),
        };
        scope.refuse(first, what, problems, || problem);
        None
    }
}

/// The same simulation. Of a step, without what `defaults` say of gem5: that is for simulations.
pub(super) fn without_gem5(simulation: Simulation) -> Simulation {
    match simulation.run.kind() {
        RowKind::Simulation | RowKind::Suite => simulation,
        RowKind::Step => Simulation {
            guest_stall: None,
            cancels_on_panic: false,
            poll_stats: None,
            watch: Arc::default(),
            dump: Choice::default(),
            goal: None,
            ..simulation
        },
    }
}

/// What a rule says of any process; none if it says nothing of it.
pub(super) fn of_a_process(SuccessRule { exit_codes, log, .. }: SuccessRule) -> Option<SuccessRule> {
    let rule = SuccessRule { exit_codes, log, ..SuccessRule::default() };
    (rule != SuccessRule::default()).then_some(rule)
}
