//! Files that change without a word from the system, and files that are none.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gem5_tui::rundir::AttemptDir;
use gem5_tui::rundir::filesystem::hides_changes;
use gem5_tui::rundir::record::Started;
use gem5_tui::spawn::identity::{self, Alive};
use gem5_tui::spawn::tree::{self, Root};
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::pty::Terminal;
use crate::stage::{Running, Stage, wait_for};

/// Files are looked at every second. The rest is for a machine that is busy with other tests.
const POLL: Duration = Duration::from_secs(20);

/// Two simulations at their gates and an engine.
fn waiting() -> (Stage, Running) {
    let stage = Stage::new();
    stage.gates("", &["a", "b"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a", "b"]);
    for name in ["a", "b"] {
        wait_for("the record of a start", || stage.attempt(name, 1).started().exists().then_some(()));
        stage.wait_word(name, "running");
    }
    (stage, engine)
}

fn skip(why: &str) {
    eprintln!("skipped: {why}");
}

fn append(path: &Path, text: &str) {
    fs::OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

fn dump(ticks: u32) -> String {
    format!(
        "\n---------- Begin Simulation Statistics ----------\nsimTicks {ticks} # t\nfinalTick {ticks} # t\n\n\
         ---------- End Simulation Statistics   ----------\n"
    )
}

/// Whether a process has an inotify instance.
fn watches(pid: i32) -> bool {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    descriptors
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .any(|target| target.ends_with("anon_inode:inotify"))
}

/// The log, the list of files and the stats that the dashboard shows follow what is written, within the time of a poll.
fn follows(terminal: &mut Terminal, dir: &AttemptDir) {
    let soon = |what: &str, begun: Instant| assert!(begun.elapsed() < POLL, "{what} took {:?}", begun.elapsed());
    terminal.press("1");
    for number in 0..3 {
        append(&dir.simout(), &format!("line {number}\n"));
        let begun = Instant::now();
        terminal.shows(&[&format!("line {number}")]);
        soon("a line", begun);
    }
    terminal.press("2");
    append(&dir.m5out().join("stats.txt"), &dump(4711));
    let begun = Instant::now();
    terminal.shows_line(&["simTicks", "4711"]);
    soon("a dump", begun);
    terminal.press("3");
    terminal.shows(&["simout.txt"]);
    fs::write(dir.m5out().join("new-file.txt"), "").unwrap();
    let begun = Instant::now();
    terminal.shows(&["new-file.txt"]);
    soon("a file", begun);
}

fn with_failpoints(stage: &Stage, points: &str) -> Command {
    let mut command = stage.command("exp.yaml");
    command.env("GEM5_TUI_FAILPOINTS", points);
    command
}

#[test]
fn f46_where_there_are_hints_they_are_taken() {
    let (stage, _engine) = waiting();
    let mut terminal = Terminal::dashboard(&stage, 150, 30);
    terminal.shows(&["simout.txt"]);
    if let Some(why) = hides_changes(&stage.path("")) {
        return skip(&why);
    }
    wait_for("an inotify instance", || watches(terminal.pid()).then_some(()));
    follows(&mut terminal, &stage.attempt("a", 1));
    assert!(!terminal.text().contains("polled"), "{}", terminal.text());
}

#[test]
fn f46_without_inotify_files_are_polled_and_the_dashboard_says_so() {
    let (stage, _engine) = waiting();
    let mut terminal = Terminal::start(&with_failpoints(&stage, "hints.begin=EMFILE"), 150, 30);
    terminal.shows_line(&["simout.txt", "FOLLOW", "polled"]);
    follows(&mut terminal, &stage.attempt("a", 1));
    terminal.shows_line(&["polled", "files"]);
    terminal.press("4");
    terminal.shows(&["looked for every second: inotify: Too many open files"]);
    assert!(!watches(terminal.pid()));
    // Nobody was disturbed: no line of its own, no bad word.
    assert!(!terminal.text().contains("error:") && !terminal.text().contains("could not"), "{}", terminal.text());
    terminal.press("qj\r");
    assert_eq!(terminal.exit(), 0);
}

#[test]
fn f46_where_a_user_may_have_no_inotify_instance_files_are_polled() {
    let limit = "echo 0 > /proc/sys/user/max_inotify_instances";
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "sh", "-c", script, "sh"]);
        command
    };
    if !unshare(limit).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        return skip("no user namespace with a limit of its own can be made here");
    }
    let (stage, _engine) = waiting();
    let dashboard = stage.command("exp.yaml");
    let mut command = unshare(&format!(r#"{limit}; exec "$@""#));
    command.arg(dashboard.get_program()).args(dashboard.get_args());
    stage.surround(&mut command);
    let mut terminal = Terminal::start(&command, 150, 30);
    terminal.shows_line(&["simout.txt", "FOLLOW", "polled"]);
    follows(&mut terminal, &stage.attempt("a", 1));
}

#[test]
fn f46_hints_that_are_lost_delay_and_lose_nothing() {
    let (stage, _engine) = waiting();
    // As after an overflow of the queue, or where inotify succeeds and is silent.
    let mut terminal = Terminal::start(&with_failpoints(&stage, "hints.hint=EIO"), 150, 30);
    terminal.shows(&["simout.txt"]);
    if let Some(why) = hides_changes(&stage.path("")) {
        return skip(&why);
    }
    wait_for("an inotify instance", || watches(terminal.pid()).then_some(()));
    follows(&mut terminal, &stage.attempt("a", 1));
}

#[test]
fn f47_on_a_file_system_that_is_not_trusted_files_are_polled_from_the_start() {
    let (stage, _engine) = waiting();
    let mut terminal = Terminal::start(&with_failpoints(&stage, "filesystem.kind=ESTALE"), 150, 30);
    terminal.shows_line(&["simout.txt", "FOLLOW", "polled"]);
    assert!(!watches(terminal.pid()), "what says nothing is not asked");
    follows(&mut terminal, &stage.attempt("a", 1));
    terminal.press("4");
    terminal.shows(&["looked for every second: its file system cannot be told:", "Stale"]);
    // The log that a verb follows is looked at by the clock everywhere.
    let logs = stage.start("logs exp.yaml b --follow");
    append(&stage.attempt("b", 1).simout(), "told\n");
    logs.wait_output("told\n");
    stage.open("b", 0);
    logs.finish().expect(0);
}

/// Processes whose record is about to be taken away, so that the stage does not know them any more.
struct Known(Started);

impl Drop for Known {
    fn drop(&mut self) {
        // Gone already, unless the test has failed.
        let _ = tree::signal_tree(Root::Shim(&self.0.shim), Signal::SIGKILL);
    }
}

/// Puts a fifo in the place of a file.
fn put_fifo(path: &Path) {
    let new = PathBuf::from(format!("{}.fifo", path.display()));
    mkfifo(&new, Mode::S_IRWXU).unwrap();
    fs::rename(new, path).unwrap();
}

#[test]
fn f48_a_fifo_in_place_of_logs_stats_and_records_holds_nobody_up() {
    let (stage, _engine) = waiting();
    let (a, b) = (stage.attempt("a", 1), stage.attempt("b", 1));
    let known = Known(stage.started("a", 1));
    let gem5 = known.0.gem5.clone();
    for path in
        [a.simout(), a.simerr(), a.m5out().join("stats.txt"), a.started(), a.pauses(), a.requested_dumps(), a.stop()]
    {
        put_fifo(&path);
    }
    // The engine looks on: what another simulation has done is seen.
    append(&b.m5out().join("stats.txt"), &dump(4711));
    wait_for("ticks", || (stage.status().sims["b"]["progress"]["ticks"] == 4711).then_some(()));
    assert_eq!(stage.status().word("a"), "running");

    let mut terminal = Terminal::dashboard(&stage, 150, 40);
    terminal.shows_line(&["▌", "running", "a"]);
    terminal.shows(&["simout.txt cannot be read", "it is not a regular file"]);
    terminal.press("o");
    terminal.shows(&["simerr.txt cannot be read"]);
    terminal.press("2");
    terminal.shows(&["cannot be read", "it is not a regular file"]);
    terminal.press("4");
    terminal.shows(&["started.json cannot be read: it is", "not a regular file"]);
    terminal.press("3");
    terminal.shows(&["pauses.jsonl"]);
    let said = stage.call("logs exp.yaml a").expect(1);
    assert!(said.err.contains("it is not a regular file"), "{said:?}");
    stage.call("logs exp.yaml a --follow").expect(1);
    stage.call("show exp.yaml a").expect(0);
    stage.call("stats exp.yaml --watch simTicks");
    stage.call("inspect out/a/attempt-1");

    // The record of who runs is gone, and still a cancel reaches it.
    terminal.press("c");
    terminal.shows(&["Cancel a?"]);
    terminal.press("y");
    wait_for("the end of the process", || (identity::is_alive(&gem5) == Alive::No).then_some(()));
    wait_for("its end to be known", || stage.status().sims["a"]["status"]["outcome"].is_object().then_some(()));
    assert_eq!(stage.status().word("b"), "running");
}

#[test]
fn f48_a_directory_full_of_fifos_is_looked_at_all_the_same() {
    let stage = Stage::new();
    stage.write("pass.py", "print('hello')\n");
    stage.experiment("", "  - {name: a, script: pass.py}\n  - {name: b, script: pass.py}\n");
    stage.call("run exp.yaml").expect(0);
    let a = stage.attempt("a", 1);
    let records = [a.spec(), a.started(), a.exit(), a.outcome(), a.result(), a.stop(), a.pauses(), a.provenance()];
    let output = ["simout.txt", "simerr.txt", "stats.txt", "config.ini", "system.terminal", "status.json"];
    for path in records.into_iter().chain(output.map(|name| a.m5out().join(name))) {
        put_fifo(&path);
    }
    // None of these would come back.
    let status = stage.status();
    assert_eq!(status.word("b"), "ok");
    assert_ne!(status.word("a"), "ok", "{}", status.reason("a"));
    for verb in ["show exp.yaml a", "logs exp.yaml a", "stats exp.yaml --watch simTicks", "plan exp.yaml"] {
        let said = stage.call(verb);
        assert!(matches!(said.code, Some(0 | 1)), "{verb}: {said:?}");
    }
    stage.call("inspect out/a/attempt-1/m5out");
    // A dashboard with a new engine, and an attempt after this one.
    let mut terminal = Terminal::dashboard(&stage, 150, 40);
    terminal.shows_line(&["ok", "b"]);
    for tab in ["1", "2", "3", "4", "5"] {
        terminal.press(tab);
    }
    terminal.shows_line(&["▌", "a"]);
    terminal.press("q");
    terminal.exit();
}

#[test]
fn f48_a_disk_that_does_not_answer_leaves_the_dashboard_alive() {
    let (stage, _engine) = waiting();
    append(&stage.attempt("a", 1).simout(), "behind the wall\n");
    let gem5 = stage.started("a", 1).gem5;
    let go = stage.path("go");
    let points = format!("reader.step@a/attempt-1=wait:{}", go.display());
    let mut terminal = Terminal::start(&with_failpoints(&stage, &points), 150, 30);
    terminal.shows_line(&["running", "a"]);
    // It says so after a while, and goes on counting.
    let told = terminal.shows_line(&["the disk has not answered for"]);
    wait_for("the next second", || (terminal.shows_line(&["the disk has not answered for"]) != told).then_some(()));
    assert!(!terminal.text().contains("behind the wall"));
    // Keys are answered, and the engine with them.
    terminal.press("?");
    terminal.shows(&["Esc closes"]);
    terminal.press("\u{1b}");
    terminal.shows_no("Esc closes");
    terminal.press("p");
    terminal.shows_line(&["paused", "a"]);
    terminal.press("p");
    terminal.shows_line(&["running", "a"]);
    terminal.press("c");
    terminal.shows(&["Cancel a?"]);
    terminal.press("y");
    wait_for("the end of the process", || (identity::is_alive(&gem5) == Alive::No).then_some(()));
    terminal.shows_line(&["cancelled", "a"]);
    // The disk is back.
    fs::write(&go, "").unwrap();
    terminal.shows_no("the disk has not answered");
    terminal.press("1");
    terminal.shows(&["behind the wall"]);
}

#[test]
fn f48_a_disk_that_does_not_answer_leaves_the_engine_alive() {
    let stage = Stage::new();
    stage.gates("", &["a", "b"]);
    let go = stage.path("go");
    let mut command = stage.command("engine exp.yaml");
    command.env("GEM5_TUI_FAILPOINTS", format!("engine.look@attempt-1=wait:{}", go.display()));
    let engine = Running::start(command);
    engine.line(0);
    stage.wait_entered(&["a", "b"]);
    assert_eq!(stage.status().word("a"), "running");
    append(&stage.attempt("b", 1).m5out().join("stats.txt"), &dump(4711));
    let ticks = |stage: &Stage| stage.status().sims["b"]["progress"]["ticks"].clone();
    stage.call("pause exp.yaml a").expect(0);
    stage.wait_word("a", "paused");
    stage.call("resume exp.yaml a").expect(0);
    stage.call("cancel exp.yaml a").expect(0);
    stage.wait_word("a", "cancelled");
    assert!(ticks(&stage).is_null(), "nobody can have looked");
    fs::write(&go, "").unwrap();
    wait_for("the look to come back", || (ticks(&stage) == 4711).then_some(()));
    stage.open("b", 0);
    stage.wait_word("b", "ok");
    engine.finish().expect(0);
}
