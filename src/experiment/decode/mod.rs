//! From the YAML tree to the types of the model, with everything that is wrong in between.

mod axes;
mod limits;
mod program;
mod settings;
mod success;

pub(super) use limits::{read_goal, read_goal_seconds, read_poll, read_size, read_stall, read_timeout};
pub(super) use settings::{MAX_RETRIES, retry_words};

use super::fields::{Field, Fields, Section};
use super::model::{At, Defaults, Deferred, Entry, ExperimentFile, PoolRule};
use super::plan::Concurrency;
use super::problem::{Problem, Problems};
use super::template::Template;
use super::units;
use super::yaml::{Kind, Node, NodeId, Scalar, ScalarKind};

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
    fields.check(Section::Experiment, problems);
    let mut decoder = Decoder { problems, range_values: 0 };
    let simulations = decoder.field(&fields, "simulations", Decoder::simulations);
    // A key that nobody knows is likely to be this one, misspelt. One that begins with `x-` is known to mean nothing.
    let is_unknown = |name: &str| !Section::Experiment.keys().contains(&name) && !name.starts_with("x-");
    let any_unknown = fields.iter().any(|field| is_unknown(field.name));
    if !any_unknown && !fields.iter().any(|field| field.name == "simulations") {
        let help = "list at least one, as in `simulations: [{script: run.py}]`";
        decoder.problems.push(Problem::error(root.id, "there are no `simulations`").help(help));
    }
    Some(ExperimentFile {
        name: decoder.field(&fields, "name", Decoder::text),
        gem5: decoder.field(&fields, "gem5", Decoder::template),
        outdir: decoder.field(&fields, "outdir", Decoder::text),
        concurrency: decoder.field(&fields, "concurrency", Decoder::concurrency),
        memory: decoder.field(&fields, "memory", Decoder::size),
        min_free_disk: decoder.field(&fields, "min_free_disk", Decoder::size),
        executor: decoder.field(&fields, "executor", Decoder::executor),
        defaults: decoder.field(&fields, "defaults", Decoder::defaults),
        simulations: simulations.unwrap_or_default(),
    })
}

struct Decoder<'p> {
    problems: &'p mut Problems,
    /// Values that all ranges together were expanded to.
    range_values: usize,
}

impl Decoder<'_> {
    fn field<'n, T>(
        &mut self,
        fields: &Fields<'n>,
        name: &str,
        read: impl FnOnce(&mut Self, Field<'n>) -> Option<T>,
    ) -> Option<T> {
        let field = fields.get(name, self.problems)?;
        read(self, field)
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

    fn list<'n>(&mut self, field: Field<'n>) -> Option<&'n [Node]> {
        if let Kind::List(items) = &field.value.kind {
            return Some(items);
        }
        let mut problem = Problem::error(field.place(), format!("`{}` must be a list", field.name))
            .label(format!("found {}", field.value.describe()));
        if let Some(scalar) = field.value.as_scalar() {
            let words: Vec<&str> = scalar.text.split_whitespace().collect();
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
            Err(malformed) => self.refuse(
                Problem::error(at, malformed.to_string())
                    .help("placeholders are `${parameter}` and `${needs.NAME.outdir}`; write `$$` for a dollar sign"),
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
            return Some(At { value: Deferred::Template(template.value), at });
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

    fn size(&mut self, field: Field<'_>) -> Option<At<u64>> {
        let scalar = self.scalar(field)?;
        match read_size(&scalar.text) {
            Ok(value) => Some(At { value, at: field.value.id }),
            Err(reason) => self.refuse(bad_value(field.name, &scalar.text, reason, field.value.id)),
        }
    }

    fn executor(&mut self, field: Field<'_>) -> Option<NodeId> {
        let name = match &field.value.kind {
            Kind::Scalar(scalar) => Some((scalar.text.as_str(), field.value.id)),
            Kind::Map(entries) => entries.first().and_then(|e| Some((e.key.as_scalar()?.text.as_str(), e.key.id))),
            Kind::List(_) => None,
        };
        match name {
            Some(("local", at)) if field.value.as_scalar().is_some() => Some(at),
            Some(("slurm", at)) => self.refuse(
                Problem::error(at, "the executor `slurm` is not supported yet by this release")
                    .help("use `executor: local` inside an allocation, as in `salloc … gem5-tui run experiment.yaml`"),
            ),
            Some((other, at)) if field.value.as_scalar().is_some() => self
                .refuse(Problem::error(at, format!("unknown executor `{other}`")).help("this release knows `local`")),
            _ => self.expected(field, "`local`"),
        }
    }

    fn defaults(&mut self, field: Field<'_>) -> Option<Defaults> {
        let fields = Fields::read(field.value, "`defaults`", "defaults: {timeout: 6h}", self.problems)?;
        fields.check(Section::Defaults, self.problems);
        Some(Defaults { settings: self.settings(&fields) })
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
        fields.check(Section::Simulation, self.problems);
        let before = self.problems.errors();
        let zip = self.field(&fields, "zip", |d, field| d.axes(field, &[]));
        let mut include = self.field(&fields, "include", Self::points).unwrap_or_default();
        let mut exclude = self.field(&fields, "exclude", Self::points).unwrap_or_default();
        let with = self.field(&fields, "with", Self::constants).unwrap_or_default();
        let matrix = self.field(&fields, "matrix", |d, field| {
            let axes = d.axes(field, &["include", "exclude"])?;
            let inner =
                Fields::read(field.value, "`matrix`", "matrix: {l2: [256KiB, 1MiB]}", &mut Problems::default())?;
            include.extend(d.field(&inner, "include", Self::points).unwrap_or_default());
            exclude.extend(d.field(&inner, "exclude", Self::points).unwrap_or_default());
            Some(axes)
        });
        let entry = Entry {
            at: node.id,
            parameters_known: self.problems.errors() == before,
            name: self.field(&fields, "name", Self::template),
            script: self.field(&fields, "script", Self::template),
            target: self.field(&fields, "target", Self::target),
            multisim: self.field(&fields, "multisim", Self::template),
            args: self.field(&fields, "args", Self::args).unwrap_or_default(),
            kwargs: self.field(&fields, "kwargs", Self::kwargs).unwrap_or_default(),
            matrix,
            zip,
            include,
            exclude,
            with,
            needs: self.field(&fields, "needs", Self::templates).unwrap_or_default(),
            pool: self.field(&fields, "pool", Self::pool),
            settings: self.settings(&fields),
        };
        self.check_program(&fields, &entry, node);
        Some(entry)
    }

    fn pool(&mut self, field: Field<'_>) -> Option<PoolRule> {
        let fields = Fields::read(field.value, "`pool`", "pool: {processes: 4}", self.problems)?;
        fields.check(Section::Pool, self.problems);
        let Some(processes) = fields.get("processes", self.problems) else {
            if fields.iter().next().is_some() {
                return None;
            }
            let problem = Problem::error(field.value.id, "`pool` has no `processes`");
            return self.refuse(problem.help("write `pool: {processes: 4}`"));
        };
        let number = self.whole_number(processes, 1, MAX_AT_ONCE, "a number from 1 to 65535")?;
        Some(PoolRule { processes: At { value: number as u32, at: processes.value.id } })
    }
}

/// How a value is read from text; the error follows a colon.
pub(super) type Reading<T> = fn(&str) -> Result<T, &'static str>;

/// "`soon` is not a valid `timeout`: …".
pub(super) fn bad_value(key: &str, text: &str, reason: &str, at: NodeId) -> Problem {
    Problem::error(at, format!("`{}` cannot be the value of `{key}`", super::yaml::brief(text))).help(reason)
}

fn single_value(list: &str, item: &Node) -> Problem {
    Problem::error(item.id, format!("an item of `{list}` must be a single value"))
        .label(format!("found {}", item.describe()))
        .help("put it in quotes if it contains `: ` or brackets")
}
