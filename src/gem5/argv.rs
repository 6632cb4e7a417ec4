//! gem5's command line, as far as a supervisor must know it.
//!
//! The facts come from gem5's `src/python/m5/main.py` (20.x to 25.x): which options cannot work under a supervisor,
//! and which take the next word as their value.

/// An option that cannot work under a supervisor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedOption {
    /// Its place in the list that was checked.
    pub index: usize,
    /// The option as gem5 names it.
    pub option: &'static str,
    /// Why it cannot work here, in one phrase.
    pub reason: &'static str,
    /// What to do instead.
    pub advice: &'static str,
}

/// One refused option: its short form, its long form, why, and what to do instead.
type Refusal = (&'static str, &'static str, &'static str, &'static str);

const REFUSED: &[Refusal] = &[
    (
        "-d",
        "--outdir",
        "every attempt has an output directory of its own",
        "leave it out; set `outdir:` for the whole experiment",
    ),
    ("-r", "--redirect-stdout", "standard output is already kept in `simout.txt`", "leave it out"),
    ("-e", "--redirect-stderr", "standard error is already kept in `simerr.txt`", "leave it out"),
    ("", "--stdout-file", "standard output is already kept in `simout.txt`", "leave it out"),
    ("", "--stderr-file", "standard error is already kept in `simerr.txt`", "leave it out"),
    (
        "-i",
        "--interactive",
        "it waits for a keyboard, and there is none",
        "run gem5 by hand for an interactive session",
    ),
    ("", "--pdb", "it waits for a keyboard, and there is none", "run gem5 by hand to debug a script"),
    ("-B", "--build-info", "it prints build facts and simulates nothing", "leave it out"),
    ("-C", "--copyright", "it prints a text and simulates nothing", "leave it out"),
    ("-R", "--readme", "it prints a text and simulates nothing", "leave it out"),
    ("-h", "--help", "it prints a text and simulates nothing", "leave it out"),
    ("", "--version", "it prints a text and simulates nothing", "leave it out"),
    ("", "--debug-help", "it prints a text and simulates nothing", "leave it out"),
    ("", "--list-sim-objects", "it prints a text and simulates nothing", "leave it out"),
    ("-q", "--quiet", "it drops the banner, which tells the version of gem5", "leave it out"),
    ("", "--debug-break", "it stops the process for a debugger", "run gem5 by hand under a debugger"),
    ("-c", "", "it replaces the script", "name the script with `script:` or a function with `target:`"),
    ("-m", "", "it replaces the script", "name the script with `script:`"),
];

/// Options whose value is the next word when it is not joined with `=`.
const TAKES_VALUE: &[&str] = &[
    "-p",
    "--path",
    "-t",
    "--listener-mode",
    "--stats-file",
    "--stats-root",
    "--dump-config",
    "--json-config",
    "--dot-config",
    "--dot-dvfs-config",
    "--debug-flags",
    "--debug-start",
    "--debug-end",
    "--debug-file",
    "--debug-ignore",
    "--debug-activate",
    "--remote-gdb-port",
];

/// The first option in `args` that cannot work under a supervisor, if there is one.
pub fn refused(args: &[String]) -> Option<RefusedOption> {
    let mut value_follows = false;
    for (index, arg) in args.iter().enumerate() {
        if std::mem::take(&mut value_follows) {
            continue;
        }
        if let Some(found) = refused_option(index, arg) {
            return Some(found);
        }
        value_follows = TAKES_VALUE.contains(&arg.as_str());
    }
    None
}

fn refused_option(index: usize, arg: &str) -> Option<RefusedOption> {
    let found = |&(short, long, reason, advice): &Refusal| {
        let is_short = !short.is_empty() && arg.starts_with(short) && !arg.starts_with("--");
        let is_long = !long.is_empty() && arg.split('=').next() == Some(long);
        let option = if is_long { long } else { short };
        (is_short || is_long).then_some(RefusedOption { index, option, reason, advice })
    };
    if let Some(refused) = REFUSED.iter().find_map(found) {
        return Some(refused);
    }
    if arg.starts_with("--stats-file") && arg.contains("json://") && !arg.contains("json:///") {
        return Some(RefusedOption {
            index,
            option: "--stats-file",
            reason: "gem5 opens a relative `json://` path in the working directory, which all simulations share",
            advice: "use stats.txt, or `json://` with an absolute path that differs for every simulation",
        });
    }
    if arg.starts_with("--stats-file") && arg.contains(';') {
        return Some(RefusedOption {
            index,
            option: "--stats-file",
            reason: "Python 3.10 and later do not split the options of a stats URL at `;`",
            advice: "separate them with `&`",
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(args: &[&str]) -> Option<&'static str> {
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        refused(&args).map(|r| r.option)
    }

    #[test]
    fn options_that_wait_for_a_keyboard_or_steal_the_output_are_refused() {
        assert_eq!(check(&["-i"]), Some("-i"));
        assert_eq!(check(&["--debug-flags=Cache", "--pdb"]), Some("--pdb"));
        assert_eq!(check(&["--outdir=x"]), Some("--outdir"));
        assert_eq!(check(&["-dx"]), Some("-d"));
        assert_eq!(check(&["-re"]), Some("-r"));
        assert_eq!(check(&["-B"]), Some("-B"));
    }

    #[test]
    fn debug_flags_and_their_neighbours_are_allowed() {
        assert_eq!(check(&["--debug-flags=Cache", "--debug-file=trace.out.gz", "--debug-start=5"]), None);
        assert_eq!(check(&["--dot-config=", "-P", "-s", "--listener-mode=on"]), None);
    }

    #[test]
    fn a_value_that_looks_like_an_option_is_not_one() {
        assert_eq!(check(&["-p", "-d", "--debug-flags", "-i"]), None);
    }

    #[test]
    fn stats_urls_that_clobber_each_other_are_refused() {
        assert_eq!(check(&["--stats-file=json://out.json"]), Some("--stats-file"));
        assert_eq!(check(&["--stats-file=json:///abs/out.json"]), None);
        assert_eq!(check(&["--stats-file=text://stats.txt?desc=False;spaces=False"]), Some("--stats-file"));
    }
}
