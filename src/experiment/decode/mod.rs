//! From the YAML tree to the types of the model, with everything that is wrong in between.

mod axes;
mod executor;
mod limits;
mod notify;
mod program;
mod results;
mod run;
mod settings;
mod steps;
mod success;
mod suite;

pub(super) use axes::{REPEAT, SEED};
pub(super) use settings::{MAX_RETRIES, retry_words};

use std::collections::HashSet;

use super::fields::{Field, Fields, Unknown};
use super::limits::MAX_CONDITIONS;
use super::model::{
    At, Defaults, Deferred, Entry, ExperimentFile, GIVES_PARAMETERS, Matrix, PoolRule, Reading, Results, StopRule,
};
use super::plan::Concurrency;
use super::problem::{Problem, Problems, bad_value};
use super::stop_after::StopAfter;
use super::table::{Section, file_keys, pool_keys, simulation_keys, stop_keys};
use super::template::{Malformed, Template};
use super::units;
use super::yaml::{Kind, Node, NodeId, Scalar, ScalarKind, brief, quoted_item};
use limits::read_size;

/// Reads a value for each key of a table into a struct, whose other fields are given.
macro_rules! read_keys {
    ([$decoder:ident $fields:ident $name:ident { $($more:tt)* }] $($key:ident {
        value: $_value:ty, read: $read:expr, schema: $_schema:ty, also: $_also:tt, doc: $_doc:literal,
        readme: $_readme:literal,
    })*) => {
        $name {
            $($key: $decoder.field(&$fields, stringify!($key), $read),)*
            $($more)*
        }
    };
}
use read_keys;

/// The cap on concurrency and pools: far above any machine, below every limit on processes.
const MAX_AT_ONCE: u64 = 65_535;
/// Reads a whole file. `None` when the top level is not even a map.
pub(super) fn experiment(root: &Node, problems: &mut Problems) -> Option<ExperimentFile> {
    if root.as_scalar().is_some_and(Scalar::is_null) {
        let help = "`gem5-tui demo` unpacks examples to start from";
        problems.push(Problem::error(None, "the file is empty").help(help));
        return None;
    }
    let fields = Fields::read(root, "an experiment file", "simulations: [{script: run.py}]", problems)?;
    let unknown = fields.check(Section::Experiment, problems);
    if fields.key("simulations").is_none() && !unknown.may_be("simulations") {
        let help = "list at least one, as in `simulations: [{script: run.py}]`";
        problems.push(Problem::error(root.id, "there are no `simulations`").help(help));
    }
    Some(Decoder::new(problems).file(&fields, unknown))
}

/// Reads what a file says under `results`, and nothing else of it. `None` when it says nothing there.
pub(super) fn results_alone(root: &Node, problems: &mut Problems) -> Option<Results> {
    let fields = Fields::read(root, "a file of results", "results: {metrics: {ipc: system.cpu.ipc}}", problems)?;
    if fields.key("results").is_none() {
        let problem = Problem::error(root.id, "there is no `results`");
        problems.push(problem.help("write `results: {metrics: {ipc: system.cpu.ipc}}`"));
        return None;
    }
    let field = fields.get("results", problems)?;
    Decoder::new(problems).results(field)
}

struct Decoder<'p> {
    problems: &'p mut Problems,
    /// Values that all ranges together were expanded to.
    range_values: usize,
    /// Keys of the simulation that is being read whose values have mistakes.
    unread: HashSet<&'static str>,
    /// Expressions that were compiled, and how many of them are large or wrong.
    expressions: HashSet<String>,
    large_expressions: usize,
}

impl<'p> Decoder<'p> {
    fn new(problems: &'p mut Problems) -> Self {
        let (unread, expressions) = (HashSet::new(), HashSet::new());
        Self { problems, range_values: 0, unread, expressions, large_expressions: 0 }
    }
}

impl Decoder<'_> {
    fn field<'n, T>(
        &mut self,
        fields: &Fields<'n>,
        name: &'static str,
        read: impl FnOnce(&mut Self, Field<'n>) -> Option<T>,
    ) -> Option<T> {
        let before = self.problems.errors();
        let value = fields.get(name, self.problems).and_then(|field| read(self, field));
        if self.problems.errors() > before {
            self.unread.insert(name);
        }
        value
    }

    fn file(&mut self, fields: &Fields<'_>, unknown: Unknown) -> ExperimentFile {
        file_keys!(read_keys self fields ExperimentFile { unknown })
    }

    fn refuse<T>(&mut self, problem: Problem) -> Option<T> {
        self.problems.push(problem);
        None
    }

    /// "`timeout` must be …".
    fn expected<T>(&mut self, field: Field<'_>, expected: &str) -> Option<T> {
        let problem = Problem::error(field.place(), format!("`{}` must be {expected}", field.name));
        self.refuse(problem.label(format!("found {}", field.value.describe())))
    }

    fn scalar<'n>(&mut self, field: Field<'n>) -> Option<&'n Scalar> {
        match field.value.as_scalar() {
            Some(scalar) => Some(scalar),
            None => self.expected(field, "a single value"),
        }
    }

    /// Refuses a list of conditions or stats that nobody has written by hand: each simulation carries all of them.
    fn few_conditions(&mut self, field: Field<'_>, items: &[Node]) -> Option<()> {
        let Some(first) = items.get(MAX_CONDITIONS) else { return Some(()) };
        let message = format!("`{}` has more than {MAX_CONDITIONS} items", field.name);
        self.refuse(Problem::error(first.id, message).help("use globs"))
    }

    fn list<'n>(&mut self, field: Field<'n>) -> Option<&'n [Node]> {
        if let Kind::List(items) = &field.value.kind {
            return Some(items);
        }
        let mut problem = Problem::error(field.place(), format!("`{}` must be a list", field.name))
            .label(format!("found {}", field.value.describe()));
        if let Some(scalar) = field.value.as_scalar() {
            let words: Vec<String> = scalar.text.split_whitespace().map(quoted_item).collect();
            problem = problem.help(format!("write `{}: [{}]`", field.name, words.join(", ")));
        }
        self.refuse(problem)
    }

    fn text(&mut self, field: Field<'_>) -> Option<At<String>> {
        let scalar = self.scalar(field)?;
        Some(At { value: scalar.text.clone(), at: field.value.id })
    }

    fn template(&mut self, field: Field<'_>) -> Option<At<Template>> {
        let scalar = self.scalar(field)?;
        self.template_of(scalar, field.value.id)
    }

    fn template_of(&mut self, scalar: &Scalar, at: NodeId) -> Option<At<Template>> {
        match Template::parse(scalar) {
            Ok(value) => Some(At { value, at }),
            Err(Malformed::Unclosed) => self.refuse(
                Problem::error(at, "`${` is never closed")
                    .help("placeholders are `${parameter}` and `${needs.NAME.outdir}`; write `$$` for a dollar sign"),
            ),
            Err(Malformed::Placeholder(inside, why)) => self.refuse(
                Problem::error(at, format!("`${{{}}}` cannot be filled in: {}", brief(&inside), why.reason))
                    .help(format!("{}; for the text itself write `$${{`", why.help)),
            ),
        }
    }

    fn templates(&mut self, field: Field<'_>) -> Option<Vec<At<Template>>> {
        let items = self.list(field)?;
        Some(items.iter().filter_map(|item| self.item(field.name, item)).collect())
    }

    /// An item of a list of single values.
    fn item(&mut self, list: &str, item: &Node) -> Option<At<Template>> {
        match item.as_scalar() {
            Some(scalar) if !scalar.is_null() => self.template_of(scalar, item.id),
            Some(_) => self.refuse(
                Problem::error(item.id, format!("an item of `{list}` is empty"))
                    .help("remove it, or write `\"\"` for an empty text"),
            ),
            None => self.refuse(single_value(list, item)),
        }
    }

    fn texts(&mut self, field: Field<'_>) -> Option<Vec<At<String>>> {
        let items = self.list(field)?;
        self.few_conditions(field, items)?;
        let texts = items.iter().filter_map(|item| match item.as_scalar() {
            Some(scalar) if !scalar.is_null() => Some(At { value: scalar.text.clone(), at: item.id }),
            _ => self.refuse(single_value(field.name, item)),
        });
        Some(texts.collect())
    }

    /// Reads a value now, or leaves it for later when it has a placeholder.
    fn deferred<T>(&mut self, field: Field<'_>, read: Reading<T>) -> Option<At<Deferred<T>>> {
        let scalar = self.scalar(field)?;
        let at = field.value.id;
        if scalar.kind == ScalarKind::Text && scalar.text.contains('$') {
            let template = self.template_of(scalar, at)?;
            let (key, template) = (field.name.to_owned(), template.value);
            return Some(At { value: Deferred::Later { key, template, read }, at });
        }
        match read(&scalar.text) {
            Ok(value) => Some(At { value: Deferred::Fixed(value), at }),
            Err(reason) => self.refuse(bad_value(field.name, &scalar.text, reason, at)),
        }
    }

    fn whole_number(&mut self, field: Field<'_>, least: u64, most: u64, expected: &str) -> Option<u64> {
        match field.value.as_scalar().and_then(|scalar| units::count(&scalar.text)) {
            Some(number) if (least..=most).contains(&number) => Some(number),
            _ => self.expected(field, expected),
        }
    }

    fn concurrency(&mut self, field: Field<'_>) -> Option<At<Concurrency>> {
        let at = field.value.id;
        if field.value.as_scalar().is_some_and(|scalar| scalar.text == "auto") {
            return Some(At { value: Concurrency::Auto, at });
        }
        let number = self.whole_number(field, 1, MAX_AT_ONCE, "a number from 1 to 65535, or `auto`")?;
        Some(At { value: Concurrency::Fixed(number as u32), at })
    }

    fn stop_after(&mut self, field: Field<'_>) -> Option<StopAfter> {
        match field.value.as_scalar() {
            Some(scalar) if scalar.text == "never" => return Some(StopAfter::NEVER),
            Some(_) => return self.expected(field, "`never`, or a number of failures, as in `{alike: 3}`"),
            None => {}
        }
        let fields = Fields::read(field.value, "`stop_after`", "stop_after: {alike: 3}", self.problems)?;
        let unknown = fields.check(Section::StopAfter, self.problems);
        if fields.key("alike").is_none() && !unknown.may_be("alike") {
            let problem = Problem::error(field.value.id, "`stop_after` has no `alike`");
            return self.refuse(problem.help("write `stop_after: {alike: 3}`, or `stop_after: never`"));
        }
        stop_keys!(read_keys self fields StopRule {}).alike.map(|alike| StopAfter { alike })
    }

    fn alike(&mut self, field: Field<'_>) -> Option<u32> {
        let number = self.whole_number(field, 0, MAX_AT_ONCE, "a number from 0, for never, to 65535")?;
        Some(number as u32)
    }

    fn size(&mut self, field: Field<'_>) -> Option<At<u64>> {
        let scalar = self.scalar(field)?;
        match read_size(&scalar.text) {
            Ok(value) => Some(At { value, at: field.value.id }),
            Err(reason) => self.refuse(bad_value(field.name, &scalar.text, reason, field.value.id)),
        }
    }

    fn defaults(&mut self, field: Field<'_>) -> Option<Defaults> {
        let fields = Fields::read(field.value, "`defaults`", "defaults: {timeout: 6h}", self.problems)?;
        let unknown = fields.check(Section::Defaults, self.problems);
        let settings = self.settings(&fields);
        Some(Defaults { unknown, of_suites: settings.of_suites(), settings })
    }

    fn simulations(&mut self, field: Field<'_>) -> Option<Vec<Entry>> {
        let Kind::List(items) = &field.value.kind else {
            let problem = Problem::error(field.place(), "`simulations` must be a list")
                .label(format!("found {}", field.value.describe()));
            return self.refuse(problem.help("start each simulation with `- `"));
        };
        if items.is_empty() {
            return self.refuse(Problem::error(field.value.id, "there are no `simulations`").help("list at least one"));
        }
        Some(items.iter().filter_map(|item| self.entry(item)).collect())
    }

    fn entry(&mut self, node: &Node) -> Option<Entry> {
        let fields = Fields::read(node, "a simulation", "- script: run.py", self.problems)?;
        let unknown = fields.check(Section::Simulation, self.problems);
        self.unread.clear();
        let settings = self.settings(&fields);
        let mut entry = simulation_keys!(read_keys self fields Entry {
            at: node.id,
            parameters_known: false,
            is_whole: false,
            unknown,
            settings,
        });
        entry.is_whole = self.unread.is_empty();
        entry.parameters_known = !GIVES_PARAMETERS.iter().any(|key| self.unread.contains(key));
        self.check_program(&fields, &entry, node);
        Some(entry)
    }

    fn matrix(&mut self, field: Field<'_>) -> Option<At<Matrix>> {
        let At { value: axes, at } = self.axes(field, &["include", "exclude"])?;
        let inner = Fields::read(field.value, "`matrix`", "matrix: {l2: [256KiB, 1MiB]}", &mut Problems::default())?;
        let include = self.field(&inner, "include", Self::points).unwrap_or_default();
        let exclude = self.field(&inner, "exclude", Self::exclusions).unwrap_or_default();
        Some(At { value: Matrix { axes, include, exclude }, at })
    }

    fn pool(&mut self, field: Field<'_>) -> Option<PoolRule> {
        let fields = Fields::read(field.value, "`pool`", "pool: {processes: 4}", self.problems)?;
        let unknown = fields.check(Section::Pool, self.problems);
        if fields.key("processes").is_none() && !unknown.may_be("processes") {
            let problem = Problem::error(field.value.id, "`pool` has no `processes`");
            return self.refuse(problem.help("write `pool: {processes: 4}`"));
        }
        let rule = pool_keys!(read_keys self fields PoolRule {});
        rule.processes.is_some().then_some(rule)
    }

    fn processes(&mut self, field: Field<'_>) -> Option<At<u32>> {
        let number = self.whole_number(field, 1, MAX_AT_ONCE, "a number from 1 to 65535")?;
        Some(At { value: number as u32, at: field.value.id })
    }
}

fn single_value(list: &str, item: &Node) -> Problem {
    Problem::error(item.id, format!("an item of `{list}` must be a single value"))
        .label(format!("found {}", item.describe()))
        .help("put it in quotes if it contains `: ` or brackets")
}
