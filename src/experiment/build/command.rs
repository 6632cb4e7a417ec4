//! The gem5 of a simulation, and the command in front of it.

use std::borrow::Cow;
use std::path::PathBuf;

use super::{Builder, arguments, looked_for};
use crate::experiment::launcher::mounts_nothing;
use crate::experiment::model::{At, Entry, Gem5};
use crate::experiment::paths::resolve;
use crate::experiment::problem::{Problem, Problems};
use crate::experiment::scope::PointScope;
use crate::experiment::template::Template;
use crate::experiment::yaml::{NodeId, brief, quoted_item};
use crate::experiment::{FileKind, check};

/// The words in front of gem5, each with the item that it comes from.
pub(in crate::experiment) struct Front {
    pub(in crate::experiment) words: Vec<String>,
    origins: Vec<usize>,
}

impl Builder<'_> {
    /// The gem5 of the file that is meant. None where the command line names another one, or the file names none.
    fn written_gem5<'e>(&'e self, entry: &'e Entry) -> Option<&'e Gem5> {
        let expansion = self.expansion;
        let inherited = || {
            let default = expansion.default_settings().and_then(|settings| settings.gem5.as_ref());
            default.or(expansion.file.gem5.as_ref()).filter(|_| expansion.overrides.gem5.is_none())
        };
        entry.settings.gem5.as_ref().or_else(inherited)
    }

    /// The path of gem5, which must be there; or as the program `elsewhere` is to find it.
    pub(in crate::experiment) fn gem5(
        &self,
        scope: &PointScope<'_>,
        elsewhere: Option<&str>,
        problems: &mut Problems,
    ) -> Option<PathBuf> {
        let expansion = self.expansion;
        let (written, at, same): (Cow<'_, str>, NodeId, bool) =
            match (self.written_gem5(scope.entry), &expansion.overrides.gem5) {
                (Some(Gem5 { path, .. }), _) => (scope.text(path, problems)?.into(), path.at, path.value.is_literal()),
                (None, Some(path)) => (path.to_string_lossy(), expansion.root.id, true),
                (None, None) => {
                    if expansion.may_be_misspelt("gem5", scope.entry) {
                        return None;
                    }
                    let problem = Problem::error(expansion.root.id, "no gem5 is named");
                    problems.push(problem.help("write `gem5: build/X86/gem5.opt`, or pass `--gem5 PATH`"));
                    return None;
                }
            };
        if elsewhere.is_some() {
            return Some(PathBuf::from(written.into_owned()));
        }
        if !written.contains('/') {
            let found = self.find_on_path(&written);
            if found.is_none() {
                let beside = self.kind(&resolve(expansion.directory(), &written));
                scope.refuse_at(at, same, "not on PATH", problems, || {
                    let problem = Problem::error(at, format!("there is no `{}` on PATH", brief(&written)));
                    problem.help(if beside == FileKind::Missing {
                        "name the executable by its path, as in `build/X86/gem5.opt`, or pass `--gem5 PATH`".to_owned()
                    } else {
                        format!("for the file beside the experiment file, write `./{written}`")
                    })
                });
            }
            return found;
        }
        let absolute = resolve(expansion.directory(), &written);
        let short = brief(&written);
        let (what, problem) = match self.kind(&absolute) {
            FileKind::Executable | FileKind::Unasked => return Some(absolute),
            // It may be what is compiled first.
            FileKind::Missing if scope.after_step => return Some(absolute),
            FileKind::Missing => (
                "missing",
                Problem::error(at, format!("the gem5 executable `{short}` does not exist")).help(
                    match self.as_command(&written) {
                        Some(list) => format!("a command in front of gem5 is a list: `gem5: {list}`"),
                        None => looked_for(&written, &absolute),
                    },
                ),
            ),
            FileKind::Directory => (
                "a directory",
                Problem::error(at, format!("`{short}` is a directory, not a gem5 executable"))
                    .help(format!("write `{}/gem5.opt`", written.trim_end_matches('/'))),
            ),
            FileKind::File => (
                "not executable",
                Problem::error(at, format!("`{short}` is not executable"))
                    .help(format!("run `chmod +x {}`", crate::text::shell::quote(&absolute.to_string_lossy()))),
            ),
        };
        scope.refuse_at(at, same, what, problems, || problem);
        None
    }

    /// The words in front of gem5 as they are written: those of `prefix`, then those of `gem5` itself.
    pub(in crate::experiment) fn front(&self, scope: &PointScope<'_>, problems: &mut Problems) -> Option<Front> {
        let items: Vec<&At<Template>> = self.front_items(scope).collect();
        let templates = items.iter().map(|item| (&item.value, item.at));
        let (words, origins) = arguments(scope.arguments(templates, problems)?);
        Some(Front { words, origins })
    }

    fn front_items<'e>(&'e self, scope: &PointScope<'e>) -> impl Iterator<Item = &'e At<Template>> {
        let setting = self.expansion.setting(scope.entry, |s| s.prefix.as_ref());
        let own = self.written_gem5(scope.entry).map(|gem5| &gem5.front);
        setting.into_iter().chain(own).flatten()
    }

    /// The command in front of gem5, with the path of its program.
    pub(in crate::experiment) fn prefix(
        &self,
        front: Front,
        scope: &PointScope<'_>,
        problems: &mut Problems,
    ) -> Option<Vec<String>> {
        let items: Vec<&At<Template>> = self.front_items(scope).collect();
        let Front { mut words, origins } = front;
        let first = origins.first().map(|&origin| items[origin]);
        let (Some(program), Some(first)) = (words.first_mut(), first) else { return Some(words) };
        let found = if program.contains('/') {
            let absolute = resolve(self.expansion.directory(), program);
            let is_there = matches!(self.kind(&absolute), FileKind::Executable | FileKind::Unasked);
            is_there.then_some(absolute)
        } else {
            self.find_on_path(program)
        };
        let Some(found) = found else {
            let what = if scope.entry.step().is_some() { "a step" } else { "gem5" };
            scope.refuse(first, "no program", problems, || {
                let message =
                    format!("`{}` cannot be put in front of {what}: there is no such program", brief(program));
                Problem::error(first.at, message)
                    .help("the first word in front of gem5 is a program on PATH, or a path to one")
            });
            return None;
        };
        *program = found.to_string_lossy().into_owned();
        check::arguments(&words, |index| items[origins[index]].at, scope, problems);
        if mounts_nothing(&words) {
            scope.refuse(first, "no mount", problems, || {
                Problem::warning(
                    first.at,
                    "the container shows nothing of this host, so what gem5 writes is not seen here",
                )
                .help("mount the output directory and the script, as in `-v, \"${outdir}:${outdir}\"`")
            });
        }
        Some(words)
    }

    /// The list that a whole command line in one text was meant as.
    fn as_command(&self, written: &str) -> Option<String> {
        let mut words = written.split_whitespace();
        let program = words.next().filter(|program| self.find_on_path(program).is_some())?;
        let words: Vec<String> = std::iter::once(program).chain(words).map(quoted_item).collect();
        (words.len() > 1).then(|| format!("[{}]", words.join(", ")))
    }
}
