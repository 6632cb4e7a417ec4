//! Steps: programs that are no gem5.

use std::path::PathBuf;

use super::{Builder, arguments, looked_for};
use crate::experiment::model::At;
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

impl Builder<'_> {
    /// The step that `words`, at least one, call for.
    pub(super) fn step(&self, words: &[At<Template>], scope: &PointScope<'_>, problems: &mut Problems) -> Option<Step> {
        let (first, rest) = words.split_first()?;
        let program = scope.text(first, problems);
        let program = program.and_then(|written| self.step_program(first, &written, scope, problems));
        let templates = rest.iter().map(|word| (&word.value, word.at));
        let (args, origins) = arguments(scope.arguments(templates, problems)?);
        check::arguments(&args, |index| rest[origins[index]].at, scope, problems);
        Some(Step { program: program?, args })
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
        RowKind::Simulation => simulation,
        RowKind::Step => Simulation {
            guest_stall: None,
            cancels_on_panic: false,
            poll_stats: None,
            watch: Vec::new(),
            dump: Choice::default(),
            goal: None,
            success: simulation.success.and_then(of_a_process),
            ..simulation
        },
    }
}

/// What a rule says of any process; none if it says nothing of it.
fn of_a_process(SuccessRule { exit_codes, log, .. }: SuccessRule) -> Option<SuccessRule> {
    let rule = SuccessRule { exit_codes, log, ..SuccessRule::default() };
    (rule != SuccessRule::default()).then_some(rule)
}
