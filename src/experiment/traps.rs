//! Arguments that are what was written and most likely not what was meant. They are told and not refused: a script may want them.

use super::expression::Expression;
use super::model::{Argument, At, Entry, Given};
use super::problem::{Problem, Problems};
use super::template::Template;
use super::value::Value;
use super::yaml::{NodeId, ScalarKind, brief, quoted_item};

/// Options that only gem5 itself has (`src/python/m5/main.py`), and none of the scripts that come with it.
const OPTIONS_OF_GEM5: [&str; 11] = [
    "--debug-flags",
    "--debug-start",
    "--debug-end",
    "--debug-file",
    "--stats-file",
    "--listener-mode",
    "--dump-config",
    "--json-config",
    "--dot-config",
    "--redirect-stdout",
    "--redirect-stderr",
];

/// Warns of what looks wrong in the arguments of a script. A function may be given any text.
pub(super) fn warn(entry: &Entry, problems: &mut Problems) {
    warn_of_constants(entry, problems);
    if entry.target.is_some() {
        return;
    }
    let constants = entry.with.iter().flatten().map(|(name, _)| name.value.as_str());
    let parameters: Vec<&str> = entry.axes().map(|axis| axis.name.value.as_str()).chain(constants).collect();
    for At { value, at } in entry.step().into_iter().flatten() {
        let traps = [of_a_shell(value, *at), without_braces(value, *at, &parameters)];
        traps.into_iter().flatten().for_each(|problem| problems.push(problem));
    }
    for At { value, at } in entry.arguments() {
        if let Argument::One(template) = value {
            let traps = [
                arithmetic_as_text(template, *at),
                several_in_one(template, *at),
                of_gem5(template, *at),
                without_braces(template, *at, &parameters),
            ];
            traps.into_iter().flatten().for_each(|problem| problems.push(problem));
        }
    }
}

/// What gem5 calls the script that it is given (`src/python/m5/main.py`).
const NAME_OF_MAIN: &str = "__m5_main__";

/// Warns of a script that does nothing because it runs under another name than it asks for.
pub(super) fn main_guard(text: &str, at: NodeId) -> Option<Problem> {
    let line = guarded_line(text)?;
    let message = format!("line {line} of the script asks for `__main__` alone, and here its name is `{NAME_OF_MAIN}`");
    let problem = Problem::warning(at, message).label("what stands behind that `if` is left out");
    Some(problem.help("write `if __name__ in ('__m5_main__', '__main__'):`, as for gem5 itself"))
}

/// The line of the `if` that lets a script run under Python's name alone. By the text, so that a string may look like one.
fn guarded_line(text: &str) -> Option<usize> {
    let guards = |line: &str| {
        let is_if = line.strip_prefix("if").is_some_and(|rest| rest.starts_with([' ', '(']));
        is_if && line.contains("__name__") && ["\"__main__\"", "'__main__'"].iter().any(|name| line.contains(name))
    };
    let line = text.lines().position(guards)?;
    (!text.contains(NAME_OF_MAIN)).then_some(line + 1)
}

/// Warns of constants that look like arithmetic and are text.
fn warn_of_constants(entry: &Entry, problems: &mut Problems) {
    let constants = || entry.with.iter().flatten();
    let parameters: Vec<&str> = entry
        .axes()
        .map(|axis| axis.name.value.as_str())
        .chain(constants().map(|(name, _)| name.value.as_str()))
        .collect();
    for (_, given) in constants() {
        if let Given::Made(template) = &given.value
            && let Some(problem) = arithmetic_as_text(template, given.at)
        {
            problems.push(problem);
        }
        let Given::Value(Value::One(scalar)) = &given.value else { continue };
        if scalar.kind != ScalarKind::Text {
            continue;
        }
        let Ok(expression) = Expression::parse(&scalar.text) else { continue };
        let names = expression.names();
        let is_meant =
            !names.is_empty() && expression.lone_name().is_none() && names.iter().all(|name| parameters.contains(name));
        if is_meant {
            let problem = Problem::warning(given.at, format!("`{}` is a text", brief(&scalar.text)));
            problems.push(problem.help(format!("to calculate, write `\"${{{}}}\"`", scalar.text)));
        }
    }
}

/// `${l1}*8` between other text, or `${l1}/2`, stays as it is.
fn arithmetic_as_text(template: &Template, at: NodeId) -> Option<Problem> {
    let text = &template.written().text;
    let (place, _) = text.match_indices("${").find(|(place, _)| {
        let behind = text[*place..].split_once('}').map_or("", |(_, rest)| rest);
        let rest = behind.trim_start_matches(['*', '/', '+']);
        rest.len() < behind.len() && !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit())
    })?;
    let meant = text[place..].replacen("${", "", 1).replacen('}', " ", 1);
    let operator = meant.find(['*', '/', '+'])?;
    let (left, right) = meant.split_at(operator);
    let meant = format!("${{{} {} {}}}", left.trim(), &right[..1], &right[1..]);
    let problem = Problem::warning(at, format!("`{}` is a text, and nothing is calculated", brief(text)));
    Some(problem.help(format!("to calculate, write `{meant}`")))
}

fn several_in_one(template: &Template, at: NodeId) -> Option<Problem> {
    let text = &template.written().text;
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_option = |word: &&str| word.starts_with("--");
    if !text.starts_with('-') || words.iter().skip(1).filter(|word| is_option(word)).count() == 0 {
        return None;
    }
    let items: Vec<String> = words.into_iter().map(quoted_item).collect();
    let problem = Problem::warning(at, "one argument holds several options").label("the script gets it as one word");
    Some(problem.help(format!("write `{}`", items.join(", "))))
}

/// Words that only a shell understands, as items of their own.
const OF_A_SHELL: [&str; 11] = [">", ">>", "<", "|", "||", "&", "&&", ";", "2>", "2>&1", "&>"];

fn of_a_shell(template: &Template, at: NodeId) -> Option<Problem> {
    let text = OF_A_SHELL.iter().find(|word| template.written().text == **word)?;
    let problem = Problem::warning(at, format!("`{text}` means nothing here")).label("no shell reads `run`");
    Some(problem.help("write `run: [sh, -c, \"…\"]` for a line of a shell"))
}

fn of_gem5(template: &Template, at: NodeId) -> Option<Problem> {
    let text = &template.written().text;
    let option = text.split(['=', ' ']).next().filter(|option| OPTIONS_OF_GEM5.contains(option))?;
    let problem = Problem::warning(at, format!("`{option}` is an option of gem5")).label("here the script gets it");
    Some(problem.help(format!("write `gem5_args: [{}]`", quoted_item(text))))
}

fn without_braces(template: &Template, at: NodeId, parameters: &[&str]) -> Option<Problem> {
    let text = &template.written().text;
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let meant = text.match_indices('$').find_map(|(place, _)| {
        let before = text[..place].ends_with('$');
        let rest = &text[place + 1..];
        let name = &rest[..rest.find(|c| !is_of_name(c)).unwrap_or(rest.len())];
        (!before && parameters.contains(&name)).then_some(name)
    })?;
    let problem =
        Problem::warning(at, format!("`${meant}` is passed on as it is")).label(format!("in `{}`", brief(text)));
    Some(problem.help(format!("write `${{{meant}}}` for the parameter, or `$${meant}` for the text")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_runs_under_one_name_only_is_warned_of() {
        for (text, line) in
            [("x = 1\nif __name__ == \"__main__\":\n    run()\n", 2), ("if(__name__=='__main__'): run()", 1)]
        {
            assert_eq!(guarded_line(text), Some(line), "{text}");
        }
        for text in [
            "",
            "run()\n",
            "if __name__ == '__m5_main__' or __name__ == '__main__':\n    run()\n",
            "names = ('__main__', '__m5_main__')\nif __name__ in names: run()\nif __name__ == '__main__': pass",
            "def f():\n    if __name__ == '__main__':\n        pass\nrun()\n",
            "# if __name__ == '__main__':\n",
        ] {
            assert_eq!(guarded_line(text), None, "{text}");
        }
    }
}
