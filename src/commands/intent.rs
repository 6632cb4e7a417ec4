//! Which plan a verb works by.
//!
//! A person names an experiment file, or the directory of an experiment in its place. The file may be without mistakes, or
//! broken, or gone; its directory may have the record of an earlier plan, and an engine that works by that. Which of the two
//! plans is right depends on what the verb is about to do, and all of it is one table, `choose`.
//!
//! The awkward truth: a record has no secrets, so what is begun by one launches nothing that needs one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::{self, Target};
use crate::commands::load::{self, File, FileError};
use crate::commands::recorded::{self, RecordedError};
use crate::commands::{Exit, Failure, output, script};
use crate::diagnostic::Diagnostics;
use crate::experiment::{Loaded, Overrides, Plan, keep_spawned};
use crate::rundir::trust;
use crate::text::{self, Safe};

/// The variable that makes gem5 read its Python from the source tree (`src/python/importer.py`).
const OVERRIDES_SOURCE: &str = "M5_OVERRIDE_PY_SOURCE";

/// What to do where nobody says in which directory the plan is recorded.
const HINT: &str = "if it has run before, pass `--outdir DIR`, and the plan that is recorded there is used";

/// What a verb is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    /// Launch what the file says now.
    Launch,
    /// Show the dashboard, which launches what has not run, unless an engine does already.
    Open,
    /// Look at what ran, or ask the engine that works by it.
    Look,
    /// Make tables, figures or reports of what ran, as the file says it.
    Measure,
    /// Begin an engine that signals what runs and launches nothing.
    Signal,
}

/// What was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    /// An experiment directory in place of the file.
    Directory,
    /// A file without mistakes.
    Fine,
    /// A script in place of a file. What its gem5 was and what it was given, only the record tells once it has run.
    Script,
    /// A file that is right but for scripts and executables that are not there, because they are being built or are on the
    /// PATH of another shell.
    Unready,
    /// A file with mistakes, such as one in the middle of an edit.
    Broken,
    /// A file that cannot be read.
    Gone,
}

/// What there is in the experiment directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Recorded {
    /// No plan; or nobody can tell which directory it is.
    Nothing,
    /// The plan of an engine that has ended.
    Plan,
    /// The plan of an engine that lives.
    Living,
}

/// Whose plan it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    /// The file's.
    File,
    /// The file's, as if nothing were missing that it names.
    Unready,
    /// The recorded one.
    Record,
    /// The recorded one, with the secrets of its file if that still says the same.
    RecordWithSecrets,
    /// Nobody's.
    None,
}

/// The table.
fn choose(intent: Intent, named: Named, recorded: Recorded) -> Choice {
    match (named, intent) {
        (Named::Fine, _) | (Named::Script, Intent::Launch | Intent::Open) => Choice::File,
        (Named::Script, _) if recorded == Recorded::Nothing => Choice::File,
        // The dashboard of an engine goes on whatever has become of the file.
        (_, Intent::Open) if recorded == Recorded::Living => Choice::Record,
        // Nothing is launched by a record. Its file may say something else by now, or have been run with options that nobody
        // repeated. And a mistake in what a table is made of would make the table of before, as if it were the new one.
        (_, Intent::Launch | Intent::Open) | (Named::Broken, Intent::Measure) => Choice::None,
        // What is missing must keep nobody from a look.
        (Named::Unready, Intent::Look | Intent::Measure) => Choice::Unready,
        (_, Intent::Look | Intent::Measure | Intent::Signal) if recorded == Recorded::Nothing => Choice::None,
        (Named::Directory, Intent::Signal) => Choice::RecordWithSecrets,
        // The plan by which it runs is the right one to signal it.
        (_, Intent::Look | Intent::Measure | Intent::Signal) => Choice::Record,
    }
}

/// The plan for what is about to be done, with a word on standard error of what there is to say about it.
pub(crate) fn plan(target: &Target, intent: Intent) -> Result<Plan, Failure> {
    let source = Source::read(target)?;
    let plan = source.told(intent)?.plan;
    // A plan of a hundred thousand points is not there twice.
    drop(source);
    Ok(Arc::unwrap_or_clone(plan))
}

/// What a command line names, read once: whatever becomes of the file meanwhile, all that a verb does is by the same text.
#[derive(Debug)]
pub(crate) struct Source {
    target: Target,
    overrides: Overrides,
    found: Found,
}

/// What was found under the name.
#[derive(Debug)]
enum Found {
    Directory(PathBuf),
    File { file: File, strict: Result<Planned, Diagnostics> },
    Gone(FileError),
}

/// What a file says.
#[derive(Debug, Clone)]
struct Planned {
    plan: Arc<Plan>,
    warnings: Diagnostics,
}

impl From<Loaded> for Planned {
    fn from(Loaded { plan, warnings }: Loaded) -> Self {
        Self { plan: Arc::new(plan), warnings }
    }
}

/// A plan, and how it came about.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// The plan.
    pub plan: Arc<Plan>,
    intent: Intent,
    by: By,
}

/// What an engine is started with. Only [`Resolved::start`] makes one, so that none begins to launch by a record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start<'r> {
    /// Its plan.
    pub(super) plan: &'r Plan,
    /// What was named, for whoever looks at the list of processes.
    pub(super) named: &'r Path,
    /// Whether its queue begins paused.
    pub(super) held: bool,
    /// A person says that the other host which has the experiment is gone.
    pub(super) takeover: bool,
    /// Until when there is time, and how long before that what runs is asked to finish, as they were given.
    pub(super) time: [Option<&'r str>; 2],
    /// A person trusts whoever can write the experiment directory.
    pub(super) trust_directory: bool,
}

#[derive(Debug)]
enum By {
    /// The file, with what is doubtful in it.
    File { warnings: Diagnostics },
    /// The record, with what is wrong with the file in one line, where one was named.
    Record { wrong: Option<Safe> },
}

/// Why there is no plan. Nothing was said of it yet.
#[derive(Debug)]
pub(crate) struct Unusable<'s> {
    source: &'s Source,
    why: Why,
    /// Whether a record would have done.
    hint: bool,
}

#[derive(Debug)]
enum Why {
    /// What is wrong with the file.
    File,
    /// A directory is not enough: its file must be named.
    NameTheFile(PathBuf),
    /// The record cannot be used, and what is wrong with the file, where one was named.
    Record { wrong: Option<Safe>, error: RecordedError },
}

impl Source {
    /// Reads what the command line names.
    pub(crate) fn read(target: &Target) -> Result<Self, Failure> {
        if target.overrides.trust_directory {
            trust::trust_all();
        }
        let named = load::resolved(&target.experiment).ok().filter(|named| recorded::is_there(named));
        if named.is_some() && target.overrides.outdir.is_some() {
            return Err(Failure::Usage("two experiment directories are named, one of them by `--outdir`".to_owned()));
        }
        let overrides = load::overrides(&target.overrides)?;
        let args = target.overrides.script_args.clone();
        if named.is_some() && args.as_ref().is_some_and(|args| !args.is_empty()) {
            return Err(Failure::Usage("what stands behind `--` is for a script, and a directory is named".to_owned()));
        }
        let args = args.unwrap_or_else(|| recorded::script_args(&target.experiment, overrides.outdir.as_deref()));
        let found = match named {
            Some(outdir) => Found::Directory(outdir),
            None => match File::read(&target.experiment, &args, overrides.gem5.is_some()) {
                // Whatever has become of a file, a mistake on the command line is one.
                Err(error @ FileError::Arguments { .. }) => return Err(error.into()),
                Ok(file) => Found::File { strict: file.load(&overrides).map(Planned::from), file },
                Err(error) => Found::Gone(error),
            },
        };
        Ok(Self { target: target.clone(), overrides, found })
    }

    /// Whether a script stands in place of a file.
    pub(crate) fn is_script(&self) -> bool {
        matches!(&self.found, Found::File { file, .. } if file.is_script())
    }

    /// What was named on the command line.
    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// The plan for what is about to be done.
    pub(crate) fn resolve(&self, intent: Intent) -> Result<Resolved, Unusable<'_>> {
        let lenient = self.lenient();
        let named = self.named(lenient.as_ref());
        // Where the file decides, nobody looks for an engine.
        let outdir = if named == Named::Fine { None } else { self.recorded_dir(lenient.as_ref()) };
        let recorded = match &outdir {
            Some(outdir) if !recorded::is_there(outdir) => Recorded::Nothing,
            Some(outdir) if recorded::has_engine(outdir) => Recorded::Living,
            Some(_) => Recorded::Plan,
            None => Recorded::Nothing,
        };
        match (choose(intent, named, recorded), &self.found, lenient, outdir) {
            (Choice::File, Found::File { strict: Ok(planned), .. }, ..) => Ok(Self::of_file(planned.clone(), intent)),
            (Choice::Unready, _, Some(loaded), _) => Ok(Self::of_file(loaded.into(), intent)),
            (Choice::Record, .., Some(outdir)) => self.recorded(&outdir, intent),
            (Choice::RecordWithSecrets, .., Some(outdir)) => {
                let resolved = self.recorded(&outdir, intent)?;
                Ok(Resolved { plan: Arc::new(self.with_secrets(&resolved.plan)), ..resolved })
            }
            (_, Found::Directory(outdir), ..) => {
                let refused = |plan: Arc<Plan>| Unusable {
                    source: self,
                    why: Why::NameTheFile(plan.source.clone()),
                    hint: false,
                };
                Err(self.recorded(outdir, intent).map_or_else(|unusable| unusable, |resolved| refused(resolved.plan)))
            }
            (.., outdir) => {
                let hint = match intent {
                    Intent::Look | Intent::Signal => true,
                    Intent::Measure => matches!(self.found, Found::Gone(_)),
                    Intent::Launch | Intent::Open => false,
                };
                let why = match outdir.filter(|_| hint && self.overrides.outdir.is_some()) {
                    Some(outdir) => Why::Record { wrong: self.wrong(), error: RecordedError::Missing(outdir) },
                    None => Why::File,
                };
                Err(Unusable { source: self, why, hint })
            }
        }
    }

    /// The same as [`plan`], of what was read.
    pub(crate) fn plan(&self, intent: Intent) -> Result<Plan, Failure> {
        self.told(intent).map(|resolved| Arc::unwrap_or_clone(resolved.plan))
    }

    /// What [`Self::resolve`] finds, with a word on standard error of what there is to say about it.
    fn told(&self, intent: Intent) -> Result<Resolved, Failure> {
        let resolved = self.resolve(intent).map_err(Unusable::told)?;
        self.complain(&resolved);
        Ok(resolved)
    }

    /// Tells what is doubtful, or that the plan is not the file's.
    pub(crate) fn complain(&self, resolved: &Resolved) {
        match (&resolved.by, &self.found) {
            (By::File { warnings }, Found::File { file, .. })
                if matches!(resolved.intent, Intent::Launch | Intent::Open) =>
            {
                if let Some(script) = file.script_in_words() {
                    output::complain(&script);
                }
                warn_of_environment();
                if !warnings.is_empty() {
                    file.complain(warnings);
                }
            }
            // The dashboard has a place of its own for it.
            // A script has run with a gem5 that need not be named for a look.
            (By::Record { .. }, Found::Gone(FileError::NoGem5 { .. })) => {}
            (By::Record { wrong: Some(wrong) }, _) if resolved.intent != Intent::Open => {
                let outdir = resolved.plan.outdir.display();
                output::complain(&Safe::line(&format!(
                    "warning: {wrong}; the plan that is recorded in {outdir} is used"
                )));
            }
            _ => {}
        }
    }

    fn named(&self, lenient: Option<&Loaded>) -> Named {
        match &self.found {
            Found::Directory(_) => Named::Directory,
            Found::File { file, strict } if strict.is_ok() && file.is_script() => Named::Script,
            Found::File { strict, .. } if strict.is_ok() => Named::Fine,
            Found::File { .. } if lenient.is_some() => Named::Unready,
            Found::File { .. } => Named::Broken,
            Found::Gone(_) => Named::Gone,
        }
    }

    /// What a file with mistakes says if nothing is missing that it names.
    fn lenient(&self) -> Option<Loaded> {
        match &self.found {
            Found::File { file, strict } if strict.is_err() => file.load_leniently(&self.overrides).ok(),
            _ => None,
        }
    }

    /// Where the records are of an experiment whose file cannot be used: as the command line says, as the file tells in spite
    /// of what is wrong with it, or, where it cannot tell, where an engine works by it.
    fn recorded_dir(&self, lenient: Option<&Loaded>) -> Option<PathBuf> {
        let told = match &self.found {
            Found::Directory(outdir) => return Some(outdir.clone()),
            _ if self.overrides.outdir.is_some() => return self.overrides.outdir.clone(),
            Found::File { file, .. } => {
                let (text, source) = file.text();
                lenient.map(|loaded| loaded.plan.outdir.clone()).or_else(|| recorded::told_by(text, source))
            }
            Found::Gone(FileError::NoGem5 { script }) => Some(script::outdir(script)),
            Found::Gone(_) => None,
        };
        told.or_else(|| recorded::of_engine(&load::resolved(&self.target.experiment).ok()?))
    }

    /// The plan of the file with what its suites have spawned, which only the record names.
    fn of_file(Planned { mut plan, warnings }: Planned, intent: Intent) -> Resolved {
        recorded::keep_spawned_in(&mut plan);
        Resolved { plan, intent, by: By::File { warnings } }
    }

    fn recorded(&self, outdir: &Path, intent: Intent) -> Result<Resolved, Unusable<'_>> {
        match recorded::read(outdir) {
            Ok(plan) => Ok(Resolved { plan: Arc::new(plan), intent, by: By::Record { wrong: self.wrong() } }),
            Err(error) => Err(Unusable { source: self, why: Why::Record { wrong: self.wrong(), error }, hint: false }),
        }
    }

    /// The recorded plan, or that of its file if it is the same: only the file has the secrets.
    fn with_secrets(&self, recorded: &Plan) -> Plan {
        let overrides = cli::Overrides { outdir: Some(recorded.outdir.clone()), ..self.target.overrides.clone() };
        let of_file = || {
            let overrides = load::overrides(&overrides).ok()?;
            let mut plan =
                File::read(&recorded.source, &[], overrides.gem5.is_some()).ok()?.load(&overrides).ok()?.plan;
            keep_spawned(&mut plan, &recorded.simulations);
            Some(plan)
        };
        // An earlier release may have recorded what counts as a secret by now.
        let before = recorded.redacted();
        let is_same = |plan: &Plan| {
            let was = before.simulations.iter().filter(|simulation| !simulation.gone);
            was.eq(&plan.redacted().simulations)
        };
        of_file().filter(is_same).unwrap_or_else(|| recorded.clone())
    }

    /// What is wrong with the file, in one line.
    fn wrong(&self) -> Option<Safe> {
        match &self.found {
            Found::Directory(_) => None,
            Found::File { file, strict } => {
                let diagnostics = strict.as_ref().err()?;
                Some(Safe::line(&file.first_error(diagnostics, &self.target.experiment)))
            }
            Found::Gone(error) => Some(text::safe_error(error)),
        }
    }
}

impl Resolved {
    /// What is wrong with the file that was named, if the plan is not the file's.
    pub(crate) fn wrong(&self) -> Option<&Safe> {
        match &self.by {
            By::Record { wrong } => wrong.as_ref(),
            By::File { .. } => None,
        }
    }

    /// What an engine is started with to do what is intended; none where a look is all.
    pub(crate) fn start<'r>(&'r self, target: &'r Target) -> Option<Start<'r>> {
        let held = match (self.intent, &self.by) {
            (Intent::Launch | Intent::Open, By::File { .. }) => false,
            (Intent::Signal, _) => true,
            (Intent::Launch | Intent::Open, By::Record { .. }) | (Intent::Look | Intent::Measure, _) => return None,
        };
        let cli::Overrides { takeover, trust_directory, .. } = target.overrides;
        let time = [target.overrides.until.as_deref(), target.overrides.margin.as_deref()];
        Some(Start { plan: &self.plan, named: &target.experiment, held, takeover, time, trust_directory })
    }
}

impl Unusable<'_> {
    /// Tells all of it on standard error, as far as the failure does not.
    pub(crate) fn told(self) -> Failure {
        let Self { source, why, hint } = self;
        match (why, &source.found) {
            (Why::File, Found::File { file, strict }) => {
                if let Err(diagnostics) = strict {
                    file.complain(diagnostics);
                }
                if hint {
                    output::complain(&Safe::line(&format!("help: {HINT}")));
                }
                Failure::Told(Exit::Usage)
            }
            (why, found) => Failure::Usage(Unusable { source, why, hint }.in_words(found)),
        }
    }

    /// In one line, for a footer. Whoever edits the file knows where it is.
    pub(crate) fn in_line(self) -> Safe {
        match (&self.why, &self.source.found) {
            (Why::File, Found::File { file, strict: Err(diagnostics) }) => {
                let experiment = &self.source.target.experiment;
                let name = experiment.file_name().map_or(experiment.as_path(), Path::new);
                let wrong = file.first_error(diagnostics, name);
                Safe::line(&format!("not loaded: {wrong}; `gem5-tui plan` tells all"))
            }
            (_, found) => Safe::line(&self.in_words(found)),
        }
    }

    fn in_words(&self, found: &Found) -> String {
        let wrong = || self.source.wrong().map_or_else(String::new, Safe::into_string);
        match &self.why {
            Why::NameTheFile(source) => format!(
                "{} is an experiment directory: its simulations can be seen, signalled and ended; to launch, name the file {}",
                self.source.target.experiment.display(),
                source.display()
            ),
            Why::Record { wrong: Some(wrong), error } => format!("{wrong}; and {error}"),
            Why::Record { wrong: None, error } => error.to_string(),
            Why::File if self.hint && matches!(found, Found::Gone(_)) => format!("{}; {HINT}", wrong()),
            Why::File => wrong(),
        }
    }
}

/// Says that the environment changes what gem5 does.
fn warn_of_environment() {
    if std::env::var_os(OVERRIDES_SOURCE).is_some_and(|value| value == "true") {
        output::complain(&Safe::line(&format!(
            "warning: {OVERRIDES_SOURCE}=true is set, so that gem5 reads its Python from the source tree: results depend \
             on more than the executable"
        )));
    }
}

#[cfg(test)]
mod tests;
