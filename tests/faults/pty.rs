//! Programs in a real terminal: a pty with an emulator behind it that also keeps every byte that came.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::num::NonZero;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use nix::libc;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::stage::{Stage, wait_for};

/// A terminal with one program in it, which leads its session. Killed when it is dropped.
pub(crate) struct Terminal {
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<Mutex<Seen>>,
    closing: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

/// What has come out of the program.
struct Seen {
    screen: vt100::Parser,
    raw: Vec<u8>,
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

impl Terminal {
    /// The dashboard of `exp.yaml`.
    pub(crate) fn dashboard(stage: &Stage, columns: u16, rows: u16) -> Self {
        Self::start(&stage.command("exp.yaml --start"), columns, rows)
    }

    /// A shell that takes what is typed as commands, and in which `gem5-tui` is the program under test.
    pub(crate) fn shell(stage: &Stage, columns: u16, rows: u16) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", r#"PATH=${0%/*}:$PATH; while read -r line; do eval "$line"; done"#]);
        shell.arg(env!("CARGO_BIN_EXE_gem5-tui"));
        stage.surround(&mut shell);
        Self::start(&shell, columns, rows)
    }

    /// Any command, with its arguments, its directory and its variables.
    pub(crate) fn start(command: &Command, columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let argv = std::iter::once(command.get_program()).chain(command.get_args()).map(OsString::from);
        let mut program = CommandBuilder::from_argv(argv.collect());
        if let Some(directory) = command.get_current_dir() {
            program.cwd(directory);
        }
        program.env("TERM", "xterm-256color");
        // A backtrace would push what is looked for out of the screen.
        program.env("RUST_BACKTRACE", "0");
        program.env("LANG", "C.UTF-8");
        for name in ["NO_COLOR", "LC_ALL", "LC_CTYPE"] {
            program.env_remove(name);
        }
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => program.env(name, value),
                None => program.env_remove(name),
            }
        }
        let child = pair.slave.spawn_command(program).unwrap();
        drop(pair.slave);
        let screen = vt100::Parser::new(NonZero::new(rows).unwrap(), NonZero::new(columns).unwrap(), 0);
        let seen = Arc::new(Mutex::new(Seen { screen, raw: Vec::new() }));
        let closing = Arc::new(AtomicBool::new(false));
        let reader = read(pair.master.try_clone_reader().unwrap(), Arc::clone(&seen), Arc::clone(&closing));
        let writer = pair.master.take_writer().unwrap();
        Self { master: Some(pair.master), writer: Some(writer), child, seen, closing, reader: Some(reader) }
    }

    pub(crate) fn pid(&self) -> i32 {
        self.child.process_id().unwrap().cast_signed()
    }

    // ---- what is seen

    pub(crate) fn text(&self) -> String {
        self.screen(vt100::Screen::contents)
    }

    /// Something about the screen.
    pub(crate) fn screen<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.seen.lock().unwrap().screen.screen())
    }

    /// Every byte that has come.
    pub(crate) fn raw(&self) -> Vec<u8> {
        self.seen.lock().unwrap().raw.clone()
    }

    /// Every byte that has come up to the end of the last frame that has come whole: a dashboard that lives may be in the middle of one.
    pub(crate) fn whole_frames(&self) -> Vec<u8> {
        const END: &[u8] = b"\x1b[?2026l";
        let mut raw = self.raw();
        let end = raw.windows(END.len()).rposition(|bytes| bytes == END);
        raw.truncate(end.map_or(0, |at| at + END.len()));
        raw
    }

    /// Waits until the screen shows all of `wanted`.
    #[track_caller]
    pub(crate) fn shows(&self, wanted: &[&str]) -> String {
        let mut last = String::new();
        let found = crate::stage::within(crate::stage::PATIENCE, || {
            last = self.text();
            wanted.iter().all(|part| last.contains(part)).then(|| last.clone())
        });
        found.unwrap_or_else(|| panic!("waited in vain for {wanted:?} on:\n{last}"))
    }

    /// Waits until one line of the screen shows all of `parts`.
    #[track_caller]
    pub(crate) fn shows_line(&self, parts: &[&str]) -> String {
        let mut last = String::new();
        let found = crate::stage::within(crate::stage::PATIENCE, || {
            last = self.text();
            last.lines().find(|line| parts.iter().all(|part| line.contains(part))).map(ToOwned::to_owned)
        });
        found.unwrap_or_else(|| panic!("waited in vain for a line with {parts:?} on:\n{last}"))
    }

    /// Waits until the screen shows `unwanted` no longer.
    #[track_caller]
    pub(crate) fn shows_no(&self, unwanted: &str) {
        wait_for(&format!("no {unwanted}"), || (!self.text().contains(unwanted)).then_some(()));
    }

    /// Whether the terminal edits lines and shows what is typed, as a shell's user expects.
    pub(crate) fn is_cooked(&self) -> bool {
        let settings = self.master.as_ref().unwrap().get_termios().unwrap();
        let wanted = libc::ICANON | libc::ECHO | libc::ISIG;
        settings.local_flags.bits() & wanted == wanted && settings.output_flags.bits() & libc::OPOST != 0
    }

    // ---- what is done

    pub(crate) fn press(&mut self, keys: &str) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        let (width, height) = (NonZero::new(columns).unwrap(), NonZero::new(rows).unwrap());
        self.seen.lock().unwrap().screen.screen_mut().set_size(height, width);
        self.master.as_ref().unwrap().resize(size(columns, rows)).unwrap();
    }

    /// Closes the terminal of a dashboard, as a lost ssh connection does. Returns when the last descriptor of it is closed.
    pub(crate) fn close(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        // The thread lets go of its descriptor at the next byte, and this key draws everything anew.
        self.press("\u{c}");
        self.reader.take().unwrap().join().unwrap();
        drop(self.writer.take());
        drop(self.master.take());
    }

    /// Waits for the end of the program and of its output. The exit code, or 1 after a signal.
    #[track_caller]
    pub(crate) fn exit(&mut self) -> u32 {
        let status = wait_for("the end of the program", || self.child.try_wait().unwrap());
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        status.exit_code()
    }
}

/// The pty answers with an error once no process has it any more.
fn read(mut from: Box<dyn Read + Send>, into: Arc<Mutex<Seen>>, closing: Arc<AtomicBool>) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut bytes = [0; 16 << 10];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            if closing.load(Ordering::SeqCst) {
                return;
            }
            let mut seen = into.lock().unwrap();
            seen.screen.process(&bytes[..count]);
            seen.raw.extend_from_slice(&bytes[..count]);
        }
    })
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Gone already, in most tests.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
