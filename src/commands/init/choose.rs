//! Which options of a script make the sweep, and over which values.

use super::ask::Dialogue;
use super::draft::Argument;
use crate::commands::Failure;
use crate::gem5::script_options::{ScriptOption, parameter};
use crate::text::nearest;

/// Without anybody to ask, what is proposed becomes a sweep of so many points at most, over so many axes.
const MOST_POINTS: usize = 64;
const MOST_AXES: usize = 2;

/// An axis that the command line names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Axis {
    name: String,
    values: Vec<String>,
}

impl Axis {
    /// `l2=256KiB,1MiB`.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let form = || format!("--axis {text}: an axis is written like `l2=256KiB,1MiB`");
        let (name, values) = text.split_once('=').ok_or_else(form)?;
        let values = values_of(values);
        let is_name = |name: &str| !name.trim_start_matches('-').is_empty() && !name.contains(char::is_whitespace);
        if !is_name(name) || values.is_empty() { Err(form()) } else { Ok(Self { name: name.to_owned(), values }) }
    }
}

fn values_of(text: &str) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for value in text.split(',').map(str::trim).filter(|value| !value.is_empty()) {
        if !values.iter().any(|known| known == value) {
            values.push(value.to_owned());
        }
    }
    values
}

pub(super) fn yes_or_no(answer: &str) -> Result<bool, String> {
    match answer.to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(true),
        "n" | "no" => Ok(false),
        _ => Err("yes or no?".to_owned()),
    }
}

/// What the script is given. `options` is what it takes, none where nobody knows.
pub(super) fn arguments(
    axes: &[Axis],
    options: Option<&[ScriptOption]>,
    dialogue: Option<&mut Dialogue<'_>>,
) -> Result<Vec<Argument>, Failure> {
    let Some(options) = options else { return Ok(axes.iter().map(unknown).collect()) };
    let mut chosen = Vec::new();
    for axis in axes {
        let option = named(options, &axis.name).map_err(Failure::Usage)?;
        taken(option, &axis.values).map_err(Failure::Usage)?;
        chosen.push((option, axis.values.clone()));
    }
    match dialogue {
        Some(dialogue) => ask_for_more(options, &mut chosen, dialogue)?,
        None => propose_more(options, &mut chosen)?,
    }
    // In the order of the script's help, which is the one that people know.
    chosen.sort_by_key(|(option, _)| options.iter().position(|known| known.flag == option.flag));
    Ok(chosen.into_iter().map(|(option, values)| known(option, values)).collect())
}

fn unknown(axis: &Axis) -> Argument {
    let flag = if axis.name.starts_with('-') { axis.name.clone() } else { format!("--{}", axis.name) };
    let is_named = axis.values.iter().any(|value| value.starts_with(|c: char| c.is_ascii_digit()));
    Argument { flag, values: axis.values.clone(), is_named }
}

fn known(option: &ScriptOption, values: Vec<String>) -> Argument {
    Argument { flag: option.flag.clone(), values, is_named: option.choices.is_empty() }
}

type Chosen<'o> = (&'o ScriptOption, Vec<String>);

/// The option that a person calls so.
fn named<'o>(options: &'o [ScriptOption], name: &str) -> Result<&'o ScriptOption, String> {
    let with_values = || options.iter().filter(|option| option.takes_value);
    if let Some(found) = with_values().find(|option| option.parameter() == parameter(name)) {
        return Ok(found);
    }
    let flags: Vec<&str> = with_values().map(|option| option.flag.trim_start_matches('-')).collect();
    let hint = match nearest(name.trim_start_matches('-'), flags.iter().copied()) {
        Some(flag) => format!("did you mean `{flag}`?"),
        None if flags.is_empty() => "it takes none with a value".to_owned(),
        None => format!("it takes {}", flags.join(", ")),
    };
    Err(format!("the script has no option `{name}`; {hint}"))
}

/// Refuses what the script would refuse.
fn taken(option: &ScriptOption, values: &[String]) -> Result<(), String> {
    let odd = values.iter().find(|value| !option.choices.is_empty() && !option.choices.contains(value));
    odd.map_or(Ok(()), |odd| Err(format!("`{}` takes {}, and not `{odd}`", option.flag, option.choices.join(", "))))
}

fn is_chosen(chosen: &[Chosen<'_>], option: &ScriptOption) -> bool {
    chosen.iter().any(|(of, _)| of.flag == option.flag)
}

/// Without anybody to ask: all that the script needs, and where no axis was named what it offers.
fn propose_more<'o>(options: &'o [ScriptOption], chosen: &mut Vec<Chosen<'o>>) -> Result<(), Failure> {
    let was_named = !chosen.is_empty();
    for option in options.iter().filter(|option| option.is_required) {
        if is_chosen(chosen, option) {
            continue;
        }
        let values =
            option.proposal().or_else(|| option.default.clone().map(|value| vec![value])).ok_or_else(|| {
                let name = option.flag.trim_start_matches('-');
                Failure::Usage(format!(
                    "the script needs `{}`: say `--axis {name}=VALUE`, or several values",
                    option.flag
                ))
            })?;
        chosen.push((option, values));
    }
    if was_named {
        return Ok(());
    }
    for option in options.iter().filter(|option| !option.is_required) {
        let Some(values) = option.proposal() else { continue };
        let axes = chosen.iter().filter(|(_, values)| values.len() > 1).count();
        let points: usize = chosen.iter().map(|(_, values)| values.len()).product();
        if axes < MOST_AXES && points * values.len() <= MOST_POINTS {
            chosen.push((option, values));
        }
    }
    Ok(())
}

fn ask_for_more<'o>(
    options: &'o [ScriptOption],
    chosen: &mut Vec<Chosen<'o>>,
    dialogue: &mut Dialogue<'_>,
) -> Result<(), Failure> {
    let with_values: Vec<&ScriptOption> = options.iter().filter(|option| option.takes_value).collect();
    if with_values.is_empty() {
        dialogue.say("the script takes no options with values, so it is one simulation");
        return Ok(());
    }
    if chosen.is_empty() {
        dialogue.say("the script takes");
        for option in &with_values {
            dialogue.say(&described(option));
        }
        let mut usual = Vec::new();
        propose_more(options, &mut usual).unwrap_or_default();
        let usual: Vec<&str> = usual.iter().map(|(option, _)| option.flag.trim_start_matches('-')).collect();
        let swept =
            dialogue.ask("which of them to sweep over, with commas; `-` for none", &usual.join(","), |answer| {
                let names = if answer == "-" { Vec::new() } else { values_of(answer) };
                names.iter().map(|name| named(options, name)).collect::<Result<Vec<_>, _>>()
            })?;
        for option in swept {
            if !is_chosen(chosen, option) {
                let values = ask_values(option, "values of", dialogue)?;
                chosen.push((option, values));
            }
        }
    }
    for option in with_values.into_iter().filter(|option| option.is_required) {
        if !is_chosen(chosen, option) {
            let values = ask_values(option, "the script needs", dialogue)?;
            chosen.push((option, values));
        }
    }
    Ok(())
}

fn ask_values(option: &ScriptOption, what: &str, dialogue: &mut Dialogue<'_>) -> Result<Vec<String>, Failure> {
    let usual = option.proposal().unwrap_or_default();
    let example = if option.is_size() && usual.is_empty() { ", such as 256KiB,1MiB" } else { "" };
    dialogue.ask(&format!("{what} {}, with commas{example}", option.flag), &usual.join(","), |answer| {
        let values = values_of(answer);
        if values.is_empty() {
            return Err("name one value or several".to_owned());
        }
        taken(option, &values).map(|()| values)
    })
}

/// An option in one line.
fn described(option: &ScriptOption) -> String {
    let choices = (!option.choices.is_empty()).then(|| option.choices.join(", "));
    let help = (!option.help.is_empty()).then(|| option.help.clone());
    let needed = option.is_required.then(|| "needed".to_owned());
    let told: Vec<String> = [choices, help, needed].into_iter().flatten().collect();
    format!("  {:<18} {}", option.flag, told.join("; ")).trim_end().to_owned()
}

#[cfg(test)]
mod tests;
