//! `gem5-tui EXPERIMENT.yaml`: the dashboard.

use std::path::Path;
use std::sync::Arc;

use clap::ValueEnum as _;

use crate::cli::{self, Look, QueueBegins, Target};
use crate::commands::intent::{Intent, Resolved, Source, Start, Unusable};
use crate::commands::output::Output;
use crate::commands::{
    Exit, Failure, ThreadStays, attach, config, output, run, runtime_with_thread, status, view_only,
};
use crate::engine::directory::edits::only_added;
use crate::experiment::Plan;
use crate::protocol::{Link, QueueState, Request, framing};
use crate::rundir::{ExperimentDir, attempts, planned, trust};
use crate::text::{self, Safe, shell};
use crate::tui::actions::{Action, Keymap};
use crate::tui::config::Config;
use crate::tui::theme::ThemeName;
use crate::tui::{self, Comparing, Engines, Leave, Sheet};

/// Bytes of one part of what is added to a plan: far below the line limit of the protocol, in which it is quoted once more.
const PART_BYTES: usize = 128 << 10;

/// How the queue begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queue {
    /// As it was left; the user is asked where nothing has run yet.
    AsItWas,
    /// As it was left, without a question.
    Starts,
    /// Paused.
    Paused,
}

impl From<QueueBegins> for Queue {
    fn from(given: QueueBegins) -> Self {
        match given {
            QueueBegins { paused: true, .. } => Self::Paused,
            QueueBegins { start: true, .. } => Self::Starts,
            QueueBegins { paused: false, start: false } => Self::AsItWas,
        }
    }
}

/// What the dashboard shows at first.
enum Found {
    /// An engine that lived before.
    Living,
    /// One that was started for it.
    Begun,
    /// The directory alone.
    Looking,
}

/// Opens the dashboard of an experiment, with a new engine if none lives.
pub(crate) fn open(target: &Target, look: Look, queue: Queue, output: &mut Output) -> Result<Exit, Failure> {
    trust::act();
    let source = Source::read(target)?;
    let resolved = source.resolve(Intent::Open).map_err(Unusable::told)?;
    source.complain(&resolved);
    require_terminal(target, "run")?;
    // Whoever names a script wants to see it run.
    let asks = queue == Queue::AsItWas && !source.is_script() && is_untouched(&resolved.plan);
    let (config, wrong) = config::load();
    let keymap = config.keymap.clone();
    let runtime = runtime_with_thread(ThreadStays::ForALook)?;
    let left = runtime.block_on(async {
        let mut engines = engines(target);
        let mut is_new = false;
        let (mut link, notice) = match resolved.start(target) {
            Some(start) => {
                // Nothing is launched before it is told that the queue is paused, or the user has answered.
                let start = Start { held: start.held || asks || queue == Queue::Paused, ..start };
                let (link, found) = link(&start).await?;
                engines.compare = matches!(found, Found::Living).then(|| compare(target, keymap));
                is_new = matches!(found, Found::Begun);
                (link, None)
            }
            None => link_as_it_was(&resolved).await?,
        };
        if queue == Queue::Paused {
            link.send(Request::SetQueue { queue: QueueState::Paused }).await;
        }
        if let Some(cap) = target.overrides.concurrency {
            link.send(Request::SetCap { cap }).await;
        }
        let notice = notice.or(wrong);
        let options = tui::Options { notice, asks: asks && is_new, ..options(config, look) };
        Box::pin(tui::run(link, engines, options)).await.map_err(Failure::from)
    });
    // A thread that waits for a disk which does not answer must not keep the user, who has left.
    runtime.shutdown_background();
    let leave = left?;
    let again = again(target);
    let last_words = match leave {
        Leave::TerminalLost => return Ok(Exit::Ok),
        Leave::Idle => {
            let (snapshot, _) = status::look(Arc::unwrap_or_clone(resolved.plan))?;
            output.line(&run::summary(&snapshot.header, None))?;
            let counts = snapshot.header.counts;
            // The engine was killed under the dashboard: what runs goes on, what waits does not start by itself.
            if !counts.all_ended() {
                output.line(&Safe::line(&format!("not all has ended; go on with: {again}")))?;
            }
            return Ok(if counts.all_ok() { Exit::Ok } else { Exit::NotOk });
        }
        Leave::CancelledAll => {
            output.line(&Safe::line(&format!("everything was asked to stop; come back with: {again}")))?;
            return Ok(Exit::Cancelled);
        }
        Leave::Draining => "what runs goes on, nothing more is launched",
        Leave::Detached { queue_is_open: false, is_live: false } => "the queue is paused, and nothing goes on",
        Leave::Detached { queue_is_open: false, is_live: true } => "what runs goes on, and the queue is paused",
        Leave::Detached { queue_is_open: true, .. } | Leave::Terminated => "the simulations go on",
    };
    output.line(&Safe::line(&format!("{last_words}; come back with: {again}")))?;
    Ok(Exit::Ok)
}

/// How the dashboard shall look.
pub(super) fn options(mut config: Config, Look { theme, ascii, no_mouse }: Look) -> tui::Options {
    config.mouse.value &= !no_mouse;
    tui::Options { config, theme: theme.map(named), ascii, ..tui::Options::default() }
}

/// The theme that the command line names.
fn named(theme: cli::Theme) -> ThemeName {
    match theme {
        cli::Theme::Auto => ThemeName::Auto,
        cli::Theme::Dark => ThemeName::Dark,
        cli::Theme::Light => ThemeName::Light,
        cli::Theme::Contrast => ThemeName::Contrast,
        cli::Theme::Ansi => ThemeName::Ansi,
        cli::Theme::None => ThemeName::None,
    }
}

/// Refuses to draw where nobody looks. `verb` does what is wanted there.
pub(super) fn require_terminal(target: &Target, verb: &str) -> Result<(), Failure> {
    if output::is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb") {
        return Ok(());
    }
    let file = shell::quote(&target.experiment.to_string_lossy());
    Err(Failure::Usage(format!("the dashboard needs a terminal; without one use `gem5-tui {verb} {file}`")))
}

/// Whether nothing has run of the experiment, and nobody has said what shall become of its queue.
fn is_untouched(plan: &Plan) -> bool {
    let outdir = ExperimentDir::new(&plan.outdir);
    let begun = attempts::begun(&outdir);
    !outdir.controls().exists() && !plan.simulations.iter().any(|simulation| begun.has(&simulation.name))
}

/// What the dashboard can do when its engine is gone, or the file was edited.
fn engines(target: &Target) -> Engines {
    let (to_check, to_connect, to_read) = (target.clone(), target.clone(), target.clone());
    Engines {
        check_file: Box::new(move || {
            let target = to_check.clone();
            Box::pin(async move { load_aside(&target).await.map(|resolved| added(&resolved.plan)) })
        }),
        connect: Box::new(move || {
            let target = to_connect.clone();
            Box::pin(async move {
                let resolved = load_aside(&target).await?;
                let found = attach::find_or_begin(&resolved, &target).await;
                found.map_err(|failure| text::safe_error(&failure))
            })
        }),
        read_sheet: Arc::new(move || read_sheet(&to_read)),
        compare: None,
    }
}

/// Finds out aside whether the file says something else than the engine that was found works on.
fn compare(target: &Target, keymap: Keymap) -> Comparing {
    let target = target.clone();
    let compare = move || changed_since(&load_quietly(&target).ok()?.plan, &keymap);
    Box::pin(async { tokio::task::spawn_blocking(compare).await.ok().flatten() })
}

/// What the experiment says of results as its file is now; where that cannot be used, as it was when it ran.
pub(super) fn read_sheet(target: &Target) -> Result<Sheet, Safe> {
    let source = Source::read(target).map_err(|failure| text::safe_error(&failure))?;
    let resolved = source.resolve(Intent::Look).map_err(Unusable::in_line)?;
    let wrong = resolved.wrong().map(|wrong| Safe::line(&format!("{wrong}; the table is by the file as it was")));
    let Plan { results: rule, simulations, source, outdir, .. } = Arc::unwrap_or_clone(resolved.plan);
    Ok(Sheet { rule, simulations, source, outdir, wrong })
}

/// The simulations that the file adds to what the engine works on, as lists of JSON, if that is all that was edited.
fn added(plan: &Plan) -> Vec<String> {
    let record = planned::read(&ExperimentDir::new(&plan.outdir)).ok().flatten();
    let added = record.and_then(|record| only_added(&record.plan, plan)).unwrap_or_default();
    // What cannot be encoded, or is too long for a request in which it is quoted, is added by an engine that begins anew.
    let mut fits = true;
    let parts = framing::lists(&added, PART_BYTES, |_| {
        fits = false;
        None
    });
    let parts = parts.unwrap_or_default();
    let quoted = |part: &String| framing::encode(part).is_ok_and(|text| text.len() <= framing::MAX_ITEM);
    if fits && parts.iter().all(quoted) { parts } else { Vec::new() }
}

/// Reads the file in a thread of its own: that may take long, on a disk that does not answer, and the keys must go on.
async fn load_aside(target: &Target) -> Result<Resolved, Safe> {
    let target = target.clone();
    let loaded = tokio::task::spawn_blocking(move || load_quietly(&target)).await;
    loaded.unwrap_or_else(|_| Err(Safe::plain("the experiment file could not be read")))
}

fn load_quietly(target: &Target) -> Result<Resolved, Safe> {
    let source = Source::read(target).map_err(|failure| text::safe_error(&failure))?;
    source.resolve(Intent::Launch).map_err(Unusable::in_line)
}

/// The engine's link, or one to the directory alone where there can be no engine; and which of them it is.
async fn link(start: &Start<'_>) -> Result<(Link, Found), Failure> {
    let plan = start.plan;
    let found = match attach::find(plan).await {
        Ok(Some(link)) => return Ok((link, Found::Living)),
        Ok(None) => attach::find_or_start(start).await,
        Err(failure) if failure.is_elsewhere() && start.takeover => attach::find_or_start(start).await,
        Err(failure) => Err(failure),
    };
    match found {
        Ok(link) => Ok((link, Found::Begun)),
        Err(failure @ (Failure::ViewOnly(_) | Failure::Foreign(_))) if plan.outdir.is_dir() => {
            Ok((looking(plan, &failure), Found::Looking))
        }
        Err(failure) if failure.is_elsewhere() => Ok((looking(plan, &failure), Found::Looking)),
        Err(failure) => Err(failure),
    }
}

/// The link of an engine that runs by a file which cannot be used just now, or was not named; and what is wrong with it.
async fn link_as_it_was(resolved: &Resolved) -> Result<(Link, Option<Safe>), Failure> {
    let wrong = resolved.wrong();
    let notice = wrong.map(|wrong| Safe::line(&format!("{wrong}; what runs goes on as it was")));
    match attach::find(&resolved.plan).await {
        Ok(Some(link)) => Ok((link, notice)),
        // It may have ended a moment ago.
        Ok(None) => {
            let reason =
                wrong.map_or_else(|| "name the experiment file to begin another one".to_owned(), Safe::to_string);
            Err(Failure::EngineLeft(reason))
        }
        Err(failure) if failure.is_elsewhere() => Ok((looking(&resolved.plan, &failure), notice)),
        Err(failure) => Err(failure),
    }
}

fn looking(plan: &Plan, why: &Failure) -> Link {
    view_only::link(plan.clone(), format!("view only: {}", text::safe_error(why)))
}

/// A living engine goes on with the plan that it began with. Says so when the file says something else by now.
fn changed_since(plan: &Plan, keymap: &Keymap) -> Option<Safe> {
    let record = planned::read(&ExperimentDir::new(&plan.outdir)).ok().flatten()?;
    // An earlier release may have recorded what counts as a secret by now.
    let (before, now) = (record.plan.redacted(), plan.redacted());
    let listed = before.simulations.iter().filter(|simulation| !simulation.gone);
    let differs = !listed.eq(&now.simulations) || before.memory != plan.memory;
    differs.then(|| {
        let name = plan.source.file_name().map(Path::new).map_or_else(Safe::default, Safe::path);
        let load = keymap.word(&[], Action::Reload, false);
        Safe::line(&format!("{name} has changed since the engine started; {load} loads it"))
    })
}

/// The command that opens the same experiment again, from where the user stands.
fn again(target: &Target) -> Safe {
    let mut words = vec!["gem5-tui".to_owned(), target.experiment.to_string_lossy().into_owned()];
    let overrides = &target.overrides;
    if let Some(outdir) = &overrides.outdir {
        words.extend(["--outdir".to_owned(), outdir.to_string_lossy().into_owned()]);
    }
    if overrides.trust_directory {
        words.push("--trust-directory".to_owned());
    }
    if let Some(gem5) = &overrides.gem5 {
        words.extend(["--gem5".to_owned(), gem5.to_string_lossy().into_owned()]);
    }
    if let Some(place) = overrides.executor.and_then(|place| place.to_possible_value()) {
        words.extend(["--executor".to_owned(), place.get_name().to_owned()]);
    }
    if let Some(args) = overrides.script_args.as_ref().filter(|args| !args.is_empty()) {
        words.push("--".to_owned());
        words.extend(args.iter().cloned());
    }
    shell::join(&words)
}
