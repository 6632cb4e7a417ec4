//! From an experiment file's path to its plan, or to messages on standard error.

use std::path::{Path, PathBuf};

use crate::cli::{OverrideArgs, Target};
use crate::commands::{Exit, Failure, attach, output, recorded, script};
use crate::diagnostic::Diagnostics;
use crate::experiment::{self, Concurrency, FileKind, Files, Listing, Loaded, Overrides, Plan};
use crate::rundir::files::Disk;
use crate::rundir::user_cache::UserCache;
use crate::spawn::multisim;
use crate::text::{self, Safe};

/// The variable that makes gem5 read its Python from the source tree (`src/python/importer.py`).
const OVERRIDES_SOURCE: &str = "M5_OVERRIDE_PY_SOURCE";
/// Larger files are refused before they are read. A plan of 100,000 simulations fits into a few KiB of YAML.
const MAX_FILE: u64 = 4 << 20;

/// Reads and checks the experiment file, for a verb that may launch something. Everything that is wrong with it is told
/// on standard error at once.
pub fn load(target: &Target) -> Result<Plan, Failure> {
    refuse_directory(target)?;
    let file = read(target)?;
    let overrides = overrides(&target.overrides)?;
    warn_of_environment();
    told(experiment::load(&file.text, &file.source, &overrides, &Machine::strict()), &file)
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

/// The same for the dashboard. While an engine runs by a file that cannot be used just now, because it is broken, gone or in
/// the middle of an edit, that engine's plan is used; what is wrong with the file comes along in one line.
pub fn load_to_open(target: &Target) -> Result<(Plan, Option<Safe>), Failure> {
    if let Some(outdir) = directory(target)?.filter(|outdir| attach::has_engine(outdir)) {
        return Ok((recorded::read(&outdir).map_err(Failure::Usage)?, None));
    }
    refuse_directory(target)?;
    let overrides = overrides(&target.overrides)?;
    let of_engine = |told: Option<PathBuf>| {
        let outdir = recorded_dir(target, &overrides, told).filter(|outdir| attach::has_engine(outdir))?;
        recorded::read(&outdir).ok()
    };
    let file = match read(target) {
        Ok(file) => file,
        Err(failure) => return of_engine(None).map(|plan| (plan, Some(text::safe_error(&failure)))).ok_or(failure),
    };
    let loaded = experiment::load(&file.text, &file.source, &overrides, &Machine::strict());
    if let Err(diagnostics) = &loaded
        && let Some(plan) = of_engine(told_outdir(&file, &overrides))
    {
        let wrong = in_line(diagnostics, &file, &target.experiment);
        return Ok((plan, Some(Safe::line(&format!("{wrong}; what runs goes on as it was")))));
    }
    warn_of_environment();
    Ok((told(loaded, &file)?, None))
}

/// The same for a verb that looks at what ran, or signals it. A script or a gem5 that is not there right now, because it
/// is being built or is on the PATH of another shell, must not keep a person from a cancel. Nor must a file that is broken
/// or gone: the plan that its engine recorded is then used.
pub fn load_to_look(target: &Target) -> Result<Plan, Failure> {
    if let Some(outdir) = directory(target)? {
        return recorded::read(&outdir).map_err(Failure::Usage);
    }
    let overrides = overrides(&target.overrides)?;
    let file = match read(target) {
        Ok(file) => file,
        Err(failure) => {
            let why = failure.to_string();
            let hinted = || Err(Failure::Usage(format!("{why}; {}", recorded::HINT)));
            return recorded_dir(target, &overrides, None).map_or_else(hinted, |outdir| recorded::plan(&outdir, &why));
        }
    };
    if let Ok(loaded) = experiment::load(&file.text, &file.source, &overrides, &Machine::strict()) {
        return Ok(loaded.plan);
    }
    let lenient = experiment::load(&file.text, &file.source, &overrides, &Machine::lenient());
    if let Err(diagnostics) = &lenient {
        if let Some(outdir) = recorded_dir(target, &overrides, recorded::told_by(&file.text, &file.source)) {
            return recorded::plan(&outdir, &first_error(diagnostics, &target.experiment));
        }
        let failed = told(lenient, &file);
        output::complain(&Safe::line(&format!("help: {}", recorded::HINT)));
        return failed;
    }
    told(lenient, &file)
}

/// The same for an engine that is started to signal what runs and to launch nothing. When the file cannot be used, the
/// plan by which it runs is the right one: the file may be in the middle of an edit.
pub fn load_to_signal(target: &Target) -> Result<Plan, Failure> {
    if let Some(outdir) = directory(target)? {
        return of_directory(&outdir, target);
    }
    let overrides = overrides(&target.overrides)?;
    let recorded_dir = |told| recorded_dir(target, &overrides, told).filter(|outdir| recorded::is_there(outdir));
    let file = match read(target) {
        Ok(file) => file,
        Err(Failure::Usage(why)) if let Some(outdir) = recorded_dir(None) => return recorded::plan(&outdir, &why),
        Err(failure) => return Err(failure),
    };
    let strict = experiment::load(&file.text, &file.source, &overrides, &Machine::strict());
    if let Err(diagnostics) = &strict
        && let Some(outdir) = recorded_dir(told_outdir(&file, &overrides))
    {
        return recorded::plan(&outdir, &first_error(diagnostics, &target.experiment));
    }
    told(strict, &file)
}

/// The experiment directory, if one was named in place of the file.
fn directory(target: &Target) -> Result<Option<PathBuf>, Failure> {
    let named = resolved(&target.experiment).ok().filter(|named| recorded::is_there(named));
    if named.is_some() && target.overrides.outdir.is_some() {
        return Err(Failure::Usage("two experiment directories are named, one of them by `--outdir`".to_owned()));
    }
    Ok(named)
}

/// Nothing is launched in a directory whose file was not named: it may say something else by now, or have been run with
/// options that nobody repeated.
fn refuse_directory(target: &Target) -> Result<(), Failure> {
    let Some(outdir) = directory(target)? else { return Ok(()) };
    let source = recorded::read(&outdir).map_err(Failure::Usage)?.source;
    let (shown, source) = (target.experiment.display(), source.display());
    Err(Failure::Usage(format!(
        "{shown} is an experiment directory: its simulations can be seen, signalled and ended; to launch, name the file {source}"
    )))
}

/// The plan by which what runs in a directory can be signalled. That of its file if it is the same, because only the file has
/// the secrets, which a retry would need.
fn of_directory(outdir: &Path, target: &Target) -> Result<Plan, Failure> {
    let recorded = recorded::read(outdir).map_err(Failure::Usage)?;
    let overrides_there = OverrideArgs { outdir: Some(outdir.to_owned()), ..target.overrides.clone() };
    let by_name = Target { experiment: recorded.source.clone(), overrides: overrides_there };
    let of_file = || {
        let file = read(&by_name).ok()?;
        let overrides = overrides(&by_name.overrides).ok()?;
        Some(experiment::load(&file.text, &file.source, &overrides, &Machine::strict()).ok()?.plan)
    };
    let is_same = |plan: &Plan| {
        let was = recorded.simulations.iter().filter(|simulation| !simulation.gone);
        was.eq(&plan.redacted().simulations)
    };
    Ok(of_file().filter(is_same).unwrap_or(recorded))
}

/// Where the records of an experiment are whose file cannot be used: as the command line says, as the file has `told` in spite
/// of what is wrong with it, or, where it cannot tell, where an engine works by it.
fn recorded_dir(target: &Target, overrides: &Overrides, told: Option<PathBuf>) -> Option<PathBuf> {
    match (&overrides.outdir, told) {
        (Some(outdir), _) => Some(outdir.clone()),
        (None, Some(told)) => Some(told).filter(|outdir| recorded::is_there(outdir)),
        (None, None) => recorded::of_engine(&resolved(&target.experiment).ok()?),
    }
}

/// The experiment directory that a file tells which cannot be used as it is.
fn told_outdir(file: &File, overrides: &Overrides) -> Option<PathBuf> {
    let lenient = experiment::load(&file.text, &file.source, overrides, &Machine::lenient());
    lenient.map_or_else(|_| recorded::told_by(&file.text, &file.source), |loaded| Some(loaded.plan.outdir))
}

/// The first thing that is wrong with the file, and where.
fn first_error(diagnostics: &Diagnostics, file: &Path) -> String {
    let file = file.display();
    let Some(first) = diagnostics.items().first() else { return format!("{file} cannot be used") };
    let place = first.place.map(|place| format!("{}:{}: ", place.line, place.column)).unwrap_or_default();
    format!("{file}:{place}{}", first.message)
}

/// As [`load`], without a word on standard error, for a dashboard that has the terminal. What is wrong comes back in one line.
pub fn load_quietly(target: &Target) -> Result<Plan, Safe> {
    let failed = |failure: Failure| text::safe_error(&failure);
    refuse_directory(target).map_err(failed)?;
    let file = read(target).map_err(failed)?;
    let overrides = overrides(&target.overrides).map_err(failed)?;
    match experiment::load(&file.text, &file.source, &overrides, &Machine::strict()) {
        Ok(loaded) => Ok(loaded.plan),
        Err(diagnostics) => {
            // The footer is one line, and whoever edits the file knows where it is.
            let name = target.experiment.file_name().map_or(target.experiment.as_path(), Path::new);
            Err(Safe::line(&format!("not loaded: {}; `gem5-tui plan` tells all", in_line(&diagnostics, &file, name))))
        }
    }
}

/// What is wrong with a file, in one line.
fn in_line(diagnostics: &Diagnostics, file: &File, name: &Path) -> String {
    match diagnostics.items().first() {
        // Nobody wrote the text, so its lines mean nothing to a reader.
        Some(first) if file.is_made_up => format!("{}: {}", name.display(), first.message),
        _ => first_error(diagnostics, name),
    }
}

/// This machine: its disk, and what its programs say.
struct Machine {
    disk: Disk,
    cache: UserCache,
    /// No file is missing, and what a program said last holds.
    lenient: bool,
}

impl Machine {
    fn strict() -> Self {
        Self { disk: Disk::new(), cache: UserCache::new(), lenient: false }
    }

    fn lenient() -> Self {
        Self { lenient: true, ..Self::strict() }
    }
}

impl Files for Machine {
    fn kind(&self, path: &Path) -> FileKind {
        if self.lenient { FileKind::Unasked } else { self.disk.kind(path) }
    }

    fn find_on_path(&self, name: &str) -> Option<PathBuf> {
        let found = self.disk.find_on_path(name);
        found.or_else(|| self.lenient.then(|| PathBuf::from("/").join(name)))
    }

    fn multisim_ids(&self, listing: &Listing) -> Result<Vec<String>, String> {
        if self.lenient
            && let Some(ids) = multisim::last_ids(listing, &self.cache)
        {
            return Ok(ids);
        }
        multisim::ids(listing, &self.cache)
    }
}

fn told(loaded: Result<Loaded, Diagnostics>, file: &File) -> Result<Plan, Failure> {
    let show = |diagnostics: &Diagnostics| {
        if file.is_made_up {
            // Nobody wrote the text, so its lines mean nothing to a reader.
            for item in diagnostics.items() {
                output::complain(&Safe::line(&format!("{}: {}", item.severity.word(), item.message)));
                if let Some(help) = &item.help {
                    output::complain(&Safe::line(&format!("help: {help}")));
                }
            }
        } else {
            output::complain_block(&diagnostics.render(output::stderr_look()));
        }
    };
    match loaded {
        Ok(loaded) => {
            if !loaded.warnings.is_empty() {
                show(&loaded.warnings);
            }
            Ok(loaded.plan)
        }
        Err(diagnostics) => {
            show(&diagnostics);
            Err(Failure::Told(Exit::Usage))
        }
    }
}

/// The text of an experiment.
struct File {
    text: String,
    /// The file that was named, absolute.
    source: PathBuf,
    /// Whether the text was made up for a script.
    is_made_up: bool,
}

fn read(target: &Target) -> Result<File, Failure> {
    let shown = target.experiment.display();
    let reading = |error: std::io::Error| {
        if error.kind() == std::io::ErrorKind::IsADirectory {
            return Failure::Usage(format!("{shown} is a directory, and no experiment has run there; name the file"));
        }
        // A word without a dot or a slash may have been meant as a verb.
        let is_word = target.experiment.components().count() == 1 && target.experiment.extension().is_none();
        let verb = if is_word { "; there is no such command either, see --help" } else { "" };
        Failure::Usage(format!("could not read {shown}: {error}{verb}"))
    };
    let source = of_text(resolved(&target.experiment).map_err(reading)?)?;
    let length = std::fs::metadata(&source).map_err(reading)?.len();
    if source.extension().is_some_and(|extension| extension == "py") {
        let text = script::experiment(&source, target.overrides.gem5.is_some(), &Disk::new())?;
        return Ok(File { text, source, is_made_up: true });
    }
    if length > MAX_FILE {
        return Err(Failure::Usage(format!("{shown} is larger than 4 MiB, so it is no experiment file")));
    }
    let bytes = std::fs::read(&source).map_err(reading)?;
    Ok(File { text: String::from_utf8_lossy(&bytes).into_owned(), source, is_made_up: false })
}

fn overrides(args: &OverrideArgs) -> Result<Overrides, Failure> {
    let path = |path: &Option<PathBuf>| path.as_deref().map(absolute).transpose()?.map(of_text).transpose();
    Ok(Overrides {
        outdir: path(&args.outdir)?,
        // A plain name is looked up on PATH; anything with a slash is relative to where the user stands.
        gem5: match &args.gem5 {
            Some(gem5) if gem5.components().count() == 1 && !gem5.exists() => Some(of_text(gem5.clone())?),
            gem5 => path(gem5)?,
        },
        concurrency: args.concurrency.map(Concurrency::Fixed),
    })
}

/// The absolute path without links and `..`: whichever way a user names the file, the simulations in it are the same.
fn resolved(path: &Path) -> std::io::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    match (absolute.parent(), absolute.file_name()) {
        // The file itself may be a link to one that is shared; what is relative in it is relative to the link.
        (Some(parent), Some(name)) => Ok(std::fs::canonicalize(parent)?.join(name)),
        _ => Ok(absolute),
    }
}

/// A path that a record can hold. Records are JSON and JSON is text, while a path may be any bytes.
fn of_text(path: PathBuf) -> Result<PathBuf, Failure> {
    match path.to_str() {
        Some(_) => Ok(path),
        None => Err(Failure::Usage(format!(
            "the path {} is not UTF-8, so that no record could hold it; rename the directory, or work in another one",
            Safe::path(&path)
        ))),
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(Failure::io(format!("could not tell where {} is", path.display())))
}
