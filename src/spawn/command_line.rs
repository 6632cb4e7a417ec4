//! The argument vector of one process.
//!
//! No shell is involved, so no argument is ever quoted or split. The options that make sense for every supervised
//! gem5 come first: gem5 takes the last of two equal options, so the experiment's own always win.

use std::path::Path;

use super::call::{MARKER, ONE_LINER};
use crate::experiment::{Gem5Run, Interpreter, Program, Run, Simulation, Step};
use crate::gem5::argv::{RefusedOption, names, refused};
use crate::gem5::build::can_show_exit_events;

/// The verb of this program that collects the results for a step.
const ANALYSE: &str = "analyse";

/// The option that makes gem5 25.0 and later tell of each exit event. It stands before all others.
pub(super) const SHOW_EXITS: &str = "--show-exit-event-messages";

/// The argument vector for `simulation` with gem5's output in `m5out`. `version` is that of its gem5, where it is known. That of a
/// step is as it was written.
pub fn command_line(
    simulation: &Simulation,
    m5out: &Path,
    version: Option<&str>,
) -> Result<Vec<String>, RefusedOption> {
    let mut argv = match &simulation.run {
        Run::Gem5(Gem5Run { gem5, gem5_args, program }) => {
            let mut argv = build(gem5, gem5_args, program, m5out)?;
            // It costs a line for each exit event, and tells what happened better than anything else.
            if version.is_some_and(can_show_exit_events) && !names(gem5_args, SHOW_EXITS) {
                argv.insert(1, SHOW_EXITS.to_owned());
            }
            argv
        }
        Run::Step { step: Step { program, args, gets_results } } => {
            let step = std::iter::once(program.to_string_lossy().into_owned()).chain(args.iter().cloned());
            let collects = gets_results.then(|| collects(m5out)).into_iter().flatten();
            collects.chain(step).collect()
        }
    };
    argv.splice(0..0, simulation.prefix.iter().cloned());
    Ok(argv)
}

/// What collects the results into `m5out` and becomes the program that follows, with the paths of them behind its arguments.
fn collects(m5out: &Path) -> [String; 4] {
    // An engine lives for days, and its executable may be replaced by then: the new one knows the directory, too.
    let own = std::fs::read_link("/proc/self/exe").ok();
    let own = own.and_then(|path| Some(path.to_str()?.trim_end_matches(" (deleted)").to_owned()));
    let own = own.unwrap_or_else(|| "gem5-tui".to_owned());
    [own, ANALYSE.to_owned(), m5out.to_string_lossy().into_owned(), "--".to_owned()]
}

/// The argument vector from its parts.
pub(super) fn build(
    executable: &Path,
    gem5_args: &[String],
    program: &Program,
    m5out: &Path,
) -> Result<Vec<String>, RefusedOption> {
    // Paths come from text files and go into JSON records, so they are text already.
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let mut argv = vec![text(executable)];
    if Interpreter::of(executable) == Interpreter::Gem5 {
        if let Some(option) = refused(gem5_args) {
            return Err(option);
        }
        argv.push(format!("--outdir={}", text(m5out)));
        // Listeners open ports that strangers can reach, and wait for nobody here.
        if !names(gem5_args, "--listener-mode") {
            argv.push("--listener-mode=off".to_owned());
        }
        // Drawing the configuration takes minutes where graphviz is installed.
        if !names(gem5_args, "--dot-config") {
            argv.push("--dot-config=".to_owned());
        }
    }
    argv.extend(gem5_args.iter().cloned());
    match program {
        Program::Script { path, args } => {
            argv.push(text(path));
            argv.extend(args.iter().cloned());
        }
        Program::MultiSim { path, id } => argv.extend([text(path), id.clone()]),
        Program::Function(_) => argv.extend(["-c", ONE_LINER, MARKER].map(str::to_owned)),
        // Behind the code as gem5 and Python take them: people know the process by its script.
        Program::Suite(suite) => {
            argv.extend(["-c", ONE_LINER].map(str::to_owned));
            argv.push(text(&suite.path));
            argv.extend(suite.args.iter().cloned());
        }
    }
    Ok(argv)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Call;

    fn argv(executable: &str, gem5_args: &[&str], program: &Program) -> Result<Vec<String>, RefusedOption> {
        let gem5_args: Vec<String> = gem5_args.iter().map(ToString::to_string).collect();
        build(Path::new(executable), &gem5_args, program, Path::new("/runs/a/attempt-1/m5out"))
    }

    fn script() -> Program {
        Program::Script { path: "/x/sweep.py".into(), args: vec!["--l2=$(rm -rf /) ; \"a b\"".to_owned()] }
    }

    fn function() -> Program {
        Program::Function(Box::new(Call {
            module: "sim".to_owned(),
            function: "run_sim".to_owned(),
            args: vec!["secret".into()],
            kwargs: serde_json::Map::new(),
            search_path: "/x".into(),
            pickled: None,
        }))
    }

    #[test]
    fn gem5_gets_its_outdir_then_the_script_and_its_arguments_unchanged() {
        assert_eq!(
            argv("/b/gem5.opt", &["--debug-flags=Cache"], &script()).unwrap(),
            [
                "/b/gem5.opt",
                "--outdir=/runs/a/attempt-1/m5out",
                "--listener-mode=off",
                "--dot-config=",
                "--debug-flags=Cache",
                "/x/sweep.py",
                "--l2=$(rm -rf /) ; \"a b\"",
            ]
        );
    }

    #[test]
    fn options_that_the_experiment_gives_are_not_given_twice() {
        let argv = argv("/b/gem5.opt", &["--listener-mode=on", "--dot-config", "c.dot"], &script()).unwrap();
        assert_eq!(argv[2..5], ["--listener-mode=on", "--dot-config", "c.dot"]);
    }

    #[test]
    fn a_function_call_carries_no_argument_on_the_command_line() {
        let argv = argv("/b/gem5.opt", &[], &function()).unwrap();
        assert_eq!(argv[4..], ["-c", ONE_LINER, "--multiprocessing-fork"]);
        assert!(!argv.concat().contains("secret"));
        assert!(!ONE_LINER.contains('\n'));
    }

    #[test]
    fn plain_python_gets_no_option_of_gem5() {
        assert_eq!(
            argv("/usr/bin/python3", &["-X", "dev"], &script()).unwrap()[..4],
            ["/usr/bin/python3", "-X", "dev", "/x/sweep.py"]
        );
        assert_eq!(argv("python3.11", &[], &function()).unwrap()[1], "-c");
    }

    #[test]
    fn options_that_cannot_work_here_are_refused_and_debug_flags_are_not() {
        for option in ["-i", "--pdb", "-d", "-r", "-B", "--outdir=x"] {
            let refused = argv("/b/gem5.opt", &[option], &script()).unwrap_err();
            assert!(!refused.reason.is_empty() && !refused.advice.is_empty());
        }
        assert!(argv("/b/gem5.opt", &["--debug-flags=Cache,Exec"], &script()).is_ok());
    }
}
