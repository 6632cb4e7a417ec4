//! F62: signals do not wait for the records of others, and what is told is on disk.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::record::{Cancelled, Exit, Stop};

use crate::stage::{Running, Stage, is_running, state_of, wait_for};

/// A simulation that writes when SIGINT came to it, on the clock of its records, and stats; and many that wait behind it.
fn one_and_many(stage: &Stage, many: u32, settings: &str) {
    let script = "import signal, sys\n\
                  def interrupted(number, frame):\n\
                  \x20   place = os.path.dirname(os.readlink('/proc/self/fd/1'))\n\
                  \x20   with open(os.path.join(place, 'stats.txt'), 'w') as file: file.write(open('stats').read())\n\
                  \x20   open('came', 'w').write(str(len([n for n in os.listdir('out') if os.path.exists('out/%s/cancelled.json' % n)])))\n\
                  \x20   sys.exit(0)\n\
                  signal.signal(signal.SIGINT, interrupted)\n\
                  open('began', 'w').close()\n\
                  wait('never')\n";
    stage.script("keeps.py", script);
    stage.write(
        "stats",
        "---------- Begin Simulation Statistics ----------\nsimTicks  4711  # ticks\n\
         ---------- End Simulation Statistics   ----------\n",
    );
    let wait = "  - {name: \"w${i}\", script: gate.py, args: [\"w${i}\"], matrix: {i: {range: [1, MANY, 1]}}}\n";
    let wait = wait.replace("MANY", &many.to_string());
    stage.experiment(
        &format!("  grace: 20s\nconcurrency: 1\n{settings}"),
        &format!("  - {{name: a, script: keeps.py}}\n{wait}"),
    );
}

/// An engine with failpoints.
fn engine_with(stage: &Stage, failpoints: &str) -> Running {
    let mut command = stage.command("engine exp.yaml");
    command.env("GEM5_TUI_FAILPOINTS", failpoints);
    let engine = Running::start(command);
    engine.line(0);
    engine
}

fn cancelled_on_disk(stage: &Stage, many: u32) -> usize {
    let is_cancelled = |number: &u32| stage.outdir().simulation(&format!("w{number}")).cancelled().exists();
    (1..=many).filter(is_cancelled).count()
}

/// Whether nothing is left in `asked.jsonl`, which an engine keeps for the next word.
fn holds_nothing(stage: &Stage) -> bool {
    fs::read(stage.outdir().asked()).map_or(true, |text| text.iter().all(|byte| *byte == 0))
}

#[test]
fn f62_the_signal_of_a_cancel_comes_before_the_records_of_others() {
    const MANY: u32 = 300;
    let stage = Stage::new();
    one_and_many(&stage, MANY, "");
    let failing = stage.write("failing", "");
    let engine = engine_with(&stage, &format!("@{}", failing.display()));
    wait_for("it to begin", || stage.path("began").exists().then_some(()));
    stage.started("a", 1);
    // Each record takes so long that those of all cannot be there soon.
    stage.write("failing", "atomic.synced@cancelled.json=delay:100ms");
    let said = stage.call_with(&["cancel", "exp.yaml", "w*"]).expect(0);
    assert!(said.out.contains("300"), "{said:#?}");
    stage.call("cancel exp.yaml a").expect(0);
    let came = || fs::read_to_string(stage.path("came")).ok()?.parse::<usize>().ok();
    let recorded = wait_for("SIGINT", came);
    assert!(recorded < MANY as usize, "it waited for all of them");
    // Why it ended is known although it stands behind the others.
    let status = stage.wait_word("a", "cancelled");
    stage.write("failing", "");
    assert!(!status.reason("a").contains("SIGTERM"), "{}", status.reason("a"));
    assert!(stage.call("stats exp.yaml --watch simTicks").out.contains("4711"));
    engine.finish();
    // What was not recorded before the engine ended is recorded by the next one.
    stage.engine("").finish();
    assert_eq!((cancelled_on_disk(&stage, MANY), stage.outdir().asked().exists()), (MANY as usize, false));
    assert!(read_json::<Stop>(&stage.attempt("a", 1).stop()).unwrap().is_some());
    assert_eq!((stage.status().word("a"), stage.has_attempt("w1", 1)), ("cancelled", false));
}

/// An engine with one simulation that has begun, which fails as the file `failing` says later, and the gate at which it may wait.
fn begun_to_be_slowed(stage: &Stage) -> (Running, PathBuf) {
    one_and_many(stage, 1, "");
    let failing = stage.write("failing", "");
    let engine = engine_with(stage, &format!("@{}", failing.display()));
    wait_for("it to begin", || stage.path("began").exists().then_some(()));
    // What is asked of one whose launch the engine has not heard of yet is refused.
    stage.wait_word("a", "running");
    (engine, stage.path("slow"))
}

#[test]
fn f62_the_grace_of_a_step_begins_when_its_signal_was_sent() {
    let stage = Stage::new();
    let (_engine, gate) = begun_to_be_slowed(&stage);
    stage.started("a", 1);
    wait_for("room for what is asked", || stage.outdir().asked().exists().then_some(()));
    stage.write("failing", &format!("asked.synced=wait:{}", gate.display()));
    let cancel = stage.start("cancel exp.yaml a");
    wait_for("the disk to hang", || gate.with_extension("here").exists().then_some(()));
    // The answer waits for the disk, and nothing is said to be sent before it is.
    wait_for("it to be told", || stage.status().reason("a").contains("SIGINT is on its way").then_some(()));
    fs::write(&gate, "").unwrap();
    cancel.finish().expect(0);
    stage.wait_word("a", "cancelled");
    assert!(stage.call("stats exp.yaml --watch simTicks").out.contains("4711"));
}

#[test]
fn f62_an_answer_survives_the_engine_that_gave_it() {
    const MANY: u32 = 1_000;
    let stage = Stage::new();
    one_and_many(&stage, MANY, "");
    let engine = engine_with(&stage, "atomic.synced@cancelled.json=delay:1000ms");
    wait_for("it to begin", || stage.path("began").exists().then_some(()));
    stage.started("a", 1);
    let said = stage.call_with(&["cancel", "exp.yaml", "*"]).expect(0);
    engine.kill();
    assert!(said.out.contains("1,001"), "{said:#?}");
    assert!(cancelled_on_disk(&stage, MANY) < MANY as usize, "they are on disk in one piece");
    assert!(stage.outdir().asked().exists());
    // Without an engine, and with the next one, which sends what had no time to be sent.
    let is_all = |status: &crate::stage::Status| {
        (1..=MANY).all(|number| status.word(&format!("w{number}")) == "cancelled").then_some(())
    };
    is_all(&stage.status_now()).unwrap();
    stage.engine("").finish();
    is_all(&stage.status_now()).unwrap();
    assert_eq!(stage.status().word("a"), "cancelled");
    assert_eq!((cancelled_on_disk(&stage, MANY), stage.outdir().asked().exists()), (MANY as usize, false));
    assert_eq!((1..=MANY).filter(|number| stage.has_attempt(&format!("w{number}"), 1)).count(), 0);
}

#[test]
fn f62_a_resume_that_overtakes_its_pause_is_sent_behind_it() {
    let stage = Stage::new();
    let (_engine, gate) = begun_to_be_slowed(&stage);
    let pid = stage.started("a", 1).gem5.pid;
    stage.write("failing", &format!("tree.scan=wait:{}", gate.display()));
    let pause = stage.start("pause exp.yaml a");
    wait_for("the signal to hang", || gate.with_extension("here").exists().then_some(()));
    wait_for("the pause to be known", || stage.call("resume exp.yaml a").code.filter(|code| *code == 0));
    stage.write("failing", "");
    fs::write(&gate, "").unwrap();
    pause.finish().expect(0);
    // It was stopped before the answer came, and what is lost would leave it so.
    wait_for("the tree to go on", || (state_of(pid) != Some('T')).then_some(()));
    assert_eq!(stage.status().word("a"), "running");
    stage.call("cancel exp.yaml a").expect(0);
    stage.wait_word("a", "cancelled");
}

#[test]
fn f62_two_hundred_that_are_paused_at_once_take_a_few_scans_of_the_machine() {
    const MANY: usize = 200;
    let stage = Stage::new();
    let names: Vec<String> = (0..MANY).map(|number| format!("s{number}")).collect();
    let gem5 = stage.write("gem5", "#!/bin/sh\ncase \"$*\" in *outdir*) exec sleep 600;; esac\n");
    fs::set_permissions(&gem5, fs::Permissions::from_mode(0o755)).unwrap();
    stage.write("x.py", "");
    let simulation = |name: &String| format!("  - {{name: {name}, script: x.py}}\n");
    let head = format!("name: many\ngem5: ./gem5\noutdir: out\nconcurrency: {MANY}\nsimulations:\n");
    stage.write("exp.yaml", &(head + &names.iter().map(simulation).collect::<String>()));
    let failing = stage.write("failing", "");
    let _engine = engine_with(&stage, &format!("@{}", failing.display()));
    let pids: Vec<i32> = names.iter().map(|name| stage.started(name, 1).gem5.pid).collect();
    wait_for("all to run", || (stage.status().count("running") == MANY as u64).then_some(()));
    stage.write("failing", &format!("tree.scan=count:{}", stage.path("scans").display()));
    stage.call_with(&["pause", "exp.yaml", "*"]).expect(0);
    assert!(pids.iter().all(|pid| state_of(*pid) == Some('T')), "the answer comes when they stand still");
    let scans = fs::read(stage.path("scans")).unwrap_or_default().len();
    assert!(scans < MANY / 2, "{scans} scans of all processes");
    stage.write("failing", "");
    stage.call_with(&["cancel", "exp.yaml", "*"]).expect(0);
    wait_for("the end of all", || pids.iter().all(|pid| !is_running(*pid)).then_some(()));
}

/// What is put in the place of `asked.jsonl`.
type Put<'a> = (&'a str, &'a dyn Fn(&Path));

#[test]
fn f62_whatever_stands_in_the_file_of_what_was_asked_changes_nothing_wrongly() {
    let line = |asked: &str| format!("{{\"format\":1,\"asked\":[{asked}]}}\n");
    let at = r#""at":{"unix_ms":1,"boot_ms":1}"#;
    let cancel = |name: &str| format!(r#"{{"ask":"cancel","simulation":"{name}",{at}}}"#);
    let stop = format!(r#"{{"ask":"stop","simulation":"a","attempt":9,"reason":"cancelled",{at}}}"#);
    let foreign = line(&[cancel("../evil"), cancel("/evil"), cancel("elsewhere"), cancel(""), stop].join(","));
    let later = format!("{{\"format\":2,\"asked\":[{}]}}\n", cancel("a"));
    let torn = line(&cancel("a")).trim_end_matches("]}\n").to_owned();
    let puts: [Put<'_>; 4] = [
        ("torn", &|path| fs::write(path, &torn).unwrap()),
        ("huge", &|path| fs::File::create(path).unwrap().set_len(1 << 40).unwrap()),
        ("foreign", &|path| fs::write(path, &foreign).unwrap()),
        ("of a later release", &|path| fs::write(path, &later).unwrap()),
    ];
    for (what, put) in puts {
        let stage = Stage::new();
        stage.gates("", &["a"]);
        fs::create_dir(stage.path("out")).unwrap();
        put(&stage.outdir().asked());
        assert_eq!(stage.status().word("a"), "queued", "{what}");
        stage.open("a", 0);
        stage.call("run exp.yaml").expect(0);
        assert_eq!(stage.status().word("a"), "ok", "{what}");
        assert!(!stage.path("evil").exists() && !stage.outdir().simulation("elsewhere").path().exists(), "{what}");
        assert!(!stage.has_attempt("a", 9) && !stage.outdir().simulation("a").cancelled().exists(), "{what}");
    }
    // What is none of ours is looked past, and left alone: nothing begins, see F72.
    let strangers: [Put<'_>; 2] = [
        ("noise", &|path| fs::write(path, [0xff; 1000]).unwrap()),
        ("a directory", &|path| fs::create_dir(path).unwrap()),
    ];
    for (what, put) in strangers {
        let stage = Stage::new();
        stage.gates("", &["a"]);
        fs::create_dir(stage.path("out")).unwrap();
        put(&stage.outdir().asked());
        assert_eq!(stage.status().word("a"), "queued", "{what}");
        let said = stage.call("run exp.yaml").expect(2);
        assert!(said.err.contains("asked.jsonl"), "{what}: {}", said.err);
        assert!(stage.outdir().asked().exists() && !stage.has_attempt("a", 1), "{what}");
    }
}

#[test]
fn f62_what_was_asked_and_is_recorded_changes_nothing_when_it_is_found_again() {
    let stage = Stage::new();
    stage.gates("concurrency: 1", &["a", "b", "c"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    stage.call("cancel exp.yaml b c").expect(0);
    stage.wait_word("c", "cancelled");
    let cancelled = |name: &str| read_json::<Cancelled>(&stage.outdir().simulation(name).cancelled()).unwrap();
    let (b, c) = wait_for("both records", || Some((cancelled("b")?, cancelled("c")?)));
    wait_for("the words to go", || holds_nothing(&stage).then_some(()));
    engine.kill();
    let one = |name: &str, at| {
        let at = serde_json::to_string(&at).unwrap();
        format!(r#"{{"ask":"cancel","simulation":"{name}","at":{at}}}"#)
    };
    // As if the engine had been killed just before it removed the file.
    let text = format!("{{\"format\":1,\"asked\":[{},{}]}}\n", one("b", b.at), one("c", c.at));
    fs::write(stage.outdir().asked(), text).unwrap();
    let engine = stage.engine("");
    assert_eq!((stage.status().word("b"), stage.status().word("a")), ("cancelled", "running"));
    wait_for("the words to go", || holds_nothing(&stage).then_some(()));
    assert_eq!((cancelled("b"), cancelled("c")), (Some(b), Some(c)));
    stage.call("retry exp.yaml b").expect(0);
    stage.open_all(&["a", "b"], 0);
    stage.wait_word("b", "ok");
    engine.finish();
    let exit: Exit = stage.exit("a", 1);
    assert_eq!((stage.entered("a"), stage.entered("b"), exit.paused_ms), (1, 1, 0));
}
