//! How to make all of it, or a part, again.

use std::path::{Path, PathBuf};

use super::gather::Gathered;
use crate::commands::repro;
use crate::experiment::{self, MAX_BYTES};
use crate::report::overview::Block;
use crate::rundir::ExperimentDir;
use crate::rundir::follow::read_regular;
use crate::rundir::provenance::HashedFile;
use crate::rundir::record::Spec;
use crate::text::{human, shell};

/// So many simulations each have their command in a report. Of more, one of those that are launched alike has.
const EACH: usize = 40;
/// Commands that are told at most.
const MOST: usize = 200;

/// The command of the sweep, and those of its simulations.
pub(super) fn commands(gathered: &Gathered) -> Vec<Block> {
    let source = gathered.plan.source.to_string_lossy();
    let whole = shell::join(&["gem5-tui", "run", &source]).into_string();
    let mut blocks = vec![Block::Code { summary: None, language: "sh", text: whole }];
    let launched = || {
        let all = gathered.sims().zip(&gathered.launched);
        all.filter_map(|(sim, launched)| Some((sim, launched.spec.as_ref()?, launched.provenance.as_ref())))
    };
    let count = launched().count();
    let is_each = count <= EACH;
    let mut seen: Vec<(Alike, u64)> = Vec::new();
    let mut told = Vec::new();
    for (sim, spec, provenance) in launched() {
        let alike = Alike::of(spec);
        match seen.iter_mut().find(|(known, _)| *known == alike) {
            Some((_, count)) if !is_each => *count += 1,
            _ => {
                seen.push((alike, 1));
                told.push((sim, spec, provenance));
            }
        }
    }
    let directory = ExperimentDir::new(&gathered.snapshot.header.outdir);
    for ((sim, spec, provenance), (_, alike)) in told.iter().zip(&seen).take(MOST) {
        let command = repro::command(spec, *provenance, &directory.simulation(&sim.name)).into_string();
        let others = if *alike > 1 { format!(", and {} like it", human::count(alike - 1)) } else { String::new() };
        blocks.push(Block::Code { summary: Some(format!("{}{others}", sim.name)), language: "sh", text: command });
    }
    if !is_each || told.len() > MOST {
        let show = shell::join(&["gem5-tui", "show", &source]).into_string();
        blocks.push(Block::Text(format!("{show} NAME --repro prints that of any other one.")));
    }
    blocks
}

/// What simulations have in common that differ in the values of arguments alone.
#[derive(PartialEq)]
struct Alike {
    executable: Option<String>,
    script: Option<String>,
    words: usize,
    cwd: PathBuf,
}

impl Alike {
    fn of(spec: &Spec) -> Self {
        Self {
            executable: spec.argv.get(spec.prefix).cloned(),
            script: spec.argv.iter().find(|word| is_script(word)).cloned(),
            words: spec.argv.len(),
            cwd: spec.cwd.clone(),
        }
    }
}

fn is_script(word: &str) -> bool {
    Path::new(word).extension().is_some_and(|extension| extension == "py")
}

/// The file as it is now, without its secrets.
pub(super) fn file(gathered: &Gathered) -> Vec<Block> {
    let source = &gathered.plan.source;
    let text = read_regular(source, MAX_BYTES as u64).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(text) = text else {
        return vec![Block::Text(format!("{} cannot be read any more.", source.display()))];
    };
    let mut blocks = Vec::new();
    let now = HashedFile::of(source);
    let then = gathered.launched.iter().filter_map(|launched| launched.provenance.as_ref()?.experiment.as_ref());
    let others = then.filter(|then| Some(&then.sha256) != now.as_ref().map(|now| &now.sha256)).count();
    let hash = now.map(|now| format!("sha256 {}.", now.sha256)).unwrap_or_default();
    let earlier = human::plural(others as u64, "simulation");
    let differ = gathered.snapshot.sims.iter().filter(|sim| !sim.changed.is_empty()).count();
    // An edit of metrics, or of another simulation, changes nothing of what ran.
    let of_them = match differ {
        0 => "which said the same of what ran".to_owned(),
        differ => format!("and {} would run otherwise now", human::plural(differ as u64, "simulation")),
    };
    let earlier = format!(" This is how it is now; {earlier} ran by an earlier version of it, {of_them}.");
    let told = if others > 0 { hash + &earlier } else { hash };
    blocks.push(Block::Text(told));
    blocks.push(match experiment::shown_text(&text) {
        Some(text) => Block::Code { summary: None, language: "yaml", text },
        None => Block::Text(
            "It is no YAML, so that nobody can tell whether it has secrets, and it is not shown.".to_owned(),
        ),
    });
    blocks
}
