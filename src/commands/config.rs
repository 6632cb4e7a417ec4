//! `gem5-tui config`: what the user has set for all experiments.

use std::fs::{self, DirBuilder, File};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use etcetera::BaseStrategy as _;

use crate::cli::ConfigVerb;
use crate::commands::output::{self, Output};
use crate::commands::{Exit, Failure};
use crate::diagnostic::Diagnostics;
use crate::experiment;
use crate::text::{Safe, safe_error};
use crate::tui::config::{self, Config};
use crate::tui::external_program;

/// What there is of a configuration.
pub(crate) enum Found {
    /// No file.
    Nothing,
    /// One that holds, and what is probably not meant so.
    Right(Box<Config>, Diagnostics),
    /// One that is wrong.
    Wrong(Diagnostics),
    /// One that could not be read, with the reason.
    Unread(String),
}

/// Where the file is: `$XDG_CONFIG_HOME/gem5-tui/config.yaml`, or `~/.config/…`. None without a home.
pub(crate) fn path() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.config_dir().join("gem5-tui").join("config.yaml"))
}

/// Reads it.
pub(crate) fn find(path: &Path) -> Found {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Found::Nothing,
        Err(error) => return Found::Unread(safe_error(&error).to_string()),
        // A pipe would be waited for.
        Ok(about) if !about.is_file() => return Found::Unread("it is no file".to_owned()),
        Ok(about) if about.len() > experiment::MAX_BYTES as u64 => return Found::Unread("it is too large".to_owned()),
        Ok(_) => {}
    }
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return Found::Unread(safe_error(&error).to_string()),
    };
    let read = experiment::text_of(&bytes, path).and_then(|text| config::read(text, &path.to_string_lossy()));
    match read {
        Ok((config, doubts)) => Found::Right(Box::new(config), doubts),
        Err(wrong) => Found::Wrong(wrong),
    }
}

/// What holds, and what must be said of a file that cannot be used: it is never a reason not to open the dashboard.
pub(crate) fn load() -> (Config, Option<Safe>) {
    let Some(path) = path() else { return (Config::default(), None) };
    let wrong = match find(&path) {
        Found::Nothing => return (Config::default(), None),
        Found::Right(config, _) => return (*config, None),
        Found::Wrong(diagnostics) => {
            let first = diagnostics.lines().into_iter().next().unwrap_or_default();
            output::complain_block(&diagnostics.render(output::stderr_look()));
            first.to_string()
        }
        Found::Unread(why) => format!("{}: {why}", path.display()),
    };
    (Config::default(), Some(Safe::line(&format!("{wrong}; the defaults hold"))))
}

/// Does what was asked.
pub(crate) fn config(verb: Option<ConfigVerb>, output: &mut Output) -> Result<Exit, Failure> {
    let Some(path) = path() else {
        return Err(Failure::Refused("there is no home directory; set $XDG_CONFIG_HOME".to_owned()));
    };
    match verb {
        None => show(&path, output),
        Some(ConfigVerb::Check) => check(&path, output),
        Some(ConfigVerb::Edit) => edit(&path, output),
        Some(ConfigVerb::Path) => {
            output.line(&Safe::path(&path))?;
            Ok(Exit::Ok)
        }
    }
}

fn show(path: &Path, output: &mut Output) -> Result<Exit, Failure> {
    let (config, is_there, exit) = match find(path) {
        Found::Nothing => (Config::default(), false, Exit::Ok),
        Found::Right(config, _) => (*config, true, Exit::Ok),
        found => (Config::default(), true, complain(path, &found)),
    };
    output.block(&Safe::multiline(&config::effective(&config, path, is_there)))?;
    Ok(exit)
}

fn check(path: &Path, output: &mut Output) -> Result<Exit, Failure> {
    let found = find(path);
    let said = match &found {
        Found::Nothing => format!("there is no {}; the defaults hold", path.display()),
        Found::Right(..) => format!("{} is in order", path.display()),
        Found::Wrong(_) | Found::Unread(_) => return Ok(complain(path, &found)),
    };
    _ = complain(path, &found);
    output.line(&Safe::line(&said))?;
    Ok(Exit::Ok)
}

/// Tells on standard error what is wrong, or doubtful.
fn complain(path: &Path, found: &Found) -> Exit {
    match found {
        Found::Nothing => Exit::Ok,
        Found::Right(_, doubts) => {
            if !doubts.is_empty() {
                output::complain_block(&doubts.render(output::stderr_look()));
            }
            Exit::Ok
        }
        Found::Wrong(wrong) => {
            output::complain_block(&wrong.render(output::stderr_look()));
            output::complain(&Safe::plain("the defaults hold until this is mended: gem5-tui config edit"));
            Exit::Usage
        }
        Found::Unread(why) => {
            output::complain(&Safe::line(&format!("error: could not read {}: {why}", path.display())));
            Exit::Usage
        }
    }
}

/// Opens the file in the user's editor, and tells afterwards what is wrong with it. One that is there is never replaced.
fn edit(path: &Path, output: &mut Output) -> Result<Exit, Failure> {
    let editor = external_program(&["VISUAL", "EDITOR"], |name| std::env::var(name).ok()).map_err(Failure::Usage)?;
    let argv = editor.unwrap_or_else(|| vec!["vi".to_owned()]);
    let Some((program, options)) = argv.split_first() else {
        return Err(Failure::Usage("$EDITOR is empty".to_owned()));
    };
    make(path)?;
    let status = Command::new(program).args(options).arg(path).status();
    let status = status.map_err(Failure::io(format!("could not start `{program}`; set $EDITOR")))?;
    if !status.success() {
        return Err(Failure::Refused(format!("`{program}` ended with {status}")));
    }
    check(path, output)
}

/// Makes a file to begin with, where there is none.
fn make(path: &Path) -> Result<(), Failure> {
    let failed = || Failure::io(format!("could not make {}", path.display()));
    if let Some(directory) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed())?;
    }
    match File::options().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(config::template().as_bytes()).map_err(failed()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed()(error)),
    }
}
