//! `gem5-tui stats`: stats of the last complete dump of every simulation.

use std::sync::Arc;

use serde::Serialize;

use crate::cli::Target;
use crate::commands::output::Output;
use crate::commands::{Exit, Failure, load, select, status};
use crate::gem5::stats::Watch;
use crate::protocol::SimView;
use crate::rundir::{AttemptDir, stats_file};
use crate::text::width::{self, Align};
use crate::text::{Safe, human};

#[derive(Debug, Serialize)]
struct Line<'a> {
    simulation: &'a str,
    status: &'static str,
    attempt: Option<u32>,
    parameters: serde_json::Map<String, serde_json::Value>,
    stats: serde_json::Map<String, serde_json::Value>,
}

/// Prints the watched stats, or those that match `watch`.
pub fn stats(
    target: &Target,
    names: &[String],
    watch: &[String],
    json: bool,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let plan = load::load_to_look(target)?;
    let (snapshot, _) = status::look(plan)?;
    let globs = if watch.is_empty() { snapshot.header.watch.clone() } else { watch.to_vec() };
    if globs.is_empty() {
        return Err(Failure::Usage("the experiment watches no stats; name some with --watch GLOB".to_owned()));
    }
    let globs = Watch::new(&globs).map_err(|error| Failure::Usage(error.to_string()))?;
    let globs = Arc::new(globs);
    let all = ["*".to_owned()];
    let chosen = select::select(&snapshot.sims, if names.is_empty() { &all } else { names }, false)?;
    let sims = chosen.iter().map(|&sim| &snapshot.sims[sim as usize]);
    let name_width = sims.clone().map(|sim| width::width(&sim.name)).max().unwrap_or(0).clamp(4, 48);
    for sim in sims {
        let values = read(sim, &globs)?;
        if json {
            let stats = values.into_iter().map(|(name, value)| (name, number(value))).collect();
            let parameters = sim.parameters.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect();
            let attempt = sim.latest().map(|attempt| attempt.number);
            let status = sim.status.word();
            output.json(&Line { simulation: &sim.name, status, attempt, parameters, stats })?;
        } else {
            let name = width::fit(&Safe::line(&sim.name), name_width, Align::Left);
            if values.is_empty() {
                output.line(&Safe::line(&format!("{name}  {:>12}  ({})", "-", sim.status.word())))?;
            }
            for (stat, value) in values {
                output.line(&Safe::line(&format!("{name}  {:>12}  {}", human::number(value), Safe::line(&stat))))?;
            }
        }
    }
    Ok(Exit::Ok)
}

fn read(sim: &SimView, globs: &Arc<Watch>) -> Result<Vec<(String, f64)>, Failure> {
    let Some(attempt) = sim.latest() else { return Ok(Vec::new()) };
    let path = AttemptDir::new(&attempt.dir).stats();
    let reading = Failure::io(format!("could not read {}", path.display()));
    let Some(reader) = stats_file::last_values(&path, Arc::clone(globs)).map_err(reading)? else {
        return Ok(Vec::new());
    };
    let Some(dump) = reader.latest() else { return Ok(Vec::new()) };
    let named = reader.names().iter().enumerate();
    Ok(named.filter_map(|(index, name)| Some((name.clone(), dump.value(index)?))).collect())
}

/// JSON has no word for what is not a number or infinite; gem5's own words are kept as strings.
fn number(value: f64) -> serde_json::Value {
    match serde_json::Number::from_f64(value) {
        Some(number) => serde_json::Value::Number(number),
        None => human::number(value).into(),
    }
}
