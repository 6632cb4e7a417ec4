//! What a configuration script takes, from the help text that it prints: `argparse` of any Python, and `optparse` of old scripts.
//!
//! The text is for people and may be cut into lines anywhere, so what is not understood is left out, and nothing is made up.

/// One thing that a script takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ScriptOption {
    /// As it is written on a command line, such as `--l2-size`; the bare name of a positional argument.
    pub flag: String,
    /// Whether a value belongs to it.
    pub takes_value: bool,
    /// The only values that it takes, where the help tells them.
    pub choices: Vec<String>,
    /// What it is when left out, where the help tells it.
    pub default: Option<String>,
    /// What the script's author says of it.
    pub help: String,
    /// Whether the script refuses to run without it.
    pub is_required: bool,
}

impl ScriptOption {
    /// What a parameter for it is called: a name that expressions and placeholders take.
    pub(crate) fn parameter(&self) -> String {
        parameter(&self.flag)
    }

    /// Whether it stands without a name.
    pub(crate) fn is_positional(&self) -> bool {
        !self.flag.starts_with('-')
    }

    /// Whether sizes are meant, by its default or by what is said of it.
    pub(crate) fn is_size(&self) -> bool {
        let says =
            |text: &str| text.to_ascii_lowercase().split(|c: char| !c.is_ascii_alphabetic()).any(|word| word == "size");
        match &self.default {
            Some(default) => size_parts(default).is_some(),
            None => self.takes_value && self.choices.is_empty() && (says(&self.flag) || says(&self.help)),
        }
    }

    /// Values that a sweep may go over: all choices, or some sizes from the default on. None where nothing is known.
    pub(crate) fn proposal(&self) -> Option<Vec<String>> {
        if self.choices.len() > 1 {
            return Some(self.choices.clone());
        }
        let (number, unit) = size_parts(self.default.as_deref()?)?;
        Some([1, 2, 4].into_iter().map(|factor| size(number.saturating_mul(factor), unit)).collect())
    }
}

/// `--l2-size` and `l2.size` as the name of a parameter.
pub(crate) fn parameter(flag: &str) -> String {
    let name = flag.trim_start_matches('-').replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// A whole number and the unit of a size behind it.
fn size_parts(text: &str) -> Option<(u64, &str)> {
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(at)?;
    let known = ["kB", "KB", "MB", "GB", "kiB", "KiB", "MiB", "GiB"].contains(&unit);
    Some((number.parse().ok().filter(|number| *number > 0 && known)?, unit))
}

/// With the larger unit where it is a whole number of those.
fn size(number: u64, unit: &str) -> String {
    match unit {
        "KiB" | "kiB" if number.is_multiple_of(1024) => format!("{}MiB", number / 1024),
        "MiB" if number.is_multiple_of(1024) => format!("{}GiB", number / 1024),
        _ => format!("{number}{unit}"),
    }
}

/// What a script takes, in the order of its help. Nothing where `text` holds no usage of a script.
pub(crate) fn script_options(text: &str) -> Vec<ScriptOption> {
    // Before it stand gem5's banner, and what the script and its modules print when they are read.
    let is_usage = |line: &&str| line.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("usage:"));
    let lines: Vec<&str> = text.lines().skip_while(|line| !is_usage(line)).collect();
    let usage: Vec<&str> = lines.iter().copied().take_while(|line| !line.trim().is_empty()).collect();
    let needed = needed(&usage.join(" "));
    let mut found: Vec<ScriptOption> = Vec::new();
    let mut is_open = false;
    for line in lines.iter().skip(usage.len()) {
        let text = line.trim_start();
        match line.len() - text.len() {
            // A heading, or a paragraph about the script.
            0 if !text.is_empty() => is_open = false,
            _ if text.is_empty() => {}
            1..=3 => {
                let option = entry(text);
                is_open = option.is_some();
                found.extend(option);
            }
            _ if is_open => {
                let Some(last) = found.last_mut() else { continue };
                let told = [last.help.as_str(), text.trim_end()].join(" ");
                told.trim().clone_into(&mut last.help);
            }
            _ => {}
        }
    }
    for option in &mut found {
        option.is_required =
            needed.contains(&option.flag) || (option.is_positional() && needed.contains(&written(&option.choices)));
        option.default = default_in(&option.help);
    }
    found.retain(|option| !matches!(option.flag.as_str(), "--help" | "-h"));
    found
}

fn written(choices: &[String]) -> String {
    format!("{{{}}}", choices.join(","))
}

/// The words of a usage that stand in no brackets.
fn needed(usage: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let outside = usage.chars().filter(|c| {
        depth = if *c == '[' { depth + 1 } else { depth };
        let keep = depth == 0;
        depth = if *c == ']' { depth.saturating_sub(1) } else { depth };
        keep
    });
    let outside: String = outside.collect();
    // `usage:` and the name of the script come first.
    outside.split_whitespace().skip(2).map(|word| word.trim_matches(['(', ')']).to_owned()).collect()
}

/// One entry of the list: what is written, and behind two spaces what is said of it.
fn entry(text: &str) -> Option<ScriptOption> {
    let (written, help) = text.split_once("  ").unwrap_or((text, ""));
    let mut option = ScriptOption { help: help.trim().to_owned(), ..ScriptOption::default() };
    for way in outside_braces(written) {
        let (flag, value) = match way.split_once(['=', ' ']) {
            Some((flag, value)) if way.starts_with('-') => (flag, value.trim()),
            _ => (way, ""),
        };
        if let Some(choices) = way.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            (option.flag, option.takes_value) = (String::new(), true);
            option.choices = split(choices);
        } else if flag.starts_with('-') {
            // The longest way to write it is the one that tells most.
            if flag.len() > option.flag.len() {
                flag.clone_into(&mut option.flag);
            }
            option.takes_value |= !value.is_empty();
            if let Some(choices) = value.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
                option.choices = split(choices.0);
            }
        } else if flag.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c)) {
            flag.clone_into(&mut option.flag);
            option.takes_value = true;
        } else {
            return None;
        }
    }
    // argparse shows the choices of a positional argument in place of its name.
    if option.flag.is_empty() && option.takes_value {
        "choice".clone_into(&mut option.flag);
    }
    (!option.flag.is_empty()).then_some(option)
}

fn split(choices: &str) -> Vec<String> {
    choices.split(',').map(|choice| choice.trim().to_owned()).filter(|choice| !choice.is_empty()).collect()
}

/// The ways to write an option, which stand with commas in between.
fn outside_braces(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let parts = text.split(|c: char| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// What the help says that it is when left out.
fn default_in(help: &str) -> Option<String> {
    let at = help.to_ascii_lowercase().rfind("default")? + "default".len();
    let mut rest = help.get(at..)?;
    for word in ["s to", " value", " is", ":", "="] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let rest = rest.trim_start();
    let end = rest.find(|c: char| c.is_whitespace() || ")],;".contains(c)).unwrap_or(rest.len());
    let value = rest.get(..end)?.trim_end_matches('.').trim_matches(['"', '\'', '`']);
    (!value.is_empty() && value != "None").then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELP: &str = "gem5 Simulator System.  https://www.gem5.org
command line: gem5.opt sweep.py --help

usage: sweep.py [-h] --workload {chase,stream} [--l2 L2] [--cpu {o3,minor}]
                [--l1d-size L1D_SIZE] [--ruby] --kernel KERNEL
                {boot,run} binary [extra ...]

Runs one point.
  Not an option.

positional arguments:
  {boot,run}            what to do
  binary                the program
  extra                 more

options:
  -h, --help            show this help message and exit
  --workload {chase,stream}, -w {chase,stream}
  --l2 L2               size of the second-level cache
  --cpu {o3,minor}      which CPU (default: o3)
  --l1d-size L1D_SIZE
                        of the first
                        level, default 512KiB.
  --ruby                use Ruby
  --kernel KERNEL       a kernel [default: None]
";

    fn of<'o>(options: &'o [ScriptOption], flag: &str) -> &'o ScriptOption {
        options.iter().find(|option| option.flag == flag).unwrap_or_else(|| panic!("no {flag}: {options:#?}"))
    }

    #[test]
    fn what_a_script_takes_is_read_from_its_help() {
        let found = script_options(HELP);
        let flags: Vec<&str> = found.iter().map(|option| option.flag.as_str()).collect();
        assert_eq!(
            flags,
            ["choice", "binary", "extra", "--workload", "--l2", "--cpu", "--l1d-size", "--ruby", "--kernel"]
        );
        let required: Vec<&str> =
            found.iter().filter(|option| option.is_required).map(|option| option.flag.as_str()).collect();
        assert_eq!(required, ["choice", "binary", "--workload", "--kernel"]);
        assert_eq!(of(&found, "--workload").choices, ["chase", "stream"]);
        assert_eq!(of(&found, "--cpu").default.as_deref(), Some("o3"));
        let first = of(&found, "--l1d-size");
        assert_eq!(
            (first.default.as_deref(), first.help.as_str()),
            (Some("512KiB"), "of the first level, default 512KiB.")
        );
        assert_eq!(first.parameter(), "l1d_size");
        assert!(!of(&found, "--ruby").takes_value && of(&found, "--kernel").default.is_none());
    }

    #[test]
    fn axes_are_proposed_from_choices_and_from_sizes() {
        let found = script_options(HELP);
        assert_eq!(of(&found, "--cpu").proposal().unwrap(), ["o3", "minor"]);
        assert_eq!(of(&found, "--l1d-size").proposal().unwrap(), ["512KiB", "1MiB", "2MiB"]);
        assert!(of(&found, "--l2").is_size() && of(&found, "--l2").proposal().is_none());
        assert!(!of(&found, "--kernel").is_size());
    }

    #[test]
    fn the_options_of_old_scripts_are_read_too() {
        let text = "Usage: se.py [options]\n\nOptions:\n  -h, --help            show this help message and exit\n  \
                    -n NUM_CPUS, --num-cpus=NUM_CPUS\n  --l2_size=L2_SIZE     \n  --caches              \n";
        let found = script_options(text);
        let told: Vec<_> = found.iter().map(|option| (option.flag.as_str(), option.takes_value)).collect();
        assert_eq!(told, [("--num-cpus", true), ("--l2_size", true), ("--caches", false)]);
    }

    #[test]
    fn what_is_no_help_has_no_options() {
        for text in ["", "Traceback (most recent call last):\n  File \"x\"\n", "usage:", "usage: a\n\n  \u{e9}  --- {"]
        {
            assert_eq!(script_options(text).len(), 0, "{text:?}");
        }
    }
}
