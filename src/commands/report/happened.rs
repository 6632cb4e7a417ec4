//! What happened: when, where and how it ended.

use std::collections::BTreeMap;

use super::gather::Gathered;
use crate::experiment::ParameterValue;
use crate::protocol::failures::{cause_of, in_common, signature_of};
use crate::protocol::{AttemptView, SimView, Status};
use crate::report::overview::{Block, Fact};
use crate::text::human;

/// Simulations that are named with all of their attempts. More are counted.
const MOST: usize = 200;

/// When, where, and what was varied.
pub(super) fn summary(gathered: &Gathered) -> Vec<Block> {
    let (header, plan) = (&gathered.snapshot.header, &gathered.plan);
    let attempts = || gathered.sims().flat_map(|sim| &sim.attempts);
    let mut facts = vec![
        fact("file", vec![plan.source.display().to_string()]),
        fact("directory", vec![header.outdir.display().to_string()]),
        fact("varied", varied(gathered)),
    ];
    let started = attempts().filter_map(|attempt| attempt.started_unix_ms).min();
    facts.push(fact("first start", started.map(human::local_time).into_iter().collect()));
    if let Some(sweep) = &header.sweep {
        let finished = sweep
            .finished_unix_ms
            .map(|at| format!("{}, after {}", human::local_time(at), human::clock(sweep.elapsed.ms)));
        facts.push(fact("last end", vec![finished.unwrap_or_else(|| "not all have ended".to_owned())]));
        let untold = match sweep.cpu_untold {
            0 => String::new(),
            untold => format!(", without {} of which nobody knows it", human::plural(untold.into(), "attempt")),
        };
        facts.push(fact("CPU time", vec![format!("{}{untold}", human::clock(sweep.cpu_ms))]));
    }
    let ran: Vec<u64> = attempts().filter_map(|attempt| attempt.ran_ms).collect();
    let wall = format!("{} in {}", human::clock(ran.iter().sum()), human::plural(ran.len() as u64, "attempt"));
    facts.push(fact("run time, added up", if ran.is_empty() { Vec::new() } else { vec![wall] }));
    let peak = attempts().filter_map(|attempt| attempt.max_rss).max();
    facts.push(fact("most memory of one", peak.map(human::bytes).into_iter().collect()));
    let hosts = gathered.hosts().into_iter();
    facts.push(fact(
        "hosts",
        hosts.map(|(host, count)| format!("{host}: {}", human::plural(count, "simulation"))).collect(),
    ));
    let changed: Vec<String> = gathered.sims().filter(|sim| sim.is_outdated()).map(|sim| sim.name.clone()).collect();
    let changed = (!changed.is_empty()).then(|| {
        let count = human::plural(changed.len() as u64, "simulation");
        format!("{count} ok from something else than is here now: {}", human::some_of(&changed))
    });
    facts.push(fact("changed since", changed.into_iter().collect()));
    facts.retain(|fact| !fact.values.is_empty());
    vec![Block::Facts(facts)]
}

fn fact(name: &'static str, values: Vec<String>) -> Fact {
    Fact { name, values }
}

/// Each parameter in which simulations differ, with its values in the order of the file.
fn varied(gathered: &Gathered) -> Vec<String> {
    let mut all: Vec<(&str, Vec<&ParameterValue>)> = Vec::new();
    for parameter in gathered.sims().flat_map(|sim| &sim.parameters) {
        let at = all.iter().position(|(name, _)| *name == parameter.name).unwrap_or_else(|| {
            all.push((&parameter.name, Vec::new()));
            all.len() - 1
        });
        if !all[at].1.contains(&&parameter.value) {
            all[at].1.push(&parameter.value);
        }
    }
    let varied = all.into_iter().filter(|(_, values)| values.len() > 1);
    varied
        .map(|(name, values)| {
            let values: Vec<String> = values.iter().map(|value| value.as_written().to_owned()).collect();
            format!("{name}: {}", human::some_of(&values))
        })
        .collect()
}

/// Those that failed alike together, the largest group first.
pub(super) fn failures(gathered: &Gathered) -> Vec<Block> {
    let mut groups: BTreeMap<String, Vec<&SimView>> = BTreeMap::new();
    for sim in gathered.sims() {
        if let Some(signature) = signature_of(sim) {
            groups.entry(signature).or_default().push(sim);
        }
    }
    let mut groups: Vec<Vec<&SimView>> = groups.into_values().collect();
    groups.sort_by_key(|members| (std::cmp::Reverse(members.len()), members.first().map(|sim| sim.id)));
    let row = |members: &Vec<&SimView>| {
        let first = members.first()?;
        let Status::Ended { outcome } = &first.status else { return None };
        let shared = in_common(members, &gathered.sims());
        let names: Vec<String> = members.iter().map(|sim| sim.name.clone()).collect();
        Some(vec![
            first.status.word().to_owned(),
            cause_of(outcome, members.len()),
            human::count(members.len() as u64),
            human::some_of(&names),
            shared.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        ])
    };
    let rows: Vec<Vec<String>> = groups.iter().filter_map(row).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    vec![Block::Grid { columns: vec!["outcome", "cause", "how many", "simulations", "all have"], rows }]
}

/// What took more than one attempt.
pub(super) fn retried(gathered: &Gathered) -> Vec<Block> {
    let all: Vec<&SimView> =
        gathered.sims().filter(|sim| sim.attempts.len() as u32 + sim.left_out.attempts > 1).collect();
    if all.is_empty() {
        return Vec::new();
    }
    let row = |sim: &&SimView| {
        let mut told: Vec<String> = sim.attempts.iter().map(attempt).collect();
        if sim.left_out.attempts > 0 {
            told.insert(0, human::plural(sim.left_out.attempts.into(), "older attempt"));
        }
        vec![sim.name.clone(), told.join(" → ")]
    };
    let mut blocks =
        vec![Block::Grid { columns: vec!["simulation", "attempts"], rows: all.iter().take(MOST).map(row).collect() }];
    let more = all.len().saturating_sub(MOST);
    if more > 0 {
        blocks.push(Block::Text(format!("and {}", human::plural(more as u64, "more simulation"))));
    }
    blocks
}

fn attempt(attempt: &AttemptView) -> String {
    match &attempt.outcome {
        None => format!("{}: not ended", attempt.number),
        Some(outcome) if outcome.kind.is_ok() => format!("{}: ok", attempt.number),
        Some(outcome) => format!("{}: {} ({})", attempt.number, outcome.kind.word(), outcome.line()),
    }
}
