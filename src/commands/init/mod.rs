//! `gem5-tui init`: from a script of gem5 to a first experiment file.
//!
//! At a terminal it asks; elsewhere, and with `--yes`, flags answer. Which options the script has the script itself tells, so
//! that nobody copies them. What is written has gone through the plan's own reader, and no file is ever replaced.

mod ask;
mod choose;
mod draft;
mod surroundings;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::cli::InitArgs;
use crate::commands::output::{self, Output};
use crate::commands::script::{Kind, Script};
use crate::commands::{Exit, Failure};
use crate::experiment::{self, Overrides};
use crate::gem5::script_options::ScriptOption;
use crate::spawn::machine::Machine;
use crate::text::{Safe, human, shell};
use ask::Dialogue;
use choose::Axis;
use draft::Draft;

/// What a file says of gem5 where there is none yet.
const USUAL_GEM5: &str = "build/X86/gem5.opt";

/// Writes a first experiment file.
pub(crate) fn init(args: &InitArgs, output: &mut Output) -> Result<Exit, Failure> {
    if let Some(file) = &args.output {
        refuse_existing(file)?;
    }
    let axes = args.axis.iter().map(|text| Axis::read(text)).collect::<Result<Vec<_>, _>>().map_err(Failure::Usage)?;
    let mut input = io::stdin().lock();
    let asks = !args.yes && output::can_ask();
    let mut dialogue = asks.then(|| Dialogue::new(&mut input, &ask::tell));
    let gem5 = gem5(args, dialogue.as_mut())?;
    let executable = surroundings::executable(&gem5);
    if executable.is_none() {
        note(&format!(
            "`{gem5}` is not here: the file names it all the same; mend its `gem5:`, or say --gem5 PATH with each command"
        ));
    }
    let script = script(args, dialogue.as_mut())?;
    let path = fs::canonicalize(&script).map_err(Failure::io(format!("could not find the script {script}")))?;
    let text = fs::read(&path).map_err(Failure::io(format!("could not read {script}")))?;
    let kind = Script::of(&String::from_utf8_lossy(&text)).kind;
    let arguments = match kind {
        Kind::Plain => {
            let options = executable.as_deref().and_then(|gem5| options(gem5, &path));
            choose::arguments(&axes, options.as_deref(), dialogue.as_mut())?
        }
        Kind::Suite | Kind::MultiSim if !axes.is_empty() => {
            return Err(Failure::Usage(format!("{script} makes its simulations itself, so no --axis belongs to it")));
        }
        Kind::Suite | Kind::MultiSim => Vec::new(),
    };
    let name = experiment::sensible_name(&path.file_stem().unwrap_or_default().to_string_lossy());
    let file = file(args, &name, dialogue.as_mut())?;
    // Each file has an experiment of its own, whatever script they have in common.
    let name = experiment::sensible_name(&file.file_stem().unwrap_or_default().to_string_lossy());
    let draft =
        Draft { gem5: gem5_seen_from(&file, &gem5)?, script: seen_from(&file, &script)?, name, kind, arguments };
    let text = draft.text();
    let count = checked(&text, &file, executable.is_some())?;
    if let Some(dialogue) = &mut dialogue {
        dialogue.say(&format!("\n{text}"));
        let made = human::plural(count as u64, "simulation");
        let question = format!("{made}. Write this to {}?", file.display());
        if !dialogue.ask(&question, "yes", choose::yes_or_no)? {
            return Err(Failure::Refused("nothing was written".to_owned()));
        }
    }
    write(&file, &text)?;
    let quoted = shell::quote(&file.to_string_lossy());
    output.line(&Safe::line(&format!("{}: {}", file.display(), human::plural(count as u64, "simulation"))))?;
    output.line(&Safe::line(&format!("  gem5-tui plan {quoted}    # what would run, with the exact commands")))?;
    output.line(&Safe::line(&format!("  gem5-tui {quoted}         # run it, in the dashboard")))?;
    Ok(Exit::Ok)
}

fn note(text: &str) {
    output::complain(&Safe::line(&format!("note: {text}")));
}

/// Which gem5, as it was named.
fn gem5(args: &InitArgs, dialogue: Option<&mut Dialogue<'_>>) -> Result<String, Failure> {
    if let Some(named) = &args.gem5 {
        return text_of(named);
    }
    let found = surroundings::gem5();
    let usual = found.as_deref().unwrap_or(USUAL_GEM5);
    match dialogue {
        Some(dialogue) => dialogue.ask("gem5, a path or a name on PATH", usual, |answer| Ok(answer.to_owned())),
        None => Ok(usual.to_owned()),
    }
}

/// Which script, as it was named.
fn script(args: &InitArgs, dialogue: Option<&mut Dialogue<'_>>) -> Result<String, Failure> {
    if let Some(named) = &args.script {
        return text_of(named);
    }
    let found = surroundings::scripts();
    let here = found.join(", ");
    let Some(dialogue) = dialogue else {
        return match found.as_slice() {
            [only] => Ok(only.clone()),
            [] => Err(Failure::Usage("there is no script of gem5 here: name one, `--script FILE`".to_owned())),
            _ => Err(Failure::Usage(format!("which script? say `--script FILE`; here are {here}"))),
        };
    };
    if found.len() > 1 {
        dialogue.say(&format!("scripts of gem5 here: {here}"));
    }
    dialogue.ask("the script of gem5", found.first().map_or("", String::as_str), |answer| {
        if Path::new(answer).is_file() { Ok(answer.to_owned()) } else { Err(format!("there is no file `{answer}`")) }
    })
}

/// What the script takes; none where that is not known, and then why is told.
fn options(gem5: &Path, script: &Path) -> Option<Vec<ScriptOption>> {
    let asked = surroundings::options(gem5, script);
    asked
        .inspect_err(|why| {
            note(&format!(
                "the options of {} are not known ({why}); --axis NAME=VALUE,VALUE says them",
                script.file_name().unwrap_or_default().to_string_lossy()
            ));
        })
        .ok()
}

/// Which file is written.
fn file(args: &InitArgs, name: &str, dialogue: Option<&mut Dialogue<'_>>) -> Result<PathBuf, Failure> {
    if let Some(file) = &args.output {
        return Ok(file.clone());
    }
    let usual = format!("{name}.yaml");
    let file = match dialogue {
        Some(dialogue) => dialogue.ask("the experiment file", &usual, |answer| {
            refuse_existing(Path::new(answer)).map_err(|why| why.to_string()).map(|()| PathBuf::from(answer))
        })?,
        None => PathBuf::from(usual),
    };
    refuse_existing(&file)?;
    Ok(file)
}

fn refuse_existing(file: &Path) -> Result<(), Failure> {
    match fs::symlink_metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Failure::io(format!("could not look at {}", file.display()))(error)),
        Ok(_) => {
            Err(Failure::Usage(format!("{} exists and is not replaced; name another one, `-o FILE`", file.display())))
        }
    }
}

/// `named` from here, as a file at `file` has to say it.
fn seen_from(file: &Path, named: &str) -> Result<String, Failure> {
    if Path::new(named).is_absolute() || !named.contains('/') && !Path::new(named).is_file() {
        return Ok(named.to_owned());
    }
    let here = std::env::current_dir().map_err(Failure::io("could not tell the working directory"))?;
    let folder = folder_of(file);
    let folder = fs::canonicalize(folder).map_err(Failure::io(format!("could not find {}", folder.display())))?;
    let path = here.join(named);
    Ok(match path.strip_prefix(&folder) {
        Ok(below) => below.to_string_lossy().into_owned(),
        Err(_) => path.to_string_lossy().into_owned(),
    })
}

/// The same for gem5, of which a bare name is looked for on PATH.
fn gem5_seen_from(file: &Path, named: &str) -> Result<String, Failure> {
    let seen = seen_from(file, named)?;
    let is_file = named.contains('/') || executable_here(named);
    Ok(if is_file && !seen.contains('/') { format!("./{seen}") } else { seen })
}

/// Whether a bare name means the file here, since there is none on PATH.
fn executable_here(named: &str) -> bool {
    surroundings::on_path(named).is_none() && Path::new(named).is_file()
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// How many simulations the file makes.
fn checked(text: &str, file: &Path, is_all_here: bool) -> Result<usize, Failure> {
    let source = fs::canonicalize(folder_of(file)).map_err(Failure::io("could not find the directory of the file"))?;
    let source = source.join(file.file_name().unwrap_or_default());
    let machine = if is_all_here { Machine::strict() } else { Machine::lenient() };
    match experiment::load(text, &source, &Overrides::default(), &machine) {
        Ok(loaded) => Ok(loaded.plan.simulations.len()),
        Err(diagnostics) => {
            output::complain_block(&diagnostics.render(output::stderr_look()));
            Err(Failure::Usage("no experiment comes of that, so nothing was written".to_owned()))
        }
    }
}

/// Writes the file, if there is none of that name by now.
fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let failed = || format!("could not write {}", file.display());
    let mut new = fs::File::create_new(file).map_err(Failure::io(failed()))?;
    new.write_all(text.as_bytes()).and_then(|()| new.sync_all()).map_err(Failure::io(failed()))
}

fn text_of(path: &Path) -> Result<String, Failure> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| Failure::Usage(format!("the path {} is not UTF-8", Safe::path(path))))
}
