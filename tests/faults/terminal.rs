//! Terminals that vanish, that are left in a mess, that are too small, and readers that stop reading.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gem5_tui::spawn::identity::{self, Alive};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use vt100::MouseProtocolMode;

use crate::pty::Terminal;
use crate::stage::{PATIENCE, Running, Stage, is_running, state_of, wait_for, within};

/// About a second, and what a machine adds that is busy with other tests. Nothing here waits so long by design.
const SOON: Duration = Duration::from_secs(30);

/// Prints without end, so that a dashboard that shows it draws frame after frame.
const CHATTER: &str = r#"import itertools, time
for number in itertools.count():
    print("line", number, "x" * (number % 70), flush=True)
    time.sleep(0.001)
"#;

/// Two simulations that wait at their gates and one that never stops talking, with an engine in the background.
fn busy() -> Stage {
    let stage = Stage::new();
    stage.write("chatter.py", CHATTER);
    let gate = crate::stage::gate;
    let simulations = gate("a", "") + &gate("b", "") + "  - {name: chatter, script: chatter.py}\n";
    stage.experiment("concurrency: 3", &simulations);
    stage
}

/// The children of a process.
fn children(pid: i32) -> Vec<i32> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().map(|child| child.parse().unwrap()).collect()
}

/// The processor time that a process has used, zombies included; none when it has been reaped.
fn cpu(pid: i32) -> Option<Duration> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11..=12].iter().map(|field| field.parse::<u64>().unwrap()).sum();
    // A hundred a second on every Linux.
    Some(Duration::from_millis(ticks * 10))
}

fn assert_untouched(stage: &Stage, names: &[&str]) {
    for name in names {
        assert_eq!(identity::is_alive(&stage.started(name, 1).gem5), Alive::Yes, "{name}");
        assert!(!stage.has_attempt(name, 2), "{name}");
    }
    assert_eq!(identity::is_alive(&stage.lease().engine), Alive::Yes, "the engine");
}

#[test]
fn f01_a_dashboard_killed_while_it_draws_leaves_everything_as_it_was() {
    let stage = busy();
    let mut terminal = Terminal::shell(&stage, 120, 30);
    terminal.press("gem5-tui exp.yaml --start\n");
    for name in ["a", "b", "chatter"] {
        terminal.shows_line(&["running", name]);
    }
    stage.wait_entered(&["a", "b"]);
    let engine = stage.lease().engine;
    let started = ["a", "b", "chatter"].map(|name| stage.started(name, 1).gem5);
    let dashboard = wait_for("the dashboard", || children(terminal.pid()).first().copied());
    // In the middle of something: the log that is shown grows, and frames come one after the other.
    terminal.press("G");
    let come = terminal.raw().len();
    wait_for("frames", || (terminal.raw().len() > come + 20_000).then_some(()));
    kill(Pid::from_raw(dashboard), Signal::SIGKILL).unwrap();
    wait_for("its end", || (!is_running(dashboard)).then_some(()));

    // The terminal is a mess, as it must be after a kill -9, and one verb gives it back. Return is not translated there.
    assert!(terminal.screen(vt100::Screen::alternate_screen) && !terminal.is_cooked());
    terminal.press("gem5-tui reset-term\n");
    wait_for("the terminal", || {
        let has_mouse = |screen: &vt100::Screen| screen.mouse_protocol_mode() != MouseProtocolMode::None;
        let fine = |screen: &vt100::Screen| {
            !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste() && !has_mouse(screen)
        };
        (terminal.screen(fine) && terminal.is_cooked()).then_some(())
    });
    terminal.press("echo it is' 'mine\n");
    wait_for("an answer", || terminal.text().lines().any(|line| line == "it is mine").then_some(()));

    // Nothing else has noticed, and a new dashboard shows the same.
    assert_eq!(stage.lease().engine, engine);
    assert_eq!(["a", "b", "chatter"].map(|name| stage.started(name, 1).gem5), started);
    assert_untouched(&stage, &["a", "b", "chatter"]);
    terminal.press("gem5-tui exp.yaml --start\n");
    for name in ["a", "b", "chatter"] {
        terminal.shows_line(&["running", name]);
    }
    assert_eq!(stage.lease().engine, engine);
    assert_untouched(&stage, &["a", "b", "chatter"]);
}

#[test]
fn f01_a_terminal_that_got_half_a_sequence_is_given_back() {
    let stage = Stage::new();
    // A kill can come after any byte of a frame.
    for half in [r"\033[38;5", r"\033]52;c;aGVs", r"\303", r"\033[?20", r"\033"] {
        let mut terminal = Terminal::shell(&stage, 80, 24);
        let mess = r"\033[?1049h\033[?1000h\033[?1002h\033[?1006h\033[?2004h\033[?2026h\033[?25l\033[7m";
        terminal.press(&format!("stty raw -echo; printf '{mess}{half}'; gem5-tui reset-term\n"));
        wait_for(half, || {
            let fine = |screen: &vt100::Screen| {
                !screen.alternate_screen()
                    && !screen.hide_cursor()
                    && !screen.bracketed_paste()
                    && !screen.inverse()
                    && screen.mouse_protocol_mode() == MouseProtocolMode::None
            };
            // It has been a mess before it is fine.
            let came = terminal.raw().windows(7).any(|bytes| bytes == b"\x1b[?2026");
            (came && terminal.screen(fine) && terminal.is_cooked()).then_some(())
        });
        assert!(terminal.raw().windows(8).any(|bytes| bytes == b"\x1b[?2026l"), "{half}");
    }
}

#[test]
fn f01_without_a_terminal_there_is_none_to_give_back() {
    let stage = Stage::new();
    // In a session of its own a process has no controlling terminal.
    let mut command = Command::new("setsid");
    command.args(["--wait", env!("CARGO_BIN_EXE_gem5-tui"), "reset-term"]);
    stage.surround(&mut command);
    let said = Running::start(command).finish().expect(1);
    assert!(said.err.starts_with("error: could not reset the terminal: "), "{said:?}");
    assert_eq!(said.out, "");
}

/// What the runtime of the language exits with after a panic in its first thread.
const PANICKED: u32 = 101;

/// Closes the terminal under a dashboard and waits until that is gone, soon and without having span.
fn close_and_wait(terminal: &mut Terminal, dashboard: i32) {
    let before = cpu(dashboard).unwrap();
    terminal.close();
    let closed = Instant::now();
    // A zombie still tells how much it used.
    let gone = within(PATIENCE, || state_of(dashboard).is_none_or(|state| state == 'Z').then_some(()));
    if gone.is_none() {
        // It would spin for ever.
        kill(Pid::from_raw(dashboard), Signal::SIGKILL).unwrap();
        panic!("it outlived its terminal");
    }
    assert!(closed.elapsed() < SOON, "it took {:?}", closed.elapsed());
    if let Some(after) = cpu(dashboard) {
        let used = after.saturating_sub(before);
        assert!(used < Duration::from_millis(500), "it used {used:?} of processor time for nothing");
    }
}

#[test]
fn f02_a_terminal_that_is_closed_takes_the_client_along_and_nothing_else() {
    let stage = busy();
    let mut terminal = Terminal::dashboard(&stage, 100, 30);
    terminal.shows_line(&["running", "a"]);
    terminal.shows_line(&["running", "chatter"]);
    let dashboard = terminal.pid();
    close_and_wait(&mut terminal, dashboard);
    assert_ne!(terminal.exit(), PANICKED);
    terminal.exit();
    assert_untouched(&stage, &["a", "chatter"]);
    assert_eq!(stage.status().word("a"), "running");
}

#[test]
fn f03_a_client_that_ignores_the_hang_up_leaves_with_its_terminal() {
    let stage = busy();
    let dashboard = stage.command("exp.yaml --start");
    let mut command = Command::new("sh");
    command.args(["-c", r#"trap "" HUP; exec "$@""#, "sh"]);
    command.arg(dashboard.get_program()).args(dashboard.get_args());
    stage.surround(&mut command);
    let mut terminal = Terminal::start(&command, 100, 30);
    terminal.shows_line(&["running", "a"]);
    let dashboard = terminal.pid();
    close_and_wait(&mut terminal, dashboard);
    assert_ne!(terminal.exit(), PANICKED);
    assert_untouched(&stage, &["a"]);
}

/// A dashboard in a session of its own: the terminal is not its controlling one, so no signal tells of its end.
fn unsignalled(stage: &Stage) -> Terminal {
    let dashboard = stage.command("exp.yaml --start");
    let mut command = Command::new("sh");
    command.args(["-c", r#"setsid "$@"; exit"#, "sh"]);
    command.arg(dashboard.get_program()).args(dashboard.get_args());
    stage.surround(&mut command);
    Terminal::start(&command, 100, 30)
}

#[test]
fn f03_a_client_whom_nobody_sends_a_hang_up_leaves_with_its_terminal() {
    let stage = busy();
    let mut terminal = unsignalled(&stage);
    terminal.shows_line(&["running", "a"]);
    let dashboard = wait_for("the dashboard", || children(terminal.pid()).first().copied());
    close_and_wait(&mut terminal, dashboard);
    assert_untouched(&stage, &["a"]);
}

#[test]
fn f03_a_client_that_has_nothing_to_draw_leaves_with_its_terminal() {
    let stage = Stage::new();
    stage.write("pass.py", "");
    stage.experiment("", "  - {name: a, script: pass.py}\n");
    let mut terminal = unsignalled(&stage);
    terminal.shows_line(&["ok", "a"]);
    // No clock runs any more, so no write fails and tells: only the kernel's answer to poll(2) does.
    let mut last = (terminal.raw().len(), Instant::now());
    wait_for("silence", || {
        let length = terminal.raw().len();
        if length != last.0 {
            last = (length, Instant::now());
        }
        (last.1.elapsed() > Duration::from_millis(1_500)).then_some(())
    });
    let dashboard = wait_for("the dashboard", || children(terminal.pid()).first().copied());
    close_and_wait(&mut terminal, dashboard);
}

#[test]
fn f55_a_dumb_terminal_is_told_what_works_there() {
    let stage = busy();
    let mut command = stage.command("exp.yaml --start");
    command.env("TERM", "dumb");
    let mut terminal = Terminal::start(&command, 80, 24);
    assert_eq!(terminal.exit(), 2);
    terminal.shows(&["gem5-tui run exp.yaml"]);
    assert!(!terminal.raw().contains(&0x1b), "{}", String::from_utf8_lossy(&terminal.raw()));
    assert!(!stage.path("out").exists(), "nothing was started");
}

#[test]
fn f55_a_terminal_may_have_any_size() {
    // Another size is drawn on a screen that was cleared, which no key does: so what is waited for is the frame of that size.
    const CLEARED: &[u8] = b"\x1b[?2026h\x1b[2J";
    let stage = busy();
    let frames = |terminal: &Terminal| terminal.raw().windows(CLEARED.len()).filter(|bytes| *bytes == CLEARED).count();
    for (columns, rows) in [(1, 1), (10, 3)] {
        let mut terminal = Terminal::dashboard(&stage, columns, rows);
        terminal.resize(100, 30);
        terminal.shows_line(&["running", "a"]);
        let mut size = (100, 30);
        for next in [(1, 1), (1, 60), (200, 1), (2, 2), (10, 3), (300, 100), (columns, rows)] {
            // Every tab and what lies over the panes. On a small screen most of that changes nothing, and draws nothing; another size
            // always does, after the keys that came before it.
            for (at, keys) in (1..).zip(["1", "2", "3", "4", "?", "\x1b"]) {
                let drawn = frames(&terminal);
                terminal.press(keys);
                terminal.resize(size.0 + at % 2, size.1);
                wait_for("a frame", || (frames(&terminal) > drawn).then_some(()));
            }
            let drawn = frames(&terminal);
            size = next;
            terminal.resize(size.0, size.1);
            wait_for("a frame", || (frames(&terminal) > drawn).then_some(()));
        }
        // An Escape that is read together with what comes next is another key.
        terminal.resize(100, 30);
        terminal.shows_line(&["running", "a"]);
        terminal.shows_no("close");
        let drawn = frames(&terminal);
        terminal.resize(columns, rows);
        wait_for("a frame", || (frames(&terminal) > drawn).then_some(()));
        // It still answers: ^C asks, whichever pane has the keys, and j goes to `detach`.
        terminal.press("\x03j\r");
        assert_eq!(terminal.exit(), 0);
        let raw = terminal.raw();
        assert!(!String::from_utf8_lossy(&raw).contains("panicked"), "{}", String::from_utf8_lossy(&raw));
        assert_untouched(&stage, &["a", "b", "chatter"]);
    }
}

#[test]
fn f55_a_storm_of_resizes_is_weathered() {
    let stage = busy();
    let mut terminal = Terminal::dashboard(&stage, 100, 30);
    terminal.shows_line(&["running", "a"]);
    for step in 0_u16..600 {
        // All kinds of sizes, in no order.
        terminal.resize(1 + step.wrapping_mul(7919) % 180, 1 + step.wrapping_mul(104) % 55);
    }
    terminal.resize(110, 28);
    terminal.shows_line(&["running", "a"]);
    terminal.shows_line(&["running", "chatter"]);
    terminal.press("?");
    terminal.shows(&["close"]);
    terminal.press("\x1b");
    terminal.shows_no("Esc closes");
    terminal.press("q");
    terminal.shows(&["detach"]);
    terminal.press("j\r");
    assert_eq!(terminal.exit(), 0);
    terminal.shows(&["come back with"]);
    assert_untouched(&stage, &["a"]);
}

#[test]
fn f55_a_panic_gives_the_terminal_back_before_it_speaks() {
    let stage = busy();
    let mut terminal = Terminal::shell(&stage, 100, 30);
    terminal.press("GEM5_TUI_FAILPOINTS=screen.drawing=panic gem5-tui exp.yaml --start; echo ended with $?\n");
    let text = terminal.shows(&["panicked at", "a failpoint wants a panic here", "ended with 101"]);
    assert!(!terminal.screen(vt100::Screen::alternate_screen) && !terminal.screen(vt100::Screen::hide_cursor));
    assert!(!terminal.screen(vt100::Screen::bracketed_paste) && terminal.is_cooked());
    // A line that begins where the one before ended belongs to a terminal in raw mode.
    assert!(text.lines().any(|line| line.starts_with("ended with")), "{text}");
}

/// Runs a command whose standard output has no reader any more, or is closed.
fn without_reader(mut command: Command, closed: bool) -> (Option<i32>, String) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    if closed {
        let mut shell = Command::new("sh");
        shell.args(["-c", r#"exec "$@" >&-"#, "sh"]).arg(command.get_program()).args(command.get_args());
        if let Some(directory) = command.get_current_dir() {
            shell.current_dir(directory);
        }
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command = shell;
    }
    let output = command.stdin(Stdio::null()).stdout(writer).output().unwrap();
    assert_eq!(output.status.signal(), None, "{output:?}");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn f56_a_verb_whose_reader_is_gone_leaves_quietly() {
    let stage = Stage::new();
    stage.write("pass.py", "print('hello')\n");
    stage.experiment("", "  - {name: a, script: pass.py, watch: ['*']}\n  - {name: b, script: pass.py, needs: [a]}\n");
    stage.call("run exp.yaml").expect(0);
    let verbs = [
        "--help",
        "--version",
        "help status",
        "plan exp.yaml",
        "plan exp.yaml --json",
        "status exp.yaml",
        "status exp.yaml --json",
        "logs exp.yaml a",
        "logs exp.yaml a --follow",
        "stats exp.yaml",
        "stats exp.yaml --json",
        "show exp.yaml a",
        "show exp.yaml a --json",
        "show exp.yaml a --repro",
        "inspect out/a/latest",
        "inspect out/a/latest --json",
        "schema",
        "completions bash",
        "man",
        "stop exp.yaml",
        "retry exp.yaml a",
        "pause exp.yaml --queue",
        "resume exp.yaml --queue",
        "cancel exp.yaml a",
        "run exp.yaml",
        "run exp.yaml --json",
    ];
    for verb in verbs {
        for closed in [false, true] {
            let (code, err) = without_reader(stage.command(verb), closed);
            // Not every verb has something to do, and whoever asked for a result learns that nobody saw it.
            assert!(matches!(code, Some(0 | 1)), "{verb}: {code:?} {err}");
            let is_quiet =
                err.lines().all(|line| ["error: ", "warning: ", "note: "].iter().any(|word| line.starts_with(word)));
            assert!(is_quiet && !err.contains("panicked") && !err.contains("os error"), "{verb}: {err}");
        }
    }
}

#[test]
fn f56_head_takes_one_line_of_many() {
    let stage = Stage::new();
    stage.write("pass.py", "for i in range(20_000): print('line', i)\n");
    stage.experiment("", "  - {name: 's-${n}', script: pass.py, args: ['${n}'], matrix: {n: [1, 2, 3]}}\n");
    stage.call("run exp.yaml").expect(0);
    for verb in ["plan exp.yaml", "logs exp.yaml s-1", "status exp.yaml", "schema", "man", "--help", "run exp.yaml"] {
        let mut shell = Command::new("sh");
        shell.args(["-c", r#"gem5_tui=$0; "$gem5_tui" "$@" | head -n 1"#, env!("CARGO_BIN_EXE_gem5-tui")]);
        shell.args(verb.split(' '));
        stage.surround(&mut shell);
        let said = Running::start(shell).finish().expect(0);
        assert_eq!((said.out.lines().count(), said.err.as_str()), (1, ""), "{verb}: {said:?}");
    }
}

#[test]
fn f56_a_reader_that_has_seen_enough_ends_a_run_quietly() {
    for json in ["", "--json"] {
        let stage = Stage::new();
        stage.gates("", &["a", "b"]);
        let mut command = stage.command(&format!("run exp.yaml -j1 {json}"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("launching"), "{line}");
        // Standard output is closed now, and there is more to print.
        stage.wait_entered(&["a"]);
        stage.open("a", 0);
        let status = wait_for("the end of run", || child.try_wait().unwrap());
        let mut complaints = String::new();
        child.stderr.take().unwrap().read_to_string(&mut complaints).unwrap();
        assert_eq!(complaints, "");
        assert_eq!(status.code(), Some(1), "nobody knows that all is ok");
    }
}
