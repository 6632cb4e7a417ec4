//! `gem5-tui inspect` on real output of gem5, on hand-written output of other releases, and on attempts of our own.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test itself may")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

/// What the command printed as JSON, and its exit code.
fn inspect(dir: &Path) -> (Value, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_gem5-tui")).arg("inspect").arg(dir).arg("--json").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 1, "one object on one line: {text:?} {}", String::from_utf8_lossy(&output.stderr));
    (serde_json::from_str(&text).unwrap(), output.status.code().unwrap())
}

/// What the command printed for people.
fn said(dir: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_gem5-tui")).arg("inspect").arg(dir).output().unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

/// A run in a temporary directory, made of these files.
fn run(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn word(dir: &Path) -> String {
    inspect(dir).0["outcome"].as_str().unwrap_or("none").to_owned()
}

fn dump(tick: u64) -> String {
    format!(
        "\n---------- Begin Simulation Statistics ----------\nsimTicks  {tick}  # t (Tick)\nfinalTick  {tick}  # t (Tick)\n\
         system.cpu.ipc  0.5  # i\nsystem.l2.overallMissRate::total  nan  # m (Ratio)\n\n\
         ---------- End Simulation Statistics   ----------\n"
    )
}

#[test]
fn real_runs_have_the_outcomes_that_they_are_said_to_have() {
    let Some(folder) = std::env::var_os("GEM5_TUI_SAMPLES").map(PathBuf::from) else {
        eprintln!("skipped: GEM5_TUI_SAMPLES is not set");
        return;
    };
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let sample = entry.unwrap().path();
        let Ok(expected) = fs::read(sample.join("expect.json")) else { continue };
        let expected: Value = serde_json::from_slice(&expected).unwrap();
        let name = sample.display();
        let (found, code) = inspect(&sample);
        for (theirs, ours) in
            [("outcome", "outcome"), ("complete_dumps", "complete_dumps"), ("open_dump", "open_block")]
        {
            if !expected[theirs].is_null() {
                assert_eq!(found[ours], expected[theirs], "{theirs} of {name}: {}", found["cause"]);
            }
        }
        assert_eq!(code == 0, matches!(found["outcome"].as_str(), Some("ok" | "limit")), "{name}");
        assert!(found["cause"].as_str().is_some_and(|cause| !cause.is_empty() && !cause.contains('\n')), "{name}");
        // The output directory itself tells the same as the directory that holds it.
        assert_eq!(inspect(&sample.join("m5out")).0["outcome"], expected["outcome"], "m5out of {name}");
        let text = said(&sample);
        let word = expected["outcome"].as_str().unwrap();
        // One that counts as ok says so.
        let first = if word == "limit" { "ok (limit)" } else { word };
        assert!(text.starts_with(first) && !text.contains('\x1b'), "{text}");
        seen += 1;
    }
    assert!(seen > 0, "the samples folder holds no samples");
}

#[test]
fn public_reports_come_out_as_they_should() {
    let Some(folder) = std::env::var_os("GEM5_TUI_CASES").map(PathBuf::from) else {
        eprintln!("skipped: GEM5_TUI_CASES is not set");
        return;
    };
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let case = entry.unwrap().path();
        let Ok(expected) = fs::read(case.join("expect.json")) else { continue };
        let expected: Value = serde_json::from_slice(&expected).unwrap();
        let (found, _) = inspect(&case);
        for (key, expected) in expected.as_object().unwrap() {
            let found = &found[key];
            let holds = match (key.as_str(), expected) {
                // The word as a whole, and a part of the others.
                ("outcome", Value::String(pattern)) => is_word(pattern, found.as_str().unwrap()),
                ("cause" | "place", Value::String(pattern)) => {
                    let pattern = regex::RegexBuilder::new(pattern).case_insensitive(true).build().unwrap();
                    found.as_str().is_some_and(|found| pattern.is_match(found))
                }
                ("checkpoints", _) => found.as_array().map(Vec::len).map(|count| count as u64) == expected.as_u64(),
                _ => found == expected,
            };
            assert!(holds, "{key} of {}: {found} is not {expected}", case.display());
        }
        seen += 1;
    }
    assert!(seen > 0, "the folder holds no reports");
}

/// Whether a word is one of those that a pattern names, or none of those behind `(?!`, which `regex` does not know.
fn is_word(pattern: &str, word: &str) -> bool {
    let named = |names: &str| names.split('|').any(|name| name == word);
    match pattern.strip_prefix("(?!").and_then(|rest| rest.strip_suffix(").*")) {
        Some(names) => !named(names),
        None => named(pattern),
    }
}

#[test]
fn a_console_that_speaks_shows_that_the_system_runs() {
    let silent = run(&[("m5out/config.ini", ""), ("m5out/stats.txt", ""), ("m5out/board.pc.com_1.device", "")]);
    assert_eq!(inspect(silent.path()).0["phase"], "building");
    let booting = run(&[
        ("m5out/config.ini", ""),
        ("m5out/stats.txt", ""),
        ("m5out/board.pc.com_1.device", "[    0.000000] Linux version 5.4.49\r\n"),
    ]);
    assert_eq!(inspect(booting.path()).0["phase"], "running");
}

#[test]
fn runs_of_other_releases_are_understood() {
    const BANNER_20: &str =
        "gem5 Simulator System.  http://gem5.org\ngem5 version 20.1.0.5\ncommand line: gem5.opt se.py\n\n";
    let panic_20 = "warn: old style\ninfo: Entering event queue @ 0.  Starting simulation...\n\
                    panic: Resetting mouse wrap mode unimplemented.\nMemory Usage: 630696 KBytes\n\
                    Program aborted at tick 632745027500\n--- BEGIN LIBC BACKTRACE ---\n";
    let old = run(&[
        ("status.json", r#"{"signal": "SIGABRT"}"#),
        ("m5out/simout", BANNER_20),
        ("m5out/simerr", panic_20),
        ("m5out/stats.txt", ""),
        ("m5out/config.ini", ""),
    ]);
    let (found, code) = inspect(old.path());
    assert_eq!((found["outcome"].as_str(), found["tick"].as_u64(), code), (Some("panic"), Some(632_745_027_500), 1));
    assert_eq!((found["version"].as_str(), found["warnings"].as_u64()), (Some("20.1.0.5"), Some(1)));

    let new = run(&[
        ("status.json", r#"{"exit_code": 0}"#),
        (
            "m5out/simout.txt",
            "gem5 version 25.0.0.0\nGlobal frequency set at 1000000000000 ticks per second\n\
                              Exit event called at Tick 1866696258178: Kernel booted.\n",
        ),
        ("m5out/stats.txt", &dump(1_866_696_258_178)),
        ("m5out/config.ini", ""),
        ("m5out/citations.bib", ""),
        ("m5out/cpt.5000/m5.cpt", ""),
        ("m5out/board.terminal", "[    1.2] Linux version 5.4\nlogin:"),
    ]);
    let (found, code) = inspect(new.path());
    assert_eq!((found["outcome"].as_str(), code), (Some("ok"), 0));
    assert_eq!(found["checkpoints"], json!([5000]));
    assert_eq!(found["exit_event"], "Kernel booted.");
    assert_eq!(found["stats"]["system.cpu.ipc"], json!(0.5));
    assert_eq!(found["stats"]["simTicks"], json!(1_866_696_258_178_u64));
    assert_eq!(found["stats"]["system.l2.overallMissRate::total"], "nan");
    let words: Vec<&str> = found["phases"].as_array().unwrap().iter().map(|p| p["phase"].as_str().unwrap()).collect();
    assert_eq!(words, ["starting", "configuring", "building", "running", "dumping", "exiting"]);
}

#[test]
fn checkpoints_have_any_name_and_tell_instructions_and_weight_where_it_does() {
    let name = "cpt.simpoint_00_inst_1000_weight_0.3_interval_1000_warmup_0";
    let run = run(&[
        ("m5out/stats.txt", ""),
        ("m5out/cpt.5000/m5.cpt", ""),
        (&format!("m5out/{name}/m5.cpt"), "[root.globals]\ncurTick=700\n"),
        ("m5out/ckpts/after-boot/m5.cpt", "[Globals]\ncurTick=900\n"),
        ("m5out/ckpts/torn/m5.cpt", "[system]\n"),
        ("m5out/fs/proc/cpuinfo", ""),
    ]);
    let (found, _) = inspect(run.path());
    assert_eq!(found["checkpoints"], json!([700, 900, 5000, null]));
    assert_eq!(
        found["checkpoint_folders"],
        json!([
            {"folder": name, "tick": 700, "instructions": 1000, "weight": 0.3},
            {"folder": "ckpts/after-boot", "tick": 900},
            {"folder": "ckpts/torn", "tick": null},
        ])
    );
    assert!(said(run.path()).contains(&format!("{name}: tick 700, 1,000 instructions, weight 0.3")));
}

#[test]
fn files_that_gem5_was_told_to_call_otherwise_show_its_phases_too() {
    let run = run(&[
        (
            "m5out/simout.txt",
            "gem5 compiled Apr 10 2019 12:33:30\ncommand line: gem5.opt --stats-file=mine.txt run.py\n",
        ),
        ("m5out/mine.txt", ""),
        ("m5out/config.json", "{}"),
    ]);
    let (found, _) = inspect(run.path());
    let words: Vec<&str> = found["phases"].as_array().unwrap().iter().map(|p| p["phase"].as_str().unwrap()).collect();
    assert_eq!(
        (words, &found["compiled"]),
        (vec!["starting", "configuring", "building"], &json!("Apr 10 2019 12:33:30"))
    );
}

#[test]
fn a_log_under_any_name_is_found_by_gem5s_banner_or_named() {
    let banner = "gem5 Simulator System.  https://www.gem5.org\ngem5 version 24.0.0.1\n";
    let run = run(&[
        ("m5out/stats.txt", &dump(5)),
        (
            "m5out/slurm-7.o",
            &format!("loading\n{banner}src/mem/xbar.cc:436: fatal: two ports\nMemory Usage: 1 KBytes\n"),
        ),
        ("m5out/trace.txt", "src/x.cc:1: panic: not this one\nMemory Usage: 1 KBytes\n"),
        ("status.json", r#"{"exit_code": 1}"#),
    ]);
    let (found, _) = inspect(run.path());
    assert_eq!((&found["outcome"], &found["place"]), (&json!("fatal"), &json!("src/mem/xbar.cc:436")));
    assert_eq!((&found["version"], found["other_logs"].as_array().unwrap().len()), (&json!("24.0.0.1"), 1));
    // The directory that holds nothing else is one, too.
    fs::remove_file(run.path().join("m5out/stats.txt")).unwrap();
    assert_eq!(inspect(&run.path().join("m5out")).0["outcome"], "fatal");
    let named = |log: &str| {
        let command = &mut Command::new(env!("CARGO_BIN_EXE_gem5-tui"));
        let output = command.args(["inspect", "--json", "--log", log]).arg(run.path()).output().unwrap();
        (output.status.code(), serde_json::from_slice::<Value>(&output.stdout).unwrap_or_default())
    };
    let absolute = run.path().join("m5out/trace.txt");
    for log in ["m5out/trace.txt", "trace.txt", "tr*", absolute.to_str().unwrap()] {
        assert_eq!(named(log).1["place"], "src/x.cc:1", "{log}");
    }
    assert_eq!((named("*.absent").0, named("[").0), (Some(2), Some(2)));
}

#[test]
fn a_guest_that_crashed_is_found_on_its_console() {
    let files = [
        ("status.json", r#"{"exit_code": 0}"#),
        ("m5out/simout.txt", "gem5 version 24.0.0.1\n"),
        ("m5out/stats.txt", &dump(5)),
        ("m5out/board.pc.com_1.device", "[ 2.1] Kernel panic - not syncing: Attempted to kill init!\r\n"),
    ];
    let crashed = run(&files);
    assert_eq!(word(crashed.path()), "guest-failed");
    assert_eq!(word(run(&files[..3]).path()), "ok");
}

#[test]
fn what_a_guest_prints_is_not_what_gem5_says() {
    let run = run(&[
        ("status.json", r#"{"exit_code": 0}"#),
        ("m5out/simout.txt", "fatal: x\nExiting @ tick 5 because m5_fail instruction encountered\npanic: y\n"),
        (
            "m5out/simerr.txt",
            "src/sim/simulate.cc:199: info: Entering event queue @ 0.  Starting simulation...\nfatal: z\n",
        ),
        ("m5out/stats.txt", &dump(900)),
    ]);
    assert_eq!(word(run.path()), "ok");
    fs::write(run.path().join("status.json"), r#"{"exit_code": 4}"#).unwrap();
    assert_eq!(word(run.path()), "failed");
}

/// A log of a run whose wrapper kept the status: `tee` in one file, with an empty one beside it.
#[test]
fn a_log_that_a_wrapper_kept_tells_the_end() {
    const BANNER: &str = "gem5 Simulator System.  https://www.gem5.org\n\ngem5 version 24.0.0.1\n";
    const TRACE: &str = "KeyError: 'x'\n\nAt:\n  run.py(3): <module>\n  src/python/m5/main.py(669): main\n";
    const PANIC: &str = "src/f.cc:2: panic: bad\nMemory Usage: 1 KBytes\nProgram aborted at tick 35\n";
    let prefixed =
        |text: &str| text.trim_end().split('\n').flat_map(|line| ["gem5-1  | ", line, "\n"]).collect::<String>();
    let rows = [
        ("python-error", format!("{TRACE}{BANNER}"), String::new()),
        ("panic", format!("{BANNER}{PANIC}"), "make: *** [run] Error 2\n".to_owned()),
        ("panic", prefixed(BANNER), prefixed(PANIC)),
        (
            "ok",
            format!("{BANNER}Exiting @ tick 5 because m5_exit instruction encountered\n"),
            PANIC.replace("panic: bad", "fatal: bad").replace("Program", "program"),
        ),
    ];
    for (word, out, err) in rows {
        let dir = run(&[
            ("m5out/stats.txt", &dump(5)),
            ("m5out/simout.txt", &out),
            ("m5out/simerr.txt", &err),
            ("status.json", "{\"exit_code\": 0}"),
        ]);
        let found = inspect(dir.path()).0;
        assert_eq!(found["outcome"], word, "{found}");
    }
}

#[test]
fn every_dump_has_its_tick() {
    let dumps: String = (1..=5).map(|tick| dump(tick * 100)).collect();
    let dir = run(&[("m5out/stats.txt", &dumps)]);
    assert_eq!(inspect(dir.path()).0["dump_ticks"], json!([100, 200, 300, 400, 500]));
}

#[test]
fn without_a_wait_status_nothing_is_claimed_to_be_ok() {
    let done = "Exiting @ tick 5 because exiting with last active thread context\n";
    let bare = run(&[("simout.txt", done), ("stats.txt", &dump(5))]);
    let (found, code) = inspect(bare.path());
    assert_eq!((found["outcome"].as_str(), found["exit_code"].as_i64(), code), (Some("lost"), None, 1));
    assert_eq!(found["phase"], "running", "no end is claimed");
    fs::write(bare.path().join("status.json"), "{\"exit_code\": ").unwrap();
    assert_eq!(word(bare.path()), "lost");
    assert!(said(bare.path()).contains("cannot be used"), "a garbled status is told of");
    fs::write(bare.path().join("status.json"), "{\"exit_code\": 0}").unwrap();
    assert_eq!(word(bare.path()), "ok");
    let fatal = run(&[("m5out/simerr.txt", "src/x.cc:1: fatal: bad \x1b[31mthing\nMemory Usage: 1 KBytes\n")]);
    let (found, _) = inspect(fatal.path());
    assert_eq!((found["outcome"].as_str(), found["place"].as_str()), (Some("fatal"), Some("src/x.cc:1")));
    assert!(!said(fatal.path()).contains('\x1b'));
}

#[test]
fn a_script_of_many_simulations_that_lost_one_is_not_ok() {
    let mut files = vec![
        ("status.json", r#"{"exit_code": 0}"#),
        ("m5out/simout.txt", "gem5 version 24.0.0.1\n"),
        ("m5out/stats.txt", ""),
    ];
    let stats = dump(5);
    files.push(("m5out/l1-16KiB/stats.txt", &stats));
    let whole = run(&files);
    let (found, code) = inspect(whole.path());
    assert_eq!((found["outcome"].as_str(), found["dumps"].as_u64(), code), (Some("ok"), Some(1), 0));
    assert_eq!(found["complete_dumps"], 0, "its own file is empty");
    files.push(("m5out/l1-32KiB/stats.txt", ""));
    let (found, _) = inspect(run(&files).path());
    assert_eq!(found["outcome"], "no-stats");
    assert!(found["cause"].as_str().unwrap().contains("l1-32KiB"));
}

#[test]
fn an_open_last_block_is_told_and_not_counted() {
    let cut = dump(5) + "\n---------- Begin Simulation Statistics ----------\nsimTicks 9\n";
    let killed = run(&[("status.json", r#"{"signal": 9}"#), ("m5out/stats.txt", &cut)]);
    let (found, _) = inspect(killed.path());
    assert_eq!((found["outcome"].as_str(), found["dumps"].as_u64()), (Some("killed"), Some(1)));
    assert_eq!((&found["open_block"], &found["stats"]["simTicks"]), (&json!(true), &json!(5)));
}

#[test]
fn a_directory_without_output_of_gem5_is_refused() {
    let empty = tempfile::tempdir().unwrap();
    fs::write(empty.path().join("notes.md"), "").unwrap();
    for (dir, words) in [
        (empty.path().to_owned(), "holds no output of gem5"),
        (empty.path().join("absent"), "there is no directory"),
        (empty.path().join("notes.md"), "is no directory"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_gem5-tui")).arg("inspect").arg(&dir).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(words), "{told}");
    }
}

/// The records of an attempt that ended with code 0 before a limit of `success:`.
fn attempt(success: &Value, stop: Option<&Value>) -> tempfile::TempDir {
    let at = json!({"unix_ms": 0, "boot_ms": 0});
    let spec = json!({
        "format": 1, "simulation": "a", "attempt": 1, "argv": ["/x/gem5.opt", "run.py"], "cwd": "/", "env": {}, "call": null,
        "parameters": [], "spec_hash": "", "executable": null, "gem5_tui": "0.0.1", "at": at, "success": success,
    });
    let exit = json!({
        "format": 1, "end": {"how": "exited", "code": 0}, "at": at, "wall_ms": 1, "paused_ms": 0,
        "usage": {"user_ms": 0, "system_ms": 0, "max_rss": 0},
    });
    let stale = json!({"format": 1, "outcome": {"kind": "ok", "cause": "as an earlier release saw it"}});
    let dir = run(&[
        ("spec.json", &spec.to_string()),
        ("exit.json", &exit.to_string()),
        ("outcome.json", &stale.to_string()),
        ("m5out/simout.txt", "Exiting @ tick 5 because m5_fail instruction encountered\nPASSED 3 of 3\n"),
        ("m5out/stats.txt", &dump(5)),
    ]);
    if let Some(stop) = stop {
        let stop = json!({"format": 1, "reason": stop, "at": at});
        fs::write(dir.path().join("stop.json"), stop.to_string()).unwrap();
    }
    dir
}

#[test]
fn an_attempt_of_ours_is_judged_by_its_records_and_its_rule() {
    let outcome = |success: Value| inspect(attempt(&success, None).path()).0;
    let plain = outcome(Value::Null);
    assert_eq!(plain["outcome"], "guest-failed", "what an earlier release wrote down is derived again");
    assert_eq!(outcome(json!({"log": "^PASSED [0-9]", "stats": ["*.ipc"]}))["outcome"], "ok");
    let missing = outcome(json!({"stats": ["*.missRate"]}));
    assert_eq!(missing["outcome"], "failed");
    assert!(missing["cause"].as_str().unwrap().starts_with("success rule: no stat matches `*.missRate`"));
    let stopped = attempt(&json!({"stats": ["*.ipc"]}), Some(&json!({"timeout": {"limit_ms": 1000}})));
    assert_eq!(inspect(stopped.path()).0["outcome"], "timeout", "no rule makes ok of what was stopped");
}

#[test]
fn a_derived_outcome_outlives_the_output_that_it_was_derived_from() {
    let dir = attempt(&Value::Null, None);
    assert_eq!(word(dir.path()), "guest-failed");
    fs::remove_file(dir.path().join("m5out/simout.txt")).unwrap();
    assert_eq!(inspect(dir.path()).0["cause"], "as an earlier release saw it");
}

#[test]
fn an_attempt_is_known_by_its_records_from_within_its_output_too() {
    let dir = attempt(&json!({"log": "^PASSED [0-9]"}), None);
    let mut command = Command::new(env!("CARGO_BIN_EXE_gem5-tui"));
    let output = command.args(["inspect", ".", "--json"]).current_dir(dir.path().join("m5out")).output().unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&found["outcome"], &found["exit_code"]), (&json!("ok"), &json!(0)));
}
