//! The example of gem5's own `gem5.utils.multiprocessing`, from outside of gem5: two processes at once, bob and jane, then
//! ten tasks with at most four at a time. Each of the twelve is a fresh gem5.
//!
//!     cargo run --example spawn [GEM5]
//!
//! Without an argument the stand-in runs. Output directories are made below a temporary directory, whose name is printed.

#![expect(clippy::print_stdout, reason = "an example shows its results")]

use std::error::Error;
use std::path::Path;

use gem5_tui::rundir::record::CallResult;
use gem5_tui::spawn::{Context, Pool, Process, Target};
use gem5_tui::text::Safe;
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let standin = || sources.join("assets/standin/gem5-standin").into_os_string();
    let gem5 = std::env::args_os().nth(1).unwrap_or_else(standin);
    let outdir = tempfile::tempdir()?.keep();
    // `configs` holds the package `spawn_example` with the module `sim`.
    let context = Context::new("spawn")?.executable(gem5).search_path(sources.join("configs")).outdir(&outdir);
    for (name, result) in run(&context)? {
        // What a simulation returns is a stranger's text, which must not speak to the terminal.
        println!("{}", Safe::line(&format!("{name}: {}", told(&result))));
    }
    println!("{}", Safe::path(&outdir));
    Ok(())
}

/// Calls `run_sim` twelve times, and says what came of each call.
pub(crate) fn run(context: &Context) -> Result<Vec<(String, CallResult)>, Box<dyn Error>> {
    let run_sim = Target::function("spawn_example.sim", "run_sim");
    let mut pair = ["bob", "jane"].map(|name| Process::new(context, run_sim.clone()).named(name).args([json!(name)]));
    for process in &mut pair {
        process.start()?;
    }
    let mut results: Vec<_> = pair.iter_mut().map(|process| (process.name().to_owned(), process.result())).collect();
    let pool = Pool::new(context, 4)?.maxtasksperchild(1)?;
    let tasks = pool.map(&run_sim, (0..10).map(|task| json!(task)));
    results.extend((0..).zip(tasks).map(|(task, result)| (format!("task {task}"), result)));
    Ok(results)
}

fn told(result: &CallResult) -> String {
    match result {
        CallResult::Returned { value, .. } => value.to_string(),
        CallResult::Raised { exception, message, .. } => format!("{exception}: {message}"),
        CallResult::None { reason } => reason.clone(),
    }
}
