//! `gem5-tui completions` and `gem5-tui man`: what a shell and `man` want to know of the command line, made from the types
//! in `cli.rs`.

use clap::CommandFactory;
use clap_complete::aot;
use clap_mangen::Man;

use crate::cli::{Cli, Shell};
use crate::commands::output::Output;
use crate::commands::{Exit, Failure};
use crate::text::{self, Safe};

/// Prints the completions for a shell.
pub(crate) fn completions(shell: Shell, output: &mut Output) -> Result<Exit, Failure> {
    let shell = match shell {
        Shell::Bash => aot::Shell::Bash,
        Shell::Zsh => aot::Shell::Zsh,
        Shell::Fish => aot::Shell::Fish,
    };
    let mut script = Vec::new();
    aot::generate(shell, &mut public(), "gem5-tui", &mut script);
    print(&script, output)
}

/// Prints the manual page of the program, or of one verb.
pub(crate) fn man(verb: Option<&str>, output: &mut Output) -> Result<Exit, Failure> {
    let mut command = public();
    // Gives every verb its full name.
    command.build();
    if let Some(verb) = verb {
        let Some(found) = command.find_subcommand(verb) else {
            let near = text::nearest(verb, command.get_subcommands().map(clap::Command::get_name));
            let advice =
                near.map_or("`gem5-tui --help` lists the verbs".to_owned(), |near| format!("did you mean `{near}`?"));
            return Err(Failure::Usage(format!("there is no verb `{verb}`; {advice}")));
        };
        command = found.clone();
    }
    let mut page = Vec::new();
    let program = concat!("gem5-tui ", env!("CARGO_PKG_VERSION"));
    Man::new(command).source(program).render(&mut page).map_err(Failure::io("could not make the manual page"))?;
    print(&page, output)
}

/// The command line as people type it, without the roles that the program starts by itself: what completes them would
/// invite to type them.
fn public() -> clap::Command {
    let whole = Cli::command();
    let verbs = whole.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned();
    clap::Command::new("gem5-tui")
        .version(env!("CARGO_PKG_VERSION"))
        .about(whole.get_about().cloned().unwrap_or_default())
        .after_help(whole.get_after_help().cloned().unwrap_or_default())
        .args_conflicts_with_subcommands(true)
        .disable_help_subcommand(true)
        .args(whole.get_arguments().cloned())
        .subcommands(verbs)
}

fn print(text: &[u8], output: &mut Output) -> Result<Exit, Failure> {
    output.block(&Safe::multiline(&String::from_utf8_lossy(text)))?;
    Ok(Exit::Ok)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use clap::Parser;

    use super::*;

    /// What `verb` prints.
    fn printed(verb: impl FnOnce(&mut Output) -> Result<Exit, Failure>) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut output = Output::to(Box::new(file.reopen().unwrap()));
        assert!(matches!(verb(&mut output), Ok(Exit::Ok)));
        output.flush().unwrap();
        fs::read_to_string(file.path()).unwrap()
    }

    /// Verbs for people, and roles that are hidden from them.
    fn verbs() -> (Vec<String>, Vec<String>) {
        let (roles, verbs): (Vec<_>, Vec<_>) =
            Cli::command().get_subcommands().cloned().partition(clap::Command::is_hide_set);
        let names = |commands: Vec<clap::Command>| commands.iter().map(|c| c.get_name().to_owned()).collect();
        (names(verbs), names(roles))
    }

    fn words(text: &str) -> Vec<&str> {
        text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect()
    }

    #[test]
    fn a_verb_takes_only_the_options_that_do_something() {
        let launches = ["run", "resume", "retry"];
        let begins = ["pause", "next", "cap", "cancel", "stop"];
        let looks = ["view", "status", "logs", "stats", "show"];
        let cli = Cli::command();
        let takes = |verb: &str, option: &str| {
            let verb = cli.find_subcommand(verb).unwrap();
            verb.get_arguments().any(|argument| argument.get_long() == Some(option))
        };
        let all = launches.into_iter().chain(begins).chain(looks).chain(["plan"]);
        for verb in all {
            // Each must be able to tell which experiment is meant, also that of a script that only a gem5 can list.
            assert!(takes(verb, "outdir") && takes(verb, "gem5"), "{verb}");
            assert_eq!(takes(verb, "concurrency"), launches.contains(&verb) || verb == "plan", "{verb}");
            let may_begin_an_engine = launches.contains(&verb) || begins.contains(&verb);
            for option in ["takeover", "trust-directory"] {
                assert_eq!(takes(verb, option), may_begin_an_engine, "{verb} --{option}");
            }
        }
        let said = Cli::try_parse_from(["gem5-tui", "status", "-j", "2", "exp.yaml"]).unwrap_err();
        assert_eq!(said.kind(), clap::error::ErrorKind::UnknownArgument);
        assert!(said.to_string().contains("--help"));
    }

    #[test]
    fn every_shell_completes_every_verb_and_no_role() {
        let (verbs, roles) = verbs();
        assert!(verbs.len() > 10 && roles.len() == 4);
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = printed(|output| completions(shell, output));
            let found = words(&script);
            // What comes out is what the generator wrote: a script with a character replaced is another script.
            assert!(script.is_ascii() && script.ends_with('\n'), "{shell:?}");
            assert!(verbs.iter().all(|verb| found.contains(&verb.as_str())), "{shell:?}");
            // In the description of a verb the engine may be spoken of.
            let script = script.replace("the engine", "");
            assert!(roles.iter().all(|role| !script.contains(role.as_str())), "{shell:?}");
        }
    }

    #[test]
    fn bash_takes_its_completions() {
        let script = tempfile::NamedTempFile::new().unwrap();
        fs::write(script.path(), printed(|output| completions(Shell::Bash, output))).unwrap();
        let checked = Command::new("bash").arg("-n").arg(script.path()).output().unwrap();
        assert!(checked.status.success() && checked.stderr.is_empty(), "{}", String::from_utf8_lossy(&checked.stderr));
    }

    #[test]
    fn the_manual_has_a_page_for_every_verb_that_it_names() {
        let (verbs, roles) = verbs();
        let page = printed(|output| man(None, output)).replace("\\-", "-");
        for verb in &verbs {
            assert!(page.contains(&format!("gem5-tui-{verb}(1)")), "{verb}");
            let own = printed(|output| man(Some(verb), output)).replace("\\-", "-");
            assert!(own.contains(&format!(".TH gem5-tui-{verb} 1")) && own.contains(".SH SYNOPSIS"), "{verb}");
        }
        for role in &roles {
            assert!(!page.contains(&format!("gem5-tui-{role}")), "{role}");
            assert!(matches!(man(Some(role), &mut Output::to(Box::new(Vec::new()))), Err(Failure::Usage(_))));
        }
    }

    #[test]
    fn the_readme_has_a_row_for_every_verb() {
        let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
        for verb in verbs().0 {
            assert!([' ', '`'].iter().any(|end| readme.contains(&format!("`{verb}{end}"))), "{verb}");
        }
    }

    #[test]
    fn a_slip_in_a_verb_is_told_with_the_verb_that_was_meant() {
        let Err(Failure::Usage(told)) = man(Some("staus"), &mut Output::to(Box::new(Vec::new()))) else { panic!() };
        assert!(told.contains("`status`"), "{told}");
    }
}
