//! The text of a first experiment file: what was chosen, and beside it, as comments, what is asked for next.

use serde_json::Value;

use crate::commands::script::Kind;
use crate::gem5::script_options::parameter;

/// What a script is given on its command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Argument {
    /// Such as `--l2`, or the bare name of a positional argument.
    pub(super) flag: String,
    /// Several make an axis of it.
    pub(super) values: Vec<String>,
    /// Whether a name of a simulation needs the parameter's name beside the value.
    pub(super) is_named: bool,
}

/// What a first experiment file says.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) gem5: String,
    pub(super) script: String,
    pub(super) kind: Kind,
    pub(super) arguments: Vec<Argument>,
}

impl Argument {
    fn is_axis(&self) -> bool {
        self.values.len() > 1
    }

    fn is_positional(&self) -> bool {
        !self.flag.starts_with('-')
    }

    fn placeholder(&self) -> String {
        format!("${{{}}}", parameter(&self.flag))
    }

    /// As one item of `args`.
    fn item(&self) -> String {
        let value = match self.values.as_slice() {
            [only] if !self.is_axis() => only.replace('$', "$$"),
            _ => self.placeholder(),
        };
        let text = if self.is_positional() { value } else { format!("{}={value}", self.flag) };
        Value::from(text).to_string()
    }
}

impl Draft {
    /// The file. It is read by the plan's reader before anybody gets it.
    pub(super) fn text(&self) -> String {
        let Self { name, gem5, script, .. } = self;
        // Unlike the values of an axis, the path of a script may have placeholders.
        let (gem5, script) = (scalar(gem5), scalar(&script.replace('$', "$$")));
        let entry = match self.kind {
            Kind::MultiSim => format!("  - multisim: {script}        # one simulation for each id that it lists\n"),
            Kind::Suite => format!(
                "  - suite: {script}\n    name: {name}\n    # spawned: {{memory: 4GiB, timeout: 6h}}    # settings of what it spawns\n"
            ),
            Kind::Plain => self.simulations(&script),
        };
        format!(
            "# Begun by `gem5-tui init`.
#   gem5-tui plan FILE      what would run, with the exact commands; starts nothing
#   gem5-tui FILE           the dashboard
#   gem5-tui schema         a JSON Schema, with which editors complete the keys
name: {name}
gem5: {gem5}        # relative to this file, or a name on PATH
concurrency: auto        # one for each core; + and - change it while it runs
# memory: 48GiB          # the `memory` of what runs must fit in

defaults:
  # memory: 4GiB         # what one simulation needs
  # timeout: 12h         # pauses excluded
  # retries: {{segv: 1}}   # by how it ended; each is a new attempt
  watch: [simTicks, \"*.ipc\"]        # stats that are shown while it runs

simulations:
{entry}"
        )
    }

    fn simulations(&self, script: &str) -> String {
        let axes: Vec<&Argument> = self.arguments.iter().filter(|argument| argument.is_axis()).collect();
        let part = |axis: &&Argument| {
            let label = if axis.is_named { format!("{}_", parameter(&axis.flag)) } else { String::new() };
            label + &axis.placeholder()
        };
        let name = match axes.as_slice() {
            [] => self.name.clone(),
            axes => axes.iter().map(part).collect::<Vec<_>>().join("-"),
        };
        // Options first: a positional argument may take all that follows.
        let (last, first): (Vec<_>, Vec<_>) = self.arguments.iter().partition(|argument| argument.is_positional());
        let items: Vec<String> = first.iter().chain(&last).map(|argument| argument.item()).collect();
        let mut text = format!("  - name: {name}\n    script: {script}\n    args: [{}]\n", items.join(", "));
        if !axes.is_empty() {
            text.push_str("    matrix:        # every combination\n");
        }
        for axis in axes {
            let values: Vec<String> = axis.values.iter().map(|value| scalar(value)).collect();
            text.push_str(
                &[&format!("      {}: [", parameter(&axis.flag)), values.join(", ").as_str(), "]\n"].concat(),
            );
        }
        text.push_str(
            "    # goal: {ticks: 10_000_000_000}        # where it is done, for progress and the time left\n",
        );
        text
    }
}

/// A value as YAML has it: bare where it can only mean itself, else in quotes, in which JSON and YAML agree.
fn scalar(value: &str) -> String {
    let is_word = |word: &str| ["null", "true", "false"].iter().any(|meant| meant.eq_ignore_ascii_case(word));
    let begins = value.starts_with(|c: char| c.is_ascii_alphanumeric() || "_./".contains(c));
    let bare = begins && value.chars().all(|c| c.is_ascii_alphanumeric() || "_./+-".contains(c)) && !is_word(value);
    if bare { value.to_owned() } else { Value::from(value).to_string() }
}
