//! gem5's command line, as far as a supervisor must know it.
//!
//! The facts come from gem5's `src/python/m5/main.py` (20.x to 25.x): which options exist, which take a value, and which
//! cannot work under a supervisor. The awkward truth: what gem5 does not take as an option it takes as the script, and
//! everything after it as the script's arguments, so that a stray word among the options runs something else.

mod parse;

use std::path::Path;

use parse::{Found, Objection, What, parse};

/// Something among the options that cannot work under a supervisor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedOption {
    /// Its place in the list that was checked.
    pub index: usize,
    /// The option as gem5 names it, or the word that is no option.
    pub option: String,
    /// Why it cannot work here, in one phrase.
    pub reason: &'static str,
    /// What to do instead.
    pub advice: &'static str,
}

impl std::fmt::Display for RefusedOption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` cannot be among gem5's options: {}; {}", self.option, self.reason, self.advice)
    }
}

/// Options that need a build with tracing. A `.fast` build has none (`_check_tracing` in `main.py`).
const TRACING: &[&str] = &[
    "--debug-flags",
    "--debug-start",
    "--debug-end",
    "--debug-start-sn",
    "--debug-end-sn",
    "--debug-activate",
    "--debug-ignore",
];

/// Options whose value is a file that gem5 writes.
const WRITES_FILE: &[&str] = &["--stats-file", "--debug-file", "--dump-config", "--json-config", "--dot-config"];

/// The first thing in `args` that cannot work under a supervisor, if there is one.
pub(crate) fn refused(args: &[String]) -> Option<RefusedOption> {
    all_refused(args).into_iter().next()
}

/// Everything in `args` that cannot work under a supervisor.
pub(crate) fn all_refused(args: &[String]) -> Vec<RefusedOption> {
    let object = |found: Found<'_>| {
        let (option, (reason, advice)) = match found.what {
            What::Option(known, value) => {
                let objection =
                    known.objection.or_else(|| value.filter(|_| known.long == "--stats-file").and_then(stats_url));
                (known.name(), objection?)
            }
            What::Ambiguous(known) => {
                let reason = "the abbreviation may mean this option, which cannot work here";
                (known.name(), (reason, "write the option that you mean in full"))
            }
            What::Script(word) => {
                let reason = "it is no option, so gem5 would run it in place of the script";
                (word, (reason, "put arguments of the script under `args:`, and join a value to its option with `=`"))
            }
            What::Unknown => return None,
        };
        Some(RefusedOption { index: found.index, option: option.to_owned(), reason, advice })
    };
    parse(args).into_iter().filter_map(object).collect()
}

/// What is wrong with a value of `--stats-file` (`src/python/m5/stats/__init__.py`, `gem5stats.py`).
fn stats_url(value: &str) -> Option<Objection> {
    let (place, query) = value.split_once('?').unwrap_or((value, ""));
    let json = place.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("json://")).map(|_| &place[7..]);
    if json.is_some_and(|path| !path.starts_with('/')) {
        return Some((
            "gem5 opens a relative `json://` path in the working directory, which all simulations share",
            "use stats.txt, or `json://` with an absolute path that differs for every simulation",
        ));
    }
    query
        .contains(';')
        .then_some(("Python 3.10 and later do not split the options of a stats URL at `;`", "separate them with `&`"))
}

/// The places of options that need a build with tracing.
pub(crate) fn tracing_options(args: &[String]) -> Vec<usize> {
    let traces = |found: &Found<'_>| matches!(found.what, What::Option(known, _) if TRACING.contains(&known.long));
    parse(args).iter().filter(|found| traces(found)).map(|found| found.index).collect()
}

/// Whether a build of this name is without tracing: scons calls it `gem5.fast` (`SConstruct`, `TRACING_ON=0`).
pub(crate) fn is_without_tracing(executable: &Path) -> bool {
    executable.extension().is_some_and(|extension| extension == "fast")
}

/// Files outside the output directory that gem5 would write, each with the place of its option. Two simulations that
/// name the same one would destroy each other's.
pub(crate) fn absolute_files(args: &[String]) -> Vec<(usize, String)> {
    let file = |found: &Found<'_>| {
        let What::Option(known, Some(value)) = found.what else { return None };
        if !WRITES_FILE.contains(&known.long) {
            return None;
        }
        let place = value.split_once('?').map_or(value, |(place, _)| place);
        let path = place.split_once("://").map_or(place, |(_, path)| path);
        // A device such as /dev/null is nobody's file.
        (path.starts_with('/') && !path.starts_with("/dev/")).then(|| (found.index, path.to_owned()))
    };
    parse(args).iter().filter_map(file).collect()
}

/// The values that `args` give to the long option `option`, abbreviated or not, in their order.
pub(crate) fn values<'a>(args: &'a [String], option: &str) -> Vec<&'a str> {
    let value = |found: &Found<'a>| match found.what {
        What::Option(known, value) if known.long == option => value,
        _ => None,
    };
    parse(args).iter().filter_map(value).collect()
}

/// Whether `args` name the long option `option`, abbreviated or not.
pub(crate) fn names(args: &[String], option: &str) -> bool {
    parse(args).iter().any(|found| matches!(found.what, What::Option(known, _) if known.long == option))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(args: &[&str]) -> Vec<String> {
        args.iter().map(ToString::to_string).collect()
    }

    fn check(args: &[&str]) -> Vec<String> {
        all_refused(&words(args)).into_iter().map(|refused| refused.option).collect()
    }

    #[test]
    fn options_that_wait_for_a_keyboard_or_steal_the_output_are_refused() {
        for (args, option) in [
            (&["-i"][..], "--interactive"),
            (&["--debug-flags=Cache", "--pdb"], "--pdb"),
            (&["--outdir=x"], "--outdir"),
            (&["-d", "x"], "--outdir"),
            (&["-dx"], "--outdir"),
            (&["-B"], "--build-info"),
            (&["--stdout-file", "x"], "--stdout-file"),
            (&["--debug-break=5"], "--debug-break"),
            (&["--stats-help"], "--stats-help"),
            (&["--list-sim-objects"], "--list-sim-objects"),
            (&["-m", "gem5.utils.multisim", "x.py"], "-m"),
            (&["-cprint(1)"], "-c"),
        ] {
            assert_eq!(check(args), [option], "{args:?}");
        }
    }

    #[test]
    fn short_options_in_one_word_are_each_seen() {
        assert_eq!(check(&["-re"]), ["--redirect-stdout", "--redirect-stderr"]);
        assert_eq!(check(&["-vPi"]), ["--interactive"]);
        assert_eq!(check(&["-vpd", "-pi"]), [""; 0], "what follows `-p` in its word is a path");
    }

    #[test]
    fn an_abbreviation_is_refused_like_the_whole_option() {
        assert_eq!(check(&["--outd", "x"]), ["--outdir"]);
        assert_eq!(check(&["--inter"]), ["--interactive"]);
        assert_eq!(check(&["--build"]), ["--build-info"]);
        // Some releases have only one option that begins so; which, only gem5 knows.
        assert_eq!(check(&["--std=x"]), ["--stdout-file"]);
        assert_eq!(check(&["--debug-st=5", "--debug-fl=Cache"]), [""; 0]);
    }

    #[test]
    fn a_word_that_gem5_would_run_in_place_of_the_script_is_refused() {
        assert_eq!(check(&["--debug-flags=Cache", "run.py", "-i"]), ["run.py"]);
        assert_eq!(check(&["--"]), ["--"]);
        assert_eq!(check(&[""]), [""]);
        assert_eq!(check(&["-"]), ["-"]);
    }

    #[test]
    fn debug_flags_and_their_neighbours_are_allowed() {
        assert_eq!(check(&["--debug-flags=Cache", "--debug-file=trace.out.gz", "--debug-start", "5"]), [""; 0]);
        assert_eq!(check(&["--dot-config=", "-P", "-s", "--listener-mode=on", "-v"]), [""; 0]);
    }

    #[test]
    fn an_option_of_a_later_release_is_left_to_gem5() {
        assert_eq!(check(&["--fancy", "--fancy=5", "--fancy", "value", "-p", "x", "-Z"]), [""; 0]);
        assert_eq!(check(&["--fancy", "value", "-i"]), ["--interactive"]);
    }

    #[test]
    fn a_value_that_looks_like_an_option_is_not_one() {
        assert_eq!(check(&["-p", "-d", "--debug-flags", "-i"]), [""; 0]);
    }

    #[test]
    fn stats_urls_that_clobber_each_other_are_refused() {
        for bad in [
            "--stats-file=json://out.json",
            "--stats-f=JSON://out.json",
            "--stats-file=text://stats.txt?desc=False;spaces=False",
        ] {
            assert_eq!(check(&[bad]), ["--stats-file"], "{bad}");
        }
        assert_eq!(check(&["--stats-file", "json://out.json"]), ["--stats-file"]);
        for good in ["json:///abs/out.json", "a;b.txt", "stats.txt?desc=False&spaces=False", "h5://é.h5", "é"] {
            assert_eq!(check(&["--stats-file", good]), [""; 0], "{good}");
        }
    }

    #[test]
    fn files_that_two_simulations_could_share_are_found() {
        let args = words(&[
            "--stats-file=json:///x/a.json?b=c",
            "--debug-file",
            "/x/trace.gz",
            "--json-config=here.json",
            "--debug-file=/dev/null",
        ]);
        assert_eq!(absolute_files(&args), [(0, "/x/a.json".to_owned()), (1, "/x/trace.gz".to_owned())]);
    }

    #[test]
    fn what_a_build_without_tracing_lacks_is_found() {
        assert_eq!(tracing_options(&words(&["-v", "--debug-flags", "Cache", "--debug-file=x", "--debug-i=y"])), [1, 4]);
        assert!(is_without_tracing(std::path::Path::new("/b/X86/gem5.fast")));
        assert!(!is_without_tracing(std::path::Path::new("/b/fast/gem5.opt")));
    }

    proptest! {
        #[test]
        fn no_words_make_it_panic(args in prop::collection::vec("(--?)?[a-z=é;:/?]{0,12}", 0..6)) {
            let all = all_refused(&args);
            prop_assert!(all.iter().all(|refused| refused.index < args.len()));
            _ = (tracing_options(&args), absolute_files(&args), names(&args, "--path"));
        }
    }
}
