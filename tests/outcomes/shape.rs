//! The stand-in by itself, beside a real gem5: the same files, the same messages in the same order, the same wait status,
//! the same grammar of stats. Numbers differ, of course.
//!
//! The runs of a real gem5 are looked for in the folder that `GEM5_TUI_SAMPLES` names.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use regex::Regex;
use serde_json::Value;

use crate::stage::Stage;

/// A run of a real gem5, and what makes the stand-in end likewise. `OUT` stands for the output directory.
struct Pair<'a> {
    sample: &'a str,
    options: &'a str,
    script: &'a str,
}

const fn pair<'a>(sample: &'a str, options: &'a str, script: &'a str) -> Pair<'a> {
    Pair { sample, options, script }
}

const PAIRS: &[Pair<'static>] = &[
    pair("ok-timing", "", "outcomes.py --mode=ok"),
    pair("limit-ticks", "", "outcomes.py --mode=limit"),
    pair("guest-exit-3", "", "outcomes.py --mode=guest-fails"),
    pair("guest-m5fail", "", "outcomes.py --mode=m5-fail"),
    pair("ok-m5exit", "", "outcomes.py --mode=m5-exit"),
    pair("fatal-config", "", "outcomes.py --mode=fatal"),
    pair("fatal-no-binary", "", "outcomes.py --mode=fatal-no-program"),
    pair("bad-alloc", "", "outcomes.py --mode=no-memory"),
    pair("panic-unmapped", "", "outcomes.py --mode=panic"),
    pair("python-error", "", "outcomes.py --mode=python-error"),
    pair("python-error-after", "", "outcomes.py --mode=python-error-after"),
    pair("exit-3", "", "outcomes.py --mode=exit-3"),
    pair("exit-message", "", "outcomes.py --mode=exit-text"),
    pair("usage-bad-flag", "--debug-flags=Nonsense", "outcomes.py --mode=ok"),
    pair("usage-bad-option", "--no-such-option", "outcomes.py"),
    pair("usage-no-script", "", "nothere.py"),
    pair("checkpoint", "", "outcomes.py --mode=phases"),
    pair("debug-trace", "--debug-flags=Cache --debug-file=trace.out", "outcomes.py --mode=ok"),
    pair("stats-compact", "--stats-file=text://stats.txt?desc=False&spaces=False", "outcomes.py --mode=ok"),
    pair("stats-gz", "--stats-file=stats.txt.gz", "outcomes.py --mode=ok"),
    pair("stats-json", "--stats-file=json://OUT/stats.json", "outcomes.py --mode=ok"),
    pair("multisim-list", "", "multisim.py --list"),
    pair("multisim-unknown-id", "", "multisim.py no-such-id"),
    pair("stdlib-multisim-id", "", "multisim.py l1-16KiB"),
];

/// Files that only one of the two has for a reason: gem5 lists the papers behind what was simulated, and these runs have
/// none; the launcher makes the logs.
const ASIDE: [&str; 3] = ["citations.bib", "simout.txt", "simerr.txt"];

/// What a run left.
struct Left {
    status: String,
    m5out: PathBuf,
    simout: String,
    simerr: String,
}

#[test]
fn the_stand_in_leaves_what_a_real_gem5_leaves() {
    let Some(samples) = std::env::var_os("GEM5_TUI_SAMPLES") else {
        println!("skipped: GEM5_TUI_SAMPLES names no folder with runs of a real gem5");
        return;
    };
    let stage = Stage::new();
    let mut wrong = String::new();
    for pair in PAIRS {
        let real = read_sample(&Path::new(&samples).join(pair.sample));
        let stand_in = run_stand_in(&stage, pair);
        let mut same = |what: &str, ours: &str, theirs: &str| {
            if ours != theirs {
                writeln!(wrong, "{}: {what}:\n-- stand-in\n{ours}\n-- gem5\n{theirs}\n", pair.sample).unwrap();
            }
        };
        same("wait status", &stand_in.status, &real.status);
        same("files", &files(&stand_in.m5out), &files(&real.m5out));
        same("banner", &banner(&stand_in.simout), &banner(&real.simout));
        same("messages on stdout", &messages(&stand_in.simout), &messages(&real.simout));
        same("messages on stderr", &messages(&stand_in.simerr), &messages(&real.simerr));
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_line_of_stats_keeps_the_grammar_that_a_real_gem5_keeps() {
    let stage = Stage::new();
    let mut texts = Vec::new();
    for mode in ["ok", "phases", "limit"] {
        let left =
            run_stand_in(&stage, &Pair { sample: mode, options: "", script: &format!("outcomes.py --mode={mode}") });
        texts.push((format!("stand-in {mode}"), fs::read_to_string(left.m5out.join("stats.txt")).unwrap()));
    }
    if let Some(samples) = std::env::var_os("GEM5_TUI_SAMPLES") {
        for sample in ["ok-timing", "ok-o3", "ok-multi-dump", "sigint"] {
            let path = Path::new(&samples).join(sample).join("m5out/stats.txt");
            texts.push((sample.to_owned(), fs::read_to_string(path).unwrap()));
        }
    }
    let grammar = Grammar::new();
    for (whose, text) in &texts {
        assert!(text.starts_with("\n---------- Begin Simulation Statistics ----------\n"), "{whose}");
        assert!(text.ends_with("\n---------- End Simulation Statistics   ----------\n"), "{whose}");
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("----------")) {
            assert_eq!(grammar.written_again(line).as_deref(), Some(line), "{whose}");
        }
    }
}

/// The columns of `src/base/stats/text.cc`.
struct Grammar {
    line: Regex,
    numbers: Regex,
}

impl Grammar {
    fn new() -> Self {
        let numbers = r" *(?<value>nan|-?inf|-?\d+(?:\.\d+)?)(?: +(?<pdf>\d+\.\d\d%) +(?<cdf>\d+\.\d\d%))? *";
        Self {
            line: Regex::new(r"^(?<name>[A-Za-z_][\w.]*(?:::\S+)?) (?<numbers>[^#]*)(?<rest># .* \(.+\))$").unwrap(),
            numbers: Regex::new(&format!("^{numbers}$")).unwrap(),
        }
    }

    /// The line as gem5 would write what it says, if it says anything.
    fn written_again(&self, line: &str) -> Option<String> {
        let parts = self.line.captures(line)?;
        let (name, rest) = (&parts["name"], &parts["rest"]);
        let numbers = parts["numbers"].trim_start();
        let mut text = format!("{name:<40} ");
        if let Some(buckets) = numbers.strip_prefix('|') {
            for bucket in buckets.split('|') {
                write!(text, "|{} ", self.columns(bucket)?).unwrap();
            }
        } else {
            write!(text, "{} ", self.columns(numbers)?).unwrap();
        }
        Some(text + rest)
    }

    fn columns(&self, text: &str) -> Option<String> {
        let parts = self.numbers.captures(text)?;
        let share = |name: &str| parts.name(name).map_or("", |share| share.as_str()).to_owned();
        Some(format!("{:>12} {:>10} {:>10}", &parts["value"], share("pdf"), share("cdf")))
    }
}

#[test]
fn every_form_of_stats_occurs_in_the_stand_in() {
    let stage = Stage::new();
    let read = |mode: &'static str, script| {
        let left = run_stand_in(&stage, &Pair { sample: mode, options: "", script });
        fs::read_to_string(left.m5out.join("stats.txt")).unwrap()
    };
    let whole = read("whole", "outcomes.py --mode=ok");
    let forms = [
        ("a vector with a total", r"overallMisses::total +\d+ "),
        ("a 2d vector", r"requestorBankReads_cpu\.data::3 +\d+ "),
        ("a distribution", r"readLatencyDist::overflows +\d+ +\d+\.\d\d% +\d+\.\d\d% "),
        ("a histogram", r"bytesPerActivate::1024-1151 +\d+ +"),
        ("a histogram on one line", r"missLatencyHist +\|( +\d+ +[\d.]+% +[\d.]+% \|)+"),
        ("a sparse histogram", r"accessesPerActivate::16 +\d+ +[\d.]+% "),
        ("not a number", r"avgBlocked::no_mshrs +nan "),
        ("infinity", r"readsPerWrite +inf "),
    ];
    for (form, pattern) in forms {
        assert!(Regex::new(pattern).unwrap().is_match(&whole), "{form}");
    }
    // In the region of interest of this one the second-level cache never misses.
    let vanishing = "system.l2.overallMisses::total";
    assert!(whole.contains(vanishing) && !read("part", "outcomes.py --mode=phases").contains(vanishing));
}

fn read_sample(dir: &Path) -> Left {
    let status: Value = serde_json::from_str(&fs::read_to_string(dir.join("status.json")).unwrap()).unwrap();
    let m5out = dir.join("m5out");
    let log = |name: &str| String::from_utf8_lossy(&fs::read(m5out.join(name)).unwrap()).into_owned();
    Left { status: status.to_string(), simout: log("simout.txt"), simerr: log("simerr.txt"), m5out }
}

fn run_stand_in(stage: &Stage, pair: &Pair<'_>) -> Left {
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    let m5out = stage.path(pair.sample).join("m5out");
    let options = pair.options.replace("OUT", m5out.to_str().unwrap());
    let (script, rest) = pair.script.split_once(' ').unwrap_or((pair.script, ""));
    let mut command = stand_in(stage, &m5out);
    command.args(options.split_whitespace()).arg(configs.join(script)).args(rest.split_whitespace());
    let status = command.status().unwrap();
    let log = |name: &str| fs::read_to_string(m5out.join(name)).unwrap();
    Left { status: wait_status(status), simout: log("simout.txt"), simerr: log("simerr.txt"), m5out }
}

/// A command for the stand-in with both logs in its output directory.
pub(crate) fn stand_in(stage: &Stage, m5out: &Path) -> Command {
    fs::create_dir_all(m5out).unwrap();
    let log = |name: &str| fs::File::create(m5out.join(name)).unwrap();
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/standin/gem5-standin"));
    stage.surround(&mut command);
    command
        .arg(format!("--outdir={}", m5out.display()))
        .arg("--listener-mode=off")
        .stdout(log("simout.txt"))
        .stderr(log("simerr.txt"))
        .env("PYTHONUNBUFFERED", "1");
    command
}

/// As in `status.json`.
fn wait_status(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!(r#"{{"exit_code":{code}}}"#),
        (None, Some(number)) => {
            let name = nix::sys::signal::Signal::try_from(number).unwrap();
            format!(r#"{{"signal":"{name}"}}"#)
        }
        (None, None) => "neither a code nor a signal".to_owned(),
    }
}

/// The names of all files and directories, one a line, ticks as `N`.
fn files(m5out: &Path) -> String {
    let mut names = BTreeSet::new();
    let mut folders = vec![m5out.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(m5out).unwrap().to_str().unwrap();
            if !ASIDE.iter().any(|aside| name.ends_with(aside)) {
                names.insert(ticks(name));
            }
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    names.into_iter().collect::<Vec<_>>().join("\n")
}

fn ticks(name: &str) -> String {
    Regex::new(r"^cpt\.\d+").unwrap().replace(name, "cpt.N").into_owned()
}

/// The lines up to the command line, with what differs from run to run replaced.
fn banner(simout: &str) -> String {
    let varying = [
        (r"-standin", ""),
        (r"compiled .*", "compiled"),
        (r"started .*", "started"),
        (r"executing on .*, pid \d+", "executing"),
        (r"command line: .*", "command line"),
    ];
    let end = simout.find("command line").map_or(0, |start| start + "command line:".len());
    let mut text = simout.get(..end).unwrap().to_owned();
    for (pattern, name) in varying {
        text = Regex::new(pattern).unwrap().replace_all(&text, name).into_owned();
    }
    text
}

/// What tells a supervisor how a run ends, in order: the wording that gem5 fixes, without the wording of the case.
fn messages(log: &str) -> String {
    let fixed = Regex::new(concat!(
        r"^(\S+\.cc:\d+: )?(?P<kind>fatal:|panic:)|^Memory Usage: \d+ KBytes|^Program aborted at tick \d+$",
        r"|^--- (BEGIN|END) LIBC BACKTRACE ---$|^terminate called .*|^  what\(\): .*",
        r"|^For more info on how to address this issue.*|^mmap: .*|^invalid debug flag '.*'$|^\S+: error: .*",
        r"|^Exiting @ tick \d+ because .*|^Simulated exit code not 0! Exit code is \d+$|^Script .* not found$",
        r"|^Usage$|^At:$|^  src/python/m5/main\.py|^\w+Error: .*|^Writing checkpoint$|^Global frequency set.*",
        r"|info: Entering event queue @ \d+\.  Starting simulation\.\.\.$",
    ))
    .unwrap();
    let numbers = Regex::new(r"\d+").unwrap();
    let own_words = Regex::new(r"gem5\.opt|gem5-standin|/\S*/").unwrap();
    let mut kept: Vec<String> = Vec::new();
    for found in log.lines().filter_map(|line| fixed.captures(line)) {
        let text = match found.name("kind") {
            Some(kind) => format!("{}{}", if found.get(1).is_some() { "PLACE " } else { "" }, kind.as_str()),
            None => found[0].to_owned(),
        };
        let text = own_words.replace_all(&text, "");
        let text = numbers.replace_all(&text, "N").into_owned();
        // How often the script enters the event queue is its own affair.
        if kept.last() != Some(&text) {
            kept.push(text);
        }
    }
    kept.join("\n")
}
