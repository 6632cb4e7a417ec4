//! Where simulations are started: here, by Slurm, or by the commands of another batch system.

use std::ops::Range;
use std::time::Duration;

use super::limits::{read_cpus, read_question, read_timeout};
use super::{Decoder, read_keys};
use crate::experiment::executor::EngineAt;
use crate::experiment::executor::Part;
use crate::experiment::fields::{Field, Fields, listed};
use crate::experiment::model::{At, CommandKeys, CourtesyKeys, Executor, SlurmKeys, TopExecutor};
use crate::experiment::problem::{Problem, bad_value};
use crate::experiment::table::{Section, command_keys, courtesy_keys, slurm_keys};
use crate::experiment::yaml::{Kind, Node, brief};
use crate::text::nearest;

/// What there is at the top, and for one simulation.
const AT_THE_TOP: [&str; 3] = ["local", "slurm", "command"];
const FOR_ONE: [&str; 2] = ["local", "slurm"];

/// How the commands of a batch system are written.
const COMMANDS: &str = "executor: {command: {submit: [qsub, \"{script}\"], status: [qstat], cancel: [qdel, \"{id}\"]}}";

/// A command of a batch system: an example of it, which placeholders it may have, and how many of them, from the first, it must.
struct Placeholders {
    example: &'static str,
    known: &'static [&'static str],
    needed: usize,
}

const SUBMIT: Placeholders = Placeholders {
    example: "submit: [qsub, -N, \"{name}\", -o, \"{log}\", \"{script}\"]",
    known: &["script", "name", "dir", "log", "cpus", "memory_mib", "minutes", "seconds"],
    needed: 1,
};
const STATUS: Placeholders = Placeholders { example: "status: [qstat]", known: &["user"], needed: 0 };
const CANCEL: Placeholders = Placeholders { example: "cancel: [qdel, \"{id}\"]", known: &["id"], needed: 1 };
const SIGNAL: Placeholders =
    Placeholders { example: "signal: [qsig, -s, \"{signal}\", \"{id}\"]", known: &["id", "signal"], needed: 2 };

impl Decoder<'_> {
    /// What the top says.
    pub(super) fn executor(&mut self, field: Field<'_>) -> Option<TopExecutor> {
        let here = || TopExecutor { place: Executor::Local, courtesy: CourtesyKeys::default() };
        let (name, keys) = self.named(field, &AT_THE_TOP)?;
        let Some(keys) = keys else {
            return match name {
                "local" => Some(here()),
                "slurm" => Some(TopExecutor { place: Executor::Slurm(Box::default()), ..here() }),
                _ => {
                    let problem = Problem::error(field.value.id, "`command` needs the commands of the batch system");
                    self.refuse(problem.help(format!("write `{COMMANDS}`")))
                }
            };
        };
        let (place, fields) = if name == "slurm" {
            let (keys, fields) = self.slurm(keys)?;
            (Executor::Slurm(Box::new(keys)), fields)
        } else {
            let (keys, fields) = self.commands(keys)?;
            (Executor::Command(Box::new(keys)), fields)
        };
        if let Some(at) = fields.key("engine").filter(|_| name == "command") {
            let problem = Problem::error(at, "only Slurm can start the engine as a job");
            self.problems.push(problem.help("leave it out, and run `gem5-tui run` in a job of yours"));
        }
        let courtesy = courtesy_keys!(read_keys self fields CourtesyKeys {});
        Some(TopExecutor { place, courtesy })
    }

    /// `engine`.
    pub(super) fn engine_at(&mut self, field: Field<'_>) -> Option<EngineAt> {
        let written = &self.scalar(field)?.text;
        match EngineAt::ALL.into_iter().find(|place| place.word() == written) {
            Some(place) => Some(place),
            None => self.expected(field, "`here` or `job`"),
        }
    }

    /// What `defaults`, a simulation or `spawned` says.
    pub(super) fn own_executor(&mut self, field: Field<'_>) -> Option<Executor> {
        let (name, keys) = self.named(field, &FOR_ONE)?;
        let Some(keys) = keys else {
            return Some(if name == "local" { Executor::Local } else { Executor::Slurm(Box::default()) });
        };
        let (slurm, fields) = self.slurm(keys)?;
        for (key, at) in ["max_queued", "engine", "poll"].into_iter().filter_map(|key| Some((key, fields.key(key)?))) {
            let problem = Problem::error(at, format!("`{key}` is for all jobs together"));
            self.problems.push(problem.help(format!("put it at the top: `executor: {{slurm: {{{key}: …}}}}`")));
        }
        Some(Executor::Slurm(Box::new(slurm)))
    }

    /// Which one it is, and the map of what is said of it, if there is one.
    fn named<'n>(&mut self, field: Field<'n>, known: &[&'static str]) -> Option<(&'static str, Option<Field<'n>>)> {
        let (written, at, inner) = match &field.value.kind {
            Kind::Scalar(scalar) => (scalar.text.as_str(), field.value.id, None),
            Kind::List(_) => return self.expected(field, &form(known)),
            Kind::Map(_) => {
                let fields = Fields::read(field.value, "`executor`", "executor: {slurm: {…}}", self.problems)?;
                let all: Vec<Field<'n>> = fields.iter().collect();
                let [one] = all.as_slice() else { return self.expected(field, &form(known)) };
                (one.name, one.key, Some(*one))
            }
        };
        let Some(name) = known.iter().find(|name| **name == written) else {
            let problem = Problem::error(at, format!("unknown executor `{}`", brief(written)));
            return self.refuse(match (written, nearest(written, known.iter().copied())) {
                ("command", _) => problem.help("commands of a batch system stand at the top, for all simulations"),
                (_, Some(near)) => problem.help(format!("did you mean `{near}`?")),
                (_, None) => problem.help(format!("write {}", form(known))),
            });
        };
        match inner {
            Some(inner) if inner.is_empty() || *name == "local" => {
                let problem = Problem::error(at, format!("nothing is said of `{name}` here"));
                let help = if *name == "command" { COMMANDS.to_owned() } else { format!("executor: {name}") };
                self.refuse(problem.help(format!("write `{help}`")))
            }
            inner => Some((name, inner)),
        }
    }

    fn slurm<'n>(&mut self, field: Field<'n>) -> Option<(SlurmKeys, Fields<'n>)> {
        let fields = Fields::read(field.value, "`slurm`", "slurm: {partition: long}", self.problems)?;
        fields.check(Section::Slurm, self.problems);
        let keys = slurm_keys!(read_keys self fields SlurmKeys {});
        Some((keys, fields))
    }

    fn commands<'n>(&mut self, field: Field<'n>) -> Option<(CommandKeys, Fields<'n>)> {
        let fields = Fields::read(field.value, "`command`", COMMANDS, self.problems)?;
        let unknown = fields.check(Section::Command, self.problems);
        for (key, Placeholders { example, .. }) in [("submit", SUBMIT), ("status", STATUS), ("cancel", CANCEL)] {
            if fields.key(key).is_none() && !unknown.may_be(key) {
                let problem = Problem::error(field.key, format!("`command` has no `{key}`"));
                self.problems.push(problem.help(format!("add it, as in `{example}`")));
            }
        }
        let keys = command_keys!(read_keys self fields CommandKeys {});
        Some((keys, fields))
    }

    /// What hands in a job: words, and lists of words that may be left out.
    fn submit(&mut self, field: Field<'_>) -> Option<Vec<Part>> {
        self.parts(field, &SUBMIT, true)
    }

    /// The words of a command, or one text that is taken apart as a shell would.
    fn command(&mut self, field: Field<'_>, placeholders: &Placeholders) -> Option<Vec<String>> {
        let parts = self.parts(field, placeholders, false)?;
        let words = parts.into_iter().flat_map(|part| match part {
            Part::Word(word) => vec![word],
            Part::Where(words) => words,
        });
        Some(words.collect())
    }

    fn parts(&mut self, field: Field<'_>, placeholders: &Placeholders, may_nest: bool) -> Option<Vec<Part>> {
        let mut found = Vec::new();
        let parts = if let Kind::Scalar(scalar) = &field.value.kind {
            self.placeholders(field, field.value, placeholders, &mut found)?;
            let Some(words) = shlex::split(&scalar.text) else {
                let problem = Problem::error(field.value.id, format!("`{}` has a quote without its end", field.name));
                return self.refuse(problem.help(format!("write a list: `{}`", placeholders.example)));
            };
            words.into_iter().map(Part::Word).collect()
        } else {
            let items = self.list(field)?;
            let parts = items.iter().map(|item| match &item.kind {
                Kind::List(inner) if may_nest && !inner.is_empty() => {
                    let words = inner.iter().map(|item| self.part(field, item, placeholders, &mut found));
                    let words: Vec<Option<String>> = words.collect();
                    words.into_iter().collect::<Option<Vec<String>>>().map(Part::Where)
                }
                _ => self.part(field, item, placeholders, &mut found).map(Part::Word),
            });
            parts.collect::<Vec<_>>().into_iter().collect::<Option<Vec<Part>>>()?
        };
        if !matches!(parts.first(), Some(Part::Word(program)) if !program.is_empty()) {
            let problem = Problem::error(field.value.id, format!("`{}` names no program", field.name));
            return self.refuse(problem.help(format!("write `{}`", placeholders.example)));
        }
        let missing = placeholders.known[..placeholders.needed].iter().find(|needed| !found.contains(needed));
        if let Some(missing) = missing {
            let problem =
                Problem::error(field.value.id, format!("`{}` does not say where `{{{missing}}}` goes", field.name));
            return self.refuse(problem.help(format!("write `{}`", placeholders.example)));
        }
        Some(parts)
    }

    /// One word of a list.
    fn part(
        &mut self,
        field: Field<'_>,
        item: &Node,
        placeholders: &Placeholders,
        found: &mut Vec<&'static str>,
    ) -> Option<String> {
        match item.as_scalar() {
            Some(word) if !word.is_null() => {
                self.placeholders(field, item, placeholders, found)?;
                Some(word.text.clone())
            }
            _ => {
                let problem = Problem::error(item.id, format!("an item of `{}` is no word", field.name));
                let problem = problem.label(format!("found {}", item.describe()));
                self.refuse(problem.help("put it in quotes: `\"{script}\"`"))
            }
        }
    }

    /// Adds the placeholders of one word to those that were found, and refuses others.
    fn placeholders(
        &mut self,
        field: Field<'_>,
        word: &Node,
        Placeholders { known, .. }: &Placeholders,
        found: &mut Vec<&'static str>,
    ) -> Option<()> {
        let text = word.as_scalar()?.text.as_str();
        for (name, part) in placeholders_in(text) {
            let shown = brief(name);
            if text[..part.start].ends_with('$') {
                let problem = Problem::error(word.id, format!("`${{{shown}}}` has no value in `{}`", field.name));
                let problem = problem.part(text, part.start - 1..part.end);
                return self
                    .refuse(problem.help("what a job is asked for is written without the dollar sign: `{script}`"));
            }
            if let Some(known) = known.iter().find(|known| **known == name) {
                found.push(*known);
            } else {
                let problem = Problem::error(word.id, format!("`{{{shown}}}` has no value in `{}`", field.name));
                let known: Vec<String> = known.iter().map(|known| format!("{{{known}}}")).collect();
                let help = match nearest(name, known.iter().map(|known| &known[1..known.len() - 1])) {
                    Some(near) => format!("did you mean `{{{near}}}`?"),
                    None if known.is_empty() => "nothing is filled in here".to_owned(),
                    None => format!("known here: {}", listed(&known)),
                };
                return self.refuse(problem.part(text, part).help(help));
            }
        }
        Some(())
    }

    fn system_name(&mut self, field: Field<'_>) -> Option<At<String>> {
        const MOST: usize = 40;
        let name = self.text(field)?;
        let is_fine = |c: char| c.is_ascii_alphanumeric() || "-_.+ ".contains(c);
        if name.value.trim().is_empty() || name.value.len() > MOST || !name.value.chars().all(is_fine) {
            return self.expected(field, "a short name of letters and digits, such as `pbs`");
        }
        if AT_THE_TOP.contains(&name.value.as_str()) {
            let problem = Problem::error(name.at, format!("`{}` is another executor", name.value));
            return self.refuse(problem.help("call it as its users do, such as `pbs` or `htcondor`"));
        }
        Some(name)
    }

    fn poll(&mut self, field: Field<'_>) -> Option<At<Duration>> {
        let scalar = self.scalar(field)?;
        let at = field.value.id;
        match read_question(&scalar.text) {
            Ok(value) => Some(At { value, at }),
            Err(reason) => self.refuse(bad_value(field.name, &scalar.text, reason, at)),
        }
    }
}

/// "`local`, `slurm` or …".
fn form(known: &[&str]) -> String {
    let last =
        if known.contains(&"command") { ", `{slurm: {…}}` or `{command: {…}}`" } else { " or `{slurm: {…}}`" };
    format!("`local`, `slurm`{last}")
}

/// What is between braces in a text, if it is a word of small letters: anything else stands for itself.
fn placeholders_in(text: &str) -> impl Iterator<Item = (&str, Range<usize>)> {
    text.match_indices('{').filter_map(move |(start, _)| {
        let inside = &text[start + 1..];
        let name = &inside[..inside.find('}')?];
        let is_word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        is_word.then(|| (name, start..start + name.len() + 2))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_word_in_braces_stands_for_itself() {
        let names = |text| placeholders_in(text).map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names("select=1:ncpus={cpus}:mem={memory_mib}mb"), ["cpus", "memory_mib"]);
        assert_eq!(names("awk '{print $1}' {} {A} { {x"), Vec::<&str>::new());
        assert_eq!(placeholders_in("a{id}").next(), Some(("id", 1..5)));
    }
}
