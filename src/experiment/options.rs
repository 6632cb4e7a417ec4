//! gem5's options of one simulation: what cannot work under a supervisor, with this build, or beside the others.

use std::path::Path;

use super::Interpreter;
use super::model::At;
use super::outputs::{Writers, is_glob};
use super::problem::{Problem, Problems};
use super::scope::PointScope;
use super::template::{Scope as _, Template};
use super::yaml::{NodeId, brief};
use crate::gem5::argv;

/// Who writes a file that is named for all that suites spawn.
const SPAWNED: &str = "what a suite spawns";

/// The options of all simulations so far.
#[derive(Default)]
pub(super) struct Options {
    /// Which simulation writes a file outside its own directory.
    writers: Writers,
}

impl Options {
    /// Refuses what cannot work in `args` of one simulation, each at its own place. Without a `gem5` nothing is known of the
    /// build.
    pub(super) fn check<'t>(
        &mut self,
        scope: &PointScope<'_>,
        args: &[String],
        gem5: Option<&Path>,
        template: impl Fn(usize) -> &'t At<Template>,
        problems: &mut Problems,
    ) {
        if gem5.is_some_and(|gem5| Interpreter::of(gem5) == Interpreter::Python) {
            return;
        }
        for refused in argv::all_refused(args) {
            let template = template(refused.index);
            // One item may hold several short options.
            let what = if template.value.is_literal() { "" } else { refused.reason };
            scope.refuse(template, what, problems, || {
                let message = format!("`{}` cannot be among gem5's options", brief(&refused.option));
                Problem::error(template.at, message).label(refused.reason).help(refused.advice)
            });
        }
        if let Some(gem5) = gem5.filter(|gem5| argv::is_without_tracing(gem5)) {
            for index in argv::tracing_options(args) {
                let template = template(index);
                scope.refuse(template, "no tracing", problems, || {
                    let message =
                        format!("`{}` cannot trace: tracing is not enabled in a `.fast` build", brief(&args[index]));
                    let other = gem5.with_extension("opt");
                    let help = format!("use `{}`, or leave the option out", other.display());
                    Problem::error(template.at, message).help(help)
                });
            }
        }
        for (index, path) in argv::absolute_files(args) {
            let written = template(index);
            if !written.value.speaks_of_later() {
                scope.refuse(written, "outside", problems, || {
                    let message = format!("gem5 would write `{}`, which is no attempt's own", brief(&path));
                    let name = Path::new(&path).file_name().unwrap_or_default().to_string_lossy().into_owned();
                    let help = format!(
                        "name it without a directory, as `{}`: it lands in the output directory; or put `${{attempt}}` into the path",
                        brief(&name)
                    );
                    Problem::error(written.at, message).label("a retry would overwrite what the attempt before left").help(help)
                });
                continue;
            }
            self.claim(scope, &path, written.at, problems);
        }
    }

    /// Notes that a simulation writes the file at `path`, outside of its own directory, and refuses what another one writes.
    pub(super) fn claim(&mut self, scope: &PointScope<'_>, path: &str, at: NodeId, problems: &mut Problems) {
        // Two simulations have attempts of the same numbers. No path has a NUL.
        let number = scope.own("attempt").map(|number| number.name().into_owned());
        let path = number.map_or_else(|| path.to_owned(), |number| path.replace(&number, "\0"));
        let name = if scope.is_spawned() { SPAWNED } else { scope.name() };
        let Err(other) = self.writers.claim(&path, name) else { return };
        scope.refuse_at(at, false, "same file", problems, || {
            let shown = path.replace('\0', "${attempt}");
            let message = format!("`{other}` and `{name}` would write the same file `{}`", brief(&shown));
            let help = if is_glob(Path::new(&path)) {
                "begin the file name with a placeholder of the sweep: a glob stands for all files that begin as it does"
            } else {
                "put a placeholder of the sweep into the path, or name a file without a directory"
            };
            Problem::error(at, message).help(help)
        });
    }
}
