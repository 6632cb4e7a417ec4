//! The terminal: what is switched on, and that all of it is switched off again, whatever happens.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Stdout, Write as _};
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use nix::sys::termios::{FlushArg, InputFlags, LocalFlags, OutputFlags, SetArg, tcflush, tcgetattr, tcsetattr};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::clipboard::CopyToClipboard;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste};
use ratatui::crossterm::style::{Attribute, Print, SetAttribute};
use ratatui::crossterm::terminal::{
    self, BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
};
use ratatui::crossterm::{execute, queue};
use ratatui::layout::{Position, Rect};

use super::model::Model;
use super::model::spots::Spots;
use super::notifications::{self, RESTORE_TITLE, SAVE_TITLE, ShowsProgress, Way, Window};
use super::view::Drawn;
use super::{Error, view};
use crate::failpoint::point;
use crate::report::write::Document;
use crate::text::Safe;

const RAW: u8 = 1;
const ALTERNATE: u8 = 2;
const PASTE: u8 = 4;
const MOUSE: u8 = 8;
const TITLE: u8 = 16;
const PROGRESS: u8 = 32;

/// Tells of buttons and the wheel, and of motion only while a button is pressed, in the form that knows screens of any width. The
/// command of the terminal library would ask for every motion, and wake the dashboard by each.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";

/// The terminal while the dashboard has it. Dropping it gives it back as it was.
#[derive(Debug)]
pub(super) struct Screen {
    /// Never dropped: it would show the cursor, which is shown by then, and panic where the terminal is gone and takes no complaint.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<Stdout>>>,
    /// What is on it, and where its cursor is; none where that is not known.
    shown: Option<(Buffer, Option<Position>)>,
    /// What stands where on the last frame.
    spots: Spots,
    /// Whether the mouse is wanted.
    mouse: bool,
    /// Whether the window's title is.
    title: bool,
    /// What the window says.
    window: Option<Window>,
    /// What is switched on, shared with the panic hook.
    on: Arc<AtomicU8>,
}

impl Screen {
    /// Takes the terminal, and gives it back before a panic prints its message.
    pub(super) fn take(mouse: bool, title: bool) -> io::Result<Self> {
        let on = Arc::new(AtomicU8::new(0));
        let shared = Arc::clone(&on);
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            give_back(&shared);
            previous(info);
        }));
        let terminal = ManuallyDrop::new(Terminal::new(CrosstermBackend::new(io::stdout()))?);
        let mut screen = Self { terminal, shown: None, spots: Spots::default(), mouse, title, window: None, on };
        screen.enter()?;
        Ok(screen)
    }

    /// Switches everything on. A failure half way leaves nothing on once this is dropped.
    pub(super) fn enter(&mut self) -> io::Result<()> {
        terminal::enable_raw_mode()?;
        self.on.fetch_or(RAW, Ordering::SeqCst);
        execute!(io::stdout(), EnterAlternateScreen)?;
        self.on.fetch_or(ALTERNATE, Ordering::SeqCst);
        execute!(io::stdout(), EnableBracketedPaste)?;
        self.on.fetch_or(PASTE, Ordering::SeqCst);
        if self.title {
            execute!(io::stdout(), Print(SAVE_TITLE))?;
            self.on.fetch_or(TITLE, Ordering::SeqCst);
        }
        self.window = None;
        self.tell_mouse(self.mouse)?;
        self.forget()
    }

    /// Lets the terminal tell of the mouse, or have it for itself; also when it is taken again after an editor.
    pub(super) fn tell_mouse(&mut self, is_wanted: bool) -> io::Result<()> {
        self.mouse = is_wanted;
        if is_wanted {
            execute!(io::stdout(), Print(MOUSE_ON))?;
            self.on.fetch_or(MOUSE, Ordering::SeqCst);
        } else if self.on.fetch_and(!MOUSE, Ordering::SeqCst) & MOUSE != 0 {
            execute!(io::stdout(), DisableMouseCapture)?;
        }
        Ok(())
    }

    /// What stands where on what is seen.
    pub(super) fn spots(&self) -> &Spots {
        &self.spots
    }

    /// Gives the terminal back for a while, for an editor or the shell.
    pub(super) fn leave(&self) {
        give_back(&self.on);
    }

    /// Draws everything anew the next time, for when something else has drawn on the terminal. `Terminal::clear` is not
    /// used: it asks the terminal for the cursor, and the answer would have to come through the keyboard.
    pub(super) fn forget(&mut self) -> io::Result<()> {
        let (width, height) = terminal::size()?;
        self.shown = None;
        self.terminal.resize(Rect::new(0, 0, width, height))
    }

    /// The size now.
    pub(super) fn size() -> io::Result<(u16, u16)> {
        terminal::size()
    }

    /// Draws the model, unless it is on the terminal as it is. The terminal shows the frame only when it has all of it, if it can do
    /// that.
    pub(super) fn draw(&mut self, model: &Model) -> io::Result<()> {
        self.tell_window(model)?;
        let (width, height) = Self::size()?;
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let Drawn { cursor, spots } = view::draw(model, &mut buffer);
        self.spots = spots;
        let frame = (buffer, cursor);
        if self.shown.as_ref() == Some(&frame) {
            return Ok(());
        }
        self.shown = None;
        queue!(io::stdout(), BeginSynchronizedUpdate)?;
        point("screen.drawing", Path::new(""))?;
        let drawn = self.put(&frame);
        execute!(io::stdout(), EndSynchronizedUpdate)?;
        self.shown = drawn?.then_some(frame);
        Ok(())
    }

    /// Puts a frame on the terminal. False if that has another size by now: then a message says so, and another frame follows.
    fn put(&mut self, (buffer, cursor): &(Buffer, Option<Position>)) -> io::Result<bool> {
        self.terminal.autoresize()?;
        if self.terminal.get_frame().area() != buffer.area {
            return Ok(false);
        }
        self.terminal.current_buffer_mut().clone_from(buffer);
        self.terminal.apply_buffer_with_cursor(*cursor)?;
        Ok(true)
    }

    /// Tells the window how far the sweep is, where that has changed and somebody wants to know.
    fn tell_window(&mut self, model: &Model) -> io::Result<()> {
        let Some(view) = &model.header else { return Ok(()) };
        let window = Window::of(&view.header, model.theme.unicode);
        let said = self.window.as_ref();
        let is_new_title = self.title && said.is_none_or(|said| said.title != window.title);
        let wants_progress = model.notifications.progress == ShowsProgress::Always;
        let is_new_progress = wants_progress && said.is_none_or(|said| said.progress != window.progress);
        if is_new_title {
            execute!(io::stdout(), Print(notifications::title(&window.title)))?;
        }
        if is_new_progress {
            execute!(io::stdout(), Print(notifications::progress(window.progress)))?;
            self.on.fetch_or(PROGRESS, Ordering::SeqCst);
        }
        self.window = Some(window);
        Ok(())
    }

    /// Calls somebody who does not look.
    pub(super) fn call(by: &[Way], text: &Safe) -> io::Result<()> {
        execute!(io::stdout(), Print(notifications::call(by, text)))
    }

    /// Writes a line where others have written that had the terminal, and leaves the cursor behind it.
    pub(super) fn tell_outside(text: &Safe) -> io::Result<()> {
        execute!(io::stdout(), Print('\n'), Print(text.as_str()))
    }

    /// Asks the terminal something. The answer comes among the keys, if one comes.
    pub(super) fn ask(question: &'static str) -> io::Result<()> {
        execute!(io::stdout(), Print(question))
    }

    /// The same for a table, whose fields have tabs between them.
    pub(super) fn copy_table(table: &Document) -> io::Result<()> {
        execute!(io::stdout(), CopyToClipboard::to_clipboard_from(table.as_str()))
    }

    /// Asks the terminal to put text on its user's clipboard. Not every terminal does, and none says so.
    pub(super) fn copy(text: &Safe) -> io::Result<()> {
        execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text.as_str()))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back(&self.on);
    }
}

/// Refuses to draw on what is no terminal.
pub(super) fn require() -> Result<(), Error> {
    if !io::stdin().is_terminal() {
        return Err(Error::NoTerminal { stream: "input" });
    }
    if !io::stdout().is_terminal() {
        return Err(Error::NoTerminal { stream: "output" });
    }
    Ok(())
}

/// Gives the controlling terminal back to the shell after a dashboard that could not do so itself.
///
/// What was on is not known, so everything is switched off that a dashboard may have had on. The first escape character
/// also ends whatever sequence the dashboard was killed in. The settings become those of stty(1)'s `sane`; characters such
/// as the one for SIGINT are not touched by a dashboard and stay as they are.
pub(super) fn give_back_controlling() -> io::Result<()> {
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    let mut settings = tcgetattr(&terminal)?;
    settings.input_flags.insert(InputFlags::BRKINT | InputFlags::ICRNL | InputFlags::IXON | InputFlags::IMAXBEL);
    settings
        .input_flags
        .remove(InputFlags::IGNBRK | InputFlags::INLCR | InputFlags::IGNCR | InputFlags::IXOFF | InputFlags::IXANY);
    settings.output_flags.insert(OutputFlags::OPOST | OutputFlags::ONLCR);
    settings.output_flags.remove(OutputFlags::OCRNL | OutputFlags::ONOCR | OutputFlags::ONLRET);
    settings.local_flags.insert(LocalFlags::ICANON | LocalFlags::ISIG | LocalFlags::IEXTEN);
    settings.local_flags.insert(LocalFlags::ECHO | LocalFlags::ECHOE | LocalFlags::ECHOK);
    settings.local_flags.insert(LocalFlags::ECHOCTL | LocalFlags::ECHOKE);
    settings.local_flags.remove(LocalFlags::ECHONL | LocalFlags::NOFLSH | LocalFlags::TOSTOP);
    // Not after what was written before: a terminal that is stopped never takes it.
    tcsetattr(&terminal, SetArg::TCSANOW, &settings)?;
    queue!(
        terminal,
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableBracketedPaste,
        Print(RESTORE_TITLE),
        SetAttribute(Attribute::Reset)
    )?;
    execute!(terminal, Show, LeaveAlternateScreen)
}

/// Switches off what is on, last first. Errors have nobody to be told to: the terminal may be the thing that failed.
fn give_back(on: &AtomicU8) {
    let on = on.swap(0, Ordering::SeqCst);
    let mut out = io::stdout();
    if on & PROGRESS != 0 {
        _ = execute!(out, Print(notifications::progress(None)));
    }
    if on & TITLE != 0 {
        _ = execute!(out, Print(RESTORE_TITLE));
    }
    if on & MOUSE != 0 {
        _ = execute!(out, DisableMouseCapture);
        // A wheel that still turns must not be typed into the shell. Nobody types ahead with it.
        _ = tcflush(io::stdin(), FlushArg::TCIFLUSH);
    }
    if on & PASTE != 0 {
        _ = execute!(out, DisableBracketedPaste);
    }
    if on & ALTERNATE != 0 {
        _ = execute!(out, EndSynchronizedUpdate, Show, LeaveAlternateScreen);
    }
    if on & RAW != 0 {
        _ = terminal::disable_raw_mode();
    }
    _ = out.flush();
}
