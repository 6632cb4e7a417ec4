//! Which tables are asked for: of which metrics, in which layout, from which dump.
//!
//! The experiment file says it under `results:`, a view says it otherwise, and whoever asks has the last word: flags of a
//! command, keys of the dashboard. Where nobody names a metric, what is watched is shown as far as it is one stat.

use std::collections::HashSet;

use super::layout::LayoutError;
use super::pipeline::{Built, Wanted};
use super::point::{Include, Point};
use super::prepared::{Arrangement, Prepared};
use crate::experiment::results::{Definition, MetricRule, ResultsRule, SimpointsRule, TableRule, ViewRule};
use crate::gem5::stats::ResultDump;
use crate::metric::{Expression, Malformed, Metrics, MetricsError, Missing, Source as _, is_glob, is_name};
use crate::text::nearest;

/// What somebody asks for besides what the file says. Nothing, by default.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Asked {
    /// The name of a view.
    pub view: Option<String>,
    /// Names of metrics, or expressions; empty for those of the view, or all.
    pub metrics: Vec<String>,
    /// How the table is made.
    pub table: TableRule,
    /// Values that the simulations have which are shown, in place of those of the view.
    pub only: Option<Vec<(String, String)>>,
    /// What counts besides what ended ok.
    pub include: Include,
    /// What is read, in place of the dump that each simulation means.
    pub dump: Option<ResultDump>,
}

/// Tables that can be made of any points.
#[derive(Debug, Clone)]
pub struct Question {
    /// All metrics.
    pub metrics: Metrics,
    /// What is said of each of them.
    pub rules: Vec<MetricRule>,
    /// The places of those that are shown.
    pub shown: Vec<usize>,
    /// How the table is made.
    pub table: TableRule,
    /// Values that the simulations have which are shown.
    pub only: Vec<(String, String)>,
    /// What counts besides what ended ok.
    pub include: Include,
    /// What is read, in place of the dump that each simulation means.
    pub dump: Option<ResultDump>,
    /// Simulations that stand for one together.
    pub simpoints: Option<SimpointsRule>,
    /// Nobody named a metric, so that those count which match one stat.
    is_watch: bool,
}

/// Why there are no such tables.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    /// No view has this name.
    #[error("there is no view `{name}`; {hint}")]
    View {
        /// The name.
        name: String,
        /// What may be meant.
        hint: String,
    },
    /// What is given as a metric is none.
    #[error("`{text}` is no expression: {} (column {column}); {}", wrong.reason, wrong.help)]
    Expression {
        /// What is given.
        text: String,
        /// Where it is wrong, in characters from one.
        column: usize,
        /// What is wrong.
        wrong: Malformed,
    },
    /// Metrics of the file cannot be read.
    #[error("{}; {}", .0.reason, .0.help)]
    Malformed(Malformed),
    /// Metrics are made of one another.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// There is nothing to show.
    #[error(
        "there is no metric: name one with `--metric EXPR`, under `results: {{metrics: …}}` of the file, or under `watch`"
    )]
    NoMetric,
    /// All that is watched is several stats.
    #[error(
        "there is no metric: each watched glob matches several stats; name one with `--metric \"sum('*.numCycles')\"`, or \
         under `results: {{metrics: …}}` of the file"
    )]
    NoStat,
}

impl Question {
    /// What `asked` says, then its view, then the file; `watch` where none names a metric.
    ///
    /// # Errors
    /// When it names what is not there, or there is no metric.
    pub fn new(rule: &ResultsRule, asked: &Asked, watch: &[String]) -> Result<Self, QuestionError> {
        let view = asked.view.as_deref().map(|name| named(rule, name)).transpose()?;
        let table = view.map_or_else(TableRule::default, |view| view.table.clone()).over(&rule.table);
        let table = asked.table.over(&table);
        let (rules, shown, is_watch) = shown(rule, view, &asked.metrics, watch)?;
        // What stands in the file was checked when it was read, and what was given just now.
        let metrics: Result<Vec<_>, _> = rules.iter().map(MetricRule::compiled).collect();
        Ok(Self {
            metrics: Metrics::new(metrics.map_err(QuestionError::Malformed)?)?,
            rules,
            shown,
            table,
            only: asked.only.clone().or_else(|| view.map(|view| view.only.clone())).unwrap_or_default(),
            include: asked.include,
            dump: asked.dump.clone().or_else(|| view?.dump.clone()).or_else(|| rule.dump.clone()),
            simpoints: rule.simpoints.clone(),
            is_watch,
        })
    }

    /// Leaves out what is only watched and matches several stats of a point that has a dump, and says so, a sentence for each.
    ///
    /// # Errors
    /// When nothing is left.
    pub fn only_one_stat(&mut self, points: &[Point]) -> Result<Vec<String>, QuestionError> {
        let example = points.iter().find(|point| point.dump.is_ok());
        let (true, Some(example)) = (self.is_watch, example) else { return Ok(Vec::new()) };
        let mut told = Vec::new();
        let rules = &self.rules;
        self.shown.retain(|at| match rules.get(*at) {
            Some(MetricRule { value: Definition::Stat(glob), .. }) => match example.stat(glob, None) {
                Err(missing @ Missing::Several { .. }) => {
                    told.push(format!("{} of {}", missing.reason(), example.name));
                    false
                }
                _ => true,
            },
            _ => true,
        });
        if self.shown.is_empty() { Err(QuestionError::NoStat) } else { Ok(told) }
    }

    /// What the tables of all metrics have in common.
    ///
    /// # Errors
    /// When it speaks of parameters or values that no simulation has, or each simulation has several numbers.
    pub fn prepared<'p>(&'p self, points: &'p [Point]) -> Result<Prepared<'p>, LayoutError> {
        self.has_one_number()?;
        let how = Arrangement { table: &self.table, simpoints: self.simpoints.as_ref(), only: &self.only };
        Prepared::new(points, &how)
    }

    /// A table of each metric that is shown.
    ///
    /// # Errors
    /// When it speaks of parameters or values that no simulation has.
    pub fn tables(&self, points: &[Point]) -> Result<Vec<Built>, LayoutError> {
        let prepared = self.prepared(points)?;
        Ok(self.shown.iter().filter_map(|metric| self.table(&prepared, *metric)).collect())
    }

    /// The table of one metric; none for one that is not there.
    pub fn table(&self, prepared: &Prepared<'_>, metric: usize) -> Option<Built> {
        let rule = self.rules.get(metric)?;
        let dump = self.dump_step(prepared.points);
        let wanted = Wanted { metrics: &self.metrics, metric, rule, include: self.include, dump: &dump };
        Some(prepared.table(&wanted))
    }

    /// Whether each simulation has one number, as a table needs it.
    ///
    /// # Errors
    /// When it has one for each dump.
    pub fn has_one_number(&self) -> Result<(), LayoutError> {
        if self.dump == Some(ResultDump::Each) { Err(LayoutError::EachDump) } else { Ok(()) }
    }

    /// What is read, as a step of a pipeline.
    pub(super) fn dump_step(&self, points: &[Point]) -> String {
        match &self.dump {
            Some(ResultDump::One(choice)) => return format!("dump {choice}"),
            Some(ResultDump::Each) => return "each dump".to_owned(),
            Some(ResultDump::Sum) => return "sum of all dumps".to_owned(),
            None => {}
        }
        let mut choices: Vec<&ResultDump> = Vec::new();
        for point in points {
            if !choices.contains(&&point.choice) {
                choices.push(&point.choice);
            }
        }
        let mut words: Vec<String> = choices.iter().map(ToString::to_string).collect();
        // Two may have one word.
        let mut seen = HashSet::new();
        words.retain(|word| seen.insert(word.clone()));
        format!("dump {}", words.join(" or "))
    }
}

/// The view of this name.
fn named<'r>(rule: &'r ResultsRule, name: &str) -> Result<&'r ViewRule, QuestionError> {
    if let Some(view) = rule.views.iter().find(|view| view.name == name) {
        return Ok(view);
    }
    let names: Vec<&str> = rule.views.iter().map(|view| view.name.as_str()).collect();
    let hint = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "the file names none under `results: {views: …}`".to_owned(),
        None => format!("there are {}", names.join(", ")),
    };
    Err(QuestionError::View { name: name.to_owned(), hint })
}

/// All metrics, the places of those that are shown, and whether they are only what is watched.
type Shown = (Vec<MetricRule>, Vec<usize>, bool);

fn shown(
    rule: &ResultsRule,
    view: Option<&ViewRule>,
    asked: &[String],
    watch: &[String],
) -> Result<Shown, QuestionError> {
    let mut rules = rule.metrics.clone();
    let place = |rules: &[MetricRule], name: &str| rules.iter().position(|metric| metric.name == name);
    if !asked.is_empty() {
        let mut shown = Vec::new();
        for text in asked {
            let at = if let Some(at) = place(&rules, text) {
                at
            } else {
                rules.push(given(text)?);
                rules.len() - 1
            };
            shown.push(at);
        }
        return Ok((rules, shown, false));
    }
    if let Some(names) = view.and_then(|view| view.metrics.as_ref()) {
        let shown = names.iter().filter_map(|name| place(&rules, name)).collect();
        return Ok((rules, shown, false));
    }
    let is_watch = rules.is_empty();
    if is_watch {
        let of_stat = |glob: &String| metric_of(glob, Definition::Stat(glob.clone()));
        rules = watch.iter().map(of_stat).collect();
    }
    if rules.is_empty() {
        return Err(QuestionError::NoMetric);
    }
    let shown = (0..rules.len()).collect();
    Ok((rules, shown, is_watch))
}

fn metric_of(name: &str, value: Definition) -> MetricRule {
    MetricRule { name: name.to_owned(), value, better: None, unit: None, digits: None, absent: None }
}

/// A metric that is given as text: an expression, the name of a stat, or a glob that matches one.
fn given(text: &str) -> Result<MetricRule, QuestionError> {
    let is_stat = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':'))
        && (is_name(text) || text.contains('.'));
    if is_stat {
        return Ok(metric_of(text, Definition::Stat(text.to_owned())));
    }
    match Expression::parse(text) {
        Ok(_) => Ok(metric_of(text, Definition::Value(text.to_owned()))),
        Err(_) if is_glob(text) && !text.contains([' ', '(', '\'', '"', '/', '+']) => {
            Ok(metric_of(text, Definition::Stat(text.to_owned())))
        }
        Err(wrong) => {
            let column = text.get(..wrong.at.start).map_or(1, |before| before.chars().count() + 1);
            Err(QuestionError::Expression { text: text.to_owned(), column, wrong })
        }
    }
}
