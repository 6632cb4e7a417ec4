//! gem5's options, and reading them as Python's `optparse` does: it also takes an abbreviation such as `--outd`, several
//! short options in one word such as `-re`, and a value that is joined to its option or is the next word.

/// What follows an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    Value,
    /// All words that are left.
    Rest,
}

/// Why an option cannot work here, and what to do instead.
pub(super) type Objection = (&'static str, &'static str);

/// An option of gem5: its short form, its long form, what follows it, and what is wrong with it here.
pub(super) struct Known {
    pub(super) short: &'static str,
    pub(super) long: &'static str,
    pub(super) takes: Takes,
    pub(super) objection: Option<Objection>,
}

const fn known(short: &'static str, long: &'static str, takes: Takes, objection: Option<Objection>) -> Known {
    Known { short, long, takes, objection }
}

const ONLY_PRINTS: Option<Objection> = Some(("it prints a text and simulates nothing", "leave it out"));
const STDOUT_IS_KEPT: Option<Objection> = Some(("standard output is already kept in `simout.txt`", "leave it out"));
const STDERR_IS_KEPT: Option<Objection> = Some(("standard error is already kept in `simerr.txt`", "leave it out"));

/// The options of all releases together.
const KNOWN: &[Known] = &[
    known(
        "-d",
        "--outdir",
        Takes::Value,
        Some((
            "every attempt has an output directory of its own",
            "leave it out; set `outdir:` for the whole experiment",
        )),
    ),
    known("-r", "--redirect-stdout", Takes::Nothing, STDOUT_IS_KEPT),
    known("-e", "--redirect-stderr", Takes::Nothing, STDERR_IS_KEPT),
    known("", "--stdout-file", Takes::Value, STDOUT_IS_KEPT),
    known("", "--stderr-file", Takes::Value, STDERR_IS_KEPT),
    known("", "--silent-redirect", Takes::Nothing, None),
    known(
        "-i",
        "--interactive",
        Takes::Nothing,
        Some(("it waits for a keyboard, and there is none", "run gem5 by hand for an interactive session")),
    ),
    known(
        "",
        "--pdb",
        Takes::Nothing,
        Some(("it waits for a keyboard, and there is none", "run gem5 by hand to debug a script")),
    ),
    known(
        "-B",
        "--build-info",
        Takes::Nothing,
        Some(("it prints build facts and simulates nothing", "leave it out; `gem5-tui show` tells the build")),
    ),
    known("-C", "--copyright", Takes::Nothing, ONLY_PRINTS),
    known("-R", "--readme", Takes::Nothing, ONLY_PRINTS),
    known("-h", "--help", Takes::Nothing, ONLY_PRINTS),
    known("", "--version", Takes::Nothing, ONLY_PRINTS),
    known("", "--stats-help", Takes::Nothing, ONLY_PRINTS),
    known("", "--debug-help", Takes::Nothing, ONLY_PRINTS),
    known("", "--list-sim-objects", Takes::Nothing, ONLY_PRINTS),
    known(
        "-q",
        "--quiet",
        Takes::Nothing,
        Some(("it drops the banner, which tells the version of gem5", "leave it out")),
    ),
    known(
        "",
        "--debug-break",
        Takes::Value,
        Some(("it stops the process for a debugger", "run gem5 by hand under a debugger")),
    ),
    known(
        "-c",
        "",
        Takes::Rest,
        Some(("it replaces the script", "name the script with `script:` or a function with `target:`")),
    ),
    known("-m", "", Takes::Rest, Some(("it replaces the script", "name the script with `script:`"))),
    known("-p", "--path", Takes::Value, None),
    known("-v", "--verbose", Takes::Nothing, None),
    known("-P", "", Takes::Nothing, None),
    known("-s", "", Takes::Nothing, None),
    known("", "--listener-mode", Takes::Value, None),
    known("", "--listener-loopback-only", Takes::Nothing, None),
    known("", "--allow-remote-connections", Takes::Nothing, None),
    known("", "--stats-file", Takes::Value, None),
    known("", "--stats-root", Takes::Value, None),
    known("", "--dump-config", Takes::Value, None),
    known("", "--json-config", Takes::Value, None),
    known("", "--dot-config", Takes::Value, None),
    known("", "--dot-dvfs-config", Takes::Value, None),
    known("", "--debug-flags", Takes::Value, None),
    known("", "--debug-start", Takes::Value, None),
    known("", "--debug-end", Takes::Value, None),
    known("", "--debug-start-sn", Takes::Value, None),
    known("", "--debug-end-sn", Takes::Value, None),
    known("", "--debug-activate", Takes::Value, None),
    known("", "--debug-ignore", Takes::Value, None),
    known("", "--debug-file", Takes::Value, None),
    known("", "--remote-gdb-port", Takes::Value, None),
    known("", "--show-exit-event-messages", Takes::Nothing, None),
];

impl Known {
    pub(super) fn name(&self) -> &'static str {
        if self.long.is_empty() { self.short } else { self.long }
    }
}

/// One thing that the parser found.
pub(super) struct Found<'a> {
    /// The place of the word that it is in.
    pub(super) index: usize,
    pub(super) what: What<'a>,
}

pub(super) enum What<'a> {
    /// An option with its value, if it has one.
    Option(&'static Known, Option<&'a str>),
    /// An abbreviation of more than one option, one of which is this.
    Ambiguous(&'static Known),
    /// A word that gem5 would take as the script. Nothing after it is an option.
    Script(&'a str),
    /// An option that no release up to 25 has.
    Unknown,
}

/// Reads the words as `optparse` does.
pub(super) fn parse(args: &[String]) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let mut index = 0;
    while let Some(word) = args.get(index).map(String::as_str) {
        let here = index;
        index += 1;
        let next = |index: &mut usize| {
            *index += 1;
            args.get(*index - 1).map(String::as_str)
        };
        let is_option = word.len() > 1 && word.starts_with('-') && word != "--";
        if !is_option {
            found.push(Found { index: here, what: What::Script(word) });
            break;
        }
        let mut push = |what| found.push(Found { index: here, what });
        if word.starts_with("--") {
            let (name, joined) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
            match long_option(name) {
                What::Option(known, _) if known.takes == Takes::Value => {
                    push(What::Option(known, joined.or_else(|| next(&mut index))));
                }
                What::Unknown => {
                    push(What::Unknown);
                    // What follows may be its value, or the script. Unknown is not refused.
                    if joined.is_none() && args.get(index).is_some_and(|word| !word.starts_with('-')) {
                        index += 1;
                    }
                }
                other => push(other),
            }
            continue;
        }
        for (at, letter) in word.char_indices().skip(1) {
            let Some(known) = KNOWN.iter().find(|known| known.short.chars().nth(1) == Some(letter)) else {
                push(What::Unknown);
                break;
            };
            let rest = Some(&word[at + letter.len_utf8()..]).filter(|rest| !rest.is_empty());
            match known.takes {
                Takes::Nothing => push(What::Option(known, None)),
                Takes::Value => {
                    push(What::Option(known, rest.or_else(|| next(&mut index))));
                    break;
                }
                Takes::Rest => {
                    push(What::Option(known, rest));
                    return found;
                }
            }
        }
    }
    found
}

/// The option called `name`, or that `name` abbreviates.
fn long_option<'a>(name: &str) -> What<'a> {
    if let Some(known) = KNOWN.iter().find(|known| known.long == name) {
        return What::Option(known, None);
    }
    let candidates: Vec<&Known> = KNOWN.iter().filter(|known| known.long.starts_with(name)).collect();
    match candidates.as_slice() {
        [] => What::Unknown,
        [only] => What::Option(only, None),
        // Which of them a release has is not known here. One that is refused may be meant.
        several => several
            .iter()
            .find(|known| known.objection.is_some())
            .map_or(What::Option(several[0], None), |known| What::Ambiguous(known)),
    }
}
