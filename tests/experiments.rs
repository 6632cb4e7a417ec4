//! The corpus of experiment files: each bad one with what it makes us say, each good one with its plan.
//!
//! To add a case, put a file into `tests/experiments/{good,bad}`, run with `INSTA_UPDATE=always` and read the snapshot
//! beside it. The disk is made up, so that no path of the machine is in a snapshot.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking, in its helpers too")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gem5_tui::diagnostic::{Diagnostics, Look, Severity};
use gem5_tui::experiment::executor::{Courtesy, SlurmJob, StartedBy};
use gem5_tui::experiment::{
    self, Concurrency, FileKind, Files, Gem5Run, Goal, Listing, Loaded, Overrides, Place, Plan, Program, Run,
    Simulation, StopAfter, load, schema,
};
use gem5_tui::protocol::handover;
use proptest::prelude::*;

/// A laboratory with one gem5 and a few scripts.
struct Lab;

impl Files for Lab {
    fn kind(&self, path: &Path) -> FileKind {
        match path.to_str().unwrap_or_default() {
            "/lab/build/X86/gem5.opt"
            | "/lab/build/X86/gem5.fast"
            | "/lab/build/ARM/gem5.opt"
            | "/lab/tools/parse.py"
            | "/usr/bin/make"
            | "/usr/bin/python3" => FileKind::Executable,
            "/lab" | "/lab/build/X86" | "/lab/configs" | "/lab/work" | "/tmp" => FileKind::Directory,
            "/lab/run.py"
            | "/lab/restore.py"
            | "/lab/many.py"
            | "/lab/test.py"
            | "/lab/configs/cache_sweep.py"
            | "/lab/build/X86/gem5.debug"
            | "/lab/gem5.here"
            | "/lab/my script.py" => FileKind::File,
            _ => FileKind::Missing,
        }
    }

    fn find_on_path(&self, name: &str) -> Option<PathBuf> {
        match name {
            "python3" => Some("/usr/bin/python3".into()),
            "make" | "sh" | "numactl" | "docker" | "apptainer" => Some(Path::new("/usr/bin").join(name)),
            "gem5.opt" => Some("/lab/build/X86/gem5.opt".into()),
            _ => None,
        }
    }

    fn text(&self, path: &Path) -> Result<String, String> {
        Ok(match path.to_str().unwrap_or_default() {
            "/lab/benchmarks.txt" => "# PARSEC\n\nparsec/canneal\nvips\n7\n",
            "/lab/points.csv" => {
                "bench,cmd,tbes\ncanneal,bin/canneal,64\nfluid,\"bin/fluid, fast\",128\nidle,bin/idle,\n"
            }
            "/lab/twice.csv" => "a,a\n1,2\n",
            "/lab/cfg/points.json" => r#"["1MiB", {"label": "big", "value": "4MiB", "assoc": 16}, ["-x", "-y"]]"#,
            "/lab/inputs/a.txt" => "test\nref\n",
            "/lab/inputs/b.txt" => "ref\n",
            "/lab/shadows.csv" => "\u{feff}label,name,l1,gb\n# one,first,32KiB,1\n",
            "/lab/typed.json" => {
                "\u{feff}[{\"label\": \"a\", \"pf\": false, \"exact\": 5.10}, {\"label\": \"gone\", \"pf\": true, \"exact\": 18446744073709551616}, {\"label\": \"b\",\n\t\"pf\": true, \"exact\": 18446744073709551616}]"
            }
            "/lab/unclosed.csv" => "bench,input\nmcf,\"ref\nlbm,ref\n",
            "/lab/semicolons.csv" => "bench;input\nmcf;ref\n",
            "/lab/ragged.csv" => "bench,input\nmcf,ref\nlbm\n",
            "/lab/twice.json" => "[{\"name\": \"gcc\", \"name\": \"mcf\"}]",
            "/lab/nul.txt" => "a\0b\n",
            "/lab/simpoints/mcf.weights" => "0.3 0\n0.7 1\n",
            "/lab/simpoints/broken.weights" => "0.3\n",
            _ => return Err("does not exist".to_owned()),
        }
        .to_owned())
    }

    fn glob(&self, pattern: &str) -> Result<Vec<PathBuf>, String> {
        let found: &[&str] = match pattern {
            "/lab/cfg/*.ini" => &["/lab/cfg/ddr4_3200.ini", "/lab/cfg/ddr3_1600.ini"],
            "/lab/runs/exp/ckpt-done/attempt-2/m5out/cpt.*" => {
                &["/lab/runs/exp/ckpt-done/attempt-2/m5out/cpt.1000", "/lab/runs/exp/ckpt-done/attempt-2/m5out/cpt.500"]
            }
            "/lab/ck/*/*/m5.cpt" => &["/lab/ck/gcc/sp_1/m5.cpt", "/lab/ck/gcc/sp_10/m5.cpt", "/lab/ck/mcf/sp_1/m5.cpt"],
            _ => &[],
        };
        Ok(found.iter().map(PathBuf::from).collect())
    }

    fn made(&self, outdir: &Path, simulation: &Simulation) -> Option<PathBuf> {
        matches!(&*simulation.name, "ckpt-done" | "ckpt-empty")
            .then(|| outdir.join(&simulation.name).join("attempt-2/m5out"))
    }

    fn multisim_ids(&self, listing: &Listing) -> Result<Vec<String>, String> {
        match listing.script.to_str().unwrap_or_default() {
            "/lab/many.py" => Ok(["small", "big", "l2-1MiB"].map(str::to_owned).to_vec()),
            _ => Err("with `--list` it printed no id; it said: Done.".to_owned()),
        }
    }
}

fn read(text: &str) -> Result<Loaded, Diagnostics> {
    load(text, Path::new("/lab/exp.yaml"), &Overrides::default(), &Lab)
}

fn corpus(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/experiments").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    files
}

fn snapshot(path: &Path, shown: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(path.parent().unwrap());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(path.file_stem().unwrap().to_str().unwrap(), shown));
}

#[test]
fn every_mistake_is_told_with_its_place_and_a_way_out() {
    let files = corpus("bad");
    assert!(files.len() >= 45, "{} files", files.len());
    for path in files {
        let text = fs::read(&path).unwrap();
        let diagnostics = read(&String::from_utf8_lossy(&text)).expect_err(&path.to_string_lossy());
        assert!(diagnostics.items().iter().any(|item| item.severity == Severity::Error), "{}", path.display());
        snapshot(&path, &diagnostics.render(Look::PLAIN));
    }
}

#[test]
fn every_good_file_expands_to_its_plan() {
    for path in corpus("good") {
        let loaded = read(&fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|diagnostics| panic!("{}\n{diagnostics}", path.display()));
        let mut shown = show(&loaded.plan);
        if !loaded.warnings.is_empty() {
            _ = write!(shown, "\n{}", loaded.warnings.render(Look::PLAIN));
        }
        snapshot(&path, &shown);
    }
}

/// A plan as a person would jot it down. What is as always is left out.
fn show(plan: &Plan) -> String {
    let mut out = format!("{} -> {}  concurrency {}", plan.name, plan.outdir.display(), plan.concurrency);
    if let Some(memory) = plan.memory {
        _ = write!(out, "  memory {memory}");
    }
    if plan.courtesy != Courtesy::default() {
        _ = write!(out, "  courtesy {}", serde_json::to_string(&plan.courtesy).unwrap());
    }
    if let Some(least) = plan.min_free_disk {
        _ = write!(out, "  min free disk {least}");
    }
    if plan.stop_after != StopAfter::default() {
        _ = write!(out, "  stop after {} alike", plan.stop_after.alike);
    }
    out.push('\n');
    if !plan.results.is_default() {
        _ = writeln!(out, "results {}", serde_json::to_string_pretty(&plan.results).unwrap());
    }
    // As it is written down, and as it holds.
    for (rule, shown) in plan.notify.iter().zip(&plan.redacted().notify) {
        _ = writeln!(out, "notify {}", serde_json::to_string(rule).unwrap());
        if shown != rule {
            _ = writeln!(out, "  recorded {}", serde_json::to_string(shown).unwrap());
        }
    }
    for more in &plan.awaiting {
        let nothing = more.nothing.as_ref().map_or_else(String::new, |why| format!(", {why}"));
        _ = writeln!(out, "awaiting {}: {}{nothing}", more.name, more.needs.join(" "));
    }
    plan.simulations.iter().for_each(|simulation| row(&mut out, simulation));
    out
}

fn row(out: &mut String, s: &Simulation) {
    _ = write!(out, "\n{}\n  ", s.name);
    s.prefix.iter().for_each(|word| _ = write!(out, "{word:?} "));
    _ = write!(out, "{}", s.run.executable().display());
    let words = |out: &mut String, words: &[String]| words.iter().for_each(|word| _ = write!(out, " {word:?}"));
    match &s.run {
        Run::Gem5(run) => words(out, &run.gem5_args),
        Run::Step { step } => words(out, &step.args),
    }
    match s.run.program() {
        None => out.push_str("  (a step)"),
        Some(Program::Script { path, args }) => {
            _ = write!(out, " {}", path.display());
            words(out, args);
        }
        Some(Program::Suite(suite)) => {
            _ = write!(out, " {}", suite.path.display());
            words(out, &suite.args);
            let fresh = if suite.fresh { ", fresh" } else { "" };
            _ = write!(out, "  (a suite: {}{fresh})", suite.on_end.word());
        }
        Some(Program::MultiSim { path, id }) => _ = write!(out, " {} {id:?}", path.display()),
        Some(Program::Function(call)) => {
            let args = serde_json::to_string(&call.args).unwrap();
            let kwargs = serde_json::to_string(&call.kwargs).unwrap();
            _ = write!(out, " {}:{} {args} {kwargs} in {}", call.module, call.function, call.search_path.display());
        }
    }
    out.push('\n');
    s.outputs.iter().for_each(|output| _ = writeln!(out, "  writes: {}", output.display()));
    let mut fact = |name: &str, value: String| {
        if !value.is_empty() {
            _ = writeln!(out, "  {name}: {value}");
        }
    };
    fact("parameters", s.parameters.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    let env = s.env.iter().map(|(name, value)| match value {
        Some(value) => format!("{name}={value}"),
        None => format!("-{name}"),
    });
    fact("env", env.collect::<Vec<_>>().join(" "));
    fact("cwd", if *s.cwd == *Path::new("/lab") { String::new() } else { s.cwd.display().to_string() });
    fact("timeout", s.timeout.map(|timeout| format!("{timeout:?}")).unwrap_or_default());
    fact("stall", s.stall.map(|stall| format!("{stall:?}")).unwrap_or_default());
    fact("max output", s.max_output.map(|most| most.to_string()).unwrap_or_default());
    fact("poll stats", s.poll_stats.map(|poll| format!("{poll:?}")).unwrap_or_default());
    fact("success", s.success.as_ref().map(|rule| serde_json::to_string(rule).unwrap()).unwrap_or_default());
    fact("grace", if s.grace == Duration::from_mins(1) { String::new() } else { format!("{:?}", s.grace) });
    let retries = s.retries.by_outcome.iter().map(|(word, retry)| format!("{word} {retry}"));
    let any = (s.retries.any > 0).then(|| format!("any {}", s.retries.any));
    fact("retries", retries.chain(any).collect::<Vec<_>>().join(", "));
    fact("memory", s.memory.map(|memory| memory.to_string()).unwrap_or_default());
    let place =
        if s.executor == StartedBy::Local { String::new() } else { serde_json::to_string(&s.executor).unwrap() };
    fact("executor", place);
    fact("watch", s.watch.join(" "));
    fact("dump", if s.dump.is_last() { String::new() } else { s.dump.to_string() });
    fact(
        "goal",
        match s.goal {
            Some(Goal::Ticks(n)) => format!("{n} ticks"),
            Some(Goal::Instructions(n)) => format!("{n} instructions"),
            Some(Goal::Seconds(n)) => format!("{n} simulated seconds"),
            None => String::new(),
        },
    );
    fact("needs", s.needs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    fact("priority", if s.priority == 0 { String::new() } else { s.priority.to_string() });
    fact("pool", s.pool.as_ref().map(|p| format!("{} of {}", p.processes, p.id)).unwrap_or_default());
    if let Some(suite) = s.suite() {
        let mut spawned = String::new();
        row(&mut spawned, &suite.spawned_as("NAME"));
        out.push_str("  spawns:\n");
        spawned.lines().skip(2).for_each(|line| _ = writeln!(out, "  {line}"));
    }
}

#[test]
fn the_command_line_wins_over_the_file() {
    let text = "gem5: nowhere/gem5\noutdir: a\nconcurrency: 2\nsimulations: [{script: run.py}]\n";
    let overrides = Overrides {
        outdir: Some("/tmp/b".into()),
        gem5: Some("build/ARM/gem5.opt".into()),
        concurrency: Some(Concurrency::Fixed(7)),
        executor: None,
    };
    let plan = load(text, Path::new("/lab/exp.yaml"), &overrides, &Lab).unwrap().plan;
    assert_eq!(plan.outdir, Path::new("/tmp/b"));
    assert_eq!(plan.concurrency, Concurrency::Fixed(7));
    assert_eq!(plan.simulations[0].run.executable(), Path::new("/lab/build/ARM/gem5.opt"));
}

#[test]
fn the_executor_of_the_command_line_is_for_those_that_name_none_and_keeps_what_the_file_says_of_slurm() {
    let places = |top: &str, place: Option<Place>| {
        let text = format!(
            "gem5: gem5.opt\nexecutor: {top}\nsimulations:\n  - {{name: a, script: run.py}}\n  \
             - {{name: b, script: run.py, executor: {{slurm: {{qos: low}}}}}}\n  - {{name: c, script: run.py, executor: local}}\n"
        );
        let overrides = Overrides { executor: place, ..Overrides::default() };
        let plan = load(&text, Path::new("/lab/exp.yaml"), &overrides, &Lab).unwrap().plan;
        plan.simulations.into_iter().map(|simulation| simulation.executor).collect::<Vec<_>>()
    };
    let slurm = |partition: Option<&str>, qos: Option<&str>| {
        let (partition, qos) = (partition.map(str::to_owned), qos.map(str::to_owned));
        StartedBy::Slurm(Box::new(SlurmJob { partition, qos, ..SlurmJob::default() }))
    };
    let (long, low) = (Some("long"), Some("low"));
    let file = "{slurm: {partition: long}}";
    assert_eq!(places(file, None), [slurm(long, None), slurm(long, low), StartedBy::Local]);
    assert_eq!(places(file, Some(Place::Slurm)), places(file, None));
    assert_eq!(places(file, Some(Place::Local)), [StartedBy::Local, slurm(long, low), StartedBy::Local]);
    assert_eq!(places("local", Some(Place::Slurm)), [slurm(None, None), slurm(None, low), StartedBy::Local]);
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_file() {
    let error = read("\u{feff}nmae: x\ngem5: gem5.opt\nsimulations: [{script: run.py}]\n").unwrap_err();
    let place = error.items()[0].place.unwrap();
    assert_eq!((place.line, place.column, place.len), (1, 1, 4));
}

#[test]
fn ten_thousand_points_expand_in_no_time() {
    let text = "gem5: gem5.opt\nsimulations:\n  - {script: run.py, name: 'boot-${i}', matrix: {i: {range: [1, 5000]}}, args: ['${i}']}\n  \
                - {script: run.py, name: 'go-${i}', matrix: {i: {range: [1, 5000]}}, args: ['${i}'], needs: ['boot-${i}', 'boot-1?']}\n";
    let start = Instant::now();
    let plan = read(text).unwrap().plan;
    assert_eq!(plan.simulations.len(), 10_000);
    assert_eq!(plan.simulations[5000].needs.len(), 11);
    // Far above what a debug build on a busy machine takes, far below what quadratic work would.
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn one_mistake_in_ten_thousand_points_is_told_once() {
    let text = "gem5: gem5.opt\nsimulations:\n  - {script: gone.py, name: 'x-${i}', matrix: {i: {range: [1, 10000]}}, args: ['${i}']}\n";
    assert_eq!(read(text).unwrap_err().items().len(), 1);
}

#[test]
fn more_mistakes_than_anybody_reads_are_counted() {
    let mut text = String::from("gem5: gem5.opt\nsimulations:\n");
    for number in 0..80 {
        _ = writeln!(text, "  - {{script: run.py, name: x{number}, wrong: 1}}");
    }
    let diagnostics = read(&text).unwrap_err();
    assert_eq!((diagnostics.items().len(), diagnostics.omitted()), (experiment::MAX_SHOWN, 30));
    assert!(diagnostics.render(Look::PLAIN).ends_with("… and 30 more\n"));
}

#[test]
fn ranges_that_would_fill_the_memory_are_refused() {
    let axes: Vec<String> = (0..200).map(|axis| format!("a{axis}: {{range: [1, 90000]}}")).collect();
    let text = format!("gem5: gem5.opt\nsimulations: [{{script: run.py, name: x, matrix: {{{}}}}}]\n", axes.join(", "));
    let diagnostics = read(&text).unwrap_err();
    assert!(diagnostics.items()[0].message.contains("500,000 values"), "{diagnostics}");
}

/// Compares a file that is made from the sources with what is committed, or writes it anew when it is asked to.
fn assert_generated(file: &str, generated: impl FnOnce(&str) -> String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let generated = generated(&committed);
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        fs::write(&path, &generated).unwrap();
    } else {
        assert!(committed == generated, "run the tests with UPDATE_GENERATED=1 and commit {}", path.display());
    }
}

#[test]
fn the_committed_schema_is_the_one_of_the_keys() {
    assert_generated("assets/experiment.schema.json", |_| schema::text());
}

#[test]
fn the_readme_tells_every_key() {
    const BEGIN: &str = "<!-- keys of the experiment file -->\n";
    const END: &str = "<!-- end of the keys of the experiment file -->\n";
    assert_generated("README.md", |committed| {
        let (before, rest) = committed.split_once(BEGIN).unwrap();
        let (_, after) = rest.split_once(END).unwrap();
        format!("{before}{BEGIN}\n{}\n{END}{after}", experiment::readme_tables())
    });
}

/// Lines that experiment files are made of, right and wrong ones.
const LINES: &[&str] = &[
    "name: x",
    "gem5: gem5.opt",
    "memory: 4GiB",
    "simulations:",
    "  - script: run.py",
    "    name: a-${x}",
    "    args: [1, ${x}]",
    "    matrix: {x: [1, 2]}",
    "    matrix:",
    "      x: {range: [1, 3]}",
    "      include: [{x: 1}]",
    "      exclude: [{x: 2}]",
    "    zip: {y: [1, 2], z: [3]}",
    "    needs: [a-1, \"*\"]",
    "    needs: [a-${x}]",
    "    <<: *b",
    "x-b: &b {timeout: 5s}",
    "defaults:",
    "  env: {A: }",
    "    with: {x: 1}",
    "    target: m:f",
    "    kwargs: {a: [{b: ${x}}]}",
    "- [",
    "    goal: {ticks: ${x}}",
    "    goal: {seconds: 0.01}",
    "    stall: ${x}",
    "    success: {stats: [\"*.ipc\"], log: 'a(', exit_codes: [0, x]}",
    "min_free_disk: 5GiB",
    "stop_after: {alike: ${x}}",
    "notify: [{on: [done, {stat: ipc, below: 1}], post: https://h/${env:X}, headers: {A: b}}]",
    "  - {run: [make], on: }",
    "  - multisim: many.py",
    "  - suite: test.py",
    "    spawned: {memory: 4GiB, env: {A: ${x}}, goal: {ticks: ${x}}}",
    "    on_suite_end: cancel",
    "    exclude: [{id: big}]",
    "  \t- x",
    "    retries: {segv: 1}",
    "    gem5_args: [-d, x]",
    "? [a]",
    ": b",
    "---",
    "    args: &a [*a]",
];

#[test]
fn a_plan_that_is_handed_over_is_the_same_plan() {
    let mut secrets = 0;
    for path in corpus("good") {
        let Loaded { plan, .. } = read(&fs::read_to_string(&path).unwrap()).unwrap();
        let decoded = handover::decode(&handover::encode(&plan).unwrap()[..]).unwrap();
        assert_eq!(decoded, plan, "{}", path.display());
        secrets += usize::from(decoded != plan.redacted());
    }
    assert!(secrets > 0, "no plan of the corpus has a secret");
}

proptest! {
    #[test]
    fn whatever_a_plan_says_is_handed_over_as_it_is(
        text in "\\PC{0,20}[\n\t\"\\\\$]?", number in any::<u64>(), seconds in 0.0_f64..1e300, float in any::<f64>()
    ) {
        let quoted = serde_json::to_string(&text.replace('$', "$$")).unwrap();
        let file = format!(
            "gem5: gem5.opt\nsimulations:\n  - {{name: a, script: run.py, args: [{quoted}], env: {{A_KEY: {quoted}, B: null}}}}\n\
             \x20 - {{name: b, target: m:f, kwargs: {{k: [{quoted}, null, true]}}}}\n"
        );
        let mut plan = read(&file).map_err(|wrong| TestCaseError::reject(wrong.render(Look::PLAIN).to_string()))?.plan;
        plan.memory = Some(number);
        let [script, function] = &mut plan.simulations[..] else { unreachable!("the file has two") };
        script.goal = Some(Goal::Seconds(seconds));
        (script.grace, script.timeout) = (Duration::from_nanos(number), Some(Duration::new(number, 999_999_999)));
        let Run::Gem5(Gem5Run { program: Program::Function(call), .. }) = &mut function.run else {
            unreachable!("it has a target")
        };
        call.args.extend([number.into(), number.cast_signed().into(), float.into()]);
        prop_assert_eq!(handover::decode(&handover::encode(&plan).unwrap()[..]).unwrap(), plan);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}") {
        _ = read(&text).map_err(|diagnostics| diagnostics.render(Look::PLAIN));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        _ = read(&String::from_utf8_lossy(&bytes)).map_err(|diagnostics| diagnostics.render(Look::PLAIN));
    }

    #[test]
    fn no_mixture_of_lines_makes_it_panic(lines in prop::collection::vec(prop::sample::select(LINES), 0..24)) {
        let shown = read(&lines.join("\n")).map_err(|diagnostics| (diagnostics.render(Look::PLAIN), diagnostics.lines()));
        if let Err((shown, lines)) = shown {
            prop_assert!(!lines.is_empty() && !shown.trim().is_empty());
        }
    }

    #[test]
    fn a_product_has_as_many_points_as_its_axes_say(sizes in prop::collection::vec(1_usize..6, 1..4), steps in 1_usize..4) {
        let mut text = String::from("gem5: gem5.opt\nsimulations:\n  - script: run.py\n    matrix:\n");
        let mut name = String::new();
        for (axis, size) in sizes.iter().enumerate() {
            _ = writeln!(text, "      a{axis}: {{range: [1, {size}]}}");
            _ = write!(name, "-${{a{axis}}}");
        }
        let zipped: Vec<String> = (0..steps).map(|step| step.to_string()).collect();
        _ = writeln!(text, "    zip: {{z: [{0}], y: [{0}]}}\n    name: s{name}-${{z}}\n    args: ['{name}', '${{y}}']", zipped.join(", "));
        let plan = read(&text).unwrap().plan;
        prop_assert_eq!(plan.simulations.len(), sizes.iter().product::<usize>() * steps);
    }
}
