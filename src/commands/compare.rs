//! `gem5-tui compare`: one experiment beside another, beside an older copy of itself, or beside earlier attempts of its simulations.
//!
//! [`collect`](mod@crate::collect) reads both, [`report::regression`](crate::report::regression) judges.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use crate::cli::{CompareArgs, Experiment, Paths};
use crate::collect::{collect, stats};
use crate::commands::attach::Snapshot;
use crate::commands::intent::{self, Intent};
use crate::commands::output::{self, Output};
use crate::commands::results::{include, rule_of};
use crate::commands::{Exit, Failure, status, written};
use crate::experiment::results::{Better, ResultsRule};
use crate::experiment::{RowKind, Simulation};
use crate::gem5::OutcomeKind;
use crate::gem5::stats::{ResultDump, Watch};
use crate::protocol::{SimView, Status};
use crate::report::regression::{self, Comparison, Drift, Judged, Thresholds};
use crate::report::{Asked, Point, Question};
use crate::rundir::export::{self, Mark};
use crate::text::{Safe, human};

/// Stats that are told of a point.
const STATS: usize = 8;

/// One side.
struct Side {
    /// As it was named.
    named: PathBuf,
    /// Which attempts of it, where not all of it is meant.
    attempts: Option<String>,
    outdir: PathBuf,
    rule: ResultsRule,
    simulations: Vec<Simulation>,
    snapshot: Snapshot,
}

/// All that a program is told.
#[derive(Serialize)]
struct Told<'c> {
    baseline: About<'c>,
    candidate: About<'c>,
    fails: bool,
    verdicts: serde_json::Map<String, serde_json::Value>,
    #[serde(flatten)]
    comparison: &'c Comparison,
    drift: Vec<DriftOf<'c>>,
}

#[derive(Serialize)]
struct About<'c> {
    experiment: &'c str,
    outdir: &'c Path,
    simulations: usize,
    ok: u32,
    gem5_versions: Vec<&'c str>,
    remarks: &'c [String],
}

#[derive(Serialize)]
struct DriftOf<'c> {
    metric: &'c str,
    point: &'c str,
    baseline: &'c str,
    candidate: &'c str,
    #[serde(flatten)]
    drift: &'c Drift,
}

/// What one point's stats tell: of which metric and point, of which simulations, and what differs.
struct DriftAt<'c> {
    metric: &'c str,
    judged: &'c Judged,
    simulations: [&'c str; 2],
    drift: Drift,
}

/// Compares, tells, and fails where something became worse or cannot be told.
pub(crate) fn compare(how: &CompareArgs, dump: Option<ResultDump>, output: &mut Output) -> Result<Exit, Failure> {
    let sides = match (&how.candidate, how.attempt) {
        (Some(candidate), _) => [Side::read(&how.baseline)?, Side::read(candidate)?],
        (None, attempt) => Side::attempts(&how.baseline, attempt.unwrap_or(1))?,
    };
    let [baseline, candidate] = &sides;
    if baseline.outdir == candidate.outdir && how.attempt.is_none() {
        let same = format!(
            "both are the experiment in {}: name two, or one with --attempt N, which its newest attempts are compared with",
            candidate.outdir.display()
        );
        return Err(Failure::Usage(same));
    }
    let question = question(how, dump, &sides)?;
    question.has_one_number()?;
    let thresholds = thresholds(how, &question)?;
    let collect = |side: &Side| {
        collect(&side.simulations, &side.snapshot.sims, &question).map_err(|error| Failure::Usage(error.to_string()))
    };
    let read = [collect(baseline)?, collect(candidate)?];
    let mut question = question.clone();
    for told in question.only_one_stat(&read[1].points)? {
        output::complain(&Safe::line(&format!("note: {told}")));
    }
    let comparison = regression::compare(&question, &read[0].points, &read[1].points, &thresholds);
    let drifts = drifts(&comparison, &sides, &question, how.top)?;
    let about = |side: usize| {
        let collected = &read[side];
        About {
            experiment: &sides[side].snapshot.header.name,
            outdir: &sides[side].outdir,
            simulations: collected.points.len(),
            ok: sides[side].ok(),
            gem5_versions: versions(&collected.points),
            remarks: &collected.remarks,
        }
    };
    if how.json {
        let verdicts =
            regression::Verdict::ALL.map(|verdict| (verdict.word().to_owned(), comparison.tally().of(verdict).into()));
        output.json(&Told {
            baseline: about(0),
            candidate: about(1),
            fails: comparison.fails(),
            verdicts: verdicts.into_iter().collect(),
            drift: drifts.iter().map(DriftAt::told).collect(),
            comparison: &comparison,
        })?;
    } else {
        for (word, side) in [("baseline ", 0), ("candidate", 1)] {
            output.line(&head(word, &sides[side], &about(side)))?;
        }
        let drifts: Vec<(String, Drift)> = drifts.iter().map(|at| (at.name(), at.drift.clone())).collect();
        output.document(&regression::text(&comparison, &drifts))?;
        for collected in &read {
            for told in collected.unmatched(&question.metrics) {
                output::complain(&Safe::line(&format!("note: {told}")));
            }
        }
    }
    if let Some(path) = &how.junit {
        let mark = Mark::Comment { open: "<!-- ", close: " -->" };
        let document = regression::junit(&comparison);
        export::export(path, document.as_str(), mark, how.force).map_err(written::failure)?;
    }
    Ok(if comparison.fails() { Exit::NotOk } else { Exit::Ok })
}

impl Side {
    fn read(named: &Path) -> Result<Self, Failure> {
        let target = Experiment { experiment: named.to_owned(), paths: Paths::default() }.alone();
        let plan = intent::plan(&target, Intent::Measure)?;
        let (rule, simulations, outdir) = (rule_of(&plan), plan.simulations.clone(), plan.outdir.clone());
        // One directory may have several names.
        let outdir = std::fs::canonicalize(&outdir).unwrap_or(outdir);
        let (snapshot, _) = status::look_anyway(plan)?;
        Ok(Self { named: named.to_owned(), attempts: None, outdir, rule, simulations, snapshot })
    }

    /// One attempt of each simulation of an experiment, and its newest one; of those simulations that have both.
    fn attempts(named: &Path, number: u32) -> Result<[Self; 2], Failure> {
        let [mut before, mut now] = [Self::read(named)?, Self::read(named)?];
        let has_both = |sim: &SimView| {
            let is_there = sim.attempts.iter().any(|attempt| attempt.number == number);
            is_there && sim.latest().is_some_and(|newest| newest.number > number)
        };
        let both: HashSet<String> =
            now.snapshot.sims.iter().filter(|sim| has_both(sim)).map(|sim| sim.name.clone()).collect();
        if both.is_empty() {
            return Err(Failure::Usage(format!(
                "no simulation of {} has an attempt {number} and a later one, so that there is nothing to compare",
                named.display()
            )));
        }
        for side in [&mut before, &mut now] {
            side.simulations.retain(|simulation| both.contains(&simulation.name));
            side.snapshot.sims.retain(|sim| both.contains(&sim.name));
        }
        for sim in &mut before.snapshot.sims {
            sim.attempts.retain(|attempt| attempt.number <= number);
            if let Some(outcome) = sim.latest().and_then(|attempt| attempt.outcome.clone()) {
                sim.status = Status::Ended { outcome };
            }
        }
        (before.attempts, now.attempts) = (Some(format!("attempt {number}")), Some("newest attempts".to_owned()));
        Ok([before, now])
    }

    fn sim(&self, name: &str) -> Option<&SimView> {
        self.snapshot.sims.iter().find(|sim| sim.name == name)
    }

    fn ok(&self) -> u32 {
        // As they are collected: steps measure nothing, and what is gone is not in the file.
        let is_ok = |sim: &&SimView| {
            sim.kind == RowKind::Simulation && !sim.gone && sim.status.ended().is_some_and(OutcomeKind::is_ok)
        };
        self.snapshot.sims.iter().filter(is_ok).count() as u32
    }
}

/// What is asked of both: what the candidate's file says, or the baseline's where that says nothing.
fn question(how: &CompareArgs, dump: Option<ResultDump>, sides: &[Side; 2]) -> Result<Question, Failure> {
    let [baseline, candidate] = sides;
    let asked = Asked {
        view: how.view.clone(),
        metrics: how.metric.clone(),
        include: include(&how.include),
        dump,
        ..Asked::default()
    };
    let says = |side: &&&Side| !side.rule.metrics.is_empty();
    let side = [candidate, baseline].iter().find(says).map_or(candidate, |side| *side);
    let mut question = Question::new(&side.rule, &asked, &side.snapshot.header.watch)?;
    for text in &how.better {
        let wrong = || Failure::Usage(format!("--better {text}: write it as `ipc=higher` or `ipc=lower`"));
        let (name, way) = text.rsplit_once('=').ok_or_else(wrong)?;
        let better = match way.trim() {
            "higher" => Better::Higher,
            "lower" => Better::Lower,
            _ => return Err(wrong()),
        };
        let rule = question.rules.iter_mut().find(|rule| rule.name == name.trim());
        rule.ok_or_else(|| no_metric("--better", name.trim(), how))?.better = Some(better);
    }
    Ok(question)
}

fn thresholds(how: &CompareArgs, question: &Question) -> Result<Thresholds, Failure> {
    let thresholds = Thresholds::new(&how.threshold).map_err(|error| Failure::Usage(error.to_string()))?;
    let is_shown = |name: &&String| {
        let shown = question.shown.iter().filter_map(|at| question.rules.get(*at));
        shown.map(|rule| &rule.name).any(|known| known == *name)
    };
    match thresholds.of.keys().find(|name| !is_shown(name)) {
        Some(name) => Err(no_metric("--threshold", name, how)),
        None => Ok(thresholds),
    }
}

/// A metric is named that is not compared.
fn no_metric(option: &str, name: &str, how: &CompareArgs) -> Failure {
    let hint = if how.metric.is_empty() { "name it as the file does" } else { "write it as `--metric` does" };
    Failure::Usage(format!("{option}: no metric `{name}` is compared; {hint}"))
}

/// The stats that differ most, at the points that changed most.
fn drifts<'c>(
    comparison: &'c Comparison,
    sides: &[Side; 2],
    question: &Question,
    most: usize,
) -> Result<Vec<DriftAt<'c>>, Failure> {
    let all = Watch::new(&["*"]).map_err(|error| Failure::Usage(error.to_string()))?;
    let all = Arc::new(all);
    let mut drifts = Vec::new();
    for (metric, judged) in comparison.most_changed(most) {
        let (Some(base), Some(new)) = (judged.baseline_simulations.first(), judged.candidate_simulations.first())
        else {
            continue;
        };
        let dump_of = |side: &Side, name: &str| -> Result<Vec<(String, f64)>, Failure> {
            let Some(sim) = side.sim(name) else { return Ok(Vec::new()) };
            Ok(stats(sim, &all, question.dump.as_ref())?)
        };
        let dumps = [dump_of(&sides[0], base)?, dump_of(&sides[1], new)?];
        let [from, to] = dumps.each_ref().map(|dump| dump.iter().map(|(name, value)| (name.as_str(), *value)));
        let drift = regression::drift(from, to, STATS);
        drifts.push(DriftAt { metric: &metric.metric, judged, simulations: [base, new], drift });
    }
    Ok(drifts)
}

impl DriftAt<'_> {
    fn name(&self) -> String {
        let [base, new] = self.simulations;
        if self.judged.baseline_simulations.len() == 1 && base == new {
            return self.judged.point.clone();
        }
        format!("{}: {base} and {new}", self.judged.point)
    }

    fn told(&self) -> DriftOf<'_> {
        let [baseline, candidate] = self.simulations;
        DriftOf { metric: self.metric, point: &self.judged.point, baseline, candidate, drift: &self.drift }
    }
}

fn versions(points: &[Point]) -> Vec<&str> {
    let mut versions: Vec<&str> = points.iter().filter_map(|point| point.version.as_deref()).collect();
    versions.sort_unstable();
    versions.dedup();
    versions
}

fn head(word: &str, side: &Side, about: &About<'_>) -> Safe {
    let gem5 = match about.gem5_versions.as_slice() {
        [] => String::new(),
        versions => format!(", gem5 {}", versions.join(", ")),
    };
    let simulations = human::plural(about.simulations as u64, "simulation");
    let attempts = side.attempts.as_ref().map_or_else(String::new, |attempts| format!(", {attempts}"));
    Safe::line(&format!("{word}  {}{attempts}: {} of {simulations} ok{gem5}", side.named.display(), about.ok))
}
