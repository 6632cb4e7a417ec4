//! The forms of results: rows for programs, tables for people and papers, and files that are never lost.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::process::{Command, Output, Stdio};
use std::thread;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use serde_json::Value;

use crate::stage::{PATIENCE, Said, Stage, wait_for, within};

/// A script that prints the banner of a gem5, writes two dumps, and fails or waits where it is told to.
const SCRIPT: &str = r#"
import os, sys, time
l2, wl = sys.argv[1:3]
print("gem5 Simulator System.\n\ngem5 version 24.0.0.1\ngem5 compiled today\n", flush=True)
cycles = {"256KiB": 2000, "1MiB": 1000}[l2] * {"mcf": 3, "lbm": 1, "bad": 1, "slow": 1}[wl] + 7
def dump(label, ticks, end):
    return (f"\n---------- Begin Simulation Statistics{label} ----------\nsimSeconds {ticks * 1e-12:.6f} # (Second)\n"
            f"simTicks {ticks} # Ticks (Tick)\nfinalTick {end} # Ticks (Tick)\nsimInsts 1000 # Instructions (Count)\n"
            f"system.cpu.numCycles {cycles + len(label)} # Cycles (Cycle)\n\n---------- End Simulation Statistics   ----------\n")
with open(os.path.join(os.environ["OUT"], "stats.txt"), "w") as stats:
    stats.write(dump(" : ROI, \"one\"", 1000, 1000) + dump("", 2000, 3000))
while wl == "slow" and not os.path.exists("go"):
    time.sleep(0.01)
if wl == "bad":
    sys.exit(3)
print("Exiting @ tick 3000 because m5_exit instruction encountered")
"#;

const RESULTS: &str = "results:
  metrics:
    ipc: {value: simInsts / system.cpu.numCycles, better: higher}
    cycles: system.cpu.numCycles
  baseline: {l2: 256KiB}
";

/// A sweep of these workloads over two sizes and a number.
fn stage(workloads: &str) -> Stage {
    let stage = Stage::new();
    stage.write("s.py", SCRIPT);
    stage.experiment(
        RESULTS,
        &format!(
            "  - {{name: \"${{wl}}-${{l2}}\", script: s.py, matrix: {{l2: [256KiB, 1MiB], wl: {workloads}, ways: [4]}},\n\
             \x20    args: [\"${{l2}}\", \"${{wl}}\", \"${{ways}}\"], env: {{OUT: \"${{outdir}}\"}}, watch: [simTicks]}}\n"
        ),
    );
    stage
}

fn results(stage: &Stage, args: &str) -> Said {
    stage.call(&format!("results exp.yaml {args}"))
}

fn by_name(said: &Said) -> BTreeMap<String, Value> {
    said.json().into_iter().map(|row| (row["simulation"].as_str().unwrap().to_owned(), row)).collect()
}

/// Says on the terminal of who runs the tests that a program is not there.
#[expect(clippy::print_stderr, reason = "a test that did not look must not pass for one that did")]
fn skipped(what: &str) {
    eprintln!("SKIPPED, because it is not installed here: {what}");
}

#[test]
fn a_row_has_all_that_is_known_of_its_simulation_in_its_type() {
    let stage = stage("[mcf]");
    let git = |words: &str| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=t", "-c", "user.email=t@t"]).args(words.split(' ')).current_dir(stage.path(""));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git("init -q");
    git("add s.py");
    git("commit -q -m first");
    stage.call("run exp.yaml").expect(0);
    let said = results(&stage, "--format jsonl").expect(0);
    let row = &by_name(&said)["mcf-1MiB"];
    assert_eq!((&row["ok"], &row["outcome"], &row["attempt"]), (&true.into(), &"ok".into(), &1.into()));
    assert_eq!((&row["l2"], &row["l2_bytes"], &row["ways"]), (&"1MiB".into(), &1_048_576.into(), &4.into()));
    assert_eq!((&row["dump"], &row["dump_label"]), (&2.into(), &Value::Null));
    assert_eq!((&row["dump_from_tick"], &row["dump_to_tick"]), (&1000.into(), &3000.into()));
    assert_eq!((&row["cycles"], &row["ipc"]), (&3007.into(), &(1000.0 / 3007.0).into()));
    assert!(row["wall_s"].as_f64().is_some() && row["cpu_s"].as_f64().unwrap() > 0.0, "{row:#}");
    assert!(row["max_rss_bytes"].as_u64().unwrap() > 1 << 20, "{row:#}");
    assert_eq!((&row["gem5_version"], &row["git_commit"]), (&"24.0.0.1".into(), &git("rev-parse HEAD").into()));
    assert_eq!(row["git_dirty"], false);
    for hash in ["gem5_sha256", "script_sha256"] {
        assert_eq!(row[hash].as_str().unwrap().len(), 64, "{hash}");
    }
    assert!(!row["host"].as_str().unwrap().is_empty());
    assert!(std::path::Path::new(row["outdir"].as_str().unwrap()).join("stats.txt").is_file());
    // What a pipe does not get, a person does.
    assert!(said.err.contains("2, 0 of them not ok") && said.err.contains("gem5  24.0.0.1"), "{}", said.err);

    let first = by_name(&results(&stage, "--format jsonl --dump first").expect(0))["mcf-1MiB"].clone();
    assert_eq!((&first["dump"], &first["dump_label"]), (&1.into(), &"ROI, \"one\"".into()));
    let labelled = by_name(&results(&stage, "--format jsonl --dump label:ROI*").expect(0))["mcf-1MiB"].clone();
    assert_eq!(labelled, first);
    let second = by_name(&results(&stage, "--format jsonl --dump -1").expect(0))["mcf-1MiB"].clone();
    assert_eq!(&second, row);

    // The verb for stats tells the same of each simulation.
    let stats = stage.call("stats exp.yaml --json").expect(0);
    let stats = &by_name(&stats)["mcf-1MiB"];
    for (key, of_row) in [("ok", "ok"), ("wall_s", "wall_s"), ("outdir", "outdir"), ("outcome", "outcome")] {
        assert_eq!(stats[key], row[of_row], "{key}");
    }
    assert_eq!(stats["parameters"], serde_json::json!({"l2": "1MiB", "wl": "mcf", "ways": 4}));
    assert_eq!(stats["parameter_bytes"], serde_json::json!({"l2": 1_048_576}));
    assert_eq!((&stats["dump"]["number"], &stats["stats"]["simTicks"]), (&2.into(), &2000.into()));
}

#[test]
fn what_failed_or_runs_has_a_row_and_no_number() {
    let stage = stage("[mcf, bad, slow]");
    let engine = stage.engine("");
    stage.wait_word("bad-1MiB", "failed");
    stage.wait_word("mcf-1MiB", "ok");
    wait_for("a dump of what runs", || {
        let table = results(&stage, "--metric ipc --format csv --projected");
        (table.out.matches("slow: provisional").count() == 2).then_some(())
    });
    let said = results(&stage, "--format jsonl").expect(1);
    let rows = by_name(&said);
    assert_eq!(rows.len(), 6);
    let told = |name: &str| {
        let row = &rows[name];
        (row["ok"].clone(), row["outcome"].clone(), row["ipc"].clone(), row["why_ipc"].clone())
    };
    assert_eq!(told("bad-1MiB"), (false.into(), "failed".into(), Value::Null, "failed".into()));
    assert_eq!(told("slow-1MiB"), (false.into(), Value::Null, Value::Null, "running".into()));
    assert!(rows["bad-1MiB"]["reason"].as_str().unwrap().contains("exit code 3"), "{:#}", rows["bad-1MiB"]);
    assert!(rows["slow-1MiB"]["wall_s"].is_null() && rows["slow-1MiB"]["dump"] == 2, "{:#}", rows["slow-1MiB"]);
    assert_eq!(told("mcf-1MiB").2, 1000.0 / 3007.0);
    // Whoever asks for them gets them, and `ok` still says what they are.
    let asked = by_name(&results(&stage, "--format jsonl --include provisional"))["slow-1MiB"].clone();
    assert_eq!((&asked["ok"], &asked["cycles"]), (&false.into(), &1007.into()));
    stage.write("go", "");
    stage.wait_word("slow-1MiB", "ok");
    stage.wait_word("slow-256KiB", "ok");
    drop(engine);
}

#[test]
fn equal_input_makes_equal_bytes_in_every_form() {
    let stage = stage("[mcf, lbm]");
    stage.call("run exp.yaml").expect(0);
    for form in ["text", "csv", "tsv", "jsonl", "md", "latex", "html"] {
        let once = results(&stage, &format!("--format {form}")).expect(0);
        let again = results(&stage, &format!("--format {form}")).expect(0);
        assert_eq!((&once.out, &once.err), (&again.out, &again.err));
        assert!(!once.out.contains('\u{1b}') && once.out.len() > 100, "{form}");
        let projected = matches!(form, "csv" | "tsv").then_some("--projected --metric ipc");
        if let Some(how) = projected {
            let table = results(&stage, &format!("--format {form} {how}")).expect(0);
            assert_ne!(table.out, once.out);
            assert_eq!(table.out, results(&stage, &format!("--format {form} {how}")).out);
        }
    }
}

#[test]
fn a_file_is_replaced_only_where_nothing_of_a_user_is_lost() {
    let stage = stage("[mcf, lbm]");
    stage.call("run exp.yaml").expect(0);
    let read = |name: &str| fs::read_to_string(stage.path(name)).unwrap();
    for (name, how) in [
        ("t.txt", ""),
        ("t.csv", ""),
        ("t.tsv", "--projected --metric ipc"),
        ("t.jsonl", ""),
        ("t.md", ""),
        ("t.tex", ""),
        ("t.HTML", ""),
        ("t", "--format csv"),
    ] {
        let write = |more: &str| results(&stage, &format!("{how} -o {name} {more}"));
        write("").expect(0);
        let made = read(name);
        let printed = results(
            &stage,
            &format!(
                "{how} {}",
                if how.contains("--format") { String::new() } else { format!("--format {}", form_of(name)) }
            ),
        );
        assert!(made.starts_with(&printed.out), "{name} is what is printed");
        write("").expect(0);
        assert_eq!(read(name), made, "{name}");
        // Another choice of dump is another file of ours.
        write("--dump first").expect(0);
        assert_ne!(read(name), made, "{name}");
        write("").expect(0);
        assert_eq!(read(name), made, "{name}");
        let mine = made.replacen("mcf", "MCF", 1);
        stage.write(name, &mine);
        let refused = write("").expect(2);
        assert!(refused.err.contains("--force"), "{}", refused.err);
        assert_eq!(read(name), mine, "{name}");
        write("--force").expect(0);
        assert_eq!(read(name), made, "{name}");
        let foreign = format!("foreign-{name}");
        stage.write(&foreign, "a thesis\n");
        results(&stage, &format!("{how} -o {foreign}")).expect(2);
        assert_eq!(read(&foreign), "a thesis\n");
    }
    assert!(read("t.csv.about.txt").contains("4, 0 of them not ok"));
    assert!(!stage.path("t.txt.about.txt").exists());
}

fn form_of(name: &str) -> &str {
    match name.rsplit_once('.').unwrap().1 {
        "txt" => "text",
        "tex" => "latex",
        "HTML" => "html",
        other => other,
    }
}

#[test]
fn a_form_that_cannot_be_is_refused_before_anything_is_written() {
    let stage = stage("[mcf]");
    stage.call("run exp.yaml").expect(0);
    let files = || fs::read_dir(stage.path("")).unwrap().count();
    let before = files();
    for (args, told) in [
        ("--format csv --rows l2", "--projected"),
        ("--format jsonl --baseline l2=1MiB", "--baseline"),
        ("-o a.tsv --compare ratio", "--compare"),
        ("--format jsonl --projected", "csv"),
        ("-o a.jsonl --projected", "csv"),
        ("-o a.dat", "--format"),
        ("-o a", ".html"),
        ("--format pdf", "latex"),
        ("--force", "--output"),
        ("--format csv --projected", "of ipc, cycles"),
        ("-o a.tsv --projected", "--metric"),
        ("-o a.tex --rows l3", "did you mean `l2`"),
        ("-o out --format md", "regular file"),
    ] {
        let said = results(&stage, args).expect(2);
        assert!(said.err.contains(told) && said.out.is_empty(), "{args}: {said:#?}");
    }
    let said = results(&stage, "-o no/such/a.csv").expect(1);
    assert!(said.err.contains("no/such"), "{}", said.err);
    assert_eq!(files(), before);
}

fn with_python(stage: &Stage, module: &str, program: &str) -> Option<Output> {
    let python = |program: &str| {
        let mut command = Command::new("python3");
        stage.surround(&mut command);
        command.args(["-c", program]).output().unwrap()
    };
    if !python(&format!("import {module}")).status.success() {
        skipped(module);
        return None;
    }
    Some(python(program))
}

/// What a user types after the sweep.
const PANDAS: &str = r#"
import pandas
frame = pandas.read_csv("long.csv")
table = frame.query("ok").pivot(index="l2", columns="wl", values="ipc")
assert list(table.columns) == ["lbm", "mcf"] and len(table) == 2, table
assert str(frame.ok.dtype) == "bool" and str(frame.ipc.dtype) == "float64" and frame.ipc.isna().sum() == 2, frame.dtypes
assert str(frame.l2_bytes.dtype) == "int64" and str(frame.ways.dtype) == "int64", frame.dtypes
speedup = table / table.loc["256KiB"]
made = pandas.read_csv("table.csv").set_index("l2")
for workload in ["mcf", "lbm"]:
    assert abs(speedup.loc["1MiB", workload] - made.loc["1MiB", workload]) < 1e-12, (speedup, made)
assert pandas.isna(made.loc["1MiB", "bad"])
lines = pandas.read_json("long.jsonl", lines=True)
assert list(lines.columns) == list(frame.columns) and lines.query("ok").simulation.tolist() == frame.query("ok").simulation.tolist()
"#;

#[test]
fn pandas_makes_the_same_table_of_the_rows() {
    let stage = stage("[mcf, lbm, bad]");
    stage.call("run exp.yaml").expect(1);
    results(&stage, "-o long.csv").expect(1);
    results(&stage, "-o long.jsonl").expect(1);
    let said = results(&stage, "-o table.csv --projected --metric ipc").expect(1);
    assert!(said.err.contains("missing"), "{}", said.err);
    if let Some(output) = with_python(&stage, "pandas", PANDAS) {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A page that opens and closes its elements in pairs.
const HTML: &str = r#"
import html.parser, sys
class Page(html.parser.HTMLParser):
    open, seen = [], 0
    def handle_starttag(self, tag, attributes):
        assert tag != "script" and not any(name.startswith("on") for name, _ in attributes), tag
        self.seen += tag == "table"
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)
    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, (tag, self.open, self.getpos())
page = Page()
page.feed(open("t.html", encoding="utf-8").read())
page.close()
assert not page.open and page.seen == 2, (page.open, page.seen)
"#;

#[test]
fn several_tables_are_one_page_and_one_document() {
    let stage = stage("[mcf, bad]");
    stage.call("run exp.yaml").expect(1);
    for name in ["t.html", "t.tex", "t.md", "t.txt"] {
        results(&stage, &format!("-o {name}")).expect(1);
    }
    let output = with_python(&stage, "html.parser", HTML).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = |name: &str| fs::read_to_string(stage.path(name)).unwrap();
    assert_eq!(text("t.html").matches("<html").count(), 1);
    assert_eq!(text("t.tex").matches("\\begin{tabular}").count(), 2);
    // Printed, one caption could not tell them apart.
    assert_eq!(text("t.tex").matches("\\textbf{").count(), 2);
    for name in ["t.md", "t.txt"] {
        let parts = text(name);
        assert!(parts.contains("ipc (new/base") && parts.contains("cycles"), "{parts}");
    }

    stage.write(
        "paper.tex",
        "\\documentclass{article}\n\\usepackage{booktabs}\n\\begin{document}\n\\begin{table}\n\\input{t.tex}\n\\end{table}\n\\end{document}\n",
    );
    let mut tried = 0;
    for engine in ["pdflatex", "xelatex", "lualatex"] {
        if Command::new(engine).arg("--version").stdout(Stdio::null()).status().is_err() {
            skipped(engine);
            continue;
        }
        tried += 1;
        let args = ["-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "paper.tex"];
        let output = Command::new(engine).args(args).current_dir(stage.path("")).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{engine}:\n{}", String::from_utf8_lossy(&output.stdout));
    }
    if tried == 0 {
        skipped("any TeX, so no table was compiled");
    }
}

/// What the program prints on a terminal of so many columns.
fn on_terminal(stage: &Stage, columns: u16, args: &str, environment: &[(&str, &str)]) -> String {
    let size = PtySize { rows: 24, cols: columns, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_gem5-tui"));
    command.args(["results", "exp.yaml"]);
    command.args(args.split_whitespace());
    command.cwd(stage.path(""));
    command.env("XDG_RUNTIME_DIR", stage.path("run"));
    command.env("XDG_CACHE_HOME", stage.path("cache"));
    command.env("XDG_CONFIG_HOME", stage.path("config"));
    command.env("XDG_STATE_HOME", stage.path("state"));
    command.env("TERM", "xterm-256color");
    command.env("LC_ALL", "C.UTF-8");
    command.env_remove("NO_COLOR");
    for (name, value) in environment {
        command.env(name, value);
    }
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let printed = thread::spawn(move || {
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        // A terminal whose last program is gone answers with an error.
        while let Ok(count @ 1..) = reader.read(&mut chunk) {
            bytes.extend_from_slice(&chunk[..count]);
        }
        bytes
    });
    if within(PATIENCE, || child.try_wait().unwrap()).is_none() {
        child.kill().unwrap();
        panic!("it did not end");
    }
    drop(pair.master);
    String::from_utf8(printed.join().unwrap()).unwrap().replace("\r\n", "\n")
}

#[test]
fn a_table_fits_its_terminal_and_has_styles_only_there() {
    let stage = stage("[mcf, lbm]");
    stage.call("run exp.yaml").expect(0);
    let piped = results(&stage, "--metric ipc").expect(0).out;
    assert!(!piped.contains('\u{1b}') && piped.lines().any(|line| line.chars().count() > 80), "{piped}");
    let plain = on_terminal(&stage, 80, "--metric ipc", &[("NO_COLOR", "1")]);
    assert!(!plain.contains('\u{1b}'), "{plain}");
    assert!(plain.lines().all(|line| line.chars().count() <= 80), "{plain}");
    let styled = on_terminal(&stage, 80, "--metric ipc", &[]);
    assert!(styled.starts_with("\u{1b}[1mipc"), "{styled}");
    let unstyled = ["\u{1b}[1m", "\u{1b}[2m", "\u{1b}[0m"].iter().fold(styled, |text, code| text.replace(code, ""));
    assert_eq!(unstyled, plain);
    let ascii = on_terminal(&stage, 80, "--metric ipc", &[("LC_ALL", "C")]);
    assert!(ascii.contains("\u{1b}[1m") && ascii.is_ascii(), "{ascii}");
    // What programs read is the same wherever it goes.
    let csv = on_terminal(&stage, 80, "--format csv", &[]);
    assert!(csv.starts_with(&results(&stage, "--format csv").out), "{csv}");
}
