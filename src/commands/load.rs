//! An experiment file as it is read from the disk, and what the command line says over it.

use std::io;
use std::path::{Path, PathBuf};

use crate::cli;
use crate::commands::script::{self, Kind, Script};
use crate::commands::{Failure, meant, output};
use crate::diagnostic::Diagnostics;
use crate::experiment::results::ResultsRule;
use crate::experiment::{self, Concurrency, Loaded, Overrides, Place, Simulation};
use crate::rundir::files::Disk;
use crate::spawn::machine::Machine;
use crate::text::Safe;

/// Why there is no text of an experiment.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A directory in which nothing has run.
    #[error("{} is a directory, and no experiment has run there; name the file", .0.display())]
    Directory(PathBuf),
    /// The system refused.
    #[error("could not read {}: {said}{}", path.display(), advice(*is_word, meant.as_deref()))]
    Read {
        /// The file, as it was named.
        path: PathBuf,
        /// A word without a dot or a slash may have been meant as a verb.
        is_word: bool,
        /// What was most likely meant, where nothing has that name.
        meant: Option<String>,
        /// What the system said. It stands in front of the advice, and so is no source that would be told behind it.
        said: io::Error,
    },
    /// It has more bytes than a file that a person writes.
    #[error("{} is larger than 4 MiB, so it is no experiment file and no script of one", .0.display())]
    TooLarge(PathBuf),
    /// Records are JSON and JSON is text, while a path may be any bytes.
    #[error(
        "the path {} is not UTF-8, so that no record could hold it; rename the directory, or work in another one",
        Safe::path(.0)
    )]
    Path(PathBuf),
    /// A script was named in place of a file, and no gem5.
    #[error("there is no `gem5.opt` and no `gem5` on PATH; pass `--gem5 PATH`")]
    NoGem5 {
        /// The script, absolute.
        script: PathBuf,
    },
    /// Arguments stand behind what takes none.
    #[error("{} takes no arguments behind `--`: {why}", .named.display())]
    Arguments {
        /// What was named.
        named: PathBuf,
        /// Why not, and what to do.
        why: &'static str,
    },
}

/// What to do about a file that is not there, behind what the system says.
fn advice(is_word: bool, meant: Option<&str>) -> String {
    let no_verb = if is_word { "; there is no such command either" } else { "" };
    let help = match meant {
        Some(meant) => format!("; did you mean `{meant}`?"),
        None if is_word => ", see --help".to_owned(),
        None => String::new(),
    };
    format!("{no_verb}{help}")
}

/// The text of an experiment.
#[derive(Debug)]
pub(super) struct File {
    text: String,
    /// Why the file is no text. Then `text` is what of it can be shown, and nothing is planned from it.
    no_text: Option<Diagnostics>,
    /// The file that was named, absolute.
    source: PathBuf,
    /// The script that the text was made up for. Nobody wrote it, so its lines mean nothing to a reader.
    script: Option<Script>,
}

impl File {
    /// Reads the file `named` on the command line, and `args` behind it for a script.
    pub(super) fn read(named: &Path, args: &[String], gem5_is_named: bool) -> Result<Self, FileError> {
        let no_arguments = |why| FileError::Arguments { named: named.to_owned(), why };
        let reading = |source: io::Error| {
            if source.kind() == io::ErrorKind::IsADirectory {
                return FileError::Directory(named.to_owned());
            }
            let is_missing = source.kind() == io::ErrorKind::NotFound;
            let meant = is_missing.then(|| meant::meant(named)).flatten();
            FileError::Read { path: named.to_owned(), is_word: meant::is_word(named), meant, said: source }
        };
        let source = of_text(resolved(named).map_err(reading)?)?;
        let length = std::fs::metadata(&source).map_err(reading)?.len();
        if length > experiment::MAX_BYTES as u64 {
            return Err(FileError::TooLarge(named.to_owned()));
        }
        let bytes = std::fs::read(&source).map_err(reading)?;
        if script::is_one(&source) {
            let script = Script::of(&String::from_utf8_lossy(&bytes));
            if script.kind == Kind::MultiSim && !args.is_empty() {
                return Err(no_arguments("a MultiSim script is given the id of each simulation and nothing else"));
            }
            let text = script::experiment(&source, script.kind, args, gem5_is_named, &Disk::new());
            let text = text.ok_or_else(|| FileError::NoGem5 { script: source.clone() })?;
            return Ok(Self { text, no_text: None, source, script: Some(script) });
        }
        if !args.is_empty() {
            return Err(no_arguments("they are for a script; in an experiment file they stand under `args`"));
        }
        let (text, no_text) = match experiment::text_of(&bytes, &source) {
            Ok(text) => (text.to_owned(), None),
            Err(why) => (String::from_utf8_lossy(&bytes).into_owned(), Some(why)),
        };
        Ok(Self { text, no_text, source, script: None })
    }

    /// Its plan on this machine as it is.
    pub(super) fn load(&self, overrides: &Overrides) -> Result<Loaded, Diagnostics> {
        self.load_on(&Machine::strict(), overrides)
    }

    /// What it says under `results`, for simulations that were found otherwise.
    pub(super) fn load_results(&self, simulations: &[Simulation]) -> Result<(ResultsRule, Diagnostics), Diagnostics> {
        match &self.no_text {
            Some(why) => Err(why.clone()),
            None => experiment::load_results(&self.text, &self.source, simulations, &Disk::new()),
        }
    }

    /// Its plan as if nothing were missing that it names.
    pub(super) fn load_leniently(&self, overrides: &Overrides) -> Result<Loaded, Diagnostics> {
        self.load_on(&Machine::lenient(), overrides)
    }

    fn load_on(&self, machine: &Machine, overrides: &Overrides) -> Result<Loaded, Diagnostics> {
        match &self.no_text {
            Some(why) => Err(why.clone()),
            None => experiment::load(&self.text, &self.source, overrides, machine),
        }
    }

    /// What the script is that stands in place of a file, and why, in one line.
    pub(super) fn script_in_words(&self) -> Option<Safe> {
        let script = self.script.as_ref()?;
        let name = self.source.file_name().unwrap_or_default().to_string_lossy();
        Some(Safe::line(&format!("{name} {}", script.because)))
    }

    /// Whether a script stands in place of a file.
    pub(super) fn is_script(&self) -> bool {
        self.script.is_some()
    }

    /// The text and where it is from.
    pub(super) fn text(&self) -> (&str, &Path) {
        (&self.text, &self.source)
    }

    /// Tells on standard error what is wrong with it, or doubtful.
    pub(super) fn complain(&self, diagnostics: &Diagnostics) {
        if self.script.is_none() {
            return output::complain_block(&diagnostics.render(output::stderr_look()));
        }
        for item in diagnostics.items() {
            output::complain(&Safe::line(&format!("{}: {}", item.severity.word(), item.message)));
            if let Some(help) = &item.help {
                output::complain(&Safe::line(&format!("help: {help}")));
            }
        }
    }

    /// The first thing that is wrong with it, in one line that begins with `name`.
    pub(super) fn first_error(&self, diagnostics: &Diagnostics, name: &Path) -> String {
        let name = name.display();
        let Some(first) = diagnostics.items().first() else { return format!("{name} cannot be used") };
        let place = first.place.filter(|_| self.script.is_none());
        let place = place.map_or_else(|| " ".to_owned(), |place| format!("{}:{}: ", place.line, place.column));
        format!("{name}:{place}{}", first.message)
    }
}

/// What the command line says over the file, in absolute paths.
pub(super) fn overrides(args: &cli::Overrides) -> Result<Overrides, Failure> {
    let path = |path: &Option<PathBuf>| path.as_deref().map(absolute).transpose();
    Ok(Overrides {
        outdir: path(&args.outdir)?,
        // A plain name is looked up on PATH; anything with a slash is relative to where the user stands.
        gem5: match &args.gem5 {
            Some(gem5) if gem5.components().count() == 1 && !gem5.exists() => Some(of_text(gem5.clone())?),
            gem5 => path(gem5)?,
        },
        concurrency: args.concurrency.map(Concurrency::Fixed),
        executor: args.executor.map(|place| match place {
            cli::Place::Local => Place::Local,
            cli::Place::Slurm => Place::Slurm,
        }),
    })
}

/// The absolute path without links and `..`: whichever way a user names the file, the simulations in it are the same.
pub(super) fn resolved(path: &Path) -> io::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    match (absolute.parent(), absolute.file_name()) {
        // The file itself may be a link to one that is shared; what is relative in it is relative to the link.
        (Some(parent), Some(name)) => Ok(std::fs::canonicalize(parent)?.join(name)),
        _ => Ok(absolute),
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    let absolute = std::path::absolute(path);
    let absolute = absolute.map_err(Failure::io(format!("could not tell where {} is", path.display())))?;
    Ok(of_text(absolute)?)
}

fn of_text(path: PathBuf) -> Result<PathBuf, FileError> {
    if path.to_str().is_some() { Ok(path) } else { Err(FileError::Path(path)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::safe_error;

    #[test]
    fn what_the_system_says_of_a_missing_file_is_told_once_and_before_the_advice() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("l2.yaml"), "").unwrap();
        let error = File::read(&dir.path().join("l2.yml"), &[], false).unwrap_err();
        let told = safe_error(&error).to_string();
        assert_eq!(told.matches("os error 2").count(), 1, "{told}");
        assert!(told.trim_end_matches(['`', '?']).ends_with("l2.yaml"), "{told}");
    }
}
