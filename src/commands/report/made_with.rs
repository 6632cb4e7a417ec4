//! With which gem5, scripts and commits the results were made.

use super::gather::Gathered;
use crate::experiment::secret;
use crate::report::overview::{Block, Fact};
use crate::rundir::provenance::{HashedFile, Repository};
use crate::text::human;

/// Different things of a kind, in the order in which simulations have them, each with how many have it.
struct Different<K>(Vec<(K, u64)>);

impl<K: PartialEq> Different<K> {
    fn of(all: impl Iterator<Item = K>) -> Self {
        let mut different: Vec<(K, u64)> = Vec::new();
        for one in all {
            match different.iter_mut().find(|(known, _)| *known == one) {
                Some((_, count)) => *count += 1,
                None => different.push((one, 1)),
            }
        }
        Self(different)
    }
}

/// A fact for each gem5, script, repository and inherited variable. Where there is more than one of a kind, each says how many
/// simulations it made.
pub(super) fn made_with(gathered: &Gathered) -> Vec<Block> {
    let all = || gathered.launched.iter().filter_map(|launched| Some((launched, launched.provenance.as_ref()?)));
    let builds = all().filter_map(|(launched, provenance)| {
        let executable = provenance.executable.as_ref()?;
        Some((executable, launched.version.as_deref(), launched.compiled.as_deref()))
    });
    let builds = told("gem5", Different::of(builds), |(build, version, compiled)| {
        let version = version.map_or_else(|| "version unknown".to_owned(), |version| format!("version {version}"));
        let compiled = compiled.map_or_else(String::new, |compiled| format!(", compiled {compiled}"));
        let mut lines = vec![build.path.display().to_string(), format!("{version}{compiled}")];
        lines.extend(build.sha256.as_ref().map(|hash| format!("sha256 {hash}")));
        if build.is_script {
            lines.push("it is a script, so that its hash does not tell which gem5 it starts".to_owned());
        }
        lines.extend(build.note.clone());
        lines
    });
    let hashed = |file: &&HashedFile| vec![file.path.display().to_string(), format!("sha256 {}", file.sha256)];
    let scripts = Different::of(all().filter_map(|(_, provenance)| provenance.script.as_ref()));
    let configs = Different::of(all().filter_map(|(_, provenance)| provenance.gem5_config.as_ref()));
    let repositories = Different::of(all().flat_map(|(_, provenance)| &provenance.repositories));
    let variables = all().flat_map(|(_, provenance)| &provenance.variables);
    let variables = Different::of(variables.map(|(name, value)| (name, secret::shown(name, value))));
    let versions = gathered.launched.iter().filter_map(|launched| launched.spec.as_ref());
    let versions = Different::of(versions.map(|spec| spec.gem5_tui.as_str()));
    let facts: Vec<Fact> = [
        builds,
        told("script", scripts, hashed),
        told("repository", repositories, |repository| vec![repository_of(repository)]),
        told("resources", configs, hashed),
        told("inherited", variables, |(name, value)| vec![format!("{name}={value}")]),
        told("gem5-tui", versions, |version| vec![(*version).to_owned()]),
    ]
    .into_iter()
    .flatten()
    .collect();
    if facts.is_empty() { Vec::new() } else { vec![Block::Facts(facts)] }
}

fn told<K>(name: &'static str, different: Different<K>, lines: impl Fn(&K) -> Vec<String>) -> Vec<Fact> {
    let Different(all) = different;
    let is_only = all.len() == 1;
    let fact = |(one, count): &(K, u64)| {
        let mut values = lines(one);
        if !is_only {
            values.push(format!("of {}", human::plural(*count, "simulation")));
        }
        Fact { name, values }
    };
    all.iter().map(fact).collect()
}

fn repository_of(repository: &Repository) -> String {
    let state = match repository.dirty {
        Some(true) => ", dirty: with changes that are not committed",
        Some(false) => "",
        None => ", perhaps with changes",
    };
    format!("{} at commit {}{state}", repository.path.display(), repository.head)
}
