//! What strangers write reaches no terminal: not through the dashboard, not through a verb, not after the end.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::process::Command;

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::record::Spec;

use crate::escapes::{CORPUS, corpus_text, flaw_in_drawing, flaw_in_json, flaw_in_text};
use crate::pty::Terminal;
use crate::stage::{Stage, WAIT, json_lines, wait_for};

/// Says every line of the corpus on both streams, and once its gate is open dies of an exception that says them all.
const TALK: &str = r#"here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "corpus"), "rb") as file:
    corpus = file.read().split(b"\n")
for number, line in enumerate(corpus):
    for stream in 1, 2:
        os.write(stream, b"mark %d <" % number + line + b"> end\n")
open(os.path.join(here, "said"), "w").close()
wait(os.path.join(here, "gate"))
raise RuntimeError("why " + b" ".join(corpus).decode("utf-8", "surrogateescape"))
"#;

/// A function that raises what it is given.
const WORDS: &str = "def shout(words):\n    raise ValueError('raised ' + words)\n";

/// A directory, a file and an experiment directory with names that a terminal would obey.
const DIRECTORY: &str = "d\u{1b}]0;owned\u{7}\u{9b}6n\u{202e}";
const FILE: &str = "e\u{1b}[2J\u{1b}c\u{9d}0;x\u{7}.yaml";
const OUTDIR: &str = "o\u{1b}]52;c;aGk=\u{7}\u{1b}[6n";

/// An experiment in which everything that may be hostile is.
struct Hostile {
    stage: Stage,
    directory: PathBuf,
}

impl Hostile {
    fn new() -> Self {
        let stage = Stage::new();
        let directory = stage.path(DIRECTORY);
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("talk.py"), WAIT.to_owned() + TALK).unwrap();
        fs::write(directory.join("words.py"), WORDS).unwrap();
        // Newlines divide; no line of the corpus holds one.
        fs::write(directory.join("corpus"), CORPUS.join(&b'\n')).unwrap();
        let all = quoted(&corpus_text().collect::<Vec<_>>().join(" "));
        let yaml = format!(
            "name: hostile\ngem5: python3\noutdir: {outdir}\ndefaults: {{gem5_args: [-S, -E], grace: 1s}}\nsimulations:\n\
             \x20 - name: talk\n    script: talk.py\n    args: [\"${{words}}\", {all}]\n    env: {{WORDS: {all}}}\n\
             \x20   matrix: {{words: [{all}]}}\n\
             \x20 - {{name: call, target: 'words:shout', args: [{all}]}}\n",
            outdir = quoted(OUTDIR),
        );
        fs::write(directory.join(FILE), yaml).unwrap();
        Self { stage, directory }
    }

    /// The program, in the hostile directory.
    fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = self.stage.command("");
        command.args(args).current_dir(&self.directory);
        command
    }

    /// A verb with the experiment file, by its whole path.
    fn verb(&self, words: &str) -> Command {
        let mut args: Vec<OsString> = words.split(' ').map(OsString::from).collect();
        args.insert(1, self.directory.join(FILE).into_os_string());
        self.command(&args)
    }

    fn attempt(&self, name: &str) -> PathBuf {
        self.directory.join(OUTDIR).join(name).join("attempt-1")
    }

    /// Files, stats and a console in the output of the first simulation, named and filled by somebody hostile.
    fn plant(&self) {
        let m5out = self.attempt("talk").join("m5out");
        for bytes in CORPUS.iter().filter(|bytes| !bytes.contains(&b'/')) {
            fs::write(m5out.join(OsStr::from_bytes(&[b"f-", *bytes].concat())), "").unwrap();
        }
        let mut stats = b"\n---------- Begin Simulation Statistics ----------\n".to_vec();
        for (number, bytes) in CORPUS.iter().enumerate() {
            let line = [b"system.s", *bytes, format!("{number} {number} # unit ").as_bytes(), *bytes, b"\n"].concat();
            stats.extend_from_slice(&line);
        }
        stats.extend_from_slice(b"simTicks 5 # ticks\n\n---------- End Simulation Statistics   ----------\n");
        fs::write(m5out.join("stats.txt"), stats).unwrap();
        fs::write(m5out.join("system.terminal"), CORPUS.join(&b'\n')).unwrap();
    }

    fn open(&self) {
        fs::write(self.directory.join("gate"), "").unwrap();
    }
}

/// A scalar of YAML with everything unusual as an escape.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => _ = write!(quoted, "\\{c}"),
            ' '..='~' => quoted.push(c),
            _ => _ = write!(quoted, "\\U{:08x}", u32::from(c)),
        }
    }
    quoted.push('"');
    quoted
}

/// Runs a command and checks all that it prints. What it printed, with the code.
#[track_caller]
fn checked(command: Command) -> (Option<i32>, String) {
    let shown = format!("{:?}", command.get_args().collect::<Vec<_>>());
    let json = command.get_args().any(|arg| arg == "--json");
    let output = finished(command);
    let flaw = if json { flaw_in_json(&output.stdout) } else { flaw_in_text(&output.stdout) };
    assert_eq!(flaw, None, "standard output of {shown}");
    assert_eq!(flaw_in_text(&output.stderr), None, "standard error of {shown}");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

fn finished(mut command: Command) -> std::process::Output {
    command.output().unwrap()
}

#[test]
fn f41_no_verb_lets_a_hostile_byte_through() {
    let lab = Hostile::new();
    let (code, plan) = checked(lab.verb("plan"));
    assert!(code == Some(0) && plan.contains("talk") && plan.contains("\\u{9b}"), "{plan}");
    checked(lab.verb("plan --json"));

    // A run, with the transitions that it prints and the causes of both ends.
    let run = std::thread::scope(|scope| {
        let run = scope.spawn(|| checked(lab.verb("run")));
        wait_for("the talk", || lab.directory.join("said").exists().then_some(()));
        lab.plant();
        lab.open();
        run.join().unwrap()
    });
    assert_eq!(run.0, Some(1), "{}", run.1);
    assert!(run.1.contains("RuntimeError: why") && run.1.contains("ValueError: raised"), "{}", run.1);

    for verb in [
        "status",
        "logs talk",
        "logs talk --stderr",
        "logs call --stderr",
        "show talk",
        "show talk --repro",
        "show call",
        "stats --watch=*",
        "status --json",
        "show talk --json",
        "stats --json --watch=*",
    ] {
        let (code, said) = checked(lab.verb(verb));
        assert!(matches!(code, Some(0 | 1)) && said.len() > 10, "{verb}: {said}");
    }
    for json in [&["--json"][..], &[]] {
        let attempt = lab.attempt("talk").into_os_string();
        let args: Vec<OsString> =
            [OsString::from("inspect"), attempt].into_iter().chain(json.iter().map(OsString::from)).collect();
        checked(lab.command(&args));
    }
    let (_, logs) = checked(lab.verb("logs talk"));
    let numbers =
        |line: &str| line.strip_prefix("mark ").map(|rest| rest.chars().take_while(char::is_ascii_digit).collect());
    let of_the_log = logs.lines().filter(|line| !line.starts_with("note: "));
    let lines: Vec<Option<String>> = of_the_log.map(numbers).collect();
    assert_eq!(lines, (0..CORPUS.len()).map(|number| Some(number.to_string())).collect::<Vec<_>>(), "{logs}");
    // What was done is kept as it was: the log itself, the arguments, and the cause in JSON.
    let simout = fs::read(lab.attempt("talk").join("m5out/simout.txt")).unwrap();
    for bytes in CORPUS {
        assert!(simout.windows(bytes.len()).any(|window| window == *bytes), "{bytes:?} is not in the log");
    }
    let all = corpus_text().collect::<Vec<_>>().join(" ");
    let spec: Spec = read_json(&lab.attempt("talk").join("spec.json")).unwrap().unwrap();
    assert_eq!(spec.argv[spec.argv.len() - 2..], [all.clone(), all.clone()]);
    let (_, status) = checked(lab.verb("status --json"));
    let reasons =
        json_lines(&status).iter().filter_map(|line| line["reason"].as_str().map(str::to_owned)).collect::<String>();
    assert!(reasons.contains("\u{1b}]0;owned\u{7}") && reasons.contains('\u{202e}'), "{reasons:?}");
    checked(lab.verb("run --json"));
    // The log of the engine is read with pagers and `cat`.
    let journal = fs::read(lab.directory.join(OUTDIR).join("engine.log")).unwrap();
    assert_eq!(flaw_in_text(&journal), None);
    assert!(String::from_utf8(journal).unwrap().contains("talk"));
}

#[test]
fn f41_no_complaint_about_an_experiment_or_a_command_line_is_obeyed() {
    let lab = Hostile::new();
    for text in corpus_text() {
        let word = quoted(text);
        // Names are refused, keys are quoted, values are told with the line that they stand in.
        for (number, yaml) in [
            format!("name: {word}\ngem5: python3\nsimulations: []\n"),
            format!("{word}: 1\n"),
            format!(
                "name: a\ngem5: {word}\nsimulations:\n  - {{name: {word}, script: {word}, args: [\"${{{text}}}\"]}}\n"
            ),
            format!(
                "name: a\ngem5: python3\nsimulations:\n  - {{name: b, script: talk.py, goal: {word}, {word}: 2}}\n"
            ),
            format!("name: a # {text}\n  {text}: [\n"),
        ]
        .into_iter()
        .enumerate()
        {
            let path = lab.directory.join(format!("bad-{number}.yaml"));
            fs::write(&path, yaml).unwrap();
            // All verbs read files in one way, so all of them are tried on a part of the corpus only.
            let all: &[&str] = &["plan", "run", "cancel", "status"];
            for verb in if text.len() > 20 { all } else { &all[..1] } {
                let (code, said) = checked(lab.command(&[OsStr::new(verb), path.as_os_str()]));
                assert!(code == Some(2) && said.contains("error: "), "{text:?}: {said}");
            }
        }
    }
    for bytes in CORPUS {
        let word = OsStr::from_bytes(bytes).to_owned();
        let option = OsString::from_vec([b"--o", *bytes].concat());
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        for args in [
            vec![word.clone()],
            vec![option.clone()],
            [words(&["status"]), vec![word.clone()]].concat(),
            [words(&["plan", "x.yaml"]), vec![word.clone()]].concat(),
            [words(&["plan", "x.yaml", "-j"]), vec![word.clone()]].concat(),
            [words(&["logs", FILE]), vec![word.clone()]].concat(),
            [words(&["cancel", FILE]), vec![word.clone()]].concat(),
            [words(&["help"]), vec![word.clone()]].concat(),
            [words(&["run", "x.yaml"]), vec![option]].concat(),
            [words(&["inspect"]), vec![word]].concat(),
        ] {
            let (code, said) = checked(lab.command(&args));
            assert!(matches!(code, Some(1 | 2)) && said.contains("error: "), "{args:?}: {code:?} {said}");
        }
    }
    // What is asked for is told on standard output, and that is no error.
    let (code, help) = checked(lab.command(&["--help"]));
    assert!(code == Some(0) && help.contains("Usage: gem5-tui") && help.contains("reset-term"), "{help}");
    let (code, version) = checked(lab.command(&["--version"]));
    assert_eq!((code, version), (Some(0), format!("gem5-tui {}\n", env!("CARGO_PKG_VERSION"))));
    let (code, usage) = checked(lab.command::<&str>(&[]));
    assert!(code == Some(2) && usage.contains("Usage: gem5-tui"), "{usage}");
}

/// Keys whose effect looks like nothing in particular: a frame must have been drawn before the next is pressed, be it for the key or not.
fn walk(terminal: &mut Terminal, keys: &[&str]) {
    for key in keys {
        let frames = |terminal: &Terminal| terminal.raw().windows(8).filter(|bytes| *bytes == b"\x1b[?2026l").count();
        let drawn = frames(terminal);
        terminal.press(key);
        wait_for(&format!("a frame after {key:?}"), || (frames(terminal) > drawn).then_some(()));
    }
}

/// What somebody may have in the clipboard, without what would end the paste.
fn pasted() -> String {
    corpus_text().filter(|text| !text.contains("\u{1b}[")).collect()
}

#[test]
fn f41_the_dashboard_draws_and_does_nothing_else() {
    let lab = Hostile::new();
    let file = lab.directory.join(FILE).into_os_string();
    let mut terminal = Terminal::start(&lab.command(&[file, "--start".into()]), 200, 70);
    terminal.shows_line(&["running", "talk"]);
    wait_for("the talk", || lab.directory.join("said").exists().then_some(()));
    lab.plant();
    walk(&mut terminal, &["G"]);
    terminal.shows_line(&["▌", "python-error", "call"]);
    terminal.shows(&["ValueError: raised"]);
    walk(&mut terminal, &["4", "3", "2", "1", "5", "g"]);
    terminal.shows_line(&["▌", "running", "talk"]);
    // Every line of the log, of both streams and of the console, and scrolled sideways.
    walk(&mut terminal, &["1", "\r"]);
    terminal.shows(&["mark 0 <", &format!("mark {} <", CORPUS.len() - 1), "\\u{9b}6n", "\\x9b6n", " simout.txt 1/54 "]);
    walk(&mut terminal, &["l", "l", "h", "w", "g", "w"]);
    for (key, wanted) in [
        ("o", &[" simerr.txt 2/54 "][..]),
        ("o", &[" system.terminal 3/54 "]),
        // Hostile names: of files, of stats, of parameters, of the command line.
        ("3", &["m5out/f-evil\\u{202e}gpj.exe", "m5out/system.terminal"]),
        ("j\r", &["f- is empty"]),
        ("3", &["m5out/f-evil\\u{202e}gpj.exe"]),
        ("jj\r", &["f- is empty"]),
        ("4", &["environment"]),
        ("G", &["Attempts"]),
        ("g", &["environment"]),
        ("2", &["simTicks", "evil\\u{202e}gpj.exe"]),
        ("v", &["simTicks"]),
        ("v", &["simTicks"]),
        // What is pasted is foreign too.
        ("1/", &["search:"]),
        (&format!("\u{1b}[200~{}\u{1b}[201~", pasted()), &["]777;notify;owned;now"]),
        ("\r", &["no line matches"]),
        // An escape that comes together with the next key would be another key, so it is waited for what each undoes.
        ("\u{1b}", &[" f- 1"]),
    ] {
        terminal.press(key);
        terminal.shows(wanted);
    }
    terminal.shows_no("/]52;c;");
    for (key, wanted) in [("\u{1b}", &["▌▶ running"][..]), ("5", &[" Why "])] {
        terminal.press(key);
        terminal.shows(wanted);
    }
    lab.open();
    for (key, wanted, unwanted) in [
        ("", "What can be done", "▶ 1 running"),
        ("b", "▾ 2 frames", "▸"),
        ("?", "┌ Keys ", "▾ 2 frames from"),
        ("\u{1b}", "▾ 2 frames", "┌ Keys "),
        ("F", "┌ Failures 2", "┌ Keys "),
        ("\u{1b}", "▾ 2 frames", "┌ Failures 2"),
    ] {
        terminal.press(key);
        terminal.shows(&[wanted]);
        terminal.shows_no(unwanted);
    }
    assert_eq!(flaw_in_drawing(&terminal.whole_frames()), None);

    // Everything has ended, so nothing is asked; what is told goes to the shell's own screen.
    terminal.press("q");
    assert_eq!(terminal.exit(), 1);
    let raw = terminal.raw();
    assert_eq!(flaw_in_drawing(&raw), None);
    let end = raw.windows(8).rposition(|bytes| bytes == b"\x1b[?1049l").unwrap();
    let after = String::from_utf8_lossy(&raw[end..]).into_owned();
    assert!(after.contains("hostile: 2 simulations"), "{after:?}");
    assert!(!terminal.screen(vt100::Screen::alternate_screen) && !terminal.screen(vt100::Screen::hide_cursor));
}

#[test]
fn f41_what_is_told_after_a_detach_can_be_pasted_and_not_obeyed() {
    let lab = Hostile::new();
    let mut terminal = Terminal::start(&lab.command(&[FILE, "--start"]), 120, 30);
    terminal.shows_line(&["running", "talk"]);
    terminal.press("q");
    terminal.shows(&["detach"]);
    terminal.press("j\r");
    assert_eq!(terminal.exit(), 0);
    assert_eq!(flaw_in_drawing(&terminal.raw()), None);
    let text = terminal.shows(&["come back with: gem5-tui $'e\\033[2J"]);
    let shown = text.lines().collect::<String>();
    let command = shown.split_once("come back with: ").unwrap().1;
    // Pasted into a shell it names the file.
    let mut shell = Command::new("bash");
    shell.args(["-c", &command.replacen("gem5-tui ", "printf %s ", 1)]);
    assert_eq!(String::from_utf8(finished(shell).stdout).unwrap(), FILE);
}

#[test]
fn f41_only_the_copy_key_reaches_the_clipboard_and_only_with_text() {
    let lab = Hostile::new();
    let file = lab.directory.join(FILE).into_os_string();
    let mut terminal = Terminal::start(&lab.command(&[file, "--start".into()]), 200, 70);
    terminal.shows_line(&["running", "talk"]);
    wait_for("the talk", || lab.directory.join("said").exists().then_some(()));
    terminal.shows_line(&["▌", "running", "talk"]);
    walk(&mut terminal, &["1", "\r"]);
    terminal.shows(&["mark 0 <"]);
    walk(&mut terminal, &["g"]);
    assert_eq!(flaw_in_drawing(&terminal.whole_frames()), None, "nothing has been copied yet");
    for (key, wanted) in [("y", "mark"), ("3", ""), ("y", "attempt-1"), ("4", ""), ("y", "talk.py")] {
        let before = terminal.whole_frames().len();
        walk(&mut terminal, &[key]);
        let raw = || terminal.whole_frames()[before..].to_vec();
        let copy = |raw: &[u8]| raw.windows(7).position(|bytes| bytes == b"\x1b]52;c;");
        if !wanted.is_empty() {
            // The frame that was waited for may be one that was due anyway.
            wait_for(&format!("a frame behind what {key} copies"), || copy(&raw()));
        }
        let raw = raw();
        let Some(at) = copy(&raw) else { continue };
        let end = at + raw[at..].windows(2).position(|bytes| bytes == b"\x1b\\").unwrap();
        let copied = base64(&raw[at + 7..end]);
        assert_eq!(flaw_in_text(&copied), None);
        let copied = String::from_utf8_lossy(&copied);
        assert!(!wanted.is_empty() && copied.contains(wanted), "{key}: {copied}");
        // Without that one sequence the rest is drawing.
        assert_eq!(flaw_in_drawing(&[&raw[..at], &raw[end + 2..]].concat()), None);
    }
}

/// RFC 4648, for text that is known to be right.
fn base64(text: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    for group in text.chunks(4) {
        let digits: Vec<usize> = group.iter().filter_map(|c| DIGITS.iter().position(|digit| digit == c)).collect();
        let number = digits.iter().fold(0, |sum, digit| sum << 6 | digit) << (6 * (4 - digits.len()));
        bytes.extend([number >> 16, number >> 8, number].iter().take(digits.len() - 1).map(|byte| *byte as u8));
    }
    bytes
}

#[test]
fn f41_a_path_that_is_no_text_is_told_and_not_obeyed() {
    let stage = Stage::new();
    let directory = stage.path("").join(OsStr::from_bytes(b"d\x9b6n\xff"));
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("pass.py"), "").unwrap();
    fs::write(directory.join("x.yaml"), "name: x\ngem5: python3\nsimulations:\n  - {name: a, script: pass.py}\n")
        .unwrap();
    for verb in ["plan", "status", "run", "show", "logs"] {
        let mut command = stage.command(verb);
        command.arg(directory.join("x.yaml"));
        if matches!(verb, "show" | "logs") {
            command.arg("a");
        }
        let (_, said) = checked(command);
        assert!(said.contains("is not UTF-8, so that no record could hold it"), "{verb}: {said}");
    }
    let mut command = stage.command("");
    command.arg(directory.join("x.yaml"));
    let mut terminal = Terminal::start(&command, 100, 30);
    terminal.exit();
    assert_eq!(flaw_in_drawing(&terminal.raw()), None);
    assert!(!directory.join("runs").exists());
}
