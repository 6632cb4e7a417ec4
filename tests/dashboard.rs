//! The real dashboard in a real terminal: a pty with an emulator behind it.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its terminal has failed")]

#[path = "dashboard/lab.rs"]
mod lab;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use lab::{Lab, wait_for};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use vt100::MouseProtocolMode;

#[test]
fn a_sweep_is_watched_paused_cancelled_retried_left_and_re_entered() {
    let lab = Lab::new();
    let mut terminal = lab.dashboard(140, 40);
    terminal.shows(&["lab", "stand-in", "stream", "chase", "short"]);
    terminal.shows_line(&["running", "stream"]);
    terminal.shows_line(&["running", "chase"]);

    // Watch: the short one ends by itself, and its log can be read.
    terminal.select("short");
    terminal.shows(&["gem5 Simulator System", "Exiting @ tick 800000000"]);

    // Pause and resume: the process itself is stopped, not only the row.
    terminal.select("stream");
    terminal.press("p");
    terminal.shows_line(&["paused", "stream"]);
    wait_for("the process to stop", || (lab.process_state("stream") == Some('T')).then_some(()));
    terminal.press("p");
    terminal.shows_line(&["running", "stream"]);
    wait_for("the process to go on", || lab.process_state("stream").filter(|state| *state != 'T'));

    // Cancel: the dialog names it, the safe choice is focused, and Enter alone cancels nothing.
    terminal.press("c");
    terminal.shows(&["Cancel stream?", "SIGINT"]);
    terminal.press("\r");
    wait_for("the dialog to close", || (!terminal.text().contains("Cancel stream?")).then_some(()));
    terminal.shows_line(&["running", "stream"]);
    terminal.press("c");
    terminal.shows(&["Cancel stream?"]);
    terminal.press("y");
    terminal.shows_line(&["cancelled", "stream"]);

    // Retry: a second attempt, and the first one's log is still there.
    terminal.select("stream");
    terminal.press("r");
    wait_for("the second attempt", || lab.dir.path().join("runs/stream/attempt-2/started.json").exists().then_some(()));
    terminal.shows_line(&["running", "stream"]);
    terminal.select("stream");
    terminal.press("[");
    terminal.shows(&["attempt 1", "user interrupt received"]);

    // Leave: the simulations go on.
    terminal.press("q");
    terminal.shows(&["stay", "detach", "drain", "cancel all"]);
    terminal.press("j\r");
    assert_eq!(terminal.exit().exit_code(), 0);
    terminal.shows(&["come back with"]);
    assert!(!terminal.screen.lock().unwrap().screen().alternate_screen(), "the shell's screen is back");
    assert!(!terminal.screen.lock().unwrap().screen().hide_cursor(), "the cursor is back");
    assert!(lab.process_state("stream").is_some());

    // Come back: the same state.
    let mut again = lab.dashboard(80, 24);
    again.shows_line(&["running", "chase"]);
    again.shows_line(&["running", "stream"]);
    again.press("q");
    again.shows(&["cancel all"]);
    again.press("jjj\r");
    again.shows(&["Cancel"]);
    again.press("y");
    again.exit();
    wait_for("everything to end", || lab.shell("status", &[]).contains("no engine").then_some(()));
    assert!(!lab.dir.path().join("runs/chase/attempt-2").exists(), "nothing was launched twice");
}

#[test]
fn a_client_that_is_killed_changes_nothing() {
    let lab = Lab::new();
    let mut terminal = lab.dashboard(120, 40);
    terminal.shows_line(&["running", "stream"]);
    terminal.child.kill().unwrap();
    terminal.exit();
    assert!(lab.process_state("stream").is_some());
    let again = lab.dashboard(120, 40);
    again.shows_line(&["running", "stream"]);
    assert!(!lab.dir.path().join("runs/stream/attempt-2").exists());
}

#[test]
fn an_engine_that_was_told_to_leave_leaves_no_claim_that_all_is_well() {
    let lab = Lab::new();
    let mut terminal = lab.dashboard(120, 40);
    terminal.shows_line(&["running", "stream"]);
    nix::sys::signal::kill(lab.engine(), nix::sys::signal::Signal::SIGTERM).unwrap();
    terminal.shows(&["The engine has ended", "simulations go on"]);
    terminal.press("q");
    assert_eq!(terminal.exit().exit_code(), 1);
    terminal.shows(&["not all has ended; go on with: gem5-tui"]);
    assert!(lab.process_state("stream").is_some());
}

#[test]
fn an_engine_that_is_killed_is_replaced_under_the_dashboard_and_so_is_one_whose_file_was_edited() {
    let lab = Lab::new();
    let mut terminal = lab.dashboard(120, 40);
    terminal.shows_line(&["running", "stream"]);
    terminal.shows_line(&["ok", "short"]);
    let first = lab.engine();
    nix::sys::signal::kill(first, nix::sys::signal::Signal::SIGKILL).unwrap();
    let second = wait_for("another engine", || Some(lab.engine()).filter(|engine| *engine != first));
    // The keys reach the new one.
    terminal.shows(&["cap 3"]);
    // A key may be lost before it is there. One at a time, so that no late answer comes in the place of another one.
    wait_for("a key that is heard", || {
        terminal.press("+");
        terminal.changes_from("cap 3").then_some(())
    });
    // And the answers have been read: the footer tells of none any more, so that none comes in the place of a later one.
    wait_for("a footer without answers", || {
        let text = terminal.text();
        let footer = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        (footer.contains("c cancel") && !footer.contains("cap ")).then_some(())
    });
    terminal.shows_line(&["running", "stream"]);
    // A file that is not in order changes nothing.
    let text = fs::read_to_string(lab.file()).unwrap();
    fs::write(lab.file(), format!("{text}nonsense: 1\n")).unwrap();
    terminal.press("L");
    terminal.shows(&["not loaded: lab.yaml:", "nonsense"]);
    assert_eq!(lab.engine(), second);
    // What is only added is added to the engine that is there.
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/cache_sweep.py");
    let text = format!("{text}  - name: later\n    script: {}\n", script.display());
    fs::write(lab.file(), &text).unwrap();
    terminal.press("L");
    terminal.shows(&["1 simulation added"]);
    terminal.shows_line(&["later"]);
    assert_eq!(lab.engine(), second);
    // Any other edit has another engine begin, and what runs goes on.
    fs::write(lab.file(), text.replace("name: short\n", "name: shorter\n")).unwrap();
    terminal.press("L");
    terminal.shows_line(&["shorter"]);
    terminal.shows_line(&["running", "stream"]);
    terminal.shows(&["1 simulation new since last time. 1 no longer in the file: short; results are kept."]);
    assert_ne!(lab.engine(), second);
    terminal.press("q");
    terminal.shows(&["detach"]);
    terminal.press("G\r");
    terminal.shows(&["Cancel all"]);
    terminal.press("\x1b[C\r");
    terminal.exit();
}

/// An editor that says that it is open, and is closed once the lab has a file `done`.
fn patient_editor(lab: &Lab) {
    let (editor, place) = (lab.dir.path().join("editor"), lab.dir.path().display());
    fs::write(&editor, format!("#!/bin/sh\ntouch {place}/open\nuntil [ -e {place}/done ]; do sleep 0.05; done\n"))
        .unwrap();
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_dashboard_whose_engine_ends_while_an_editor_is_open_is_left_behind_it() {
    use nix::sys::signal::{Signal, kill};
    let lab = Lab::new();
    patient_editor(&lab);
    let mut terminal = lab.dashboard(120, 40);
    terminal.shows_line(&["running", "stream"]);
    // An engine that stands still cannot end before the editor is open.
    let engine = lab.engine();
    kill(engine, Signal::SIGSTOP).unwrap();
    terminal.press("q");
    terminal.shows(&["detach"]);
    terminal.press("G\r");
    terminal.shows(&["Cancel all"]);
    terminal.press("\x1b[C\r");
    terminal.shows(&["still to stop"]);
    terminal.press("e");
    wait_for("the editor", || lab.dir.path().join("open").exists().then_some(()));
    kill(engine, Signal::SIGCONT).unwrap();
    wait_for("the engine to end", || lab.shell("status", &[]).contains("no engine").then_some(()));
    fs::write(lab.dir.path().join("done"), "").unwrap();
    terminal.exit();
}

#[test]
fn the_log_goes_to_a_program_whose_answer_stays_until_it_was_read_and_into_a_file() {
    let lab = Lab::new();
    let mut terminal = lab.dashboard(140, 40);
    terminal.shows_line(&["ok", "short"]);
    terminal.select("short");
    terminal.press("\r");
    terminal.shows(&["gem5 Simulator System"]);
    let log = lab.dir.path().join("runs/short/attempt-1/m5out/simout.txt");
    // More than a pipe takes.
    let text = fs::read_to_string(&log).unwrap() + &"info: more\n".repeat(100_000);
    fs::write(&log, &text).unwrap();
    terminal.press("|sed -n 's/^gem5 Simulator System.*/it was read/p'\r");
    terminal.shows(&["it was read", "[enter goes back to gem5-tui]"]);
    terminal.press("\r");
    terminal.shows(&["simout.txt 1/"]);
    // One that leaves somebody behind who holds the pipe and reads nothing, and one that is not there.
    let place = lab.dir.path().display();
    terminal.press(&format!("|sh -c 'exec 3<&0; (until [ -e {place}/done ]; do sleep 0.05; done) <&3 & echo left'\r"));
    terminal.shows(&["left", "[enter goes back to gem5-tui]"]);
    terminal.press("\r");
    terminal.shows(&["simout.txt 1/"]);
    fs::write(lab.dir.path().join("done"), "").unwrap();
    terminal.press("|no-such-program\r");
    terminal.shows(&["could not start `no-such-program`", "[", "enter goes back to gem5-tui]"]);
    terminal.press("\r");
    terminal.shows(&["simout.txt 1/"]);
    let copy = lab.dir.path().join("copy.txt");
    terminal.press(&format!("x\x15{}\r", copy.display()));
    wait_for("the file", || copy.exists().then_some(()));
    assert_eq!(fs::read_to_string(&copy).unwrap(), text);
    terminal.press(&format!("x\x15{}\r", copy.display()));
    terminal.shows(&["is there already"]);
    // One `q` closes the log, and the next one leaves.
    terminal.press("q");
    terminal.shows_line(&["running", "chase"]);
    terminal.press("q");
    terminal.shows(&["detach"]);
    terminal.press("d");
    terminal.exit();
}

#[test]
fn a_mouse_selects_and_leaves_and_what_is_no_report_is_no_key() {
    let lab = Lab::new();
    let mut terminal = lab.dashboard(140, 40);
    terminal.shows_line(&["ok", "short"]);
    terminal.shows_line(&["running", "chase"]);
    // Motion without a button is not asked for: it would wake the dashboard all the time.
    terminal.tells_of_mouse(MouseProtocolMode::ButtonMotion);
    for name in ["chase", "short", "stream"] {
        terminal.click(name);
        terminal.shows_line(&["│▌", name]);
    }
    // What a line has broken holds letters that are keys, and one of them would ask whether to cancel.
    for broken in ["\x1b[<;;M", "\x1b[<c;c;cM", "\x1b[<0;65535;65535M", "\x1b[<999;1;1M", "\x1b[<0;q;"] {
        terminal.press(broken);
    }
    // The last of them has no end, so this is it.
    terminal.press("M?");
    terminal.shows(&["Keys"]);
    terminal.press("\x1b");
    wait_for("the help to close", || (!terminal.text().contains("┌ Keys")).then_some(()));
    terminal.shows_line(&["│▌", "stream"]);
    terminal.press("q");
    terminal.shows(&["detach"]);
    terminal.click("detach");
    assert_eq!(terminal.exit().exit_code(), 0);
    terminal.tells_of_mouse(MouseProtocolMode::None);
    assert!(lab.process_state("stream").is_some());
}

#[test]
fn the_mouse_is_given_back_for_as_long_as_somebody_else_has_the_terminal() {
    let lab = Lab::new();
    patient_editor(&lab);
    let mut terminal = lab.dashboard(120, 40);
    terminal.shows_line(&["ok", "short"]);
    terminal.tells_of_mouse(MouseProtocolMode::ButtonMotion);
    terminal.press("B");
    terminal.tells_of_mouse(MouseProtocolMode::None);
    terminal.press("B");
    terminal.tells_of_mouse(MouseProtocolMode::ButtonMotion);
    terminal.press("\x1a");
    terminal.tells_of_mouse(MouseProtocolMode::None);
    let client = Pid::from_raw(terminal.child.process_id().unwrap().cast_signed());
    // It stands still a moment after it has given the terminal back.
    wait_for("the client to stand still", || {
        let stat = fs::read_to_string(format!("/proc/{client}/stat")).unwrap();
        stat.rsplit_once(')').unwrap().1.trim_start().starts_with('T').then_some(())
    });
    kill(client, Signal::SIGCONT).unwrap();
    terminal.tells_of_mouse(MouseProtocolMode::ButtonMotion);
    terminal.press("e");
    wait_for("the editor", || lab.dir.path().join("open").exists().then_some(()));
    terminal.tells_of_mouse(MouseProtocolMode::None);
    fs::write(lab.dir.path().join("done"), "").unwrap();
    terminal.tells_of_mouse(MouseProtocolMode::ButtonMotion);
    kill(client, Signal::SIGTERM).unwrap();
    terminal.exit();
    terminal.tells_of_mouse(MouseProtocolMode::None);
}

#[test]
fn who_wants_no_mouse_is_left_it_by_a_flag_and_by_the_configuration() {
    let lab = Lab::new();
    let mut terminal = lab.dashboard_with(120, 40, &["--no-mouse"]);
    terminal.shows_line(&["ok", "short"]);
    terminal.tells_of_mouse(MouseProtocolMode::None);
    // Where it is wanted all the same, a key takes it.
    terminal.press("B");
    terminal.tells_of_mouse(MouseProtocolMode::ButtonMotion);
    drop(terminal);
    let config = lab.dir.path().join("config/gem5-tui");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.yaml"), "mouse: false\n").unwrap();
    let terminal = lab.dashboard(120, 40);
    terminal.shows_line(&["ok", "short"]);
    terminal.tells_of_mouse(MouseProtocolMode::None);
}

#[test]
fn a_terminal_that_is_closed_takes_the_client_along_and_nothing_else() {
    let lab = Lab::new();
    let mut terminal = lab.dashboard(120, 40);
    terminal.shows_line(&["running", "stream"]);
    terminal.close();
    terminal.exit();
    assert!(lab.process_state("stream").is_some());
    assert!(lab.shell("status", &[]).contains("engine running"));
}

#[test]
fn a_dashboard_without_a_terminal_says_what_to_use_instead() {
    let lab = Lab::new();
    let output = Command::new(env!("CARGO_BIN_EXE_gem5-tui")).arg(lab.file()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("gem5-tui run"));
    assert!(!lab.dir.path().join("runs").exists(), "nothing was started");
}
